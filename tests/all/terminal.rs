//! The program in a terminal, in a pipe, on a disk: what fits a screen, who stops reading, where nothing can be written.

use crate::program::Folder;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const BIN: &str = env!("CARGO_BIN_EXE_foresail");
const SHORT: &str = "-q -n 2 --set duration=2h";

fn is_narrow(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
        assert_eq!(line, line.trim_end(), "spaces at the end of `{line}`");
    }
}

#[test]
fn the_summary_fits_a_screen_and_ends_with_the_verdict() {
    let folder = Folder::new();
    for more in ["", "--no-recommend", "--set objectives.latencyP95=1ms"] {
        let done = folder.run(&format!("run {SHORT} {more}"));
        let text = done.ok();
        is_narrow(text);
        assert!(text.lines().count() <= 23, "a line is left for the prompt:\n{text}");
        for wanted in ["Cost per month", "Latency P95", "Failed requests", "caveat", "Report", "Next"] {
            assert!(text.contains(wanted), "`{wanted}` is not in:\n{text}");
        }
        let last = text.rsplit("\n\n").next().unwrap_or_default();
        assert!(last.contains("bjective") || last.contains("kept in"), "the verdict is last:\n{text}");
    }
}

#[test]
fn the_tables_are_behind_details() {
    let folder = Folder::new();
    let line = format!("run {SHORT} --no-recommend");
    let [short, long, wide] = ["", " --details", " -o wide"].map(|more| folder.run(&(line.clone() + more)));
    assert!(!short.ok().contains("Node groups") && short.ok().contains("--details"));
    assert_eq!(long.ok(), wide.ok());
    for wanted in ["Node groups", "HPAs", "Routes, end to end", "95 % interval", "caveat: "] {
        assert!(long.ok().contains(wanted), "`{wanted}` is not in:\n{}", long.ok());
    }
    assert!(long.ok().lines().all(|line| line == line.trim_end()), "spaces at the end");
    let end = |text: &str| text.rsplit("\n\n").next().map(str::to_owned);
    assert_eq!(end(short.ok()), end(long.ok()), "the verdict is last in both");
}

#[test]
fn costs_add_up_as_they_are_shown() {
    let folder = Folder::new();
    let done = folder.run("run -q -n 2 --no-recommend --set duration=3h");
    let amounts = |text: &str| -> Vec<f64> {
        let words = text.split([' ', '\n']).filter_map(|word| word.strip_prefix('$'));
        words.map(|word| word.replace(',', "").parse().expect("an amount")).collect()
    };
    let (_, rest) = done.ok().split_once("Cost per month").expect("the cost");
    let (rest, _) = rest.split_once("Latency").expect("the latency");
    // Where single months lie stands beside it.
    let (line, parts) = rest.split_once('\n').expect("the parts");
    let (line, _) = line.split_once("single months").unwrap_or((line, ""));
    let rest = format!("{line}\n{parts}");
    let all = amounts(&rest);
    // The first is the sum, the second half of its interval; then come the parts.
    let sum: f64 = all[2..].iter().sum();
    assert!(all.len() > 4 && (sum - all[0]).abs() < 0.005, "{all:?}");
}

#[test]
fn one_of_a_thing_is_singular() {
    let folder = Folder::new();
    let done = folder.run("run -q -n 1 --no-recommend --set duration=30m");
    assert!(done.ok().contains("30 min, 1 replication, seed 1"), "{}", done.ok());
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let mut child = Command::new(BIN)
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_full_disk_is_said() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    for words in [&["completions", "bash"][..], &["run", "-q", "-n", "1", "--no-recommend", "--set", "duration=30m"]] {
        let folder = Folder::new();
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        let output = Command::new(BIN).args(words).current_dir(folder.path()).stdout(full).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(70), "{said}");
        assert!(said.contains("cannot write to stdout") && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_the_users() {
    let folder = Folder::new().file("file", "");
    folder.run(&format!("run {SHORT} --no-recommend --out file/report")).refused(&["--out", "file/report", "help"]);
    let fits = folder.file("m.csv", "time,rps,replicas,cpu_cores\n");
    let hpa = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hpa-order.yaml");
    let csv = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hpa-flash-crowd.csv");
    let line = format!(
        "hpa -f {} --metrics {} --mode closed --cpu-request 250m --memory-request 256Mi --chart file/c.svg",
        hpa.display(),
        csv.display()
    );
    let done = fits.run(&line);
    assert_eq!(done.code, 2, "{}", done.stderr);
    assert!(done.stderr.contains("--chart"), "{}", done.stderr);
}

#[test]
fn run_takes_a_file_as_kubectl_does() {
    let folder = Folder::new().file("s.yaml", "apiVersion: foresail/v1alpha1\nkind: Scenario\nduration: 0s\n");
    let [named, flag] = ["run s.yaml -q", "run -f s.yaml -q"].map(|line| folder.run(line));
    assert_eq!((named.code, flag.code), (2, 2));
    assert_eq!(named.stderr, flag.stderr);
    folder.run("run s.yaml -f s.yaml").refused(&["cannot be used with"]);
}

#[test]
fn only_a_command_that_may_be_meant_is_proposed() {
    let folder = Folder::new();
    let import = folder.run("import");
    assert!(import.code == 2 && !import.stderr.contains("'report'"), "{}", import.stderr);
    let slip = folder.run("shedule");
    assert!(slip.code == 2 && slip.stderr.contains("'schedule'"), "{}", slip.stderr);
}

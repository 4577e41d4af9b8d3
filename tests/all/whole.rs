//! Files and folders that are whole or absent: whoever is killed, whatever the disk says, whoever else writes there.

use crate::program::Folder;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BIN: &str = env!("CARGO_BIN_EXE_foresail");
const RUN: &str = "run -q -n 2 --no-recommend --set duration=6h --out out";

fn spawn(folder: &Path, line: &str) -> Child {
    let mut command = Command::new(BIN);
    command.args(line.split_whitespace()).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it runs")
}

/// How often each command is killed: `FORESAIL_KILLS`, or a few times.
fn kills() -> u32 {
    std::env::var("FORESAIL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is there but hidden files, by name.
fn visible(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), fs::read(folder.join(&name)).expect("a file"))).collect()
}

/// Where there are sums they are those of the files; files that are there are those of one of these folders, none of another.
fn is_whole(folder: &Path, of: &[&Vec<(String, Vec<u8>)>]) {
    let found = visible(folder);
    if let Some((_, sums)) = found.iter().find(|(name, _)| name == "SHA256SUMS") {
        for line in String::from_utf8_lossy(sums).lines() {
            let (expected, name) = line.split_once("  ").expect("a sum and a name");
            let file = found.iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(sum(&file.1), expected, "{name}");
        }
    }
    let fits = of.iter().any(|whole| found.iter().all(|file| whole.contains(file)));
    let names: Vec<&String> = found.iter().map(|(name, _)| name).collect();
    assert!(fits, "mixed, or half: {names:?}");
}

/// Kills `after` over what `before` has left, at moments spread over the time that it takes; then lets it end.
fn killed(folder: &Folder, before: &str, after: &str) {
    let out = folder.path().join("out");
    let all = |line: &str| {
        folder.run(line).ok();
        visible(&out)
    };
    let old = all(before);
    let begun = Instant::now();
    let new = all(after);
    let whole = begun.elapsed();
    assert!(!old.is_empty() && old != new);
    for kill in 0..kills() {
        folder.run(before).ok();
        let mut child = spawn(folder.path(), after);
        // The golden ratio spreads them; most of what is to be seen is at the end.
        let share = (f64::from(kill) * 0.618_034).fract().sqrt() * 1.1;
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * share));
        child.kill().expect("killed");
        child.wait().expect("gone");
        is_whole(&out, &[&old, &new]);
        assert_eq!(all(after), new, "whoever comes next is not disturbed");
        let entries = fs::read_dir(&out).expect("a folder");
        let left = entries.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_dir()));
        assert_eq!(left.count(), 0, "what the killed one left is taken away");
    }
}

#[test]
fn a_run_that_is_killed_leaves_nothing_half() {
    killed(&Folder::new(), &format!("{RUN} --seed 1"), &format!("{RUN} --seed 2"));
}

#[test]
fn a_comparison_that_is_killed_leaves_nothing_half() {
    let folder = Folder::new();
    for scale in 1..=3 {
        let line = format!("run -q -n 2 --no-recommend --set duration=1h --set traffic.scale={scale} --out {scale}");
        folder.run(&line).ok();
    }
    killed(&folder, "compare -q 1 2 --out out", "compare -q 1 3 --out out");
}

/// A baseline is one file: the old one, or the new one.
#[test]
fn a_baseline_that_is_killed_is_the_old_one_or_the_new_one() {
    let folder = crate::check::folder("");
    let line = |seed: u32| format!("check shop.yaml -q --seed {seed} --baseline out/base.json --update-baseline");
    killed(&folder, &line(1), &line(2));
}

#[test]
fn two_at_one_folder_do_not_mix() {
    let folder = Folder::new();
    let held = fs::create_dir(folder.path().join("out")).and_then(|()| fs::File::open(folder.path().join("out")));
    let held = held.expect("a folder");
    held.lock().expect("locked, as the first one does it");
    folder.run(RUN).refused(&["--out", "another foresail is writing there", "wait until it has ended"]);
    drop(held);
    folder.run(RUN).ok();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = Folder::new();
    folder.run(&format!("{RUN} --seed 1")).ok();
    let before = visible(&folder.path().join("out"));
    // Sixteen kilobytes a file.
    let script = format!("ulimit -f 16; exec {BIN} {RUN} --seed 2");
    let output = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(70), "{stderr}");
    assert!(stderr.contains("cannot write out") && stderr.lines().count() == 1, "{stderr}");
    assert_eq!(visible(&folder.path().join("out")), before);
}

#[test]
fn a_folder_in_the_place_of_a_file_is_said_before_anything_changes() {
    let folder = Folder::new().file("out/result.json/x", "");
    folder.run(RUN).refused(&["--out", "result.json in it is a folder"]);
    assert!(!folder.has("out/index.html"));
}

#[cfg(unix)]
#[test]
fn who_is_interrupted_leaves_no_empty_folder() {
    use std::os::unix::process::ExitStatusExt;
    let line = "run -q -n 2000 --no-recommend --out new/out";
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let folder = Folder::new();
        let mut child = spawn(folder.path(), line);
        while !folder.path().join("new/out").is_dir() {
            assert_eq!(child.try_wait().expect("asked"), None, "it has only begun");
            std::thread::sleep(Duration::from_millis(5));
        }
        let asked = Instant::now();
        let kill = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
        assert!(kill.expect("kill").success());
        assert_eq!(child.wait().expect("ended").signal(), Some(number));
        assert!(asked.elapsed() < Duration::from_secs(5), "it ends at once");
        assert!(!folder.path().join("new").exists(), "{name}");
    }
    let folder = Folder::new();
    folder.run(&format!("{line} --max-time 1s")).refused(&["--max-time"]);
    assert!(!folder.path().join("new").exists(), "--max-time");
}

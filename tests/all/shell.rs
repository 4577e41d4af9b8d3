//! What belongs to a shell: completions that know fields and names, manual pages, suggestions, a scenario written out.

use crate::program::Folder;
use serde_json::Value;
use std::process::Command;

const SCENARIO: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\nextends: base.yaml\ntraffic: {scale: 2}\n";
const BASE: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\nmanifests: [k8s/]\nduration: 1h\n\
    nodeGroups: {app: {instanceTypes: [m5.large], minSize: 2, maxSize: 5}}\nautoscaler: {enabled: true}\n\
    traffic: {patterns: [{constant: {rate: 30}}], routes: {web: 1}}\nservices: {web: {cpuPerRequest: 10ms}}\n";

fn shop() -> Folder {
    let objects = Folder::new();
    objects.run("init --out new").ok();
    Folder::new().files(&[
        ("shop.yaml", SCENARIO),
        ("base.yaml", BASE),
        ("k8s/shop.yaml", &objects.text("new/manifests/shop.yaml")),
    ])
}

/// What bash offers behind the words, the last of which is being typed.
fn offered(folder: &Folder, words: &[&str]) -> Vec<String> {
    let program = assert_cmd::cargo::cargo_bin("foresail");
    let script = folder.run("completions bash").ok().to_owned();
    let list = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    // As readline does: the script's function is called with the words, and leaves what it found in COMPREPLY.
    let asked = format!(
        "{script}\nCOMP_WORDS=(foresail {list}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9\n\
         function=$(complete -p foresail | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n\
         $function foresail \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    );
    let path =
        format!("{}:{}", program.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
    let mut bash = Command::new("bash");
    let output =
        bash.args(["--norc", "-c", &asked]).current_dir(folder.path()).env("PATH", path).output().expect("bash");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn bash_completes_commands_fields_and_names() {
    let folder = shop();
    assert_eq!(offered(&folder, &["expl"]), ["explain"]);
    assert_eq!(offered(&folder, &["explain", "serv"]), ["services."]);
    let below = offered(&folder, &["explain", "services.cpu"]);
    assert_eq!(below, ["services.cpuPerRequest", "services.cpuSamples"]);
    assert_eq!(offered(&folder, &["run", "shop.yaml", "--set", "traffic.sc"]), ["traffic.scale="]);
    assert_eq!(offered(&folder, &["run", "shop.yaml", "--set", "services.w"]), ["services.web."]);
    assert_eq!(offered(&folder, &["run", "shop.yaml", "--set", "nodeGroups.app.maxS"]), ["nodeGroups.app.maxSize="]);
    assert!(offered(&folder, &["run", "shop.yaml", "--rep"]).contains(&"--replications".to_owned()));
}

#[test]
fn each_command_has_a_manual_page_that_groff_takes() {
    let folder = Folder::new();
    folder.run("man --out man1").ok();
    let pages: Vec<_> = std::fs::read_dir(folder.path().join("man1")).expect("pages").flatten().collect();
    let names: Vec<String> = pages.iter().map(|page| page.file_name().to_string_lossy().into_owned()).collect();
    for name in ["foresail.1", "foresail-run.1", "foresail-init.1", "foresail-explain.1"] {
        assert!(names.iter().any(|known| known == name), "{name} is not in {names:?}");
    }
    assert!(folder.run("man").ok().contains(".TH foresail 1"));
    for page in pages {
        match Command::new("groff").args(["-man", "-ww", "-z", "-Tutf8"]).arg(page.path()).output() {
            Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{}", page.path().display()),
            Err(_) => return println!("skipped: groff is not here"),
        }
    }
}

#[test]
fn a_rendered_scenario_runs_alike() {
    let folder = shop();
    let rendered = folder.run("render shop.yaml --set traffic.noise=0.1 --seed 7").ok().to_owned();
    for line in [
        "region: us-east-1",
        "seed: 7",
        "scale: 2",
        "noise: 0.1",
        "maxReplicas: 12",
        "#   app: m5.large $0.096 an hour",
    ] {
        assert!(rendered.contains(line), "`{line}` is not in:\n{rendered}");
    }
    assert!(!rendered.contains("extends"), "{rendered}");
    let folder = folder.file("rendered.yaml", &rendered);
    folder.run("validate rendered.yaml").ok();
    let figures = |line: &str| -> Value {
        let mut report = folder.run(line).json();
        // What it is called, what it is read from, and what of it nobody had said differ.
        for name in ["scenario", "digest", "values", "inputs", "caveats", "notes", "variant"] {
            report.as_object_mut().expect("a report").remove(name);
        }
        report["run"]["command"] = Value::Null;
        report
    };
    let one = figures("run shop.yaml -q -n 2 --no-recommend --set traffic.noise=0.1 --seed 7 -o json");
    let other = figures("run rendered.yaml -q -n 2 --no-recommend -o json");
    let differing: Vec<&String> =
        one.as_object().expect("a report").keys().filter(|key| one[*key] != other[*key]).collect();
    assert!(differing.is_empty(), "{differing:?} differ");
    // And rendering it once more changes nothing.
    let strip = |text: &str| text.replace("rendered.yaml", "shop.yaml");
    assert_eq!(strip(folder.run("render rendered.yaml").ok()), rendered);
    folder.run("render").refused(&["built-in scenario"]);
}

#[test]
fn a_slip_in_a_command_is_answered_with_one_that_may_be_meant() {
    let folder = Folder::new();
    folder.run("explian").refused(&["explain"]);
    folder.run("valdate x.yaml").refused(&["validate"]);
    let done = folder.run("import x.yaml");
    assert_eq!(done.code, 2);
    assert!(!done.stderr.contains("similar"), "nothing is called like that: {}", done.stderr);
    folder.run("explain services.cpuPerRequets").refused(&["did you mean `cpuPerRequest`?"]);
}

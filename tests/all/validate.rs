//! `foresail validate`: all problems at once, in whatever form somebody reads them.

use crate::program::Folder;
use serde_json::Value;

const HEAD: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\n";

fn with(text: &str) -> Folder {
    Folder::new().file("shop.yaml", format!("{HEAD}{text}"))
}

#[test]
fn every_field_that_is_wrong_is_told_at_once() {
    let folder = with(
        "trafic: {scale: 2}\nduration: soon\nservices:\n  web:\n    cpuPerRequets: 5ms\n    concurrency: many\n    \
         loadBalancing: rond\nfaults:\n  - zoneOutage: a\n",
    );
    let done = folder.run("validate shop.yaml");
    assert_eq!(done.code, 2);
    for line in [
        "shop.yaml:3:1: error: unknown field `trafic`",
        "shop.yaml:4: error: duration: found `\"soon\"`, expected duration (30s, 15m, 7d; a number is seconds)",
        "shop.yaml:7: error: services.web.cpuPerRequets: `services.web` has no field `cpuPerRequets`",
        "help: did you mean `cpuPerRequest`?",
        "shop.yaml:8: error: services.web.concurrency: found `\"many\"`, expected integer",
        "shop.yaml:9: error: services.web.loadBalancing: found `\"rond\"`, expected random or roundRobin",
        "shop.yaml:11: error: faults[0]: `at` is missing",
        "shop.yaml is refused: 6 errors",
    ] {
        assert!(done.stdout.contains(line), "`{line}` is not in:\n{}", done.stdout);
    }
}

const GROUPS: &str = "nodeGroups: {app: {instanceTypes: [m5.large], minSize: 1, maxSize: 3}}\n";

#[test]
fn caveats_are_told_and_fail_only_where_that_is_wanted() {
    let folder = with(GROUPS).file(
        "k8s.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: c}]}\n",
    );
    let with_pod = format!("{HEAD}{GROUPS}manifests: [k8s.yaml]\n");
    let folder = folder.file("pod.yaml", with_pod);
    let done = folder.run("validate shop.yaml pod.yaml");
    assert_eq!(done.code, 0, "{}", done.stdout);
    assert!(
        done.stdout.contains("shop.yaml is valid") && done.stdout.contains("pod.yaml is valid: "),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("warning: "), "a pod without requests deserves a doubt: {}", done.stdout);
    assert_eq!(folder.run("validate --strict pod.yaml").code, 2);
    assert_eq!(folder.run("validate missing.yaml").code, 2);
}

#[test]
fn machines_read_it_too() {
    let folder = with("trafic: {}\nduration: soon\n");
    let json: Value = serde_json::from_str(&folder.run("validate shop.yaml -o json").stdout).expect("JSON");
    assert_eq!(json["scenarios"][0]["valid"], false);
    assert_eq!(json["scenarios"][0]["problems"][1]["line"], 4);
    let sarif: Value = serde_json::from_str(&folder.run("validate shop.yaml -o sarif").stdout).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!((sarif["version"].as_str(), results.len()), (Some("2.1.0"), 2));
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 3);
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let github = folder.run("validate shop.yaml -o github").stdout;
    assert!(github.contains("shop.yaml,line=3,col=1,title=foresail validate%3A Input refused::"), "{github}");
    assert_eq!(github.lines().count(), 2, "{github}");
}

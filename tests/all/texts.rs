//! What users read, word for word: tables, help and errors, beside this file in `texts/`.
//!
//! A change that is meant is written by `INSTA_UPDATE=always cargo test --release --test all texts`.

use crate::program::Folder;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The files of these paths of the repository, in one folder.
fn with(paths: &[&str]) -> Folder {
    paths.iter().fold(Folder::new(), |folder, path| {
        let name = Path::new(path).file_name().expect("a file").to_string_lossy();
        let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        folder.file(&name, text.unwrap_or_else(|error| panic!("{path}: {error}")))
    })
}

fn golden(name: &str) -> Folder {
    with(
        &["scenario.yaml", "objects.yaml"]
            .map(|file| format!("tests/golden/{name}/{file}"))
            .each_ref()
            .map(String::as_str),
    )
}

/// Holds a text to the committed one; what stands at the ends of its lines is nothing to read.
fn held(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("texts");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    settings.bind(|| insta::assert_snapshot!(name, lines.join("\n")));
}

/// What the commands print, one after the other.
fn printed(name: &str, folder: &Folder, commands: &[&str]) {
    let mut text = String::new();
    for command in commands {
        let done = folder.run(command);
        let _ = writeln!(text, "$ foresail {command}\n{}", done.ok());
    }
    held(name, &text);
}

#[test]
fn help() {
    for command in [
        "",
        "run",
        "recommend",
        "fit",
        "hpa",
        "why",
        "vpa",
        "schedule",
        "autoscale",
        "completions",
        "init",
        "validate",
        "explain",
        "render",
        "schema",
        "man",
    ] {
        let name = format!("help {command}").trim().replace(' ', "-");
        printed(&name, &Folder::new(), &[format!("{command} --help").trim_start()]);
    }
}

#[test]
fn fields_explained() {
    printed(
        "explain",
        &Folder::new(),
        &["explain services.web.cpuPerRequest", "explain traffic.patterns", "explain fidelity"],
    );
}

#[test]
fn the_summary_of_a_run() {
    printed("run", &golden("autoscaling"), &["run . -q -n 3", "run . -q -n 3 --details"]);
    printed("run-audited", &golden("rollout"), &["run . -q -n 1 --no-recommend --set duration=30m --audit-latency"]);
}

#[test]
fn why_something_happened() {
    printed("why", &golden("autoscaling"), &["why . --at 35m", "why . --at 51m --object web --window 2m"]);
}

#[test]
fn hpas_beside_each_other() {
    let folder = with(&["docs/hpa-order.yaml", "docs/hpa-faster.yaml", "docs/hpa-flash-crowd.csv"]);
    let rest = "--metrics hpa-flash-crowd.csv --mode closed --cpu-request 250m --memory-request 256Mi";
    let one = &format!("hpa -f hpa-order.yaml {rest}");
    let two = &format!("hpa -f hpa-order.yaml -f hpa-faster.yaml {rest} -o markdown");
    printed("hpa", &folder, &[one, two]);
}

#[test]
fn requests_and_their_price() {
    let rows = (0..2 * 1440).map(|minute| format!("{},{},{}\n", minute * 60, 100 + minute % 7 * 20, 200 + minute % 5));
    let usage = format!("time,cpu_milli,memory_mib\n{}", rows.collect::<String>());
    let folder = Folder::new().file("usage.csv", usage);
    let line = "vpa --usage usage.csv --cpu-request 500m --memory-request 1Gi --replicas 4";
    printed("vpa", &folder, &[line, &format!("{line} -o markdown")]);
}

#[test]
fn placements_reasons_and_room() {
    let line = "schedule -f scheduler-cluster.yaml";
    let more = ["", " --explain cart-2", " --how-many order-1"].map(|more| format!("{line}{more}"));
    printed("schedule", &with(&["docs/scheduler-cluster.yaml"]), &more.each_ref().map(String::as_str));
}

#[test]
fn groups_that_grow_and_nodes_that_go() {
    let folder = with(
        &["up.yaml", "down.yaml", "groups.yaml"]
            .map(|file| format!("docs/cluster-autoscaler/{file}"))
            .each_ref()
            .map(String::as_str),
    );
    let up = "autoscale -f up.yaml --node-groups groups.yaml --flags --expander=least-waste,price";
    let down = "autoscale -f down.yaml --flags --nodes=1:10:general --for 12m";
    printed("autoscale", &folder, &[up, down]);
}

#[test]
fn what_requests_cost_a_service() {
    let row = |step: i32| {
        let rate = 60.0 + f64::from(step % 24) * 4.0;
        let cores = 0.01 * rate + 0.06;
        let busy = rate * 0.01 / 3.0;
        let [p50, p95, p99] = [0.693, 2.996, 4.605].map(|factor| factor * 10.0 / (1.0 - busy));
        format!("{},shop,{rate},3,{cores:.4},{p50:.3},{p95:.3},{p99:.3}\n", (step + 1) * 300)
    };
    let rows: String = (0..96).map(row).collect();
    let metrics = format!("time,service,rps,replicas,cpu_cores,p50_ms,p95_ms,p99_ms\n{rows}");
    let folder = Folder::new().file("metrics.csv", metrics);
    let done = folder.run("fit --metrics metrics.csv");
    held("fit", &format!("{}\non stderr:\n{}", done.ok(), done.stderr));
}

const SCENARIO: &str = "\
apiVersion: foresail/v1alpha1
kind: Scenario
name: small
manifests: [web.yaml]
duration: 1h
nodeGroups:
  pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 4}
traffic:
  patterns: [{constant: {rate: 20}}]
  routes: {web: 1}
";

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web
          resources: {requests: {cpu: 250m, memory: 256Mi}}
";

/// Each kind of bad input: its name, what is replaced in which file by what, and the command.
const BAD: [(&str, [&str; 3], &str); 18] = [
    ("a field that does not exist", ["s.yaml", "minSize", "minSise"], "run s.yaml"),
    ("YAML that is none", ["s.yaml", "{constant: {rate: 20}}", "{constant: {rate: 20}"], "run s.yaml"),
    ("a value of another type", ["s.yaml", "rate: 20", "rate: many"], "run s.yaml"),
    ("several values out of range", ["s.yaml", "minSize: 1", "minSize: 9"], "run s.yaml --set traffic.scale=-1"),
    ("an unknown machine type", ["s.yaml", "m5.large", "m5.lrage"], "run s.yaml"),
    ("an unknown region", ["s.yaml", "duration: 1h", "cluster: {region: us-eats-1}"], "run s.yaml"),
    ("a route to nowhere", ["s.yaml", "routes: {web: 1}", "routes: {wep: 1}"], "run s.yaml"),
    ("a time that is none", ["s.yaml", "duration: 1h", "duration: soon"], "run s.yaml"),
    ("a file that is not there", ["s.yaml", "[web.yaml]", "[wep.yaml]"], "run s.yaml"),
    ("a scenario that is not there", ["s.yaml", "", ""], "run t.yaml"),
    (
        "two problems of one object",
        ["web.yaml", "replicas: 2", "replicas: -2\n  strategy: {type: Rolling}"],
        "run s.yaml",
    ),
    ("a quantity that is none", ["web.yaml", "cpu: 250m", "cpu: 250X"], "run s.yaml"),
    ("an object without a name", ["web.yaml", "{name: web}", "{}"], "run s.yaml"),
    ("a setting without a value", ["s.yaml", "", ""], "run s.yaml --set traffic.scale"),
    ("an argument that does not exist", ["s.yaml", "", ""], "run s.yaml --replication 3"),
    ("a moment that is none", ["s.yaml", "", ""], "why s.yaml --at noon"),
    (
        "a flag of the autoscaler that does not exist",
        ["s.yaml", "duration: 1h", "autoscaler: {flags: [--expandr=random, --scale-down-unneeded-time=soon]}"],
        "run s.yaml",
    ),
    ("a dump that breaks off", ["web.yaml", "{app: web}", "{app: web"], "schedule -f web.yaml"),
];

#[test]
fn errors() {
    let mut text = String::new();
    for (what, [file, from, to], command) in BAD {
        let change = |name: &str, text: &str| if name == file { text.replacen(from, to, 1) } else { text.to_owned() };
        let folder = Folder::new().file("s.yaml", change("s.yaml", SCENARIO)).file("web.yaml", change("web.yaml", WEB));
        let done = folder.run(command);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{what}: {}", done.stderr);
        let _ = writeln!(text, "## {what}\n$ foresail {command}\n{}", done.stderr);
    }
    held("errors", &text);
}

//! A scenario at many settings.

use crate::program::{Done, Folder};
use serde_json::Value;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A Deployment that an HPA scales.
pub(crate) const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web, resources: {requests: {cpu: 500m}, limits: {cpu: 1}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 2
  maxReplicas: 12
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
";

const SHOP: &str = "\
apiVersion: foresail/v1alpha1
kind: Scenario
name: shop
manifests: [web.yaml]
duration: 10m
replications: 2
autoscaler: {enabled: true}
nodeGroups: {pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 8}}
objectives: {latencyP95: 300ms}
traffic: {patterns: [{constant: {rate: 60}}], noise: 0.1, routes: {web: 1}}
services: {web: {cpuPerRequest: 20ms, concurrency: 8}}
";

/// Twelve points.
pub(crate) const VARY: &str = "--vary hpa.max=4..10/2 --vary traffic.scale=0.5,1,2";

pub(crate) fn folder() -> Folder {
    Folder::new().file("web.yaml", WEB).file("shop.yaml", SHOP)
}

pub(crate) fn sweep(folder: &Folder, more: &str) -> Done {
    folder.run(&format!("sweep shop.yaml -q {VARY} {more}"))
}

/// The lines of a study behind its head.
fn points(folder: &Folder, name: &str) -> Vec<Value> {
    folder.text(name).lines().skip(1).map(|line| serde_json::from_str(line).expect("a point")).collect()
}

#[test]
fn a_line_a_point_and_a_row_a_figure() {
    let folder = folder();
    let table = sweep(&folder, "--out out").ok().to_owned();
    assert!(table.starts_with("shop: 12 points of hpa.max x traffic.scale, 2 replications each, seed 1\n"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let points = points(&folder, "out/study.jsonl");
    assert_eq!(points.len(), 12);
    assert_eq!(points[4]["settings"], serde_json::json!({"hpa.max": "6", "traffic.scale": "1"}));
    let cost = |at: usize| points[at]["figures"]["costUsdPerMonth"]["mean"].as_f64().expect("a cost");
    assert!(cost(11) > cost(9), "more traffic needs more nodes");
    let values = points[0]["figures"]["latencyMsP95"]["values"].as_array().expect("by replication");
    assert_eq!(values.len(), 2);
    assert_eq!(points[0]["figures"]["latencyMsP95"]["objective"], 300.0);
    let csv = folder.text("out/sweep.csv");
    assert!(csv.starts_with("point,hpa.max,traffic.scale,scope,name,metric,unit,mean,low,high,objective\n"), "{csv}");
    assert!(csv.contains("\n4,6,1,whole,,costUsdPerMonth,usdPerMonth,"), "{csv}");
    assert_eq!(sweep(&folder, "--out out -o csv").ok(), csv);
    let json = sweep(&folder, "--out out -o json").json();
    assert_eq!((&json["kind"], &json["results"].as_array().expect("points")[11]), (&"Study".into(), &points[11]));
    let left: Vec<_> = fs::read_dir(folder.path().join("out")).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn a_point_is_what_a_run_of_it_is() {
    let folder = folder();
    folder.run("sweep shop.yaml -q --vary hpa.web.cpu=40,70 --by route,nodeGroup --out out").ok();
    let point = &points(&folder, "out/study.jsonl")[1];
    let run = folder.run("run shop.yaml -q --no-recommend --set hpas.web.cpuUtilization=70 --out run -o json").json();
    let headline = |metric: &str| {
        let rows = run["headlines"].as_array().expect("headlines");
        rows.iter().find(|row| row["metric"] == metric).unwrap_or_else(|| panic!("no {metric}"))["value"].clone()
    };
    for metric in ["costUsdPerMonth", "latencyMsP95", "flappingPerHour"] {
        for part in ["mean", "interval", "values"] {
            assert_eq!(point["figures"][metric][part], headline(metric)[part], "{metric} {part}");
        }
    }
    assert_eq!(point["figures"]["nodesMean{nodeGroup:pool}"]["mean"], run["groups"][0]["nodesMean"]["mean"]);
    assert!(point["figures"]["latencyMsP95{route:web}"].is_object(), "{point}");
}

#[test]
fn the_same_bytes_at_any_jobs_and_shards() {
    let folder = folder();
    sweep(&folder, "--out one --jobs 1").ok();
    sweep(&folder, "--out two --jobs 2").ok();
    let (study, csv) = (folder.text("one/study.jsonl"), folder.text("one/sweep.csv"));
    assert_eq!((folder.text("two/study.jsonl"), folder.text("two/sweep.csv")), (study.clone(), csv.clone()));
    for count in [1, 2, 7] {
        let out = format!("of-{count}");
        for index in (1..=count).rev() {
            sweep(&folder, &format!("--out {out} --shard {index}/{count}")).ok();
        }
        fs::copy(
            folder.path().join(format!("{out}/shard-1-of-{count}.jsonl")),
            folder.path().join(format!("{out}/shard-again.jsonl")),
        )
        .expect("the first shard once more");
        folder.run(&format!("sweep merge {out} -o csv")).ok();
        assert_eq!(folder.text(&format!("{out}/study.jsonl")), study, "{count} shards");
        assert_eq!(folder.text(&format!("{out}/sweep.csv")), csv, "{count} shards");
    }
    let again = sweep(&folder, "--out of-7 --shard 3/7");
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
    assert_eq!(again.ok(), "");
}

#[test]
fn a_plan_is_simulated_elsewhere() {
    let folder = folder();
    let plan = format!("sweep plan shop.yaml {VARY} --set duration=5m --seed 3 -n 1 --by hpa --shards 2 --out plan");
    assert!(folder.run(&plan).ok().starts_with("shop: 12 points in 2 shards\n"));
    assert_eq!(folder.text("plan/points.csv").lines().nth(5), Some("4,6,1"));
    folder.run("sweep --plan plan/plan.json --shard 2/2 -q").ok();
    // As an engine says it, from 0.
    let mut command = assert_cmd::Command::cargo_bin("foresail").expect("the program");
    command.args(["sweep", "--plan", "plan/plan.json", "-q"]).env("JOB_COMPLETION_INDEX", "0");
    assert!(command.current_dir(folder.path()).output().expect("it runs").status.success());
    folder.run("sweep merge plan --out merged").ok();
    sweep(&folder, "--set duration=5m --seed 3 -n 1 --by hpa --out whole").ok();
    assert_eq!(folder.text("merged/study.jsonl"), folder.text("whole/study.jsonl"));
    let changed = folder.file("shop.yaml", SHOP.replace("rate: 60", "rate: 61"));
    changed.run("sweep --plan plan/plan.json --shard 1/2 -q --fresh").refused(&["not the planned one", "digest"]);
}

#[test]
fn a_block_in_the_file_says_the_same_and_changes_no_run() {
    let block = format!("{SHOP}sweep: {{vary: {{hpa.max: 4..10/2, traffic.scale: [0.5, 1, 7]}}}}\n");
    let folder = folder().file("block.yaml", &block);
    // Caveats name their file: the same name in a folder of its own.
    let beside = self::folder().file("shop.yaml", &block);
    beside.run("sweep shop.yaml -q --vary traffic.scale=0.5,1,2 --out block").ok();
    sweep(&folder, "--out flags").ok();
    assert_eq!(beside.text("block/study.jsonl"), folder.text("flags/study.jsonl"));
    let digest = |file: &str| {
        let run = folder.run(&format!("run {file} -q --no-recommend -n 1 --out run -o json")).json();
        (run["scenario"]["digest"].clone(), run["inputs"].clone())
    };
    assert_eq!(digest("block.yaml"), digest("shop.yaml"));
}

#[test]
fn samples_are_drawn_by_the_seed() {
    let folder = folder();
    let drawn = |more: &str| {
        let line = format!(
            "sweep plan shop.yaml --vary traffic.scale=0.5..2 --vary hpa.max=4..20 --sample 8 {more} --out plan"
        );
        folder.run(&line).ok();
        folder.text("plan/points.csv")
    };
    let (sobol, lhs) = (drawn(""), drawn("--method lhs"));
    assert!(sobol != lhs && sobol != drawn("--seed 2") && sobol == drawn("--method sobol --seed 1"), "{sobol}");
    for points in [sobol, lhs] {
        let rows: Vec<Vec<f64>> = points
            .lines()
            .skip(1)
            .map(|row| row.split(',').map(|cell| cell.parse().expect("a number")).collect())
            .collect();
        assert_eq!(rows.len(), 8);
        assert!(rows.iter().all(|row| (0.5..=2.0).contains(&row[1]) && (4.0..=20.0).contains(&row[2])), "{points}");
        let halves = rows.iter().filter(|row| row[1] < 1.25).count();
        assert_eq!(halves, 4, "{points}");
    }
}

#[test]
fn aliases_reach_what_they_stand_for() {
    let folder = folder();
    let line = "sweep shop.yaml -q -n 1 --vary spot.share=0,0.5 --vary autoscaler.scale-down-unneeded-time=1m,10m \
                --vary hpa.min=2,9 --by nodeGroup,hpa --out out";
    folder.run(line).ok();
    let points = points(&folder, "out/study.jsonl");
    let figure = |at: usize, key: &str| points[at]["figures"][key]["mean"].as_f64();
    assert_eq!(figure(0, "nodesMean{nodeGroup:pool-spot}"), None);
    assert!(figure(4, "nodesMean{nodeGroup:pool-spot}").is_some(), "{}", points[4]);
    let replicas = |at: usize| figure(at, "replicasMean{hpa:default/web}").expect("replicas");
    assert!(replicas(1) > replicas(0) + 1.0, "{} {}", replicas(0), replicas(1));
    let set = |more: &str| {
        let line = format!(
            "run shop.yaml -q -n 1 --no-recommend --out run -o json --set nodeGroups.pool.spotShare=0.5 {more}"
        );
        folder.run(&line).json()["headlines"][0]["value"]["mean"].as_f64()
    };
    let own = set("--set autoscaler.flags.+=--scale-down-unneeded-time=1m");
    assert_eq!(figure(4, "costUsdPerMonth"), own);
}

/// `foresail sweep` on its own, while the test goes on.
fn spawn(folder: &Folder, out: &str) -> Child {
    let mut words: Vec<&str> = "sweep shop.yaml -q --jobs 1 --set duration=1h --out".split(' ').collect();
    words.push(out);
    words.extend(VARY.split(' '));
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("foresail"));
    command.args(words).current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("it runs")
}

/// Waits until some points stand.
fn wait_for_points(folder: &Folder, out: &str) {
    let (path, begun) = (folder.path().join(out).join("study.jsonl"), Instant::now());
    while fs::read_to_string(&path).map_or(0, |text| text.lines().count()) < 4 {
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing is written");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn who_is_killed_goes_on_where_he_stopped() {
    let folder = folder();
    let mut child = spawn(&folder, "killed");
    wait_for_points(&folder, "killed");
    child.kill().expect("killed");
    child.wait().expect("gone");
    let stands = folder.text("killed/study.jsonl");
    // Even in the middle of a line.
    fs::write(folder.path().join("killed/study.jsonl"), &stands[..stands.len() - 7]).expect("cut");
    sweep(&folder, "--set duration=1h --out killed").ok();
    sweep(&folder, "--set duration=1h --out calm").ok();
    assert_eq!(folder.text("killed/study.jsonl"), folder.text("calm/study.jsonl"));
    assert_eq!(folder.text("killed/sweep.csv"), folder.text("calm/sweep.csv"));
}

#[cfg(unix)]
#[test]
fn interrupted_the_file_is_whole() {
    let folder = folder();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let child = spawn(&folder, signal);
        wait_for_points(&folder, signal);
        let kill = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(kill.expect("kill").success());
        let output = child.wait_with_output().expect("it ends");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains("of 12 points stand; the same command goes on from there"), "{stderr}");
        assert!(folder.text(&format!("{signal}/study.jsonl")).ends_with("}\n"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_whole_lines() {
    let folder = folder();
    let program = assert_cmd::cargo::cargo_bin!("foresail");
    // Four kilobytes, and a signal that would end the program is not looked at.
    let script = format!("trap '' XFSZ; ulimit -f 4; exec {} sweep shop.yaml -q {VARY} --out full", program.display());
    let output = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(70), "{stderr}");
    assert!(stderr.contains("cannot write full/study.jsonl"), "{stderr}");
    let stands = folder.text("full/study.jsonl");
    assert!(stands.ends_with("}\n") && stands.lines().count() < 13, "{stands}");
    sweep(&folder, "--out full").ok();
    sweep(&folder, "--out calm").ok();
    assert_eq!(folder.text("full/study.jsonl"), folder.text("calm/study.jsonl"));
}

#[test]
fn two_at_one_folder_do_not_mix() {
    let folder = folder();
    let mut child = spawn(&folder, "both");
    wait_for_points(&folder, "both");
    let second = sweep(&folder, "--set duration=1h --out both");
    child.kill().expect("killed");
    child.wait().expect("gone");
    second.refused(&["is being written by another foresail"]);
}

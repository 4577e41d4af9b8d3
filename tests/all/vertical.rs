//! VerticalPodAutoscalers: in the simulation, and `foresail vpa` as a user meets it.

use crate::program::{Done, Folder};
use foresail::report::{self, Printed, Report};
use foresail::scenario::{self, Scenario, Sources};
use foresail::sim::log::{Evictor, Occurrence};
use foresail::sim::outcome::Outcome;
use foresail::study::{Figures, Finished, Runs, Study};
use foresail::units::{SimDuration, SimTime};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("named"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

/// The reference scenario with a VPA for the order service.
fn with_vpa(mode: &str, policy: &str) -> (TempDir, Scenario) {
    with_vpa_at(1.0, mode, policy)
}

/// The same with so many times the traffic.
fn with_vpa_at(scale: f64, mode: &str, policy: &str) -> (TempDir, Scenario) {
    let folder = tempfile::tempdir().expect("a place for files");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/ecommerce"), folder.path());
    let vpa = format!(
        "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\n\
         metadata: {{name: order, namespace: order-service}}\nspec:\n  \
         targetRef: {{apiVersion: apps/v1, kind: Deployment, name: order-service}}\n  \
         updatePolicy: {{updateMode: {mode}}}\n  {policy}\n"
    );
    fs::write(folder.path().join("manifests/vpa.yaml"), vpa).expect("written");
    let loaded =
        scenario::load(Sources::Disk, &folder.path().join("scenario.yaml"), &[format!("traffic.scale={scale}")]);
    let loaded = loaded.unwrap_or_else(|issues| panic!("{issues:?}"));
    (folder, loaded)
}

fn hours(scenario: Scenario, hours: i64) -> Outcome {
    let study = Study {
        cast: scenario.cast,
        timing: scenario.timing,
        duration: SimDuration::from_hours(hours),
        warm_up: SimDuration::ZERO,
        seed: 1,
        tables: Default::default(),
        timeline_every: SimDuration::ZERO,
        keeps_story: true,
    };
    study.replicate(0)
}

/// A report on a run of four hours.
fn report_of(scenario: Scenario, outcome: Outcome) -> Report {
    let study = Study { duration: SimDuration::from_hours(4), ..Study::of(&scenario) };
    let figures = Figures::of(0, &study.names(), outcome);
    Report::of(&Finished {
        scenario,
        study,
        runs: Runs::new(vec![figures], None),
        commitment_advice: Vec::new(),
        forecast: None,
    })
}

/// The cpu requests of the order service's present pods, and its pods evicted by the updater, with when.
fn of_order(outcome: &Outcome) -> (Vec<i64>, Vec<SimTime>) {
    let symbols = &outcome.cluster.symbols;
    let is_order = |id| symbols.text(outcome.cluster.spec_of(id).containers[0].name) == "order-service";
    let present = outcome.cluster.pods().filter(|(id, pod)| is_order(*id) && pod.is_present());
    let requests = present.map(|(id, _)| outcome.cluster.spec_of(id).containers[0].requests.cpu_milli).collect();
    let evicted = outcome.log.records().values().filter_map(|record| match record.what {
        Occurrence::Evicted { pod, by: Evictor::VpaUpdater(_), .. } if is_order(pod) => Some(record.at),
        _ => None,
    });
    (requests, evicted.collect())
}

#[test]
fn off_recommends_and_changes_nothing() {
    let (_folder, scenario) = with_vpa("'Off'", "");
    assert!(!scenario.caveats.iter().any(|issue| issue.message.contains("VPA and HPA")));
    let outcome = hours(scenario.clone(), 4);
    let (requests, evicted) = of_order(&outcome);
    assert!(!requests.is_empty() && requests.iter().all(|request| *request == 250), "{requests:?}");
    assert!(evicted.is_empty());
    let last = outcome.vpas[0][0].expect("samples of four hours");
    let report = report_of(scenario, outcome);
    let row = &report.vertical_autoscalers[0];
    assert_eq!((row.name.as_str(), row.container.as_str(), row.cpu_milli.request), ("order", "order-service", 250));
    assert_eq!(row.cpu_milli.target.mean, last.target.cpu_milli as f64);
    assert!(row.memory_bytes.lower_bound.mean <= row.memory_bytes.upper_bound.mean);
    let summary = report::summary(&report, Printed { page: None, details: true });
    let line = summary.lines().find(|line| line.contains("order-service/order order-service"));
    let cells: Vec<&str> = line.expect("a line of the VPA").split_whitespace().collect();
    assert_eq!(cells[2..4], ["cpu", "250m"], "{summary}");
}

#[test]
fn recreate_evicts_one_by_one_and_new_pods_get_the_target() {
    let policy = "resourcePolicy: {containerPolicies: [{containerName: '*', minAllowed: {cpu: 400m}, \
                  controlledResources: [cpu]}]}";
    let (_folder, scenario) = with_vpa("Recreate", policy);
    let caveat = scenario.caveats.iter().any(|issue| issue.message.contains("VPA and HPA both act on cpu"));
    assert!(caveat, "the HPA scales on cpu too: {:?}", scenario.caveats);
    let (requests, evicted) = of_order(&hours(scenario, 4));
    assert!(requests.len() >= 3 && requests.iter().all(|request| *request >= 400), "{requests:?}");
    assert!(evicted.len() >= 3, "{evicted:?}");
    // The budget lets one pod at a time go, and its successor must be ready before the next.
    assert!(evicted.windows(2).all(|pair| pair[1] > pair[0]), "{evicted:?}");
}

#[test]
fn initial_leaves_running_pods_alone() {
    let (_folder, scenario) = with_vpa_at(
        2.0,
        "Initial",
        "resourcePolicy: {containerPolicies: [{containerName: '*', minAllowed: {cpu: 400m}}]}",
    );
    let (requests, evicted) = of_order(&hours(scenario, 20));
    assert!(evicted.is_empty());
    assert!(requests.contains(&250), "pods from before the first recommendation: {requests:?}");
    assert!(requests.iter().any(|request| *request >= 400), "pods that the HPA added since: {requests:?}");
}

#[test]
fn a_policy_that_contradicts_itself_is_refused() {
    let folder = tempfile::tempdir().expect("a place for files");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/ecommerce"), folder.path());
    let vpa = "kind: VerticalPodAutoscaler\nmetadata: {name: a, namespace: order-service}\nspec:\n  \
               targetRef: {kind: Deployment, name: order-servic}\n  updatePolicy: {updateMode: Always}\n";
    fs::write(folder.path().join("manifests/vpa.yaml"), vpa).expect("written");
    let issues = scenario::load(Sources::Disk, &folder.path().join("scenario.yaml"), &[]).expect_err("refused");
    let texts: Vec<String> = issues.iter().map(|issue| issue.to_string()).collect();
    assert!(texts.iter().any(|text| text.contains("unexpected UpdateMode value Always")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("did you mean `order-service`?")), "{texts:?}");
}

fn vpa(folder: &Folder, arguments: &str) -> Done {
    folder.run(&format!("vpa {arguments}"))
}

#[test]
fn recorded_usage_gets_a_recommendation_with_its_price() {
    let row = |minute: i32| format!("{},100,200", minute * 60);
    let rows: Vec<String> = (0..2 * 1440).map(row).collect();
    let folder = Folder::new().file("u.csv", format!("time,cpu_milli,memory_mib\n{}\n", rows.join("\n")));
    let Done { code, stdout: out, .. } =
        vpa(&folder, "--usage u.csv --cpu-request 500m --memory-request 1Gi --replicas 4 -o json --cpu-usd-hour 0.03");
    assert_eq!(code, 0);
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let cpu = &value["recommendations"][0]["resources"][0];
    // 100m lies in the bucket that ends at 110.3m; 15 % on top, in whole milli-cores.
    let target = cpu["target"].as_i64().expect("a target");
    assert_eq!(target, 126);
    let saved = cpu["differenceUsdPerMonth"].as_f64().expect("a difference");
    let expected = (target - 500) as f64 / 1000.0 * 0.03 * 730.0 * 4.0;
    assert!((saved - expected).abs() < 0.01, "{saved} is not {expected}");
    let Done { stdout: csv, .. } =
        vpa(&folder, "--usage u.csv --cpu-request 500m --memory-request 1Gi --replicas 4 -o csv");
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows[0], "workload,pods,resource,request,lower,target,upper,usd_per_month");
    assert!(rows[1].starts_with("pods,4,cpu,500,") && rows[1].contains(",126,"), "{csv}");
    assert!(rows[2].starts_with("pods,4,memory,1073741824,"), "{csv}");
}

#[test]
fn percent_of_unknown_requests_is_refused() {
    let folder = Folder::new().file("u.csv", "time,cpu_percent\n0,50\n60,60\n");
    let Done { code, stderr: err, .. } = vpa(&folder, "--usage u.csv");
    assert_eq!(code, 2);
    assert!(err.contains("cpu is in percent of requests that are not known"), "{err}");
}

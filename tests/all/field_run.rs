//! Scenarios after public bug reports, run as their authors would: what they should say, and who says so.

use crate::program::Folder;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The inputs of a case, in a folder of their own.
fn case(name: &str) -> Folder {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/field").join(name);
    let files = fs::read_dir(from).expect("a case").map(|entry| entry.expect("an entry").path());
    let named = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    files.fold(Folder::new(), |folder, path| folder.file(&named(&path), fs::read(&path).expect("a file")))
}

fn run(folder: &Folder, scenario: &str) -> Value {
    folder.run(&format!("run {scenario} --no-recommend --out out -q -j 1")).ok();
    serde_json::from_str(&folder.text("out/result.json")).expect("JSON")
}

fn headline(result: &Value, metric: &str) -> f64 {
    let all = result["headlines"].as_array().expect("headlines");
    let row = all.iter().find(|row| row["metric"] == metric).unwrap_or_else(|| panic!("no {metric}"));
    row["value"]["mean"].as_f64().unwrap_or_else(|| panic!("{metric}: {row}"))
}

fn decisions(folder: &Folder, kind: &str) -> Vec<Value> {
    let lines = folder.text("out/decisions.jsonl");
    let rows = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    rows.filter(|row| row["decision"] == kind).collect()
}

/// kubernetes/autoscaler#6954: groups that differ in their zone alone grow alike, as they have nodes to learn from.
#[test]
fn groups_of_three_zones_grow_alike() {
    let folder = case("07-ca-balance-similar-labels");
    for scenario in ["run.yaml", "run-noprovider.yaml"] {
        run(&folder, scenario);
        let mut grown: Vec<(String, i64)> = decisions(&folder, "scale-up")
            .iter()
            .map(|row| (row["objects"][0].to_string(), row["to"].as_i64().expect("a size")))
            .collect();
        grown.sort_unstable();
        assert_eq!(grown, ["a", "b", "c"].map(|name| (format!("\"{name}\""), 4)), "{scenario}");
    }
}

/// Azure/AKS#1648: waits that never end count.
#[test]
fn pods_that_never_get_a_node_wait_longest() {
    let folder = case("15-run-pending-forever");
    let result = run(&folder, "s.yaml");
    assert!(headline(&result, "longestPendingSeconds") >= 3.0 * 3600.0 - 60.0);
    assert_eq!(headline(&result, "unplacedPods"), 4.0);
    assert!(headline(&result, "pendingPodSeconds") >= 4.0 * 3.0 * 3600.0 - 600.0);
}

/// kubernetes/kubernetes#75957: the eviction API refuses a pod under two budgets for ever.
#[test]
fn a_pod_under_two_budgets_keeps_its_node() {
    let folder = case("20-two-pdbs-one-pod");
    let one = headline(&run(&folder, "s-one.yaml"), "nodeHours");
    let two = headline(&run(&folder, "s-two.yaml"), "nodeHours");
    assert!(two > 11.5 && one < 0.6 * two, "{one} and {two} node hours");
    assert!(!decisions(&folder, "scale-down-failed").is_empty());
}

/// aws/amazon-ec2-metadata-mock#20: the termination handler evicts, so a budget of one lets one pod go at a time.
#[test]
fn a_spot_notice_asks_the_budgets() {
    let folder = case("29-run-spot-notice-pdb");
    run(&folder, "s.yaml");
    let evicted: Vec<f64> =
        decisions(&folder, "evicted").iter().map(|row| row["seconds"].as_f64().expect("seconds")).collect();
    assert!(!evicted.is_empty());
    assert!(evicted.windows(2).all(|pair| pair[1] - pair[0] >= 5.0), "{evicted:?}");
    assert!(!decisions(&folder, "eviction-denied").is_empty());
}

/// kubernetes/autoscaler#1431: the pod is back where its volume is, or waits for ever; it was lost with its node.
#[test]
fn a_stateful_pod_is_lost_with_its_node_and_waits_for_its_zone() {
    let folder = case("46-run-statefulset-zone-volume");
    let one = run(&folder, "s-one.yaml");
    assert_eq!(decisions(&folder, "node-lost")[0]["pods_lost"], 1);
    assert!(headline(&one, "longestPendingSeconds") > 80.0 * 60.0);
    let three = run(&folder, "s-three.yaml");
    assert!(headline(&three, "longestPendingSeconds") < 300.0);
}

/// aws/aws-node-termination-handler#368: who needs 800 s to stop is killed after the two minutes of the notice.
#[test]
fn a_long_pre_stop_hook_does_not_survive_a_spot_notice() {
    for kind in ["Deployment", "StatefulSet"] {
        let folder = case("47-run-spot-statefulset-survived");
        let result = run(&folder, &format!("s-{kind}.yaml"));
        assert_eq!(headline(&result, "spotLosses"), 1.0, "{kind}");
        assert_eq!(headline(&result, "spotSurvived"), 0.0, "{kind}");
    }
}

/// One pod that does 10 requests a second.
const SHOP: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  \
    selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        \
    - {name: m, image: m, resources: {requests: {cpu: 900m, memory: 256Mi}, limits: {cpu: 1}}}\n---\n\
    apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n";

fn shop(rate: u32, more: &str) -> Folder {
    let scenario = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: shop\nmanifests: [app.yaml]\n\
         nodeGroups: {{s: {{instanceTypes: [m5.large], minSize: 1, maxSize: 1, desiredSize: 1}}}}\n\
         traffic: {{patterns: [{{constant: {{rate: {rate}}}}}], routes: {{web: 1}}}}\n\
         services: {{web: {{cpuPerRequest: 100ms}}}}\nduration: 20m\nreplications: 1\n{more}"
    );
    Folder::new().file("app.yaml", SHOP).file("s.yaml", scenario)
}

#[test]
fn overload_fails_more_the_more_there_is() {
    let mut before = 0.0;
    for rate in [12, 20, 50] {
        let result = run(&shop(rate, ""), "s.yaml");
        let [service, route] =
            ["services", "routes"].map(|of| result[of][0]["errorRatio"]["mean"].as_f64().expect("a share"));
        let least = (1.0 - 10.0 / f64::from(rate)) * 0.9;
        assert!(service > least && service > before, "{rate}/s: {service} of the service's requests, {before} at less");
        assert!(route > least, "{rate}/s: {route} of the route's requests");
        before = service;
    }
}

#[test]
fn an_outage_has_no_latency_and_keeps_no_objective() {
    let folder = shop(5, "objectives: {latencyP95: 500ms}\n").file("app.yaml", SHOP.replace("900m", "64"));
    let result = run(&folder, "s.yaml");
    assert_eq!(headline(&result, "errorRatio"), 1.0);
    assert!(result["routes"][0]["latencyMsP95"]["mean"].is_null());
    assert_eq!(result["objectives"][0]["metRatio"], 0.0);
    let shown = folder.run("run s.yaml --no-recommend --out out -q -j 1 --details");
    assert!(!shown.ok().contains(": met"), "{}", shown.stdout);
    assert!(shown.stdout.contains("service web answered nothing: all of its requests"), "{}", shown.stdout);
}

#[test]
fn what_nothing_is_known_of_stays_as_large_as_it_is() {
    let hpa = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: idle}\nspec:\n  \
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: idle}\n  minReplicas: 2\n  maxReplicas: 9\n  \
        behavior: {scaleUp: {tolerance: 0.05}}\n";
    let idle =
        SHOP.split("---").next().expect("a Deployment").replace("web", "idle").replace("replicas: 1", "replicas: 2");
    let objects = format!("{SHOP}---\n{}{hpa}", idle.replace("900m", "100m"));
    let folder = shop(1, "cluster: {kubernetesVersion: \"1.31\"}\n").file("app.yaml", objects);
    let result = run(&folder, "s.yaml");
    assert_eq!(result["autoscalers"][0]["replicasPeak"]["mean"], 2.0);
    let caveats = result["caveats"].to_string();
    for told in ["nothing says what its pods use", "scaleUp.tolerance", "kubernetesVersion"] {
        assert!(caveats.contains(told), "{told}: {caveats}");
    }
}

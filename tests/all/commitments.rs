//! Commitments of a scenario: what they cover on its bill, and what is refused.

use crate::program::Folder;
use serde_json::Value;

const OBJECTS: &str = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, selector: {matchLabels: {app: web}},
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: a, resources: {requests: {cpu: 100m}}}]}}}}
";

fn scenario(cluster: &str, group: &str, commitments: &str) -> String {
    format!(
        "
apiVersion: foresail/v1alpha1
kind: Scenario
name: pledged
manifests: [objects.yaml]
cluster: {{{cluster}}}
nodeGroups: {{{group}}}
duration: 4h
traffic: {{patterns: [{{constant: {{rate: 5}}}}], routes: {{web: 1}}}}
services: {{web: {{cpuPerRequest: 5ms}}}}
replications: 2
{commitments}
"
    )
}

const AWS: &str = "web: {instanceTypes: [m5.large], minSize: 3, maxSize: 3, zones: [us-east-1a]}";

fn folder(cluster: &str, group: &str, commitments: &str) -> Folder {
    let text = scenario(cluster, group, commitments);
    Folder::new().files(&[("objects.yaml", OBJECTS), ("scenario.yaml", &text)])
}

fn report(cluster: &str, group: &str, commitments: &str) -> Value {
    let done = folder(cluster, group, commitments).run("run scenario.yaml --no-recommend -o json");
    serde_json::from_str(done.ok()).expect("JSON")
}

fn lines(report: &Value) -> Vec<&Value> {
    report["bill"]["lines"].as_array().expect("lines").iter().collect()
}

fn usd(rows: &[&Value], field: &str) -> f64 {
    rows.iter().map(|row| row[field].as_f64().expect("a number")).sum()
}

#[test]
fn reserved_instances_cover_nodes_and_their_unused_part_is_told() {
    let report = report(
        "",
        AWS,
        "commitments: [{name: two, kind: regionalReservedInstance, instanceType: m5.large, count: 2},
  {name: other-zone, kind: zonalReservedInstance, instanceType: m5.large, zone: us-east-1b, count: 1}]",
    );
    let lines = lines(&report);
    let of = |id: &str, part: &str| -> Vec<&Value> {
        let is = |line: &&&Value| line["commitment"]["id"] == id && line["commitment"]["part"] == part;
        lines.iter().filter(is).copied().collect()
    };
    let used = of("two", "used");
    assert!((usd(&used, "quantity") - 8.0).abs() < 1e-6, "two machines for four hours: {used:?}");
    assert!((usd(&used, "listUsd") - 8.0 * 0.096).abs() < 1e-6 && usd(&used, "netUsd") == 0.0);
    assert!((usd(&used, "effectiveUsd") - 8.0 * 0.06042).abs() < 1e-6, "{used:?}");
    assert!((usd(&of("two", "fee"), "netUsd") - 8.0 * 0.06042).abs() < 1e-6);
    assert!(usd(&of("two", "unused"), "effectiveUsd").abs() < 1e-9);
    assert!((usd(&of("other-zone", "unused"), "effectiveUsd") - 4.0 * 0.06042).abs() < 1e-6);
    assert!(of("other-zone", "used").is_empty());
    let nodes: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "on-demand nodes").copied().collect();
    assert!((usd(&nodes, "listUsd") - 12.0 * 0.096).abs() < 1e-6, "list cost is what it was");
    // Cash and amortised are the same money where nothing is paid upfront.
    assert!((usd(&lines, "netUsd") - usd(&lines, "effectiveUsd")).abs() < 1e-6);
    let found = |name: &str| -> &Value {
        let rows = report["commitments"]["commitments"].as_array().expect("commitments");
        rows.iter().find(|row| row["name"] == name).expect("its row")
    };
    assert!((found("two")["utilisation"]["mean"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(found("other-zone")["utilisation"]["mean"].as_f64(), Some(0.0));
    assert!((report["commitments"]["coverage"]["mean"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-6);
    assert!(report["caveats"].to_string().contains("other-zone covers no machine"), "{}", report["caveats"]);
}

#[test]
fn what_is_paid_upfront_is_cash_at_once_and_cost_over_the_term() {
    let report = report(
        "",
        AWS,
        "commitments: [{name: all, kind: regionalReservedInstance, instanceType: m5.xlarge, payment: allUpfront, upfrontUsd: 876}]",
    );
    let all = lines(&report);
    let fee: Vec<&Value> = all.iter().filter(|line| line["commitment"]["part"] == "fee").copied().collect();
    assert!((usd(&fee, "netUsd") - 876.0).abs() < 1e-6);
    let used: Vec<&Value> = all.iter().filter(|line| line["commitment"]["part"] == "used").copied().collect();
    // An xlarge is two large.
    assert!((usd(&used, "quantity") - 8.0).abs() < 1e-6);
    assert!((usd(&used, "effectiveUsd") - 4.0 * 0.1).abs() < 1e-6);
}

#[test]
fn googles_commitments_cover_vcpus_and_memory_and_sustained_use_the_rest() {
    let group = "web: {instanceTypes: [n2-standard-4], minSize: 3, maxSize: 3}";
    let pledged = report(
        "region: us-central1",
        group,
        "commitments: [{name: pool, kind: googleResource, family: n2, vcpu: 8, memoryGib: 32}]",
    );
    let plain = report("region: us-central1", group, "");
    let nodes = |report: &Value, field: &str| {
        let rows: Vec<&Value> = lines(report).into_iter().filter(|line| line["kind"] == "on-demand nodes").collect();
        usd(&rows, field)
    };
    let list = nodes(&plain, "listUsd");
    // The simulated time stands for its month: all of it at 80.02 %.
    assert!((nodes(&plain, "netUsd") / list - 0.8002).abs() < 1e-4, "{}", nodes(&plain, "netUsd") / list);
    assert!((nodes(&pledged, "netUsd") / list - 0.8002 / 3.0).abs() < 1e-4, "{}", nodes(&pledged, "netUsd") / list);
    assert!((pledged["commitments"]["coverage"]["mean"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-4);
    // A flexible commitment takes 28 % off, and the 19.98 % of sustained use with it.
    let done = folder("region: us-central1", group, "")
        .run("run scenario.yaml --no-recommend --recommend-commitments -o json");
    let advised: Value = serde_json::from_str(done.ok()).expect("JSON");
    let rows = advised["commitmentAdvice"].as_array().expect("advice");
    let flexible = rows.iter().find(|row| row["kind"] == "googleFlexible" && row["term"] == "1y").expect("a row");
    let expected = 3.0 * 0.194236 * (0.28 - 0.1998) * 730.0;
    assert!((flexible["savingUsdPerMonth"]["mean"].as_f64().unwrap() - expected).abs() < 1.0, "{flexible} {expected}");
}

/// What is said about an entry, and with which exit code.
fn refused(cluster: &str, entry: &str) -> (i32, String) {
    let group = if cluster.contains("us-central1") {
        "web: {instanceTypes: [n2-standard-4], minSize: 1, maxSize: 1}"
    } else {
        AWS
    };
    let done =
        folder(cluster, group, &format!("commitments:\n  - {{{entry}}}\n")).run("run scenario.yaml --no-recommend -q");
    (done.code, done.stderr)
}

#[test]
fn what_cannot_be_committed_to_is_refused_with_its_line() {
    let reserved = "name: a, kind: regionalReservedInstance, instanceType: m5.large";
    for (cluster, entry, expected) in [
        ("", "name: a, kind: regionalReservedInstance, instanceType: m5.larg".to_owned(), "m5.large"),
        ("", format!("{reserved}, count: -2"), "found -2, expected 1"),
        ("", format!("{reserved}, payment: someUpfront"), "someUpfront"),
        ("", format!("{reserved}, from: yesterday"), "expected a day such as"),
        ("", format!("{reserved}, from: 2026-12-05, until: 2026-12-01"), "it ends before it begins"),
        ("", format!("{reserved}, usdPerHour: 1"), "a regionalReservedInstance has no usdPerHour"),
        ("", format!("{reserved}, hourlyUsd: -1"), "found -1, expected 0 or more"),
        (
            "",
            "name: a, kind: zonalReservedInstance, instanceType: m5.large".to_owned(),
            "a zonalReservedInstance needs it",
        ),
        (
            "",
            "name: a, kind: ec2InstanceSavingsPlan, family: m55, usdPerHour: 1".to_owned(),
            "no rates are known for the family `m55`",
        ),
        ("", "name: a, kind: computeSavingsPlan".to_owned(), "a computeSavingsPlan needs it"),
        ("", "name: a, kind: computeSavingsPlan, usdPerHour: 1, rates: {m5.lrge: 0.07}".to_owned(), "m5.large"),
        ("", "name: a, kind: googleFlexible, usdPerHour: 1".to_owned(), "which is Google Cloud's"),
        ("region: us-central1", reserved.to_owned(), "which is AWS's"),
        (
            "region: us-central1",
            "name: a, kind: googleResource, family: n9, vcpu: 4".to_owned(),
            "series that can be committed to",
        ),
        (
            "region: us-central1",
            "name: a, kind: googleFlexible, usdPerHour: 1, discount: 1.5".to_owned(),
            "expected a share",
        ),
    ] {
        let (code, text) = refused(cluster, &entry);
        assert_eq!(code, 2, "{entry}: {text}");
        assert!(text.contains(expected), "{entry}: {text}");
        assert!(text.contains("scenario.yaml:1"), "{entry}: {text}");
    }
    let (code, text) = refused("", &format!("{reserved}}}\n  - {{{reserved}"));
    assert!(code == 2 && text.contains("a second time"), "{text}");
}

#[test]
fn what_covers_nothing_is_a_caveat() {
    let caveats = |commitments: &str| report("", AWS, commitments)["caveats"].to_string();
    let past = "commitments: [{name: old, kind: regionalReservedInstance, instanceType: m5.large, from: 2020-01-01, term: 1y}]";
    assert!(caveats(past).contains("old ended before the simulated time begins"));
    let twice = "commitments: [{name: a, kind: computeSavingsPlan, usdPerHour: 0.1}, {name: b, kind: computeSavingsPlan, usdPerHour: 0.1}]";
    assert!(caveats(twice).contains("a and b commit to the same"));
    let foreign = "commitments: [{name: c, kind: ec2InstanceSavingsPlan, family: c5, usdPerHour: 0.1}]";
    assert!(caveats(foreign).contains("c covers no machine"));
}

#[test]
fn a_recommended_commitment_saves_and_says_how_surely() {
    let folder = folder("", AWS, "");
    let done = folder.run("run scenario.yaml --no-recommend --recommend-commitments -o json");
    let report: Value = serde_json::from_str(done.ok()).expect("JSON");
    let rows = report["commitmentAdvice"].as_array().expect("advice");
    let of =
        |kind: &str, term: &str| rows.iter().find(|row| row["kind"] == kind && row["term"] == term).expect("a row");
    let plan = of("ec2InstanceSavingsPlan", "1y");
    // Three m5.large all the time: all of them, at 0.06042.
    assert!((plan["usdPerHour"].as_f64().unwrap() - 3.0 * 0.06042).abs() < 0.0011, "{plan}");
    assert!(
        (plan["savingUsdPerMonth"]["mean"].as_f64().unwrap() - 3.0 * (0.096 - 0.06042) * 730.0).abs() < 2.0,
        "{plan}"
    );
    assert_eq!(plan["saves"].as_f64(), Some(1.0));
    let text = folder.run("run scenario.yaml --no-recommend --recommend-commitments -q");
    assert!(text.ok().contains("ec2InstanceSavingsPlan"), "{}", text.stdout);
}

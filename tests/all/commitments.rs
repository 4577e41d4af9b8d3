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
    assert!(report["caveats"].to_string().contains("other-zone covers nothing"), "{}", report["caveats"]);
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
    assert!(caveats(foreign).contains("c covers nothing"));
}

#[test]
fn a_recommended_commitment_saves_and_says_how_surely() {
    let folder = folder("", AWS, "");
    let done = folder.run("run scenario.yaml --no-recommend --recommend-commitments -o json");
    let report: Value = serde_json::from_str(done.ok()).expect("JSON");
    let rows = report["commitmentAdvice"].as_array().expect("advice");
    let of = |kind: &str, term: &str| {
        rows.iter()
            .find(|row| row["kind"] == kind && row["term"] == term && row["payment"] == "noUpfront")
            .expect("a row")
    };
    let plan = of("ec2InstanceSavingsPlan", "1y");
    // Three m5.large all the time: all of them, at 0.06042.
    assert!((plan["usdPerHour"].as_f64().unwrap() - 3.0 * 0.06042).abs() < 0.0011, "{plan}");
    assert!(
        (plan["savingUsdPerMonth"]["mean"].as_f64().unwrap() - 3.0 * (0.096 - 0.06042) * 730.0).abs() < 2.0,
        "{plan}"
    );
    assert_eq!(plan["saves"].as_f64(), Some(1.0));
    let text = folder.run("run scenario.yaml --no-recommend --recommend-commitments -q");
    assert!(text.ok().contains("A commitment would save") && text.stdout.contains("3y allUpfront"), "{}", text.stdout);
}

/// Three m5.large in every hour, at 0.096 on demand and 0.06042 reserved for a year.
#[test]
fn recommend_prints_every_way_to_commit_with_what_each_saves_and_risks() {
    let folder = folder("", AWS, "");
    let done = folder.run("recommend scenario.yaml --commitments -q -o json");
    let answer: Value = serde_json::from_str(done.ok()).expect("JSON");
    assert_eq!(answer["kind"], "CommitmentAdvice");
    let rows = answer["commitments"].as_array().expect("rows");
    let of = |kind: &str, term: &str, payment: &str| -> &Value {
        let is = |row: &&Value| row["kind"] == kind && row["term"] == term && row["payment"] == payment;
        rows.iter().find(is).unwrap_or_else(|| panic!("{kind} {term} {payment}: {rows:?}"))
    };
    for kind in ["regionalReservedInstance", "ec2InstanceSavingsPlan", "computeSavingsPlan"] {
        for term in ["1y", "3y"] {
            for payment in ["noUpfront", "partialUpfront", "allUpfront"] {
                of(kind, term, payment);
            }
        }
    }
    let number = |value: &Value| value.as_f64().expect("a number");
    let near =
        |found: f64, expected: f64, what: &str| assert!((found - expected).abs() < 0.02, "{what}: {found} {expected}");
    let reserved = of("regionalReservedInstance", "1y", "noUpfront");
    assert_eq!(reserved["amount"], "3 x m5.large in us-east-1");
    near(number(&reserved["savingUsdPerMonth"]["mean"]), 3.0 * (0.096 - 0.06042) * 730.0, "saving");
    near(number(&reserved["breakEven"]), 0.06042 / 0.096, "break-even");
    assert_eq!(number(&reserved["utilisation"]["mean"]), 1.0);
    assert_eq!(number(&reserved["upfrontUsd"]), 0.0);
    let fallen = |at: usize| number(&reserved["ifUsageFalls"][at]["savingUsdPerMonth"]["mean"]);
    near(fallen(0), (2.25 * 0.096 - 3.0 * 0.06042) * 730.0, "a quarter less");
    near(fallen(1), (1.5 * 0.096 - 3.0 * 0.06042) * 730.0, "half of it");
    let all = of("regionalReservedInstance", "1y", "allUpfront");
    near(number(&all["upfrontUsd"]), 3.0 * 0.05639 * 8760.0, "upfront");
    let savings: Vec<f64> = rows.iter().map(|row| number(&row["savingUsdPerMonth"]["mean"])).collect();
    assert!(savings.is_sorted_by(|a, b| a >= b), "{savings:?}");
    let table = folder.run("recommend scenario.yaml --commitments -q");
    assert!(table.ok().lines().all(|line| line.chars().count() <= 80), "{}", table.stdout);
    assert!(table.stdout.contains("Each row stands for itself"), "{}", table.stdout);
    let csv = folder.run("recommend scenario.yaml --commitments -q -o csv");
    assert_eq!(csv.ok().lines().count(), rows.len() + 1, "{}", csv.stdout);
    assert_eq!(
        folder.run("recommend scenario.yaml --commitments -q -o csv -j 1").ok(),
        csv.stdout,
        "whatever the threads"
    );
    assert_eq!(folder.run("recommend scenario.yaml --commitments -q -n 0").code, 2);
}

#[test]
fn what_is_held_is_taken_off_before_more_is_recommended() {
    let held = "commitments: [{name: two, kind: regionalReservedInstance, instanceType: m5.large, count: 2}]";
    let answer = |held: &str| -> Value {
        let done = folder("", AWS, held).run("recommend scenario.yaml --commitments -q -o json");
        serde_json::from_str(done.ok()).expect("JSON")
    };
    let amount = |answer: &Value| -> String {
        let rows = answer["commitments"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["kind"] == "regionalReservedInstance").expect("a row");
        row["amount"].as_str().expect("text").to_owned()
    };
    assert_eq!(amount(&answer(held)), "1 x m5.large in us-east-1");
    let all = held.replace("count: 2", "count: 3");
    assert_eq!(answer(&all)["commitments"].as_array().map(Vec::len), Some(0));
    let text = folder("", AWS, &all).run("recommend scenario.yaml --commitments -q");
    assert!(text.ok().contains("No commitment pays"), "{}", text.stdout);
}

/// Two pods of a quarter of a vCPU and half a GB, at 0.04048 and 0.004445 on demand and four fifths of that in the plan.
#[test]
fn a_compute_savings_plan_covers_fargate_by_the_highest_saving_and_then_the_lowest_rate() {
    let report = report(
        "fargate: [{namespace: default}]",
        AWS,
        "commitments: [{name: plan, kind: computeSavingsPlan, usdPerHour: 0.01}]",
    );
    let all = lines(&report);
    let covered = |sku: &str| -> Vec<&Value> {
        let is = |line: &&&Value| line["commitment"]["part"] == "used" && line["sku"] == sku;
        all.iter().filter(is).copied().collect()
    };
    // A plan saves 20 % of Fargate and 19.2 % of m5.large: memory, whose rate is lower, comes first, then vCPUs.
    let memory = covered("fargate_memory_gb_hour");
    // Pods have their nodes a tenth of a second after the start.
    assert!((usd(&memory, "quantity") - 4.0).abs() < 1e-4, "{memory:?}");
    assert!((usd(&memory, "effectiveUsd") - 4.0 * 0.003556).abs() < 1e-6, "{memory:?}");
    let vcpu = covered("fargate_vcpu_hour");
    assert!((usd(&vcpu, "quantity") - 4.0 * (0.01 - 0.003556) / 0.032384).abs() < 1e-4, "{vcpu:?}");
    assert!((usd(&vcpu, "netUsd")).abs() < 1e-9);
    assert!(covered("m5.large").is_empty());
    let left: Vec<&Value> = all.iter().filter(|line| line["sku"] == "fargate_vcpu_hour").copied().collect();
    assert!((usd(&left, "quantity") - 4.0 * 0.5).abs() < 1e-4, "covered or not, it is all of it: {left:?}");
    // Cash and amortised are the same money where nothing is paid upfront.
    assert!((usd(&all, "netUsd") - usd(&all, "effectiveUsd")).abs() < 1e-6);
    let (code, text) = refused(
        "fargate: [{namespace: default}]",
        "name: a, kind: computeSavingsPlan, usdPerHour: 0.01, rates: {fargate_vcpu_hour: 0.03}",
    );
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_flexible_commitment_covers_autopilots_pods() {
    let cluster = "region: us-central1, autopilot: true";
    let group = "web: {instanceTypes: [e2-standard-4], minSize: 1, maxSize: 1}";
    let report = report(cluster, group, "commitments: [{name: flex, kind: googleFlexible, usdPerHour: 0.005}]");
    let all = lines(&report);
    let used: Vec<&Value> = all.iter().filter(|line| line["commitment"]["part"] == "used").copied().collect();
    // 28 % off: what is committed to covers 1 / 0.72 of its list price.
    assert!((usd(&used, "listUsd") - 4.0 * 0.005 / 0.72).abs() < 1e-6, "{used:?}");
    assert!(used.iter().all(|line| line["sku"].as_str().unwrap().starts_with("autopilot_")), "{used:?}");
}

//! Who pays: costs by owner, budgets, and what a request costs.

use crate::program::Folder;
use serde_json::Value;

fn deployment(name: &str, namespace: &str, team: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}, team: {team}}}}}
    spec:
      containers: [{{name: web, image: web, resources: {{requests: {{cpu: 500m, memory: 1Gi}}}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: {name}-svc, namespace: {namespace}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
---
"
    )
}

const SHOP: &str = "\
apiVersion: foresail/v1alpha1
kind: Scenario
name: shop
manifests: [web.yaml]
duration: 2h
replications: 3
nodeGroups: {pool: {instanceTypes: [m5.large], minSize: 2, maxSize: 2}}
objectives: {latencyP95: 300ms}
traffic: {patterns: [{constant: {rate: 20}}], routes: {web: 3, pay: 1}}
services:
  web: {cpuPerRequest: 10ms, concurrency: 8, calls: [{pay: 0.5}]}
  pay: {cpuPerRequest: 10ms, concurrency: 8}
";

fn folder(more: &str) -> Folder {
    let objects = deployment("web", "shop", "front") + &deployment("pay", "money", "payments");
    Folder::new().file("web.yaml", objects).file("shop.yaml", format!("{SHOP}{more}"))
}

fn result(more: &str) -> Value {
    let folder = folder(more);
    folder.run("run shop.yaml -q --no-recommend --out out").ok();
    serde_json::from_str(&folder.text("out/result.json")).expect("JSON")
}

fn rows<'a>(result: &'a Value, by: &str) -> Vec<(&'a str, f64)> {
    let tables = result["allocation"].as_array().expect("tables");
    let table = tables.iter().find(|table| table["by"] == by).expect("the table");
    let row = |row: &'a Value| {
        (row["name"].as_str().expect("a name"), row["costUsdPerMonth"]["mean"].as_f64().unwrap_or(0.0))
    };
    table["rows"].as_array().expect("rows").iter().map(row).collect()
}

#[test]
fn every_table_adds_up_to_the_whole_cost() {
    let result = result("allocation: {labels: [team]}\n");
    let whole = result["headlines"][0]["value"]["mean"].as_f64().expect("a cost");
    for by in ["namespace", "controller", "service", "label:team"] {
        let sum: f64 = rows(&result, by).iter().map(|row| row.1).sum();
        assert!((sum - whole).abs() < 1e-6, "{by}: {sum} of {whole}");
        let names: std::collections::BTreeSet<&str> = rows(&result, by).iter().map(|row| row.0).collect();
        assert_eq!(names.len(), rows(&result, by).len(), "{by}: a row for each owner");
    }
    let has = |by: &str, name: &str| rows(&result, by).iter().any(|row| row.0 == name);
    for (by, name) in [
        ("namespace", "shop"),
        ("namespace", "__idle__"),
        ("namespace", "__unallocated__"),
        ("controller", "money/deployment:pay"),
        ("service", "web-svc"),
        ("label:team", "payments"),
    ] {
        assert!(has(by, name), "{by}: no {name} in {:?}", rows(&result, by));
    }
    let lines = result["bill"]["lines"].as_array().expect("lines");
    let paid: f64 = lines.iter().map(|line| line["netUsd"].as_f64().expect("an amount")).sum();
    assert!((paid * 365.0 - whole).abs() < 1e-6, "two hours are 1/365 of a month of 730: {paid}, {whole}");
}

#[test]
fn shared_costs_leave_nobody_but_those_who_pay() {
    let shared = result("allocation: {shareIdle: weighted, shareNamespaces: [money], shareOverhead: true}\n");
    assert_eq!(rows(&shared, "namespace").len(), 1);
    let whole = shared["headlines"][0]["value"]["mean"].as_f64().expect("a cost");
    assert!((rows(&shared, "namespace")[0].1 - whole).abs() < 1e-6);
}

#[test]
fn a_budget_says_what_to_expect() {
    let budgets = "budgets: [{owner: cluster, usdPerMonth: 100}, {owner: namespace/shop, usdPerMonth: 100000}]\n";
    let result = result(budgets);
    let [all, shop] = [0, 1].map(|at| &result["budgets"][at]);
    let expected = all["expectedUsd"]["mean"].as_f64().expect("a cost");
    assert_eq!((all["exceedsRatio"]["mean"].as_f64(), all["month"].as_str()), (Some(1.0), Some("2026-12")));
    let day = 1 + (31.0 * 100.0 / expected) as u32;
    assert_eq!(all["exceededOn"], format!("2026-12-{day:02}"));
    // Three replications of three: the chance is above 29 % with 97.5 % confidence.
    assert!((all["exceedsRatio"]["interval"][0].as_f64().expect("a bound") - 0.2924).abs() < 1e-3);
    assert_eq!((shop["exceedsRatio"]["mean"].as_f64(), shop.get("exceededOn")), (Some(0.0), None));
}

#[test]
fn a_route_pays_for_the_calls_that_it_causes() {
    let result = result("");
    let cost = |of: &str| {
        let rows = result["unitCosts"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["of"] == of).expect("the row");
        row["usdPerMillionRequests"]["mean"].as_f64().expect("a cost")
    };
    let [all, web, pay] = ["all", "route web", "route pay"].map(cost);
    let [web_service, pay_service] = ["service shop/web", "service money/pay"].map(cost);
    assert!((web - web_service - 0.5 * pay_service).abs() < 0.02 * web, "{web} {web_service} {pay_service}");
    assert!((pay - pay_service).abs() < 0.01 * pay);
    assert!((all - 0.75 * web - 0.25 * pay).abs() < 0.01 * all, "{all} {web} {pay}");
}

#[test]
fn what_is_wrong_is_said_at_once() {
    let wrong = "\
allocation: {labels: [squad], shareNamespaces: [monye], shareLabels: [proxy], split: no}
budgets: [{usdPerMonth: 5}, {owner: team=frnot, usdPerMonth: 5}, {owner: cluster, usdPerMonth: -1}, {owner: namespace/shp}]
";
    let done = folder(wrong).run("run shop.yaml -q --no-recommend --out out");
    done.refused(&[
        "allocation.shareNamespaces[0]",
        "did you mean `money`",
        "allocation.shareLabels[0]",
        "allocation.split",
        "budgets[0].owner",
        "budgets[1].owner",
        "did you mean `front`",
        "budgets[2].usdPerMonth",
        "budgets[3].owner",
        "budgets[3].usdPerMonth",
    ]);
    let warned = folder("allocation: {labels: [squad]}\n").run("run shop.yaml -q --no-recommend -o json");
    let report: Value = serde_json::from_str(warned.ok()).expect("JSON");
    let caveats = report["caveats"].to_string();
    assert!(caveats.contains("no pod has a label `squad`"), "{caveats}");
}

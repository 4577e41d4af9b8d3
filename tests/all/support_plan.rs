//! The provider's support plan as a line of the bill, and what is wrong with one.

use super::program::Folder;
use serde_json::Value;

fn folder(more: &str) -> Folder {
    let scenario = format!(
        "apiVersion: foresail/v1alpha1
kind: Scenario
cluster: {{region: us-east-1, kubernetesVersion: '1.33'}}
nodeGroups:
  app: {{instanceTypes: [m5.large], minSize: 1, maxSize: 1, desiredSize: 1}}
billing: {{start: 2026-12-01}}
duration: 31d
step: 1h
replications: 2
charges: [{{name: contractor, usdPerMonth: 1000000}}]
{more}"
    );
    Folder::new().file("scenario.yaml", scenario)
}

/// What support costs by SKU, and what the provider invoices for everything else.
fn costs(more: &str) -> (Vec<(String, f64)>, f64, Value) {
    let folder = folder(more);
    let done = folder.run("run scenario.yaml -q --out out");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let result: Value = serde_json::from_str(&folder.text("out/result.json")).expect("JSON");
    let (mut support, mut rest) = (Vec::new(), 0.0);
    for line in result["bill"]["lines"].as_array().expect("lines") {
        let usd = line["netUsd"].as_f64().expect("USD");
        match line["kind"].as_str() {
            Some("support plan") => support.push((line["sku"].as_str().expect("a SKU").to_owned(), usd)),
            _ if line["service"] == "charges" => {}
            _ => rest += usd,
        }
    }
    (support, rest, result)
}

#[test]
fn a_small_bill_pays_the_minimum_of_the_month() {
    let (support, rest, result) = costs("support: business\n");
    let sum: f64 = support.iter().map(|(_, usd)| usd).sum();
    assert!((sum - 100.0).abs() < 1e-6 && rest < 1000.0, "{support:?} of {rest}");
    let share = support.iter().find(|(sku, _)| sku == "support.share").expect("a share").1;
    assert!((share - rest / 10.0).abs() < 1e-6, "{share} of {rest}");
    let left_out = result["bill"]["notInBill"].to_string();
    assert!(!left_out.contains("Support plans"), "{left_out}");
    let total = result["charges"].as_array().expect("charges").iter();
    let total: f64 = total.map(|charge| charge["costUsdPerMonth"]["mean"].as_f64().expect("USD")).sum();
    let headline = result["headlines"][0]["value"]["mean"].as_f64().expect("USD");
    assert!((total - headline).abs() < 1e-6, "kinds add up: {total} {headline}");
}

#[test]
fn a_share_is_of_what_the_provider_invoices_and_of_nothing_else() {
    let (support, rest, result) = costs("support: {plan: business, percent: 50%, minimumUsd: 0}\n");
    assert_eq!(support.len(), 1, "{support:?}");
    assert!((support[0].1 - rest / 2.0).abs() < 1e-6, "{support:?} of {rest}: the contractor is not AWS");
    let lines = result["bill"]["lines"].as_array().expect("lines");
    let line = lines.iter().find(|line| line["kind"] == "support plan").expect("a line");
    assert_eq!((line["unit"].as_str(), line["priceSource"].as_str()), (Some("USD"), Some("scenario")));
    assert!((line["quantity"].as_f64().expect("USD") - rest).abs() < 1e-6);
}

#[test]
fn plans_that_end_are_said_and_unknown_ones_are_refused() {
    let caveats = |more: &str| costs(more).2["caveats"].to_string();
    assert!(!caveats("support: business\n").contains("2027-01-01"), "the year is not over");
    let moved = "support: {plan: developer}\n";
    let late = folder(moved).file(
        "late.yaml",
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nextends: scenario.yaml\nbilling: {start: 2026-12-15}\n",
    );
    let done = late.run("run late.yaml -q --out out");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(late.text("out/result.json").contains("AWS ends the plan developer on 2027-01-01"));
    for (plan, wanted) in [
        ("busines", "support.plan: AWS has no support plan `busines`"),
        ("premium", "support.plan: AWS has no support plan `premium`"),
        ("{}", "support.plan: found no plan"),
        ("{plan: business, minimumUsd: -1}", "support.minimumUsd: found -1"),
        ("{plan: business, percent: 0.1}", "found `0.1`, expected a percentage such as 7%"),
    ] {
        let done = folder(&format!("support: {plan}\n")).run("run scenario.yaml -q --out out");
        assert_eq!(done.code, 2, "{}", done.stderr);
        assert!(done.stderr.contains(wanted), "{plan}: {}", done.stderr);
    }
}

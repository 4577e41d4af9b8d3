use super::*;
use crate::report::bill::exact::{Nano, nano};
use crate::report::bill::fixture;
use crate::report::{CommitmentResult, CommitmentsResult, Estimate};
use std::collections::{BTreeMap, BTreeSet};

type Rows = Vec<BTreeMap<String, String>>;

fn read(text: &str) -> Rows {
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

fn sum(rows: &Rows, column: &str) -> Nano {
    rows.iter().map(|row| nano(row[column].parse().unwrap())).sum()
}

/// To have the fixture judged: FORESAIL_SAMPLE=some/folder cargo test --lib report::bill
fn kept(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("FORESAIL_SAMPLE") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(name), text).unwrap();
    }
}

#[test]
fn billed_cost_is_the_bill() {
    let report = fixture::report();
    let bill: Nano = report.bill.lines.iter().map(|line| nano(line.net_usd)).sum();
    for (grain, version) in [(Grain::Hour, FocusVersion::V1_2), (Grain::Day, FocusVersion::V1_3)] {
        let text = focus_csv(&report, grain, version).unwrap();
        kept(if grain == Grain::Hour { "focus-hourly.csv" } else { "focus-1.3.csv" }, &text);
        assert_eq!(sum(&read(&text), "BilledCost"), bill);
    }
}

#[test]
fn a_commitment_s_fee_is_what_its_parts_cost() {
    let mut report = fixture::report();
    // As rounded means may leave it.
    let used = report.bill.lines.iter_mut().find(|line| line.commitment.as_ref().is_some_and(|of| of.part == "used"));
    used.unwrap().cells[5].effective_usd += 1e-9;
    let rows = read(&focus_csv(&report, Grain::Hour, FocusVersion::V1_2).unwrap());
    for id in ["m5-reserved", "compute-plan"] {
        let of: Rows = rows.iter().filter(|row| row["CommitmentDiscountId"] == id).cloned().collect();
        assert_eq!(sum(&of, "BilledCost"), sum(&of, "EffectiveCost"), "{id}");
        assert!(of.iter().all(|row| row["ChargeCategory"] == "Purchase" || row["PricingCategory"] == "Committed"));
    }
}

#[test]
fn what_is_covered_has_the_negotiated_price_as_its_contracted_one() {
    let mut report = fixture::report();
    for line in &mut report.bill.lines {
        if line.commitment.as_ref().is_some_and(|of| of.part == "used") {
            line.contracted_unit_price_usd = Some((line.list_unit_price_usd * 0.93 * 1e9).round() / 1e9);
        }
    }
    for version in [FocusVersion::V1_2, FocusVersion::V1_3] {
        let rows = read(&focus_csv(&report, Grain::Day, version).unwrap());
        let used: Rows = rows.into_iter().filter(|row| row["CommitmentDiscountStatus"] == "Used").collect();
        assert!(!used.is_empty());
        for row in used {
            let of = |name: &str| row[name].parse::<f64>().unwrap();
            assert!((of("ContractedCost") - of("ListCost") * 0.93).abs() < 1e-8, "{row:?}");
            assert!((of("ContractedUnitPrice") * of("PricingQuantity") - of("ContractedCost")).abs() < 1e-9, "{row:?}");
            assert!(of("BilledCost") == 0.0 && of("EffectiveCost") > 0.0);
        }
    }
}

#[test]
fn spot_is_dynamic_and_extensions_are_last() {
    let text = focus_csv(&fixture::report(), Grain::Day, FocusVersion::V1_2).unwrap();
    let rows = read(&text);
    let spot: BTreeSet<&str> =
        rows.iter().filter(|row| row["x_NodeGroup"] == "spot").map(|row| row["PricingCategory"].as_str()).collect();
    assert_eq!(spot, BTreeSet::from(["Dynamic"]));
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    assert!(header.is_sorted_by_key(|name| name.starts_with("x_")));
    assert!(rows.iter().all(|row| row["x_Simulated"] == "true"));
}

#[test]
fn parts_of_namespaces_add_up_to_their_lines() {
    let report = fixture::report();
    let whole = read(&focus_csv(&report, Grain::Day, FocusVersion::V1_2).unwrap());
    let parts = read(&focus_csv(&report, Grain::Day, FocusVersion::V1_3).unwrap());
    for column in ["BilledCost", "EffectiveCost", "ListCost", "ContractedCost"] {
        assert_eq!(sum(&whole, column), sum(&parts, column), "{column}");
    }
    assert!(
        parts.iter().any(|row| row["AllocatedResourceName"] == "catalog" && row["AllocatedMethodId"] == "opencost")
    );
    let off = |row: &BTreeMap<String, String>| {
        let [quantity, price, cost] =
            ["PricingQuantity", "ListUnitPrice", "ListCost"].map(|name| row[name].parse::<f64>().unwrap());
        (quantity * price - cost).abs()
    };
    // Credits have no price.
    assert!(parts.iter().filter(|row| !row["ListUnitPrice"].is_empty()).all(|row| off(row) < 1e-9));
}

#[test]
fn units_are_spelt_as_focus_does() {
    let check = |unit: &str, text: &str| assert_eq!(super::row::focus_unit(unit), text);
    check("GB-month", "GB-Months");
    check("hour", "Hours");
    check("LCU-Hours", "LCU-Hours");
    check("GB", "GB");
    check("Requests", "Requests");
}

#[test]
fn what_is_paid_upfront_is_a_purchase_of_its_own() {
    let mut report = fixture::report();
    let fee = report.bill.lines.iter_mut().find(|line| line.commitment.as_ref().is_some_and(|of| of.part == "fee"));
    fee.unwrap().cells[0].net_usd = 300.06;
    let known = Estimate::exact(0.0);
    report.commitments = Some(CommitmentsResult {
        coverage: known.clone(),
        commitments: vec![CommitmentResult {
            name: "m5-reserved".to_owned(),
            kind: "regionalReservedInstance".to_owned(),
            what: "1 x m5.large".to_owned(),
            term: "1y".to_owned(),
            payment: "partialUpfront".to_owned(),
            utilisation: known.clone(),
            covered_list_usd: known.clone(),
            net_usd: known.clone(),
            effective_usd: known.clone(),
            unused_usd: known,
        }],
    });
    let rows = read(&focus_csv(&report, Grain::Hour, FocusVersion::V1_2).unwrap());
    let once: Rows = rows
        .iter()
        .filter(|row| row["CommitmentDiscountId"] == "m5-reserved" && row["ChargeFrequency"] == "One-Time")
        .cloned()
        .collect();
    assert_eq!(once.iter().map(|row| row["BilledCost"].as_str()).collect::<Vec<_>>(), ["300.0"]);
    let recurring =
        rows.iter().filter(|row| row["CommitmentDiscountId"] == "m5-reserved" && row["ChargeFrequency"] == "Recurring");
    assert!(recurring.clone().count() == 168 && recurring.clone().all(|row| row["BilledCost"] == "0.06"));
}

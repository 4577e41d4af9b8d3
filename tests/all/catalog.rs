//! `foresail catalog`: the price list, searched and printed.

use super::program::Folder;
use serde_json::Value;

#[test]
fn a_table_fits_into_a_terminal() {
    let contract = "discounts: {ec2: 8%}\nrates:\n- {name: m5.large, region: us-east-1, price: 0.081, unit: hour}\n";
    let folder = Folder::new().file("contract.yaml", contract);
    for line in [
        "m5.large",
        "m5.xlarge --prices contract.yaml",
        "types --vcpu 4 --arch arm64 --region us-east-1",
        "items nat",
        "regions",
        "managed redis",
    ] {
        let done = folder.run(&format!("catalog {line} --sort price"));
        let widest = done.ok().lines().max_by_key(|line| line.chars().count()).expect("lines");
        assert!(widest.chars().count() <= 80, "{line}: {widest}");
    }
    let done = folder.run("catalog m5.large --region us-east-1 --prices contract.yaml");
    assert!(done.ok().contains(" 0.096  0.081 "), "{}", done.stdout);
}

#[test]
fn misspelt_names_and_what_nothing_fits_are_refused() {
    let refused = |line: &str, part: &str| {
        let done = Folder::new().run(line);
        assert_eq!(done.code, 2, "{line}");
        assert!(done.stderr.contains(part), "{line}\n{}", done.stderr);
    };
    refused("catalog m5.lrge", "did you mean `m5.large`?");
    refused("catalog items nat_gatway_hour", "did you mean `nat_gateway_hour`?");
    refused("catalog rds-postgres/db.m5.lrge", "did you mean `rds-postgres/db.m5.large`?");
    refused("catalog m5.large --region us-est-1", "did you mean `us-east-1`?");
    refused("catalog types --vcpu 5000", "nothing in the price list is like that");
    refused("catalog types --memory much", "expected an amount or a range");
    refused("catalog m5.large --prices nowhere.yaml", "the price file");
}

#[test]
fn everything_is_in_json_and_csv() {
    let folder = Folder::new();
    let done = folder.run("catalog internet_out_gb m5.large --region eu-west-1 -o json");
    let rows: Value = serde_json::from_str(done.ok()).expect("JSON");
    assert_eq!(rows[0]["machine"]["vcpu"], 2.0);
    assert_eq!(rows[0]["tiers"][0]["listUsd"], 0.107);
    assert_eq!(rows[1]["tiers"].as_array().expect("tiers").len(), 4);
    assert_eq!(rows[1]["price"]["date"], "2026-08-21");
    let done = folder.run("catalog internet_out_gb --region eu-west-1 -o csv");
    let lines: Vec<&str> = done.ok().lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[2].contains(",GB,10240,0.085,0.085,"), "{}", lines[2]);
}

#[test]
fn cheap_things_come_first_if_that_is_asked() {
    let done = Folder::new().run("catalog types --vcpu 4..8 --memory 16Gi --arch arm64 --sort price -o csv");
    let prices: Vec<f64> = done
        .ok()
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(10).expect("a price").parse().expect("a number"))
        .collect();
    assert!(prices.len() > 5 && prices.is_sorted(), "{prices:?}");
}

#[test]
fn lists_fit_the_smallest_terminal() {
    for words in ["items", "types", "managed", "items --region southamerica-west1 --region northamerica-northeast1"] {
        let done = Folder::new().run(&format!("catalog {words}"));
        let wide: Vec<&str> = done.ok().lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{words}: {wide:?}");
    }
}

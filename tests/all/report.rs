//! `foresail report`: a result in another form.

use crate::program::Folder;

/// A folder with the report of an hour of the reference scenario.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.run("run --set duration=1h --replications 2 --no-recommend -q --out out").ok();
    folder
}

#[test]
fn a_result_can_be_rendered_again() {
    let folder = folder();
    assert_eq!(folder.run("report out -o html").ok(), folder.text("out/index.html"));
    assert_eq!(folder.run("report out/result.json -o json").ok(), folder.text("out/result.json"));
    assert!(folder.run("report out").ok().contains("Report   out/index.html"));
    assert!(folder.run("report out -o wide").ok().contains("Node groups"));
    assert_eq!(folder.run("report out -o html --file page.html").ok(), "");
    assert_eq!(folder.text("page.html"), folder.text("out/index.html"));
}

#[test]
fn what_is_no_result_is_refused() {
    let folder = Folder::new().file("result.json", "{}");
    folder.run("report nowhere").refused(&["nowhere", "foresail run"]);
    folder.run("report .").refused(&["result.json is not a foresail result"]);
}

#[test]
fn a_file_that_cannot_be_written_is_refused() {
    let folder = folder();
    folder.run("report out -o html --file nowhere/page.html").refused(&["cannot write nowhere/page.html"]);
}

/// Billionths of a dollar in a column.
fn sum(text: &str, column: &str) -> i128 {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().expect("a header").iter().position(|name| name == column).expect("the column");
    let nano = |cell: &str| (cell.parse::<f64>().expect("a number") * 1e9).round() as i128;
    reader.records().map(|row| nano(&row.expect("a row")[at])).sum()
}

#[test]
fn every_file_adds_up_to_the_bill() {
    let folder = folder();
    let result: serde_json::Value = serde_json::from_str(&folder.text("out/result.json")).expect("JSON");
    let lines = result["bill"]["lines"].as_array().expect("lines");
    let total: i128 = lines.iter().map(|line| (line["netUsd"].as_f64().expect("money") * 1e9).round() as i128).sum();
    assert!(total > 0);
    assert_eq!(sum(&folder.text("out/bill.csv"), "net_usd"), total);
    assert_eq!(sum(&folder.text("out/focus.csv"), "BilledCost"), total);
    assert_eq!(folder.run("report out -o csv").ok(), folder.text("out/bill.csv"));
    assert_eq!(sum(folder.run("report out -o csv --grain hour").ok(), "net_usd"), total);
    assert_eq!(sum(folder.run("report out -o focus --grain hour").ok(), "BilledCost"), total);
    assert_eq!(sum(folder.run("report out -o focus --version 1.3").ok(), "BilledCost"), total);
    folder.run("report out -o xlsx --file bill.xlsx").ok();
    let workbook = |name: &str| std::fs::read(folder.path().join(name)).expect("a workbook");
    assert!(workbook("bill.xlsx") == workbook("out/bill.xlsx"), "the same bytes");
}

#[test]
fn a_result_without_what_is_asked_for_is_refused() {
    let folder = folder();
    let mut result: serde_json::Value = serde_json::from_str(&folder.text("out/result.json")).expect("JSON");
    result["bill"]["grain"] = "day".into();
    let folder = folder.file("days/result.json", result.to_string());
    folder.run("report days -o focus --grain hour").refused(&["is by day", "leave `--grain hour` out"]);
    result.as_object_mut().expect("fields").remove("bill");
    let folder = folder.file("old/result.json", result.to_string());
    folder.run("report old -o xlsx --file bill.xlsx").refused(&["has no bill", "foresail run"]);
    assert!(!folder.has("bill.xlsx"));
}

use super::*;
use crate::report::bill::exact::{Nano, nano};
use crate::report::bill::fixture;
use std::path::Path;
use std::process::Command;

#[test]
fn the_same_result_makes_the_same_bytes() {
    let report = fixture::report();
    assert!(workbook(&report).unwrap() == workbook(&report).unwrap());
}

#[test]
fn texts_are_never_formulas() {
    let mut report = fixture::report();
    "=1+1".clone_into(&mut report.bill.lines[0].resource);
    let bytes = workbook(&report).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let Some(sheets) = opened(&bytes, folder.path()) else { return };
    assert!(sheets.iter().any(|(name, text)| name == "Bill" && text.contains(",=1+1,")), "{sheets:?}");
}

/// An independent reader, where it is installed, sees the totals of the result.
#[test]
fn an_office_suite_sees_the_totals() {
    let report = fixture::report();
    let bytes = workbook(&report).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let Some(sheets) = opened(&bytes, folder.path()) else { return };
    let cents = |amount: Nano| format!("{:.2}", amount as f64 / 1e9);
    let total: Nano = report.bill.lines.iter().map(|line| nano(line.net_usd)).sum();
    let of = |sheet: &str, row: &str, column: usize| {
        let text = &sheets.iter().find(|(name, _)| name == sheet).unwrap().1;
        let mut rows = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let row = rows.records().map(Result::unwrap).find(|cells| &cells[0] == row).unwrap();
        cents(nano(row[column].replace(',', "").parse().unwrap()))
    };
    assert_eq!(of("Summary", "Total", 2), cents(total));
    assert_eq!(of("Bill", "Sum of the rows that are shown", 19), cents(total));
    assert_eq!(of("By month", "Total", 3), cents(total));
    let shares: Nano = report.costs.iter().map(|row| nano(row.cost_usd)).sum();
    assert_eq!(of("By team", "Total", 1), cents(shares));
}

#[test]
fn teams_budgets_and_requests_have_their_sheets() {
    let mut report = fixture::report();
    let made = crate::report::fixture::with_owners();
    (report.allocation, report.budgets, report.unit_costs) = (made.allocation, made.budgets, made.unit_costs);
    let folder = tempfile::tempdir().unwrap();
    let Some(sheets) = opened(&workbook(&report).unwrap(), folder.path()) else { return };
    let has = |sheet: &str, text: &str| sheets.iter().any(|(name, all)| name == sheet && all.contains(text));
    assert!(has("By team", "Amortised USD by label team") && has("By team", "payments,"), "{sheets:?}");
    assert!(has("By team", ",1386.004,"), "{sheets:?}");
    assert!(has("Budgets", "team=payments,2026-12,2000") && has("Unit cost", "route /checkout,2.5"), "{sheets:?}");
}

/// Each sheet as CSV, by LibreOffice; none without it.
fn opened(bytes: &[u8], folder: &Path) -> Option<Vec<(String, String)>> {
    let file = folder.join("bill.xlsx");
    std::fs::write(&file, bytes).unwrap();
    // All sheets, each into a file of its own; cells as they are shown.
    let filter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1";
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let mut command = Command::new("soffice");
    command.args([&profile, "--headless", "--convert-to", filter, "--outdir"]).arg(folder).arg(&file);
    if !command.output().is_ok_and(|done| done.status.success()) {
        println!("skipped: LibreOffice is not installed");
        return None;
    }
    let mut sheets = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(sheet) = name.strip_prefix("bill-").and_then(|name| name.strip_suffix(".csv")) {
            sheets.push((sheet.to_owned(), std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
    Some(sheets)
}

use super::*;
use crate::cost::{BridgeStepKind, Paid};
use crate::report::bill::exact::{Nano, nano};
use crate::report::bill::fixture;
use crate::report::compare::{Compared, compare};
use crate::report::{CapacityResult, CostDrivers, Estimate};
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
    assert_eq!(of("Bill", "Sum of the rows that are shown", 10), cents(total));
    assert_eq!(of("By month", "Total", 3), cents(total));
    // As it is shown, in cents, what is above a total adds up to it.
    for (sheet, column) in [("Summary", 1), ("Summary", 2), ("Summary", 3), ("By team", 1)] {
        let text = &sheets.iter().find(|(name, _)| name == sheet).unwrap().1;
        let mut rows = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let shown = rows.records().map(Result::unwrap).filter_map(|row| {
            let usd: f64 = row.get(column)?.replace(',', "").parse().ok()?;
            assert_eq!(nano(usd) % 10_000_000, 0, "{usd} is not in cents");
            Some((row[0].to_owned(), nano(usd)))
        });
        let (sums, parts): (Vec<_>, Vec<_>) = shown.partition(|(name, _)| name == "Total");
        assert!(parts.len() > 1, "{sheet}");
        assert_eq!(parts.iter().map(|(_, usd)| usd).sum::<Nano>(), sums[0].1, "{sheet} {column}");
    }
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
    assert!(has("By team", "Total,318.97,1386,"), "{sheets:?}");
    assert!(has("Budgets", "team=payments,2026-12,2000") && has("Unit cost", "route /checkout,2.5"), "{sheets:?}");
}

/// Two results whose machines are bought in another way, beside each other.
fn comparison() -> Comparison {
    let drivers = |on_demand: [f64; 3], spot: [f64; 3], fixed: f64| {
        let row = |paid, hours: [f64; 3], price: f64| CapacityResult {
            family: "m5".to_owned(),
            paid,
            vcpu_hours: Estimate::of(hours),
            cost_usd: Estimate::of(hours.map(|hours| hours * price)),
        };
        CostDrivers {
            requests: Estimate::of([1e6; 3]),
            capacity: vec![row(Paid::OnDemand, on_demand, 0.048), row(Paid::Spot, spot, 0.018)],
            fixed_usd: Estimate::of([fixed; 3]),
            unused_commitments_usd: Estimate::of([0.0; 3]),
        }
    };
    let side = |name: &str, drivers: CostDrivers| Compared {
        name: name.to_owned(),
        report: Report { cost_drivers: Some(drivers), ..crate::report::fixture::report() },
        decisions: String::new(),
    };
    let base = side("today", drivers([5000.0, 5200.0, 4900.0], [0.0; 3], 97.43));
    let new = side("spot", drivers([3000.0, 2900.0, 3100.0], [2500.0, 2700.0, 2600.0], 130.27));
    compare(&base, &[new]).expect("of one seed")
}

#[test]
fn an_office_suite_adds_up_the_causes_of_a_difference() {
    let comparison = comparison();
    let folder = tempfile::tempdir().unwrap();
    let Some(sheets) = opened(&comparison_workbook(&comparison).unwrap(), folder.path()) else { return };
    let text = &sheets.iter().find(|(name, _)| name == "Causes").expect("a sheet").1;
    let mut rows = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let rows: Vec<::csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let cell = |name: &str, column: usize| -> f64 {
        let row = rows.iter().find(|cells| &cells[0] == name).unwrap_or_else(|| panic!("{name}: {text}"));
        row[column].replace(',', "").parse().unwrap_or_else(|_| panic!("{name}: {text}"))
    };
    let found = comparison.variants[0].variance.as_ref().expect("causes");
    let sum: f64 = found.steps.iter().map(|step| cell(step.step.name(), 1)).sum();
    let total = found.total_usd_per_month.mean;
    // Eight amounts that are shown to the cent.
    assert!((sum - total).abs() < 0.05 && (cell("difference", 1) - total).abs() < 0.0051, "{text}");
    assert!((cell("cost of the base", 1) + cell("difference", 1) - cell("new cost", 1)).abs() < 0.011, "{text}");
    let cost = comparison.variants[0].figures.iter().find(|row| row.metric == "costUsdPerMonth").expect("the cost");
    let base = cost.pair.as_ref().expect("both have it").base;
    assert!((cell("cost of the base", 1) - base).abs() < 0.0051, "{base}: {text}");
    let [low, high] = found.total_usd_per_month.interval.expect("three replications");
    assert!((cell("difference", 2) - low).abs() < 0.0051 && (cell("difference", 3) - high).abs() < 0.0051, "{text}");
    assert!((cell("fixed", 1) - (130.27 - 97.43)).abs() < 0.0051, "{text}");
    let spot = found.steps.iter().find(|step| step.step == BridgeStepKind::Spot).expect("spot");
    assert!((cell("spot against on demand", 1) - spot.usd_per_month.mean).abs() < 0.0051, "{text}");
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

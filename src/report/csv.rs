//! CSV files for spreadsheets.

use super::Report;
use crate::units::{self, visible};

/// `timeline.csv`: one row per step, one column per series (`replicas:order`). A gap is empty.
pub fn timeline_csv(report: &Report) -> String {
    let timeline = &report.timeline;
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let named = |series: &super::Series| match series.name.as_str() {
        "" => series.panel.column().to_owned(),
        name => format!("{}:{name}", series.panel.column()),
    };
    let header = std::iter::once("time_s".to_owned()).chain(timeline.series.iter().map(named));
    record(&mut writer, header);
    for step in 0..timeline.len() {
        let time = timeline.start_seconds + step as f64 * timeline.step_seconds;
        let value = |series: &super::Series| series.values.get(step).copied().flatten();
        let cells = timeline.series.iter().map(|series| value(series).map(number).unwrap_or_default());
        record(&mut writer, std::iter::once(number(time)).chain(cells));
    }
    finish(writer)
}

/// `costs.csv`: mean cost by day, group, namespace and resource. Adds up to the mean total.
pub fn costs_csv(report: &Report) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    record(&mut writer, ["day", "group", "namespace", "resource", "cost_usd"].map(str::to_owned));
    for row in &report.costs {
        let cells = [
            row.day.to_string(),
            row.group.clone(),
            row.namespace.clone(),
            row.resource.clone(),
            format!("{:.9}", units::finite(row.cost_usd)),
        ];
        record(&mut writer, cells);
    }
    finish(writer)
}

pub(super) fn record(writer: &mut ::csv::Writer<Vec<u8>>, cells: impl IntoIterator<Item = String>) {
    // Writing to memory cannot fail, and every record has the header's length.
    let _ = writer.write_record(cells.into_iter().map(neutral));
}

pub(super) fn finish(writer: ::csv::Writer<Vec<u8>>) -> String {
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// A spreadsheet must not run a name: texts that begin like a formula get an apostrophe in front, numbers stay as they are.
///
/// Source: OWASP, "CSV Injection".
fn neutral(cell: String) -> String {
    // To a spreadsheet a carriage return ends a line.
    let cell = cell.split('\r').map(visible).collect::<Vec<_>>().join("\r");
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula && !cell.parse().is_ok_and(f64::is_finite) { format!("'{cell}") } else { cell }
}

/// At most six decimals, without trailing zeros.
///
/// Empty where there is no number: no file has `NaN` or `inf` in a cell.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn formulas_become_text() {
        let check = |cell: &str, safe: &str| assert_eq!(neutral(cell.to_owned()), safe);
        check("=1+1", "'=1+1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("+cmd", "'+cmd");
        check("-inf", "'-inf");
        check("\t=1+1", "'\t=1+1");
        check("\r=1+1", "'\r=1+1");
        check("\n=1+1", "'\n=1+1");
        check("-5.5", "-5.5");
        check("order", "order");
    }

    #[test]
    fn every_step_is_a_row() {
        let report = fixture::report();
        let text = timeline_csv(&report);
        let header = text.lines().next().unwrap_or_default();
        assert!(header.starts_with("time_s,requests_per_second:"), "{header}");
        assert_eq!(text.lines().count(), report.timeline.len() + 1);
        assert!(text.lines().all(|line| line.split(',').count() == report.timeline.series.len() + 1));
    }

    #[test]
    fn the_cost_file_adds_up() {
        let report = fixture::report();
        let sum: f64 =
            costs_csv(&report).lines().skip(1).filter_map(|line| line.rsplit(',').next()?.parse::<f64>().ok()).sum();
        let rows: f64 = report.costs.iter().map(|row| row.cost_usd).sum();
        assert!((sum - rows).abs() < 1e-6 && rows > 0.0);
    }

    #[test]
    fn numbers_are_plain() {
        assert_eq!(number(3.0), "3");
        assert_eq!(number(0.25), "0.25");
        assert_eq!(number(0.000_000_1), "0");
        assert_eq!([f64::NAN, f64::INFINITY].map(number), ["", ""]);
    }
}

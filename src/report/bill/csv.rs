//! `bill.csv`: the lines by day or by hour, with everything that is known of each.

use super::error::BillError;
use super::exact::{Atto, nano};
use super::rows::{BillRow, Grain, bill_rows};
use crate::report::Report;
use crate::report::csv::{finish, record};

const HEADER: [&str; 29] = [
    "period_start",
    "period_end",
    "month",
    "kind",
    "service",
    "sku",
    "name",
    "resource",
    "node_group",
    "namespace",
    "region",
    "zone",
    "labels",
    "quantity",
    "unit",
    "list_unit_price_usd",
    "unit_price_usd",
    "price_type",
    "commitment",
    "commitment_kind",
    "commitment_part",
    "list_usd",
    "net_usd",
    "effective_usd",
    "net_usd_p5",
    "net_usd_p95",
    "price_source",
    "price_date",
    "estimated",
];

/// `bill.csv`: a row a line and period, means of the replications. Its amounts add up to the bill, to the nano-USD.
pub fn bill_csv(report: &Report, grain: Grain) -> Result<String, BillError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    record(&mut writer, HEADER.map(str::to_owned));
    for row in bill_rows(&report.bill, grain)? {
        record(&mut writer, cells(&row));
    }
    Ok(finish(writer))
}

fn cells(row: &BillRow<'_>) -> Vec<String> {
    let (line, period, amounts) = (row.line, row.period, row.amounts);
    let usd = |nano| Atto::of_nano(nano).plain();
    let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
    let of_commitment = |part: fn(&crate::report::BillCommitment) -> &String| {
        line.commitment.as_ref().map(part).cloned().unwrap_or_default()
    };
    let spread = |at: usize| amounts.net_spread.map(|ends| usd(ends[at])).unwrap_or_default();
    let labels: Vec<String> = line.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    vec![
        period.from.to_string(),
        period.until.to_string(),
        period.month.name.clone(),
        line.kind.clone(),
        line.service.clone(),
        line.sku.clone(),
        line.name.clone(),
        line.resource.clone(),
        maybe(&line.group),
        maybe(&line.namespace),
        line.region.clone(),
        maybe(&line.zone),
        labels.join(";"),
        usd(nano(amounts.quantity)),
        line.unit.clone(),
        usd(nano(line.list_unit_price_usd)),
        usd(nano(line.unit_price_usd)),
        line.price_type.clone(),
        of_commitment(|of| &of.id),
        of_commitment(|of| &of.kind),
        of_commitment(|of| &of.part),
        usd(amounts.list),
        usd(amounts.net),
        usd(amounts.effective),
        spread(0),
        spread(1),
        line.price_source.clone(),
        line.price_date.clone(),
        maybe(&line.estimated),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::bill::fixture;
    use crate::report::bill::rows::Grain::{Day, Hour};

    fn sum(text: &str, column: &str) -> i128 {
        let at = HEADER.iter().position(|name| *name == column).unwrap();
        let mut rows = ::csv::Reader::from_reader(text.as_bytes());
        rows.records().map(|row| nano(row.unwrap()[at].parse::<f64>().unwrap())).sum()
    }

    #[test]
    fn rows_add_up_to_the_bill() {
        let report = fixture::report();
        let all = |amount: fn(&crate::report::BillLineResult) -> f64| {
            report.bill.lines.iter().map(|line| nano(amount(line))).sum::<i128>()
        };
        for grain in [Hour, Day] {
            let text = bill_csv(&report, grain).unwrap();
            assert_eq!(sum(&text, "net_usd"), all(|line| line.net_usd));
            assert_eq!(sum(&text, "list_usd"), all(|line| line.list_usd));
            assert_eq!(sum(&text, "effective_usd"), all(|line| line.effective_usd));
        }
    }

    #[test]
    fn texts_that_look_like_formulas_are_texts() {
        let mut report = fixture::report();
        "=cmd|' /C calc'!A0".clone_into(&mut report.bill.lines[0].resource);
        report.bill.lines[0].namespace = Some("@SUM(A1)".to_owned());
        let text = bill_csv(&report, Day).unwrap();
        assert!(text.contains(",'=cmd|' /C calc'!A0,") && text.contains(",'@SUM(A1),"), "{text}");
    }
}

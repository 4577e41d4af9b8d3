//! The bill of the simulated time: by service, by month, line by line; where its prices are from, and what is not in it.

use super::costs::ESTIMATED;
use super::table::Table;
use crate::report::bill::{self, Money, money, nano};
use crate::report::format::{digits, in_cents, rows_in_cents};
use crate::report::{BillLineResult, BillResult, Report};
use crate::units::finite;
use std::collections::BTreeMap;

/// More lines nobody reads on a page; all are in bill.csv.
const MOST_LINES: usize = 150;

const HEADS: [&str; 4] = ["", "list", "invoiced", "amortised"];

/// All tables, in the order of the page; none without a bill.
pub(super) fn tables(report: &Report) -> Vec<Table> {
    let bill = &report.bill;
    if bill.lines.is_empty() {
        return Vec::new();
    }
    vec![by_service(bill), by_month(bill), lines(bill), prices(bill)]
}

/// The simulated time as it lies in the calendar.
pub(super) fn period(bill: &BillResult) -> String {
    let day = |text: Option<&String>| {
        text.map_or(String::new(), |text| text.replace('T', " ").trim_end_matches(":00Z").to_owned())
    };
    let assumed = if bill.start_assumed { "; the start is assumed" } else { "" };
    format!("{} to {} UTC, months of {}{assumed}", day(bill.periods.first()), day(bill.periods.last()), bill.time_zone)
}

/// What is invoiced in all.
pub(super) fn invoiced(bill: &BillResult) -> String {
    in_cents(bill.lines.iter().map(|line| nano(line.net_usd)).sum())
}

/// Rows with money that add up, column by column, as they are shown.
fn summed(title: &str, rows: &[(String, Money)]) -> Table {
    let (shown, totals) = rows_in_cents(&rows.iter().map(|(_, money)| *money).collect::<Vec<Money>>());
    let row = |((name, _), money): (&(String, Money), [String; 3])| [name.clone()].into_iter().chain(money).collect();
    let rows = rows.iter().zip(shown).map(row).collect();
    let mut total = vec!["total".to_owned()];
    total.extend(totals);
    Table::new(title, &HEADS, rows).with_total(total)
}

fn by_service(bill: &BillResult) -> Table {
    let row =
        |sum: bill::BillSum<'_>| (format!("{}{}", if sum.is_estimated { ESTIMATED } else { "" }, sum.name), sum.money);
    let rows: Vec<(String, Money)> = bill::by_service(bill).into_iter().map(row).collect();
    summed("By service", &rows)
        .noted("List is at public prices, invoiced after discounts and commitments, amortised with commitments’ fees spread over what they cover. ≈ rests on an estimated price.")
}

fn by_month(bill: &BillResult) -> Table {
    let mut sums: Vec<(String, Money)> = bill.months.iter().map(|month| (month.name.clone(), [0; 3])).collect();
    for cell in bill.lines.iter().flat_map(|line| &line.cells) {
        let at = bill.months.iter().rposition(|month| month.first_period <= cell.period);
        if let Some((_, sum)) = at.and_then(|at| sums.get_mut(at)) {
            let amounts = [cell.list_usd, cell.net_usd, cell.effective_usd].map(nano);
            sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        }
    }
    summed("By month", &sums).noted("What of each calendar month is simulated.")
}

fn lines(bill: &BillResult) -> Table {
    let mut order: Vec<&BillLineResult> = bill.lines.iter().collect();
    order.sort_by_key(|line| -nano(line.net_usd));
    let (shown, rest) = order.split_at(order.len().min(MOST_LINES));
    let mut amounts: Vec<Money> = shown.iter().map(|line| money(line)).collect();
    let mut sum = [0; 3];
    rest.iter().for_each(|line| sum.iter_mut().zip(money(line)).for_each(|(sum, amount)| *sum += amount));
    if !rest.is_empty() {
        amounts.push(sum);
    }
    let (money, [list, net, _]) = rows_in_cents(&amounts);
    let mut rows: Vec<Vec<String>> =
        shown.iter().zip(&money).map(|(line, [list, net, _])| cells(line, [list, net])).collect();
    if let ([.., [list, net, _]], false) = (&money[..], rest.is_empty()) {
        let name = format!("{} more in bill.csv", rest.len());
        rows.push(vec![name, String::new(), String::new(), String::new(), String::new(), list.clone(), net.clone()]);
    }
    let mut total = vec!["total".to_owned(); 1];
    total.resize(5, String::new());
    total.extend([list, net]);
    // Names of commitments may take several lines.
    let terms = if shown.iter().any(|line| line.commitment.is_some()) { "-terms" } else { "=terms" };
    let heads = ["", "-resource", "quantity", "unit price", terms, "list", "invoiced"];
    Table::new("Line by line", &heads, rows).with_total(total)
}

fn cells(line: &BillLineResult, [list, net]: [&String; 2]) -> Vec<String> {
    let mark = if line.estimated.is_some() { ESTIMATED } else { "" };
    let place = [Some(&line.resource), line.zone.as_ref()].into_iter().flatten().filter(|text| !text.is_empty());
    let place: Vec<&str> = place.map(String::as_str).collect();
    let part = line.commitment.as_ref().map(|of| format!(", {} of {}", of.part, of.id)).unwrap_or_default();
    vec![
        line.name.clone(),
        place.join(", "),
        format!("{} {}", digits(line.quantity), line.unit),
        format!("{mark}{}", unit_price(line.unit_price_usd)),
        format!("{}{part}", terms(&line.price_type)),
        list.clone(),
        format!("{mark}{net}"),
    ]
}

/// Up to six decimals, at least two.
fn unit_price(usd: f64) -> String {
    let text = format!("{:.6}", finite(usd));
    let short = text.trim_end_matches('0');
    let decimals = short.find('.').map_or(0, |point| short.len() - point - 1);
    format!("${:.*}", decimals.max(2), finite(usd))
}

fn terms(price_type: &str) -> &str {
    match price_type {
        "onDemand" => "on demand",
        other => other,
    }
}

/// Where the prices of this bill are from, and of when.
fn prices(bill: &BillResult) -> Table {
    let mut sources: BTreeMap<(&str, &str, &str, &str), Vec<&str>> = BTreeMap::new();
    for line in &bill.lines {
        let how = line.estimated.as_deref().unwrap_or("listed");
        let skus = sources.entry((&line.region, &line.price_source, &line.price_date, how)).or_default();
        if !skus.contains(&line.sku.as_str()) {
            skus.push(&line.sku);
        }
    }
    let row = |((region, source, date, how), skus): (&(&str, &str, &str, &str), &Vec<&str>)| {
        let mark = if *how == "listed" { "" } else { ESTIMATED };
        let own = [*source, *date, *region].map(str::to_owned);
        own.into_iter().chain([format!("{mark}{how}"), skus.join(", ")]).collect()
    };
    let rows: Vec<Vec<String>> = sources.iter().map(row).collect();
    Table::new("Where the prices are from", &["", "=of", "=region", "-how", "-what"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::bill::fixture;

    fn cents(text: &str) -> i64 {
        text.trim_start_matches(ESTIMATED).replace(['$', ',', '.'], "").parse().unwrap()
    }

    #[test]
    fn columns_add_up_as_shown_and_to_each_other() {
        let tables = tables(&fixture::report());
        for table in &tables[..3] {
            let total = table.total.clone().unwrap();
            for column in (1..total.len()).filter(|at| total[*at].contains('$')) {
                let sum: i64 = table.rows.iter().map(|row| cents(&row[column])).sum();
                assert_eq!(sum, cents(&total[column]), "{} {column}", table.title);
            }
        }
        let invoiced = |table: &Table| table.total.clone().unwrap().last().cloned();
        assert_eq!(tables[0].total.as_ref().unwrap()[2], tables[1].total.as_ref().unwrap()[2]);
        assert_eq!(tables[0].total.as_ref().unwrap().get(2).cloned(), invoiced(&tables[2]));
    }

    #[test]
    fn estimates_are_marked_beside_their_figures() {
        let tables = tables(&fixture::report());
        let marked = tables[2].rows.iter().filter(|row| row[6].starts_with(ESTIMATED)).count();
        assert_eq!(marked, 1);
        assert!(tables[3].rows.iter().any(|row| row[3] == "≈ price of us-east-1"));
    }

    #[test]
    fn unit_prices_have_the_digits_they_need() {
        assert_eq!([0.1, 0.0225, 490.56, 0.000_054_8].map(unit_price), ["$0.10", "$0.0225", "$490.56", "$0.000055"]);
    }
}

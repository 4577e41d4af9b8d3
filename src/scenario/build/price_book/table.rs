//! A price file in CSV: a row for a rate, with a rate's fields as columns.

use super::At;
use crate::scenario::file::{Percent, PriceRate};
use crate::scenario::issue::{Issue, Issues, did_you_mean};
use crate::scenario::timed::{Row, Table, at_line};

const COLUMNS: [&str; 8] = ["name", "region", "capacity", "price", "discount", "unit", "source", "date"];

/// The rates of a table, each with its line.
pub(super) fn rates(text: &str, issues: &mut Issues) -> Vec<(At, PriceRate)> {
    let table = Table::new(text);
    let mut columns: Vec<(usize, usize)> = Vec::new();
    for (at, title) in table.header.iter().enumerate() {
        match COLUMNS.iter().position(|column| *column == title) {
            Some(column) => columns.push((column, at)),
            None => {
                let issue = at_line(1, format!("unknown column `{title}`"));
                let there_are = format!("there are {}", COLUMNS.join(", "));
                let meant = did_you_mean(title, COLUMNS).map(|meant| format!("did you mean `{meant}`?"));
                issues.push(issue.with_help(meant.unwrap_or(there_are)));
            }
        }
    }
    let place = |column: usize| columns.iter().find(|(known, _)| *known == column).map(|(_, at)| *at);
    if place(0).is_none() {
        issues.push(at_line(1, "found no column `name`: of what is a price?".to_owned()));
        return Vec::new();
    }
    let places: [Option<usize>; 8] = std::array::from_fn(place);
    let mut rates = Vec::new();
    table.each(issues, |row, issues| match rate(row, &places) {
        Ok(rate) => rates.push((At::Line(row.line), rate)),
        Err(issue) => issues.push(issue),
    });
    rates
}

fn rate(row: &Row<'_>, places: &[Option<usize>; 8]) -> Result<PriceRate, Issue> {
    let cell = |column: usize| places[column].map(|at| row.cell(at)).filter(|cell| !cell.is_empty());
    let text = |column: usize| cell(column).map(str::to_owned);
    let number = |text: &str| {
        text.parse::<f64>().map_err(|_| at_line(row.line, format!("price: found `{text}`, expected a number")))
    };
    Ok(PriceRate {
        name: text(0).unwrap_or_default(),
        region: text(1),
        capacity: text(2),
        price: cell(3).map(number).transpose()?,
        discount: cell(4).map(|text| Percent::parse(text).map_err(|why| at_line(row.line, why))).transpose()?,
        unit: text(5),
        source: text(6),
        date: text(7),
    })
}

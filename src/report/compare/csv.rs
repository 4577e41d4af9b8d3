//! The comparison for spreadsheets and data frames: long and tidy, one row a figure.

use super::model::{Comparison, FigureDifference};
use crate::report::csv::{finish, number, record};
use serde_json::Value;

const HEADER: [&str; 14] = [
    "variant",
    "scope",
    "name",
    "metric",
    "unit",
    "base",
    "new",
    "difference",
    "low",
    "high",
    "relative",
    "verdict",
    "replications",
    "replications_needed",
];

/// `comparison.csv`. Units are those of result.json; an empty cell has no value.
pub fn comparison_csv(comparison: &Comparison) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    record(&mut writer, HEADER.map(str::to_owned));
    for variant in &comparison.variants {
        variant.figures.iter().for_each(|row| record(&mut writer, cells(&variant.side.name, row)));
    }
    finish(writer)
}

/// As `comparison.json` writes it.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

fn cells(variant: &str, row: &FigureDifference) -> Vec<String> {
    let mut cells = vec![variant.to_owned(), word(row.scope), row.name.clone(), row.metric.clone(), word(row.unit)];
    let maybe = |value: Option<f64>| value.map(number).unwrap_or_default();
    match (&row.pair, row.only) {
        (Some(pair), _) => {
            let [low, high] = pair.difference.interval.map_or([None, None], |ends| ends.map(Some));
            cells.extend([number(pair.base), number(pair.new), number(pair.difference.mean)]);
            cells.extend([maybe(low), maybe(high), maybe(pair.relative), word(pair.verdict)]);
            cells.push(pair.difference.values.len().to_string());
            cells.push(pair.replications_needed.map(|count| count.to_string()).unwrap_or_default());
        }
        (None, only) => {
            let of = |in_base: bool| maybe(only.filter(|only| only.in_base == in_base).map(|only| only.mean));
            cells.extend([of(true), of(false)]);
            cells.resize(HEADER.len(), String::new());
        }
    }
    cells
}

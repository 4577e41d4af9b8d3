//! A study in the terminal: which points are the cheapest of those that keep what is promised.

use super::best::Best;
use crate::report::format::figure;
use crate::report::metrics::metric_of;
use crate::report::screen::{cut, right, shortened, table};
use crate::units::{counted, grouped};
use std::fmt::Write;

/// The figures beside a point.
const SHOWN: [(&str, &str); 6] = [
    ("costUsdPerMonth", "cost/month"),
    ("co2eKgPerMonth", "CO2e/mo"),
    ("latencyMsP95", "P95"),
    ("errorRatio", "failed"),
    ("breachRatio", "in breach"),
    ("flappingPerHour", "churn"),
];

/// As text of at most 80 columns, without colours.
pub fn study_table(best: &Best) -> String {
    let head = &best.head;
    let mut text = String::new();
    let points = counted(head.points as usize, "point");
    let replications = counted(head.replications as usize, "replication");
    let _ = writeln!(text, "{}: {points} of {}, {replications} each, seed {}\n", head.scenario, axes(best), head.seed);
    let _ = writeln!(text, "{}", title(best));
    let shown: Vec<&(&str, &str)> = SHOWN
        .iter()
        .filter(|(metric, _)| best.points.iter().any(|point| point.figures.contains_key(*metric)))
        .collect();
    // The settings have what the figures leave.
    let room = 80_usize.saturating_sub(11 * shown.len() + 6);
    let each = room.checked_div(head.axes.len()).unwrap_or(room).saturating_sub(2).max(6);
    let mut header = vec!["point".to_owned()];
    header.extend(head.axes.iter().map(|axis| last(&axis.name, each)));
    header.extend(shown.iter().map(|(_, label)| (*label).to_owned()));
    let mut rows = table(&header.iter().map(String::as_str).collect::<Vec<&str>>());
    for point in &best.points {
        let mut cells = vec![point.point.to_string()];
        cells.extend(point.settings.values().map(|value| cut(value, each)));
        cells.extend(shown.iter().map(|(metric, _)| {
            let value = point.figures.get(*metric).map(|found| found.mean).filter(|mean| mean.is_finite());
            let unit = metric_of(metric).map(|(metric, _)| metric.unit);
            value.zip(unit).map_or("-".to_owned(), |(value, unit)| figure(value, unit))
        }));
        rows.add_row(cells);
    }
    for line in right(rows).iter().flat_map(|rows| rows.trim_fmt().lines().map(str::to_owned).collect::<Vec<_>>()) {
        let _ = writeln!(text, "{}", shortened(&line));
    }
    if !head.caveats.is_empty() {
        let _ = writeln!(text, "\n{} about the scenario, in study.jsonl", counted(head.caveats.len(), "caveat"));
    }
    if best.doubtful > 0 {
        let _ =
            writeln!(text, "\n{} with caveats of their own, in study.jsonl", counted(best.doubtful as usize, "point"));
    }
    text
}

fn title(best: &Best) -> String {
    let keeping = grouped(best.keeping);
    match (best.has_objectives, best.keeping) {
        (false, _) => "The cheapest points (the scenario has no objectives)".to_owned(),
        (true, 0) => "No point keeps the objectives. The cheapest".to_owned(),
        (true, 1) => "One point keeps the objectives".to_owned(),
        (true, count) if count == best.head.points => "Every point keeps the objectives. The cheapest".to_owned(),
        (true, count) if count as usize == best.points.len() => {
            format!("The {keeping} points that keep the objectives")
        }
        (true, _) => format!("The cheapest of the {keeping} points that keep the objectives"),
    }
}

fn axes(best: &Best) -> String {
    best.head.axes.iter().map(|axis| axis.name.as_str()).collect::<Vec<_>>().join(" x ")
}

/// Of a long name the end tells most.
fn last(name: &str, most: usize) -> String {
    let length = name.chars().count();
    if length <= most {
        return name.to_owned();
    }
    format!("…{}", name.chars().skip(length + 1 - most).collect::<String>())
}

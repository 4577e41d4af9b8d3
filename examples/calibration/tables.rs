//! The tables of docs/calibrate.md.

use crate::hidden::Hidden;
use foresail::calibrate::{Calibration, Comparison, Parameter, Quantity, Standing};
use std::collections::BTreeMap;
use std::fmt::Write;

const FIELDS: [&str; 9] = [
    "cpuPerRequest",
    "idleCpu",
    "memory",
    "memoryPerRequest",
    "waitPerRequest",
    "scv",
    "concurrency",
    "warmUp",
    "bootTime",
];

pub(crate) fn tables(all: &[(Hidden, Calibration)]) -> String {
    let mut text = String::from(
        "| parameter | fitted | determined | roughly | interval holds the truth | median error | of those determined |\n|---|---|---|---|---|---|---|\n",
    );
    for field in FIELDS {
        let rows: Vec<(f64, &Parameter)> =
            all.iter().flat_map(|(hidden, found)| truths(hidden, found, field)).collect();
        let _ = writeln!(text, "{}", row(field, &rows));
    }
    text += "\n| held back | pasts | median error of the total | worst | interval holds zero | median error, instant by instant |\n|---|---|---|---|---|---|\n";
    for (quantity, label) in [
        (Quantity::ReadyPods, "replica-hours"),
        (Quantity::Nodes, "node-hours"),
        (Quantity::CostPerDay, "cost of nodes per day"),
        (Quantity::Cpu, "cpu"),
        (Quantity::LatencyP95, "P95"),
    ] {
        let rows: Vec<&Comparison> =
            all.iter().flat_map(|(_, found)| found.comparisons.iter().filter(|one| one.quantity == quantity)).collect();
        let _ = writeln!(text, "{}", held_back(label, &rows));
    }
    text += "\n| question | trust it | with care | do not trust it | not tested |\n|---|---|---|---|---|\n";
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for verdict in all.iter().flat_map(|(_, found)| &found.verdicts) {
        *counts.entry(verdict.question.text()).or_default().entry(verdict.trust.word()).or_default() += 1;
    }
    for (question, count) in counts {
        let cell = |word: &str| count.get(word).copied().unwrap_or(0).to_string();
        let cells = ["trust it", "with care", "do not trust it", "not tested"].map(cell);
        let _ = writeln!(text, "| {question} | {} |", cells.join(" | "));
    }
    text
}

/// One past: what was hidden, what was found.
pub(crate) fn details(hidden: &Hidden, found: &Calibration) -> String {
    let mut text = format!("past {}: lacks {:?}, deploy {:?}\n", hidden.number, hidden.lacks, hidden.deploy);
    for one in &found.parameters {
        let _ = writeln!(
            text,
            "  {:<32} truth {:?}, found {} ({}), {:?}, {}",
            one.field(),
            hidden.truth(&one.path),
            one.shown(),
            one.range(),
            one.value,
            one.standing.word(),
        );
    }
    for one in &found.comparisons {
        let _ = writeln!(
            text,
            "  {:?} {}: {:?}, {:+.3} {:?}, {:.3}",
            one.quantity, one.name, one.means, one.bias, one.bias_interval, one.wape
        );
    }
    text.extend(found.issues.iter().map(|issue| format!("  {issue}\n")));
    text
}

fn truths<'a>(hidden: &Hidden, found: &'a Calibration, field: &str) -> Vec<(f64, &'a Parameter)> {
    let known =
        found.parameters.iter().filter(|one| one.path.last().is_some_and(|last| last == field) && one.value.is_some());
    known.filter_map(|one| Some((hidden.truth(&one.path)?, one))).collect()
}

fn row(field: &str, rows: &[(f64, &Parameter)]) -> String {
    let of = |standing: Standing| rows.iter().filter(|(_, one)| one.standing == standing).count();
    let held = rows.iter().filter(|(truth, one)| one.interval[0] <= *truth && *truth <= one.interval[1]).count();
    let error = |(truth, one): &(f64, &Parameter)| {
        let value = one.value?;
        if value == *truth {
            Some(0.0)
        } else {
            (truth.is_finite() && value.is_finite()).then(|| (value / truth - 1.0).abs())
        }
    };
    let sure: Vec<f64> =
        rows.iter().filter(|(_, one)| one.standing == Standing::Determined).filter_map(error).collect();
    format!(
        "| `{field}` | {} | {} | {} | {held} of {} | {} | {} |",
        rows.len(),
        of(Standing::Determined),
        of(Standing::Roughly),
        rows.len(),
        percent(median(rows.iter().filter_map(error).collect())),
        percent(median(sure)),
    )
}

fn held_back(label: &str, rows: &[&Comparison]) -> String {
    let totals: Vec<f64> = rows.iter().map(|one| one.bias.abs()).collect();
    let worst = totals.iter().copied().fold(0.0, f64::max);
    let held = rows.iter().filter(|one| one.bias_interval[0] <= 0.0 && 0.0 <= one.bias_interval[1]).count();
    format!(
        "| {label} | {} | {} | {} | {held} of {} | {} |",
        rows.len(),
        percent(median(totals)),
        percent(Some(worst)),
        rows.len(),
        percent(median(rows.iter().map(|one| one.wape).collect())),
    )
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}

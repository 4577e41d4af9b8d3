//! The terminal summary: what fits a screen of 80 columns and 24 lines, the verdict last.

use super::Report;
use super::details::details;
use super::format::{duration, exact, figure, half_width, parts_in_cents};
use super::model::Headline;
use super::screen::{shortened, wrapped};
use super::verdict::{changes, extent, is_met, verdict};
use crate::units::counted;
use std::fmt::Write;
use std::path::Path;

/// The figures of the summary, in order; others are in the tables.
const FIGURES: [&str; 6] =
    ["costUsdPerMonth", "latencyMsP95", "errorRatio", "longestPendingSeconds", "unplacedPods", "spotLosses"];

/// What is printed beside the figures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Printed<'a> {
    /// The page that was written.
    pub page: Option<&'a Path>,
    /// The tables come first.
    pub details: bool,
}

/// The summary as text, without colours: at most 80 columns wide, and 24 lines long without the tables.
pub fn summary(report: &Report, printed: Printed<'_>) -> String {
    let mut text = String::new();
    head(report, &mut text);
    if printed.details {
        text += &details(report);
        text.push('\n');
    }
    figures(report, &mut text);
    bottleneck(report, &mut text);
    commitment_advice(report, &mut text);
    text.push('\n');
    if !printed.details {
        caveats(report, &mut text);
    }
    where_next(report, printed, &mut text);
    wrapped(&mut text, "", &verdict(report));
    text
}

fn head(report: &Report, text: &mut String) {
    let (scenario, run) = (&report.scenario, &report.run);
    let description =
        if scenario.description.is_empty() { String::new() } else { format!(": {}", scenario.description) };
    let _ = writeln!(text, "{}", shortened(&format!("{}{description}", scenario.name)));
    let replications = counted(run.replications as usize, "replication");
    let span = duration(scenario.duration_seconds);
    let _ = writeln!(text, "{}, {span}, {replications}, seed {}\n", scenario.region, run.seed);
}

/// A line each: the mean, half of its 95 % interval, and what was promised.
fn figures(report: &Report, text: &mut String) {
    let shown = FIGURES.iter().filter_map(|metric| report.headline(metric));
    let shown = shown.filter(|row| row.objective.is_some() || row.metric == FIGURES[0] || row.value.p95 != 0.0);
    for headline in shown {
        let mean = exact(headline.value.mean, headline.unit);
        let half = half_width(&headline.value, headline.unit);
        let line = format!(" {:<26}{mean:>10}  {half:<11}{}", headline.label, promise(report, headline));
        let _ = writeln!(text, "{}", line.trim_end());
        if headline.metric == FIGURES[0] {
            cost(report, headline.value.mean, text);
        }
    }
}

fn promise(report: &Report, headline: &Headline) -> String {
    headline.objective.map_or(String::new(), |target| {
        let verdict = if is_met(report, headline, target) { "met" } else { "MISSED" };
        format!("objective {}: {verdict}", figure(target, headline.unit))
    })
}

/// What the cost is made of; as shown, the parts add up to the sum as shown.
fn cost(report: &Report, total: f64, text: &mut String) {
    let amounts: Vec<f64> = report.charges.iter().map(|charge| charge.cost_usd_per_month.mean).collect();
    let shown = parts_in_cents(total, &amounts);
    let named = report.charges.iter().zip(shown).map(|(charge, amount)| format!("{} {amount}", charge.name));
    wrapped(text, "   ", &named.collect::<Vec<_>>().join(" + "));
}

/// What held most of the failed requests back.
fn bottleneck(report: &Report, text: &mut String) {
    let mut row = |label: &str, words: &str| *text += &(shortened(&format!(" {label:<26}{words}")) + "\n");
    let Some(worst) = report.bottlenecks.first() else { return row("Bottleneck", "none") };
    row("Bottleneck", &worst.named());
    if let Some(extent) = extent(worst) {
        row("", &extent);
    }
}

/// The commitment that saves most, where somebody asked.
fn commitment_advice(report: &Report, text: &mut String) {
    let Some(best) = report.commitment_advice.first() else { return };
    let saving = figure(best.saving_usd_per_month.mean, super::Unit::UsdPerMonth);
    let _ = writeln!(
        text,
        "{}",
        shortened(&format!(" {:<26}{saving:>10}  {} {}", "A commitment would save", best.kind, best.term))
    );
    let surely = format!(
        "{} of the runs, P5 {}",
        figure(best.saves, super::Unit::Ratio),
        figure(best.saving_usd_per_month.p5, super::Unit::UsdPerMonth)
    );
    let _ = writeln!(text, "{}", shortened(&format!(" {:<26}{} in {surely}", "", best.amount)));
}

fn caveats(report: &Report, text: &mut String) {
    let (count, notes) = (report.caveats.len(), report.notes.len());
    if count + notes == 0 {
        return;
    }
    let change = if count == 1 { "changes a number" } else { "change a number" };
    let notes = if notes == 0 { String::new() } else { format!(", {} none", counted(notes, "note")) };
    let _ = writeln!(text, "{} {change}{notes}", counted(count, "caveat"));
    report.caveats.iter().take(1).for_each(|first| *text += &(shortened(&format!("  {first}")) + "\n"));
    text.push('\n');
}

fn where_next(report: &Report, printed: Printed<'_>, text: &mut String) {
    let mut row = |what: &str, line: String| *text += &format!("{what:<9}{line}\n");
    if let Some(page) = printed.page {
        row("Report", page.display().to_string());
        if changes(report) {
            let patch = page.with_file_name("recommended-hpas.yaml");
            row("Apply", format!("kubectl apply -f {}", patch.display()));
        }
    }
    if !printed.details {
        row("Next", "--details for tables and all caveats; foresail why --at TIME for causes".to_owned());
    }
    text.push('\n');
}

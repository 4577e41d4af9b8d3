//! The terminal summary: the answer first, then why.

use super::format::{figure, interval, usd};
use super::model::{Recommendation, Verdict};
use super::{Estimate, Report, Unit};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::fmt::Write;

/// The summary as text, without colours.
pub fn summary(report: &Report) -> String {
    let mut text = String::new();
    let days = report.scenario.duration_seconds / 86_400.0;
    let _ = writeln!(
        text,
        "{}: {} ({}, {days:.1} days, {} replications, seed {})\n",
        report.scenario.name,
        report.scenario.description,
        report.scenario.region,
        report.run.replications,
        report.run.seed
    );
    for caveat in &report.caveats {
        let _ = writeln!(text, "caveat: {caveat}");
    }
    if !report.caveats.is_empty() {
        text.push('\n');
    }
    answer(report, &mut text);
    recommendation(report, &mut text);
    section(&mut text, "Cost", costs(report));
    section(&mut text, "Node groups", groups(report));
    section(&mut text, "HPAs", hpas(report));
    section(&mut text, "Routes, end to end (percentiles of each run, mean over runs)", routes(report));
    section(&mut text, "Services (percentiles of each run, mean over runs)", services(report));
    text
}

fn answer(report: &Report, text: &mut String) {
    for headline in &report.headlines {
        let range = interval(&headline.value, headline.unit);
        let range = if range.is_empty() { String::new() } else { format!("  [{range}]") };
        let target = headline.objective.map_or(String::new(), |target| {
            let verdict = if headline.value.mean <= target { "met" } else { "MISSED" };
            format!("  objective {} {verdict}", figure(target, headline.unit))
        });
        let value = figure(headline.value.mean, headline.unit);
        let _ = writeln!(text, "  {:<30} {value:>10}{range}{target}", headline.label);
    }
    for objective in &report.objectives {
        let _ = writeln!(
            text,
            "  {} at most {}: kept in {:.0} % of the replications",
            objective.label,
            figure(objective.target, objective.unit),
            objective.met_ratio * 100.0
        );
    }
}

fn recommendation(report: &Report, text: &mut String) {
    let Some(found) = &report.recommendation else { return };
    let _ = writeln!(text, "\nRecommended min and max: {}", overall(found));
    let _ = writeln!(text, "{}", basis(found));
    let changed = found.bounds.iter().filter(|row| (row.min, row.max) != (row.current_min, row.current_max));
    let mut table = table(&["", "now", "set", "why"]);
    for row in changed {
        table.add_row([
            format!("  {}", row.target),
            format!("{}..{}", row.current_min, row.current_max),
            format!("{}..{}", row.min, row.max),
            row.reason.clone(),
        ]);
    }
    if table.row_count() > 0 {
        let _ = writeln!(text, "{table}");
    }
}

/// What all recommendations together save or cost.
pub(super) fn overall(found: &Recommendation) -> String {
    let range = interval(&found.difference_usd_per_month, Unit::Usd);
    let range = if range.is_empty() { String::new() } else { format!(" (95 % interval of the difference {range})") };
    let amount = usd(found.difference_usd_per_month.mean.abs());
    match found.verdict {
        Verdict::Save => format!("saves {amount} per month{range}"),
        Verdict::Spend => format!("keeps the objectives, for {amount} more per month{range}"),
        Verdict::Keep => "nothing cheaper keeps the objectives beyond doubt; tighter maximums cost nothing".to_owned(),
        Verdict::NotFound => "no setting that was tried keeps the objectives".to_owned(),
    }
}

/// What the recommendation rests on.
pub(super) fn basis(found: &Recommendation) -> String {
    format!(
        "  objectives kept in {:.0} % of {} fresh replications as it is, {:.0} % as recommended; {} settings simulated",
        found.current_met_ratio * 100.0,
        found.replications,
        found.recommended_met_ratio * 100.0,
        found.settings_tried
    )
}

fn section(text: &mut String, title: &str, table: Option<Table>) {
    if let Some(table) = table {
        let _ = writeln!(text, "\n{title}\n{table}");
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().copied());
    table
}

/// All columns after the first are figures.
fn right(mut table: Table) -> Option<Table> {
    for at in 1..table.column_count() {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    (table.row_count() > 0).then_some(table)
}

fn with_interval(estimate: &Estimate, unit: Unit) -> [String; 2] {
    [figure(estimate.mean, unit), interval(estimate, unit)]
}

fn costs(report: &Report) -> Option<Table> {
    let mut table = table(&["per month", "", "95 % interval"]);
    for charge in &report.charges {
        let [mean, range] = with_interval(&charge.cost_usd_per_month, Unit::UsdPerMonth);
        table.add_row([charge.name.clone(), mean, range]);
    }
    right(table)
}

fn groups(report: &Report) -> Option<Table> {
    let mut table = table(&["", "types", "capacity", "size", "mean", "peak", "per month", "idle", "notices"]);
    for group in &report.groups {
        table.add_row([
            group.name.clone(),
            group.instance_types.join("/"),
            group.capacity_type.clone(),
            format!("{}..{}", group.min_size, group.max_size),
            figure(group.nodes_mean.mean, Unit::Count),
            figure(group.nodes_peak.mean, Unit::Count),
            figure(group.cost_usd_per_month.mean, Unit::UsdPerMonth),
            figure(group.idle_ratio.mean, Unit::Ratio),
            figure(group.interruptions.mean, Unit::Count),
        ]);
    }
    right(table)
}

fn hpas(report: &Report) -> Option<Table> {
    let mut table = table(&["", "bounds", "mean", "peak", "at max", "rescales", "flips/h"]);
    for hpa in &report.autoscalers {
        table.add_row([
            format!("{}/{}", hpa.namespace, hpa.name),
            format!("{}..{}", hpa.min_replicas, hpa.max_replicas),
            figure(hpa.replicas_mean.mean, Unit::Count),
            figure(hpa.replicas_peak.mean, Unit::Count),
            figure(hpa.at_max_ratio.mean, Unit::Ratio),
            figure(hpa.scale_events.mean, Unit::Count),
            figure(hpa.flapping_per_hour.mean, Unit::Count),
        ]);
    }
    right(table)
}

fn routes(report: &Report) -> Option<Table> {
    let mut table = table(&["", "requests/s", "P50", "P95", "P99", "pooled P99", "errors", "apdex"]);
    for route in &report.routes {
        table.add_row([
            route.name.clone(),
            figure(route.requests_per_second.mean, Unit::Count),
            figure(route.latency_ms_p50.mean, Unit::Milliseconds),
            figure(route.latency_ms_p95.mean, Unit::Milliseconds),
            figure(route.latency_ms_p99.mean, Unit::Milliseconds),
            figure(route.pooled_ms_p99, Unit::Milliseconds),
            figure(route.error_ratio.mean, Unit::Ratio),
            format!("{:.3}", route.apdex.mean),
        ]);
    }
    right(table)
}

fn services(report: &Report) -> Option<Table> {
    let mut table = table(&["", "requests/s", "P50", "P95", "P99", "errors"]);
    for service in &report.services {
        table.add_row([
            service.name.clone(),
            figure(service.requests_per_second.mean, Unit::Count),
            figure(service.latency_ms_p50.mean, Unit::Milliseconds),
            figure(service.latency_ms_p95.mean, Unit::Milliseconds),
            figure(service.latency_ms_p99.mean, Unit::Milliseconds),
            figure(service.error_ratio.mean, Unit::Ratio),
        ]);
    }
    right(table)
}

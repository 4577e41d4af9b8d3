//! The terminal summary: what fits a screen of 80 columns and 24 lines, the verdict last.

use super::beginning::beginning;
use super::details::details;
use super::format::{duration, exact, figure, half_width, parts_in_cents};
use super::model::Headline;
use super::owner_words::is_likely_exceeded;
use super::screen::{WIDTH, cut, shortened, wrapped};
use super::verdict::{changes, extent, is_met, verdict};
use super::{BudgetResult, MonthResult, Report};
use crate::units::counted;
use std::fmt::Write;
use std::path::Path;

/// The figures of the summary, in order; others are in the tables.
const FIGURES: [&str; 7] = [
    "costUsdPerMonth",
    "co2eKgPerMonth",
    "latencyMsP95",
    "errorRatio",
    "longestPendingSeconds",
    "unplacedPods",
    "spotLosses",
];

/// Kinds of charges where there is little room.
const MOST_KINDS: usize = 4;

/// What is printed beside the figures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Printed<'a> {
    /// The page that was written.
    pub page: Option<&'a Path>,
    /// The tables come first.
    pub details: bool,
}

/// Lines of a terminal, but for the prompt.
const LINES: usize = 23;

/// What there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// All there is to say.
    Roomy,
    /// All but what the cost is over.
    Wide,
    /// A line of each, and of what it costs the dearest kinds.
    Tight,
}

/// The summary as text, without colours: at most 80 columns wide, and without the tables no longer than a terminal of 24 lines.
pub fn summary(report: &Report, printed: Printed<'_>) -> String {
    let fits = |text: &String| printed.details || text.lines().count() <= LINES;
    let widely = [Room::Roomy, Room::Wide].into_iter().map(|room| told(report, printed, room)).find(fits);
    widely.unwrap_or_else(|| told(report, printed, Room::Tight))
}

fn told(report: &Report, printed: Printed<'_>, room: Room) -> String {
    let mut text = String::new();
    head(report, &mut text);
    if printed.details {
        text += &details(report);
        text.push('\n');
    }
    figures(report, room, &mut text);
    budget(report, &mut text);
    forecast(report, &mut text);
    bottleneck(report, room, &mut text);
    commitment_advice(report, room, &mut text);
    text.push('\n');
    if !printed.details {
        caveats(report, room, &mut text);
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
    let how = format!("{}, {span}, {replications}, seed {}", scenario.region, run.seed);
    wrapped(text, "", &format!("{how}; {}", beginning(run.warm_up_seconds)));
    text.push('\n');
}

/// A line each: the mean, half of its 95 % interval, and what was promised.
fn figures(report: &Report, room: Room, text: &mut String) {
    let shown = FIGURES.iter().filter_map(|metric| report.headline(metric));
    let shown = shown.filter(|row| row.objective.is_some() || row.metric == FIGURES[0] || row.value.p95 != 0.0);
    for headline in shown {
        let mean = exact(headline.value.mean, headline.unit);
        let half = half_width(&headline.value, headline.unit);
        let line = format!(" {:<26}{mean:>10}  {half:<11}", headline.label);
        let aside = match &headline.month {
            Some(month) => single_months(month, WIDTH.saturating_sub(line.chars().count())),
            None => promise(report, headline),
        };
        let _ = writeln!(text, "{}", (line + &aside).trim_end());
        if let Some(month) = headline.month.as_ref().filter(|_| room == Room::Roomy) {
            wrapped(text, "   ", format!("{}. {}", month.over, month.left_out).trim_end());
        }
        if headline.metric == FIGURES[0] {
            cost(report, headline.value.mean, room, text);
        }
    }
}

/// Where nine of ten single months lie, in as many columns as there are.
fn single_months(month: &MonthResult, columns: usize) -> String {
    let Some((low, high)) = month.p5.zip(month.p95).filter(|(low, high)| low != high) else { return String::new() };
    let [low, high] = [low, high].map(|usd| figure(usd, super::Unit::Usd));
    let texts = ["single months", "months"].map(|what| format!("{what} {low} – {high}"));
    texts.into_iter().find(|text| text.chars().count() <= columns).unwrap_or_default()
}

fn promise(report: &Report, headline: &Headline) -> String {
    headline.objective.map_or(String::new(), |target| {
        let verdict = if is_met(report, headline, target) { "met" } else { "MISSED" };
        format!("objective {}: {verdict}", figure(target, headline.unit))
    })
}

/// What the cost is made of; as shown, the parts add up to the sum as shown.
fn cost(report: &Report, total: f64, room: Room, text: &mut String) {
    let mut parts: Vec<(&str, f64)> =
        report.charges.iter().map(|charge| (charge.name.as_str(), charge.cost_usd_per_month.mean)).collect();
    if room == Room::Tight && parts.len() > MOST_KINDS {
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        let others = parts.split_off(MOST_KINDS - 1);
        parts.push(("other", others.iter().map(|(_, usd)| usd).sum()));
    }
    let amounts: Vec<f64> = parts.iter().map(|(_, usd)| *usd).collect();
    let shown = parts_in_cents(total, &amounts, |_| false);
    let named = parts.iter().zip(shown).map(|((name, _), amount)| format!("{name} {amount}"));
    wrapped(text, "   ", &named.collect::<Vec<_>>().join(" + "));
}

/// The budget that is exceeded by most, where one probably is.
fn budget(report: &Report, text: &mut String) {
    let over = |budget: &BudgetResult| budget.expected_usd.mean / budget.budget_usd;
    let likely = report.budgets.iter().filter(|budget| is_likely_exceeded(budget));
    let Some(worst) = likely.clone().max_by(|a, b| over(a).total_cmp(&over(b))) else { return };
    let [expected, limit] = [worst.expected_usd.mean, worst.budget_usd].map(|usd| figure(usd, super::Unit::Usd));
    let more = likely.count() - 1;
    let more = if more == 0 { String::new() } else { format!(" +{more}") };
    let label = cut(&format!("Budget {}", worst.owner), 25 - more.len()) + &more;
    let day = worst.exceeded_on.as_ref().map_or(String::new(), |day| format!(" on {day}"));
    let share = figure(worst.exceeds_ratio.mean, super::Unit::Ratio);
    let line = format!(" {label:<26}{expected:>10}  of {limit}: EXCEEDED{day} ({share})");
    *text += &(shortened(&line) + "\n");
}

/// The year to come, where it was asked for.
fn forecast(report: &Report, text: &mut String) {
    let Some(forecast) = &report.forecast else { return };
    let usd = figure(forecast.cost_usd.mean, super::Unit::Usd);
    let line = format!(" {:<26}{usd:>10}  {}", "Forecast, 12 months", super::forecast_words::in_short(forecast));
    *text += &(shortened(line.trim_end()) + "\n");
}

/// What held most of the failed requests back.
fn bottleneck(report: &Report, room: Room, text: &mut String) {
    let mut row = |label: &str, words: &str| *text += &(shortened(&format!(" {label:<26}{words}")) + "\n");
    let Some(worst) = report.bottlenecks.first() else { return row("Bottleneck", "none") };
    row("Bottleneck", &worst.named());
    if let Some(extent) = extent(worst).filter(|_| room != Room::Tight) {
        row("", &extent);
    }
}

/// The commitment that saves most, where somebody asked.
fn commitment_advice(report: &Report, room: Room, text: &mut String) {
    let Some(best) = report.commitment_advice.first() else { return };
    let saving = figure(best.saving_usd_per_month.mean, super::Unit::UsdPerMonth);
    let _ = writeln!(
        text,
        "{}",
        shortened(&format!(
            " {:<26}{saving:>10}  {} {} {}",
            "A commitment would save", best.kind, best.term, best.payment
        ))
    );
    if room == Room::Tight {
        return;
    }
    let surely = format!(
        "{} of the runs, P5 {}",
        figure(best.saves, super::Unit::Ratio),
        figure(best.saving_usd_per_month.p5, super::Unit::UsdPerMonth)
    );
    let _ = writeln!(text, "{}", shortened(&format!(" {:<26}{} in {surely}", "", best.amount)));
}

/// How many there are, and the first where there is room for it.
fn caveats(report: &Report, room: Room, text: &mut String) {
    let (count, notes) = (report.caveats.len(), report.notes.len());
    if count + notes == 0 {
        return;
    }
    let change = if count == 1 { "changes a number" } else { "change a number" };
    let notes = if notes == 0 { String::new() } else { format!(", {} none", counted(notes, "note")) };
    let _ = writeln!(text, "{} {change}{notes}", counted(count, "caveat"));
    report
        .caveats
        .iter()
        .take(usize::from(room != Room::Tight))
        .for_each(|first| *text += &(shortened(&format!("  {first}")) + "\n"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ChargeResult, Estimate, fixture};

    #[test]
    fn a_budget_that_breaks_takes_a_line_and_no_more() {
        let lines =
            |report: &Report| summary(report, Printed::default()).lines().map(str::to_owned).collect::<Vec<_>>();
        let mut report = fixture::with_owners();
        for at in 0..20 {
            let name = format!("another kind of charge {at}");
            report.charges.push(ChargeResult { name, cost_usd_per_month: Estimate::exact(12.5) });
        }
        let told = lines(&report);
        assert!(told.iter().any(|line| line.contains("other $283.91")), "{told:#?}");
        let line = " Budget cluster                $1,412  of $1,200: EXCEEDED on 2026-12-27 (100%)";
        assert!(told.iter().any(|text| text == line), "{told:#?}");
        assert!(told.len() <= LINES && told.iter().all(|text| text.chars().count() <= 80), "{told:#?}");
        report.budgets.remove(0);
        report.charges.truncate(2);
        let calm = lines(&report);
        assert!(!calm.iter().any(|text| text.contains("Budget")), "{calm:#?}");
        assert!(calm.len() <= LINES && calm.iter().any(|text| text.starts_with("  4 Secrets")), "{calm:#?}");
    }
}

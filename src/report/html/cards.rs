//! The top of the page: one sentence, and the four figures that finance looks for.

use crate::report::format::{cents, exact, figure, fine, fine_interval, interval};
use crate::report::model::Verdict;
use crate::report::owner_words::is_likely_exceeded;
use crate::report::verdict::is_met;
use crate::report::{BudgetResult, Estimate, MonthResult, Report, Unit};
use crate::units::{HOURS_PER_MONTH, counted, finite};
use serde::Serialize;

/// A figure with what it is to be held against.
#[derive(Debug, Serialize)]
pub(super) struct Card {
    label: String,
    value: String,
    tone: &'static str,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    text: String,
    tone: &'static str,
}

fn plain(text: impl Into<String>) -> Line {
    Line { text: text.into(), tone: "soft" }
}

/// What it costs, whether it keeps what is promised, and what another setting saves; one sentence.
pub(super) fn sentence(report: &Report) -> String {
    let cost = report.headline("costUsdPerMonth").map(|row| format!("costs {} a month", cents(row.value.mean)));
    let missed = report.objectives.iter().filter(|row| row.met_ratio < 1.0);
    let missed: Vec<String> =
        missed.map(|row| format!("{} in {:.0}\u{a0}%", row.label, finite((row.met_ratio * 100.0).floor()))).collect();
    let kept = match (report.objectives.is_empty(), missed.is_empty()) {
        (true, _) => "has no objective".to_owned(),
        (false, true) => "keeps every objective".to_owned(),
        (false, false) => format!("keeps {} of the runs only", missed.join(" and ")),
    };
    let saving = report.recommendation.as_ref().map(|found| {
        let amount = cents(found.difference_usd_per_month.mean.abs());
        match found.verdict {
            Verdict::Save => format!("other settings save {amount} a month"),
            Verdict::Spend => format!("other settings keep them for {amount} more"),
            Verdict::Keep => "no cheaper setting keeps them beyond doubt".to_owned(),
            Verdict::NotFound => "no setting that was tried keeps them".to_owned(),
        }
    });
    let parts: Vec<String> = cost.into_iter().chain([kept]).chain(saving).collect();
    match parts.split_last() {
        Some((last, [])) => format!("{} {last}.", report.scenario.name),
        Some((last, before)) => format!("{} {}, and {last}.", report.scenario.name, before.join(", ")),
        None => String::new(),
    }
}

/// Cost per month, unit cost, service levels, saving.
pub(super) fn cards(report: &Report) -> Vec<Card> {
    [cost(report), Some(unit_cost(report)), Some(levels(report)), Some(saving(report))].into_iter().flatten().collect()
}

fn cost(report: &Report) -> Option<Card> {
    let headline = report.headline("costUsdPerMonth")?;
    let value = &headline.value;
    let range = certainty(value, Unit::UsdPerMonth);
    let mut lines = vec![plain(if range.is_empty() { range } else { format!("the mean, {range}") })];
    match &headline.month {
        Some(month) => lines.extend(single_months(month)),
        None => lines.push(plain(spread(value, Unit::UsdPerMonth))),
    }
    match report.budgets.iter().find(|budget| budget.owner == "cluster") {
        Some(budget) => lines.extend(against(budget)),
        None => lines.push(plain("no budget is set")),
    }
    Some(Card { label: "cost per month".to_owned(), value: cents(value.mean), tone: "", lines: told(lines) })
}

/// Where single months lie, and what all of it is over.
fn single_months(month: &MonthResult) -> Vec<Line> {
    let range = month.p5.zip(month.p95).filter(|(low, high)| low != high);
    let range = range.map_or(String::new(), |(low, high)| {
        format!("9 of 10 single months: {} – {}", exact(low, Unit::UsdPerMonth), exact(high, Unit::UsdPerMonth))
    });
    [range, month.over.clone(), month.left_out.replace('`', "")].map(plain).into()
}

/// Where the mean lies.
fn certainty(value: &Estimate, unit: Unit) -> String {
    let range = interval(value, unit);
    if range.is_empty() { range } else { format!("95 %: {range}") }
}

/// Where single runs lie.
fn spread(value: &Estimate, unit: Unit) -> String {
    if value.p5 == value.p95 {
        return String::new();
    }
    format!("9 of 10 runs: {} – {}", exact(value.p5, unit), exact(value.p95, unit))
}

fn told(lines: Vec<Line>) -> Vec<Line> {
    lines.into_iter().filter(|line| !line.text.is_empty()).collect()
}

/// A month against its budget: how much, how surely, and from when on.
fn against(budget: &BudgetResult) -> Vec<Line> {
    let tone = if is_likely_exceeded(budget) { "bad" } else { "good" };
    let (chance, range) = (&budget.exceeds_ratio, interval(&budget.exceeds_ratio, Unit::Ratio));
    let range = if range.is_empty() { range } else { format!(" (95 %: {range})") };
    let share = figure(chance.mean, Unit::Ratio);
    let amounts =
        [budget.budget_usd, budget.expected_usd.mean, budget.expected_usd.p5, budget.expected_usd.p95].map(cents);
    let [limit, expected, low, high] = amounts;
    let spread = if low == high { String::new() } else { format!(", in 9 of 10 runs {low} – {high}") };
    let day = budget.exceeded_on.as_ref().map_or(String::new(), |day| format!("budget reached on {day}"));
    let text = |text: String| Line { text, tone };
    told(vec![
        plain(format!("budget of {}: {limit}", budget.month)),
        text(format!("expected {expected}{spread}")),
        text(format!("exceeded in {share} of the runs{range}")),
        text(day),
    ])
}

/// What a million requests from outside cost, and a thousand that were answered in time.
fn unit_cost(report: &Report) -> Card {
    let label = "per million requests".to_owned();
    let per_second: f64 = report.routes.iter().map(|route| route.requests_per_second.mean).sum();
    let millions = per_second * 3600.0 * HOURS_PER_MONTH as f64 / 1e6;
    let requests = plain(format!("{} million requests a month", figure(millions, Unit::Count)));
    let Some(all) = report.unit_costs.iter().find(|row| row.of == "all") else {
        let lines = vec![if millions > 0.0 { requests } else { plain("no requests from outside") }];
        return Card { label, value: "none".to_owned(), tone: "", lines };
    };
    let certain = |usd: &Estimate| Some(fine_interval(usd)).filter(|range| !range.is_empty());
    let mut lines: Vec<Line> =
        certain(&all.usd_per_million_requests).map(|range| plain(format!("95 %: {range}"))).into_iter().collect();
    if let Some(usd) = &all.usd_per_thousand_within_objective {
        let range = certain(usd).map_or(String::new(), |range| format!(" (95 %: {range})"));
        lines.push(plain(format!("{} per thousand within the objective{range}", fine(usd.mean))));
    }
    lines.push(requests);
    Card { label, value: fine(all.usd_per_million_requests.mean), tone: "", lines }
}

/// How many objectives are kept, and each with its figure.
fn levels(report: &Report) -> Card {
    let kept = report.objectives.iter().filter(|row| row.met_ratio >= 1.0).count();
    let all = report.objectives.len();
    let line = |row: &crate::report::Objective| {
        let headline = report.headlines.iter().find(|headline| headline.metric == row.metric);
        let value = headline.map_or(String::new(), |row| format!(" {}", figure(row.value.mean, row.unit)));
        let text = format!(
            "{}{value}, objective {}: kept in {:.0} % of the runs",
            row.label,
            figure(row.target, row.unit),
            finite((row.met_ratio * 100.0).floor())
        );
        let is_bad = row.met_ratio < 1.0 || headline.is_some_and(|headline| !is_met(report, headline, row.target));
        Line { text, tone: if is_bad { "bad" } else { "good" } }
    };
    let (value, tone) = match all {
        0 => ("none set".to_owned(), ""),
        _ => (format!("{kept} of {all} kept"), if kept == all { "good" } else { "bad" }),
    };
    Card { label: "service levels".to_owned(), value, tone, lines: report.objectives.iter().map(line).collect() }
}

/// What other settings save.
fn saving(report: &Report) -> Card {
    let label = "saving by other settings".to_owned();
    let Some(found) = &report.recommendation else {
        let lines = vec![plain("not searched for")];
        return Card { label, value: "unknown".to_owned(), tone: "", lines };
    };
    let saved = found.difference_usd_per_month.scaled(-1.0);
    let tried = plain(format!("{} simulated", counted(found.settings_tried as usize, "setting")));
    let (value, tone, text) = match found.verdict {
        Verdict::Save => (format!("{} a month", cents(saved.mean)), "good", certainty(&saved, Unit::UsdPerMonth)),
        Verdict::Spend => ("none".to_owned(), "", format!("{} more a month keep the objectives", cents(-saved.mean))),
        Verdict::Keep => ("none".to_owned(), "", "nothing cheaper keeps the objectives beyond doubt".to_owned()),
        Verdict::NotFound => ("none".to_owned(), "bad", "no setting that was tried keeps the objectives".to_owned()),
    };
    Card { label, value, tone, lines: told(vec![plain(text), tried]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_verdict_is_one_sentence() {
        let mut report = fixture::report();
        let text = sentence(&report);
        assert!(
            text.starts_with("ecommerce costs $1,3")
                && text.contains(", keeps latency P95 in 95\u{a0}% of the runs only, "),
            "{text}"
        );
        assert!(text.contains(", and other settings save $2") && text.matches(". ").count() == 0, "{text}");
        report.recommendation = None;
        report.objectives.clear();
        assert!(sentence(&report).ends_with(" a month, and has no objective."), "{}", sentence(&report));
    }

    #[test]
    fn there_are_four_cards() {
        let report = fixture::report();
        let labels: Vec<String> = cards(&report).into_iter().map(|card| card.label).collect();
        assert_eq!(labels, ["cost per month", "per million requests", "service levels", "saving by other settings"]);
        assert_eq!(levels(&report).value, "1 of 2 kept");
    }

    #[test]
    fn the_cost_is_held_against_the_budget() {
        let texts = |report: &Report| -> Vec<String> {
            cost(report).unwrap().lines.into_iter().map(|line| format!("{} [{}]", line.text, line.tone)).collect()
        };
        let mut report = fixture::with_owners();
        let told = texts(&report);
        assert!(told.contains(&"budget of 2026-12: $1,200.00 [soft]".to_owned()), "{told:?}");
        assert!(
            told.contains(&"expected $1,412.00, in 9 of 10 runs $1,390.00 – $1,440.00 [bad]".to_owned()),
            "{told:?}"
        );
        assert!(told.iter().any(|text| text.starts_with("exceeded in 100% of the runs (95 %: ")), "{told:?}");
        assert!(told.contains(&"budget reached on 2026-12-27 [bad]".to_owned()), "{told:?}");
        report.budgets.clear();
        assert!(texts(&report).contains(&"no budget is set [soft]".to_owned()));
        let card = unit_cost(&report);
        assert_eq!(
            (card.value.as_str(), card.lines[0].text.as_str()),
            ("$2.50", "$0.00312 per thousand within the objective")
        );
    }
}

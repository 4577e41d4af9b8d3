//! The answer in words: whether the objectives are kept, and what another setting saves or costs.

use super::advice::words;
use super::format::{cents, figure, half_width};
use super::model::{Bottleneck, BottleneckKind, Headline, Recommendation, Verdict};
use super::{Estimate, Objective, Report, Unit};
use crate::units::{counted, finite};

/// Fewer failed requests than this share are not worth a sentence.
const LEAST_WORTH_TELLING: f64 = 0.000_5;

/// Whether a figure is within what was promised, and was in every replication that counts: where most requests fail, the
/// latency of the others is no success.
pub(super) fn is_met(report: &Report, headline: &Headline, target: f64) -> bool {
    let is_same = |row: &&Objective| match row.metric.is_empty() {
        true => row.unit == headline.unit && row.target == target,
        false => row.metric == headline.metric,
    };
    let mut promises = report.objectives.iter().filter(is_same);
    headline.value.mean <= target && promises.all(|row| row.met_ratio > 0.0)
}

/// Whether there is another setting to take.
pub(super) fn changes(report: &Report) -> bool {
    report.recommendation.as_ref().is_some_and(|found| {
        if let Some(answer) = &found.answer {
            return words::changes_hpas(answer);
        }
        found.verdict != Verdict::NotFound
            && found.bounds.iter().any(|row| (row.min, row.max) != (row.current_min, row.current_max))
    })
}

/// The answer, in a sentence or two.
pub(super) fn verdict(report: &Report) -> String {
    let missed: Vec<String> = report.objectives.iter().filter(|row| row.met_ratio < 1.0).map(missed).collect();
    let kept = match (report.objectives.is_empty(), missed.is_empty()) {
        (true, _) => "No objective is set.".to_owned(),
        (false, true) => "Every objective is kept in every replication.".to_owned(),
        (false, false) => format!("{}.", missed.join("; ")),
    };
    let kept = format!("{kept}{}", unpromised_errors(report));
    let recommended = report.recommendation.as_ref();
    match (recommended, recommended.and_then(|found| found.answer.as_ref())) {
        (Some(found), Some(answer)) => {
            let worst = report.bottlenecks.first().filter(|_| found.verdict == Verdict::NotFound);
            let worst = worst.map_or(String::new(), |worst| format!(" The bottleneck is {}.", worst.named()));
            format!("{kept} Recommended: {} {}{worst}", words::verdict(answer), words::next(answer))
        }
        (Some(found), None) => format!("{kept} Recommended min and max: {}.", overall(report, found)),
        (None, _) => kept,
    }
}

/// Requests that fail where no objective says how many may: a latency is that of the others.
fn unpromised_errors(report: &Report) -> String {
    let failed =
        report.headline("errorRatio").filter(|row| row.objective.is_none() && row.value.mean >= LEAST_WORTH_TELLING);
    failed.map_or(String::new(), |row| {
        let share = figure(row.value.mean, Unit::Ratio);
        format!(" {share} of requests fail, and no objective says how many may.")
    })
}

fn missed(objective: &Objective) -> String {
    let target = figure(objective.target, objective.unit);
    let share = figure(objective.met_ratio, Unit::Ratio);
    format!("{} at most {target}: kept in {share} of the replications only", objective.label)
}

/// What all recommendations together save or cost.
pub(super) fn overall(report: &Report, found: &Recommendation) -> String {
    let mut difference = found.difference_usd_per_month.clone();
    if found.verdict == Verdict::Save {
        difference = difference.scaled(-1.0);
    }
    let half = half_width(&difference, Unit::Usd);
    let range = if half.is_empty() { String::new() } else { format!(" ({half})") };
    let amount = cents(difference.mean);
    match found.verdict {
        Verdict::Save => format!("saves {amount} per month{range}"),
        Verdict::Spend => format!("keeps the objectives, for {amount} more per month{range}"),
        Verdict::Keep => "nothing cheaper keeps the objectives beyond doubt; tighter maximums cost nothing".to_owned(),
        Verdict::NotFound => format!("no setting that was tried keeps the objectives{}", held_back(report)),
    }
}

/// For how long a bottleneck was full, and how many of the failed requests failed behind it.
pub(super) fn extent(bottleneck: &Bottleneck) -> Option<String> {
    let is_timed = matches!(bottleneck.kind, BottleneckKind::GroupAtMaximum | BottleneckKind::HpaAtMaximum);
    let part = |is_shown: bool, share: &Estimate, what: &str| {
        (is_shown && share.is_known()).then(|| format!("{} {what}", figure(share.mean, Unit::Ratio)))
    };
    let time = part(is_timed, &bottleneck.full_ratio, "of the time");
    let failed = part(true, &bottleneck.failed_share, "of the failed requests");
    let parts: Vec<String> = time.into_iter().chain(failed).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What holds requests back: where no setting keeps the objectives this is what to look at.
fn held_back(report: &Report) -> String {
    let Some(worst) = report.bottlenecks.first() else { return String::new() };
    let extent = extent(worst).map_or(String::new(), |extent| format!(" ({extent})"));
    format!("; the bottleneck is {}{extent}", worst.named())
}

/// What the recommendation rests on.
pub(super) fn basis(found: &Recommendation) -> String {
    format!(
        "  objectives kept in {:.0} % of {} as it is, {:.0} % as recommended; {} simulated",
        finite(found.current_met_ratio * 100.0),
        counted(found.replications as usize, "fresh replication"),
        finite(found.recommended_met_ratio * 100.0),
        counted(found.settings_tried as usize, "setting")
    )
}

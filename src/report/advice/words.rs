//! The answer in sentences.

use super::rows::share;
use crate::report::format::{cents, figure, half_width};
use crate::report::{Estimate, Unit};
use crate::study::advise::answer::{Answer, Owner, StressAnswer, Verdict};
use crate::units::counted;

/// What to do, in a sentence.
pub(in crate::report) fn verdict(answer: &Answer) -> String {
    let changes = counted(answer.changes().count(), "change");
    let so_far = if answer.best_so_far { "Best so far: " } else { "" };
    let less = answer.difference_usd_per_month.scaled(-1.0);
    let what = match answer.verdict {
        Verdict::Save => format!("make {changes}; that saves {} a month{}", cents(less.mean), about(&less)),
        Verdict::Spend if less.mean > 0.0 => {
            format!("make {changes}: they keep what is promised, and save {} a month{}", cents(less.mean), about(&less))
        }
        Verdict::Spend => {
            let costs = &answer.difference_usd_per_month;
            format!(
                "make {changes}: they keep what is promised, for {} more a month{}",
                cents(costs.mean),
                about(costs)
            )
        }
        Verdict::Keep => "change nothing: the present setting is the best that was found".to_owned(),
        Verdict::NotFound => "no setting that was tried keeps what is promised; this is the least bad".to_owned(),
    };
    format!("{so_far}{what}.")
}

/// Whether there is something to apply to Kubernetes.
pub(in crate::report) fn changes_hpas(answer: &Answer) -> bool {
    answer.verdict != Verdict::NotFound && answer.changes().any(|knob| matches!(knob.owner, Owner::Hpa { .. }))
}

/// Half of the interval of a mean, in brackets.
fn about(estimate: &Estimate) -> String {
    let half = half_width(estimate, Unit::Usd);
    if half.is_empty() { half } else { format!(" ({half})") }
}

/// Of what is broken so much is named; the file has all.
const BROKEN: usize = 2;

/// Whether it holds where the search has not looked.
pub(in crate::report) fn next(answer: &Answer) -> String {
    let held = &answer.held_back;
    let kept = share(&answer.recommended.kept);
    if held.holds {
        return format!("Next week: in {} it holds; everything is kept in {kept}.", held.what);
    }
    let (told, more) = held.broken.split_at(held.broken.len().min(BROKEN));
    let more = if more.is_empty() { String::new() } else { format!("; and {} more", more.len()) };
    let broken = if told.is_empty() { String::new() } else { format!(" Broken: {}{more}.", told.join("; ")) };
    format!("DOES NOT HOLD NEXT WEEK: in {} everything is kept in {kept} only.{broken}", held.what)
}

/// What it survives, and what it does not.
pub(in crate::report) fn stresses(answer: &Answer) -> Option<String> {
    if answer.stresses.is_empty() {
        return None;
    }
    let (survived, lost): (Vec<&StressAnswer>, Vec<&StressAnswer>) =
        answer.stresses.iter().partition(|row| row.recommended_survives);
    let names = |rows: &[&StressAnswer]| rows.iter().map(|row| row.name.as_str()).collect::<Vec<&str>>().join(", ");
    let mut parts = Vec::new();
    if !survived.is_empty() {
        parts.push(format!("Survives {}.", names(&survived)));
    }
    let (as_before, newly): (Vec<&StressAnswer>, Vec<&StressAnswer>) =
        lost.into_iter().partition(|row| !row.as_is_survives);
    if !as_before.is_empty() {
        parts.push(format!("Does not survive {}, as the present setting does not.", names(&as_before)));
    }
    if !newly.is_empty() {
        parts.push(format!("NO LONGER SURVIVES {}.", names(&newly)));
    }
    Some(parts.join(" "))
}

/// What was searched for.
pub(in crate::report) fn aim(answer: &Answer) -> String {
    format!("Searched for: {}.", answer.aim.trim_end_matches('.'))
}

/// How surely, and from how much work.
pub(in crate::report) fn basis(answer: &Answer) -> String {
    format!(
        "{} of {} simulated. A setting that keeps only 85 % of the periods would pass for a good one in {} of cases.",
        counted(answer.replications as usize, "replication"),
        counted(answer.settings_tried as usize, "setting"),
        figure(answer.error_rate, Unit::Ratio)
    )
}

/// What might save too, and was not tried.
pub(in crate::report) fn left_out(answer: &Answer) -> Option<String> {
    let left = &answer.also_left_out;
    (!left.is_empty()).then(|| format!("Not tried on top, for want of time: {}.", left.join(", ")))
}

/// What to look at where nothing holds.
pub(in crate::report) fn needed(answer: &Answer) -> Option<String> {
    let what = answer.bottleneck.as_ref()?;
    (answer.verdict == Verdict::NotFound).then(|| format!("What it would take: {}.", what.trim_end_matches('.')))
}

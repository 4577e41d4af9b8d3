//! Why each knob stands where it is recommended: what breaks one step further.

use super::answer::{Effect, KnobKind};
use super::judge::Judge;
use super::keep::Floors;
use super::knob::{Knob, SizeOf};
use super::periods::Period;
use super::point::Point;
use super::trial::Lab;
use std::collections::BTreeMap;

/// One step further for what costs less: fewer pods or nodes at least, a higher target. None at the end of what may be tried.
fn further(knob: &Knob, level: usize) -> Option<usize> {
    match knob.kind {
        KnobKind::Min => level.checked_sub(1),
        KnobKind::Target => Some(level + 1).filter(|next| *next < knob.levels.len()),
        KnobKind::Max | KnobKind::Other => None,
    }
}

/// By knob: what breaks one step further, where something does. `offset` is what whole periods add to what these say; `stressed` names
/// the first stress that a setting does not survive.
pub(super) fn decided_by(
    (lab, judge): (&Lab<'_>, &Judge),
    (as_is, point): (&Point, &Point),
    (periods, offset): (&[Period], &[f64]),
    stressed: &(dyn Fn(&Point) -> Option<String> + Sync),
) -> BTreeMap<usize, String> {
    use rayon::prelude::*;
    let rows = lab.knobs.iter().enumerate();
    let steps: Vec<(usize, Point)> =
        rows.filter_map(|(at, knob)| Some((at, point.with(at, further(knob, point.level(at))?)))).collect();
    lab.simulate(&steps.iter().map(|(_, point)| point.clone()).collect::<Vec<Point>>(), periods);
    let Some(now) = lab.outcomes(as_is, periods) else { return BTreeMap::new() };
    let broken = |(at, other): (usize, Point)| {
        let own = lab.outcomes(&other, periods)?;
        let judged = judge.judge(&own, &now).shifted(offset);
        let worst = judged.worst().filter(|_| !judged.keeps()).map(|worst| judge.bounds[worst].name.clone());
        worst.or_else(|| stressed(&other)).map(|name| (at, name))
    };
    steps.into_par_iter().filter_map(broken).collect()
}

/// Why a knob is recommended as it is, in one sentence. `in_set` is what the change brings, if it does something.
pub(super) fn why(
    knob: &Knob,
    (level, in_set): (usize, Option<&Effect>),
    decided_by: Option<&String>,
    floors: &Floors,
) -> String {
    let floor = match knob.of {
        Some(SizeOf::Hpa(at)) => &floors.hpas[at],
        Some(SizeOf::Group(group)) => &floors.groups[group],
        None => return String::new(),
    };
    let at_floor = knob.kind == KnobKind::Min && knob.number(level) <= i64::from(floor.least) && !floor.why.is_empty();
    let step = match (knob.kind, decided_by) {
        (KnobKind::Max, _) if level > knob.current => return "the present maximum was reached".to_owned(),
        (KnobKind::Min, Some(what)) => format!("one less breaks: {what}"),
        (KnobKind::Target, Some(what)) => format!("a higher target breaks: {what}"),
        _ if at_floor => floor.why.clone(),
        _ => String::new(),
    };
    match (level == knob.current, step.is_empty()) {
        (true, true) => "as it is".to_owned(),
        (true, false) => format!("as it is; {step}"),
        (false, true) if in_set.is_some_and(|effect| effect.usd_per_month < 0.0) => {
            "it saves, and nothing that is kept breaks".to_owned()
        }
        (false, true) => "it helps to keep what is promised".to_owned(),
        (false, false) => step,
    }
}

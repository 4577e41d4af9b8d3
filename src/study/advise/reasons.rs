//! Why each knob stands where it is recommended: what breaks one step further.

use super::answer::Effect;
use super::judge::Judge;
use super::keep::Floors;
use super::knob::{Knob, SizeOf};
use super::periods::Period;
use super::point::Point;
use super::trial::Lab;
use crate::scenario::wanted::KnobKind;
use std::collections::BTreeMap;

/// One step further for what costs less: fewer pods or nodes at least, a higher target. None at the end of what may be tried.
fn further(knob: &Knob, level: usize) -> Option<usize> {
    match knob.kind {
        Some(KnobKind::Min) => level.checked_sub(1),
        Some(KnobKind::Target) => Some(level + 1).filter(|next| *next < knob.levels.len()),
        _ => None,
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
        let judged = judge.judge((&own, &now), periods).shifted(offset);
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
    use KnobKind::{Max, Min, Target};
    let floor = knob.of.map(|of| match of {
        SizeOf::Hpa(at) => &floors.hpas[at],
        SizeOf::Group(group) => &floors.groups[group],
    });
    let kept = floor.filter(|floor| knob.number(level) <= i64::from(floor.least));
    let step = match (knob.kind, decided_by) {
        (Some(Max), _) if level > knob.current => return "the present maximum was reached".to_owned(),
        (Some(Min), Some(what)) => format!("one less breaks: {what}"),
        (Some(Target), Some(what)) => format!("a higher target breaks: {what}"),
        (Some(Min), None) => kept.map_or(String::new(), |floor| floor.why.clone()),
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

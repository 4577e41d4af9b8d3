//! What each change brings: alone, and as a part of the whole.

use super::answer::Effect;
use super::outcome::Outcome;
use super::periods::Period;
use super::point::Point;
use super::trial::Lab;
use std::collections::BTreeMap;

/// Of so many changes every subset is simulated, and Shapley's value is exact.
const EXACT_UP_TO: usize = 3;

/// What each change does alone, and as a part of all of them.
///
/// Shapley's value (L. S. Shapley, "A value for n-person games", 1953): what a change adds, on average over the orders in which all
/// might be made. Exact for up to three changes, else the mean of a change made first and made last.
pub(super) struct Effects {
    /// By knob.
    pub(super) alone: BTreeMap<usize, Effect>,
    /// By knob.
    pub(super) in_set: BTreeMap<usize, Effect>,
}

impl Effects {
    /// Parts that add up to what all changes bring together, as the check of the answer shows it: what is missing is shared out evenly.
    pub(super) fn adding_up_to(mut self, whole: &Effect) -> Effects {
        share_out(&mut self.in_set, whole);
        self
    }
}

/// The effects of the changes from one point to another, in these periods; of those that act, which a bound out of reach does not. Cost: two settings per change, or all subsets of three.
pub(super) fn effects(
    lab: &Lab<'_>,
    (from, to): (&Point, &Point),
    periods: &[Period],
    acts: &dyn Fn(usize) -> bool,
) -> Effects {
    let changes: Vec<usize> = from.differences(to).into_iter().filter(|at| acts(*at)).collect();
    let take = |point: &Point, at: usize| point.with(at, to.level(at));
    let all = (1u32 << changes.len().min(31)) - 1;
    let exact = changes.len() <= EXACT_UP_TO;
    let at_set = |set: u32| {
        let members = changes.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
        members.fold(from.clone(), |point, (_, at)| take(&point, *at))
    };
    let sets: Vec<u32> = match exact {
        true => (0..=all).collect(),
        false => (0..changes.len()).flat_map(|bit| [1 << bit, all & !(1 << bit)]).chain([0, all]).collect(),
    };
    lab.simulate(&sets.iter().map(|set| at_set(*set)).collect::<Vec<Point>>(), periods);
    let value = |set: u32| lab.outcomes(&at_set(set), periods).map(|outcomes| mean(&outcomes));
    let step = |set: u32, bit: usize| Some(difference(&value(set | 1 << bit)?, &value(set)?));
    let mut found = Effects { alone: BTreeMap::new(), in_set: BTreeMap::new() };
    for (bit, at) in changes.iter().enumerate() {
        let Some(alone) = step(0, bit) else { continue };
        let share = match exact {
            true => shapley(changes.len(), bit, &|set| step(set, bit)),
            false => step(all & !(1 << bit), bit).map(|last| scaled(&sum(&alone, &last), 0.5)),
        };
        found.in_set.extend(share.map(|share| (*at, share)));
        found.alone.insert(*at, alone);
    }
    found
}

/// The mean of what number `bit` adds, over the orders of `count` changes.
fn shapley(count: usize, bit: usize, step: &dyn Fn(u32) -> Option<Effect>) -> Option<Effect> {
    let mut total = Effect::default();
    let factorial = |n: usize| (1..=n).product::<usize>() as f64;
    for set in (0..1u32 << count).filter(|set| set >> bit & 1 == 0) {
        let before = set.count_ones() as usize;
        let weight = factorial(before) * factorial(count - before - 1) / factorial(count);
        total = sum(&total, &scaled(&step(set)?, weight));
    }
    Some(total)
}

/// Gives what is missing to the whole to all alike.
fn share_out(parts: &mut BTreeMap<usize, Effect>, whole: &Effect) {
    let there = parts.values().fold(Effect::default(), |all, part| sum(&all, part));
    let missing = scaled(&difference(whole, &there), 1.0 / parts.len().max(1) as f64);
    parts.values_mut().for_each(|part| *part = sum(part, &missing));
}

/// The mean of some periods, as an effect upon nothing.
pub(super) fn mean(outcomes: &[Outcome]) -> Effect {
    let count = outcomes.len().max(1) as f64;
    let mean = |of: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(of).sum::<f64>() / count;
    let answered = outcomes.iter().all(|own| own.p95_s.is_some());
    Effect {
        usd_per_month: mean(&|own| own.usd),
        breach: mean(&|own| own.breach),
        pending_pod_hours: mean(&|own| own.pending_pod_hours),
        p95_s: answered.then(|| mean(&|own| own.p95_s.unwrap_or(0.0))),
    }
}

pub(super) fn difference(after: &Effect, before: &Effect) -> Effect {
    sum(after, &scaled(before, -1.0))
}

fn sum(a: &Effect, b: &Effect) -> Effect {
    Effect {
        usd_per_month: a.usd_per_month + b.usd_per_month,
        breach: a.breach + b.breach,
        pending_pod_hours: a.pending_pod_hours + b.pending_pod_hours,
        p95_s: a.p95_s.or(Some(0.0)).zip(b.p95_s).map(|(a, b)| a + b),
    }
}

fn scaled(effect: &Effect, by: f64) -> Effect {
    Effect {
        usd_per_month: effect.usd_per_month * by,
        breach: effect.breach * by,
        pending_pod_hours: effect.pending_pod_hours * by,
        p95_s: effect.p95_s.map(|p95_s| p95_s * by),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(usd_per_month: f64) -> Effect {
        Effect { usd_per_month, p95_s: Some(0.0), ..Effect::default() }
    }

    #[test]
    fn the_values_of_a_glove_game() {
        // Players 0 and 1 have left gloves, player 2 the right one: the values are 1/6, 1/6 and 4/6.
        let worth = |set: u32| if set & 4 != 0 && set & 3 != 0 { 1.0 } else { 0.0 };
        let value = |bit: usize| {
            shapley(3, bit, &|set| Some(usd(worth(set | 1 << bit) - worth(set)))).map_or(f64::NAN, |e| e.usd_per_month)
        };
        assert!((value(0) - 1.0 / 6.0).abs() < 1e-12 && (value(2) - 4.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let mut parts: BTreeMap<usize, Effect> = [(1, usd(-10.0)), (4, usd(3.0))].into_iter().collect();
        share_out(&mut parts, &usd(-11.0));
        let total: f64 = parts.values().map(|part| part.usd_per_month).sum();
        assert!((total + 11.0).abs() < 1e-12 && (parts[&1].usd_per_month + 12.0).abs() < 1e-12);
    }
}

//! From one setting to a better one, knob by knob and several at once.
//!
//! A round tries a step of each knob that may help, both ways, all in the same periods. What each step alone does to cost and to what must
//! be kept is taken to add up, and the best sums (savings, with the repairs that pay for them) are simulated: what they really do decides.
//! Steps that led on are doubled, others halved, until none of a single level helps. The greatest help for what is broken at the
//! least cost comes first, so that the bottleneck moves and not everything.

use super::check::Check;
use super::judge::{Judge, Judged};
use super::knob::SizeOf;
use super::outcome::Outcome;
use super::periods::Period;
use super::point::Point;
use super::trial::Lab;
use crate::scenario::wanted::KnobKind;
use std::collections::{BTreeMap, BTreeSet};

/// Rounds, at most.
const MOST_ROUNDS: usize = 12;
/// Whole nodes move seldom; what pods ask for counts as money at so much of the price of the nodes that it is on.
const SHADOW: f64 = 0.2;
/// What is saved must be more than this share of the cost to be worth a change.
const WORTH: f64 = 0.0005;
/// What mends less than this of what is broken (a share of the limit) mends nothing.
const MENDS: f64 = 0.002;

/// A step of one knob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    knob: usize,
    up: bool,
}

/// What steps did wherever they were looked at: a search that begins again does not look at those that are known to help nobody.
#[derive(Clone, Debug, Default)]
pub(super) struct Tried {
    /// Whether a step ever saved, and which bounds it ever mended.
    helped: BTreeMap<Step, (bool, BTreeSet<usize>)>,
    /// Bounds that were broken.
    broken: BTreeSet<usize>,
}

impl Tried {
    /// From now on what mends these bounds helps too.
    pub(super) fn must_mend(&mut self, bounds: impl IntoIterator<Item = usize>) {
        self.broken.extend(bounds);
    }

    fn may_help(&self, step: Step) -> bool {
        self.helped.get(&step).is_none_or(|(saved, mended)| *saved || !mended.is_disjoint(&self.broken))
    }

    fn note(&mut self, step: Step, saves: bool, excess: &[f64]) {
        let (saved, mended) = self.helped.entry(step).or_default();
        *saved |= saves;
        mended.extend(excess.iter().enumerate().filter(|(_, change)| **change < -MENDS).map(|(at, _)| at));
    }
}

/// What a step did alone.
#[derive(Clone, Debug)]
struct Seen {
    to: usize,
    money: f64,
    excess: Vec<f64>,
}

/// A search from one setting on.
pub(super) struct Climb<'a> {
    pub(super) lab: &'a Lab<'a>,
    pub(super) judge: &'a Judge,
    /// The present setting: what others are set beside.
    pub(super) as_is: Point,
    /// The periods that it looks at.
    pub(super) periods: &'a [Period],
    /// By bound: what the whole time is known to add to what these periods say.
    pub(super) offset: Vec<f64>,
    /// What a vCPU of a node costs a month.
    pub(super) usd_per_vcpu: f64,
}

impl Climb<'_> {
    /// The best setting that it comes to from `start`, by steps that may help for all that was `tried`.
    pub(super) fn from(&self, start: &Point, tried: &mut Tried) -> Option<Point> {
        self.lab.simulate(&[self.as_is.clone(), start.clone()], self.periods);
        let mut best = (start.clone(), self.judged(start)?);
        tried.must_mend(best.1.broken_bounds());
        let steps = self.steps().filter(|step| tried.may_help(*step));
        let mut known = Steps::of(steps.map(|step| (step, self.first_stride(step))).collect());
        for _ in 0..MOST_ROUNDS {
            let mut points = self.look(&best, &mut known);
            known.seen.iter().for_each(|(step, seen)| tried.note(*step, self.saves(seen, &best.1), &seen.excess));
            let sums = self.sums(&best, &known);
            self.lab.simulate(&sums, self.periods);
            points.extend(sums);
            let judged = points.into_iter().filter_map(|point| Some((self.judged(&point)?, point)));
            let found = judged.reduce(|found, other| if self.better(&other.0, &found.0) { other } else { found });
            match found.filter(|found| self.better(&found.0, &best.1)) {
                Some((judged, point)) => {
                    known.moved(&best.0, &point);
                    best = (point, judged);
                }
                None if !known.refine(&|seen| self.promises(seen, &best.1)) => break,
                None => {}
            }
            if self.lab.is_over() {
                break;
            }
        }
        Some(best.0)
    }

    /// A step that saves, or mends something of what is broken.
    fn promises(&self, seen: &Seen, now: &Judged) -> bool {
        let mends = seen.excess.iter().zip(&now.excess).any(|(change, excess)| *excess > 0.0 && *change < -MENDS);
        mends || self.saves(seen, now)
    }

    fn saves(&self, seen: &Seen, now: &Judged) -> bool {
        seen.money < -WORTH * now.usd
    }

    fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        let movable = (0..self.lab.knobs.len()).filter(|at| self.lab.knobs[*at].moves);
        movable.flat_map(|knob| [Step { knob, up: false }, Step { knob, up: true }])
    }

    /// Half of the number, two levels of targets, one of others.
    fn first_stride(&self, step: Step) -> usize {
        let knob = &self.lab.knobs[step.knob];
        match knob.kind {
            Some(KnobKind::Min | KnobKind::Max) => ((knob.number(knob.current) + 1) / 2).max(1) as usize,
            Some(KnobKind::Target) => 2.min(knob.levels.len() - 1),
            _ => 1,
        }
    }

    /// Looks at the steps from here that nothing is known of, each alone; those that do nothing are not looked at again.
    fn look(&self, (from, base): &(Point, Judged), known: &mut Steps) -> Vec<Point> {
        let now = self.lab.outcomes(from, self.periods).unwrap_or_default();
        let reach = |(step, stride): (&Step, &usize)| {
            let (knob, level) = (&self.lab.knobs[step.knob], from.level(step.knob));
            let count = knob.levels.len();
            let to = match (step.up, knob.ordered) {
                (true, true) => (level + stride).min(count - 1),
                (false, true) => level.saturating_sub(*stride),
                // Where no level is more than another, the last one is as near as the next.
                (true, false) => (level + stride) % count,
                (false, false) => (level + count - stride % count) % count,
            };
            (to != level && self.can_matter(*step, from, to, &now)).then(|| from.with(step.knob, to))
        };
        let new: Vec<Step> = known.strides.keys().filter(|step| !known.seen.contains_key(step)).copied().collect();
        let points: Vec<(Step, Option<Point>)> =
            new.iter().map(|step| (*step, reach((step, &known.strides[step])))).collect();
        let tried: Vec<Point> = points.iter().filter_map(|(_, point)| point.clone()).collect();
        let tried = self.with_all_luck(from, tried);
        for (step, point) in points {
            let judged = point.as_ref().filter(|point| tried.contains(point)).and_then(|point| self.judged(point));
            let Some((point, judged)) = point.zip(judged) else {
                known.strides.remove(&step);
                continue;
            };
            let excess = judged.excess.iter().zip(&base.excess).map(|(new, old)| new - old).collect();
            let seen = Seen { to: point.level(step.knob), money: self.money(&judged) - self.money(base), excess };
            known.seen.insert(step, seen);
        }
        tried
    }

    /// Simulates these settings, first with the first luck: what changes nothing there is not looked at with any other. Returns those
    /// that were.
    fn with_all_luck(&self, from: &Point, mut points: Vec<Point>) -> Vec<Point> {
        let luck = self.periods.first().map(|period| period.number);
        let first: Vec<Period> = self.periods.iter().copied().filter(|period| Some(period.number) == luck).collect();
        self.lab.simulate(&points, &first);
        let now = self.lab.outcomes(from, &first);
        points.retain(|point| self.lab.outcomes(point, &first) != now);
        self.lab.simulate(&points, self.periods);
        points
    }

    /// Whether a step can change anything: a bound that is never reached does not.
    fn can_matter(&self, step: Step, from: &Point, to: usize, now: &[Outcome]) -> bool {
        use KnobKind::{Max, Min, Target};
        let knob = &self.lab.knobs[step.knob];
        let Some(of) = knob.of else { return true };
        let hpas = self.lab.ask.base.cast.hpas.len();
        let sizes = || now.iter().map(|own| own.size_of(hpas, of));
        let least = sizes().map(|size| size[0]).min().unwrap_or(0);
        let most = sizes().map(|size| size[1]).max().unwrap_or(i64::MAX);
        match (knob.kind, step.up) {
            (Some(Min), false) => least <= knob.number(from.level(step.knob)),
            (Some(Min), true) => knob.number(to) > least,
            (Some(Max), false) => most > knob.number(to),
            (Some(Max), true) => most >= knob.number(from.level(step.knob)),
            // More of a target, or of a window, moves nothing where there are always as many; a target below all that was ever seen may.
            (_, true) => least != most,
            (Some(Target), false) => least != most || self.hottest(of, now) > knob.number(to),
            _ => true,
        }
    }

    /// The highest utilization that an HPA has seen, percent.
    fn hottest(&self, of: SizeOf, now: &[Outcome]) -> i64 {
        let SizeOf::Hpa(hpa) = of else { return i64::MAX };
        now.iter().map(|own| own.hottest[hpa]).max().unwrap_or(i64::MAX)
    }

    /// Sums of steps that are worth a try, by what each does alone.
    fn sums(&self, (from, base): &(Point, Judged), known: &Steps) -> Vec<Point> {
        let here = |(step, seen): &(&Step, &Seen)| from.level(step.knob) != seen.to;
        let mut order: Vec<(&Step, &Seen)> = known.seen.iter().filter(here).collect();
        let mut points = Vec::new();
        // What is broken is mended first, by what costs least for what it mends.
        let mut sum = Sum { point: from.clone(), excess: base.excess.clone(), used: Vec::new() };
        while sum.broken() > 0.0 {
            let mends = |seen: &Seen| sum.broken() - sum.with(seen).broken();
            let help = |seen: &Seen| mends(seen) / (seen.money.max(0.0) + WORTH * base.usd);
            let useful = order.iter().filter(|(step, seen)| !sum.used.contains(&step.knob) && mends(seen) > MENDS);
            let Some((step, seen)) = useful.max_by(|a, b| help(a.1).total_cmp(&help(b.1))).copied() else { break };
            sum.take(*step, seen);
            points.push(sum.point.clone());
        }
        // Then what saves most, and what pays for it.
        order.sort_by(|a, b| a.1.money.total_cmp(&b.1.money));
        for (step, seen) in order.iter().filter(|(_, seen)| self.saves(seen, base)) {
            if sum.used.contains(&step.knob) {
                continue;
            }
            let broken = sum.broken();
            if sum.with(seen).broken() <= broken {
                sum.take(**step, seen);
                points.push(sum.point.clone());
            } else if let Some((repair, mends)) = self.repair(&sum, (step, seen), &order) {
                sum.take(**step, seen);
                sum.take(repair, mends);
                points.push(sum.point.clone());
            }
        }
        // The whole, and the way there in a few parts: effects that do not add up show early.
        let last = points.len();
        let parts = [last, last * 3 / 4, last / 2, last / 4].map(|count| count.max(1));
        let mut chosen: Vec<Point> = parts.iter().filter_map(|count| points.get(count - 1).cloned()).collect();
        chosen.dedup();
        chosen
    }

    /// A step that mends what another breaks, and costs less than that saves.
    fn repair<'s>(
        &self,
        sum: &Sum,
        (step, seen): (&Step, &Seen),
        all: &[(&Step, &'s Seen)],
    ) -> Option<(Step, &'s Seen)> {
        let broken = sum.broken();
        let after = sum.with(seen);
        let pays = |(other, mends): &&(&Step, &Seen)| {
            other.knob != step.knob
                && !sum.used.contains(&other.knob)
                && mends.money < -seen.money
                && after.with(mends).broken() <= broken
        };
        all.iter().filter(pays).min_by(|a, b| a.1.money.total_cmp(&b.1.money)).map(|(other, mends)| (**other, *mends))
    }

    fn judged(&self, point: &Point) -> Option<Judged> {
        let beside = Check { lab: self.lab, judge: self.judge, as_is: &self.as_is };
        Some(beside.judged(point, self.periods)?.shifted(&self.offset))
    }

    /// What it costs, and what of that whole nodes do not show yet.
    fn money(&self, judged: &Judged) -> f64 {
        judged.usd + SHADOW * self.usd_per_vcpu * judged.vcpus
    }

    /// Less broken by what is worth speaking of; or as good, and worth the change.
    pub(super) fn better(&self, new: &Judged, old: &Judged) -> bool {
        let mends = old.broken() - new.broken();
        let keeps = new.broken() == 0.0 && old.broken() > 0.0;
        keeps
            || mends > MENDS
            || (mends > -MENDS && self.money(new) < self.money(old) - WORTH * old.usd && (new.keeps() || !old.keeps()))
    }
}

/// What is known of the steps from here: how long they are, and what they did where that was looked at last.
struct Steps {
    strides: BTreeMap<Step, usize>,
    seen: BTreeMap<Step, Seen>,
    /// Looked at from an earlier setting.
    stale: Vec<Step>,
}

impl Steps {
    fn of(strides: BTreeMap<Step, usize>) -> Steps {
        Steps { strides, seen: BTreeMap::new(), stale: Vec::new() }
    }
    /// What led on is twice as long next time; what is known of other knobs is known from further away.
    fn moved(&mut self, from: &Point, to: &Point) {
        for at in from.differences(to) {
            for up in [false, true] {
                let step = Step { knob: at, up };
                let led_on = self.seen.remove(&step).is_some_and(|seen| seen.to == to.level(at));
                self.strides
                    .entry(step)
                    .and_modify(|stride| *stride = if led_on { *stride * 2 } else { 1 })
                    .or_insert(1);
            }
        }
        self.stale = self.seen.keys().copied().collect();
    }
    /// Nothing led on: what promised something is looked at again from here, and then with half the stride. False if there is nothing to look
    /// at again.
    fn refine(&mut self, promises: &dyn Fn(&Seen) -> bool) -> bool {
        let worth: Vec<Step> = self.seen.iter().filter(|(_, seen)| promises(seen)).map(|(step, _)| *step).collect();
        let mut again = false;
        for step in worth {
            let stride = self.strides.get(&step).copied().unwrap_or(1);
            if self.stale.contains(&step) {
                self.seen.remove(&step);
                again = true;
            } else if stride > 1 {
                self.strides.insert(step, stride / 2);
                self.seen.remove(&step);
                again = true;
            }
        }
        self.stale.clear();
        again
    }
}

/// Steps taken together, as far as they add up.
#[derive(Clone)]
struct Sum {
    point: Point,
    excess: Vec<f64>,
    used: Vec<usize>,
}

impl Sum {
    fn broken(&self) -> f64 {
        self.excess.iter().map(|excess| excess.max(0.0)).sum()
    }
    fn with(&self, seen: &Seen) -> Sum {
        let excess = self.excess.iter().zip(&seen.excess).map(|(own, more)| own + more).collect();
        Sum { excess, ..self.clone() }
    }
    fn take(&mut self, step: Step, seen: &Seen) {
        *self = self.with(seen);
        self.point = self.point.with(step.knob, seen.to);
        self.used.push(step.knob);
    }
}

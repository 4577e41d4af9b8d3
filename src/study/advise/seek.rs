//! The best setting of the time of training.
//!
//! It is sought on single days, corrected by what the whole time says of it, and freed of changes that do nothing.

use super::check::Check;
use super::climb::Climb;
use super::judge::{Judge, Judged};
use super::keep::Floors;
use super::learnt::{LUCK, Learnt};
use super::outcome::Outcome;
use super::periods::Period;
use super::point::Point;
use super::stressed::Stressed;
use super::trial::Lab;
use super::words::words;
use crate::scenario::wanted::KnobKind;
use crate::study::kept::Promise;

/// So many times the search begins again, or goes on, by what the whole time says.
const CORRECTIONS: usize = 4;
/// A change that mends less than this share of a limit, and saves less than [`WORTH`], is left out.
const IDLE: f64 = 0.001;
/// Nobody changes a cluster for less than this share of its cost.
const WORTH: f64 = 0.003;
/// A maximum leaves room for what no training shows: it is lowered for no less than this share of the cost.
const WORTH_A_MAXIMUM: f64 = 0.01;

/// The search of one scenario.
pub(super) struct Search<'a> {
    pub(super) lab: &'a Lab<'a>,
    pub(super) stressed: &'a Stressed<'a>,
    /// The present setting.
    pub(super) as_is: Point,
    pub(super) train: Vec<Period>,
    pub(super) floors: Floors,
    /// What a vCPU of a node costs a month.
    pub(super) usd_per_vcpu: f64,
}

impl Search<'_> {
    pub(super) fn judge(&self, now: &[Outcome], alpha: f64) -> Judge {
        let words = |promise: &Promise| (*promise, words(promise, &self.lab.ask.base.cast));
        let names = self.lab.promises.iter().map(words).collect::<Vec<_>>();
        Judge::new(&names, now, (self.lab.ask.base.wanted.margin, alpha))
    }

    pub(super) fn check<'s>(&'s self, judge: &'s Judge) -> Check<'s> {
        Check { lab: self.lab, judge, as_is: &self.as_is }
    }

    /// The best setting of the time of training: sought on single days, corrected by what the whole time says of it.
    pub(super) fn seek(&self, judge: &Judge, learnt: &mut Learnt, start: &Point) -> Option<Point> {
        let looked_at = [&self.lab.times.look(&learnt.luck)[..], &learnt.train].concat();
        self.lab.simulate(std::slice::from_ref(&self.as_is), &looked_at);
        let mut best: Option<(Point, Judged)> = None;
        // From below there is only something to find where nothing is broken yet.
        let starts = match self.judged(judge, &self.as_is, &learnt.train)?.keeps() {
            true => vec![self.as_is.clone(), self.frugal()],
            false => vec![start.clone()],
        };
        for start in starts {
            self.seek_from(judge, learnt, (&start, None), &mut best);
            if 2 * self.lab.replications() >= self.lab.ask.ends.replications || self.lab.is_over() {
                break;
            }
        }
        best.map(|(point, _)| self.plain(judge, point, (&self.lab.times.look(&learnt.luck), &learnt.train)))
    }

    /// The same from one setting on. Where the whole time says something else than the days did, the search begins again with the luck that broke a
    /// promise; where it knew that luck, it goes on with the difference added.
    fn seek_from(
        &self,
        judge: &Judge,
        learnt: &mut Learnt,
        (start, held): (&Point, Option<usize>),
        best: &mut Option<(Point, Judged)>,
    ) {
        let mut at = start.clone();
        for _ in 0..CORRECTIONS {
            let look = self.lab.times.look(&learnt.luck);
            self.lab.simulate(&[self.as_is.clone(), at.clone()], &look);
            let climb = Climb {
                lab: self.lab,
                judge,
                as_is: self.as_is.clone(),
                periods: &look,
                offset: self.offset(judge, &at, (&look, &learnt.train)),
                usd_per_vcpu: self.usd_per_vcpu,
                held,
            };
            let Some(next) = climb.from(&at, &mut learnt.tried) else { return };
            self.lab.simulate(std::slice::from_ref(&next), &learnt.train);
            let Some(judged) = self.judged(judge, &next, &learnt.train) else { return };
            learnt.tried.must_mend(judged.broken_bounds());
            let ends = judged.keeps() || next == at || self.lab.is_over();
            if best.as_ref().is_none_or(|(_, best)| climb.better(&judged, best)) {
                *best = Some((next.clone(), judged));
            }
            if ends {
                return;
            }
            at = if learnt.look_at(&self.check(judge).broke(&next, &learnt.train)) { start.clone() } else { next };
        }
    }

    /// A setting without the dearest change of another one, where that keeps everything too and costs less: a node more mends whatever is broken, and
    /// hides what would mend it for nothing. None where there is no such, or too little of the budget for two checks.
    pub(super) fn thrifty(&self, judge: &Judge, learnt: &mut Learnt, dear: &Point) -> Option<Point> {
        let whole = self.judged(judge, dear, &learnt.train)?;
        let dearest = self.dearest(judge, dear)?;
        if !whole.keeps() || !self.lab.may_check_twice() {
            return None;
        }
        let mut best = None;
        self.seek_from(judge, learnt, (&self.as_is, Some(dearest)), &mut best);
        let point = self.plain(judge, best?.0, (&self.lab.times.look(&learnt.luck), &learnt.train));
        let judged = self.judged(judge, &point, &learnt.train)?;
        let pays = judged.keeps() && whole.usd - judged.usd > WORTH * whole.usd;
        (pays && self.lab.may_check_twice()).then_some(point)
    }

    /// The change that costs most, on days with the first luck; none where none costs what is worth speaking of.
    fn dearest(&self, judge: &Judge, point: &Point) -> Option<usize> {
        let look = self.lab.times.look(&LUCK[..1]);
        let changes = self.as_is.differences(point);
        let back = |at: usize| point.with(at, self.as_is.level(at));
        let points: Vec<Point> = changes.iter().map(|at| back(*at)).chain([point.clone()]).collect();
        self.lab.simulate(&points, &look);
        let here = self.judged(judge, point, &look)?;
        let costs = |at: usize| Some((here.usd - self.judged(judge, &back(at), &look)?.usd, at));
        let dearest = changes.into_iter().filter_map(costs).max_by(|a, b| a.0.total_cmp(&b.0));
        dearest.filter(|(usd, _)| *usd > WORTH * here.usd).map(|(_, at)| at)
    }

    /// Without the changes that neither save nor mend anything.
    fn plain(&self, judge: &Judge, point: Point, (look, train): (&[Period], &[Period])) -> Point {
        let changes = self.as_is.differences(&point);
        let back = |at: usize| point.with(at, self.as_is.level(at));
        self.lab.simulate(&changes.iter().map(|at| back(*at)).collect::<Vec<Point>>(), look);
        let Some(here) = self.judged(judge, &point, look) else { return point };
        let idle = |at: &&usize| {
            self.judged(judge, &back(**at), look).is_some_and(|there| {
                let worse = there.excess.iter().zip(&here.excess).any(|(there, here)| there - here > IDLE);
                let lowers =
                    self.lab.knobs[**at].kind == Some(KnobKind::Max) && point.level(**at) < self.as_is.level(**at);
                let worth = if lowers { WORTH_A_MAXIMUM } else { WORTH };
                !worse && there.usd - here.usd < worth * here.usd
            })
        };
        let plain = changes.iter().filter(idle).fold(point.clone(), |plain, at| plain.with(*at, self.as_is.level(*at)));
        self.lab.simulate(std::slice::from_ref(&plain), train);
        let both = self.judged(judge, &plain, train).zip(self.judged(judge, &point, train));
        match both {
            Some((plain_judged, judged)) if plain_judged.broken() <= judged.broken() => plain,
            _ => point,
        }
    }

    /// By bound: what the whole time adds to what days say of a setting, as far as that is known.
    pub(super) fn offset(&self, judge: &Judge, point: &Point, (look, train): (&[Period], &[Period])) -> Vec<f64> {
        let whole = self.judged(judge, point, train);
        let days = self.judged(judge, point, look);
        match whole.zip(days) {
            Some((whole, days)) => whole.excess.iter().zip(&days.excess).map(|(whole, days)| whole - days).collect(),
            None => vec![0.0; judge.bounds.len()],
        }
    }

    /// Every minimum as low as it may be: where a search from above is stuck, one from below is not.
    fn frugal(&self) -> Point {
        let rows = self.lab.knobs.iter().enumerate().filter(|(_, knob)| knob.kind == Some(KnobKind::Min));
        rows.fold(self.as_is.clone(), |point, (at, _)| point.with(at, 0))
    }

    pub(super) fn judged(&self, judge: &Judge, point: &Point, periods: &[Period]) -> Option<Judged> {
        self.check(judge).judged(point, periods)
    }
}

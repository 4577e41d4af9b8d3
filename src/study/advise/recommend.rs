//! The search: from the present setting to one that holds next week.
//!
//! Settings are sought in a few periods, all in the same ones (common random numbers); the best of them are compared in more; the
//! one that is left is held against the present setting in periods that nobody has looked at. Only there it is said whether
//! it holds.

use super::also::also;
use super::answer::{Answer, HeldBack, KnobAnswer, Measured, Verdict};
use super::ask::Ask;
use super::check::Check;
use super::climb::Climb;
use super::explain::{Effects, difference as effect_of, effects, mean};
use super::judge::{Judge, Judged};
use super::keep::Floors;
use super::knob::Knob;
use super::knobs::knobs;
use super::learnt::{LUCK, Learnt};
use super::others::{Given, others};
use super::outcome::Outcome;
use super::periods::{Part, Period, Times, periods};
use super::point::Point;
use super::reasons::{decided_by, why};
use super::stressed::Stressed;
use super::trial::Lab;
use super::words::words;
use crate::rng::Seed;
use crate::scenario::Scenario;
use crate::scenario::wanted::KnobKind;
use crate::study::estimate::Estimate;
use crate::study::kept::Promise;
use crate::study::paired;
use crate::world::Cast;
use std::collections::BTreeMap;

/// The luck that the search sees: that of the replications 1 to this, and not of 0, whose story is shown.
const TRAIN: std::ops::Range<u32> = 1..6;
/// The first replication that it does not see.
const FRESH: u32 = 1_000;
/// So many checks there are at most, each in other periods: the search learns from those that broke something.
const CHECKS: u32 = 3;
/// So many times the search begins again, or goes on, by what the whole time says.
const CORRECTIONS: usize = 4;
/// A change that mends less than this share of a limit, and saves less than [`WORTH`], is left out.
const IDLE: f64 = 0.001;
/// Nobody changes a cluster for less than this share of its cost.
const WORTH: f64 = 0.003;
/// A maximum leaves room for what no training shows: it is lowered for no less than this share of the cost.
const WORTH_A_MAXIMUM: f64 = 0.01;
/// Where nothing holds so many other settings are tried in all of the training.
const LIKELY: usize = 3;
/// A setting that keeps no more than this share of the periods should not be called good.
const POOR: f64 = 0.85;

/// The setting to recommend; none where nothing can move. `progress` is called after each replication.
///
/// The answer depends on the scenario and the limits in replications alone, not on the threads; what is ended by the clock or by hand is the
/// best so far.
pub fn recommend(ask: &Ask<'_>, progress: &(dyn Fn() + Sync)) -> Option<Answer> {
    let wanted = &ask.base.wanted;
    let floors = Floors::of(&ask.base.cast, &wanted.keep);
    let movable = knobs(ask.base, &floors, wanted);
    let times = Times::of(&ask.base.cast, ask.base.duration, ask.split);
    let more = others(&Given { written: ask.written, sets: ask.sets, base: ask.base, floors: &floors, times: &times });
    let all: Vec<Knob> = movable.into_iter().chain(more).collect();
    if !all.iter().any(|knob: &Knob| knob.moves) {
        return None;
    }
    let lab = Lab::new(ask, all, times, progress);
    let as_is = Point::as_is(&lab.knobs);
    let train = periods(Part::Train, TRAIN);
    lab.simulate(std::slice::from_ref(&as_is), &train);
    let now = lab.outcomes(&as_is, &train)?;
    let stressed = Stressed::new(&lab, &as_is)?;
    let search =
        Search { lab: &lab, stressed: &stressed, as_is, train, floors, usd_per_vcpu: usd_per_vcpu(&ask.base.cast) };
    let found = search.best(&search.judge(&now, 1.0 - wanted.confidence))?;
    Some(search.answer(found))
}

/// Settings drawn at random over the minimums and targets that [`recommend`] would move, each as the texts of `--set`: what a search has to beat.
pub fn random_settings(base: &Scenario, count: usize, seed: u64) -> Vec<Vec<String>> {
    let floors = Floors::of(&base.cast, &base.wanted.keep);
    let knobs = knobs(base, &floors, &base.wanted);
    let one = |number: usize| {
        let mut stream = Seed::new(seed, number as u32).stream("random-settings", 0);
        let mut point = Point::as_is(&knobs);
        for (at, knob) in knobs.iter().enumerate() {
            let level = stream.below(knob.levels.len());
            if knob.kind != Some(KnobKind::Max) {
                point = point.with(at, level);
            }
        }
        point.texts(&knobs)
    };
    (0..count).map(one).collect()
}

struct Search<'a> {
    lab: &'a Lab<'a>,
    stressed: &'a Stressed<'a>,
    as_is: Point,
    train: Vec<Period>,
    floors: Floors,
    usd_per_vcpu: f64,
}

/// What was found, and what it came to in fresh periods.
struct Found {
    point: Point,
    judge: Judge,
    judged: Judged,
    /// The fresh periods.
    periods: Vec<Period>,
}

impl Search<'_> {
    fn judge(&self, now: &[Outcome], alpha: f64) -> Judge {
        let words = |promise: &Promise| (*promise, words(promise, &self.lab.ask.base.cast));
        let names = self.lab.promises.iter().map(words).collect::<Vec<_>>();
        Judge::new(&names, now, (self.lab.ask.base.wanted.margin, alpha))
    }

    fn check<'s>(&'s self, judge: &'s Judge) -> Check<'s> {
        Check { lab: self.lab, judge, as_is: &self.as_is }
    }

    /// The best setting, and the check of it; more careful if the first does not hold. What was ended before its check is the best of
    /// what the search saw.
    fn best(&self, judge: &Judge) -> Option<Found> {
        let (mut careful, mut learnt) = (judge.clone(), Learnt::new(self.train.clone()));
        let (mut found, mut last) = (None, self.as_is.clone());
        let mut start = self.as_is.clone();
        let check = self.check(judge);
        for number in 0..CHECKS {
            let Some(sought) = self.seek(&careful, &mut learnt, &start) else { break };
            let point = self.fitted(self.stressed.mended(&self.as_is, &sought));
            last = sought;
            let from = FRESH + number * self.lab.ask.check;
            let fresh = periods(Part::Fresh, from..from + self.lab.ask.check);
            if found.as_ref().is_some_and(|(before, _)| *before == point) {
                // What was learnt leads to the same again.
                careful = careful.more_careful();
                continue;
            }
            let Some(checked) = check.of(&point, fresh) else { break };
            let keeps = checked.judged.as_ref().is_some_and(Judged::keeps);
            learnt.tried.must_mend(checked.judged.iter().flat_map(Judged::broken_bounds));
            found = Some((point, checked.periods));
            if keeps || self.lab.is_over() || !self.lab.may_check() {
                break;
            }
            start = self.safest(&judge.more_careful(), &learnt).unwrap_or(start);
            // Time that is held back stays so: there the search can only be more careful.
            if self.lab.ask.split.is_none() {
                learnt.learn(judge, &checked.trouble);
            }
            careful = careful.more_careful();
        }
        let checked = found.and_then(|(point, periods)| {
            let judged = check.beside(&point, &periods)?;
            Some(Found { point, judge: judge.clone(), judged, periods })
        });
        let unchecked = |point: &Point| {
            let judged = self.judged(judge, point, &self.train)?;
            Some(Found { point: point.clone(), judge: judge.clone(), judged, periods: self.train.clone() })
        };
        checked.or_else(|| unchecked(&last)).or_else(|| unchecked(&self.as_is))
    }

    /// The cheapest setting that was tried so far and is far from breaking anything on the days; none where each is near.
    fn safest(&self, careful: &Judge, learnt: &Learnt) -> Option<Point> {
        let look = self.lab.times.look(&learnt.luck);
        let offset = self.offset(careful, &self.as_is, (&look, &learnt.train));
        let known = self.lab.known(&look).into_iter();
        let safe = known.filter_map(|point| {
            let judged = self.judged(careful, &point, &look)?.shifted(&offset);
            judged.keeps().then_some((judged.usd, point))
        });
        safe.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, point)| point)
    }

    /// The best setting of the time of training: sought on single days, corrected by what the whole time says of it.
    fn seek(&self, judge: &Judge, learnt: &mut Learnt, start: &Point) -> Option<Point> {
        let looked_at = [&self.lab.times.look(&learnt.luck)[..], &learnt.train].concat();
        self.lab.simulate(std::slice::from_ref(&self.as_is), &looked_at);
        let mut best: Option<(Point, Judged)> = None;
        // From below there is only something to find where nothing is broken yet.
        let starts = match self.judged(judge, &self.as_is, &learnt.train)?.keeps() {
            true => vec![self.as_is.clone(), self.frugal()],
            false => vec![start.clone()],
        };
        for start in starts {
            self.seek_from(judge, learnt, &start, &mut best);
            if 2 * self.lab.replications() >= self.lab.ask.ends.replications || self.lab.is_over() {
                break;
            }
        }
        best.map(|(point, _)| self.plain(judge, point, (&self.lab.times.look(&learnt.luck), &learnt.train)))
    }

    /// The same from one setting on. Where the whole time says something else than the days did, the search begins again with the luck that broke a
    /// promise; where it knew that luck, it goes on with the difference added.
    fn seek_from(&self, judge: &Judge, learnt: &mut Learnt, start: &Point, best: &mut Option<(Point, Judged)>) {
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
    fn offset(&self, judge: &Judge, point: &Point, (look, train): (&[Period], &[Period])) -> Vec<f64> {
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

    fn judged(&self, judge: &Judge, point: &Point, periods: &[Period]) -> Option<Judged> {
        self.check(judge).judged(point, periods)
    }

    /// Without what changes nothing: minimums below the fewest there ever were.
    fn fitted(&self, point: Point) -> Point {
        let Some(outcomes) = self.lab.outcomes(&point, &self.train) else { return point };
        let hpas = self.lab.ask.base.cast.hpas.len();
        let mut fitted = point;
        for (at, knob) in self.lab.knobs.iter().enumerate() {
            let Some(of) = knob.of.filter(|_| knob.kind == Some(KnobKind::Min)) else { continue };
            let (now, level) = (knob.number(knob.current), fitted.level(at));
            if knob.number(level) < now {
                let least = outcomes.iter().map(|own| own.size_of(hpas, of)[0]).min().unwrap_or(0);
                fitted = fitted.with(at, knob.level_of(least.min(now)).max(level));
            }
        }
        fitted
    }

    fn answer(&self, found: Found) -> Answer {
        let Found { mut point, judge, mut judged, periods } = found;
        let verdict = self.verdict((&point, &judged), &judge, &periods);
        if let (Verdict::Keep, Some(now)) = (verdict, self.judged(&judge, &self.as_is, &periods)) {
            (point, judged) = (self.as_is.clone(), now);
        }
        let both = [&self.as_is, &point].map(|point| self.lab.outcomes(point, &periods).unwrap_or_default());
        let [now, new] = &both;
        let difference = |of: &dyn Fn(&Outcome) -> f64| {
            let values = |rows: &[Outcome]| rows.iter().map(of).collect::<Vec<f64>>();
            paired::difference(&values(new), &values(now))
        };
        let usd = difference(&|own| own.usd);
        let look = self.lab.times.look(&LUCK[..1]);
        let acts = |at: usize| self.acts((&point, new), at);
        let together = effect_of(&mean(new), &mean(now));
        let effects = effects(self.lab, (&self.as_is, &point), &look, &acts).adding_up_to(&together);
        let offset = self.offset(&judge, &point, (&look, &self.train));
        let failed = self.stressed.failed(&point);
        let decided = decided_by((self.lab, &judge), (&self.as_is, &point), (&look, &offset), &|point| {
            self.stressed.failed(point).into_iter().find(|name| !failed.contains(name))
        });
        let (also, also_left_out) = also(self.lab, &judge, (&self.as_is, &point), &look);
        let measured = |rows: &[Outcome]| measured(&judge, rows);
        let trained = |point| measured(&self.lab.outcomes(point, &self.train).unwrap_or_default());
        let held = HeldBack {
            what: self.where_checked(&periods),
            trained_in: format!("{} periods of training", self.train.len()),
            training_as_is: trained(&self.as_is),
            training_recommended: trained(&point),
            holds: judged.keeps() && periods != self.train,
            broken: judge.broken(&judged),
        };
        Answer {
            verdict,
            aim: judge.aim(),
            knobs: self.rows((&point, new), &effects, &decided),
            as_is: measured(now),
            recommended: measured(new),
            difference_usd_per_month: usd,
            difference_breach: difference(&|own| own.breach),
            difference_pending_pod_hours: difference(&|own| own.pending_pod_hours),
            held_back: held,
            stresses: self.stressed.answers(&self.as_is, &point),
            would_also_save: also,
            also_left_out,
            bottleneck: self.needed(&judge, (&point, &judged), &look),
            replications: self.lab.replications(),
            settings_tried: self.lab.settings_tried() as u32,
            error_rate: judge.error_rate(now.len(), POOR),
            best_so_far: self.lab.is_stopped(),
        }
    }

    /// Whether a change does anything: a maximum above what was ever needed, before and after, does not.
    fn acts(&self, (point, outcomes): (&Point, &[Outcome]), at: usize) -> bool {
        let knob = &self.lab.knobs[at];
        let (Some(of), Some(KnobKind::Max)) = (knob.of, knob.kind) else { return true };
        let hpas = self.lab.ask.base.cast.hpas.len();
        let most = outcomes.iter().map(|own| own.size_of(hpas, of)[1]).max().unwrap_or(i64::MAX);
        most >= knob.number(knob.current).min(knob.number(point.level(at)))
    }

    /// What came of it: a change has to save beyond chance, or to keep or to survive what the present setting does not.
    fn verdict(&self, (point, judged): (&Point, &Judged), judge: &Judge, periods: &[Period]) -> Verdict {
        let both = [&self.as_is, point].map(|point| self.lab.outcomes(point, periods).unwrap_or_default());
        let usd = |rows: &[Outcome]| rows.iter().map(|own| own.usd).collect::<Vec<f64>>();
        let difference = paired::difference(&usd(&both[1]), &usd(&both[0]));
        let as_is_keeps = self.judged(judge, &self.as_is, periods).is_some_and(|judged| judged.keeps());
        let survives_more = || self.stressed.failed(point).len() < self.stressed.failed(&self.as_is).len();
        match (judged.keeps(), as_is_keeps) {
            (false, true) => Verdict::Keep,
            (false, false) => Verdict::NotFound,
            (true, _) if *point == self.as_is => Verdict::Keep,
            (true, false) => Verdict::Spend,
            (true, true) if difference.is_significant() && difference.mean < 0.0 => Verdict::Save,
            (true, true) if survives_more() => Verdict::Spend,
            (true, true) => Verdict::Keep,
        }
    }

    /// In which periods the answer was checked.
    fn where_checked(&self, periods: &[Period]) -> String {
        match (periods == self.train, self.lab.ask.split) {
            (true, _) => format!("the {} periods of the search, which was ended before its check", periods.len()),
            (false, Some(_)) => format!("the time held back, {} times", periods.len()),
            (false, None) => format!("{} fresh periods", periods.len()),
        }
    }

    /// What is not kept, and another setting that would keep it, if one of those that were tried on top does.
    fn needed(&self, judge: &Judge, (point, judged): (&Point, &Judged), look: &[Period]) -> Option<String> {
        let worst = judged.worst().filter(|_| !judged.keeps())?;
        let broken = judge.bounds[worst].name.clone();
        let rows = self.lab.knobs.iter().enumerate().filter(|(_, knob)| !knob.moves);
        let others = rows.flat_map(|(at, knob)| (0..knob.levels.len()).map(move |level| (at, level)));
        let others = others.filter(|(at, level)| point.level(*at) != *level);
        let mut likely: Vec<(f64, usize, usize)> = others
            .filter_map(|(at, level)| Some((self.judged(judge, &point.with(at, level), look)?.broken(), at, level)))
            .collect();
        likely.sort_by(|a, b| a.0.total_cmp(&b.0));
        let points: Vec<Point> = likely.iter().take(LIKELY).map(|(_, at, level)| point.with(*at, *level)).collect();
        self.lab.simulate(&points, &self.train);
        let here = self.judged(judge, point, &self.train)?;
        let keeps = likely.iter().take(LIKELY).zip(&points).find_map(|((_, at, level), point)| {
            let judged = self.judged(judge, point, &self.train).filter(Judged::keeps)?;
            let (knob, more) = (&self.lab.knobs[*at], judged.usd - here.usd);
            let word = if more > 0.0 { "more" } else { "less" };
            Some(format!("{} {} would keep it, for ${:.0} a month {word}", knob.name, knob.text(*level), more.abs()))
        });
        Some(keeps.map_or(broken.clone(), |keeps| format!("{broken}; {keeps}")))
    }

    fn rows(
        &self,
        (point, outcomes): (&Point, &[Outcome]),
        effects: &Effects,
        decided: &BTreeMap<usize, String>,
    ) -> Vec<KnobAnswer> {
        let hpas = self.lab.ask.base.cast.hpas.len();
        let row = |(at, knob): (usize, &Knob)| KnobAnswer {
            name: knob.name.clone(),
            sets: point.texts_of(&self.lab.knobs, at),
            owner: knob.owner.clone(),
            kind: knob.kind,
            current: knob.text(knob.current),
            recommended: knob.text(point.level(at)),
            why: why(knob, (point.level(at), effects.in_set.get(&at)), decided.get(&at), &self.floors),
            decided_by: decided.get(&at).cloned(),
            most: knob.of.and_then(|of| outcomes.iter().map(|own| own.size_of(hpas, of)[1]).max()),
            alone: effects.alone.get(&at).cloned(),
            in_set: effects.in_set.get(&at).cloned(),
        };
        let rows = self.lab.knobs.iter().enumerate().filter(|(_, knob)| knob.moves);
        rows.map(row).collect()
    }
}

fn measured(judge: &Judge, rows: &[Outcome]) -> Measured {
    let of = |value: &dyn Fn(&Outcome) -> f64| Estimate::of(rows.iter().map(value));
    let kept = rows.iter().filter(|own| judge.is_kept(own)).count();
    let co2e: Vec<f64> = rows.iter().filter_map(|own| own.co2e_kg).collect();
    Measured {
        usd_per_month: of(&|own| own.usd),
        kept: Estimate::of_share(kept, rows.len()),
        breach: of(&|own| own.breach).within(0.0, 1.0),
        pending_pod_hours: of(&|own| own.pending_pod_hours),
        longest_pending_s: of(&|own| own.longest_pending_s),
        p95_s: of(&|own| own.p95_s.unwrap_or(f64::NAN)),
        failed: of(&|own| own.failed).within(0.0, 1.0),
        co2e_kg_per_month: (!co2e.is_empty()).then(|| Estimate::of(co2e)),
    }
}

/// What a vCPU costs a month on the cheapest nodes that come and go; 0 where none do.
fn usd_per_vcpu(cast: &Cast) -> f64 {
    let machines = cast.groups.values().filter(|group| group.autoscaled).flat_map(|group| &group.machines);
    let price = machines.map(|machine| {
        machine.price.nano_usd() as f64 * 730.0
            / 1e9
            / (machine.template.allocatable.resources.cpu_milli as f64 / 1000.0).max(0.1)
    });
    price.reduce(f64::min).unwrap_or(0.0)
}

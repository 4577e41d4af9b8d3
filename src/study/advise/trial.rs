//! Settings, simulated: each replication of each setting once, and never again.

use super::ask::Ask;
use super::knob::Knob;
use super::outcome::Outcome;
use super::periods::{Part, Period, Times};
use super::point::Point;
use crate::scenario::{Scenario, Setting};
use crate::study::kept::{Promise, promises};
use crate::study::replicate::Study;
use crate::study::{Figures, LatencyTables};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// Where settings are simulated.
pub(super) struct Lab<'a> {
    pub(super) ask: &'a Ask<'a>,
    pub(super) knobs: Vec<Knob>,
    pub(super) promises: Vec<Promise>,
    pub(super) times: Times,
    progress: &'a (dyn Fn() + Sync),
    tables: LatencyTables,
    studies: Mutex<BTreeMap<Point, Arc<OnceLock<Option<Arc<Study>>>>>>,
    outcomes: Mutex<BTreeMap<(Point, Period), Outcome>>,
    /// Nanoseconds of simulated time.
    simulated: AtomicI64,
}

impl<'a> Lab<'a> {
    /// `progress` is called after each replication, from any thread.
    pub(super) fn new(ask: &'a Ask<'a>, knobs: Vec<Knob>, times: Times, progress: &'a (dyn Fn() + Sync)) -> Lab<'a> {
        Lab {
            ask,
            knobs,
            promises: promises(&ask.base.cast),
            times,
            progress,
            tables: LatencyTables::default(),
            studies: Mutex::default(),
            outcomes: Mutex::default(),
            simulated: AtomicI64::new(0),
        }
    }

    /// The simulated time so far, in replications of the whole scenario, rounded up.
    pub(super) fn replications(&self) -> u32 {
        let whole = self.ask.base.duration.as_nanos().max(1);
        ((self.simulated.load(Ordering::Relaxed) + whole - 1) / whole) as u32
    }
    /// The settings tried so far.
    pub(super) fn settings_tried(&self) -> usize {
        lock(&self.studies).len()
    }
    /// Nothing more is to be tried: what is left of the budget is for a check, as far as that is no more than half of it.
    pub(super) fn is_over(&self) -> bool {
        let budget = self.ask.ends.replications;
        let search = budget.saturating_sub(self.check_takes()).max(budget / 2);
        self.is_stopped() || self.replications() >= search
    }
    /// A check, in periods that nobody has looked at, is still within the budget.
    pub(super) fn may_check(&self) -> bool {
        !self.is_stopped() && self.replications() + self.check_takes() <= self.ask.ends.replications
    }
    /// What a check takes at most: the present setting and another one, in replications of the whole scenario.
    fn check_takes(&self) -> u32 {
        let (from, until) = self.times.of_part(Part::Fresh);
        let all = u128::from(2 * self.ask.check) * u128::from(until.since(from).as_nanos().unsigned_abs());
        u32::try_from(all.div_ceil(u128::from(self.ask.base.duration.as_nanos().unsigned_abs().max(1))))
            .unwrap_or(u32::MAX)
    }
    /// Somebody, or the clock, ended it.
    pub(super) fn is_stopped(&self) -> bool {
        self.ask.ends.stop.load(Ordering::Relaxed) || self.ask.ends.until.is_some_and(|until| Instant::now() >= until)
    }

    /// The study of a point; none where the scenario cannot be built with its settings.
    pub(super) fn study(&self, point: &Point) -> Option<Arc<Study>> {
        let place = lock(&self.studies).entry(point.clone()).or_default().clone();
        // Built once, whoever comes first: its warm-up is found by simulating.
        place.get_or_init(|| self.built(point).map(Arc::new)).clone()
    }

    fn built(&self, point: &Point) -> Option<Study> {
        let settings: Vec<Setting> = self.ask.sets.iter().cloned().chain(point.settings(&self.knobs)).collect();
        let scenario = self.ask.written.with(&settings).ok()?;
        let scenario = Scenario { duration: self.ask.base.duration, seed: self.ask.base.seed, ..scenario };
        Some(Study { tables: self.tables.clone(), keeps_story: false, ..Study::of(&scenario) })
    }

    /// Simulates what is not known yet of these points in these periods, on all threads.
    pub(super) fn simulate(&self, points: &[Point], periods: &[Period]) {
        let wanted: Vec<(Point, Period)> = {
            let known = lock(&self.outcomes);
            let points: BTreeSet<&Point> = points.iter().collect();
            let all = points.into_iter().flat_map(|point| periods.iter().map(move |period| (point.clone(), *period)));
            all.filter(|row| !known.contains_key(row)).collect()
        };
        let found: Vec<Option<Outcome>> =
            wanted.par_iter().map(|(point, period)| self.replicate(point, *period)).collect();
        let mut known = lock(&self.outcomes);
        for (row, outcome) in wanted.into_iter().zip(found) {
            known.extend(outcome.map(|outcome| (row, outcome)));
        }
    }

    fn replicate(&self, point: &Point, period: Period) -> Option<Outcome> {
        let name = self.words(point);
        if let Some(known) = self.ask.known.get(&name, period) {
            return Some(known);
        }
        let study = self.study(point).filter(|_| !self.is_stopped())?;
        let (from, until) = self.times.of_part(period.part);
        let study = study.over(from, until);
        let figures = Figures::of(period.number, &study.names(), study.replicate(period.number));
        let outcome = Outcome::of(&study.cast, &self.promises, &figures);
        self.simulated.fetch_add(study.duration.as_nanos(), Ordering::Relaxed);
        (self.progress)();
        self.ask.known.put(&name, period, &outcome);
        Some(outcome)
    }

    /// A point in the words of `--set`.
    fn words(&self, point: &Point) -> String {
        point.texts(&self.knobs).join(" ")
    }

    /// The points that were simulated in all of these periods.
    pub(super) fn known(&self, periods: &[Period]) -> Vec<Point> {
        // Not of the studies: what a file knows already was not built again.
        let known = lock(&self.outcomes);
        let points: BTreeSet<&Point> = known.keys().map(|(point, _)| point).collect();
        let there = |point: &&Point| periods.iter().all(|period| known.contains_key(&((*point).clone(), *period)));
        points.into_iter().filter(there).cloned().collect()
    }

    /// What a point came to in these periods; none where one of them is missing.
    pub(super) fn outcomes(&self, point: &Point, periods: &[Period]) -> Option<Vec<Outcome>> {
        let known = lock(&self.outcomes);
        periods.iter().map(|period| known.get(&(point.clone(), *period)).cloned()).collect()
    }
}

fn lock<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

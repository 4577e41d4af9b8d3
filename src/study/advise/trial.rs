//! Settings, simulated: each replication of each setting once, and never again.

use super::knob::Knob;
use super::periods::{Period, Times};
use super::point::Point;
use super::recommend::Ask;
use crate::scenario::{Scenario, Setting};
use crate::study::carbon::emissions;
use crate::study::kept::{Promise, promises};
use crate::study::replicate::Study;
use crate::study::{Figures, LatencyTables};
use crate::world::Cast;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// What one replication of a setting came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// USD per month.
    pub usd: f64,
    /// kg CO2e per month; absent where nobody asked.
    pub co2e_kg: Option<f64>,
    /// By promise: what was measured of it; infinite (absent in a file) where too few were answered.
    #[serde(deserialize_with = "crate::study::each_known_or_not")]
    pub promised: Vec<f64>,
    /// Share of the time in breach.
    pub breach: f64,
    /// Pod-hours per month without a node.
    pub pending_pod_hours: f64,
    /// The longest wait for a node, seconds.
    pub longest_pending_s: f64,
    /// Failed requests over all.
    pub failed: f64,
    /// P95 of the slowest route, seconds; absent where nobody was answered.
    pub p95_s: Option<f64>,
    /// The fewest and the most pods of each HPA, then nodes of each group.
    pub sizes: Vec<[i64; 2]>,
    /// The highest utilization that each HPA has seen, percent.
    pub hottest: Vec<i64>,
    /// The mean of what pods asked for, in vCPUs: it moves where whole nodes do not yet.
    pub requested_vcpus: f64,
}

impl Outcome {
    /// Of a replication's figures.
    fn of(cast: &Cast, promises: &[Promise], figures: &Figures) -> Outcome {
        let of_hpas = cast.hpas.iter().map(|hpa| figures.workloads[hpa.workload].desired);
        let of_groups = figures.groups.values().map(|group| group.nodes);
        Outcome {
            usd: figures.usd_per_month(figures.cost()),
            co2e_kg: emissions(cast, figures).map(|found| found.kg()),
            promised: promises.iter().map(|promise| promise.value(figures)).collect(),
            breach: figures.entry.breach_ratio(),
            pending_pod_hours: figures.pending_pod_hours_per_month(),
            longest_pending_s: figures.cluster.longest_pending.as_secs_f64(),
            failed: figures.entry.requests.failed_ratio(),
            p95_s: figures.slowest_route_s(0.95),
            sizes: of_hpas.chain(of_groups).map(|size| [size.least, size.most]).collect(),
            hottest: cast.hpas.iter().map(|hpa| figures.workloads[hpa.workload].hottest).collect(),
            requested_vcpus: requested_vcpus(cast, figures),
        }
    }
    /// Where an HPA's or a group's sizes stand.
    pub(super) fn size_of(&self, hpas: usize, of: super::knob::SizeOf) -> [i64; 2] {
        use crate::id::Id;
        match of {
            super::knob::SizeOf::Hpa(at) => self.sizes[at],
            super::knob::SizeOf::Group(group) => self.sizes[hpas + group.index()],
        }
    }
}

fn requested_vcpus(cast: &Cast, figures: &Figures) -> f64 {
    let milli = |template| cast.cluster.spec(template).requests.cpu_milli as f64;
    let rows =
        cast.workloads.iter().map(|(id, row)| milli(row.template) * figures.workloads[id].desired.mean(figures.span));
    rows.sum::<f64>() / 1000.0
}

/// Remembers outcomes from one search to the next: a file of them, or nothing.
pub trait Known: Sync {
    /// What came of a period with these settings (in the words of `--set`), if it is known.
    fn get(&self, settings: &str, period: Period) -> Option<Outcome>;
    /// It came to this.
    fn put(&self, settings: &str, period: Period, outcome: &Outcome);
}

impl Known for () {
    fn get(&self, _: &str, _: Period) -> Option<Outcome> {
        None
    }
    fn put(&self, _: &str, _: Period, _: &Outcome) {}
}

/// When to stop.
#[derive(Clone, Copy)]
pub struct Ends<'a> {
    /// Replications, all together; about so many.
    pub replications: u32,
    /// No new setting is tried after this.
    pub until: Option<Instant>,
    /// Somebody asks for the best so far.
    pub stop: &'a AtomicBool,
}

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
    pub(super) fn new(
        ask: &'a Ask<'a>,
        (knobs, times): (Vec<Knob>, Times),
        progress: &'a (dyn Fn() + Sync),
    ) -> Lab<'a> {
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
    /// Nothing more is to be tried.
    pub(super) fn is_over(&self) -> bool {
        self.is_stopped() || self.replications() >= self.ask.ends.replications
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

    /// What a point came to in these periods; none where one of them is missing.
    pub(super) fn outcomes(&self, point: &Point, periods: &[Period]) -> Option<Vec<Outcome>> {
        let known = lock(&self.outcomes);
        periods.iter().map(|period| known.get(&(point.clone(), *period)).cloned()).collect()
    }
}

fn lock<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

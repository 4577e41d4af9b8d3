//! When the second tier of the fast mode comes in, and how it hands over.
//!
//! Near capacity the first tier errs: a stationary queue takes longer to form than loads last, and a
//! backlog knows no chance. There each cohort's queues are followed as distributions instead, until load
//! is well below capacity and what has piled up is gone.

use super::backlog::{Flow, Passed};
use super::distribution::{Distribution, Moved, QueueLaw, Sorted};
use super::profile::{ArrivalProcess, Discipline};
use super::spread::Spread;
use super::table::Station;
use super::{Cohort, PodCohort, ServiceModel};

/// Whether distributions are followed, and what the last step's requests did there.
#[derive(Clone, Debug)]
pub(super) struct SecondTier {
    pub(super) is_off: bool,
    pub(super) is_on: bool,
    /// Whether every pod has a queue that others do not look at.
    is_split: bool,
    pub(super) sorted: Sorted,
    /// Requests that had waited when the tier went off, and start in this step.
    pub(super) late: f64,
    /// Waits of the step, reused.
    pub(super) waits: Spread,
    /// Load of the step before: what the queues were like when the tier came in.
    load_before: f64,
}

/// Within 10 % of capacity no stationary formula and no backlog is right.
const NEAR_CAPACITY: f64 = 0.9;
/// Below this a queue that is nearly calm is handed back.
const CALM: f64 = 0.85;

impl Default for SecondTier {
    fn default() -> Self {
        let sorted = Sorted::default();
        SecondTier {
            is_off: false,
            is_on: false,
            is_split: false,
            sorted,
            late: 0.0,
            waits: Spread::new(),
            load_before: 0.0,
        }
    }
}

impl SecondTier {
    pub(super) fn begin_step(&mut self) {
        (self.late, self.sorted) = (0.0, Sorted::default());
        self.waits.clear();
    }

    /// Spreads what must leave its pods over the cohorts by their pods.
    pub(super) fn receive(&self, moved: &[Moved], cohorts: &mut [Cohort]) {
        let there = |cohort: &Cohort| if cohort.distribution.is_some() { cohort.pods.ready } else { 0.0 };
        let ready: f64 = cohorts.iter().map(there).sum();
        for cohort in cohorts {
            let part = there(cohort) / ready.max(1e-300);
            if let Some(distribution) = cohort.distribution.as_mut().filter(|_| part > 0.0) {
                let queues = if self.is_split { cohort.pods.ready } else { 1.0 };
                distribution.receive(moved, part, queues);
            }
        }
    }
}

impl ServiceModel {
    /// Turns the second tier on or off for this step; true where it is on.
    pub(super) fn choose_tier(&mut self, rates: &[f64], span_s: f64) -> bool {
        let station = Station::new(&self.profile, self.whole_pods());
        // Bursts are a state that the chain does not have.
        let bursty = matches!(self.profile.arrivals, ArrivalProcess::Bursty { .. });
        let eligible = !self.second_tier.is_off && !bursty && station.plain_servers().is_some();
        if !eligible {
            return false;
        }
        let load = self.highest_load(rates);
        let before = std::mem::replace(&mut self.second_tier.load_before, load);
        if !self.second_tier.is_on && load >= NEAR_CAPACITY {
            self.second_tier.is_on = true;
            self.second_tier.is_split = self.is_split();
            for (index, rate) in rates.iter().enumerate() {
                let Some(law) = self.law_of(index, *rate) else { continue };
                let calm = if before > 0.0 { self.law_at(index, before.min(NEAR_CAPACITY)) } else { None };
                let (load, share) = calm.map_or((0.0, 0.0), |calm| (calm.calm_load, calm.calm_share));
                self.cohorts[index].distribution = Some(Box::new(Distribution::new(&law, load, share)));
            }
        } else if self.second_tier.is_on && load < CALM && self.is_calm(rates) {
            self.hand_back(rates, span_s);
        }
        self.second_tier.is_on
    }

    /// Lets the cohorts' flows pass through their distributions; fills `passed`.
    pub(super) fn flow_by_distribution(&mut self, rates: &[f64], span_s: f64) {
        self.second_tier.sorted = Sorted::default();
        for (index, rate) in rates.iter().enumerate() {
            let law = self.law_of(index, *rate);
            let flow = self.flow_of(index, *rate, span_s);
            let (Some(law), Some(flow)) = (law, flow) else {
                self.passed.push((*rate, Passed::default()));
                continue;
            };
            let cohort = &mut self.cohorts[index];
            let distribution = cohort.distribution.get_or_insert_with(|| Box::new(Distribution::new(&law, 0.0, 0.0)));
            let sorted = distribution.pass(&flow, &law, &mut self.drained);
            let calm_mean = law.calm_share * law.calm_load * law.step / (1.0 - law.calm_load);
            let usual = if flow.arrivals < flow.capacity { calm_mean } else { 0.0 };
            cohort.waiting = ((distribution.mean() - usual) * law.queues).max(LEAST_WAITING);
            self.passed.push((*rate, Passed { calm: sorted.free, saturated: 0.0, drained: sorted.started }));
            let sums = &mut self.second_tier.sorted;
            sums.free += sorted.free;
            sums.rejected += sorted.rejected;
            sums.abandoned += sorted.abandoned;
            sums.started += sorted.started;
        }
    }

    /// Whether no queue is much longer than it would be for ever.
    fn is_calm(&self, rates: &[f64]) -> bool {
        self.cohorts.iter().zip(rates).enumerate().all(|(index, (cohort, rate))| {
            match (&cohort.distribution, self.law_of(index, *rate)) {
                (Some(distribution), Some(law)) => {
                    let calm = law.calm_share * law.calm_load * law.step / (1.0 - law.calm_load);
                    distribution.mean() <= 1.1 * calm + 0.02
                }
                _ => true,
            }
        })
    }

    fn hand_back(&mut self, rates: &[f64], span_s: f64) {
        self.second_tier.is_on = false;
        for (index, rate) in rates.iter().enumerate() {
            let law = self.law_of(index, *rate);
            let flow = self.flow_of(index, *rate, span_s);
            let Some(mut distribution) = self.cohorts[index].distribution.take() else { continue };
            self.cohorts[index].waiting = 0.0;
            if let (Some(law), Some(flow)) = (law, flow) {
                self.second_tier.late += distribution.finish(&flow, &law, &mut self.drained);
            }
        }
    }

    fn highest_load(&self, rates: &[f64]) -> f64 {
        let load = |(cohort, rate): (&Cohort, &f64)| {
            let capacity = self.pod_capacity * cohort.pods.ready * cohort.pods.speed;
            if capacity > 0.0 { rate / capacity } else { 0.0 }
        };
        self.cohorts.iter().zip(rates).map(load).fold(0.0, f64::max)
    }

    fn flow_of(&self, index: usize, rate: f64, span_s: f64) -> Option<Flow> {
        let pods = self.cohorts[index].pods;
        let capacity = self.pod_capacity * pods.ready * pods.speed;
        (pods.ready > 0.0).then_some(Flow {
            start_s: self.clock_s,
            span_s,
            arrivals: rate,
            capacity,
            limit: f64::INFINITY,
        })
    }

    fn law_of(&self, index: usize, rate: f64) -> Option<QueueLaw> {
        let pods = self.cohorts[index].pods;
        let capacity = self.pod_capacity * pods.ready * pods.speed;
        if capacity > 0.0 { self.law_at(index, rate / capacity) } else { None }
    }

    fn law_at(&self, index: usize, load: f64) -> Option<QueueLaw> {
        let PodCohort { ready, speed, .. } = self.cohorts[index].pods;
        let whole = ready.round().clamp(1.0, 1e6) as u32;
        // A pod's queue depends on the number of all pods only where they take turns.
        let is_poisson = self.profile.arrivals == ArrivalProcess::Poisson;
        let turns = self.profile.discipline == Discipline::RoundRobin || !is_poisson;
        let pods = if turns { self.whole_pods() } else { whole };
        let servers = Station::new(&self.profile, pods).plain_servers()?;
        let queues = if self.is_split() { ready } else { 1.0 };
        Some(servers.law(load, queues, self.profile.cpu_s / speed))
    }

    fn is_split(&self) -> bool {
        matches!(self.profile.discipline, Discipline::Random | Discipline::RoundRobin)
    }

    fn whole_pods(&self) -> u32 {
        let ready: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        ready.round().clamp(1.0, 1e6) as u32
    }
}

/// A distribution always leaves a little waiting, so that cohorts are told apart as long as it is followed.
const LEAST_WAITING: f64 = 1e-9;

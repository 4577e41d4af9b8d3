//! When the second tier of the fast mode comes in, and how it hands over.
//!
//! Near capacity the first tier errs: a stationary queue takes longer to form than loads last, and a
//! backlog knows no chance. There each cohort's queues, or the numbers in its pods, are followed as distributions
//! instead, until load is well below capacity and what has piled up is gone.

use super::arriving::Arriving;
use super::backlog::{Drained, Flow, Passed};
use super::cohort::{Cohort, Followed};
use super::distribution::{Distribution, QueueLaw};
use super::pod::PodLaw;
use super::population::Population;
use super::profile::{ArrivalProcess, Discipline};
use super::table::{Serving, Station};
use super::{PodCohort, ServiceModel};

/// Within 10 % of capacity no stationary formula and no backlog is right,
const NEAR_CAPACITY: f64 = 0.9;
/// except where a pod becomes stationary so fast that steps do not matter: then not even up to this.
const NEAREST: f64 = 0.97;
/// So far below a queue that is nearly calm is handed back.
const BACK: f64 = 0.05;

impl ServiceModel {
    /// Turns the second tier on or off for this step; true where it is on.
    pub(super) fn choose_tier(&mut self, rates: &[f64], span_s: f64) -> bool {
        if self.second_tier.is_off {
            return false;
        }
        let load = self.highest_load(rates);
        let before = std::mem::replace(&mut self.second_tier.load_before, load);
        // Nothing is near any earlier.
        if !self.second_tier.is_on && load < NEAR_CAPACITY {
            return false;
        }
        // Bursts are a state that the chains do not have.
        if matches!(self.profile.arrivals, ArrivalProcess::Bursty { .. }) || !self.can_be_followed() {
            return false;
        }
        let near = self.near_capacity(span_s);
        if !self.second_tier.is_on && load >= near {
            self.second_tier.is_on = true;
            self.second_tier.is_split = self.is_split();
            for (index, rate) in rates.iter().enumerate() {
                self.cohorts[index].followed = self.begin_to_follow(index, *rate, before.min(NEAR_CAPACITY));
            }
        } else if self.second_tier.is_on && load < near - BACK && self.is_calm(rates) {
            self.hand_back(rates, span_s);
        }
        self.second_tier.is_on
    }

    /// The load from which on it matters how long a load lasts.
    ///
    /// What has a capacity of `c` requests a second (a pod whose requests share its cpu; all pods behind a balancer
    /// that looks at them) forgets within `1 / (c (1 - sqrt(load))^2)` seconds (Morse 1958, M/M/1); half a step is short enough.
    fn near_capacity(&self, span_s: f64) -> f64 {
        if self.settles_within(span_s) {
            return f64::INFINITY;
        }
        let capacity = match self.profile.discipline {
            _ if self.shared_work.is_some() => self.pod_capacity,
            Discipline::PowerOfTwo | Discipline::LeastOutstanding => self.pod_capacity * f64::from(self.whole_pods()),
            _ => return NEAR_CAPACITY,
        };
        let root = 1.0 - libm::sqrt(2.0 / (capacity * span_s).max(2.0));
        (root * root).clamp(NEAR_CAPACITY, NEAREST)
    }

    /// Whether queues with a bound are stationary at any load for nearly all of such a span: `m` places forget within
    /// `m^2 / (pi^2 c)` seconds (the slowest mode of a diffusion between walls). Those that the chains are made for,
    /// of exponential work that nobody looks at, are followed all the same.
    pub(super) fn settles_within(&self, span_s: f64) -> bool {
        let profile = &self.profile;
        let Some(bound) = profile.queue_bound.filter(|_| profile.timeout.is_none()) else { return false };
        let station = Station::new(profile, self.whole_pods());
        let Serving::Threads(threads) = station.serving else { return false };
        let usual = matches!(profile.discipline, Discipline::Random | Discipline::SharedQueue);
        if station.arriving != Arriving::Poisson || (usual && profile.shape.scv() == 1.0 && profile.off_cpu_s == 0.0) {
            return false;
        }
        let queues = if self.is_split() { 1.0 } else { f64::from(self.whole_pods()) };
        let places = queues * f64::from(threads) + queues * f64::from(bound);
        places * places < 4.0 * self.pod_capacity * queues * span_s
    }

    fn can_be_followed(&self) -> bool {
        let station = Station::new(&self.profile, self.whole_pods());
        match station.serving {
            Serving::Threads(_) => true,
            // A balancer that looks at pods would need more than one number.
            Serving::Sharing { .. } => {
                let has_phases = self.shared_work.as_ref().is_some_and(|work| work.phases.is_some());
                self.is_split() && has_phases
            }
            Serving::Unlimited => false,
        }
    }

    /// A cohort as it is after a long time at `before`, to be followed from now on at `rate`.
    fn begin_to_follow(&self, index: usize, rate: f64, before: f64) -> Option<Followed> {
        let pods = self.cohorts[index].pods;
        if let Some(law) = self.pod_law(pods, rate) {
            return Some(Followed::Pods(Box::new(Population::new(&law, before))));
        }
        let law = self.law_of(index, rate)?;
        let calm = if before > 0.0 { self.law_at(index, before) } else { None };
        let (load, share) = calm.map_or((0.0, 0.0), |calm| (calm.calm_load, calm.calm_share));
        Some(Followed::Queues(Box::new(Distribution::new(&law, load, share))))
    }

    /// Lets the cohorts' flows pass through what is followed of them; fills `passed`.
    pub(super) fn follow(&mut self, rates: &[f64], span_s: f64) {
        let mut drained = std::mem::take(&mut self.drained);
        for (index, rate) in rates.iter().enumerate() {
            let passed = self.follow_one(index, *rate, span_s, &mut drained).unwrap_or_default();
            self.passed.push((*rate, passed));
        }
        self.drained = drained;
    }

    fn follow_one(&mut self, index: usize, rate: f64, span_s: f64, drained: &mut Vec<Drained>) -> Option<Passed> {
        let flow = self.flow_of(index, rate, span_s)?;
        let known = self.cohorts[index].followed.take();
        let mut followed = known.or_else(|| self.begin_to_follow(index, rate, 0.0))?;
        let mut busy_strata = self.second_tier.busy_strata;
        let (sorted, waiting) = match &mut followed {
            Followed::Queues(queues) => {
                let law = self.law_of(index, rate)?;
                let sorted = queues.pass(&flow, &law, drained);
                let usual = if flow.arrivals < flow.capacity { law.calm_mean() } else { 0.0 };
                (sorted, (queues.mean() - usual) * law.queues)
            }
            Followed::Pods(pods) => {
                let law = self.pod_law(self.cohorts[index].pods, rate)?;
                let sorted = pods.pass(&flow, &law, drained);
                if law.threads.is_finite() {
                    busy_strata = Some(pods.busy_strata(&law, rate / law.pods));
                }
                let load = flow.arrivals / flow.capacity;
                let usual = if load < 1.0 { law.stationary_mean(load) } else { 0.0 };
                (sorted, (pods.mean() - usual) * law.pods)
            }
        };
        let calm = if matches!(followed, Followed::Queues(_)) { sorted.free } else { 0.0 };
        self.second_tier.busy_strata = busy_strata;
        let cohort = &mut self.cohorts[index];
        cohort.followed = Some(followed);
        cohort.waiting = waiting.max(LEAST_WAITING);
        let sums = &mut self.second_tier.sorted;
        sums.free += sorted.free;
        sums.rejected += sorted.rejected;
        sums.abandoned += sorted.abandoned;
        sums.started += sorted.started;
        Some(Passed { calm, saturated: 0.0, drained: sorted.started })
    }

    /// Whether nothing takes much longer than it would in the long run.
    fn is_calm(&self, rates: &[f64]) -> bool {
        let calm = |(index, rate): (usize, &f64)| {
            let pods = self.cohorts[index].pods;
            let (mean, usual) = match &self.cohorts[index].followed {
                Some(Followed::Queues(queues)) => (queues.mean(), self.law_of(index, *rate)?.calm_mean()),
                Some(Followed::Pods(known)) => {
                    let law = self.pod_law(pods, *rate)?;
                    (known.mean(), law.stationary_mean(rate / (law.capacity() * law.pods)))
                }
                None => return None,
            };
            Some(mean <= 1.1 * usual + 0.02)
        };
        rates.iter().enumerate().all(|row| calm(row).unwrap_or(true))
    }

    /// Hands back what is followed, if anything is.
    pub(super) fn leave_second_tier(&mut self, rates: &[f64], span_s: f64) {
        if self.second_tier.is_on {
            self.hand_back(rates, span_s);
        }
    }

    /// Seconds after which clients leave a queue, where they do.
    pub(super) fn patience_s(&self) -> Option<f64> {
        Station::new(&self.profile, 1).patience.map(|patience| patience * self.profile.cpu_s)
    }

    /// Whether work in service stops when a client leaves, too.
    pub(super) fn stops_work(&self) -> bool {
        Station::new(&self.profile, 1).stops_work
    }

    /// Servers, at full speed, that a queue is for.
    pub(super) fn servers_of_a_queue(&self) -> f64 {
        let pods = if self.is_split() { 1.0 } else { f64::from(self.whole_pods()) };
        (self.pod_capacity * self.profile.unloaded_s() * pods).max(1.0)
    }

    fn hand_back(&mut self, rates: &[f64], span_s: f64) {
        self.second_tier.is_on = false;
        for (index, rate) in rates.iter().enumerate() {
            let Some(followed) = self.cohorts[index].followed.take() else { continue };
            self.cohorts[index].waiting = 0.0;
            let (law, flow) = (self.law_of(index, *rate), self.flow_of(index, *rate, span_s));
            match (followed, law, flow) {
                (Followed::Queues(mut queues), Some(law), Some(flow)) => {
                    self.second_tier.late += queues.finish(&flow, &law, &mut self.drained);
                }
                (followed, ..) => self.finish_where_they_are(followed, self.cohorts[index].pods),
            }
        }
    }

    /// Lets those finish who share the CPU of pods that are no longer followed.
    pub(super) fn finish_where_they_are(&mut self, followed: Followed, pods: PodCohort) {
        if let Followed::Pods(mut known) = followed {
            let mut drained = std::mem::take(&mut self.drained);
            if let Some(law) = self.pod_law(pods, 0.0) {
                known.finish(self.clock_s, &law, &mut drained);
            }
            self.drained = drained;
        }
    }

    /// The law of pods whose requests share their CPU, of all of which `rate` requests a second arrive.
    fn pod_law(&self, pods: PodCohort, rate: f64) -> Option<PodLaw<'_>> {
        let work = self.shared_work.as_deref()?;
        let station = Station::new(&self.profile, self.whole_pods());
        let Serving::Sharing { cores, threads } = station.serving else { return None };
        let profile = &self.profile;
        let pod_rate = (rate / pods.ready.max(1e-300)).min(self.pod_capacity * pods.speed);
        // Threads that are held while off the CPU share nothing.
        let sharing = |threads: u32| (f64::from(threads) - pod_rate * profile.off_cpu_s).max(1.0);
        let threads = threads.map_or(f64::INFINITY, sharing);
        let gaps_scv = station.sharing().and_then(|sharing| sharing.gaps_scv()).unwrap_or(1.0);
        let sharing_scv = station.sharing().and_then(|sharing| sharing.chain_arrival_scv()).unwrap_or(1.0);
        (pods.ready > 0.0).then_some(PodLaw {
            pods: pods.ready,
            phases: work.phases.as_ref()?,
            cpu_s: profile.cpu_s,
            off_cpu_s: profile.off_cpu_s,
            cores,
            speed: pods.speed,
            threads,
            patience: station
                .patience
                .map_or(f64::INFINITY, |patience| threads + patience * profile.cpu_s * self.pod_capacity * pods.speed),
            places: station.bound.map_or(f64::INFINITY, |bound| threads + f64::from(bound)),
            arrival_scv: gaps_scv,
            sharing_scv,
            work_scv: profile.shape.scv(),
        })
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

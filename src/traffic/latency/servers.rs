//! Servers that requests wait for: the share that waits and the mean wait, per discipline.
//!
//! Times are in multiples of the mean work of a request.

use super::arriving::{Arriving, renewal_root, renewal_share};
use super::distribution::QueueLaw;
use super::erlang::{erlang_arrivals_root, erlang_b_inverse, erlang_c, kimura, klb_mean, klb_share, whitt};
use super::profile::{Discipline, WorkShape};
use super::two_choices::{more_with_few, share_waiting, two_choices_wait};

/// The load at which the second tier's waits are those of the formulas.
const NEAR: f64 = 0.95;

/// At higher loads than this a queue without bound needs longer to become stationary than loads
/// last; the backlog takes over.
pub(super) const HIGHEST_OPEN_LOAD: f64 = 1.0 - 1.0 / 32.0;

/// Servers that requests wait for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Servers {
    pub(super) discipline: Discipline,
    /// Pods the requests are spread over.
    pub(super) pods: u32,
    /// Requests a pod serves at a time.
    pub(super) threads: u32,
    /// The first three moments of the time a request holds its thread.
    pub(super) moments: [f64; 3],
    /// Places to wait per pod.
    pub(super) bound: Option<u32>,
    /// The patience of requests that leave the queue when it ends.
    pub(super) patience: Option<f64>,
    /// Whether work in service stops when patience ends, too.
    pub(super) stops_work: bool,
    /// How they arrive at a queue.
    pub(super) arriving: Arriving,
    /// The shape of the work a thread is held for, where it is known.
    pub(super) shape: Option<WorkShape>,
    /// The time a thread is held besides, always the same.
    pub(super) off_cpu: f64,
}

/// The mean wait and the share that waits, with the shape of the wait of those (1: exponential).
pub(super) struct Conditional {
    pub(super) share: f64,
    pub(super) mean: f64,
    pub(super) shape: f64,
}

/// Gaps and works that vary less together, as squared coefficients of variation, meet as a clock's wheels do.
pub(super) const CLOCKWORK: f64 = 0.03;

impl Servers {
    /// Whether gaps and works are so even that below capacity nobody waits: D/D/c, where no law of the wait has a shape.
    pub(super) fn is_clockwork(&self) -> bool {
        matches!(self.arriving, Arriving::Renewal { scv } if scv + self.scv() < CLOCKWORK)
    }

    /// Whether any wait could reach the patience: below capacity waits fall off exponentially, and beyond
    /// 20 times the scale of that there is one in a thousand million.
    pub(super) fn tries_patience(&self, patience: f64, load: f64) -> bool {
        let count = match self.discipline {
            Discipline::SharedQueue => self.threads * self.pods,
            _ => self.threads,
        };
        let residual = self.moments[0] * (1.0 + self.scv()) / 2.0;
        let scale = residual / f64::from(count) / (1.0 - load);
        load >= 1.0 || patience < 20.0 * scale || (self.stops_work && patience < 20.0 * residual)
    }

    /// What the second tier needs of these servers, at `load` or the highest at which they are calm;
    /// `queues` are alike, `work_s` is the unit of the moments in seconds.
    pub(super) fn law(&self, load: f64, queues: f64, work_s: f64) -> QueueLaw {
        let calm_load = load.clamp(0.01, HIGHEST_OPEN_LOAD);
        let conditional = self.conditional(calm_load);
        let is_one = self.discipline != Discipline::Random && self.discipline != Discipline::RoundRobin;
        let servers = if is_one { self.threads * self.pods } else { self.threads };
        let calm_share = conditional.share.clamp(1e-9, 1.0 - 1e-9);
        let exact = matches!(self.discipline, Discipline::Random | Discipline::SharedQueue)
            && self.arriving == Arriving::Poisson;
        let entry = if exact {
            1.0 / (erlang_b_inverse(servers, load.max(1e-6) * f64::from(servers)) - 1.0).max(1e-6)
        } else {
            calm_share * (1.0 - calm_load) / (1.0 - calm_share)
        };
        let seeks = self.discipline.looks_at_pods();
        let stuck_of = |conditional: &Conditional, load: f64| {
            if seeks { (conditional.mean - self.pooled(servers, load).mean).max(0.0) } else { 0.0 }
        };
        let stuck = stuck_of(&conditional, calm_load);
        // The size of a step must not change with the load; it matters most near capacity.
        let near = self.conditional(NEAR);
        let stuck_near = stuck_of(&near, NEAR);
        QueueLaw {
            queues,
            entry,
            calm_share,
            calm_load,
            step: (near.mean - stuck_near) * f64::from(servers) * (1.0 - NEAR) / self.moments[0],
            stuck_s: stuck * work_s,
            places: self
                .bound
                .map_or(f64::INFINITY, |bound| f64::from(bound) * if is_one { f64::from(self.pods) } else { 1.0 }),
            patience_s: self
                .patience
                .map_or(f64::INFINITY, |patience| self.patience_left(patience, stuck, load) * work_s),
        }
    }

    /// Whether every queue has one server and nothing but its own arrivals.
    pub(super) fn are_one_by_one(&self) -> bool {
        let is_split = matches!(self.discipline, Discipline::Random | Discipline::RoundRobin);
        self.threads == 1 && (is_split || self.pods == 1)
    }

    /// The squared coefficient of variation of the gaps at one queue of a split service; none for bursts.
    pub(super) fn gap_scv(&self) -> Option<f64> {
        match self.arriving {
            Arriving::Renewal { scv } => Some(scv),
            Arriving::Poisson if self.discipline == Discipline::RoundRobin => Some(1.0 / f64::from(self.pods)),
            Arriving::Poisson => Some(1.0),
            Arriving::Modulated { .. } => None,
        }
    }

    /// How long the least wait may be where a request must stay in the queue that it has joined.
    ///
    /// In overload the queues of impatient clients are full of those who will leave, so they look alike, and each
    /// behaves as one of its own: of those served, as many are late as in M/M/n+D with a pod's threads, whose offered wait
    /// grows as exp((load - 1) threads wait) up to the patience.
    fn patience_left(&self, patience: f64, stuck: f64, load: f64) -> f64 {
        if stuck <= 0.0 || load <= 1.0 {
            return patience - stuck;
        }
        let growth = f64::from(self.threads) * (load - 1.0);
        // Of an exponential loss of half a work and an exponential work together.
        let beyond = 1.0 - libm::sqrt(1.0 / (1.0 + growth));
        (patience + self.moments[0] * libm::log(beyond)).max(0.5 * patience)
    }

    pub(super) fn scv(&self) -> f64 {
        (self.moments[1] / (self.moments[0] * self.moments[0]) - 1.0).max(0.0)
    }

    /// GI/M/c, stretched to other work as in heavy traffic.
    fn renewal(&self, servers: u32, load: f64, scv: f64) -> Conditional {
        let count = f64::from(servers);
        let root = renewal_root(count, load, scv);
        let stretch = (scv + self.scv()) / (scv + 1.0);
        let mean = self.moments[0] * stretch / (count * (1.0 - root));
        Conditional { share: renewal_share(servers, load, scv), mean, shape: 1.0 }
    }

    pub(super) fn conditional(&self, load: f64) -> Conditional {
        if let Arriving::Renewal { scv } = self.arriving {
            let split = matches!(self.discipline, Discipline::Random | Discipline::RoundRobin);
            let servers = if split { self.threads } else { self.threads * self.pods };
            let own = self.renewal(servers, load, scv);
            if split || self.pods == 1 {
                return own;
            }
            let poisson = Servers { arriving: Arriving::Poisson, ..*self };
            let stuck = (poisson.conditional(load).mean - poisson.pooled(servers, load).mean).max(0.0);
            return Conditional { mean: own.mean + stuck, ..own };
        }
        match self.discipline {
            Discipline::SharedQueue => self.pooled(self.threads * self.pods, load),
            Discipline::Random => self.pooled(self.threads, load),
            _ if self.pods == 1 => self.pooled(self.threads, load),
            Discipline::RoundRobin => self.round_robin(load),
            Discipline::LeastOutstanding => self.least_outstanding(load),
            Discipline::PowerOfTwo => self.power_of_two(load),
        }
    }

    /// M/G/c: Erlang's C, Kimura's mean; for one server the exact second moment (Takács).
    pub(super) fn pooled(&self, servers: u32, load: f64) -> Conditional {
        let share = erlang_c(servers, load);
        let count = f64::from(servers);
        let mean = self.moments[0] / (count * (1.0 - load)) * kimura(servers, load, self.scv());
        Conditional { share, mean, shape: self.tail_shape(servers, load) }
    }

    /// The gamma shape of the wait of those that wait.
    ///
    /// For one server it is a geometric number of residual works: both moments are exact
    /// (Pollaczek-Khinchine, Takács). Several servers that are all busy are taken as one that is as
    /// fast as all; where work varies much and load is low the wait is more exponential than that
    /// (the weight is fitted).
    fn tail_shape(&self, servers: u32, load: f64) -> f64 {
        let [first, second, third] = self.moments;
        let residual = second / (2.0 * first);
        let mean = residual / (1.0 - load);
        let square = third / (3.0 * first) / (1.0 - load) + 2.0 * load * mean * mean;
        let shape = (mean * mean / (square - mean * mean).max(1e-3 * mean * mean)).clamp(0.02, 50.0);
        let weight = libm::pow(load, libm::sqrt(f64::from(servers) - 1.0));
        if shape < 1.0 { 1.0 + (shape - 1.0) * weight } else { shape }
    }

    /// GI/G/K with the arrivals that turns leave to one pod: Erlang with as many phases as pods.
    fn round_robin(&self, load: f64) -> Conditional {
        let phases = f64::from(self.pods);
        let (arrival_scv, scv) = (1.0 / phases, self.scv());
        let count = f64::from(self.threads);
        if self.threads > 1 {
            let poisson = erlang_c(self.threads, load) * self.moments[0] / (count * (1.0 - load));
            let mean_of_all = whitt(self.threads, load, arrival_scv, scv) * (arrival_scv + scv) / 2.0 * poisson;
            let mean = self.moments[0] * (arrival_scv + scv) / (2.0 * count * (1.0 - load));
            return Conditional { share: (mean_of_all / mean).min(1.0), mean, shape: 1.0 };
        }
        // E_n/M/1 is exact; its wait is stretched from exponential work to this work by the ratio
        // that Kraemer and Langenbach-Belz give.
        let root = erlang_arrivals_root(phases, load);
        let exact = root / (1.0 - root);
        let mean_of_all = self.moments[0] * exact * klb_mean(load, arrival_scv, scv) / klb_mean(load, arrival_scv, 1.0);
        let share = (root * klb_share(load, arrival_scv, scv) / klb_share(load, arrival_scv, 1.0)).clamp(1e-9, 1.0);
        let mean = mean_of_all / share;
        let shape = if scv > 1.0 { self.tail_shape(1, load) } else { 1.0 };
        Conditional { share, mean, shape }
    }

    /// The pooled queue, and what is lost because a queued request cannot change its pod.
    fn least_outstanding(&self, load: f64) -> Conditional {
        let pooled = self.pooled(self.threads * self.pods, load);
        let stuck =
            self.moments[0] * (1.0 + self.scv()) / 4.0 * (1.0 - 1.0 / f64::from(self.pods)) / f64::from(self.threads);
        Conditional { share: pooled.share, mean: pooled.mean + stuck, shape: 1.0 }
    }

    /// Mean field of the two choices for exponential work, stretched to other work, and what few pods add.
    fn power_of_two(&self, load: f64) -> Conditional {
        if self.threads > 1 {
            return self.pooled(self.threads * self.pods, load);
        }
        let (_, first, second) = two_choices_wait(load);
        let heavy = (1.0 + self.scv()) / 2.0;
        // Who joins the shorter queue evades long works; the exponent is fitted to the mean field.
        let stretch = if heavy > 1.0 { libm::pow(heavy, 0.64) } else { heavy } * self.moments[0];
        let (often, more) = more_with_few(self.pods, load);
        let more = more * heavy * self.moments[0];
        let share = share_waiting(self.pods, load);
        let mean_of_all = first * stretch + often * more;
        let square = second * stretch * stretch + 2.0 * often * more * (more + first * stretch / share);
        let (mean, square) = (mean_of_all / share, square / share);
        let shape = mean * mean / (square - mean * mean).max(0.05 * mean * mean);
        Conditional { share, mean, shape }
    }
}

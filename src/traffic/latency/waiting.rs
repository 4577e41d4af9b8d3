//! Stationary waiting for a thread, per discipline: how many wait, and for how long.
//!
//! Times are in multiples of the mean work of a request. Start reading at [`Wait::stationary`].

use super::arriving::{Arriving, ModulatedQueue, renewal_root, renewal_share};
use super::distribution::QueueLaw;
use super::phases::Phases;
use super::profile::{Discipline, WorkShape};
use super::table::HIGHEST_OPEN_LOAD;
use super::two_choices::{TwoChoices, more_with_few, share_waiting};
use super::work::{Cells, GammaSurvival, Survival, cells_of};
use statrs::function::gamma::gamma_ur;

/// The wait of a request that is taken, and how many are not taken.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wait {
    /// The share of taken requests that do not wait at all.
    pub(super) none: f64,
    /// The waits of those that do; their mass is `1 - none`.
    pub(super) cells: Cells,
    /// The share of requests rejected because no place was free.
    pub(super) rejected: f64,
    /// The share of requests that gave up while they waited.
    pub(super) abandoned: f64,
}

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
    /// How they arrive at a queue.
    pub(super) arriving: Arriving,
    /// The shape of the time a thread is held, where it is that of the work.
    pub(super) shape: Option<WorkShape>,
}

/// The load at which the second tier's waits are those of the formulas.
const NEAR: f64 = 0.95;

/// How finely waits are cut.
const CELLS_PER_OCTAVE: i32 = 6;

/// The mean wait and the share that waits, with the shape of the wait of those (1: exponential).
struct Conditional {
    share: f64,
    mean: f64,
    shape: f64,
}

impl Wait {
    /// Nobody waits.
    pub(super) fn nobody() -> Wait {
        Wait { none: 1.0, cells: Cells::default(), rejected: 0.0, abandoned: 0.0 }
    }

    /// The stationary wait at `load`: offered work over capacity, below 1 unless the queue is
    /// bounded or its requests lose patience.
    pub(super) fn stationary(servers: &Servers, load: f64) -> Wait {
        if load <= 0.0 {
            return Wait::nobody();
        }
        match (servers.bound, servers.patience) {
            (Some(bound), _) => Wait::bounded(servers, bound, load),
            (None, Some(patience)) if servers.tries_patience(patience, load) => {
                Wait::impatient(servers, patience, load)
            }
            _ => match servers.arriving {
                Arriving::Modulated { levels, sojourns } => Wait::modulated(servers, load, levels, sojourns),
                Arriving::Poisson if servers.takes_one_of_two() => Wait::one_of_two(servers, load)
                    .unwrap_or_else(|| Wait::from_conditional(&servers.conditional(load))),
                _ => Wait::from_conditional(&servers.conditional(load)),
            },
        }
    }

    fn from_conditional(conditional: &Conditional) -> Wait {
        let Conditional { share, mean, shape } = *conditional;
        let gamma = GammaSurvival::new(shape);
        let survival = |w: f64| if shape == 1.0 { libm::exp(-w / mean) } else { gamma.at(w / mean) };
        let cells = cells_of(survival, mean, CELLS_PER_OCTAVE).scaled(share);
        Wait { none: 1.0 - share, cells, rejected: 0.0, abandoned: 0.0 }
    }

    /// Behind two choices with variable work; none where it varies too little.
    fn one_of_two(servers: &Servers, load: f64) -> Option<Wait> {
        let shape = servers.shape?;
        let phases = Phases::of(shape, &Survival::tabulate(1.0 / 256.0, |x| shape.survival(x)))?;
        let known = TwoChoices::new(&phases, servers.scv(), servers.pods, load);
        let (share, survival) = (known.share(), known.survival());
        let cells = cells_of(|w| survival(w) / share, known.mean() / share, CELLS_PER_OCTAVE).scaled(share);
        Some(Wait { none: 1.0 - share, cells, rejected: 0.0, abandoned: 0.0 })
    }

    /// Arrivals between two levels: exact for exponential work; other work stretches time as it stretches
    /// the waits of Poisson arrivals in heavy traffic. What cannot change its queue loses as with Poisson.
    fn modulated(servers: &Servers, load: f64, levels: [f64; 2], sojourns: [f64; 2]) -> Wait {
        let split = matches!(servers.discipline, Discipline::Random | Discipline::RoundRobin);
        let count = if split { servers.threads } else { servers.threads * servers.pods };
        let unit = servers.moments[0] * (1.0 + servers.scv()) / 2.0;
        let queue = ModulatedQueue::new(count, load, levels, sojourns.map(|sojourn| sojourn / unit));
        let poisson = Servers { arriving: Arriving::Poisson, ..*servers };
        let stuck =
            if split { 0.0 } else { (poisson.conditional(load).mean - poisson.pooled(count, load).mean).max(0.0) };
        let [(share_one, mean_one), (share_two, mean_two)] =
            queue.waits.map(|(share, mean)| (share, mean * unit + stuck));
        let share = (share_one + share_two).clamp(1e-12, 1.0);
        let survival = |w: f64| (share_one * libm::exp(-w / mean_one) + share_two * libm::exp(-w / mean_two)) / share;
        let mean = (share_one * mean_one + share_two * mean_two) / share;
        let cells = cells_of(survival, mean, CELLS_PER_OCTAVE).scaled(share);
        Wait { none: 1.0 - share, cells, rejected: 0.0, abandoned: 0.0 }
    }

    /// M/M/c/K: exact for exponential work; for other work the waits are stretched as those of an
    /// unbounded queue would be.
    fn bounded(servers: &Servers, bound: u32, load: f64) -> Wait {
        let (servers_count, places) = match servers.discipline {
            Discipline::SharedQueue => (servers.threads * servers.pods, u64::from(bound) * u64::from(servers.pods)),
            _ => (servers.threads, u64::from(bound)),
        };
        let states = MMcK::new(servers_count, places.min(MMcK::MOST_PLACES) as u32, load);
        let stretch =
            servers.moments[0] * kimura(servers_count, load.min(0.95), servers.scv()) / f64::from(servers_count);
        let share = states.waiting_share();
        if share <= 1e-9 {
            return Wait { rejected: states.full, ..Wait::nobody() };
        }
        let survival = |w: f64| states.wait_survival(w / stretch);
        let mean = states.mean_wait_of_waiting() * stretch;
        let cells = cells_of(survival, mean, CELLS_PER_OCTAVE).scaled(share);
        Wait { none: 1.0 - share, cells, rejected: states.full, abandoned: 0.0 }
    }

    /// M/M/n+D: an arrival that would wait longer than its patience leaves.
    ///
    /// Source: Zeltyn and Mandelbaum, "Call centers with impatient customers: many-server
    /// asymptotics of the M/M/n+G queue", 2005. Exact for exponential work.
    fn impatient(servers: &Servers, patience: f64, load: f64) -> Wait {
        let count = match servers.discipline {
            Discipline::SharedQueue => servers.threads * servers.pods,
            _ => servers.threads,
        };
        let stretch = servers.moments[0] * kimura(count, load.min(0.95), servers.scv());
        let patience = patience / stretch;
        let (servers_count, rate) = (f64::from(count), load * f64::from(count));
        // The density of the wait of an arrival is proportional to exp(-drain w) up to the patience.
        let drain = servers_count - rate;
        let busy_but_one = 1.0 / erlang_b_inverse(count - 1, rate);
        let growth = |w: f64| if drain.abs() < 1e-9 { w } else { -libm::expm1(-drain * w) / drain };
        let at_end = libm::exp(-drain * patience);
        // In units of the probability that all servers but one are busy.
        let below = 1.0 / busy_but_one;
        let served_waiting = rate * growth(patience);
        let leaving = rate * at_end / servers_count;
        let total = below + served_waiting + leaving;
        let taken = below + served_waiting;
        let survival = |w: f64| {
            if w >= patience { 0.0 } else { (growth(patience) - growth(w)) / growth(patience) }
        };
        let share = served_waiting / taken;
        let edges: Vec<f64> = (0..=64).map(|edge| patience * f64::from(edge) / 64.0).collect();
        let masses = edges.windows(2).map(|pair| (survival(pair[0]) - survival(pair[1])) * share).collect();
        let cells = Cells { edges: edges.iter().map(|edge| edge * stretch).collect(), masses };
        Wait { none: 1.0 - share, cells, rejected: 0.0, abandoned: leaving / total }
    }
}

impl Servers {
    /// Whether any wait could reach the patience: below capacity waits fall off exponentially, and beyond
    /// 20 times the scale of that there is one in a thousand million.
    pub(super) fn tries_patience(&self, patience: f64, load: f64) -> bool {
        let count = match self.discipline {
            Discipline::SharedQueue => self.threads * self.pods,
            _ => self.threads,
        };
        let scale = self.moments[0] * (1.0 + self.scv()) / 2.0 / f64::from(count) / (1.0 - load);
        load >= 1.0 || patience < 20.0 * scale
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
        let seeks = matches!(self.discipline, Discipline::LeastOutstanding | Discipline::PowerOfTwo);
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
            patience_s: self.patience.map_or(f64::INFINITY, |patience| patience * work_s),
        }
    }

    fn takes_one_of_two(&self) -> bool {
        self.discipline == Discipline::PowerOfTwo && self.threads == 1 && self.pods > 1
    }

    fn scv(&self) -> f64 {
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

    fn conditional(&self, load: f64) -> Conditional {
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
    fn pooled(&self, servers: u32, load: f64) -> Conditional {
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
        // Who joins the shorter queue evades long works; the exponent is fitted to the mean field of `TwoChoices`.
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

/// The share that waits in M/M/c at `load` = rate / (c mu). Cost: O(c).
pub(super) fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocked = 1.0 / erlang_b_inverse(servers, load * f64::from(servers));
    blocked / (1.0 - load * (1.0 - blocked))
}

/// One over Erlang's B: the recursion that cannot overflow at its start or cancel.
fn erlang_b_inverse(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |inverse, k| 1.0 + inverse * f64::from(k) / offered)
}

/// The mean wait of M/G/c over that of M/M/c.
///
/// Source: Kimura, "A two-moment approximation for the mean waiting time in the GI/G/s queue",
/// 1986, with Cosmetatos' M/D/c.
fn kimura(servers: u32, load: f64, scv: f64) -> f64 {
    let deterministic = 0.5 * (1.0 + cosmetatos(servers, load));
    (1.0 + scv) / (2.0 * scv + (1.0 - scv) / deterministic)
}

/// Cosmetatos' correction; 0 for one server and for full load.
fn cosmetatos(servers: u32, load: f64) -> f64 {
    let count = f64::from(servers);
    (1.0 - load) * (count - 1.0) * (libm::sqrt(4.0 + 5.0 * count) - 2.0) / (16.0 * load * count)
}

/// Whitt's factor on (ca2 + cs2) / 2 times the wait of M/M/m.
///
/// Source: Whitt, "Approximations for the GI/G/m queue", 1993, (2.24) to (2.30).
fn whitt(servers: u32, load: f64, arrival_scv: f64, scv: f64) -> f64 {
    let gamma = cosmetatos(servers, load).min(0.24);
    let first = 1.0 + gamma;
    let third = (1.0 - 4.0 * gamma) * libm::exp(-2.0 * (1.0 - load) / (3.0 * load));
    let fourth = ((first + third) / 2.0).min(1.0);
    let middle = (arrival_scv + scv) / 2.0;
    let psi = if middle >= 1.0 { 1.0 } else { libm::pow(fourth, 2.0 * (1.0 - middle)) };
    if arrival_scv >= scv {
        let below = 4.0 * arrival_scv - 3.0 * scv;
        4.0 * (arrival_scv - scv) / below * first + scv / below * psi
    } else {
        let below = 2.0 * (arrival_scv + scv);
        (scv - arrival_scv) / below * third + (scv + 3.0 * arrival_scv) / below * psi
    }
}

/// The mean wait of GI/G/1 in multiples of the mean work (Kraemer and Langenbach-Belz, 1976).
fn klb_mean(load: f64, arrival_scv: f64, scv: f64) -> f64 {
    let sum = arrival_scv + scv;
    let damped = libm::exp(-2.0 * (1.0 - load) * (1.0 - arrival_scv) * (1.0 - arrival_scv) / (3.0 * load * sum));
    load / (1.0 - load) * sum / 2.0 * damped
}

/// The share that waits in GI/G/1 (Kraemer and Langenbach-Belz, 1976).
fn klb_share(load: f64, arrival_scv: f64, scv: f64) -> f64 {
    let above = 1.0 + arrival_scv + load * scv;
    let below = 1.0 + load * (scv - 1.0) + load * load * (4.0 * arrival_scv + scv);
    load + (arrival_scv - 1.0) * load * (1.0 - load) * above / below
}

/// The root of s = A*(1 - s) for Erlang arrivals: the share that waits in E_n/M/1.
pub(super) fn erlang_arrivals_root(phases: f64, load: f64) -> f64 {
    let mut root = load * load;
    for _ in 0..200 {
        let next = libm::pow(1.0 + (1.0 - root) / (phases * load), -phases);
        if (next - root).abs() < 1e-12 {
            break;
        }
        root = next;
    }
    root
}

/// The share that waits, and the first two moments of everybody's wait in multiples of the work,
/// when the shorter of two queues is joined (exponential work, many pods).
fn two_choices_wait(load: f64) -> (f64, f64, f64) {
    // P(the queue joined has at least j) = load^(2^(j+1) - 2); a wait behind j is j works long.
    let at_least = |j: i32| libm::pow(load, libm::exp2(f64::from(j + 1)) - 2.0);
    let (mut first, mut second) = (0.0, 0.0);
    for j in 1..40 {
        let behind = at_least(j);
        first += behind;
        second += 2.0 * f64::from(j) * behind;
        if behind < 1e-12 {
            break;
        }
    }
    (at_least(1), first, second)
}

/// The mean number in system over the number in service that two choices leave to a pod: the
/// slow-down of processor sharing behind them.
pub(super) fn two_choices_slowdown(load: f64) -> f64 {
    1.0 + two_choices_wait(load).1
}

/// M/M/c/K: what an arrival finds. Times in multiples of `work / c`.
struct MMcK {
    /// The probability of each number waiting while all servers are busy.
    queued: Vec<f64>,
    /// The probability that no place is left.
    full: f64,
}

impl MMcK {
    /// Longer queues behave as this one at every load where the bound matters.
    const MOST_PLACES: u64 = 2_000;

    fn new(servers: u32, places: u32, load: f64) -> MMcK {
        let below_busy = erlang_b_inverse(servers, load * f64::from(servers)) - 1.0;
        // In units of the probability that exactly all servers are busy.
        let mut queued = Vec::with_capacity(places as usize + 1);
        let (mut weight, mut sum) = (1.0_f64, below_busy);
        for _ in 0..=places {
            queued.push(weight);
            sum += weight;
            weight *= load;
            if !sum.is_finite() || sum > 1e250 {
                let scale = 1e-200;
                queued.iter_mut().for_each(|q| *q *= scale);
                (sum, weight) = (sum * scale, weight * scale);
            }
        }
        queued.iter_mut().for_each(|q| *q /= sum);
        let full = queued.pop().unwrap_or(0.0);
        MMcK { queued, full }
    }

    /// The share of taken requests that wait.
    fn waiting_share(&self) -> f64 {
        self.queued.iter().sum::<f64>() / (1.0 - self.full).max(1e-12)
    }

    fn mean_wait_of_waiting(&self) -> f64 {
        let (mass, sum) =
            self.queued.iter().enumerate().fold((0.0, 0.0), |(m, s), (q, p)| (m + p, s + p * (q as f64 + 1.0)));
        if mass > 0.0 { sum / mass } else { 0.0 }
    }

    /// P(wait > w) of those that wait: behind q others it is a sum of q + 1 exponentials.
    fn wait_survival(&self, w: f64) -> f64 {
        let all: f64 = self.queued.iter().sum();
        if self.queued.len() > 200 {
            let above = |(q, p): (usize, &f64)| p * gamma_ur(q as f64 + 1.0, w);
            return self.queued.iter().enumerate().map(above).sum::<f64>() / all;
        }
        let mut term = libm::exp(-w);
        let (mut survival, mut sum) = (term, 0.0);
        for (q, p) in self.queued.iter().enumerate() {
            sum += p * survival.min(1.0);
            term *= w / (q as f64 + 1.0);
            survival += term;
        }
        sum / all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(discipline: Discipline, pods: u32, threads: u32) -> Servers {
        Servers {
            discipline,
            pods,
            threads,
            moments: [1.0, 2.0, 6.0],
            bound: None,
            patience: None,
            arriving: Arriving::Poisson,
            shape: None,
        }
    }

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() <= tolerance, "{found}, not {wanted}");
    }

    #[test]
    fn known_queues_have_their_wait() {
        // M/M/1: load / (1 - load). M/M/2 at 0.8: C = 0.7111, wait C / (2 (1 - load)).
        check(Wait::stationary(&servers(Discipline::Random, 7, 1), 0.8).cells.mean(), 4.0, 1e-6);
        check(erlang_c(2, 0.8), 0.711_111, 1e-6);
        check(Wait::stationary(&servers(Discipline::SharedQueue, 2, 1), 0.8).cells.mean(), 1.777_778, 1e-5);
        let fixed = Servers { moments: [1.0, 1.0, 1.0], ..servers(Discipline::Random, 1, 1) };
        check(Wait::stationary(&fixed, 0.8).cells.mean(), 2.0, 1e-6);
        check(erlang_c(10_000, 0.99), 0.236, 0.05);
    }

    #[test]
    fn disciplines_are_ordered() {
        let wait = |discipline| Wait::stationary(&servers(discipline, 5, 1), 0.8).cells.mean();
        let order = [
            Discipline::SharedQueue,
            Discipline::LeastOutstanding,
            Discipline::PowerOfTwo,
            Discipline::RoundRobin,
            Discipline::Random,
        ];
        for pair in order.windows(2) {
            assert!(wait(pair[0]) < wait(pair[1]), "{pair:?}: {} {}", wait(pair[0]), wait(pair[1]));
        }
    }

    #[test]
    fn bounded_queues_reject_as_erlang_says() {
        // M/M/1/5 at 0.8 (4 places to wait).
        let wait = Wait::stationary(&Servers { bound: Some(4), ..servers(Discipline::SharedQueue, 1, 1) }, 0.8);
        check(wait.rejected, 0.088_819_5, 1e-6);
        check(wait.cells.mean() + 1.0, 0.051_261_3 / 0.02, 0.002);
        // Erlang's B: five servers, four Erlang, no place to wait.
        let loss = Wait::stationary(&Servers { bound: Some(0), ..servers(Discipline::SharedQueue, 5, 1) }, 0.8);
        check(loss.rejected, 0.199_067, 1e-5);
        check(loss.cells.mean(), 0.0, 0.0);
        // Far above capacity nearly everything beyond it is rejected, whatever the bound.
        for bound in [10, 1999] {
            let wait = Wait::stationary(&Servers { bound: Some(bound), ..servers(Discipline::Random, 3, 4) }, 4.0);
            check(wait.rejected, 0.75, 1e-3);
        }
    }

    #[test]
    fn impatient_requests_leave() {
        // Without drift the wait is uniform up to the patience.
        let one = Servers { patience: Some(10.0), ..servers(Discipline::SharedQueue, 1, 1) };
        let wait = Wait::stationary(&one, 1.0);
        check(wait.abandoned, 1.0 / 12.0, 1e-9);
        check(wait.cells.mean(), 10.0 / 11.0 * 5.0, 1e-9);
        check(Wait::stationary(&one, 0.2).abandoned, 0.0, 1e-3);
        check(Wait::stationary(&one, 3.0).abandoned, 2.0 / 3.0, 1e-3);
    }
}

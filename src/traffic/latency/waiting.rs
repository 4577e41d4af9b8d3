//! Stationary waiting for a thread, per discipline: how many wait, and for how long.
//!
//! Times are in multiples of the mean work of a request. Start reading at [`Wait::stationary`].

use super::arriving::{Arriving, ModulatedQueue};
use super::erlang::{MMcK, kimura};
use super::offered_wait::{Offered, OfferedWait};
use super::one_server::{self, Law};
use super::profile::{Discipline, WorkShape};
use super::routed::Routed;
use super::servers::{Conditional, Servers};
use super::work::{Cells, GammaSurvival, Survival, cells_of};

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
    /// Work done for an arrival, in multiples of the mean.
    pub(super) done: f64,
}

/// How finely waits are cut.
const CELLS_PER_OCTAVE: i32 = 6;

/// More places per pod are not followed one by one.
const MOST_PLACES: u32 = 100;

impl Wait {
    /// Nobody waits.
    pub(super) fn nobody() -> Wait {
        Wait { none: 1.0, cells: Cells::default(), rejected: 0.0, abandoned: 0.0, done: 1.0 }
    }

    /// The stationary wait at `load`: offered work over capacity, below 1 unless the queue is
    /// bounded or its requests lose patience.
    pub(super) fn stationary(servers: &Servers, load: f64) -> Wait {
        if load <= 0.0 || (load < 1.0 && servers.is_clockwork()) {
            return Wait::nobody();
        }
        let has_patience = servers.patience.is_some_and(|patience| servers.tries_patience(patience, load));
        let known = matches!(servers.bound, None | Some(0..=MOST_PLACES)) && servers.arriving == Arriving::Poisson;
        let routed = if known && !has_patience { Routed::new(servers, load) } else { None };
        if let Some(Routed { share, cells, rejected }) = routed {
            return Wait { none: 1.0 - share, cells, rejected, abandoned: 0.0, done: 1.0 - rejected };
        }
        match (servers.bound, servers.patience) {
            (_, Some(patience)) if servers.tries_patience(patience, load) => Wait::impatient(servers, patience, load),
            (Some(bound), _) => Wait::bounded(servers, bound, load),
            _ if servers.are_one_by_one() => {
                Wait::one_by_one(servers, load).unwrap_or_else(|| Wait::open(servers, load))
            }
            _ => Wait::open(servers, load),
        }
    }

    /// Any queue without a bound.
    fn open(servers: &Servers, load: f64) -> Wait {
        match servers.arriving {
            Arriving::Modulated { levels, sojourns } => Wait::modulated(servers, load, levels, sojourns),
            _ => Wait::from_conditional(&servers.conditional(load)),
        }
    }

    fn from_conditional(conditional: &Conditional) -> Wait {
        let Conditional { share, mean, shape } = *conditional;
        let gamma = GammaSurvival::new(shape);
        let survival = |w: f64| if shape == 1.0 { libm::exp(-w / mean) } else { gamma.at(w / mean) };
        let cells = cells_of(survival, mean, CELLS_PER_OCTAVE).scaled(share);
        Wait { none: 1.0 - share, cells, rejected: 0.0, abandoned: 0.0, done: 1.0 }
    }

    /// One server per queue, where the formulas are not good: exact. None where they are, or work is unknown.
    fn one_by_one(servers: &Servers, load: f64) -> Option<Wait> {
        let (shape, scv) = (servers.shape?, servers.gap_scv()?);
        let calm = servers.scv() <= 1.0 && scv == 1.0;
        if calm || (servers.scv() == 1.0 && scv <= 1.0) {
            return None;
        }
        let unit = servers.moments[0];
        let table = Survival::tabulate(1.0 / 256.0, |x| shape.survival(x));
        let off = servers.off_cpu;
        let limited = |x: f64| match shape {
            WorkShape::Deterministic => x.min(unit),
            _ => x.min(off) + table.integral((x - off).max(0.0)),
        };
        let work = Law { limited: &limited, scv: servers.scv(), mean: unit };
        let (share, cells) = one_server::wait_of(scv, unit / load, &work);
        Some(Wait { none: 1.0 - share, cells, rejected: 0.0, abandoned: 0.0, done: 1.0 })
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
        Wait { none: 1.0 - share, cells, rejected: 0.0, abandoned: 0.0, done: 1.0 }
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
            return Wait { rejected: states.full, done: 1.0 - states.full, ..Wait::nobody() };
        }
        let survival = |w: f64| states.wait_survival(w / stretch);
        let mean = states.mean_wait_of_waiting() * stretch;
        let cells = cells_of(survival, mean, CELLS_PER_OCTAVE).scaled(share);
        Wait { none: 1.0 - share, cells, rejected: states.full, abandoned: 0.0, done: 1.0 - states.full }
    }

    /// Clients give up; what they are offered depends on all that comes at a queue. Other arrivals than Poisson count as
    /// work that varies as much more, as in heavy traffic (Kingman 1961).
    fn impatient(servers: &Servers, patience: f64, load: f64) -> Wait {
        // In overload queues are full of those who will leave: they look alike to whoever seeks the shortest.
        let blind = load >= 1.0 && !servers.stops_work && servers.discipline != Discipline::SharedQueue;
        let split = blind || matches!(servers.discipline, Discipline::Random | Discipline::RoundRobin);
        let count = if split { servers.threads } else { servers.threads * servers.pods };
        let arrival_scv = match servers.arriving {
            Arriving::Renewal { scv } => scv,
            _ if servers.discipline == Discipline::RoundRobin => 1.0 / f64::from(servers.pods),
            _ => 1.0,
        };
        // In overload it matters how work meets the end of patience; below, how much varies. What varies less than even
        // work at random times is as smaller pieces of work that come more often.
        let arrival_scv = if load < 1.0 { arrival_scv } else { 1.0 };
        let scv = servers.scv() + arrival_scv - 1.0;
        let piece = (1.0 + scv).clamp(0.02, 1.0);
        let scv = scv.max(0.0);
        let shape = match servers.shape {
            Some(shape) if arrival_scv == 1.0 && servers.off_cpu == 0.0 => shape,
            _ if scv < 1e-3 => WorkShape::Deterministic,
            _ if scv == 1.0 => WorkShape::Exponential,
            _ if scv < 1.0 => WorkShape::Gamma { scv },
            _ => WorkShape::Lognormal { scv },
        };
        let queues = if split { 1.0 } else { f64::from(servers.pods) };
        let places = servers.bound.map(|bound| (f64::from(bound) * queues / piece).ceil() as u32);
        let unit = servers.moments[0] * piece;
        let offered = OfferedWait {
            work: &Survival::tabulate(1.0 / 256.0, |x| shape.survival(x)),
            servers: count,
            rate: load * f64::from(count),
            patience: patience / unit,
            stops_work: servers.stops_work,
            places,
        };
        let known = scv == 1.0 && !servers.stops_work && places.is_none();
        let offered = if known { offered.exponential(1.0) } else { offered.solve(kimura(count, load.min(0.95), scv)) };
        Wait::of(offered, unit)
    }

    /// The wait of those who start, of what is offered in multiples of `unit`.
    pub(super) fn of(offered: Offered, unit: f64) -> Wait {
        let taken = (offered.free + offered.waits.mass()).max(1e-300);
        let Offered { free, waits, rejected, abandoned, done } = offered;
        let mut cells = waits.scaled(1.0 / taken);
        cells.edges.iter_mut().for_each(|edge| *edge *= unit);
        Wait { none: free / taken, cells, rejected, abandoned, done }
    }
}

#[cfg(test)]
mod tests {
    use super::super::erlang::erlang_c;
    use super::*;

    fn servers(discipline: Discipline, pods: u32, threads: u32) -> Servers {
        Servers {
            discipline,
            pods,
            threads,
            moments: [1.0, 2.0, 6.0],
            bound: None,
            patience: None,
            stops_work: false,
            arriving: Arriving::Poisson,
            shape: None,
            off_cpu: 0.0,
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

    #[test]
    fn nobody_waits_for_a_clock() {
        for discipline in [Discipline::SharedQueue, Discipline::RoundRobin, Discipline::PowerOfTwo] {
            let even = Servers {
                moments: [1.0, 1.0, 1.0],
                arriving: Arriving::Renewal { scv: 0.0 },
                ..servers(discipline, 20, 4)
            };
            for load in [0.3, 0.57, 0.8, 0.99] {
                let wait = Wait::stationary(&even, load);
                check(wait.none, 1.0, 0.0);
                check(wait.rejected + wait.abandoned + wait.cells.mean(), 0.0, 0.0);
            }
        }
    }
}

//! Processor sharing: all requests of a pod at once, each at most on one core.
//!
//! Times are in multiples of the mean work of a request.

use super::arriving::{Arriving, ModulatedQueue, renewal_root, renewal_share};
use super::erlang::{erlang_c, klb_mean};
use super::one_server::{self, Law};
use super::profile::{Discipline, WorkShape};
use super::servers::Servers;
use super::time_given_work::TimeGivenWork;
use super::two_choices::two_choices_slowdown;
use super::waiting::Wait;
use super::work::{Cells, GammaSurvival, Survival};
use std::cell::Cell;

/// A pod whose requests share its cores.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sharing {
    pub(super) shape: WorkShape,
    pub(super) cores: f64,
    /// At most this many at a time; the others wait for a thread.
    pub(super) threads: Option<u32>,
    pub(super) discipline: Discipline,
    pub(super) pods: u32,
    pub(super) arriving: Arriving,
}

impl Sharing {
    /// How much longer a request takes than alone in the pod, once it has its thread.
    ///
    /// Random pods: exact (the mean does not depend on the shape of the work), with the number in
    /// the pod's birth-death law where it has more than one core. The other disciplines: as the
    /// number in a pod of theirs with exponential work.
    fn slowdown(&self, load: f64) -> f64 {
        let poisson = self.poisson_slowdown(load);
        if let Some(arrival_scv) = self.gaps_scv() {
            // What more cores gain by sharing less, they gain as with Poisson arrivals.
            let gain = (poisson - 1.0) * (1.0 - load) / load.max(1e-9);
            return 1.0 + self.delay_alone(load, arrival_scv) * gain.min(1.0);
        }
        if let Some(number) = self.number_found(load) {
            // Of one core; more cores gain by sharing less what Poisson arrivals gain there.
            let gain = (poisson - 1.0) * (1.0 - load) / load.max(1e-9);
            return 1.0 + (number / load.max(1e-9) - 1.0) * gain.min(1.0);
        }
        if self.pods <= 1 {
            return poisson;
        }
        let pods = f64::from(self.pods);
        let factor = match self.discipline {
            Discipline::Random => return poisson,
            Discipline::RoundRobin => return poisson,
            Discipline::PowerOfTwo => two_choices_slowdown(load) + erlang_c(self.pods, load) / (pods * (1.0 - load)),
            Discipline::LeastOutstanding | Discipline::SharedQueue => {
                1.0 + erlang_c(self.pods, load) * (1.0 / (pods * (1.0 - load)) + 0.5 * (1.0 - 1.0 / pods))
            }
        };
        // The gain over random pods, applied to what sharing costs there.
        1.0 + (poisson - 1.0) * ((factor - 1.0) * (1.0 - load) / load.max(1e-9)).min(1.0)
    }

    /// The variation of the gaps between the arrivals at a pod, where they are not Poisson and no pod is sought.
    pub(super) fn gaps_scv(&self) -> Option<f64> {
        match (self.discipline, self.arriving) {
            (Discipline::Random | Discipline::RoundRobin, Arriving::Renewal { scv }) => Some(scv),
            (Discipline::RoundRobin, Arriving::Poisson) if self.pods > 1 => Some(1.0 / f64::from(self.pods)),
            _ => None,
        }
    }

    /// What sharing one core adds to a request over what it takes alone, where arrivals are renewals (GI/G/1-PS).
    ///
    /// The workload does not depend on the order of service: on average it is `load` times what an arrival waits,
    /// first come, first served, and a mean residual work for each in service (Brumelle 1971). Who shares is taken
    /// to have a mean residual work left, as with Poisson arrivals (Kelly 1979) and in heavy traffic (Gromoll 2004);
    /// that is exact for exponential work, too.
    pub(super) fn delay_alone(&self, load: f64, arrival_scv: f64) -> f64 {
        if load <= 0.0 {
            return 0.0;
        }
        let scv = self.shape.scv();
        let wait = self.wait_one_by_one(load, arrival_scv);
        let poisson = load / (1.0 - load);
        poisson + (wait.mean() / ((1.0 + scv) / 2.0) - poisson) * self.small_works_alone(load)
    }

    /// What requests would wait for one core that serves one by one (GI/G/1).
    pub(super) fn wait_one_by_one(&self, load: f64, arrival_scv: f64) -> Cells {
        let scv = self.shape.scv();
        let table = Survival::tabulate(1.0 / 256.0, |x| self.shape.survival(x));
        let even = self.shape == WorkShape::Deterministic;
        let limited = |x: f64| if even { x.min(1.0) } else { table.integral(x) };
        one_server::wait_of(arrival_scv, 1.0 / load, &Law { limited: &limited, scv, mean: 1.0 }).1
    }

    /// The mean residual work, as far as the number of others remembers it.
    pub(super) fn residual_remembered(&self, load: f64) -> f64 {
        (1.0 + self.shape.scv()) / 2.0 / self.small_works_alone(load)
    }

    /// By how much more the variation of gaps counts because large works take longer than the number of others is
    /// remembered: the mean residual work over that of works cut off there, at least 1.
    ///
    /// Where to cut is fitted to the exact mode (lognormal work with SCV 4 and 8 behind turns).
    fn small_works_alone(&self, load: f64) -> f64 {
        if self.shape.scv() <= 1.0 {
            return 1.0;
        }
        let most = 4.0 / (1.0 - load);
        let sums = self.shape.cells().iter().fold([0.0; 4], |[all, squares, cut, cut_squares], (from, to, chance)| {
            let work = (from + to) / 2.0;
            let kept = work.min(most);
            [
                all + chance * work,
                squares + chance * work * work,
                cut + chance * kept,
                cut_squares + chance * kept * kept,
            ]
        });
        (sums[1] / sums[0] * sums[2] / sums[3]).max(1.0)
    }

    /// The same in closed form, about (Kraemer and Langenbach-Belz 1976).
    fn delay_about(&self, load: f64, arrival_scv: f64) -> f64 {
        let scv = self.shape.scv();
        let root = renewal_root(1.0, load, arrival_scv);
        let wait = root / (1.0 - root) * klb_mean(load, arrival_scv, scv) / klb_mean(load, arrival_scv, 1.0);
        wait / ((1.0 + scv) / 2.0)
    }

    /// Whether a balancer looks at the pods.
    pub(super) fn seeks(&self) -> bool {
        self.pods > 1 && !matches!(self.discipline, Discipline::Random | Discipline::RoundRobin)
    }

    /// Whether the law of the number in the pod is found first, and all else by it.
    pub(super) fn is_followed_by_number(&self, bound: Option<u32>) -> bool {
        let uneven = self.arriving != Arriving::Poisson;
        let known = !uneven || bound.is_none() || self.gaps_scv().is_some();
        let few = self.threads.unwrap_or(0) + bound.unwrap_or(0) < 380;
        let bursty = matches!(self.arriving, Arriving::Modulated { .. });
        let turns = self.gaps_scv().is_some() && self.cores > 1.0;
        known && few && (self.seeks() || turns || bursty || self.threads.is_some())
    }

    /// How fast the number in the pod changes, over how fast it would with arrivals without memory.
    pub(super) fn haste(&self) -> f64 {
        let scv = self.shape.scv();
        // What is left of even work is known: the others change sooner.
        let even = (2.0 / (1.0 + scv)).max(1.0);
        self.gaps_scv().map_or(even, |gaps| even * (gaps + scv) / (1.0 + scv))
    }

    /// How arrivals that are renewals vary for a birth-death chain of the number in a pod of one core: with this
    /// variation of the gaps and exponential work the chain has the mean number that they leave there.
    pub(super) fn chain_arrival_scv(&self) -> Option<f64> {
        /// Near capacity the variation matters, and depends little on the load.
        const LOAD: f64 = 0.92;
        let slowdown = 1.0 + self.delay_about(LOAD, self.gaps_scv()?);
        // The chain's number is load (1 + (variation - 1) load / 2) / (1 - load).
        Some((1.0 + 2.0 * ((1.0 - LOAD) * slowdown - 1.0) / LOAD).max(-0.9))
    }

    /// Requests in a pod of one core with exponential work, where arrivals are not Poisson.
    fn number_found(&self, load: f64) -> Option<f64> {
        if load <= 0.0 {
            return None;
        }
        let seeks = !matches!(self.discipline, Discipline::Random | Discipline::RoundRobin);
        let pods = if seeks { self.pods } else { 1 };
        match self.arriving {
            Arriving::Poisson => None,
            Arriving::Renewal { scv } => {
                let share = renewal_share(pods, load, scv);
                let waiting = share * load / (1.0 - renewal_root(f64::from(pods), load, scv));
                Some(load + waiting / f64::from(pods))
            }
            Arriving::Modulated { levels, sojourns } => {
                let queue =
                    ModulatedQueue::new(pods, load, levels, sojourns.map(|sojourn| sojourn * self.cores.min(1.0)));
                Some(queue.mean_number / f64::from(pods))
            }
        }
    }

    /// E[number served] / E[number served if nobody shared], Poisson arrivals at one pod.
    fn poisson_slowdown(&self, load: f64) -> f64 {
        let alone = self.cores.min(1.0);
        let most = self.threads.map_or(f64::INFINITY, f64::from);
        if self.cores <= 1.0 && self.threads.is_none() {
            return 1.0 / (1.0 - load);
        }
        // p(k) is proportional to the product of rate / speed(j); beyond the threads it falls
        // geometrically, with `threads` served each.
        let rate = load * self.cores;
        let (mut weight, mut sum, mut served) = (1.0_f64, 1.0, 0.0);
        let mut number = 1.0_f64;
        while number < 1e5 {
            weight *= rate / number.min(self.cores);
            if number >= most {
                sum += weight / (1.0 - load);
                served += most * weight / (1.0 - load);
                break;
            }
            sum += weight;
            served += number * weight;
            if weight * (1.0 + number) < 1e-12 * sum {
                break;
            }
            number += 1.0;
        }
        (served / sum / rate * alone).max(1.0)
    }

    /// P(time with a thread > t): for each amount of work, the work alone plus a gamma delay with
    /// the conditional mean and variance, then `off_cpu`.
    ///
    /// Source: Ott, "The sojourn-time distribution in the M/G/1 queue with processor sharing",
    /// 1984 (the conditional variance for exponential work, close for others).
    pub(super) fn survival(&self, load: f64, off_cpu: f64) -> Survival {
        let load = load.min(0.995);
        let slowdown = self.slowdown(load);
        let alone = self.cores.min(1.0);
        if slowdown - 1.0 < 1e-6 {
            return Survival::tabulate(1.0 / 256.0, |t| self.shape.survival((t - off_cpu) * alone));
        }
        let forgets = if self.gaps_scv().is_some() {
            (2.0 / (1.0 + self.shape.scv())).max(1.0) / self.poisson_slowdown(load)
        } else {
            1.0 / slowdown
        };
        let crowd = Crowd { slowdown, forgets, alone };
        self.survival_of(self.shape.cells().into_iter().map(|cell| Delay::new(cell, crowd)).collect(), off_cpu)
    }

    /// P(time > t) where the work is of one of these kinds.
    pub(super) fn survival_of(&self, delays: Vec<Delay>, off_cpu: f64) -> Survival {
        // Times are asked for in rising order: what was over at one is over at the next.
        let over = Cell::new(0);
        Survival::tabulate_smooth(1.0 / 256.0, |t| {
            let t = t - off_cpu;
            over.set(over.get() + delays[over.get()..].iter().take_while(|delay| delay.end <= t).count());
            delays[over.get()..].iter().map(|delay| delay.survival(t)).sum()
        })
    }

    /// The wait for one of `threads` threads of a pod whose requests share its cores.
    ///
    /// The share that waits is that of the number in the pod; the mean is set so that wait and
    /// sharing together last as long as Avi-Itzhak and Halfin's blend of sharing and first come,
    /// first served.
    pub(super) fn wait_for_thread(&self, threads: u32, load: f64, bound: Option<u32>) -> Wait {
        let scv = self.shape.scv();
        // One fast server that serves one at a time has the same departures.
        let work = 1.0 / self.cores;
        let stretched = 1.0 + load.min(1.0) * (scv - 1.0) / 2.0;
        let [first, second, third] = [1.0, 2.0, 6.0];
        let pace = work * stretched;
        let moments = [first * pace, second * pace * pace, third * pace * pace * pace];
        let discipline = match self.discipline {
            Discipline::SharedQueue => Discipline::LeastOutstanding,
            other => other,
        };
        let servers = Servers {
            discipline,
            pods: self.pods,
            threads: 1,
            moments,
            bound,
            patience: None,
            stops_work: false,
            arriving: self.arriving,
            shape: None,
            off_cpu: 0.0,
        };
        if bound.is_some() {
            return self.closed_wait(servers, threads, load);
        }
        let wait = Wait::stationary(&servers, load.min(0.995));
        // `threads - 1` more may be in the pod before anybody waits.
        let rarer = libm::pow(self.seen_load(load), f64::from(threads - 1));
        let cells = wait.cells.scaled(rarer);
        Wait { none: 1.0 - cells.mass(), cells, ..wait }
    }

    /// The ratio of the chances of one more and of one fewer in the pod, as arrivals see it.
    fn seen_load(&self, load: f64) -> f64 {
        let unlimited = Sharing { threads: None, ..*self };
        let delay = |sharing: Sharing| 1.0 - 1.0 / sharing.slowdown(load.min(0.995));
        load * delay(unlimited) / delay(Sharing { discipline: Discipline::Random, ..unlimited }).max(1e-9)
    }

    /// With a bound every place counts: the pod is one server with `threads - 1`
    /// places that are no wait, and the queue behind them.
    fn closed_wait(&self, servers: Servers, threads: u32, load: f64) -> Wait {
        let bound = servers.bound.map(|bound| bound + threads - 1);
        let inner = Servers { bound, discipline: Discipline::Random, ..servers };
        let wait = Wait::stationary(&inner, load);
        let in_service = f64::from(threads - 1) * servers.moments[0];
        let mut none = wait.none;
        let mut cells = Cells { edges: vec![0.0], masses: Vec::new() };
        for (from, to, mass) in wait.cells.iter() {
            let beyond = mass * ((to - in_service) / (to - from)).clamp(0.0, 1.0);
            none += mass - beyond;
            if beyond > 0.0 {
                cells.edges.push(to - in_service);
                cells.masses.push(beyond);
            }
        }
        Wait { none, cells, ..wait }
    }
}

/// The others in a request's pod.
#[derive(Clone, Copy)]
struct Crowd {
    /// The mean time of a request over the time alone.
    slowdown: f64,
    /// By how much the number of others is forgotten while a mean work is done.
    forgets: f64,
    /// The speed of a request alone.
    alone: f64,
}

/// The time of similar amounts of work among others: evenly spread alone, plus a gamma delay.
pub(super) struct Delay {
    /// The times alone.
    from: f64,
    to: f64,
    probability: f64,
    /// Of the delay.
    mean: f64,
    delay: GammaSurvival,
    /// Nothing takes longer.
    end: f64,
}

impl Delay {
    /// With the mean and variance of the time given the work.
    pub(super) fn given((from, to, probability): (f64, f64, f64), time: &TimeGivenWork, alone: f64) -> Delay {
        let work = (from + to) / 2.0;
        let (mean, variance) = time.at(work);
        let mean = (mean - work / alone).max(1e-9);
        let delay = GammaSurvival::new(mean * mean / variance.max(1e-6 * mean * mean));
        let (from, to) = (from / alone, to / alone);
        Delay { from, to, probability, mean, end: to + mean * delay.end(), delay }
    }

    /// A delay so many times as long.
    pub(super) fn times(self, factor: f64) -> Delay {
        let mean = self.mean * factor;
        Delay { mean, end: self.to + mean * self.delay.end(), ..self }
    }

    /// Nothing takes longer.
    pub(super) fn end(&self) -> f64 {
        self.end
    }

    /// A work never takes longer than this many times itself; the mean stays.
    pub(super) fn at_most(self, times: f64, alone: f64) -> Delay {
        let most = (times * alone - 1.0).max(0.0) * (self.from + self.to) / 2.0;
        if most >= self.mean * self.delay.end() {
            return self;
        }
        let stretch = |mean: f64| self.mean / self.delay.integral(most / mean).max(0.5);
        let mean = stretch(stretch(self.mean));
        Delay { mean, end: self.end.min(self.to + most), ..self }
    }

    fn new((from, to, probability): (f64, f64, f64), crowd: Crowd) -> Delay {
        let Crowd { slowdown, forgets, alone: alone_speed } = crowd;
        let load = 1.0 - 1.0 / slowdown;
        let work = (from + to) / 2.0;
        // The variance over the squared mean of the delay.
        let y = work * forgets;
        let square = 2.0 * (y + libm::expm1(-y)) / (load * y * y);
        let delay = GammaSurvival::new(1.0 / square.max(1e-6));
        let mean = work / alone_speed * (slowdown - 1.0);
        let (from, to) = (from / alone_speed, to / alone_speed);
        Delay { from, to, probability, mean, end: to + mean * delay.end(), delay }
    }

    fn survival(&self, t: f64) -> f64 {
        if t <= self.from {
            return self.probability;
        }
        if self.to <= self.from {
            return self.probability * self.delay.at((t - self.from) / self.mean);
        }
        // The mean over where in the cell the work is.
        let area = self.delay.integral((t - self.from) / self.mean) - self.delay.integral((t - self.to) / self.mean);
        self.probability * self.mean * area / (self.to - self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::super::erlang::erlang_arrivals_root;
    use super::*;

    fn sharing(cores: f64, threads: Option<u32>, discipline: Discipline, pods: u32) -> Sharing {
        Sharing { shape: WorkShape::Exponential, cores, threads, discipline, pods, arriving: Arriving::Poisson }
    }

    #[test]
    fn slowdowns_are_those_of_the_number_in_the_pod() {
        let check = |sharing: Sharing, load: f64, wanted: f64| {
            let found = sharing.slowdown(load);
            assert!((found - wanted).abs() < 1e-6, "{sharing:?} at {load}: {found}, not {wanted}");
        };
        check(sharing(0.5, None, Discipline::Random, 4), 0.8, 5.0);
        // Two cores are M/M/2 in their number: T = S / (1 - load^2).
        check(sharing(2.0, None, Discipline::Random, 4), 0.8, 1.0 / (1.0 - 0.64));
        // One thread does not share.
        check(sharing(0.5, Some(1), Discipline::Random, 4), 0.8, 1.0);
        assert!(sharing(1.0, None, Discipline::PowerOfTwo, 10).slowdown(0.8) < 3.0);
    }

    #[test]
    fn turns_of_exponential_work_and_poisson_arrivals_of_any_work_are_exact() {
        // E_n/M/1 shares as long as it serves one by one: 1 / (1 - root).
        for (pods, load) in [(2, 0.5), (6, 0.8), (25, 0.95)] {
            let found = sharing(1.0, None, Discipline::RoundRobin, pods).slowdown(load);
            let wanted = 1.0 / (1.0 - erlang_arrivals_root(f64::from(pods), load));
            assert!((found / wanted - 1.0).abs() < 5e-3, "{pods} pods: {found}, not {wanted}");
        }
        for shape in [WorkShape::Deterministic, WorkShape::Lognormal { scv: 8.0 }] {
            let pod = Sharing { shape, ..sharing(1.0, None, Discipline::Random, 1) };
            assert!((pod.delay_alone(0.8, 1.0) / 4.0 - 1.0).abs() < 0.02, "{shape:?}");
            // In heavy traffic the variations add up: (1/4 + scv) / (1 + scv).
            let scv = shape.scv();
            let ratio = pod.delay_alone(0.98, 0.25) / pod.delay_alone(0.98, 1.0);
            assert!((ratio / ((0.25 + scv) / (1.0 + scv)) - 1.0).abs() < 0.05, "{shape:?}: {ratio}");
        }
    }

    #[test]
    fn a_tail_never_rises_and_ends_whatever_the_pod() {
        let shapes = [
            WorkShape::Deterministic,
            WorkShape::Exponential,
            WorkShape::Lognormal { scv: 9.0 },
            WorkShape::Gamma { scv: 0.1 },
        ];
        let pods = [(0.001, None), (0.3, Some(1)), (0.5, Some(16)), (1.7, Some(200)), (64.0, None)];
        for (shape, (cores, threads)) in shapes.into_iter().flat_map(|shape| pods.map(|pod| (shape, pod))) {
            for load in [1e-9, 0.01, 0.37, 0.9, 0.995, 3.0] {
                for off_cpu in [0.0, 0.7, 40.0] {
                    let pod = Sharing { shape, ..sharing(cores, threads, Discipline::Random, 1) };
                    let tail = pod.survival(load, off_cpu);
                    let at: Vec<f64> = (0..2_000).map(|step| tail.at(f64::from(step * step) * 0.01)).collect();
                    assert!(at.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{pod:?} at {load}, {off_cpu}");
                    assert!(at[0] == 1.0 && at[at.len() - 1] >= 0.0, "{pod:?} at {load}, {off_cpu}");
                }
            }
        }
    }

    #[test]
    fn limited_sharing_lasts_as_long_as_sharing_for_exponential_work() {
        for threads in [1, 4, 20] {
            let pod = sharing(1.0, Some(threads), Discipline::Random, 4);
            let total = pod.slowdown(0.8) + pod.wait_for_thread(threads, 0.8, None).cells.mean();
            assert!((total - 5.0).abs() < 1e-3, "{threads} threads: {total}");
        }
    }
}

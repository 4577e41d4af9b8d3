//! What a pod of requests that share a CPU is made of, and how the number in it changes.

use super::pace::rates_between;
use super::phases::Phases;

/// More states than this are taken together two by two.
pub(super) const MOST_STATES: usize = 512;
/// What is left out at either end.
pub(super) const NEGLIGIBLE: f64 = 1e-7;
/// A solver's step moves the mean by at most this many states.
const MOST_DRIFT: f64 = 4.0;

/// What a pod is made of besides its flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodLaw<'a> {
    /// Pods alike; above 0.
    pub(super) pods: f64,
    /// The work.
    pub(super) phases: &'a Phases,
    /// Mean CPU seconds of a request.
    pub(super) cpu_s: f64,
    /// Seconds a request stays after its CPU time.
    pub(super) off_cpu_s: f64,
    /// Cores of one pod.
    pub(super) cores: f64,
    /// The speed of a core.
    pub(super) speed: f64,
    /// Requests that share the CPU at most; may be infinite.
    pub(super) threads: f64,
    /// Requests in the pod at most; may be infinite.
    pub(super) places: f64,
    /// Requests in the pod above which whoever came would wait for longer than its patience; may be infinite.
    pub(super) patience: f64,
    /// The squared variation of the gaps between a pod's arrivals.
    pub(super) arrival_scv: f64,
    /// The same as it seems while all in the pod share its CPU: then the number's variation is not that of the work.
    pub(super) sharing_scv: f64,
    /// The squared variation of the work.
    pub(super) work_scv: f64,
}

impl PodLaw<'_> {
    /// CPU seconds a second that a request gets alone.
    pub(super) fn alone(&self) -> f64 {
        self.speed * self.cores.min(1.0)
    }

    /// Requests a second that all CPUs of a pod together do.
    pub(super) fn capacity(&self) -> f64 {
        self.cores * self.speed / self.cpu_s
    }

    /// Requests a second that the CPU serves with this many in the pod.
    pub(super) fn served(&self, number: f64) -> f64 {
        (number * self.alone() / self.cpu_s).min(self.capacity())
    }

    /// The squared variations of gaps and of work, as they count with this many in the pod.
    ///
    /// Who shares the CPU leaves as with exponential work; behind the threads the work itself counts.
    fn variations(&self, number: f64) -> (f64, f64) {
        if number < self.threads { (self.sharing_scv, 1.0) } else { (self.arrival_scv, self.work_scv) }
    }

    /// How much of its mean work each of this many requests gets in a second.
    fn pace(&self, number: f64) -> f64 {
        let sharing = number.min(self.threads).max(1e-9);
        (self.alone() / self.cpu_s).min(self.capacity() / sharing)
    }

    /// Whether a request that finds this many in the pod stays.
    pub(super) fn takes(&self, number: f64) -> bool {
        number + 0.5 <= self.places.min(self.patience)
    }

    /// The share of departures that are others' than one's own.
    fn share_of_others(&self, number: f64) -> f64 {
        1.0 - 1.0 / number.min(self.threads).max(1.0)
    }

    /// The law of the number after a long time at `load` (below 1), from 0 on.
    pub(super) fn stationary(&self, load: f64) -> Vec<f64> {
        let rate = load * self.capacity();
        let mut values = vec![1.0];
        let (mut weight, mut sum, mut number) = (1.0, 1.0, 1.0);
        while weight > NEGLIGIBLE * sum && values.len() < MOST_STATES && number <= self.places {
            weight *= rate / self.served(number);
            sum += weight;
            values.push(weight);
            number += 1.0;
        }
        values.iter_mut().for_each(|value| *value /= sum);
        values
    }

    /// The mean number after a long time at `load` (below 1).
    pub(super) fn stationary_mean(&self, load: f64) -> f64 {
        self.stationary(load).iter().enumerate().map(|(number, share)| number as f64 * share).sum()
    }

    /// The number from which on the CPU is fully used and all that comes waits, if anything waits here.
    pub(super) fn full_from(&self) -> f64 {
        if self.threads.is_finite() { self.threads } else { self.cores.ceil() }
    }

    /// The variance a second of the number while the CPU is fully used.
    pub(super) fn variance(&self, arrivals: f64) -> f64 {
        let (arrival_scv, work_scv) = self.variations(f64::INFINITY);
        arrivals * arrival_scv + self.capacity() * work_scv
    }
}

/// How the numbers in pods change for a while, apart from chance: on a grid that moves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Motion {
    /// Requests a second that arrive at a pod.
    pub(super) arrivals: f64,
    /// States a second by which the numbers of all pods move together; 0 where some pods are nearly idle or full.
    pub(super) glide: f64,
}

impl Motion {
    /// By how many states the numbers move between two times, in seconds since the begin.
    pub(super) fn states(&self, from_s: f64, to_s: f64) -> isize {
        let at = |time_s: f64| (self.glide * time_s).round();
        (at(to_s) - at(from_s)) as isize
    }
}

/// The states of a grid.
pub(super) struct States {
    /// Numbers per state.
    pub(super) unit: f64,
    /// The number in the pod that each state stands for.
    pub(super) numbers: Vec<f64>,
}

/// A pod's rates, by state of a grid.
pub(super) struct Pod<'a> {
    pub(super) law: &'a PodLaw<'a>,
    pub(super) motion: Motion,
    /// Numbers per state.
    unit: f64,
    /// The number in the pod that each state stands for.
    pub(super) numbers: Vec<f64>,
    /// Up and down, in states a second.
    pub(super) rates: Vec<(f64, f64)>,
    /// The same for a request in the pod, which does not see itself leave.
    pub(super) others: Vec<(f64, f64)>,
    /// Mean works a second that each request in the pod gets.
    pub(super) pace: Vec<f64>,
}

impl<'a> Pod<'a> {
    /// Requests leave `relief` times as fast as with exponential work.
    pub(super) fn new(law: &'a PodLaw<'a>, motion: Motion, states: States, relief: &[f64]) -> Pod<'a> {
        let States { unit, numbers } = states;
        let mut pod = Pod {
            pace: numbers.iter().map(|number| law.pace(*number)).collect(),
            law,
            motion,
            unit,
            rates: Vec::new(),
            others: Vec::new(),
            numbers,
        };
        let both = pod.numbers.iter().zip(relief);
        pod.rates = both.map(|(number, relief)| pod.rates_at(*number, *relief)).collect();
        let others = |(number, (up, down)): (&f64, &(f64, f64))| (*up, down * law.share_of_others(*number));
        pod.others = pod.numbers.iter().zip(&pod.rates).map(others).collect();
        pod
    }

    /// The states that a pod with an idle thread may reach within a time; all where threads are not limited.
    pub(super) fn near_idle(&self, within_s: f64) -> Pod<'a> {
        let (law, arrivals) = (self.law, self.motion.arrivals);
        let drift = (arrivals - law.capacity()).max(0.0);
        let reach = law.threads + drift * within_s + 5.0 * libm::sqrt(law.variance(arrivals) * within_s);
        let states = self.numbers.partition_point(|number| *number <= reach).max(1);
        Pod {
            numbers: self.numbers[..states].to_vec(),
            rates: self.rates[..states].to_vec(),
            others: self.others[..states].to_vec(),
            pace: self.pace[..states].to_vec(),
            ..*self
        }
    }

    /// The rates up and down from this many in the pod.
    fn rates_at(&self, number: f64, relief: f64) -> (f64, f64) {
        let (law, unit) = (self.law, self.unit);
        let arrivals = if law.takes(number) { self.motion.arrivals } else { 0.0 };
        let served = law.served(number) * relief;
        if number < 0.5 {
            return (arrivals / unit, served / unit);
        }
        let (arrival_scv, work_scv) = law.variations(number);
        // A full pod is left at the pace at which it serves.
        let work_scv = if law.takes(number) { work_scv } else { 1.0 };
        let variance = arrivals * arrival_scv + served * work_scv;
        rates_between((arrivals - served) / unit - self.motion.glide, variance / (unit * unit))
    }

    /// The longest time with at most this many births and deaths, and without a large drift.
    pub(super) fn longest_s(&self, most_moves: f64) -> f64 {
        let drift = self.rates.last().map_or(0.0, |(up, down)| (up - down).abs()) + self.motion.glide.abs();
        let moves = self.rates.iter().map(|(up, down)| up + down).fold(0.0, f64::max);
        (MOST_DRIFT / drift.max(1e-12)).min(most_moves / moves.max(1e-12))
    }

    /// Who starts at once, by the number in the pod once it is there, from the number found.
    pub(super) fn starts(&self, found: &[f64]) -> Vec<f64> {
        let mut starts = vec![0.0; found.len()];
        for (at, share) in found.iter().enumerate() {
            if self.numbers[at] < self.law.threads && self.law.takes(self.numbers[at]) {
                let next = (at + 1).min(found.len() - 1);
                starts[at] += share * (1.0 - 1.0 / self.unit);
                starts[next] += share / self.unit;
            }
        }
        starts
    }
}

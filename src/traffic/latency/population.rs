//! The second tier where requests share a CPU: the number in a pod near capacity, as a distribution.
//!
//! With exponential work the number is a birth-death chain whose deaths come as fast as its requests get CPU, and
//! [`Tagged`] requests are followed through it as it is; other work is taken apart into [`Phases`]. Stationary
//! numbers do not depend on the shape of the work; in overload requests leave as fast as those that are followed.
//! Where threads are limited, requests above them wait in [`Line`] until the CPU has done the work ahead.
//!
//! Start reading at [`Population::pass`].

use super::ahead::Ahead;
use super::backlog::{Drained, Flow};
use super::chain::rates_between;
use super::distribution::Sorted;
use super::line::{Line, Moved, Span, total_of};
use super::phases::Phases;
use super::solver::Solver;
use super::spread::Spread;
use super::table::{HIGHEST_OPEN_LOAD, STRATA};
use super::tagged::{Company, Haste, Tagged};

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
    /// The squared variation of the work.
    pub(super) work_scv: f64,
}

impl PodLaw<'_> {
    /// CPU seconds a second that a request gets alone.
    fn alone(&self) -> f64 {
        self.speed * self.cores.min(1.0)
    }

    /// Requests a second that all CPUs of a pod together do.
    pub(super) fn capacity(&self) -> f64 {
        self.cores * self.speed / self.cpu_s
    }

    /// Requests a second that the CPU does for so many in the pod.
    fn served(&self, number: f64) -> f64 {
        (number * self.alone() / self.cpu_s).min(self.capacity())
    }

    /// Mean works a second that each of so many gets.
    fn pace(&self, number: f64) -> f64 {
        let sharing = number.min(self.threads).max(1e-9);
        (self.alone() / self.cpu_s).min(self.capacity() / sharing)
    }

    /// Whether a request that finds so many in the pod stays.
    fn takes(&self, number: f64) -> bool {
        number + 0.5 <= self.places.min(self.patience)
    }

    /// The share of departures that are others' than one's own.
    fn share_of_others(&self, number: f64) -> f64 {
        1.0 - 1.0 / number.min(self.threads).max(1.0)
    }

    /// The law of the number after a long time at `load` (below 1), from 0 on.
    fn stationary(&self, load: f64) -> Vec<f64> {
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

    /// Up and down from so many in the pod, in states of `unit` numbers a second; requests leave `relief` times
    /// as fast as with exponential work.
    fn rates(&self, number: f64, unit: f64, arrivals: f64, relief: f64) -> (f64, f64) {
        let arrivals = if self.takes(number) { arrivals } else { 0.0 };
        let served = self.served(number) * relief;
        if number < 0.5 {
            return (arrivals / unit, served / unit);
        }
        // Who shares the CPU leaves as with exponential work; behind the threads the work itself counts.
        let work_scv = if number < self.threads { 1.0 } else { self.work_scv };
        let variance = arrivals * self.arrival_scv + served * work_scv;
        rates_between((arrivals - served) / unit, variance / (unit * unit))
    }
}

/// The pods of a cohort.
#[derive(Clone, Debug)]
pub(super) struct Population {
    /// Numbers per state: a power of two.
    unit: usize,
    /// The first state.
    first: usize,
    /// P(number in the pod) by state.
    number: Vec<f64>,
    tagged: Vec<Tagged>,
    line: Line,
    /// Requests that leave over those that would were the work exponential, by state.
    relief: Vec<f64>,
    everybody: Solver,
    others: Solver,
}

/// More states than this are taken together two by two.
const MOST_STATES: usize = 512;
/// What is left out at either end.
const NEGLIGIBLE: f64 = 1e-9;
/// Starts of so many seconds are taken together, where requests stay longer than that.
const WINDOW_S: f64 = 2.5;
const SHORT_S: f64 = 2.5;
/// A solver's step moves the mean by so many states at most, and has so many births and deaths at most.
const MOST_DRIFT: f64 = 4.0;
const MOST_MOVES: f64 = 200.0;
/// The same where much depends on the number at every moment.
const FEW_MOVES: f64 = 20.0;
const MOST_PARTS: f64 = 512.0;
/// Ages are looked at three times per doubling.
const AGE_RATIO: f64 = 1.26;
/// So many times as many as usual in a pod are a crowd.
const CROWD: f64 = 1.5;
/// Younger ones are looked at from age to age, older ones every window.
const OF_AGE_S: f64 = 10.0;
/// Of those who started together so few are not followed further.
const FEWEST: f64 = 1e-4;
/// Those who started within this share of their age are taken together.
const ALIKE: f64 = 0.1;
const MOST_TAGGED: usize = 48;

impl Population {
    /// As the pods would be after a long time at `load` (below 1).
    pub(super) fn new(law: &PodLaw<'_>, load: f64) -> Population {
        let number = law.stationary(load);
        Population {
            unit: 1,
            first: 0,
            relief: vec![1.0; number.len()],
            number,
            tagged: Vec::new(),
            line: Line::default(),
            everybody: Solver::default(),
            others: Solver::default(),
        }
    }

    /// The mean number in a pod.
    pub(super) fn mean(&self) -> f64 {
        self.number.iter().enumerate().map(|(at, share)| share * self.number_at(at)).sum()
    }

    /// Some of the pods are new, hence empty.
    pub(super) fn mix_with_empty(&mut self, share: f64) {
        self.cover(0, self.first + self.number.len());
        self.number.iter_mut().for_each(|p| *p *= 1.0 - share);
        self.number[0] += share;
    }

    /// Gives up a share of everything that waits; what shares the CPU stays.
    pub(super) fn give(&mut self, share: f64) -> Vec<Moved> {
        self.line.give(share)
    }

    /// Puts a part of moved requests at the ends of the pods' queues.
    pub(super) fn receive(&mut self, moved: &[Moved], part: f64, pods: f64) {
        let each = total_of(moved) * part / pods;
        if each > 0.0 {
            let ahead = self.mean() + each / 2.0;
            self.line.receive(moved, part, &Ahead::of(1.0, std::iter::once((ahead.max(1.0), 1.0))));
            let states = (each / self.unit as f64).round() as usize;
            self.cover(self.first, self.first + self.number.len() + states);
            self.number.rotate_right(states);
        }
    }

    /// Lets a step's flow (of all pods) pass; who leaves, or starts after waiting, is added to `drained`.
    ///
    /// `started` of what is returned are requests' worth of CPU time done.
    pub(super) fn pass(&mut self, flow: &Flow, law: &PodLaw<'_>, drained: &mut Vec<Drained>) -> Sorted {
        let arrivals = flow.arrivals / law.pods;
        // Where nobody stays for long, a window may be.
        let crowd = self.mean() + (arrivals - law.capacity()).max(0.0) * flow.span_s;
        let window_s = if crowd < SHORT_S * arrivals { flow.span_s } else { WINDOW_S };
        let windows = (flow.span_s / window_s).ceil().clamp(1.0, 1e4);
        let span_s = flow.span_s / windows;
        let mut sorted = Sorted::default();
        for window in 0..windows as usize {
            let from_s = flow.start_s + span_s * window as f64;
            let seen = self.window((from_s, from_s + span_s), arrivals, law, drained);
            sorted.free += seen.free * law.pods;
            sorted.rejected += seen.rejected * law.pods;
            sorted.abandoned += seen.abandoned * law.pods;
            sorted.started += seen.started * law.pods;
        }
        sorted
    }

    /// The pods are calm again: who is left leaves as from calm pods.
    pub(super) fn finish(&mut self, now_s: f64, law: &PodLaw<'_>, drained: &mut Vec<Drained>) {
        let more_s = 2.0 * self.mean().max(1.0) * law.cpu_s / law.alone();
        for tagged in std::mem::take(&mut self.tagged) {
            drained.push(tagged.drained(tagged.here, (now_s, now_s + more_s), law.off_cpu_s));
        }
        self.line.finish(now_s, law.capacity(), 0.0, drained);
    }

    /// How much faster requests leave than with exponential work: works ended over work done.
    ///
    /// Calm pods hold as many requests whatever their work: the less there is of a crowd, the less this counts.
    fn relieve(&mut self, load: f64, law: &PodLaw<'_>) {
        if law.threads.is_finite() || law.phases.rates.len() == 1 {
            return;
        }
        let mut all = Haste::none(self.number.len());
        self.tagged.iter_mut().for_each(|tagged| tagged.add_haste(&mut all));
        // Where hardly anybody is, as on average.
        let [done, ended] = [&all.done, &all.ended].map(|values| FEWEST * values.iter().sum::<f64>());
        if done > 0.0 {
            let usual = law.stationary_mean(load.min(HIGHEST_OPEN_LOAD)) * (1.0 - 10.0 * (load - 1.0)).clamp(0.0, 1.0);
            let crowd = (1.0 - CROWD * usual / self.mean().max(1e-9)).max(0.0);
            let faster = |at: usize| ((all.ended[at] + ended) / (all.done[at] + done)).clamp(0.2, 5.0);
            let relief = |at: usize| 1.0 + crowd * (faster(at) - 1.0);
            self.relief = (0..self.number.len()).map(relief).collect();
        }
    }

    /// A part of a step; what is returned is of one pod.
    fn window(&mut self, times: (f64, f64), arrivals: f64, law: &PodLaw<'_>, drained: &mut Vec<Drained>) -> Sorted {
        let span_s = times.1 - times.0;
        self.fit(arrivals, span_s, law);
        let pod = self.pod(arrivals, law);
        let found = self.walk(&pod, span_s);
        self.go_on(&pod, times, drained);
        let sorted = self.sort(&found, &pod, arrivals, times);
        if sorted.free > 0.0 {
            let young = Tagged::new(times, sorted.free * law.pods, &pod.starts(&found), law.phases);
            self.start(young, &pod, drained);
        }
        if law.threads.is_finite() {
            let span = Span { start_s: times.0, end_s: times.1, capacity: law.capacity() };
            self.line.start(&span, 0.0, drained);
        }
        self.relieve(arrivals / law.capacity(), law);
        self.forget(law, drained);
        self.tidy();
        sorted
    }

    /// The rates of a pod on the present grid.
    fn pod<'a>(&self, arrivals: f64, law: &'a PodLaw<'a>) -> Pod<'a> {
        let unit = self.unit as f64;
        let numbers: Vec<f64> = (0..self.number.len()).map(|at| self.number_at(at)).collect();
        let both = numbers.iter().zip(&self.relief);
        let rates = both.map(|(number, relief)| law.rates(*number, unit, arrivals, *relief)).collect();
        let pace = numbers.iter().map(|number| law.pace(*number)).collect();
        Pod { law, unit, numbers, rates, pace }
    }

    /// Lets everybody's number change for a time; the time spent in each state.
    fn walk(&mut self, pod: &Pod<'_>, span_s: f64) -> Vec<f64> {
        let parts = pod.parts(span_s, MOST_MOVES);
        let part_s = span_s / parts;
        let states = self.number.len();
        self.everybody.prepare(states, part_s, |at| pod.rates[at].0, |at| pod.rates[at].1);
        let mut found = vec![0.0; states];
        let mut see = |number: &[f64]| {
            found.iter_mut().zip(number).for_each(|(found, p)| *found += p * part_s / 2.0);
        };
        for _ in 0..parts as usize {
            see(&self.number);
            self.everybody.step(&mut self.number);
            see(&self.number);
        }
        found
    }

    /// Follows those further who are of age and not ahead of time.
    fn go_on(&mut self, pod: &Pod<'_>, (from_s, to_s): (f64, f64), drained: &mut Vec<Drained>) {
        let span_s = to_s - from_s;
        let parts = pod.parts(span_s, MOST_MOVES).max(2.0);
        let mut company = pod.company(&mut self.others, span_s / parts);
        for tagged in self.tagged.iter_mut().filter(|tagged| tagged.at_s < from_s + span_s / 2.0) {
            (0..parts as usize).for_each(|_| tagged.advance(&mut company, span_s / parts));
            let left = tagged.leave_later(&company);
            drained.push(tagged.drained(left, (tagged.at_s - span_s, tagged.at_s), pod.law.off_cpu_s));
        }
    }

    /// What became of the arrivals at one pod, by what they found.
    fn sort(&mut self, found: &[f64], pod: &Pod<'_>, arrivals: f64, (from_s, to_s): (f64, f64)) -> Sorted {
        let law = pod.law;
        let mut sorted = Sorted::default();
        let mut waiting = Vec::new();
        let step = (1.0 + law.work_scv) / 2.0;
        for (number, time_s) in pod.numbers.iter().zip(found) {
            let requests = arrivals * time_s.max(0.0);
            sorted.started += law.served(*number) * time_s.max(0.0);
            if number + 0.5 > law.places {
                sorted.rejected += requests;
            } else if !law.takes(*number) {
                sorted.abandoned += requests;
            } else if *number < law.threads {
                sorted.free += requests;
            } else {
                waiting.push((number - law.threads + step, requests * law.pods));
            }
        }
        if !waiting.is_empty() {
            let later = law.capacity() * (to_s - from_s) / 2.0;
            self.line.join((from_s, to_s), later, Ahead::of(step, waiting.into_iter()));
        }
        sorted
    }

    /// Those who start in a window, looked at from age to age as if nothing changed until they are of an age to
    /// be looked at every window.
    fn start(&mut self, mut young: Tagged, pod: &Pod<'_>, drained: &mut Vec<Drained>) {
        let off_cpu_s = pod.law.off_cpu_s;
        grow_up(&mut young, pod, &mut self.others, |young, left, ages| {
            let (from_s, to_s) = (young.from_s + ages.0, young.from_s + ages.1);
            drained.push(young.drained(left, (from_s, to_s), off_cpu_s));
        });
        self.tagged.push(young);
    }

    /// Latencies from the start on of who starts while all threads are taken, as strata.
    pub(super) fn busy_strata(&mut self, law: &PodLaw<'_>, arrivals: f64) -> [f64; STRATA.len()] {
        let pod = self.pod(arrivals, law);
        let mut taken = vec![0.0; pod.numbers.len()];
        for (at, taken) in taken.iter_mut().enumerate().filter(|(at, _)| pod.numbers[*at] >= law.threads) {
            *taken = self.number[at] + f64::MIN_POSITIVE;
        }
        let mut spread = Spread::new();
        let mut young = Tagged::new((0.0, WINDOW_S), 1.0, &taken, law.phases);
        grow_up(&mut young, &pod, &mut self.others, |young, left, (from_s, to_s)| {
            let to_s = young.centered(left, (from_s, to_s));
            spread.add_even(from_s + law.off_cpu_s, to_s + law.off_cpu_s, left);
        });
        spread.add_even(young.at_s, 2.0 * young.at_s, young.here);
        spread.strata()
    }

    /// Lets the last few leave, and takes together who started at about the same time.
    fn forget(&mut self, law: &PodLaw<'_>, drained: &mut Vec<Drained>) {
        self.tagged.retain(|tagged| {
            if tagged.here < FEWEST {
                drained.push(tagged.drained(tagged.here, (tagged.at_s, tagged.at_s), law.off_cpu_s));
            }
            tagged.here >= FEWEST
        });
        let mut alike = ALIKE;
        loop {
            let mut at = 0;
            while at + 1 < self.tagged.len() {
                let (one, next) = (&self.tagged[at], &self.tagged[at + 1]);
                if next.at_s < one.at_s + 0.1 && next.to_s - one.from_s <= alike * (one.at_s - one.from_s) {
                    let next = self.tagged.remove(at + 1);
                    self.tagged[at].join(&next);
                }
                at += 1;
            }
            if self.tagged.len() <= MOST_TAGGED {
                return;
            }
            alike *= 1.5;
        }
    }

    /// The number a state stands for: the middle of its numbers.
    fn number_at(&self, at: usize) -> f64 {
        (self.unit * (self.first + at)) as f64 + (self.unit - 1) as f64 / 2.0
    }

    /// Makes room for what a window can reach, on a grid as fine as that allows.
    fn fit(&mut self, arrivals: f64, span_s: f64, law: &PodLaw<'_>) {
        let (flow, drift) = (arrivals + law.capacity(), arrivals - law.capacity());
        let work_scv = if law.threads.is_finite() { law.work_scv } else { 1.0 };
        // What has spread for longer is drawn back, or has room already.
        let reach = 4.0 * libm::sqrt(flow * law.arrival_scv.max(work_scv).clamp(1.0, 4.0) * span_s.min(WINDOW_S));
        let finest = flow / drift.abs().max(1e-9);
        let margin = |unit: usize| ((reach + drift.max(0.0) * span_s) / unit as f64) as usize + 2;
        while self.number.len() + margin(self.unit) > MOST_STATES
            && (2.0 * self.unit as f64 <= finest || self.number.len() + margin(self.unit) > 4 * MOST_STATES)
        {
            self.merge();
        }
        while self.unit > 1
            && (self.number.len() + margin(self.unit) < MOST_STATES / 3 || self.unit as f64 > finest)
            && self.number.len() + margin(self.unit) < 2 * MOST_STATES
        {
            self.split();
        }
        let margin = |growth: f64| ((reach + growth.max(0.0) * span_s) / self.unit as f64) as usize + 2;
        let end = self.first + self.number.len() + margin(drift);
        let highest = (law.places.min(law.patience) / self.unit as f64).min(1e12) as usize + 1;
        self.cover(self.first.saturating_sub(margin(-drift)), end.min(highest).max(self.first + self.number.len()));
    }

    fn merge(&mut self) {
        let first = self.first;
        self.on_every_vector(|values| {
            let mut joined = vec![0.0; (first + values.len() - 1) / 2 - first / 2 + 1];
            values.iter().enumerate().for_each(|(at, value)| joined[(first + at) / 2 - first / 2] += value);
            *values = joined;
        });
        self.relief = (0..self.number.len())
            .map(|at| {
                let of = (2 * (first / 2 + at)).max(first) - first;
                self.relief[of.min(self.relief.len() - 1)]
            })
            .collect();
        self.first /= 2;
        self.unit *= 2;
    }

    fn split(&mut self) {
        self.on_every_vector(|values| *values = values.iter().flat_map(|value| [value / 2.0; 2]).collect());
        self.relief = self.relief.iter().flat_map(|relief| [*relief; 2]).collect();
        self.first *= 2;
        self.unit /= 2;
    }

    /// Brings the states to those from `first` to below `end`, at least the present ones.
    fn cover(&mut self, first: usize, end: usize) {
        let (before, count) = (self.first - first, end - first);
        self.on_every_vector(|values| {
            values.splice(0..0, std::iter::repeat_n(0.0, before));
            values.resize(count, 0.0);
        });
        let (low, high) = (self.relief[0], self.relief[self.relief.len() - 1]);
        self.relief.splice(0..0, std::iter::repeat_n(low, before));
        self.relief.resize(count, high);
        self.first = first;
    }

    /// Leaves out the states at both ends in which hardly anybody is.
    fn tidy(&mut self) {
        self.number.iter_mut().for_each(|p| *p = p.max(0.0));
        let total: f64 = self.number.iter().sum();
        self.number.iter_mut().for_each(|p| *p /= total);
        let mut least: Vec<f64> = self.number.clone();
        for tagged in &self.tagged {
            for share in tagged.shares() {
                least.iter_mut().zip(share).for_each(|(least, share)| *least = least.max(share.abs()));
            }
        }
        let count_few = |states: &mut dyn Iterator<Item = &f64>| states.take_while(|p| **p < NEGLIGIBLE).count();
        let below = count_few(&mut least.iter());
        let above = count_few(&mut least.iter().rev());
        let end = self.number.len() - above;
        self.on_every_vector(|values| {
            values.truncate(end);
            values.drain(..below);
        });
        self.relief.truncate(end);
        self.relief.drain(..below);
        self.first += below;
    }

    fn on_every_vector(&mut self, mut change: impl FnMut(&mut Vec<f64>)) {
        change(&mut self.number);
        self.tagged.iter_mut().flat_map(Tagged::vectors).for_each(change);
    }
}

/// Follows requests from age to age; `leave` is told the share that leaves between two ages.
fn grow_up(young: &mut Tagged, pod: &Pod<'_>, solver: &mut Solver, mut leave: impl FnMut(&Tagged, f64, (f64, f64))) {
    let mut age_s = 0.0;
    let mut next_s = pod.law.cpu_s / pod.law.alone() / 32.0;
    let mut haste = young.haste(&pod.company(solver, next_s));
    while age_s < OF_AGE_S && young.here > FEWEST {
        let parts = pod.parts(next_s - age_s, FEW_MOVES);
        let part_s = (next_s - age_s) / parts;
        let mut company = pod.company(solver, part_s);
        (0..parts as usize).for_each(|_| young.advance(&mut company, part_s));
        let left = young.leave_young(age_s, &mut haste, &company);
        leave(young, left, (age_s, next_s));
        age_s = next_s;
        next_s = (next_s * AGE_RATIO).min(OF_AGE_S);
    }
}

/// A pod's rates, by state of a grid.
struct Pod<'a> {
    law: &'a PodLaw<'a>,
    unit: f64,
    numbers: Vec<f64>,
    rates: Vec<(f64, f64)>,
    pace: Vec<f64>,
}

impl Pod<'_> {
    /// In how many steps of so many births and deaths at most a time is gone through.
    fn parts(&self, span_s: f64, most_moves: f64) -> f64 {
        let drift = self.rates.last().map_or(0.0, |(up, down)| (up - down).abs());
        let moves = self.rates.iter().map(|(up, down)| up + down).fold(0.0, f64::max);
        let longest_s = (MOST_DRIFT / drift.max(1e-12)).min(most_moves / moves.max(1e-12));
        (span_s / longest_s).ceil().clamp(1.0, MOST_PARTS)
    }

    /// The chain of a pod as one of its requests sees it while it is there.
    fn company<'a>(&'a self, solver: &'a mut Solver, part_s: f64) -> Company<'a> {
        let others = |at: usize| self.rates[at].1 * self.law.share_of_others(self.numbers[at]);
        solver.prepare(self.numbers.len(), part_s, |at| self.rates[at].0, others);
        Company { solver, pace: &self.pace, phases: self.law.phases }
    }

    /// Who starts at once, by the number in the pod once it is there, from the number found.
    fn starts(&self, found: &[f64]) -> Vec<f64> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::latency::WorkShape;
    use crate::traffic::latency::work::Survival;

    fn phases(shape: WorkShape) -> Phases {
        Phases::of(shape, &Survival::tabulate(1.0 / 256.0, |x| shape.survival(x))).unwrap()
    }

    /// Pods of one core with 20 ms requests.
    fn law(phases: &Phases, threads: f64) -> PodLaw<'_> {
        PodLaw {
            pods: 1.0,
            phases,
            cpu_s: 0.02,
            off_cpu_s: 0.0,
            cores: 1.0,
            speed: 1.0,
            threads,
            places: f64::INFINITY,
            patience: f64::INFINITY,
            arrival_scv: 1.0,
            work_scv: 1.0,
        }
    }

    fn pass(
        pods: &mut Population,
        law: &PodLaw<'_>,
        arrivals: f64,
        steps: std::ops::Range<u32>,
    ) -> (Sorted, Vec<Drained>) {
        let (mut sorted, mut drained) = (Sorted::default(), Vec::new());
        for step in steps {
            drained.clear();
            let flow =
                Flow { start_s: f64::from(step) * 15.0, span_s: 15.0, arrivals, capacity: 50.0, limit: f64::INFINITY };
            sorted = pods.pass(&flow, law, &mut drained);
        }
        (sorted, drained)
    }

    fn mean_s(drained: &[Drained]) -> f64 {
        let all: f64 = drained.iter().map(|row| row.requests).sum();
        drained.iter().map(|row| row.requests * (row.first_wait_s + row.last_wait_s) / 2.0).sum::<f64>() / all
    }

    #[test]
    fn calm_pods_are_those_of_processor_sharing() {
        for shape in [WorkShape::Exponential, WorkShape::Lognormal { scv: 4.0 }] {
            let phases = phases(shape);
            let law = PodLaw { work_scv: shape.scv(), ..law(&phases, f64::INFINITY) };
            let mut pods = Population::new(&law, 0.9);
            let (sorted, drained) = pass(&mut pods, &law, 45.0, 0..20);
            // M/G/1-PS at 0.9: nine in the pod, ten times the work.
            assert!((pods.mean() - 9.0).abs() < 0.1, "{}", pods.mean());
            assert!((mean_s(&drained) / 0.2 - 1.0).abs() < 0.02, "{shape:?}: {}", mean_s(&drained));
            assert!((sorted.started / (45.0 * 15.0) - 1.0).abs() < 1e-3 && sorted.rejected == 0.0, "{sorted:?}");
        }
    }

    #[test]
    fn a_crowd_grows_as_its_work_says() {
        // As the fluid limit has it (see `crowd`): 22.8 of 40 too many with SCV 4.
        for (shape, wanted) in [(WorkShape::Exponential, 1.0), (WorkShape::Lognormal { scv: 4.0 }, 22.8 / 40.0)] {
            let phases = phases(shape);
            let law = PodLaw { work_scv: shape.scv(), ..law(&phases, f64::INFINITY) };
            let mut pods = Population::new(&law, 0.7);
            pass(&mut pods, &law, 70.0, 0..4);
            let before = pods.mean();
            pass(&mut pods, &law, 70.0, 4..8);
            let found = (pods.mean() - before) / 60.0 / 20.0;
            assert!((found / wanted - 1.0).abs() < 0.05, "{shape:?}: {found}, not {wanted}");
        }
    }

    #[test]
    fn bounded_pods_reject_as_a_bounded_queue_does() {
        // M/M/1/20 at 1.2, whoever shares the CPU.
        let phases = phases(WorkShape::Exponential);
        let law = PodLaw { places: 20.0, ..law(&phases, 4.0) };
        let mut pods = Population::new(&law, 0.9);
        let (sorted, _) = pass(&mut pods, &law, 60.0, 0..20);
        let full = 0.2 * libm::pow(1.2, 20.0) / (libm::pow(1.2, 21.0) - 1.0);
        assert!((sorted.rejected / (60.0 * 15.0) / full - 1.0).abs() < 0.01, "{sorted:?}, {full}");
    }

    #[test]
    fn the_impatient_leave_what_is_too_much() {
        let phases = phases(WorkShape::Exponential);
        // Whoever would wait for more than two seconds, a hundred requests, does not.
        let law = PodLaw { patience: 104.0, ..law(&phases, 4.0) };
        let mut pods = Population::new(&law, 0.9);
        let (sorted, drained) = pass(&mut pods, &law, 75.0, 0..20);
        assert!((sorted.abandoned / (25.0 * 15.0) - 1.0).abs() < 0.02, "{sorted:?}");
        let longest_s = drained.iter().filter(|row| !row.is_whole).map(|row| row.first_wait_s).fold(0.0, f64::max);
        assert!((1.9..3.2).contains(&longest_s), "{longest_s}");
    }

    #[test]
    fn a_grid_may_change() {
        let phases = phases(WorkShape::Exponential);
        let law = law(&phases, f64::INFINITY);
        let mut pods = Population::new(&law, 0.9);
        pass(&mut pods, &law, 100.0, 0..8);
        let (mean, unit) = (pods.mean(), pods.unit);
        assert!(unit > 1 && (mean / (9.0 + 50.0 * 120.0) - 1.0).abs() < 0.01, "{mean} in units of {unit}");
        pods.merge();
        assert!((pods.mean() - mean).abs() < 1.0);
        pods.split();
        assert_eq!(pods.unit, unit);
        pods.mix_with_empty(0.5);
        assert!((pods.mean() / mean - 0.5).abs() < 0.01);
        // The crowd dissolves, and every number counts again.
        pass(&mut pods, &law, 10.0, 8..40);
        assert_eq!(pods.unit, 1);
        assert!((pods.mean() / law.stationary_mean(0.2) - 1.0).abs() < 0.01, "{}", pods.mean());
    }
}

//! The second tier where requests share a CPU: the number in a pod near capacity, as a distribution.
//!
//! With exponential work the number is a birth-death chain whose deaths come as fast as its requests get CPU, and
//! [`Tagged`] requests are followed through it as it is; other work is taken apart into [`Phases`]. Stationary
//! numbers do not depend on the shape of the work; in overload requests leave as fast as those that are followed.
//! Where threads are limited, requests above them wait in [`WaitingLine`] until the CPU has done the work ahead.
//!
//! Start reading at [`Population::pass`].

use super::backlog::{Drained, Flow};
use super::boxes::Boxes;
use super::columns::Columns;
use super::distribution::Sorted;
use super::pod::{Motion, Pod, PodLaw, States};
use super::servers::HIGHEST_OPEN_LOAD;
use super::solver::Solver;
use super::step_latencies::StepLatencies;
use super::table::STRATA;
use super::tagged::{Company, Haste, Tagged};
use super::waiting_line::{Moved, Span, WaitingLine, total_of};
use super::work_ahead::WorkAhead;
use super::young::{FEWEST, OF_AGE_S, grow_up, parts_of};

/// The pods of a cohort.
#[derive(Clone, Debug)]
pub(super) struct Population {
    /// Numbers per state: a power of two.
    pub(super) unit: usize,
    /// The first state.
    pub(super) first: usize,
    /// P(number in the pod) by state.
    pub(super) number: Columns,
    pub(super) tagged: Vec<Tagged>,
    line: WaitingLine,
    /// Requests that leave over those that would were the work exponential, by state.
    pub(super) relief: Vec<f64>,
    everybody: Solver,
    company: Company,
}

/// Requests that get a thread at once.
struct Starting<'a> {
    /// The time spent in each state, in which they come.
    found: &'a [f64],
    requests: f64,
}

/// Starts within this many seconds are taken together, where requests stay longer than that,
pub(super) const WINDOW_S: f64 = 2.5;
const SHORT_S: f64 = 2.5;
/// or of this part of the time that they stay, or of the time that they wait in line.
const OF_STAY: f64 = 0.1;
const OF_QUEUE: f64 = 0.5;
/// A solver's step has at most this many births and deaths.
const MOST_MOVES: f64 = 200.0;
/// From a deviation of this many states on, a distribution is smooth.
const SMOOTH: f64 = 32.0;
/// This many times as many requests as usual in a pod are a crowd.
const CROWD: f64 = 1.5;
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
            number: Columns::single(number),
            tagged: Vec::new(),
            line: WaitingLine::default(),
            everybody: Solver::default(),
            company: Company::default(),
        }
    }

    /// The mean number in a pod.
    pub(super) fn mean(&self) -> f64 {
        self.number.values().iter().enumerate().map(|(at, share)| share * self.number_at(at)).sum()
    }

    /// Those who are there and came before that.
    pub(super) fn came_before(&self, at_s: f64) -> f64 {
        let started = |tagged: &Tagged| tagged.requests * tagged.here * tagged.started_before(at_s);
        self.line.arrived_before(at_s) + self.tagged.iter().map(started).sum::<f64>()
    }

    /// Some of the pods are new, hence empty.
    pub(super) fn mix_with_empty(&mut self, share: f64) {
        self.cover(0, self.first + self.number.states());
        let number = self.number.values_mut();
        number.iter_mut().for_each(|p| *p *= 1.0 - share);
        number[0] += share;
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
            self.line.receive(moved, part, &WorkAhead::of(1.0, std::iter::once((ahead.max(1.0), 1.0))));
            let states = (each / self.unit as f64).round() as usize;
            self.cover(self.first, self.first + self.number.states() + states);
            self.number.glide(states as isize);
        }
    }

    /// Lets a step's flow (of all pods) pass; who leaves, or starts after waiting, is added to `drained`.
    ///
    /// `started` of what is returned are requests' worth of CPU time done.
    pub(super) fn pass(&mut self, flow: &Flow, law: &PodLaw<'_>, drained: &mut Vec<Drained>) -> Sorted {
        let arrivals = flow.arrivals / law.pods;
        let mut sorted = Sorted::default();
        let end_s = flow.start_s + flow.span_s;
        let mut from_s = flow.start_s;
        while from_s < end_s {
            let left_s = end_s - from_s;
            let windows = (left_s / self.window_s(arrivals, left_s, law)).ceil().clamp(1.0, 1e4);
            let to_s = if windows > 1.0 { from_s + left_s / windows } else { end_s };
            let seen = self.window((from_s, to_s), arrivals, law, drained);
            sorted.free += seen.free * law.pods;
            sorted.rejected += seen.rejected * law.pods;
            sorted.abandoned += seen.abandoned * law.pods;
            sorted.started += seen.started * law.pods;
            from_s = to_s;
        }
        sorted
    }

    /// How long the next window may be, of a step that goes on for `left_s`.
    fn window_s(&self, arrivals: f64, left_s: f64, law: &PodLaw<'_>) -> f64 {
        let crowd = self.mean() + (arrivals - law.capacity()).max(0.0) * left_s;
        let stay_s = self.mean() / law.capacity();
        if crowd < SHORT_S * arrivals {
            return left_s;
        }
        let queued_s = WINDOW_S.max(OF_QUEUE * stay_s);
        if law.threads.is_finite() && self.is_busy_for(queued_s.min(left_s), arrivals, law) {
            return queued_s;
        }
        WINDOW_S.max(OF_STAY * stay_s)
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
        let mut all = Haste::zeros(2, self.number.states());
        self.tagged.iter_mut().for_each(|tagged| tagged.add_haste(&mut all));
        // Where hardly anybody is, as on average.
        let [done, ended] = [0, 1].map(|column| FEWEST * all.rows().map(|row| row[column]).sum::<f64>());
        if done > 0.0 {
            let usual = law.stationary_mean(load.min(HIGHEST_OPEN_LOAD)) * (1.0 - 10.0 * (load - 1.0)).clamp(0.0, 1.0);
            let crowd = (1.0 - CROWD * usual / self.mean().max(1e-9)).max(0.0);
            let faster = |row: &[f64]| ((row[1] + ended) / (row[0] + done)).clamp(0.2, 5.0);
            self.relief = all.rows().map(|row| 1.0 + crowd * (faster(row) - 1.0)).collect();
        }
    }

    /// A part of a step; what is returned is of one pod.
    fn window(&mut self, times: (f64, f64), arrivals: f64, law: &PodLaw<'_>, drained: &mut Vec<Drained>) -> Sorted {
        let span_s = times.1 - times.0;
        let busy = self.fit(arrivals, span_s, law);
        let pod = self.pod(Motion { arrivals, glide: busy.unwrap_or(0.0) }, law);
        self.go_on(&pod, times, drained);
        let sorted = if busy.is_some() && law.threads.is_finite() {
            self.queue_up(&pod, times)
        } else {
            let found = self.walk(&pod, span_s);
            let sorted = self.sort(&found, &pod, times);
            if sorted.free > 0.0 {
                self.start(&Starting { found: &found, requests: sorted.free * law.pods }, &pod, times, drained);
            }
            sorted
        };
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
    fn pod<'a>(&self, motion: Motion, law: &'a PodLaw<'a>) -> Pod<'a> {
        let numbers = (0..self.number.states()).map(|at| self.number_at(at)).collect();
        Pod::new(law, motion, States { unit: self.unit as f64, numbers }, &self.relief)
    }

    /// Lets everybody's number change for a time; the time spent in each state.
    fn walk(&mut self, pod: &Pod<'_>, span_s: f64) -> Vec<f64> {
        let mut found = vec![0.0; pod.numbers.len()];
        self.advance(pod, span_s, |number, (from_s, to_s)| {
            found.iter_mut().zip(number).for_each(|(found, p)| *found += p * (to_s - from_s) / 2.0);
        });
        found
    }

    /// Lets a window pass in which all threads are taken: the whole window waits in line, each request behind what is
    /// to be done before it from the begin of the window on.
    fn queue_up(&mut self, pod: &Pod<'_>, (from_s, to_s): (f64, f64)) -> Sorted {
        let (law, arrivals, span_s) = (pod.law, pod.motion.arrivals, to_s - from_s);
        let clock = law.capacity() / self.unit as f64;
        let mut found = Boxes::new(pod.numbers.len() + (clock * span_s) as usize + 2);
        self.advance(pod, span_s, |number, (from_s, to_s)| {
            let (first, end) = ((clock * from_s) as usize, (clock * to_s) as usize + 1);
            let weight = (to_s - from_s) / 2.0 / (end - first) as f64;
            number.iter().enumerate().for_each(|(at, p)| found.add(at + first, at + end, p * weight));
        });
        let step = (1.0 + law.work_scv) / 2.0;
        let first = pod.numbers[0] - law.threads + step;
        let waiting = found.sums().enumerate().map(|(at, time_s)| {
            let ahead = first + (at * self.unit) as f64;
            (ahead.max(step), arrivals * time_s.max(0.0) * law.pods)
        });
        self.line.join_steadily((from_s, to_s), arrivals, WorkAhead::of(step, waiting));
        Sorted { started: law.capacity() * span_s, ..Sorted::default() }
    }

    /// Lets everybody's number change for a time; `see` is shown the shares before and after each part of it.
    fn advance(&mut self, pod: &Pod<'_>, span_s: f64, mut see: impl FnMut(&[f64], (f64, f64))) {
        // What is smooth may go in larger steps.
        let parts = parts_of(span_s, pod.longest_s(MOST_MOVES) * (self.deviation() / SMOOTH).max(1.0));
        let part_s = span_s / f64::from(parts);
        self.everybody.prepare(pod.numbers.len(), part_s, |at| pod.rates[at].0, |at| pod.rates[at].1);
        for part in 0..parts {
            let times = (f64::from(part) * part_s, f64::from(part + 1) * part_s);
            see(self.number.values(), times);
            self.everybody.step(&mut self.number);
            self.number.glide(pod.motion.states(times.0, times.1));
            see(self.number.values(), times);
        }
    }

    /// Follows those further who are of age and not ahead of time.
    fn go_on(&mut self, pod: &Pod<'_>, (from_s, to_s): (f64, f64), drained: &mut Vec<Drained>) {
        let span_s = to_s - from_s;
        let parts = parts_of(span_s, pod.longest_s(MOST_MOVES)).max(2);
        let part_s = span_s / f64::from(parts);
        self.company.prepare(pod, part_s);
        for tagged in self.tagged.iter_mut().filter(|tagged| tagged.at_s < from_s + span_s / 2.0) {
            (0..parts).for_each(|part| {
                let from_s = f64::from(part) * part_s;
                tagged.advance(&mut self.company, pod.motion.states(from_s, from_s + part_s));
            });
            let left = tagged.leave_later(pod);
            drained.push(tagged.drained(left, (tagged.at_s - span_s, tagged.at_s), pod.law.off_cpu_s));
        }
    }

    /// What became of the arrivals at one pod, by what they found.
    fn sort(&mut self, found: &[f64], pod: &Pod<'_>, (from_s, to_s): (f64, f64)) -> Sorted {
        let (law, arrivals) = (pod.law, pod.motion.arrivals);
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
            if sorted.free < FEWEST * arrivals * (to_s - from_s) {
                let few = std::mem::take(&mut sorted.free);
                waiting.insert(0, (step, few * law.pods));
            }
            let later = law.capacity() * (to_s - from_s) / 2.0;
            self.line.join((from_s, to_s), later, WorkAhead::of(step, waiting.into_iter()));
        }
        sorted
    }

    /// Those who start in a window, looked at from age to age as if nothing changed until they are of an age to
    /// be looked at every window.
    fn start(&mut self, starting: &Starting<'_>, pod: &Pod<'_>, times: (f64, f64), drained: &mut Vec<Drained>) {
        let Starting { found, requests } = *starting;
        let (law, near) = (pod.law, pod.near_idle(OF_AGE_S));
        let mut young = Tagged::new(times, requests, &near.starts(&found[..near.numbers.len()]), law.phases);
        grow_up(&mut young, &near, &mut self.company, |young, left, ages| {
            let (from_s, to_s) = (young.from_s + ages.0, young.from_s + ages.1);
            drained.push(young.drained(left, (from_s, to_s), law.off_cpu_s));
        });
        young.by_number().for_each(|columns| columns.cover(0, pod.numbers.len()));
        self.tagged.push(young);
    }

    /// Latencies from the start on of who starts while all threads are taken, as strata.
    pub(super) fn busy_strata(&mut self, law: &PodLaw<'_>, arrivals: f64) -> [f64; STRATA.len()] {
        let motion = Motion { arrivals, glide: 0.0 };
        let pod = self.pod(motion, law);
        let near = pod.near_idle(OF_AGE_S);
        let taken = |(number, share): (&f64, &f64)| if *number < law.threads { 0.0 } else { share + f64::MIN_POSITIVE };
        let mut taken: Vec<f64> = pod.numbers.iter().zip(self.number.values()).map(taken).collect();
        // Above that no thread gets free while they are there.
        let above: f64 = taken.drain(near.numbers.len()..).sum();
        taken[near.numbers.len() - 1] += above;
        let mut spread = StepLatencies::new();
        let mut young = Tagged::new((0.0, WINDOW_S), 1.0, &taken, law.phases);
        grow_up(&mut young, &near, &mut self.company, |young, left, (from_s, to_s)| {
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
}

#[cfg(test)]
mod tests;

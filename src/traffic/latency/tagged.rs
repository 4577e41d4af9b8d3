//! Requests on a shared CPU, followed by the phase of their work while the number in their pod changes.

use super::backlog::{Drained, share_before};
use super::columns::Columns;
use super::phases::Phases;
use super::pod::Pod;
use super::solver::Solver;
use std::collections::VecDeque;

/// Requests that started in the same short time: how many are still there, by phase and number in the pod.
#[derive(Clone, Debug)]
pub(super) struct Tagged {
    /// The first and the last of them start then; who starts within one window counts as of its begin.
    pub(super) from_s: f64,
    pub(super) to_s: f64,
    /// How long such a window is.
    pub(super) window_s: f64,
    /// The time up to which they have been followed; it may lie ahead.
    pub(super) at_s: f64,
    /// Requests in all pods that started.
    pub(super) requests: f64,
    /// The share of them that is still there.
    pub(super) here: f64,
    /// How fast they work in this window and in the next ones, all who start in a window counted alike.
    soon: VecDeque<Haste>,
    /// By number in the pod, by phase: their shares.
    shares: Columns,
}

/// By number in the pod: work done a second, and works ended a second.
pub(super) type Haste = Columns;

/// What a part of a window does to requests in pods: others come and leave, and work is done.
#[derive(Clone, Debug, Default)]
pub(super) struct Company {
    solver: Solver,
    part_s: f64,
    /// The share that half a part does not end, by number in the pod and phase.
    stays: Vec<f64>,
}

impl Company {
    /// For parts of `part_s`.
    pub(super) fn prepare(&mut self, pod: &Pod<'_>, part_s: f64) {
        self.part_s = part_s;
        self.solver.prepare(pod.numbers.len(), part_s, |at| pod.others[at].0, |at| pod.others[at].1);
        self.stays.clear();
        let rates = &pod.law.phases.rates;
        let mut before = f64::NAN;
        for pace in &pod.pace {
            if *pace == before {
                // Above the threads the pace is the same.
                self.stays.extend_from_within(self.stays.len() - rates.len()..);
            } else {
                self.stays.extend(rates.iter().map(|rate| none_of(rate * pace * part_s / 2.0)));
            }
            before = *pace;
        }
    }
}

impl Tagged {
    /// They start in a window with these numbers in their pods (in any multiple).
    pub(super) fn new((at_s, end_s): (f64, f64), requests: f64, numbers: &[f64], phases: &Phases) -> Tagged {
        let all = numbers.iter().sum::<f64>().max(1e-300);
        Tagged {
            from_s: at_s,
            to_s: at_s,
            window_s: end_s - at_s,
            at_s,
            requests,
            here: 1.0,
            soon: VecDeque::new(),
            shares: Columns::product(numbers.iter().map(|number| number / all), &phases.weights),
        }
    }

    /// Lets a part pass, in which the numbers in all pods also move by `glide` states.
    pub(super) fn advance(&mut self, company: &mut Company, glide: isize) {
        self.work(company);
        company.solver.step(&mut self.shares);
        self.shares.glide(glide);
        self.work(company);
        self.at_s += company.part_s;
    }

    /// Half a part's work is done with the numbers in the pods as they are.
    fn work(&mut self, company: &Company) {
        self.shares.values_mut().iter_mut().zip(&company.stays).for_each(|(share, stays)| *share *= stays);
    }

    /// Looks who has left since they were of the age `younger_s`, when they had the haste `before`, in their first
    /// windows; their share of all.
    pub(super) fn leave_young(&mut self, younger_s: f64, before: &mut Option<Haste>, pod: &Pod<'_>) -> f64 {
        let Some(haste) = self.haste(pod) else { return self.leave() };
        let age_s = self.at_s - self.from_s;
        let Some(mut mean) = before.replace(haste.clone()) else { return self.leave() };
        mean.add(&haste, 1.0);
        let (first, last) = ((younger_s / self.window_s) as usize, (age_s / self.window_s) as usize);
        for window in first..=last {
            if self.soon.len() == window {
                self.soon.push_back(Haste::zeros(2, pod.numbers.len()));
            }
            let (from_s, to_s) = (window as f64 * self.window_s, (window + 1) as f64 * self.window_s);
            let within_s = (age_s.min(to_s) - younger_s.max(from_s)).max(0.0);
            self.soon[window].add(&mean, within_s / self.window_s / 2.0);
        }
        self.leave()
    }

    /// Looks who has left in a later window; their share of all.
    pub(super) fn leave_later(&mut self, pod: &Pod<'_>) -> f64 {
        self.soon = self.haste(pod).into_iter().collect();
        self.leave()
    }

    fn leave(&mut self) -> f64 {
        let here = self.shares.values().iter().sum::<f64>().clamp(0.0, self.here);
        let left = self.here - here;
        self.here = here;
        left
    }

    /// How fast they work now. Exponential work ends as it is done: nothing is said of that.
    pub(super) fn haste(&self, pod: &Pod<'_>) -> Option<Haste> {
        if self.shares.width() == 1 {
            return None;
        }
        let mut haste = Haste::zeros(2, pod.numbers.len());
        let rates = &pod.law.phases.rates;
        for ((haste, shares), pace) in haste.rows_mut().zip(self.shares.rows()).zip(&pod.pace) {
            haste[0] = pace * shares.iter().sum::<f64>();
            haste[1] = pace * shares.iter().zip(rates).map(|(share, rate)| share * rate).sum::<f64>();
        }
        Some(haste)
    }

    /// Adds how fast they work in a window, if they are known to; to be asked once for each.
    pub(super) fn add_haste(&mut self, sum: &mut Haste) {
        if let Some(haste) = self.soon.pop_front() {
            sum.add(&haste, self.requests);
        }
    }

    /// Takes another one in, as if both had started in one longer time.
    pub(super) fn join(&mut self, other: &Tagged) {
        let requests = self.requests + other.requests;
        let [own, others] = [self.requests, other.requests].map(|part| part / requests.max(1e-300));
        self.shares.values_mut().iter_mut().for_each(|share| *share *= own);
        self.shares.add(&other.shares, others);
        self.here = own * self.here + others * other.here;
        (self.from_s, self.to_s) = (self.from_s.min(other.from_s), self.to_s.max(other.to_s));
        self.requests = requests;
    }

    /// All that is held by the number in the pod, to be moved to another grid.
    pub(super) fn by_number(&mut self) -> impl Iterator<Item = &mut Columns> {
        self.soon.iter_mut().chain([&mut self.shares])
    }

    /// The shares by number in the pod, for each phase.
    pub(super) fn shares(&self) -> &Columns {
        &self.shares
    }

    /// The share of them that started before that.
    pub(super) fn started_before(&self, at_s: f64) -> f64 {
        share_before(at_s, (self.from_s, self.to_s + self.window_s))
    }

    /// Those who have left between two times, as a share `left` of all.
    pub(super) fn drained(&self, left: f64, (from_s, to_s): (f64, f64), off_cpu_s: f64) -> Drained {
        let to_s = self.centered(left, (from_s, to_s));
        let middle_s = (from_s + to_s - self.from_s - self.to_s) / 2.0;
        // An even spread with the variance that the two times have together.
        let (started_s, span_s) = (self.to_s - self.from_s, to_s - from_s);
        let half_s = (libm::sqrt(started_s * started_s + span_s * span_s) / 2.0).min(middle_s);
        Drained {
            arrived_from_s: self.from_s,
            arrived_to_s: self.to_s + self.window_s,
            first_wait_s: middle_s - half_s + off_cpu_s,
            last_wait_s: middle_s + half_s + off_cpu_s,
            requests: left * self.requests,
            is_whole: true,
        }
    }

    /// Who left between two times did so the rather the earlier, as from an exponential law: until when they left
    /// evenly if that is to have the same mean.
    pub(super) fn centered(&self, left: f64, (from_s, to_s): (f64, f64)) -> f64 {
        let stayed = self.here / (self.here + left).max(1e-300);
        if !(1e-9..0.999).contains(&stayed) {
            return to_s;
        }
        let mean = -1.0 / libm::log(stayed) - stayed / (1.0 - stayed);
        from_s + 2.0 * mean * (to_s - from_s)
    }
}

/// The chance that nothing ends where `expected` would: close to exp(-expected), and cheap.
fn none_of(expected: f64) -> f64 {
    1.0 / (1.0 + expected * (1.0 + expected / 2.0 * (1.0 + expected / 3.0 * (1.0 + expected / 4.0))))
}

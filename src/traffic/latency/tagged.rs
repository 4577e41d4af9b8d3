//! Requests on a shared CPU, followed by the phase of their work while the number in their pod changes.

use super::backlog::Drained;
use super::phases::Phases;
use super::solver::Solver;
use std::collections::VecDeque;

/// Requests that started in the same short time: how many are still there, by phase and number in the pod.
#[derive(Clone, Debug)]
pub(super) struct Tagged {
    /// The first and the last of them start then; who starts within one window counts as of its begin.
    pub(super) from_s: f64,
    pub(super) to_s: f64,
    /// How long such a window is.
    window_s: f64,
    /// The time up to which they have been followed; it may lie ahead.
    pub(super) at_s: f64,
    /// Requests in all pods that started.
    pub(super) requests: f64,
    /// The share of them that is still there.
    pub(super) here: f64,
    /// How fast they work in this window and in the next ones, all who start in a window counted alike.
    soon: VecDeque<Haste>,
    /// By phase, by number in the pod: their shares.
    shares: Vec<Vec<f64>>,
}

/// By number in the pod: work done a second, and works ended a second.
#[derive(Clone, Debug)]
pub(super) struct Haste {
    pub(super) done: Vec<f64>,
    pub(super) ended: Vec<f64>,
}

impl Haste {
    pub(super) fn none(states: usize) -> Haste {
        Haste { done: vec![0.0; states], ended: vec![0.0; states] }
    }

    pub(super) fn add(&mut self, other: &Haste, weight: f64) {
        add(&mut self.done, &other.done, weight);
        add(&mut self.ended, &other.ended, weight);
    }
}

fn add(sums: &mut [f64], values: &[f64], weight: f64) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
}

/// How a pod's number changes besides a request in it, and how fast that request's work is done.
#[derive(Debug)]
pub(super) struct Company<'a> {
    pub(super) solver: &'a mut Solver,
    /// Mean works a second by number in the pod.
    pub(super) pace: &'a [f64],
    pub(super) phases: &'a Phases,
}

impl Tagged {
    /// They start in a window with these numbers in their pods (in any multiple).
    pub(super) fn new((at_s, end_s): (f64, f64), requests: f64, numbers: &[f64], phases: &Phases) -> Tagged {
        let all: f64 = numbers.iter().sum();
        let in_phase = |weight: &f64| numbers.iter().map(|number| weight * number / all.max(1e-300)).collect();
        let shares = phases.weights.iter().map(in_phase).collect();
        Tagged {
            from_s: at_s,
            to_s: at_s,
            window_s: end_s - at_s,
            at_s,
            requests,
            here: 1.0,
            soon: VecDeque::new(),
            shares,
        }
    }

    /// Lets `part_s` pass, the step the solver is prepared for.
    pub(super) fn advance(&mut self, company: &mut Company<'_>, part_s: f64) {
        self.work(company, part_s / 2.0);
        self.shares.iter_mut().for_each(|share| company.solver.step(share));
        self.work(company, part_s / 2.0);
        self.at_s += part_s;
    }

    /// Work is done with the numbers in the pods as they are.
    fn work(&mut self, company: &Company<'_>, part_s: f64) {
        for (share, rate) in self.shares.iter_mut().zip(&company.phases.rates) {
            let scale = rate * part_s;
            share.iter_mut().zip(company.pace).for_each(|(share, pace)| *share *= none_of(scale * pace));
        }
    }

    /// Looks who has left since they were of the age `younger_s`, when they had the haste `before`, in their first
    /// windows; their share of all.
    pub(super) fn leave_young(&mut self, younger_s: f64, before: &mut Option<Haste>, company: &Company<'_>) -> f64 {
        let Some(haste) = self.haste(company) else { return self.leave() };
        let age_s = self.at_s - self.from_s;
        let Some(mut mean) = before.replace(haste.clone()) else { return self.leave() };
        mean.add(&haste, 1.0);
        let (first, last) = ((younger_s / self.window_s) as usize, (age_s / self.window_s) as usize);
        for window in first..=last {
            if self.soon.len() == window {
                self.soon.push_back(Haste::none(company.pace.len()));
            }
            let (from_s, to_s) = (window as f64 * self.window_s, (window + 1) as f64 * self.window_s);
            let within_s = (age_s.min(to_s) - younger_s.max(from_s)).max(0.0);
            self.soon[window].add(&mean, within_s / self.window_s / 2.0);
        }
        self.leave()
    }

    /// Looks who has left in a later window; their share of all.
    pub(super) fn leave_later(&mut self, company: &Company<'_>) -> f64 {
        self.soon = self.haste(company).into_iter().collect();
        self.leave()
    }

    fn leave(&mut self) -> f64 {
        let here = self.shares.iter().flatten().sum::<f64>().clamp(0.0, self.here);
        let left = self.here - here;
        self.here = here;
        left
    }

    /// How fast they work now. Exponential work ends as it is done: nothing is said of that.
    pub(super) fn haste(&self, company: &Company<'_>) -> Option<Haste> {
        if self.shares.len() == 1 {
            return None;
        }
        let mut haste = Haste::none(company.pace.len());
        for (share, rate) in self.shares.iter().zip(&company.phases.rates) {
            add(&mut haste.done, share, 1.0);
            add(&mut haste.ended, share, *rate);
        }
        for (at, pace) in company.pace.iter().enumerate() {
            haste.done[at] *= pace;
            haste.ended[at] *= pace;
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
        for (mine, theirs) in self.shares.iter_mut().flatten().zip(other.shares.iter().flatten()) {
            *mine = own * *mine + others * theirs;
        }
        self.here = own * self.here + others * other.here;
        (self.from_s, self.to_s) = (self.from_s.min(other.from_s), self.to_s.max(other.to_s));
        self.requests = requests;
    }

    /// The vectors over the numbers in the pod, to be moved to another grid.
    pub(super) fn vectors(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        let soon = self.soon.iter_mut().flat_map(|haste| [&mut haste.done, &mut haste.ended]);
        self.shares.iter_mut().chain(soon)
    }

    /// The shares by number in the pod, for each phase.
    pub(super) fn shares(&self) -> &[Vec<f64>] {
        &self.shares
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

//! How long one request is in service among others that share its pod's cores, given its work.
//!
//! Seen by the request's own work as the clock, the others are a birth-death chain: each of them is done after a mean
//! work of the clock, and arrivals come the faster the slower the clock is. The time is the integral of the pace over
//! the work; its first two moments given the work follow Kolmogorov's backward equations, here by the trapezoidal rule.
//!
//! Source: Coffman, Muntz and Trotter, "Waiting time distributions for processor-sharing systems", 1970 (the
//! conditional variance of M/M/1-PS by the same chain).
//! Times are in multiples of the mean work.

use super::shared_pod::{PodNumbers, SharedPod};

/// The others in the pod.
#[derive(Clone, Copy)]
pub(super) struct Company<'a> {
    pub(super) pod: &'a SharedPod,
    pub(super) numbers: &'a PodNumbers,
    /// Their number changes so many times as fast as with arrivals without memory.
    pub(super) haste: f64,
}

/// Mean and variance of the time in service by the amount of work.
pub(super) struct TimeGivenWork {
    /// From small to large.
    works: Vec<f64>,
    /// The mean over the work, and the variance over its square.
    means: Vec<f64>,
    variances: Vec<f64>,
}

const SMALLEST_WORK: f64 = 1.0 / 32.0;
const STEPS_PER_OCTAVE: f64 = 4.0;
/// Others beyond this many hardly ever get in while a request is served.
const MOST_OTHERS: usize = 128;

impl TimeGivenWork {
    /// For works up to `largest`, from each of the starts: shares by the number of others in the pod.
    pub(super) fn from_starts(company: &Company, starts: &[&[f64]], largest: f64) -> Vec<TimeGivenWork> {
        let longest = starts.iter().map(|start| start.len()).max().unwrap_or(1);
        let states = longest.clamp(2, MOST_OTHERS);
        let mut chain = Others::new(company, states);
        let mut found: Vec<TimeGivenWork> = starts
            .iter()
            .map(|_| TimeGivenWork { works: Vec::new(), means: Vec::new(), variances: Vec::new() })
            .collect();
        let mut work = 0.0;
        let mut next = SMALLEST_WORK;
        let ratio = libm::exp2(1.0 / STEPS_PER_OCTAVE);
        while work < largest {
            chain.pass(next - work);
            work = next;
            next *= ratio;
            for (start, found) in starts.iter().zip(&mut found) {
                let [mut mean, mut square] = [0.0; 2];
                for (others, share) in start.iter().enumerate() {
                    mean += share * chain.means[others.min(states - 1)];
                    square += share * chain.squares[others.min(states - 1)];
                }
                found.works.push(work);
                found.means.push(mean / work);
                found.variances.push((square - mean * mean).max(0.0) / (work * work));
            }
        }
        found
    }

    /// The mean time and its variance.
    pub(super) fn at(&self, work: f64) -> (f64, f64) {
        let above = self.works.partition_point(|known| *known < work);
        let (mean, variance) = if above == 0 || above == self.works.len() {
            let nearest = above.min(self.works.len() - 1);
            (self.means[nearest], self.variances[nearest])
        } else {
            let share = (work - self.works[above - 1]) / (self.works[above] - self.works[above - 1]);
            let between = |values: &[f64]| values[above - 1] + share * (values[above] - values[above - 1]);
            (between(&self.means), between(&self.variances))
        };
        (mean * work, variance * work * work)
    }
}

/// The chain of the others, and the moments of the time so far from each of its states.
struct Others {
    pace: Vec<f64>,
    up: Vec<f64>,
    down: Vec<f64>,
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Others {
    fn new(company: &Company, states: usize) -> Others {
        let Company { pod, numbers, haste } = *company;
        let last = numbers.arrivals.len() - 1;
        // Beyond what was told apart arrivals are as at the last that was.
        let arrivals = |number: usize| {
            if number < last {
                numbers.arrivals[number]
            } else if pod.places.is_finite() {
                0.0
            } else {
                numbers.arrivals[last.saturating_sub(1)]
            }
        };
        let pace: Vec<f64> = (0..states).map(|others| pod.pace(others + 1)).collect();
        let up = |others: usize| if others + 1 == states { 0.0 } else { haste * arrivals(others + 1) * pace[others] };
        let down = |others: usize| haste * (others as f64).min(pod.threads - 1.0).max(0.0);
        Others {
            up: (0..states).map(up).collect(),
            down: (0..states).map(down).collect(),
            pace,
            means: vec![0.0; states],
            squares: vec![0.0; states],
        }
    }

    /// Lets the request have so much work done.
    fn pass(&mut self, work: f64) {
        let states = self.pace.len();
        let half = work / 2.0;
        let moved = |values: &[f64], at: usize| {
            let here = values[at];
            let above = if at + 1 < states { self.up[at] * (values[at + 1] - here) } else { 0.0 };
            let below = if at > 0 { self.down[at] * (values[at - 1] - here) } else { 0.0 };
            half * (above + below)
        };
        let mut ups = Vec::with_capacity(states);
        let mut known: Vec<[f64; 2]> = Vec::with_capacity(states);
        let old: Vec<f64> = self.means.clone();
        // The squares' right sides need the new means: two passes with the same pivots.
        let mut pivots = Vec::with_capacity(states);
        for at in 0..states {
            let below = if at > 0 { half * self.down[at] } else { 0.0 };
            let pivot = 1.0
                / (1.0 + half * (self.up[at] + if at > 0 { self.down[at] } else { 0.0 })
                    - below * ups.last().copied().unwrap_or(0.0));
            ups.push(half * self.up[at] * pivot);
            pivots.push(pivot);
            let right = self.means[at] + moved(&self.means, at) + work * self.pace[at];
            let before = known.last().map_or(0.0, |known| known[0]);
            known.push([(right + below * before) * pivot, 0.0]);
        }
        let mut next = 0.0;
        let mut new = vec![0.0; states];
        for at in (0..states).rev() {
            next = known[at][0] + ups[at] * next;
            new[at] = next;
        }
        for at in 0..states {
            let below = if at > 0 { half * self.down[at] } else { 0.0 };
            let right = self.squares[at] + moved(&self.squares, at) + work * self.pace[at] * (old[at] + new[at]);
            let before = if at > 0 { known[at - 1][1] } else { 0.0 };
            known[at][1] = (right + below * before) * pivots[at];
        }
        self.means = new;
        next = 0.0;
        for at in (0..states).rev() {
            next = known[at][1] + ups[at] * next;
            self.squares[at] = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// M/M/1-PS: the mean is x / (1 - load), the variance Coffman, Muntz and Trotter's.
    #[test]
    fn one_core_for_all_has_the_known_moments() {
        let pod = SharedPod { cores: 1.0, threads: f64::INFINITY, places: f64::INFINITY };
        for load in [0.5, 0.8] {
            let numbers = pod.numbers(|_| load);
            let found = numbers.found();
            let time =
                &TimeGivenWork::from_starts(&Company { pod: &pod, numbers: &numbers, haste: 1.0 }, &[&found], 10.0)[0];
            for work in [0.1, 1.0, 5.0] {
                let (mean, variance) = time.at(work);
                let idle = 1.0 - load;
                let y = idle * work;
                let wanted = 2.0 * load / idle.powi(4) * (y - 1.0 + libm::exp(-y));
                assert!((mean * idle / work - 1.0).abs() < 2e-3, "{load} {work}: {mean}");
                assert!((variance / wanted - 1.0).abs() < 2e-2, "{load} {work}: {variance}, not {wanted}");
            }
        }
    }
}

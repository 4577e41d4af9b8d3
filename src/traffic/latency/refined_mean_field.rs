//! Numbers in pods behind two choices, with as many pods as there are.
//!
//! The mean field holds for endless pods; with few, two pods are not independent. By how much is known to first order
//! in one over their number: the fluctuations around the mean field have a covariance that solves a Lyapunov equation,
//! and the chance that both pods drawn hold at least `k` is `s_k^2` plus their covariance.
//!
//! Source: Gast and Van Houdt, "A refined mean field approximation", 2017; Gast, "Expected values estimated via
//! mean-field approximation are 1/N-accurate", 2017.

use super::lyapunov::covariance;
use super::shared_pod::SharedPod;

/// With more levels few pods hardly add anything to the mean field.
const MOST_LEVELS: usize = 24;
const ROUNDS: usize = 6;
const MOST_NEWTON_STEPS: usize = 60;

/// P(at least `k` in a pod) for `k` from 0 to `levels`; `rate` is the arrivals at a pod in a mean work.
pub(super) fn two_choices_at_least(pod: &SharedPod, pods: u32, rate: f64, levels: usize) -> Vec<f64> {
    let others = f64::from(pods.max(2) - 1);
    let mut field = Field { pod, rate, together: vec![0.0; levels + 1], at_least: vec![0.0; levels + 1] };
    // As with endless pods of one core; above capacity all are full.
    let load = (rate / pod.capacity()).min(1.0);
    let levels_of = |(k, value): (usize, &mut f64)| *value = libm::pow(load, libm::exp2(k as f64) - 1.0);
    field.at_least.iter_mut().enumerate().for_each(levels_of);
    field.settle();
    for _ in 0..if levels <= MOST_LEVELS { ROUNDS } else { 0 } {
        let before = field.together.clone();
        let spread = field.covariance();
        for k in 1..=levels {
            let s = field.at_least[k];
            let wanted = (spread[(k - 1) * levels + k - 1] - s * (1.0 - s)) / others;
            // Half way: the two depend on each other.
            field.together[k] = (before[k] + wanted.clamp(-s * s, s * (1.0 - s))) / 2.0;
        }
        field.settle();
        let moved = field.together.iter().zip(&before).map(|(now, then)| (now - then).abs()).fold(0.0, f64::max);
        if moved < 1e-6 {
            break;
        }
    }
    field.at_least
}

struct Field<'a> {
    pod: &'a SharedPod,
    rate: f64,
    /// The covariance of two pods' holding at least so many.
    together: Vec<f64>,
    at_least: Vec<f64>,
}

impl Field<'_> {
    fn levels(&self) -> usize {
        self.at_least.len() - 1
    }

    /// P(two pods drawn hold at least `k`).
    fn both(&self, k: usize) -> f64 {
        let s = self.at_least[k];
        if k == 0 { 1.0 } else { (s * s + self.together[k]).clamp(0.0, s) }
    }

    /// The change of P(at least `k`) in a mean work.
    fn drift(&self, k: usize) -> f64 {
        let above = self.at_least.get(k + 1).copied().unwrap_or(0.0);
        self.rate * (self.both(k - 1) - self.both(k)) - self.pod.served(k) * (self.at_least[k] - above)
    }

    /// How the drift depends on the levels below, here and above.
    fn slopes(&self, k: usize) -> [f64; 3] {
        let slope = |k: usize| if k == 0 { 0.0 } else { 2.0 * self.rate * self.at_least[k] };
        let served = self.pod.served(k);
        [slope(k - 1), -slope(k) - served, if k < self.levels() { served } else { 0.0 }]
    }

    /// To where nothing changes: Newton's steps, at first as short as time steps.
    fn settle(&mut self) {
        let levels = self.levels();
        let mut damping = 2.0;
        for _ in 0..MOST_NEWTON_STEPS {
            let mut solver = Vec::with_capacity(levels);
            for k in 1..=levels {
                let [below, here, above] = self.slopes(k);
                let (mut pivot, mut right) = (damping - here, self.drift(k));
                if let Some((up, known)) = solver.last() {
                    pivot -= below * up;
                    right += below * known;
                }
                solver.push((above / pivot, right / pivot));
            }
            let (mut step, mut largest) = (0.0, 0.0_f64);
            for (k, (up, known)) in solver.iter().enumerate().rev() {
                step = known + up * step;
                largest = largest.max(step.abs());
                self.at_least[k + 1] += step;
            }
            let mut most = 1.0;
            for value in &mut self.at_least[1..] {
                *value = value.clamp(0.0, most);
                most = *value;
            }
            if largest < 1e-10 && damping < 0.01 {
                break;
            }
            damping *= if largest > 0.1 { 0.7 } else { 0.2 };
        }
    }

    /// The covariance of the shares of pods with at least so many, times the number of pods.
    fn covariance(&self) -> Vec<f64> {
        let levels = self.levels();
        let drift: Vec<[f64; 3]> = (1..=levels).map(|k| self.slopes(k)).collect();
        let noise = |k: usize| {
            let above = self.at_least.get(k + 1).copied().unwrap_or(0.0);
            2.0 * self.pod.served(k) * (self.at_least[k] - above).max(0.0)
        };
        let step = 1.0 / libm::sqrt((self.rate + self.pod.served(levels)) * 0.05);
        covariance(&drift, &(1..=levels).map(noise).collect::<Vec<f64>>(), step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(pods: u32, load: f64) -> f64 {
        let pod = SharedPod { cores: 1.0, threads: f64::INFINITY, places: f64::INFINITY };
        two_choices_at_least(&pod, pods, load, 24).iter().skip(1).sum()
    }

    #[test]
    fn endless_pods_have_the_mean_field() {
        for load in [0.3, 0.7, 0.95] {
            let wanted: f64 = (1..25).map(|k| libm::pow(load, libm::exp2(f64::from(k)) - 1.0)).sum();
            assert!((mean(1_000_000, load) / wanted - 1.0).abs() < 1e-4, "{load}");
        }
    }

    /// Gast and Van Houdt's table of simulations (here without replacement, which is a little better).
    #[test]
    fn few_pods_hold_more() {
        for load in [0.5, 0.7, 0.9] {
            let held: Vec<f64> = [1_000_000, 100, 10, 4].map(|pods| mean(pods, load)).to_vec();
            assert!(held.windows(2).all(|pair| pair[0] < pair[1]), "{load}: {held:?}");
        }
    }
}

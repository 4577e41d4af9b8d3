//! Waiting behind two choices: the shorter of two queues drawn at random is joined.
//!
//! With many pods each of them is a queue of its own whose arrivals depend on how all the others do (mean field):
//! one with `k` requests gets `load * (P(at least k) + P(at least k + 1))`. With few pods queues are longer; by how
//! much is fitted to exponential work, see [`more_with_few`].
//!
//! Sources: Vvedenskaya, Dobrushin, Karpelevich 1996 and Mitzenmacher 2001 (exponential work); Bramson, Lu, Prabhakar,
//! "Asymptotic independence of queues under randomized load balancing", 2012 (any work).
//! Times are in multiples of the mean work.

use super::phases::Phases;
use super::work::GammaSurvival;

/// The wait of a request that finds this many in the pod that it joins.
struct Found {
    share: f64,
    mean: f64,
    variance: f64,
}

/// The waits of one server per pod, as a mixture.
pub(super) struct TwoChoices {
    /// Of who waits for nothing but the rest of the work in service: pairs of share and mean, exponential.
    rests: Vec<(f64, f64)>,
    /// Of the others, by what they found.
    behind: Vec<Found>,
    /// Because pods are few, this share of those who wait waits longer by this much, exponentially distributed.
    more: (f64, f64),
}

const MOST_LEVELS: usize = 64;
const ROUNDS: usize = 400;

impl TwoChoices {
    /// At `load` (0 to 1, both excluded); `scv` is that of the work.
    pub(super) fn new(phases: &Phases, scv: f64, pods: u32, load: f64) -> TwoChoices {
        let mut at_least: Vec<f64> = (0..MOST_LEVELS).map(|k| libm::pow(load, libm::exp2(k as f64) - 1.0)).collect();
        let mut levels = Vec::new();
        for _ in 0..ROUNDS {
            levels = levels_of(phases, &arrivals(&at_least, load));
            let mut change: f64 = 0.0;
            let mut above = 0.0;
            for (known, level) in at_least.iter_mut().zip(&levels).rev() {
                above += level.iter().sum::<f64>();
                change = change.max((above - *known).abs());
                *known = (*known + above) / 2.0;
            }
            if change < 1e-9 {
                break;
            }
        }
        let arrivals = arrivals(&at_least, load);
        let joins = |k: usize| -> Vec<f64> { levels[k].iter().map(|mass| mass * arrivals[k] / load).collect() };
        let found = |k: usize| {
            let shares = joins(k);
            let share: f64 = shares.iter().sum();
            let sums = shares.iter().zip(&phases.rates).fold((0.0, 0.0), |(mean, square), (share, rate)| {
                (mean + share / rate, square + 2.0 * share / (rate * rate))
            });
            let (rest, square) = (sums.0 / share.max(1e-300), sums.1 / share.max(1e-300));
            let before = (k - 1) as f64;
            Found { share, mean: rest + before, variance: (square - rest * rest).max(1e-3) + before * scv }
        };
        let rests = joins(1).into_iter().zip(phases.rates.iter().map(|rate| 1.0 / rate)).collect();
        let behind: Vec<Found> = (2..levels.len()).map(found).filter(|found| found.share > 1e-9).collect();
        let known = TwoChoices { rests, behind, more: (0.0, 0.0) };
        let (share, wanted) = (known.share(), share_waiting(pods, load));
        let rescale = wanted / share;
        TwoChoices {
            rests: known.rests.into_iter().map(|(share, mean)| (share * rescale, mean)).collect(),
            behind: known.behind.into_iter().map(|found| Found { share: found.share * rescale, ..found }).collect(),
            more: {
                let (share, mean) = more_with_few(pods, load);
                ((share / wanted).min(1.0), mean * (1.0 + scv) / 2.0)
            },
        }
    }

    /// The share that waits.
    pub(super) fn share(&self) -> f64 {
        self.rests.iter().map(|(share, _)| share).sum::<f64>()
            + self.behind.iter().map(|found| found.share).sum::<f64>()
    }

    /// The mean wait of all, also of who does not wait.
    pub(super) fn mean(&self) -> f64 {
        let rests: f64 = self.rests.iter().map(|(share, mean)| share * mean).sum();
        let behind: f64 = self.behind.iter().map(|found| found.share * found.mean).sum();
        rests + behind + self.share() * self.more.0 * self.more.1
    }

    /// P(wait > w), as a function.
    pub(super) fn survival(&self) -> impl Fn(f64) -> f64 {
        let (often, more) = (self.more.0, self.more.1.max(1e-9));
        let gamma = |share: f64, mean: f64, variance: f64| (share, mean, GammaSurvival::new(mean * mean / variance));
        let both = |found: &Found| {
            let Found { share, mean, variance } = *found;
            [gamma(share * (1.0 - often), mean, variance), gamma(share * often, mean + more, variance + more * more)]
        };
        let behind: Vec<(f64, f64, GammaSurvival)> = self.behind.iter().flat_map(both).collect();
        let rests = self.rests.clone();
        move |w: f64| {
            let rests = rests.iter().map(|(share, mean)| {
                // The sum of two exponentials; equal ones are told apart by a hair.
                let mean = if (mean / more - 1.0).abs() < 1e-6 { mean * 1.000_01 } else { *mean };
                let alone = libm::exp(-w / mean);
                let with_more = (mean * alone - more * libm::exp(-w / more)) / (mean - more);
                share * (alone + often * (with_more - alone))
            });
            rests.sum::<f64>() + behind.iter().map(|(share, mean, gamma)| share * gamma.at(w / mean)).sum::<f64>()
        }
    }
}

/// Arrivals at a pod by the number in it.
fn arrivals(at_least: &[f64], load: f64) -> Vec<f64> {
    let next = at_least.iter().skip(1).copied().chain([0.0]);
    at_least.iter().zip(next).map(|(here, above)| load * (here + above)).collect()
}

/// By the number in a pod and the phase of the work in service: the law of a pod with these arrivals.
///
/// Level by level upwards: as much goes up between two levels as comes down.
fn levels_of(phases: &Phases, arrivals: &[f64]) -> Vec<Vec<f64>> {
    let mut levels = vec![vec![1.0]];
    for (k, rate) in arrivals.iter().enumerate().skip(1) {
        let inflow = |phase: usize| match levels.as_slice() {
            [empty] => phases.weights[phase] * arrivals[0] * empty[0],
            [.., below] => arrivals[k - 1] * below[phase],
            [] => 0.0,
        };
        let each = |of: &dyn Fn(usize) -> f64| -> f64 {
            phases.rates.iter().enumerate().map(|(phase, end)| of(phase) / (rate + end)).sum()
        };
        let all = each(&inflow) / (1.0 - rate * each(&|phase| phases.weights[phase])).max(1e-12);
        let level = phases.rates.iter().enumerate();
        let level = level.map(|(phase, end)| (inflow(phase) + phases.weights[phase] * rate * all) / (rate + end));
        levels.push(level.collect());
    }
    let total: f64 = levels.iter().flatten().sum();
    levels.iter_mut().flatten().for_each(|mass| *mass /= total);
    levels
}

/// The share of arrivals that find both pods busy.
pub(super) fn share_waiting(pods: u32, load: f64) -> f64 {
    load * load * (1.0 + 0.9 * (1.0 - load) / f64::from(pods))
}

/// What waits are longer by than with many pods, for exponential work: the share of all requests that meets a
/// crowd at all pods, and the mean of what they wait more, which is that of one queue for all.
///
/// On average of the form that refined mean fields have (Gast and Van Houdt 2017: a constant over the number of
/// pods); the share is fitted to the means recorded with 3, 10 and 50 pods at loads from 0.5 to 0.95.
pub(super) fn more_with_few(pods: u32, load: f64) -> (f64, f64) {
    let pods = f64::from(pods);
    (0.45 * load * load * load * (1.0 + 2.0 / pods), 1.0 / (pods * (1.0 - load)))
}

/// The share that waits, and the first two moments of everybody's wait in multiples of the work,
/// when the shorter of two queues is joined (exponential work, many pods).
pub(super) fn two_choices_wait(load: f64) -> (f64, f64, f64) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::latency::WorkShape;
    use crate::traffic::latency::work::Survival;

    fn many(shape: WorkShape, load: f64) -> TwoChoices {
        let phases = Phases::of(shape, &Survival::tabulate(1.0 / 256.0, |x| shape.survival(x))).unwrap();
        TwoChoices::new(&phases, shape.scv(), 1_000_000, load)
    }

    #[test]
    fn many_pods_with_exponential_work_have_the_known_queues() {
        for load in [0.3, 0.5, 0.7, 0.9] {
            let found = many(WorkShape::Exponential, load);
            let wanted: f64 = (1..20).map(|j| libm::pow(load, libm::exp2(f64::from(j + 1)) - 2.0)).sum();
            assert!((found.mean() / wanted - 1.0).abs() < 1e-4, "{load}: {}, not {wanted}", found.mean());
            assert!((found.share() / load / load - 1.0).abs() < 1e-4, "{load}: {}", found.share());
            assert!((found.survival()(0.0) / found.share() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn variable_work_waits_longer_but_less_than_in_one_queue() {
        for load in [0.5, 0.8] {
            let usual = many(WorkShape::Exponential, load).mean();
            let found = many(WorkShape::Lognormal { scv: 4.0 }, load).mean();
            assert!(found > 1.5 * usual && found < 2.5 * usual, "{load}: {found} and {usual}");
        }
    }
}

//! A pod whose requests share its cores, and the law of the number in it.
//!
//! Times are in multiples of the mean work of a request. With exponential work, or where all share, the number's law
//! depends on arrivals only through their rate at each number (Kelly, "Reversibility and stochastic networks", 1979).

/// What a pod gives its requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedPod {
    pub(super) cores: f64,
    /// At most this many share the cores; may be infinite.
    pub(super) threads: f64,
    /// At most this many are in the pod; may be infinite.
    pub(super) places: f64,
}

/// The law of the number in a pod, from 0 on.
#[derive(Clone, Debug)]
pub(super) struct PodNumbers {
    /// Arrivals in a mean work while so many are there.
    pub(super) arrivals: Vec<f64>,
    /// The share of time.
    pub(super) chance: Vec<f64>,
}

/// What is rarer is left out.
const NEGLIGIBLE: f64 = 1e-8;
/// Numbers that are told apart.
const MOST_NUMBERS: usize = 400;

impl SharedPod {
    /// Mean works done in a mean work while this many are in the pod.
    pub(super) fn served(&self, number: usize) -> f64 {
        (number as f64).min(self.threads).min(self.cores)
    }

    /// Mean works a pod does at most.
    pub(super) fn capacity(&self) -> f64 {
        self.cores.min(self.threads)
    }

    /// How much longer a mean work takes with this many in the pod.
    pub(super) fn pace(&self, number: usize) -> f64 {
        let sharing = (number as f64).min(self.threads).max(1.0);
        sharing / self.served(number.max(1))
    }

    /// The number with these arrivals at each.
    pub(super) fn numbers(&self, arrivals: impl Fn(usize) -> f64) -> PodNumbers {
        let (mut rates, mut chance) = (Vec::new(), vec![1.0]);
        let mut sum = 1.0;
        loop {
            let number = chance.len() - 1;
            let rate = arrivals(number);
            let next = chance[number] * rate / self.served(number + 1);
            let is_last = number as f64 + 0.5 > self.places || number + 1 >= MOST_NUMBERS;
            let rate_ratio = rate / self.served(number + 1);
            if is_last || (number as f64 >= self.cores && rate_ratio < 1.0 && next < NEGLIGIBLE * sum) {
                rates.push(0.0);
                break;
            }
            rates.push(rate);
            chance.push(next);
            sum += next;
            if sum > 1e200 {
                chance.iter_mut().for_each(|chance| *chance /= sum);
                sum = 1.0;
            }
        }
        chance.iter_mut().for_each(|chance| *chance /= sum);
        PodNumbers { arrivals: rates, chance }
    }

    /// The number with these chances of at least 0, 1, ...
    pub(super) fn numbers_of(&self, at_least: &[f64]) -> PodNumbers {
        let chance = |k: usize| (at_least[k] - at_least.get(k + 1).copied().unwrap_or(0.0)).max(1e-300);
        self.numbers(|k| if k + 1 < at_least.len() { self.served(k + 1) * chance(k + 1) / chance(k) } else { 0.0 })
    }
}

impl PodNumbers {
    /// What arrivals that are taken find; adds up to 1.
    pub(super) fn found(&self) -> Vec<f64> {
        let found: Vec<f64> = self.arrivals.iter().zip(&self.chance).map(|(rate, chance)| rate * chance).collect();
        let sum: f64 = found.iter().sum::<f64>().max(1e-300);
        found.iter().map(|found| found / sum).collect()
    }

    /// The mean of a figure of the number.
    pub(super) fn mean_of(&self, figure: impl Fn(usize) -> f64) -> f64 {
        self.chance.iter().enumerate().map(|(number, chance)| chance * figure(number)).sum()
    }
}

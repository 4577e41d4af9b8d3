//! The number in a pod whose requests share its cores, where arrivals are Poisson at two levels in turn (MMPP).
//!
//! Times are in multiples of the mean work of a request.

use super::arriving::{Arriving, Square, inverse, row_times};
use super::profile::Discipline;
use super::shared_pod::PodNumbers;
use super::sharing::Sharing;

/// Numbers that are told apart.
const NUMBERS: usize = 300;

/// What requests find in a pod, by the level at which they arrive.
pub(super) struct ModulatedPod {
    /// The share of all arrivals that come at this level and find so many.
    pub(super) found: [Vec<f64>; 2],
    /// How arrivals go on while a request of each level is served.
    pub(super) then: [PodNumbers; 2],
    /// The mean time that requests hold a thread (Little's law).
    pub(super) mean_time: f64,
}

impl ModulatedPod {
    /// The chain of level and number, from the largest number down (Neuts 1981); exact for exponential work and random
    /// pods. Other work forgets levels as its mean residual work lasts; turns take from arrivals what they vary less.
    pub(super) fn new(sharing: &Sharing, load: f64, levels: [f64; 2], sojourns: [f64; 2]) -> ModulatedPod {
        let pod = sharing.pod(None);
        let capacity = pod.capacity();
        let rates = levels.map(|level| level * load * capacity);
        let unit = sharing.residual_remembered(load);
        let leave = sojourns.map(|sojourn| unit / sojourn.max(1e-9));
        let even = rates.map(|rate| sharing.evened_by_turns(rate / capacity) * capacity);
        let busy = |number: usize| number as f64 >= pod.cores.max(1.0) - 1e-9;
        let evened = |number: usize| if busy(number) { even } else { [0.0; 2] };
        let up = |number: usize| [0, 1].map(|level| rates[level] - evened(number)[level]);
        let down = |number: usize| evened(number).map(|even| pod.served(number) - even);
        let block = |number: usize, above: &Square| -> Square {
            let (up, here, next) = (up(number), down(number), down(number + 1));
            [
                [leave[0] + up[0] + here[0] - above[0][0] * next[0], -leave[0] - above[0][1] * next[1]],
                [-leave[1] - above[1][0] * next[0], leave[1] + up[1] + here[1] - above[1][1] * next[1]],
            ]
        };
        let mut ratios: Vec<Square> = vec![[[0.0; 2]; 2]; NUMBERS];
        for number in (0..NUMBERS - 1).rev() {
            // The last number has no arrivals.
            let mut middle = block(number + 1, &ratios[number + 1]);
            if number + 2 == NUMBERS {
                let up = up(number + 1);
                (middle[0][0], middle[1][1]) = (middle[0][0] - up[0], middle[1][1] - up[1]);
            }
            let (up, inverse) = (up(number), inverse(middle));
            ratios[number] = [inverse[0].map(|value| up[0] * value), inverse[1].map(|value| up[1] * value)];
        }
        let out = block(0, &ratios[0]);
        // Left null vector.
        let mut masses = [out[1][0].abs().max(1e-300), out[0][0].abs().max(1e-300)];
        let mut chance = Vec::with_capacity(NUMBERS);
        for ratio in &ratios {
            chance.push(masses);
            masses = row_times(masses, *ratio);
        }
        ModulatedPod::of_chances(sharing, &chance, rates, sojourns)
    }

    fn of_chances(sharing: &Sharing, chance: &[[f64; 2]], rates: [f64; 2], sojourns: [f64; 2]) -> ModulatedPod {
        let pod = sharing.pod(None);
        // With turns arrivals find what departures leave.
        let turns = sharing.discipline == Discipline::RoundRobin;
        let found = |level: usize, number: usize| {
            if turns {
                chance.get(number + 1).map_or(0.0, |above| above[level] * pod.served(number + 1))
            } else {
                chance[number][level] * rates[level]
            }
        };
        let mut shares = [0, 1].map(|level| (0..chance.len()).map(|number| found(level, number)).collect::<Vec<f64>>());
        let sum: f64 = shares.iter().flatten().sum();
        shares.iter_mut().flatten().for_each(|share| *share /= sum);
        let all: f64 = chance.iter().flatten().sum();
        let mean_of = |figure: &dyn Fn(usize) -> f64| {
            chance.iter().enumerate().map(|(number, pair)| (pair[0] + pair[1]) * figure(number)).sum::<f64>() / all
        };
        let arrived = mean_of(&|number| pod.served(number));
        let mean_time = mean_of(&|number| (number as f64).min(pod.threads)) / arrived;
        let then = [0, 1].map(|level| {
            // A level that ends soon is left while the request is served.
            let stays = sojourns[level] / (sojourns[level] + mean_time);
            let rate = stays * rates[level] + (1.0 - stays) * arrived;
            PodNumbers { arrivals: vec![rate; chance.len()], chance: Vec::new() }
        });
        ModulatedPod { found: shares, then, mean_time }
    }
}

impl Sharing {
    /// By how much both arrivals and departures of a busy pod are to be lowered, in parts of its capacity, to leave the
    /// number that turns leave: a walk of the same drift that varies less.
    fn evened_by_turns(&self, load: f64) -> f64 {
        let regular = Sharing { arriving: Arriving::Poisson, ..*self };
        let Some(gaps) = regular.gaps_scv() else { return 0.0 };
        if load > 0.97 {
            return 1.0 - regular.haste().min(1.0);
        }
        let delay = regular.delay_alone(load, gaps);
        let ratio = delay / (1.0 + delay);
        ((load - ratio) / (1.0 - ratio)).clamp(0.0, 0.99 * load)
    }
}

#[cfg(test)]
mod tests {
    use super::super::profile::WorkShape;
    use super::*;

    #[test]
    fn equal_levels_are_poisson_and_slow_ones_a_mixture() {
        let arriving = Arriving::Modulated { levels: [1.0; 2], sojourns: [5.0; 2] };
        let shape = WorkShape::Exponential;
        let sharing = Sharing { shape, cores: 1.0, threads: None, discipline: Discipline::Random, pods: 3, arriving };
        let time = |levels, sojourn: f64| ModulatedPod::new(&sharing, 0.5, levels, [sojourn; 2]).mean_time;
        assert!((time([1.0, 1.0], 5.0) - 2.0).abs() < 1e-6);
        assert!((time([0.5, 1.5], 1e-4) - 2.0).abs() < 1e-2);
        // M/M/1 at 0.25 and 0.75: (1/3 + 3) / 2 in the mean, half a request arrives in a mean work.
        assert!((time([0.5, 1.5], 1e6) - (1.0 / 3.0 + 3.0)).abs() < 1e-2);
    }
}

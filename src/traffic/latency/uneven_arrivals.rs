//! The number in a pod whose requests share its cores, where arrivals are not Poisson and pods are sought by number.
//!
//! Times are in multiples of the mean work of a request.

use super::arriving::{Arriving, ModulatedQueue, renewal_root, renewal_share};
use super::erlang::erlang_c;
use super::shared_pod::{PodNumbers, SharedPod};
use super::sharing::Sharing;

impl Sharing {
    /// What all pods hold more than with Poisson arrivals, over their number: as one queue for all holds more.
    ///
    /// With exponential work; other work counts as in heavy traffic, by its mean residual (see [`Sharing::delay_alone`]).
    pub(super) fn more_than_poisson(&self, pod: &SharedPod, load: f64) -> f64 {
        let pods = f64::from(self.pods);
        let servers = (pods * pod.capacity().max(1.0)).round().max(1.0);
        let count = servers as u32;
        let poisson = || erlang_c(count, load) * load / (1.0 - load);
        let more = match self.arriving {
            Arriving::Poisson => 0.0,
            Arriving::Renewal { scv } => {
                let waiting = renewal_share(count, load, scv) * load / (1.0 - renewal_root(servers, load, scv));
                (waiting - poisson()) / self.residual_remembered(load)
            }
            Arriving::Modulated { levels, sojourns } => {
                let unit = self.residual_remembered(load) / pod.capacity().min(1.0);
                let queue = ModulatedQueue::new(count, load, levels, sojourns.map(|sojourn| sojourn / unit));
                queue.mean_number - load * servers - poisson()
            }
        };
        more / pods
    }

    /// The number in a pod that holds so much more in the mean: arrivals while all cores are in use come nearer to what
    /// the pod can do, or are scaled down for less, and the others are scaled so that as much is served as arrives.
    pub(super) fn with_more(&self, pod: &SharedPod, numbers: PodNumbers, more: f64) -> PodNumbers {
        let serves = |numbers: &PodNumbers| numbers.mean_of(|k| pod.served(k));
        let holds = |numbers: &PodNumbers| numbers.mean_of(|k| k as f64);
        let (wanted, rate) = (holds(&numbers) + more, serves(&numbers));
        let known = |k: usize| numbers.arrivals.get(k).copied().unwrap_or(0.0);
        // Beyond what was told apart the last ratio goes on.
        let last = numbers.arrivals.len().saturating_sub(2);
        let most = 0.998 * pod.capacity();
        let scaled = |busy: f64, idle: f64| {
            pod.numbers(|k| match known(k.min(last)) {
                usual if (k as f64) < pod.cores => idle * usual,
                usual if busy < 0.0 => usual * (1.0 + busy),
                usual => usual + busy * (most - usual),
            })
        };
        let balanced = |busy: f64| {
            let (mut low, mut high) = (0.0, 20.0);
            for _ in 0..24 {
                let idle = (low + high) / 2.0;
                if serves(&scaled(busy, idle)) < rate { low = idle } else { high = idle }
            }
            scaled(busy, (low + high) / 2.0)
        };
        let (mut low, mut high) = (-1.0, 1.0);
        for _ in 0..24 {
            let busy = (low + high) / 2.0;
            if holds(&balanced(busy)) < wanted { low = busy } else { high = busy }
        }
        balanced((low + high) / 2.0)
    }
}

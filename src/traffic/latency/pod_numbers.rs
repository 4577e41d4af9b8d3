//! The number in a pod whose requests share its cores, behind every balancer.
//!
//! Times are in multiples of the mean work of a request.

use super::arriving::Arriving;
use super::erlang::erlang_c;
use super::profile::Discipline;
use super::refined_mean_field::two_choices_at_least;
use super::shared_pod::{PodNumbers, SharedPod};
use super::sharing::Sharing;

/// Levels that are told apart behind two choices.
const MOST_LEVELS: usize = 24;

impl Sharing {
    pub(super) fn pod(&self, bound: Option<u32>) -> SharedPod {
        let threads = self.threads.map_or(f64::INFINITY, f64::from);
        SharedPod { cores: self.cores, threads, places: threads + bound.map_or(f64::INFINITY, f64::from) }
    }

    /// At `load`, below 1 unless the pod is bounded.
    pub(super) fn numbers(&self, pod: &SharedPod, load: f64) -> PodNumbers {
        if self.arriving == Arriving::Poisson || !self.seeks() || pod.places.is_finite() {
            return self.numbers_of_poisson(pod, load);
        }
        self.with_more(pod, self.numbers_of_poisson(pod, load), self.more_than_poisson(pod, load))
    }

    fn numbers_of_poisson(&self, pod: &SharedPod, load: f64) -> PodNumbers {
        match self.discipline {
            Discipline::PowerOfTwo if self.pods > 2 => self.of_two(pod, load),
            Discipline::LeastOutstanding | Discipline::SharedQueue | Discipline::PowerOfTwo if self.pods > 1 => {
                if self.cores <= 1.0 && pod.places.is_infinite() {
                    self.least_of_all(pod, load)
                } else {
                    self.least_of_all_together(pod, load)
                }
            }
            _ => self.unsought(pod, load),
        }
    }

    /// Behind two choices.
    fn of_two(&self, pod: &SharedPod, load: f64) -> PodNumbers {
        let rate = load * pod.capacity();
        // With few pods all of them fill now and then: the levels fall off as those of one queue for all do.
        let falls = libm::log(load.clamp(1e-3, 0.995));
        let pooled = libm::log(1e-7) / (f64::from(self.pods) * falls);
        let alone = libm::log2(1.0 + libm::log(1e-9) / falls);
        let levels = (pod.capacity() + alone.max(pooled) + 2.0).clamp(4.0, MOST_LEVELS as f64);
        let levels = if load < 0.97 || pod.places.is_infinite() {
            levels.min(pod.places)
        } else {
            pod.places.min(levels.max(pod.places))
        };
        pod.numbers_of(&two_choices_at_least(pod, self.pods, rate, levels as usize))
    }

    /// Behind a balancer that sends to the least of all pods, one core each.
    ///
    /// From two in the pod on arrivals come at the rate of a full system, `load` to the power of the pods; the share
    /// of pods with two or more leaves the mean number of one queue for all, and half a work for each that is stuck.
    /// Source: Gupta, Harchol-Balter, Sigman and Whitt, "Analysis of join-the-shortest-queue routing for web server
    /// farms", 2007 (single queue approximation; nearly insensitive to the work's law).
    fn least_of_all(&self, pod: &SharedPod, load: f64) -> PodNumbers {
        let pods = f64::from(self.pods);
        let waiting = erlang_c(self.pods, load) * (1.0 / (pods * (1.0 - load)) + 0.5 * (1.0 - 1.0 / pods));
        let mut ratio = libm::pow(load, pods);
        let mut two = load * waiting * (1.0 - ratio);
        if two > 0.97 * load {
            two = 0.97 * load;
            ratio = 1.0 - two / (load * waiting);
        }
        let (idle, one) = (1.0 - load, load - two);
        let cores = pod.capacity();
        pod.numbers(|k| match k {
            0 => cores * one / idle,
            1 => cores * two * (1.0 - ratio) / one,
            _ => cores * ratio,
        })
    }

    /// The same by the number in all pods together, spread evenly.
    fn least_of_all_together(&self, pod: &SharedPod, load: f64) -> PodNumbers {
        let count = self.pods as usize;
        let pods = f64::from(self.pods);
        let rate = load * pod.capacity() * pods;
        let most = if pod.places.is_finite() { pod.places * pods } else { f64::INFINITY };
        let served = |all: usize| {
            let (each, more) = (all / count, (all % count) as f64 / pods);
            pods * (pod.served(each) * (1.0 - more) + pod.served(each + 1) * more)
        };
        let mut at_least = vec![0.0_f64; 2];
        let (mut weight, mut sum, mut all) = (1.0, 0.0, 0_usize);
        loop {
            sum += weight;
            let (each, more) = (all / count, (all % count) as f64 / pods);
            if at_least.len() < each + 3 {
                at_least.resize(each + 3, 0.0);
            }
            at_least[each] += weight * (1.0 - more);
            at_least[each + 1] += weight * more;
            let next = weight * rate / served(all + 1);
            let falls = next < weight && all as f64 > pods * pod.capacity();
            if all as f64 + 0.5 > most || (falls && next < 1e-9 * sum) || all > 20_000 {
                break;
            }
            (weight, all) = (next, all + 1);
            if sum > 1e200 {
                at_least.iter_mut().for_each(|value| *value /= sum);
                (weight, sum) = (weight / sum, 1.0);
            }
        }
        for k in (0..at_least.len() - 1).rev() {
            at_least[k] += at_least[k + 1];
        }
        let total = at_least[0];
        let last = at_least.iter().rposition(|value| *value > 1e-12 * total).unwrap_or(0);
        at_least.truncate(last + 1);
        pod.numbers_of(&at_least.iter().map(|value| value / total).collect::<Vec<f64>>())
    }

    /// Behind random choices or turns.
    ///
    /// While all share, a pod's number is its work over the mean residual work; those who wait for a thread hold a
    /// mean work each: both fall off geometrically (Avi-Itzhak and Halfin 1988; as a diffusion, Zhang, Dai and Zwart,
    /// "Diffusion limits of limited processor sharing queues", 2011). Exact for exponential work and Poisson arrivals.
    fn unsought(&self, pod: &SharedPod, load: f64) -> PodNumbers {
        let load = if (load - 1.0).abs() < 1e-6 { 1.0 - 1e-6 } else { load };
        let (cores, rate) = (pod.capacity(), load * pod.capacity());
        let ratios = self.ratios(load);
        let below = self.arrivals_below(pod, load, ratios.sharing);
        // Where ratios change the chances must still serve what arrives.
        let enter = (1.0 - ratios.waiting) / (1.0 - ratios.sharing);
        let last = pod.places - 1.0;
        let mut numbers = pod.numbers(|k| {
            let at = k as f64;
            if at + 1.0 < cores {
                below(k)
            } else if at >= pod.threads {
                ratios.waiting * cores * if at >= last { 1.0 / enter } else { 1.0 }
            } else {
                let usual = if at < cores { below(k) } else { ratios.sharing * cores };
                if at + 1.0 >= pod.threads && at < last { usual * enter } else { usual }
            }
        });
        if self.gaps_scv().is_none() {
            numbers.arrivals.iter_mut().for_each(|arrivals| *arrivals = rate);
            if pod.places.is_finite() {
                numbers.arrivals.pop();
                numbers.arrivals.push(0.0);
            }
        }
        numbers
    }

    /// Arrivals while a core is idle: the fewer the more are there where gaps vary little, so that as much is served
    /// as arrives.
    fn arrivals_below<'a>(&self, pod: &'a SharedPod, load: f64, ratio: f64) -> impl Fn(usize) -> f64 + 'a {
        let (cores, rate) = (pod.capacity(), load * pod.capacity());
        let leaning = move |lean: f64, k: usize| rate * (1.0 - lean * (k as f64 - rate) / cores).max(0.0);
        let is_usual = (ratio / load - 1.0).abs() < 1e-9 || load >= 1.0;
        let open = SharedPod { places: f64::INFINITY, threads: f64::INFINITY, cores };
        let (mut low, mut high) = (-40.0_f64, 8.0_f64);
        for _ in 0..if is_usual { 0 } else { 30 } {
            let lean = (low + high) / 2.0;
            let numbers = open.numbers(|k| if (k as f64) < cores { leaning(lean, k) } else { ratio * cores });
            let serves = numbers.mean_of(|k| open.served(k));
            if serves < rate { low = lean } else { high = lean }
        }
        let lean = if load >= 1.0 || is_usual { 0.0 } else { (low + high) / 2.0 };
        move |k| leaning(lean, k)
    }

    fn ratios(&self, load: f64) -> Ratios {
        let scv = self.shape.scv();
        let residual = (1.0 + scv) / 2.0;
        let gaps = self.gaps_scv().unwrap_or(1.0);
        let sharing = if gaps == 1.0 {
            load
        } else if load < 0.98 {
            let delay = self.delay_alone(load, gaps);
            delay / (1.0 + delay)
        } else {
            libm::pow(load, (1.0 + scv) / (gaps + scv).max(0.02))
        };
        let waiting = if sharing < 1.0 {
            1.0 - (1.0 - sharing) / (1.0 + sharing * (residual - 1.0))
        } else {
            libm::pow(sharing, 1.0 / residual)
        };
        Ratios { sharing, waiting }
    }
}

/// The chance of one more over that of as many as there are.
#[derive(Clone, Copy)]
struct Ratios {
    /// While all share the cores.
    sharing: f64,
    /// While some wait for a thread.
    waiting: f64,
}

#[cfg(test)]
mod tests {
    use super::super::arriving::Arriving;
    use super::super::profile::WorkShape;
    use super::*;

    fn pods(discipline: Discipline, shape: WorkShape, arriving: Arriving) -> Sharing {
        Sharing { shape, cores: 1.0, threads: Some(4), discipline, pods: 6, arriving }
    }

    const ALL: [Discipline; 4] =
        [Discipline::Random, Discipline::RoundRobin, Discipline::PowerOfTwo, Discipline::LeastOutstanding];

    #[test]
    fn what_arrives_is_served_behind_every_balancer() {
        let shapes = [WorkShape::Deterministic, WorkShape::Exponential, WorkShape::Lognormal { scv: 4.0 }];
        for (discipline, shape) in ALL.into_iter().flat_map(|discipline| shapes.map(|shape| (discipline, shape))) {
            for arriving in [Arriving::Poisson, Arriving::Renewal { scv: 3.0 }] {
                for load in [0.2, 0.6, 0.9] {
                    let sharing = pods(discipline, shape, arriving);
                    let pod = sharing.pod(None);
                    let served = sharing.numbers(&pod, load).mean_of(|k| pod.served(k));
                    assert!((served / load - 1.0).abs() < 0.02, "{sharing:?} at {load}: {served}");
                }
            }
        }
    }

    #[test]
    fn a_bounded_pod_of_exponential_work_is_mm1k() {
        for load in [0.5, 0.9, 1.0, 1.4] {
            let sharing = pods(Discipline::Random, WorkShape::Exponential, Arriving::Poisson);
            let numbers = sharing.numbers(&sharing.pod(Some(2)), load);
            let weights: Vec<f64> = (0..=6).map(|k| f64::powi(load, k)).collect();
            let sum: f64 = weights.iter().sum();
            for (chance, weight) in numbers.chance.iter().zip(&weights) {
                assert!((chance - weight / sum).abs() < 1e-5, "{load}: {:?}", numbers.chance);
            }
        }
    }

    #[test]
    fn far_above_capacity_bounded_pods_are_full() {
        for discipline in ALL {
            let sharing = pods(discipline, WorkShape::Lognormal { scv: 4.0 }, Arriving::Poisson);
            let pod = sharing.pod(Some(3));
            let numbers = sharing.numbers(&pod, 5.0);
            assert!(numbers.mean_of(|k| pod.served(k)) > 0.97, "{discipline:?}");
            assert_eq!(numbers.chance.len(), 8, "{discipline:?}");
        }
    }

    #[test]
    fn balancers_are_ordered() {
        let held = ALL.map(|discipline| {
            let sharing = pods(discipline, WorkShape::Exponential, Arriving::Poisson);
            sharing.numbers(&sharing.pod(None), 0.8).mean_of(|k| k as f64)
        });
        assert!(held.windows(2).all(|pair| pair[0] > pair[1]), "{held:?}");
    }
}

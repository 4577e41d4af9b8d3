//! From recorded metrics to a service's profile: what a request costs, and how it queues.
//!
//! Cpu is a line: overhead per pod plus cost per request, by least squares. Latency percentiles then
//! decide between candidates of the fast mode (variability, concurrency, time off the CPU). The last part
//! of the recording is held back and tells how far the profile can be trusted.
//!
//! Start reading at [`fit`].

use crate::traffic::latency::{LatencyTables, PodCohort, ServiceModel, ServiceProfile, WorkShape};
use crate::units::SimDuration;
use rayon::prelude::*;

/// One recorded interval of one service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Seconds on any clock; rising.
    pub time_s: f64,
    /// Requests per second of all pods; at least 0.
    pub requests_per_second: f64,
    /// Ready pods; above 0.
    pub replicas: f64,
    /// Cores used by all pods together; at least 0.
    pub cpu_cores: f64,
    /// P50, P95, P99 in seconds, where recorded.
    pub latency_s: [Option<f64>; 3],
}

/// A profile and how well it explains what it has not seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The profile.
    pub profile: ServiceProfile,
    /// Median absolute error on the held-back samples, in percent: cpu, P50, P95, P99; none where nothing
    /// was recorded.
    pub held_back_percent: [Option<f64>; 4],
    /// Samples used, and samples held back.
    pub samples: (usize, usize),
    /// The least and the most loaded sample used, in requests per second and pod.
    pub seen_rate_per_pod: (f64, f64),
}

/// Why samples make no profile.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// Too few.
    #[error("{found} samples with traffic, expected at least {FEWEST_SAMPLES}")]
    TooFew {
        /// How many there are.
        found: usize,
    },
    /// Cpu does not rise with requests.
    #[error("cpu usage does not rise with the requests: the cost of a request cannot be told from it")]
    NoCost,
}

/// A line through fewer says nothing.
pub const FEWEST_SAMPLES: usize = 10;
/// The part at the end that is held back.
const HELD_BACK: f64 = 0.3;
/// The latencies of this many samples decide; more would only take longer.
const MOST_LATENCIES: usize = 40;
/// Closer to capacity the queue remembers what the sample does not show.
const HIGHEST_LOAD: f64 = 0.9;

/// The profile that explains `samples`, which are in order of time; `known` gives what is not estimated
/// (cpu limit, discipline, bounds).
///
/// Errors: too few samples, or cpu that does not depend on requests.
pub fn fit(samples: &[Sample], known: &ServiceProfile) -> Result<Fit, FitError> {
    let useful: Vec<Sample> =
        samples.iter().copied().filter(|row| row.requests_per_second > 0.0 && row.replicas > 0.0).collect();
    if useful.len() < FEWEST_SAMPLES {
        return Err(FitError::TooFew { found: useful.len() });
    }
    let cut = ((1.0 - HELD_BACK) * useful.len() as f64) as usize;
    let (seen, held) = useful.split_at(cut);
    let (overhead, cpu_s) = cost(seen).ok_or(FitError::NoCost)?;
    let based = ServiceProfile { cpu_s, idle_cpu_milli: overhead * 1000.0, ..known.clone() };
    let profile = best_of(candidates(&based), seen);
    let tables = LatencyTables::default();
    let mut held_back_percent = [None; 4];
    let cpu = held.iter().map(|row| (overhead * row.replicas + cpu_s * row.requests_per_second, row.cpu_cores));
    held_back_percent[0] = median(cpu.filter(|(_, wanted)| *wanted > 0.0).map(|(f, w)| percent(f, w)).collect());
    for (at, error) in held_back_percent.iter_mut().skip(1).enumerate() {
        let errors = held.iter().filter_map(|row| {
            let found = predict(&profile, &tables, row)?[at];
            row.latency_s[at].map(|wanted| percent(found, wanted))
        });
        *error = median(errors.collect());
    }
    let rates = seen.iter().map(|row| row.requests_per_second / row.replicas);
    let range = rates.fold((f64::INFINITY, 0.0_f64), |(least, most), rate| (least.min(rate), most.max(rate)));
    Ok(Fit { profile, held_back_percent, samples: (seen.len(), held.len()), seen_rate_per_pod: range })
}

fn percent(found: f64, wanted: f64) -> f64 {
    100.0 * (found / wanted - 1.0).abs()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Cores per idle pod and cpu seconds per request, by least squares; neither below 0.
fn cost(samples: &[Sample]) -> Option<(f64, f64)> {
    let sum = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>();
    let pods_pods = sum(&|row| row.replicas * row.replicas);
    let pods_rate = sum(&|row| row.replicas * row.requests_per_second);
    let rate_rate = sum(&|row| row.requests_per_second * row.requests_per_second);
    let pods_cpu = sum(&|row| row.replicas * row.cpu_cores);
    let rate_cpu = sum(&|row| row.requests_per_second * row.cpu_cores);
    let determinant = pods_pods * rate_rate - pods_rate * pods_rate;
    let through_zero = (0.0, rate_cpu / rate_rate);
    // Requests per pod that never change leave the two apart: all of it is cost then.
    let (overhead, cpu_s) = if determinant <= 1e-9 * pods_pods * rate_rate {
        through_zero
    } else {
        let overhead = (pods_cpu * rate_rate - rate_cpu * pods_rate) / determinant;
        let cpu_s = (rate_cpu * pods_pods - pods_cpu * pods_rate) / determinant;
        if overhead < 0.0 { through_zero } else { (overhead, cpu_s) }
    };
    (cpu_s.is_finite() && cpu_s > 1e-9).then_some((overhead, cpu_s))
}

/// What the latencies decide between.
fn candidates(based: &ServiceProfile) -> Vec<ServiceProfile> {
    let mut all = Vec::new();
    for scv in [0.25, 0.5, 1.0, 2.0, 4.0, 8.0] {
        let shape = if scv == 1.0 { WorkShape::Exponential } else { WorkShape::Lognormal { scv } };
        for concurrency in [None, Some(1), Some(2), Some(4), Some(8), Some(16), Some(32)] {
            for off_cpu in [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0] {
                let off_cpu_s = off_cpu * based.cpu_s;
                all.push(ServiceProfile { shape, concurrency, off_cpu_s, ..based.clone() });
            }
        }
    }
    all
}

/// The candidate with the smallest mean error; of equals the first, which is the simplest.
fn best_of(candidates: Vec<ServiceProfile>, seen: &[Sample]) -> ServiceProfile {
    let with_latency: Vec<&Sample> = seen.iter().filter(|row| row.latency_s.iter().any(Option::is_some)).collect();
    let every = with_latency.len().div_ceil(MOST_LATENCIES).max(1);
    let chosen: Vec<&Sample> = with_latency.into_iter().step_by(every).collect();
    let simplest = candidates.iter().position(|c| c.shape == WorkShape::Exponential && c.off_cpu_s == 0.0);
    if chosen.is_empty() {
        return candidates[simplest.unwrap_or(0)].clone();
    }
    let error = |profile: &ServiceProfile| {
        let tables = LatencyTables::default();
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for row in &chosen {
            let found = predict(profile, &tables, row);
            for (at, wanted) in row.latency_s.iter().enumerate() {
                if let Some(wanted) = wanted.filter(|wanted| *wanted > 0.0) {
                    // A profile that cannot even carry the load explains nothing.
                    let found = found.map_or(100.0 * wanted, |found| found[at].max(1e-6));
                    sum += libm::log(found / wanted).abs();
                    count += 1.0;
                }
            }
        }
        sum / count.max(1.0)
    };
    let errors: Vec<f64> = candidates.par_iter().map(error).collect();
    let best = (0..errors.len()).min_by(|a, b| errors[*a].total_cmp(&errors[*b])).unwrap_or(0);
    candidates[best].clone()
}

/// P50, P95, P99 in seconds that a profile has at a sample's load; none near or above capacity.
fn predict(profile: &ServiceProfile, tables: &LatencyTables, row: &Sample) -> Option<[f64; 3]> {
    if row.requests_per_second > HIGHEST_LOAD * profile.pod_capacity() * row.replicas {
        return None;
    }
    let mut model = ServiceModel::with_tables(profile.clone(), tables.clone()).ok()?.without_replay();
    let pods = [PodCohort { key: 0, ready: row.replicas, speed: 1.0 }];
    let latency = model.step(SimDuration::from_secs(15), row.requests_per_second, &pods).latency;
    Some([latency.p50_s, latency.p95_s, latency.p99_s])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day of a service with known costs, as its metrics would show it.
    fn recorded(truth: &ServiceProfile) -> Vec<Sample> {
        let tables = LatencyTables::default();
        (0..96)
            .map(|k| {
                let time_s = f64::from(k) * 900.0;
                let requests_per_second = 60.0 + 40.0 * libm::sin(f64::from(k) / 15.0);
                let replicas = if requests_per_second > 70.0 { 6.0 } else { 4.0 };
                let mut row = Sample { time_s, requests_per_second, replicas, cpu_cores: 0.0, latency_s: [None; 3] };
                row.cpu_cores = truth.cpu_s * requests_per_second + truth.idle_cpu_milli / 1000.0 * replicas;
                row.latency_s = predict(truth, &tables, &row).map_or([None; 3], |found| found.map(Some));
                row
            })
            .collect()
    }

    #[test]
    fn a_known_profile_is_found_again() {
        let limit = ServiceProfile { cpu_limit_cores: Some(0.5), ..ServiceProfile::default() };
        let truth = ServiceProfile {
            cpu_s: 0.012,
            idle_cpu_milli: 30.0,
            shape: WorkShape::Lognormal { scv: 4.0 },
            off_cpu_s: 0.012,
            ..limit.clone()
        };
        let found = fit(&recorded(&truth), &limit).unwrap();
        assert!((found.profile.cpu_s / truth.cpu_s - 1.0).abs() < 1e-6);
        assert!((found.profile.idle_cpu_milli / 30.0 - 1.0).abs() < 1e-6);
        assert_eq!(found.profile.shape, truth.shape);
        assert!(found.held_back_percent.iter().all(|error| error.is_some_and(|error| error < 1.0)), "{found:?}");
    }

    #[test]
    fn samples_that_say_nothing_are_refused() {
        let known = ServiceProfile::default();
        let mut samples = recorded(&ServiceProfile { concurrency: Some(4), ..known.clone() });
        assert_eq!(fit(&samples[..5], &known), Err(FitError::TooFew { found: 5 }));
        samples.iter_mut().for_each(|row| row.cpu_cores = 0.0);
        assert_eq!(fit(&samples, &known), Err(FitError::NoCost));
    }
}

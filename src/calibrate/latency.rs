//! How requests queue: time off the cpu, variability, concurrency, from recorded latencies.
//!
//! Profiles are tried, coarsely and then finely around the best, with the formulas of the fast mode. Which one explains other blocks
//! of time best, and best if the formulas err by some per cent, says how far the parameters are determined.

use super::blocks::{Blocks, DRAWS};
use crate::id::Id;
use crate::traffic::calls::Call;
use crate::traffic::latency::{
    Hop, LatencyHistogram, LatencySummary, LatencyTables, PodCohort, ServiceModel, ServiceProfile, WorkShape,
    compose_call, record_strata,
};
use crate::units::SimDuration;
use rayon::prelude::*;

/// Instants that decide, at most.
const MOST_SAMPLES: usize = 48;
/// Fewer say nothing.
pub(super) const FEWEST_SAMPLES: usize = 8;
/// Numbers of pods among them, at most: each needs tables of its own.
const MOST_POD_COUNTS: usize = 6;
/// Closer to capacity the queue remembers what an instant does not show.
const HIGHEST_LOAD: f64 = 0.85;
/// The formulas' and the histograms' own error, as a standard deviation of the logarithm.
const OWN_ERROR: f64 = 0.04;
/// An instant that a profile cannot carry counts as this far off.
const CANNOT: f64 = 5.0;

/// What a request's time is made of besides cpu.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    /// Seconds off the cpu, at least 0.
    pub(super) off_cpu_s: f64,
    /// Variability of the work, above 0.
    pub(super) scv: f64,
    /// Requests that a pod works on at once; none is no limit.
    pub(super) concurrency: Option<u32>,
}

/// A recorded instant of a service and of what it calls.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) block: usize,
    pub(super) pods: f64,
    pub(super) rate: f64,
    /// Mean, P50, P95, P99 in seconds.
    pub(super) wanted: [Option<f64>; 4],
    /// By service of the call graph; that of the service itself is filled in.
    pub(super) hops: Vec<Hop>,
}

/// The shape that explains the samples best.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    pub(super) best: Shape,
    /// As other blocks, and formulas that err, would have had it.
    pub(super) draws: Vec<Shape>,
    /// The mean distance from what was recorded, as a share.
    pub(super) error: f64,
}

impl Shape {
    pub(super) fn on(&self, based: &ServiceProfile) -> ServiceProfile {
        let shape = match self.scv {
            scv if (scv - 1.0).abs() < 1e-9 => WorkShape::Exponential,
            scv => WorkShape::Lognormal { scv },
        };
        ServiceProfile { shape, concurrency: self.concurrency, off_cpu_s: self.off_cpu_s, ..based.clone() }
    }
}

/// The instants that decide: evenly over time, of the most frequent numbers of pods.
pub(super) fn chosen(mut samples: Vec<Sample>) -> Vec<Sample> {
    let mut counts: Vec<(u64, usize)> = Vec::new();
    for sample in &samples {
        match counts.iter_mut().find(|(pods, _)| *pods == sample.pods as u64) {
            Some(row) => row.1 += 1,
            None => counts.push((sample.pods as u64, 1)),
        }
    }
    counts.sort_by_key(|(pods, times)| (std::cmp::Reverse(*times), *pods));
    counts.truncate(MOST_POD_COUNTS);
    samples.retain(|sample| counts.iter().any(|(pods, _)| *pods == sample.pods as u64));
    let every = samples.len().div_ceil(MOST_SAMPLES).max(1);
    samples.into_iter().step_by(every).collect()
}

/// The shape of a service whose cpu is known (`based`, at the speed of the machines that were recorded); `call` is its visit
/// with all that it calls.
pub(super) fn fit(samples: &[Sample], based: &ServiceProfile, call: &Call, blocks: &mut Blocks) -> Fitted {
    let mut tried = coarse(based.cpu_s);
    let mut errors = distances(&tried, samples, based, call);
    for finer in [1.0, 0.35] {
        let best = least(&errors, &[], [0.0; 4], samples);
        let near: Vec<Shape> =
            around(tried[best], based.cpu_s, finer).into_iter().filter(|shape| !tried.contains(shape)).collect();
        errors.extend(distances(&near, samples, based, call));
        tried.extend(near);
    }
    let best = least(&errors, &[], [0.0; 4], samples);
    let draws = (0..DRAWS).map(|_| {
        let times = blocks.draw();
        let off = [0; 4].map(|_: i32| OWN_ERROR * blocks.normal());
        tried[least(&errors, &times, off, samples)]
    });
    let known = samples.iter().flat_map(|sample| sample.wanted).flatten().count().max(1);
    let sum: f64 = errors[best].iter().flatten().flatten().map(|error| error.abs()).sum();
    Fitted { best: tried[best], draws: draws.collect(), error: libm::expm1(sum / known as f64) }
}

/// By sample and figure: the logarithm of what a shape predicts over what was recorded.
type Distances = Vec<[Option<f64>; 4]>;

fn distances(shapes: &[Shape], samples: &[Sample], based: &ServiceProfile, call: &Call) -> Vec<Distances> {
    let one = |shape: &Shape| {
        let (profile, tables) = (shape.on(based), LatencyTables::default());
        let of = |sample: &Sample| {
            let found = predicted(&profile, &tables, sample, call);
            std::array::from_fn(|figure| {
                let wanted = sample.wanted[figure].filter(|wanted| *wanted > 0.0)?;
                Some(found.map_or(CANNOT, |found| libm::log(found[figure].max(1e-6) / wanted)))
            })
        };
        samples.iter().map(of).collect()
    };
    shapes.par_iter().map(one).collect()
}

/// The shape that is closest, blocks counting `times` (all once if there are none) and figures being `off`.
fn least(errors: &[Distances], times: &[u32], off: [f64; 4], samples: &[Sample]) -> usize {
    let sum = |distances: &Distances| -> f64 {
        let row = |(sample, row): (&Sample, &[Option<f64>; 4])| {
            let weight = times.get(sample.block).map_or(1.0, |times| f64::from(*times));
            let figures = row.iter().zip(off);
            weight * figures.filter_map(|(error, off)| error.map(|error| (error - off).abs())).sum::<f64>()
        };
        samples.iter().zip(distances).map(row).sum()
    };
    let sums: Vec<f64> = errors.iter().map(sum).collect();
    (0..sums.len()).min_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0)
}

/// Mean, P50, P95, P99 of a service with all that it calls, at a sample's load; none near capacity.
pub(super) fn predicted(
    profile: &ServiceProfile,
    tables: &LatencyTables,
    sample: &Sample,
    call: &Call,
) -> Option<[f64; 4]> {
    let hop = hop(profile, tables, sample.rate, sample.pods)?;
    let mut hops = sample.hops.clone();
    *hops.get_mut(call.service.index())? = hop;
    let strata = compose_call(call, &hops);
    let mut histogram = LatencyHistogram::new();
    record_strata(&mut histogram, &strata, 1e6);
    let LatencySummary { mean_s, p50_s, p95_s, p99_s, .. } = LatencySummary::of(&histogram);
    Some([mean_s, p50_s, p95_s, p99_s])
}

/// What a service does at a rate on so many pods; none near capacity.
pub(super) fn hop(profile: &ServiceProfile, tables: &LatencyTables, rate: f64, pods: f64) -> Option<Hop> {
    if rate > HIGHEST_LOAD * profile.pod_capacity() * pods {
        return None;
    }
    let mut model = ServiceModel::with_tables(profile.clone(), tables.clone()).ok()?.without_replay();
    let pods = [PodCohort { key: 0, ready: pods, speed: 1.0 }];
    let outcome = model.step(SimDuration::from_secs(15), rate, &pods);
    Some(Hop { strata_s: model.strata_s(), error_rate: outcome.error_rate() })
}

/// What is tried first.
fn coarse(cpu_s: f64) -> Vec<Shape> {
    let mut all = Vec::new();
    for scv in [1.0, 0.25, 4.0] {
        for concurrency in [None, Some(1), Some(2), Some(4), Some(8), Some(16), Some(32)] {
            for off in [0.0, 0.5, 2.0, 8.0] {
                all.push(Shape { off_cpu_s: off * cpu_s, scv, concurrency });
            }
        }
    }
    all
}

/// What is tried near the best, in steps of `finer`.
fn around(best: Shape, cpu_s: f64, finer: f64) -> Vec<Shape> {
    let step = |power: f64| libm::exp(finer * power);
    let off = if best.off_cpu_s > 0.0 {
        [-0.6, -0.35, -0.15, 0.0, 0.15, 0.35, 0.6].map(|power| best.off_cpu_s * step(power))
    } else {
        [0.0, 0.02, 0.05, 0.1, 0.15, 0.25, 0.35].map(|share| share * finer * cpu_s)
    };
    let scv = [-0.7, -0.35, 0.0, 0.35, 0.7].map(|power| (best.scv * step(power)).clamp(0.05, 20.0));
    let threads: Vec<Option<u32>> = match best.concurrency {
        None => vec![None, Some(64)],
        Some(n) => {
            let of = |factor: f64| Some(((f64::from(n) * factor).round() as u32).max(1));
            let mut all = vec![of(1.0), of(step(-0.7)), of(step(-0.3)), of(step(0.3)), of(step(0.7)), None];
            all.dedup();
            all
        }
    };
    let mut all = Vec::new();
    for concurrency in threads {
        for scv in scv {
            for off_cpu_s in off {
                let shape = Shape { off_cpu_s, scv, concurrency };
                if !all.contains(&shape) {
                    all.push(shape);
                }
            }
        }
    }
    all
}

//! What the recommender remembers: per container over all pods, and per pod.
//!
//! Upstream: vertical-pod-autoscaler 1.0.0, pkg/recommender/model/aggregate_container_state.go, container.go.

use super::histogram::{Buckets, Histogram};
use super::spec::Flags;
use crate::units::{SimDuration, SimTime};

/// The least that a cpu sample weighs.
const LEAST_CPU_WEIGHT: f64 = 0.1;
const MEMORY_PEAK_WEIGHT: f64 = 1.0;
const DAY_S: f64 = 86_400.0;
const MINUTES_PER_DAY: f64 = 1_440.0;

/// Usage of a container over all pods of its workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Cores.
    cpu: Histogram,
    /// The peak of each pod and memory interval, in bytes.
    memory: Histogram,
    first_cpu_sample: Option<SimTime>,
    last_cpu_sample: SimTime,
    cpu_samples: u64,
}

impl Aggregate {
    /// Without samples.
    pub fn new(flags: &Flags) -> Self {
        Aggregate {
            cpu: Histogram::new(Buckets::exponential(1000.0, 0.01), flags.cpu_half_life),
            memory: Histogram::new(Buckets::exponential(1e12, 1e7), flags.memory_half_life),
            first_cpu_sample: None,
            last_cpu_sample: SimTime::MIN,
            cpu_samples: 0,
        }
    }

    /// Cpu usage in cores.
    pub fn cpu(&self) -> &Histogram {
        &self.cpu
    }
    /// Memory peaks in bytes.
    pub fn memory(&self) -> &Histogram {
        &self.memory
    }
    /// The accepted cpu samples.
    pub fn cpu_samples(&self) -> u64 {
        self.cpu_samples
    }
    /// No sample of either resource.
    pub fn is_empty(&self) -> bool {
        self.cpu_samples == 0 && self.memory.is_empty()
    }

    /// Days for which there are cpu samples, one per minute being a full day's worth.
    ///
    /// Upstream: `getConfidence`; cpu alone, also for memory.
    pub fn confidence(&self) -> f64 {
        let Some(first) = self.first_cpu_sample else { return 0.0 };
        let days = (self.last_cpu_sample - first).as_secs_f64() / DAY_S;
        days.min(self.cpu_samples as f64 / MINUTES_PER_DAY)
    }

    fn add_cpu(&mut self, cores: f64, weight: f64, at: SimTime) {
        self.cpu.add(cores, weight, at);
        self.last_cpu_sample = self.last_cpu_sample.max(at);
        self.first_cpu_sample = Some(self.first_cpu_sample.map_or(at, |first| first.min(at)));
        self.cpu_samples += 1;
    }
}

/// What is remembered per pod, so that no sample counts twice and memory counts by its peaks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodMemory {
    last_cpu_sample: Option<SimTime>,
    last_memory_sample: Option<SimTime>,
    /// The end of the memory interval; its peak is dated there.
    window_end: Option<SimTime>,
    usage_peak: i64,
    oom_peak: i64,
}

/// A memory sample, or what a container that ran out of memory is taken to have needed.
#[derive(Clone, Copy)]
struct Peak {
    bytes: i64,
    at: SimTime,
    is_oom: bool,
}

impl PodMemory {
    /// A cpu sample in milli-cores; one that is not newer than the last is dropped. `request_milli` is the
    /// sample's weight (upstream's feeder never sets it: 0).
    pub fn add_cpu(&mut self, into: &mut Aggregate, usage_milli: i64, request_milli: i64, at: SimTime) {
        if usage_milli < 0 || self.last_cpu_sample.is_some_and(|last| at <= last) {
            return;
        }
        self.last_cpu_sample = Some(at);
        let weight = (request_milli as f64 / 1000.0).max(LEAST_CPU_WEIGHT);
        into.add_cpu(usage_milli as f64 / 1000.0, weight, at);
    }

    /// A memory sample in bytes; one that is older than the last is dropped.
    pub fn add_memory(&mut self, into: &mut Aggregate, flags: &Flags, bytes: i64, at: SimTime) {
        if bytes >= 0 && self.last_memory_sample.is_none_or(|last| at >= last) {
            self.add_peak(into, flags.memory_interval, Peak { bytes, at, is_oom: false });
        }
    }

    /// The container ran out of memory. Too old an event is dropped.
    ///
    /// Upstream: `ContainerState.RecordOOM`.
    pub fn record_oom(&mut self, into: &mut Aggregate, flags: &Flags, requested_bytes: i64, at: SimTime) {
        if self.window_end.is_some_and(|end| at < end - flags.memory_interval) {
            return;
        }
        let used = requested_bytes.max(self.usage_peak);
        let scaled = (used as f64 * flags.oom_bump_up_ratio) as i64;
        let needed = used.saturating_add(flags.oom_min_bump_up_bytes).max(scaled);
        self.add_peak(into, flags.memory_interval, Peak { bytes: needed, at, is_oom: true });
    }

    /// Upstream: `addMemorySample`: one peak per interval; a higher one replaces it.
    fn add_peak(&mut self, into: &mut Aggregate, interval: SimDuration, peak: Peak) {
        let Peak { bytes, at, is_oom } = peak;
        self.last_memory_sample = Some(at);
        let end = self.window_end.unwrap_or(at);
        if at < end {
            let old = self.usage_peak.max(self.oom_peak);
            if old == 0 || bytes <= old {
                self.window_end = Some(end);
                return;
            }
            into.memory.subtract(old as f64, MEMORY_PEAK_WEIGHT, end);
            self.window_end = Some(end);
        } else {
            let whole = (at - end).as_nanos() / interval.as_nanos() + 1;
            self.window_end = Some(end + SimDuration::from_nanos(whole * interval.as_nanos()));
            (self.usage_peak, self.oom_peak) = (0, 0);
        }
        into.memory.add(bytes as f64, MEMORY_PEAK_WEIGHT, self.window_end.unwrap_or(at));
        *(if is_oom { &mut self.oom_peak } else { &mut self.usage_peak }) = bytes;
    }
}

//! The metrics server scrapes. Pods that have been ready for long all look alike to it and to the HPA controller:
//! they are one row until one of them changes.

use crate::cluster::{Phase, PodId, PodSpecId};
use crate::sim::Simulation;
use crate::sim::books::Stage;
use crate::sim::event::Event;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadId;
use smallvec::SmallVec;

/// A container must have run so long to have a sample at its first scrape (metrics-server 0.6).
const FRESH_CONTAINER: SimDuration = SimDuration::from_secs(10);

/// What the metrics server knows of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was taken.
    pub(super) at: SimTime,
    /// The span it averages over.
    pub(super) window: SimDuration,
    /// Milli-cores.
    pub(super) cpu_milli: i64,
    /// Bytes.
    pub(super) memory_bytes: i64,
}

/// A workload's pods as the metrics server and the HPA controller see them.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    /// Pods that were ready already when their last sample began, by kind: no rule of the HPA controller looks at their
    /// times any more.
    pub(super) settled: SmallVec<[Alike; 1]>,
    /// All others, in order of creation.
    pub(super) others: Vec<PodId>,
    /// Grows when a pod changes, settles or uses more or less.
    pub(super) version: u64,
}

impl Crowd {
    /// A pod came or changed: it is looked at by itself until it settles again. If it was settled, its last sample.
    pub(super) fn single_out(&mut self, pod: PodId) -> Option<Sample> {
        self.version += 1;
        if let Err(at) = self.others.binary_search(&pod) {
            self.others.insert(at, pod);
            return self.take_settled(pod);
        }
        None
    }
    /// A pod is gone.
    pub(super) fn remove(&mut self, pod: PodId) {
        self.version += 1;
        match self.others.binary_search(&pod) {
            Ok(at) => drop(self.others.remove(at)),
            Err(_) => drop(self.take_settled(pod)),
        }
    }

    fn take_settled(&mut self, pod: PodId) -> Option<Sample> {
        let place = |alike: &Alike| alike.pods.iter().rposition(|other| *other == pod);
        let (row, at) = self.settled.iter().enumerate().find_map(|(row, alike)| Some((row, place(alike)?)))?;
        let alike = &mut self.settled[row];
        let sample = alike.sample;
        alike.pods.swap_remove(at);
        if alike.pods.is_empty() {
            self.settled.remove(row);
        }
        Some(sample)
    }
}

/// Settled pods of one kind.
#[derive(Clone, Debug)]
pub(super) struct Alike {
    pub(super) spec: PodSpecId,
    /// The last sample of each.
    pub(super) sample: Sample,
    pub(super) pods: Vec<PodId>,
}

impl Simulation {
    /// The metrics server reads the usage of every running pod that an HPA or a VPA looks at. Cost: the pods that are
    /// not settled.
    pub(super) fn scrape(&mut self, now: SimTime) {
        let cast = self.cast.clone();
        let scaled = cast.hpas.iter().map(|hpa| hpa.workload).chain(cast.vpas.iter().map(|vpa| vpa.workload));
        for workload in scaled {
            for row in 0..self.workloads[workload].crowd.settled.len() {
                let any = self.workloads[workload].crowd.settled[row].pods[0];
                let sample = self.sample_of(now, any, self.timing.scrape);
                let crowd = &mut self.workloads[workload].crowd;
                let before = std::mem::replace(&mut crowd.settled[row].sample, sample);
                crowd.version += u64::from(Sample { at: now, ..before } != sample);
            }
            if !self.workloads[workload].crowd.others.is_empty() {
                self.scrape_others(now, workload);
            }
        }
        self.repeat(now, self.timing.scrape, Event::Scrape);
    }

    fn scrape_others(&mut self, now: SimTime, workload: WorkloadId) {
        let mut crowd = std::mem::take(&mut self.workloads[workload].crowd);
        crowd.version += 1;
        crowd.others.retain(|pod| {
            self.sample(now, *pod);
            !self.settles(now, workload, *pod, &mut crowd.settled)
        });
        self.workloads[workload].crowd = crowd;
    }

    /// A fresh container has its first sample at its second scrape, or at the first if it has run 10 s.
    ///
    /// Upstream: metrics-server 0.6, `podStorage`.
    fn sample(&mut self, now: SimTime, pod: PodId) {
        if self.cluster.pod(pod).phase != Phase::Running || self.is_silent(pod) {
            return;
        }
        let age = now - self.lives[pod].running_since;
        let first = age < self.timing.scrape;
        if first && age < FRESH_CONTAINER {
            return;
        }
        let window = if first { age } else { self.timing.scrape };
        self.lives[pod].sample = Some(self.sample_of(now, pod, window));
    }

    fn sample_of(&self, now: SimTime, pod: PodId, window: SimDuration) -> Sample {
        let usage = self.pod_usage(pod);
        Sample { at: now, window, cpu_milli: usage.cpu_milli, memory_bytes: usage.memory_bytes }
    }

    /// Whether a pod that was just sampled joins those that look alike.
    fn settles(&self, now: SimTime, id: WorkloadId, pod: PodId, settled: &mut SmallVec<[Alike; 1]>) -> bool {
        let (life, row) = (&self.lives[pod], self.cluster.pod(pod));
        let window = self.timing.scrape;
        let Some(sample) = life.sample.filter(|sample| sample.at == now && sample.window == window) else {
            return false;
        };
        if self.timing.afresh {
            return false;
        }
        let was_ready = row.ready.is_some_and(|(ready, since)| ready && since + window <= now);
        if life.stage != Stage::Ready || !was_ready || !self.has_traffic(id, pod) {
            return false;
        }
        match settled.iter_mut().find(|alike| alike.spec == row.spec) {
            Some(alike) => alike.pods.push(pod),
            None => settled.push(Alike { spec: row.spec, sample, pods: vec![pod] }),
        }
        true
    }

    /// Others get the workload's requests, or somebody wants the samples: all pods are looked at one by one again.
    pub(super) fn unsettle(&mut self, id: WorkloadId) {
        let crowd = &mut self.workloads[id].crowd;
        crowd.version += 1;
        for alike in crowd.settled.drain(..) {
            alike.pods.iter().for_each(|pod| self.lives[*pod].sample = Some(alike.sample));
            crowd.others.extend(alike.pods);
        }
        crowd.others.sort_unstable();
    }
}

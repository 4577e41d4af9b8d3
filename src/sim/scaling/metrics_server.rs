//! The metrics server scrapes.

use crate::cluster::{Phase, PodId};
use crate::sim::counts::Stage;
use crate::sim::event::Event;
use crate::sim::load::serving::Serving;
use crate::sim::scaling::metered_pods::Alike;
use crate::sim::scaling::metered_pods::Sample;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadId;
use smallvec::SmallVec;

/// How long a container must have run to have a sample at its first scrape (metrics-server 0.6).
const FRESH_CONTAINER: SimDuration = SimDuration::from_secs(10);

impl Serving {
    /// The metrics server reads the usage of every running pod that an HPA or a VPA looks at. Cost: the pods that are
    /// not settled.
    pub(crate) fn scrape(&mut self, shared: &mut Shared, now: SimTime) {
        let cast = shared.cast.clone();
        let scaled = cast.hpas.iter().map(|hpa| hpa.workload).chain(cast.vpas.iter().map(|vpa| vpa.workload));
        for workload in scaled {
            for row in 0..shared.workloads[workload].metered.settled.len() {
                let any = shared.workloads[workload].metered.settled[row].pods[0];
                let sample = self.sample_of(shared, now, any, shared.timing.scrape);
                let metered = &mut shared.workloads[workload].metered;
                let before = std::mem::replace(&mut metered.settled[row].sample, sample);
                metered.version += u64::from(Sample { at: now, ..before } != sample);
            }
            if !shared.workloads[workload].metered.unsettled.is_empty() {
                self.scrape_unsettled(shared, now, workload);
            }
        }
        shared.repeat(now, shared.timing.scrape, Event::Scrape);
    }

    fn scrape_unsettled(&mut self, shared: &mut Shared, now: SimTime, workload: WorkloadId) {
        let mut metered = std::mem::take(&mut shared.workloads[workload].metered);
        metered.version += 1;
        metered.unsettled.retain(|pod| {
            self.sample(shared, now, *pod);
            !self.settles(shared, workload, *pod, &mut metered.settled)
        });
        shared.workloads[workload].metered = metered;
    }

    /// A fresh container has its first sample at its second scrape, or at the first if it has run 10 s.
    ///
    /// Upstream: metrics-server 0.6, `podStorage`.
    fn sample(&mut self, shared: &mut Shared, now: SimTime, pod: PodId) {
        if shared.cluster.pod(pod).phase != Phase::Running || shared.is_silent(pod) {
            return;
        }
        let age = now - shared.lives[pod].running_since;
        let first = age < shared.timing.scrape;
        if first && age < FRESH_CONTAINER {
            return;
        }
        let window = if first { age } else { shared.timing.scrape };
        shared.lives[pod].sample = Some(self.sample_of(shared, now, pod, window));
    }

    fn sample_of(&self, shared: &Shared, now: SimTime, pod: PodId, window: SimDuration) -> Sample {
        let usage = self.pod_usage(shared, pod);
        Sample { at: now, window, cpu_milli: usage.cpu_milli, memory_bytes: usage.memory_bytes }
    }

    /// Whether a pod that was just sampled joins those that look alike.
    fn settles(&self, shared: &Shared, id: WorkloadId, pod: PodId, settled: &mut SmallVec<[Alike; 1]>) -> bool {
        let now = shared.queue.now();
        let (life, row) = (&shared.lives[pod], shared.cluster.pod(pod));
        let window = shared.timing.scrape;
        let Some(sample) = life.sample.filter(|sample| sample.at == now && sample.window == window) else {
            return false;
        };
        if shared.timing.afresh {
            return false;
        }
        let was_ready = row.ready.is_some_and(|(ready, since)| ready && since + window <= now);
        if life.stage != Stage::Ready || !was_ready || !shared.has_traffic(id, pod) {
            return false;
        }
        match settled.iter_mut().find(|alike| alike.spec == row.spec) {
            Some(alike) => alike.pods.push(pod),
            None => settled.push(Alike { spec: row.spec, sample, pods: vec![pod] }),
        }
        true
    }
}

impl Shared {
    /// Others get the workload's requests, or somebody wants the samples: all pods are looked at one by one again.
    pub(crate) fn unsettle(&mut self, id: WorkloadId) {
        let metered = &mut self.workloads[id].metered;
        metered.version += 1;
        for alike in metered.settled.drain(..) {
            alike.pods.iter().for_each(|pod| self.lives[*pod].sample = Some(alike.sample));
            metered.unsettled.extend(alike.pods);
        }
        metered.unsettled.sort_unstable();
    }
}

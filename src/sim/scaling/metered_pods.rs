//! Pods that have been ready for long all look alike to the metrics server and to the HPA controller: they are one row
//! until one of them changes.

use crate::cluster::{PodId, PodSpecId};
use crate::units::{SimDuration, SimTime};
use smallvec::SmallVec;

/// What the metrics server knows of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// When it was taken.
    pub(crate) at: SimTime,
    /// The span it averages over.
    pub(crate) window: SimDuration,
    /// Milli-cores.
    pub(crate) cpu_milli: i64,
    /// Bytes.
    pub(crate) memory_bytes: i64,
}

/// A workload's pods as the metrics server and the HPA controller see them.
#[derive(Clone, Debug, Default)]
pub(crate) struct MeteredPods {
    /// Pods that were ready already when their last sample began, by kind: no rule of the HPA controller looks at their
    /// times any more.
    pub(crate) settled: SmallVec<[Alike; 1]>,
    /// All others, in order of creation.
    pub(crate) unsettled: Vec<PodId>,
    /// Grows when a pod changes, settles or uses more or less.
    pub(crate) version: u64,
}

impl MeteredPods {
    /// A pod came or changed: it is looked at by itself until it settles again. If it was settled, its last sample.
    pub(crate) fn single_out(&mut self, pod: PodId) -> Option<Sample> {
        self.version += 1;
        if let Err(at) = self.unsettled.binary_search(&pod) {
            self.unsettled.insert(at, pod);
            return self.take_settled(pod);
        }
        None
    }
    /// A pod is gone.
    pub(crate) fn remove(&mut self, pod: PodId) {
        self.version += 1;
        match self.unsettled.binary_search(&pod) {
            Ok(at) => drop(self.unsettled.remove(at)),
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
pub(crate) struct Alike {
    pub(crate) spec: PodSpecId,
    /// The last sample of each.
    pub(crate) sample: Sample,
    pub(crate) pods: Vec<PodId>,
}

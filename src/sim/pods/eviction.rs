//! Evictions through the API: the budgets have their say.

use crate::cluster::{Phase, PodId};
use crate::controllers::disruption::{self, EvictionAnswer, PodHealth, UnhealthyPods};
use crate::sim::log::{Evictor, Occurrence, RecordId};
use crate::sim::pods::life::Owner;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use smallvec::SmallVec;

/// How a pod is evicted.
#[derive(Clone, Copy)]
pub(in crate::sim) struct Eviction {
    pub(in crate::sim) by: Evictor,
    /// The record that led to it.
    pub(in crate::sim) because: Option<RecordId>,
    /// Less than the pod's own grace period, if this is less.
    pub(in crate::sim) most_grace: Option<SimDuration>,
}

impl Shared {
    /// Asks the eviction API to delete a pod. Whether the pod goes.
    pub(crate) fn evict_by_api(&mut self, now: SimTime, pod: PodId, eviction: Eviction) -> bool {
        let Eviction { by, because, most_grace } = eviction;
        self.refresh_budgets();
        let row = self.cluster.pod(pod);
        let (node, health) = match (row.phase, row.is_ready()) {
            (Phase::Pending, _) => (row.node(), PodHealth::Pending),
            (_, false) => (row.node(), PodHealth::Unready),
            (_, true) => (row.node(), PodHealth::Ready),
        };
        if disruption::evict(health, &self.budgets_of(pod)) == EvictionAnswer::Denied {
            self.log.push(now, Occurrence::EvictionDenied(pod), because);
            self.counts.evictions_denied += 1;
            return false;
        }
        if let Some(node) = node {
            let record = self.log.push(now, Occurrence::Evicted { pod, node, by }, because);
            self.replaced_because(pod, record);
        }
        self.counts.evictions += 1;
        self.delete_pod(now, pod, most_grace);
        true
    }

    /// The status of every budget that protects a pod, and what it says of unready pods.
    fn budgets_of(&self, pod: PodId) -> SmallVec<[(disruption::Status, UnhealthyPods); 1]> {
        let Owner::Workload(id) = self.lives[pod].owner else { return SmallVec::new() };
        let budgets = self.workloads[id].budgets.iter();
        budgets.map(|budget| (self.status(*budget), self.cast.budgets[*budget].unhealthy_pods)).collect()
    }
}

//! Evictions through the API: the budgets have their say.

use crate::cluster::{Phase, PodId};
use crate::controllers::disruption::{self, EvictionAnswer, PodHealth, UnhealthyPods};
use crate::sim::log::{Cause, Denial, Evictor, Occurrence};
use crate::sim::pods::life::Owner;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use smallvec::SmallVec;

/// How a pod is evicted.
#[derive(Clone, Copy)]
pub(in crate::sim) struct Eviction {
    pub(in crate::sim) by: Evictor,
    /// What led to it.
    pub(in crate::sim) because: Cause,
    /// Less than the pod's own grace period, if this is less.
    pub(in crate::sim) most_grace: Option<SimDuration>,
    /// Whether a refusal is news: who tries again every few seconds is refused many times.
    pub(in crate::sim) refusal: Refusal,
}

/// What becomes of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Refusal {
    /// It is logged and counted.
    IsNews,
    /// It is counted.
    IsKnown,
}

impl Shared {
    /// Asks the eviction API to delete a pod. Whether the pod goes.
    pub(crate) fn evict_by_api(&mut self, now: SimTime, pod: PodId, eviction: Eviction) -> bool {
        let Eviction { by, because, most_grace, refusal } = eviction;
        self.refresh_budgets();
        let row = self.cluster.pod(pod);
        let (node, health) = match (row.phase, row.is_ready()) {
            (Phase::Pending | Phase::Succeeded | Phase::Failed, _) => (row.node(), PodHealth::NotRunning),
            (_, false) => (row.node(), PodHealth::Unready),
            (_, true) => (row.node(), PodHealth::Ready),
        };
        if disruption::evict(health, &self.budgets_of(pod)) == EvictionAnswer::Denied {
            if refusal == Refusal::IsNews {
                let why = self.denial_of(pod);
                self.log.push(now, Occurrence::EvictionDenied { pod, by, why }, because);
            }
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

    /// Why the eviction of a pod under budgets is refused.
    fn denial_of(&self, pod: PodId) -> Denial {
        match self.lives[pod].owner {
            Owner::Workload(id) => match self.workloads[id].budgets.as_slice() {
                [only] => Denial::Budget(*only),
                several => Denial::ManyBudgets(several.len()),
            },
            Owner::Trace(_) => Denial::ManyBudgets(0),
        }
    }

    /// The status of every budget that protects a pod, and what it says of unready pods.
    fn budgets_of(&self, pod: PodId) -> SmallVec<[(disruption::Status, UnhealthyPods); 1]> {
        let Owner::Workload(id) = self.lives[pod].owner else { return SmallVec::new() };
        let budgets = self.workloads[id].budgets.iter();
        budgets.map(|budget| (self.status(*budget), self.cast.budgets[*budget].unhealthy_pods)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::IntOrPercent;
    use crate::controllers::disruption::Promise;
    use crate::id::Id;
    use crate::sim::fixture::{Small, at, node, pass, pod_of, pod_on};

    const MOVE: Eviction =
        Eviction { by: Evictor::Rebalance, because: Cause::Market, most_grace: None, refusal: Refusal::IsNews };

    #[test]
    fn a_budget_blocks_the_second_eviction_until_a_substitute_is_ready() {
        let small = Small::new().group("base", 0, |_| {}).deployment("web", 3, |_| {});
        let mut shared = small.budget(Promise::MaxUnavailable(IntOrPercent::Int(1))).shared();
        let (web, node) = (Id::from_index(0), node(&mut shared, "a"));
        let pods = [0; 3].map(|_| pod_on(&mut shared, web, node));
        pass(&mut shared, at(10));
        assert!(shared.evict_by_api(at(10), pods[0], MOVE));
        assert!(!shared.evict_by_api(at(10), pods[1], MOVE));
        pass(&mut shared, at(20));
        assert!(!shared.evict_by_api(at(20), pods[1], MOVE), "it is gone, and nobody has come in its place");
        pod_on(&mut shared, web, node);
        pass(&mut shared, at(30));
        assert!(shared.evict_by_api(at(30), pods[1], MOVE));
        assert_eq!((shared.counts.evictions, shared.counts.evictions_denied), (2, 2));
    }

    #[test]
    fn pods_that_do_not_run_yet_are_not_protected() {
        let small = Small::new().group("base", 0, |_| {}).deployment("web", 1, |_| {});
        let mut shared = small.budget(Promise::MinAvailable(IntOrPercent::Int(1))).shared();
        let pod = pod_of(&mut shared, Id::from_index(0));
        assert!(shared.evict_by_api(at(0), pod, MOVE));
        assert!(!shared.cluster.pod(pod).is_present(), "without a node it goes at once");
    }

    #[test]
    fn two_budgets_for_one_pod_refuse_each_eviction() {
        let small = Small::new().group("base", 0, |_| {}).deployment("web", 3, |_| {});
        let allows = || Promise::MaxUnavailable(IntOrPercent::Int(3));
        let mut shared = small.budget(allows()).budget(allows()).shared();
        let node = node(&mut shared, "a");
        let pod = pod_on(&mut shared, Id::from_index(0), node);
        pass(&mut shared, at(10));
        assert!(!shared.evict_by_api(at(10), pod, MOVE));
    }
}

//! PodDisruptionBudgets: their status follows the pods that they protect.

use crate::cluster::{Phase, PodId};
use crate::controllers::disruption::{self, EvictionAnswer, UnhealthyPods};
use crate::sim::Simulation;
use crate::sim::kubelet::Owner;
use crate::sim::log::{Evictor, Occurrence};
use crate::units::{SimDuration, SimTime};
use crate::world::Workload;
use crate::world::WorkloadId;
use smallvec::SmallVec;

impl Simulation {
    /// Brings the status of every budget up to date. Cost: the budgets whose workloads' pods changed.
    pub(super) fn refresh_budgets(&mut self) {
        for index in std::mem::take(&mut self.stale_budgets) {
            let status = self.computed_status(index);
            if self.status(index) != status {
                let budget = &mut self.cluster.budgets[index];
                budget.current_healthy = status.current_healthy;
                budget.desired_healthy = status.desired_healthy;
                budget.disruptions_allowed = status.disruptions_allowed;
                self.budgets_version += 1;
            }
        }
    }

    /// The status of a budget, from the pods that it protects.
    pub(super) fn computed_status(&self, budget: usize) -> disruption::Status {
        let (mut matching, mut healthy, mut wanted) = (0, 0, 0);
        for id in &self.budget_targets[budget] {
            let (state, books) = (&self.workloads[*id], &self.books.workloads[*id]);
            matching += state.pods.len() as i32;
            healthy += books.ready.value() as i32;
            wanted += if state.pods.is_empty() { 0 } else { state.desired };
        }
        disruption::status(self.cast.budgets[budget].promise, matching, healthy, wanted)
    }

    /// The status of a budget as it was last computed.
    pub(super) fn status(&self, budget: usize) -> disruption::Status {
        let budget = &self.cluster.budgets[budget];
        disruption::Status {
            current_healthy: budget.current_healthy,
            desired_healthy: budget.desired_healthy,
            disruptions_allowed: budget.disruptions_allowed,
        }
    }

    /// The number or readiness of a workload's pods changed, or how many it wants.
    pub(super) fn budgets_are_stale(&mut self, id: WorkloadId) {
        for budget in &self.workloads[id].budgets {
            if !self.stale_budgets.contains(budget) {
                self.stale_budgets.push(*budget);
            }
        }
    }

    /// Asks the eviction API to delete a pod, with its own grace period or a shorter one. Whether the pod goes.
    pub(super) fn evict_by_api(
        &mut self,
        now: SimTime,
        pod: PodId,
        by: Evictor,
        most_grace: Option<SimDuration>,
    ) -> bool {
        self.refresh_budgets();
        let row = self.cluster.pod(pod);
        let (is_pending, node) = (row.phase == Phase::Pending, row.node());
        if disruption::evict(is_pending, row.is_ready(), &self.budgets_of(pod)) == EvictionAnswer::Denied {
            self.log.push(now, Occurrence::EvictionDenied(pod));
            self.books.evictions_denied += 1;
            return false;
        }
        if let Some(node) = node {
            self.log.push(now, Occurrence::Evicted { pod, node, by });
        }
        self.books.evictions += 1;
        self.delete_pod(now, pod, most_grace);
        true
    }

    /// The status of every budget that protects a pod, and what it says of unready pods.
    fn budgets_of(&self, pod: PodId) -> SmallVec<[(disruption::Status, UnhealthyPods); 1]> {
        let Owner::Workload(id) = self.lives[pod].owner else { return SmallVec::new() };
        let budgets = self.workloads[id].budgets.iter();
        budgets.map(|budget| (self.status(*budget), self.cast.budgets[*budget].unhealthy_pods)).collect()
    }

    /// For each budget the workloads whose pods it selects.
    pub(super) fn find_budget_targets(&mut self) {
        let cast = self.cast.clone();
        for (index, budget) in cast.budgets.iter().enumerate() {
            let selects = |workload: &Workload| {
                let labels = &self.cluster.spec(workload.template).labels;
                workload.namespace == budget.namespace
                    && budget.selector.as_ref().is_some_and(|s| s.matches(labels, &self.cluster.symbols))
            };
            let targets: Vec<WorkloadId> =
                cast.workloads.iter().filter(|(_, w)| selects(w)).map(|(id, _)| id).collect();
            targets.iter().for_each(|id| self.workloads[*id].budgets.push(index));
            self.budget_targets.push(targets);
            self.stale_budgets.push(index);
            self.cluster.budgets.push(crate::cluster::PodDisruptionBudget {
                namespace: budget.namespace,
                name: budget.name,
                selector: budget.selector.clone(),
                disruptions_allowed: 0,
                current_healthy: 0,
                desired_healthy: 0,
                disrupted_pods: Vec::new(),
            });
        }
    }
}

//! The status of budgets follows the pods that they protect.

use crate::controllers::disruption::{self};
use crate::sim::shared::Shared;
use crate::world::Workload;
use crate::world::WorkloadId;

impl Shared {
    /// For each budget the workloads whose pods it selects.
    pub(crate) fn find_budget_targets(&mut self) {
        let cast = &self.cast;
        for (index, budget) in cast.budgets.iter().enumerate() {
            let selects = |workload: &Workload| {
                let labels = &self.cluster.spec(workload.template).labels;
                workload.namespace == budget.namespace
                    && budget.selector.as_ref().is_some_and(|s| s.matches(labels, &self.cluster.symbols))
            };
            let targets: Vec<WorkloadId> =
                cast.workloads.iter().filter(|(_, w)| selects(w)).map(|(id, _)| id).collect();
            targets.iter().for_each(|id| self.workloads[*id].budgets.push(index));
            self.budgets.targets.push(targets);
            self.budgets.stale.push(index);
            self.cluster.budgets.push(crate::cluster::PodDisruptionBudget {
                namespace: budget.namespace,
                name: budget.name,
                selector: budget.selector.clone(),
                disruptions_allowed: 0,
                current_healthy: 0,
                desired_healthy: 0,
                disrupted_pods: Vec::new(),
                unready_always_go: budget.unhealthy_pods == disruption::UnhealthyPods::AlwaysAllow,
            });
        }
    }

    /// Brings the status of every budget up to date. Cost: the budgets whose workloads' pods changed.
    pub(crate) fn refresh_budgets(&mut self) {
        for index in std::mem::take(&mut self.budgets.stale) {
            let status = self.computed_status(index);
            if self.status(index) != status {
                let budget = &mut self.cluster.budgets[index];
                budget.current_healthy = status.current_healthy;
                budget.desired_healthy = status.desired_healthy;
                budget.disruptions_allowed = status.disruptions_allowed;
                self.budgets.version += 1;
            }
        }
    }

    /// The status of a budget, from the pods that it protects.
    pub(crate) fn computed_status(&self, budget: usize) -> disruption::Status {
        let (mut matching, mut healthy, mut wanted) = (0, 0, 0);
        for id in &self.budgets.targets[budget] {
            let (state, counts) = (&self.workloads[*id], &self.counts.workloads[*id]);
            matching += state.pods.len() as i32;
            healthy += counts.ready.value() as i32;
            wanted += if state.pods.is_empty() { 0 } else { state.desired };
        }
        disruption::status(self.cast.budgets[budget].promise, matching, healthy, wanted)
    }

    /// The status of a budget as it was last computed.
    pub(crate) fn status(&self, budget: usize) -> disruption::Status {
        let budget = &self.cluster.budgets[budget];
        disruption::Status {
            current_healthy: budget.current_healthy,
            desired_healthy: budget.desired_healthy,
            disruptions_allowed: budget.disruptions_allowed,
        }
    }

    /// The number or readiness of a workload's pods changed, or how many it wants.
    pub(crate) fn budgets_are_stale(&mut self, id: WorkloadId) {
        for budget in &self.workloads[id].budgets {
            if !self.budgets.stale.contains(budget) {
                self.budgets.stale.push(*budget);
            }
        }
    }
}

//! Rebalance recommendations: the cloud says that it expects to take a spot instance, some time before the notice.
//!
//! What is done about them is the termination handler's: nothing, a cordon, or a drain that asks the budgets.
//! Names and defaults of aws-node-termination-handler's chart, `enableRebalanceMonitoring` and `enableRebalanceDraining`.

use crate::cluster::PodId;
use crate::sim::Simulation;
use crate::sim::event::Event;
use crate::sim::log::{Evictor, Occurrence};
use crate::sim::scheduling::News;
use crate::units::{SimDuration, SimTime};
use crate::world::InstanceId;
use crate::world::{FaultKind, OnRebalance, Replacement};

/// Refused evictions are tried again so often (kubectl's drain helper), for so long (`nodeTerminationGracePeriod`).
const RETRY: (SimDuration, SimDuration) = (SimDuration::from_secs(5), SimDuration::from_secs(120));

impl Simulation {
    /// The spot market wants an instance: its notice comes at once, or after the recommendation that announces it.
    pub(super) fn reclaim(&mut self, now: SimTime, id: InstanceId, replacement: Replacement) {
        self.instances[id].replacement = replacement;
        match self.cast.rebalance {
            None => self.give_notice(now, id),
            // It is expected to go already.
            Some(_) if self.instances[id].expected_since.is_some() => {}
            Some(rebalance) => {
                self.recommend_rebalance(now, id);
                self.queue.push(now + rebalance.lead, Event::SpotNotice(id));
            }
        }
    }

    /// Notices that the scenario orders are foreseen as early as all others.
    pub(super) fn foresee_notices(&mut self) {
        let cast = self.cast.clone();
        let Some(rebalance) = cast.rebalance else { return };
        for (index, fault) in cast.faults.iter().enumerate().filter(|(_, fault)| fault.at <= self.end) {
            if matches!(fault.kind, FaultKind::SpotNotice { .. }) {
                let at = (fault.at - rebalance.lead).max(SimTime::ZERO);
                self.queue.push(at, Event::SpotNoticeForeseen(index as u32));
            }
        }
    }

    /// The instance is chosen when the recommendation comes.
    pub(super) fn foresee_notice(&mut self, now: SimTime, index: u32) {
        if let FaultKind::SpotNotice { group, pick, .. } = self.cast.faults[index as usize].kind
            && let Some(id) = self.pick_instance(group, pick)
        {
            self.instances[id].foreseen_by = Some(index);
            self.recommend_rebalance(now, id);
        }
    }

    /// Whom a notice of the scenario is for, if that was foreseen.
    pub(super) fn foreseen(&self, index: u32) -> Option<InstanceId> {
        self.instances.iter().find(|(_, instance)| instance.foreseen_by == Some(index)).map(|(id, _)| id)
    }

    fn recommend_rebalance(&mut self, now: SimTime, id: InstanceId) {
        let Some(rebalance) = self.cast.rebalance else { return };
        let Some(node) = self.instances[id].node.filter(|node| self.cluster.has_node(*node)) else { return };
        self.instances[id].expected_since = Some(now);
        self.log.push(now, Occurrence::RebalanceRecommended(node));
        if rebalance.response == OnRebalance::Nothing {
            return;
        }
        self.cluster.set_unschedulable(node, true);
        self.nodes_changed(News::NodeTaints(node));
        if rebalance.response == OnRebalance::Drain {
            self.drain_for_rebalance(now, id);
        }
    }

    /// Evicts what the budgets let go, and tries the rest again.
    pub(super) fn drain_for_rebalance(&mut self, now: SimTime, id: InstanceId) {
        let instance = &self.instances[id];
        let (Some(node), Some(since), false) = (instance.node, instance.expected_since, instance.noticed) else {
            return;
        };
        if !self.cluster.has_node(node) {
            return;
        }
        let moves = |pod: &PodId| !self.cluster.spec_of(*pod).is_daemon() && self.is_active(*pod);
        let pods: Vec<PodId> = self.cluster.node(node).pods().iter().copied().filter(moves).collect();
        let mut refused = false;
        for pod in pods {
            refused |= !self.evict_by_api(now, pod, Evictor::Rebalance, None);
        }
        let (again, most) = RETRY;
        if refused && now + again - since <= most {
            self.queue.push(now + again, Event::RebalanceDrain(id));
        }
    }
}

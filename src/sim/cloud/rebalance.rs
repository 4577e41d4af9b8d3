//! Rebalance recommendations: the cloud says that it expects to take a spot instance, some time before the notice.
//!
//! What is done about them is the termination handler's: nothing, a cordon, or a drain that asks the budgets.
//! Names and defaults of aws-node-termination-handler's chart, `enableRebalanceMonitoring` and `enableRebalanceDraining`.

use crate::cluster::PodId;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::Event;
use crate::sim::log::{Evictor, Occurrence};
use crate::sim::pods::eviction::{Eviction, Refusal};
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::InstanceId;
use crate::world::{FaultKind, OnRebalance, Replacement};

/// How often refused evictions are tried again (kubectl's drain helper), and for how long (`nodeTerminationGracePeriod`).
const RETRY: (SimDuration, SimDuration) = (SimDuration::from_secs(5), SimDuration::from_secs(120));

impl Cloud {
    /// The spot market wants an instance: its notice comes at once, or after the recommendation that announces it.
    pub(crate) fn reclaim(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId, replacement: Replacement) {
        self.instances[id].replacement = replacement;
        match shared.cast.rebalance {
            None => self.give_notice(shared, now, id),
            // It is expected to go already.
            Some(_) if self.instances[id].expected_since.is_some() => {}
            Some(rebalance) => {
                self.recommend_rebalance(shared, now, id);
                shared.queue.push(now + rebalance.lead, Event::SpotNotice(id));
            }
        }
    }

    /// Notices that the scenario orders are foreseen as early as all others.
    pub(crate) fn foresee_notices(&mut self, shared: &mut Shared) {
        let Some(rebalance) = shared.cast.rebalance else { return };
        for (index, fault) in shared.cast.faults.iter().enumerate().filter(|(_, fault)| fault.at <= shared.end) {
            if matches!(fault.kind, FaultKind::SpotNotice { .. }) {
                let at = (fault.at - rebalance.lead).max(SimTime::ZERO);
                shared.queue.push(at, Event::SpotNoticeForeseen(index as u32));
            }
        }
    }

    /// The instance is chosen when the recommendation comes.
    pub(crate) fn foresee_notice(&mut self, shared: &mut Shared, now: SimTime, index: u32) {
        if let FaultKind::SpotNotice { group, pick, .. } = shared.cast.faults[index as usize].kind
            && let Some(id) = self.pick_instance(shared, group, pick)
        {
            self.instances[id].foreseen_by = Some(index);
            self.recommend_rebalance(shared, now, id);
        }
    }

    /// Whom a notice of the scenario is for, if that was foreseen.
    pub(crate) fn foreseen(&self, index: u32) -> Option<InstanceId> {
        self.instances.iter().find(|(_, instance)| instance.foreseen_by == Some(index)).map(|(id, _)| id)
    }

    fn recommend_rebalance(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        let Some(rebalance) = shared.cast.rebalance else { return };
        let Some(node) = self.instances[id].node.filter(|node| shared.cluster.has_node(*node)) else { return };
        self.instances[id].expected_since = Some(now);
        self.instances[id].leaves_because = shared.log.push(now, Occurrence::RebalanceRecommended(node), None);
        if rebalance.response == OnRebalance::Nothing {
            return;
        }
        shared.cluster.set_unschedulable(node, true);
        shared.nodes_changed(News::NodeTaints(node));
        if rebalance.response == OnRebalance::Drain {
            self.drain(shared, now, id);
        }
    }

    /// Evicts what the budgets let go, and tries the rest again: for a time, or from the notice on until the node goes.
    ///
    /// Upstream: aws-node-termination-handler 1.20 cordons and drains on either, with kubectl's drain helper.
    pub(crate) fn drain(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        let instance = &self.instances[id];
        let (again, most) = RETRY;
        let (by, tries_again) = match (instance.noticed, instance.expected_since) {
            (true, _) => (Evictor::SpotNotice, true),
            (false, Some(since)) => (Evictor::Rebalance, now + again - since <= most),
            (false, None) => return,
        };
        let Some(node) = instance.node else { return };
        if !shared.cluster.has_node(node) {
            return;
        }
        let moves = |pod: &PodId| !shared.cluster.spec_of(*pod).is_daemon() && shared.is_active(*pod);
        let pods: Vec<PodId> = shared.cluster.node(node).pods().iter().copied().filter(moves).collect();
        let because = instance.leaves_because;
        // Another reason is another beginning: what is refused then is news again.
        let refusal = if instance.drained_because == because { Refusal::IsKnown } else { Refusal::IsNews };
        self.instances[id].drained_because = because;
        let eviction = Eviction { by, because, most_grace: None, refusal };
        let mut refused = false;
        for pod in pods {
            refused |= !shared.evict_by_api(now, pod, eviction);
        }
        if refused && tries_again {
            shared.queue.push(now + again, Event::RebalanceDrain(id));
        }
    }
}

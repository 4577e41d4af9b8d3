//! Rebalance recommendations: the cloud says that it expects to take a spot instance, some time before the notice.
//!
//! What is done about them is the termination handler's: nothing, a cordon, or a drain that asks the budgets.
//! Names and defaults of aws-node-termination-handler's chart, `enableRebalanceMonitoring` and `enableRebalanceDraining`.

use crate::cluster::PodId;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::Event;
use crate::sim::log::{Cause, Evictor, Occurrence};
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
        // A notice of the scenario is foreseen, before its fault has a record.
        let because = if self.instances[id].foreseen_by.is_some() { Cause::Scenario } else { Cause::Market };
        self.instances[id].leaves_because = shared.log.push(now, Occurrence::RebalanceRecommended(node), because);
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
            (false, Some(since)) => {
                let by = if instance.is_spare { Evictor::ZoneSpread } else { Evictor::Rebalance };
                (by, now + again - since <= most)
            }
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
        let because = Cause::record_or(because, Cause::Market);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::NodeId;
    use crate::controllers::IntOrPercent;
    use crate::controllers::disruption::Promise;
    use crate::id::Id;
    use crate::sim::fixture::{Small, at, pass, pod_on, run, secs};
    use crate::world::{Fault, Rebalance};

    fn instance() -> InstanceId {
        Id::from_index(0)
    }

    /// A spot node with two pods under a budget that lets `allowed` of them go; a recommendation comes five minutes
    /// before each notice.
    fn spot(response: OnRebalance, allowed: i32, faults: Vec<Fault>) -> (Shared, Cloud) {
        let small = Small::new().group("spot", 1, |group| group.spot = true).deployment("web", 2, |_| {});
        let mut small = small.budget(Promise::MaxUnavailable(IntOrPercent::Int(allowed)));
        small.cast.rebalance = Some(Rebalance { lead: secs(300), response });
        small.cast.faults = faults;
        let mut shared = small.shared();
        let mut cloud = Cloud::new(1);
        cloud.launch_initial_nodes(&mut shared);
        for _ in 0..2 {
            pod_on(&mut shared, Id::from_index(0), NodeId::from_index(0));
        }
        pass(&mut shared, at(99));
        (shared, cloud)
    }

    fn go_on(shared: &mut Shared, cloud: &mut Cloud, until: i64) {
        run(shared, at(until), |shared, now, event| match event {
            Event::TrafficStep => cloud.reclaim(shared, now, instance(), Replacement::None),
            Event::SpotNoticeForeseen(index) => cloud.foresee_notice(shared, now, index),
            Event::SpotNotice(id) => cloud.give_notice(shared, now, id),
            Event::RebalanceDrain(id) => cloud.drain(shared, now, id),
            _ => {}
        });
    }

    fn told(shared: &Shared, wanted: Occurrence) -> Vec<SimTime> {
        shared.log.records().values().filter(|record| record.what == wanted).map(|record| record.at).collect()
    }

    #[test]
    fn the_notice_comes_a_while_after_the_recommendation_and_once() {
        let (mut shared, mut cloud) = spot(OnRebalance::Nothing, 2, Vec::new());
        shared.queue.push(at(100), Event::TrafficStep);
        shared.queue.push(at(200), Event::TrafficStep);
        go_on(&mut shared, &mut cloud, 399);
        let node = NodeId::from_index(0);
        assert_eq!(told(&shared, Occurrence::RebalanceRecommended(node)), [at(100)]);
        assert!(told(&shared, Occurrence::SpotNotice(node)).is_empty());
        assert!(!shared.cluster.node(node).unschedulable && shared.counts.evictions == 0, "nobody listens");
        go_on(&mut shared, &mut cloud, 401);
        assert_eq!(told(&shared, Occurrence::SpotNotice(node)), [at(400)]);
        let notice = shared.log.records().values().find(|record| record.what == Occurrence::SpotNotice(node));
        let before = notice.and_then(|record| record.because.record()).map(|cause| shared.log.records()[cause]);
        assert_eq!(before.map(|record| record.because), Some(Cause::Market), "the recommendation is the market's");
    }

    #[test]
    fn a_cordon_keeps_new_pods_away_and_a_drain_moves_those_that_are_there() {
        for (response, evicted) in [(OnRebalance::Cordon, 0), (OnRebalance::Drain, 2)] {
            let (mut shared, mut cloud) = spot(response, 2, Vec::new());
            shared.queue.push(at(100), Event::TrafficStep);
            go_on(&mut shared, &mut cloud, 150);
            assert!(shared.cluster.node(NodeId::from_index(0)).unschedulable);
            assert_eq!(shared.counts.evictions, evicted, "{response:?}");
        }
    }

    #[test]
    fn what_a_budget_refuses_is_tried_again_for_two_minutes() {
        let (mut shared, mut cloud) = spot(OnRebalance::Drain, 0, Vec::new());
        shared.queue.push(at(100), Event::TrafficStep);
        go_on(&mut shared, &mut cloud, 399);
        let rounds = 120 / 5 + 1;
        assert_eq!((shared.counts.evictions, shared.counts.evictions_denied), (0, 2 * rounds));
        let denied = |record: &&crate::sim::log::Record| matches!(record.what, Occurrence::EvictionDenied { .. });
        assert_eq!(shared.log.records().values().filter(denied).count(), 2, "told once for each pod");
    }

    #[test]
    fn a_notice_of_the_scenario_is_foreseen_for_the_instance_that_gets_it() {
        let kind = FaultKind::SpotNotice { group: Id::from_index(0), pick: 0, replacement: Replacement::None };
        let (mut shared, mut cloud) = spot(OnRebalance::Cordon, 2, vec![Fault { at: at(1000), until: at(0), kind }]);
        cloud.foresee_notices(&mut shared);
        go_on(&mut shared, &mut cloud, 699);
        assert_eq!(cloud.foreseen(0), None);
        go_on(&mut shared, &mut cloud, 701);
        assert_eq!(cloud.foreseen(0), Some(instance()));
        let recommended = shared.log.records().values().last().expect("a record");
        assert_eq!(
            (recommended.what, recommended.at, recommended.because),
            (Occurrence::RebalanceRecommended(NodeId::from_index(0)), at(700), Cause::Scenario)
        );
    }
}

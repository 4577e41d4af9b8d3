//! Spot notices, and what follows them.

use crate::cluster::NodeId;
use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::Event;
use crate::sim::log::{Cause, Evictor, NodeEnd, Occurrence, RecordId};
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::InstanceId;
use crate::world::{OnNotice, Replacement};

impl Cloud {
    /// A spot instance is told to go: cordoned, its pods leave, it is gone when the notice is over.
    pub(crate) fn give_notice(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        let Some(node) = self.instances[id].node.filter(|node| shared.cluster.has_node(*node)) else { return };
        if self.instances[id].noticed || self.instances[id].state != InstanceState::Running {
            return;
        }
        self.instances[id].noticed = true;
        let because = Cause::record_or(self.instances[id].leaves_because, Cause::Market);
        let notice = shared.log.push(now, Occurrence::SpotNotice(node), because);
        self.instances[id].leaves_because = notice;
        shared.counts.spot_notices += 1;
        let group = self.instances[id].group;
        shared.counts.groups[group].notices += 1;
        shared.cluster.set_unschedulable(node, true);
        match shared.cast.on_notice {
            OnNotice::Evict => self.drain(shared, now, id),
            OnNotice::Delete => self.delete_all(shared, now, node, notice),
        }
        shared.queue.push(now + self.notice_of(shared, id), Event::SpotReclaims(id));
        // The cordon comes with its NoSchedule taint: upstream's node lifecycle controller.
        shared.nodes_changed(News::NodeTaints(node));
    }

    fn delete_all(&mut self, shared: &mut Shared, now: SimTime, node: NodeId, notice: Option<RecordId>) {
        for pod in shared.cluster.node(node).pods().to_vec() {
            if !shared.cluster.spec_of(pod).is_daemon() && !shared.cluster.pod(pod).is_terminating() {
                let what = Occurrence::Evicted { pod, node, by: Evictor::SpotNotice };
                let record = shared.log.push(now, what, Cause::record_or(notice, Cause::Market));
                shared.replaced_because(pod, record);
                shared.counts.evictions += 1;
                shared.delete_pod(now, pod, None);
            }
        }
    }

    /// How long the notice of an instance is: its spot market knows, else the clockwork.
    fn notice_of(&self, shared: &Shared, id: InstanceId) -> SimDuration {
        let instance = &self.instances[id];
        let market = shared.cast.groups[instance.group].machines.get(instance.machine).and_then(|row| row.spot_market);
        market.map_or(shared.timing.spot_notice, |market| market.notice)
    }

    /// The notice is over.
    pub(crate) fn spot_reclaims(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        let Some(node) = self.instances[id].node else { return };
        if self.instances[id].state != InstanceState::Deleted {
            let gone = self.node_vanishes(shared, now, node, NodeEnd::Spot);
            self.make_up_for(shared, now, id, gone);
        }
    }

    /// What the cloud does about an instance that it took.
    pub(crate) fn make_up_for(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId, gone: Option<RecordId>) {
        let group = self.instances[id].group;
        match self.instances[id].replacement {
            Replacement::Replace => {
                let new = self.launch(shared, now, group);
                self.launched_because(shared, now, new, gone);
            }
            Replacement::Shrink => self.groups[group].target -= 1,
            Replacement::None => self.groups[group].short_because = gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::PodId;
    use crate::controllers::IntOrPercent;
    use crate::controllers::disruption::Promise;
    use crate::id::Id;
    use crate::market::{InterruptionRate, Provider, SpotPool};
    use crate::sim::fixture::{Small, at, pass, pod_on, run, secs};

    /// A spot node of a provider with two pods that need `stopping` to stop; its notice comes at 100 s.
    fn noticed(provider: Option<Provider>, stopping: SimDuration) -> (Shared, Cloud, [PodId; 2]) {
        noticed_with(OnNotice::Delete, provider, stopping)
    }

    fn noticed_with(
        on_notice: OnNotice,
        provider: Option<Provider>,
        stopping: SimDuration,
    ) -> (Shared, Cloud, [PodId; 2]) {
        let market = provider.map(|provider| SpotPool::new(provider, InterruptionRate::GCP_ASSUMED));
        let mut small = Small::new()
            .group("spot", 1, |group| (group.spot, group.machines[0].spot_market) = (true, market))
            .deployment("web", 2, |web| web.lifecycle.shutdown = stopping)
            .pods(|spec| spec.termination_grace = Some(secs(600)));
        small.cast.on_notice = on_notice;
        if on_notice == OnNotice::Evict {
            small = small.budget(Promise::MaxUnavailable(IntOrPercent::Int(1)));
        }
        let mut shared = small.shared();
        let mut cloud = Cloud::new(1);
        cloud.launch_initial_nodes(&mut shared);
        let (web, node) = (Id::from_index(0), NodeId::from_index(0));
        let pods = [pod_on(&mut shared, web, node), pod_on(&mut shared, web, node)];
        pass(&mut shared, at(99));
        shared.queue.push(at(100), Event::SpotNotice(Id::from_index(0)));
        run(&mut shared, at(1000), |shared, now, event| match event {
            Event::SpotNotice(id) => cloud.give_notice(shared, now, id),
            Event::SpotReclaims(id) => cloud.spot_reclaims(shared, now, id),
            Event::RebalanceDrain(id) => cloud.drain(shared, now, id),
            _ => {}
        });
        (shared, cloud, pods)
    }

    fn gone_at(shared: &Shared) -> Option<(SimTime, u32)> {
        shared.log.records().values().find_map(|record| match record.what {
            Occurrence::NodeGone { pods_lost, .. } => Some((record.at, pods_lost)),
            _ => None,
        })
    }

    #[test]
    fn the_notice_is_as_long_as_the_provider_says() {
        for (provider, notice) in [(None, 120), (Some(Provider::Aws), 120), (Some(Provider::Gcp), 30)] {
            let (shared, cloud, _) = noticed(provider, secs(5));
            assert_eq!(gone_at(&shared).map(|(at, _)| at), Some(at(100 + notice)), "{provider:?}");
            assert_eq!(cloud.instances[Id::from_index(0)].state, InstanceState::Deleted);
            assert_eq!((shared.counts.spot_notices, shared.counts.evictions), (1, 2));
        }
    }

    #[test]
    fn pods_go_with_the_node_where_they_need_longer_than_the_notice() {
        let (shared, _, pods) = noticed(None, secs(300));
        assert!(pods.iter().all(|pod| !shared.cluster.pod(*pod).is_present()));
        assert_eq!(gone_at(&shared), Some((at(220), 2)), "they were still stopping");
        assert_eq!(shared.counts.spot_losses, 1);
        let (shared, _, pods) = noticed(None, secs(50));
        assert!(pods.iter().all(|pod| !shared.cluster.pod(*pod).is_present()));
        let stopped = shared.counts.workloads[Id::from_index(0)].terminating;
        assert_eq!(stopped.seconds(at(1000)), 2 * 50);
    }

    #[test]
    fn evictions_ask_the_budgets_until_the_instance_goes() {
        let (shared, ..) = noticed_with(OnNotice::Evict, None, secs(5));
        // Nobody comes in the place of the first, so the second stays, and goes with its node.
        assert_eq!(shared.counts.evictions, 1);
        assert_eq!(shared.counts.evictions_denied, 120 / 5);
        assert_eq!(gone_at(&shared), Some((at(220), 1)));
    }

    #[test]
    fn a_second_notice_changes_nothing() {
        let (mut shared, mut cloud, _) = noticed(None, secs(5));
        let before = shared.counts.spot_notices;
        cloud.give_notice(&mut shared, at(1000), Id::from_index(0));
        assert_eq!(shared.counts.spot_notices, before);
    }
}

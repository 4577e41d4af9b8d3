//! Spot notices, and what follows them.

use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::Event;
use crate::sim::log::{Evictor, NodeEnd, Occurrence, RecordId};
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::InstanceId;
use crate::world::Replacement;

impl Cloud {
    /// A spot instance is told to go: cordoned, its pods leave, it is gone when the notice is over.
    pub(crate) fn give_notice(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        let Some(node) = self.instances[id].node.filter(|node| shared.cluster.has_node(*node)) else { return };
        if self.instances[id].noticed || self.instances[id].state != InstanceState::Running {
            return;
        }
        self.instances[id].noticed = true;
        let notice = shared.log.push(now, Occurrence::SpotNotice(node), self.instances[id].leaves_because);
        self.instances[id].leaves_because = notice;
        shared.counts.spot_notices += 1;
        let group = self.instances[id].group;
        shared.counts.groups[group].notices += 1;
        shared.cluster.set_unschedulable(node, true);
        for pod in shared.cluster.node(node).pods().to_vec() {
            if !shared.cluster.spec_of(pod).is_daemon() && !shared.cluster.pod(pod).is_terminating() {
                let record = shared.log.push(now, Occurrence::Evicted { pod, node, by: Evictor::SpotNotice }, notice);
                shared.replaced_because(pod, record);
                shared.counts.evictions += 1;
                shared.delete_pod(now, pod, None);
            }
        }
        shared.queue.push(now + self.notice_of(shared, id), Event::SpotReclaims(id));
        // The cordon comes with its NoSchedule taint: upstream's node lifecycle controller.
        shared.nodes_changed(News::NodeTaints(node));
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
                self.instances[new].launched_because = gone;
            }
            Replacement::Shrink => self.groups[group].target -= 1,
            Replacement::None => {}
        }
    }
}

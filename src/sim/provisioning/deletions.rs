//! Nodes that Cluster Autoscaler removes: tainted, emptied, deleted.

use crate::autoscaler::drain::{self, Controllers, Scope};
use crate::autoscaler::{Deletion, TO_BE_DELETED};
use crate::cluster::{Effect, NodeId, PodId};
use crate::sim::cloud::state::Cloud;
use crate::sim::event::{DrainId, Event};
use crate::sim::log::{Evictor, Occurrence};
use crate::sim::pods::eviction::Eviction;
use crate::sim::provisioning::state::Drain;
use crate::sim::provisioning::state::Provisioning;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};

/// How often refused evictions are tried again. Upstream: `EvictionRetryTime`.
const RETRY_EVERY: SimDuration = SimDuration::from_secs(10);
/// How often evicted pods are looked for.
const LOOK_EVERY: SimDuration = SimDuration::from_secs(5);
/// Pods may take so much longer than the longest grace. Upstream: `PodEvictionHeadroom`.
const HEADROOM: SimDuration = SimDuration::from_secs(30);

impl Provisioning {
    /// The node gets its taint at once; the rest follows a little later.
    pub(crate) fn start_deletion(&mut self, shared: &mut Shared, cloud: &mut Cloud, now: SimTime, deletion: &Deletion) {
        let Deletion { node, drain, ref pods, .. } = *deletion;
        let Some(instance) = cloud.node_instances[node] else { return };
        self.put_taint(shared, node, TO_BE_DELETED, Effect::NoSchedule);
        let because = self.logged.found.get(&node).copied();
        let what = Occurrence::ScaleDown { node, drain, pods: pods.len() as u32 };
        let record = shared.log.push(now, what, because);
        let id = self.drains.push(Drain {
            node,
            instance,
            record,
            needs_drain: drain,
            left: Vec::new(),
            evicted: Vec::new(),
            since: None,
            waiting_since: None,
        });
        let delay =
            shared.cast.autoscaler.as_ref().map_or(SimDuration::ZERO, |flags| flags.node_delete_delay_after_taint);
        shared.queue.push(now + delay, Event::DrainContinues(id));
    }

    /// A deletion goes on: checks once more, evicts, waits, deletes.
    pub(crate) fn drain_continues(&mut self, shared: &mut Shared, cloud: &mut Cloud, now: SimTime, id: DrainId) {
        let goes_on = shared.cluster.has_node(self.drains[id].node)
            && match self.drains[id].since {
                None => self.begin_drain(shared, now, id),
                Some(since) => self.has_patience(shared, now, id, since),
            };
        if !goes_on {
            return self.deletion_fails(shared, now, id);
        }
        self.evict_left(shared, now, id);
        if self.drains[id].left.is_empty() {
            self.delete_when_empty(shared, cloud, now, id);
        } else {
            shared.queue.push(now + RETRY_EVERY, Event::DrainContinues(id));
        }
    }

    /// Evictions are tried for a time only; then a node may still go with the pods of DaemonSets that are left.
    /// Upstream: `Evictor.DrainNodeWithPods`, `evictPod`, 1.28.0.
    fn has_patience(&mut self, shared: &mut Shared, now: SimTime, id: DrainId, since: SimTime) -> bool {
        let most = shared.cast.autoscaler.as_ref().map_or(SimDuration::ZERO, |flags| flags.max_pod_eviction_time);
        if now - since < most {
            return true;
        }
        let left = std::mem::take(&mut self.drains[id].left);
        left.into_iter().all(|pod| shared.cluster.spec_of(pod).is_daemon())
    }

    /// Looks at the node with fresh eyes: whether the deletion may begin.
    fn begin_drain(&mut self, shared: &mut Shared, now: SimTime, id: DrainId) -> bool {
        shared.refresh_budgets();
        let Some(flags) = &shared.cast.autoscaler else { return false };
        let allowed: Vec<i32> = shared.cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
        let controllers = Controllers::of(&shared.cluster);
        let scope = Scope { now, controllers: Some(&controllers), budgets: Some(&allowed) };
        let Ok(moved) = drain::pods_to_move(&shared.cluster, flags, self.drains[id].node, scope) else {
            return false;
        };
        let row = &mut self.drains[id];
        row.since = Some(now);
        let (mut pods, mut daemon_pods) = (moved.pods, moved.daemon_pods);
        if !row.needs_drain && !pods.is_empty() {
            return false;
        }
        pods.sort_unstable();
        daemon_pods.sort_unstable();
        row.evicted.clone_from(&pods);
        row.left = pods;
        daemon_pods.retain(|pod| drain::evicts_daemon_pod(shared.cluster.spec_of(*pod), flags, row.needs_drain));
        row.left.extend(daemon_pods);
        true
    }

    fn evict_left(&mut self, shared: &mut Shared, now: SimTime, id: DrainId) {
        let mut refused = Vec::new();
        for pod in std::mem::take(&mut self.drains[id].left) {
            if !shared.is_active(pod) {
                continue;
            }
            let most_grace = shared.cast.autoscaler.as_ref().map(|flags| flags.max_graceful_termination);
            let eviction = Eviction { by: Evictor::ClusterAutoscaler, because: self.drains[id].record, most_grace };
            if !shared.evict_by_api(now, pod, eviction) {
                refused.push(pod);
            }
        }
        // Of an empty node, pods of DaemonSets that may not go do not keep it.
        self.drains[id].left = if self.drains[id].needs_drain { refused } else { Vec::new() };
    }

    fn delete_when_empty(&mut self, shared: &mut Shared, cloud: &mut Cloud, now: SimTime, id: DrainId) {
        let row = &self.drains[id];
        let there =
            row.evicted.iter().any(|pod| shared.cluster.pod(*pod).is_present() && self.on_node(shared, *pod, row.node));
        if !there {
            let instance = row.instance;
            cloud.instances[instance].leaves_because = row.record;
            return match cloud.delete_instance(shared, now, instance) {
                true => self.deletion_ended(id),
                false => self.deletion_fails(shared, now, id),
            };
        }
        let since = *self.drains[id].waiting_since.get_or_insert(now);
        let most = shared.cast.autoscaler.as_ref().map_or(SimDuration::ZERO, |flags| flags.max_graceful_termination);
        if now - since >= most + HEADROOM {
            return self.deletion_fails(shared, now, id);
        }
        shared.queue.push(now + LOOK_EVERY, Event::DrainContinues(id));
    }

    fn on_node(&self, shared: &Shared, pod: PodId, node: NodeId) -> bool {
        shared.cluster.pod(pod).node() == Some(node)
    }

    fn deletion_fails(&mut self, shared: &mut Shared, now: SimTime, id: DrainId) {
        let Drain { node, record, .. } = self.drains[id];
        shared.log.push(now, Occurrence::ScaleDownFailed(node), record);
        if shared.cluster.has_node(node) {
            self.remove_taint(shared, node, TO_BE_DELETED);
        }
        self.deletion_ended(id);
    }

    fn deletion_ended(&mut self, id: DrainId) {
        if let Some(autoscaler) = &mut self.autoscaler {
            autoscaler.deletion_ended(self.drains[id].node);
        }
    }
}

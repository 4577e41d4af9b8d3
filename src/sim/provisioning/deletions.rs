//! Nodes that Cluster Autoscaler removes: tainted, emptied, deleted.

use crate::autoscaler::drain::{self, Controllers, Scope};
use crate::autoscaler::{Deletion, DrainPriority, TO_BE_DELETED};
use crate::cluster::{ClusterState, Effect, NodeId, PodId};
use crate::id::Id;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::{DrainId, Event};
use crate::sim::log::{Cause, Evictor, Occurrence, RemovalFailure};
use crate::sim::pods::eviction::{Eviction, Refusal};
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
        if shared.cast.autoscaler.as_ref().is_some_and(|flags| flags.cordon_node_before_terminating) {
            shared.cluster.set_unschedulable(node, true);
        }
        self.put_taint(shared, node, TO_BE_DELETED, Effect::NoSchedule);
        let because = Cause::record_or(self.logged.found.get(&node).copied(), Cause::Found);
        let what = Occurrence::ScaleDown { node, drain, pods: pods.len() as u32 };
        let record = shared.log.push(now, what, because);
        let delay =
            shared.cast.autoscaler.as_ref().map_or(SimDuration::ZERO, |flags| flags.node_delete_delay_after_taint);
        let id = self.drains.push(Drain {
            node,
            instance,
            record,
            needs_drain: drain,
            check_at: Some(now + delay),
            later: Vec::new(),
            grace: shared.cast.autoscaler.as_ref().map_or(SimDuration::ZERO, |flags| flags.max_graceful_termination),
            left: Vec::new(),
            evicted: Vec::new(),
            since: None,
            waiting_since: None,
        });
        shared.queue.push(now + delay, Event::DrainContinues(id));
    }

    /// A deletion goes on: checks once more, evicts, waits, deletes.
    pub(crate) fn drain_continues(&mut self, shared: &mut Shared, cloud: &mut Cloud, now: SimTime, id: DrainId) {
        self.check_begun_together(shared, now, id);
        let since = self.drains[id].since;
        let failure = match since {
            _ if !shared.cluster.has_node(self.drains[id].node) => Some(RemovalFailure::NodeGone),
            None => Some(RemovalFailure::PodsMayNotMove),
            Some(since) if self.has_patience(shared, now, id, since) => None,
            Some(_) => Some(RemovalFailure::EvictionsRefused),
        };
        if let Some(why) = failure {
            return self.deletion_fails(shared, now, id, why);
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
        if now == since || now - since < most {
            return true;
        }
        let left = std::mem::take(&mut self.drains[id].left);
        left.into_iter().all(|pod| shared.cluster.spec_of(pod).is_daemon())
    }

    /// Deletions that one loop started are all checked before the first pod is evicted: what one takes of a budget does
    /// not keep another from beginning. Upstream: `Actuator.deleteNodesAsync`, 1.28.0.
    fn check_begun_together(&mut self, shared: &mut Shared, now: SimTime, first: DrainId) {
        if self.drains[first].check_at.is_none() {
            return;
        }
        for index in first.index()..self.drains.len() {
            let id = DrainId::from_index(index);
            if self.drains[id].check_at.take_if(|at| *at == now).is_none() {
                break;
            }
            let begins = shared.cluster.has_node(self.drains[id].node) && self.may_begin(shared, now, id);
            self.drains[id].since = begins.then_some(now);
        }
    }

    /// Looks at the node with fresh eyes: whether the deletion may begin. For an empty node neither budgets nor
    /// controllers are asked: no pod of it may have to move.
    fn may_begin(&mut self, shared: &mut Shared, now: SimTime, id: DrainId) -> bool {
        shared.refresh_budgets();
        let Some(flags) = &shared.cast.autoscaler else { return false };
        let row = &mut self.drains[id];
        let allowed: Vec<i32> = shared.cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
        let controllers = Controllers::of(&shared.cluster);
        let asked = row.needs_drain.then_some((&controllers, allowed.as_slice()));
        let scope = Scope { now, controllers: asked.map(|(known, _)| known), budgets: asked.map(|(_, left)| left) };
        let Ok(moved) = drain::pods_to_move(&shared.cluster, flags, row.node, scope) else {
            return false;
        };
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
        if row.needs_drain && !flags.drain_priorities.is_empty() {
            by_priority(&shared.cluster, &flags.drain_priorities, row);
        }
        true
    }

    fn evict_left(&mut self, shared: &mut Shared, now: SimTime, id: DrainId) {
        let mut refused = Vec::new();
        for pod in std::mem::take(&mut self.drains[id].left) {
            if !shared.is_active(pod) {
                continue;
            }
            let most_grace = Some(self.drains[id].grace);
            let eviction = Eviction {
                by: Evictor::ClusterAutoscaler,
                because: Cause::record_or(self.drains[id].record, Cause::Found),
                most_grace,
                refusal: Refusal::IsNews,
            };
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
        if !there && let Some((grace, pods)) = self.drains[id].later.pop() {
            let row = &mut self.drains[id];
            (row.grace, row.since, row.waiting_since) = (grace, Some(now), None);
            row.evicted = pods.iter().copied().filter(|pod| !shared.cluster.spec_of(*pod).is_daemon()).collect();
            row.left = pods;
            shared.queue.push(now, Event::DrainContinues(id));
            return;
        }
        if !there {
            let Drain { instance, record, .. } = self.drains[id];
            cloud.instances[instance].leaves_because = record;
            return match cloud.delete_instance(shared, now, instance) {
                true => self.deletion_ended(shared, now, id, false),
                false => self.deletion_fails(shared, now, id, RemovalFailure::InstanceGone),
            };
        }
        let since = *self.drains[id].waiting_since.get_or_insert(now);
        if now - since >= self.drains[id].grace + HEADROOM {
            return self.deletion_fails(shared, now, id, RemovalFailure::PodsDoNotStop);
        }
        shared.queue.push(now + LOOK_EVERY, Event::DrainContinues(id));
    }

    fn on_node(&self, shared: &Shared, pod: PodId, node: NodeId) -> bool {
        shared.cluster.pod(pod).node() == Some(node)
    }

    fn deletion_fails(&mut self, shared: &mut Shared, now: SimTime, id: DrainId, why: RemovalFailure) {
        let Drain { node, record, .. } = self.drains[id];
        let because = Cause::record_or(record, Cause::Found);
        shared.log.push(now, Occurrence::ScaleDownFailed(node, why), because);
        if shared.cluster.has_node(node) {
            if shared.cast.autoscaler.as_ref().is_some_and(|flags| flags.cordon_node_before_terminating) {
                shared.cluster.set_unschedulable(node, false);
            }
            self.remove_taint(shared, node, TO_BE_DELETED);
        }
        self.deletion_ended(shared, now, id, true);
    }

    fn deletion_ended(&mut self, shared: &Shared, now: SimTime, id: DrainId, failed: bool) {
        let node = self.drains[id].node;
        if let Some(autoscaler) = &mut self.autoscaler {
            autoscaler.deletion_ended(node);
            let group = shared.cluster.node(node).group;
            group.into_iter().for_each(|group| autoscaler.group_shrank(group, now, failed));
        }
    }
}

/// The pods of a drain are told to go in groups, the lowest priorities first. A group that nobody would wait for is left out:
/// it has pods of DaemonSets alone.
///
/// Upstream: `actuation.groupByPriority`, `Evictor.drainNodeWithPodsBasedOnPodPriority`, 1.29.
fn by_priority(cluster: &ClusterState, priorities: &[DrainPriority], drain: &mut Drain) {
    let mut groups: Vec<(SimDuration, Vec<PodId>)> = priorities.iter().map(|row| (row.grace, Vec::new())).collect();
    for pod in std::mem::take(&mut drain.left) {
        let priority = cluster.spec_of(pod).priority;
        let above = priorities.iter().position(|row| row.priority > priority).unwrap_or(priorities.len());
        groups[above.saturating_sub(1)].1.push(pod);
    }
    groups.retain(|(_, pods)| pods.iter().any(|pod| !cluster.spec_of(*pod).is_daemon()));
    groups.reverse();
    drain.later = groups;
    if let Some((grace, pods)) = drain.later.pop() {
        drain.grace = grace;
        drain.evicted = pods.iter().copied().filter(|pod| !cluster.spec_of(*pod).is_daemon()).collect();
        drain.left = pods;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoscaler::Flags;
    use crate::controllers::IntOrPercent;
    use crate::controllers::disruption::Promise;
    use crate::id::Id;
    use crate::sim::cloud::instances::InstanceState;
    use crate::sim::fixture::{Small, at, pass, pod_on, run, secs};
    use crate::sim::log::NodeEnd;

    /// A node with two pods under a budget that lets `allowed` of them go, which Cluster Autoscaler starts to remove at
    /// 100 s; at 130 s a substitute is ready elsewhere.
    fn removed(allowed: i32) -> (Shared, Cloud) {
        let small = Small::new().group("base", 2, |_| {}).deployment("web", 2, |_| {});
        let small = small.pods(|spec| spec.safe_to_evict = Some(true));
        let mut small = small.budget(Promise::MaxUnavailable(IntOrPercent::Int(allowed)));
        small.cast.autoscaler = Some(Flags::default());
        let mut shared = small.shared();
        let (mut cloud, mut provisioning) = (Cloud::new(1), Provisioning::default());
        cloud.launch_initial_nodes(&mut shared);
        let [node, other] = [0, 1].map(NodeId::from_index);
        let pods = [0; 2].map(|_| pod_on(&mut shared, Id::from_index(0), node));
        pass(&mut shared, at(100));
        let deletion = Deletion { node, since: at(0), drain: true, pods: pods.to_vec(), daemon_pods: Vec::new() };
        provisioning.start_deletion(&mut shared, &mut cloud, at(100), &deletion);
        assert!(shared.cluster.node(node).taints.iter().any(|taint| taint.effect == Effect::NoSchedule));
        shared.queue.push(at(120), Event::TrafficStep);
        run(&mut shared, at(1000), |shared, now, event| match event {
            Event::TrafficStep => drop(pod_on(shared, Id::from_index(0), other)),
            Event::DrainContinues(drain) => provisioning.drain_continues(shared, &mut cloud, now, drain),
            Event::NodeVanishes(node) => drop(cloud.node_vanishes(shared, now, node, NodeEnd::ScaleDown)),
            _ => {}
        });
        (shared, cloud)
    }

    fn evicted(shared: &Shared) -> Vec<SimTime> {
        let of = shared.log.records().values().filter(|record| matches!(record.what, Occurrence::Evicted { .. }));
        of.map(|record| record.at).collect()
    }

    #[test]
    fn pods_go_first_then_the_instance_then_the_node() {
        let (shared, cloud) = removed(2);
        assert_eq!(evicted(&shared).len(), 2);
        let deleted =
            shared.log.records().values().find(|record| matches!(record.what, Occurrence::InstanceDeleted(..)));
        let deleted = deleted.expect("a deletion").at;
        assert!(deleted - evicted(&shared)[1] >= secs(5), "its pods need 5 s to stop");
        assert_eq!(cloud.instances[Id::from_index(0)].state, InstanceState::Deleted);
        assert_eq!(cloud.groups[Id::from_index(0)].target, 1);
        assert!(!shared.cluster.has_node(NodeId::from_index(0)));
    }

    #[test]
    fn what_a_budget_refuses_is_tried_again_every_ten_seconds() {
        let (shared, _) = removed(1);
        let [first, second] = evicted(&shared)[..] else { panic!("{:?}", evicted(&shared)) };
        assert!(second > at(120) && (second - first).as_nanos() % RETRY_EVERY.as_nanos() == 0, "{first:?} {second:?}");
        assert!(!shared.cluster.has_node(NodeId::from_index(0)));
        assert!(shared.counts.evictions_denied > 0);
    }

    #[test]
    fn a_node_whose_pods_may_never_go_is_kept_without_its_taint() {
        let (shared, cloud) = removed(0);
        assert!(evicted(&shared).is_empty());
        assert!(shared.log.records().values().any(|record| matches!(record.what, Occurrence::ScaleDownFailed(..))));
        assert!(shared.cluster.node(NodeId::from_index(0)).taints.is_empty());
        assert_eq!(cloud.groups[Id::from_index(0)].target, 2);
    }
}

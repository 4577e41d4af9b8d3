//! Nodes that fall silent: their kubelets report nothing, and nobody knows what became of their pods.
//!
//! Upstream: the node lifecycle controller of Kubernetes 1.28 to 1.36 (`--node-monitor-grace-period`, taint
//! `unreachable`) and the taint manager, which evicts after each pod's `tolerationSeconds`; the admission plugin
//! `DefaultTolerationSeconds` gives 300 s to pods that name none. An evicted pod of a silent node stays
//! terminating until the node is back or gone. Differs: requests are not sent to a silent node from the first
//! second on, as with clients that try again elsewhere.

use crate::cluster::{Effect, NodeCondition, NodeId, Phase, PodId, Taint};
use crate::intern::Symbol;
use crate::sim::counts::Stage;
use crate::sim::event::Event;
use crate::sim::faults::course::{Faults, Silenced};
use crate::sim::log::{Cause, Evictor, Occurrence, RecordId};
use crate::sim::pods::life::Owner;
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadKind;

/// `DefaultTolerationSeconds`.
const TOLERATED: SimDuration = SimDuration::from_secs(300);

impl Faults {
    /// A node reports nothing from now on.
    pub(crate) fn node_falls_silent(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        (fault, because): (u32, Option<RecordId>),
        node: NodeId,
    ) {
        shared.silent.push(node);
        let record = shared.log.push(now, Occurrence::NodeSilent(node), Cause::record_or(because, Cause::Scenario));
        self.silenced.push(Silenced { fault, node, record });
        for pod in shared.cluster.node(node).pods().to_vec() {
            if shared.lives[pod].stage == Stage::Ready {
                shared.set_stage(now, pod, Stage::Starting);
            }
            shared.lives[pod].sample = None;
        }
        shared.queue.push(now + shared.timing.node_monitor_grace, Event::NodeTurnsUnknown(node));
    }

    /// The node has been silent for too long: NotReady, and its pods with it.
    pub(crate) fn node_turns_unknown(&mut self, shared: &mut Shared, now: SimTime, node: NodeId) {
        if !shared.cluster.has_node(node) || !shared.has_fallen_silent(node) {
            return;
        }
        shared.cluster.set_node_ready(node, NodeCondition { is_true: false, since: now });
        let mut taints = shared.cluster.node(node).taints.clone();
        taints.push(unreachable(shared, Effect::NoSchedule));
        taints.push(unreachable(shared, Effect::NoExecute));
        shared.cluster.set_taints(node, taints);
        shared.log.push(now, Occurrence::NodeNotReady(node), self.silence_of(node));
        for pod in shared.cluster.node(node).pods().to_vec() {
            if shared.cluster.pod(pod).is_ready() {
                shared.cluster.set_pod_ready(pod, Some((false, now)));
                shared.owner_changed(pod);
            }
            if let Some(tolerated) = self.tolerated_for(shared, pod) {
                shared.queue.push(now + tolerated, Event::PodOutstaysTaint(pod));
            }
        }
        shared.nodes_changed(News::NodeTaints(node));
    }

    /// The record of a node's silence; of the last one, if several faults silenced it.
    fn silence_of(&self, node: NodeId) -> Cause {
        let record = self.silenced.iter().rev().find(|silenced| silenced.node == node);
        Cause::record_or(record.and_then(|silenced| silenced.record), Cause::Scenario)
    }

    /// How long a pod stays on a node that cannot be reached; absent means for good.
    fn tolerated_for(&self, shared: &Shared, pod: PodId) -> Option<SimDuration> {
        let taint = unreachable(shared, Effect::NoExecute);
        let mut matching = shared.cluster.spec_of(pod).tolerations.iter().filter(|t| t.tolerates(&taint)).peekable();
        if matching.peek().is_none() {
            return Some(TOLERATED);
        }
        let least = matching.filter_map(|toleration| toleration.seconds).min()?;
        Some(SimDuration::from_secs(least.max(0)))
    }

    /// A pod's toleration is over; it is deleted, but nobody confirms that it is gone.
    pub(crate) fn pod_outstays_taint(&mut self, shared: &mut Shared, now: SimTime, pod: PodId) {
        if !shared.is_active(pod) || !shared.is_silent(pod) {
            return;
        }
        if let Some(node) = shared.cluster.pod(pod).node() {
            let what = Occurrence::Evicted { pod, node, by: Evictor::TaintManager };
            let record = shared.log.push(now, what, self.silence_of(node));
            shared.replaced_because(pod, record);
            shared.delete_pod(now, pod, None);
        }
    }

    /// The fault is over: the node reports again.
    pub(crate) fn node_speaks_again(&mut self, shared: &mut Shared, now: SimTime, fault: u32) {
        let Some(at) = self.silenced.iter().position(|silenced| silenced.fault == fault) else { return };
        let Silenced { node, record, .. } = self.silenced.remove(at);
        if let Some(at) = shared.silent.iter().position(|silent| *silent == node) {
            shared.silent.remove(at);
        }
        if !shared.cluster.has_node(node) {
            return;
        }
        if !shared.cluster.node(node).ready.is_true {
            let key = shared.names.unreachable;
            let taints = shared.cluster.node(node).taints.iter().copied().filter(|taint| taint.key != key).collect();
            shared.cluster.set_taints(node, taints);
            shared.cluster.set_node_ready(node, NodeCondition { is_true: true, since: now });
        }
        shared.log.push(now, Occurrence::NodeBack(node), Cause::record_or(record, Cause::Scenario));
        for pod in shared.cluster.node(node).pods().to_vec() {
            self.report_again(shared, now, pod);
        }
        shared.nodes_changed(News::NodeTaints(node));
    }

    /// What a pod of a node that is back has been up to.
    fn report_again(&mut self, shared: &mut Shared, now: SimTime, pod: PodId) {
        let row = shared.cluster.pod(pod);
        if row.is_terminating() {
            return shared.queue.push(now + SimDuration::from_secs(1), Event::PodStops(pod));
        }
        match row.phase {
            Phase::Running if shared.lives[pod].hangs => {}
            Phase::Running if row.is_ready() => shared.set_stage(now, pod, Stage::Ready),
            Phase::Running => shared.queue.push(now, Event::PodBecomesReady(pod)),
            _ => return shared.queue.push(now, Event::PodStarts(pod)),
        }
        if let Owner::Workload(id) = shared.lives[pod].owner
            && matches!(shared.cast.workloads[id].kind, WorkloadKind::Job { .. } | WorkloadKind::CronJob { .. })
        {
            shared.queue.push(now, Event::PodFinishes(pod));
        }
    }
}

/// The taint of a node that cannot be reached.
fn unreachable(shared: &Shared, effect: Effect) -> Taint {
    Taint { key: shared.names.unreachable, value: Symbol::EMPTY, effect }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::sim::fixture::{Small, at, node, pass, pod_on, run};

    /// Two nodes with a pod each, the first of which falls silent at 100 s for as long as told.
    fn silent_until(end: i64) -> (Shared, [PodId; 2]) {
        let mut shared = Small::new().group("base", 0, |_| {}).deployment("web", 2, |_| {}).shared();
        shared.timing.node_monitor_grace = SimDuration::from_secs(40);
        let nodes = [node(&mut shared, "a"), node(&mut shared, "b")];
        let pods = nodes.map(|node| pod_on(&mut shared, Id::from_index(0), node));
        pass(&mut shared, at(99));
        let mut faults = Faults::default();
        shared.queue.push(at(100), Event::Fault(0));
        shared.queue.push(at(end), Event::FaultEnds(0));
        run(&mut shared, at(1000), |shared, now, event| match event {
            Event::Fault(index) => faults.node_falls_silent(shared, now, (index, None), nodes[0]),
            Event::FaultEnds(index) => faults.node_speaks_again(shared, now, index),
            Event::NodeTurnsUnknown(node) => faults.node_turns_unknown(shared, now, node),
            Event::PodOutstaysTaint(pod) => faults.pod_outstays_taint(shared, now, pod),
            _ => {}
        });
        (shared, pods)
    }

    fn when(shared: &Shared, wanted: fn(&Occurrence) -> bool) -> Option<SimTime> {
        shared.log.records().values().find(|record| wanted(&record.what)).map(|record| record.at)
    }

    #[test]
    fn a_silent_node_is_not_ready_after_its_grace_and_loses_its_pods_after_their_toleration() {
        let (shared, [lost, kept]) = silent_until(2000);
        assert_eq!(when(&shared, |what| matches!(what, Occurrence::NodeNotReady(_))), Some(at(140)));
        assert_eq!(when(&shared, |what| matches!(what, Occurrence::Evicted { .. })), Some(at(440)));
        // Nobody confirms that it is gone.
        assert!(shared.cluster.pod(lost).is_present() && shared.cluster.pod(lost).is_terminating());
        assert!(shared.cluster.pod(kept).is_ready() && shared.is_active(kept), "the other node is as it was");
        assert_eq!(shared.lives[kept].stage, Stage::Ready);
    }

    #[test]
    fn a_node_that_is_back_in_time_keeps_its_pods() {
        let (shared, pods) = silent_until(300);
        assert_eq!(when(&shared, |what| matches!(what, Occurrence::Evicted { .. })), None);
        assert!(pods.iter().all(|pod| shared.lives[*pod].stage == Stage::Ready));
        let untainted = |(_, node): (NodeId, &crate::cluster::Node)| node.taints.is_empty() && node.ready.is_true;
        assert!(shared.cluster.nodes().all(untainted));
    }

    #[test]
    fn a_pod_that_was_evicted_stops_when_its_node_is_back() {
        let (shared, [lost, _]) = silent_until(600);
        assert!(!shared.cluster.pod(lost).is_present());
    }
}

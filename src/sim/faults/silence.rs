//! Nodes that fall silent: their kubelets report nothing, and nobody knows what became of their pods.
//!
//! Upstream: the node lifecycle controller of Kubernetes 1.28 (`--node-monitor-grace-period` 40 s, taint
//! `unreachable`) and the taint manager, which evicts after each pod's `tolerationSeconds`; the admission plugin
//! `DefaultTolerationSeconds` gives 300 s to pods that name none. An evicted pod of a silent node stays
//! terminating until the node is back or gone. Differs: requests are not sent to a silent node from the first
//! second on, as with clients that try again elsewhere.

use crate::cluster::{Effect, NodeCondition, NodeId, Phase, PodId, Taint};
use crate::intern::Symbol;
use crate::sim::counts::Stage;
use crate::sim::event::Event;
use crate::sim::faults::course::{Faults, Silenced};
use crate::sim::log::{Evictor, Occurrence, RecordId};
use crate::sim::pods::life::Owner;
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadKind;

/// `--node-monitor-grace-period`.
const GRACE: SimDuration = SimDuration::from_secs(40);
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
        let record = shared.log.push(now, Occurrence::NodeSilent(node), because);
        self.silenced.push(Silenced { fault, node, record });
        for pod in shared.cluster.node(node).pods().to_vec() {
            if shared.lives[pod].stage == Stage::Ready {
                shared.set_stage(now, pod, Stage::Starting);
            }
            shared.lives[pod].sample = None;
        }
        shared.queue.push(now + GRACE, Event::NodeTurnsUnknown(node));
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
    fn silence_of(&self, node: NodeId) -> Option<RecordId> {
        self.silenced.iter().rev().find(|silenced| silenced.node == node)?.record
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
        shared.log.push(now, Occurrence::NodeBack(node), record);
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

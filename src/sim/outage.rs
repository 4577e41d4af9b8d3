//! Nodes that fall silent: their kubelets report nothing, and nobody knows what became of their pods.
//!
//! Upstream: the node lifecycle controller of Kubernetes 1.28 (`--node-monitor-grace-period` 40 s, taint
//! `unreachable`) and the taint manager, which evicts after each pod's `tolerationSeconds`; the admission plugin
//! `DefaultTolerationSeconds` gives 300 s to pods that name none. An evicted pod of a silent node stays
//! terminating until the node is back or gone. Differs: requests are not sent to a silent node from the first
//! second on, as with clients that try again elsewhere.

use crate::cluster::{Effect, NodeCondition, NodeId, Phase, PodId, Taint};
use crate::intern::Symbol;
use crate::sim::Simulation;
use crate::sim::books::Stage;
use crate::sim::event::Event;
use crate::sim::kubelet::Owner;
use crate::sim::log::{Evictor, Occurrence};
use crate::sim::scheduling::News;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadKind;

/// `--node-monitor-grace-period`.
const GRACE: SimDuration = SimDuration::from_secs(40);
/// `DefaultTolerationSeconds`.
const TOLERATED: SimDuration = SimDuration::from_secs(300);

impl Simulation {
    /// A node reports nothing from now on.
    pub(super) fn node_falls_silent(&mut self, now: SimTime, fault: u32, node: NodeId) {
        self.silent.push((fault, node));
        self.log.push(now, Occurrence::NodeSilent(node));
        for pod in self.cluster.node(node).pods().to_vec() {
            if self.lives[pod].stage == Stage::Ready {
                self.set_stage(now, pod, Stage::Starting);
            }
            self.lives[pod].sample = None;
        }
        self.queue.push(now + GRACE, Event::NodeTurnsUnknown(node));
    }

    /// Whether nothing is heard of the node that a pod is on.
    pub(super) fn is_silent(&self, pod: PodId) -> bool {
        !self.silent.is_empty() && self.cluster.pod(pod).node().is_some_and(|node| self.has_fallen_silent(node))
    }

    fn has_fallen_silent(&self, node: NodeId) -> bool {
        self.silent.iter().any(|(_, silent)| *silent == node)
    }

    fn unreachable(&self, effect: Effect) -> Taint {
        Taint { key: self.names.unreachable, value: Symbol::EMPTY, effect }
    }

    /// The node has been silent for too long: NotReady, and its pods with it.
    pub(super) fn node_turns_unknown(&mut self, now: SimTime, node: NodeId) {
        if !self.cluster.has_node(node) || !self.has_fallen_silent(node) {
            return;
        }
        self.cluster.set_node_ready(node, NodeCondition { is_true: false, since: now });
        let mut taints = self.cluster.node(node).taints.clone();
        taints.push(self.unreachable(Effect::NoSchedule));
        taints.push(self.unreachable(Effect::NoExecute));
        self.cluster.set_taints(node, taints);
        self.log.push(now, Occurrence::NodeNotReady(node));
        for pod in self.cluster.node(node).pods().to_vec() {
            if self.cluster.pod(pod).is_ready() {
                self.cluster.set_pod_ready(pod, Some((false, now)));
                self.owner_changed(pod);
            }
            if let Some(tolerated) = self.tolerated_for(pod) {
                self.queue.push(now + tolerated, Event::PodOutstaysTaint(pod));
            }
        }
        self.nodes_changed(News::NodeTaints(node));
    }

    /// How long a pod stays on a node that cannot be reached; absent is for ever.
    fn tolerated_for(&self, pod: PodId) -> Option<SimDuration> {
        let taint = self.unreachable(Effect::NoExecute);
        let mut matching = self.cluster.spec_of(pod).tolerations.iter().filter(|t| t.tolerates(&taint)).peekable();
        if matching.peek().is_none() {
            return Some(TOLERATED);
        }
        let least = matching.filter_map(|toleration| toleration.seconds).min()?;
        Some(SimDuration::from_secs(least.max(0)))
    }

    /// A pod's toleration is over; it is deleted, but nobody confirms that it is gone.
    pub(super) fn pod_outstays_taint(&mut self, now: SimTime, pod: PodId) {
        if !self.is_active(pod) || !self.is_silent(pod) {
            return;
        }
        if let Some(node) = self.cluster.pod(pod).node() {
            self.log.push(now, Occurrence::Evicted { pod, node, by: Evictor::TaintManager });
            self.delete_pod(now, pod, None);
        }
    }

    /// The fault is over: the node reports again.
    pub(super) fn node_speaks_again(&mut self, now: SimTime, fault: u32) {
        let Some(at) = self.silent.iter().position(|(index, _)| *index == fault) else { return };
        let (_, node) = self.silent.remove(at);
        if !self.cluster.has_node(node) {
            return;
        }
        if !self.cluster.node(node).ready.is_true {
            let key = self.names.unreachable;
            let taints = self.cluster.node(node).taints.iter().copied().filter(|taint| taint.key != key).collect();
            self.cluster.set_taints(node, taints);
            self.cluster.set_node_ready(node, NodeCondition { is_true: true, since: now });
        }
        self.log.push(now, Occurrence::NodeBack(node));
        for pod in self.cluster.node(node).pods().to_vec() {
            self.report_again(now, pod);
        }
        self.nodes_changed(News::NodeTaints(node));
    }

    /// What a pod of a node that is back has been up to.
    fn report_again(&mut self, now: SimTime, pod: PodId) {
        let row = self.cluster.pod(pod);
        if row.is_terminating() {
            return self.queue.push(now + SimDuration::from_secs(1), Event::PodStops(pod));
        }
        match row.phase {
            Phase::Running if self.lives[pod].hangs => {}
            Phase::Running if row.is_ready() => self.set_stage(now, pod, Stage::Ready),
            Phase::Running => self.queue.push(now, Event::PodBecomesReady(pod)),
            _ => return self.queue.push(now, Event::PodStarts(pod)),
        }
        if let Owner::Workload(id) = self.lives[pod].owner
            && matches!(self.cast.workloads[id].kind, WorkloadKind::Job { .. } | WorkloadKind::CronJob { .. })
        {
            self.queue.push(now, Event::PodFinishes(pod));
        }
    }
}

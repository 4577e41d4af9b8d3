//! Which record led to which: found afterwards, from the order of events.

use super::Decisions;
use crate::cluster::{NodeId, PodId};
use crate::sim::log::{Evictor, NodeEnd, Occurrence};
use crate::units::SimTime;
use crate::world::{GroupId, WorkloadId};
use rustc_hash::FxHashMap;

/// What the pass has seen so far; numbers are places in the log.
#[derive(Default)]
struct Seen {
    /// Why a workload has new pods: its last scale-out, rollout, or loss of a pod.
    new_pod: FxHashMap<WorkloadId, usize>,
    /// Why a workload has fewer pods.
    fewer: FxHashMap<WorkloadId, usize>,
    rollout: FxHashMap<WorkloadId, usize>,
    waits: FxHashMap<PodId, usize>,
    scale_up: FxHashMap<GroupId, usize>,
    scale_down: FxHashMap<NodeId, usize>,
    notice: FxHashMap<NodeId, usize>,
    silent: FxHashMap<NodeId, usize>,
    hangs: FxHashMap<PodId, usize>,
    unneeded: FxHashMap<NodeId, usize>,
    last_wait: Option<usize>,
    last_scale_up: Option<usize>,
    last_scale_down: Option<usize>,
    last_scale_in: Option<usize>,
    last_loss: Option<usize>,
    last_fault: Option<(SimTime, usize)>,
}

/// For each record the one that led to it. Records that traffic, the clock or the scenario caused have none.
pub(super) fn causes(decisions: &Decisions<'_>) -> Vec<Option<usize>> {
    let mut seen = Seen::default();
    let records = decisions.history.log.records().iter().enumerate();
    records.map(|(at, (time, what))| seen.cause(decisions, at, *time, what)).collect()
}

impl Seen {
    fn cause(&mut self, decisions: &Decisions<'_>, at: usize, time: SimTime, what: &Occurrence) -> Option<usize> {
        match *what {
            Occurrence::Rescaled { workload, from, to, .. } => {
                let map = if to > from { &mut self.new_pod } else { &mut self.fewer };
                map.insert(workload, at);
                if to < from {
                    self.last_scale_in = Some(at);
                }
                None
            }
            Occurrence::JobStarted(workload) => {
                self.new_pod.insert(workload, at);
                None
            }
            Occurrence::DeployStarted(workload) => {
                self.rollout.insert(workload, at);
                self.new_pod.insert(workload, at);
                None
            }
            Occurrence::TrafficSwitched(workload)
            | Occurrence::OldRetired(workload)
            | Occurrence::RolledBack(workload) => {
                // What follows is this one's doing: pods that go, and after a rollback pods that come.
                let before = self.rollout.insert(workload, at);
                if matches!(what, Occurrence::RolledBack(_)) {
                    self.new_pod.insert(workload, at);
                }
                before
            }
            Occurrence::DeployFinished(workload) | Occurrence::DeployStuck(workload) => {
                if decisions.is_daemon_set(workload) {
                    // From now on its pods come with their nodes again.
                    self.new_pod.remove(&workload);
                }
                self.rollout.get(&workload).copied()
            }
            Occurrence::Waits(pod) => {
                self.waits.insert(pod, at);
                self.last_wait = Some(at);
                self.reason_for(decisions, pod)
            }
            Occurrence::Bound { pod, .. } | Occurrence::Preemption { pod, .. } => {
                self.waits.get(&pod).copied().or_else(|| self.reason_for(decisions, pod))
            }
            Occurrence::GivenUp(pod) => {
                let workload = decisions.workload_of(pod)?;
                let latest = [self.fewer.get(&workload), self.rollout.get(&workload)];
                latest.into_iter().flatten().max().copied()
            }
            Occurrence::ScaleUp { group, .. } => {
                self.scale_up.insert(group, at);
                self.last_scale_up = Some(at);
                self.last_wait
            }
            Occurrence::IncreaseError(..) => self.last_wait,
            Occurrence::LaunchFailed(_) => self.last_scale_up,
            Occurrence::NodeAdded(_, group) => self.scale_up.get(&group).copied().or(self.last_loss),
            Occurrence::NodeUnneeded(node) => {
                self.unneeded.insert(node, at);
                self.last_scale_in
            }
            Occurrence::GroupSkipped { .. } => self.last_wait,
            Occurrence::ScaleDown { node, .. } => {
                self.scale_down.insert(node, at);
                self.last_scale_down = Some(at);
                self.unneeded.get(&node).copied().or(self.last_scale_in)
            }
            Occurrence::ScaleDownFailed(node) => self.scale_down.get(&node).copied(),
            Occurrence::InstanceDeleted(_) | Occurrence::EvictionDenied(_) => self.last_scale_down,
            Occurrence::NodeGone { node, reason, .. } => {
                self.last_loss = Some(at);
                match reason {
                    NodeEnd::ScaleDown => self.scale_down.get(&node).copied(),
                    NodeEnd::Spot => self.notice.get(&node).copied(),
                    NodeEnd::Lost => self.last_fault.map(|(_, fault)| fault),
                }
            }
            Occurrence::NodeSilent(node) => {
                self.silent.insert(node, at);
                self.last_fault.filter(|(since, _)| *since == time).map(|(_, fault)| fault)
            }
            Occurrence::NodeNotReady(node) | Occurrence::NodeBack(node) => self.silent.get(&node).copied(),
            Occurrence::ContainerHangs(pod) => {
                self.hangs.insert(pod, at);
                self.last_fault.filter(|(since, _)| *since == time).map(|(_, fault)| fault)
            }
            Occurrence::FailedProbe(pod) => self.hangs.remove(&pod),
            Occurrence::RebalanceRecommended(node) => {
                self.notice.insert(node, at);
                None
            }
            Occurrence::SpotNotice(node) => {
                let fault = self.last_fault.filter(|(since, _)| *since == time).map(|(_, fault)| fault);
                fault.or(self.notice.insert(node, at))
            }
            Occurrence::Evicted { pod, node, by } => {
                let owner = decisions.workload_of(pod).filter(|owner| !decisions.is_daemon_set(*owner));
                if let Some(workload) = owner {
                    self.new_pod.insert(workload, at);
                }
                let map = match by {
                    Evictor::SpotNotice | Evictor::Rebalance => &self.notice,
                    Evictor::TaintManager => &self.silent,
                    Evictor::ClusterAutoscaler | Evictor::VpaUpdater => &self.scale_down,
                };
                map.get(&node).copied()
            }
            Occurrence::FaultChanged(_, begins) => {
                let before = self.last_fault.map(|(_, fault)| fault);
                self.last_fault = Some((time, at));
                if begins { None } else { before }
            }
            _ => None,
        }
    }

    /// Why this pod exists: the last thing that made its workload create pods, or the last node lost.
    fn reason_for(&self, decisions: &Decisions<'_>, pod: PodId) -> Option<usize> {
        let own = decisions.workload_of(pod).and_then(|workload| self.new_pod.get(&workload).copied());
        own.max(self.last_loss.filter(|_| own.is_some()))
    }
}

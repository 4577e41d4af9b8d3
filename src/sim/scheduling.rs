//! The scheduler at work: pods without a node get one.

use crate::cluster::{NodeId, PodId, VolumePlan};
use crate::scheduler::{self, Decision, EventKind, PluginSet, Preemption};
use crate::sim::Simulation;
use crate::sim::event::{Event, Stage};
use crate::sim::log::Occurrence;
use crate::units::SimTime;

/// What the scheduler is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    /// A node came.
    NodeAdded(NodeId),
    /// Its taints changed, or its conditions.
    NodeTaints(NodeId),
    /// A pod got a node.
    PodAssigned(PodId),
    /// A pod on a node changed.
    PodUpdated(PodId),
    /// A pod on a node is gone.
    PodDeleted,
    /// Claims got their volumes.
    VolumesBound,
    /// Something that no plugin of 1.28 is told of: a node or a pod without node is gone.
    Nothing,
}

impl Simulation {
    /// A node or a pod changed, which may let a pending pod be placed.
    pub(super) fn wake_scheduler(&mut self, news: News) {
        if self.pending.is_empty() {
            return;
        }
        if self.timing.lockstep {
            return self.call_scheduler();
        }
        self.tell_scheduler(news);
    }

    /// As [`wake_scheduler`](Self::wake_scheduler) for what the recordings' world does not look at.
    pub(super) fn tell_scheduler(&mut self, news: News) {
        if self.timing.lockstep || !self.waiting.has_unschedulable() {
            return;
        }
        let cluster = &self.cluster;
        let now = self.queue.now();
        match news {
            News::NodeAdded(node) | News::NodeTaints(node) => {
                let kind = match news {
                    News::NodeAdded(_) => EventKind::NodeAdded,
                    _ => EventKind::NodeTaints,
                };
                self.waiting.happened(kind, now, |pod| scheduler::admits(cluster, pod, node));
            }
            News::PodAssigned(other) | News::PodUpdated(other) => {
                let kind = match news {
                    News::PodAssigned(_) => EventKind::PodAssigned,
                    _ => EventKind::PodUpdated,
                };
                self.waiting.happened(kind, now, |pod| scheduler::waits_for(cluster, pod, other));
            }
            News::PodDeleted => self.waiting.happened(EventKind::PodDeleted, now, |_| true),
            News::VolumesBound => {
                for kind in [EventKind::ClaimUpdated, EventKind::VolumeUpdated] {
                    self.waiting.happened(kind, now, |_| true);
                }
            }
            News::Nothing => return,
        }
        self.call_scheduler();
    }

    /// The scheduler has a turn as soon as a pod can be tried.
    pub(super) fn call_scheduler(&mut self) {
        let now = self.queue.now();
        let at = match self.timing.lockstep {
            true => self.reaction(Stage::scheduler()),
            false => match self.waiting.next_time(now) {
                None => return,
                Some(at) => at.max(now + self.timing.reaction),
            },
        };
        if self.scheduler_called.is_none_or(|called| called > at) && at <= self.end {
            self.scheduler_called = Some(at);
            self.queue.push(at, Event::Schedule);
        }
    }

    /// The scheduler's turn: a pass over all pending pods in lockstep, else one scheduling cycle.
    pub(super) fn schedule(&mut self, now: SimTime) {
        if self.scheduler_called != Some(now) {
            return;
        }
        self.scheduler_called = None;
        if self.timing.lockstep {
            self.schedule_all(now);
        } else if let Some(pod) = self.waiting.pop(now) {
            self.schedule_one(now, pod);
            self.next_cycle(now);
        } else {
            self.call_scheduler();
        }
    }

    /// The next cycle begins when this one is over, if a pod is ready by then.
    fn next_cycle(&mut self, now: SimTime) {
        let over = now + self.timing.scheduling_cycle;
        if let Some(at) = self.waiting.next_time(over).filter(|at| *at <= self.end) {
            self.scheduler_called = Some(at);
            self.queue.push(at, Event::Schedule);
        }
    }

    /// One pass in order of priority, then age: the recordings' world, without back-off.
    fn schedule_all(&mut self, now: SimTime) {
        let mut changed = false;
        let all: Vec<PodId> = self.pending.iter().map(|(_, pod)| *pod).collect();
        for pod in all {
            changed |= self.schedule_one(now, pod);
        }
        if (changed || self.timing.afresh) && !self.pending.is_empty() {
            self.call_scheduler();
        }
    }

    /// One scheduling cycle: whether anything changed.
    fn schedule_one(&mut self, now: SimTime, pod: PodId) -> bool {
        let is_gated = !self.cluster.spec_of(pod).scheduling_gates.is_empty();
        if is_gated || !self.pending.contains(&self.pending_key(pod)) {
            return false;
        }
        self.refresh_budgets();
        let decided = match self.timing.afresh {
            true => self.scheduler.decide_afresh(&self.cluster, pod),
            false => self.scheduler.decide(&self.cluster, pod),
        };
        let attempt = match decided {
            Ok((node, volumes)) => {
                self.bind(now, pod, node, &volumes);
                return true;
            }
            Err(attempt) => attempt,
        };
        if !self.timing.lockstep {
            // Without any node nobody refuses: upstream's ErrNoNodesAvailable.
            let no_nodes = self.cluster.node_ids().is_empty();
            let refused_by = if no_nodes { PluginSet::EMPTY } else { attempt.refused_by() };
            self.waiting.failed(pod, refused_by, now);
        }
        if !std::mem::replace(&mut self.lives[pod].waits, true) {
            self.log.push(now, Occurrence::Waits(pod));
        }
        match &attempt.decision {
            Decision::Preempt(preemption) => {
                self.preempt(now, pod, preemption);
                true
            }
            Decision::Wait { clear_nomination: true, .. } | Decision::Failed(_) => {
                self.cluster.set_nominated(pod, None);
                false
            }
            Decision::Wait { .. } | Decision::Bind(_) => false,
        }
    }

    fn bind(&mut self, now: SimTime, pod: PodId, node: NodeId, volumes: &VolumePlan) {
        self.pending.remove(&self.pending_key(pod));
        self.waiting.remove(pod);
        self.cluster.set_nominated(pod, None);
        self.cluster.assume_volumes(volumes, node);
        self.cluster.bind(pod, node);
        let waited = now - self.cluster.pod(pod).created;
        self.log.push(now, Occurrence::Bound { pod, node, waited });
        self.pod_is_bound(now, pod, node);
        self.tell_scheduler(News::PodAssigned(pod));
        if *volumes != VolumePlan::default() {
            self.tell_scheduler(News::VolumesBound);
        }
    }

    /// Victims are asked to go with their own grace; the pod is nominated and tried again.
    fn preempt(&mut self, now: SimTime, pod: PodId, preemption: &Preemption) {
        let victims = preemption.victims.len() as u32;
        self.log.push(now, Occurrence::Preemption { pod, node: preemption.node, victims });
        self.books.preemptions += 1;
        // Upstream deletes them in parallel; here the older ones go first.
        let mut victims = preemption.victims.clone();
        victims.sort_unstable();
        for victim in victims {
            self.cluster.set_preempted(victim);
            self.delete_pod(now, victim, None);
        }
        for other in &preemption.cleared {
            self.cluster.set_nominated(*other, None);
        }
        let node = self.cluster.node(preemption.node).name;
        self.cluster.set_nominated(pod, Some(node));
        self.scheduler.nominated(pod);
    }
}

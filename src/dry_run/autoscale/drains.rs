//! Nodes that are being drained: their pods are evicted as budgets allow, or they stay.

use super::surroundings::Surroundings;
use crate::autoscaler::drain::budgets_of;
use crate::autoscaler::{Deletion, TO_BE_DELETED};
use crate::cluster::{Effect, NodeId, Phase, PodId, Taint};
use crate::controllers::disruption::{self, EvictionAnswer, PodHealth, Status, UnhealthyPods};
use crate::intern::Symbol;
use crate::units::SimTime;

/// A drain that has begun.
pub(super) struct Drain {
    pub(super) node: NodeId,
    since: SimTime,
    /// Pods that are not evicted yet.
    left: Vec<PodId>,
}

/// What became of a drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All pods are gone.
    Empty,
    /// Some were refused, and are tried again.
    Waits,
    /// They were refused for too long: the node stays.
    GivenUp,
}

/// A disruption that a budget has allowed: it is healthy again when the pod that replaces the evicted one runs.
pub(super) struct Disruption {
    budget: usize,
    replacement: PodId,
}

impl Surroundings {
    /// The node gets its taint; nothing is bound to it any more.
    pub(super) fn begin_drain(&mut self, now: SimTime, deletion: &Deletion) -> Drain {
        let key = self.cluster.symbols.intern(TO_BE_DELETED);
        let mut taints = self.cluster.node(deletion.node).taints.clone();
        taints.push(Taint { key, value: Symbol::EMPTY, effect: Effect::NoSchedule });
        self.cluster.set_taints(deletion.node, taints);
        Drain { node: deletion.node, since: now, left: deletion.pods.clone() }
    }

    /// Tries once more to evict what is left, as long as `--max-pod-eviction-time` lasts.
    pub(super) fn go_on(&mut self, now: SimTime, drain: &mut Drain, disrupted: &mut Vec<Disruption>) -> Progress {
        if now > drain.since && now - drain.since >= self.flags.max_pod_eviction_time {
            let key = self.cluster.symbols.intern(TO_BE_DELETED);
            let mut taints = self.cluster.node(drain.node).taints.clone();
            taints.retain(|taint| taint.key != key);
            self.cluster.set_taints(drain.node, taints);
            return Progress::GivenUp;
        }
        let left = std::mem::take(&mut drain.left);
        drain.left = left.into_iter().filter(|pod| !self.evict(now, *pod, disrupted)).collect();
        if drain.left.is_empty() { Progress::Empty } else { Progress::Waits }
    }

    /// Budgets have their disruptions back where the replacements run.
    pub(super) fn recover(&mut self, disrupted: &mut Vec<Disruption>) {
        let runs = |row: &mut Disruption| self.cluster.pod(row.replacement).node().is_some();
        let over: Vec<Disruption> = disrupted.extract_if(.., runs).collect();
        for row in over {
            let budget = &mut self.cluster.budgets[row.budget];
            budget.disruptions_allowed += 1;
            budget.current_healthy += 1;
        }
    }

    /// Whether the pod goes; its controller creates another one at once.
    fn evict(&mut self, now: SimTime, pod: PodId, disrupted: &mut Vec<Disruption>) -> bool {
        let row = self.cluster.pod(pod);
        if !row.is_present() || row.is_terminating() {
            return true;
        }
        let budgets = budgets_of(&self.cluster, pod);
        let status = |at: &usize| {
            let budget = &self.cluster.budgets[*at];
            let status = Status {
                current_healthy: budget.current_healthy,
                desired_healthy: budget.desired_healthy,
                disruptions_allowed: budget.disruptions_allowed,
            };
            (status, UnhealthyPods::IfHealthyBudget)
        };
        let statuses: Vec<_> = budgets.iter().map(status).collect();
        let health = match row.phase {
            Phase::Pending => PodHealth::Pending,
            _ if row.ready.is_some_and(|(ready, _)| !ready) => PodHealth::Unready,
            _ => PodHealth::Ready,
        };
        let answer = disruption::evict(health, &statuses);
        if answer == EvictionAnswer::Denied {
            return false;
        }
        let replacement = self.replace(now, pod);
        if let (EvictionAnswer::Allowed, [budget]) = (answer, budgets.as_slice()) {
            let row = &mut self.cluster.budgets[*budget];
            row.disruptions_allowed -= 1;
            row.current_healthy -= 1;
            disrupted.extend(replacement.map(|replacement| Disruption { budget: *budget, replacement }));
        }
        true
    }

    fn replace(&mut self, now: SimTime, pod: PodId) -> Option<PodId> {
        let has_owner = self.cluster.spec_of(pod).owner.is_some();
        let mut copy = self.cluster.pod(pod).clone_unbound();
        self.cluster.remove_pod(pod);
        (copy.created, copy.nominated, copy.phase) = (now, None, Phase::Pending);
        has_owner.then(|| self.cluster.add_pod(copy))
    }
}

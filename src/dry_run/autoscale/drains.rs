//! Nodes that are being drained: their pods are evicted as budgets allow, or they stay.

use super::surroundings::Surroundings;
use crate::autoscaler::drain::budgets_of;
use crate::autoscaler::{Deletion, TO_BE_DELETED};
use crate::cluster::{Effect, NodeId, Phase, PodId, Taint};
use crate::controllers::disruption::{self, EvictionAnswer, PodHealth, Status, UnhealthyPods};
use crate::intern::Symbol;
use crate::units::{SimDuration, SimTime};

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

/// How long a pod that was told to go counts as gone. Upstream: disruption controller, `DeletionTimeout`, 1.28.
const DELETION_TIMEOUT: SimDuration = SimDuration::from_mins(2);

/// A disruption that a budget has allowed, until it is healthy again.
pub(super) struct Disruption {
    budget: usize,
    ends: Ends,
}

/// When a budget is healthy again.
enum Ends {
    /// When the pod that replaces the evicted one runs.
    Replaced(PodId),
    /// When the pod has not gone in time, though it was told to.
    Stayed(PodId, SimTime),
}

impl Surroundings {
    /// The node gets its taint; nothing is bound to it any more.
    pub(super) fn begin_drain(&mut self, now: SimTime, deletion: &Deletion) -> Drain {
        let key = self.cluster.symbols.intern(TO_BE_DELETED);
        let mut taints = self.cluster.node(deletion.node).taints.clone();
        taints.push(Taint { key, value: Symbol::EMPTY, effect: Effect::NoSchedule });
        self.cluster.set_taints(deletion.node, taints);
        if self.flags.cordon_node_before_terminating {
            self.cluster.set_unschedulable(deletion.node, true);
        }
        Drain { node: deletion.node, since: now, left: deletion.pods.clone() }
    }

    /// Tries once more to evict what is left, as long as `--max-pod-eviction-time` lasts.
    pub(super) fn go_on(&mut self, now: SimTime, drain: &mut Drain, disrupted: &mut Vec<Disruption>) -> Progress {
        if now > drain.since && now - drain.since >= self.flags.max_pod_eviction_time {
            let key = self.cluster.symbols.intern(TO_BE_DELETED);
            let mut taints = self.cluster.node(drain.node).taints.clone();
            taints.retain(|taint| taint.key != key);
            self.cluster.set_taints(drain.node, taints);
            if self.flags.cordon_node_before_terminating {
                self.cluster.set_unschedulable(drain.node, false);
            }
            return Progress::GivenUp;
        }
        let left = std::mem::take(&mut drain.left);
        drain.left = left.into_iter().filter(|pod| !self.evict(now, *pod, disrupted)).collect();
        if drain.left.is_empty() { Progress::Empty } else { Progress::Waits }
    }

    /// What the budgets' status holds as told to go and not gone yet.
    ///
    /// Upstream: disruption controller, `buildDisruptedPodMap`, 1.28.
    pub(super) fn told_to_go(&self) -> Vec<Disruption> {
        let mut disrupted = Vec::new();
        for (budget, row) in self.cluster.budgets.iter().enumerate() {
            for (name, at) in &row.disrupted_pods {
                let name = self.cluster.symbols.text(*name);
                let is_it = |id: PodId| {
                    let namespace = self.cluster.spec_of(id).namespace;
                    namespace == row.namespace && self.cluster.pod_name(id) == name
                };
                let found = self.cluster.pods().map(|(id, _)| id).find(|id| is_it(*id));
                let ends = found.map(|pod| Ends::Stayed(pod, *at + DELETION_TIMEOUT));
                disrupted.extend(ends.map(|ends| Disruption { budget, ends }));
            }
        }
        disrupted
    }

    /// Budgets have their disruptions back where the replacements run, and where pods stayed.
    pub(super) fn recover(&mut self, now: SimTime, disrupted: &mut Vec<Disruption>) {
        let is_over = |row: &mut Disruption| match row.ends {
            Ends::Replaced(pod) => self.cluster.pod(pod).node().is_some(),
            Ends::Stayed(_, until) => until < now,
        };
        let over: Vec<Disruption> = disrupted.extract_if(.., is_over).collect();
        for row in over {
            let stayed = match row.ends {
                Ends::Replaced(_) => false,
                Ends::Stayed(pod, _) => {
                    let row = self.cluster.pod(pod);
                    if !row.is_present() || row.is_terminating() || row.ready.is_some_and(|(ready, _)| !ready) {
                        continue;
                    }
                    true
                }
            };
            let budget = &mut self.cluster.budgets[row.budget];
            budget.current_healthy += 1;
            if !stayed || budget.current_healthy > budget.desired_healthy {
                budget.disruptions_allowed += 1;
            }
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
            let always = budget.unready_always_go;
            (status, if always { UnhealthyPods::AlwaysAllow } else { UnhealthyPods::IfHealthyBudget })
        };
        let statuses: Vec<_> = budgets.iter().map(status).collect();
        let health = match row.phase {
            Phase::Pending | Phase::Succeeded | Phase::Failed => PodHealth::NotRunning,
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
            disrupted.extend(replacement.map(|pod| Disruption { budget: *budget, ends: Ends::Replaced(pod) }));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{
        LabelSelector, Labels, NodeTemplate, Owner, OwnerKind, Pod, PodDisruptionBudget, PodName, PodSpec,
    };

    /// Two pods of a workload on a node under one budget: a ready one and an unready one.
    fn guarded(change: impl FnOnce(&mut PodDisruptionBudget)) -> (Surroundings, Vec<PodId>) {
        let mut there = Surroundings::default();
        let (key, web) = (there.cluster.symbols.intern("app"), there.cluster.symbols.intern("web"));
        let labels: Labels = [(key, web)].into_iter().collect();
        let owner = Owner { kind: OwnerKind::ReplicaSet, name: web, uid: web };
        let spec = PodSpec { labels: labels.clone(), owner: Some(owner), ..PodSpec::default() };
        let spec = there.cluster.intern_spec(spec);
        let node = there.cluster.add_node(NodeTemplate { name: web, ..NodeTemplate::default() });
        let mut pods = Vec::new();
        for (name, ready) in [("well", true), ("ill", false)] {
            let name = PodName::plain(there.cluster.symbols.intern(name));
            let mut pod = Pod::new(name, spec, SimTime::ZERO);
            (pod.phase, pod.ready) = (Phase::Running, Some((ready, SimTime::ZERO)));
            let pod = there.cluster.add_pod(pod);
            there.cluster.bind(pod, node);
            pods.push(pod);
        }
        let mut budget = PodDisruptionBudget {
            namespace: Symbol::EMPTY,
            name: web,
            selector: Some(LabelSelector::of_labels([(key, web)])),
            disruptions_allowed: 0,
            current_healthy: 1,
            desired_healthy: 2,
            disrupted_pods: Vec::new(),
            unready_always_go: false,
        };
        change(&mut budget);
        there.cluster.budgets.push(budget);
        (there, pods)
    }

    #[test]
    fn unready_pods_go_from_a_broken_budget_where_it_says_so() {
        let goes = |always: bool, pod: usize| {
            let (mut there, pods) = guarded(|budget| budget.unready_always_go = always);
            there.evict(SimTime::ZERO, pods[pod], &mut Vec::new())
        };
        assert!(!goes(false, 1));
        assert!(goes(true, 1));
        assert!(!goes(true, 0), "a ready pod needs the budget");
    }

    #[test]
    fn pods_that_have_ended_need_no_budget() {
        let (mut there, pods) = guarded(|_| {});
        there.cluster.set_phase(pods[1], Phase::Failed);
        assert!(there.evict(SimTime::ZERO, pods[1], &mut Vec::new()));
    }

    #[test]
    fn a_pod_that_was_told_to_go_counts_again_after_two_minutes() {
        let well = |there: &mut Surroundings| there.cluster.symbols.intern("well");
        let (mut there, pods) = guarded(|budget| (budget.current_healthy, budget.desired_healthy) = (0, 0));
        let name = well(&mut there);
        there.cluster.budgets[0].disrupted_pods.push((name, SimTime::from_secs(30)));
        let mut disrupted = there.told_to_go();
        there.recover(SimTime::from_secs(150), &mut disrupted);
        assert!(!there.evict(SimTime::from_secs(150), pods[0], &mut disrupted));
        there.recover(SimTime::from_secs(151), &mut disrupted);
        assert!(disrupted.is_empty());
        assert!(there.evict(SimTime::from_secs(151), pods[0], &mut disrupted));
    }
}

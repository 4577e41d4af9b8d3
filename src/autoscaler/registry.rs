//! What is known of the node groups: who is ready, who is on the way, who failed.

use super::flags::Flags;
use super::templates::is_ready;
use super::view::{Groups, SkipReason};
use crate::cluster::{ClusterState, Node, NodeId};
use crate::id::{GroupId, Id, IdVec};
use crate::intern::Symbol;
use crate::units::{SimDuration, SimTime};
use fixedbitset::FixedBitSet;
use std::collections::BTreeMap;

/// A group's nodes by state.
#[derive(Clone, Debug, Default)]
pub(super) struct Readiness {
    pub(super) registered: i32,
    pub(super) ready: i32,
    pub(super) not_started: Vec<NodeId>,
    pub(super) unready: i32,
    pub(super) unregistered: i32,
    pub(super) long_unregistered: i32,
}

/// A running scale-up.
#[derive(Clone, Copy, Debug)]
struct Request {
    increase: i32,
    expected: SimTime,
}

/// A group that failed.
#[derive(Clone, Copy, Debug)]
struct Backoff {
    duration: SimDuration,
    until: SimTime,
    failed: SimTime,
}

/// A size that the cloud and the cluster do not agree on.
#[derive(Clone, Copy, Debug)]
struct IncorrectSize {
    registered: i32,
    target: i32,
    since: SimTime,
}

/// The registry's memory. Upstream: `clusterstate.ClusterStateRegistry`, 1.28.0.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    readiness: IdVec<GroupId, Readiness>,
    total_unready: i32,
    total_nodes: usize,
    unregistered: BTreeMap<Symbol, (GroupId, SimTime)>,
    requests: BTreeMap<GroupId, Request>,
    backoffs: BTreeMap<GroupId, Backoff>,
    failed_before: IdVec<GroupId, Vec<Symbol>>,
    min_nodes: IdVec<GroupId, i32>,
    targets: IdVec<GroupId, i32>,
    incorrect: BTreeMap<GroupId, IncorrectSize>,
}

impl Registry {
    /// Looks at everything. Upstream: `UpdateNodes`.
    pub(super) fn update(&mut self, now: SimTime, cluster: &ClusterState, groups: &Groups<'_>, flags: &Flags) {
        self.targets = groups.values().map(|group| group.target).collect();
        let listed = self.find_unregistered(now, cluster, groups);
        self.count(now, cluster, &listed, flags);
        self.set_acceptable();
        self.settle_requests(now, flags);
        self.see_creation_errors(now, groups, flags);
        self.set_acceptable();
        self.find_incorrect_sizes(now);
    }

    /// Targets have changed since: what is on its way is counted anew. Upstream: `Recalculate`.
    pub(super) fn recalculate(&mut self, groups: &Groups<'_>) {
        self.targets = groups.values().map(|group| group.target).collect();
        self.set_acceptable();
    }

    /// Instances without a node; and, by the index of their id, the nodes that have an instance.
    fn find_unregistered(&mut self, now: SimTime, cluster: &ClusterState, groups: &Groups<'_>) -> FixedBitSet {
        let before = std::mem::take(&mut self.unregistered);
        let mut listed = FixedBitSet::with_capacity(cluster.node_id_bound());
        for (at, group) in groups.iter() {
            for instance in &group.instances {
                if let Some(node) = cluster.node_by_name(instance.name) {
                    listed.insert(node.index());
                } else if !instance.failed {
                    let since = before.get(&instance.name).map_or(now, |(_, since)| *since);
                    self.unregistered.insert(instance.name, (at, since));
                }
            }
        }
        listed
    }

    fn count(&mut self, now: SimTime, cluster: &ClusterState, listed: &FixedBitSet, flags: &Flags) {
        self.readiness.clear();
        self.readiness.resize(self.targets.len(), Readiness::default());
        (self.total_unready, self.total_nodes) = (0, cluster.node_ids().len());
        for (id, node) in cluster.nodes() {
            let mut outside = Readiness::default();
            let group = node.group.and_then(|group| self.readiness.get_mut(group));
            let row = group.unwrap_or(&mut outside);
            row.registered += 1;
            if node.group.is_some() && !listed.contains(id.index()) {
                // The cloud has deleted the instance already: the node object is all that is left.
            } else if is_ready(node, &cluster.symbols, flags) {
                row.ready += 1;
            } else if node.created + flags.startup_time(node.group) > now {
                row.not_started.push(id);
            } else {
                row.unready += 1;
                self.total_unready += 1;
            }
        }
        for (group, since) in self.unregistered.values() {
            let row = &mut self.readiness[*group];
            if *since + flags.max_node_provision_time < now {
                row.long_unregistered += 1;
            } else {
                row.unregistered += 1;
            }
        }
    }

    fn set_acceptable(&mut self) {
        let increase = |group: GroupId| self.requests.get(&group).map_or(0, |request| request.increase);
        self.min_nodes.clear();
        for (at, target) in self.targets.iter() {
            self.min_nodes.push(target - self.readiness[at].long_unregistered - increase(at));
        }
    }

    fn has_upcoming(&self, group: GroupId) -> bool {
        let row = &self.readiness[group];
        self.targets[group] > row.registered - row.not_started.len() as i32
    }

    fn settle_requests(&mut self, now: SimTime, flags: &Flags) {
        self.backoffs.retain(|_, backoff| backoff.failed + flags.node_group_backoff_reset_timeout >= now);
        for (group, request) in self.requests.clone() {
            if !self.has_upcoming(group) {
                self.requests.remove(&group);
                if !flags.rules.backoff_outlives_scale_up {
                    self.backoffs.remove(&group);
                }
            } else if request.expected < now {
                self.back_off(group, now, flags);
                self.requests.remove(&group);
            }
        }
    }

    fn see_creation_errors(&mut self, now: SimTime, groups: &Groups<'_>, flags: &Flags) {
        self.failed_before.resize(groups.len(), Vec::new());
        for (at, group) in groups.iter() {
            let failed: Vec<Symbol> = group.instances.iter().filter(|i| i.failed).map(|i| i.name).collect();
            let unseen = failed.iter().filter(|name| !self.failed_before[at].contains(name)).count();
            if unseen > 0 && self.has_upcoming(at) && self.requests.contains_key(&at) {
                self.register_scale_up(at, -(unseen as i32), now, flags);
                self.back_off(at, now, flags);
            }
            self.failed_before[at] = failed;
        }
    }

    fn find_incorrect_sizes(&mut self, now: SimTime) {
        let before = std::mem::take(&mut self.incorrect);
        for (at, row) in self.readiness.iter() {
            if row.registered + row.unregistered + row.long_unregistered == 0 {
                continue;
            }
            let (target, missing) = (self.targets[at], row.unregistered + row.long_unregistered);
            if row.registered > target || row.registered < target - missing {
                let same = |known: &&IncorrectSize| (known.registered, known.target) == (row.registered, target);
                let since = before.get(&at).filter(same).map_or(now, |known| known.since);
                self.incorrect.insert(at, IncorrectSize { registered: row.registered, target, since });
            }
        }
    }

    /// A scale-up began (or, negative, part of it failed). Upstream: `registerOrUpdateScaleUpNoLock`.
    pub(super) fn register_scale_up(&mut self, group: GroupId, delta: i32, now: SimTime, flags: &Flags) {
        let expected = now + flags.max_node_provision_time;
        match self.requests.get_mut(&group) {
            None if delta > 0 => drop(self.requests.insert(group, Request { increase: delta, expected })),
            None => {}
            Some(request) if request.increase + delta <= 0 => drop(self.requests.remove(&group)),
            Some(request) => {
                request.increase += delta;
                if delta > 0 {
                    request.expected = expected;
                }
            }
        }
    }

    /// A group is left alone for a while: 5 minutes, doubling up to 30. Upstream: `exponentialBackoff`.
    pub(super) fn back_off(&mut self, group: GroupId, now: SimTime, flags: &Flags) {
        let duration = match self.backoffs.get(&group) {
            None => flags.initial_node_group_backoff_duration,
            Some(known) if known.until < now => (known.duration * 2).min(flags.max_node_group_backoff_duration),
            Some(known) => known.duration,
        };
        self.backoffs.insert(group, Backoff { duration, until: now + duration, failed: now });
    }

    /// Why the group may not grow now, if so.
    pub(super) fn unsafe_to_scale_up(&self, group: GroupId, now: SimTime, flags: &Flags) -> Option<SkipReason> {
        if !self.is_group_healthy(group, flags) {
            return Some(SkipReason::NotReady);
        }
        let holds = |until: SimTime| until > now || flags.rules.backs_off_at_the_end && until == now;
        self.backoffs
            .get(&group)
            .filter(|backoff| holds(backoff.until))
            .map(|backoff| SkipReason::Backoff(backoff.until))
    }

    fn is_group_healthy(&self, group: GroupId, flags: &Flags) -> bool {
        let (row, min, target) = (&self.readiness[group], self.min_nodes[group], self.targets[group]);
        if row.registered + row.unregistered + row.long_unregistered == 0 {
            return target == 0 || (min == 0 && target > 0);
        }
        let missing = (min - row.ready).max(0);
        let all = row.ready + row.unready + row.not_started.len() as i32 + row.long_unregistered;
        !too_many(missing, all, flags)
    }

    pub(super) fn is_cluster_healthy(&self, flags: &Flags) -> bool {
        !too_many(self.total_unready, self.total_nodes as i32, flags)
    }

    /// When groups may be tried again, when failures are forgotten, and when what is on the way has taken too long.
    pub(super) fn timers(&self, flags: &Flags, consider: &mut impl FnMut(SimTime)) {
        self.requests.values().for_each(|request| consider(request.expected));
        let waiting = self.unregistered.values().map(|(_, since)| *since);
        let incorrect = self.incorrect.values().map(|size| size.since);
        waiting.chain(incorrect).for_each(|since| consider(since + flags.max_node_provision_time));
        for backoff in self.backoffs.values() {
            consider(backoff.until);
            consider(backoff.failed + flags.node_group_backoff_reset_timeout);
        }
    }

    /// Nodes on the way: how many, and those that are registered already.
    pub(super) fn upcoming(&self, group: GroupId) -> (i32, &[NodeId]) {
        let row = &self.readiness[group];
        let count = self.targets[group] - row.ready - row.unready - row.long_unregistered;
        if count <= 0 { (0, &[]) } else { (count, &row.not_started) }
    }

    /// Instances that have not registered for too long, by group.
    pub(super) fn long_unregistered(&self, now: SimTime, flags: &Flags) -> BTreeMap<GroupId, Vec<Symbol>> {
        let mut by_group: BTreeMap<GroupId, Vec<Symbol>> = BTreeMap::new();
        for (name, (group, since)) in &self.unregistered {
            if *since + flags.max_node_provision_time < now {
                by_group.entry(*group).or_default().push(*name);
            }
        }
        by_group
    }

    /// Groups whose target has been too high for too long, with the (negative) correction.
    pub(super) fn sizes_to_fix(&self, now: SimTime, flags: &Flags) -> Vec<(GroupId, i32)> {
        let old = self.incorrect.iter().filter(|(_, size)| size.since + flags.max_node_provision_time < now);
        old.map(|(group, size)| (*group, size.registered - size.target)).filter(|(_, delta)| *delta < 0).collect()
    }
}

/// When a node that does not become ready counts as unready.
pub(super) fn timer(node: &Node, flags: &Flags, consider: &mut impl FnMut(SimTime)) {
    consider(node.created + flags.startup_time(node.group));
}

fn too_many(bad: i32, all: i32, flags: &Flags) -> bool {
    bad > flags.ok_total_unready_count && f64::from(bad) > flags.max_total_unready_percentage / 100.0 * f64::from(all)
}

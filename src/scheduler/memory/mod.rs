//! What was found out about nodes, kept as long as it is true.
//!
//! A bind changes one node, so the next pod of a kind has one node's answer to renew, not all. Three kinds of
//! tables: [`nodes`] holds what a node object answers per kind of wish; [`local`] what a node answers for itself (filters, scores)
//! per kind of request, by that and by its [`rooms`]; [`group`] holds counts
//! of pods by topology (spreading, affinity) per kind of constraints. All read the cluster's change log through
//! [`slots`]; the last counts by what [`census`] and [`kinds`] found for all. [`survey`] adds them up for one pod; [`gates`] says what the counts forbid.
//!
//! The answers are those of [`Scheduler::schedule`](super::Scheduler::schedule), the plain computation; a property
//! test holds them together. Pods with volumes or with a nomination are left to the plain one.

mod census;
mod gates;
mod group;
mod kinds;
mod local;
mod nodes;
mod purpose;
mod rooms;
mod scratch;
mod slots;
mod survey;
#[cfg(test)]
mod tests;

pub(super) use survey::Search;
#[cfg(test)]
pub(super) use survey::Survey;

use super::filters::UNSCHEDULABLE;
use super::profile::Profile;
use super::rules::Rules;
use super::spread::{HOSTNAME, ZONE};
use crate::cluster::{ClusterState, NodeId, PodSpecId};
use crate::id::Id;
use census::Census;
use gates::Gate;
use group::{Group, GroupKey};
use kinds::Kinds;
pub(super) use local::LocalKey;
use local::{Asking, LocalTable};
use nodes::{NodeKey, NodeTable};
use purpose::Purpose;
use rustc_hash::FxHashMap;
use scratch::Scratch;
use slots::Slots;

/// How many bytes of tables may be kept before the ones not used lately are dropped.
const MOST_BYTES: usize = 100 * 1024 * 1024;

/// The tables of one scheduler, for one cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    slots: Slots,
    census: Census,
    kinds: Kinds,
    /// By kind of pod: its tables.
    tables: Vec<Option<Tables>>,
    nodes: Vec<Option<NodeTable>>,
    node_of: FxHashMap<NodeKey, usize>,
    locals: Vec<Option<LocalTable>>,
    local_of: FxHashMap<LocalKey, usize>,
    groups: Vec<Option<Group>>,
    group_of: FxHashMap<GroupKey, usize>,
    /// How many of the label keys that the rules themselves name are known, of how many symbols.
    known: (usize, usize),
    clock: u64,
    scratch: Scratch,
    /// Nobody asks for scores.
    filters_only: bool,
    /// Answers that were worked out for tables that are no more.
    asked_before: u64,
}

/// What the tables say about one kind of pod.
pub(super) struct Fit<'a> {
    profile: &'a Profile,
    slots: &'a Slots,
    nodes: &'a mut NodeTable,
    local: &'a mut LocalTable,
    gates: Vec<Gate<'a>>,
}

impl Fit<'_> {
    /// Nothing elsewhere matters.
    pub(super) fn is_local(&self) -> bool {
        self.gates.is_empty()
    }
    /// Whether a pod of the kind passes all filters on the node.
    pub(super) fn allows(&mut self, cluster: &ClusterState, node: NodeId) -> bool {
        let Some(slot) = self.slots.slot(node) else { return false };
        let Fit { profile, slots, .. } = *self;
        self.gates.iter().all(|gate| gate.allows(slot))
            && self.local.fits(&mut Asking { cluster, profile, slots, nodes: self.nodes }, slot)
    }
}

/// Which tables are a kind's.
#[derive(Clone, Copy, Debug)]
struct Tables {
    nodes: usize,
    local: usize,
    group: usize,
}

impl Memory {
    /// A memory of what the filters say, without scores.
    pub(super) fn of_filters() -> Self {
        Memory { filters_only: true, ..Memory::default() }
    }

    /// Looks at what changed, and makes the tables for a kind of pod true.
    fn prepare(&mut self, cluster: &ClusterState, profile: &Profile, spec: PodSpecId) -> Tables {
        self.clock += 1;
        self.learn_names(cluster);
        self.slots.sync(cluster);
        let kind = self.kind(cluster, profile.rules, spec);
        self.kinds.learn(cluster);
        let purpose = Purpose { profile, kinds: &self.kinds, filters_only: self.filters_only };
        let nodes = &mut self.nodes[kind.nodes];
        let nodes = nodes.get_or_insert_with(|| NodeTable::new(cluster, purpose, cluster.spec_arc(spec)));
        nodes.renew(profile, &self.slots);
        nodes.used = self.clock;
        let local = &mut self.locals[kind.local];
        if local.is_none() {
            *local = Some(LocalTable::new(cluster, purpose, cluster.spec_arc(spec)));
        }
        if let Some(local) = local {
            local.renew(cluster, profile.rules, &self.slots);
            local.used = self.clock;
        }
        let group = &mut self.groups[kind.group];
        if !group.as_mut().is_some_and(|group| group.is_current(cluster, &mut self.slots)) {
            *group = Some(Group::new(cluster, purpose, &mut self.slots, cluster.spec_arc(spec)));
        }
        if let Some(group) = group {
            group.used = self.clock;
            if !group.is_idle() {
                self.census.renew(cluster, &self.slots);
                group.renew(cluster, &self.slots, &self.census);
            }
        }
        if self.clock.is_multiple_of(256) {
            self.forget();
        }
        kind
    }

    /// Where pods of a kind fit, as long as the cluster does not change.
    pub(super) fn fit<'a>(
        &'a mut self,
        cluster: &ClusterState,
        profile: &'a Profile,
        spec: PodSpecId,
    ) -> Option<Fit<'a>> {
        let kind = self.prepare(cluster, profile, spec);
        let (local, group) = (self.locals[kind.local].as_mut()?, self.groups[kind.group].as_ref()?);
        let nodes = self.nodes[kind.nodes].as_mut()?;
        Some(Fit { profile, slots: &self.slots, nodes, local, gates: group.gates(&self.slots) })
    }

    /// The node with the smallest name.
    pub(super) fn smallest_name(&mut self, cluster: &ClusterState, nodes: &[NodeId]) -> NodeId {
        self.slots.rank_names(cluster);
        let rank = |node: &&NodeId| self.slots.slot(**node).map(|slot| self.slots.name_rank(slot));
        *nodes.iter().min_by_key(rank).unwrap_or(&nodes[0])
    }

    fn kind(&mut self, cluster: &ClusterState, rules: Rules, spec: PodSpecId) -> Tables {
        if self.tables.len() <= spec.index() {
            self.tables.resize(cluster.specs().len(), None);
        }
        if let Some(kind) = self.tables[spec.index()] {
            return kind;
        }
        let row = cluster.spec(spec);
        let (next_nodes, next_local, next_group) = (self.nodes.len(), self.locals.len(), self.groups.len());
        let kind = Tables {
            nodes: *self.node_of.entry(NodeKey::of(row)).or_insert(next_nodes),
            local: *self.local_of.entry(LocalKey::of(row, rules)).or_insert(next_local),
            group: *self.group_of.entry(GroupKey::of(row)).or_insert(next_group),
        };
        if kind.nodes == next_nodes {
            self.nodes.push(None);
        }
        if kind.local == next_local {
            self.locals.push(None);
        }
        if kind.group == next_group {
            self.groups.push(None);
        }
        self.tables[spec.index()] = Some(kind);
        kind
    }

    /// Rules name some labels; a table made before anything had the label does not know it.
    fn learn_names(&mut self, cluster: &ClusterState) {
        const NAMES: [&str; 3] = [UNSCHEDULABLE, HOSTNAME, ZONE];
        if self.known == (0, 0) || (self.known.0 < NAMES.len() && self.known.1 != cluster.symbols.len()) {
            let known = NAMES.iter().filter(|name| cluster.symbols.lookup(name).is_some()).count();
            if known != self.known.0 {
                self.drop_locals(|_| true);
                self.nodes.iter_mut().for_each(|table| *table = None);
                self.groups.iter_mut().for_each(|table| *table = None);
            }
            self.known = (known, cluster.symbols.len());
        }
    }

    /// How many answers of nodes were worked out, each for one kind of pod.
    pub(super) fn asked(&self) -> u64 {
        self.asked_before + self.locals.iter().flatten().map(|table| table.asked).sum::<u64>()
    }

    fn drop_locals(&mut self, goes: impl Fn(&LocalTable) -> bool) {
        let gone = self.locals.iter_mut().filter_map(|table| table.take_if(|table| goes(table)));
        self.asked_before += gone.map(|table| table.asked).sum::<u64>();
    }

    /// Drops tables not used lately, if there are too many.
    fn forget(&mut self) {
        let nodes: usize = self.nodes.iter().flatten().map(NodeTable::bytes).sum();
        let locals: usize = self.locals.iter().flatten().map(LocalTable::bytes).sum();
        if nodes + locals + self.groups.iter().flatten().map(Group::bytes).sum::<usize>() <= MOST_BYTES {
            return;
        }
        let mut times: Vec<u64> = self.locals.iter().flatten().map(|table| table.used).collect();
        times.extend(self.nodes.iter().flatten().map(|table| table.used));
        times.extend(self.groups.iter().flatten().filter(|group| !group.is_idle()).map(|group| group.used));
        times.sort_unstable();
        let oldest = times.get(times.len() / 2).copied().unwrap_or(0);
        self.drop_locals(|table| table.used < oldest);
        for table in &mut self.nodes {
            table.take_if(|table| table.used < oldest);
        }
        for group in &mut self.groups {
            group.take_if(|group| group.used < oldest && !group.is_idle());
        }
    }
}

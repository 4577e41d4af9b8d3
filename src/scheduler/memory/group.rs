//! What pods elsewhere mean for a pod: counts by topology, kept per group of pods with equal constraints.

use super::census::Census;
use super::kinds::Kinds;
use super::purpose::Purpose;
use super::slots::{NONE, Slots};
use crate::cluster::{
    ClusterState, Labels, NodeSelector, OwnerKind, PodAffinity, PodSpec, PodSpecId, Toleration,
    TopologySpreadConstraint, WhenUnsatisfiable,
};
use crate::id::Id;
use crate::intern::Symbol;
use crate::scheduler::affinity::{Counted, RequiredTerms, WeightedTerms};
use crate::scheduler::profile::DefaultConstraints;
use crate::scheduler::spread::{Constraint, HOSTNAME, constraints_with};
use crate::scheduler::subject::Subject;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// All that the counts depend on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GroupKey {
    namespace: Symbol,
    labels: Labels,
    owner: Option<(OwnerKind, Symbol)>,
    spread: Vec<TopologySpreadConstraint>,
    affinity: PodAffinity,
    anti_affinity: PodAffinity,
    node_selector: Labels,
    required: Option<NodeSelector>,
    tolerations: Vec<Toleration>,
}

impl GroupKey {
    pub(super) fn of(spec: &PodSpec) -> Self {
        GroupKey {
            namespace: spec.namespace,
            labels: spec.labels.clone(),
            owner: spec.owner.map(|owner| (owner.kind, owner.name)),
            spread: spec.topology_spread.clone(),
            affinity: spec.pod_affinity.clone(),
            anti_affinity: spec.pod_anti_affinity.clone(),
            node_selector: spec.node_selector.clone(),
            required: spec.required_node_affinity.clone(),
            tolerations: spec.tolerations.clone(),
        }
    }
}

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A hard spread constraint.
    Hard(usize),
    /// A soft spread constraint.
    Soft(usize),
    /// See [`Counted`].
    Required(Counted),
    /// Weights of affinity terms.
    Weighted,
}

/// One count by topology value.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) role: Role,
    pub(super) key: usize,
    /// By value: the sum over the nodes that take part.
    pub(super) totals: Vec<i64>,
    /// By value: how many nodes take part; only of hard constraints.
    pub(super) members: Vec<u32>,
    /// By slot, of hard constraints: the value under which it takes part, or [`NONE`].
    member_of: Vec<u32>,
    /// What the pods of single nodes count, where it is not 0, in order of their slots.
    pub(super) own: Vec<Own>,
}

/// What one node's pods count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub(super) slot: u32,
    /// The value it was counted under, or [`NONE`].
    under: u32,
    pub(super) sum: i64,
}

/// What was seen when the counts were made true.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    epoch: u64,
    /// Of the slots' nodes, and of the census.
    nodes: u64,
    pods: u64,
    /// How many kinds there were.
    kinds: usize,
}

/// The counts for one group of pods.
#[derive(Clone, Debug)]
pub(super) struct Group {
    spec: Arc<PodSpec>,
    pub(super) hard: Vec<Constraint>,
    pub(super) soft: Vec<Constraint>,
    /// A soft constraint by hostname counts node by node.
    pub(super) soft_is_hostname: Vec<bool>,
    /// Nodes that lack a soft key do not take part.
    pub(super) soft_needs_all_keys: bool,
    required: RequiredTerms,
    weighted: Option<WeightedTerms>,
    pub(super) columns: Vec<Column>,
    /// The kinds of pods that count at all, in order, each with its row of `weights`.
    that_matter: FxHashMap<u32, u32>,
    mattering: Vec<PodSpecId>,
    /// By row and column: what one pod counts.
    weights: Vec<i64>,
    seen: Seen,
    versions: [u64; 3],
    /// When the group was used last.
    pub(super) used: u64,
}

impl Group {
    /// The counts for pods like `spec`, which are to be made true before they are used.
    pub(super) fn new(cluster: &ClusterState, purpose: Purpose<'_>, slots: &mut Slots, spec: Arc<PodSpec>) -> Self {
        let Purpose { profile, kinds, filters_only } = purpose;
        let default = || kinds.default_selector(cluster, &spec);
        let hard = constraints_with(cluster, profile, (&spec, &default), WhenUnsatisfiable::DoNotSchedule);
        let soft = match filters_only {
            true => Vec::new(),
            false => constraints_with(cluster, profile, (&spec, &default), WhenUnsatisfiable::ScheduleAnyway),
        };
        let hostname = cluster.symbols.lookup(HOSTNAME);
        let is_system = matches!(profile.default_constraints, DefaultConstraints::System);
        let mut columns = Vec::new();
        let mut add = |role, symbol| columns.push(Column::new(role, slots.key(cluster, symbol)));
        hard.iter().enumerate().for_each(|(at, row)| add(Role::Hard(at), row.key));
        soft.iter().enumerate().for_each(|(at, row)| add(Role::Soft(at), row.key));
        let required = RequiredTerms::of(cluster, &spec, profile);
        // These have to be there even if nobody counts: the node needs every key.
        let mut keys: Vec<Symbol> = required.affinity_keys().collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().for_each(|key| add(Role::Required(Counted::Affinity), key));
        let mut group = Group {
            soft_is_hostname: soft.iter().map(|row| Some(row.key) == hostname).collect(),
            soft_needs_all_keys: !spec.topology_spread.is_empty() || !is_system,
            required,
            weighted: if filters_only { None } else { WeightedTerms::of(cluster, &spec, profile) },
            hard,
            soft,
            spec,
            columns,
            that_matter: FxHashMap::default(),
            mattering: Vec::new(),
            weights: Vec::new(),
            seen: Seen::default(),
            versions: versions(cluster),
            used: 0,
        };
        let concerned = group.concerned(cluster, kinds);
        concerned.iter().for_each(|other| group.find_columns(cluster, slots, cluster.spec(*other)));
        group.weigh(cluster, slots, &concerned);
        group.seen.kinds = cluster.specs().len();
        group
    }

    /// Nothing elsewhere matters to these pods.
    pub(super) fn is_idle(&self) -> bool {
        self.columns.is_empty()
    }
    /// About how many bytes the counts take.
    pub(super) fn bytes(&self) -> usize {
        self.columns.iter().map(Column::bytes).sum::<usize>() + 8 * self.weights.len() + 16 * self.mattering.len()
    }
    /// The pod matches its own required affinity.
    pub(super) fn matches_itself(&self) -> bool {
        self.required.matches_itself
    }
    pub(super) fn of_role(&self, wanted: impl Fn(Role) -> bool) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(move |column| wanted(column.role))
    }

    /// The kinds that may count, in order.
    fn concerned(&self, cluster: &ClusterState, kinds: &Kinds) -> Vec<PodSpecId> {
        let constraints = self.hard.iter().chain(&self.soft).filter_map(Constraint::selector);
        let weighted = self.weighted.iter().flat_map(WeightedTerms::selectors);
        let selectors = constraints.chain(self.required.selectors()).chain(weighted);
        let found = kinds.concerned(&self.spec.labels, selectors);
        found.unwrap_or_else(|| cluster.specs().map(|(id, _)| id).collect())
    }

    /// Whether the counts are still of what they were made for, and of no more; otherwise the group has to be built anew.
    #[must_use]
    pub(super) fn is_current(&mut self, cluster: &ClusterState, slots: &mut Slots) -> bool {
        if self.versions != versions(cluster) {
            return false;
        }
        let fresh: Vec<PodSpecId> = (self.seen.kinds..cluster.specs().len()).map(PodSpecId::from_index).collect();
        if !fresh.is_empty() {
            let before = self.columns.len();
            fresh.iter().for_each(|other| self.find_columns(cluster, slots, cluster.spec(*other)));
            if self.columns.len() > before {
                return false;
            }
            self.weigh(cluster, slots, &fresh);
            self.seen.kinds = cluster.specs().len();
        }
        true
    }

    /// Renews the counts of the nodes that changed: what came and went, and where pods of kinds that matter did. Cost: besides
    /// those nodes, a look at each change since the last time.
    pub(super) fn renew(&mut self, cluster: &ClusterState, slots: &Slots, census: &Census) {
        let soft_is_hostname = &self.soft_is_hostname;
        let by_node = |role: Role| matches!(role, Role::Soft(at) if soft_is_hostname[at]);
        let nodes = slots.refreshed_since(self.seen.nodes).filter(|_| self.seen.epoch == slots.epoch());
        let news = nodes.zip(census.since(self.seen.pods));
        self.seen = Seen { epoch: slots.epoch(), nodes: slots.refreshed_end(), pods: census.end(), ..self.seen };
        let mut dirty: Vec<u32> = Vec::new();
        let Some((nodes, pods)) = news else {
            for column in &mut self.columns {
                *column = Column::new(column.role, column.key);
                column.grow(slots, by_node);
            }
            if self.columns.iter().any(|column| matches!(column.role, Role::Hard(_))) {
                (0..slots.len()).for_each(|slot| self.enlist(cluster, slots, slot));
            }
            self.mattering.iter().for_each(|kind| dirty.extend_from_slice(census.slots_of(*kind)));
            dirty.sort_unstable();
            dirty.dedup();
            return dirty.iter().for_each(|slot| self.recount(cluster, slots, census, *slot as usize));
        };
        self.columns.iter_mut().for_each(|column| column.grow(slots, by_node));
        dirty.extend_from_slice(nodes);
        dirty.extend(pods.iter().filter(|(kind, _)| self.row_of(*kind).is_some()).map(|(_, slot)| *slot));
        dirty.sort_unstable();
        dirty.dedup();
        dirty.iter().for_each(|slot| self.recount(cluster, slots, census, *slot as usize));
    }

    /// Columns that pods like `other` need.
    fn find_columns(&mut self, cluster: &ClusterState, slots: &mut Slots, other: &PodSpec) {
        let columns = &mut self.columns;
        let mut need = |role: Role, symbol: Symbol| {
            let key = slots.key(cluster, symbol);
            if !columns.iter().any(|column| (column.role, column.key) == (role, key)) {
                columns.push(Column::new(role, key));
            }
        };
        if self.required.are_own() || !other.pod_anti_affinity.required.is_empty() {
            self.required
                .each(&self.spec, other, &cluster.symbols, &mut |counted, key| need(Role::Required(counted), key));
        }
        if let Some(weighted) = &self.weighted {
            weighted.each(&self.spec, other, &cluster.symbols, &mut |key, _| need(Role::Weighted, key));
        }
    }

    /// What pods of these kinds, not weighed yet, count.
    fn weigh(&mut self, cluster: &ClusterState, slots: &mut Slots, kinds: &[PodSpecId]) {
        if self.columns.is_empty() {
            return;
        }
        for kind in kinds {
            let other = cluster.spec(*kind);
            let mut row: SmallVec<[i64; 8]> = smallvec![0; self.columns.len()];
            for (weight, column) in row.iter_mut().zip(&self.columns) {
                let constraint = match column.role {
                    Role::Hard(at) => &self.hard[at],
                    Role::Soft(at) => &self.soft[at],
                    Role::Required(_) | Role::Weighted => continue,
                };
                *weight = i64::from(constraint.means(other, self.spec.namespace, &cluster.symbols));
            }
            let mut add = |role: Role, symbol: Symbol, weight: i64| {
                let key = slots.key(cluster, symbol);
                let at = self.columns.iter().position(|column| (column.role, column.key) == (role, key));
                at.into_iter().for_each(|at| row[at] += weight);
            };
            self.required.each(&self.spec, other, &cluster.symbols, &mut |c, key| add(Role::Required(c), key, 1));
            if let Some(weighted) = &self.weighted {
                weighted.each(&self.spec, other, &cluster.symbols, &mut |key, w| add(Role::Weighted, key, w));
            }
            if row.iter().any(|weight| *weight != 0) {
                self.that_matter.insert(kind.index() as u32, self.mattering.len() as u32);
                self.mattering.push(*kind);
                self.weights.extend_from_slice(&row);
            }
        }
    }

    /// The row of weights of a kind that counts.
    #[inline]
    fn row_of(&self, kind: u32) -> Option<usize> {
        const FEW: usize = 8;
        match self.mattering.len() <= FEW {
            true => self.mattering.iter().position(|id| id.index() as u32 == kind),
            false => self.that_matter.get(&kind).map(|row| *row as usize),
        }
    }

    /// Counts a node's pods again.
    fn recount(&mut self, cluster: &ClusterState, slots: &Slots, census: &Census, slot: usize) {
        let width = self.columns.len();
        let mut sums: SmallVec<[i64; 8]> = smallvec![0; width];
        for count in census.of_slot(slot) {
            let Some(row) = self.row_of(count.kind) else { continue };
            let weights = &self.weights[row * width..(row + 1) * width];
            for ((sum, weight), column) in sums.iter_mut().zip(weights).zip(&self.columns) {
                // Terminating pods count for affinity, not for spreading.
                let leaves = matches!(column.role, Role::Required(_) | Role::Weighted);
                let pods = count.stays + if leaves { count.leaves } else { 0 };
                *sum += weight * i64::from(pods);
            }
        }
        let under = self.under(cluster, slots, slot);
        for ((column, sum), under) in self.columns.iter_mut().zip(sums).zip(under) {
            column.enlist(slot, under);
            column.put(slot, sum, under);
        }
    }

    /// A node takes part, with or without pods.
    fn enlist(&mut self, cluster: &ClusterState, slots: &Slots, slot: usize) {
        let under = self.under(cluster, slots, slot);
        self.columns.iter_mut().zip(under).for_each(|(column, under)| column.enlist(slot, under));
    }

    /// By column: the value under which a node's pods count, or [`NONE`].
    fn under(&self, cluster: &ClusterState, slots: &Slots, slot: usize) -> SmallVec<[u32; 8]> {
        let Some(node) = slots.node(cluster, slot) else { return smallvec![NONE; self.columns.len()] };
        let subject = Subject { spec: &self.spec, daemon_node: None };
        let has = |column: &Column| slots.value(column.key, slot) != NONE;
        let has_hard = self.of_role(|role| matches!(role, Role::Hard(_))).all(has);
        let has_soft = self.of_role(|role| matches!(role, Role::Soft(_))).all(has);
        let includes = |row: &Constraint| row.includes_all(&subject) || row.includes(&subject, node, &cluster.symbols);
        let of_column = |column: &Column| {
            let value = slots.value(column.key, slot);
            match column.role {
                Role::Hard(at) if has_hard && includes(&self.hard[at]) => value,
                Role::Soft(at) if self.soft_is_hostname[at] => NONE,
                Role::Soft(at) if (!self.soft_needs_all_keys || has_soft) && includes(&self.soft[at]) => {
                    // A missing value is one more value: the empty text.
                    if value == NONE { 0 } else { value }
                }
                Role::Hard(_) | Role::Soft(_) => NONE,
                Role::Required(_) | Role::Weighted => value,
            }
        };
        self.columns.iter().map(of_column).collect()
    }
}

impl Column {
    fn new(role: Role, key: usize) -> Self {
        Column { role, key, totals: Vec::new(), members: Vec::new(), member_of: Vec::new(), own: Vec::new() }
    }
    /// Makes room for the values and nodes that there are; a column that counts node by node has no totals.
    fn grow(&mut self, slots: &Slots, by_node: impl Fn(Role) -> bool) {
        if by_node(self.role) {
            return;
        }
        self.totals.resize(slots.value_bound(self.key), 0);
        if matches!(self.role, Role::Hard(_)) {
            self.members.resize(slots.value_bound(self.key), 0);
            self.member_of.resize(slots.len(), NONE);
        }
    }
    /// Of hard constraints: the node takes part under that value.
    fn enlist(&mut self, slot: usize, under: u32) {
        if let Some(member_of) = self.member_of.get_mut(slot) {
            let old = std::mem::replace(member_of, under);
            if old != NONE {
                self.members[old as usize] -= 1;
            }
            if under != NONE {
                self.members[under as usize] += 1;
            }
        }
    }

    /// The node's pods count so much, under that value.
    fn put(&mut self, slot: usize, sum: i64, under: u32) {
        if under != NONE {
            self.totals[under as usize] += sum;
        }
        let own = Own { slot: slot as u32, under, sum };
        // Of a whole count each slot comes after the last one.
        let is_next = self.own.last().is_none_or(|last| last.slot < own.slot);
        let place =
            if is_next { Err(self.own.len()) } else { self.own.binary_search_by_key(&own.slot, |own| own.slot) };
        match place {
            Err(_) if sum == 0 => {}
            Err(at) => self.own.insert(at, own),
            Ok(at) => {
                let old = self.own[at];
                if old.under != NONE {
                    self.totals[old.under as usize] -= old.sum;
                }
                if sum == 0 {
                    self.own.remove(at);
                } else {
                    self.own[at] = own;
                }
            }
        }
    }
    /// About how many bytes it takes.
    fn bytes(&self) -> usize {
        size_of::<Own>() * self.own.len() + 4 * (self.member_of.len() + self.members.len()) + 8 * self.totals.len()
    }
}

/// When the lists that no node's change log covers were changed.
fn versions(cluster: &ClusterState) -> [u64; 3] {
    [cluster.namespaces.version(), cluster.services.version(), cluster.workloads.version()]
}

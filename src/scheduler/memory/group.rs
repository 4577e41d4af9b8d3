//! What pods elsewhere mean for a pod: counts by topology, kept per group of pods with equal constraints.

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
use crate::scheduler::spread::{Constraint, HOSTNAME, constraints_of};
use crate::scheduler::subject::Subject;
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
    /// By value: how many nodes take part.
    pub(super) members: Vec<u32>,
    /// By slot: what its pods count.
    pub(super) own: Vec<i64>,
    /// By slot: the value it was counted under, or [`NONE`].
    under: Vec<u32>,
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
    /// By kind of pod and column: what one pod counts.
    weights: Vec<i64>,
    /// By kind of pod: whether any of its weights is not 0.
    matters: Vec<bool>,
    cursor: u64,
    epoch: u64,
    versions: [u64; 3],
    /// When the group was used last.
    pub(super) used: u64,
}

impl Group {
    pub(super) fn new(cluster: &ClusterState, purpose: Purpose<'_>, slots: &mut Slots, spec: Arc<PodSpec>) -> Self {
        let Purpose { profile, filters_only } = purpose;
        let hard = constraints_of(cluster, profile, &spec, WhenUnsatisfiable::DoNotSchedule);
        let soft = match filters_only {
            true => Vec::new(),
            false => constraints_of(cluster, profile, &spec, WhenUnsatisfiable::ScheduleAnyway),
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
            weights: Vec::new(),
            matters: Vec::new(),
            cursor: 0,
            epoch: 0,
            versions: versions(cluster),
            used: 0,
        };
        for (_, other) in cluster.specs() {
            group.find_columns(cluster, slots, other);
        }
        group.weigh(cluster, slots);
        group
    }

    /// Nothing elsewhere matters to these pods.
    pub(super) fn is_idle(&self) -> bool {
        self.columns.is_empty()
    }
    /// The pod matches its own required affinity.
    pub(super) fn matches_itself(&self) -> bool {
        self.required.matches_itself
    }
    pub(super) fn of_role(&self, wanted: impl Fn(Role) -> bool) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(move |column| wanted(column.role))
    }

    /// Renews the counts of the nodes that changed. False: the group has to be built anew.
    #[must_use]
    pub(super) fn renew(&mut self, cluster: &ClusterState, slots: &mut Slots) -> bool {
        if self.versions != versions(cluster) {
            return false;
        }
        if self.matters.len() < cluster.specs().len() {
            let before = self.columns.len();
            for index in self.matters.len()..cluster.specs().len() {
                self.find_columns(cluster, slots, cluster.spec(PodSpecId::from_index(index)));
            }
            if self.columns.len() > before {
                return false;
            }
            self.weigh(cluster, slots);
        }
        if self.is_idle() {
            return true;
        }
        let dirty = slots.dirty_since(self.cursor).filter(|_| self.epoch == slots.epoch());
        self.cursor = slots.end();
        if let Some(dirty) = dirty {
            for column in &mut self.columns {
                column.grow(slots);
            }
            dirty.for_each(|slot| self.recount(cluster, slots, slot));
        } else {
            self.epoch = slots.epoch();
            for column in &mut self.columns {
                *column = Column::new(column.role, column.key);
                column.grow(slots);
            }
            (0..slots.len()).for_each(|slot| self.recount(cluster, slots, slot));
        }
        true
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

    /// What pods of the kinds not weighed yet count.
    fn weigh(&mut self, cluster: &ClusterState, slots: &mut Slots) {
        for index in self.matters.len()..cluster.specs().len() {
            let other = cluster.spec(PodSpecId::from_index(index));
            let mut row = vec![0; self.columns.len()];
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
            if !self.columns.is_empty() {
                self.required.each(&self.spec, other, &cluster.symbols, &mut |c, key| add(Role::Required(c), key, 1));
                if let Some(weighted) = &self.weighted {
                    weighted.each(&self.spec, other, &cluster.symbols, &mut |key, w| add(Role::Weighted, key, w));
                }
            }
            self.matters.push(row.iter().any(|weight| *weight != 0));
            self.weights.append(&mut row);
        }
    }

    /// Counts a node's pods again.
    fn recount(&mut self, cluster: &ClusterState, slots: &Slots, slot: usize) {
        let width = self.columns.len();
        let mut sums: smallvec::SmallVec<[i64; 8]> = smallvec::smallvec![0; width];
        let node = slots.node(cluster, slot);
        for pod in node.iter().flat_map(|node| node.pods()) {
            let row = cluster.pod(*pod);
            let kind = row.spec.index();
            if !self.matters[kind] {
                continue;
            }
            let weights = &self.weights[kind * width..(kind + 1) * width];
            for ((sum, weight), column) in sums.iter_mut().zip(weights).zip(&self.columns) {
                // Terminating pods count for affinity, not for spreading.
                if !row.is_terminating() || matches!(column.role, Role::Required(_) | Role::Weighted) {
                    *sum += weight;
                }
            }
        }
        let subject = Subject { spec: &self.spec, daemon_node: None };
        let has_all =
            |rows: &[Constraint]| node.is_some_and(|node| rows.iter().all(|row| node.labels.get(row.key).is_some()));
        let (has_hard, has_soft) = (has_all(&self.hard), has_all(&self.soft));
        for (column, sum) in self.columns.iter_mut().zip(sums) {
            let value = slots.value(column.key, slot);
            let includes = |row: &Constraint| node.is_some_and(|node| row.includes(&subject, node, &cluster.symbols));
            let under = match column.role {
                _ if node.is_none() => NONE,
                Role::Hard(at) if has_hard && includes(&self.hard[at]) => value,
                Role::Hard(_) => NONE,
                Role::Soft(at) if self.soft_is_hostname[at] => NONE,
                Role::Soft(at) => match !self.soft_needs_all_keys || has_soft {
                    // A missing value is one more value: the empty text.
                    true if includes(&self.soft[at]) => {
                        if value == NONE {
                            0
                        } else {
                            value
                        }
                    }
                    _ => NONE,
                },
                Role::Required(_) | Role::Weighted => value,
            };
            column.put(slot, sum, under);
        }
    }
}

impl Column {
    fn new(role: Role, key: usize) -> Self {
        Column { role, key, totals: Vec::new(), members: Vec::new(), own: Vec::new(), under: Vec::new() }
    }
    fn grow(&mut self, slots: &Slots) {
        self.own.resize(slots.len(), 0);
        self.under.resize(slots.len(), NONE);
        self.totals.resize(slots.value_bound(self.key), 0);
        self.members.resize(slots.value_bound(self.key), 0);
    }
    fn put(&mut self, slot: usize, sum: i64, under: u32) {
        let old = self.under[slot];
        if old != NONE {
            self.totals[old as usize] -= self.own[slot];
            self.members[old as usize] -= 1;
        }
        if under != NONE {
            self.totals[under as usize] += sum;
            self.members[under as usize] += 1;
        }
        (self.own[slot], self.under[slot]) = (sum, under);
    }
}

/// When the lists that no node's change log covers were changed.
fn versions(cluster: &ClusterState) -> [u64; 3] {
    [cluster.namespaces.version(), cluster.services.version(), cluster.workloads.version()]
}

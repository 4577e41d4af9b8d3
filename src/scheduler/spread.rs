//! PodTopologySpread: evenly over zones, nodes, or whatever a label says.

use super::profile::{DefaultConstraints, Profile};
use super::reason::{Plugin, Reason, Rejection};
use super::subject::Subject;
use super::what_if::PodMove;
use crate::cluster::{
    ClusterState, Effect, LabelSelector, Labels, Node, NodeInclusionPolicy, NodeTemplate, OwnerKind, PodSpec,
    ServiceSelector, TopologySpreadConstraint, WhenUnsatisfiable, WorkloadSelector,
};
use crate::intern::{Interner, Symbol};
use rustc_hash::FxHashMap;

/// A constraint made ready for one pod.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    pub(super) max_skew: i64,
    pub(super) min_domains: usize,
    pub(super) key: Symbol,
    /// Absent matches nothing.
    selector: Option<LabelSelector>,
    pub(super) matches_itself: bool,
    honor_affinity: bool,
    honor_taints: bool,
}

impl Constraint {
    fn of_pod(row: &TopologySpreadConstraint, pod: &PodSpec, symbols: &Interner) -> Self {
        let mut selector = row.selector.clone();
        if let Some(selector) = &mut selector {
            let keys = row.match_label_keys.iter().filter_map(|key| Some((*key, pod.labels.get(*key)?)));
            selector.requirements.extend(LabelSelector::of_labels(keys).requirements);
        }
        Constraint {
            max_skew: i64::from(row.max_skew),
            min_domains: row.min_domains.unwrap_or(1).max(0) as usize,
            key: row.topology_key,
            matches_itself: selector.as_ref().is_some_and(|s| s.matches(&pod.labels, symbols)),
            selector,
            honor_affinity: row.node_affinity_policy == NodeInclusionPolicy::Honor,
            honor_taints: row.node_taints_policy == NodeInclusionPolicy::Honor,
        }
    }
    fn default(max_skew: i32, key: Symbol, selector: &LabelSelector, matches_itself: bool) -> Self {
        Constraint {
            max_skew: i64::from(max_skew),
            min_domains: 1,
            key,
            matches_itself,
            selector: Some(selector.clone()),
            honor_affinity: true,
            honor_taints: false,
        }
    }
    /// Whether the node's pods count at all.
    pub(super) fn includes(&self, subject: &Subject<'_>, node: &NodeTemplate, symbols: &Interner) -> bool {
        let repels =
            |taint: &&crate::cluster::Taint| taint.effect != Effect::PreferNoSchedule && !subject.spec.tolerates(taint);
        (!self.honor_affinity || subject.matches_node(node, symbols))
            && !(self.honor_taints && node.taints.iter().any(|taint| repels(&taint)))
    }
    /// Whether every node's pods count, whatever the node is like.
    pub(super) fn includes_all(&self, subject: &Subject<'_>) -> bool {
        (!self.honor_affinity || subject.matches_all()) && !self.honor_taints
    }
    /// Whether the selector means pods of a kind; an empty one means none of those that exist.
    pub(super) fn means(&self, other: &PodSpec, namespace: Symbol, symbols: &Interner) -> bool {
        let selector = self.selector.as_ref().filter(|selector| !selector.is_empty());
        other.namespace == namespace && selector.is_some_and(|selector| selector.matches(&other.labels, symbols))
    }
    /// Which pods it counts, if any.
    pub(super) fn selector(&self) -> Option<&LabelSelector> {
        self.selector.as_ref().filter(|selector| !selector.is_empty())
    }
    /// Whether the selector means a pod's labels.
    pub(super) fn selects(&self, other: &PodSpec, symbols: &Interner) -> bool {
        self.selector.as_ref().is_some_and(|selector| selector.matches(&other.labels, symbols))
    }
    /// The node's pods that the selector means; terminating ones do not count.
    fn count(&self, cluster: &ClusterState, node: &Node, namespace: Symbol) -> i64 {
        if self.selector.as_ref().is_none_or(LabelSelector::is_empty) {
            return 0;
        }
        let counts = |pod: &&crate::cluster::PodId| {
            !cluster.pod(**pod).is_terminating() && self.means(cluster.spec_of(**pod), namespace, &cluster.symbols)
        };
        node.pods().iter().filter(counts).count() as i64
    }
}

/// The pod's own constraints of this kind, or the profile's defaults if it has none of any kind.
pub(super) fn constraints_of(
    cluster: &ClusterState,
    profile: &Profile,
    pod: &PodSpec,
    kind: WhenUnsatisfiable,
) -> Vec<Constraint> {
    constraints_with(cluster, profile, (pod, &|| default_selector(cluster, pod)), kind)
}

/// As [`constraints_of`], with another way to a pod's [`default_selector`].
pub(super) fn constraints_with(
    cluster: &ClusterState,
    profile: &Profile,
    (pod, default_selector): (&PodSpec, &dyn Fn() -> LabelSelector),
    kind: WhenUnsatisfiable,
) -> Vec<Constraint> {
    let symbols = &cluster.symbols;
    let is_on = match kind {
        WhenUnsatisfiable::DoNotSchedule => profile.plugins.filters(Plugin::PodTopologySpread),
        WhenUnsatisfiable::ScheduleAnyway => profile.plugins.weight(Plugin::PodTopologySpread) != 0,
    };
    if !is_on {
        return Vec::new();
    }
    if !pod.topology_spread.is_empty() {
        let rows = pod.topology_spread.iter().filter(|row| row.when_unsatisfiable == kind);
        return rows.map(|row| Constraint::of_pod(row, pod, symbols)).collect();
    }
    let rows: Vec<(i32, Symbol)> = match &profile.default_constraints {
        DefaultConstraints::System if kind == WhenUnsatisfiable::DoNotSchedule => return Vec::new(),
        DefaultConstraints::System => {
            let key = |text: &str| symbols.lookup(text).unwrap_or(Symbol::EMPTY);
            vec![(3, key(HOSTNAME)), (5, key(ZONE))]
        }
        DefaultConstraints::List(list) => {
            list.iter().filter(|row| row.when_unsatisfiable == kind).map(|r| (r.max_skew, r.topology_key)).collect()
        }
    };
    if rows.is_empty() {
        return Vec::new();
    }
    let selector = default_selector();
    if selector.is_empty() {
        return Vec::new();
    }
    let matches_itself = selector.matches(&pod.labels, symbols);
    rows.into_iter().map(|(skew, key)| Constraint::default(skew, key, &selector, matches_itself)).collect()
}

pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";
pub(super) const ZONE: &str = "topology.kubernetes.io/zone";

/// All that the pod's Services and its owner select, together. Cost: a step per Service and workload.
fn default_selector(cluster: &ClusterState, pod: &PodSpec) -> LabelSelector {
    let own = owner_key(pod).and_then(|owner| cluster.workloads.iter().find(|row| key_of_workload(row) == owner));
    selector_of(cluster.services.iter(), own, pod)
}

/// Kind, namespace and name of a workload.
pub(super) type WorkloadKey = (OwnerKind, Symbol, Symbol);

pub(super) fn key_of_workload(row: &WorkloadSelector) -> WorkloadKey {
    (row.kind, row.namespace, row.name)
}

/// The workload whose selector counts for a pod, if it exists.
pub(super) fn owner_key(pod: &PodSpec) -> Option<WorkloadKey> {
    let counts =
        |kind| matches!(kind, OwnerKind::ReplicaSet | OwnerKind::ReplicationController | OwnerKind::StatefulSet);
    pod.owner.filter(|owner| counts(owner.kind)).map(|owner| (owner.kind, pod.namespace, owner.name))
}

/// What the pod's Services, which are among `services` in order, and its owner select. Upstream: `helper.DefaultSelector`, 1.28.
pub(super) fn selector_of<'a>(
    services: impl Iterator<Item = &'a ServiceSelector>,
    owner: Option<&WorkloadSelector>,
    pod: &PodSpec,
) -> LabelSelector {
    let mut labels = Labels::default();
    for service in services.filter(|s| s.namespace == pod.namespace && !s.selector.is_empty()) {
        if service.selector.iter().all(|(key, value)| pod.labels.get(key) == Some(value)) {
            service.selector.iter().for_each(|(key, value)| labels.set(key, value));
        }
    }
    let mut selector = LabelSelector::of_labels(labels.iter());
    if let Some(own) = owner.and_then(|row| row.selector.as_ref()) {
        selector.requirements.extend(own.requirements.iter().cloned());
    }
    selector
}

/// The two values with the fewest pods, as upstream tracks them (`criticalPaths`).
#[derive(Clone, Copy, Debug)]
struct CriticalPaths([(Symbol, i64); 2]);

impl CriticalPaths {
    const NONE: CriticalPaths = CriticalPaths([(Symbol::EMPTY, i32::MAX as i64); 2]);

    fn update(&mut self, value: Symbol, count: i64) {
        let paths = &mut self.0;
        if let Some(at) = paths.iter().position(|(known, _)| *known == value) {
            paths[at].1 = count;
            if paths[0].1 > paths[1].1 {
                paths.swap(0, 1);
            }
        } else if count < paths[0].1 {
            (paths[1], paths[0]) = (paths[0], (value, count));
        } else if count < paths[1].1 {
            paths[1] = (value, count);
        }
    }
}

/// One hard constraint with its counts.
#[derive(Clone, Debug)]
struct Hard {
    constraint: Constraint,
    counts: FxHashMap<Symbol, i64>,
    least: CriticalPaths,
}

/// The filter's state for one pod.
#[derive(Clone, Debug, Default)]
pub(super) struct SpreadFilter {
    hard: Vec<Hard>,
}

impl SpreadFilter {
    /// Counts the pods that are there. Upstream: `PodTopologySpread.PreFilter`, 1.28.
    pub(super) fn prepare(cluster: &ClusterState, profile: &Profile, subject: &Subject<'_>) -> Self {
        let constraints = constraints_of(cluster, profile, subject.spec, WhenUnsatisfiable::DoNotSchedule);
        let hard = |constraint| Hard { constraint, counts: FxHashMap::default(), least: CriticalPaths::NONE };
        let mut filter = SpreadFilter { hard: constraints.into_iter().map(hard).collect() };
        if filter.is_idle() {
            return filter;
        }
        for (_, node) in cluster.nodes().filter(|(_, node)| filter.has_all_keys(node)).collect::<Vec<_>>() {
            for row in &mut filter.hard {
                if row.constraint.includes(subject, node, &cluster.symbols)
                    && let Some(value) = node.labels.get(row.constraint.key)
                {
                    let count = row.constraint.count(cluster, node, subject.spec.namespace);
                    *row.counts.entry(value).or_default() += count;
                }
            }
        }
        for row in &mut filter.hard {
            let mut counts: Vec<(Symbol, i64)> = row.counts.iter().map(|(value, count)| (*value, *count)).collect();
            counts.sort_unstable();
            counts.into_iter().for_each(|(value, count)| row.least.update(value, count));
        }
        filter
    }

    pub(super) fn is_idle(&self) -> bool {
        self.hard.is_empty()
    }
    fn has_all_keys(&self, node: &NodeTemplate) -> bool {
        self.hard.iter().all(|row| node.labels.get(row.constraint.key).is_some())
    }

    /// A pod comes or leaves. Upstream: `preFilterState.updateWithPod`.
    pub(super) fn count(&mut self, subject: &Subject<'_>, moved: PodMove<'_>, symbols: &Interner) {
        let PodMove { pod: other, node, delta } = moved;
        if self.is_idle() || other.namespace != subject.spec.namespace || !self.has_all_keys(node) {
            return;
        }
        for row in &mut self.hard {
            let means = row.constraint.selector.as_ref().is_some_and(|s| s.matches(&other.labels, symbols));
            if means
                && row.constraint.includes(subject, node, symbols)
                && let Some(value) = node.labels.get(row.constraint.key)
            {
                let count = row.counts.entry(value).or_default();
                *count += delta;
                row.least.update(value, *count);
            }
        }
    }

    /// Upstream: `PodTopologySpread.Filter`, 1.28.
    pub(super) fn check(&self, node: &NodeTemplate) -> Result<(), Rejection> {
        let reject = |reason, unresolvable| Err(Rejection::one(Plugin::PodTopologySpread, reason, unresolvable));
        for row in &self.hard {
            let Some(value) = node.labels.get(row.constraint.key) else { return reject(Reason::SpreadLabel, true) };
            if row.counts.is_empty() {
                continue;
            }
            let least = if row.counts.len() < row.constraint.min_domains { 0 } else { row.least.0[0].1 };
            let there = row.counts.get(&value).copied().unwrap_or(0);
            if there + i64::from(row.constraint.matches_itself) - least > row.constraint.max_skew {
                return reject(Reason::Spread, false);
            }
        }
        Ok(())
    }
}

/// The score's state for one pod.
pub(super) struct SpreadScore {
    soft: Vec<Soft>,
    all_keys: bool,
    namespace: Symbol,
}

/// One soft constraint with its counts among the feasible nodes' values.
struct Soft {
    constraint: Constraint,
    is_hostname: bool,
    counts: FxHashMap<Symbol, i64>,
    weight: f64,
}

impl SpreadScore {
    /// Nothing without soft constraints. Upstream: `PodTopologySpread.PreScore`, 1.28.
    pub(super) fn prepare(
        cluster: &ClusterState,
        profile: &Profile,
        subject: &Subject<'_>,
        feasible: &[crate::cluster::NodeId],
    ) -> Option<Self> {
        let constraints = constraints_of(cluster, profile, subject.spec, WhenUnsatisfiable::ScheduleAnyway);
        if constraints.is_empty() {
            return None;
        }
        let is_system = matches!(profile.default_constraints, DefaultConstraints::System);
        let hostname = cluster.symbols.lookup(HOSTNAME).unwrap_or(Symbol::EMPTY);
        let soft = |constraint: Constraint| Soft {
            is_hostname: constraint.key == hostname && hostname != Symbol::EMPTY,
            constraint,
            counts: FxHashMap::default(),
            weight: 0.0,
        };
        let mut score = SpreadScore {
            soft: constraints.into_iter().map(soft).collect(),
            all_keys: !subject.spec.topology_spread.is_empty() || !is_system,
            namespace: subject.spec.namespace,
        };
        let counted: Vec<&Node> =
            feasible.iter().map(|id| cluster.node(*id)).filter(|node| !score.ignores(node)).collect();
        for row in &mut score.soft {
            if !row.is_hostname {
                counted.iter().for_each(|node| {
                    row.counts.entry(node.labels.get(row.constraint.key).unwrap_or(Symbol::EMPTY)).or_default();
                });
            }
            let domains = if row.is_hostname { counted.len() } else { row.counts.len() };
            row.weight = libm::log((domains + 2) as f64);
        }
        for (_, node) in cluster.nodes() {
            if score.ignores(node) {
                continue;
            }
            for row in score.soft.iter_mut().filter(|row| !row.is_hostname) {
                let value = node.labels.get(row.constraint.key).unwrap_or(Symbol::EMPTY);
                if let Some(count) = row.counts.get_mut(&value)
                    && row.constraint.includes(subject, node, &cluster.symbols)
                {
                    *count += row.constraint.count(cluster, node, subject.spec.namespace);
                }
            }
        }
        Some(score)
    }

    fn ignores(&self, node: &NodeTemplate) -> bool {
        self.all_keys && self.soft.iter().any(|row| node.labels.get(row.constraint.key).is_none())
    }

    /// The sum for a node, not normalised; nothing for a node that does not take part.
    pub(super) fn raw(&self, cluster: &ClusterState, node: &Node) -> Option<i64> {
        if self.ignores(node) {
            return None;
        }
        let mut sum = 0.0;
        for row in &self.soft {
            if let Some(value) = node.labels.get(row.constraint.key) {
                let count = match row.is_hostname {
                    true => row.constraint.count(cluster, node, self.namespace),
                    false => row.counts.get(&value).copied().unwrap_or(0),
                };
                sum += count as f64 * row.weight + (row.constraint.max_skew - 1) as f64;
            }
        }
        Some(sum.round() as i64)
    }

    /// To 0..=100, the fewest pods first.
    pub(super) fn normalize(raw: &[Option<i64>]) -> Vec<i64> {
        let (least, most) = (raw.iter().flatten().min(), raw.iter().flatten().max());
        let one = |score: &Option<i64>| match (score, least, most) {
            (Some(score), Some(least), Some(most)) => Self::normal(*score, *least, *most),
            _ => 0,
        };
        raw.iter().map(one).collect()
    }

    /// One sum of those between `least` and `most`, to 0..=100.
    pub(super) fn normal(score: i64, least: i64, most: i64) -> i64 {
        if most == 0 { 100 } else { 100 * (most + least - score) / most }
    }
}

//! What a new node of each group would look like, DaemonSets' pods included.

use super::flags::Flags;
use super::limited_amounts::awaits_gpus;
use super::view::{GroupView, LoopInputs};
use crate::cluster::{ClusterState, Node, NodeId, NodeTemplate, Pod, PodId, PodName, PodSpecId, Resources, Taint};
use crate::controllers::daemon_set;
use crate::id::{GroupId, IdVec};
use crate::intern::Interner;
use crate::units::{SimDuration, SimTime};
use std::sync::Arc;

/// How long a node must have been Ready to stand for its group.
const STABLE_AFTER: SimDuration = SimDuration::from_mins(1);

/// A group's node to be.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) node: NodeTemplate,
    /// Pods that every such node has: DaemonSets' and mirror pods.
    pub(super) pods: Vec<PodSpecId>,
    /// Those pods' node, if they are a DaemonSet's.
    daemon: Vec<bool>,
}

/// One template per group; absent where nobody knows.
pub(super) type TemplateRows = IdVec<GroupId, Option<Arc<Template>>>;

/// The templates of all groups, and the last good ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Templates {
    pub(super) rows: TemplateRows,
    /// Which rows are the last good ones, for want of a node to look at.
    kept: IdVec<GroupId, bool>,
    cached: IdVec<GroupId, Option<Sample>>,
    /// Of groups that have had no node yet: what the cloud says about them, and the DaemonSets.
    foretold: IdVec<GroupId, Option<(NodeTemplate, Vec<PodSpecId>, Arc<Template>)>>,
}

/// A template with the node that it was made of, that node's generation, and what it was.
#[derive(Clone, Debug)]
struct Sample {
    node: (NodeId, u64),
    source: NodeTemplate,
    template: Arc<Template>,
}

impl Sample {
    /// The template of a node: the one before, where neither the node nor the pods that every such node has changed.
    fn renew(
        before: Option<Sample>,
        id: NodeId,
        cluster: &ClusterState,
        (daemon_sets, flags): (&[PodSpecId], &Flags),
    ) -> Sample {
        let row = cluster.node(id);
        let node = (id, row.generation());
        match before.filter(|before| !flags.force_ds && before.node.0 == id && before.source == *row.template()) {
            Some(before) if own_pods(cluster, id).eq(before.template.pods.iter().copied()) => Sample { node, ..before },
            _ => Sample {
                node,
                source: row.template().clone(),
                template: Arc::new(Template::of_node(cluster, id, daemon_sets, flags)),
            },
        }
    }
}

/// The pods that every node like this one has: DaemonSets' and mirror pods.
fn own_pods(cluster: &ClusterState, id: NodeId) -> impl Iterator<Item = PodSpecId> + '_ {
    let stays = |pod: &&PodId| {
        let spec = cluster.spec_of(**pod);
        (spec.is_daemon() || spec.is_mirror) && !cluster.pod(**pod).is_terminating()
    };
    cluster.node(id).pods().iter().filter(stays).map(|pod| cluster.pod(*pod).spec)
}

impl Templates {
    /// Upstream: `MixedTemplateNodeInfoProvider.Process`, 1.28.0.
    pub(super) fn update(&mut self, cluster: &mut ClusterState, inputs: LoopInputs<'_>, flags: &Flags) {
        let LoopInputs { now, groups, daemon_sets, .. } = inputs;
        self.cached.resize(groups.len(), None);
        self.rows.clear();
        self.rows.resize(groups.len(), None);
        self.kept.clear();
        self.kept.resize(groups.len(), false);
        let mut missing = groups.len();
        let symbols = &cluster.symbols;
        let good = |node: &Node| stands_for_its_group(node, now, symbols, flags);
        for (id, node) in cluster.nodes().filter(|(_, node)| good(node)) {
            let Some(group) = node.group.filter(|group| groups.get(*group).is_some()) else {
                continue;
            };
            if self.rows[group].is_some() {
                continue;
            }
            let (key, cached) = ((id, node.generation()), &mut self.cached[group]);
            // With force_ds the list of DaemonSets matters too.
            if flags.force_ds || cached.as_ref().is_none_or(|sample| sample.node != key) {
                *cached = Some(Sample::renew(cached.take(), id, cluster, (daemon_sets, flags)));
            }
            self.rows[group] = cached.as_ref().map(|sample| sample.template.clone());
            missing -= 1;
            if missing == 0 {
                return;
            }
        }
        for at in groups.ids() {
            if self.rows[at].is_none() {
                let known = self.cached[at].as_ref().map(|sample| sample.template.clone());
                self.kept[at] = known.is_some();
                self.rows[at] = Some(known.unwrap_or_else(|| self.foretell(at, cluster, inputs, flags)));
            }
        }
    }

    /// Whether new nodes of the group have other names than in the loop before: upstream gives a template a random
    /// name, and only one from the cache has it still.
    ///
    /// Upstream: `utils.SanitizeNodeInfo`, `MixedTemplateNodeInfoProvider.nodeInfoCache`, 1.28.0.
    pub(super) fn is_renamed(&self, group: GroupId) -> bool {
        !self.kept[group]
    }

    /// The template of a group that has no node to learn from.
    fn foretell(
        &mut self,
        at: GroupId,
        cluster: &mut ClusterState,
        inputs: LoopInputs<'_>,
        flags: &Flags,
    ) -> Arc<Template> {
        let (group, daemon_sets) = (&inputs.groups[at], inputs.daemon_sets);
        self.foretold.resize(self.cached.len(), None);
        let known = self.foretold[at].as_ref();
        if let Some((_, _, template)) = known.filter(|known| known.0 == *group.template && known.1 == daemon_sets) {
            return template.clone();
        }
        let template = Arc::new(Template::of_group(cluster, group, daemon_sets, flags));
        self.foretold[at] = Some((group.template.clone(), daemon_sets.to_vec(), template.clone()));
        template
    }
}

/// Whether new nodes of its group are taken to be like this one. Upstream: `isNodeGoodTemplateCandidate`, 1.28.0.
pub fn stands_for_its_group(node: &NodeTemplate, now: SimTime, symbols: &Interner, flags: &Flags) -> bool {
    let stays = || !flags.rules.samples_stay || !has_taint(node, TO_BE_DELETED, symbols);
    let is_good = if flags.scale_from_unschedulable { is_ready } else { is_ready_and_schedulable };
    is_good(node, symbols, flags) && node.ready.since + STABLE_AFTER < now && stays()
}

/// Whether the node has a taint of this key.
pub(super) fn has_taint(node: &NodeTemplate, key: &str, symbols: &Interner) -> bool {
    node.taints.iter().any(|taint| symbols.text(taint.key) == key)
}

/// Whether the node is Ready and has no taint that says that it is still starting, or not ready after all, and
/// has the GPUs that it should have.
///
/// Upstream: `kubernetes.GetReadinessState`, `taints.FilterOutNodesWithIgnoredTaints`, `FilterOutNodesWithUnreadyResources`,
/// 1.28.0; `taints.FilterOutNodesWithStartupTaints`, 1.29.
pub(super) fn is_ready(node: &NodeTemplate, symbols: &Interner, flags: &Flags) -> bool {
    let unready = |taint: &Taint| {
        let key = symbols.text(taint.key);
        UNREADY.contains(&key) || is_startup_taint(key, flags)
    };
    node.ready.is_true && !node.taints.iter().any(unready) && !awaits_gpus(node, symbols, flags)
}

/// Whether the node is among those that count against the cluster's limits: cordoned ones do not.
///
/// Upstream: `kubernetes.IsNodeReadyAndSchedulable`, 1.28.0.
pub(super) fn is_ready_and_schedulable(node: &NodeTemplate, symbols: &Interner, flags: &Flags) -> bool {
    !node.unschedulable && is_ready(node, symbols, flags)
}

/// When a node begins to stand for its group.
pub(super) fn timer(node: &Node, consider: &mut impl FnMut(SimTime)) {
    consider(node.ready.since + STABLE_AFTER);
}

impl Template {
    fn of_node(cluster: &ClusterState, id: NodeId, daemon_sets: &[PodSpecId], flags: &Flags) -> Self {
        let node = cluster.node(id);
        let mut pods: Vec<PodSpecId> = own_pods(cluster, id).collect();
        let mut daemon: Vec<bool> = pods.iter().map(|spec| cluster.spec(*spec).is_daemon()).collect();
        let clean = as_new(node.template(), &cluster.symbols, flags);
        if flags.force_ds {
            let uid = |spec: PodSpecId| cluster.spec(spec).owner.map(|owner| owner.uid);
            let running: Vec<_> = pods.iter().map(|spec| uid(*spec)).collect();
            for spec in daemon_sets {
                let row = cluster.spec(*spec);
                if !running.contains(&uid(*spec)) && daemon_set::should_run(row, &clean, &cluster.symbols) {
                    pods.push(*spec);
                    daemon.push(true);
                }
            }
        }
        Template { node: clean, pods, daemon }
    }

    fn of_group(cluster: &mut ClusterState, group: &GroupView<'_>, daemon_sets: &[PodSpecId], flags: &Flags) -> Self {
        let mut node = as_new(group.template, &cluster.symbols, flags);
        add_deprecated_labels(&mut node, &mut cluster.symbols);
        let runs = |spec: &&PodSpecId| daemon_set::should_run(cluster.spec(**spec), &node, &cluster.symbols);
        let mut pods: Vec<PodSpecId> = daemon_sets.iter().filter(runs).copied().collect();
        let mut daemon = vec![true; pods.len()];
        pods.extend(group.pods);
        daemon.resize(pods.len(), false);
        Template { node, pods, daemon }
    }

    /// What its pods ask for together.
    pub(super) fn used(&self, cluster: &ClusterState) -> Resources {
        let mut used = Resources::default();
        self.pods.iter().for_each(|spec| used.add(&cluster.spec(*spec).requests));
        used
    }

    /// Adds a node of this kind with its pods.
    pub(super) fn add_to(&self, cluster: &mut ClusterState, name: &str, group: GroupId) -> NodeId {
        let mut node = self.node.clone();
        node.name = cluster.symbols.intern(name);
        node.group = Some(group);
        let hostname = cluster.symbols.intern("kubernetes.io/hostname");
        node.labels.set(hostname, node.name);
        let name = node.name;
        let id = cluster.add_node(node);
        for (at, (spec, is_daemon)) in self.pods.iter().zip(&self.daemon).enumerate() {
            let mut pod = Pod::new(PodName::numbered(name, at as u32), *spec, SimTime::ZERO);
            pod.daemon_node = is_daemon.then_some(name);
            let pod = cluster.add_pod(pod);
            cluster.bind(pod, id);
        }
        id
    }
}

/// Clouds' templates carry the old names of labels too, which makes a group without nodes differ from one
/// with nodes that lack them. Upstream: `labels.UpdateDeprecatedLabels`, 1.28.0.
fn add_deprecated_labels(node: &mut NodeTemplate, symbols: &mut Interner) {
    for (stable, deprecated) in DEPRECATED_LABELS {
        let value = symbols.lookup(stable).and_then(|key| node.labels.get(key));
        if let Some(value) = value {
            node.labels.set(symbols.intern(deprecated), value);
        }
    }
}

/// Labels with their old names.
const DEPRECATED_LABELS: &[(&str, &str)] = &[
    ("kubernetes.io/arch", "beta.kubernetes.io/arch"),
    ("kubernetes.io/os", "beta.kubernetes.io/os"),
    ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"),
    ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"),
];

/// The node without the taints that say something about its present state only. Upstream:
/// `taints.SanitizeTaints`, 1.28.0.
pub fn as_new(node: &NodeTemplate, symbols: &Interner, flags: &Flags) -> NodeTemplate {
    let passing = |taint: &Taint| {
        let key = symbols.text(taint.key);
        [TO_BE_DELETED, DELETION_CANDIDATE].contains(&key)
            || CONDITIONS.contains(&key)
            || is_startup_taint(key, flags)
            || flags.status_taints.iter().any(|ignored| ignored == key)
            || flags.rules.has_startup_taints && key.starts_with(STATUS_PREFIX)
    };
    let mut node = node.clone();
    node.taints.retain(|taint| !passing(taint));
    node.ready.is_true = true;
    node.unschedulable = false;
    node.luck = 0;
    node
}

/// Taints of nodes that are still starting, whatever the flags say.
const IGNORED_PREFIX: &str = "ignore-taint.cluster-autoscaler.kubernetes.io/";
const STARTUP_PREFIX: &str = "startup-taint.cluster-autoscaler.kubernetes.io/";
/// Taints that say something about a node's present state, whatever the flags say.
const STATUS_PREFIX: &str = "status-taint.cluster-autoscaler.kubernetes.io/";

/// Whether a node with this taint is still starting. Upstream: `taints.IsStartupTaint`, 1.29.
fn is_startup_taint(key: &str, flags: &Flags) -> bool {
    let listed = |taints: &[String]| taints.iter().any(|listed| listed == key);
    key.starts_with(IGNORED_PREFIX)
        || flags.rules.has_startup_taints && key.starts_with(STARTUP_PREFIX)
        || listed(&flags.ignore_taints)
        || listed(&flags.startup_taints)
}

/// The taint of a node that is being deleted.
pub const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";
/// The soft taint of a node that is not needed.
pub const DELETION_CANDIDATE: &str = "DeletionCandidateOfClusterAutoscaler";

/// Taints of nodes that are not ready, whatever their condition says.
const UNREADY: &[&str] =
    &["node.kubernetes.io/not-ready", "node.kubernetes.io/disk-pressure", "node.kubernetes.io/network-unavailable"];

/// Upstream: `NodeConditionTaints`, 1.28.0.
const CONDITIONS: &[&str] = &[
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/pid-pressure",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "node.cloudprovider.kubernetes.io/shutdown",
    "cloud.google.com/impending-node-termination",
    "NodeWithImpairedVolumes",
];

//! What a new node of each group would look like, DaemonSets' pods included.

use super::flags::Flags;
use super::view::GroupView;
use crate::cluster::{ClusterState, NodeId, NodeTemplate, Pod, PodName, PodSpecId, Taint};
use crate::controllers::daemon_set;
use crate::intern::Interner;
use crate::units::{SimDuration, SimTime};

/// A node must have been Ready so long to stand for its group.
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

/// The templates of all groups, and the last good ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Templates {
    pub(super) rows: Vec<Option<Template>>,
    cached: Vec<Option<Template>>,
}

impl Templates {
    /// Upstream: `MixedTemplateNodeInfoProvider.Process`, 1.28.0.
    pub(super) fn update(
        &mut self,
        now: SimTime,
        cluster: &ClusterState,
        groups: &[GroupView<'_>],
        daemon_sets: &[PodSpecId],
        flags: &Flags,
    ) {
        self.cached.resize(groups.len(), None);
        self.rows = vec![None; groups.len()];
        let good = |id: NodeId| {
            let node = cluster.node(id);
            node.ready.is_true && !node.unschedulable && node.ready.since + STABLE_AFTER < now
        };
        for (id, node) in cluster.nodes().filter(|(id, _)| good(*id)) {
            let Some(group) = node.group.map(|group| group as usize).filter(|group| *group < groups.len()) else {
                continue;
            };
            if self.rows[group].is_none() {
                let template = Template::of_node(cluster, id, daemon_sets, flags);
                self.cached[group] = Some(template.clone());
                self.rows[group] = Some(template);
            }
        }
        for (at, group) in groups.iter().enumerate() {
            if self.rows[at].is_none() {
                let known = self.cached[at].clone();
                self.rows[at] = Some(known.unwrap_or_else(|| Template::of_group(cluster, group, daemon_sets, flags)));
            }
        }
    }
}

impl Template {
    fn of_node(cluster: &ClusterState, id: NodeId, daemon_sets: &[PodSpecId], flags: &Flags) -> Self {
        let node = cluster.node(id);
        let stays = |pod: &&crate::cluster::PodId| {
            let spec = cluster.spec_of(**pod);
            spec.is_daemon() || spec.is_mirror
        };
        let mut pods: Vec<PodSpecId> = node.pods().iter().filter(stays).map(|pod| cluster.pod(*pod).spec).collect();
        let mut daemon: Vec<bool> = pods.iter().map(|spec| cluster.spec(*spec).is_daemon()).collect();
        let clean = sanitized(node.template(), &cluster.symbols, flags);
        if flags.force_ds {
            for spec in daemon_sets {
                let row = cluster.spec(*spec);
                if !pods.contains(spec) && daemon_set::should_run(row, &clean, &cluster.symbols) {
                    pods.push(*spec);
                    daemon.push(true);
                }
            }
        }
        Template { node: clean, pods, daemon }
    }

    fn of_group(cluster: &ClusterState, group: &GroupView<'_>, daemon_sets: &[PodSpecId], flags: &Flags) -> Self {
        let node = sanitized(group.template, &cluster.symbols, flags);
        let runs = |spec: &&PodSpecId| daemon_set::should_run(cluster.spec(**spec), &node, &cluster.symbols);
        let pods: Vec<PodSpecId> = daemon_sets.iter().filter(runs).copied().collect();
        let daemon = vec![true; pods.len()];
        Template { node, pods, daemon }
    }

    /// Adds a node of this kind with its pods.
    pub(super) fn add_to(&self, cluster: &mut ClusterState, name: &str, group: usize) -> NodeId {
        let mut node = self.node.clone();
        node.name = cluster.symbols.intern(name);
        node.group = Some(group as u32);
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

/// The node without the taints that say something about its present state only.
fn sanitized(node: &NodeTemplate, symbols: &Interner, flags: &Flags) -> NodeTemplate {
    let passing = |taint: &Taint| {
        let key = symbols.text(taint.key);
        [TO_BE_DELETED, DELETION_CANDIDATE].contains(&key)
            || key.starts_with("ignore-taint.cluster-autoscaler.kubernetes.io/")
            || CONDITIONS.contains(&key)
            || flags.ignore_taints.iter().any(|ignored| ignored == key)
    };
    let mut node = node.clone();
    node.taints.retain(|taint| !passing(taint));
    node.ready.is_true = true;
    node.unschedulable = false;
    node
}

/// The taint of a node that is being deleted.
pub const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";
/// The soft taint of a node that is not needed.
pub const DELETION_CANDIDATE: &str = "DeletionCandidateOfClusterAutoscaler";

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
];

//! Queueing hints: whether what happened may help a pod that a plugin refused.
//!
//! Which events a plugin asks for at all is in `queue/events.rs`; here is what it looks at before it lets a pod be tried again. Upstream:
//! `isSchedulableAfter...` of each plugin, 1.32 to 1.36. A hint says nothing of other plugins, nor of preemption.

use super::affinity::{means_all, names_key};
use super::filters::{NodeFilter, conflict};
use super::profile::Profile;
use super::reason::Plugin;
use super::spread::constraints_of;
use super::volumes;
use crate::cluster::{
    ClusterState, Effect, NodeId, NodeTemplate, PodId, PodSpec, Taint, VolumeSource, WhenUnsatisfiable,
};

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum Happening<'a> {
    /// A node came.
    NodeAdded(NodeId),
    /// A node's taints changed, or it was cordoned or uncordoned: as it was before.
    NodeTaints {
        /// Which.
        node: NodeId,
        /// Its taints before.
        taints: &'a [Taint],
        /// It was cordoned before.
        unschedulable: bool,
    },
    /// A node is gone.
    NodeDeleted(NodeId),
    /// A pod got a node.
    PodAssigned(PodId),
    /// A pod on a node is gone.
    PodDeleted(PodId),
    /// Something else, about which no plugin looks more closely.
    Other,
}

/// Whether it may help a waiting pod that `plugin` refused. Cost: a step per taint, term, port or constraint.
pub fn may_help(
    cluster: &ClusterState,
    profile: &Profile,
    (waiting, plugin): (PodId, Plugin),
    what: Happening<'_>,
) -> bool {
    let row = cluster.pod(waiting);
    let spec = cluster.spec(row.spec);
    match what {
        Happening::NodeAdded(node) => match plugin {
            Plugin::NodeUnschedulable => !cluster.node(node).unschedulable,
            Plugin::TaintToleration => !repels(&cluster.node(node).taints, spec),
            Plugin::NodeAffinity | Plugin::NodeResourcesFit => {
                let filter = NodeFilter::new(cluster, profile, cluster.spec_arc(row.spec), row.daemon_node);
                match plugin {
                    Plugin::NodeAffinity => filter.matches_node(cluster.node(node), &cluster.symbols),
                    _ => filter.fits_empty(cluster.node(node)),
                }
            }
            Plugin::PodTopologySpread => has_keys(cluster, profile, spec, cluster.node(node)),
            Plugin::InterPodAffinity => names_key(spec, cluster.node(node)),
            _ => true,
        },
        Happening::NodeTaints { node, taints, unschedulable } => {
            let now = cluster.node(node);
            match plugin {
                Plugin::NodeUnschedulable => unschedulable && !now.unschedulable,
                Plugin::TaintToleration => repels(taints, spec) && !repels(&now.taints, spec),
                Plugin::PodTopologySpread => taints != now.taints.as_slice() && has_keys(cluster, profile, spec, now),
                _ => true,
            }
        }
        Happening::NodeDeleted(node) => has_keys(cluster, profile, spec, cluster.node(node)),
        Happening::PodAssigned(other) => match plugin {
            Plugin::PodTopologySpread => is_counted(cluster, profile, spec, cluster.spec_of(other)),
            Plugin::InterPodAffinity => means_all(cluster, &spec.pod_affinity.required, cluster.spec_of(other)),
            _ => true,
        },
        Happening::PodDeleted(other) => {
            let gone = cluster.spec_of(other);
            match plugin {
                Plugin::NodePorts => gone.host_ports.iter().any(|a| spec.host_ports.iter().any(|b| conflict(a, b))),
                Plugin::VolumeRestrictions => gone.namespace == spec.namespace && volumes::contend(spec, gone),
                Plugin::NodeVolumeLimits => gone.volumes.iter().any(|volume| is_attached(&volume.source)),
                Plugin::PodTopologySpread => is_counted(cluster, profile, spec, gone),
                Plugin::InterPodAffinity => means_all(cluster, &spec.pod_anti_affinity.required, gone),
                _ => true,
            }
        }
        Happening::Other => true,
    }
}

/// Whether any of the taints keeps the pod away.
fn repels(taints: &[Taint], spec: &PodSpec) -> bool {
    taints.iter().any(|taint| taint.effect != Effect::PreferNoSchedule && !spec.tolerates(taint))
}

/// Whether the node has the keys of all hard constraints. Upstream: `nodeLabelsMatchSpreadConstraints`.
fn has_keys(cluster: &ClusterState, profile: &Profile, spec: &PodSpec, node: &NodeTemplate) -> bool {
    let constraints = constraints_of(cluster, profile, spec, WhenUnsatisfiable::DoNotSchedule);
    constraints.iter().all(|row| node.labels.get(row.key).is_some())
}

/// Whether a hard constraint counts such pods. Upstream: `podLabelsMatchSpreadConstraints`.
fn is_counted(cluster: &ClusterState, profile: &Profile, spec: &PodSpec, other: &PodSpec) -> bool {
    let constraints = constraints_of(cluster, profile, spec, WhenUnsatisfiable::DoNotSchedule);
    other.namespace == spec.namespace && constraints.iter().any(|row| row.selects(other, &cluster.symbols))
}

fn is_attached(source: &VolumeSource) -> bool {
    use VolumeSource::{AwsElasticBlockStore, AzureDisk, Claim, Ephemeral, GcePersistentDisk};
    matches!(source, Claim(_) | Ephemeral | AwsElasticBlockStore { .. } | GcePersistentDisk { .. } | AzureDisk(_))
}

//! Why a node is not possible, in the scheduler's own words.

use crate::cluster::Taint;
use crate::intern::{Interner, Symbol};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// The plugins that filter or score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Plugin {
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    EBSLimits,
    GCEPDLimits,
    NodeVolumeLimits,
    AzureDiskLimits,
    VolumeBinding,
    VolumeZone,
    PodTopologySpread,
    InterPodAffinity,
    NodeResourcesBalancedAllocation,
    ImageLocality,
}

impl Plugin {
    /// All of them, filters in upstream's order first.
    pub const ALL: [Plugin; 17] = [
        Plugin::NodeUnschedulable,
        Plugin::NodeName,
        Plugin::TaintToleration,
        Plugin::NodeAffinity,
        Plugin::NodePorts,
        Plugin::NodeResourcesFit,
        Plugin::VolumeRestrictions,
        Plugin::EBSLimits,
        Plugin::GCEPDLimits,
        Plugin::NodeVolumeLimits,
        Plugin::AzureDiskLimits,
        Plugin::VolumeBinding,
        Plugin::VolumeZone,
        Plugin::PodTopologySpread,
        Plugin::InterPodAffinity,
        Plugin::NodeResourcesBalancedAllocation,
        Plugin::ImageLocality,
    ];

    /// The plugin's name.
    pub fn name(self) -> String {
        format!("{self:?}")
    }
}

/// One reason against a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The node is cordoned.
    Unschedulable,
    /// Another node is named.
    NodeName,
    /// A taint is not tolerated.
    Taint(Taint),
    /// Taints are not tolerated, which are not named: since 1.35.
    Taints,
    /// Node selector or required node affinity.
    NodeAffinity,
    /// The profile's added affinity.
    AddedAffinity,
    /// A host port is taken.
    Ports,
    /// The node's pod limit.
    TooManyPods,
    /// Too little of `cpu`, `memory`, `ephemeral-storage`.
    Insufficient(&'static str),
    /// Too little of an extended resource.
    InsufficientScalar(Symbol),
    /// An init container restarts always.
    Sidecar,
    /// Another pod uses a claim that only one pod may use.
    ReadWriteOncePod,
    /// The same since 1.34.
    ReadWriteOncePodInUse,
    /// Another pod uses the disk.
    DiskConflict,
    /// Too many volumes.
    VolumeCount,
    /// No volume could be bound from here.
    NoVolumeToBind,
    /// A bound volume is elsewhere.
    VolumeNodeAffinity,
    /// The same since 1.33.
    PersistentVolumeNodeAffinity,
    /// A claim is bound to a volume that does not exist.
    VolumeMissing,
    /// A bound volume's zone.
    VolumeZone,
    /// Spread constraints.
    Spread,
    /// Spread constraints: the node lacks the label.
    SpreadLabel,
    /// Pod affinity.
    Affinity,
    /// The pod's own anti-affinity.
    AntiAffinity,
    /// Existing pods' anti-affinity.
    ExistingAntiAffinity,
}

impl Reason {
    /// The reason as upstream writes it.
    pub fn text(self, symbols: &Interner) -> String {
        match self {
            Reason::Unschedulable => "node(s) were unschedulable".into(),
            Reason::NodeName => "node(s) didn't match the requested node name".into(),
            Reason::Taint(taint) => {
                format!("node(s) had untolerated taint {{{}: {}}}", symbols.text(taint.key), symbols.text(taint.value))
            }
            Reason::Taints => "node(s) had untolerated taint(s)".into(),
            Reason::NodeAffinity => "node(s) didn't match Pod's node affinity/selector".into(),
            Reason::AddedAffinity => "node(s) didn't match scheduler-enforced node affinity".into(),
            Reason::Ports => "node(s) didn't have free ports for the requested pod ports".into(),
            Reason::TooManyPods => "Too many pods".into(),
            Reason::Insufficient(resource) => format!("Insufficient {resource}"),
            Reason::InsufficientScalar(name) => format!("Insufficient {}", symbols.text(name)),
            Reason::Sidecar => {
                "Pod has a restartable init container and the SidecarContainers feature is disabled".into()
            }
            Reason::ReadWriteOncePod => {
                "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode".into()
            }
            Reason::ReadWriteOncePodInUse => {
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod".into()
            }
            Reason::DiskConflict => "node(s) had no available disk".into(),
            Reason::VolumeCount => "node(s) exceed max volume count".into(),
            Reason::NoVolumeToBind => "node(s) didn't find available persistent volumes to bind".into(),
            Reason::VolumeNodeAffinity => "node(s) had volume node affinity conflict".into(),
            Reason::PersistentVolumeNodeAffinity => "node(s) didn't match PersistentVolume's node affinity".into(),
            Reason::VolumeMissing => "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)".into(),
            Reason::VolumeZone => "node(s) had no available volume zone".into(),
            Reason::Spread => "node(s) didn't match pod topology spread constraints".into(),
            Reason::SpreadLabel => {
                "node(s) didn't match pod topology spread constraints (missing required label)".into()
            }
            Reason::Affinity => "node(s) didn't match pod affinity rules".into(),
            Reason::AntiAffinity => "node(s) didn't match pod anti-affinity rules".into(),
            Reason::ExistingAntiAffinity => "node(s) didn't satisfy existing pods anti-affinity rules".into(),
        }
    }
}

/// Why a pod cannot be on a node: the first plugin that says no, with all it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Who says no.
    pub plugin: Plugin,
    /// Why.
    pub reasons: SmallVec<[Reason; 1]>,
    /// Removing pods from the node would not help (UnschedulableAndUnresolvable).
    pub unresolvable: bool,
}

impl Rejection {
    pub(super) fn one(plugin: Plugin, reason: Reason, unresolvable: bool) -> Self {
        Rejection { plugin, reasons: SmallVec::from_slice(&[reason]), unresolvable }
    }
}

/// Why a pod cannot be on any node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreFilterError {
    /// The pod can be nowhere, in the plugin's words.
    Unschedulable(Plugin, String),
    /// The cycle failed, in the scheduler's words.
    Failed(String),
}

/// All reasons of a cycle without a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Nodes in the cluster.
    pub nodes: usize,
    /// How many nodes had each reason.
    pub reasons: BTreeMap<String, usize>,
    /// The plugins that said no.
    pub plugins: Vec<Plugin>,
    /// What no node could help about.
    pub pre_filter: Option<String>,
    /// The cycle failed: in the scheduler's words.
    pub failure: Option<String>,
    /// What preemption said.
    pub post_filter: String,
    /// It gets another full stop: until 1.29.
    pub second_full_stop: bool,
}

impl Diagnosis {
    /// As `kubectl describe` shows it: `0/3 nodes are available: 1 Insufficient cpu, 2 Too many pods.`
    ///
    /// Upstream: `FitError.Error`: reasons sorted as text with their counts. What preemption said, a sentence
    /// already, gets another full stop until 1.29 (kubernetes/kubernetes#123301).
    pub fn message(&self) -> String {
        if let Some(why) = &self.failure {
            return why.clone();
        }
        let mut text = format!("0/{} nodes are available:", self.nodes);
        if let Some(reason) = &self.pre_filter {
            text += &format!(" {reason}.");
        } else if !self.reasons.is_empty() {
            let mut parts: Vec<String> = self.reasons.iter().map(|(text, count)| format!("{count} {text}")).collect();
            parts.sort();
            text += &format!(" {}.", parts.join(", "));
        }
        if !self.post_filter.is_empty() {
            text += &format!(" {}{}", self.post_filter, if self.second_full_stop { "." } else { "" });
        }
        text
    }
}

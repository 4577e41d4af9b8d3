//! Volumes: where a pod's claims and disks can be.
//!
//! Each file is one upstream plugin: [`restrictions`] (VolumeRestrictions), [`limits`] (EBSLimits, GCEPDLimits,
//! NodeVolumeLimits, AzureDiskLimits), [`binding`] (VolumeBinding), [`zone`] (VolumeZone); [`lookup`] finds the
//! objects. Not here: CSIStorageCapacity (every class has enough room), what happens to the volumes afterwards.

mod binding;
mod limits;
mod lookup;
mod restrictions;
mod zone;

use super::profile::Profile;
use super::queue::PluginSet;
use super::reason::{Plugin, PreFilterError, Reason, Rejection};
use super::rules::Rules;
use super::what_if::WhatIf;
use crate::cluster::{ClusterState, Node, NodeId, PodId, PodSpec, VolumePlan, VolumeSource};
use crate::intern::Symbol;
use binding::Binding;
use limits::Limits;
use lookup::Lookup;
use restrictions::Restrictions;
use zone::Zones;

/// All that the volume plugins know about one pod; absent when no volume of the pod interests any of them.
#[derive(Clone, Debug, Default)]
pub(super) struct VolumeFilter {
    state: Option<Box<State>>,
}

#[derive(Clone, Debug)]
struct State {
    pod: Option<PodId>,
    off: PluginSet,
    rules: Rules,
    lookup: Lookup,
    restrictions: Restrictions,
    binding: Binding,
    zones: Zones,
}

impl VolumeFilter {
    /// Looks the pod's volumes up, and narrows `names`, the nodes that come into question.
    ///
    /// Upstream: the volume plugins' `PreFilter` in their order, `RunPreFilterPlugins`, 1.28.
    /// `pod` names the claims of ephemeral volumes; without it they have none.
    pub(super) fn prepare(
        cluster: &ClusterState,
        profile: &Profile,
        (spec, pod): (&PodSpec, Option<PodId>),
        names: &mut Option<Vec<Symbol>>,
    ) -> Result<Self, PreFilterError> {
        if !concern(spec) {
            return Ok(VolumeFilter::default());
        }
        let (plugins, rules) = (&profile.plugins, profile.rules);
        let lookup = Lookup::new(cluster);
        // A plugin that is off has nothing to say about a pod without volumes.
        let without = PodSpec { volumes: Vec::new(), ..spec.clone() };
        let seen_by = |plugin| if plugins.filters(plugin) { spec } else { &without };
        let restrictions = Restrictions::prepare(cluster, &lookup, seen_by(Plugin::VolumeRestrictions))?;
        let binding = Binding::prepare(cluster, &lookup, seen_by(Plugin::VolumeBinding), pod)?;
        if let Some(own) = binding.node_names(cluster).filter(|_| rules.bound_volumes_name_nodes) {
            let both = match &names {
                None => own,
                Some(names) => own.into_iter().filter(|name| names.contains(name)).collect(),
            };
            if both.is_empty() {
                let text = match names {
                    None => "node(s) didn't satisfy plugin VolumeBinding",
                    Some(_) => "node(s) didn't satisfy plugin(s) [NodeAffinity VolumeBinding] simultaneously",
                };
                return Err(PreFilterError::Unschedulable(Plugin::VolumeBinding, text.to_owned()));
            }
            *names = Some(both);
        }
        let zones = Zones::prepare(cluster, &lookup, seen_by(Plugin::VolumeZone))?;
        let mut off = plugins.filters_off();
        if !rules.in_tree_volume_limits {
            off.add([Plugin::EBSLimits, Plugin::GCEPDLimits, Plugin::AzureDiskLimits].into_iter().collect());
        }
        Ok(VolumeFilter { state: Some(Box::new(State { pod, off, rules, lookup, restrictions, binding, zones })) })
    }

    /// No volume of the pod matters to any plugin.
    pub(super) fn is_idle(&self) -> bool {
        self.state.is_none()
    }

    /// `other` comes (`delta` 1) or goes (-1), on any node.
    pub(super) fn count(&mut self, other: &PodSpec, delta: i64) {
        if let Some(state) = &mut self.state {
            state.restrictions.count(other, delta);
        }
    }

    /// The first volume plugin that says no.
    pub(super) fn check(
        &self,
        cluster: &ClusterState,
        spec: &PodSpec,
        node: &Node,
        what: WhatIf<'_>,
    ) -> Result<(), Rejection> {
        let Some(state) = &self.state else { return Ok(()) };
        let is_on = |plugin| !state.off.any(|off| off == plugin);
        if is_on(Plugin::VolumeRestrictions) {
            let in_use = match state.rules.read_write_once_pod_reworded {
                true => Reason::ReadWriteOncePodInUse,
                false => Reason::ReadWriteOncePod,
            };
            state.restrictions.check(cluster, spec, (node, what), in_use)?;
        }
        let limits = Limits { cluster, lookup: &state.lookup, is_on: &is_on };
        limits::check(limits, (spec, state.pod), node, what)?;
        let elsewhere = match state.rules.volume_affinity_reworded {
            true => Reason::PersistentVolumeNodeAffinity,
            false => Reason::VolumeNodeAffinity,
        };
        state.binding.check(cluster, node, elsewhere)?;
        state.zones.check(cluster, node)
    }

    /// Which volumes the pod gets on the node that was chosen.
    pub(super) fn plan(&self, cluster: &ClusterState, node: NodeId) -> VolumePlan {
        let Some(state) = &self.state else { return VolumePlan::default() };
        state.binding.plan(cluster, node)
    }
}

/// Whether two pods have a claim or a disk in common that VolumeRestrictions may refuse one of them for.
pub(super) fn contend(a: &PodSpec, b: &PodSpec) -> bool {
    let contends = |a: &VolumeSource, b: &VolumeSource| {
        matches!((a, b), (VolumeSource::Claim(a), VolumeSource::Claim(b)) if a == b) || restrictions::conflict(a, b)
    };
    a.volumes.iter().any(|own| b.volumes.iter().any(|other| contends(&own.source, &other.source)))
}

/// Whether any volume plugin has something to say about such pods.
pub(super) fn concern(spec: &PodSpec) -> bool {
    spec.volumes.iter().any(|volume| matters(&volume.source))
}

/// Whether some plugin looks at such a volume.
fn matters(source: &VolumeSource) -> bool {
    !matches!(
        source,
        VolumeSource::EmptyDir { .. }
            | VolumeSource::HostPath
            | VolumeSource::Csi(_)
            | VolumeSource::Image(_)
            | VolumeSource::Other
    )
}

//! What may happen in a cluster, and which plugins asked to be told.

use crate::scheduler::reason::Plugin;

/// Kinds of events that may let a pod be placed. Upstream: `framework.ClusterEvent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A node came.
    NodeAdded,
    /// A node is gone: told since 1.32, though PodTopologySpread has always asked.
    NodeDeleted,
    /// A node's allocatable changed.
    NodeAllocatable,
    /// A node's labels changed.
    NodeLabels,
    /// A node's taints changed, or it was uncordoned.
    NodeTaints,
    /// A node's conditions changed.
    NodeConditions,
    /// A pod got a node. Only pods whose required affinity means it are told.
    PodAssigned,
    /// A pod on a node changed. Only pods whose required affinity means it are told.
    PodUpdated,
    /// A pod on a node is gone.
    PodDeleted,
    /// A claim came.
    ClaimAdded,
    /// A claim changed.
    ClaimUpdated,
    /// A volume came.
    VolumeAdded,
    /// A volume changed.
    VolumeUpdated,
    /// A storage class came.
    StorageClassAdded,
    /// A storage class changed.
    StorageClassUpdated,
    /// A CSINode came.
    CsiNodeAdded,
    /// A CSINode changed.
    CsiNodeUpdated,
}

impl Plugin {
    /// Whether a pod that this plugin refused may fit after such an event.
    ///
    /// Upstream: `EventsToRegister` of each plugin, 1.28; the later one with queueing hints.
    pub fn awaits(self, event: EventKind, with_hints: bool) -> bool {
        if with_hints { self.awaits_with_hints(event) } else { self.awaits_without(event) }
    }

    /// Upstream: `EventsToRegister`, 1.32 to 1.36: what only makes up for events that were held back before is not asked for any more.
    fn awaits_with_hints(self, event: EventKind) -> bool {
        use EventKind as E;
        match self {
            Plugin::NodeUnschedulable | Plugin::TaintToleration => matches!(event, E::NodeAdded | E::NodeTaints),
            Plugin::NodeName => event == E::NodeAdded,
            Plugin::NodeAffinity => matches!(event, E::NodeAdded | E::NodeLabels),
            Plugin::NodePorts => matches!(event, E::PodDeleted | E::NodeAdded),
            Plugin::NodeResourcesFit => matches!(event, E::PodDeleted | E::NodeAdded | E::NodeAllocatable),
            Plugin::NodeVolumeLimits => matches!(event, E::CsiNodeAdded | E::PodDeleted | E::ClaimAdded),
            Plugin::VolumeBinding | Plugin::VolumeZone if event == E::NodeLabels => true,
            Plugin::PodTopologySpread => {
                matches!(event, E::PodAssigned | E::PodDeleted)
                    || matches!(event, E::NodeAdded | E::NodeDeleted | E::NodeLabels | E::NodeTaints)
            }
            Plugin::InterPodAffinity => {
                matches!(event, E::PodAssigned | E::PodDeleted | E::NodeAdded | E::NodeLabels)
            }
            _ => self.awaits_without(event),
        }
    }

    fn awaits_without(self, event: EventKind) -> bool {
        use EventKind as E;
        let any_node_update = [E::NodeAllocatable, E::NodeLabels, E::NodeTaints, E::NodeConditions].contains(&event);
        let any_pod = [E::PodAssigned, E::PodUpdated, E::PodDeleted].contains(&event);
        match self {
            Plugin::NodeUnschedulable => matches!(event, E::NodeAdded | E::NodeTaints),
            Plugin::NodeName | Plugin::TaintToleration | Plugin::NodeAffinity => {
                event == E::NodeAdded || any_node_update
            }
            Plugin::NodePorts | Plugin::NodeResourcesFit => {
                matches!(event, E::PodDeleted | E::NodeAdded) || any_node_update
            }
            Plugin::VolumeRestrictions => {
                matches!(event, E::PodDeleted | E::NodeAdded | E::ClaimAdded | E::ClaimUpdated)
            }
            Plugin::EBSLimits | Plugin::GCEPDLimits | Plugin::AzureDiskLimits => {
                matches!(event, E::NodeAdded | E::PodDeleted)
            }
            Plugin::NodeVolumeLimits => matches!(event, E::CsiNodeAdded | E::PodDeleted),
            Plugin::VolumeBinding => matches!(
                event,
                E::StorageClassAdded
                    | E::StorageClassUpdated
                    | E::ClaimAdded
                    | E::ClaimUpdated
                    | E::VolumeAdded
                    | E::VolumeUpdated
                    | E::NodeAdded
                    | E::CsiNodeAdded
                    | E::CsiNodeUpdated
            ),
            Plugin::VolumeZone => matches!(
                event,
                E::StorageClassAdded | E::NodeAdded | E::NodeLabels | E::ClaimAdded | E::VolumeAdded | E::VolumeUpdated
            ),
            Plugin::PodTopologySpread => any_pod || matches!(event, E::NodeAdded | E::NodeDeleted | E::NodeLabels),
            Plugin::InterPodAffinity => any_pod || matches!(event, E::NodeAdded | E::NodeLabels),
            // They refuse nobody.
            Plugin::NodeResourcesBalancedAllocation | Plugin::ImageLocality => false,
        }
    }
}

/// A set of plugins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PluginSet {
    bits: u32,
}

impl PluginSet {
    /// No plugin.
    pub const EMPTY: PluginSet = PluginSet { bits: 0 };

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.bits == 0
    }
    /// Adds a plugin.
    pub fn insert(&mut self, plugin: Plugin) {
        self.bits |= 1 << plugin as u32;
    }
    /// Adds those of another set.
    pub fn add(&mut self, other: PluginSet) {
        self.bits |= other.bits;
    }
    /// Those of them that are so.
    pub fn only(self, is_so: impl Fn(Plugin) -> bool) -> PluginSet {
        let is_in = |plugin: &Plugin| self.bits & (1 << *plugin as u32) != 0;
        Plugin::ALL.into_iter().filter(is_in).filter(|plugin| is_so(*plugin)).collect()
    }
    /// Their names, in upstream's order.
    pub fn names(self) -> Vec<String> {
        let is_in = |plugin: &Plugin| self.bits & (1 << *plugin as u32) != 0;
        Plugin::ALL.into_iter().filter(is_in).map(Plugin::name).collect()
    }
    /// Whether any of them is so.
    pub fn any(self, is_so: impl Fn(Plugin) -> bool) -> bool {
        Plugin::ALL.iter().any(|plugin| self.bits & (1 << *plugin as u32) != 0 && is_so(*plugin))
    }
}

impl FromIterator<Plugin> for PluginSet {
    fn from_iter<I: IntoIterator<Item = Plugin>>(plugins: I) -> Self {
        let mut set = PluginSet::EMPTY;
        plugins.into_iter().for_each(|plugin| set.insert(plugin));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plugins that await an event, in their order.
    fn check(event: EventKind, expect: &[Plugin]) {
        let found: Vec<Plugin> = Plugin::ALL.into_iter().filter(|plugin| plugin.awaits(event, false)).collect();
        assert_eq!(found, expect, "{event:?}");
    }

    use Plugin::*;

    #[test]
    fn a_new_node_may_help_all_but_attach_limits_of_csi() {
        let refuse_nobody = [NodeVolumeLimits, NodeResourcesBalancedAllocation, ImageLocality];
        let all: Vec<Plugin> = Plugin::ALL.into_iter().filter(|plugin| !refuse_nobody.contains(plugin)).collect();
        check(EventKind::NodeAdded, &all);
    }

    #[test]
    fn a_pod_that_goes_frees_resources_ports_disks_and_topology() {
        let expect = [
            NodePorts,
            NodeResourcesFit,
            VolumeRestrictions,
            EBSLimits,
            GCEPDLimits,
            NodeVolumeLimits,
            AzureDiskLimits,
            PodTopologySpread,
            InterPodAffinity,
        ];
        check(EventKind::PodDeleted, &expect);
    }

    #[test]
    fn taints_do_not_wake_topology_plugins() {
        let nodes = [NodeName, TaintToleration, NodeAffinity, NodePorts, NodeResourcesFit];
        check(EventKind::NodeTaints, &[&[NodeUnschedulable], &nodes[..]].concat());
        check(EventKind::NodeAllocatable, &nodes);
        check(EventKind::NodeConditions, &nodes);
        check(EventKind::NodeLabels, &[&nodes[..], &[VolumeZone, PodTopologySpread, InterPodAffinity]].concat());
    }

    #[test]
    fn pods_that_come_or_change_wake_topology_plugins_alone() {
        check(EventKind::PodAssigned, &[PodTopologySpread, InterPodAffinity]);
        check(EventKind::PodUpdated, &[PodTopologySpread, InterPodAffinity]);
    }

    #[test]
    fn with_hints_a_plugin_asks_for_what_it_looks_at() {
        let asked = |event: EventKind| Plugin::ALL.into_iter().filter(move |plugin| plugin.awaits(event, true));
        let taints: Vec<Plugin> = asked(EventKind::NodeTaints).collect();
        assert_eq!(taints, [NodeUnschedulable, TaintToleration, PodTopologySpread]);
        assert_eq!(asked(EventKind::PodUpdated).next(), None, "neither labels nor requests change");
        assert_eq!(asked(EventKind::NodeConditions).next(), None);
        assert_eq!(asked(EventKind::NodeDeleted).collect::<Vec<_>>(), [PodTopologySpread]);
    }

    #[test]
    fn storage_wakes_the_plugins_of_volumes() {
        check(EventKind::ClaimAdded, &[VolumeRestrictions, VolumeBinding, VolumeZone]);
        check(EventKind::ClaimUpdated, &[VolumeRestrictions, VolumeBinding]);
        check(EventKind::VolumeAdded, &[VolumeBinding, VolumeZone]);
        check(EventKind::VolumeUpdated, &[VolumeBinding, VolumeZone]);
        check(EventKind::StorageClassAdded, &[VolumeBinding, VolumeZone]);
        check(EventKind::StorageClassUpdated, &[VolumeBinding]);
        check(EventKind::CsiNodeAdded, &[NodeVolumeLimits, VolumeBinding]);
        check(EventKind::CsiNodeUpdated, &[VolumeBinding]);
    }
}

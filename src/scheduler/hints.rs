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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{
        AffinityTerm, HostPort, LabelSelector, Labels, NodeCapacity, NodeInclusionPolicy, Pod, PodName, Protocol,
        Resources, TopologySpreadConstraint,
    };
    use crate::intern::Symbol;
    use crate::units::SimTime;

    #[derive(Default)]
    struct World {
        cluster: ClusterState,
        profile: Profile,
    }

    impl World {
        fn node(&mut self, name: &str, change: impl FnOnce(&mut NodeTemplate)) -> NodeId {
            let (name, key) = (self.cluster.symbols.intern(name), self.cluster.symbols.intern("zone"));
            let allocatable = NodeCapacity { resources: Resources::new(4000, 8 << 30), pods: 10 };
            let labels: Labels = [(key, name)].into_iter().collect();
            let mut node = NodeTemplate { name, labels, allocatable, ..NodeTemplate::default() };
            change(&mut node);
            self.cluster.add_node(node)
        }
        fn pod(&mut self, name: &str, change: impl FnOnce(&mut PodSpec)) -> PodId {
            let (name, key) = (self.cluster.symbols.intern(name), self.cluster.symbols.intern("app"));
            let mut spec = PodSpec { labels: [(key, name)].into_iter().collect(), ..PodSpec::default() };
            change(&mut spec);
            let spec = self.cluster.intern_spec(spec);
            self.cluster.add_pod(Pod::new(PodName::plain(name), spec, SimTime::ZERO))
        }
        fn helps(&self, pod: PodId, plugin: Plugin, what: Happening<'_>) -> bool {
            may_help(&self.cluster, &self.profile, (pod, plugin), what)
        }
        fn symbol(&mut self, text: &str) -> Symbol {
            self.cluster.symbols.intern(text)
        }
        fn selector(&mut self, app: &str) -> LabelSelector {
            LabelSelector::of_labels([(self.symbol("app"), self.symbol(app))])
        }
    }

    #[test]
    fn a_node_helps_whoever_fits_it_empty() {
        let mut world = World::default();
        let (small, large) =
            (world.node("small", |node| node.allocatable.resources.cpu_milli = 500), world.node("large", |_| {}));
        let pod = world.pod("web", |spec| spec.requests = Resources::new(1000, 0));
        let fit = |world: &World, node| world.helps(pod, Plugin::NodeResourcesFit, Happening::NodeAdded(node));
        assert!(!fit(&world, small) && fit(&world, large));
        let there = world.pod("there", |spec| spec.requests = Resources::new(4000, 0));
        world.cluster.bind(there, large);
        assert!(fit(&world, large), "what is on it does not count");
        let key = world.symbol("zone");
        let value = world.symbol("large");
        let picky = world.pod("picky", |spec| spec.node_selector = [(key, value)].into_iter().collect());
        let affinity = |node| world.helps(picky, Plugin::NodeAffinity, Happening::NodeAdded(node));
        assert!(!affinity(small) && affinity(large));
        assert!(world.helps(picky, Plugin::NodeName, Happening::NodeAdded(small)), "it has no hint");
    }

    #[test]
    fn taints_help_when_the_last_that_repelled_goes() {
        let mut world = World::default();
        let taint = |key, effect| Taint { key, value: Symbol::EMPTY, effect };
        let (bad, soft) = (world.symbol("not-ready"), world.symbol("soft"));
        let node = world.node("n", |node| node.taints = vec![taint(soft, Effect::PreferNoSchedule)]);
        let pod = world.pod("web", |_| {});
        let from = |taints: &[Taint], cordoned, plugin| {
            world.helps(pod, plugin, Happening::NodeTaints { node, taints, unschedulable: cordoned })
        };
        assert!(from(&[taint(bad, Effect::NoSchedule)], false, Plugin::TaintToleration));
        assert!(!from(&[], false, Plugin::TaintToleration), "a soft taint came");
        assert!(from(&[], true, Plugin::NodeUnschedulable) && !from(&[], false, Plugin::NodeUnschedulable));
        assert!(from(&[], false, Plugin::PodTopologySpread), "without constraints it has all their keys");
        assert!(
            !from(&[taint(soft, Effect::PreferNoSchedule)], true, Plugin::PodTopologySpread),
            "the taints are the same"
        );
    }

    #[test]
    fn spread_pods_look_at_keys_and_at_pods_that_count() {
        let mut world = World::default();
        let (zone, other) = (world.symbol("zone"), world.symbol("rack"));
        let selector = Some(world.selector("web"));
        let constraint = |topology_key| TopologySpreadConstraint {
            max_skew: 1,
            topology_key,
            when_unsatisfiable: WhenUnsatisfiable::DoNotSchedule,
            selector: selector.clone(),
            min_domains: None,
            node_affinity_policy: NodeInclusionPolicy::Honor,
            node_taints_policy: NodeInclusionPolicy::Ignore,
            match_label_keys: Default::default(),
        };
        let node = world.node("n", |_| {});
        let by_zone = world.pod("web", |spec| spec.topology_spread = vec![constraint(zone)]);
        let by_rack = world.pod("web", |spec| spec.topology_spread = vec![constraint(zone), constraint(other)]);
        let (web, api) = (world.pod("web", |_| {}), world.pod("api", |_| {}));
        let namespace = world.symbol("else");
        let far = world.pod("web", |spec| spec.namespace = namespace);
        let spread = |pod, what| world.helps(pod, Plugin::PodTopologySpread, what);
        for what in [Happening::NodeAdded(node), Happening::NodeDeleted(node)] {
            assert!(spread(by_zone, what) && !spread(by_rack, what), "{what:?}");
        }
        for what in [Happening::PodDeleted, Happening::PodAssigned] {
            assert!(spread(by_zone, what(web)) && !spread(by_zone, what(api)) && !spread(by_zone, what(far)));
        }
    }

    #[test]
    fn affinity_waits_for_pods_to_come_and_anti_affinity_for_them_to_go() {
        let mut world = World::default();
        let term = AffinityTerm {
            selector: Some(world.selector("db")),
            namespaces: vec![Symbol::EMPTY],
            namespace_selector: None,
            topology_key: world.symbol("zone"),
        };
        let node = world.node("n", |_| {});
        let bare = world.node("bare", |node| node.labels = Labels::default());
        let near = world.pod("near", |spec| spec.pod_affinity.required = vec![term.clone()]);
        let away = world.pod("away", |spec| spec.pod_anti_affinity.required = vec![term.clone()]);
        let (db, web) = (world.pod("db", |_| {}), world.pod("web", |_| {}));
        let helps = |pod, what| world.helps(pod, Plugin::InterPodAffinity, what);
        assert!(helps(near, Happening::PodAssigned(db)) && !helps(near, Happening::PodAssigned(web)));
        assert!(!helps(near, Happening::PodDeleted(db)) && !helps(away, Happening::PodAssigned(db)));
        assert!(helps(away, Happening::PodDeleted(db)) && !helps(away, Happening::PodDeleted(web)));
        assert!(helps(near, Happening::NodeAdded(node)) && !helps(near, Happening::NodeAdded(bare)));
        assert!(
            !helps(web, Happening::PodDeleted(db)),
            "refused by others' anti-affinity alone it waits for the flush"
        );
    }

    #[test]
    fn a_pod_that_goes_helps_whom_it_was_in_the_way_of() {
        let mut world = World::default();
        let port = |port| HostPort { ip: Symbol::EMPTY, protocol: Protocol::Tcp, port };
        let claim = crate::cluster::Volume { name: Symbol::EMPTY, source: VolumeSource::Claim(world.symbol("data")) };
        let waiting = world.pod("web", |spec| {
            spec.host_ports = vec![port(80)];
            spec.volumes = vec![claim.clone()];
        });
        let same = world.pod("same", |spec| spec.host_ports = vec![port(80)]);
        let other = world.pod("other", |spec| spec.host_ports = vec![port(81)]);
        let user = world.pod("user", |spec| spec.volumes = vec![claim]);
        let helps = |plugin, gone| world.helps(waiting, plugin, Happening::PodDeleted(gone));
        assert!(helps(Plugin::NodePorts, same) && !helps(Plugin::NodePorts, other));
        assert!(helps(Plugin::VolumeRestrictions, user) && !helps(Plugin::VolumeRestrictions, same));
        assert!(helps(Plugin::NodeVolumeLimits, user) && !helps(Plugin::NodeVolumeLimits, same));
        assert!(helps(Plugin::NodeResourcesFit, other), "whatever it took");
    }
}

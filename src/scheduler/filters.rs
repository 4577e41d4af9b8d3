//! The filters: can this pod be on that node?

use super::affinity::AffinityFilter;
use super::profile::Profile;
use super::queue::PluginSet;
use super::reason::{Plugin, PreFilterError, Reason, Rejection};
use super::resources;
use super::rules::Rules;
use super::spread::SpreadFilter;
use super::subject::Subject;
use super::volumes::VolumeFilter;
use super::what_if::{PodMove, WhatIf};
use crate::cluster::{
    ClusterState, Effect, HostPort, Node, NodeId, PodId, PodSpec, PodSpecId, Taint, Toleration, VolumePlan,
};
use crate::intern::{Interner, Symbol};
use std::sync::Arc;

/// The key of the cordon's taint.
pub(super) const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// The filters that look at one node and the pods on it, and at nothing else: NodeUnschedulable, NodeName,
/// TaintToleration, NodeAffinity, NodePorts, NodeResourcesFit.
#[derive(Clone, Debug)]
pub(super) struct NodeFilter {
    spec: Arc<PodSpec>,
    daemon_node: Option<Symbol>,
    added_affinity: Option<crate::cluster::NodeSelector>,
    unschedulable_taint: Option<Taint>,
    off: PluginSet,
    requests: resources::Request,
    taints_unnamed: bool,
}

/// All filters made ready for one pod. [`count`](Self::count) keeps them true while pods come and go.
#[derive(Clone, Debug)]
pub struct Filters {
    node: NodeFilter,
    names: Option<Vec<Symbol>>,
    spread: SpreadFilter,
    affinity: AffinityFilter,
    volumes: VolumeFilter,
}

impl Filters {
    /// Looks at the whole cluster once.
    ///
    /// Upstream: the PreFilter plugins, 1.28. Errors: the pod can be nowhere.
    /// Cost: one step per bound pod that has affinity, or per bound pod if this one has affinity or spread
    /// constraints; nothing per node otherwise.
    pub fn prepare(
        cluster: &ClusterState,
        profile: &Profile,
        spec: PodSpecId,
        daemon_node: Option<Symbol>,
    ) -> Result<Filters, PreFilterError> {
        Self::new(cluster, profile, (spec, daemon_node), None)
    }

    /// As [`prepare`](Self::prepare), for one pod: its name matters to claims made for it alone.
    pub fn prepare_for(cluster: &ClusterState, profile: &Profile, pod: PodId) -> Result<Filters, PreFilterError> {
        let row = cluster.pod(pod);
        Self::new(cluster, profile, (row.spec, row.daemon_node), Some(pod))
    }

    fn new(
        cluster: &ClusterState,
        profile: &Profile,
        (spec, daemon_node): (PodSpecId, Option<Symbol>),
        pod: Option<PodId>,
    ) -> Result<Filters, PreFilterError> {
        let spec = cluster.spec_arc(spec);
        let subject = Subject { spec: &spec, daemon_node };
        let by_affinity = profile.plugins.filters(Plugin::NodeAffinity);
        let mut names = if by_affinity { subject.node_names() } else { None };
        if names.as_ref().is_some_and(Vec::is_empty) {
            let text = "pod affinity terms conflict".to_owned();
            return Err(PreFilterError::Unschedulable(Plugin::NodeAffinity, text));
        }
        let volumes = VolumeFilter::prepare(cluster, profile, (&spec, pod), &mut names)?;
        Ok(Filters {
            spread: SpreadFilter::prepare(cluster, profile, &subject),
            affinity: AffinityFilter::prepare(cluster, &spec, profile),
            names,
            volumes,
            node: NodeFilter::new(cluster, profile, spec, daemon_node),
        })
    }

    /// The pod to be placed.
    pub fn subject(&self) -> Subject<'_> {
        self.node.subject()
    }

    /// The only nodes that are looked at, by name; absent means all.
    pub fn node_names(&self) -> Option<&[Symbol]> {
        self.names.as_deref()
    }

    /// `other` comes to (`delta` 1) or leaves (-1) the node.
    pub fn count(&mut self, cluster: &ClusterState, other: PodSpecId, node: NodeId, delta: i64) {
        let moved = PodMove { pod: cluster.spec(other), node: cluster.node(node), delta };
        let subject = self.node.subject();
        self.volumes.count(moved.pod, delta);
        self.spread.count(&subject, moved, &cluster.symbols);
        self.affinity.count(subject.spec, moved, &cluster.symbols);
    }

    /// Whether the answer for a node depends on that node alone.
    pub fn is_local(&self) -> bool {
        self.spread.is_idle() && self.affinity.is_idle() && self.volumes.is_idle()
    }

    /// Whether the pod may be on the node.
    ///
    /// Errors: what the first filter that says no has to say, in upstream's order.
    /// Cost: one step per taint, term and port; nothing per pod elsewhere.
    pub fn check(&self, cluster: &ClusterState, node: NodeId) -> Result<(), Rejection> {
        self.check_with(cluster, node, WhatIf::default())
    }

    /// As [`check`](Self::check), as if other pods were on the node; the counts must know already.
    pub(super) fn check_with(&self, cluster: &ClusterState, node: NodeId, what: WhatIf<'_>) -> Result<(), Rejection> {
        let row = cluster.node(node);
        self.node.check(cluster, row, what)?;
        self.volumes.check(cluster, self.subject().spec, row, what)?;
        self.spread.check(row)?;
        self.affinity.check(row)
    }

    /// Which volumes the pod gets on the node that was chosen.
    pub(super) fn volume_plan(&self, cluster: &ClusterState, node: NodeId) -> VolumePlan {
        self.volumes.plan(cluster, node)
    }
}

/// Whether a node that came or changed is worth a try for a waiting pod: resources, node affinity, name, host ports
/// and NoSchedule taints allow it. Preemption is not thought of.
///
/// Upstream: `preCheckForNode`, `AdmissionCheck`, 1.28 to 1.31; it is not asked where there are queueing hints.
pub fn admits(cluster: &ClusterState, waiting: PodId, node: NodeId, rules: Rules) -> bool {
    let row = cluster.pod(waiting);
    let filter = NodeFilter::new(cluster, &Profile::by(rules), cluster.spec_arc(row.spec), row.daemon_node);
    let node = cluster.node(node);
    let subject = filter.subject();
    let repels = |taint: &Taint| taint.effect == Effect::NoSchedule && !subject.spec.tolerates(taint);
    subject.matches_node(node, &cluster.symbols)
        && subject.spec.node_name.is_none_or(|name| name == node.name)
        && !node.taints.iter().any(repels)
        && filter.requests.check(cluster, node, WhatIf::default()).is_ok()
        && filter.check_ports(cluster, node, WhatIf::default()).is_ok()
}

impl NodeFilter {
    pub(super) fn new(
        cluster: &ClusterState,
        profile: &Profile,
        spec: Arc<PodSpec>,
        daemon_node: Option<Symbol>,
    ) -> Self {
        let key = cluster.symbols.lookup(UNSCHEDULABLE);
        NodeFilter {
            requests: resources::Request::of(&spec, profile, &cluster.symbols),
            added_affinity: profile.added_affinity.clone(),
            unschedulable_taint: key.map(|key| Taint { key, value: Symbol::EMPTY, effect: Effect::NoSchedule }),
            off: profile.plugins.filters_off(),
            taints_unnamed: profile.rules.taints_unnamed,
            spec,
            daemon_node,
        }
    }

    fn is_on(&self, plugin: Plugin) -> bool {
        self.off.is_empty() || !self.off.any(|off| off == plugin)
    }

    /// Whether NodeAffinity lets the pod be on the node.
    pub(super) fn matches_node(&self, node: &Node, symbols: &Interner) -> bool {
        self.check_affinity(node, symbols).is_ok()
    }
    /// Whether the node would have enough of everything without any pods.
    pub(super) fn fits_empty(&self, node: &Node) -> bool {
        self.requests.fits_empty(node)
    }
    fn subject(&self) -> Subject<'_> {
        Subject { spec: &self.spec, daemon_node: self.daemon_node }
    }

    /// Whether the node object passes, whatever runs there: with [`has_room`](Self::has_room), [`check`](Self::check) without the
    /// reasons.
    pub(super) fn passes_object(&self, cluster: &ClusterState, node: &Node) -> bool {
        self.check_node(node, &cluster.symbols).is_ok()
    }
    /// Whether the node has room and ports as it is.
    pub(super) fn has_room(&self, cluster: &ClusterState, node: &Node) -> bool {
        (!self.is_on(Plugin::NodeResourcesFit) || self.requests.fits(node))
            && (!self.is_on(Plugin::NodePorts) || self.check_ports(cluster, node, WhatIf::default()).is_ok())
    }
    /// What the pod asks for.
    pub(super) fn request(&self) -> &resources::Request {
        &self.requests
    }

    pub(super) fn check(&self, cluster: &ClusterState, node: &Node, what: WhatIf<'_>) -> Result<(), Rejection> {
        self.check_node(node, &cluster.symbols)?;
        if self.is_on(Plugin::NodePorts) {
            self.check_ports(cluster, node, what)?;
        }
        if self.is_on(Plugin::NodeResourcesFit) { self.requests.check(cluster, node, what) } else { Ok(()) }
    }

    /// What depends on the node object alone.
    fn check_node(&self, node: &Node, symbols: &Interner) -> Result<(), Rejection> {
        let tolerates = |taint: &Taint| self.spec.tolerations.iter().any(|t: &Toleration| t.tolerates(taint));
        if node.unschedulable
            && self.is_on(Plugin::NodeUnschedulable)
            && !self.unschedulable_taint.is_some_and(|taint| tolerates(&taint))
        {
            let tolerates_all = self.unschedulable_taint.is_none() && self.tolerates_everything();
            if !tolerates_all {
                return Err(Rejection::one(Plugin::NodeUnschedulable, Reason::Unschedulable, true));
            }
        }
        if self.spec.node_name.is_some_and(|name| name != node.name) && self.is_on(Plugin::NodeName) {
            return Err(Rejection::one(Plugin::NodeName, Reason::NodeName, true));
        }
        let hard = |taint: &&Taint| taint.effect != Effect::PreferNoSchedule;
        if let Some(taint) = node.taints.iter().filter(hard).find(|taint| !tolerates(taint))
            && self.is_on(Plugin::TaintToleration)
        {
            let reason = if self.taints_unnamed { Reason::Taints } else { Reason::Taint(*taint) };
            return Err(Rejection::one(Plugin::TaintToleration, reason, true));
        }
        if self.is_on(Plugin::NodeAffinity) { self.check_affinity(node, symbols) } else { Ok(()) }
    }

    /// NodeAffinity's rule.
    fn check_affinity(&self, node: &Node, symbols: &Interner) -> Result<(), Rejection> {
        let added = self.added_affinity.as_ref();
        if added.is_some_and(|added| !added.matches(node.name, &node.labels, symbols)) {
            return Err(Rejection::one(Plugin::NodeAffinity, Reason::AddedAffinity, true));
        }
        if !self.subject().matches_node(node, symbols) {
            return Err(Rejection::one(Plugin::NodeAffinity, Reason::NodeAffinity, true));
        }
        Ok(())
    }

    /// Nobody interned the cordon's key: only a toleration without key can tolerate it.
    fn tolerates_everything(&self) -> bool {
        self.spec.tolerations.iter().any(|toleration| {
            toleration.key == Symbol::EMPTY
                && toleration.operator == crate::cluster::TolerationOperator::Exists
                && toleration.effect.is_none_or(|effect| effect == Effect::NoSchedule)
        })
    }

    fn check_ports(&self, cluster: &ClusterState, node: &Node, what: WhatIf<'_>) -> Result<(), Rejection> {
        if self.spec.host_ports.is_empty() {
            return Ok(());
        }
        // Upstream keeps a set: a victim takes its ports with it even where a pod that stays has the same.
        let released = |port: &HostPort, pod: &PodId| {
            let of_victim = |gone: &PodId| cluster.spec_of(*gone).host_ports.contains(port);
            what.gone.iter().any(of_victim) && cluster.spec_of(*pod).priority >= self.spec.priority
        };
        let there = node.pods().iter().filter(|pod| !what.gone.contains(pod)).chain(what.added);
        let taken = there.into_iter().any(|pod| {
            let theirs = cluster.spec_of(*pod).host_ports.iter().filter(|port| !released(port, pod));
            theirs.into_iter().any(|other| self.spec.host_ports.iter().any(|port| conflict(port, other)))
        });
        if taken { Err(Rejection::one(Plugin::NodePorts, Reason::Ports, false)) } else { Ok(()) }
    }
}

/// The empty address (0.0.0.0) conflicts with every address.
pub(super) fn conflict(a: &HostPort, b: &HostPort) -> bool {
    (a.protocol, a.port) == (b.protocol, b.port) && (a.ip == b.ip || a.ip == Symbol::EMPTY || b.ip == Symbol::EMPTY)
}

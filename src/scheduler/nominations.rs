//! Pods nominated to nodes, whose room others do not get.

use super::filters::Filters;
use super::profile::Profile;
use super::reason::Rejection;
use super::what_if::WhatIf;
use crate::cluster::{ClusterState, NodeId, PodId};
use smallvec::SmallVec;

/// A pod to be placed, with its filters.
#[derive(Clone, Copy)]
pub(super) struct Incoming<'a> {
    pub(super) cluster: &'a ClusterState,
    pub(super) filters: &'a Filters,
    pub(super) pod: PodId,
}

/// Pods that wait for victims to leave a node. Upstream: `internal/queue` nominator.
#[derive(Clone, Debug, Default)]
pub(super) struct Nominations {
    pods: Vec<PodId>,
}

impl Nominations {
    /// A pod was nominated; the cluster knows to which node.
    pub(super) fn add(&mut self, pod: PodId) {
        if !self.pods.contains(&pod) {
            self.pods.push(pod);
        }
    }

    /// The pods nominated to a node whose priority is at least `pod`'s.
    fn ahead(&self, cluster: &ClusterState, pod: PodId, node: NodeId) -> SmallVec<[PodId; 4]> {
        let (name, priority) = (cluster.node(node).name, cluster.spec_of(pod).priority);
        let ahead = |other: &PodId| {
            let row = cluster.pod(*other);
            *other != pod
                && row.is_present()
                && row.node().is_none()
                && row.nominated == Some(name)
                && cluster.spec_of(*other).priority >= priority
        };
        self.pods.iter().copied().filter(ahead).collect()
    }

    /// Forgets pods that do not wait for their node any more.
    pub(super) fn tidy(&mut self, cluster: &ClusterState) {
        self.pods.retain(|pod| {
            let row = cluster.pod(*pod);
            row.is_present() && row.node().is_none() && row.nominated.is_some()
        });
    }

    /// The nodes that cannot take `pod` because of the pods as important that are nominated to them.
    pub(super) fn reserved_from(&self, cluster: &ClusterState, profile: &Profile, pod: PodId) -> Vec<NodeId> {
        let priority = cluster.spec_of(pod).priority;
        let ahead = self.pods.iter().filter(|other| cluster.spec_of(**other).priority >= priority);
        let nodes = ahead.filter_map(|other| cluster.pod(*other).nominated.and_then(|name| cluster.node_by_name(name)));
        let mut nodes: Vec<NodeId> = nodes.collect();
        nodes.sort_unstable();
        nodes.dedup();
        if !nodes.is_empty()
            && let Ok(filters) = Filters::prepare_for(cluster, profile, pod)
        {
            let incoming = Incoming { cluster, filters: &filters, pod };
            nodes.retain(|node| self.check(incoming, *node, &[]).is_err());
        }
        nodes
    }

    /// The pods nominated to a node that are less important than `pod`.
    pub(super) fn less_important(&self, cluster: &ClusterState, pod: PodId, node: NodeId) -> Vec<PodId> {
        let (name, priority) = (cluster.node(node).name, cluster.spec_of(pod).priority);
        let less = |other: &PodId| {
            let row = cluster.pod(*other);
            row.is_present()
                && row.node().is_none()
                && row.nominated == Some(name)
                && cluster.spec_of(*other).priority < priority
        };
        self.pods.iter().copied().filter(less).collect()
    }

    /// The filters with the nominated pods there, and without them. Upstream:
    /// `RunFilterPluginsWithNominatedPods`.
    pub(super) fn check(&self, incoming: Incoming<'_>, node: NodeId, gone: &[PodId]) -> Result<(), Rejection> {
        let Incoming { cluster, filters, pod } = incoming;
        let added = if self.pods.is_empty() { SmallVec::new() } else { self.ahead(cluster, pod, node) };
        if !added.is_empty() && filters.is_local() {
            filters.check_with(cluster, node, WhatIf { gone, added: &added })?;
        } else if !added.is_empty() {
            let mut with = filters.clone();
            added.iter().for_each(|other| with.count(cluster, cluster.pod(*other).spec, node, 1));
            with.check_with(cluster, node, WhatIf { gone, added: &added })?;
        }
        filters.check_with(cluster, node, WhatIf { gone, added: &[] })
    }
}

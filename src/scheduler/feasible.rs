//! Does this pod fit on that node? Asked many times over a cluster that changes a little in between.

use super::filters::Filters;
use super::memory::{Fit, Memory};
use super::profile::Profile;
use super::volumes;
use crate::cluster::{ClusterState, NodeId, PodId};

/// The scheduler's filters, with a memory of what they said: the answers are those of [`Filters`].
///
/// For one cluster; what-if trials of it included.
#[derive(Clone, Debug)]
pub struct Feasible {
    profile: Profile,
    memory: Memory,
    plainly: bool,
}

/// What the filters say about one pod until the cluster changes.
pub struct Answer<'a> {
    cluster: &'a ClusterState,
    source: Source<'a>,
}

enum Source<'a> {
    Tables(Fit<'a>),
    Filters(Box<Filters>),
    Nowhere,
}

impl Feasible {
    /// The filters of a profile, knowing nothing yet.
    pub fn new(profile: Profile) -> Self {
        Feasible { profile, memory: Memory::of_filters(), plainly: false }
    }
    /// As [`new`](Self::new), computing every answer afresh: slow, and right by itself.
    pub fn without_memory(profile: Profile) -> Self {
        Feasible { plainly: true, ..Feasible::new(profile) }
    }
    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }
    /// Whether answers are computed afresh.
    pub fn is_plain(&self) -> bool {
        self.plainly
    }

    /// Prepares for questions about one pod. Cost: the nodes that changed since the last question about such a
    /// pod; more for pods with volumes or bound to a node by name.
    pub fn ask<'a>(&'a mut self, cluster: &'a ClusterState, pod: PodId) -> Answer<'a> {
        let row = cluster.pod(pod);
        if !self.plainly
            && row.daemon_node.is_none()
            && !volumes::concern(cluster.spec(row.spec))
            && let Some(fit) = self.memory.fit(cluster, &self.profile, row.spec)
        {
            return Answer { cluster, source: Source::Tables(fit) };
        }
        let filters = Filters::prepare(cluster, &self.profile, row.spec, row.daemon_node);
        Answer { cluster, source: filters.map_or(Source::Nowhere, |filters| Source::Filters(Box::new(filters))) }
    }
}

impl Answer<'_> {
    /// Whether the answer for a node depends on that node alone.
    pub fn is_local(&self) -> bool {
        match &self.source {
            Source::Tables(fit) => fit.is_local(),
            Source::Filters(filters) => filters.is_local(),
            Source::Nowhere => false,
        }
    }
    /// Whether the pod passes all filters on the node.
    pub fn fits(&mut self, node: NodeId) -> bool {
        match &mut self.source {
            Source::Tables(fit) => fit.allows(self.cluster, node),
            Source::Filters(filters) => {
                let named = filters.node_names().is_none_or(|names| names.contains(&self.cluster.node(node).name));
                named && filters.check(self.cluster, node).is_ok()
            }
            Source::Nowhere => false,
        }
    }
}

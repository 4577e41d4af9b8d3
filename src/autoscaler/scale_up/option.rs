//! What the steps of one scale-up share.

use crate::autoscaler::view::{Groups, Unlike};
use crate::cluster::{NodeId, PodId};
use crate::id::GroupId;
use crate::units::SimTime;

/// A way to help.
#[derive(Clone, Debug)]
pub(in crate::autoscaler) struct ScaleUpOption {
    pub(in crate::autoscaler) group: GroupId,
    pub(in crate::autoscaler) nodes: i32,
    pub(in crate::autoscaler) pods: Vec<PodId>,
    /// What they ask for together: milli-cores and bytes.
    pub(in crate::autoscaler) requests: (i64, i64),
    /// What their containers do.
    pub(in crate::autoscaler) container_requests: (i64, i64),
    pub(in crate::autoscaler) similar: Vec<GroupId>,
    /// The others that take part, and why they are not similar; nothing if nobody asks.
    pub(in crate::autoscaler) unlike: Vec<(GroupId, Unlike)>,
}

/// What the steps of one scale-up share.
pub(in crate::autoscaler) struct Round<'a> {
    pub(in crate::autoscaler) now: SimTime,
    pub(in crate::autoscaler) groups: &'a Groups<'a>,
    /// How many nodes there are, ready or not.
    pub(in crate::autoscaler) all: usize,
    /// Ready nodes that are not cordoned.
    pub(in crate::autoscaler) ready: &'a [NodeId],
    /// Ready and upcoming nodes.
    pub(in crate::autoscaler) nodes: i32,
}

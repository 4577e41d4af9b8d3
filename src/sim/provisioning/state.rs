//! What node autoscaling has under way, and remembers.

use crate::autoscaler::Autoscaler;
use crate::autoscaler::SkipReason;
use crate::cluster::{NodeId, PodId};
use crate::id::IdVec;
use crate::sim::event::DrainId;
use crate::sim::log::{KeepReason, RecordId};
use crate::units::{SimDuration, SimTime};
use crate::world::{GroupId, InstanceId};
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The versions of all that a loop is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) cluster: [u64; 4],
    pub(crate) budgets: u64,
    pub(crate) groups: u64,
    pub(crate) instances: u64,
}

/// The node autoscaler, and what it has under way.
#[derive(Default)]
pub(crate) struct Provisioning {
    pub(crate) autoscaler: Option<Autoscaler>,
    /// What the autoscaler was shown in its last loop.
    pub(crate) shown: Shown,
    pub(crate) drains: IdVec<DrainId, Drain>,
    pub(crate) logged: LoggedReasons,
    /// When it is next looked how many nodes would do.
    pub(crate) packs_at: SimTime,
}

/// A deletion under way.
#[derive(Clone, Debug)]
pub(crate) struct Drain {
    pub(crate) node: NodeId,
    pub(crate) instance: InstanceId,
    /// The record of its beginning.
    pub(crate) record: Option<RecordId>,
    pub(crate) needs_drain: bool,
    /// When it is checked whether the deletion may begin; nothing once that was found.
    pub(crate) check_at: Option<SimTime>,
    /// Pods whose turn comes when those before them are gone, the last ones first, with how long they may terminate.
    pub(crate) later: Vec<(SimDuration, Vec<PodId>)>,
    /// How long those whose turn it is may terminate.
    pub(crate) grace: SimDuration,
    /// Pods not evicted yet.
    pub(crate) left: Vec<PodId>,
    /// Evicted pods that must be gone.
    pub(crate) evicted: Vec<PodId>,
    /// When the first eviction was tried; absent until then, and where the check said no.
    pub(crate) since: Option<SimTime>,
    /// When all were evicted.
    pub(crate) waiting_since: Option<SimTime>,
}

/// What was logged last.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoggedReasons {
    pub(crate) skipped: BTreeMap<GroupId, SkipReason>,
    pub(crate) kept: BTreeMap<NodeId, KeepReason>,
    pub(crate) unneeded: BTreeSet<NodeId>,
    /// By node: the last record that it is unneeded.
    pub(crate) found: BTreeMap<NodeId, RecordId>,
}

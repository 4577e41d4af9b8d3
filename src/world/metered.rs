//! What is metered while a simulation runs: of which item, and by what.

use super::{GroupId, WorkloadId};
use crate::cost::ItemId;
use crate::cost::rules::{BalancerUse, CapacityUnit, CreditTerms};
use crate::traffic::calls::ServiceId;
use crate::units::SimTime;

/// An item of the bill, and what decides how much of it there is.
#[derive(Clone, Debug, PartialEq)]
pub struct Metered {
    /// One of the cast's billing.
    pub item: ItemId,
    /// By what.
    pub by: Measure,
}

/// What decides how much there is. Levels are millionths of a unit, amounts billionths.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// So much from one time on until another.
    During {
        /// From when on.
        from: SimTime,
        /// Until when.
        until: SimTime,
        /// How much.
        level: i64,
    },
    /// So much for each node of a group while it is paid for.
    Nodes {
        /// Whose.
        group: GroupId,
        /// Of which of the group's machine types; of all without this.
        machine: Option<usize>,
        /// For each.
        level: i64,
    },
    /// So much for each ordinal of a StatefulSet that has claims.
    Claims {
        /// Whose.
        workload: WorkloadId,
        /// For each ordinal.
        level: i64,
        /// Volumes are made when the pod is bound, and not when it is created.
        when_bound: bool,
        /// They go when the StatefulSet shrinks.
        go_when_scaled: bool,
    },
    /// So much for each pod of a workload that is bound to a node.
    Pods {
        /// Whose.
        workload: WorkloadId,
        /// For each.
        level: i64,
    },
    /// An amount for each request that enters the cluster.
    Requests(f64),
    /// The capacity units of a load balancer.
    CapacityUnits {
        /// What a unit takes.
        unit: CapacityUnit,
        /// What a request that enters the cluster needs of it, on average over all routes.
        of_request: BalancerUse,
    },
    /// Hours of vCPUs that burstable machines were not entitled to.
    SurplusCredits {
        /// Whose.
        group: GroupId,
        /// Which of the group's machine types.
        machine: usize,
        /// What they earn.
        terms: CreditTerms,
    },
    /// Calls whose caller and callee are in different zones: an amount for each call.
    BetweenZones(Vec<ZoneCall>),
}

/// Calls of one service to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZoneCall {
    /// Who calls.
    pub caller: ServiceId,
    /// Who is called.
    pub callee: ServiceId,
    /// The amount of all of them for each request that enters the cluster, if every one crossed zones.
    pub of_request: f64,
}

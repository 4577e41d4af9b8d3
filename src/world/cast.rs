//! The cast: all that is given before time starts.

use super::{
    Billing, Budget, Carbon, Deploy, Fault, Hpa, Limits, Metered, NodeGroup, NodeItem, OnNotice, PricedTime, Rebalance,
    TracePod, Traffic, Vpa, Workload,
};
use crate::autoscaler;
use crate::cluster::ClusterState;
use crate::cost::{BaseRates, Item};
use crate::hpa;
use crate::id::{GroupId, IdVec, WorkloadId};
use crate::intern::Symbol;
use crate::scheduler::Profiles;
use crate::vpa;
use std::sync::Arc;

/// Static objects, groups, workloads: the cluster before time starts.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    /// Namespaces, services, volumes, and the pods' kinds. Without nodes and pods.
    pub cluster: ClusterState,
    /// The node groups, in order.
    pub groups: IdVec<GroupId, NodeGroup>,
    /// The workloads, in order.
    pub workloads: IdVec<WorkloadId, Workload>,
    /// The budgets, in order.
    pub budgets: Vec<Budget>,
    /// The scheduler's profiles.
    pub profiles: Profiles,
    /// The HPAs, in the order of their "namespace/name".
    pub hpas: Vec<Hpa>,
    /// Cluster Autoscaler's flags; absent means that there is none. The groups that it manages come first.
    pub autoscaler: Option<autoscaler::Flags>,
    /// Flags of the HPA controller.
    pub hpa_flags: hpa::Flags,
    /// The VPAs, in the order of their "namespace/name"; at most one per workload.
    pub vpas: Vec<Vpa>,
    /// Flags of the VPA's recommender and updater.
    pub vpa_flags: vpa::Flags,
    /// Faults and other things that happen at a time.
    pub faults: Vec<Fault>,
    /// Rollouts.
    pub deploys: Vec<Deploy>,
    /// Rebalance recommendations; absent means that notices come without them.
    pub rebalance: Option<Rebalance>,
    /// What empties a node after its spot notice.
    pub on_notice: OnNotice,
    /// A trace of pods, in order of arrival.
    pub trace: Vec<TracePod>,
    /// Requests, where there are any.
    pub traffic: Option<Traffic>,
    /// What is promised of a whole run, beside what the traffic promises users.
    pub limits: Limits,
    /// What is paid for besides nodes, and the account's calendar.
    pub billing: Billing,
    /// Items of the billing that the simulation meters.
    pub metered: Vec<Metered>,
    /// The price ratio of cpu and memory, for dividing nodes' cost.
    pub base_rates: BaseRates,
    /// What machines emit, where somebody wants to know.
    pub carbon: Option<Carbon>,
}

impl Cast {
    /// All that may be paid for, in the order of the bill's numbers: what stands beside nodes, then the nodes.
    pub fn bill_items(&self, time: PricedTime<'_>) -> Vec<Arc<Item>> {
        let standing = self.billing.items.values().map(|standing| standing.item.clone());
        let node = |row: NodeItem| {
            let zone = (row.zone != Symbol::EMPTY).then(|| self.cluster.symbols.text(row.zone).into());
            Arc::new(self.billing.priced_node_item((&self.groups[row.group], row.machine), zone, time))
        };
        standing.chain(self.billing.node_items(self.groups.values()).map(node)).collect()
    }
}

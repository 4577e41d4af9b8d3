//! Kinds of charges: Foresail's own grouping of a bill's lines.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChargeKind {
    /// Nodes at list price.
    OnDemandNodes,
    /// Nodes at spot prices.
    SpotNodes,
    /// What was committed to in advance: fees, and what of them covers nothing.
    Commitments,
    /// Compute that is paid for otherwise than by the node: pods of Fargate and Autopilot, Auto Mode's fee, cpu credits.
    ComputeFees,
    /// The managed control plane.
    ControlPlane,
    /// Disks.
    Volumes,
    /// Load balancers, their capacity units and traffic.
    LoadBalancers,
    /// Databases and search.
    Databases,
    /// Caches.
    Caches,
    /// Message brokers, queues and streams.
    Brokers,
    /// Object and file storage, image registries.
    Storage,
    /// Name servers.
    Dns,
    /// Logs, metrics and alarms.
    Monitoring,
    /// The provider's support plan.
    Support,
    /// Other services, and what the scenario gives in USD per month.
    ManagedServices,
    /// Traffic between zones, through NAT and to the internet.
    DataTransfer,
}

impl ChargeKind {
    /// All kinds, in the order reports show them.
    pub const ALL: [ChargeKind; 16] = [
        ChargeKind::OnDemandNodes,
        ChargeKind::SpotNodes,
        ChargeKind::Commitments,
        ChargeKind::ComputeFees,
        ChargeKind::ControlPlane,
        ChargeKind::Volumes,
        ChargeKind::LoadBalancers,
        ChargeKind::Databases,
        ChargeKind::Caches,
        ChargeKind::Brokers,
        ChargeKind::Storage,
        ChargeKind::Dns,
        ChargeKind::Monitoring,
        ChargeKind::ManagedServices,
        ChargeKind::DataTransfer,
        ChargeKind::Support,
    ];
    /// A few words for people.
    pub const fn name(self) -> &'static str {
        match self {
            ChargeKind::OnDemandNodes => "on-demand nodes",
            ChargeKind::SpotNodes => "spot nodes",
            ChargeKind::Commitments => "commitments",
            ChargeKind::ComputeFees => "compute fees",
            ChargeKind::ControlPlane => "control plane",
            ChargeKind::Volumes => "volumes",
            ChargeKind::LoadBalancers => "load balancers",
            ChargeKind::Databases => "databases",
            ChargeKind::Caches => "caches",
            ChargeKind::Brokers => "message brokers",
            ChargeKind::Storage => "storage",
            ChargeKind::Dns => "DNS",
            ChargeKind::Monitoring => "monitoring",
            ChargeKind::Support => "support plan",
            ChargeKind::ManagedServices => "managed services",
            ChargeKind::DataTransfer => "data transfer",
        }
    }
}

impl fmt::Display for ChargeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

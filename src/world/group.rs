//! Node groups: what they launch, where, how fast.

use super::Delay;
use crate::autoscaler::Foretold;
use crate::cluster::NodeTemplate;
use crate::intern::Symbol;
use crate::market::{Origin, SpotPool};
use crate::units::{PricePerHour, SimDuration};

/// A machine type that a node group may launch.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The type's name, such as `m5.large`.
    pub instance_type: String,
    /// The node it becomes; zone and name are set at launch.
    pub template: NodeTemplate,
    /// How much of a request's work a core does in a second, over that of the type on which the services' profiles
    /// were measured; above 0.
    pub speed: f64,
    /// The public list price on demand.
    pub list_price: PricePerHour,
    /// What it costs: the list price after the account's discounts, or the spot price.
    pub price: PricePerHour,
    /// Where the price is from.
    pub origin: Origin,
    /// How its spot capacity is reclaimed, for spot groups; absent means never.
    pub spot_market: Option<SpotPool>,
}

/// A node group: what it launches, where, how fast.
#[derive(Clone, Debug)]
pub struct NodeGroup {
    /// The name.
    pub name: String,
    /// The least size the autoscaler may set.
    pub min: i32,
    /// The largest size the autoscaler may set.
    pub max: i32,
    /// The size at the start.
    pub initial: i32,
    /// The machine types, at least one.
    pub machines: Vec<Machine>,
    /// What the cloud says about a new node; absent means the truth about the first machine type.
    pub foretold: Option<Foretold>,
    /// The zones, in order; empty keeps the template's.
    pub zones: Vec<Symbol>,
    /// Spot capacity.
    pub spot: bool,
    /// From launch to registration.
    pub boot: Delay,
    /// From registration to Ready.
    pub ready_lag: Delay,
    /// From the deletion of the instance to the end of the node object.
    pub termination: SimDuration,
    /// Whether Cluster Autoscaler manages the group.
    pub autoscaled: bool,
    /// The disk that its nodes start from, as far as it is said.
    pub root_volume: RootVolume,
}

/// What is said of the disk that a node starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootVolume {
    /// Its size.
    pub gib: Option<i64>,
    /// `gp3`, `pd-balanced`...
    pub kind: Option<String>,
    /// Provisioned operations per second.
    pub iops: Option<i64>,
    /// Provisioned MiB per second.
    pub throughput: Option<i64>,
}

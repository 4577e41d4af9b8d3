//! The price list as people ask for it: machine types, items, managed services, regions, found and printed.
//!
//! Start reading at [`Question`].

mod ask;
mod names;
mod print;

pub use print::{csv, json, table};

use crate::market::{Architecture, Origin, Provider, SpotSpread};
use std::ops::RangeInclusive;

/// What is asked of the price list.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Only one part of it.
    pub section: Option<Section>,
    /// Exact names, where no part was named; else parts of names, any of which may occur.
    pub words: Vec<String>,
    /// Where; empty: everywhere for exact names, else at the provider's home.
    pub regions: Vec<String>,
    /// One provider's only.
    pub provider: Option<Provider>,
    /// Of machine types: vCPUs.
    pub vcpu: Option<RangeInclusive<f64>>,
    /// Of machine types: GiB.
    pub memory_gib: Option<RangeInclusive<f64>>,
    /// Of machine types: accelerators.
    pub gpus: Option<RangeInclusive<f64>>,
    /// Of machine types: the instruction set.
    pub architecture: Option<Architecture>,
    /// The order of rows.
    pub sort: Sort,
}

/// A part of the price list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Machine types.
    Types,
    /// Disks, load balancers, traffic, storage...
    Items,
    /// Databases, caches, brokers.
    Managed,
    /// Regions with prices.
    Regions,
}

/// The order of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name, types as the tables have them.
    #[default]
    Name,
    /// The cheapest first.
    Price,
    /// The cheapest spot capacity first.
    Spot,
    /// The fewest vCPUs first.
    Vcpu,
    /// The least memory first.
    Memory,
}

/// One row of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which part it is of.
    pub section: Section,
    /// `m5.large`, `nat_gateway_gb`, `rds-postgres/db.m5.large`, `us-east-1`.
    pub name: String,
    /// Where.
    pub region: String,
    /// The service as bills name it.
    pub service: &'static str,
    /// Of machine types.
    pub machine: Option<Machine>,
    /// What a price is for: `hour`, `GB`.
    pub unit: &'static str,
    /// From how many units a month on, the list price and what is paid, USD.
    pub tiers: Vec<(u64, f64, f64)>,
    /// Where the price is from.
    pub origin: Option<Origin>,
}

/// What a machine type is.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// vCPUs.
    pub vcpu: f64,
    /// GiB.
    pub memory_gib: f64,
    /// `amd64` or `arm64`.
    pub architecture: &'static str,
    /// Accelerators.
    pub gpus: u32,
    /// USD per hour, where there is a spot market, and where that is from.
    pub spot: Option<(f64, Origin)>,
    /// How the spot price differs between the region's zones, where that is known.
    pub spread: Option<SpotSpread>,
    /// How often spot capacity is taken back.
    pub interrupted: Option<&'static str>,
}

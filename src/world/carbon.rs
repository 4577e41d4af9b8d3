//! What the cluster's machines emit.

use super::GroupId;
use crate::id::IdVec;

/// What a machine draws and emits; energy with what the data centre draws for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MachineEmissions {
    /// kWh in an hour in which nothing of its cpu is used.
    pub idle_kwh: f64,
    /// kWh more for each hour of a vCPU that is used.
    pub vcpu_kwh: f64,
    /// kg CO2e of the server's manufacture for each hour.
    pub embodied_kg: f64,
}

/// What machines emit, where somebody wants to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Carbon {
    /// By group and machine type.
    pub machines: IdVec<GroupId, Vec<MachineEmissions>>,
    /// kg CO2e of a kWh.
    pub kg_per_kwh: f64,
    /// What the data centre draws over what machines draw.
    pub pue: f64,
}

//! What the machines emit.

use crate::study::Estimate;
use serde::{Deserialize, Serialize};

/// Emissions over the replications, in a month of 730 hours. The sum is the headline `co2eKgPerMonth`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CarbonResult {
    /// kg CO2e in all.
    pub co2e_kg_per_month: Estimate,
    /// kg CO2e of the electricity.
    pub operational_kg_per_month: Estimate,
    /// kg CO2e of the servers' manufacture.
    pub embodied_kg_per_month: Estimate,
    /// What machines and their data centre draw.
    pub energy_kwh_per_month: Estimate,
    /// kg CO2e of a kWh.
    pub grid_kg_per_kwh: f64,
    /// What the data centre draws over what machines draw.
    pub pue: f64,
    /// Whose figures and method these are.
    pub source: String,
}

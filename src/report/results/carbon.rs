//! What the machines emit, over the replications.

use super::Results;
use crate::report::{CarbonResult, Estimate};
use crate::study::{Emissions, emissions};

/// Where the method and its figures are from.
const SOURCE: &str = "Cloud Carbon Footprint (method; watts, grid and manufacture by its tables of 2023)";

impl Results<'_> {
    /// Nothing where nobody asked.
    pub(super) fn carbon(&self) -> Option<CarbonResult> {
        let carbon = self.cast.carbon.as_ref()?;
        let over = |value: fn(&Emissions) -> f64| self.emitted(value).unwrap_or(Estimate::UNKNOWN);
        Some(CarbonResult {
            co2e_kg_per_month: over(Emissions::kg),
            operational_kg_per_month: over(|found| found.operational_kg),
            embodied_kg_per_month: over(|found| found.embodied_kg),
            energy_kwh_per_month: over(|found| found.energy_kwh),
            grid_kg_per_kwh: carbon.kg_per_kwh,
            pue: carbon.pue,
            source: SOURCE.to_owned(),
        })
    }

    /// A figure of the emissions; none where nobody asked.
    pub(super) fn emitted(&self, value: fn(&Emissions) -> f64) -> Option<Estimate> {
        self.cast.carbon.as_ref()?;
        Some(self.over(|run| emissions(self.cast, run).as_ref().map_or(f64::NAN, value)))
    }
}

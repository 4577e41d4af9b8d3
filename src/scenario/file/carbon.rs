//! Whether emissions are wanted, and what is known better than by the tables.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// `true`, `false`, or figures of one's own, which switch it on.
#[derive(Clone, Debug, Default)]
pub struct Carbon(pub Option<CarbonFigures>);

/// Figures of one's own instead of the tables'.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CarbonFigures {
    /// kg CO2e of a kWh, 0 to 10.
    #[schemars(extend("x-default" = "the region's", "x-unit" = "kg CO2e per kWh, 0 to 10"), example = 0.38)]
    pub grid_kg_per_kwh: Option<f64>,
    /// What the data centre draws over what machines draw, 1 to 10.
    #[schemars(extend("x-default" = "the provider's", "x-unit" = "1 to 10"), example = 1.15)]
    pub pue: Option<f64>,
    /// Whether the servers' manufacture counts; it does without this.
    #[schemars(extend("default" = true), example = false)]
    pub embodied: Option<bool>,
}

impl<'de> Deserialize<'de> for Carbon {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Carbon;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("true, false, or a mapping of gridKgPerKwh, pue, embodied")
            }
            fn visit_bool<E: serde::de::Error>(self, wanted: bool) -> Result<Carbon, E> {
                Ok(Carbon(wanted.then(CarbonFigures::default)))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Carbon, A::Error> {
                let figures = CarbonFigures::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Carbon(Some(figures)))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

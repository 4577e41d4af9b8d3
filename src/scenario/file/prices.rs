//! The user's own prices: what was negotiated, in the scenario or in a file that it names.

use super::values::{FilePath, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Negotiated prices; the path of a file is short for `{file: PATH}`.
#[derive(Clone, Debug, Default)]
pub struct Prices(pub PriceTerms);

/// What was negotiated. A file with prices (YAML) has the same fields but `file`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PriceTerms {
    /// A file with more of them: YAML, or CSV with the fields of a rate as columns.
    #[schemars(example = "contract.yaml")]
    pub file: Option<FilePath>,
    /// Whose prices they are; the file's name without this.
    #[schemars(extend("x-default" = "the file's name"), example = "EDP 2026")]
    pub source: Option<String>,
    /// From when, `YYYY-MM-DD`.
    #[schemars(extend("x-unit" = "YYYY-MM-DD"), example = "2026-01-01")]
    pub date: Option<String>,
    /// What prices are written in; USD without this.
    #[schemars(extend("default" = "USD"), example = &"EUR")]
    pub currency: Option<String>,
    /// USD for one unit of `currency`.
    #[schemars(extend("default" = 1, "x-unit" = "USD"), example = 1.08)]
    pub usd_per_unit: Option<f64>,
    /// Off the list price, by service (`ec2`, `ebs`, ...) or for `all`.
    #[schemars(example = serde_json::json!({"ec2": "7%"}))]
    pub discounts: BTreeMap<String, Percent>,
    /// Prices and discounts of single things.
    pub rates: Vec<PriceRate>,
    /// A recording of spot prices: the output of `aws ec2 describe-spot-price-history`, or a CSV of the same.
    #[schemars(example = "spot-prices.json")]
    pub spot_history: Option<FilePath>,
    /// What spot prices do in time.
    #[schemars(example = &"fitted")]
    pub spot_prices: Option<SpotMode>,
    /// How a recording lies over the simulated time.
    #[schemars(example = &"calendar")]
    pub spot_align: Option<SpotAlign>,
    /// How spot prices move, where none are recorded.
    pub spot_process: Option<SpotProcess>,
}

/// What spot prices do in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SpotMode {
    /// As recorded; beyond the recording the first and the last price are held.
    Recorded,
    /// As recorded; beyond the recording they are drawn from a process that is fitted to it.
    Fitted,
    /// They do not change.
    Constant,
}

/// How a recording lies over the simulated time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SpotAlign {
    /// At its own dates.
    Calendar,
    /// It begins with the simulated time, at its hour of the day.
    Start,
}

/// How the logarithm of a spot price moves.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SpotProcess {
    /// After this time a distance from the mean is half.
    #[schemars(example = "12h")]
    pub half_life: Option<Time>,
    /// The standard deviation of the change from one day to the next.
    #[schemars(extend("x-unit" = "of the logarithm"), example = 0.05)]
    pub daily_sd: Option<f64>,
    /// The correlation of the zones, 0 to 1.
    #[schemars(extend("x-unit" = "0 to 1"), example = 0.5)]
    pub zone_correlation: Option<f64>,
}

/// The price of one thing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PriceRate {
    /// `m5.large`, `nat_gateway_gb`, `rds-postgres/db.m5.large`.
    #[schemars(example = "m5.large")]
    pub name: String,
    /// Where; everywhere without this.
    #[schemars(extend("x-default" = "everywhere"), example = "us-east-1")]
    pub region: Option<String>,
    /// `onDemand` or `spot`.
    #[schemars(extend("x-unit" = "onDemand or spot"), example = &"spot")]
    pub capacity: Option<String>,
    /// Of one unit, in the currency.
    #[schemars(extend("x-unit" = "the currency, per unit"), example = 0.085)]
    pub price: Option<f64>,
    /// Or off the list price.
    #[schemars(example = "12%")]
    pub discount: Option<Percent>,
    /// Of what it is the price: `hour`, `GB`, `GB-month`.
    #[schemars(example = &"hour")]
    pub unit: Option<String>,
    /// Whose price it is.
    #[schemars(example = "contract 4711")]
    pub source: Option<String>,
    /// From when, `YYYY-MM-DD`.
    #[schemars(extend("x-unit" = "YYYY-MM-DD"), example = "2026-01-01")]
    pub date: Option<String>,
}

/// A share in percent, 0 to 1: `7%`, `7.5%`, or a number of percent of at least 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percent(pub f64);

impl Percent {
    /// Reads `7%` or `7`.
    pub(crate) fn parse(text: &str) -> Result<Percent, String> {
        let refuse = || format!("found `{text}`, expected a percentage such as 7%, from 0% to 100%");
        let (figure, has_sign) = match text.trim().strip_suffix('%') {
            Some(figure) => (figure.trim(), true),
            None => (text.trim(), false),
        };
        let percent: f64 = figure.parse().map_err(|_| refuse())?;
        // 0.07 without a sign may be meant as 7 %, or as 0.07 %.
        let is_clear = has_sign || percent >= 1.0 || percent == 0.0;
        if is_clear && (0.0..=100.0).contains(&percent) { Ok(Percent(percent / 100.0)) } else { Err(refuse()) }
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Percent;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a percentage such as 7%")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Percent, E> {
                Percent::parse(text).map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, percent: u64) -> Result<Percent, E> {
                self.visit_str(&percent.to_string())
            }
            fn visit_i64<E: serde::de::Error>(self, percent: i64) -> Result<Percent, E> {
                self.visit_str(&percent.to_string())
            }
            fn visit_f64<E: serde::de::Error>(self, percent: f64) -> Result<Percent, E> {
                self.visit_str(&percent.to_string())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Prices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Prices;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the path of a file with prices, or discounts and rates")
            }
            fn visit_str<E: serde::de::Error>(self, path: &str) -> Result<Prices, E> {
                let file = FilePath::deserialize(serde::de::value::StrDeserializer::<E>::new(path))?;
                Ok(Prices(PriceTerms { file: Some(file), ..PriceTerms::default() }))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Prices, A::Error> {
                PriceTerms::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Prices)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

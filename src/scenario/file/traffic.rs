//! Requests from outside.

use super::growth::GrowthRate;
use super::values::{FilePath, Time};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Requests from outside.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Traffic {
    /// Patterns that add up.
    pub patterns: Vec<Pattern>,
    /// All of it times this.
    pub scale: Option<f64>,
    /// How it grows: `5%/month`.
    pub growth: Option<GrowthRate>,
    /// Standard deviation of the rate's logarithm.
    pub noise: Option<f64>,
    /// How long busy minutes follow busy minutes.
    pub noise_correlation: Option<Time>,
    /// The workload through which all requests enter, if it is modelled.
    pub gateway: Option<String>,
    /// How arrivals vary around their rate (exact mode); Poisson by default.
    pub arrivals: Option<Arrivals>,
    /// Requests that a client sends over one connection; what load balancers charge for depends on it.
    pub requests_per_connection: Option<f64>,
    /// Weights of Ingress paths or of services (`/api/v1/orders: 3`); equal if none are given.
    pub routes: BTreeMap<String, f64>,
}

/// How arrivals vary around their rate.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Arrivals {
    /// Independent users.
    Poisson,
    /// Equal gaps.
    Deterministic,
    /// Gaps with this squared coefficient of variation: `{scv: 4}`.
    Gamma {
        /// Variance over squared mean.
        scv: f64,
    },
    /// Poisson at a rate that jumps between two levels.
    #[serde(rename_all = "camelCase")]
    Bursty {
        /// Multiples of the rate; their mean over time should be 1.
        levels: [f64; 2],
        /// How long each level lasts on average.
        mean_sojourn: [Time; 2],
    },
}

/// Requests per second over time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Pattern {
    /// Always the same.
    #[serde(rename_all = "camelCase")]
    Constant {
        /// Requests per second.
        rate: f64,
    },
    /// Days and weeks.
    #[serde(rename_all = "camelCase")]
    Diurnal {
        /// Mean requests per second.
        mean_rate: f64,
        /// 0..=1: how far the day swings around its mean.
        swing: f64,
        /// Hour of the day, 0..24.
        peak_hour: f64,
        /// Factors of Monday to Sunday.
        #[serde(default)]
        days: Option<[f64; 7]>,
    },
    /// From one rate to another.
    #[serde(rename_all = "camelCase")]
    Ramp {
        /// Before.
        from: f64,
        /// After.
        to: f64,
        /// When it begins.
        at: Time,
        /// How long it takes.
        over: Time,
    },
    /// More from an instant on, for a while.
    #[serde(rename_all = "camelCase")]
    Step {
        /// Requests per second.
        rate: f64,
        /// When.
        at: Time,
        /// For how long; to the end if absent.
        #[serde(default, rename = "for")]
        lasts: Option<Time>,
    },
    /// Everybody at once, then fading.
    #[serde(rename_all = "camelCase")]
    FlashCrowd {
        /// Requests per second at the peak.
        peak_rate: f64,
        /// When it begins.
        at: Time,
        /// How long it rises.
        rise: Time,
        /// How long it stays.
        hold: Time,
        /// After this time it is half.
        half_life: Time,
    },
    /// As k6 writes them.
    #[serde(rename_all = "camelCase")]
    Stages {
        /// Requests per second at the start.
        #[serde(default)]
        start_rate: f64,
        /// The stages, in order.
        stages: Vec<Stage>,
    },
    /// A recorded trace: CSV of `timestamp,value`.
    #[serde(rename_all = "camelCase")]
    Trace {
        /// The file.
        file: FilePath,
        /// `rps` or `requests` (per step).
        #[serde(default)]
        unit: Option<String>,
        /// Times this.
        #[serde(default)]
        scale: Option<f64>,
        /// Slower by this factor.
        #[serde(default)]
        stretch: Option<f64>,
    },
}

/// A k6 stage.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// How long.
    pub duration: Time,
    /// Requests per second at its end.
    pub target: f64,
}

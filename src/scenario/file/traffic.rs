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
    #[schemars(extend("default" = 1, "x-unit" = "times"), example = 2)]
    pub scale: Option<f64>,
    /// How it grows: `5%/month`.
    #[schemars(example = "5%/month")]
    pub growth: Option<GrowthRate>,
    /// How weeks and days differ from those of the patterns: `{noise: 0.1}`.
    #[schemars(example = serde_json::json!({"noise": 0.1, "days": 0.05}))]
    pub weeks: Option<Weeks>,
    /// Standard deviation of the rate's logarithm.
    #[schemars(extend("default" = 0, "x-unit" = "standard deviation of the logarithm"), example = 0.1)]
    pub noise: Option<f64>,
    /// How long busy minutes follow busy minutes.
    #[schemars(example = "10m")]
    pub noise_correlation: Option<Time>,
    /// The workload through which all requests enter, if it is modelled.
    #[schemars(example = "ingress-nginx-controller")]
    pub gateway: Option<String>,
    /// How arrivals vary around their rate; Poisson by default. The fast latency mode knows it where requests enter.
    #[schemars(extend("default" = "poisson"), example = serde_json::json!({"gamma": {"scv": 4}}))]
    pub arrivals: Option<Arrivals>,
    /// Requests that a client sends over one connection; what load balancers charge for depends on it.
    #[schemars(extend("default" = 5, "x-unit" = "requests"), example = 20)]
    pub requests_per_connection: Option<f64>,
    /// Weights of Ingress paths or of services (`/api/v1/orders: 3`); equal if none are given.
    #[schemars(extend("x-default" = "equal weights", "x-unit" = "weights"), example = serde_json::json!({"/api/v1/orders": 3}))]
    #[serde(deserialize_with = "super::values::by_name")]
    pub routes: BTreeMap<String, f64>,
}

/// How weeks and days differ from those of the patterns.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Weeks {
    /// Standard deviation of the logarithm of a week's level; its mean is 1.
    #[schemars(extend("default" = 0, "x-unit" = "standard deviation of the logarithm"), example = 0.1)]
    pub noise: Option<f64>,
    /// Standard deviation of the logarithm of a day's level within its week; its mean is 1.
    #[schemars(extend("default" = 0, "x-unit" = "standard deviation of the logarithm"), example = 0.05)]
    pub days: Option<f64>,
    /// Traces are read in another order in each history: `days` or `weeks` are drawn from the trace's own.
    #[schemars(example = &"days")]
    pub resample: Option<Resampled>,
}

/// What of a trace is drawn as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Resampled {
    /// Days, of the same weekday where the trace has two weeks or more.
    Days,
    /// Weeks.
    Weeks,
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
        #[schemars(extend("x-unit" = "variance over squared mean"), example = 4)]
        scv: f64,
    },
    /// Poisson at a rate that jumps between two levels.
    #[serde(rename_all = "camelCase")]
    Bursty {
        /// Multiples of the rate; their mean over time should be 1.
        #[schemars(extend("x-unit" = "multiples of the rate"), example = serde_json::json!([0.5, 3]))]
        levels: [f64; 2],
        /// How long each level lasts on average.
        #[schemars(example = serde_json::json!(["10m", "2m"]))]
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
        #[schemars(extend("x-unit" = "requests per second"), example = 50)]
        rate: f64,
    },
    /// Days and weeks.
    #[serde(rename_all = "camelCase")]
    Diurnal {
        /// Mean requests per second.
        #[schemars(extend("x-unit" = "requests per second"), example = 100)]
        mean_rate: f64,
        /// 0..=1: how far the day swings around its mean.
        #[schemars(extend("x-unit" = "0 to 1"), example = 0.6)]
        swing: f64,
        /// Hour of the day, 0..24.
        #[schemars(extend("x-unit" = "hour, 0 to 24"), example = 20)]
        peak_hour: f64,
        /// Factors of Monday to Sunday.
        #[serde(default)]
        #[schemars(extend("x-unit" = "factors"), example = serde_json::json!([1, 1, 1, 1, 1.2, 1.5, 1.3]))]
        days: Option<[f64; 7]>,
    },
    /// From one rate to another.
    #[serde(rename_all = "camelCase")]
    Ramp {
        /// Before.
        #[schemars(extend("x-unit" = "requests per second"), example = 50)]
        from: f64,
        /// After.
        #[schemars(extend("x-unit" = "requests per second"), example = 150)]
        to: f64,
        /// When it begins.
        #[schemars(example = "2h")]
        at: Time,
        /// How long it takes.
        #[schemars(example = "30m")]
        over: Time,
    },
    /// More from an instant on, for a while.
    #[serde(rename_all = "camelCase")]
    Step {
        /// Requests per second.
        #[schemars(extend("x-unit" = "requests per second"), example = 50)]
        rate: f64,
        /// When.
        #[schemars(example = "2h")]
        at: Time,
        /// For how long; to the end if absent.
        #[serde(default, rename = "for")]
        #[schemars(example = "1h")]
        lasts: Option<Time>,
    },
    /// Everybody at once, then fading.
    #[serde(rename_all = "camelCase")]
    FlashCrowd {
        /// Requests per second at the peak.
        #[schemars(extend("x-unit" = "requests per second"), example = 500)]
        peak_rate: f64,
        /// When it begins.
        #[schemars(example = "2h")]
        at: Time,
        /// How long it rises.
        #[schemars(example = "2m")]
        rise: Time,
        /// How long it stays.
        #[schemars(example = "10m")]
        hold: Time,
        /// After this time it is half.
        #[schemars(example = "15m")]
        half_life: Time,
    },
    /// As k6 writes them.
    #[serde(rename_all = "camelCase")]
    Stages {
        /// Requests per second at the start.
        #[serde(default)]
        #[schemars(extend("default" = 0, "x-unit" = "requests per second"), example = 10)]
        start_rate: f64,
        /// The stages, in order.
        #[schemars(example = serde_json::json!([{"duration": "5m", "target": 100}]))]
        stages: Vec<Stage>,
    },
    /// Recorded or planned traffic of a file: CSV, Grafana, Prometheus, k6 or access logs.
    Trace(Box<Trace>),
}

/// A file of traffic, in any of the forms of docs/traffic.md.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trace {
    /// The file; of access logs also a folder.
    #[schemars(example = "traffic.csv")]
    pub file: FilePath,
    /// `rps`, `rpm` or `requests` (per step); what the column's name says if absent, else `rps`.
    #[serde(default)]
    #[schemars(extend("x-unit" = "rps, rpm or requests (per step)"), example = &"requests")]
    pub unit: Option<String>,
    /// Which of several columns or series: its name, its number from 1, or `*` for all of them added up.
    #[serde(default)]
    #[schemars(extend("x-unit" = "a name or a number"), example = &"requests")]
    pub column: Option<NameOrNumber>,
    /// An IANA name for times without a zone; UTC if absent.
    #[serde(default)]
    #[schemars(extend("default" = "UTC", "x-unit" = "IANA name"), example = &"Europe/Berlin")]
    pub timezone: Option<String>,
    /// How times are written, as strftime has it: `%d/%m/%Y %H:%M`.
    #[serde(default)]
    #[schemars(extend("x-unit" = "strftime"), example = &"%d/%m/%Y %H:%M")]
    pub time_format: Option<String>,
    /// From this date, time or offset on.
    #[serde(default)]
    #[schemars(extend("x-unit" = "date, time or offset"), example = &"2026-11-02")]
    pub from: Option<NameOrNumber>,
    /// Up to this one, which is not included.
    #[serde(default)]
    #[schemars(extend("x-unit" = "date, time or offset"), example = &"2026-11-09")]
    pub to: Option<NameOrNumber>,
    /// What is where samples are missing; `hold` if absent.
    #[serde(default)]
    #[schemars(extend("default" = "hold"), example = &"zero")]
    pub gaps: Option<GapFilling>,
    /// Over what requests of an access log are counted; `1m` if absent.
    #[serde(default)]
    #[schemars(extend("default" = "1m"), example = &"10s")]
    pub step: Option<Time>,
    /// Requests per second of one virtual user of k6, all its iterations together.
    #[serde(default)]
    #[schemars(extend("x-unit" = "requests per second"), example = 0.5)]
    pub requests_per_vu: Option<f64>,
    /// Requests of one iteration of k6; 1 if absent.
    #[serde(default)]
    #[schemars(extend("default" = 1, "x-unit" = "requests"), example = 3)]
    pub requests_per_iteration: Option<f64>,
    /// Times this.
    #[serde(default)]
    #[schemars(extend("default" = 1, "x-unit" = "times"), example = 2)]
    pub scale: Option<f64>,
    /// Slower by this factor.
    #[serde(default)]
    #[schemars(extend("default" = 1, "x-unit" = "times as slow"), example = 2)]
    pub stretch: Option<f64>,
}

/// What is where samples are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GapFilling {
    /// The value before.
    #[default]
    Hold,
    /// No requests.
    Zero,
    /// A straight line, in steps.
    Interpolate,
}

/// A text, or a number that needs no quotes.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum NameOrNumber {
    /// `3`
    Number(f64),
    /// `requests`
    Name(String),
}

impl std::fmt::Display for NameOrNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NameOrNumber::Number(number) => number.fmt(f),
            NameOrNumber::Name(name) => f.write_str(name),
        }
    }
}

/// A k6 stage.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// How long.
    #[schemars(example = "5m")]
    pub duration: Time,
    /// Requests per second at its end.
    #[schemars(extend("x-unit" = "requests per second"), example = 100)]
    pub target: f64,
}

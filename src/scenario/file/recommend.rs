//! What a recommendation may change, must survive and leaves alone. It changes nothing of what a run simulates.

use super::objectives::Objectives;
use super::sweep::Varied;
use super::values::Time;
use crate::units::SimDuration;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

/// What is asked of `foresail recommend`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Recommend {
    /// What may change: kinds (`min`, `max`, `target`, `scaleUp`, `scaleDown`, `instanceTypes`, `spotShare`, `utilizationThreshold`,
    /// `unneededTime`, `expander`, `requests`, `schedule`), or paths with their values, as `sweep.vary` takes them.
    #[schemars(extend("default" = serde_json::json!(["min", "max", "target"])), example = serde_json::json!({"hpas.web.minReplicas": "2..8"}))]
    pub knobs: Option<Knobs>,
    /// What a setting must survive; `[]` is nothing. By default the loss of the largest zone for an hour, of any node, traffic
    /// times 1.25, the worst crowd of the traffic, and no spot capacity in a group for an hour.
    #[schemars(extend("x-default" = "five stresses"), example = serde_json::json!([{"traffic": 1.5}]))]
    pub against: Option<Vec<Stress>>,
    /// What stays as redundant as it is.
    pub keep: Keep,
    /// What a setting is tested on that the search has not seen: a share of the traces, or `{weeks: N}` fresh ones.
    #[schemars(extend("x-default" = "chosen by the traffic"), example = 0.3)]
    pub hold_back: Option<HoldBack>,
    /// How long the search may be: so many replications, or a time.
    #[schemars(extend("x-default" = "until nothing better is in sight"), example = "2m")]
    pub budget: Option<SearchBudget>,
}

/// What may change.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a list such as [min, max, target], or paths with their values")]
pub enum Knobs {
    /// Kinds, and paths among them.
    List(Vec<Knob>),
    /// By path, as `sweep.vary` takes them.
    Paths(IndexMap<String, Option<Varied>>),
}

/// Something that may change.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected the name of a knob, or a path with its values")]
pub enum Knob {
    /// `min`, `spotShare`...
    Kind(String),
    /// `hpas.web.minReplicas: 2..8`.
    Paths(IndexMap<String, Option<Varied>>),
}

/// Something bad that a setting must survive: exactly one of `zoneLoss`, `nodeLoss`, `traffic`, `flashCrowd`, `spotGone`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Stress {
    /// What it is called in the answer.
    #[schemars(extend("x-default" = "what it is"), example = &"a zone is out")]
    pub name: Option<String>,
    /// When it begins.
    #[schemars(extend("x-default" = "in the busiest hour"), example = "2d")]
    pub at: Option<Time>,
    /// How long a zone is out, or spot capacity is gone.
    #[serde(rename = "for")]
    #[schemars(extend("default" = "1h"), example = "1h")]
    pub lasts: Option<Time>,
    /// All nodes of a zone are lost; `largest` is the zone with the most nodes.
    #[schemars(example = &"largest")]
    pub zone_loss: Option<String>,
    /// A node of a group is lost; `any` tries each group.
    #[schemars(example = &"any")]
    pub node_loss: Option<String>,
    /// So many times the traffic, all the time.
    #[schemars(extend("x-unit" = "times the demand"), example = 1.25)]
    pub traffic: Option<f64>,
    /// A crowd: `{factor: 3, for: 20m}`, or `worst`, as the traffic has them.
    #[schemars(example = serde_json::json!({"factor": 3, "for": "20m"}))]
    pub flash_crowd: Option<FlashCrowd>,
    /// A spot group loses its nodes and gets none; `any` is the one with the most pods.
    #[schemars(example = &"any")]
    pub spot_gone: Option<String>,
    /// What is promised while it is so: by default that at most 5 % of a service's requests fail in any five minutes and no pod waits longer than 15 minutes for
    /// a node.
    #[schemars(extend("default" = serde_json::json!({"errorRate": 0.05, "pending": "15m"})))]
    pub objectives: Option<Objectives>,
}

/// A crowd.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected {factor: 3, for: 20m}, or worst")]
pub enum FlashCrowd {
    /// `worst`.
    Named(String),
    /// Of a size.
    Of(CrowdSize),
}

/// How large a crowd is, and how long it stays.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CrowdSize {
    /// So many times the demand at its height.
    #[schemars(extend("default" = 2, "x-unit" = "times the demand"), example = 3)]
    pub factor: f64,
    /// How long it stays.
    #[serde(rename = "for")]
    #[schemars(extend("default" = "15m"), example = "20m")]
    pub lasts: Time,
}

impl Default for CrowdSize {
    /// As the worst crowd is taken to be where the traffic has none.
    fn default() -> Self {
        CrowdSize { factor: 2.0, lasts: Time(SimDuration::from_mins(15)) }
    }
}

/// What stays as redundant as it is: groups with pods of StatefulSets, groups with taints, and groups without traffic do by themselves.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Keep {
    /// All that runs in these namespaces, and the groups that it runs on.
    #[schemars(example = serde_json::json!(["payments"]))]
    pub namespaces: Vec<String>,
    /// These node groups too.
    #[schemars(example = serde_json::json!(["db-nodes"]))]
    pub groups: Vec<String>,
    /// How many nodes such a group keeps at least, never more than its minimum is today: `zones` (as many as it has zones, and as what runs
    /// there has replicas), a number, or `none`.
    #[schemars(extend("default" = "zones"), example = 2)]
    pub redundancy: Option<Redundancy>,
}

/// How redundant it is.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected zones, none, or a number of nodes")]
pub enum Redundancy {
    /// So many nodes.
    Nodes(u32),
    /// `zones` or `none`.
    Named(String),
}

/// What is held back for the test.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a share such as 0.3, or {weeks: 1}")]
pub enum HoldBack {
    /// Of the traces.
    Share(f64),
    /// Fresh weeks.
    Weeks {
        /// How many.
        #[schemars(extend("x-unit" = "weeks"), example = 1)]
        weeks: u32,
    },
}

/// How long a search may be.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a number of replications such as 200, or a time such as 2m")]
pub enum SearchBudget {
    /// So many replications.
    Replications(u32),
    /// So long: `2m`.
    Time(String),
}

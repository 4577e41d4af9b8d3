//! Who pays: how costs are shown and passed on, and what each may cost.

use schemars::JsonSchema;
use serde::Deserialize;

/// How costs are shown by owner, and passed on.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Allocation {
    /// Labels of pods by which costs are shown too: `team`.
    #[schemars(example = serde_json::json!(["team"]))]
    pub labels: Vec<String>,
    /// What becomes of what nobody held.
    #[schemars(extend("default" = "no"), example = &"weighted")]
    pub share_idle: Option<Sharing>,
    /// Namespaces whose cost all others pay.
    #[schemars(example = serde_json::json!(["monitoring"]))]
    pub share_namespaces: Vec<String>,
    /// Labels, `key=value`, whose pods' cost all others pay.
    #[schemars(example = serde_json::json!(["role=shared"]))]
    pub share_labels: Vec<String>,
    /// The cluster's own cost (control plane and the like) is passed on too, not shown apart.
    #[schemars(extend("default" = false), example = true)]
    pub share_overhead: bool,
    /// How shared costs are divided.
    #[schemars(extend("default" = "weighted"), example = &"even")]
    pub split: Option<Sharing>,
}

/// How a cost is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Sharing {
    /// It is not.
    No,
    /// By what everybody costs.
    Weighted,
    /// To everybody the same.
    Even,
}

/// What an owner may cost.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Budget {
    /// `cluster`, `namespace/order`, or a label of pods: `team=payments`.
    #[schemars(example = "namespace/order")]
    pub owner: Option<String>,
    /// USD per calendar month.
    #[schemars(extend("x-unit" = "USD per calendar month"), example = 500)]
    pub usd_per_month: Option<f64>,
}

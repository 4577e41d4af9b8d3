//! What `foresail sweep` varies. It changes nothing of what a run simulates.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// What is varied, and how.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Sweep {
    /// Values by path, as `--vary` has them: a list, or a text such as `1..3/0.5`.
    #[schemars(example = serde_json::json!({"hpa.max": [10, 20]}))]
    pub vary: IndexMap<String, Varied>,
    /// So many points are drawn; without this every combination is one.
    #[schemars(extend("x-default" = "every combination", "x-unit" = "points"), example = 64)]
    pub sample: Option<u64>,
    /// How they are drawn: `sobol` (the default) or `lhs`.
    #[schemars(extend("default" = "sobol"), example = &"lhs")]
    pub method: Option<Method>,
}

/// The values of an axis.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a list of values, or a text such as 4..20/4")]
pub enum Varied {
    /// These, each as `--set` takes it.
    List(Vec<Value>),
    /// As `--vary` has them: `a,b,c` or `lo..hi/step`.
    Text(String),
}

/// How points are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// A Sobol sequence.
    #[default]
    Sobol,
    /// A Latin hypercube.
    Lhs,
}

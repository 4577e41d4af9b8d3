//! LimitRanges: what containers of a namespace get where they say nothing.

use super::meta::{ObjectMeta, null_as_default};
use crate::units::Quantity;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `v1` LimitRange.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LimitRange {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The limits.
    pub spec: LimitRangeSpec,
}

/// `spec` of a LimitRange.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LimitRangeSpec {
    /// By type.
    #[serde(deserialize_with = "null_as_default")]
    pub limits: Vec<LimitRangeItem>,
}

/// Limits of one type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitRangeItem {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Limits where there are none.
    #[serde(deserialize_with = "null_as_default")]
    pub default: BTreeMap<String, Quantity>,
    /// Requests where there are none.
    #[serde(deserialize_with = "null_as_default")]
    pub default_request: BTreeMap<String, Quantity>,
    /// The most.
    #[serde(deserialize_with = "null_as_default")]
    pub max: BTreeMap<String, Quantity>,
    /// The least.
    #[serde(deserialize_with = "null_as_default")]
    pub min: BTreeMap<String, Quantity>,
    /// The most that a limit may be of its request.
    #[serde(deserialize_with = "null_as_default")]
    pub max_limit_request_ratio: BTreeMap<String, Quantity>,
}

impl LimitRangeItem {
    /// Upstream: `SetDefaults_LimitRangeItem`, 1.28.
    pub(super) fn default_limits(&self) -> BTreeMap<String, Quantity> {
        merged(&[&self.default, &self.max])
    }
    /// The same for requests.
    pub(super) fn default_requests(&self) -> BTreeMap<String, Quantity> {
        merged(&[&self.default_request, &self.default, &self.max, &self.min])
    }
}

/// The first that names a resource counts.
fn merged(layers: &[&BTreeMap<String, Quantity>]) -> BTreeMap<String, Quantity> {
    let mut all = BTreeMap::new();
    for (name, amount) in layers.iter().copied().flatten() {
        all.entry(name.clone()).or_insert(*amount);
    }
    all
}

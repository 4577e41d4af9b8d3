//! Configuration as objects: ConfigMaps, and kube-scheduler's as it is written.

use super::meta::{ObjectMeta, null_as_default};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// `v1` ConfigMap.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConfigMap {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// Texts by key.
    #[serde(deserialize_with = "null_as_default")]
    pub data: BTreeMap<String, String>,
}

/// A KubeSchedulerConfiguration: [`Converter::scheduler_profiles`](super::Converter::scheduler_profiles) reads it.
#[derive(Clone, Debug, Default)]
pub struct SchedulerConfiguration {
    /// It has none.
    pub metadata: ObjectMeta,
    /// The whole object.
    pub value: Value,
}

impl<'de> Deserialize<'de> for SchedulerConfiguration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(SchedulerConfiguration { metadata: ObjectMeta::default(), value: Value::deserialize(deserializer)? })
    }
}

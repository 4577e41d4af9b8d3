//! What all objects share: metadata, selectors, times.

use crate::controllers::IntOrPercent;
use crate::units::check_name;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::collections::BTreeMap;

/// `metadata`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// The name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// The namespace; absent means `default` for namespaced kinds.
    #[serde(deserialize_with = "maybe_name")]
    pub namespace: Option<String>,
    /// The uid.
    #[serde(deserialize_with = "null_as_default")]
    pub uid: String,
    /// The labels.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    #[serde(deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
    /// When the object was created.
    pub creation_timestamp: Option<Time>,
    /// When its deletion was asked for, plus the grace period.
    pub deletion_timestamp: Option<Time>,
    /// `deletionGracePeriodSeconds`.
    pub deletion_grace_period_seconds: Option<i64>,
    /// The owners.
    #[serde(deserialize_with = "null_as_default")]
    pub owner_references: Vec<OwnerReference>,
}

impl ObjectMeta {
    /// The namespace, `default` if none is given.
    pub fn namespace_or_default(&self) -> &str {
        self.namespace.as_deref().filter(|name| !name.is_empty()).unwrap_or("default")
    }
    /// The owner reference with `controller: true`.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true))
    }
}

/// An entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// Group and version of the owner.
    pub api_version: String,
    /// Kind of the owner.
    pub kind: String,
    /// Name of the owner.
    pub name: String,
    /// Uid of the owner.
    #[serde(deserialize_with = "null_as_default")]
    pub uid: String,
    /// Whether it is the managing controller.
    pub controller: Option<bool>,
}

/// A label selector: `matchLabels` and `matchExpressions`, all of which must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels that must be there.
    #[serde(deserialize_with = "null_as_default")]
    pub match_labels: BTreeMap<String, String>,
    /// Conditions that must hold.
    #[serde(deserialize_with = "null_as_default")]
    pub match_expressions: Vec<SelectorRequirement>,
}

/// One condition of a label or node selector.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelectorRequirement {
    /// The label's key, or a field name.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`; for nodes also `Gt`, `Lt`.
    pub operator: String,
    /// The values.
    #[serde(deserialize_with = "null_as_default")]
    pub values: Vec<String>,
}

/// An RFC 3339 timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub jiff::Timestamp);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(Time)
            .map_err(|_| D::Error::custom(format!("`{text}` is not a time such as 2025-01-31T10:42:00Z")))
    }
}

impl<'de> Deserialize<'de> for IntOrPercent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntOrPercentVisitor)
    }
}

struct IntOrPercentVisitor;

impl serde::de::Visitor<'_> for IntOrPercentVisitor {
    type Value = IntOrPercent;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a whole number or a percentage such as 25%")
    }
    fn visit_i64<E: Error>(self, count: i64) -> Result<IntOrPercent, E> {
        i32::try_from(count).map(IntOrPercent::Int).map_err(|_| E::custom(format!("{count} is out of range")))
    }
    fn visit_u64<E: Error>(self, count: u64) -> Result<IntOrPercent, E> {
        i32::try_from(count).map(IntOrPercent::Int).map_err(|_| E::custom(format!("{count} is out of range")))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<IntOrPercent, E> {
        let wrong = || E::custom(format!("`{text}` is neither a whole number nor a percentage such as 25%"));
        match text.strip_suffix('%') {
            Some(percent) => percent.parse().map(IntOrPercent::Percent).map_err(|_| wrong()),
            None => Err(wrong()),
        }
    }
}

/// Go writes absent lists and maps as `null`.
/// A name; nothing for `null`.
///
/// Errors: a text that is no single line of characters that can be seen.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    maybe_name(deserializer).map(Option::unwrap_or_default)
}

fn maybe_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    name.as_deref().map_or(Ok(()), check_name).map_err(D::Error::custom)?;
    Ok(name)
}

pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

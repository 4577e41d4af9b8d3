//! The names of the fields that the API server knows, at every depth: it refuses others, and so do we.
//!
//! The table (`data/kubernetes_fields.txt`) has a row per type: its name, then its fields, each with the type of what is below
//! where that has fields of its own. Maps with free keys (labels, quantities) end there. It is the union of Kubernetes 1.28
//! to 1.35, and of the VerticalPodAutoscaler's.

use crate::scenario::issue::did_you_mean;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static TABLE: LazyLock<Schema> = LazyLock::new(|| Schema::parse(include_str!("../../../data/kubernetes_fields.txt")));

/// Types by their place.
struct Schema {
    types: Vec<Vec<Field>>,
    by_name: BTreeMap<&'static str, usize>,
}

struct Field {
    name: &'static str,
    /// What is below.
    inner: Option<usize>,
}

/// A field that nobody knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnknownField {
    /// As `spec.behavior.scaleDown.window`.
    pub(super) path: String,
    /// The one that was meant.
    pub(super) meant: Option<&'static str>,
    /// All that could stand there.
    pub(super) known: Vec<&'static str>,
}

impl Schema {
    fn parse(text: &'static str) -> Self {
        let rows: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
        let by_name: BTreeMap<&str, usize> = rows.iter().map(|(name, _)| *name).zip(0..).collect();
        let field = |word: &'static str| match word.split_once(':') {
            Some((name, inner)) => Field { name, inner: by_name.get(inner).copied() },
            None => Field { name: word, inner: None },
        };
        let types = rows.iter().map(|(_, fields)| {
            let mut fields: Vec<Field> = fields.split_whitespace().map(field).collect();
            fields.sort_unstable_by_key(|field| field.name);
            fields
        });
        Schema { types: types.collect(), by_name }
    }

    fn walk(&self, value: &Value, of: usize, way: &Way<'_>, found: &mut Vec<UnknownField>) {
        match value {
            Value::Object(fields) => {
                let known = &self.types[of];
                for (key, value) in fields {
                    let way = Way::Key(way, key);
                    match known.binary_search_by_key(&key.as_str(), |field| field.name) {
                        Ok(at) => {
                            if let Some(inner) = known[at].inner {
                                self.walk(value, inner, &way, found);
                            }
                        }
                        Err(_) => {
                            let known: Vec<&str> = known.iter().map(|field| field.name).collect();
                            let meant = did_you_mean(key, known.iter().copied());
                            found.push(UnknownField { path: way.to_string(), meant, known });
                        }
                    }
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.walk(item, of, &Way::Item(way, at), found);
                }
            }
            _ => {}
        }
    }
}

/// How a value is reached from its object.
enum Way<'a> {
    Here,
    Key(&'a Way<'a>, &'a str),
    Item(&'a Way<'a>, usize),
}

impl std::fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Way::Here => Ok(()),
            Way::Key(Way::Here, key) => f.write_str(key),
            Way::Key(before, key) => write!(f, "{before}.{key}"),
            Way::Item(before, at) => write!(f, "{before}[{at}]"),
        }
    }
}

/// The fields of an object that its type does not have; nothing is known of a type that the table lacks.
///
/// Upstream: strict decoding, `fieldValidation: Strict`, which kubectl asks for since 1.27.
pub(super) fn unknown_fields(type_name: &str, object: &Value) -> Vec<UnknownField> {
    let mut found = Vec::new();
    if let Some(root) = TABLE.by_name.get(type_name) {
        TABLE.walk(object, *root, &Way::Here, &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::kubernetes::Kind;
    use serde_json::json;

    #[test]
    fn every_type_that_the_table_names_has_a_row_and_every_kind_has_one() {
        let text = include_str!("../../../data/kubernetes_fields.txt");
        for inner in text.split_whitespace().filter_map(|word| word.split_once(':')).map(|(_, inner)| inner) {
            assert!(TABLE.by_name.contains_key(inner), "{inner}");
        }
        let free = [Kind::KubeSchedulerConfiguration, Kind::Rollout];
        for kind in Kind::ALL.iter().filter(|kind| !free.contains(kind)) {
            assert!(TABLE.by_name.contains_key(kind.name()), "{}", kind.name());
        }
    }

    #[test]
    fn a_misspelt_field_is_found_at_any_depth() {
        let object = json!({"kind": "Deployment", "spec": {"template": {"spec": {"containers": [
            {"name": "a", "resources": {"request": {"cpu": "1"}, "limits": {"example.com/any": 1}}}]}}}});
        let found = unknown_fields("Deployment", &object);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "spec.template.spec.containers[0].resources.request");
        assert_eq!(found[0].meant, Some("requests"));
    }
}

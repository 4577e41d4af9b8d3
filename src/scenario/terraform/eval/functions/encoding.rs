//! JSON and YAML.

use super::{Arguments, Done};
use crate::scenario::documents;
use crate::scenario::terraform::body::Value;
use serde_json::Value as Json;

pub(super) fn call(of: Arguments<'_>) -> Option<Done> {
    Some(match of.name {
        // YAML is wider than JSON: what reads one reads the other.
        "jsonencode" | "yamlencode" => of.get(0).map(|value| {
            json(value).map_or_else(|| of.refuse("cannot write it"), |json| Value::Text(json.to_string()))
        }),
        "jsondecode" | "yamldecode" => of.text(0).and_then(|text| {
            documents::parse::<Json>(&text).map(|json| value(&json)).map_err(|_| of.refuse("cannot read the text"))
        }),
        _ => return None,
    })
}

/// Nothing for what is not known.
pub(super) fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(is) => Json::Bool(*is),
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => Json::from(*number as i64),
        Value::Number(number) => Json::from(*number),
        Value::Text(text) => Json::from(text.as_str()),
        Value::List(list) => Json::Array(list.iter().map(|given| json(&given.value)).collect::<Option<_>>()?),
        Value::Map(body) => {
            let mut entries = Vec::new();
            for (key, given) in &body.entries {
                entries.push((key.clone(), json(&given.value)?));
            }
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Json::Object(entries.into_iter().collect())
        }
        Value::Unknown(_) => return None,
    })
}

/// A value of JSON, all of it at the first line.
pub(in crate::scenario::terraform::eval) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(is) => Value::Bool(*is),
        Json::Number(number) => number.as_f64().map_or(Value::Null, Value::Number),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(list) => Value::list(list.iter().map(value), 1),
        Json::Object(fields) => Value::map(fields.iter().map(|(key, inner)| (key.clone(), value(inner))), 1),
    }
}

//! An object, field by field.

use super::annotations;
use super::fields::{Policy, policy};
use super::flags;
use super::words::{Rename, has_public_values, is_common_name, is_plain_value, is_public_key};
use crate::scenario::kubernetes::kind::Kind;
use crate::units::Quantity;
use serde_json::{Map, Value, json};

/// Kinds of which nothing is kept.
const LEFT_OUT: &[Kind] = &[Kind::ConfigMap, Kind::KubeSchedulerConfiguration];
/// Words of the API longer than this are none.
const LONGEST_WORD: usize = 64;

/// An object of a kind that some decision looks at.
pub(super) fn object(value: &Value, rename: Rename<'_>) -> Option<Value> {
    let kind = value.get("kind")?.as_str()?;
    Kind::named(kind).filter(|kind| !LEFT_OUT.contains(kind))?;
    let mut clean = fields(value.as_object()?, rename);
    clean.insert("kind".to_owned(), json!(kind));
    // Of a Service the selector is labels; of everything else it selects them.
    if let Some(selector) =
        value.pointer("/spec/selector").filter(|_| ["Service", "ReplicationController"].contains(&kind))
    {
        let labels = labels(selector, rename);
        clean.get_mut("spec").and_then(Value::as_object_mut)?.insert("selector".to_owned(), labels);
    }
    Some(Value::Object(clean))
}

fn fields(map: &Map<String, Value>, rename: Rename<'_>) -> Map<String, Value> {
    if is_requirement(map) {
        return requirement(map, rename);
    }
    let mut clean = Map::new();
    for (key, value) in map {
        if let Some(value) = field(map, (key, value), rename) {
            clean.insert(key.clone(), value);
        }
    }
    let program = flags::program(map);
    if let Some(program) = program {
        clean.insert("command".to_owned(), flags::command(map, program, rename));
        clean.insert("image".to_owned(), flags::image(map, program));
    }
    clean
}

fn field(map: &Map<String, Value>, (key, value): (&str, &Value), rename: Rename<'_>) -> Option<Value> {
    // What has no fields of its own in one place may have some in another.
    let is_object = value.is_object() || value.as_array().is_some_and(|all| all.first().is_some_and(Value::is_object));
    match (key, policy(key)) {
        ("kind", _) => Some(json!(kind_of(value.as_str()?))),
        ("selector", _) => Some(inside(value, rename)),
        ("value", _) => number(value),
        ("name", _) if is_metric(map) => Some(json!(metric(value.as_str()?, rename))),
        (_, Policy::Keep) if is_object => Some(inside(value, rename)),
        (_, Policy::Keep) => word(value),
        (_, Policy::Inside) => {
            Some(inside(value, rename)).filter(|_| is_object || value.as_array().is_some_and(Vec::is_empty))
        }
        (_, Policy::Name) => names(value, rename),
        (_, Policy::Labels) => Some(labels(value, rename)),
        (_, Policy::LabelKey) => each_text(value, &mut |key| label_key(key, rename)),
        (_, Policy::Amounts) => Some(amounts(value, rename)),
        (_, Policy::Path) => value.as_str().map(|path| json!(ingress_path(path, rename))),
        (_, Policy::Image) => each_text(value, &mut |image| format!("{}:x", renamed(image, rename))),
        (_, Policy::Probe) => Some(probe(value)),
        (_, Policy::Hooks) => hooks(value),
        (_, Policy::Parameters) => Some(parameters(value)),
        (_, Policy::Provider) => value.as_str().map(|id| json!(provider_id(id, rename))),
        (_, Policy::Annotations) => Some(annotations::kept(value, &mut |text| renamed(text, rename))),
        (_, Policy::Drop) => None,
    }
}

fn inside(value: &Value, rename: Rename<'_>) -> Value {
    match value {
        Value::Object(map) => Value::Object(fields(map, rename)),
        Value::Array(all) => Value::Array(all.iter().map(|one| inside(one, rename)).collect()),
        _ => Value::Null,
    }
}

fn renamed(name: &str, rename: Rename<'_>) -> String {
    if is_common_name(name) { name.to_owned() } else { rename(name) }
}

fn each_text(value: &Value, made: &mut dyn FnMut(&str) -> String) -> Option<Value> {
    match value {
        Value::String(text) => Some(json!(made(text))),
        Value::Array(all) => Some(all.iter().filter_map(Value::as_str).map(made).collect()),
        _ => None,
    }
}

fn names(value: &Value, rename: Rename<'_>) -> Option<Value> {
    each_text(value, &mut |name| renamed(name, rename))
}

/// A word of the API, a number, or a list of them.
fn word(value: &Value) -> Option<Value> {
    let is_word = |text: &str| text.len() <= LONGEST_WORD;
    match value {
        Value::String(text) => is_word(text).then(|| value.clone()),
        Value::Array(all) => Some(all.iter().filter_map(word).collect()),
        Value::Object(_) => None,
        _ => Some(value.clone()),
    }
}

/// A number, or an amount in words.
fn number(value: &Value) -> Option<Value> {
    let is_amount = value.is_number() || value.as_str().is_some_and(|text| text.parse::<Quantity>().is_ok());
    is_amount.then(|| value.clone())
}

fn kind_of(kind: &str) -> &str {
    if Kind::named(kind).is_some() { kind } else { "Other" }
}

/// `{key, operator, values}`, a taint, a toleration.
fn is_requirement(map: &Map<String, Value>) -> bool {
    let has = |key: &str| map.contains_key(key);
    (has("key") && (has("operator") || has("effect") || has("values")))
        || (has("operator") && !has("name") && map.len() <= 4)
}

fn requirement(map: &Map<String, Value>, rename: Rename<'_>) -> Map<String, Value> {
    let mut clean = Map::new();
    let key = map.get("key").and_then(Value::as_str).unwrap_or_default();
    let compares = matches!(map.get("operator").and_then(Value::as_str), Some("Gt" | "Lt"));
    for (name, value) in map {
        let made = match name.as_str() {
            "key" => Some(json!(label_key(key, rename))),
            "value" | "values" => each_text(value, &mut |text| {
                if compares {
                    text.chars().filter(char::is_ascii_digit).collect()
                } else {
                    label_value(key, text, rename)
                }
            }),
            "operator" | "effect" | "tolerationSeconds" | "timeAdded" => word(value),
            _ => None,
        };
        made.into_iter().for_each(|made| drop(clean.insert(name.clone(), made)));
    }
    clean
}

fn label_key(key: &str, rename: Rename<'_>) -> String {
    if is_public_key(key) || is_common_name(key) { key.to_owned() } else { rename(key) }
}

fn label_value(key: &str, value: &str, rename: Rename<'_>) -> String {
    if has_public_values(key) || is_plain_value(value) { value.to_owned() } else { renamed(value, rename) }
}

fn labels(value: &Value, rename: Rename<'_>) -> Value {
    let Some(map) = value.as_object() else { return json!({}) };
    let mut clean = Map::new();
    for (key, value) in map {
        let made = label_value(key, value.as_str().unwrap_or_default(), rename);
        clean.insert(label_key(key, rename), json!(made));
    }
    Value::Object(clean)
}

fn amounts(value: &Value, rename: Rename<'_>) -> Value {
    let Some(map) = value.as_object() else { return json!({}) };
    let mut clean = Map::new();
    for (key, value) in map {
        let key = if is_public_key(key) { key.clone() } else { format!("{}/{}", "example.com", rename(key)) };
        number(value).into_iter().for_each(|value| drop(clean.insert(key.clone(), value)));
    }
    Value::Object(clean)
}

/// `/api/v1/orders`, element by element: prefixes stay prefixes.
fn ingress_path(path: &str, rename: Rename<'_>) -> String {
    let parts: Vec<String> =
        path.split('/').map(|part| if part.is_empty() { String::new() } else { rename(part) }).collect();
    parts.join("/")
}

/// The name of a metric within an HPA.
fn is_metric(map: &Map<String, Value>) -> bool {
    map.keys().all(|key| key == "name" || key == "selector")
}

/// What a metric's name says about what it measures stays.
fn metric(name: &str, rename: Rename<'_>) -> String {
    if is_common_name(name) {
        return name.to_owned();
    }
    let lower = name.to_lowercase();
    let words = ["request", "rps", "qps", "http", "queue", "backlog", "message", "lag"];
    let pseudonym = rename(name);
    match words.iter().find(|word| lower.contains(*word)) {
        Some(word) => format!("{pseudonym}-{word}"),
        None => pseudonym,
    }
}

/// Only the times of a probe.
fn probe(value: &Value) -> Value {
    let times = ["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold"];
    let kept = times
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), value.get(*name).filter(|time| time.is_number())?.clone())));
    let mut clean: Map<String, Value> = kept.collect();
    clean.insert("tcpSocket".to_owned(), json!({"port": 80}));
    Value::Object(clean)
}

/// How long the hook before the end sleeps; another one stays one that nobody knows.
fn hooks(value: &Value) -> Option<Value> {
    let hook = value.get("preStop")?;
    let words = hook.pointer("/exec/command").and_then(Value::as_array);
    let text: Option<String> = words.map(|words| words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "));
    let seconds = hook.pointer("/sleep/seconds").and_then(Value::as_i64).or_else(|| {
        let (_, after) = text.as_deref()?.rsplit_once("sleep ")?;
        after.split([' ', ';', '&', '"', '\'']).next()?.trim_end_matches('s').parse().ok()
    });
    Some(match seconds {
        Some(seconds) => json!({"preStop": {"exec": {"command": ["sleep", seconds.to_string()]}}}),
        None => json!({"preStop": {"exec": {"command": ["x"]}}}),
    })
}

/// What a disk costs.
fn parameters(value: &Value) -> Value {
    let Some(map) = value.as_object() else { return json!({}) };
    let kept = map.iter().filter(|(key, value)| {
        ["type", "iops", "iopsPerGB", "throughput", "replication-type"].contains(&key.as_str())
            && value.as_str().is_some_and(|text| text.len() < 24)
    });
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// The zone of an instance stays, its id and its project do not.
fn provider_id(id: &str, rename: Rename<'_>) -> String {
    let Some((cloud, rest)) = id.split_once("://") else { return rename(id) };
    let parts: Vec<&str> = rest.split('/').collect();
    let last = parts.len().saturating_sub(1);
    let clean = parts.iter().enumerate().map(|(at, part)| match at {
        _ if part.is_empty() => String::new(),
        at if at + 1 == last && at > 0 => (*part).to_owned(),
        _ => rename(part),
    });
    format!("{cloud}://{}", clean.collect::<Vec<_>>().join("/"))
}

//! Karpenter's NodePools and Provisioners, in words: what nodes they would allow. Karpenter itself is not simulated.
//!
//! Source: Karpenter's documentation, "NodePools"; `Provisioner` is what they were until v0.32.

use serde_json::Value;

/// Values of one requirement that are named, at most.
const MOST: usize = 12;

/// What a NodePool or a Provisioner would allow; nothing for other kinds.
pub(super) fn allowed(value: &Value) -> Option<String> {
    let kind = value.get("kind").and_then(Value::as_str)?;
    let spec = match kind {
        "NodePool" => value.pointer("/spec/template/spec")?,
        "Provisioner" => value.get("spec")?,
        _ => return None,
    };
    let mut said: Vec<String> = list(spec.get("requirements")).filter_map(requirement).collect();
    let limits = value.pointer("/spec/limits/resources").or_else(|| value.pointer("/spec/limits"));
    let limits: Vec<String> = limits
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(resource, amount)| Some(format!("{} {resource}", plain(amount)?)))
        .collect();
    if !limits.is_empty() {
        said.push(format!("at most {}", limits.join(" and ")));
    }
    let taints = list(spec.get("taints")).filter_map(|taint| taint.get("key")?.as_str()).collect::<Vec<_>>();
    if !taints.is_empty() {
        said.push(format!("tainted {}", taints.join(", ")));
    }
    said.extend(disruption(value));
    if let Some(weight) = value.pointer("/spec/weight").and_then(plain) {
        said.push(format!("weight {weight}"));
    }
    let said = if said.is_empty() { "any node".to_owned() } else { said.join("; ") };
    Some(said)
}

/// When nodes go again.
fn disruption(value: &Value) -> Option<String> {
    let text = |pointer: &str| value.pointer(pointer).and_then(plain);
    let after = text("/spec/disruption/consolidateAfter")
        .or_else(|| text("/spec/ttlSecondsAfterEmpty").map(|ttl| format!("{ttl}s")));
    let after = after.map_or_else(String::new, |after| format!(" after {after}"));
    match text("/spec/disruption/consolidationPolicy").as_deref() {
        Some("WhenEmpty") => Some(format!("empty nodes go{after}")),
        Some(_) => Some(format!("empty and underused nodes go{after}")),
        None if !after.is_empty() => Some(format!("empty nodes go{after}")),
        None => None,
    }
}

/// `instance-category in c, m, r`, without the prefixes of the keys.
fn requirement(requirement: &Value) -> Option<String> {
    let key = requirement.get("key")?.as_str()?;
    let key = key.rsplit('/').next().unwrap_or(key);
    let values: Vec<String> = list(requirement.get("values")).filter_map(plain).collect();
    let more = if values.len() > MOST { format!(" and {} more", values.len() - MOST) } else { String::new() };
    let values = values.into_iter().take(MOST).collect::<Vec<_>>().join(", ") + &more;
    Some(match requirement.get("operator").and_then(Value::as_str)? {
        "In" => format!("{key} {values}"),
        "NotIn" => format!("{key} other than {values}"),
        "Gt" => format!("{key} above {values}"),
        "Lt" => format!("{key} below {values}"),
        "Exists" => format!("any {key}"),
        "DoesNotExist" => format!("no {key}"),
        _ => return None,
    })
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

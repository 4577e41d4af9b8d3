//! What a plan does not know yet: values that somebody has configured and that only `terraform apply` finds out.
//!
//! Source: Terraform's JSON output format, `resource_changes[].change.after_unknown` and `configuration`. A field that
//! nobody configured and the provider fills in is unknown there too; it is left to its default.

use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Stands for a value that is not known yet.
pub(super) const KNOWN_AFTER_APPLY: &str = "known after apply";

/// By the address of a resource what is unknown of it; by its address without keys what is configured.
#[derive(Default)]
pub(super) struct Planned<'a> {
    unknown: BTreeMap<&'a str, &'a Json>,
    configured: BTreeMap<String, &'a Json>,
}

impl<'a> Planned<'a> {
    pub(super) fn of(plan: &'a Json) -> Self {
        let mut planned = Planned::default();
        for change in plan["resource_changes"].as_array().into_iter().flatten() {
            if let Some(address) = change["address"].as_str() {
                planned.unknown.insert(address, &change["change"]["after_unknown"]);
            }
        }
        if !planned.unknown.is_empty() {
            planned.read_module("", &plan["configuration"]["root_module"]);
        }
        planned
    }

    fn read_module(&mut self, prefix: &str, module: &'a Json) {
        for resource in module["resources"].as_array().into_iter().flatten() {
            if let Some(address) = resource["address"].as_str() {
                self.configured.insert(format!("{prefix}{address}"), &resource["expressions"]);
            }
        }
        for (name, call) in module["module_calls"].as_object().into_iter().flatten() {
            self.read_module(&format!("{prefix}module.{name}."), &call["module"]);
        }
    }

    /// The values of a resource, with what is configured and not known yet; nothing where all is known.
    pub(super) fn complete(&self, address: &str, values: &Json) -> Option<Json> {
        let unknown = self.unknown.get(address)?;
        let configured = self.configured.get(&without_keys(address))?;
        let mut whole = values.clone();
        mark(&mut whole, unknown, configured);
        (whole != *values).then_some(whole)
    }
}

/// Puts the mark wherever `unknown` is true and something is configured.
fn mark(value: &mut Json, unknown: &Json, configured: &Json) {
    match unknown {
        Json::Bool(true) => *value = Json::from(marked()),
        Json::Object(fields) => {
            if value.is_null() {
                *value = Json::Object(Map::new());
            }
            let Some(inner) = value.as_object_mut() else { return };
            for (name, unknown) in fields {
                // An expression of the whole says nothing of its parts.
                let of_whole = configured.get("references").is_some() || configured.get("constant_value").is_some();
                let below = if of_whole { configured } else { &configured[name] };
                if !below.is_null() && holds_true(unknown) {
                    mark(inner.entry(name.clone()).or_insert(Json::Null), unknown, below);
                }
            }
        }
        Json::Array(list) => {
            let Some(inner) = value.as_array_mut() else { return };
            for (at, unknown) in list.iter().enumerate().filter(|(_, unknown)| holds_true(unknown)) {
                let below = if configured.is_array() { &configured[at.min(last(configured))] } else { configured };
                if let Some(value) = inner.get_mut(at) {
                    mark(value, unknown, below);
                }
            }
        }
        _ => {}
    }
}

fn last(list: &Json) -> usize {
    list.as_array().map_or(0, |list| list.len().saturating_sub(1))
}

fn holds_true(unknown: &Json) -> bool {
    match unknown {
        Json::Bool(is) => *is,
        Json::Array(list) => list.iter().any(holds_true),
        Json::Object(fields) => fields.values().any(holds_true),
        _ => false,
    }
}

/// No text of a plan begins so.
fn marked() -> String {
    format!("\0{KNOWN_AFTER_APPLY}")
}

/// Whether a text is the mark.
pub(super) fn is_marked(text: &str) -> bool {
    text.strip_prefix('\0') == Some(KNOWN_AFTER_APPLY)
}

/// `module.a["x"].aws_eks_node_group.b[0]` is configured as `module.a.aws_eks_node_group.b`.
fn without_keys(address: &str) -> String {
    let (mut plain, mut depth, mut quoted) = (String::new(), 0_u32, false);
    for letter in address.chars() {
        match letter {
            '"' if depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    plain
}

//! JSON that Terraform writes: `terraform show -json` of a plan or a state, and state files.

use super::body::{Body, Declaration, Given, Value};
use super::planned::{KNOWN_AFTER_APPLY, Planned, is_marked};
use crate::scenario::documents::json_message;
use crate::scenario::issue::Issue;
use serde_json::Value as Json;

/// Deeper modules are not looked into.
const DEEPEST: usize = 32;

/// The resources of a text. Errors: where it is no JSON.
pub(super) fn declarations(text: &str, file: &str) -> Result<Vec<Declaration>, Issue> {
    let json: Json = serde_json::from_str(text).map_err(|error| {
        refused(text, &Issue::error("", json_message(&error)).in_file(file, Some(error.line() as u32)))
    })?;
    let mut reader = Reader { text, file, planned: Planned::of(&json), found: Vec::new() };
    reader.resources(&json, 0);
    reader.providers(&json);
    Ok(reader.found)
}

/// Where it is the log of a plan, what to give in its place.
fn refused(text: &str, issue: &Issue) -> Issue {
    if !text.trim_start().starts_with("{\"@") {
        return issue.clone();
    }
    let help = "terraform plan -out plan.bin; terraform show -json plan.bin > plan.json";
    let place = issue.place.clone();
    let issue = Issue::error("", "this is the log that `terraform plan -json` prints, and no plan").with_help(help);
    Issue { place, ..issue }
}

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    planned: Planned<'a>,
    found: Vec<Declaration>,
}

impl Reader<'_> {
    /// Planned or present resources, wherever they are; what was before a plan does not count.
    fn resources(&mut self, json: &Json, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match json {
            Json::Array(list) => list.iter().for_each(|inner| self.resources(inner, depth + 1)),
            Json::Object(object) => {
                if let Some(kind) = object.get("type").and_then(Json::as_str) {
                    let is_data = object.get("mode").and_then(Json::as_str) == Some("data");
                    if let Some(values) = object.get("values").filter(|_| !is_data) {
                        self.resource(kind, json, values);
                        return;
                    }
                    if let Some(instances) = object.get("instances").and_then(Json::as_array).filter(|_| !is_data) {
                        instances.iter().for_each(|one| self.instance(kind, json, one));
                        return;
                    }
                }
                let counts =
                    |name: &&String| !["prior_state", "configuration", "resource_changes"].contains(&name.as_str());
                for (_, inner) in object.iter().filter(|(name, _)| counts(name)) {
                    self.resources(inner, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// The regions that a plan's providers are configured with, as far as they are constants or variables.
    fn providers(&mut self, json: &Json) {
        for config in json["configuration"]["provider_config"].as_object().into_iter().flat_map(|all| all.values()) {
            let Some(name) = config["name"].as_str().filter(|_| config["module_address"].is_null()) else { continue };
            let mut values = serde_json::Map::new();
            for field in ["region", "zone"] {
                if let Some(value) = configured(&config["expressions"][field], &json["variables"]) {
                    values.insert(field.to_owned(), value);
                }
            }
            if !config["alias"].is_null() {
                values.insert("alias".to_owned(), config["alias"].clone());
            }
            self.push(("provider", name), name.to_owned(), ("", 1), &Json::Object(values));
        }
    }

    /// A resource of `terraform show -json`.
    fn resource(&mut self, kind: &str, json: &Json, values: &Json) {
        let address = json["address"].as_str().unwrap_or_default();
        let name = json["name"].as_str().unwrap_or_default();
        let module = address.find(kind).map_or("", |at| &address[..at]);
        let label = label(&json["index"], module, name);
        let line = if address.is_empty() { 1 } else { self.line_of(address) };
        let whole = self.planned.complete(address, values);
        self.push((kind, name), label, (module, line), whole.as_ref().unwrap_or(values));
    }

    /// A resource's instance in a state file.
    fn instance(&mut self, kind: &str, json: &Json, instance: &Json) {
        let module = json["module"].as_str().unwrap_or_default();
        let name = json["name"].as_str().unwrap_or_default();
        let line = self.line_of(if module.is_empty() { name } else { module });
        let label = label(&instance["index_key"], module, name);
        self.push((kind, name), label, (module, line), &instance["attributes"]);
    }

    fn push(&mut self, (kind, name): (&str, &str), label: String, (module, line): (&str, u32), values: &Json) {
        let name = name.to_owned();
        self.found.push(Declaration {
            kind: kind.to_owned(),
            label,
            resource: name,
            body: body(values, line),
            file: self.file.to_owned(),
            line,
            scope: format!("{}/{module}", self.file),
        });
    }

    /// Where a string stands first.
    fn line_of(&self, text: &str) -> u32 {
        let quoted = Json::from(text).to_string();
        self.text.find(&quoted).map_or(1, |at| self.text[..at].matches('\n').count() as u32 + 1)
    }
}

/// What an expression of a plan's configuration is, where it is a constant or a variable.
fn configured(expression: &Json, variables: &Json) -> Option<Json> {
    if !expression["constant_value"].is_null() {
        return Some(expression["constant_value"].clone());
    }
    let mut references = expression["references"].as_array()?.iter().filter_map(Json::as_str);
    let name = references.find_map(|reference| reference.strip_prefix("var."))?;
    variables.get(name)?.get("value").filter(|value| value.is_string()).cloned()
}

/// The name of an instance: its own key, else that of the module's instance that it is in, else the resource's name.
fn label(index: &Json, module: &str, name: &str) -> String {
    if let Some(key) = index.as_str() {
        return key.to_owned();
    }
    let key = module.rsplit_once("[\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or(name);
    match index.as_u64() {
        Some(number @ 1..) => format!("{key}-{number}"),
        _ => key.to_owned(),
    }
}

fn body(json: &Json, line: u32) -> Body {
    let entries = json.as_object().into_iter().flatten();
    let entry = |(key, inner): (&String, &Json)| (key.clone(), Given { value: value(inner, line), line });
    let entries: Vec<_> = entries.map(entry).collect();
    Body { entries, dynamic: Vec::new() }
}

fn value(json: &Json, line: u32) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(is) => Value::Bool(*is),
        Json::Number(number) => number.as_f64().map_or(Value::Null, Value::Number),
        Json::String(text) if is_marked(text) => Value::unknown(KNOWN_AFTER_APPLY),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(list) => {
            let given = |inner| Given { value: value(inner, line), line };
            Value::List(list.iter().map(given).collect())
        }
        Json::Object(_) => Value::Map(body(json, line)),
    }
}

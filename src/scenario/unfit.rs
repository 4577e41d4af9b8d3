//! What of a scenario does not fit its schema, all of it: a reader stops at the first field that it cannot take.

use super::documents::parse;
use super::issue::Issue;
use super::lines::line_of;
use super::schema::{forms, schema};
use regex::Regex;
use serde_json::Value;

/// Every field of a scenario's text that there is not, that is missing, or whose value is of another kind, with its line.
/// Nothing of a text that is no YAML. Cost: the schema is made; for texts that were refused.
pub(super) fn unfit(text: &str) -> Vec<Issue> {
    let Ok(value) = parse::<Value>(text) else { return Vec::new() };
    let schema = schema();
    let mut search = Search { definitions: &schema["definitions"], text, found: Vec::new() };
    search.look(&value, &schema, "");
    search.found
}

struct Search<'a> {
    definitions: &'a Value,
    text: &'a str,
    found: Vec<Issue>,
}

impl Search<'_> {
    fn look(&mut self, value: &Value, schema: &Value, path: &str) {
        if value.is_null() || *schema == Value::Bool(true) {
            return;
        }
        let forms = forms(self.definitions, schema);
        let of_kind: Vec<&Value> = forms.iter().copied().filter(|form| is_of_kind(value, form)).collect();
        match value {
            _ if of_kind.is_empty() => {
                self.tell(path, format!("found {}, expected {}", shown(value), expected(&forms)))
            }
            Value::Object(fields) => {
                // Of several kinds of mappings it is the one with its first field.
                let first = fields.keys().next().map_or("", String::as_str);
                let has = |form: &&&Value| form["properties"].get(first).is_some();
                let form = of_kind.iter().find(has).or(of_kind.first());
                form.into_iter().for_each(|form| self.look_inside(fields, (form, &of_kind), path));
            }
            Value::Array(rows) => {
                let items = &of_kind[0]["items"];
                let at = |row: usize| format!("{path}[{row}]");
                rows.iter()
                    .enumerate()
                    .filter(|_| items.is_object())
                    .for_each(|(row, value)| self.look(value, items, &at(row)));
            }
            plain if !of_kind.iter().any(|form| fits(plain, form)) => {
                self.tell(path, format!("found {}, expected {}", shown(plain), expected(&forms)));
            }
            _ => {}
        }
    }

    fn look_inside(&mut self, fields: &serde_json::Map<String, Value>, (form, forms): (&Value, &[&Value]), path: &str) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for (name, value) in fields {
            let schema = form["properties"].get(name).unwrap_or(&form["additionalProperties"]);
            if schema.is_object() || *schema == Value::Bool(true) {
                self.look(value, schema, &below(name));
                continue;
            }
            let known: Vec<&str> = forms
                .iter()
                .filter_map(|form| form["properties"].as_object())
                .flatten()
                .map(|(name, _)| name.as_str())
                .collect();
            let place = if path.is_empty() { "a scenario".to_owned() } else { format!("`{path}`") };
            let issue = Issue::error(below(name), format!("{place} has no field `{name}`"));
            self.push(issue.suggest(name, known));
        }
        for needed in form["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(needed) && form["properties"].as_object().is_some_and(|all| all.len() > 1) {
                self.tell(path, format!("`{needed}` is missing"));
            }
        }
    }

    fn tell(&mut self, path: &str, message: String) {
        self.push(Issue::error(path, message));
    }

    fn push(&mut self, mut issue: Issue) {
        issue.place.line = issue.place.field.as_deref().and_then(|path| line_of(self.text, path));
        self.found.push(issue);
    }
}

/// Whether the type is one of the form's.
fn is_of_kind(value: &Value, form: &Value) -> bool {
    let named = |name: &str| match (&form["type"], name) {
        (Value::String(one), name) => one == name,
        (Value::Array(several), name) => several.iter().any(|one| one == name),
        _ => form["const"].is_string() == (name == "string"),
    };
    match value {
        Value::Null => true,
        Value::Bool(_) => named("boolean"),
        Value::Number(number) => named("number") || (named("integer") && !number.is_f64()),
        Value::String(_) => named("string"),
        Value::Array(_) => named("array"),
        Value::Object(_) => named("object"),
    }
}

/// Whether a plain value is within the form's bounds, of its pattern or one of its values.
fn fits(value: &Value, form: &Value) -> bool {
    let bound = |key: &str, is_within: fn(f64, f64) -> bool| match (value.as_f64(), form[key].as_f64()) {
        (Some(number), Some(bound)) => is_within(number, bound),
        _ => true,
    };
    let pattern = form["pattern"].as_str().and_then(|pattern| Regex::new(pattern).ok());
    let matches = value.as_str().is_none_or(|text| pattern.is_none_or(|pattern| pattern.is_match(text)));
    let is_listed = form["enum"].as_array().is_none_or(|listed| listed.contains(value));
    let is_constant = form.get("const").is_none_or(|constant| constant == value);
    bound("minimum", |a, b| a >= b) && bound("maximum", |a, b| a <= b) && matches && is_listed && is_constant
}

/// A value on one line, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("`{}...`", &text[..at]),
        None => format!("`{text}`"),
    }
}

fn expected(forms: &[&Value]) -> String {
    let mut kinds: Vec<String> = Vec::new();
    for form in forms {
        let listed = form["enum"].as_array().into_iter().flatten().chain(form.get("const"));
        let mut listed: Vec<String> =
            listed.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
        if listed.is_empty() {
            let named = form["x-type"].as_str().or(form["type"].as_str()).or(form["type"][0].as_str());
            let unit = form["x-unit"].as_str().map(|unit| format!(" ({unit})")).unwrap_or_default();
            listed.push(format!("{}{unit}", named.unwrap_or("another kind of value")));
        }
        listed.retain(|kind| !kinds.contains(kind));
        kinds.extend(listed);
    }
    kinds.join(" or ")
}

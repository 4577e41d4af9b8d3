//! A field of a scenario in words, from the schema: type, unit, default, example, and what is below it.

use super::issue::{Issue, did_you_mean};
use super::schema::forms;
use serde_json::Value;

/// Stands for any name in a path through a mapping.
const ANY_NAME: &str = "NAME";

/// What a scenario can say at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name; empty for the scenario itself.
    pub name: String,
    /// With the names of mappings as `NAME`: `services.NAME.cpuPerRequest`.
    pub path: String,
    /// `duration`, `[]path`, `map[string]object`...
    pub kind: String,
    /// In what it is given, or how it is written.
    pub unit: Option<String>,
    /// What holds where it is not said, as it would be written; or in words.
    pub default: Option<String>,
    /// How it may look, as a value.
    pub example: Option<Value>,
    /// What it is.
    pub description: String,
    /// Whether the mapping that it is in needs it.
    pub required: bool,
    /// The texts that it can be, each with what it means.
    pub values: Vec<(String, String)>,
    /// The fields below it, in order.
    pub fields: Vec<Field>,
}

/// The field at a path as `--set` writes it; lists and mappings may be passed by (`services.cpuPerRequest`), named or
/// numbered. The empty path is the scenario itself. `deep` fills in the fields of fields.
///
/// Errors: there is no such field.
pub fn explain(path: &str, deep: bool) -> Result<Field, Issue> {
    let schema = super::schema();
    let walk = Walk { definitions: &schema["definitions"], deep };
    let mut at = At { name: String::new(), path: String::new(), schema: &schema, about: None, required: false };
    let steps: Vec<&str> = path.split(['.', '[', ']']).filter(|step| !step.is_empty()).collect();
    for (number, step) in steps.iter().enumerate() {
        at = walk.step(at, step, number + 1 == steps.len())?;
    }
    Ok(walk.field(&at, usize::from(!deep)))
}

/// A place in the schema.
struct At<'a> {
    name: String,
    path: String,
    schema: &'a Value,
    /// What is said of it where it is one of several.
    about: Option<&'a str>,
    required: bool,
}

struct Walk<'a> {
    definitions: &'a Value,
    deep: bool,
}

impl<'a> Walk<'a> {
    fn forms(&self, schema: &'a Value) -> Vec<&'a Value> {
        forms(self.definitions, schema)
    }

    /// Lists and mappings of things: the things, with what stands for their place.
    fn inside(&self, schema: &'a Value) -> Option<(&'static str, &'a Value)> {
        self.forms(schema).into_iter().find_map(|form| {
            let named = form["additionalProperties"].as_object().map(|_| (ANY_NAME, &form["additionalProperties"]));
            named.or_else(|| form["items"].as_object().map(|_| ("", &form["items"])))
        })
    }

    fn properties(&self, at: &At<'a>) -> Vec<At<'a>> {
        let mut found = Vec::new();
        let forms = self.forms(at.schema);
        for form in &forms {
            let properties = form["properties"].as_object();
            // Of patterns one is chosen, whose field says what it is and is not needed.
            let is_choice = forms.len() > 1 && properties.is_some_and(|all| all.len() == 1);
            let needed = form["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let needed: Vec<&str> = needed.filter(|_| !is_choice).collect();
            let shown = properties.into_iter().flatten().filter(|(name, _)| !name.starts_with('$'));
            found.extend(shown.map(|(name, schema)| At {
                name: name.clone(),
                path: if at.path.is_empty() { name.clone() } else { format!("{}.{name}", at.path) },
                schema,
                about: form["description"].as_str().filter(|_| is_choice),
                required: needed.contains(&name.as_str()),
            }));
        }
        found
    }

    /// The thing in a list or mapping.
    fn entry(&self, at: &At<'a>) -> Option<At<'a>> {
        let (name, schema) = self.inside(at.schema)?;
        let path = if name.is_empty() { format!("{}[]", at.path) } else { format!("{}.{name}", at.path) };
        Some(At { name: name.to_owned(), path, schema, about: None, required: false })
    }

    fn step(&self, at: At<'a>, step: &str, is_last: bool) -> Result<At<'a>, Issue> {
        let mut candidates: Vec<String> = Vec::new();
        let mut here = Some(At { name: at.name.clone(), path: at.path.clone(), ..at });
        while let Some(place) = here {
            let fields = self.properties(&place);
            candidates.extend(fields.iter().map(|field| field.name.clone()));
            if let Some(found) = fields.into_iter().find(|field| field.name == step) {
                return Ok(found);
            }
            here = self.entry(&place);
        }
        let known = candidates.iter().map(String::as_str);
        let place = if at.path.is_empty() { "a scenario".to_owned() } else { format!("`{}`", at.path) };
        let refuse = || Issue::error(step, format!("{place} has no such field"));
        if let Some((kind, _)) = self.inside(at.schema) {
            let is_number = step == "+" || step.parse::<usize>().is_ok();
            let is_slip = is_last && kind == ANY_NAME && did_you_mean(step, known.clone()).is_some();
            if (is_number || kind == ANY_NAME) && !is_slip {
                return Ok(self.entry(&at).unwrap_or(at));
            }
        }
        let help = match candidates.is_empty() {
            true => "it is a plain value, nothing is below it".to_owned(),
            false => format!("there are {}", candidates.join(", ")),
        };
        Err(refuse().with_help(help).suggest(step, known))
    }

    fn field(&self, at: &At<'a>, levels: usize) -> Field {
        let forms = self.forms(at.schema);
        let text = |key: &str| {
            let own = at.schema[key].as_str();
            own.or_else(|| forms.iter().find_map(|form| form[key].as_str())).map(str::to_owned)
        };
        let written = at.schema.get("default").or_else(|| at.schema.get("x-default"));
        let mut fields = Vec::new();
        if self.deep || levels > 0 {
            let mut place = Some(At {
                name: String::new(),
                path: at.path.clone(),
                schema: at.schema,
                about: None,
                required: false,
            });
            while let Some(here) = place.take().filter(|_| fields.is_empty()) {
                fields.extend(self.properties(&here).iter().map(|below| self.field(below, levels.saturating_sub(1))));
                place = self.entry(&here);
            }
        }
        Field {
            name: at.name.clone(),
            path: at.path.clone(),
            kind: self.kind(at.schema),
            unit: text("x-unit"),
            default: written.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
            example: at.schema.pointer("/examples/0").cloned(),
            description: at
                .about
                .map(str::to_owned)
                .or_else(|| text("description"))
                .unwrap_or_else(|| self.described(at.schema)),
            required: at.required,
            values: values(&forms),
            fields,
        }
    }

    /// The description of what is referred to.
    fn described(&self, schema: &Value) -> String {
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        name.and_then(|name| self.definitions[name]["description"].as_str()).unwrap_or_default().to_owned()
    }

    fn kind(&self, schema: &'a Value) -> String {
        let mut kinds: Vec<String> = Vec::new();
        if let Some(kind) = schema["x-type"].as_str() {
            return kind.to_owned();
        }
        for form in self.forms(schema) {
            let kind = match form["x-type"].as_str().or_else(|| first_type(form)) {
                Some("array") => format!("[]{}", self.kind(&form["items"])),
                Some("object") if form["additionalProperties"].is_object() => {
                    format!("map[string]{}", self.kind(&form["additionalProperties"]))
                }
                Some(kind) => kind.to_owned(),
                None if form["const"].is_string() => "string".to_owned(),
                None => "any".to_owned(),
            };
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds.join(" or ")
    }
}

fn first_type(form: &Value) -> Option<&str> {
    let kinds = form["type"].as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(&form["type"]));
    kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null")
}

/// The texts that a value can be.
fn values(forms: &[&Value]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for form in forms {
        let meaning = form["const"].as_str().map(|_| form["description"].as_str().unwrap_or_default());
        let named = form["enum"].as_array().into_iter().flatten().chain([&form["const"]]);
        found.extend(
            named.filter_map(Value::as_str).map(|name| (name.to_owned(), meaning.unwrap_or_default().to_owned())),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Field {
        explain(path, false).unwrap_or_else(|issue| panic!("{issue}"))
    }

    #[test]
    fn lists_and_mappings_may_be_named_or_passed_by() {
        for path in ["services.cpuPerRequest", "services.web.cpuPerRequest", "services.NAME.cpuPerRequest"] {
            let field = at(path);
            assert_eq!((field.path.as_str(), field.kind.as_str()), (field.path.as_str(), "duration"), "{path}");
            assert_eq!(field.path, "services.NAME.cpuPerRequest");
        }
        for path in ["traffic.patterns.trace.file", "traffic.patterns[0].trace.file", "traffic.patterns.+.trace.file"] {
            assert_eq!((at(path).path.as_str(), at(path).kind.as_str()), ("traffic.patterns[].trace.file", "path"));
        }
        assert_eq!(at("services.web").fields, at("services").fields);
        assert_eq!(at("services").kind, "map[string]object");
    }

    #[test]
    fn what_is_known_of_a_field_is_told() {
        let size = at("nodeGroups.app.diskSize");
        assert_eq!(size.unit.as_deref(), Some("GiB, 1 to 65536"));
        assert_eq!(size.example, Some(50.into()));
        assert_eq!(at("duration").default.as_deref(), Some("7d"));
        assert_eq!(at("fidelity").values.len(), 2);
        assert!(at("traffic.patterns.constant.rate").required && !at("traffic.patterns.constant").required);
        assert!(explain("", true).is_ok_and(|all| all.fields.iter().any(|field| !field.fields.is_empty())));
    }

    #[test]
    fn a_slip_is_told_with_what_was_meant() {
        let refused = |path: &str| explain(path, false).expect_err(path).to_string();
        assert!(refused("trafic").contains("did you mean `traffic`?"));
        assert!(refused("services.cpuPerRequets").contains("did you mean `cpuPerRequest`?"));
        assert!(refused("services.web.cpuPerRequets").contains("did you mean `cpuPerRequest`?"));
        assert!(refused("duration.seconds").contains("plain value"));
    }
}

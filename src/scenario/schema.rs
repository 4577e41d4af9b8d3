//! The JSON schema of a scenario file, from the declarations in `file/`: one source for editors, `explain` and readers.

use super::file::ScenarioFile;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// A draft-07 schema: descriptions are the declarations' documentation; `x-type` and `x-unit` say what JSON's types do not.
pub fn schema() -> Value {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<ScenarioFile>();
    let mut schema = schema.to_value();
    tidy(&mut schema);
    if let Value::Object(fields) = &mut schema {
        fields.insert("title".to_owned(), "A scenario of Foresail".into());
        fields.insert("required".to_owned(), json!(["apiVersion", "kind"]));
    }
    for (name, value) in [("apiVersion", "foresail/v1alpha1"), ("kind", "Scenario")] {
        schema["properties"][name]["const"] = value.into();
    }
    schema
}

/// Formats of Rust's numbers say nothing to anybody, and that nothing is the default goes without saying.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let is_noise =
                |value: &Value| value.is_null() || *value == json!({}) || *value == json!([]) || *value == json!("");
            if fields.get("default").is_some_and(is_noise) {
                fields.shift_remove("default");
            }
            if fields.get("format").is_some_and(Value::is_string) {
                fields.shift_remove("format");
            }
            fields.values_mut().for_each(tidy);
        }
        Value::Array(entries) => entries.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// What a value can be: references followed, and nothing left out but `null`.
pub(super) fn forms<'a>(definitions: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return forms(definitions, &definitions[name]);
    }
    let parts = ["allOf", "anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array());
    match parts {
        Some(parts) => parts.iter().flat_map(|part| forms(definitions, part)).collect(),
        None if schema["type"] == "null" => Vec::new(),
        None => vec![schema],
    }
}

//! The committed JSON schema is the declarations', takes every scenario that there is, and refuses nothing that is read.

use crate::program::Folder;
use boon::{Compiler, SchemaIndex, Schemas};
use foresail::scenario::file::ScenarioFile;
use foresail::scenario::{Field, explain};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

const COMMITTED: &str = "schema/scenario.schema.json";

#[test]
fn the_committed_schema_is_fresh() {
    let printed = Folder::new().run("schema").ok().to_owned();
    let path = root().join(COMMITTED);
    if std::env::var_os("FORESAIL_UPDATE").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, &printed).expect("a place to write to");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == printed, "{COMMITTED} is old: FORESAIL_UPDATE=1 cargo test --test all schema writes it anew");
}

/// The schema as a validator has it, which also holds it to the rules of schemas.
pub(crate) struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    pub(crate) fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("file:///scenario.json", foresail::scenario::schema()).expect("a resource");
        let index = compiler.compile("file:///scenario.json", &mut schemas).expect("a schema");
        Validator { schemas, index }
    }
    /// Why a scenario is none.
    pub(crate) fn refusal(&self, scenario: &Value) -> Option<String> {
        self.schemas.validate(scenario, self.index).err().map(|error| format!("{error:#}"))
    }
}

/// A YAML text as a value.
fn yaml(text: &str) -> Value {
    let options = serde_yaml::options! { strict_booleans: true };
    serde_yaml::from_str_with_options(text, options).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Scenario files below a folder.
fn scenarios(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            scenarios(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

/// Scenarios of the repository: files, and blocks of the documentation.
fn all_scenarios() -> Vec<(String, String)> {
    let mut files = Vec::new();
    ["scenarios", "tests", "docs", "examples"].iter().for_each(|folder| scenarios(&root().join(folder), &mut files));
    let mut texts: Vec<(String, String)> = files
        .into_iter()
        .map(|path| (path.display().to_string(), fs::read_to_string(path).expect("a readable file")))
        .filter(|(_, text)| text.contains("kind: Scenario\n"))
        .collect();
    for entry in fs::read_dir(root().join("docs")).expect("the documentation").flatten() {
        let page = fs::read_to_string(entry.path()).unwrap_or_default();
        for block in page.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            let text = match block.starts_with("apiVersion") {
                true => block.to_owned(),
                false => format!("apiVersion: foresail/v1alpha1\nkind: Scenario\n{block}"),
            };
            texts.push((entry.path().display().to_string(), text));
        }
    }
    texts.retain(|(_, text)| text.contains("kind: Scenario\n"));
    texts
}

#[test]
fn every_scenario_of_the_repository_fits_the_schema() {
    let (validator, scenarios) = (Validator::new(), all_scenarios());
    assert!(scenarios.len() > 25, "only {} scenarios", scenarios.len());
    for (name, text) in &scenarios {
        assert_eq!(validator.refusal(&yaml(text)), None, "{name}");
    }
}

/// What a value may be mistaken for. A list in place of a mapping is not among them: serde reads it as the mapping's
/// values in their order.
fn mistakes(value: &Value) -> Vec<Value> {
    let mut others = vec![json!(true), json!(-7.5), json!("nonsense"), json!({"nonsense": 1})];
    if !value.is_object() {
        others.push(json!(["nonsense"]));
    }
    others
}

/// The scenario with one value mistaken, for each value and mistake.
fn mutants(scenario: &Value) -> Vec<(String, Value)> {
    fn pointers(value: &Value, path: &str, found: &mut Vec<String>) {
        found.push(path.to_owned());
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, inner)| {
                pointers(inner, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }),
            Value::Array(rows) => {
                rows.iter().enumerate().for_each(|(at, inner)| pointers(inner, &format!("{path}/{at}"), found))
            }
            _ => {}
        }
    }
    let (mut paths, mut all) = (Vec::new(), Vec::new());
    pointers(scenario, "", &mut paths);
    for path in paths.iter().filter(|path| !path.is_empty() && *path != "/extends") {
        let mut at = scenario.clone();
        for mistake in mistakes(at.pointer(path).expect("it is there")) {
            *at.pointer_mut(path).expect("it is there") = mistake.clone();
            all.push((format!("{path} = {mistake}"), at.clone()));
        }
    }
    all
}

#[test]
fn what_the_schema_refuses_is_refused() {
    let validator = Validator::new();
    let (mut refused, mut taken) = (0, Vec::new());
    for (_, text) in all_scenarios() {
        for (what, mutant) in mutants(&yaml(&text)) {
            if validator.refusal(&mutant).is_none() {
                continue;
            }
            refused += 1;
            // Those two are looked at where files are read.
            let is_head = ["/apiVersion", "/kind"].iter().any(|head| what.starts_with(head));
            if !is_head && serde_json::from_value::<ScenarioFile>(mutant).is_ok() {
                taken.push(what);
            }
        }
    }
    assert!(refused > 500, "only {refused} were refused");
    taken.sort();
    taken.dedup();
    assert!(taken.is_empty(), "the schema refuses what is read:\n{taken:#?}");
}

/// The field and all below it.
fn all_fields(field: &Field, found: &mut Vec<Field>) {
    field.fields.iter().for_each(|below| all_fields(below, found));
    found.push(field.clone());
}

#[test]
fn every_field_is_described_and_every_example_is_read() {
    let mut fields = Vec::new();
    all_fields(&explain("", true).expect("the scenario"), &mut fields);
    fields.retain(|field| !field.path.is_empty());
    assert!(fields.len() > 150, "only {} fields", fields.len());
    let mut examples = 0;
    for field in fields {
        assert!(!field.description.is_empty(), "{} says nothing of itself", field.path);
        assert!(!field.kind.is_empty() && field.kind != "any", "{}: {}", field.path, field.kind);
        let Some(example) = &field.example else { continue };
        // A scenario that says nothing else: what is missing beside it is no fault of the example.
        let mut scenario = example.clone();
        for step in field.path.rsplit('.') {
            let name = step.trim_end_matches("[]");
            if step.ends_with("[]") {
                scenario = json!([scenario]);
            }
            scenario = json!({ name: scenario });
        }
        scenario["apiVersion"] = "foresail/v1alpha1".into();
        scenario["kind"] = "Scenario".into();
        if let Err(error) = serde_json::from_value::<ScenarioFile>(scenario.clone()) {
            assert!(error.to_string().starts_with("missing field"), "{}: {error}: {scenario}", field.path);
        }
        examples += 1;
    }
    assert!(examples > 120, "only {examples} examples");
}

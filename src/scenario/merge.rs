//! A scenario on top of another, and single settings on top of both.

use super::documents::{Problem, parse};
use super::file::ScenarioFile;
use super::issue::{Issue, Issues};
use super::kubernetes::read_object;
use super::origins::Origins;
use super::sources::{Files as _, Sources};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// `extends` may go so deep.
const DEEPEST: usize = 16;

/// Reads, merges, sets, checks: the scenario, and where its fields were written.
pub(super) fn load(
    sources: Sources,
    path: &Path,
    sets: &[String],
    issues: &mut Issues,
) -> Option<(ScenarioFile, Value, Origins)> {
    let mut origins = Origins::default();
    let mut value = read(sources, path, &mut origins, issues, 0)?;
    for set in sets {
        if let Err(why) = apply(&mut value, set) {
            issues.push(Issue::error("--set", why));
        }
        origins.push_set(set);
    }
    match read_object::<ScenarioFile>(&value) {
        Ok(file) => Some((file, value, origins)),
        Err(mut issue) => {
            origins.locate(&mut issue.place);
            issue.place.file.get_or_insert_with(|| path.display().to_string());
            issues.push(issue);
            None
        }
    }
}

fn read(sources: Sources, path: &Path, origins: &mut Origins, issues: &mut Issues, depth: usize) -> Option<Value> {
    let name = path.display().to_string();
    let mut refuse = |message: String| {
        let mut issue = Issue::error("", message);
        issue.place.file = Some(name.clone());
        issues.push(issue);
    };
    if depth > DEEPEST {
        refuse("`extends` goes in a circle".into());
        return None;
    }
    let text = match sources.read(path) {
        Ok(text) => text,
        Err(why) => {
            refuse(format!("the scenario file {why}"));
            return None;
        }
    };
    // Once as what it should be, for good messages with lines; once as it is, for merging.
    let typed: Result<ScenarioFile, Problem> = parse(&text);
    let file = match typed {
        Ok(file) => file,
        Err(problem) => {
            issues.push(problem.at(&name, 1));
            return None;
        }
    };
    if file.api_version != "foresail/v1alpha1" || file.kind != "Scenario" {
        refuse(format!(
            "found apiVersion `{}` and kind `{}`, expected `foresail/v1alpha1` and `Scenario`",
            file.api_version, file.kind
        ));
        return None;
    }
    let mut value: Value = parse(&text).ok()?;
    let Some(base) = file.extends else {
        origins.push_file(name, text, value.clone());
        return Some(value);
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let base_path = folder.join(&base);
    let mut below = read(sources, &base_path, origins, issues, depth + 1)?;
    origins.push_file(name, text, value.clone());
    rebase(&mut below, Path::new(&base).parent().unwrap_or(Path::new("")));
    if let Value::Object(object) = &mut value {
        object.remove("extends");
    }
    merge(&mut below, value);
    Some(below)
}

/// Paths of the base are relative to the base.
fn rebase(value: &mut Value, folder: &Path) {
    let move_text = |text: &mut Value| {
        if let Value::String(path) = text {
            let moved: PathBuf = folder.join(&*path);
            *path = moved.to_string_lossy().into_owned();
        }
    };
    for list in ["manifests", "terraform"] {
        if let Some(Value::Array(paths)) = value.get_mut(list) {
            paths.iter_mut().for_each(move_text);
        }
    }
    if let Some(path) = value.get_mut("podTrace") {
        move_text(path);
    }
    if let Some(Value::Array(patterns)) = value.pointer_mut("/traffic/patterns") {
        patterns.iter_mut().filter_map(|pattern| pattern.pointer_mut("/trace/file")).for_each(move_text);
    }
}

/// Objects are merged, lists of patterns, faults and deploys are added, everything else is replaced.
fn merge(below: &mut Value, above: Value) {
    let (Value::Object(base), Value::Object(top)) = (&mut *below, above) else { return };
    for (key, value) in top {
        match (base.get_mut(&key), value) {
            (Some(Value::Array(list)), Value::Array(more)) if ADDED.contains(&key.as_str()) => list.extend(more),
            (Some(known @ Value::Object(_)), value @ Value::Object(_)) => merge(known, value),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

/// Lists that are added to.
pub(super) const ADDED: &[&str] = &["patterns", "faults", "deploys", "charges", "managed"];

/// `traffic.scale=2`: the value is YAML.
fn apply(value: &mut Value, set: &str) -> Result<(), String> {
    let (path, text) = set.split_once('=').ok_or_else(|| format!("`{set}` is not of the form path=value"))?;
    let parsed: Value = parse(text).map_err(|_| format!("the value of `{set}` is not YAML"))?;
    let mut place = value;
    for key in path.split('.') {
        if key.is_empty() {
            return Err(format!("`{path}` has an empty part"));
        }
        if let Ok(index) = key.parse::<usize>()
            && place.is_array()
        {
            let length = place.as_array().map_or(0, Vec::len);
            place = place.get_mut(index).ok_or_else(|| format!("`{path}`: there are only {length} entries"))?;
            continue;
        }
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        let Value::Object(object) = place else { return Err(format!("`{path}`: `{key}` is below a plain value")) };
        place = object.entry(key.to_owned()).or_insert(Value::Null);
    }
    *place = parsed;
    Ok(())
}

//! A scenario on top of another, and single settings on top of both.

use super::documents::{Problem, parse};
use super::file::{ADDED_LISTS, PATH_FIELDS, ScenarioFile};
use super::issue::{Issue, Issues};
use super::kubernetes::read_object;
use super::origins::Origins;
use super::settings::Setting;
use super::sources::{Files as _, Sources};
use super::unfit::unfit;
use serde_json::Value;
use std::path::Path;

/// `extends` may go so deep.
const DEEPEST: usize = 16;

/// Reads a scenario file and those that it extends, and merges them: the scenario as it is written, and where.
pub(super) fn merged(sources: Sources, path: &Path, issues: &mut Issues) -> Option<(Value, Origins)> {
    let mut layers = Layers { sources, origins: Origins::default(), issues };
    let value = layers.read(path, 0)?;
    Some((value, layers.origins))
}

/// Sets values, and checks what comes of it.
pub(super) fn changed(
    value: &mut Value,
    settings: &[Setting],
    origins: &mut Origins,
    issues: &mut Issues,
) -> Option<ScenarioFile> {
    for setting in settings {
        if let Err(issue) = setting.apply(value) {
            issues.push(issue);
        }
        origins.push_set(setting);
    }
    match read_object::<ScenarioFile>(value) {
        Ok(file) => Some(file),
        Err(mut issue) => {
            origins.locate(&mut issue.place);
            issue.place.file = issue.place.file.or_else(|| origins.last_file().map(str::to_owned));
            issues.push(issue);
            None
        }
    }
}

/// A scenario file with those that it extends, while they are read.
struct Layers<'a> {
    sources: Sources,
    origins: Origins,
    issues: &'a mut Issues,
}

impl Layers<'_> {
    fn read(&mut self, path: &Path, depth: usize) -> Option<Value> {
        let name = path.display().to_string();
        let mut refuse = |message: String| {
            let mut issue = Issue::error("", message);
            issue.place.file = Some(name.clone());
            self.issues.push(issue);
        };
        if depth > DEEPEST {
            refuse("`extends` goes in a circle".into());
            return None;
        }
        let text = match self.sources.read(path) {
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
                let first = problem.at(&name, 1);
                let others = unfit(&text).into_iter().filter(|other| other.place.line != first.place.line);
                let others: Vec<Issue> = others
                    .map(|issue| {
                        let line = issue.place.line;
                        issue.in_file(name.clone(), line)
                    })
                    .collect();
                std::iter::once(first).chain(others).for_each(|issue| self.issues.push(issue));
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
        let mut value: Value = match parse(&text) {
            Ok(value) => value,
            Err(problem) => {
                self.issues.push(problem.at(&name, 1));
                return None;
            }
        };
        name_the_price_file(&mut value);
        // That is for editors, and no part of what is simulated.
        value.as_object_mut().into_iter().for_each(|fields| drop(fields.shift_remove("$schema")));
        let Some(base) = file.extends else {
            self.origins.push_file(name, text, value.clone());
            return Some(value);
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut below = self.read(&base.below(folder), depth + 1)?;
        self.origins.push_file(name, text, value.clone());
        rebase(&mut below, base.folder());
        if let Value::Object(object) = &mut value {
            object.remove("extends");
        }
        merge(&mut below, value);
        Some(below)
    }
}

/// `prices: FILE` is short for `prices: {file: FILE}`: only that can be merged.
fn name_the_price_file(value: &mut Value) {
    if let Some(prices @ Value::String(_)) = value.get_mut("prices") {
        *prices = serde_json::json!({ "file": prices.take() });
    }
}

/// Paths of the base are relative to the base.
pub(super) fn rebase(value: &mut Value, folder: &Path) {
    for field in PATH_FIELDS {
        let steps: Vec<&str> = field.split('.').collect();
        move_path(value, &steps, folder);
    }
}

/// Moves what is at a path of keys; `key[]` goes on in each entry of the list.
fn move_path(value: &mut Value, steps: &[&str], folder: &Path) {
    let Some((step, rest)) = steps.split_first() else {
        if let Value::String(path) = value {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
        return;
    };
    match step.strip_suffix("[]") {
        None => value.get_mut(step).into_iter().for_each(|inner| move_path(inner, rest, folder)),
        Some(list) => {
            let entries = value.get_mut(list).and_then(Value::as_array_mut);
            entries.into_iter().flatten().for_each(|entry| move_path(entry, rest, folder));
        }
    }
}

/// Objects are merged, lists of patterns, faults and deploys are added, everything else is replaced.
fn merge(below: &mut Value, above: Value) {
    let (Value::Object(base), Value::Object(top)) = (&mut *below, above) else { return };
    for (key, value) in top {
        match (base.get_mut(&key), value) {
            (Some(Value::Array(list)), Value::Array(more)) if ADDED_LISTS.contains(&key.as_str()) => list.extend(more),
            (Some(known @ Value::Object(_)), value @ Value::Object(_)) => merge(known, value),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// `pod_trace: Option<FilePath>` is `podTrace`.
    fn declared() -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenario/file");
        let files = std::fs::read_dir(folder).expect("the declarations").flatten();
        let source: String = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
        let fields = source.lines().filter_map(|line| line.trim().trim_start_matches("pub ").split_once(": "));
        let paths =
            fields.filter(|(_, kind)| kind.trim_end_matches(',').ends_with("FilePath") || kind.contains("FilePath>"));
        let camel = |name: &str| {
            let mut words = name.split('_');
            let first = words.next().unwrap_or_default().to_owned();
            words.fold(first, |text, word| text + &word[..1].to_uppercase() + &word[1..])
        };
        paths.map(|(name, _)| camel(name)).collect()
    }

    #[test]
    fn every_path_that_a_scenario_can_name_is_moved() {
        let last = |path: &&str| path.rsplit('.').next().unwrap_or_default().trim_end_matches("[]").to_owned();
        let mut listed: BTreeSet<String> = PATH_FIELDS.iter().map(last).collect();
        listed.insert("extends".to_owned());
        assert_eq!(listed, declared());
        let mut value = serde_json::json!({
            "manifests": ["k8s", "/etc/k8s"], "terraform": ["a.tf"], "podTrace": "pods.csv",
            "eksctl": ["cluster.yaml"], "describe": ["groups.json"],
            "scheduler": {"configuration": "s.yaml"},
            "traffic": {"patterns": [{"constant": {"rate": 1}}, {"trace": {"file": "t.csv"}}]},
            "prices": "contract.yaml",
        });
        name_the_price_file(&mut value);
        value["prices"]["spotHistory"] = "spot.csv".into();
        rebase(&mut value, Path::new("../base"));
        let expected = serde_json::json!({
            "manifests": ["../base/k8s", "/etc/k8s"], "terraform": ["../base/a.tf"], "podTrace": "../base/pods.csv",
            "eksctl": ["../base/cluster.yaml"], "describe": ["../base/groups.json"],
            "scheduler": {"configuration": "../base/s.yaml"},
            "traffic": {"patterns": [{"constant": {"rate": 1}}, {"trace": {"file": "../base/t.csv"}}]},
            "prices": {"file": "../base/contract.yaml", "spotHistory": "../base/spot.csv"},
        });
        assert_eq!(value, expected);
        // None of the list names nothing.
        for field in PATH_FIELDS {
            let pointer =
                format!("/{}", field.replace('.', "/").replace("patterns[]", "patterns/1").replace("[]", "/0"));
            assert!(value.pointer(&pointer).is_some_and(Value::is_string), "{field}");
        }
    }
}

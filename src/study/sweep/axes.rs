//! What is varied: names, their values, and where in the scenario these are put.

use super::values::Values;
use crate::scenario::aliases::{Target, targets};
use crate::scenario::documents::parse;
use crate::scenario::file::Sweep;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::{Scenario, Setting};
use indexmap::IndexMap;
use serde_json::Value;

/// The flag that names an axis.
const VARY: &str = "--vary";

/// Something that is varied.
#[derive(Clone, Debug)]
pub struct Axis {
    /// As it was asked for: a path of `--set`, or an alias such as `hpa.max`.
    pub name: String,
    /// Which values it takes.
    pub values: Values,
    targets: Vec<Target>,
}

impl Axis {
    /// What stands before its value in each `--set` that does the same.
    pub fn sets(&self) -> Vec<String> {
        self.targets.iter().map(Target::set).collect()
    }

    /// A value of it, put into a scenario.
    pub(super) fn settings(&self, value: &str) -> impl Iterator<Item = Setting> {
        // Values have been read as YAML when they were asked for.
        let parsed: Value = parse(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        let written = format!("{VARY} {}={value}", self.name);
        self.targets.iter().map(move |target| target.setting(&parsed, written.clone()))
    }
}

/// The names and values of a `sweep:` block and of the command line's `path=values` on top of it: those of a path that the block
/// has as well take the place of the block's. Everything that is wrong with them goes to `issues`; what is right is there
/// even then, so that what is wrong with its place in the scenario can be told at once.
pub fn asked(block: &Sweep, vary: &[String], issues: &mut Issues) -> IndexMap<String, Values> {
    let mut found: IndexMap<String, Values> = IndexMap::new();
    for (name, varied) in &block.vary {
        match Values::of_block(varied) {
            Ok(values) => drop(found.insert(name.clone(), values)),
            Err(why) => issues.push(Issue::error(format!("sweep.vary.{name}"), why)),
        }
    }
    let mut given: Vec<&str> = Vec::new();
    for text in vary {
        let Some((name, values)) = text.split_once('=') else {
            let issue = Issue::error(VARY, format!("`{text}` is not of the form path=values"));
            issues.push(issue.with_help("write traffic.scale=1,2,3 or hpa.max=4..20/4"));
            continue;
        };
        if given.contains(&name) {
            issues
                .push(Issue::error(VARY, format!("`{name}` is there twice")).with_help("give all its values at once"));
            continue;
        }
        given.push(name);
        match Values::parse(values) {
            Ok(values) => drop(found.insert(name.to_owned(), values)),
            Err(why) => issues.push(Issue::error(VARY, format!("{name}: {why}"))),
        }
    }
    if found.is_empty() && issues.is_empty() {
        let issue = Issue::error(VARY, "there is nothing to vary");
        issues.push(issue.with_help("give `--vary traffic.scale=1,2,3`, or a `sweep:` block in the scenario file"));
    }
    found
}

/// The axes of a scenario; `sets` are values that are the same at every point.
///
/// Errors: names that lead nowhere, and places that two of them set; everything at once.
pub(super) fn axes(
    asked: IndexMap<String, Values>,
    sets: &[Setting],
    base: &Scenario,
    issues: &mut Issues,
) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for (name, values) in asked {
        let targets = match targets(&name, base) {
            Ok(targets) => targets,
            Err(issue) => {
                let message = format!("{}: {}", issue.place.field.as_deref().unwrap_or(&name), issue.message);
                issues.push(Issue { help: issue.help, ..Issue::error(VARY, message) });
                continue;
            }
        };
        let meets = |other: &&Axis| targets.iter().any(|own| other.targets.iter().any(|theirs| own.overlaps(theirs)));
        if let Some(other) = axes.iter().find(meets) {
            let message = format!("`{name}` and `{}` set the same thing", other.name);
            issues.push(Issue::error(VARY, message).with_help("leave one of them out"));
        }
        let is_set = |set: &&Setting| targets.iter().any(|own| own.overlaps_path(set.path()));
        if let Some(set) = sets.iter().find(is_set) {
            let message = format!("`{name}` is varied, and set to one value by --set {}", set.path().join("."));
            issues.push(Issue::error(VARY, message).with_help("leave one of them out"));
        }
        axes.push(Axis { name, values, targets });
    }
    axes
}

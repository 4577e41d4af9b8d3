//! Dumps without what is nobody's business: names become pseudonyms, and what no decision looks at is gone.
//!
//! What is kept is a list (`fields.rs`); everything else is dropped, so that nothing is given away by a field that nobody thought
//! of. Names of all kinds, namespaces, label values, images and paths become pseudonyms: the same text is the same
//! pseudonym everywhere, so that selectors, targets, owners, claims and nodes still find each other, and pseudonyms are in the
//! order of what they stand for, because ties are broken by names. Secrets and ConfigMaps are left out, as are environment
//! variables, arguments (but flags of Cluster Autoscaler and kube-scheduler), probes' handlers and annotations that decide nothing.
//! Zones, regions, machine types, and names that Kubernetes itself gives keep their meaning.
//!
//! Start reading at [`Scrubber`].

mod annotations;
mod fields;
mod flags;
mod walk;
mod words;

use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::reader::{Item, Reader};
use crate::scenario::sources::Sources;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use walk::object;

/// Pseudonyms of all names that were met.
#[derive(Clone, Debug, Default)]
pub struct Scrubber {
    pseudonyms: BTreeMap<String, String>,
}

/// What became of a dump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Objects that were written.
    pub kept: usize,
    /// Objects that were left out, by kind; Secrets and ConfigMaps always are.
    pub left_out: BTreeMap<String, usize>,
    /// How many different names have pseudonyms.
    pub names: usize,
}

impl Scrubber {
    /// Learns the names of objects.
    pub fn of<'v>(objects: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut names = BTreeSet::new();
        objects.into_iter().for_each(|value| learn(value, &mut names));
        Scrubber::new(names)
    }

    fn new(names: BTreeSet<String>) -> Self {
        let width = names.len().max(1).to_string().len();
        let numbered = (1..).zip(names).map(|(number, name): (usize, String)| (name, format!("x{number:0width$}")));
        Scrubber { pseudonyms: numbered.collect() }
    }

    /// An object without what is private; nothing where its kind is left out.
    pub fn scrub(&self, value: &Value) -> Option<Value> {
        object(value, &mut |name| self.pseudonyms.get(name).cloned().unwrap_or_else(|| "x".to_owned()))
    }

    /// The pseudonym of a name, if it has one.
    pub fn pseudonym(&self, name: &str) -> Option<&str> {
        self.pseudonyms.get(name).map(String::as_str)
    }
}

/// Whether an annotation decides anything.
pub(crate) fn annotation_decides(key: &str) -> bool {
    annotations::decides(key)
}

/// Whether a container runs Cluster Autoscaler or kube-scheduler, whose flags decide.
pub(crate) fn runs_controller(container: &Map<String, Value>) -> bool {
    flags::program(container).is_some()
}

fn learn(value: &Value, names: &mut BTreeSet<String>) {
    drop(object(value, &mut |name| {
        names.insert(name.to_owned());
        String::new()
    }));
}

/// Writes the objects of files and folders as one List, without what is private. The files are read twice, an object at a time.
///
/// Errors: what cannot be read, with its place, and nothing is written then; what cannot be written.
pub fn scrub_files(paths: &[PathBuf], out: &mut dyn Write) -> Result<Scrubbed, Issues> {
    let mut names = BTreeSet::new();
    each(paths, &mut |value| {
        learn(&value, &mut names);
        Ok(())
    })?;
    let scrubber = Scrubber::new(names);
    let mut done = Scrubbed { names: scrubber.pseudonyms.len(), ..Scrubbed::default() };
    let wrong = |error: std::io::Error| Issues::from(Issue::error("", format!("cannot be written: {error}")));
    write!(out, "{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [").map_err(wrong)?;
    each(paths, &mut |value| match scrubber.scrub(&value) {
        Some(clean) => {
            let mark = if done.kept == 0 { "" } else { "," };
            done.kept += 1;
            write!(out, "{mark}\n{clean}")
        }
        None => {
            let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
            *done.left_out.entry(kind.to_owned()).or_default() += 1;
            Ok(())
        }
    })?;
    writeln!(out, "\n]}}").map_err(wrong)?;
    Ok(done)
}

/// Hands over all objects of the paths, whatever their kind.
fn each(paths: &[PathBuf], take: &mut dyn FnMut(Value) -> std::io::Result<()>) -> Result<(), Issues> {
    let mut issues = Issues::new();
    let mut reader = Reader::of(&[]).with_repeats();
    for path in paths {
        if path.as_os_str() == "-" {
            let help = "write it into a file first: it is read twice";
            issues.push(Issue::error("-", "standard input cannot be scrubbed").with_help(help));
            continue;
        }
        let mut failed = None;
        reader.read(Sources::Disk, Path::new(path), &mut issues, &mut |item, _| {
            if let Item::Other(_, value) = item {
                failed = failed.take().or_else(|| take(value).err());
            }
        });
        failed.into_iter().for_each(|error| issues.push(Issue::error("", format!("cannot be written: {error}"))));
    }
    if issues.has_errors() { Err(issues) } else { Ok(()) }
}

#[cfg(test)]
mod tests;

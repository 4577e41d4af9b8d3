//! The one reader of Kubernetes objects: for every door, from YAML, JSON, lists of objects and dumps of any size.
//!
//! A door says which kinds it looks at and takes them one after another, each as its type and with its place. What is
//! malformed, nameless or there twice is an issue; objects of other kinds are handed over as such, so that the door can say
//! what it leaves aside. Here is nothing about what objects mean.
//!
//! Start reading at [`Reader::read`]; then `stream.rs` (JSON, one object at a time) and `text.rs` (YAML);
//! lists as kubectl prints them go by `printed_json.rs` and `printed_yaml.rs`.

mod printed_json;
mod printed_yaml;
mod provenance;
mod raw;
mod stream;
mod tape;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use provenance::Provenance;

use super::kind::{Kind, Object};
use super::schema;
use super::versions::{Identity, identify};
use crate::limits::Budget;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::sources::Files;
use provenance::text as text_at;
use raw::{Raw, Section};
use serde_json::Value;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// Files with objects.
const EXTENSIONS: &[&str] = &["yaml", "yml", "json"];

/// What is handed to a door.
#[derive(Clone)]
pub(crate) enum Item {
    /// An object of one of the door's kinds.
    Object(Box<Found>),
    /// An object of another kind.
    Other(Provenance, Value),
    /// A recorded scheduler's arguments.
    SchedulerArguments(Provenance, Value),
    /// A recorded autoscaler's world.
    AutoscalerCase(Provenance, Value),
}

/// An object that was read.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) from: Provenance,
    pub(crate) api: Object,
    /// The whole object.
    pub(crate) value: Value,
    /// It is one of those that a recording lists as waiting.
    pub(crate) is_pending: bool,
}

/// Reads objects for a door.
pub(crate) struct Reader<'a> {
    wanted: &'a [Kind],
    /// Whether an object may come twice.
    repeats: bool,
    /// Hashes of kind, namespace and name.
    seen: HashSet<u64>,
}

/// The objects of a short text as they are written, whatever their kinds; what cannot be read is left out.
pub(crate) fn plain(text: &str) -> Vec<Value> {
    placed(text, "").into_iter().map(|(_, value)| value).collect()
}

/// The same with their places in a file of that name.
pub(crate) fn placed(text: &str, file: &str) -> Vec<(Provenance, Value)> {
    let mut found = Vec::new();
    text::read(text, (&Arc::from(file), 1), &mut Issues::new(), &mut |raw| found.push((raw.from, raw.value)));
    found.retain(|(_, value)| value.get("kind").is_some());
    found
}

impl<'a> Reader<'a> {
    /// For a door that looks at these kinds.
    pub(crate) fn of(wanted: &'a [Kind]) -> Self {
        Reader { wanted, repeats: false, seen: HashSet::new() }
    }
    /// Variants of one object may be read, too.
    pub(crate) fn with_repeats(self) -> Self {
        Reader { repeats: true, ..self }
    }

    /// Hands over the objects of a file, a folder or standard input, in order.
    pub(crate) fn read(
        &mut self,
        files: impl Files,
        path: &Path,
        issues: &mut Issues,
        take: &mut dyn FnMut(Item, &mut Issues),
    ) {
        let refuse = |path: &Path, why: &str| Issue::error("", why).in_file(path.display().to_string(), None);
        let found = match files.list(path, EXTENSIONS) {
            Ok(found) => found,
            Err(why) => return issues.push(refuse(path, &format!("the file or folder {why}"))),
        };
        for file in found {
            let name: Arc<str> = file.to_string_lossy().into();
            let mut part = Issues::new();
            let mut sink = |raw| self.sort(raw, issues, take);
            let outcome = files.open(&file).and_then(|input| objects(input, &name, &mut part, &mut sink));
            issues.absorb(part, |_| {});
            if let Err(why) = outcome {
                issues.push(refuse(&file, &format!("the file {why}")));
            }
        }
    }

    /// All of it at once: for doors that look at everything together.
    pub(crate) fn collect(&mut self, files: impl Files, path: &Path, issues: &mut Issues) -> Vec<Item> {
        let mut items = Vec::new();
        self.read(files, path, issues, &mut |item, _| items.push(item));
        items
    }

    fn sort(&mut self, raw: Raw, issues: &mut Issues, take: &mut dyn FnMut(Item, &mut Issues)) {
        let Raw { value, section, from } = raw;
        if section == Section::Arguments {
            return take(Item::SchedulerArguments(from, value), issues);
        }
        let kind = text_at(&value, &["kind"]);
        if kind.is_empty() && value.get("podTemplates").is_some() {
            return take(Item::AutoscalerCase(from, value), issues);
        }
        if kind.is_empty() {
            return issues.push(from.locate(kindless(&value)));
        }
        let (kind, type_name, doubt) = match identify(&value) {
            Ok(Identity::Known(kind, type_name, doubt)) if self.wanted.contains(&kind) => (kind, type_name, doubt),
            Ok(_) => return take(Item::Other(from, value), issues),
            Err(issue) => return issues.push(from.locate(issue)),
        };
        if let Err(issue) = self.is_the_first(kind, &value) {
            return issues.push(from.locate(issue));
        }
        doubt
            .into_iter()
            .chain(unknown_fields(type_name, kind, &value))
            .for_each(|issue| issues.push(from.locate(issue)));
        match Object::read(kind, &value) {
            Ok(api) => {
                let found = Found { from, api, value, is_pending: section == Section::Pending };
                take(Item::Object(Box::new(found)), issues);
            }
            Err(issue) => issues.push(from.locate(issue)),
        }
    }

    /// Errors: the object has no name, or the name of another one.
    fn is_the_first(&mut self, kind: Kind, value: &Value) -> Result<(), Issue> {
        let (namespace, name) = (text_at(value, &["metadata", "namespace"]), text_at(value, &["metadata", "name"]));
        if !kind.has_names() {
            return Ok(());
        }
        if name.is_empty() {
            return Err(Issue::error("metadata.name", "the object has no name"));
        }
        let mut hasher = DefaultHasher::new();
        (kind, namespace, name).hash(&mut hasher);
        if self.seen.insert(hasher.finish()) || self.repeats {
            return Ok(());
        }
        Err(Issue::error("metadata.name", "an object of this kind and name was read before"))
    }
}

impl Item {
    /// The object, if it is of one of the door's kinds. Recordings are reported as what this door cannot read.
    pub(crate) fn object(self, issues: &mut Issues) -> Option<Box<Found>> {
        let (from, door) = match self {
            Item::Object(found) => return Some(found),
            Item::Other(..) => return None,
            Item::SchedulerArguments(from, _) => (from, "schedule"),
            Item::AutoscalerCase(from, _) => (from, "autoscale"),
        };
        let issue = Issue::error("", "this is a recorded case and no Kubernetes object");
        issues.push(from.locate(issue.with_help(format!("`foresail {door} -f` reads it"))));
        None
    }
}

/// Fields that the API server would refuse. An object that it printed has none: what is unknown there comes from a newer
/// one, unless a name that is known was meant. Custom resources lose such fields in silence: a doubt.
fn unknown_fields(type_name: &str, kind: Kind, value: &Value) -> Vec<Issue> {
    let was_printed = !text_at(value, &["metadata", "uid"]).is_empty();
    let issue = |field: schema::UnknownField| {
        let lenient = kind == Kind::VerticalPodAutoscaler || (was_printed && field.meant.is_none());
        let issue = match lenient {
            true => Issue::warning(field.path, "this field is not known: it has no effect"),
            false => Issue::error(field.path, "there is no such field: the API server refuses the object"),
        };
        match field.meant {
            Some(meant) => issue.with_help(format!("did you mean `{meant}`?")),
            None => issue.with_help(format!("expected one of {}", field.known.join(", "))),
        }
    };
    schema::unknown_fields(type_name, value).into_iter().map(issue).collect()
}

/// The objects of one file.
///
/// Errors: it cannot be read, in words.
fn objects(input: Box<dyn Read>, file: &Arc<str>, issues: &mut Issues, sink: raw::Sink<'_>) -> Result<(), String> {
    let mut input = BufReader::with_capacity(1 << 18, input);
    if looks_like_json(input.fill_buf().map_err(|error| format!("cannot be read: {error}"))?) {
        return stream::read(input, file, issues, sink);
    }
    let mut bytes = Vec::new();
    let all = input.take(Budget::DumpBytes.most().saturating_add(1)).read_to_end(&mut bytes);
    all.map_err(|error| format!("cannot be read: {error}"))?;
    Budget::DumpBytes.check(bytes.len() as u64).map_err(|error| format!("{error}; JSON may be larger"))?;
    let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    text::read(&text.ok_or("is neither JSON nor YAML text")?, (file, 1), issues, sink);
    Ok(())
}

/// `{"` or `[{`, or one of them empty: what YAML writes in braces has no quotes as a rule.
fn looks_like_json(beginning: &[u8]) -> bool {
    let mut bytes = beginning.iter().filter(|byte| !byte.is_ascii_whitespace());
    match (bytes.next(), bytes.next()) {
        (Some(b'{'), next) => matches!(next, None | Some(b'"' | b'}')),
        (Some(b'['), next) => matches!(next, None | Some(b'{' | b'[' | b']')),
        _ => false,
    }
}

/// What is no object: often what a command printed in place of some.
fn kindless(value: &Value) -> Issue {
    let text = match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => match fields.iter().next() {
            Some((key, Value::String(text))) if key.to_lowercase().starts_with("error") => {
                Some(format!("{key}: {text}"))
            }
            _ => None,
        },
        _ => None,
    };
    let Some(text) = text else {
        return Issue::error("kind", "this is not a Kubernetes object: it has no kind");
    };
    let beginning: String = text.lines().next().unwrap_or_default().chars().take(80).collect();
    let issue = Issue::error("kind", format!("this is not a Kubernetes object: found `{beginning}`"));
    issue.with_help("`foresail init --commands` prints how to get a dump: kubectl get ... -o yaml")
}

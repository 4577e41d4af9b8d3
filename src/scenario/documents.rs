//! YAML and JSON files as documents: one object each, with its place.

use super::issue::{Issue, Issues, did_you_mean};
use super::lines;
use super::sources::Files;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// One object of a file.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The file as the user named it.
    pub(crate) file: String,
    /// The line where it begins, from 1.
    pub(crate) line: u32,
    /// What it says.
    pub(crate) value: Value,
    /// The text it was read from, with others where it is one of a list.
    source: Source,
}

/// Where an object was read: enough to find the line of a field.
#[derive(Clone, Debug)]
struct Source {
    text: Arc<str>,
    first_line: u32,
    /// `items[3]`, or nothing.
    item: String,
}

impl Source {
    fn line(&self, field: &str) -> Option<u32> {
        let path = format!("{}{}{field}", self.item, if self.item.is_empty() { "" } else { "." });
        Some(self.first_line + lines::line_of(&self.text, &path)? - 1)
    }
}

impl Document {
    /// The text at a path of keys, or nothing.
    pub(crate) fn text(&self, path: &[&str]) -> &str {
        let found = path.iter().try_fold(&self.value, |value, key| value.get(key));
        found.and_then(Value::as_str).unwrap_or_default()
    }
    /// `Deployment order/order-service`.
    pub(crate) fn name(&self) -> String {
        let (kind, name) = (self.text(&["kind"]), self.text(&["metadata", "name"]));
        match self.text(&["metadata", "namespace"]) {
            "" => format!("{kind} {name}").trim_end().to_owned(),
            namespace => format!("{kind} {namespace}/{name}"),
        }
    }
    /// Puts an issue where the object is.
    pub(crate) fn locate(&self, mut issue: Issue) -> Issue {
        issue.place.file.get_or_insert_with(|| self.file.clone());
        let field = issue.place.field.as_deref().unwrap_or_default();
        issue.place.line.get_or_insert_with(|| self.source.line(field).unwrap_or(self.line));
        issue.place.object.get_or_insert_with(|| self.name());
        issue
    }
    /// Adds what was found in the object to `issues`.
    pub(crate) fn locate_all(&self, part: Issues, issues: &mut Issues) {
        part.into_iter().for_each(|issue| issues.push(self.locate(issue)));
    }
}

/// All objects of a file or folder. Lists (`kubectl get -o yaml`) are taken apart.
pub(crate) fn read(sources: impl Files, path: &Path, issues: &mut Issues) -> Vec<Document> {
    let mut documents = Vec::new();
    let files = sources.list(path, &["yaml", "yml", "json"]);
    for file in files.unwrap_or_else(|why| refuse(issues, path, &why)) {
        match sources.read(&file) {
            Ok(text) => split(&text, &file.to_string_lossy(), issues, &mut documents),
            Err(why) => drop(refuse::<()>(issues, &file, &why)),
        }
    }
    documents
}

fn refuse<T>(issues: &mut Issues, path: &Path, why: &str) -> Vec<T> {
    let mut issue = Issue::error("", format!("the file or folder {why}"));
    issue.place.file = Some(path.display().to_string());
    issues.push(issue);
    Vec::new()
}

/// The documents of a text, separated by lines of `---`.
pub(crate) fn split(text: &str, file: &str, issues: &mut Issues, documents: &mut Vec<Document>) {
    let mut begin = 0;
    let mut first_line = 1;
    let mut parts: Vec<(u32, &str)> = Vec::new();
    let mut offset = 0;
    for (number, line) in (1u32..).zip(text.split_inclusive('\n')) {
        let trimmed = line.trim_end();
        if trimmed == "---" || trimmed.starts_with("--- ") {
            parts.push((first_line, &text[begin..offset]));
            begin = offset + line.len();
            first_line = number + 1;
        }
        offset += line.len();
    }
    parts.push((first_line, &text[begin..]));
    for (line, part) in parts {
        if part.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        match parse::<Value>(part) {
            Ok(value) => {
                let source = Source { text: part.into(), first_line: line, item: String::new() };
                let document = Document { file: file.to_owned(), line: line + leading(part), value, source };
                unpack(document, documents, 0);
            }
            Err(problem) => issues.push(problem.at(file, line)),
        }
    }
}

/// Lines before the first that says something.
fn leading(part: &str) -> u32 {
    part.lines().take_while(|line| line.trim().is_empty() || line.trim_start().starts_with('#')).count() as u32
}

fn unpack(document: Document, documents: &mut Vec<Document>, depth: usize) {
    let Document { file, line, value, source } = document;
    let is_list = value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match value {
        Value::Object(mut object) if is_list && depth < 4 => {
            if let Some(Value::Array(items)) = object.remove("items") {
                for (at, value) in items.into_iter().enumerate() {
                    let dot = if source.item.is_empty() { "" } else { "." };
                    let source = Source { item: format!("{}{dot}items[{at}]", source.item), ..source.clone() };
                    unpack(Document { file: file.clone(), line, value, source }, documents, depth + 1);
                }
            }
        }
        Value::Null => {}
        value => documents.push(Document { file, line, value, source }),
    }
}

/// Why a text is not what it should be.
#[derive(Debug)]
pub(crate) struct Problem {
    message: String,
    line: Option<u32>,
    column: Option<u32>,
}

impl Problem {
    /// As an issue of a file whose part begins at `first_line`.
    pub(crate) fn at(self, file: &str, first_line: u32) -> Issue {
        let mut issue = Issue::error("", self.message.clone());
        issue.place.file = Some(file.to_owned());
        issue.place.line = Some(self.line.map_or(first_line, |line| first_line + line - 1));
        issue.place.column = self.column;
        match suggestion(&self.message) {
            Some(meant) => issue.with_help(format!("did you mean `{meant}`?")),
            None => issue,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// One YAML (or JSON) document. Aliases and depth are bounded: no text can explode.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    if !text.trim_start().starts_with(['{', '[']) {
        return parse_yaml(text);
    }
    serde_json::from_str(text).or_else(|error| {
        let problem = Problem {
            message: error.to_string(),
            line: Some(error.line() as u32),
            column: Some(error.column() as u32),
        };
        // What is no JSON may still be YAML in flow style.
        if error.is_data() { Err(problem) } else { parse_yaml(text).map_err(|_| problem) }
    })
}

fn parse_yaml<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let mut budget = serde_yaml::budget::Budget::default();
    budget.max_nodes = 4_000_000;
    budget.max_events = 16_000_000;
    budget.max_total_scalar_bytes = 256 * 1024 * 1024;
    let options = serde_yaml::options! { strict_booleans: true, budget: Some(budget), with_snippet: false };
    serde_yaml::from_str_with_options(text, options).map_err(|error| {
        let place = error.location();
        let full = error.to_string();
        let first = full.lines().next().unwrap_or_default();
        let message = match first.find(": ") {
            Some(at) if first.starts_with("error: line") || first.starts_with("line") => {
                let rest = &first[at + 2..];
                rest.split_once(": ").filter(|(head, _)| head.starts_with("line ")).map_or(rest, |(_, tail)| tail)
            }
            _ => first,
        };
        Problem {
            message: message.to_owned(),
            line: place.map(|place| place.line() as u32),
            column: place.map(|place| place.column() as u32),
        }
    })
}

/// For `unknown field `x`, expected one of `a`, `b``: the one most like it.
pub(crate) fn suggestion(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("unknown field `").or_else(|| message.split_once("unknown variant `"))?;
    let (found, expected) = rest.split_once('`')?;
    let names: Vec<&str> = expected
        .split(['`', ',', ' '])
        .map(str::trim)
        .filter(|name| !name.is_empty() && !["expected", "one", "of", "or", "at", "line", "column"].contains(name))
        .collect();
    did_you_mean(found, names).map(str::to_owned)
}

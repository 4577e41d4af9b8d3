//! Where an object was read.

use crate::scenario::issue::{Issue, Issues};
use crate::scenario::lines;
use serde_json::Value;
use std::sync::Arc;

/// Where an object was read: enough to say it, and to find the line of a field.
#[derive(Clone, Debug)]
pub(crate) struct Provenance {
    /// The file as the user named it.
    pub(super) file: Arc<str>,
    /// The line where the object begins, or the list that it is in, from 1.
    pub(super) line: u32,
    /// `Deployment order/order-service`.
    pub(super) name: String,
    pub(super) text: Option<Text>,
}

/// The text that an object was read from, with others where it is one of a list.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: Arc<str>,
    pub(super) first_line: u32,
    /// `items[3]`, or nothing.
    pub(super) item: String,
}

impl Text {
    fn line(&self, field: &str) -> Option<u32> {
        let dot = if self.item.is_empty() || field.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{field}", self.item);
        Some(self.first_line + lines::line_of(&self.text, &path)? - 1)
    }
}

impl Provenance {
    /// The file as the user named it.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }
    /// What it is of, as `Deployment order/order-service`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
    /// Puts an issue where the object is.
    pub(crate) fn locate(&self, mut issue: Issue) -> Issue {
        issue.place.file.get_or_insert_with(|| self.file.to_string());
        let field = issue.place.field.as_deref().unwrap_or_default();
        let found = |text: &Text| text.line(field);
        issue.place.line.get_or_insert_with(|| self.text.as_ref().and_then(found).unwrap_or(self.line));
        if !self.name.is_empty() {
            issue.place.object.get_or_insert_with(|| self.name.clone());
        }
        issue
    }
    /// Adds what was found in the object to `issues`.
    pub(crate) fn locate_all(&self, part: Issues, issues: &mut Issues) {
        part.into_iter().for_each(|issue| issues.push(self.locate(issue)));
    }
    /// The same without its text: for objects that are kept by the hundred thousand.
    pub(crate) fn without_text(self) -> Self {
        Provenance { text: None, ..self }
    }
}

/// A text inside of an object, or nothing.
pub(super) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    found.and_then(Value::as_str).unwrap_or_default()
}

/// `Deployment order/order-service`, as far as it is known.
pub(super) fn name_of(value: &Value) -> String {
    let (kind, name) = (text(value, &["kind"]), text(value, &["metadata", "name"]));
    let full = match text(value, &["metadata", "namespace"]) {
        "" => format!("{kind} {name}"),
        namespace => format!("{kind} {namespace}/{name}"),
    };
    full.trim().to_owned()
}

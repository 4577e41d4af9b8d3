//! A record in words and numbers, whoever it is of.

use serde_json::Value;

/// What becomes of paying: it `begins` or `ends` with the record.
pub(super) const BILLING: &str = "billing";

/// A record, described.
pub(super) struct Line {
    pub(super) controller: &'static str,
    pub(super) decision: &'static str,
    /// The names of what it is about, the main one first.
    pub(super) objects: Vec<String>,
    pub(super) numbers: Vec<(&'static str, Value)>,
    pub(super) text: String,
}

impl Line {
    pub(super) fn new(controller: &'static str, decision: &'static str, objects: Vec<String>, text: String) -> Self {
        Line { controller, decision, objects, numbers: Vec::new(), text }
    }
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.numbers.push((key, value.into()));
        self
    }
}

//! Objects as values with their place, before anybody knows their type: lists are taken apart here.

use super::provenance::{Provenance, Text, name_of};
use serde_json::Value;
use std::sync::Arc;

/// Lists in lists deeper than this are objects.
const DEEPEST: usize = 4;

/// Where in a file an object stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// What there is.
    Objects,
    /// A recording's list of pods to place, in order of arrival.
    Pending,
    /// A recording's scheduler arguments.
    Arguments,
}

/// An object of a file.
pub(super) struct Raw {
    pub(super) value: Value,
    pub(super) section: Section,
    pub(super) from: Provenance,
}

/// A value with the text that it was read from.
pub(super) struct Whole<'a> {
    pub(super) file: &'a Arc<str>,
    /// Where the value begins.
    pub(super) line: u32,
    pub(super) section: Section,
    pub(super) text: Option<Text>,
}

/// Takes objects one after another.
pub(super) type Sink<'a> = &'a mut dyn FnMut(Raw);

impl Whole<'_> {
    /// The object, or those of the list that it is.
    pub(super) fn unpack(self, value: Value, sink: Sink<'_>) {
        self.unpack_to(value, sink, 0);
    }

    fn unpack_to(self, mut value: Value, sink: Sink<'_>, depth: usize) {
        if let Some((kind, key, items)) = (depth < DEEPEST).then(|| list(&mut value)).flatten() {
            for (at, mut value) in items.into_iter().enumerate() {
                name_kind(&mut value, kind.as_deref());
                let inner = |text: &Text| {
                    let dot = if text.item.is_empty() || key.is_empty() { "" } else { "." };
                    Text { item: format!("{}{dot}{key}[{at}]", text.item), ..text.clone() }
                };
                Whole { text: self.text.as_ref().map(inner), ..self }.unpack_to(value, sink, depth + 1);
            }
        } else if !value.is_null() {
            let from = Provenance {
                file: self.file.clone(),
                line: self.line,
                name: if value.is_object() { name_of(&value) } else { String::new() },
                text: self.text,
            };
            sink(Raw { value, section: self.section, from });
        }
    }
}

/// What the items of a list are, an item that does not say so is.
pub(super) fn name_kind(item: &mut Value, kind: Option<&str>) {
    if let (Some(kind), Some(fields)) = (kind, item.as_object_mut()) {
        fields.entry("kind").or_insert_with(|| Value::String(kind.to_owned()));
    }
}

/// What the items of a list are, if the name of its own kind says so: `PodList` is of `Pod`, `List` of anything.
pub(super) fn kind_of_items(list: &str) -> Option<Option<&str>> {
    let kind = list.strip_suffix("List")?;
    Some((!kind.is_empty()).then_some(kind))
}

/// What the items of a list are if they do not say, under which key they are, and the items.
fn list(value: &mut Value) -> Option<(Option<String>, &'static str, Vec<Value>)> {
    match value {
        Value::Array(items) => Some((None, "", std::mem::take(items))),
        Value::Object(fields) => {
            let kind = kind_of_items(fields.get("kind")?.as_str()?)?.map(str::to_owned);
            let items = match fields.get_mut("items")? {
                Value::Array(items) => std::mem::take(items),
                Value::Null => Vec::new(),
                _ => return None,
            };
            Some((kind, "items", items))
        }
        _ => None,
    }
}

//! Lists as kubectl prints them in YAML, taken apart before they are parsed: several items are parsed at a time, each takes memory only
//! until it is handed over, and an issue is placed in its item's own text.

use super::provenance::Text;
use super::raw::{Raw, Section, Sink, Whole, kind_of_items, name_kind};
use crate::scenario::documents::parse;
use rayon::prelude::*;
use serde_json::Value;
use std::sync::Arc;

/// Items that are parsed before they are handed over.
const BATCH: usize = 256;

/// A list whose items begin with dashes in the first column.
pub(super) struct PrintedList<'a> {
    /// What an item is that does not say so.
    kind: Option<String>,
    /// Each item with its dash, and its line from 0.
    items: Vec<(u32, &'a str)>,
}

impl<'a> PrintedList<'a> {
    /// The list that a document is, if it is one.
    pub(super) fn of(document: &'a str) -> Option<Self> {
        let (at, line) = lines(document).find(|(_, line)| line.trim_end() == "items:")?;
        let (before, inside) = (&document[..at], &document[at + line.len()..]);
        let is_key = |line: &str| line.starts_with(|c: char| c.is_ascii_alphabetic());
        let end = lines(inside).find(|(_, line)| is_key(line)).map_or(inside.len(), |(at, _)| at);
        let (inside, after) = inside.split_at(end);
        let is_plain = |line: &str| line.chars().all(|c| c.is_ascii_alphanumeric() || ":/. ".contains(c));
        if !before.lines().all(|line| is_key(line) && is_plain(line)) {
            return None;
        }
        let frame: Value = parse(&format!("{before}items: []\n{after}")).ok()?;
        let kind = kind_of_items(frame.get("kind")?.as_str()?)?.map(str::to_owned);
        Some(PrintedList { kind, items: items(inside, before.lines().count() as u32 + 1)? })
    }

    /// Hands over the objects of a list that begins at `first_line` of the file, as far as they can be read one by one.
    ///
    /// Errors: how many were handed over before an item that is no YAML by itself.
    pub(super) fn hand_over(&self, (file, first_line): (&Arc<str>, u32), sink: Sink<'_>) -> Result<(), usize> {
        let mut count = 0;
        for batch in self.items.chunks(BATCH) {
            let values: Vec<_> = batch.par_iter().map(|(_, text)| parse::<Vec<Value>>(text)).collect();
            for ((line, text), value) in batch.iter().zip(values) {
                let Ok(mut value) = value else { return Err(count) };
                value.iter_mut().for_each(|item| name_kind(item, self.kind.as_deref()));
                let line = first_line + line;
                let text = Some(Text { text: (*text).into(), first_line: line, item: String::new() });
                let mut counting = |raw: Raw| {
                    count += 1;
                    sink(raw);
                };
                Whole { file, line, section: Section::Objects, text }.unpack(Value::Array(value), &mut counting);
            }
        }
        Ok(())
    }
}

/// The lines of a text with their ends, and where each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let begin = std::mem::replace(next, *next + line.len());
        Some((begin, line))
    })
}

/// Texts that begin with a dash, with their lines; nothing where something else stands before the first.
fn items(inside: &str, first_line: u32) -> Option<Vec<(u32, &str)>> {
    let begins: Vec<_> = (first_line..).zip(lines(inside)).filter(|(_, (_, line))| line.starts_with('-')).collect();
    let begin = begins.first().map_or(inside.len(), |(_, (at, _))| *at);
    let ends = begins.iter().skip(1).map(|(_, (at, _))| *at).chain([inside.len()]);
    let items = begins.iter().zip(ends).map(|((line, (at, _)), end)| (*line, &inside[*at..end]));
    inside[..begin].trim().is_empty().then(|| items.collect())
}

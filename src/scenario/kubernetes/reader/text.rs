//! Objects of a text: YAML documents, or JSON that is one.

use super::provenance::Text;
use super::raw::{Section, Sink, Whole};
use crate::scenario::documents::parse;
use crate::scenario::issue::Issues;
use serde_json::Value;
use std::sync::Arc;

/// The objects of the documents that are separated by lines of `---`. The text begins at `first_line` of the file.
pub(super) fn read(text: &str, (file, first_line): (&Arc<str>, u32), issues: &mut Issues, sink: Sink<'_>) {
    for (line, part) in documents(text, first_line) {
        let says = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let Some(leading) = part.lines().position(|line| says(&line)) else { continue };
        match parse::<Value>(part) {
            Ok(value) => {
                let text = Text { text: part.into(), first_line: line, item: String::new() };
                let whole = Whole { file, line: line + leading as u32, section: Section::Objects, text: Some(text) };
                whole.unpack(value, sink);
            }
            Err(problem) => issues.push(problem.at(file, line)),
        }
    }
}

/// The documents of a text, each with its first line.
fn documents(text: &str, mut first_line: u32) -> Vec<(u32, &str)> {
    let (mut begin, mut offset) = (0, 0);
    let mut parts = Vec::new();
    for (number, line) in (first_line + 1..).zip(text.split_inclusive('\n')) {
        let trimmed = line.trim_end();
        if trimmed == "---" || trimmed.starts_with("--- ") {
            parts.push((first_line, &text[begin..offset]));
            begin = offset + line.len();
            first_line = number;
        }
        offset += line.len();
    }
    parts.push((first_line, &text[begin..]));
    parts
}

//! Objects of a text: YAML documents, or JSON that is one.

use super::printed_yaml::PrintedList;
use super::provenance::Text;
use super::raw::{Raw, Section, Sink, Whole};
use crate::scenario::documents::parse;
use crate::scenario::issue::{Issue, Issues};
use crate::units::counted;
use serde_json::Value;
use std::sync::Arc;

/// The objects of the documents that are separated by lines of `---`. The text begins at `first_line` of the file.
pub(super) fn read(text: &str, (file, first_line): (&Arc<str>, u32), issues: &mut Issues, sink: Sink<'_>) {
    for (line, part) in documents(text, first_line) {
        if let Some(items) = cut_list(part) {
            let whole = counted(items.saturating_sub(1), "object");
            let message = format!(
                "the file is cut off: a list ends without its `kind`, which kubectl writes last; {whole} before are whole"
            );
            let at = line + part.lines().count().saturating_sub(1) as u32;
            issues.push(Issue::error("", message).with_help("get the dump again").in_file(&**file, Some(at)));
            continue;
        }
        let place = (file, line);
        match PrintedList::of(part).map(|list| list.hand_over(place, sink)) {
            Some(Ok(())) => {}
            Some(Err(before)) => read_whole(part, place, issues, &mut but_first(before, sink)),
            None => read_whole(part, place, issues, sink),
        }
    }
}

/// The objects of a document that is parsed at once.
pub(super) fn read_whole(part: &str, (file, line): (&Arc<str>, u32), issues: &mut Issues, sink: Sink<'_>) {
    let says = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let Some(leading) = part.lines().position(|line| says(&line)) else { return };
    match parse::<Value>(part) {
        Ok(value) => {
            let text = Text { text: part.into(), first_line: line, item: String::new() };
            let whole = Whole { file, line: line + leading as u32, section: Section::Objects, text: Some(text) };
            whole.unpack(value, sink);
        }
        Err(problem) => {
            let issue = problem.at(file, line);
            issues.push(match what_then(part, (line, issue.place.line)) {
                Some(help) if issue.help.is_none() => issue.with_help(help),
                _ => issue,
            });
        }
    }
}

/// Takes objects but the first, which it has.
fn but_first(mut count: usize, sink: Sink<'_>) -> impl FnMut(Raw) {
    move |raw| match count.checked_sub(1) {
        Some(left) => count = left,
        None => sink(raw),
    }
}

/// How many objects a list begins that kubectl did not end: it writes the keys of a list in the order of the alphabet.
fn cut_list(part: &str) -> Option<usize> {
    let is_of = |line: &str, key: &str| {
        line.strip_prefix(key).is_some_and(|rest| rest.starts_with(' ') || rest.trim_end().is_empty())
    };
    let says = |key: &str| part.lines().any(|line| is_of(line, key));
    let is_list = says("apiVersion:") && says("items:") && !says("kind:");
    let begins = |line: &&str| line.trim_start().starts_with("- apiVersion:");
    let first = part.lines().find(begins).filter(|_| is_list)?;
    let indent = first.len() - first.trim_start().len();
    Some(part.lines().filter(|line| begins(line) && line.len() - line.trim_start().len() == indent).count())
}

/// What to do about a text that is no YAML; its first line and that of the problem are known.
fn what_then(part: &str, (first_line, at): (u32, Option<u32>)) -> Option<&'static str> {
    if part.contains("{{") {
        return Some("this is a template and no object: give what `helm template CHART` prints");
    }
    let last = first_line + part.trim_end().lines().count().saturating_sub(1) as u32;
    (at? >= last).then_some("the text ends here: is the file cut off?")
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

//! One YAML or JSON document: its text as a value, or where it is wrong.

use super::issue::{Issue, did_you_mean};
use serde::de::DeserializeOwned;

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
            message: json_message(&error),
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
            message: without_place(message).to_owned(),
            line: place.map(|place| place.line() as u32),
            column: place.map(|place| place.column() as u32),
        }
    })
}

/// What is wrong with a text of JSON, without its line; of one that ends too early, that it does.
pub(crate) fn json_message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = without_place(&message);
    if error.is_eof() { format!("the file is cut off: {message}") } else { message.to_owned() }
}

/// A message without ` at line 4, column 10` at its end: the place stands before it.
fn without_place(message: &str) -> &str {
    let Some((before, place)) = message.rsplit_once(" at line ") else { return message };
    let behind = place.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches([',', ' ']);
    let is_place = behind.strip_prefix("column ").is_some_and(|column| column.parse::<u32>().is_ok());
    if is_place { before } else { message }
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

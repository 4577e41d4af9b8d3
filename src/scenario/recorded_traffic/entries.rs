//! A log as one list of JSON, as `gcloud logging read --format json` prints it: an entry a line, like other logs.

use super::input::Input;
use super::log::Form;
use serde_json::Value;
use std::io::Cursor;

/// So many entries tell whether a list is a log.
const SOME: usize = 20;

/// The input, an entry per line where it is a list of entries of an access log.
///
/// Errors: it cannot be read.
pub(super) fn as_lines(input: Input) -> Result<Input, String> {
    let head = input.head.trim_start();
    if !head.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{')) {
        return Ok(input);
    }
    let text = input.text()?;
    let lines = match serde_json::from_str::<Vec<Value>>(&text) {
        Ok(entries) => {
            let some: Vec<String> = entries.iter().take(SOME).map(Value::to_string).collect();
            let is_log = Form::of(&some.join("\n")).is_some();
            is_log.then(|| entries.iter().map(|entry| format!("{entry}\n")).collect::<String>())
        }
        Err(_) => None,
    };
    let text = lines.unwrap_or(text);
    Ok(Input { head: text.clone(), rest: Box::new(Cursor::new(text)) })
}

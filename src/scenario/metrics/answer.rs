//! The envelope of what Prometheus answers.

use crate::scenario::issue::Issue;
use crate::scenario::timed::at_line;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Answer<T> {
    #[serde(default)]
    status: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
    data: Option<Data<T>>,
    /// Of `data` alone.
    #[serde(flatten)]
    bare: Option<Data<T>>,
}

/// What was found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "T: DeserializeOwned")]
pub(crate) struct Data<T> {
    /// `matrix`, `vector`, ...
    pub(crate) result_type: String,
    /// The series.
    pub(crate) result: T,
}

/// An answer, its `data`, or the series alone as `promtool query range -o json` prints them; with what Prometheus itself
/// says of it (`warnings`, `infos`).
///
/// Errors: what is no answer, with its line; an answer that is an error.
pub(crate) fn data_of<T: DeserializeOwned>(text: &str) -> Result<(Data<T>, Vec<String>), Issue> {
    let unread =
        |error: serde_json::Error| at_line(error.line() as u32, format!("is no answer of Prometheus: {error}"));
    if text.trim_start().starts_with('[') {
        let result = serde_json::from_str(text).map_err(unread)?;
        return Ok((Data { result_type: "matrix".to_owned(), result }, Vec::new()));
    }
    let mut answer: Answer<T> = serde_json::from_str(text).map_err(unread)?;
    let said = answer.warnings.drain(..).chain(answer.infos.drain(..)).collect();
    let Some(data) = answer.data.filter(|_| answer.status == "success").or(answer.bare) else {
        let mut message = format!("Prometheus answered with status `{}`", answer.status);
        if !answer.error.is_empty() {
            message = format!("{message}: {}", answer.error);
        }
        return Err(Issue::error("status", message));
    };
    Ok((data, said))
}

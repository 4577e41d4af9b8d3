//! From JSON values to API objects, with the field that does not fit.

use crate::scenario::documents;
use crate::scenario::issue::Issue;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The object. Error: the first field that is not what it should be, in serde's words.
pub(crate) fn read_object<T: DeserializeOwned>(value: &Value) -> Result<T, Issue> {
    // To follow the path costs as much again as to read: only for objects that are wrong.
    T::deserialize(value).or_else(|_| follow(value))
}

/// The same, knowing the path of each field.
fn follow<T: DeserializeOwned>(value: &Value) -> Result<T, Issue> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        let mut issue = Issue::error(if path == "." { String::new() } else { path }, message.clone());
        issue.help = documents::suggestion(&message).map(|meant| format!("did you mean `{meant}`?"));
        issue
    })
}

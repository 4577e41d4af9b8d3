//! What can go wrong with a request, by what is to be done about it.

use crate::scenario::issue::Issue;
use serde::Deserialize;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No other request would do better.
    Fatal(Issue),
    /// Less at once may do; why, and whether it is that the server is slow.
    TooMuch { why: String, is_slow: bool },
    /// This query is refused; why.
    Refused(String),
}

#[derive(Deserialize)]
struct ErrorAnswer {
    #[serde(default, rename = "errorType")]
    kind: String,
    #[serde(default)]
    error: String,
}

/// What Prometheus says of a request that it refuses; none if the text is not Prometheus'.
pub(super) fn told(text: &str) -> Option<Trouble> {
    let answer: ErrorAnswer = serde_json::from_str(text).ok()?;
    if answer.error.is_empty() {
        return None;
    }
    let is_slow = answer.kind == "timeout" || answer.error.contains("timed out");
    let is_large = ["maximum resolution", "too many samples", "exceeds the limit", "too large", "max-samples"];
    if is_slow || is_large.iter().any(|part| answer.error.contains(part)) {
        return Some(Trouble::TooMuch { why: answer.error, is_slow });
    }
    Some(Trouble::Refused(answer.error))
}

/// Why a status that is no success ends everything.
pub(super) fn fatal(status: u16, shown: &str, text: &str) -> Issue {
    let found = format!("{shown} answered {status}{}", reason(status));
    let help = match status {
        401 => "give a token in FORESAIL_PROMETHEUS_TOKEN, or name and password in the URL".to_owned(),
        403 => "the token in FORESAIL_PROMETHEUS_TOKEN may not ask this: give one that may read metrics".to_owned(),
        404 => "is there a path prefix? Name the URL as far as before `/api/v1`: https://host/prometheus".to_owned(),
        429 | 502..=504 => "it was asked again and again: try later, or a shorter --range".to_owned(),
        _ if text.trim_start().starts_with('<') => {
            "a web page came: name Prometheus itself, not a login page or Grafana's".to_owned()
        }
        _ => "name the URL of Prometheus, as far as before `/api/v1`".to_owned(),
    };
    Issue::error("--prometheus", found).with_help(help)
}

fn reason(status: u16) -> &'static str {
    match status {
        401 => " (it does not know who asks)",
        403 => " (it does not allow it)",
        404 => " (there is no such thing)",
        429 => " (too many requests)",
        502 => " (what is behind the proxy does not answer)",
        503 => " (it is not ready)",
        504 => " (what is behind the proxy is too slow)",
        _ => "",
    }
}

//! Every door of the library as a function of bytes: what a fuzzer calls, and what `tests/all/fuzz.rs` replays.
//!
//! An input is a file, or several: a line `%% NAME` begins the file of that name (`place.rs` says which there are). A door
//! panics where the library does, where something is refused without an error, and where what was accepted cannot be used.

mod dumps;
mod metrics;
mod place;
mod results;
mod scenarios;
mod words;

use foresail::scenario::issue::Issues;

/// A door: bytes in, a panic where something is wrong.
pub(crate) type Door = fn(&[u8]);

/// All doors by name. `fuzz_targets/` has a target of each name, `corpus/` its inputs.
pub(crate) const DOORS: &[(&str, Door)] = &[
    ("access_log", scenarios::access_log),
    ("configuration", dumps::configuration),
    ("dump", dumps::dump),
    ("groups", scenarios::groups),
    ("hcl", scenarios::hcl),
    ("kept", results::kept),
    ("manifests", scenarios::manifests),
    ("metrics", metrics::metrics),
    ("plan", scenarios::plan),
    ("prices", scenarios::prices),
    ("prometheus", metrics::prometheus),
    ("result", results::result),
    ("scenario", scenarios::scenario),
    ("traffic", scenarios::traffic),
    ("words", words::words),
];

/// What was refused was refused for a reason, in words.
fn refused(issues: &Issues) {
    assert!(issues.has_errors(), "refused without an error: {issues}");
    assert!(issues.iter().all(|issue| !issue.message.trim().is_empty()), "an issue without words: {issues}");
}

/// What was read, if it was: what is refused has a reason.
fn accepted<T>(read: Result<T, Issues>) -> Option<T> {
    read.map_err(|issues| refused(&issues)).ok()
}

/// What is not UTF-8 comes in through dumps and texts of the disk; doors that take a text get what is one.
fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

/// No text has a number that is none.
fn has_numbers(text: &str, given: &[u8]) {
    let given = String::from_utf8_lossy(given);
    for word in ["NaN", "inf", "-inf"] {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "_(.\\-".contains(c));
        let found = text.match_indices(word).any(|(at, _)| {
            !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next())
        });
        assert!(!found || given.contains(word), "{word} in: {text}");
    }
}

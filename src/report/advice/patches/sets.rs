//! The setting in Foresail's own words.

use super::comment::why;
use crate::study::advise::answer::Answer;
use std::fmt::Write;

/// A `--set` for each value that changes, a line each, for a shell.
pub(super) fn lines(answer: &Answer) -> String {
    let mut text = String::new();
    for knob in answer.changes().filter(|knob| !knob.sets.is_empty()) {
        let _ = writeln!(text, "# {}: {}", knob.name, why(knob));
        for set in &knob.sets {
            let _ = writeln!(text, "--set '{}'", set.replace('\'', r"'\''"));
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("# grep -v '^#' recommended-sets.txt | xargs foresail run SCENARIO\n{text}")
}

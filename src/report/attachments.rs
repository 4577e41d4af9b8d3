//! Files beside the report: the decision log.

use super::decisions::Decisions;
use crate::study::Finished;

const DECISIONS: &str = "decisions.jsonl";

/// All names there are.
pub(super) const NAMES: [&str; 1] = [DECISIONS];

/// Names and texts; only those that have something to say.
pub fn attachments(finished: &Finished) -> Vec<(&'static str, String)> {
    let cast = &finished.study.cast;
    let mut files = Vec::new();
    if let Some(history) = finished.runs.history() {
        files.push((DECISIONS, Decisions::new(cast, history).json_lines()));
    }
    files.retain(|(_, text)| !text.is_empty());
    files
}

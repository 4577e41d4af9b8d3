//! Files beside the report: the decision log, and what applies the recommendation.

use super::decisions::Decisions;
use crate::study::{Finished, advise};

/// Names and texts; only those that have something to say.
pub fn attachments(finished: &Finished) -> Vec<(&'static str, String)> {
    let cast = &finished.study.cast;
    let mut files = Vec::new();
    if let Some(history) = finished.runs.history() {
        files.push(("decisions.jsonl", Decisions::new(cast, history).json_lines()));
    }
    if let Some(advice) = &finished.advice {
        let setting = &advice.recommended.setting;
        files.push(("recommended-hpas.yaml", advise::hpa_patch(cast, setting)));
        files.push(("recommended.tfvars", advise::tfvars(cast, setting)));
    }
    files.retain(|(_, text)| !text.is_empty());
    files
}

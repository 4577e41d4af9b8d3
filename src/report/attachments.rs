//! Files beside the report: the decision log, and what applies the recommendation.

use super::decisions::Decisions;
use crate::study::{Finished, advise};

const DECISIONS: &str = "decisions.jsonl";
const HPAS: &str = "recommended-hpas.yaml";
const GROUPS: &str = "recommended.tfvars";

/// All names there are.
pub(super) const NAMES: [&str; 3] = [DECISIONS, HPAS, GROUPS];

/// Names and texts; only those that have something to say.
pub fn attachments(finished: &Finished) -> Vec<(&'static str, String)> {
    let cast = &finished.study.cast;
    let mut files = Vec::new();
    if let Some(history) = finished.runs.history() {
        files.push((DECISIONS, Decisions::new(cast, history).json_lines()));
    }
    // Where no setting keeps the objectives there is nothing to apply.
    if let Some(advice) = finished.advice.as_ref().filter(|advice| advice.keeps_promises()) {
        let setting = &advice.recommended.setting;
        files.push((HPAS, advise::hpa_patch(cast, setting)));
        files.push((GROUPS, advise::tfvars(cast, setting)));
    }
    files.retain(|(_, text)| !text.is_empty());
    files
}

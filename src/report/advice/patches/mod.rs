//! The recommendation as something to apply: a file for each tool that may be at hand, with the reasons in comments.
//!
//! There is none where no setting keeps what is promised, and none without a change.

mod autoscaler;
mod behavior;
mod bounds;
mod comment;
mod eksctl;
mod groups;
mod hpa;
mod keda;
mod metrics;
mod requests;
mod schedule;
mod sets;
#[cfg(test)]
mod tests;
mod tfvars;

use crate::scenario::Scenario;
use crate::study::advise::answer::{Answer, Verdict};

const HPAS: &str = "recommended-hpas.yaml";
const REQUESTS: &str = "recommended-requests.yaml";
const TFVARS: &str = "recommended.tfvars";
const EKSCTL: &str = "recommended-eksctl.yaml";
const FLAGS: &str = "recommended-autoscaler-flags.yaml";
const SETS: &str = "recommended-sets.txt";

/// All names there are.
pub(in crate::report) const NAMES: [&str; 6] = [HPAS, REQUESTS, TFVARS, EKSCTL, FLAGS, SETS];

/// Names and texts; only those that have something to say.
pub fn patches(answer: &Answer, scenario: &Scenario) -> Vec<(&'static str, String)> {
    if answer.verdict == Verdict::NotFound {
        return Vec::new();
    }
    let mut files = vec![
        (HPAS, hpa::patch(answer, scenario)),
        (REQUESTS, requests::patch(answer, &scenario.cast)),
        (TFVARS, tfvars::variables(answer, &scenario.cast)),
        (EKSCTL, eksctl::config(answer, scenario)),
        (FLAGS, autoscaler::flags(answer)),
        (SETS, sets::lines(answer)),
    ];
    files.retain(|(_, text)| !text.is_empty());
    files
}

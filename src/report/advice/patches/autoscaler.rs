//! Flags of Cluster Autoscaler.

use super::comment::why;
use crate::study::advise::answer::{Answer, Owner};
use std::fmt::Write;

/// Where a flag stands in a `--set`.
const FLAG: &str = "autoscaler.flags.+=";

/// The flags that change, as entries of its container's command.
pub(super) fn flags(answer: &Answer) -> String {
    let mut text = String::new();
    for knob in answer.changes().filter(|knob| knob.owner == Owner::Autoscaler) {
        for set in knob.sets.iter().filter_map(|set| set.strip_prefix(FLAG)) {
            let _ = write!(text, "  # {}\n  - {set}\n", why(knob));
        }
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "# For the container of Cluster Autoscaler's Deployment, each in place of the flag of the same name:\n#   kubectl -n \
         kube-system edit deployment cluster-autoscaler\ncommand:\n{text}"
    )
}

//! Why a line of a patch is as it is.

use crate::report::advice::rows::reason;
use crate::study::advise::answer::KnobAnswer;

/// `3 -> 2: one less breaks: loss of any node`, in one line.
pub(super) fn why(knob: &KnobAnswer) -> String {
    let text = format!("{} -> {}: {}", knob.current, knob.recommended, reason(knob));
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

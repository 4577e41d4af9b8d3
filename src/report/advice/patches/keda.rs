//! HPAs that KEDA makes: what changes goes into their ScaledObjects, for KEDA undoes all else.

use super::comment::why;
use super::{behavior, bounds, schedule};
use crate::scenario::wanted::KnobKind;
use crate::study::advise::answer::KnobAnswer;
use crate::world::Hpa;
use serde_json::json;
use std::fmt::Write;

/// A merge patch of a ScaledObject; its triggers are a list, which a patch replaces as a whole: they are told.
pub(super) fn patch((namespace, name): (&str, &str), hpa: &Hpa, own: &[&KnobAnswer], zone: &str) -> String {
    let mut text = format!(
        "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n"
    );
    let [min, max] = bounds::of(hpa, own);
    // A minimum that stays is not told: one of 0 is not the HPA's, which has 1.
    let changed_min = (min.value != hpa.spec.min.to_string()).then_some((min, "minReplicaCount"));
    for (bound, field) in changed_min.into_iter().chain([(max, "maxReplicaCount")]) {
        if let Some(knob) = bound.knob {
            let _ = writeln!(text, "  # {}", why(knob));
        }
        let _ = writeln!(text, "  {field}: {}", bound.value);
    }
    if let Some(knob) = own.iter().find(|knob| knob.kind == Some(KnobKind::Target)) {
        let _ = writeln!(text, "  # {}\n  # Set value of its cpu trigger to {} by hand.", why(knob), knob.recommended);
    }
    if let Some((knob, windows)) = schedule::changed(own, zone) {
        let _ = writeln!(text, "  # {}", why(knob));
        triggers(&mut text, &windows, bounds::outside(own));
    }
    let (knobs, rules) = behavior::changed(own);
    for knob in &knobs {
        let _ = writeln!(text, "  # {}", why(knob));
    }
    if !rules.is_null() {
        let _ = writeln!(text, "  advanced: {}", json!({"horizontalPodAutoscalerConfig": {"behavior": rules}}));
    }
    text
}

/// What is to be done by hand: until then the minimum above, that of the windows, holds at all times.
fn triggers(text: &mut String, windows: &[schedule::Window], outside: Option<i64>) {
    if windows.is_empty() {
        text.push_str("  # Take its cron triggers away by hand.\n");
        return;
    }
    text.push_str("  # Add these to its triggers by hand, in place of its cron triggers:\n");
    for window in windows {
        let _ = writeln!(text, "  #   - {}", window.trigger());
    }
    if let Some(least) = outside {
        let _ = writeln!(text, "  # Then set minReplicaCount to {least}: it holds outside of the windows.");
    }
}

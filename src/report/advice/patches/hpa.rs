//! HorizontalPodAutoscalers: a patch for each that changes.

use super::comment::why;
use super::{behavior, bounds, keda, metrics, schedule};
use crate::scenario::Scenario;
use crate::scenario::wanted::KnobKind;
use crate::study::advise::answer::{Answer, KnobAnswer, Owner};
use crate::world::{Cast, Hpa};
use std::fmt::Write;

/// A strategic merge patch for each HPA that changes, as one YAML stream for `kubectl apply --server-side` or Kustomize.
pub(super) fn patch(answer: &Answer, scenario: &Scenario) -> String {
    let (cast, zone) = (&scenario.cast, scenario.account.time_zone.as_str());
    let mut text = String::new();
    for hpa in &cast.hpas {
        let symbols = &cast.cluster.symbols;
        let [namespace, name] = [cast.workloads[hpa.workload].namespace, hpa.name].map(|part| symbols.text(part));
        let is_its = |knob: &&KnobAnswer| matches!(&knob.owner, Owner::Hpa { namespace: a, name: b } if a == namespace && b == name);
        let own: Vec<&KnobAnswer> = answer.changes().filter(is_its).collect();
        if own.is_empty() {
            continue;
        }
        // What KEDA makes it makes again: the change is one of the ScaledObject.
        if let Some(object) = hpa.scaled_object.map(|name| symbols.text(name)) {
            text.push_str(&keda::patch((namespace, object), hpa, &own, zone));
            continue;
        }
        let _ = write!(
            text,
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: {name}\n  \
             namespace: {namespace}\nspec:\n"
        );
        spec(&mut text, hpa, &own, cast);
        by_the_clock(&mut text, &own, zone);
    }
    text
}

fn spec(text: &mut String, hpa: &Hpa, own: &[&KnobAnswer], cast: &Cast) {
    for (bound, field) in bounds::of(hpa, own).into_iter().zip(["minReplicas", "maxReplicas"]) {
        if let Some(knob) = bound.knob {
            let _ = writeln!(text, "  # {}", why(knob));
        }
        let _ = writeln!(text, "  {field}: {}", bound.value);
    }
    if let Some(knob) = own.iter().find(|knob| knob.kind == Some(KnobKind::Target)) {
        let _ = writeln!(text, "  # {}", why(knob));
        match knob.recommended.parse().ok().and_then(|percent| metrics::with_cpu_target(hpa, percent, cast)) {
            Some(list) => text.push_str(&list),
            None => {
                let _ = writeln!(
                    text,
                    "  # Set averageUtilization of its cpu metric to {} by hand: the list of metrics is replaced as a whole, \
                     and what the others look at is not known here.",
                    knob.recommended
                );
            }
        }
    }
    let (knobs, rules) = behavior::changed(own);
    for knob in &knobs {
        let _ = writeln!(text, "  # {}", why(knob));
    }
    if !rules.is_null() {
        // A value in braces is YAML too.
        let _ = writeln!(text, "  behavior: {rules}");
    }
}

/// An HPA has no clock: what is written holds at all times, and what the clock would do is told.
fn by_the_clock(text: &mut String, own: &[&KnobAnswer], zone: &str) {
    let Some((knob, windows)) = schedule::changed(own, zone) else { return };
    let _ = writeln!(text, "  # {}", why(knob));
    if windows.is_empty() {
        text.push_str(
            "  # Take away what changes its minReplicas by the clock: minReplicas above holds at all times.\n",
        );
        return;
    }
    let words: Vec<String> = windows.iter().map(schedule::Window::words).collect();
    let least = bounds::outside(own).map_or(String::new(), |least| format!(", {least} at all other times"));
    let _ = writeln!(
        text,
        "  # At least {}{least}: an HPA has no clock, so minReplicas above is that of the busy hours. To follow the clock, let KEDA \
         scale the workload, with this trigger beside those for its metrics, or set minReplicas at these times with what you have:",
        words.join(", ")
    );
    for window in windows {
        let _ = writeln!(text, "  #   - {}", window.trigger());
    }
}

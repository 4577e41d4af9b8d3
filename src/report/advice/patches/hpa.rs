//! HorizontalPodAutoscalers: a patch for each that changes.

use super::comment::why;
use super::metrics;
use crate::scenario::documents;
use crate::study::advise::answer::{Answer, KnobAnswer, KnobKind, Owner};
use crate::world::{Cast, Hpa};
use serde_json::{Map, Value};
use std::fmt::Write;

/// A strategic merge patch for each HPA that changes, as one YAML stream for `kubectl apply --server-side` or Kustomize.
pub(super) fn patch(answer: &Answer, cast: &Cast) -> String {
    let mut text = String::new();
    for hpa in &cast.hpas {
        let symbols = &cast.cluster.symbols;
        let [namespace, name] = [cast.workloads[hpa.workload].namespace, hpa.name].map(|part| symbols.text(part));
        let is_its = |knob: &&KnobAnswer| matches!(&knob.owner, Owner::Hpa { namespace: a, name: b } if a == namespace && b == name);
        let own: Vec<&KnobAnswer> = answer.changes().filter(is_its).collect();
        if own.is_empty() {
            continue;
        }
        let _ = write!(
            text,
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: {name}\n  \
             namespace: {namespace}\nspec:\n"
        );
        spec(&mut text, hpa, &own, cast);
    }
    text
}

fn spec(text: &mut String, hpa: &Hpa, own: &[&KnobAnswer], cast: &Cast) {
    let of = |kind: KnobKind| own.iter().find(|knob| knob.kind == kind);
    for (kind, field, now) in
        [(KnobKind::Min, "minReplicas", hpa.spec.min), (KnobKind::Max, "maxReplicas", hpa.spec.max)]
    {
        let value = match of(kind) {
            Some(knob) => {
                let _ = writeln!(text, "  # {}", why(knob));
                knob.recommended.clone()
            }
            None => now.to_string(),
        };
        let _ = writeln!(text, "  {field}: {value}");
    }
    if let Some(knob) = of(KnobKind::Target) {
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
    behavior(text, own);
}

/// What is below `behavior` of an HPA: the rest of it stays.
fn behavior(text: &mut String, own: &[&KnobAnswer]) {
    let mut rules = Value::Null;
    for knob in own.iter().filter(|knob| knob.kind == KnobKind::Other) {
        let mut is_behavior = false;
        for set in &knob.sets {
            let path: Vec<&str> = set.trim_end_matches('=').split('.').collect();
            let Some(at) = path.iter().position(|part| *part == "behavior") else { continue };
            let value = documents::parse(&knob.recommended).unwrap_or_else(|_| knob.recommended.clone().into());
            put(&mut rules, &path[at + 1..], value);
            is_behavior = true;
        }
        if is_behavior {
            let _ = writeln!(text, "  # {}", why(knob));
        }
    }
    if !rules.is_null() {
        // A value in braces is YAML too.
        let _ = writeln!(text, "  behavior: {rules}");
    }
}

fn put(place: &mut Value, path: &[&str], value: Value) {
    match path.split_first() {
        None => *place = value,
        Some((first, rest)) => {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            put(&mut place[*first], rest, value);
        }
    }
}

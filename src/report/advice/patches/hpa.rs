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
        // What KEDA makes it makes again: the change is one of the ScaledObject.
        let scaled = hpa.scaled_object.map(|name| symbols.text(name));
        let (version, kind, name) = match scaled {
            Some(scaled) => ("keda.sh/v1alpha1", "ScaledObject", scaled),
            None => ("autoscaling/v2", "HorizontalPodAutoscaler", name),
        };
        let _ = write!(
            text,
            "---\napiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n"
        );
        match scaled {
            Some(_) => of_keda(&mut text, hpa, &own),
            None => spec(&mut text, hpa, &own, cast),
        }
    }
    text
}

fn spec(text: &mut String, hpa: &Hpa, own: &[&KnobAnswer], cast: &Cast) {
    bounds(text, own, [("minReplicas", Some(hpa.spec.min)), ("maxReplicas", Some(hpa.spec.max))]);
    if let Some(knob) = own.iter().find(|knob| knob.kind == KnobKind::Target) {
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
    behavior(text, own, "  ");
}

/// The minimum and the maximum under these names; one that does not change is as it is now, where that is told.
fn bounds(text: &mut String, own: &[&KnobAnswer], fields: [(&str, Option<i32>); 2]) {
    for (kind, (field, now)) in [KnobKind::Min, KnobKind::Max].into_iter().zip(fields) {
        let changed = own.iter().find(|knob| knob.kind == kind);
        if let Some(knob) = changed {
            let _ = writeln!(text, "  # {}", why(knob));
        }
        let now = now.map(|now| now.to_string());
        if let Some(value) = changed.map(|knob| knob.recommended.clone()).or(now) {
            let _ = writeln!(text, "  {field}: {value}");
        }
    }
}

/// `spec` of a ScaledObject: only what changes, for a minimum of 0 is not the HPA's.
fn of_keda(text: &mut String, hpa: &Hpa, own: &[&KnobAnswer]) {
    bounds(text, own, [("minReplicaCount", None), ("maxReplicaCount", None)]);
    if let Some(knob) = own.iter().find(|knob| knob.kind == KnobKind::Target) {
        let _ = writeln!(
            text,
            "  # {}\n  # Set the value of its cpu trigger to {} by hand: the list of triggers is replaced as a whole.",
            why(knob),
            knob.recommended
        );
    }
    let mut rules = String::new();
    behavior(&mut rules, own, "      ");
    if !rules.is_empty() {
        let _ = write!(text, "  advanced:\n    horizontalPodAutoscalerConfig:\n{rules}");
    }
    // A comment alone would be no mapping.
    if own.iter().all(|knob| knob.kind == KnobKind::Target) {
        let _ = writeln!(text, "  maxReplicaCount: {}", hpa.spec.max);
    }
}

/// What is below `behavior` of an HPA: the rest of it stays.
fn behavior(text: &mut String, own: &[&KnobAnswer], margin: &str) {
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
            let _ = writeln!(text, "{margin}# {}", why(knob));
        }
    }
    if !rules.is_null() {
        // A value in braces is YAML too.
        let _ = writeln!(text, "{margin}behavior: {rules}");
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

//! What pods request: a patch for each workload that changes.

use super::comment::why;
use crate::study::advise::answer::{Answer, KnobAnswer, Owner};
use crate::world::Cast;
use std::fmt::Write;

/// A strategic merge patch for each workload whose first container requests something else: containers are told apart by their names, and all
/// that is not said stays.
pub(super) fn patch(answer: &Answer, cast: &Cast) -> String {
    let mut text = String::new();
    for row in cast.workloads.values() {
        let [namespace, name] = [row.namespace, row.name].map(|part| cast.cluster.symbols.text(part));
        let kind = row.kind.name();
        let is_its = |knob: &&KnobAnswer| matches!(&knob.owner, Owner::Workload { kind: a, namespace: b, name: c } if a == kind && b == namespace && c == name);
        let own: Vec<&KnobAnswer> = answer.changes().filter(is_its).collect();
        let container = cast.cluster.spec(row.template).containers.first();
        let (Some(container), false) = (container, own.is_empty()) else { continue };
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  template:\n    \
             spec:\n      containers:\n        - name: {}\n          resources:\n            requests:\n",
            cast.cluster.symbols.text(container.name)
        );
        for knob in own {
            let _ = writeln!(text, "              # {}", why(knob));
            for set in knob.settings() {
                let resource = set.path().last().map_or("", String::as_str);
                let _ = writeln!(text, "              {resource}: {}", set.value());
            }
        }
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "# kubectl patch --patch-file takes one of these at a time, Kustomize all of them; pods are replaced.\n{text}"
    )
}

//! The recommendation as something to apply.

use super::setting::Setting;
use crate::world::Cast;
use std::fmt::Write;

/// A strategic merge patch per HPA that changes, as one YAML stream for `kubectl patch` or Kustomize.
pub(crate) fn hpa_patch(cast: &Cast, recommended: &Setting) -> String {
    let mut text = String::new();
    for (hpa, bounds) in cast.hpas.iter().zip(&recommended.hpas) {
        if (hpa.spec.min, hpa.spec.max) == (bounds.min, bounds.max) {
            continue;
        }
        let name = cast.cluster.symbols.text(hpa.name);
        let namespace = cast.cluster.symbols.text(cast.workloads[hpa.workload].namespace);
        let _ = write!(
            text,
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: {name}\n  \
             namespace: {namespace}\nspec:\n  minReplicas: {}\n  maxReplicas: {}\n",
            bounds.min, bounds.max
        );
    }
    text
}

/// The node groups that change, as a Terraform variable file.
pub(crate) fn tfvars(cast: &Cast, recommended: &Setting) -> String {
    let mut text = String::new();
    for (id, bounds) in &recommended.groups {
        let group = &cast.groups[*id];
        if (group.min, group.max) != (bounds.min, bounds.max) {
            let desired = group.initial.clamp(bounds.min, bounds.max.max(bounds.min));
            let _ = writeln!(
                text,
                "  \"{}\" = {{ min_size = {}, max_size = {}, desired_size = {desired} }}",
                group.name, bounds.min, bounds.max
            );
        }
    }
    if text.is_empty() { text } else { format!("node_groups = {{\n{text}}}\n") }
}

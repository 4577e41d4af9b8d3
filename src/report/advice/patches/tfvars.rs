//! Node groups as a Terraform variable.

use super::comment::why;
use super::groups::changed;
use crate::study::advise::answer::Answer;
use crate::world::Cast;
use std::fmt::Write;

/// The groups that change, as the variable `node_groups`.
pub(super) fn variables(answer: &Answer, cast: &Cast) -> String {
    let mut text = String::new();
    for row in changed(answer, cast) {
        for knob in &row.knobs {
            let _ = writeln!(text, "  # {}", why(knob));
        }
        let machines = row.machines.as_ref().map_or(String::new(), |names| {
            let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            format!(", instance_types = [{}]", quoted.join(", "))
        });
        let _ = writeln!(
            text,
            "  \"{}\" = {{ min_size = {}, max_size = {}, desired_size = {}{machines} }}",
            row.group.name,
            row.min,
            row.max,
            row.desired()
        );
    }
    if text.is_empty() { text } else { format!("node_groups = {{\n{text}}}\n") }
}

//! The priority expander's ConfigMap.

use crate::autoscaler::Priorities;
use crate::scenario::documents::parse;
use std::collections::BTreeMap;

/// The value of the ConfigMap's key `priorities`: regular expressions of group names by priority.
///
/// Upstream: `priority.parsePrioritiesYAMLString`, 1.28.0. Errors: what is wrong, in words.
pub fn priorities(text: &str) -> Result<Priorities, String> {
    if text.trim().is_empty() {
        return Ok(Priorities::default());
    }
    let rows: BTreeMap<i64, Vec<String>> = parse(text).map_err(|problem| problem.to_string())?;
    Priorities::new(rows)
}

//! How precisely figures are to be known: by a flag, or by the scenario.

use super::Failure;
use super::streams::tell;
use foresail::scenario::{Scenario, checked_precision, checked_replications};

/// The scenario with the flags about its replications. A number of replications is that number, unless a precision is named beside it: the
/// scenario's own precision does not add any.
///
/// Errors: a number or a share that cannot be.
pub(super) fn with_flags(
    scenario: &mut Scenario,
    replications: Option<u32>,
    precision: Option<&str>,
) -> Result<(), Failure> {
    if let Some(replications) = replications {
        scenario.replications = checked_replications(replications).map_err(Failure::from)?;
        scenario.precision = None;
    }
    if let Some(text) = precision {
        scenario.precision = Some(checked_precision("--precision", text).map_err(Failure::from)?);
    }
    Ok(())
}

/// Says that a command does not look at the scenario's `precision`, and what it does instead.
pub(super) fn not_looked_at(scenario: &Scenario, instead: &str) {
    if scenario.precision.is_some() {
        tell(format!("note: precision is not looked at here: {instead}"));
    }
}

//! Closed-loop recordings: the real controllers together, their trajectories and events, second by second.

mod case;
mod compare;
mod replay;
mod totals;
mod world;

use crate::runner::Controller;
use case::Case;
use rayon::prelude::*;
use totals::{Figure, relative_error};

/// The recordings of the controllers together.
pub(crate) const CLOSED_LOOP: Controller =
    Controller { remark: Some(worst_node_seconds), tells_all: true, ..Controller::new("closed-loop", judge) };

fn judge(text: &str) -> Result<(), String> {
    let case: Case = serde_json::from_str(text).map_err(|e| format!("unreadable case: {e}"))?;
    let outcome = replay::lockstep(&case)?;
    compare::first_difference(&case, &outcome).map_or(Ok(()), |difference| {
        let totals = compare::errors_of_totals(&case, &outcome);
        Err(format!("{}: {difference}\n        totals: {totals}", case.name))
    })
}

/// The largest relative error of any case's node-seconds; a case that cannot be replayed has none.
fn worst_node_seconds(cases: &[&str]) -> String {
    let error = |text: &&str| {
        let case: Case = serde_json::from_str(text).ok()?;
        let outcome = std::panic::catch_unwind(|| replay::lockstep(&case)).ok()?.ok()?;
        let real = Figure::NodeSeconds.recorded(&case.expect.totals);
        Some(relative_error(Figure::NodeSeconds.ours(&case, &outcome), real))
    };
    let errors: Vec<f64> = cases.par_iter().filter_map(error).collect();
    let worst = errors.into_iter().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
    format!(", worst error of node-seconds {:+.2} %", worst * 100.0)
}

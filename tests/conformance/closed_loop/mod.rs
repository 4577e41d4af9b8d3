//! Closed-loop recordings: the real controllers together, their trajectories and events, second by second.

mod case;
mod compare;
mod world;

use crate::runner::{Controller, whole_theme};
use case::Case;
use foresail::rng::Seed;
use foresail::sim::outcome::Outcome;
use foresail::sim::world::Timing;
use foresail::sim::{Simulation, Start};
use foresail::traffic::latency::LatencyTables;
use foresail::units::SimDuration;
use std::sync::Arc;

/// The recordings of the controllers together.
pub const CLOSED_LOOP: Controller = Controller { name: "closed-loop", judge, subtheme: whole_theme };

fn judge(text: &str) -> Result<(), String> {
    let case: Case = serde_json::from_str(text).map_err(|e| format!("unreadable case: {e}"))?;
    let outcome = replay(&case)?;
    compare::first_difference(&case, &outcome).map_or(Ok(()), |difference| {
        let pod = compare::differing_pod(&case, &outcome).unwrap_or_default();
        Err(format!("{}: {difference}; {}; {pod}", case.name, compare::errors_of_totals(&case, &outcome)))
    })
}

/// The case in the recordings' world: whole seconds, fixed order, smallest-name ties.
fn replay(case: &Case) -> Result<Outcome, String> {
    let mut simulation = Simulation::new(Start {
        cast: Arc::new(world::build(case)?),
        timing: Timing { lockstep: true, step: SimDuration::from_secs(1), ..Timing::default() },
        duration: SimDuration::from_secs(case.duration_s),
        seed: Seed::new(case.seed, 0),
        tables: LatencyTables::default(),
        timeline_every: SimDuration::from_secs(case.expect.sample_every),
        keep_log: true,
    });
    simulation.run();
    Ok(simulation.finish())
}

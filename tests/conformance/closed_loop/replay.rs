//! A recorded case in our engine.

use super::case::Case;
use super::world;
use foresail::rng::Seed;
use foresail::sim::outcome::Outcome;
use foresail::sim::{Simulation, Start};
use foresail::traffic::latency::LatencyTables;
use foresail::units::SimDuration;
use foresail::world::{Cast, Timing};
use std::sync::Arc;

/// The case in the recordings' world: whole seconds, fixed order, smallest-name ties. Demand is read when the metrics server
/// scrapes, every 15 s: steps in between would not be seen by anybody.
pub(crate) fn lockstep(case: &Case) -> Result<Outcome, String> {
    Ok(run(case, Arc::new(world::build(case)?), recordings_timing(), Seed::new(case.seed, 0)))
}

/// The clockwork of the recordings' world.
pub(crate) fn recordings_timing() -> Timing {
    Timing { lockstep: true, by_chance: false, step: SimDuration::from_secs(15), ..Timing::default() }
}

/// One run of a case with this clockwork.
pub(crate) fn run(case: &Case, cast: Arc<Cast>, timing: Timing, seed: Seed) -> Outcome {
    let keep_log = !timing.by_chance;
    let mut simulation = Simulation::new(Start {
        cast,
        timing,
        duration: SimDuration::from_secs(case.duration_s),
        warm_up: SimDuration::ZERO,
        counts_from: foresail::units::SimTime::ZERO,
        seed,
        tables: LatencyTables::default(),
        timeline_every: SimDuration::from_secs(if keep_log { case.expect.sample_every } else { 0 }),
        keep_log,
    });
    simulation.run();
    simulation.finish()
}

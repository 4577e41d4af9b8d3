//! The stretch of a scenario in which a stress is simulated: by itself, with what was before as far as it matters.

use crate::study::Study;
use crate::traffic::demand::{After, Curve, Demand, Growth};
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, Traffic};
use std::sync::Arc;

/// Before the blow: nodes that nobody needs go after ten minutes at the earliest, and twenty after they came.
const SETTLING: SimDuration = SimDuration::from_mins(40);
/// After the blow, at least.
const FOLLOWED: SimDuration = SimDuration::from_hours(1);

/// A stretch around an instant of the scenario, with a clock of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// When the blow falls, in the scenario's time.
    at: SimTime,
    /// How long it is followed.
    after: SimDuration,
}

impl Window {
    /// When the blow falls.
    pub(super) const BLOW: SimTime = SimTime::from_nanos(SETTLING.as_nanos());

    /// Around a time, for something that lasts so long. What would come before anything has settled comes right after.
    pub(super) fn around(at: SimTime, lasts: SimDuration) -> Self {
        Window { at: at.max(Self::BLOW), after: FOLLOWED.max(lasts) }
    }

    /// How long it is simulated.
    pub(super) fn span(&self) -> SimDuration {
        SETTLING + self.after
    }

    /// What is simulated in it: the demand of that stretch, the pods that arrive in it, and none of the scenario's own faults and
    /// rollouts. `change` is done to the requests per second at each of its own times.
    ///
    /// After the scenario's end its demand is what it is there.
    pub(super) fn cast(&self, study: &Study, change: impl Fn(SimTime, f64) -> f64) -> Cast {
        let from = (self.at - Self::BLOW).max(SimDuration::ZERO);
        let mut cast = study.cast.later(from);
        if let Some(traffic) = &mut cast.traffic {
            let end = SimTime::ZERO + (study.duration - from).max(SimDuration::ZERO);
            self.cut(traffic, (study.timing.step, end), change);
        }
        (cast.faults, cast.deploys, cast.carbon) = (Vec::new(), Vec::new(), None);
        cast
    }

    /// Demand in straight lines from step to step, with the change.
    fn cut(&self, traffic: &mut Traffic, (step, end): (SimDuration, SimTime), change: impl Fn(SimTime, f64) -> f64) {
        let knots: Vec<(f64, f64)> = (0..=self.span().as_nanos() / step.as_nanos().max(1))
            .map(|number| SimTime::ZERO + step * number)
            .map(|at| (at.as_secs_f64(), change(at, traffic.demand.rate_at(at.min(end)))))
            .collect();
        // What the scenario has was checked; a factor that makes it more than any service gets leaves it as it was.
        if let Ok(curve) = Curve::linear(&knots, After::Hold) {
            traffic.demand = Arc::new(Demand {
                curves: vec![curve],
                growth: Growth::default(),
                starts: SimDuration::ZERO,
                ..Demand::clone(&traffic.demand)
            });
        }
    }
}

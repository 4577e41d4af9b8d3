//! Everything that is promised of a run: to users, by route, and of the cluster.

use super::{Cast, Limits, Objective};
use crate::traffic::calls::RouteId;
use std::collections::BTreeMap;

/// All objectives of a scenario, or of a stress.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Promised {
    /// Of every route that has none of its own; the error rate is that of all requests, too.
    pub objective: Objective,
    /// Of single routes, with what they inherit.
    pub routes: BTreeMap<RouteId, Objective>,
    /// Of the run.
    pub limits: Limits,
}

impl Promised {
    /// What a cast promises.
    pub fn of(cast: &Cast) -> Self {
        let traffic = cast.traffic.as_ref();
        Promised {
            objective: traffic.map(|traffic| traffic.objective).unwrap_or_default(),
            routes: traffic.map(|traffic| traffic.route_objectives.clone()).unwrap_or_default(),
            limits: cast.limits,
        }
    }

    /// Makes this what a cast promises; without traffic nothing is promised to users.
    pub fn put_into(&self, cast: &mut Cast) {
        cast.limits = self.limits;
        if let Some(traffic) = &mut cast.traffic {
            traffic.objective = self.objective;
            traffic.route_objectives = self.routes.clone();
        }
    }

    /// Whether nothing is promised at all.
    pub fn is_nothing(&self) -> bool {
        *self == Promised::default()
    }
}

//! What the formulas and the chains of the fast mode can be trusted with.
//!
//! Each rule names a kind for which no model of the other tiers is within the goals of `docs/latency.md` from some load on, as
//! recorded and drawn cases have it. It says nothing of why: that is written where the models are.

use super::profile::{ArrivalProcess, Discipline, ServiceProfile};
use super::servers::CLOCKWORK;
use super::table::{Serving, Station};

/// The load (work offered over capacity) from which on a service is replayed; infinite where formulas do at any.
pub(super) fn replayed_from(profile: &ServiceProfile) -> f64 {
    let kind = Kind::of(profile);
    [kind.by_arrivals(profile.arrivals), kind.by_patience(), kind.by_places(), kind.by_pods()]
        .into_iter()
        .fold(f64::INFINITY, f64::min)
}

/// Who waits for so many times a request's own time gives up in deep overload only, which backlogs follow.
const LONG: f64 = 200.0;

/// What matters of a service.
struct Kind {
    serving: Serving,
    discipline: Discipline,
    scv: f64,
    has_bound: bool,
    /// Whether clients may give up after so many times a request's own time that queues feel it.
    is_impatient: bool,
}

impl Kind {
    fn of(profile: &ServiceProfile) -> Kind {
        Kind {
            serving: Station::new(profile, 1).serving,
            discipline: profile.discipline,
            scv: profile.shape.scv(),
            has_bound: profile.queue_bound.is_some() && profile.concurrency.is_some(),
            is_impatient: profile.timeout.is_some_and(|timeout| timeout.after_s < LONG * profile.unloaded_s()),
        }
    }

    fn is_even(&self) -> bool {
        self.scv < 0.75
    }

    fn shares(&self) -> bool {
        matches!(self.serving, Serving::Sharing { .. })
    }

    /// Threads that share cores, and a queue before them.
    fn is_limited_sharing(&self) -> bool {
        matches!(self.serving, Serving::Sharing { threads: Some(_), .. })
    }

    fn by_arrivals(&self, arrivals: ArrivalProcess) -> f64 {
        let is_one_queue = matches!(self.discipline, Discipline::SharedQueue | Discipline::Random);
        match arrivals {
            ArrivalProcess::Poisson => f64::INFINITY,
            // Nearly nothing is left to chance, and no law has a shape.
            ArrivalProcess::Deterministic if self.scv < CLOCKWORK => 0.01,
            ArrivalProcess::Gamma { scv } if self.scv + scv < CLOCKWORK => 0.01,
            // Matrix-geometric, and nothing in time.
            ArrivalProcess::Bursty { .. } if is_one_queue && !self.shares() && self.scv <= 1.0 => 0.8,
            ArrivalProcess::Bursty { .. } => 0.4,
            _ if self.has_bound || self.is_impatient => 0.6,
            _ if self.discipline.looks_at_pods() || (self.shares() && self.discipline == Discipline::RoundRobin) => 0.6,
            _ if self.shares() => 0.85,
            _ => f64::INFINITY,
        }
    }

    fn by_patience(&self) -> f64 {
        match self.discipline {
            _ if !self.is_impatient => f64::INFINITY,
            _ if self.discipline.looks_at_pods() && self.scv != 1.0 => 0.4,
            _ if self.has_bound || self.scv != 1.0 => 0.6,
            Discipline::Random | Discipline::SharedQueue => 0.85,
            _ => 0.6,
        }
    }

    fn by_places(&self) -> f64 {
        match self.discipline {
            _ if !self.has_bound => f64::INFINITY,
            Discipline::RoundRobin if self.is_even() => 0.35,
            Discipline::RoundRobin => 0.55,
            _ if self.discipline.looks_at_pods() && (self.shares() || self.scv > 1.0) => 0.65,
            Discipline::Random if self.shares() && self.scv > 2.0 => 0.6,
            _ => f64::INFINITY,
        }
    }

    fn by_pods(&self) -> f64 {
        match self.discipline {
            // Works that vary less than exponential ones have no phases to be followed by.
            _ if self.shares() && self.is_even() => 0.85,
            _ if self.discipline.looks_at_pods() && self.shares() => 0.9,
            Discipline::SharedQueue if self.is_limited_sharing() => 0.85,
            Discipline::RoundRobin | Discipline::Random if self.is_limited_sharing() && self.scv > 2.0 => 0.9,
            _ => f64::INFINITY,
        }
    }
}

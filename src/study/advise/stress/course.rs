//! Stresses undergone: which there are, when they come, and how a setting gets through.

use super::blow::Blow;
use super::crowd;
use super::hours::{Hours, demand};
use super::victims::Victims;
use super::window::Window;
use crate::rng::Seed;
use crate::scenario::wanted::{Crowd, Stress, StressKind};
use crate::sim::outcome::Outcome;
use crate::sim::{Simulation, Start};
use crate::study::{Figures, Study};
use crate::traffic::demand::{Cursor, Curve};
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, Fault};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// A crowd's rise over what was there before, where the demand itself has none: as many again.
const CROWD_FACTOR: f64 = 2.0;

/// The stresses that the settings of a scenario undergo. What they are does not depend on the setting.
pub struct Stresses {
    list: Vec<Stress>,
    hours: Hours,
    /// More requests per second in a crowd of the demand's own worst kind.
    worst_crowd: Option<f64>,
}

/// How a setting got through a stress.
#[derive(Clone, Debug, PartialEq)]
pub struct Withstood {
    /// Which.
    pub stress: Stress,
    /// By replication: the worst of all the times at which it came.
    pub blows: Vec<Blow>,
}

impl Withstood {
    /// The share of the replications that were within the limits, 0..=1; 1 without any.
    pub fn kept(&self) -> f64 {
        let kept = self.blows.iter().filter(|blow| blow.is_within(&self.stress.promised)).count();
        if self.blows.is_empty() { 1.0 } else { kept as f64 / self.blows.len() as f64 }
    }
    /// Every replication was within the limits.
    pub fn survives(&self) -> bool {
        self.blows.iter().all(|blow| blow.is_within(&self.stress.promised))
    }
    /// It survives what the other survives.
    pub fn is_no_worse_than(&self, other: &Withstood) -> bool {
        self.survives() || !other.survives()
    }
    /// The worst of all replications.
    pub fn worst(&self) -> Blow {
        self.blows.iter().cloned().reduce(Blow::or_worse).unwrap_or_default()
    }
}

impl Stresses {
    /// Those asked for; without a word those that a setting must survive by default. `study` is of the scenario as it is.
    ///
    /// Cost: a look at the demand for each minute of the scenario.
    pub fn of(study: &Study, asked: Option<&[Stress]>) -> Self {
        Stresses {
            list: asked.map_or_else(|| Stress::usual(&study.cast), <[Stress]>::to_vec),
            hours: Hours::of(&study.cast, study.duration),
            worst_crowd: crowd::steepest(&study.cast, study.duration),
        }
    }

    /// Which there are.
    pub fn list(&self) -> &[Stress] {
        &self.list
    }

    /// How the study's setting gets through each of them in these replications, on all threads of the current pool.
    ///
    /// Cost: for each replication and stress an hour and 40 minutes of simulated time, for losses twice that and half as much
    /// again to see whom they take.
    pub fn undergo(&self, study: &Study, numbers: Range<u32>) -> Vec<Withstood> {
        let numbers: Vec<u32> = numbers.collect();
        let tasks: Vec<(usize, u32)> =
            (0..self.list.len()).flat_map(|stress| numbers.iter().map(move |number| (stress, *number))).collect();
        let blows: Vec<Blow> =
            tasks.into_par_iter().map(|(stress, number)| self.blow(study, &self.list[stress], number)).collect();
        let by_stress = blows.chunks(numbers.len().max(1));
        let empty = std::iter::repeat(&[][..]);
        self.list
            .iter()
            .zip(by_stress.chain(empty))
            .map(|(stress, blows)| Withstood { stress: stress.clone(), blows: blows.to_vec() })
            .collect()
    }

    /// The worst of all the times at which it comes.
    fn blow(&self, study: &Study, stress: &Stress, number: u32) -> Blow {
        let Hours { busiest, quietest } = self.hours;
        let times = match stress.at {
            Some(at) => vec![at],
            None if is_loss(stress.kind) && quietest != busiest => vec![busiest, quietest],
            None => vec![busiest],
        };
        let blows = times.into_iter().map(|at| self.blow_at(study, stress, (at, number)));
        blows.reduce(Blow::or_worse).unwrap_or_default()
    }

    fn blow_at(&self, study: &Study, stress: &Stress, (at, number): (SimTime, u32)) -> Blow {
        let window = Window::around(at, lasts(stress.kind));
        let mut cast = window.cast(study, self.change(study, stress.kind, at));
        stress.promised.put_into(&mut cast);
        cast.faults = faults(study, &cast, stress, number);
        let cast = Arc::new(cast);
        let mut outcome = simulated(study, &cast, (window.span(), number), Kept::Timeline);
        let timeline = std::mem::take(&mut outcome.timeline);
        let figures = Figures::of(number, &study.names(), outcome);
        Blow::of(&timeline, &figures, (&cast, &stress.promised))
    }

    /// What becomes of the requests per second.
    fn change(&self, study: &Study, kind: StressKind, at: SimTime) -> impl Fn(SimTime, f64) -> f64 {
        let there = demand(&study.cast, at.min(SimTime::ZERO + study.duration));
        let (factor, more, stays) = match kind {
            StressKind::Traffic(factor) => (factor, None, None),
            StressKind::FlashCrowd(Some(Crowd { factor, lasts })) => {
                (1.0, Some((factor - 1.0).max(0.0) * there), Some(lasts))
            }
            StressKind::FlashCrowd(None) => (1.0, Some(self.worst_crowd.unwrap_or((CROWD_FACTOR - 1.0) * there)), None),
            StressKind::ZoneLoss { .. } | StressKind::NodeLoss(_) | StressKind::SpotGone { .. } => (1.0, None, None),
        };
        let crowd = more.and_then(|more| Curve::flash_crowd(crowd::coming(Window::BLOW, more, stays)).ok());
        move |own, rate| {
            let more = crowd.as_ref().map_or(0.0, |crowd| crowd.rate_at(own, &mut Cursor::default()));
            rate * factor + more
        }
    }
}

/// Whether something is lost: then it matters how many there were, and the quietest hour is tried too.
fn is_loss(kind: StressKind) -> bool {
    matches!(kind, StressKind::ZoneLoss { .. } | StressKind::NodeLoss(_) | StressKind::SpotGone { .. })
}

/// How long it lasts, where that is said.
fn lasts(kind: StressKind) -> SimDuration {
    match kind {
        StressKind::ZoneLoss { lasts, .. } | StressKind::SpotGone { lasts, .. } => lasts,
        StressKind::FlashCrowd(Some(crowd)) => crowd.lasts,
        StressKind::NodeLoss(_) | StressKind::Traffic(_) | StressKind::FlashCrowd(None) => SimDuration::ZERO,
    }
}

/// Whom a loss takes: the window is simulated up to the blow to see what stands where.
fn faults(study: &Study, cast: &Cast, stress: &Stress, number: u32) -> Vec<Fault> {
    if !is_loss(stress.kind) {
        return Vec::new();
    }
    let before = simulated(study, &Arc::new(cast.clone()), (Window::BLOW.since(SimTime::ZERO), number), Kept::Cluster);
    let victims = Victims { cast, cluster: &before.cluster };
    victims.faults(stress.kind, Window::BLOW, Window::BLOW + lasts(stress.kind))
}

/// What is kept of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Points over time, a step apart.
    Timeline,
    /// The cluster at the end.
    Cluster,
}

fn simulated(study: &Study, cast: &Arc<Cast>, (duration, number): (SimDuration, u32), kept: Kept) -> Outcome {
    let mut simulation = Simulation::new(Start {
        cast: cast.clone(),
        timing: study.timing.clone(),
        duration,
        // A window is judged from its blow on, by which it has settled; who is there then is in the log of the time before.
        warm_up: SimDuration::ZERO,
        counts_from: if kept == Kept::Timeline { Window::BLOW } else { SimTime::ZERO },
        seed: Seed::new(study.seed, number),
        tables: study.tables.clone(),
        timeline_every: if kept == Kept::Timeline { study.timing.step } else { SimDuration::ZERO },
        keep_log: kept == Kept::Cluster,
    });
    simulation.run();
    simulation.finish()
}

//! Pods that are alike, and what waits in them.

use super::backlog::Backlog;
use super::distribution::Distribution;
use super::fluid_sharing::FluidCrowd;
use super::outcome::PodCohort;
use super::population::Population;
use super::waiting_line::Moved;

/// A cohort: so many pods of one speed.
#[derive(Clone, Debug)]
pub(super) struct Cohort {
    pub(super) pods: PodCohort,
    pub(super) backlog: Backlog,
    /// Of pods whose requests all share the CPU, in place of the backlog.
    pub(super) crowd: FluidCrowd,
    /// Near capacity, in place of the backlog.
    pub(super) followed: Option<Followed>,
    /// Requests there beyond a calm queue or pod.
    pub(super) waiting: f64,
}

impl Cohort {
    pub(super) fn new(pods: PodCohort) -> Cohort {
        let (backlog, crowd) = (Backlog::default(), FluidCrowd::default());
        Cohort { pods, backlog, crowd, followed: None, waiting: 0.0 }
    }

    /// Requests that are there and came before that.
    pub(super) fn came_before(&self, at_s: f64) -> f64 {
        let followed = match &self.followed {
            None => 0.0,
            Some(Followed::Queues(queues)) => queues.arrived_before(at_s),
            Some(Followed::Pods(pods)) => pods.came_before(at_s),
        };
        self.backlog.arrived_before(at_s) + self.crowd.came_before(at_s) + followed
    }

    /// Requests beyond the stationary queue.
    pub(super) fn requests(&self) -> f64 {
        self.backlog.requests() + self.crowd.requests() + self.waiting
    }
}

/// What is followed of a cohort near capacity.
#[derive(Clone, Debug)]
pub(super) enum Followed {
    /// Queues for threads.
    Queues(Box<Distribution>),
    /// Pods whose requests share a CPU.
    Pods(Box<Population>),
}

impl Followed {
    /// Some of the pods are new, hence empty.
    pub(super) fn mix_with_empty(&mut self, share: f64) {
        match self {
            Followed::Queues(queues) => queues.mix_with_empty(share),
            Followed::Pods(pods) => pods.mix_with_empty(share),
        }
    }

    /// Gives up a share of everything that waits.
    pub(super) fn give(&mut self, share: f64) -> Vec<Moved> {
        match self {
            Followed::Queues(queues) => queues.give(share),
            Followed::Pods(pods) => pods.give(share),
        }
    }

    pub(super) fn receive(&mut self, moved: &[Moved], part: f64, queues: f64) {
        match self {
            Followed::Queues(known) => known.receive(moved, part, queues),
            Followed::Pods(known) => known.receive(moved, part, queues),
        }
    }
}

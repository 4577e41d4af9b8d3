//! The scheduler at work: pods without a node get one.

use crate::sim::Simulation;
use crate::sim::event::{Event, Stage};
use crate::units::SimTime;

impl Simulation {
    /// Something changed that may let a pending pod be placed.
    pub(super) fn wake_scheduler(&mut self) {
        if !self.scheduler_awake && !self.pending.is_empty() {
            self.scheduler_awake = true;
            let at = self.reaction(Stage::scheduler());
            self.queue.push(at, Event::Schedule);
        }
    }

    /// One pass over the pending pods.
    pub(super) fn schedule(&mut self, _now: SimTime) {
        self.scheduler_awake = false;
    }
}

//! Visits under way: a slab whose size is that of the most that were under way at once.

use crate::traffic::calls::RouteId;
use crate::traffic::exact::observer::Ending;

/// No parent: the visit is a request's first.
pub(super) const ROOT: u32 = u32::MAX;
/// Nobody waits for the answer any more.
pub(super) const ORPHAN: u32 = u32::MAX - 1;
/// Not at a pod.
pub(super) const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// On its way, or before another attempt.
    Travelling,
    /// In the queue of a pod, or in the shared one.
    Waiting,
    /// On the CPU of its pod.
    Running,
    /// It has a thread and waits for a device or for callees.
    Holding,
    /// It waits for callees without a thread.
    Calling,
}

/// What the caller remembers of a call: enough to try again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errand {
    pub(super) stop: u32,
    pub(super) route: RouteId,
    /// The visit that waits for the answer.
    pub(super) parent: u32,
    /// Attempts before this one.
    pub(super) retries: u32,
    /// When the request entered.
    pub(super) entered_s: f64,
}

/// One attempt at one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub(super) errand: Errand,
    pub(super) generation: u32,
    pub(super) state: State,
    pub(super) pod: u32,
    pub(super) arrived_s: f64,
    pub(super) work_s: f64,
    /// The next step of calls: a row of the plan.
    pub(super) step: u32,
    /// Calls of the present step that have not returned, and one more while they are being made.
    pub(super) pending: u32,
    /// What went wrong among them.
    pub(super) trouble: Option<Ending>,
}

/// The visits, by number; numbers are used again, told apart by their generation.
#[derive(Clone, Debug, Default)]
pub(super) struct Visits {
    rows: Vec<Visit>,
    free: Vec<u32>,
}

impl Visits {
    /// How many are under way.
    pub(super) fn count(&self) -> usize {
        self.rows.len() - self.free.len()
    }

    pub(super) fn add(&mut self, errand: Errand, first_step: u32) -> u32 {
        let mut visit = Visit {
            errand,
            generation: 0,
            state: State::Travelling,
            pod: NOWHERE,
            arrived_s: 0.0,
            work_s: 0.0,
            step: first_step,
            pending: 0,
            trouble: None,
        };
        if let Some(id) = self.free.pop() {
            visit.generation = self.rows[id as usize].generation;
            self.rows[id as usize] = visit;
            return id;
        }
        self.rows.push(visit);
        (self.rows.len() - 1) as u32
    }

    pub(super) fn remove(&mut self, id: u32) {
        self.rows[id as usize].generation += 1;
        self.free.push(id);
    }

    /// Whether the visit is still the one of that generation.
    pub(super) fn is_current(&self, id: u32, generation: u32) -> bool {
        self.rows[id as usize].generation == generation
    }

    /// The visits that hold a thread of a pod without using its CPU.
    pub(super) fn holding(&self, pod: u32) -> Vec<u32> {
        let mut gone = vec![false; self.rows.len()];
        self.free.iter().for_each(|id| gone[*id as usize] = true);
        let held = |id: &u32| {
            let row = &self.rows[*id as usize];
            !gone[*id as usize] && row.pod == pod && row.state == State::Holding
        };
        (0..self.rows.len() as u32).filter(held).collect()
    }
}

impl std::ops::Index<u32> for Visits {
    type Output = Visit;
    fn index(&self, id: u32) -> &Visit {
        &self.rows[id as usize]
    }
}

impl std::ops::IndexMut<u32> for Visits {
    fn index_mut(&mut self, id: u32) -> &mut Visit {
        &mut self.rows[id as usize]
    }
}

//! What is due at a time, other than the work of pods and the patience of clients.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Due {
    /// A visit reaches its service.
    Arrive { visit: u32, generation: u32 },
    /// A device has answered a visit that holds its thread.
    DeviceDone { visit: u32, generation: u32 },
    /// A cold pod has become warmer.
    Warmer { pod: u32, generation: u32, speed: f64 },
}

#[derive(Clone, Copy, Debug)]
struct Timer {
    at_s: f64,
    number: u64,
    due: Due,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at_s.total_cmp(&other.at_s).then(self.number.cmp(&other.number))
    }
}

/// Timers in order of time, then of being set.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
    set: u64,
}

impl Timers {
    pub(super) fn set(&mut self, at_s: f64, due: Due) {
        self.heap.push(Reverse(Timer { at_s, number: self.set, due }));
        self.set += 1;
    }

    /// The time of the first; infinity when there is none.
    pub(super) fn next_s(&self) -> f64 {
        self.heap.peek().map_or(f64::INFINITY, |Reverse(timer)| timer.at_s)
    }

    pub(super) fn pop(&mut self) -> Option<Due> {
        self.heap.pop().map(|Reverse(timer)| timer.due)
    }
}

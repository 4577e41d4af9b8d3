//! The scheduling queue: which pod is tried when.

use crate::cluster::PodId;
use crate::units::{SimDuration, SimTime};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The first pause after a failed attempt; it doubles up to the longest. Upstream:
/// `podInitialBackoffSeconds`, `podMaxBackoffSeconds`, 1.28.
const INITIAL_BACK_OFF: SimDuration = SimDuration::from_secs(1);
const LONGEST_BACK_OFF: SimDuration = SimDuration::from_secs(10);
/// A pod does not stay unschedulable longer without another attempt. Upstream:
/// `podMaxInUnschedulablePodsDuration`, 1.28.
const FLUSH_AFTER: SimDuration = SimDuration::from_mins(5);

/// Pods without a node: ready to be tried, backing off, or waiting for something to change.
///
/// Upstream: `internal/queue.PriorityQueue`, 1.28. Order: priority, then time of entry (PrioritySort).
#[derive(Clone, Debug, Default)]
pub struct Queue {
    active: BTreeSet<(Reverse<i32>, u64, PodId)>,
    backing_off: BTreeSet<(SimTime, PodId)>,
    unschedulable: BTreeSet<(SimTime, PodId)>,
    entries: FxHashMap<PodId, Entry>,
    turns: u64,
    /// Changes seen; an attempt that failed while something changed goes to back-off at once.
    changes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    priority: i32,
    turn: u64,
    attempts: u32,
    tried_at: SimTime,
    changes: u64,
}

impl Queue {
    /// A new pod.
    pub fn push(&mut self, pod: PodId, priority: i32) {
        let entry = Entry { priority, turn: self.turns, attempts: 0, tried_at: SimTime::MIN, changes: self.changes };
        self.turns += 1;
        self.entries.insert(pod, entry);
        self.active.insert((Reverse(priority), entry.turn, pod));
    }

    /// The next pod to try.
    pub fn pop(&mut self, now: SimTime) -> Option<PodId> {
        self.release(now);
        let (_, _, pod) = self.active.pop_first()?;
        let changes = self.changes;
        if let Some(entry) = self.entries.get_mut(&pod) {
            (entry.attempts, entry.tried_at, entry.changes) = (entry.attempts + 1, now, changes);
        }
        Some(pod)
    }

    /// The pod that was popped found no node.
    pub fn unschedulable(&mut self, pod: PodId, now: SimTime) {
        let Some(entry) = self.entries.get(&pod).copied() else { return };
        if entry.changes == self.changes {
            self.unschedulable.insert((now, pod));
        } else {
            self.backing_off.insert((entry.ready_at(), pod));
        }
    }

    /// Something changed that may help: waiting pods are tried again after their back-off.
    pub fn wake(&mut self) {
        self.changes += 1;
        for (_, pod) in std::mem::take(&mut self.unschedulable) {
            if let Some(entry) = self.entries.get(&pod) {
                self.backing_off.insert((entry.ready_at(), pod));
            }
        }
    }

    /// The pod is bound or gone.
    pub fn remove(&mut self, pod: PodId) {
        if let Some(entry) = self.entries.remove(&pod) {
            self.active.remove(&(Reverse(entry.priority), entry.turn, pod));
            self.backing_off.remove(&(entry.ready_at(), pod));
            self.unschedulable.retain(|(_, other)| *other != pod);
        }
    }

    /// When the next pod can be tried, if any ever: now if one is ready.
    pub fn next_time(&self, now: SimTime) -> Option<SimTime> {
        if !self.active.is_empty() {
            return Some(now);
        }
        let backing_off = self.backing_off.first().map(|(at, _)| *at);
        let flushed = self.unschedulable.first().map(|(since, _)| *since + FLUSH_AFTER);
        [backing_off, flushed].into_iter().flatten().min().map(|at| at.max(now))
    }

    /// Pods whose back-off is over, or that have waited too long, become active.
    fn release(&mut self, now: SimTime) {
        let mut ready: Vec<PodId> = Vec::new();
        while let Some((at, pod)) = self.backing_off.first().copied().filter(|(at, _)| *at <= now) {
            self.backing_off.remove(&(at, pod));
            ready.push(pod);
        }
        while let Some((since, pod)) = self.unschedulable.first().copied().filter(|(s, _)| *s + FLUSH_AFTER <= now) {
            self.unschedulable.remove(&(since, pod));
            ready.push(pod);
        }
        for pod in ready {
            if let Some(entry) = self.entries.get(&pod) {
                self.active.insert((Reverse(entry.priority), entry.turn, pod));
            }
        }
    }
}

impl Entry {
    fn ready_at(&self) -> SimTime {
        if self.attempts == 0 {
            return self.tried_at;
        }
        let pause = (INITIAL_BACK_OFF * (1i64 << (self.attempts - 1).min(8))).min(LONGEST_BACK_OFF);
        self.tried_at + pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn pod(index: usize) -> PodId {
        PodId::from_index(index)
    }
    fn at(seconds: i64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    #[test]
    fn important_pods_come_first_then_older_ones() {
        let mut queue = Queue::default();
        queue.push(pod(0), 0);
        queue.push(pod(1), 10);
        queue.push(pod(2), 0);
        let order: Vec<PodId> = std::iter::from_fn(|| queue.pop(at(0))).collect();
        assert_eq!(order, [pod(1), pod(0), pod(2)]);
    }

    #[test]
    fn a_failed_pod_waits_for_a_change_then_for_its_back_off() {
        let mut queue = Queue::default();
        queue.push(pod(0), 0);
        for (now, next) in [(0, 1), (1, 3), (3, 7), (7, 15), (15, 25)] {
            assert_eq!(queue.pop(at(now)), Some(pod(0)));
            queue.unschedulable(pod(0), at(now));
            assert_eq!(queue.next_time(at(now)), Some(at(now + 300)));
            queue.wake();
            assert_eq!(queue.next_time(at(now)), Some(at(next)), "tried at {now}");
        }
    }
}

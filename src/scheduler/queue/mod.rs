//! The scheduling queue: which pod is tried when.
//!
//! Active pods are tried one after another. A pod that failed is unschedulable until an event that a plugin which
//! refused it asked for ([`events`]), or for five minutes; then it is active again, or backs off first if its last
//! attempt was too short ago. A cycle is one instant here: nothing happens between [`Queue::pop`] and
//! [`Queue::failed`], so there are no events in flight to remember.
//!
//! Not here: gated pods, which never enter (the caller keeps them out, as the SchedulingGates plugin does).

mod events;

pub use events::{EventKind, PluginSet};

use crate::cluster::PodId;
use crate::units::{SimDuration, SimTime};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// How often pods whose back-off is over are looked for. Upstream: `PriorityQueue.Run`, 1.28.
const BACK_OFF_TICK: SimDuration = SimDuration::from_secs(1);
/// A pod that has been unschedulable for longer is tried again in any case. Upstream:
/// `podMaxInUnschedulablePodsDuration`, 1.28.
const FLUSH_AFTER: SimDuration = SimDuration::from_mins(5);
/// How often such pods are looked for. Upstream: `PriorityQueue.Run`, 1.28.
const FLUSH_TICK: SimDuration = SimDuration::from_secs(30);

/// The pause after a failed attempt, which doubles with each up to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    initial: SimDuration,
    longest: SimDuration,
}

impl BackOff {
    /// Both more than nothing, and the longest not less than the first.
    pub fn new(initial: SimDuration, longest: SimDuration) -> Self {
        BackOff { initial, longest: longest.max(initial) }
    }
    /// After this many attempts. Upstream: `calculateBackoffDuration`, 1.28.
    fn after(self, attempts: u32) -> SimDuration {
        let mut pause = self.initial;
        for _ in 1..attempts {
            if pause > self.longest - pause {
                return self.longest;
            }
            pause = pause + pause;
        }
        pause
    }
}

impl Default for BackOff {
    /// 1 s to 10 s. Upstream: `podInitialBackoffSeconds`, `podMaxBackoffSeconds`, 1.28.
    fn default() -> Self {
        BackOff::new(SimDuration::from_secs(1), SimDuration::from_secs(10))
    }
}

/// Pods without a node: ready to be tried, backing off, or waiting for something to change.
///
/// Upstream: `internal/queue.PriorityQueue`, 1.28. Order: priority, then time of entry (PrioritySort); a failed
/// attempt is a new entry.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    active: BTreeSet<(Reverse<i32>, u64, PodId)>,
    /// By the tick at which they become active.
    backing_off: BTreeSet<(SimTime, PodId)>,
    /// By the time of their last attempt.
    unschedulable: BTreeSet<(SimTime, PodId)>,
    /// Plugins that refused any of them, and maybe others.
    refusing: PluginSet,
    entries: FxHashMap<PodId, Entry>,
    turns: u64,
    back_off: BackOff,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    priority: i32,
    turn: u64,
    attempts: u32,
    tried_at: SimTime,
    /// When its back-off is over; it leaves it at the next tick.
    backs_off_until: SimTime,
    refused_by: PluginSet,
}

impl Queue {
    /// An empty queue.
    pub fn new(back_off: BackOff) -> Self {
        Queue { back_off, ..Queue::default() }
    }

    /// A new pod.
    pub fn push(&mut self, pod: PodId, priority: i32) {
        let turn = self.next_turn();
        let entry = Entry {
            priority,
            turn,
            attempts: 0,
            tried_at: SimTime::MIN,
            backs_off_until: SimTime::MIN,
            refused_by: PluginSet::EMPTY,
        };
        self.entries.insert(pod, entry);
        self.activate(pod);
    }

    /// The next pod to try.
    pub fn pop(&mut self, now: SimTime) -> Option<PodId> {
        self.release(now);
        let (_, _, pod) = self.active.pop_first()?;
        if let Some(entry) = self.entries.get_mut(&pod) {
            entry.attempts = entry.attempts.saturating_add(1);
        }
        Some(pod)
    }

    /// The pod that was popped found no node, because of these plugins; none means that the cycle itself failed,
    /// and the pod is tried again after its back-off, whatever happens.
    ///
    /// Upstream: `AddUnschedulableIfNotPresent`, 1.28.
    pub fn failed(&mut self, pod: PodId, refused_by: PluginSet, now: SimTime) {
        let (turn, back_off) = (self.next_turn(), self.back_off);
        let Some(entry) = self.entries.get_mut(&pod) else { return };
        entry.backs_off_until = now + back_off.after(entry.attempts);
        (entry.turn, entry.tried_at, entry.refused_by) = (turn, now, refused_by);
        if refused_by.is_empty() {
            self.requeue(pod, now);
        } else {
            if self.unschedulable.is_empty() {
                self.refusing = PluginSet::EMPTY;
            }
            self.refusing.add(refused_by);
            self.unschedulable.insert((now, pod));
        }
    }

    /// Something happened. Unschedulable pods that were refused by a plugin which asked for such events, and for
    /// which it is `worth` a try, are tried again, after their back-off.
    ///
    /// Upstream: `MoveAllToActiveOrBackoffQueue`, `isPodWorthRequeuing`, 1.28. Cost: a step per unschedulable pod
    /// if a plugin that refused any of them asked.
    pub fn happened(&mut self, event: EventKind, now: SimTime, mut worth: impl FnMut(PodId) -> bool) {
        if !self.refusing.any(|plugin| plugin.awaits(event)) {
            return;
        }
        let entries = &self.entries;
        let mut asked = |pod: PodId| {
            entries.get(&pod).is_none_or(|entry| entry.refused_by.any(|plugin| plugin.awaits(event)) && worth(pod))
        };
        let moved: Vec<(SimTime, PodId)> = self.unschedulable.iter().copied().filter(|(_, pod)| asked(*pod)).collect();
        for row in moved {
            self.unschedulable.remove(&row);
            self.requeue(row.1, now);
        }
    }

    /// All pods without a node, in no order.
    pub fn pods(&self) -> impl Iterator<Item = PodId> {
        self.entries.keys().copied()
    }

    /// Whether an event could move any pod.
    pub fn has_unschedulable(&self) -> bool {
        !self.unschedulable.is_empty()
    }

    /// The pod is bound or gone.
    pub fn remove(&mut self, pod: PodId) {
        if let Some(entry) = self.entries.remove(&pod) {
            self.active.remove(&(Reverse(entry.priority), entry.turn, pod));
            self.backing_off.remove(&(entry.ready_at(), pod));
            self.unschedulable.remove(&(entry.tried_at, pod));
        }
    }

    /// When the next pod can be tried, if any ever: now if one is ready.
    pub fn next_time(&self, now: SimTime) -> Option<SimTime> {
        if !self.active.is_empty() {
            return Some(now);
        }
        let backing_off = self.backing_off.first().map(|(at, _)| *at);
        let flushed = self.unschedulable.first().map(|(since, _)| flushed_at(*since));
        [backing_off, flushed].into_iter().flatten().min().map(|at| at.max(now))
    }

    fn next_turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    fn activate(&mut self, pod: PodId) {
        if let Some(entry) = self.entries.get(&pod) {
            self.active.insert((Reverse(entry.priority), entry.turn, pod));
        }
    }

    /// Upstream: `requeuePodViaQueueingHint`, 1.28.
    fn requeue(&mut self, pod: PodId, now: SimTime) {
        match self.entries.get(&pod) {
            Some(entry) if entry.backs_off_until > now => {
                self.backing_off.insert((entry.ready_at(), pod));
            }
            _ => self.activate(pod),
        }
    }

    /// Pods whose back-off is over, or that have waited too long, become active.
    fn release(&mut self, now: SimTime) {
        while let Some((at, pod)) = self.backing_off.first().copied().filter(|(at, _)| *at <= now) {
            self.backing_off.remove(&(at, pod));
            self.activate(pod);
        }
        while let Some(row) = self.unschedulable.first().copied().filter(|(since, _)| flushed_at(*since) <= now) {
            self.unschedulable.remove(&row);
            self.requeue(row.1, now);
        }
    }
}

/// The first tick at which a pod has been unschedulable for too long.
fn flushed_at(since: SimTime) -> SimTime {
    (since + FLUSH_AFTER + SimDuration::from_nanos(1)).next_multiple_of(FLUSH_TICK)
}

impl Entry {
    /// Upstream: `flushBackoffQCompleted`, 1.28.
    fn ready_at(&self) -> SimTime {
        match self.attempts {
            0 => SimTime::MIN,
            _ => self.backs_off_until.next_multiple_of(BACK_OFF_TICK),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::scheduler::Plugin;

    fn pod(index: usize) -> PodId {
        PodId::from_index(index)
    }
    fn at(seconds: i64) -> SimTime {
        SimTime::from_secs(seconds)
    }
    fn millis(millis: i64) -> SimTime {
        SimTime::from_millis(millis)
    }
    fn refused(plugins: &[Plugin]) -> PluginSet {
        plugins.iter().copied().collect()
    }
    const ALWAYS: fn(PodId) -> bool = |_| true;

    /// A queue whose pods were all tried in vain at 0 s, refused by these plugins.
    fn unschedulable(rows: &[&[Plugin]]) -> Queue {
        let mut queue = Queue::default();
        (0..rows.len()).for_each(|index| queue.push(pod(index), 0));
        for row in rows {
            let tried = queue.pop(at(0)).expect("a pod");
            queue.failed(tried, refused(row), at(0));
        }
        queue
    }
    fn ready(queue: &mut Queue, now: SimTime) -> Vec<PodId> {
        std::iter::from_fn(|| queue.pop(now)).collect()
    }

    #[test]
    fn important_pods_come_first_then_older_ones() {
        let mut queue = Queue::default();
        queue.push(pod(0), 0);
        queue.push(pod(1), 10);
        queue.push(pod(2), 0);
        assert_eq!(ready(&mut queue, at(0)), [pod(1), pod(0), pod(2)]);
    }

    #[test]
    fn a_failed_attempt_is_a_new_entry_behind_pods_that_came_meanwhile() {
        let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit]]);
        queue.push(pod(1), 0);
        queue.happened(EventKind::PodDeleted, at(20), ALWAYS);
        assert_eq!(ready(&mut queue, at(20)), [pod(0), pod(1)], "it failed before the other came");
        queue.failed(pod(0), refused(&[Plugin::NodeResourcesFit]), at(20));
        queue.push(pod(2), 0);
        queue.failed(pod(2), refused(&[Plugin::NodeResourcesFit]), at(20));
        queue.push(pod(3), 0);
        queue.happened(EventKind::PodDeleted, at(40), ALWAYS);
        assert_eq!(ready(&mut queue, at(40)).last(), Some(&pod(3)));
    }

    #[test]
    fn back_off_doubles_from_one_second_to_ten() {
        let mut queue = Queue::default();
        queue.push(pod(0), 0);
        for (now, next) in [(0, 1), (1, 3), (3, 7), (7, 15), (15, 25), (25, 35)] {
            assert_eq!(queue.pop(at(now)), Some(pod(0)));
            queue.failed(pod(0), refused(&[Plugin::NodeResourcesFit]), at(now));
            queue.happened(EventKind::PodDeleted, at(now), ALWAYS);
            assert_eq!(queue.next_time(at(now)), Some(at(next)), "tried at {now}");
        }
    }

    #[test]
    fn pods_leave_the_back_off_at_whole_seconds() {
        let mut queue = Queue::default();
        queue.push(pod(0), 0);
        assert_eq!(queue.pop(millis(300)), Some(pod(0)));
        queue.failed(pod(0), refused(&[Plugin::NodeResourcesFit]), millis(300));
        queue.happened(EventKind::PodDeleted, millis(400), ALWAYS);
        assert_eq!(queue.next_time(millis(400)), Some(at(2)), "1.3 s is over at the next tick");
        assert_eq!(queue.pop(millis(1999)), None);
        assert_eq!(queue.pop(at(2)), Some(pod(0)));
    }

    #[test]
    fn an_event_after_the_back_off_makes_a_pod_active_at_once() {
        let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit]]);
        queue.happened(EventKind::PodDeleted, millis(1001), ALWAYS);
        assert_eq!(queue.next_time(millis(1001)), Some(millis(1001)));
    }

    #[test]
    fn what_nobody_asked_for_moves_nobody() {
        let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit], &[Plugin::NodeAffinity]]);
        queue.happened(EventKind::PodDeleted, at(60), ALWAYS);
        assert_eq!(ready(&mut queue, at(60)), [pod(0)], "a node's labels do not change when a pod goes");
        queue.happened(EventKind::NodeLabels, at(61), ALWAYS);
        assert_eq!(ready(&mut queue, at(61)), [pod(1)]);
    }

    #[test]
    fn one_of_several_plugins_is_enough() {
        let mut queue = unschedulable(&[&[Plugin::NodeAffinity, Plugin::NodeResourcesFit]]);
        queue.happened(EventKind::PodDeleted, at(60), ALWAYS);
        assert_eq!(ready(&mut queue, at(60)), [pod(0)]);
    }

    #[test]
    fn a_pod_for_which_it_is_not_worth_stays() {
        let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit], &[Plugin::NodeResourcesFit]]);
        queue.happened(EventKind::NodeAdded, at(60), |other| other == pod(1));
        assert_eq!(ready(&mut queue, at(60)), [pod(1)]);
        assert!(queue.has_unschedulable());
    }

    #[test]
    fn events_do_not_shorten_a_back_off() {
        let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit]]);
        queue.happened(EventKind::PodDeleted, at(0), ALWAYS);
        queue.happened(EventKind::NodeAdded, millis(500), ALWAYS);
        assert_eq!(queue.pop(millis(999)), None);
        assert_eq!(queue.pop(at(1)), Some(pod(0)));
    }

    #[test]
    fn a_cycle_that_failed_needs_no_event() {
        let mut queue = unschedulable(&[&[]]);
        assert!(!queue.has_unschedulable());
        assert_eq!(queue.next_time(at(0)), Some(at(1)));
        assert_eq!(queue.pop(at(1)), Some(pod(0)));
    }

    #[test]
    fn after_more_than_five_minutes_a_pod_is_tried_in_any_case() {
        let mut queue = unschedulable(&[&[Plugin::NodeName]]);
        assert_eq!(queue.next_time(at(0)), Some(at(330)), "300 s is not more than five minutes");
        assert_eq!(queue.pop(at(329)), None);
        assert_eq!(queue.pop(at(330)), Some(pod(0)));
        queue.failed(pod(0), refused(&[Plugin::NodeName]), millis(330_500));
        assert_eq!(queue.next_time(at(331)), Some(at(660)));
    }

    #[test]
    fn a_removed_pod_is_nowhere() {
        for event in [None, Some(EventKind::PodDeleted)] {
            let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit]]);
            event.into_iter().for_each(|event| queue.happened(event, at(0), ALWAYS));
            queue.remove(pod(0));
            assert_eq!(queue.next_time(at(0)), None, "{event:?}");
        }
    }
}

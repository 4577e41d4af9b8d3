//! The scheduling queue: which pod is tried when.
//!
//! Active pods are tried one after another. A pod that failed is unschedulable until an event that a plugin which
//! refused it asked for ([`events`]), or for five minutes; then it is active again, or backs off first if its last
//! attempt was too short ago. A cycle is one instant here: nothing happens between [`Queue::pop`] and
//! [`Queue::failed`], so there are no events in flight to remember.
//!
//! Not here: gated pods, which never enter (the caller keeps them out, as the SchedulingGates plugin does).

mod events;
#[cfg(test)]
mod tests;

pub use events::{EventKind, PluginSet};

use super::reason::Plugin;
use super::rules::Rules;
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
    /// Those of them that may be tried before, in that order: by the second in which their back-off ends, then as active ones.
    early: BTreeSet<(SimTime, Reverse<i32>, u64, PodId)>,
    /// By the time of their last attempt.
    unschedulable: BTreeSet<(SimTime, PodId)>,
    /// Plugins that refused any of them, and maybe others.
    refusing: PluginSet,
    entries: FxHashMap<PodId, Entry>,
    turns: u64,
    back_off: BackOff,
    rules: Rules,
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
    /// This queue, by the rules of a version.
    pub fn by(self, rules: Rules) -> Self {
        Queue { rules, ..self }
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
        let pod = match self.active.pop_first() {
            Some((_, _, pod)) => pod,
            None => self.pop_early()?,
        };
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

    /// Something happened. Unschedulable pods that were refused by plugins which asked for such events, and for
    /// which it is `worth` a try, given those plugins, are tried again, after their back-off.
    ///
    /// Upstream: `MoveAllToActiveOrBackoffQueue`, `isPodWorthRequeuing`. Cost: a step per unschedulable pod
    /// if a plugin that refused any of them asked.
    pub fn happened(&mut self, event: EventKind, now: SimTime, mut worth: impl FnMut(PodId, PluginSet) -> bool) {
        let awaits = |plugin: Plugin| plugin.awaits(event, self.rules.queueing_hints);
        if !self.refusing.any(awaits) {
            return;
        }
        let entries = &self.entries;
        let mut asked = |pod: PodId| {
            let asking = entries.get(&pod).map(|entry| entry.refused_by.only(awaits));
            asking.is_none_or(|asking| !asking.is_empty() && worth(pod, asking))
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
            self.backing_off.remove(&(entry.ready_at(self.rules), pod));
            self.early.remove(&entry.early(pod));
            self.unschedulable.remove(&(entry.tried_at, pod));
        }
    }

    /// When the next pod can be tried, if any ever: now if one is ready.
    pub fn next_time(&self, now: SimTime) -> Option<SimTime> {
        if !self.active.is_empty() || !self.early.is_empty() {
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

    /// Nobody else waits: the first pod whose back-off is not over. Upstream: `popBackoff`, 1.33.
    fn pop_early(&mut self) -> Option<PodId> {
        let (_, _, _, pod) = self.early.pop_first()?;
        if let Some(entry) = self.entries.get(&pod) {
            self.backing_off.remove(&(entry.ready_at(self.rules), pod));
        }
        Some(pod)
    }

    /// Upstream: `requeuePodViaQueueingHint`.
    fn requeue(&mut self, pod: PodId, now: SimTime) {
        match self.entries.get(&pod) {
            Some(entry) if entry.backs_off(now, self.rules) => {
                self.backing_off.insert((entry.ready_at(self.rules), pod));
                // Who failed by an error waits in any case.
                if self.rules.pops_back_off && !entry.refused_by.is_empty() {
                    self.early.insert(entry.early(pod));
                }
            }
            _ => self.activate(pod),
        }
    }

    /// Pods whose back-off is over, or that have waited too long, become active.
    fn release(&mut self, now: SimTime) {
        while let Some((at, pod)) = self.backing_off.first().copied().filter(|(at, _)| *at <= now) {
            self.backing_off.remove(&(at, pod));
            if let Some(entry) = self.entries.get(&pod) {
                self.early.remove(&entry.early(pod));
            }
            self.activate(pod);
        }
        while let Some(row) = self.unschedulable.first().copied().filter(|(since, _)| flushed_at(*since) <= now) {
            self.unschedulable.remove(&row);
            self.requeue(row.1, now);
        }
    }
}

/// The second that an instant is in.
fn window(at: SimTime) -> SimTime {
    if at == SimTime::MIN {
        at
    } else {
        (at + SimDuration::from_nanos(1)).next_multiple_of(BACK_OFF_TICK) - BACK_OFF_TICK
    }
}

/// The first tick at which a pod has been unschedulable for too long.
fn flushed_at(since: SimTime) -> SimTime {
    (since + FLUSH_AFTER + SimDuration::from_nanos(1)).next_multiple_of(FLUSH_TICK)
}

impl Entry {
    /// When it leaves its back-off: at the next tick, or when the second in which it ends is over.
    ///
    /// Upstream: `flushBackoffQCompleted`; `alignToWindow`, 1.33.
    fn ready_at(&self, rules: Rules) -> SimTime {
        match self.attempts {
            0 => SimTime::MIN,
            _ if rules.pops_back_off => window(self.backs_off_until) + BACK_OFF_TICK,
            _ => self.backs_off_until.next_multiple_of(BACK_OFF_TICK),
        }
    }

    /// Upstream: `isPodBackingoff`.
    fn backs_off(&self, now: SimTime, rules: Rules) -> bool {
        match rules.pops_back_off {
            true => self.attempts > 0 && window(self.backs_off_until) >= window(now),
            false => self.backs_off_until > now,
        }
    }

    /// Upstream: `lessBackoffCompletedWithPriority`, 1.33.
    fn early(&self, pod: PodId) -> (SimTime, Reverse<i32>, u64, PodId) {
        (window(self.backs_off_until), Reverse(self.priority), self.turn, pod)
    }
}

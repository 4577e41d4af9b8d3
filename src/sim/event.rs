//! Events and their total order: time, then rank, then first come.

use crate::cluster::{NodeId, PodId};
use crate::id::{GroupId, Id, InstanceId, WorkloadId};
use crate::units::{SimDuration, SimTime};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

crate::id_type!(
    /// A deletion that Cluster Autoscaler started and that needs time.
    DrainId,
    "drain"
);

/// Something that happens at an instant. Targets may be gone by then; such an event does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The warm-up is over: what is counted starts anew.
    CountingBegins,
    /// An instance whose substitute in another zone is there is terminated.
    SpareTerminates(InstanceId),
    /// A terminated node's object vanishes.
    NodeVanishes(NodeId),
    /// The two minutes (or thirty seconds) of a spot notice are over.
    SpotReclaims(InstanceId),
    /// The spot notice of an instance that was expected to go.
    SpotNotice(InstanceId),
    /// A spot notice of the scenario, the fault with this number, is foreseen.
    SpotNoticeForeseen(u32),
    /// The termination handler tries again to empty a node that is expected to go.
    RebalanceDrain(InstanceId),
    /// The fault of the scenario with this number begins.
    Fault(u32),
    /// The fault of the scenario with this number ends.
    FaultEnds(u32),
    /// The cloud reclaims capacity of a spot pool.
    PoolShock(u32),
    /// The cloud reports that an instance could not be launched.
    LaunchFails(InstanceId),
    /// An instance of a group registers as a node.
    NodeRegisters(GroupId, InstanceId),
    /// A registered node becomes Ready.
    NodeBecomesReady(NodeId),
    /// A node has been silent for too long.
    NodeTurnsUnknown(NodeId),
    /// A pod's toleration of its node's taint is over.
    PodOutstaysTaint(PodId),
    /// A container that does not answer has failed its liveness or startup probe too often.
    PodFailsProbe(PodId),
    /// A container that does not answer has failed its readiness probe too often.
    PodFailsReadiness(PodId),
    /// A terminating pod's containers have stopped.
    PodStops(PodId),
    /// A bound pod's containers run.
    PodStarts(PodId),
    /// A running pod passes its readiness probe.
    PodBecomesReady(PodId),
    /// A pod has been ready for its workload's `minReadySeconds`, if it still is.
    PodBecomesAvailable(PodId),
    /// A Job's pod has done its work.
    PodFinishes(PodId),
    /// A pod of a trace arrives.
    TracePodArrives(u32),
    /// Demand takes its next value; latency of the step before is settled.
    TrafficStep,
    /// The metrics server scrapes.
    Scrape,
    /// The HPA controller syncs all its objects.
    HpaSync,
    /// The VPA's recommender and updater have their turn.
    VpaLoop,
    /// A rollout begins.
    Deploy(u32),
    /// Traffic is to move to the new version of a blue-green rollout.
    Switch(u32),
    /// The old version of a blue-green rollout is no longer kept.
    Retire(u32),
    /// A rollout should have come on by now.
    ProgressDue(WorkloadId),
    /// A CronJob is due.
    CronDue(WorkloadId),
    /// A Job has run for as long as it may.
    JobExpires(WorkloadId),
    /// Workload controllers look at what changed.
    Reconcile,
    /// The scheduler takes pods from its queue.
    Schedule,
    /// A deletion of Cluster Autoscaler goes on.
    DrainContinues(DrainId),
    /// Cluster Autoscaler runs its loop.
    AutoscalerLoop,
    /// A point of the timeline is taken.
    Observe,
}

/// The rank of [`Event::NodeRegisters`].
const REGISTRATION: u8 = 4;

impl Event {
    /// The order among events of one instant: what the world does before what controllers do, and the
    /// controllers in the order in which the recordings of the closed loop ran them.
    fn rank(self) -> u8 {
        match self {
            Event::CountingBegins | Event::NodeVanishes(_) => 0,
            Event::SpotReclaims(_) => 1,
            Event::Fault(_)
            | Event::FaultEnds(_)
            | Event::PoolShock(_)
            | Event::SpotNotice(_)
            | Event::SpotNoticeForeseen(_)
            | Event::RebalanceDrain(_)
            | Event::SpareTerminates(_) => 2,
            Event::LaunchFails(_) => 3,
            Event::NodeRegisters(..) => REGISTRATION,
            Event::NodeBecomesReady(_) | Event::NodeTurnsUnknown(_) => 5,
            Event::PodStops(_)
            | Event::PodStarts(_)
            | Event::PodBecomesReady(_)
            | Event::PodBecomesAvailable(_)
            | Event::PodFinishes(_)
            | Event::PodOutstaysTaint(_)
            | Event::PodFailsProbe(_)
            | Event::PodFailsReadiness(_)
            | Event::TracePodArrives(_) => 6,
            Event::TrafficStep => 7,
            Event::Scrape => 8,
            Event::HpaSync | Event::VpaLoop => 9,
            Event::Deploy(_)
            | Event::Switch(_)
            | Event::Retire(_)
            | Event::ProgressDue(_)
            | Event::CronDue(_)
            | Event::JobExpires(_) => 10,
            Event::Reconcile => 11,
            Event::Schedule => 12,
            Event::DrainContinues(_) => 13,
            Event::AutoscalerLoop => 14,
            Event::Observe => 15,
        }
    }
}

/// A rank of events: [`EventQueue`] hands out events of one instant rank by rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(u8);

impl Rank {
    /// That at which instances register.
    pub fn registration() -> Rank {
        Rank(REGISTRATION)
    }
    /// That at which workload controllers act.
    pub fn controllers() -> Rank {
        Rank(Event::Reconcile.rank())
    }
    /// That at which the scheduler acts.
    pub fn scheduler() -> Rank {
        Rank(Event::Schedule.rank())
    }
}

/// Events to come, in order of time, rank and insertion.
#[derive(Clone, Debug, Default)]
pub struct EventQueue {
    heap: BinaryHeap<Reverse<Entry>>,
    grain: SimDuration,
    sequence: u64,
    now: SimTime,
    rank: u8,
    handled: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: SimTime,
    /// Rank in the top byte, sequence number below.
    order: u64,
    event: Event,
}

impl EventQueue {
    /// An empty queue in which time begins at `now`. Events happen at multiples of `grain`, the first that is not too
    /// early; zero allows any time.
    pub fn new(grain: SimDuration, now: SimTime) -> Self {
        EventQueue { grain, now, ..EventQueue::default() }
    }
    /// Schedules `event`. An event for the past is a bug and panics.
    pub fn push(&mut self, at: SimTime, event: Event) {
        let at = at.next_multiple_of(self.grain);
        assert!(at >= self.now, "{event:?} at {at:?} lies before {:?}", self.now);
        let place = match event {
            // Due work of several deletions is done in the order in which they started.
            Event::DrainContinues(drain) => drain.index() as u64,
            // Kubelets report their pods in the order of the pods' creation.
            Event::PodStops(pod) | Event::PodStarts(pod) | Event::PodBecomesReady(pod) | Event::PodFinishes(pod) => {
                pod.index() as u64
            }
            // Nodes register group by group, in order of launch.
            Event::NodeRegisters(group, instance) => (group.index() as u64) << 32 | instance.index() as u64,
            _ => self.sequence,
        };
        let order = u64::from(event.rank()) << 56 | place;
        self.sequence += 1;
        self.heap.push(Reverse(Entry { at, order, event }));
    }
    /// The next event no later than `end`; virtual time moves on to it.
    pub fn pop_until(&mut self, end: SimTime) -> Option<(SimTime, Event)> {
        if self.heap.peek().is_none_or(|Reverse(next)| next.at > end) {
            return None;
        }
        let Reverse(entry) = self.heap.pop()?;
        (self.now, self.rank) = (entry.at, entry.event.rank());
        self.handled += 1;
        Some((entry.at, entry.event))
    }
    /// Virtual time.
    pub fn now(&self) -> SimTime {
        self.now
    }
    /// Whether events of `rank` at this very instant would still come after the current event.
    pub fn is_before(&self, rank: Rank) -> bool {
        self.rank < rank.0
    }
    /// The number of events handed out.
    pub fn handled(&self) -> u64 {
        self.handled
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_then_rank_then_first_come() {
        let mut queue = EventQueue::default();
        let at = SimTime::from_secs;
        queue.push(at(2), Event::TrafficStep);
        queue.push(at(1), Event::AutoscalerLoop);
        queue.push(at(1), Event::HpaSync);
        queue.push(at(1), Event::CronDue(crate::id::Id::from_index(7)));
        queue.push(at(1), Event::Deploy(3));
        let order: Vec<Event> = std::iter::from_fn(|| queue.pop_until(at(9)).map(|(_, event)| event)).collect();
        let cron = Event::CronDue(crate::id::Id::from_index(7));
        assert_eq!(order, [Event::HpaSync, cron, Event::Deploy(3), Event::AutoscalerLoop, Event::TrafficStep]);
    }

    #[test]
    #[should_panic(expected = "lies before")]
    fn the_past_is_closed() {
        let mut queue = EventQueue::default();
        queue.push(SimTime::from_secs(5), Event::HpaSync);
        queue.pop_until(SimTime::MAX);
        queue.push(SimTime::from_secs(4), Event::HpaSync);
    }
}

//! The scheduler has its turn.

use crate::cluster::{NodeId, PodId, VolumePlan};
use crate::scheduler::Scheduler;
use crate::scheduler::Ties;
use crate::scheduler::{Attempt, Decision, PluginSet, Preemption};
use crate::sim::event::Event;
use crate::sim::log::Occurrence;
use crate::sim::scheduling::turns::{Line, News, Turns};
use crate::sim::shared::Shared;
use crate::sim::start::Start;
use crate::units::SimTime;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The scheduler.
pub(crate) struct Scheduling {
    pub(crate) scheduler: Scheduler,
}

impl Scheduling {
    /// The scheduler of a cast.
    pub(crate) fn new(start: &Start, turns: &Turns) -> Scheduling {
        let ties = if start.timing.by_chance { Ties::Seeded(start.seed.bits("ties", 0)) } else { Ties::SmallestName };
        Scheduling { scheduler: Scheduler::new(turns.profiles(&start.cast.profiles), ties).keeping_reasons() }
    }

    /// The scheduler's turn: a pass over all pods in line, or one scheduling cycle.
    pub(crate) fn schedule(&mut self, shared: &mut Shared, now: SimTime) {
        if shared.turns.called != Some(now) {
            return;
        }
        shared.turns.called = None;
        match &mut shared.turns.line {
            Line::Pass(pods) => {
                let pods = pods.clone();
                self.pass(shared, now, pods);
            }
            Line::Queue(queue) => match queue.pop(now) {
                Some(pod) => {
                    self.schedule_one(shared, now, pod);
                    self.next_cycle(shared, now);
                }
                None => shared.call_scheduler(),
            },
        }
    }

    /// The next cycle begins when this one is over, if a pod is ready by then.
    fn next_cycle(&mut self, shared: &mut Shared, now: SimTime) {
        let over = now + shared.timing.scheduling_cycle;
        let Line::Queue(queue) = &shared.turns.line else { return };
        if let Some(at) = queue.next_time(over).filter(|at| *at <= shared.end) {
            shared.turns.called = Some(at);
            shared.queue.push(at, Event::Schedule);
        }
    }

    /// One pass in order of priority, then age: the recordings' world, without back-off.
    fn pass(&mut self, shared: &mut Shared, now: SimTime, pods: BTreeSet<(Reverse<i32>, PodId)>) {
        let mut changed = false;
        for row in pods {
            // Preemption may have ended it since.
            if matches!(&shared.turns.line, Line::Pass(left) if left.contains(&row)) {
                changed |= self.schedule_one(shared, now, row.1);
            }
        }
        if changed || shared.timing.afresh {
            shared.wake_scheduler(News::Nothing);
        }
    }

    /// One scheduling cycle: whether anything changed.
    fn schedule_one(&mut self, shared: &mut Shared, now: SimTime, pod: PodId) -> bool {
        shared.refresh_budgets();
        self.scheduler.at(now);
        let decided = match shared.timing.afresh {
            true => self.scheduler.decide_afresh(&shared.cluster, pod),
            false => self.scheduler.decide(&shared.cluster, pod),
        };
        let attempt = match decided {
            Ok((node, volumes)) => {
                self.bind(shared, pod, node, &volumes);
                return true;
            }
            Err(attempt) => attempt,
        };
        if let Line::Queue(queue) = &mut shared.turns.line {
            // Without any node nobody refuses: upstream's ErrNoNodesAvailable.
            let no_nodes = shared.cluster.node_ids().is_empty();
            let refused_by = if no_nodes { PluginSet::EMPTY } else { attempt.refused_by() };
            queue.failed(pod, refused_by, now);
        }
        if !std::mem::replace(&mut shared.lives[pod].waits, true) {
            shared.autoscaler_hears_of_pod(now);
            if shared.log.is_on() {
                self.note_wait(shared, now, pod, &attempt);
            }
        }
        match &attempt.decision {
            Decision::Preempt(preemption) => {
                self.preempt(shared, now, pod, preemption);
                true
            }
            Decision::Wait { clear_nomination: true, .. } | Decision::Failed(_) => {
                shared.cluster.set_nominated(pod, None);
                false
            }
            Decision::Wait { .. } | Decision::Bind(_) => false,
        }
    }

    /// A pod waits for the first time: kube-scheduler's message is made for the log alone.
    fn note_wait(&self, shared: &mut Shared, now: SimTime, pod: PodId, attempt: &Attempt) {
        let message = self.scheduler.diagnosis(&shared.cluster, pod, attempt).message();
        let message = shared.log.say(message);
        let what = Occurrence::Waits { pod, refused_by: attempt.refused_by(), message };
        let because = shared.cause_of(pod);
        shared.lives[pod].because = shared.log.push(now, what, because);
    }

    fn bind(&mut self, shared: &mut Shared, pod: PodId, node: NodeId, volumes: &VolumePlan) {
        let now = shared.queue.now();
        shared.turns.remove(pod, shared.cluster.spec_of(pod).priority);
        shared.cluster.set_nominated(pod, None);
        shared.cluster.assume_volumes(volumes, node);
        shared.cluster.bind(pod, node);
        let waited = shared.waited(now, pod);
        let because = shared.cause_of(pod);
        let record = shared.log.push(now, Occurrence::Bound { pod, node, waited }, because);
        shared.lives[pod].because = record;
        shared.node_took_pod(node, record);
        shared.pod_is_bound(now, pod, node);
        shared.tell_scheduler(News::PodAssigned(pod));
        if *volumes != VolumePlan::default() {
            shared.tell_scheduler(News::VolumesBound);
        }
    }

    /// Victims are asked to go with their own grace; the pod is nominated and tried again.
    fn preempt(&mut self, shared: &mut Shared, now: SimTime, pod: PodId, preemption: &Preemption) {
        let victims = preemption.victims.len() as u32;
        let because = shared.cause_of(pod);
        let what = Occurrence::Preemption { pod, node: preemption.node, victims };
        let record = shared.log.push(now, what, because);
        shared.counts.preemptions += 1;
        // Upstream deletes them in parallel; here the older ones go first.
        let mut victims = preemption.victims.clone();
        victims.sort_unstable();
        for victim in victims {
            shared.cluster.set_preempted(victim);
            shared.replaced_because(victim, record);
            shared.delete_pod(now, victim, None);
        }
        for other in &preemption.cleared {
            shared.cluster.set_nominated(*other, None);
        }
        let node = shared.cluster.node(preemption.node).name;
        shared.cluster.set_nominated(pod, Some(node));
        self.scheduler.nominated(pod);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::sim::fixture::{Small, at, node, pod_of, run, secs};
    use crate::units::SimDuration;

    /// Pods of three priorities and no node until 100 s; the answer is when which pod was bound.
    fn bound(lockstep: bool) -> Vec<(SimTime, PodId)> {
        let mut small = Small::new().group("base", 0, |_| {});
        small.timing.lockstep = lockstep;
        for priority in [0, 10, 5] {
            small = small.deployment("web", 1, |_| {}).pods(|spec| spec.priority = priority);
        }
        let start = small.start();
        let mut shared = Shared::new(&start);
        for id in start.cast.workloads.ids() {
            shared.workloads[id].templates = vec![start.cast.workloads[id].template];
            pod_of(&mut shared, id);
        }
        let mut scheduling = Scheduling::new(&start, &shared.turns);
        shared.queue.push(at(100), Event::TrafficStep);
        run(&mut shared, at(400), |shared, now, event| match event {
            Event::Schedule => scheduling.schedule(shared, now),
            Event::TrafficStep => {
                let node = node(shared, "a");
                shared.nodes_changed(News::NodeAdded(node));
            }
            _ => {}
        });
        let of = |record: &crate::sim::log::Record| match record.what {
            Occurrence::Bound { pod, .. } => Some((record.at, pod)),
            _ => None,
        };
        shared.log.records().values().filter_map(of).collect()
    }

    #[test]
    fn a_pass_binds_all_at_once_in_order_of_priority() {
        let order = [1, 2, 0].map(|index| (at(100), PodId::from_index(index)));
        assert_eq!(bound(true), order);
    }

    #[test]
    fn the_queue_binds_one_after_another_and_waits_for_their_back_off() {
        let bound = bound(false);
        let order: Vec<usize> = bound.iter().map(|(_, pod)| pod.index()).collect();
        assert_eq!(order, [1, 2, 0]);
        // Without any node each attempt backs off, up to 10 s, and nothing is known of the node before that ends.
        assert!(bound[0].0 >= at(100) && bound[0].0 <= at(100) + secs(10), "{bound:?}");
        assert!(bound[1].0 - bound[0].0 >= SimDuration::from_millis(2), "a cycle takes its time: {bound:?}");
    }

    #[test]
    fn a_preemptor_waits_for_its_victims_to_go() {
        let small = Small::new().group("base", 0, |_| {});
        let small = small.deployment("low", 1, |_| {}).pods(|spec| spec.requests.cpu_milli = 3500);
        let small = small.deployment("high", 1, |_| {}).pods(|spec| {
            spec.priority = 10;
            spec.requests.cpu_milli = 3500;
        });
        let start = small.start();
        let mut shared = Shared::new(&start);
        for id in start.cast.workloads.ids() {
            shared.workloads[id].templates = vec![start.cast.workloads[id].template];
        }
        let node = node(&mut shared, "a");
        let low = crate::sim::fixture::pod_on(&mut shared, Id::from_index(0), node);
        let mut scheduling = Scheduling::new(&start, &shared.turns);
        shared.queue.push(at(100), Event::TrafficStep);
        let mut high = None;
        run(&mut shared, at(200), |shared, now, event| match event {
            Event::Schedule => scheduling.schedule(shared, now),
            Event::TrafficStep => high = Some(pod_of(shared, Id::from_index(1))),
            _ => {}
        });
        assert!(!shared.cluster.pod(low).is_present());
        let high = high.expect("a pod");
        assert_eq!((shared.cluster.pod(high).node(), shared.lives[high].bound), (Some(node), at(105)), "5 s to stop");
        assert_eq!(shared.counts.preemptions, 1);
    }
}

//! The scheduler has its turn.

use crate::cluster::{NodeId, PodId, VolumePlan};
use crate::scheduler::Scheduler;
use crate::scheduler::Ties;
use crate::scheduler::{Decision, PluginSet, Preemption};
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
        let ties = if start.timing.by_chance { Ties::Seeded(start.seed.stream("ties", 0)) } else { Ties::SmallestName };
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
            let because = shared.lives[pod].because;
            let refused_by = attempt.refused_by();
            let record = shared.log.push(now, Occurrence::Waits { pod, refused_by }, because);
            shared.lives[pod].because = record;
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

    fn bind(&mut self, shared: &mut Shared, pod: PodId, node: NodeId, volumes: &VolumePlan) {
        let now = shared.queue.now();
        shared.turns.remove(pod, shared.cluster.spec_of(pod).priority);
        shared.cluster.set_nominated(pod, None);
        shared.cluster.assume_volumes(volumes, node);
        shared.cluster.bind(pod, node);
        let waited = now - shared.cluster.pod(pod).created;
        let because = shared.lives[pod].because.take();
        shared.log.push(now, Occurrence::Bound { pod, node, waited }, because);
        shared.pod_is_bound(now, pod, node);
        shared.tell_scheduler(News::PodAssigned(pod));
        if *volumes != VolumePlan::default() {
            shared.tell_scheduler(News::VolumesBound);
        }
    }

    /// Victims are asked to go with their own grace; the pod is nominated and tried again.
    fn preempt(&mut self, shared: &mut Shared, now: SimTime, pod: PodId, preemption: &Preemption) {
        let victims = preemption.victims.len() as u32;
        let because = shared.lives[pod].because;
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

//! New pods: of workloads, and of a trace.

use crate::cluster::{Pod, PodId, PodName, PodSpecId};
use crate::id::Id;
use crate::intern::Symbol;
use crate::rng::{Fnv1a, mix, spell};
use crate::sim::counts::Stage;
use crate::sim::event::Event;
use crate::sim::log::Cause;
use crate::sim::pods::life::{Lineage, Owner, PodLife};
use crate::sim::pods::slots::Place;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::WorkloadId;

/// A pod that a controller asks for.
pub(crate) struct NewPod {
    pub(crate) template: PodSpecId,
    pub(crate) lineage: Lineage,
    pub(crate) name: PodName,
    /// Of a DaemonSet: the node that it is for.
    pub(crate) daemon_node: Option<Symbol>,
}

impl Shared {
    /// A new pod of a workload.
    pub(crate) fn create_pod(&mut self, now: SimTime, id: WorkloadId, new: NewPod) {
        let NewPod { template, lineage: Lineage { part, revision }, name, daemon_node } = new;
        let template = self.admitted(id, template);
        let mut row = Pod::new(name, template, now);
        row.daemon_node = daemon_node;
        let place = self.workloads[id].slots.take(spell(now));
        row.uid = self.uid(&row, Some((id, place)));
        let pod = self.cluster.add_pod(row);
        self.begin_life(now, pod, Owner::Workload(id), part);
        self.lives[pod].slot = place.slot;
        self.lives[pod].revision = revision;
        self.lives[pod].because = self.workloads[id].more_because;
        self.workloads[id].pods.push(pod);
        self.counts.workloads[id].created += 1;
    }

    /// What led to a pod: the record that it follows from, or where it comes from.
    pub(in crate::sim) fn cause_of(&self, pod: PodId) -> Cause {
        let otherwise = match self.lives[pod].owner {
            Owner::Trace(_) => Cause::Scenario,
            Owner::Workload(_) if self.cluster.pod(pod).daemon_node.is_some() => Cause::Node,
            Owner::Workload(_) => Cause::Start,
        };
        Cause::record_or(self.lives[pod].because, otherwise)
    }

    /// A new pod waits for the scheduler.
    pub(crate) fn begin_life(&mut self, now: SimTime, pod: PodId, owner: Owner, part: u32) {
        let life = PodLife {
            owner,
            part,
            revision: 0,
            slot: 0,
            bound: SimTime::MIN,
            running_since: SimTime::MIN,
            stage: Stage::Gone,
            waits: false,
            crashes: 0,
            crashes_in_a_row: 0,
            hangs: false,
            condemned_at: None,
            cohort: 0,
            because: None,
            sample: None,
        };
        let id = self.lives.push(life);
        debug_assert_eq!(id, pod, "a life per pod");
        self.set_stage(now, pod, Stage::Pending);
        let spec = self.cluster.spec_of(pod);
        if spec.scheduling_gates.is_empty() {
            self.turns.add(pod, spec.priority);
        }
        self.call_scheduler();
    }

    /// The hash of its name, as in the recordings; or a random number of the pod that has this place in its workload, which is the
    /// same in every run in which a pod has that place at about that time.
    fn uid(&self, pod: &Pod, place: Option<(WorkloadId, Place)>) -> u64 {
        let symbols = &self.cluster.symbols;
        let mut hash = Fnv1a::new().with(symbols.text(self.cluster.spec(pod.spec).namespace)).with("/");
        match place.filter(|_| self.timing.by_chance) {
            None => {
                // Writing to a hash cannot fail.
                let _ = pod.name.write_to(&mut hash, symbols);
                mix(if self.timing.by_chance { self.seed.bits("uid", hash.0) } else { hash.0 })
            }
            Some((id, place)) => {
                let workload = &self.cast.workloads[id];
                hash = hash.with(symbols.text(workload.name)).with("/").with(workload.kind.name());
                self.seed.entity("pod", hash.0).bits("uid", place.number())
            }
        }
    }

    /// What a pod's own chance is drawn by: its uid, or in the recordings' world its number, where names decide ties and nothing else.
    pub(crate) fn luck_of(&self, pod: PodId) -> u64 {
        if self.timing.by_chance { self.cluster.pod(pod).uid } else { pod.index() as u64 }
    }

    /// The place of a pod is free again: it goes.
    pub(crate) fn leave_slot(&mut self, pod: PodId) {
        if let Owner::Workload(id) = self.lives[pod].owner {
            self.workloads[id].slots.leave(self.lives[pod].slot);
        }
    }

    /// A pod of the trace arrives.
    pub(crate) fn trace_pod_arrives(&mut self, now: SimTime, line: u32) {
        let row = self.cast.trace[line as usize];
        let name = PodName::numbered(self.names.trace, line);
        let mut new = Pod::new(name, row.template, now);
        new.uid = self.uid(&new, None);
        let pod = self.cluster.add_pod(new);
        self.begin_life(now, pod, Owner::Trace(line), 0);
        if let Some(next) = self.cast.trace.get(line as usize + 1).filter(|next| next.arrives <= self.end) {
            self.queue.push(next.arrives.max(now), Event::TracePodArrives(line + 1));
        }
    }
}

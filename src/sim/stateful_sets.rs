//! StatefulSets at work.

use crate::cluster::{NodeId, PodId, PodName, PodSpecId};
use crate::controllers::stateful_set::{self, PodManagement, Replica, Update};
use crate::sim::Simulation;
use crate::sim::kubelet::Owner;
use crate::units::SimTime;
use crate::world::WorkloadId;
use crate::world::WorkloadKind;
use std::collections::hash_map::Entry;

impl Simulation {
    /// The controller takes its next step.
    pub(super) fn reconcile_stateful_set(
        &mut self,
        now: SimTime,
        id: WorkloadId,
        management: PodManagement,
        update: Update,
    ) {
        let replicas = self.workloads[id].desired.max(0) as u32;
        let current = self.workloads[id].current;
        let rows: Vec<Replica> = self.workloads[id].pods.iter().map(|pod| self.replica(now, *pod)).collect();
        if update != Update::OnDelete && stateful_set::is_complete(replicas, update, &rows) {
            self.finish_rollout(now, id);
            if rows.iter().all(|pod| pod.updated) {
                self.workloads[id].stable = current;
            }
        }
        let step = stateful_set::next_step(replicas, management, update, &rows);
        for ordinal in step.create {
            let revision = if update.reaches(ordinal) { current } else { self.workloads[id].stable };
            let template = self.at_home(id, ordinal, self.workloads[id].templates[revision as usize]);
            let name = PodName::numbered(self.cast.workloads[id].name, ordinal);
            self.create_pod(now, id, template, (ordinal, revision), name, None);
        }
        for ordinal in step.delete {
            let of = |pod: &PodId| self.lives[*pod].part == ordinal;
            if let Some(pod) = self.workloads[id].pods.iter().copied().find(of) {
                self.give_up(now, pod);
            }
        }
    }

    fn replica(&self, now: SimTime, pod: PodId) -> Replica {
        Replica {
            ordinal: self.lives[pod].part,
            available: self.is_available(now, pod),
            terminating: self.cluster.pod(pod).is_terminating(),
            updated: self.is_updated(pod),
        }
    }

    /// The claims of a StatefulSet's pod get their volumes where it is first bound: from then on the pods of that
    /// ordinal have to be in that zone. StatefulSets keep their claims when they shrink (1.28's default).
    pub(super) fn settle_claims(&mut self, pod: PodId, node: NodeId) {
        let Owner::Workload(id) = self.lives[pod].owner else { return };
        let zone = self.cluster.node(node).labels.get(self.names.zone);
        if let (WorkloadKind::StatefulSet { zonal_claims: true, .. }, Some(zone)) =
            (&self.cast.workloads[id].kind, zone)
            && let Entry::Vacant(home) = self.workloads[id].homes.entry(self.lives[pod].part)
        {
            home.insert(zone);
        }
    }

    /// The kind of pod that an ordinal gets: its volumes' zone is its own.
    fn at_home(&mut self, id: WorkloadId, ordinal: u32, template: PodSpecId) -> PodSpecId {
        let Some(zone) = self.workloads[id].homes.get(&ordinal).copied() else { return template };
        let mut spec = self.cluster.spec(template).clone();
        spec.node_selector.set(self.names.zone, zone);
        self.cluster.intern_spec(spec)
    }
}

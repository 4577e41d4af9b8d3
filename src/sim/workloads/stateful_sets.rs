//! StatefulSets at work.

use crate::cluster::{PodId, PodName, PodSpecId};
use crate::controllers::stateful_set::{self, PodManagement, Replica, Update};
use crate::sim::log::Cause;
use crate::sim::metering::ClaimNews;
use crate::sim::pods::birth::NewPod;
use crate::sim::pods::life::Lineage;
use crate::sim::shared::Shared;
use crate::sim::workloads::reconcile::Controllers;
use crate::units::SimTime;
use crate::world::WorkloadId;

impl Controllers {
    /// The controller takes its next step.
    pub(crate) fn reconcile_stateful_set(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        id: WorkloadId,
        (management, update): (PodManagement, Update),
    ) {
        let replicas = shared.workloads[id].desired.max(0) as u32;
        let current = shared.workloads[id].current;
        let rows: Vec<Replica> = shared.workloads[id].pods.iter().map(|pod| self.replica(shared, now, *pod)).collect();
        if update != Update::OnDelete && stateful_set::is_complete(replicas, update, &rows) {
            self.finish_rollout(shared, now, id);
            if rows.iter().all(|pod| pod.updated) {
                shared.workloads[id].stable = current;
            }
        }
        let step = stateful_set::next_step(replicas, management, update, &rows);
        for ordinal in step.create {
            let revision = if update.reaches(ordinal) { current } else { shared.workloads[id].stable };
            let template = self.in_its_zone(shared, id, ordinal, shared.workloads[id].templates[revision as usize]);
            let name = PodName::numbered(shared.cast.workloads[id].name, ordinal);
            let lineage = Lineage { part: ordinal, revision };
            let because = Cause::record_or(shared.workloads[id].more_because, Cause::Start);
            shared.create_pod(now, id, NewPod { template, lineage, name, daemon_node: None });
            shared.claims(now, (id, ordinal), ClaimNews::Created, because);
        }
        for ordinal in step.delete {
            if ordinal >= replicas {
                let because = Cause::record_or(shared.workloads[id].fewer_because, Cause::Found);
                shared.claims(now, (id, ordinal), ClaimNews::Scaled, because);
            }
            let of = |pod: &PodId| shared.lives[*pod].part == ordinal;
            if let Some(pod) = shared.workloads[id].pods.iter().copied().find(of) {
                self.give_up(shared, now, pod);
            }
        }
    }

    fn replica(&self, shared: &Shared, now: SimTime, pod: PodId) -> Replica {
        Replica {
            ordinal: shared.lives[pod].part,
            available: self.is_available(shared, now, pod),
            terminating: shared.cluster.pod(pod).is_terminating(),
            updated: self.is_updated(shared, pod),
        }
    }

    /// The kind of pod that an ordinal gets: its volumes' zone is its own.
    fn in_its_zone(&mut self, shared: &mut Shared, id: WorkloadId, ordinal: u32, template: PodSpecId) -> PodSpecId {
        let Some(zone) = shared.workloads[id].claim_zones.get(&ordinal).copied() else { return template };
        let mut spec = shared.cluster.spec(template).clone();
        spec.node_selector.set(shared.names.zone, zone);
        shared.cluster.intern_spec(spec)
    }
}

//! A step of traffic: what arrived, how it was served, what it used.

use crate::sim::counts::Stage;
use crate::sim::load::serving::Serving;
use crate::sim::serving::PodChange;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::Load;
use crate::world::WorkloadId;

impl Shared {
    /// Of services, tells the model that a pod became ready or no longer is.
    pub(crate) fn serving_changed(&mut self, now: SimTime, id: WorkloadId, pod: crate::cluster::PodId, ready: bool) {
        let Load::Service(service) = self.cast.workloads[id].load else { return };
        let Some(load) = &mut self.load else { return };
        let node = self.cluster.pod(pod).node();
        if let Some(zone) = node.and_then(|node| self.cluster.node(node).labels.get(self.names.zone)) {
            self.metering.ready_in(service, zone, if ready { 1 } else { -1 });
        }
        let state = &mut load.services[service];
        if ready {
            self.lives[pod].cohort = state.pod_ready(now, self.step_number);
        } else {
            state.pod_left(now, self.lives[pod].cohort);
        }
    }

    /// Tells the traffic engine what became of a pod.
    pub(crate) fn stage_changed_exactly(
        &mut self,
        now: SimTime,
        id: WorkloadId,
        pod: crate::cluster::PodId,
        (before, stage): (Stage, Stage),
    ) {
        let (Load::Service(service), Some(load)) = (&self.cast.workloads[id].load, &mut self.load) else { return };
        let change = match (before, stage) {
            (_, Stage::Ready) => PodChange::Ready,
            (Stage::Ready, Stage::Terminating) => PodChange::Leaves,
            (Stage::Ready, _) | (_, Stage::Gone) => PodChange::Breaks,
            _ => return,
        };
        load.engine.pod_changed(now, *service, pod, change);
    }
}

impl Serving {
    /// What arrived in the step that ends now, and what became of it.
    pub(crate) fn settle_traffic(&mut self, shared: &mut Shared, now: SimTime) {
        let Some(mut load) = shared.load.take() else { return };
        let cast = shared.cast.clone();
        let Some(traffic) = &cast.traffic else { return };
        let span = now - load.since;
        if !span.is_zero() {
            for (id, state) in load.services.iter_mut() {
                let pace = state.workload.map(|workload| self.pace_of(shared, workload));
                load.pods[id] = state.ready_pods(now, span, pace.map_or(1.0, |pace| pace.speed));
                state.cpu_of_request = pace.map_or(1.0, |pace| pace.cpu);
            }
            load.step(traffic, now, shared.step_number);
            let entered = load.entry_rate * span.as_secs_f64();
            shared.metering.requests(shared.accounts.ledger(), now, span, entered);
            for (id, row) in traffic.services.iter() {
                if let Some(workload) = row.workload {
                    self.usage[workload] = load.usage(id, row);
                }
            }
            self.service_levels.add(&load.last_routes, span, traffic);
        }
        shared.load = Some(load);
    }
}

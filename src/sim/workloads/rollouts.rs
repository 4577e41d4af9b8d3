//! Rollouts in time: rolling or blue-green, watched, and taken back where an objective is broken.
//!
//! A blue-green rollout runs both versions at full size, moves all traffic at once when the new one is ready
//! and `switchAt` has come, and keeps the old one for a while: a way back that is paid for. The HPA looks at
//! the version that has the traffic, and its replicas are given to both. Semantics of Argo Rollouts 1.6,
//! `BlueGreen` with `previewReplicaCount` unset and `autoPromotionEnabled`.

use crate::cluster::PodId;
use crate::id::IdVec;
use crate::sim::counts::Stage;
use crate::sim::event::Event;
use crate::sim::log::{Cause, Occurrence};
use crate::sim::shared::Shared;
use crate::traffic::calls::RouteId;
use crate::traffic::latency::RouteOutcome;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadId;
use crate::world::{BlueGreen, Load};

/// A new version that is not ready when traffic should move is looked at again after this time.
const LOOK_AGAIN: SimDuration = SimDuration::from_secs(5);

/// A rollout under way, or being watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rollout {
    /// Number of the deploy in the cast.
    deploy: u32,
    /// The version before: number of its template.
    before: u32,
    /// Of a blue-green rollout, whether the new version has the traffic.
    switched: bool,
    /// Nobody watches after this instant.
    watched_until: SimTime,
    /// Since when an objective has been broken.
    broken_since: Option<SimTime>,
}

/// The rollouts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rollouts {
    /// By workload: the last rollout, while it is under way or watched.
    pub(crate) last: IdVec<WorkloadId, Option<Rollout>>,
}

impl Rollouts {
    /// A rollout begins: a new template becomes the current one.
    pub(crate) fn deploy(&mut self, shared: &mut Shared, now: SimTime, index: u32) {
        let deploy = shared.cast.deploys[index as usize].clone();
        shared.unsettle(deploy.workload);
        let state = &mut shared.workloads[deploy.workload];
        let before = state.current;
        state.current = state.templates.len() as u32;
        state.templates.push(deploy.template);
        state.set_replicas.push(0);
        (state.dirty, state.rolling) = (true, true);
        // The new pods of a blue-green rollout have no traffic yet.
        state.serving = deploy.blue_green.map(|_| before);
        let watched_until = if deploy.blue_green.is_some() { SimTime::MAX } else { now + deploy.watch_for };
        self.last[deploy.workload] =
            Some(Rollout { deploy: index, before, switched: false, watched_until, broken_since: None });
        if let Some(BlueGreen { switch_at }) = deploy.blue_green {
            self.plan(shared, switch_at.max(now), Event::Switch(index));
        }
        shared.begin_progress(now, deploy.workload);
        self.rollout_turns(shared, deploy.workload, Occurrence::DeployStarted(deploy.workload));
        shared.wake_controllers();
    }

    fn plan(&mut self, shared: &mut Shared, at: SimTime, event: Event) {
        if at <= shared.end {
            shared.queue.push(at, event);
        }
    }

    /// The rollout that this event is about, if it is still under way.
    fn rollout_of(&self, shared: &Shared, index: u32) -> Option<(WorkloadId, Rollout)> {
        let workload = shared.cast.deploys[index as usize].workload;
        self.last[workload].filter(|rollout| rollout.deploy == index).map(|rollout| (workload, rollout))
    }

    /// Traffic moves to the new version, once all of its pods are ready.
    pub(crate) fn switch(&mut self, shared: &mut Shared, now: SimTime, index: u32) {
        let Some((id, rollout)) = self.rollout_of(shared, index).filter(|(_, rollout)| !rollout.switched) else {
            return;
        };
        let new = shared.workloads[id].current;
        let ready = self.ready_pods(shared, id, new).len() as i32;
        if ready < shared.workloads[id].desired.max(1) {
            return self.plan(shared, now + LOOK_AGAIN, Event::Switch(index));
        }
        self.move_traffic(shared, now, id, (rollout.before, new));
        let watch_for = shared.cast.deploys[index as usize].watch_for;
        if let Some(rollout) = &mut self.last[id] {
            (rollout.switched, rollout.watched_until) = (true, now + watch_for);
        }
        self.rollout_turns(shared, id, Occurrence::TrafficSwitched(id));
        self.plan(shared, now + watch_for, Event::Retire(index));
    }

    /// The way back is given up: the old version goes.
    pub(crate) fn retire(&mut self, shared: &mut Shared, index: u32) {
        let Some((id, _)) = self.rollout_of(shared, index) else { return };
        self.rollout_turns(shared, id, Occurrence::OldRetired(id));
        self.end_rollout(shared, id);
    }

    fn end_rollout(&mut self, shared: &mut Shared, id: WorkloadId) {
        self.last[id] = None;
        shared.workloads[id].dirty = true;
        shared.wake_controllers();
    }

    /// Looks at the objectives after a step of traffic; a version that has broken one for too long is taken back.
    pub(crate) fn watch_rollouts(&mut self, shared: &mut Shared, now: SimTime) {
        for id in shared.cast.workloads.ids() {
            let Some(rollout) = self.last[id] else { continue };
            let deploy = &shared.cast.deploys[rollout.deploy as usize];
            let (is_blue_green, patience) = (deploy.blue_green.is_some(), deploy.rollback_after);
            let watched = now <= rollout.watched_until && (rollout.switched || !is_blue_green);
            let broken_since =
                (watched && self.breaks_objective(shared, id)).then(|| rollout.broken_since.unwrap_or(now));
            if let Some(rollout) = &mut self.last[id] {
                rollout.broken_since = broken_since;
            }
            if patience.is_some_and(|patience| broken_since.is_some_and(|since| now - since >= patience)) {
                self.roll_back(shared, now, id, rollout);
            } else if !is_blue_green && now > rollout.watched_until && !shared.workloads[id].rolling {
                self.last[id] = None;
            }
        }
    }

    /// Whether users, or the service's own callers, see less than they were promised.
    fn breaks_objective(&self, shared: &Shared, id: WorkloadId) -> bool {
        let (Some(load), Some(traffic)) = (&shared.load, &shared.cast.traffic) else { return false };
        let route = |(id, outcome): (RouteId, &RouteOutcome)| {
            let error_rate = if outcome.arrived > 0.0 { outcome.failed / outcome.arrived } else { 0.0 };
            traffic.objective_of(id).is_broken_by(outcome.latency.p95_s, error_rate)
        };
        let own = match shared.cast.workloads[id].load {
            Load::Service(service) => traffic.services[service].objective.as_ref().is_some_and(|objective| {
                let last = &load.services()[service].last;
                objective.is_broken_by(last.latency.p95_s, last.error_rate())
            }),
            _ => false,
        };
        own || load.last_routes.iter().any(route)
    }

    /// The version before becomes the current one again, with the pods that are left of it.
    fn roll_back(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, rollout: Rollout) {
        let new = shared.workloads[id].current;
        self.rollout_turns(shared, id, Occurrence::RolledBack(id));
        shared.counts.rollbacks += 1;
        if rollout.switched {
            self.move_traffic(shared, now, id, (new, rollout.before));
        }
        shared.workloads[id].current = rollout.before;
        shared.workloads[id].rolling = true;
        shared.begin_progress(now, id);
        self.end_rollout(shared, id);
    }

    fn move_traffic(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, (from, to): (u32, u32)) {
        shared.workloads[id].serving = Some(to);
        shared.unsettle(id);
        for pod in self.ready_pods(shared, id, to) {
            self.joins_service(shared, now, id, pod);
        }
        for pod in self.ready_pods(shared, id, from) {
            self.leaves_service(shared, now, id, pod);
        }
    }

    /// Of a blue-green rollout under way the two versions, each at full size.
    pub(crate) fn both_colours(&self, shared: &Shared, id: WorkloadId) -> Option<[u32; 2]> {
        let rollout = self.last[id]?;
        shared.cast.deploys[rollout.deploy as usize].blue_green?;
        Some([rollout.before, shared.workloads[id].current])
    }

    /// A rollout begins or takes another course: pods go because of that, and come, if it asks for new ones.
    fn rollout_turns(&self, shared: &mut Shared, id: WorkloadId, what: Occurrence) {
        let now = shared.queue.now();
        let asks_for_pods = matches!(what, Occurrence::DeployStarted(_) | Occurrence::RolledBack(_));
        // One that begins has nothing to do with the last one.
        let before = shared.workloads[id].rollout_because.filter(|_| !matches!(what, Occurrence::DeployStarted(_)));
        let record = shared.log.push(now, what, Cause::record_or(before, Cause::Scenario));
        let state = &mut shared.workloads[id];
        (state.rollout_because, state.fewer_because) = (record, record);
        if asks_for_pods {
            state.more_because = record;
        }
    }

    fn ready_pods(&self, shared: &Shared, id: WorkloadId, set: u32) -> Vec<PodId> {
        let ready = |pod: &PodId| {
            let row = shared.cluster.pod(*pod);
            shared.lives[*pod].revision == set && row.is_ready() && !row.is_terminating()
        };
        shared.workloads[id].pods.iter().copied().filter(ready).collect()
    }

    /// A ready pod gets requests from now on.
    fn joins_service(&self, shared: &mut Shared, now: SimTime, id: WorkloadId, pod: crate::cluster::PodId) {
        shared.serving_changed(now, id, pod, true);
        shared.stage_changed_exactly(now, id, pod, (Stage::Starting, Stage::Ready));
    }

    /// A ready pod gets no more requests; those in hand are finished.
    fn leaves_service(&self, shared: &mut Shared, now: SimTime, id: WorkloadId, pod: crate::cluster::PodId) {
        shared.serving_changed(now, id, pod, false);
        shared.stage_changed_exactly(now, id, pod, (Stage::Ready, Stage::Terminating));
    }
}

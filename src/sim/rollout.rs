//! Rollouts in time: rolling or blue-green, watched, and taken back where an objective is broken.
//!
//! A blue-green rollout runs both versions at full size, moves all traffic at once when the new one is ready
//! and `switchAt` has come, and keeps the old one for a while: a way back that is paid for. The HPA looks at
//! the version that has the traffic, and its replicas are given to both. Semantics of Argo Rollouts 1.6,
//! `BlueGreen` with `previewReplicaCount` unset and `autoPromotionEnabled`.

use crate::cluster::{PodId, PodSpecId};
use crate::sim::Simulation;
use crate::sim::event::Event;
use crate::sim::kubelet::Owner;
use crate::sim::log::Occurrence;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadId;
use crate::world::{BlueGreen, Load};

/// A new version that is not ready when traffic should move is looked at again after so long.
const LOOK_AGAIN: SimDuration = SimDuration::from_secs(5);

/// A rollout under way, or being watched.
#[derive(Clone, Copy, Debug)]
pub struct Rollout {
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

impl Simulation {
    /// A rollout begins: a new template becomes the current one.
    pub(super) fn deploy(&mut self, now: SimTime, index: u32) {
        let deploy = self.cast.deploys[index as usize].clone();
        self.unsettle(deploy.workload);
        let state = &mut self.workloads[deploy.workload];
        let before = state.current;
        state.current = state.templates.len() as u32;
        state.templates.push(deploy.template);
        state.set_replicas.push(0);
        (state.dirty, state.rolling) = (true, true);
        // The new pods of a blue-green rollout have no traffic yet.
        state.serving = deploy.blue_green.map(|_| before);
        let watched_until = if deploy.blue_green.is_some() { SimTime::MAX } else { now + deploy.watch_for };
        state.rollout = Some(Rollout { deploy: index, before, switched: false, watched_until, broken_since: None });
        if let Some(BlueGreen { switch_at }) = deploy.blue_green {
            self.plan(switch_at.max(now), Event::Switch(index));
        }
        self.begin_progress(now, deploy.workload);
        self.log.push(now, Occurrence::DeployStarted(deploy.workload));
        self.wake_controllers();
    }

    /// A rollout that is under way has done all it can.
    pub(super) fn finish_rollout(&mut self, now: SimTime, id: WorkloadId) {
        if std::mem::take(&mut self.workloads[id].rolling) {
            self.log.push(now, Occurrence::DeployFinished(id));
        }
    }

    /// Whether a pod was made from its workload's current template.
    pub(super) fn is_updated(&self, pod: PodId) -> bool {
        match self.lives[pod].owner {
            Owner::Workload(id) => self.lives[pod].revision == self.workloads[id].current,
            Owner::Trace(_) => true,
        }
    }

    fn plan(&mut self, at: SimTime, event: Event) {
        if at <= self.end {
            self.queue.push(at, event);
        }
    }

    /// The rollout that this event is about, if it is still under way.
    fn rollout_of(&self, index: u32) -> Option<(WorkloadId, Rollout)> {
        let workload = self.cast.deploys[index as usize].workload;
        self.workloads[workload].rollout.filter(|rollout| rollout.deploy == index).map(|rollout| (workload, rollout))
    }

    /// Traffic moves to the new version, once all of its pods are ready.
    pub(super) fn switch(&mut self, now: SimTime, index: u32) {
        let Some((id, rollout)) = self.rollout_of(index).filter(|(_, rollout)| !rollout.switched) else { return };
        let new = self.workloads[id].current;
        let ready = self.ready_pods(id, new).len() as i32;
        if ready < self.workloads[id].desired.max(1) {
            return self.plan(now + LOOK_AGAIN, Event::Switch(index));
        }
        self.move_traffic(now, id, rollout.before, new);
        let watch_for = self.cast.deploys[index as usize].watch_for;
        if let Some(rollout) = &mut self.workloads[id].rollout {
            (rollout.switched, rollout.watched_until) = (true, now + watch_for);
        }
        self.log.push(now, Occurrence::TrafficSwitched(id));
        self.plan(now + watch_for, Event::Retire(index));
    }

    /// The way back is given up: the old version goes.
    pub(super) fn retire(&mut self, now: SimTime, index: u32) {
        let Some((id, _)) = self.rollout_of(index) else { return };
        self.log.push(now, Occurrence::OldRetired(id));
        self.end_rollout(id);
    }

    fn end_rollout(&mut self, id: WorkloadId) {
        self.workloads[id].rollout = None;
        self.workloads[id].dirty = true;
        self.wake_controllers();
    }

    /// Looks at the objectives after a step of traffic; a version that has broken one for too long is taken back.
    pub(super) fn watch_rollouts(&mut self, now: SimTime) {
        for id in self.cast.workloads.ids() {
            let Some(rollout) = self.workloads[id].rollout else { continue };
            let deploy = &self.cast.deploys[rollout.deploy as usize];
            let (is_blue_green, patience) = (deploy.blue_green.is_some(), deploy.rollback_after);
            let watched = now <= rollout.watched_until && (rollout.switched || !is_blue_green);
            let broken_since = (watched && self.breaks_objective(id)).then(|| rollout.broken_since.unwrap_or(now));
            if let Some(rollout) = &mut self.workloads[id].rollout {
                rollout.broken_since = broken_since;
            }
            if patience.is_some_and(|patience| broken_since.is_some_and(|since| now - since >= patience)) {
                self.roll_back(now, id, rollout);
            } else if !is_blue_green && now > rollout.watched_until && !self.workloads[id].rolling {
                self.workloads[id].rollout = None;
            }
        }
    }

    /// Whether users, or the service's own callers, see less than they were promised.
    fn breaks_objective(&self, id: WorkloadId) -> bool {
        let (Some(load), Some(traffic)) = (&self.load, &self.cast.traffic) else { return false };
        let route = |outcome: &crate::traffic::latency::RouteOutcome| {
            let error_rate = if outcome.arrived > 0.0 { outcome.failed / outcome.arrived } else { 0.0 };
            traffic.objective.is_broken_by(outcome.latency.p95_s, error_rate)
        };
        let own = match self.cast.workloads[id].load {
            Load::Service(service) => traffic.services[service].objective.as_ref().is_some_and(|objective| {
                let last = &load.services()[service].last;
                objective.is_broken_by(last.latency.p95_s, last.error_rate())
            }),
            _ => false,
        };
        own || load.last_routes.values().any(route)
    }

    /// The version before becomes the current one again, with the pods that are left of it.
    fn roll_back(&mut self, now: SimTime, id: WorkloadId, rollout: Rollout) {
        let new = self.workloads[id].current;
        self.log.push(now, Occurrence::RolledBack(id));
        self.books.rollbacks += 1;
        if rollout.switched {
            self.move_traffic(now, id, new, rollout.before);
        }
        self.workloads[id].current = rollout.before;
        self.workloads[id].rolling = true;
        self.begin_progress(now, id);
        self.end_rollout(id);
    }

    fn move_traffic(&mut self, now: SimTime, id: WorkloadId, from: u32, to: u32) {
        self.workloads[id].serving = Some(to);
        self.unsettle(id);
        for pod in self.ready_pods(id, to) {
            self.joins_service(now, id, pod);
        }
        for pod in self.ready_pods(id, from) {
            self.leaves_service(now, id, pod);
        }
    }

    fn ready_pods(&self, id: WorkloadId, set: u32) -> Vec<PodId> {
        let ready = |pod: &PodId| {
            let row = self.cluster.pod(*pod);
            self.lives[*pod].revision == set && row.is_ready() && !row.is_terminating()
        };
        self.workloads[id].pods.iter().copied().filter(ready).collect()
    }

    /// Whether requests are sent to a pod of this workload once it is ready.
    pub(super) fn has_traffic(&self, id: WorkloadId, pod: PodId) -> bool {
        self.workloads[id].serving.is_none_or(|set| self.lives[pod].revision == set)
    }

    /// Of a blue-green rollout under way the two versions, each at full size.
    pub(super) fn both_colours(&self, id: WorkloadId) -> Option<[u32; 2]> {
        let rollout = self.workloads[id].rollout?;
        self.cast.deploys[rollout.deploy as usize].blue_green?;
        Some([rollout.before, self.workloads[id].current])
    }

    /// How many times the cpu of the profile a request costs the versions that have the traffic; the mean over
    /// their ready pods.
    pub(super) fn cpu_factor(&self, id: WorkloadId) -> f64 {
        let state = &self.workloads[id];
        if state.templates.len() == 1 {
            return 1.0;
        }
        let (mut sum, mut pods) = (0.0, 0u32);
        for pod in state.pods.iter().filter(|pod| self.cluster.pod(**pod).is_ready() && self.has_traffic(id, **pod)) {
            sum += self.factor_of(id, state.templates[self.lives[*pod].revision as usize]);
            pods += 1;
        }
        if pods == 0 { 1.0 } else { sum / f64::from(pods) }
    }

    fn factor_of(&self, id: WorkloadId, template: PodSpecId) -> f64 {
        let deploys = self.cast.deploys.iter();
        let mut own = deploys.filter(|deploy| deploy.workload == id && deploy.template == template);
        own.next().map_or(1.0, |deploy| deploy.cpu_factor)
    }
}

//! The kubelets: pods start, become ready, stop.

use crate::cluster::{NodeId, Phase, PodId};
use crate::id::Id;
use crate::rng::{fnv1a, mix};
use crate::sim::accounts::Holding;
use crate::sim::counts::Stage;
use crate::sim::event::Event;
use crate::sim::log::{Cause, Occurrence};
use crate::sim::metering::ClaimNews;
use crate::sim::pods::life::Owner;
use crate::sim::pods::life::PodEnd;
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::sim::workloads::state::PodLoss;
use crate::units::{SimDuration, SimTime};
use crate::world::{WorkloadId, WorkloadKind};
use std::collections::hash_map::Entry;

/// What the API server puts where a pod names no grace period.
const DEFAULT_GRACE: SimDuration = SimDuration::from_secs(30);
/// First and longest pause before a crashed container is started again (kubelet 1.28).
const CRASH_BACK_OFF: (SimDuration, SimDuration) = (SimDuration::from_secs(10), SimDuration::from_mins(5));

impl Shared {
    /// The scheduler bound a pod: images are pulled, containers start.
    pub(crate) fn pod_is_bound(&mut self, now: SimTime, pod: PodId, node: NodeId) {
        self.lives[pod].bound = now;
        self.settle_claims(now, pod, node);
        self.cluster.set_started(pod, Some(now));
        self.cluster.set_pod_ready(pod, Some((false, now)));
        self.set_stage(now, pod, Stage::Starting);
        self.counts.pod_got_node(self.waited(now, pod));
        self.account_pod(now, pod, 1);
        let delay = self.start_delay(pod, node).max(self.clock.tick());
        self.queue.push(now + delay, Event::PodStarts(pod));
    }

    fn start_delay(&mut self, pod: PodId, node: NodeId) -> SimDuration {
        let Owner::Workload(workload) = self.lives[pod].owner else { return SimDuration::ZERO };
        let lifecycle = &self.cast.workloads[workload].lifecycle;
        let (seed, luck) = (self.seed, self.luck_of(pod));
        let mut delay = lifecycle.start.draw(pod.index(), &mut seed.stream("start", luck));
        for (at, (image, bytes)) in lifecycle.images.iter().enumerate() {
            let there = self.cluster.node(node).images.iter().any(|(name, _)| name == image);
            if !there {
                let by_name = || fnv1a(self.cluster.symbols.text(*image));
                let own = if self.timing.by_chance { by_name() } else { mix(at as u64) };
                delay += lifecycle.image_pull.draw(pod.index(), &mut seed.stream("image pull", luck ^ own));
                self.cluster.add_image(node, *image, *bytes);
            }
        }
        delay
    }

    /// The containers run.
    pub(crate) fn pod_starts(&mut self, now: SimTime, pod: PodId) {
        if !self.is_active(pod) || self.cluster.pod(pod).phase == Phase::Running || self.is_silent(pod) {
            return;
        }
        self.cluster.set_phase(pod, Phase::Running);
        self.tell_scheduler(News::PodUpdated(pod));
        let life = &mut self.lives[pod];
        (life.running_since, life.hangs, life.condemned_at) = (now, false, None);
        let cast = self.cast.clone();
        match self.lives[pod].owner {
            Owner::Trace(line) => {
                self.queue.push(now + cast.trace[line as usize].runs, Event::PodFinishes(pod));
                self.queue.push(now, Event::PodBecomesReady(pod));
            }
            Owner::Workload(workload) => {
                self.counts.workloads[workload].running.change(now, 1);
                let row = &cast.workloads[workload];
                let (lag, killed_after) = self.probe(pod, &row.lifecycle);
                if let Some(after) = killed_after {
                    self.condemn(pod, now + after);
                    return;
                }
                self.queue.push(now + lag, Event::PodBecomesReady(pod));
                if let WorkloadKind::Job { work, .. } | WorkloadKind::CronJob { work, .. } = &row.kind {
                    let work = work.draw(pod.index(), &mut self.seed.stream("work", self.luck_of(pod)));
                    self.queue.push(now + work.max(lag), Event::PodFinishes(pod));
                }
            }
        }
    }

    /// A pod passes its readiness probe.
    pub(crate) fn pod_becomes_ready(&mut self, now: SimTime, pod: PodId) {
        let answers = self.cluster.pod(pod).phase == Phase::Running && !self.lives[pod].hangs;
        if !self.is_active(pod) || !answers || self.cluster.pod(pod).is_ready() || self.is_silent(pod) {
            return;
        }
        self.cluster.set_pod_ready(pod, Some((true, now)));
        self.tell_scheduler(News::PodUpdated(pod));
        self.set_stage(now, pod, Stage::Ready);
        self.ready_for_owner(now, pod);
    }

    /// A Job's or trace's pod is done.
    pub(crate) fn pod_finishes(&mut self, now: SimTime, pod: PodId) {
        if !self.is_active(pod) || self.is_silent(pod) {
            return;
        }
        self.cluster.set_phase(pod, Phase::Succeeded);
        if let Owner::Workload(workload) = self.lives[pod].owner {
            self.job_pod_succeeded(workload, self.lives[pod].part);
            if let Some(node) = self.cluster.pod(pod).node().filter(|_| self.log.is_on()) {
                self.workloads[workload].finished_on.push((self.lives[pod].part, node));
            }
        }
        self.pod_is_gone(now, pod, PodEnd::Alone);
    }

    /// A container is killed and starts again: at once the first time, then after a back-off of 10 s doubling to
    /// 5 min, which 10 minutes of running reset.
    ///
    /// Upstream: kubelet 1.28, `doBackOff`, `flowcontrol.Backoff`.
    pub(crate) fn pod_crashes(&mut self, now: SimTime, pod: PodId) {
        if !self.is_active(pod) || self.cluster.pod(pod).phase != Phase::Running {
            return;
        }
        let (first, longest) = CRASH_BACK_OFF;
        let life = &mut self.lives[pod];
        life.crashes = life.crashes.saturating_add(1);
        life.crashes_in_a_row = if now - life.running_since > longest * 2 { 0 } else { life.crashes_in_a_row };
        let pause = match life.crashes_in_a_row {
            0 => SimDuration::ZERO,
            crashes => (first * (1 << (crashes - 1).min(8))).min(longest),
        };
        life.crashes_in_a_row += 1;
        self.cluster.set_phase(pod, Phase::Pending);
        self.cluster.set_pod_ready(pod, Some((false, now)));
        if let Owner::Workload(workload) = self.lives[pod].owner {
            self.counts.workloads[workload].running.change(now, -1);
        }
        self.set_stage(now, pod, Stage::Starting);
        self.lives[pod].sample = None;
        self.queue.push(now + pause, Event::PodStarts(pod));
        self.owner_changed(pod);
    }

    /// Asks a pod to stop, with its own grace period or a shorter one. A pod without node goes at once.
    pub(crate) fn delete_pod(&mut self, now: SimTime, pod: PodId, most_grace: Option<SimDuration>) {
        if !self.is_active(pod) {
            return;
        }
        if self.cluster.pod(pod).node().is_none() {
            return self.pod_is_gone(now, pod, PodEnd::Alone);
        }
        let own = self.cluster.spec_of(pod).termination_grace.unwrap_or(DEFAULT_GRACE);
        let grace = most_grace.map_or(own, |most| own.min(most));
        let stopping = match self.lives[pod].owner {
            Owner::Workload(workload) => {
                let lifecycle = &self.cast.workloads[workload].lifecycle;
                lifecycle.pre_stop + lifecycle.shutdown
            }
            Owner::Trace(_) => SimDuration::ZERO,
        };
        if let Owner::Workload(workload) = self.lives[pod].owner {
            if self.cluster.pod(pod).phase == Phase::Running {
                self.counts.workloads[workload].running.change(now, -1);
            }
            self.job_pod_lost(now, workload, self.lives[pod].part, PodLoss::Deleted);
        }
        self.leave_slot(pod);
        self.cluster.set_deleted(pod, Some(now));
        self.set_stage(now, pod, Stage::Terminating);
        self.owner_changed(pod);
        let lasts = grace.min(stopping).max(SimDuration::from_secs(1));
        self.queue.push(now + lasts, Event::PodStops(pod));
        self.wake_scheduler(News::PodUpdated(pod));
    }

    /// The pod holds its requests on its node from now on, or no longer.
    fn account_pod(&mut self, now: SimTime, pod: PodId, sign: i64) {
        let Some(node) = self.cluster.pod(pod).node() else { return };
        let workload = match self.lives[pod].owner {
            Owner::Workload(workload) => Some(workload),
            Owner::Trace(_) => None,
        };
        self.accounts.pod_moved(now, &self.cluster, Holding { pod, workload, node, sign });
        if let Some(workload) = workload {
            self.metering.pod(self.accounts.ledger(), now, workload, sign);
            if sign < 0 && self.metering.bills_pods(workload) {
                let because = self.cause_of(pod);
                self.log.push(now, Occurrence::Unbound { pod, node }, because);
            }
        }
    }

    /// A terminating pod has stopped.
    pub(crate) fn pod_stops(&mut self, now: SimTime, pod: PodId) {
        if self.cluster.pod(pod).is_present() && !self.is_silent(pod) {
            self.pod_is_gone(now, pod, PodEnd::Alone);
        }
    }

    /// A pod object is gone.
    pub(crate) fn pod_is_gone(&mut self, now: SimTime, pod: PodId, end: PodEnd) {
        let row = self.cluster.pod(pod);
        let (active, running) = (!row.is_terminating(), row.phase == Phase::Running);
        let finished = row.phase == Phase::Succeeded;
        if let Owner::Workload(workload) = self.lives[pod].owner {
            if active && (running || finished) {
                self.counts.workloads[workload].running.change(now, -1);
            }
            if !active {
                self.job_pod_lost(now, workload, self.lives[pod].part, PodLoss::Stopped);
            } else if end == PodEnd::WithItsNode && !finished {
                self.job_pod_lost(now, workload, self.lives[pod].part, PodLoss::WithNode);
            }
        }
        if active {
            self.leave_slot(pod);
        }
        self.owner_changed(pod);
        self.set_stage(now, pod, Stage::Gone);
        self.account_pod(now, pod, -1);
        self.turns.remove(pod, self.cluster.spec_of(pod).priority);
        let had_node = self.cluster.pod(pod).node().is_some();
        self.cluster.remove_pod(pod);
        if let Owner::Workload(workload) = self.lives[pod].owner {
            self.workloads[workload].pods.retain(|other| *other != pod);
        }
        self.wake_scheduler(if had_node { News::PodDeleted(pod) } else { News::Nothing });
    }

    /// Something happens to the claims of an ordinal, which may make volumes or take them away.
    pub(crate) fn claims(
        &mut self,
        now: SimTime,
        (workload, ordinal): (WorkloadId, u32),
        news: ClaimNews,
        because: Cause,
    ) {
        if self.metering.claims(self.accounts.ledger(), now, (workload, ordinal), news) {
            let (there, when_bound) = (news != ClaimNews::Scaled, news == ClaimNews::Bound);
            self.log.push(now, Occurrence::Volumes { workload, ordinal, there, when_bound }, because);
        }
    }

    /// The claims of a StatefulSet's pod get their volumes where it is first bound: from then on the pods of that
    /// ordinal have to be in that zone. StatefulSets keep their claims when they shrink (1.28's default).
    pub(crate) fn settle_claims(&mut self, now: SimTime, pod: PodId, node: NodeId) {
        let Owner::Workload(id) = self.lives[pod].owner else { return };
        if let WorkloadKind::StatefulSet { .. } = &self.cast.workloads[id].kind {
            let because = self.cause_of(pod);
            self.claims(now, (id, self.lives[pod].part), ClaimNews::Bound, because);
        }
        let zone = self.cluster.node(node).labels.get(self.names.zone);
        if let (WorkloadKind::StatefulSet { zonal_claims: true, .. }, Some(zone)) =
            (&self.cast.workloads[id].kind, zone)
            && let Entry::Vacant(place) = self.workloads[id].claim_zones.entry(self.lives[pod].part)
        {
            place.insert(zone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::fixture::{Small, at, node, pass, pod_on, secs};

    #[test]
    fn a_crash_waits_twice_as_long_each_time_and_starts_over_after_a_good_run() {
        let mut shared = Small::new().group("base", 0, |_| {}).deployment("web", 1, |_| {}).shared();
        let node = node(&mut shared, "a");
        let pod = pod_on(&mut shared, Id::from_index(0), node);
        pass(&mut shared, at(10));
        let mut now = at(10);
        for pause in [0, 10, 20, 40, 80, 160, 300, 300] {
            shared.pod_crashes(now, pod);
            // Up 3 s after its start.
            pass(&mut shared, now + secs(pause) + secs(2));
            assert!(!shared.cluster.pod(pod).is_ready(), "a pause of {pause} s");
            now = now + secs(pause) + secs(3);
            pass(&mut shared, now);
            assert!(shared.cluster.pod(pod).is_ready(), "a pause of {pause} s");
        }
        now += secs(601);
        pass(&mut shared, now);
        shared.pod_crashes(now, pod);
        pass(&mut shared, now + secs(3));
        assert!(shared.cluster.pod(pod).is_ready());
    }

    #[test]
    fn a_pod_stops_when_it_is_done_and_no_later_than_its_grace() {
        for (own, most, lasts) in [(secs(30), None, 5), (secs(3), None, 3), (secs(30), Some(secs(2)), 2)] {
            let small = Small::new().group("base", 0, |_| {}).deployment("web", 1, |_| {});
            let mut shared = small.pods(|spec| spec.termination_grace = Some(own)).shared();
            let node = node(&mut shared, "a");
            let pod = pod_on(&mut shared, Id::from_index(0), node);
            pass(&mut shared, at(100));
            shared.delete_pod(at(100), pod, most);
            pass(&mut shared, at(100 + lasts) - SimDuration::from_nanos(1));
            assert!(shared.cluster.pod(pod).is_present(), "{own:?} {most:?}");
            pass(&mut shared, at(100 + lasts));
            assert!(!shared.cluster.pod(pod).is_present(), "{own:?} {most:?}");
        }
    }

    #[test]
    fn an_image_is_pulled_once_per_node() {
        let mut small = Small::new();
        let image = small.cast.cluster.symbols.intern("web:1");
        let pulls = |web: &mut crate::world::Workload| {
            web.lifecycle.images = vec![(image, 1 << 20)];
            web.lifecycle.image_pull = crate::world::Delay::Fixed(secs(20));
        };
        let mut shared = small.group("base", 0, |_| {}).deployment("web", 2, pulls).shared();
        let node = node(&mut shared, "a");
        let started = |shared: &Shared, pod: PodId| shared.lives[pod].running_since;
        let first = pod_on(&mut shared, Id::from_index(0), node);
        pass(&mut shared, at(50));
        let second = pod_on(&mut shared, Id::from_index(0), node);
        pass(&mut shared, at(100));
        assert_eq!((started(&shared, first), started(&shared, second)), (at(22), at(52)));
    }
}

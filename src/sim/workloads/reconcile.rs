//! Workload controllers have their turn.

use crate::cluster::PodName;
use crate::id::IdVec;
use crate::intern::Symbol;
use crate::sim::event::Event;
use crate::sim::pods::birth::NewPod;
use crate::sim::pods::life::Lineage;
use crate::sim::shared::Shared;
use crate::sim::workloads::rollouts::Rollouts;
use crate::units::SimTime;
use crate::world::WorkloadId;
use crate::world::{Workload, WorkloadKind};
use rustc_hash::FxHashMap;

/// The workload controllers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controllers {
    /// By DaemonSet and node: pods created so far.
    pub(crate) daemon_pods: FxHashMap<(WorkloadId, Symbol), u32>,
    /// Rollouts under way or watched.
    pub(crate) rollouts: Rollouts,
}

impl Controllers {
    /// Nothing has been created yet.
    pub(crate) fn new(workloads: usize) -> Controllers {
        Controllers { daemon_pods: FxHashMap::default(), rollouts: Rollouts { last: IdVec::filled(None, workloads) } }
    }

    /// Workloads whose time has come when the simulation begins are created; CronJobs get their first due time.
    pub(crate) fn create_workloads(&mut self, shared: &mut Shared) {
        let cast = shared.cast.clone();
        for (id, workload) in cast.workloads.iter() {
            let state = &mut shared.workloads[id];
            state.templates = vec![workload.template];
            state.set_replicas = vec![0];
            state.desired = workload.replicas;
            let begins = shared.clock.begins();
            shared.counts.workloads[id].desired.set(begins, i64::from(workload.replicas));
            match &workload.kind {
                WorkloadKind::CronJob { .. } => self.schedule_cron(shared, id, workload.starts),
                WorkloadKind::Job { spec, .. } => self.start_job(shared, workload.starts, id, *spec),
                WorkloadKind::Deployment(_) => shared.begin_progress(starts_at(workload, begins), id),
                _ => {}
            }
            shared.queue.push(starts_at(workload, begins), Event::Reconcile);
            shared.workloads[id].dirty = true;
        }
        for (index, deploy) in cast.deploys.iter().enumerate() {
            if deploy.at <= shared.end {
                shared.queue.push(deploy.at, Event::Deploy(index as u32));
            }
        }
    }

    /// All controllers with news: DaemonSets first, then the others, each in the order given.
    pub(crate) fn reconcile(&mut self, shared: &mut Shared, now: SimTime) {
        shared.controllers_awake = false;
        let cast = shared.cast.clone();
        let is_daemon_set = |workload: &Workload| matches!(workload.kind, WorkloadKind::DaemonSet(_));
        let daemons = cast.workloads.iter().filter(|(_, workload)| is_daemon_set(workload));
        let others = cast.workloads.iter().filter(|(_, workload)| !is_daemon_set(workload));
        for (id, workload) in daemons.chain(others) {
            if starts_at(workload, shared.clock.begins()) <= now && std::mem::take(&mut shared.workloads[id].dirty) {
                self.reconcile_one(shared, now, id, workload);
            }
        }
    }

    fn reconcile_one(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, workload: &Workload) {
        match &workload.kind {
            WorkloadKind::Deployment(strategy) => self.reconcile_deployment(shared, now, id, *strategy),
            WorkloadKind::StatefulSet { management, update, .. } => {
                self.reconcile_stateful_set(shared, now, id, (*management, *update));
            }
            WorkloadKind::DaemonSet(update) => self.reconcile_daemon_set(shared, now, id, *update),
            WorkloadKind::Job { spec, .. } | WorkloadKind::CronJob { spec, .. } => {
                self.reconcile_jobs(shared, now, id, *spec)
            }
            WorkloadKind::BarePod => {
                if shared.workloads[id].named == 0 {
                    shared.workloads[id].named = 1;
                    let new = NewPod {
                        template: workload.template,
                        lineage: Lineage { part: 0, revision: 0 },
                        name: PodName::plain(workload.name),
                        daemon_node: None,
                    };
                    shared.create_pod(now, id, new);
                }
            }
        }
    }
}

/// When a workload's controller sees it first. What is there from the start is there in a warm-up too, but for
/// work that is done once.
fn starts_at(workload: &Workload, begins: SimTime) -> SimTime {
    match workload.kind {
        WorkloadKind::Job { .. } | WorkloadKind::CronJob { .. } => workload.starts,
        _ if workload.starts > SimTime::ZERO => workload.starts,
        _ => begins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::PodId;
    use crate::controllers::job::{JobSpec, OnDisruption};
    use crate::controllers::stateful_set::{PodManagement, Update};
    use crate::id::Id;
    use crate::sim::fixture::{Small, at, node, run, secs};
    use crate::world::Delay;

    /// Controllers at work with a scheduler that binds each pod at once; `then` happens at 100 s.
    fn at_work(small: Small, mut then: impl FnMut(&mut Shared)) -> Shared {
        let mut shared = small.shared();
        let node = node(&mut shared, "a");
        let mut controllers = Controllers::new(shared.cast.workloads.len());
        controllers.create_workloads(&mut shared);
        shared.queue.push(at(100), Event::TrafficStep);
        run(&mut shared, at(400), |shared, now, event| match event {
            Event::Reconcile => controllers.reconcile(shared, now),
            Event::TrafficStep => then(shared),
            Event::Schedule => {
                shared.turns.called = None;
                for pod in shared.turns.pods() {
                    shared.turns.remove(pod, 0);
                    shared.cluster.bind(pod, node);
                    shared.pod_is_bound(now, pod, node);
                }
            }
            _ => {}
        });
        shared
    }

    fn born(shared: &Shared) -> Vec<(String, SimTime)> {
        let all = (0..shared.cluster.pod_id_bound()).map(PodId::from_index);
        all.map(|pod| (shared.cluster.pod_name(pod), shared.cluster.pod(pod).created)).collect()
    }

    fn stateful(management: PodManagement) -> Small {
        let update = Update::RollingUpdate { partition: 0, max_unavailable: None };
        Small::new().group("base", 0, |_| {}).deployment("db", 3, |db| {
            db.kind = WorkloadKind::StatefulSet { management, update, zonal_claims: false };
        })
    }

    #[test]
    fn ordinals_come_one_after_the_other_unless_they_may_come_together() {
        let names = |shared: &Shared| born(shared).iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let ordered = at_work(stateful(PodManagement::OrderedReady), |_| {});
        assert_eq!(names(&ordered), ["db-0", "db-1", "db-2"]);
        let times: Vec<SimTime> = born(&ordered).iter().map(|(_, at)| *at).collect();
        assert!(times[1] - times[0] >= secs(5) && times[2] - times[1] >= secs(5), "each is up first: {times:?}");
        let together = at_work(stateful(PodManagement::Parallel), |_| {});
        assert!(born(&together).iter().all(|(_, at)| *at == SimTime::ZERO));
    }

    #[test]
    fn a_deployment_gives_up_pods_that_are_not_ready_first() {
        let small = Small::new().group("base", 0, |_| {}).deployment("web", 3, |_| {});
        let shared = at_work(small, |shared| {
            let broken = PodId::from_index(1);
            shared.pod_crashes(at(100), broken);
            shared.lives[broken].hangs = true;
            shared.workloads[Id::from_index(0)].desired = 2;
            shared.owner_changed(broken);
        });
        let left: Vec<String> =
            shared.workloads[Id::from_index(0)].pods.iter().map(|pod| shared.cluster.pod_name(*pod)).collect();
        assert_eq!(left, ["web-1", "web-3"]);
    }

    #[test]
    fn a_job_waits_longer_after_each_pod_that_it_loses() {
        let spec = JobSpec {
            parallelism: 1,
            completions: Some(1),
            backoff_limit: 6,
            active_deadline: None,
            on_disruption: OnDisruption::Count,
            only_replaces_failed: false,
        };
        let small = Small::new().group("base", 0, |_| {});
        let small = small.deployment("report", 1, |report| {
            report.kind = WorkloadKind::Job { spec, work: Delay::Fixed(secs(5000)) };
        });
        let shared = at_work(small, |shared| shared.delete_pod(at(100), PodId::from_index(0), None));
        let times: Vec<SimTime> = born(&shared).iter().map(|(_, at)| *at).collect();
        assert_eq!(times, [at(0), at(110)], "10 s after the first failure");
    }
}

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

    /// Workloads whose time has come at the start are created; CronJobs get their first due time.
    pub(crate) fn create_workloads(&mut self, shared: &mut Shared) {
        let cast = shared.cast.clone();
        for (id, workload) in cast.workloads.iter() {
            let state = &mut shared.workloads[id];
            state.templates = vec![workload.template];
            state.set_replicas = vec![0];
            state.desired = workload.replicas;
            shared.counts.workloads[id].desired.set(SimTime::ZERO, i64::from(workload.replicas));
            match &workload.kind {
                WorkloadKind::CronJob { .. } => self.schedule_cron(shared, id, workload.starts),
                WorkloadKind::Job { spec, .. } => self.start_job(shared, workload.starts, id, *spec),
                WorkloadKind::Deployment(_) => shared.begin_progress(workload.starts, id),
                _ => {}
            }
            shared.queue.push(workload.starts, Event::Reconcile);
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
            if workload.starts <= now && std::mem::take(&mut shared.workloads[id].dirty) {
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

//! Workload controllers at work: pods are created and deleted as the controllers' rules say.

use crate::cluster::{NodeId, Phase, Pod, PodId, PodName, PodSpecId};
use crate::controllers::deployment::{self, ReplicaSet, Strategy, Wanted};
use crate::controllers::ranking::{self, Candidate};
use crate::go_sort;
use crate::intern::Symbol;
use crate::rng::{Fnv1a, mix};
use crate::sim::Simulation;
use crate::sim::books::Stage;
use crate::sim::crowd::Crowd;
use crate::sim::event::{self, Event};
use crate::sim::jobs::JobState;
use crate::sim::kubelet::{Owner, PodLife};
use crate::sim::load::Usage;
use crate::sim::log::{Occurrence, Seen};
use crate::sim::progress::Progress;
use crate::sim::rollout::Rollout;
use crate::sim::scheduling::News;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadId;
use crate::world::{Workload, WorkloadKind};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::fmt::Write;

/// The state of a workload.
#[derive(Clone, Debug, Default)]
pub struct WorkloadState {
    /// `spec.replicas`.
    pub desired: i32,
    /// Its pods, terminating ones included, in order of creation.
    pub pods: Vec<PodId>,
    /// The pods' kinds, oldest first: of a Deployment one for each ReplicaSet.
    pub templates: Vec<PodSpecId>,
    /// Which of them is current.
    pub current: u32,
    /// Of a StatefulSet, which of them all of its pods had last: those below the partition of an update keep it.
    pub stable: u32,
    /// Which of them gets requests; all of them if absent.
    pub serving: Option<u32>,
    /// How a rollout comes on, until it is complete.
    pub progress: Option<Progress>,
    /// The last rollout, while it is under way or watched.
    pub rollout: Option<Rollout>,
    /// `spec.replicas` of its ReplicaSets.
    pub set_replicas: Vec<i32>,
    /// Its own when they were decided.
    pub sized_for: i32,
    /// Pods named so far.
    pub named: u32,
    /// Of a StatefulSet with zonal claims: the zone by ordinal, once its claims have their volumes.
    pub homes: FxHashMap<u32, Symbol>,
    /// Its Jobs.
    pub jobs: Vec<JobState>,
    /// Of a CronJob: when a Job was due that has to wait for another one.
    pub waiting_since: Option<SimTime>,
    /// The direction of the last rescale.
    pub last_rescale: i32,
    /// Its pods as the HPA controller sees them.
    pub crowd: Crowd,
    /// Where demand is given over time: how many of the rows have begun.
    pub demand_rows: usize,
    /// The usage per pod that the accounts know.
    pub booked: Usage,
    /// The budgets that protect its pods.
    pub budgets: SmallVec<[usize; 1]>,
    /// Something changed since the controller looked.
    pub dirty: bool,
    /// A rollout is under way.
    pub rolling: bool,
}

/// The ReplicaSets of a Deployment, oldest first; mostly one.
type ReplicaSets = SmallVec<[ReplicaSet; 2]>;

impl Simulation {
    /// Workloads whose time has come at the start are created; CronJobs get their first due time.
    pub(super) fn create_workloads(&mut self) {
        let cast = self.cast.clone();
        for (id, workload) in cast.workloads.iter() {
            let state = &mut self.workloads[id];
            state.templates = vec![workload.template];
            state.set_replicas = vec![0];
            state.desired = workload.replicas;
            self.books.workloads[id].desired.set(SimTime::ZERO, i64::from(workload.replicas));
            match &workload.kind {
                WorkloadKind::CronJob { .. } => self.schedule_cron(id, workload.starts),
                WorkloadKind::Job { spec, .. } => self.start_job(workload.starts, id, *spec),
                WorkloadKind::Deployment(_) => self.begin_progress(workload.starts, id),
                _ => {}
            }
            self.queue.push(workload.starts, Event::Reconcile);
            self.workloads[id].dirty = true;
        }
        for (index, deploy) in cast.deploys.iter().enumerate() {
            if deploy.at <= self.end {
                self.queue.push(deploy.at, Event::Deploy(index as u32));
            }
        }
    }

    /// Nodes came, went or changed: DaemonSets and the scheduler look again.
    pub(super) fn nodes_changed(&mut self, news: News) {
        for (id, workload) in self.cast.workloads.iter() {
            if matches!(workload.kind, WorkloadKind::DaemonSet(_)) {
                self.workloads[id].dirty = true;
            }
        }
        self.wake_controllers();
        self.wake_scheduler(news);
    }

    /// A pod changed: its owner looks again.
    pub(super) fn owner_changed(&mut self, pod: PodId) {
        if let Owner::Workload(workload) = self.lives[pod].owner {
            self.workloads[workload].dirty = true;
            self.wake_controllers();
        }
    }

    /// Controllers react at this instant if their turn is yet to come, else at the next.
    pub(super) fn wake_controllers(&mut self) {
        if !self.controllers_awake {
            self.controllers_awake = true;
            let at = self.reaction(event::Stage::controllers());
            self.queue.push(at, Event::Reconcile);
        }
    }

    /// When a reaction of the controllers of `stage` to the present event happens.
    pub(super) fn reaction(&self, stage: event::Stage) -> SimTime {
        let now = self.queue.now();
        if !self.timing.lockstep {
            now + self.timing.reaction
        } else if self.queue.is_before(stage) {
            now
        } else {
            now + self.tick()
        }
    }

    /// All controllers with news: DaemonSets first, then the others, each in the order given.
    pub(super) fn reconcile(&mut self, now: SimTime) {
        self.controllers_awake = false;
        let cast = self.cast.clone();
        let is_daemon_set = |workload: &Workload| matches!(workload.kind, WorkloadKind::DaemonSet(_));
        let daemons = cast.workloads.iter().filter(|(_, workload)| is_daemon_set(workload));
        let others = cast.workloads.iter().filter(|(_, workload)| !is_daemon_set(workload));
        for (id, workload) in daemons.chain(others) {
            if workload.starts <= now && std::mem::take(&mut self.workloads[id].dirty) {
                self.reconcile_one(now, id, workload);
            }
        }
    }

    fn reconcile_one(&mut self, now: SimTime, id: WorkloadId, workload: &Workload) {
        match &workload.kind {
            WorkloadKind::Deployment(strategy) => self.reconcile_deployment(now, id, *strategy),
            WorkloadKind::StatefulSet { management, update, .. } => {
                self.reconcile_stateful_set(now, id, *management, *update);
            }
            WorkloadKind::DaemonSet(update) => self.reconcile_daemon_set(now, id, *update),
            WorkloadKind::Job { spec, .. } | WorkloadKind::CronJob { spec, .. } => self.reconcile_jobs(now, id, *spec),
            WorkloadKind::BarePod => {
                if self.workloads[id].named == 0 {
                    self.workloads[id].named = 1;
                    self.create_pod(now, id, workload.template, (0, 0), PodName::plain(workload.name), None);
                }
            }
        }
    }

    fn reconcile_deployment(&mut self, now: SimTime, id: WorkloadId, strategy: Strategy) {
        let mut sets: ReplicaSets =
            self.workloads[id].set_replicas.iter().map(|r| ReplicaSet { replicas: *r, ..Default::default() }).collect();
        for pod in &self.workloads[id].pods {
            let (row, set) = (self.cluster.pod(*pod), &mut sets[self.lives[*pod].part as usize]);
            set.existing += 1;
            set.current += i32::from(!row.is_terminating());
            set.ready += i32::from(row.is_ready() && !row.is_terminating());
            set.available += i32::from(self.is_available(now, *pod));
        }
        self.size_sets(id, strategy, &mut sets);
        for (set, row) in sets.iter().enumerate() {
            self.workloads[id].set_replicas[set] = row.replicas;
            let missing = row.replicas - row.current;
            (0..missing).for_each(|_| self.create_numbered(now, id, set as u32, set as u32));
            if missing < 0 {
                self.scale_in(now, id, set as u32, missing.unsigned_abs() as usize);
            }
        }
        let current = self.workloads[id].current as usize;
        let settled = sets.iter().enumerate().all(|(at, set)| match at == current {
            true => set.available == set.replicas,
            false => set.existing == 0,
        });
        self.follow_progress(now, id, &sets, settled);
        if settled {
            self.finish_rollout(now, id);
        }
    }

    /// The ReplicaSets' sizes: as the strategy says, or both at full size while a blue-green rollout is under way.
    fn size_sets(&mut self, id: WorkloadId, strategy: Strategy, sets: &mut [ReplicaSet]) {
        let colours = self.both_colours(id);
        let state = &mut self.workloads[id];
        let before = std::mem::replace(&mut state.sized_for, state.desired);
        if let Some(colours) = colours {
            for (at, set) in sets.iter_mut().enumerate() {
                set.replicas = if colours.contains(&(at as u32)) { state.desired } else { 0 };
            }
            return;
        }
        let wanted = Wanted { replicas: state.desired, before };
        deployment::desired_replicas(wanted, strategy, sets, state.current as usize);
    }

    /// A pod with the next number of its workload, of a ReplicaSet or a Job.
    pub(super) fn create_numbered(&mut self, now: SimTime, id: WorkloadId, part: u32, revision: u32) {
        self.workloads[id].named += 1;
        let name = PodName::numbered(self.cast.workloads[id].name, self.workloads[id].named);
        let template = self.workloads[id].templates[revision as usize];
        self.create_pod(now, id, template, (part, revision), name, None);
    }

    /// Whether a pod has been ready for `minReadySeconds` and may stay.
    ///
    /// Upstream: `podutil.IsPodAvailable`, 1.28.
    pub(super) fn is_available(&self, now: SimTime, pod: PodId) -> bool {
        let row = self.cluster.pod(pod);
        let ready_since = row.ready.filter(|(ready, _)| *ready && !row.is_terminating()).map(|(_, since)| since);
        ready_since.is_some_and(|since| now - since >= self.min_ready(pod))
    }

    fn min_ready(&self, pod: PodId) -> SimDuration {
        match self.lives[pod].owner {
            Owner::Workload(id) => self.cast.workloads[id].min_ready,
            Owner::Trace(_) => SimDuration::ZERO,
        }
    }

    /// A pod became ready: its controller looks now, and again when it has been ready for long enough.
    pub(super) fn ready_for_owner(&mut self, now: SimTime, pod: PodId) {
        self.owner_changed(pod);
        let min_ready = self.min_ready(pod);
        if !min_ready.is_zero() {
            self.queue.push(now + min_ready, Event::PodBecomesAvailable(pod));
        }
    }

    /// Deletes the `count` pods of a ReplicaSet that rank first.
    fn scale_in(&mut self, now: SimTime, id: WorkloadId, set: u32, count: usize) {
        let active: Vec<PodId> = self.workloads[id].pods.iter().copied().filter(|pod| self.is_active(*pod)).collect();
        let mut on_node: FxHashMap<Option<NodeId>, u32> = FxHashMap::default();
        on_node.reserve(active.len());
        active.iter().for_each(|pod| *on_node.entry(self.cluster.pod(*pod).node()).or_default() += 1);
        let mut ranked: Vec<(Candidate, PodId)> = Vec::with_capacity(active.len());
        for pod in active.into_iter().filter(|pod| self.lives[*pod].part == set) {
            ranked.push((self.candidate(pod, on_node[&self.cluster.pod(pod).node()]), pod));
        }
        if count < ranked.len() {
            go_sort::sort_by(&mut ranked, |a, b| ranking::goes_before(&a.0, &b.0, now));
        }
        for (_, pod) in ranked.into_iter().take(count) {
            self.give_up(now, pod);
        }
    }

    /// A controller deletes a pod that it no longer wants.
    pub(super) fn give_up(&mut self, now: SimTime, pod: PodId) {
        self.log.push(now, Occurrence::GivenUp(pod));
        self.delete_pod(now, pod, None);
    }

    fn candidate(&self, pod: PodId, rank: u32) -> Candidate {
        let row = self.cluster.pod(pod);
        Candidate {
            assigned: row.node().is_some(),
            phase: match row.phase {
                Phase::Pending => 0,
                Phase::Unknown => 1,
                _ => 2,
            },
            ready_since: row.ready.filter(|(ready, _)| *ready).map(|(_, since)| since),
            rank,
            created: row.created,
            uid: self.lives[pod].uid,
            deletion_cost: 0,
            restarts: self.lives[pod].crashes,
        }
    }

    /// The hash of its name, as in the recordings, or a random number that is always the same for a pod.
    fn uid(&self, pod: PodId) -> u64 {
        let (symbols, mut hash) = (&self.cluster.symbols, Fnv1a::new());
        let namespace = symbols.text(self.cluster.spec_of(pod).namespace);
        // Writing to a hash cannot fail.
        let _ = hash.write_str(namespace);
        let _ = hash.write_str("/");
        let _ = self.cluster.pod(pod).name.write_to(&mut hash, symbols);
        mix(hash.0 ^ self.uid_salt)
    }

    /// A new pod of a workload: which of its ReplicaSets, ordinals or Jobs, and of its templates.
    pub(super) fn create_pod(
        &mut self,
        now: SimTime,
        id: WorkloadId,
        template: PodSpecId,
        (part, revision): (u32, u32),
        name: PodName,
        daemon_node: Option<Symbol>,
    ) {
        let template = self.admitted(id, template);
        let mut row = Pod::new(name, template, now);
        row.daemon_node = daemon_node;
        let pod = self.cluster.add_pod(row);
        self.begin_life(now, pod, Owner::Workload(id), part);
        self.lives[pod].revision = revision;
        self.workloads[id].pods.push(pod);
        self.books.workloads[id].created += 1;
    }

    /// A new pod waits for the scheduler.
    pub(super) fn begin_life(&mut self, now: SimTime, pod: PodId, owner: Owner, part: u32) {
        let life = PodLife {
            owner,
            part,
            revision: 0,
            uid: self.uid(pod),
            bound: SimTime::MIN,
            running_since: SimTime::MIN,
            stage: Stage::Gone,
            waits: false,
            crashes: 0,
            crashes_in_a_row: 0,
            hangs: false,
            condemned_at: None,
            cohort: 0,
            sample: None,
        };
        let id = self.lives.push(life);
        debug_assert_eq!(id, pod, "a life per pod");
        self.set_stage(now, pod, Stage::Pending);
        let key = self.pending_key(pod);
        self.pending.insert(key);
        if !self.timing.lockstep && self.cluster.spec_of(pod).scheduling_gates.is_empty() {
            self.waiting.push(pod, key.0.0);
        }
        self.call_scheduler();
    }

    /// Moves a pod from one stage of its life to another, in the books too.
    pub(super) fn set_stage(&mut self, now: SimTime, pod: PodId, stage: Stage) {
        let before = std::mem::replace(&mut self.lives[pod].stage, stage);
        let Owner::Workload(id) = self.lives[pod].owner else { return };
        self.budgets_are_stale(id);
        let crowd = &mut self.workloads[id].crowd;
        if stage == Stage::Gone {
            crowd.remove(pod);
        } else if let Some(sample) = crowd.single_out(pod) {
            self.lives[pod].sample = Some(sample);
        }
        if self.has_traffic(id, pod) {
            if (before == Stage::Ready) != (stage == Stage::Ready) {
                self.serving_changed(now, id, pod, stage == Stage::Ready);
            }
            self.stage_changed_exactly(now, id, pod, (before, stage));
        }
        let books = &mut self.books.workloads[id];
        if let Some(tally) = books.tally(before) {
            tally.change(now, -1);
        }
        if let Some(tally) = books.tally(stage) {
            tally.change(now, 1);
        }
        if matches!(self.cast.workloads[id].kind, WorkloadKind::Deployment(_)) {
            let counts = |stage| i64::from(matches!(stage, Stage::Pending | Stage::Starting | Stage::Ready));
            let change = counts(stage) - counts(before);
            if change != 0 {
                self.books.deployment_pods.change(now, change);
            }
        }
    }

    /// An HPA (or a user) changes `spec.replicas`.
    pub(super) fn rescale(&mut self, now: SimTime, id: WorkloadId, to: i32, saw: Seen) {
        let from = std::mem::replace(&mut self.workloads[id].desired, to);
        if from == to {
            return;
        }
        let last = std::mem::replace(&mut self.workloads[id].last_rescale, to - from);
        self.books.workloads[id].desired.set(now, i64::from(to));
        self.books.rescaled(id, last, to - from);
        self.log.push(now, Occurrence::Rescaled { workload: id, from, to, saw });
        self.budgets_are_stale(id);
        self.workloads[id].dirty = true;
        self.wake_controllers();
    }

    /// The order of the scheduling queue: priority descending, then creation.
    pub(super) fn pending_key(&self, pod: PodId) -> (std::cmp::Reverse<i32>, PodId) {
        (std::cmp::Reverse(self.cluster.spec_of(pod).priority), pod)
    }

    /// A pod of the trace arrives.
    pub(super) fn trace_pod_arrives(&mut self, now: SimTime, line: u32) {
        let row = self.cast.trace[line as usize];
        let name = PodName::numbered(self.names.trace, line);
        let pod = self.cluster.add_pod(Pod::new(name, row.template, now));
        self.begin_life(now, pod, Owner::Trace(line), 0);
        if let Some(next) = self.cast.trace.get(line as usize + 1).filter(|next| next.arrives <= self.end) {
            self.queue.push(next.arrives.max(now), Event::TracePodArrives(line + 1));
        }
    }
}

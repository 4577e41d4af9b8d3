//! The simulation: one event queue, one handler, all controllers in virtual time.
//!
//! `Simulation::handle` is one exhaustive `match`, a line per event: reading it is reading the
//! simulator. The other files here are what the lines call: [`cloud`](self) launches and reclaims,
//! `kubelet` starts and stops pods, `workloads` and `jobs` run the workload controllers, `rollout` deploys, `scheduling`, `scaling`
//! and `autoscaling` hand the controllers what they look at and do what they decide, `load` turns
//! traffic into usage and latency (`serving` holds the engine for that), `books` counts.
//!
//! Controllers decide, the simulation acts. A stale event finds its target gone and does nothing.
//! Equal inputs and seeds give equal runs, on any machine and any number of threads.
//!
//! Deliberately not here: files, text, statistics over runs.

mod accounts;
mod autoscaling;
pub mod books;
mod budgets;
pub mod burn;
mod cloud;
mod crowd;
mod daemon_sets;
pub mod event;
pub mod invariants;
mod jobs;
mod kubelet;
mod load;
pub mod log;
mod notes;
mod outage;
pub mod outcome;
mod probes;
mod progress;
mod rebalance;
mod rollout;
mod scaling;
mod scheduling;
pub(crate) mod serving;
mod start;
mod stateful_sets;
pub mod tally;
mod timeline;
mod vertical;
mod workloads;
mod zones;

use crate::autoscaler::Autoscaler;
use crate::cluster::{ClusterState, NodeId, PodId, Watched};
use crate::hpa::HpaController;
use crate::id::IdVec;
use crate::intern::{Interner, Symbol};
use crate::rng::Stream;
use crate::scheduler::{Queue, Scheduler};
use crate::units::SimTime;
pub use load::Usage;
pub use serving::ServiceTotals;
pub use start::Start;

use crate::world::{Cast, GroupId, InstanceId, Timing, WorkloadId};
use accounts::Accounts;
use autoscaling::Drain;
use books::Books;
use cloud::{GroupState, Instance, Pool};
use event::{DrainId, Event, EventQueue};
use kubelet::PodLife;
use load::LoadState;
use log::{Log, NodeEnd};
use outcome::ServiceLevels;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use timeline::Recorder;
use workloads::WorkloadState;

/// One replication of a scenario, running.
pub struct Simulation {
    cast: Arc<Cast>,
    timing: Timing,
    end: SimTime,
    cluster: ClusterState,
    queue: EventQueue,
    streams: Streams,
    /// What makes the uids of pods random; 0 where nothing is left to chance.
    uid_salt: u64,
    names: Names,
    instances: Watched<IdVec<InstanceId, Instance>>,
    node_instances: IdVec<NodeId, Option<InstanceId>>,
    groups: Watched<IdVec<GroupId, GroupState>>,
    pools: Vec<Pool>,
    closed_zones: Vec<Symbol>,
    /// Nodes that report nothing, with the fault that silenced each.
    silent: Vec<(u32, NodeId)>,
    workloads: IdVec<WorkloadId, WorkloadState>,
    lives: IdVec<PodId, PodLife>,
    pending: BTreeSet<(Reverse<i32>, PodId)>,
    daemon_pods: FxHashMap<(WorkloadId, Symbol), u32>,
    budget_targets: Vec<Vec<WorkloadId>>,
    /// Budgets whose status is to be computed again.
    stale_budgets: Vec<usize>,
    /// Grows when the status of a budget changes.
    budgets_version: u64,
    controllers_awake: bool,
    scheduler: Scheduler,
    waiting: Queue,
    /// When the scheduler has its next turn.
    scheduler_called: Option<SimTime>,
    load: Option<LoadState>,
    usage: IdVec<WorkloadId, Usage>,
    hpas: Vec<HpaController>,
    /// By HPA: the version of the crowd that it last saw, and `spec.replicas`.
    shown_to_hpas: Vec<(u64, i32)>,
    vpas: Vec<vertical::VpaState>,
    autoscaler: Option<Autoscaler>,
    /// What the autoscaler was shown in its last loop.
    shown: autoscaling::Shown,
    drains: IdVec<DrainId, Drain>,
    notes: notes::Notes,
    /// Nodes whose pods want more cpu than there is, and the share they get.
    contended: Vec<(NodeId, f64)>,
    step_number: u64,
    service_levels: ServiceLevels,
    recorder: Recorder,
    accounts: Accounts,
    books: Books,
    log: Log,
}

/// A random stream per concern: changing one does not shift the others.
struct Streams {
    boot: Stream,
    pods: Stream,
    spot: Stream,
    phases: Stream,
    expander: Stream,
}

/// Strings the simulation itself writes.
struct Names {
    hostname: Symbol,
    zone: Symbol,
    not_ready: Symbol,
    unreachable: Symbol,
    trace: Symbol,
}

impl Names {
    fn new(symbols: &mut Interner) -> Self {
        Names {
            hostname: symbols.intern("kubernetes.io/hostname"),
            zone: symbols.intern("topology.kubernetes.io/zone"),
            not_ready: symbols.intern("node.kubernetes.io/not-ready"),
            unreachable: symbols.intern("node.kubernetes.io/unreachable"),
            trace: symbols.intern("trace"),
        }
    }
}

impl Simulation {
    /// Hands events to the rooms until the end.
    pub fn run(&mut self) {
        while self.step() {}
    }

    /// Handles the next event; whether there was one before the end.
    pub fn step(&mut self) -> bool {
        let next = self.queue.pop_until(self.end);
        if let Some((now, event)) = next {
            self.handle(now, event);
        }
        next.is_some()
    }

    /// One event.
    fn handle(&mut self, now: SimTime, event: Event) {
        match event {
            Event::NodeVanishes(node) => self.node_vanishes(now, node, NodeEnd::ScaleDown),
            Event::SpotReclaims(instance) => self.spot_reclaims(now, instance),
            Event::SpotNotice(instance) => self.give_notice(now, instance),
            Event::SpotNoticeForeseen(index) => self.foresee_notice(now, index),
            Event::SpareTerminates(instance) => self.spare_terminates(now, instance),
            Event::RebalanceDrain(instance) => self.drain_for_rebalance(now, instance),
            Event::Fault(index) => self.fault_begins(now, index),
            Event::FaultEnds(index) => self.fault_ends(now, index),
            Event::PoolShock(pool) => self.pool_shock(now, pool),
            Event::LaunchFails(instance) => self.launch_fails(now, instance),
            Event::NodeRegisters(_, instance) => self.register(instance, false),
            Event::NodeBecomesReady(node) => self.node_becomes_ready(now, node),
            Event::NodeTurnsUnknown(node) => self.node_turns_unknown(now, node),
            Event::PodOutstaysTaint(pod) => self.pod_outstays_taint(now, pod),
            Event::PodFailsProbe(pod) => self.pod_fails_probe(now, pod),
            Event::PodFailsReadiness(pod) => self.pod_fails_readiness(now, pod),
            Event::PodStops(pod) => self.pod_stops(now, pod),
            Event::PodStarts(pod) => self.pod_starts(now, pod),
            Event::PodBecomesReady(pod) => self.pod_becomes_ready(now, pod),
            Event::PodBecomesAvailable(pod) => self.owner_changed(pod),
            Event::PodFinishes(pod) => self.pod_finishes(now, pod),
            Event::TracePodArrives(line) => self.trace_pod_arrives(now, line),
            Event::Deploy(index) => self.deploy(now, index),
            Event::Switch(index) => self.switch(now, index),
            Event::Retire(index) => self.retire(now, index),
            Event::ProgressDue(workload) => self.progress_due(now, workload),
            Event::CronDue(workload) => self.cron_due(now, workload),
            Event::JobExpires(workload) => self.job_expires(workload),
            Event::Reconcile => self.reconcile(now),
            Event::Schedule => self.schedule(now),
            Event::TrafficStep => self.traffic_step(now),
            Event::Scrape => self.scrape(now),
            Event::HpaSync => self.sync_hpas(now),
            Event::VpaLoop => self.vpa_loop(now),
            Event::Observe => self.observe(now),
            Event::DrainContinues(drain) => self.drain_continues(now, drain),
            Event::AutoscalerLoop => self.autoscaler_loop(now),
        }
    }
}

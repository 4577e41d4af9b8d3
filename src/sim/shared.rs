//! What several owners need: the cluster, its pods and workloads, the clock and the queue, the counts and the log.
//!
//! A field is here because more than one owner reads or changes it; what only one of them uses is a field of that one.
//! The methods here and in the files of `pods` are what every owner may ask for: a pod goes, controllers look again.

use crate::cluster::{ClusterState, NodeId, PodId};
use crate::id::IdVec;
use crate::intern::{Interner, Symbol};
use crate::rng::{Seed, fnv1a};
use crate::sim::accounts::Accounts;
use crate::sim::clock::Clock;
use crate::sim::counts::Counts;
use crate::sim::event::{Event, EventQueue, Rank};
use crate::sim::load::under_way::LoadState;
use crate::sim::log::{Log, RecordId};
use crate::sim::metering::Metering;
use crate::sim::pods::budgets::Budgets;
use crate::sim::pods::life::PodLife;
use crate::sim::provisioning::loop_clock::LoopClock;
use crate::sim::scheduling::turns::Turns;
use crate::sim::start::Start;
use crate::sim::workloads::state::WorkloadState;
use crate::units::{SimDuration, SimTime};
use crate::vpa::Recommendation;
use crate::world::{Cast, Timing, WorkloadId};
use std::sync::Arc;

/// What several owners need.
pub(crate) struct Shared {
    pub(crate) cast: Arc<Cast>,
    pub(crate) timing: Timing,
    pub(crate) clock: Clock,
    /// When what is counted begins.
    pub(crate) counts_from: SimTime,
    pub(crate) end: SimTime,
    pub(crate) cluster: ClusterState,
    pub(crate) queue: EventQueue,
    /// What is left to chance is drawn from streams of it, each named after what it is about and whom it happens to.
    pub(crate) seed: Seed,
    pub(crate) names: Names,
    pub(crate) workloads: IdVec<WorkloadId, WorkloadState>,
    pub(crate) lives: IdVec<PodId, PodLife>,
    /// By node: how fast its cores are; empty where all are as fast as the reference.
    pub(crate) node_speeds: IdVec<NodeId, f64>,
    /// Nodes that report nothing; one that two faults silenced is there twice.
    pub(crate) silent: Vec<NodeId>,
    pub(crate) budgets: Budgets,
    pub(crate) turns: Turns,
    /// When the node autoscaler looks, and looks next.
    pub(crate) autoscaler_clock: LoopClock,
    /// Workload controllers have been called already.
    pub(crate) controllers_awake: bool,
    pub(crate) load: Option<LoadState>,
    pub(crate) step_number: u64,
    /// The status of each VPA: by container, within the policy; empty until there are samples.
    pub(crate) recommended: Vec<Vec<Option<Recommendation>>>,
    pub(crate) accounts: Accounts,
    pub(crate) metering: Metering,
    pub(crate) counts: Counts,
    pub(crate) log: Log,
    /// By node: why a pod on it was last no longer wanted. For the log alone.
    pub(crate) left_because: IdVec<NodeId, Option<RecordId>>,
    /// By node: the last record that it took a pod. For the log alone.
    pub(crate) taken_because: IdVec<NodeId, Option<RecordId>>,
}

/// Strings the simulation itself writes.
pub(crate) struct Names {
    pub(crate) hostname: Symbol,
    pub(crate) zone: Symbol,
    /// The zone's name before 1.17, which cloud node managers set as well.
    pub(crate) old_zone: Symbol,
    pub(crate) gke_zone: Symbol,
    pub(crate) not_ready: Symbol,
    pub(crate) unreachable: Symbol,
    pub(crate) trace: Symbol,
}

impl Names {
    fn new(symbols: &mut Interner) -> Self {
        Names {
            hostname: symbols.intern("kubernetes.io/hostname"),
            zone: symbols.intern("topology.kubernetes.io/zone"),
            old_zone: symbols.intern("failure-domain.beta.kubernetes.io/zone"),
            gke_zone: symbols.intern("topology.gke.io/zone"),
            not_ready: symbols.intern("node.kubernetes.io/not-ready"),
            unreachable: symbols.intern("node.kubernetes.io/unreachable"),
            trace: symbols.intern("trace"),
        }
    }
}

impl Shared {
    /// The scenario at time 0: nobody is there yet.
    pub(crate) fn new(start: &Start) -> Shared {
        let cast = start.cast.clone();
        let mut cluster = cast.cluster.clone();
        let clock = Clock::new(&start.timing, start.begins());
        Shared {
            names: Names::new(&mut cluster.symbols),
            load: cast.traffic.as_ref().map(|traffic| LoadState::new(traffic, start)),
            step_number: 0,
            accounts: Accounts::new(start),
            metering: Metering::new(&cast),
            counts: Counts::new(cast.workloads.len(), cast.groups.len()),
            workloads: IdVec::filled(Default::default(), cast.workloads.len()),
            log: Log::beginning(start.keep_log, start.warm_up.is_zero()),
            left_because: IdVec::new(),
            taken_because: IdVec::new(),
            counts_from: start.counts_from,
            end: SimTime::ZERO + start.duration,
            timing: start.timing.clone(),
            cluster,
            seed: start.seed,
            queue: clock.queue(),
            clock,
            lives: IdVec::new(),
            node_speeds: IdVec::new(),
            silent: Vec::new(),
            budgets: Budgets::default(),
            turns: Turns::new(&start.timing, &cast.profiles),
            autoscaler_clock: LoopClock::default(),
            controllers_awake: false,
            recommended: vec![Vec::new(); cast.vpas.len()],
            cast,
        }
    }

    /// A node took a pod, as this record says.
    pub(crate) fn node_took_pod(&mut self, node: NodeId, record: Option<RecordId>) {
        if record.is_some() {
            self.taken_because.fill_to(node, None);
            self.taken_because[node] = record;
        }
    }

    /// The first turn of the loop of this name, which has this period.
    pub(crate) fn phase(&self, name: &str, period: SimDuration) -> SimTime {
        self.clock.phase(period, &mut self.seed.stream("phase", fnv1a(name)))
    }

    /// The loop's next turn.
    pub(crate) fn repeat(&mut self, now: SimTime, period: SimDuration, event: Event) {
        let next = now + period;
        if next <= self.end {
            self.queue.push(next, event);
        }
    }

    /// When a reaction of the controllers of `rank` to the present event happens.
    pub(crate) fn reaction(&self, rank: Rank) -> SimTime {
        self.clock.reaction(&self.queue, rank)
    }
}

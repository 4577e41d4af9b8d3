//! A small world in which an owner is tested alone: whole seconds, nothing left to chance, and only those events are
//! handled that the test wants handled.

use crate::cluster::{Container, Labels, NodeCapacity, NodeCondition, NodeId, NodeTemplate, PodId, PodSpec, Resources};
use crate::controllers::IntOrPercent;
use crate::controllers::deployment::Strategy;
use crate::id::Id;
use crate::market::Origin;
use crate::rng::Seed;
use crate::sim::event::Event;
use crate::sim::shared::Shared;
use crate::sim::start::Start;
use crate::units::{PricePerHour, SimDuration, SimTime};
use crate::world::{
    Budget, Cast, Delay, Lifecycle, Load, Machine, NodeGroup, Timing, Workload, WorkloadId, WorkloadKind,
};
use std::sync::Arc;

const GIB: i64 = 1 << 30;

pub(crate) fn at(seconds: i64) -> SimTime {
    SimTime::from_secs(seconds)
}

pub(crate) fn secs(seconds: i64) -> SimDuration {
    SimDuration::from_secs(seconds)
}

/// A cast to fill, and the clockwork.
pub(crate) struct Small {
    pub(crate) cast: Cast,
    pub(crate) timing: Timing,
}

impl Small {
    /// The recordings' world, without anything in it.
    pub(crate) fn new() -> Small {
        let timing = Timing { lockstep: true, by_chance: false, ..Timing::default() };
        Small { cast: Cast::default(), timing }
    }

    /// A group of nodes with four cores and 16 GiB, which boot for 40 s and are Ready 10 s later.
    pub(crate) fn group(mut self, name: &str, initial: i32, change: impl FnOnce(&mut NodeGroup)) -> Small {
        let there = NodeCapacity { resources: Resources::new(4000, 16 * GIB), pods: 110 };
        let template = NodeTemplate {
            capacity: there.clone(),
            allocatable: there,
            ready: NodeCondition { is_true: true, since: SimTime::ZERO },
            ..NodeTemplate::default()
        };
        let mut group = NodeGroup {
            name: name.to_owned(),
            min: 0,
            max: 10,
            initial,
            machines: vec![Machine {
                instance_type: "m5.xlarge".to_owned(),
                template,
                speed: 1.0,
                list_price: PricePerHour::from_usd(0.2),
                price: PricePerHour::from_usd(0.2),
                origin: Origin::listed("test", "2026-01-01"),
                spot_market: None,
            }],
            foretold: None,
            zones: Vec::new(),
            spot: false,
            boot: Delay::Fixed(secs(40)),
            ready_lag: Delay::Fixed(secs(10)),
            termination: secs(5),
            autoscaled: true,
            root_volume: Default::default(),
        };
        change(&mut group);
        self.cast.groups.push(group);
        self
    }

    /// A Deployment of pods with one container that requests a core and 1 GiB, start in 2 s, are up 3 s later and
    /// stop in 5 s.
    pub(crate) fn deployment(mut self, name: &str, replicas: i32, change: impl FnOnce(&mut Workload)) -> Small {
        let one = Resources::new(1000, GIB);
        let mut labels = Labels::default();
        let symbols = &mut self.cast.cluster.symbols;
        labels.set(symbols.intern("app"), symbols.intern(name));
        let container = Container {
            name: symbols.intern("main"),
            requests: one.clone(),
            has_cpu_request: true,
            has_memory_request: true,
            ..Container::default()
        };
        let name = symbols.intern(name);
        let template = self.cast.cluster.intern_spec(PodSpec {
            labels,
            requests: one.clone(),
            nonzero_cpu_milli: one.cpu_milli,
            nonzero_memory_bytes: one.memory_bytes,
            container_requests: one,
            containers: vec![container],
            ..PodSpec::default()
        });
        let strategy =
            Strategy::RollingUpdate { max_surge: IntOrPercent::Int(1), max_unavailable: IntOrPercent::Int(0) };
        let lifecycle = Lifecycle {
            start: Delay::Fixed(secs(2)),
            warm_up: Delay::Fixed(secs(3)),
            shutdown: secs(5),
            ..Lifecycle::default()
        };
        let mut workload = Workload {
            namespace: Default::default(),
            name,
            kind: WorkloadKind::Deployment(strategy),
            template,
            replicas,
            lifecycle,
            load: Load::Requests,
            starts: SimTime::ZERO,
            min_ready: SimDuration::ZERO,
            progress_deadline: None,
        };
        change(&mut workload);
        self.cast.workloads.push(workload);
        self
    }

    /// Changes the pods' kind of the last workload.
    pub(crate) fn pods(mut self, change: impl FnOnce(&mut PodSpec)) -> Small {
        let last = WorkloadId::from_index(self.cast.workloads.len() - 1);
        let mut spec = self.cast.cluster.spec(self.cast.workloads[last].template).clone();
        change(&mut spec);
        self.cast.workloads[last].template = self.cast.cluster.intern_spec(spec);
        self
    }

    /// A budget over all pods.
    pub(crate) fn budget(mut self, promise: crate::controllers::disruption::Promise) -> Small {
        let name = self.cast.cluster.symbols.intern("budget");
        self.cast.budgets.push(Budget {
            namespace: Default::default(),
            name,
            selector: Some(Default::default()),
            promise,
            unhealthy_pods: Default::default(),
        });
        self
    }

    /// Two hours of it, with a log.
    pub(crate) fn start(self) -> Start {
        Start {
            cast: Arc::new(self.cast),
            timing: self.timing,
            duration: secs(7200),
            warm_up: SimDuration::ZERO,
            counts_from: SimTime::ZERO,
            seed: Seed::new(1, 0),
            tables: Default::default(),
            timeline_every: SimDuration::ZERO,
            keep_log: true,
        }
    }

    pub(crate) fn shared(self) -> Shared {
        let mut shared = Shared::new(&self.start());
        shared.find_budget_targets();
        for id in shared.cast.workloads.ids() {
            let workload = &shared.cast.workloads[id];
            let state = &mut shared.workloads[id];
            (state.templates, state.set_replicas) = (vec![workload.template], vec![0]);
            state.desired = workload.replicas;
        }
        shared
    }
}

/// Hands out events until then, that instant included. Pods live by themselves; all else is `handle`'s.
pub(crate) fn run(shared: &mut Shared, until: SimTime, mut handle: impl FnMut(&mut Shared, SimTime, Event)) {
    // Virtual time goes on to the end, whatever happens.
    shared.queue.push(until, Event::Observe);
    while let Some((now, event)) = shared.queue.pop_until(until) {
        match event {
            Event::Observe => {}
            Event::PodStarts(pod) => shared.pod_starts(now, pod),
            Event::PodBecomesReady(pod) => shared.pod_becomes_ready(now, pod),
            Event::PodStops(pod) => shared.pod_stops(now, pod),
            other => handle(shared, now, other),
        }
    }
}

/// As [`run`], with nobody to handle the rest.
pub(crate) fn pass(shared: &mut Shared, until: SimTime) {
    run(shared, until, |_, _, _| {});
}

/// A new pod of a workload that the scheduler has put on a node.
pub(crate) fn pod_on(shared: &mut Shared, workload: WorkloadId, node: NodeId) -> PodId {
    let (now, pod) = (shared.queue.now(), pod_of(shared, workload));
    shared.turns.remove(pod, shared.cluster.spec_of(pod).priority);
    shared.cluster.bind(pod, node);
    shared.pod_is_bound(now, pod, node);
    pod
}

/// A new pod of a workload, without a node.
pub(crate) fn pod_of(shared: &mut Shared, workload: WorkloadId) -> PodId {
    use crate::sim::pods::birth::NewPod;
    use crate::sim::pods::life::Lineage;
    let now = shared.queue.now();
    shared.workloads[workload].named += 1;
    let name =
        crate::cluster::PodName::numbered(shared.cast.workloads[workload].name, shared.workloads[workload].named);
    let template = shared.workloads[workload].templates[0];
    let lineage = Lineage { part: 0, revision: 0 };
    shared.create_pod(now, workload, NewPod { template, lineage, name, daemon_node: None });
    PodId::from_index(shared.cluster.pod_id_bound() - 1)
}

/// A Ready node without a cloud behind it.
pub(crate) fn node(shared: &mut Shared, name: &str) -> NodeId {
    let mut template = shared.cast.groups[Id::from_index(0)].machines[0].template.clone();
    template.name = shared.cluster.symbols.intern(name);
    template.group = Some(Id::from_index(0));
    shared.cluster.add_node(template)
}

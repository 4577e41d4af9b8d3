//! What a simulation is made of: everything that is given before time starts, shared by all
//! replications.

use crate::autoscaler;
use crate::cluster::{ClusterState, LabelSelector, NodeTemplate, PodSpecId};
use crate::controllers::cron_job::{ConcurrencyPolicy, Schedule};
use crate::controllers::daemon_set;
use crate::controllers::deployment::Strategy;
use crate::controllers::disruption::{Promise, UnhealthyPods};
use crate::controllers::job::JobSpec;
use crate::controllers::stateful_set::{self, PodManagement};
use crate::cost::{BaseRates, ChargeKind};
use crate::hpa::{self, HpaSpec};
use crate::id::IdVec;
use crate::intern::Symbol;
use crate::market::SpotPool;
use crate::rng::Stream;
use crate::scheduler::Profiles;
use crate::sim::event::{GroupId, WorkloadId};
use crate::traffic::calls::{CallGraph, ServiceId};
use crate::traffic::demand::Demand;
use crate::traffic::exact::ArrivalProcess;
use crate::traffic::latency::ServiceProfile;
use crate::units::{PricePerHour, SimDuration, SimTime};
use crate::vpa::{self, VpaSpec};
use std::sync::Arc;

/// How long something takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Delay {
    /// Always the same.
    Fixed(SimDuration),
    /// One after the other, from the start again (recordings).
    Cycle(Vec<SimDuration>),
    /// Lognormal around a median; `sigma` is that of the logarithm.
    Lognormal {
        /// Half of all draws are below.
        median: SimDuration,
        /// Spread of the logarithm; 0 is no spread.
        sigma: f64,
        /// No draw is below.
        least: SimDuration,
    },
}

impl Delay {
    /// No time.
    pub const NONE: Delay = Delay::Fixed(SimDuration::ZERO);

    /// The `turn`-th delay. Never negative.
    pub fn draw(&self, turn: usize, stream: &mut Stream) -> SimDuration {
        match self {
            Delay::Fixed(span) => *span,
            Delay::Cycle(spans) => spans.get(turn % spans.len().max(1)).copied().unwrap_or_default(),
            Delay::Lognormal { median, sigma, least } => {
                SimDuration::from_secs_f64(stream.lognormal(median.as_secs_f64(), *sigma)).max(*least)
            }
        }
    }
}

/// A machine type that a node group may launch.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The type's name, such as `m5.large`.
    pub instance_type: String,
    /// The node it becomes; zone and name are set at launch.
    pub template: NodeTemplate,
    /// What it costs.
    pub price: PricePerHour,
    /// What the same machine costs on demand.
    pub on_demand_price: PricePerHour,
    /// How its spot capacity is reclaimed, for spot groups; absent means never.
    pub spot_market: Option<SpotPool>,
}

/// A node group: what it launches, where, how fast.
#[derive(Clone, Debug)]
pub struct NodeGroup {
    /// The name.
    pub name: String,
    /// The least size the autoscaler may set.
    pub min: i32,
    /// The largest size the autoscaler may set.
    pub max: i32,
    /// The size at the start.
    pub initial: i32,
    /// The machine types, at least one; the first is what the autoscaler takes as the group's template.
    pub machines: Vec<Machine>,
    /// The zones, in order; empty keeps the template's.
    pub zones: Vec<Symbol>,
    /// Spot capacity.
    pub spot: bool,
    /// From launch to registration.
    pub boot: Delay,
    /// From registration to Ready.
    pub ready_lag: Delay,
    /// From the deletion of the instance to the end of the node object.
    pub termination: SimDuration,
    /// Whether Cluster Autoscaler manages the group.
    pub autoscaled: bool,
}

/// What creates pods.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The namespace.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// What it is.
    pub kind: WorkloadKind,
    /// The pods' kind.
    pub template: PodSpecId,
    /// `spec.replicas` at the start (Deployments, StatefulSets).
    pub replicas: i32,
    /// How its pods live.
    pub lifecycle: Lifecycle,
    /// What its pods do.
    pub load: Load,
    /// When it is created.
    pub starts: SimTime,
    /// `spec.minReadySeconds`: a pod that has been ready for so long is available. Not negative.
    pub min_ready: SimDuration,
    /// `spec.progressDeadlineSeconds` of a Deployment; nobody waits for others.
    pub progress_deadline: Option<SimDuration>,
}

/// Kinds of workloads with what distinguishes them.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a cast holds a few hundred of them, once")]
pub enum WorkloadKind {
    /// `apps` Deployment.
    Deployment(Strategy),
    /// `apps` StatefulSet.
    StatefulSet {
        /// Order of creation.
        management: PodManagement,
        /// How its pods get a new template.
        update: stateful_set::Update,
        /// Its pods have claims whose volumes can be used in one zone only.
        zonal_claims: bool,
    },
    /// `apps` DaemonSet.
    DaemonSet(daemon_set::Update),
    /// `batch` Job; its pods work for a while.
    Job {
        /// Parallelism, completions, back-off limit.
        spec: JobSpec,
        /// How long a pod works.
        work: Delay,
    },
    /// `batch` CronJob.
    CronJob {
        /// When.
        schedule: Schedule,
        /// Whether Jobs may overlap.
        concurrency: ConcurrencyPolicy,
        /// How late a Job may start.
        starting_deadline: Option<SimDuration>,
        /// The Jobs.
        spec: JobSpec,
        /// How long a pod works.
        work: Delay,
    },
    /// A pod without a controller.
    BarePod,
}

impl WorkloadKind {
    /// `kind` of the object in the API.
    pub fn name(&self) -> &'static str {
        match self {
            WorkloadKind::Deployment(_) => "Deployment",
            WorkloadKind::StatefulSet { .. } => "StatefulSet",
            WorkloadKind::DaemonSet(_) => "DaemonSet",
            WorkloadKind::Job { .. } => "Job",
            WorkloadKind::CronJob { .. } => "CronJob",
            WorkloadKind::BarePod => "Pod",
        }
    }
}

/// A probe of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// From the start of the container to the first probe.
    pub initial: SimDuration,
    /// From probe to probe; above 0.
    pub period: SimDuration,
    /// How long an answer may take.
    pub timeout: SimDuration,
    /// So many failures in a row count; at least 1.
    pub failures: u32,
}

impl Probe {
    /// The first probe no earlier than `age` after the start of the container.
    pub fn first_from(&self, age: SimDuration) -> SimDuration {
        let past = SimTime::ZERO + (age - self.initial).max(SimDuration::ZERO);
        self.initial + past.next_multiple_of(self.period).since(SimTime::ZERO)
    }

    /// When the failures are complete of a container that stops to answer `age` after its start, as its age then.
    pub fn fails_at(&self, age: SimDuration) -> SimDuration {
        self.first_from(age) + self.period * i64::from(self.failures - 1) + self.timeout
    }
}

/// How a pod lives between binding and end.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    /// From binding to running containers, without the image pull.
    pub start: Delay,
    /// Pull time per image not yet on the node.
    pub image_pull: Delay,
    /// The images pulled, and their sizes in bytes.
    pub images: Vec<(Symbol, i64)>,
    /// From running containers to an application that answers.
    pub warm_up: Delay,
    /// `readinessProbe`.
    pub readiness: Option<Probe>,
    /// `livenessProbe`.
    pub liveness: Option<Probe>,
    /// A container that does not answer for so long after its start is killed by its liveness or startup probe.
    pub killed_if_silent_for: Option<SimDuration>,
    /// The preStop hook.
    pub pre_stop: SimDuration,
    /// From the stop signal to the end, if the grace period lasts so long.
    pub shutdown: SimDuration,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Lifecycle {
            start: Delay::NONE,
            image_pull: Delay::NONE,
            images: Vec::new(),
            warm_up: Delay::NONE,
            readiness: None,
            liveness: None,
            killed_if_silent_for: None,
            pre_stop: SimDuration::ZERO,
            shutdown: SimDuration::ZERO,
        }
    }
}

/// What the pods of a workload use.
#[derive(Clone, Debug, Default)]
pub enum Load {
    /// As much as they request.
    #[default]
    Requests,
    /// A total cpu demand over time, split evenly among ready pods.
    CpuDemand {
        /// (from, milli-cores), in order of time; 0 before the first.
        demand_milli: Vec<(SimTime, i64)>,
        /// Memory of an idle pod in bytes.
        memory_base_bytes: i64,
        /// Bytes per milli-core used.
        memory_per_milli_bytes: i64,
    },
    /// The requests of a service of the traffic model.
    Service(ServiceId),
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The namespace.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// Which pods.
    pub selector: Option<LabelSelector>,
    /// What it promises.
    pub promise: Promise,
    /// When unready pods may go.
    pub unhealthy_pods: UnhealthyPods,
}

/// A HorizontalPodAutoscaler with its target.
#[derive(Clone, Debug)]
pub struct Hpa {
    /// The name.
    pub name: Symbol,
    /// Whose replicas it sets.
    pub workload: WorkloadId,
    /// What it says.
    pub spec: HpaSpec,
    /// What its custom and external metrics read, by the metrics' names; others have no values.
    pub signals: Vec<(Symbol, Signal)>,
    /// Another HPA has the same target: the controller evaluates the metrics of neither (`AmbiguousSelector`).
    pub is_ambiguous: bool,
}

/// A VerticalPodAutoscaler with its target.
#[derive(Clone, Debug)]
pub struct Vpa {
    /// The name.
    pub name: Symbol,
    /// Whose pods it looks at.
    pub workload: WorkloadId,
    /// What it says.
    pub spec: VpaSpec,
}

/// Something of the traffic that a custom metric can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Requests per second that arrive at the target's service.
    RequestsPerSecond,
    /// Requests waiting at the target's service.
    Backlog,
    /// Requests per second that enter the cluster.
    EntryRequestsPerSecond,
}

/// Something that goes wrong, or is done, at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// When it begins.
    pub at: SimTime,
    /// When it ends, where it has an end.
    pub until: SimTime,
    /// What it is.
    pub kind: FaultKind,
}

impl Fault {
    /// Whether it has begun and not ended; one that ends no later than it begins has no end.
    pub fn is_in_force(&self, now: SimTime) -> bool {
        self.at <= now && (now < self.until || self.until <= self.at)
    }
}

/// Kinds of faults.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// A node is gone at once.
    NodeLost {
        /// In this group.
        group: GroupId,
        /// Number so-and-so of its registered nodes by name, modulo their number.
        pick: u32,
        /// What the cloud does then.
        replacement: Replacement,
    },
    /// A node reports nothing while the fault lasts.
    NodeUnreachable {
        /// In this group.
        group: GroupId,
        /// Number so-and-so of its registered nodes by name, modulo their number.
        pick: u32,
    },
    /// Containers of running pods stop to answer, and go on when the fault ends.
    ContainersHang {
        /// Of this workload.
        workload: WorkloadId,
        /// So many of its ready pods, the oldest first.
        pods: u32,
    },
    /// A node gets its spot notice.
    SpotNotice {
        /// In this group.
        group: GroupId,
        /// Number so-and-so of its registered nodes by name, modulo their number.
        pick: u32,
        /// What the cloud does then.
        replacement: Replacement,
    },
    /// Requests for more nodes fail.
    IncreaseError(GroupId),
    /// Instances launched now never come; the cloud says so after a while.
    InstanceError(GroupId, SimDuration),
    /// Instances launched now never register.
    NeverRegisters(GroupId),
    /// A zone is out: its nodes are lost, and no node starts there.
    ZoneOutage(Symbol),
    /// A spot pool (group, machine number, zone) or all of a group has no capacity.
    NoCapacity(GroupId),
}

/// What the cloud does about a lost instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Launches another one.
    Replace,
    /// Shrinks the group's target.
    Shrink,
    /// Nothing: the target stays too high.
    None,
}

/// Rebalance recommendations ahead of spot notices, and what is done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebalance {
    /// So long before the notice.
    pub lead: SimDuration,
    /// What the termination handler does.
    pub response: OnRebalance,
}

/// What the termination handler does about a rebalance recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRebalance {
    /// Nothing.
    Nothing,
    /// Cordons the node.
    Cordon,
    /// Cordons the node and evicts its pods.
    Drain,
}

/// A rollout of a new template at a time.
#[derive(Clone, Debug)]
pub struct Deploy {
    /// When.
    pub at: SimTime,
    /// Of what.
    pub workload: WorkloadId,
    /// The new pods' kind.
    pub template: PodSpecId,
    /// Both versions at full size and all traffic moved at once, instead of pod by pod.
    pub blue_green: Option<BlueGreen>,
    /// So long the objectives are watched: after the switch of a blue-green rollout, which keeps the old version
    /// that long, or from the beginning of a rolling one.
    pub watch_for: SimDuration,
    /// The rollout is taken back when an objective has been broken for so long; absent never.
    pub rollback_after: Option<SimDuration>,
    /// A request costs the new version so many times the cpu of the service's profile. Above 0.
    pub cpu_factor: f64,
}

/// A blue-green rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlueGreen {
    /// When traffic moves; later if the new version is not ready by then.
    pub switch_at: SimTime,
}

/// A pod of a trace: arrives, is placed, runs, ends.
#[derive(Clone, Copy, Debug)]
pub struct TracePod {
    /// When it arrives.
    pub arrives: SimTime,
    /// What it is.
    pub template: PodSpecId,
    /// How long it runs once bound.
    pub runs: SimDuration,
}

/// The clockwork: periods, phases and delays of the control plane.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Everything happens on whole seconds, controllers act once a second in a fixed order: the world of
    /// the closed-loop recordings. Otherwise reactions have their own delays.
    pub lockstep: bool,
    /// Loops have random phases, and ties are broken at random. Otherwise loops begin together, and the smallest name wins.
    pub by_chance: bool,
    /// From a change to the controllers' reaction (watch, work queue, API).
    pub reaction: SimDuration,
    /// One scheduling cycle.
    pub scheduling_cycle: SimDuration,
    /// `--horizontal-pod-autoscaler-sync-period`.
    pub hpa_sync: SimDuration,
    /// The metrics server's resolution.
    pub scrape: SimDuration,
    /// The metrics server scrapes right before the HPA controller syncs, as in the recordings; in a live cluster each
    /// has its own phase, and metrics are up to a resolution old.
    pub fresh_metrics: bool,
    /// Nothing is remembered from turn to turn, everything looked at anew: slow, and right by itself.
    pub afresh: bool,
    /// `--scan-interval`.
    pub autoscaler_scan: SimDuration,
    /// A step of traffic and latency, and a point of the timeline.
    pub step: SimDuration,
    /// Notice before a spot instance goes.
    pub spot_notice: SimDuration,
}

impl Default for Timing {
    /// Upstream's defaults, and reactions as seen on healthy control planes.
    fn default() -> Self {
        Timing {
            lockstep: false,
            by_chance: true,
            reaction: SimDuration::from_millis(100),
            scheduling_cycle: SimDuration::from_millis(2),
            hpa_sync: SimDuration::from_secs(15),
            scrape: SimDuration::from_secs(15),
            fresh_metrics: false,
            afresh: false,
            autoscaler_scan: SimDuration::from_secs(10),
            step: SimDuration::from_secs(15),
            spot_notice: SimDuration::from_secs(120),
        }
    }
}

/// The traffic of a scenario: how much enters, who serves it, what is promised.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Requests per second that enter the cluster.
    pub demand: Arc<Demand>,
    /// Routes and calls.
    pub graph: CallGraph,
    /// The services, in the order of the graph's ids.
    pub services: IdVec<ServiceId, Service>,
    /// What is promised to users, end to end.
    pub objective: Objective,
    /// How latency is found.
    pub mode: LatencyMode,
    /// How arrivals vary around their rate; the fast mode takes them as Poisson.
    pub arrivals: ArrivalProcess,
}

/// How latency, errors and usage are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LatencyMode {
    /// By formulas, step by step.
    #[default]
    Fast,
    /// Request by request.
    Exact,
}

/// A service: what a request costs, and which pods serve it.
#[derive(Clone, Debug)]
pub struct Service {
    /// The name.
    pub name: String,
    /// Cost and behaviour of requests.
    pub profile: ServiceProfile,
    /// Whose pods serve; a service outside the cluster has none and always the same capacity.
    pub workload: Option<WorkloadId>,
    /// Memory of a pod without requests, in bytes.
    pub memory_base_bytes: i64,
    /// Memory of each request in hand, in bytes.
    pub memory_per_request_bytes: i64,
    /// What is promised to its callers.
    pub objective: Option<Objective>,
}

/// A service level objective. Absent parts promise nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Objective {
    /// P95 latency in seconds.
    pub latency_s_p95: Option<f64>,
    /// Failed requests over all, 0..=1.
    pub error_rate: Option<f64>,
}

impl Objective {
    /// Whether a step with this P95 (seconds) and error rate breaks the promise.
    pub fn is_broken_by(&self, latency_s_p95: f64, error_rate: f64) -> bool {
        self.latency_s_p95.is_some_and(|most| latency_s_p95 > most)
            || self.error_rate.is_some_and(|most| error_rate > most)
    }
}

/// What costs money besides nodes, for the whole run.
#[derive(Clone, Debug)]
pub struct FixedCharge {
    /// What it is for.
    pub kind: ChargeKind,
    /// The line's name.
    pub name: String,
    /// Who it belongs to; the whole cluster if nobody.
    pub namespace: Option<Symbol>,
    /// For all units together.
    pub price: PricePerHour,
}

/// Static objects, groups, workloads: the cluster before time starts.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    /// Namespaces, services, volumes, and the pods' kinds. Without nodes and pods.
    pub cluster: ClusterState,
    /// The node groups, in order.
    pub groups: IdVec<GroupId, NodeGroup>,
    /// The workloads, in order.
    pub workloads: IdVec<WorkloadId, Workload>,
    /// The budgets, in order.
    pub budgets: Vec<Budget>,
    /// The scheduler's profiles.
    pub profiles: Profiles,
    /// The HPAs, in the order of their "namespace/name".
    pub hpas: Vec<Hpa>,
    /// Cluster Autoscaler's flags; absent means that there is none. The groups that it manages come first.
    pub autoscaler: Option<autoscaler::Flags>,
    /// Flags of the HPA controller.
    pub hpa_flags: hpa::Flags,
    /// The VPAs, in the order of their "namespace/name"; at most one per workload.
    pub vpas: Vec<Vpa>,
    /// Flags of the VPA's recommender and updater.
    pub vpa_flags: vpa::Flags,
    /// Faults and other things that happen at a time.
    pub faults: Vec<Fault>,
    /// Rollouts.
    pub deploys: Vec<Deploy>,
    /// Rebalance recommendations; absent means that notices come without them.
    pub rebalance: Option<Rebalance>,
    /// A trace of pods, in order of arrival.
    pub trace: Vec<TracePod>,
    /// Requests, where there are any.
    pub traffic: Option<Traffic>,
    /// Charges that are no nodes.
    pub charges: Vec<FixedCharge>,
    /// The price ratio of cpu and memory, for dividing nodes' cost.
    pub base_rates: BaseRates,
}

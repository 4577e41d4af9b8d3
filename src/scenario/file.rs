//! The scenario file: what Kubernetes does not know.

use crate::units::SimDuration;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A scenario as it is written. Unknown fields are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScenarioFile {
    /// `foresail/v1alpha1`.
    pub api_version: String,
    /// `Scenario`.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// What it asks, in a sentence.
    pub description: String,
    /// Another scenario file that this one changes.
    pub extends: Option<FilePath>,
    /// The cloud.
    pub cluster: Cluster,
    /// Files and folders of Kubernetes objects.
    pub manifests: Vec<FilePath>,
    /// Files and folders of Terraform.
    pub terraform: Vec<FilePath>,
    /// Node groups: changes to Terraform's, and others.
    pub node_groups: BTreeMap<String, NodeGroup>,
    /// Cluster Autoscaler.
    pub autoscaler: Autoscaler,
    /// kube-scheduler.
    pub scheduler: Scheduler,
    /// What containers without requests ask for.
    pub assume: Option<Assumption>,
    /// Requests.
    pub traffic: Traffic,
    /// What a request costs each service, by the name of its workload.
    pub services: BTreeMap<String, Service>,
    /// What Jobs do, by name.
    pub jobs: BTreeMap<String, JobWork>,
    /// Patches of the HPAs' bounds, by name.
    pub hpas: BTreeMap<String, HpaPatch>,
    /// What is promised to users.
    pub objectives: Objectives,
    /// Things that go wrong.
    pub faults: Vec<Fault>,
    /// Rolling updates and blue-green ones.
    pub deploys: Vec<Deploy>,
    /// What the termination handler does ahead of spot notices.
    pub termination_handler: Option<TerminationHandler>,
    /// Managed services that are paid for.
    pub managed: Vec<Managed>,
    /// Other things that are paid for by the hour.
    pub charges: Vec<Charge>,
    /// A CSV of pods that arrive, run and end: `time_s,pod,cpu_milli,mem_bytes,duration_s`.
    pub pod_trace: Option<FilePath>,
    /// How long.
    pub duration: Option<Time>,
    /// How often.
    pub replications: Option<u32>,
    /// The seed.
    pub seed: Option<u64>,
    /// A step of traffic and latency.
    pub step: Option<Time>,
    /// `stochastic` (random phases, ties and delays, the default) or `lockstep` (the recordings' world).
    pub fidelity: Fidelity,
    /// `fast` (formulas, the default) or `exact` (request by request).
    pub latency: Latency,
}

/// A path as a scenario file writes it: relative to the folder of that file.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct FilePath(String);

/// Every field that holds a [`FilePath`], but `extends` itself; `[]` stands for all entries of a list.
/// A scenario that is extended has them moved; a test compares the list with the declarations.
pub(super) const PATH_FIELDS: &[&str] =
    &["manifests[]", "terraform[]", "scheduler.configuration", "traffic.patterns[].trace.file", "podTrace"];

impl FilePath {
    /// Seen from where `folder` is seen from.
    pub fn below(&self, folder: &Path) -> PathBuf {
        folder.join(&self.0)
    }
    /// The folder that the file is in.
    pub fn folder(&self) -> &Path {
        Path::new(&self.0).parent().unwrap_or(Path::new(""))
    }
}

impl std::fmt::Debug for FilePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A duration: `90s`, `15m`, `7d`, or seconds as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub SimDuration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Time;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration such as 30s, 15m or 7d")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Time, E> {
                // Nothing is before the start, or lasts less than nothing.
                let longest = SimDuration::from_secs(3_200_000_000);
                let parsed = SimDuration::parse(text).ok().filter(|span| (SimDuration::ZERO..=longest).contains(span));
                parsed.map(Time).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Time, E> {
                self.visit_f64(seconds as f64)
            }
            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Time, E> {
                self.visit_f64(seconds as f64)
            }
            fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Time, E> {
                if (0.0..=3.2e9).contains(&seconds) {
                    Ok(Time(SimDuration::from_secs_f64(seconds)))
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Float(seconds), &self))
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The cloud.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cluster {
    /// `us-east-1`, `europe-west1`...
    pub region: Option<String>,
    /// `1.28`: whose rules apply.
    pub kubernetes_version: Option<String>,
    /// `--horizontal-pod-autoscaler-...` flags of the kube-controller-manager, as on its command line.
    pub controller_manager_flags: Vec<String>,
    /// The zones of node groups that name none.
    pub zones: Vec<String>,
}

/// A node group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NodeGroup {
    /// The machine types.
    pub instance_types: Option<Vec<String>>,
    /// `ON_DEMAND` or `SPOT`.
    pub capacity_type: Option<String>,
    /// Least size.
    pub min_size: Option<i32>,
    /// Largest size.
    pub max_size: Option<i32>,
    /// Size at the start.
    pub desired_size: Option<i32>,
    /// Node labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// `key=value:Effect`.
    pub taints: Option<Vec<String>>,
    /// Zones.
    pub zones: Option<Vec<String>>,
    /// Whether Cluster Autoscaler manages it; without this as its flags say, else yes if min and max differ.
    pub autoscaled: Option<bool>,
    /// Tags by which `--node-group-auto-discovery` finds it, besides those that EKS gives.
    pub tags: Option<BTreeMap<String, String>>,
    /// From launch to registration, as a fixed time instead of the measured distribution.
    pub boot_time: Option<Time>,
    /// Not there at all.
    pub remove: bool,
}

/// Cluster Autoscaler.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Autoscaler {
    /// Whether there is one; yes if its Deployment is among the manifests or flags are given.
    pub enabled: Option<bool>,
    /// `--name=value`.
    pub flags: Vec<String>,
}

/// kube-scheduler.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Scheduler {
    /// A file with a KubeSchedulerConfiguration; kube-scheduler's defaults without one.
    pub configuration: Option<FilePath>,
    /// How long a scheduling cycle takes: one pod each; 2ms by default.
    pub cycle_time: Option<Time>,
}

/// What to do about containers without requests.
#[derive(Clone, Debug)]
pub enum Assumption {
    /// `refuse`: they are an error.
    Refuse,
    /// They ask for this.
    Requests(Assume),
}

impl<'de> Deserialize<'de> for Assumption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Assumption;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`refuse`, or requests such as {cpu: 100m, memory: 128Mi}")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Assumption, E> {
                match text {
                    "refuse" => Ok(Assumption::Refuse),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Assumption, A::Error> {
                Assume::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Assumption::Requests)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Requests of containers that have none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assume {
    /// As Kubernetes writes it.
    pub cpu: String,
    /// As Kubernetes writes it.
    pub memory: String,
}

/// Requests from outside.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Traffic {
    /// Patterns that add up.
    pub patterns: Vec<Pattern>,
    /// All of it times this.
    pub scale: Option<f64>,
    /// Standard deviation of the rate's logarithm.
    pub noise: Option<f64>,
    /// How long busy minutes follow busy minutes.
    pub noise_correlation: Option<Time>,
    /// The workload through which all requests enter, if it is modelled.
    pub gateway: Option<String>,
    /// How arrivals vary around their rate (exact mode); Poisson by default.
    pub arrivals: Option<Arrivals>,
    /// Weights of Ingress paths or of services (`/api/v1/orders: 3`); equal if none are given.
    pub routes: BTreeMap<String, f64>,
}

/// How arrivals vary around their rate.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Arrivals {
    /// Independent users.
    Poisson,
    /// Equal gaps.
    Deterministic,
    /// Gaps with this squared coefficient of variation: `{scv: 4}`.
    Gamma {
        /// Variance over squared mean.
        scv: f64,
    },
    /// Poisson at a rate that jumps between two levels.
    #[serde(rename_all = "camelCase")]
    Bursty {
        /// Multiples of the rate; their mean over time should be 1.
        levels: [f64; 2],
        /// How long each level lasts on average.
        mean_sojourn: [Time; 2],
    },
}

/// How controllers meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fidelity {
    /// Loops have random phases, reactions take time, equally good nodes are drawn.
    #[default]
    Stochastic,
    /// Everything happens on whole seconds, controllers act in a fixed order within each, the smallest name wins.
    Lockstep,
}

/// aws-node-termination-handler, by the names of its chart's values.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TerminationHandler {
    /// Nodes that get a rebalance recommendation are cordoned.
    pub enable_rebalance_monitoring: bool,
    /// They are drained too.
    pub enable_rebalance_draining: bool,
    /// How long before the notice recommendations come; 10 min by default.
    pub rebalance_lead: Option<Time>,
}

/// How latency is found.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Latency {
    #[default]
    Fast,
    Exact,
}

/// Requests per second over time.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Pattern {
    /// Always the same.
    #[serde(rename_all = "camelCase")]
    Constant {
        /// Requests per second.
        rate: f64,
    },
    /// Days and weeks.
    #[serde(rename_all = "camelCase")]
    Diurnal {
        /// Mean requests per second.
        mean_rate: f64,
        /// 0..=1: how far the day swings around its mean.
        swing: f64,
        /// Hour of the day, 0..24.
        peak_hour: f64,
        /// Factors of Monday to Sunday.
        #[serde(default)]
        days: Option<[f64; 7]>,
    },
    /// From one rate to another.
    #[serde(rename_all = "camelCase")]
    Ramp {
        /// Before.
        from: f64,
        /// After.
        to: f64,
        /// When it begins.
        at: Time,
        /// How long it takes.
        over: Time,
    },
    /// More from an instant on, for a while.
    #[serde(rename_all = "camelCase")]
    Step {
        /// Requests per second.
        rate: f64,
        /// When.
        at: Time,
        /// For how long; to the end if absent.
        #[serde(default, rename = "for")]
        lasts: Option<Time>,
    },
    /// Everybody at once, then fading.
    #[serde(rename_all = "camelCase")]
    FlashCrowd {
        /// Requests per second at the peak.
        peak_rate: f64,
        /// When it begins.
        at: Time,
        /// How long it rises.
        rise: Time,
        /// How long it stays.
        hold: Time,
        /// After this time it is half.
        half_life: Time,
    },
    /// As k6 writes them.
    #[serde(rename_all = "camelCase")]
    Stages {
        /// Requests per second at the start.
        #[serde(default)]
        start_rate: f64,
        /// The stages, in order.
        stages: Vec<Stage>,
    },
    /// A recorded trace: CSV of `timestamp,value`.
    #[serde(rename_all = "camelCase")]
    Trace {
        /// The file.
        file: FilePath,
        /// `rps` or `requests` (per step).
        #[serde(default)]
        unit: Option<String>,
        /// Times this.
        #[serde(default)]
        scale: Option<f64>,
        /// Slower by this factor.
        #[serde(default)]
        stretch: Option<f64>,
    },
}

/// A k6 stage.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// How long.
    pub duration: Time,
    /// Requests per second at its end.
    pub target: f64,
}

/// A service's profile.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Service {
    /// Cpu time of a request.
    pub cpu_per_request: Option<Time>,
    /// Time that a request waits for something that is not modelled (a database, a disk).
    pub wait_per_request: Option<Time>,
    /// Squared coefficient of variation of a request's work; 1 by default.
    pub scv: Option<f64>,
    /// Measured cpu times of single requests: their distribution, in place of `scv`.
    pub cpu_samples: Option<Vec<Time>>,
    /// Requests that a pod works on at once.
    pub concurrency: Option<u32>,
    /// Requests that may wait at a pod.
    pub queue: Option<u32>,
    /// After how long a caller gives up; 60 s by default, as nginx does.
    pub timeout: Option<Time>,
    /// What callers do about failures (exact mode).
    pub retries: Option<RetryPolicy>,
    /// Whether a request keeps its thread while it waits for the services it calls (exact mode).
    pub blocking: bool,
    /// `random`, `roundRobin`, `leastOutstanding`, `powerOfTwo`, `sharedQueue`.
    pub load_balancing: Option<LoadBalancing>,
    /// Memory of an idle pod.
    pub memory: Option<String>,
    /// Memory per request in hand.
    pub memory_per_request: Option<String>,
    /// Cpu of an idle pod.
    pub idle_cpu: Option<String>,
    /// Services called for each request, one step after the other: name, and how often.
    pub calls: Vec<BTreeMap<String, f64>>,
    /// From running containers to an application that answers.
    pub warm_up: Option<Time>,
    /// How slow a pod is that has just become ready.
    pub cold_start: Option<ColdStart>,
}

/// From `speed` to full speed in a straight line.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColdStart {
    /// The speed of its cpu at first, 1 is full speed.
    pub speed: f64,
    /// How long it takes.
    pub duration: Time,
}

/// How callers try again.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicy {
    /// Attempts after the first.
    pub attempts: u32,
    /// The base of the back-off; 25 ms by default, as Envoy's.
    #[serde(default)]
    pub backoff: Option<Time>,
    /// Retries over first attempts in the long run; 0.2 by default.
    #[serde(default)]
    pub budget: Option<f64>,
}

/// How requests are spread over pods.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum LoadBalancing {
    Random,
    RoundRobin,
    LeastOutstanding,
    PowerOfTwo,
    SharedQueue,
}

/// What a Job's pod does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobWork {
    /// How long a pod works.
    pub duration: Time,
}

/// Other bounds for an HPA.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HpaPatch {
    /// `spec.minReplicas`.
    pub min_replicas: Option<i32>,
    /// `spec.maxReplicas`.
    pub max_replicas: Option<i32>,
    /// The target of its cpu metric, percent.
    pub cpu_utilization: Option<i64>,
}

/// Service level objectives.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Objectives {
    /// P95 of every route, end to end.
    pub latency_p95: Option<Time>,
    /// Failed requests over all, 0..=1.
    pub error_rate: Option<f64>,
}

/// Something that goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// When.
    pub at: Time,
    /// For how long; forever if absent.
    #[serde(default, rename = "for")]
    pub lasts: Option<Time>,
    /// A zone is out.
    #[serde(default)]
    pub zone_outage: Option<String>,
    /// A node of this group is lost.
    #[serde(default)]
    pub node_lost: Option<String>,
    /// A spot node of this group gets its notice.
    #[serde(default)]
    pub spot_notice: Option<String>,
    /// A node of this group reports nothing while the fault lasts.
    #[serde(default)]
    pub node_unreachable: Option<String>,
    /// Requests of this group for more nodes fail.
    #[serde(default)]
    pub increase_error: Option<String>,
    /// Nodes of this group launched now never register.
    #[serde(default)]
    pub never_registers: Option<String>,
    /// Containers of this workload stop answering while the fault lasts.
    #[serde(default)]
    pub containers_hang: Option<String>,
    /// In how many of its ready pods, the oldest first; 1 by default.
    #[serde(default)]
    pub pods: Option<u32>,
    /// Which node of the group: its number by name, modulo their number; 0 by default.
    #[serde(default)]
    pub pick: Option<u32>,
    /// What the cloud does about a node that it lost or took.
    #[serde(default)]
    pub replacement: Option<FaultReplacement>,
    /// This group gets no more nodes.
    #[serde(default)]
    pub no_capacity: Option<String>,
}

/// What the cloud does about a lost node.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultReplacement {
    /// Launches another one, the default.
    Replace,
    /// Makes the group smaller.
    Shrink,
    /// Nothing: the group's size stays too high.
    None,
}

/// A rolling update, or a blue-green one.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deploy {
    /// When.
    pub at: Time,
    /// The name of the Deployment that gets a new template...
    #[serde(default)]
    pub deployment: Option<String>,
    /// ...or of the StatefulSet...
    #[serde(default)]
    pub stateful_set: Option<String>,
    /// ...or of the DaemonSet.
    #[serde(default)]
    pub daemon_set: Option<String>,
    /// Blue-green: both versions run at full size until traffic moves at this time (of the scenario, as `at`).
    #[serde(default)]
    pub switch_at: Option<Time>,
    /// How long the objectives are watched and the old version of a blue-green rollout is kept; 10 min by default.
    #[serde(default)]
    pub watch_for: Option<Time>,
    /// Back to the old version when an objective has been broken for this long; never if absent.
    #[serde(default)]
    pub rollback_after: Option<Time>,
    /// A request costs the new version this many times the cpu.
    #[serde(default)]
    pub cpu_factor: Option<f64>,
}

/// A managed service.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Managed {
    /// `rds`, `elasticache`...
    pub service: String,
    /// `db.m5.large`...
    pub class: String,
    /// How many; 2 for Multi-AZ.
    #[serde(default)]
    pub count: Option<f64>,
    /// Whose it is.
    #[serde(default)]
    pub namespace: Option<String>,
}

/// Something else that is paid for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Charge {
    /// What it is called.
    pub name: String,
    /// An item of the price list...
    #[serde(default)]
    pub item: Option<String>,
    /// ...and how many units of it a month (or hours' worth: 1).
    #[serde(default)]
    pub quantity: Option<f64>,
    /// Or simply USD per month.
    #[serde(default)]
    pub usd_per_month: Option<f64>,
    /// Whose it is.
    #[serde(default)]
    pub namespace: Option<String>,
}

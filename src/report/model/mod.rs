//! The report: versioned, serialisable, everything a reader may want to see of a run.

use serde::{Deserialize, Serialize};

use super::Estimate;

/// The `apiVersion` of `result.json` written by this release.
pub(super) const API_VERSION: &str = "foresail/v1alpha1";

/// A run's result, as `result.json` holds it.
///
/// Units are in the names: USD, milliseconds, seconds, ratios from 0 to 1. Costs are at list prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// Always `foresail/v1alpha1`; files of another version are refused.
    pub api_version: String,
    /// Always `Result`.
    pub kind: String,
    /// The release that made it.
    pub foresail_version: String,
    /// What was simulated.
    pub scenario: ScenarioInfo,
    /// How.
    pub run: Run,
    /// At which prices.
    pub prices: Prices,
    /// Everything that was seen but not modelled, and every assumption worth knowing first.
    pub caveats: Vec<String>,
    /// The figures to look at first, in order.
    pub headlines: Vec<Headline>,
    /// The service levels, and how often they were met.
    pub objectives: Vec<Objective>,
    /// By service.
    pub services: Vec<ServiceResult>,
    /// From outside, by route.
    pub routes: Vec<RouteResult>,
    /// By HorizontalPodAutoscaler.
    pub autoscalers: Vec<AutoscalerResult>,
    /// By VerticalPodAutoscaler and container: what it recommended in the end.
    #[serde(default)]
    pub vertical_autoscalers: Vec<VerticalResult>,
    /// By node group.
    pub groups: Vec<GroupResult>,
    /// By kind of charge.
    pub charges: Vec<ChargeResult>,
    /// By namespace, with `__idle__` and `__unallocated__`.
    pub namespaces: Vec<NamespaceResult>,
    /// Mean cost by day, group, namespace and resource; adds up to the mean total.
    pub costs: Vec<CostRow>,
    /// What happened, in one replication.
    pub timeline: Timeline,
    /// What to set instead, if it was asked.
    pub recommendation: Option<Recommendation>,
}

impl Report {
    /// An empty report of this release.
    pub fn new(scenario: ScenarioInfo, run: Run, prices: Prices) -> Self {
        Report {
            api_version: API_VERSION.to_owned(),
            kind: "Result".to_owned(),
            foresail_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario,
            run,
            prices,
            caveats: Vec::new(),
            headlines: Vec::new(),
            objectives: Vec::new(),
            services: Vec::new(),
            routes: Vec::new(),
            autoscalers: Vec::new(),
            vertical_autoscalers: Vec::new(),
            groups: Vec::new(),
            charges: Vec::new(),
            namespaces: Vec::new(),
            costs: Vec::new(),
            timeline: Timeline::default(),
            recommendation: None,
        }
    }
    /// The headline with this `metric`.
    pub fn headline(&self, metric: &str) -> Option<&Headline> {
        self.headlines.iter().find(|headline| headline.metric == metric)
    }
}

/// What was simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScenarioInfo {
    /// Its name; also the report folder's.
    pub name: String,
    /// One sentence, may be empty.
    pub description: String,
    /// Where it runs.
    pub region: String,
    /// `EKS 1.28`, for people.
    pub platform: String,
    /// Simulated time.
    pub duration_seconds: f64,
    /// Fingerprint of everything that was read.
    pub digest: String,
}

/// How it was simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// The seed of all random streams.
    pub seed: u64,
    /// How many alternative histories.
    pub replications: u32,
    /// A command that makes this report again.
    pub command: String,
}

/// At which prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prices {
    /// Always `USD` so far.
    pub currency: String,
    /// When they were listed, for people.
    pub date: String,
    /// Whether some were estimated.
    pub estimated: bool,
}

/// The unit of a figure, and how it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// US dollars.
    Usd,
    /// US dollars per month of 730 hours.
    UsdPerMonth,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Hours.
    Hours,
    /// A share, from 0 to 1; printed in per cent.
    Ratio,
    /// A number of things.
    Count,
    /// Events per hour.
    PerHour,
    /// Events per second.
    PerSecond,
}

/// A figure to look at first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Headline {
    /// Its stable name: `costUsdPerMonth`, `latencyMsP95`, `errorRatio`.
    pub metric: String,
    /// A few words for people.
    pub label: String,
    /// Its unit.
    pub unit: Unit,
    /// Its value.
    pub value: Estimate,
    /// The service level it should stay below.
    pub objective: Option<f64>,
}

/// A service level: `value < target` in each replication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Objective {
    /// A few words for people: `latency P95`.
    pub label: String,
    /// The unit of `target`.
    pub unit: Unit,
    /// The limit.
    pub target: f64,
    /// Share of the replications that met it.
    pub met_ratio: f64,
}

/// What users of one service felt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceResult {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Mean over the run.
    pub requests_per_second: Estimate,
    /// Median.
    pub latency_ms_p50: Estimate,
    /// 95th percentile.
    pub latency_ms_p95: Estimate,
    /// 99th percentile.
    pub latency_ms_p99: Estimate,
    /// Requests that failed or timed out.
    pub error_ratio: Estimate,
    /// Share of time outside the service levels.
    pub breach_ratio: Estimate,
    /// More figures, and what each of them is.
    pub detail: LatencyDetail,
}

/// A route from outside over all replications: end to end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteResult {
    /// Usually an Ingress path.
    pub name: String,
    /// Requests per second that enter.
    pub requests_per_second: Estimate,
    /// Median latency of each run.
    pub latency_ms_p50: Estimate,
    /// P95 of each run.
    pub latency_ms_p95: Estimate,
    /// P99 of each run.
    pub latency_ms_p99: Estimate,
    /// Share of failed requests.
    pub error_ratio: Estimate,
    /// More figures, and what each of them is.
    pub detail: LatencyDetail,
}

/// What a service's or a route's latency figures are made of.
///
/// `Estimate`s are of one figure per replication, with their interval over replications; `pooledMs` are
/// percentiles of all replications' requests together and have no interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LatencyDetail {
    /// `fast` or `exact`: the latency mode of every figure here.
    pub mode: String,
    /// P90 of each run.
    pub latency_ms_p90: Estimate,
    /// The largest of each run; in the fast mode the largest to expect.
    pub latency_ms_max: Estimate,
    /// Percentiles of the requests of all runs together.
    pub pooled_ms: PooledLatency,
    /// Apdex with the objective's latency (500 ms without one) as target, failed requests as frustrated.
    pub apdex: Estimate,
    /// Share of the time in which the fast mode followed distributions (load near capacity): its
    /// percentiles of that time are pooled by nature, even those of one run. Of a route: that of the
    /// service that did so longest.
    pub distribution_ratio: Estimate,
    /// The objectives, one by one.
    pub objectives: Vec<ObjectiveDetail>,
}

/// Percentiles of the requests of all replications together, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PooledLatency {
    /// The median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

/// How one objective was kept, as a multi-window burn-rate alert would have seen it.
///
/// Windows and rates: Google SRE workbook, chapter 5 (14.4 over 1 h and 5 min or 6 over 6 h and 30 min
/// pages; 1 over 3 days and 6 h is a ticket); a window longer than the run so far is as long as the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectiveDetail {
    /// `latencyMsP95` or `errorRatio`.
    pub metric: String,
    /// The limit: milliseconds, or a share.
    pub target: f64,
    /// The share of requests that may be bad (slower, or failed).
    pub budget_ratio: f64,
    /// Share of time in steps that broke the objective.
    pub breach_ratio: Estimate,
    /// Bad requests over those that may be: 1 is the whole budget of the run.
    pub budget_spent: Estimate,
    /// Share of time in which somebody would have been paged.
    pub paging_ratio: Estimate,
    /// Share of time in which a ticket would have been open.
    pub ticket_ratio: Estimate,
}

/// What one HorizontalPodAutoscaler did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AutoscalerResult {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `minReplicas`.
    pub min_replicas: u32,
    /// `maxReplicas`.
    pub max_replicas: u32,
    /// Mean over time.
    pub replicas_mean: Estimate,
    /// The most at any time.
    pub replicas_peak: Estimate,
    /// Share of time at `maxReplicas`.
    pub at_max_ratio: Estimate,
    /// Changes of the replica count.
    pub scale_events: Estimate,
    /// Pods started and stopped per hour.
    pub flapping_per_hour: Estimate,
}

/// What one VerticalPodAutoscaler recommended for a container at the end of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerticalResult {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The container.
    pub container: String,
    /// Cpu in milli-cores.
    pub cpu_milli: VerticalBounds,
    /// Memory in bytes.
    pub memory_bytes: VerticalBounds,
}

/// Requests now and as recommended, over the replications that had samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerticalBounds {
    /// The template's request.
    pub request: i64,
    /// What new pods get.
    pub target: Estimate,
    /// Pods that request less are evicted.
    pub lower_bound: Estimate,
    /// Pods that request more are evicted.
    pub upper_bound: Estimate,
}

/// What one node group did and cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupResult {
    /// Its name.
    pub name: String,
    /// Its machine types.
    pub instance_types: Vec<String>,
    /// `ON_DEMAND` or `SPOT`.
    pub capacity_type: String,
    /// The smallest size.
    pub min_size: u32,
    /// The largest size.
    pub max_size: u32,
    /// Mean over time.
    pub nodes_mean: Estimate,
    /// The most at any time.
    pub nodes_peak: Estimate,
    /// Node hours over the run.
    pub node_hours: Estimate,
    /// At 730 hours a month.
    pub cost_usd_per_month: Estimate,
    /// Share of the node cost that nobody held.
    pub idle_ratio: Estimate,
    /// Spot nodes taken back.
    pub interruptions: Estimate,
}

/// What one kind of charge costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChargeResult {
    /// `on-demand nodes`, `control plane`.
    pub name: String,
    /// At 730 hours a month.
    pub cost_usd_per_month: Estimate,
}

/// What one namespace costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamespaceResult {
    /// Its name, or `__idle__`, `__unallocated__`.
    pub name: String,
    /// At 730 hours a month.
    pub cost_usd_per_month: Estimate,
}

/// One row of `costs.csv`: the mean over replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CostRow {
    /// Days since the start.
    pub day: u32,
    /// The node group; empty for what is no node.
    pub group: String,
    /// The namespace, `__idle__` or `__unallocated__`.
    pub namespace: String,
    /// `cpu`, `ram`, or the kind of charge.
    pub resource: String,
    /// USD, to the nano-USD.
    pub cost_usd: f64,
}

/// What happened over time, in one replication.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Timeline {
    /// Which replication.
    pub replication: u32,
    /// The first value's time since the start.
    pub start_seconds: f64,
    /// From one value to the next.
    pub step_seconds: f64,
    /// All equally long.
    pub series: Vec<Series>,
}

impl Timeline {
    /// The series drawn in `panel`, in order.
    pub fn of(&self, panel: Panel) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(move |series| series.panel == panel)
    }
    /// The number of steps of the longest series.
    pub fn len(&self) -> usize {
        self.series.iter().map(|series| series.values.len()).max().unwrap_or(0)
    }
    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a series is drawn, and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Panel {
    /// Requests per second of a service.
    RequestsPerSecond,
    /// Ready pods of a workload.
    Replicas,
    /// Ready nodes of a group.
    Nodes,
    /// Pods waiting for a node; one series.
    PendingPods,
    /// 95th percentile of a service's latency, in milliseconds.
    LatencyMsP95,
    /// Share of failed requests of a service.
    ErrorRatio,
    /// USD per hour of the whole cluster; one series.
    CostUsdPerHour,
}

impl Panel {
    /// The prefix of its columns in `timeline.csv`, with the unit.
    pub const fn column(self) -> &'static str {
        match self {
            Panel::RequestsPerSecond => "requests_per_second",
            Panel::Replicas => "replicas",
            Panel::Nodes => "nodes",
            Panel::PendingPods => "pending_pods",
            Panel::LatencyMsP95 => "latency_ms_p95",
            Panel::ErrorRatio => "error_ratio",
            Panel::CostUsdPerHour => "cost_usd_per_hour",
        }
    }
}

/// One line over time. A missing value is a gap (no traffic, no latency).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Series {
    /// Where it is drawn.
    pub panel: Panel,
    /// The service, workload or group; empty for the whole cluster.
    pub name: String,
    /// One per step.
    pub values: Vec<Option<f64>>,
}

/// Whether a difference means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Change it: cheaper, and the service levels are met.
    Save,
    /// Change it: the service levels need it, whatever it costs.
    Spend,
    /// As it is: nothing cheaper keeps the service levels beyond doubt.
    Keep,
    /// No setting that was tried keeps the service levels.
    NotFound,
}

/// A better min and max for every HPA and node group, found by simulating alternatives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recommendation {
    /// What to make of it.
    pub verdict: Verdict,
    /// Recommended minus current; negative saves. Paired: both met the same traffic, on seeds that the
    /// search did not see.
    pub difference_usd_per_month: Estimate,
    /// Share of those replications that kept the service levels as it is.
    pub current_met_ratio: f64,
    /// The same, as recommended.
    pub recommended_met_ratio: f64,
    /// Settings that were simulated.
    pub settings_tried: u32,
    /// Fresh replications of each of the two.
    pub replications: u32,
    /// By HPA, then by node group.
    pub bounds: Vec<RecommendedBounds>,
}

/// A better min and max for one HPA or node group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecommendedBounds {
    /// `HPA order/order-service`, `node group app-nodes`.
    pub target: String,
    /// As it is.
    pub current_min: u32,
    /// As it is.
    pub current_max: u32,
    /// As it should be.
    pub min: u32,
    /// As it should be.
    pub max: u32,
    /// Why, in one sentence.
    pub reason: String,
}

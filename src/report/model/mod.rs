//! The report: versioned, serialisable, everything a reader may want to see of a run.

mod bill;
mod bottleneck;
mod carbon;
mod commitments;
mod costs;
mod drivers;
mod forecast;
mod month;
mod owners;
mod recommendation;
mod scaling;
mod timeline;
mod users;

pub use bill::{BillCell, BillCommitment, BillLineResult, BillMonth, BillResult};
pub use bottleneck::{Bottleneck, BottleneckKind};
pub use carbon::CarbonResult;
pub use commitments::{AdvisedCommitment, CommitmentResult, CommitmentsResult, SavingIfUsageFalls};
pub use costs::{ChargeResult, CostRow, NamespaceResult};
pub use drivers::{CapacityResult, CostDrivers};
pub use forecast::{ForecastBudget, ForecastMonthResult, ForecastResult};
pub use month::MonthResult;
pub use owners::{AllocationTable, BudgetResult, OwnerCost, UnitCost};
pub use recommendation::{Recommendation, RecommendedBounds, TriedSetting, Verdict};
pub use scaling::{AutoscalerResult, GroupResult, VerticalBounds, VerticalResult};
pub use timeline::{Panel, Series, Timeline};
pub use users::{LatencyDetail, ObjectiveDetail, PooledLatency, RouteResult, ServiceResult};

use crate::study::Estimate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// What may make a number another: what was seen but not modelled, and every assumption.
    pub caveats: Vec<String>,
    /// What was seen and changes no number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
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
    /// What was full while requests failed, the worst first; empty where nothing was.
    #[serde(default)]
    pub bottlenecks: Vec<Bottleneck>,
    /// Every line of the bill.
    #[serde(default)]
    pub bill: BillResult,
    /// By namespace, controller, service and label, with idle and shared costs as the scenario says.
    #[serde(default)]
    pub allocation: Vec<AllocationTable>,
    /// Budgets, and what is to be expected of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetResult>,
    /// The next twelve calendar months; absent where nobody asked and the demand does not grow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ForecastResult>,
    /// What a request costs.
    #[serde(default)]
    pub unit_costs: Vec<UnitCost>,
    /// By kind of charge.
    pub charges: Vec<ChargeResult>,
    /// By namespace, with `__idle__` and `__unallocated__`.
    pub namespaces: Vec<NamespaceResult>,
    /// Mean cost by day, group, namespace and resource; adds up to the mean total.
    pub costs: Vec<CostRow>,
    /// What was committed to in advance; absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitments: Option<CommitmentsResult>,
    /// Which commitments would pay, those that save most first; each for itself. Empty where nobody asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commitment_advice: Vec<AdvisedCommitment>,
    /// What the machines emit; absent where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carbon: Option<CarbonResult>,
    /// What the cost is made of, as far as runs are compared by it; absent in a result of an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_drivers: Option<CostDrivers>,
    /// What the scenario is made of: every value by its path.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
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
            notes: Vec::new(),
            headlines: Vec::new(),
            objectives: Vec::new(),
            services: Vec::new(),
            routes: Vec::new(),
            autoscalers: Vec::new(),
            vertical_autoscalers: Vec::new(),
            groups: Vec::new(),
            bottlenecks: Vec::new(),
            bill: BillResult::default(),
            allocation: Vec::new(),
            budgets: Vec::new(),
            forecast: None,
            unit_costs: Vec::new(),
            charges: Vec::new(),
            namespaces: Vec::new(),
            costs: Vec::new(),
            commitments: None,
            commitment_advice: Vec::new(),
            carbon: None,
            cost_drivers: None,
            inputs: BTreeMap::new(),
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
    /// For how long each was simulated before its time 0 without being counted.
    #[serde(default)]
    pub warm_up_seconds: f64,
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
    /// Kilograms per month of 730 hours.
    KgPerMonth,
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
    /// Of what a month costs: where single months lie, and what all this is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<MonthResult>,
}

/// A service level: `value < target` in each replication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Objective {
    /// The key of the figure that it limits: `latencyMsP95`, `latencyMsP95{route:/checkout}`; empty in older reports.
    #[serde(default)]
    pub metric: String,
    /// A few words for people: `latency P95`.
    pub label: String,
    /// The unit of `target`.
    pub unit: Unit,
    /// The limit.
    pub target: f64,
    /// Share of the replications that met it.
    pub met_ratio: f64,
}

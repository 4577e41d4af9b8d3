//! The scenario file: what Kubernetes does not know.
//!
//! Start reading at [`ScenarioFile`]; each file beside this one is a part of it.

mod carbon;
mod cluster;
mod commitments;
mod costs;
mod events;
mod forms;
mod growth;
mod hpas;
mod objectives;
mod owners;
mod prices;
mod recommend;
mod services;
mod sweep;
mod traffic;
mod values;

pub use carbon::{Carbon, CarbonFigures};
pub use cluster::{
    Assume, Assumption, Autoscaler, Cluster, FargateProfile, NodeGroup, ReleaseChannel, RootVolume, Scheduler,
};
pub use commitments::{Commitment, CommitmentKind, Payment};
pub use costs::{Billing, Charge, Managed, SupportPlan, SupportTerms};
pub use events::{Deploy, Fault, FaultReplacement, TerminationHandler};
pub use growth::GrowthRate;
pub use hpas::{Day, HpaBehavior, HpaPatch, HpaPolicy, HpaScaling, HpaWindow};
pub use objectives::{Objectives, RouteObjectives};
pub use owners::{Allocation, Budget, Sharing};
pub use prices::{Percent, PriceRate, PriceTerms, Prices, SpotAlign, SpotMode, SpotProcess};
pub use recommend::{FlashCrowd, HoldBack, Keep, Knob, Knobs, Recommend, Redundancy, SearchBudget, Stress};
pub use services::{ColdStart, JobWork, LoadBalancing, Requests, RetryPolicy, Service, WorkloadPatch};
pub use sweep::{Method, Sweep, Varied};
pub use traffic::{Arrivals, GapFilling, NameOrNumber, Pattern, Resampled, Stage, Trace, Traffic, Weeks};
pub use values::{FilePath, Precision, ShortTime, Time, VersionText};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A scenario as it is written. Unknown fields are refused.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScenarioFile {
    /// Where the schema of this file lies, for editors; `# yaml-language-server: $schema=...` in the first line does the same.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// `foresail/v1alpha1`.
    pub api_version: String,
    /// `Scenario`.
    pub kind: String,
    /// What it is called.
    #[schemars(example = &"shop")]
    #[serde(deserialize_with = "values::name")]
    pub name: String,
    /// What it asks, in a sentence.
    #[schemars(example = "What a doubled flash crowd costs")]
    pub description: String,
    /// Another scenario file that this one changes.
    #[schemars(example = "../base/scenario.yaml")]
    pub extends: Option<FilePath>,
    /// The cloud.
    pub cluster: Cluster,
    /// Files and folders of Kubernetes objects.
    #[schemars(example = serde_json::json!(["k8s/"]))]
    pub manifests: Vec<FilePath>,
    /// Files and folders of Terraform.
    #[schemars(example = serde_json::json!(["infra/"]))]
    pub terraform: Vec<FilePath>,
    /// Values of Terraform's variables, as `-var` gives them: they count before those of `*.tfvars`.
    pub terraform_vars: BTreeMap<String, serde_json::Value>,
    /// Files and folders of eksctl's ClusterConfigs.
    pub eksctl: Vec<FilePath>,
    /// Files and folders with what `aws eks describe-nodegroup`, `gcloud container clusters describe` and their like print.
    pub describe: Vec<FilePath>,
    /// Node groups: changes to Terraform's, and others.
    #[serde(deserialize_with = "values::by_name")]
    pub node_groups: BTreeMap<String, NodeGroup>,
    /// Cluster Autoscaler.
    pub autoscaler: Autoscaler,
    /// kube-scheduler.
    pub scheduler: Scheduler,
    /// What containers without requests ask for.
    #[schemars(extend("default" = serde_json::json!({"cpu": "100m", "memory": "128Mi"})), example = serde_json::json!({"cpu": "100m", "memory": "128Mi"}))]
    pub assume: Option<Assumption>,
    /// Requests.
    pub traffic: Traffic,
    /// What a request costs each service, by the name of its workload.
    #[serde(deserialize_with = "values::by_name")]
    pub services: BTreeMap<String, Service>,
    /// What Jobs do, by name.
    #[serde(deserialize_with = "values::by_name")]
    pub jobs: BTreeMap<String, JobWork>,
    /// Patches of the workloads' requests, by name or `namespace/name`.
    #[serde(deserialize_with = "values::by_name")]
    pub workloads: BTreeMap<String, WorkloadPatch>,
    /// Patches of the HPAs' bounds and rules, by name.
    #[serde(deserialize_with = "values::by_name")]
    pub hpas: BTreeMap<String, HpaPatch>,
    /// What is promised, to users and of the cluster.
    pub objectives: Objectives,
    /// What a recommendation may change, must survive and leaves alone. It changes nothing of what a run simulates.
    pub recommend: Recommend,
    /// What `check` holds figures against, by the figure: `latencyMsP95: ['< 200']`.
    #[schemars(example = serde_json::json!({"latencyMsP95": ["< 200"]}))]
    pub thresholds: IndexMap<String, Vec<String>>,
    /// Things that go wrong.
    pub faults: Vec<Fault>,
    /// Rolling updates and blue-green ones.
    pub deploys: Vec<Deploy>,
    /// What the termination handler does ahead of spot notices.
    pub termination_handler: Option<TerminationHandler>,
    /// Negotiated prices: a file, or discounts and rates.
    #[schemars(example = "contract.yaml")]
    pub prices: Prices,
    /// Managed services that are paid for.
    pub managed: Vec<Managed>,
    /// Whose bill it is, and when.
    pub billing: Billing,
    /// How costs are shown by owner, and passed on.
    pub allocation: Allocation,
    /// What owners may cost.
    pub budgets: Vec<Budget>,
    /// Other things that are paid for by the hour.
    pub charges: Vec<Charge>,
    /// The provider's support plan.
    #[schemars(example = &"business")]
    pub support: Option<SupportPlan>,
    /// What was committed to in advance.
    pub commitments: Vec<Commitment>,
    /// Whether emissions are wanted.
    #[schemars(extend("default" = false), example = true)]
    pub carbon: Carbon,
    /// A CSV of pods that arrive, run and end: `time_s,pod,cpu_milli,mem_bytes,duration_s`.
    #[schemars(example = "pods.csv")]
    pub pod_trace: Option<FilePath>,
    /// How long.
    #[schemars(extend("default" = "7d"), example = "24h")]
    pub duration: Option<Time>,
    /// For how long it is simulated before that without being counted: unless it is said, until nodes and pods have settled, at most a
    /// day, in a scenario of six hours or more with traffic. `0s` counts the start, with `desiredSize` nodes and all pods waiting.
    #[schemars(extend("x-unit" = "0s to 24h"), example = "1h")]
    pub warm_up: Option<Time>,
    /// How often.
    #[schemars(extend("default" = 40, "x-unit" = "runs, 1 to 100000"), example = 20)]
    pub replications: Option<u32>,
    /// `foresail run` doubles the replications, up to 5120, until the intervals of the cost and of the slowest route's P95 reach no farther
    /// from the mean than this share of it. Other commands say that they do not.
    #[schemars(extend("x-default" = "as many as `replications` says"), example = "1%")]
    pub precision: Option<Precision>,
    /// The seed.
    #[schemars(extend("default" = 1), example = 7)]
    pub seed: Option<u64>,
    /// A step of traffic and latency.
    #[schemars(extend("default" = "30s", "x-unit" = "1s to 1h"), example = "30s")]
    pub step: Option<Time>,
    /// `stochastic` (random phases, ties and delays, the default) or `lockstep` (the recordings' world).
    #[schemars(extend("default" = "stochastic"), example = &"lockstep")]
    pub fidelity: Fidelity,
    /// `fast` (formulas, the default) or `exact` (request by request).
    #[schemars(extend("default" = "fast"), example = &"exact")]
    pub latency: Latency,
    /// What `foresail sweep` varies.
    pub sweep: Sweep,
}

/// Every field that holds a [`FilePath`], but `extends` itself; `[]` stands for all entries of a list.
/// A scenario that is extended has them moved; a test compares the list with the declarations.
pub(super) const PATH_FIELDS: &[&str] = &[
    "manifests[]",
    "terraform[]",
    "eksctl[]",
    "describe[]",
    "scheduler.configuration",
    "traffic.patterns[].trace.file",
    "podTrace",
    "prices.file",
    "prices.spotHistory",
];

/// How controllers meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Fidelity {
    /// Loops have random phases, reactions take time, equally good nodes are drawn.
    #[default]
    Stochastic,
    /// Everything happens on whole seconds, controllers act in a fixed order within each, the smallest name wins.
    Lockstep,
}

/// How latency is found.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Latency {
    #[default]
    Fast,
    Exact,
}

/// Lists to which a scenario that extends another adds; everything else is replaced.
pub(super) const ADDED_LISTS: &[&str] =
    &["patterns", "faults", "deploys", "charges", "managed", "commitments", "budgets"];

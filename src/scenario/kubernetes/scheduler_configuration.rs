//! KubeSchedulerConfiguration (`kubescheduler.config.k8s.io/v1`), and the same arguments as the recordings
//! write them.

use crate::cluster::WhenUnsatisfiable;
use crate::intern::Symbol;
use crate::scenario::issue::{Issue, did_you_mean};
use crate::scenario::kubernetes::convert::DEFAULT_SCHEDULER;
use crate::scenario::kubernetes::meta::null_as_default;
use crate::scenario::kubernetes::pod::{NodeSelector, PreferredSchedulingTerm};
use crate::scenario::kubernetes::scheduler_plugins::{self, PluginPoints};
use crate::scenario::kubernetes::{Converter, read_object};
use crate::scheduler::{
    BackOff, DefaultConstraints, Profile, Profiles, ScoredResource, ScoringStrategy, ShapePoint, SpreadDefault,
    WeightedResource,
};
use crate::units::SimDuration;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The whole file; what says nothing about decisions is known by name only.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Configuration {
    api_version: String,
    #[serde(rename = "kind")]
    _kind: Value,
    #[serde(rename = "metadata")]
    _metadata: Value,
    percentage_of_nodes_to_score: Option<i32>,
    #[serde(deserialize_with = "null_as_default")]
    profiles: Vec<ProfileConfig>,
    #[serde(deserialize_with = "null_as_default")]
    extenders: Vec<Value>,
    pod_initial_backoff_seconds: Option<i64>,
    pod_max_backoff_seconds: Option<i64>,
    #[serde(rename = "parallelism")]
    _parallelism: Value,
    #[serde(rename = "leaderElection")]
    _leader_election: Value,
    #[serde(rename = "clientConnection")]
    _client_connection: Value,
    #[serde(rename = "enableProfiling")]
    _enable_profiling: Value,
    #[serde(rename = "enableContentionProfiling")]
    _enable_contention_profiling: Value,
    #[serde(rename = "delayCacheUntilActive")]
    _delay_cache_until_active: Value,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ProfileConfig {
    #[serde(deserialize_with = "null_as_default")]
    scheduler_name: String,
    percentage_of_nodes_to_score: Option<i32>,
    #[serde(deserialize_with = "null_as_default")]
    plugins: PluginPoints,
    #[serde(deserialize_with = "null_as_default")]
    plugin_config: Vec<PluginConfig>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PluginConfig {
    name: String,
    args: Value,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct FitArgs {
    #[serde(rename = "apiVersion")]
    _api_version: Value,
    #[serde(rename = "kind")]
    _kind: Value,
    #[serde(deserialize_with = "null_as_default")]
    ignored_resources: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    ignored_resource_groups: Vec<String>,
    scoring_strategy: Option<Strategy>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Strategy {
    r#type: String,
    #[serde(deserialize_with = "null_as_default")]
    resources: Vec<NamedWeight>,
    requested_to_capacity_ratio: Option<Ratio>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ratio {
    #[serde(deserialize_with = "null_as_default")]
    shape: Vec<Point>,
}

#[derive(Deserialize)]
struct Point {
    utilization: i64,
    score: i64,
}

#[derive(Deserialize)]
struct NamedWeight {
    name: String,
    #[serde(default)]
    weight: i64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct BalancedArgs {
    #[serde(rename = "apiVersion")]
    _api_version: Value,
    #[serde(rename = "kind")]
    _kind: Value,
    #[serde(deserialize_with = "null_as_default")]
    resources: Vec<NamedWeight>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct InterPodAffinityArgs {
    #[serde(rename = "apiVersion")]
    _api_version: Value,
    #[serde(rename = "kind")]
    _kind: Value,
    hard_pod_affinity_weight: Option<i32>,
    ignore_preferred_terms_of_existing_pods: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct NodeAffinityArgs {
    #[serde(rename = "apiVersion")]
    _api_version: Value,
    #[serde(rename = "kind")]
    _kind: Value,
    added_affinity: Option<AddedAffinity>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct AddedAffinity {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: Option<NodeSelector>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution", deserialize_with = "null_as_default")]
    preferred: Vec<PreferredSchedulingTerm>,
    /// The recordings write a whole affinity.
    node_affinity: Option<Box<AddedAffinity>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct SpreadArgs {
    #[serde(rename = "apiVersion")]
    _api_version: Value,
    #[serde(rename = "kind")]
    _kind: Value,
    #[serde(deserialize_with = "null_as_default")]
    default_constraints: Vec<Constraint>,
    defaulting_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Constraint {
    max_skew: i32,
    topology_key: String,
    when_unsatisfiable: String,
}

/// Plugin arguments as a recording's `config` writes them.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CaseConfig {
    percentage_of_nodes_to_score: Option<i32>,
    scoring_strategy: String,
    resources: Vec<NamedWeight>,
    shape: Vec<Point>,
    balanced_resources: Vec<NamedWeight>,
    hard_pod_affinity_weight: Option<i32>,
    ignore_preferred_terms_of_existing_pods: bool,
    default_constraints: Option<Vec<Constraint>>,
    added_affinity: Option<AddedAffinity>,
    ignored_resources: Vec<String>,
    ignored_resource_groups: Vec<String>,
}

/// The plugins that have arguments which some rule looks at.
const WITH_ARGUMENTS: [&str; 5] =
    ["NodeResourcesFit", "NodeResourcesBalancedAllocation", "InterPodAffinity", "NodeAffinity", "PodTopologySpread"];
/// The versions of the file whose rules are known; they differ in nothing that is read.
const VERSIONS: [&str; 2] = ["kubescheduler.config.k8s.io/v1", "kubescheduler.config.k8s.io/v1beta3"];
/// The last version that kube-scheduler 1.28 no longer reads.
const GONE: &str = "kubescheduler.config.k8s.io/v1beta2";
/// Plugins whose arguments change nothing here.
const WITHOUT_EFFECT: [&str; 2] = ["DefaultPreemption", "VolumeBinding"];

/// A version that is not read.
fn other_version(found: &str) -> Issue {
    let message = match found {
        GONE => format!("`{GONE}` is gone since Kubernetes 1.28"),
        _ => format!("found `{found}`, expected `{}`", VERSIONS[0]),
    };
    Issue::error("apiVersion", message).with_help(format!("write `apiVersion: {}`", VERSIONS[0]))
}

impl Converter<'_> {
    /// The scheduler's profiles from a KubeSchedulerConfiguration. What is wrong or not modelled is in
    /// [`Converter::issues`].
    ///
    /// Upstream: `ValidateKubeSchedulerConfiguration`, 1.28.
    pub fn scheduler_profiles(&mut self, object: &Value) -> Profiles {
        let Some(api) = self.arguments::<Configuration>("", object) else { return Profiles::default() };
        if !VERSIONS.contains(&api.api_version.as_str()) {
            self.issues.push(other_version(&api.api_version));
        }
        if !api.extenders.is_empty() {
            self.issues.push(Issue::warning("extenders", "extenders are not modelled"));
        }
        self.check_percentage("", api.percentage_of_nodes_to_score);
        let mut rows: Vec<(Symbol, Profile)> = Vec::new();
        for (at, row) in api.profiles.iter().enumerate() {
            let field = format!("profiles[{at}]");
            let name = self.scheduler_name(&field, row, api.profiles.len());
            if rows.iter().any(|(other, _)| *other == name) {
                let name = if name == Symbol::EMPTY { DEFAULT_SCHEDULER } else { &row.scheduler_name };
                let message = format!("two profiles are for `{name}`");
                self.issues.push(Issue::error(format!("{field}.schedulerName"), message));
            }
            self.check_percentage(&format!("{field}."), row.percentage_of_nodes_to_score);
            let percentage = row.percentage_of_nodes_to_score.or(api.percentage_of_nodes_to_score).unwrap_or(0);
            rows.push((name, self.scheduler_profile(&field, row, percentage)));
        }
        if rows.is_empty() {
            let percentage_of_nodes_to_score = api.percentage_of_nodes_to_score.unwrap_or(0);
            rows.push((Symbol::EMPTY, Profile { percentage_of_nodes_to_score, ..Profile::default() }));
        }
        let mut profiles = Profiles::new(rows);
        self.back_off(&api, &mut profiles);
        profiles
    }

    fn scheduler_name(&mut self, field: &str, row: &ProfileConfig, profiles: usize) -> Symbol {
        match row.scheduler_name.as_str() {
            DEFAULT_SCHEDULER => Symbol::EMPTY,
            "" if profiles == 1 => Symbol::EMPTY,
            "" => {
                let message = "each of several profiles needs a name";
                self.issues.push(Issue::error(format!("{field}.schedulerName"), message));
                Symbol::EMPTY
            }
            name => self.symbol(name),
        }
    }

    fn scheduler_profile(&mut self, field: &str, row: &ProfileConfig, percentage: i32) -> Profile {
        let plugins = scheduler_plugins::plugins(&format!("{field}.plugins"), &row.plugins, &mut self.issues);
        let mut profile =
            Profile { percentage_of_nodes_to_score: percentage.clamp(0, 100), plugins, ..Profile::default() };
        for (at, plugin) in row.plugin_config.iter().enumerate() {
            if row.plugin_config[..at].iter().any(|other| other.name == plugin.name) {
                let message = format!("the arguments of {} are given twice", plugin.name);
                self.issues.push(Issue::error(format!("{field}.pluginConfig[{at}]"), message));
            }
            self.plugin_arguments(&format!("{field}.pluginConfig[{at}].args"), plugin, &mut profile);
        }
        profile
    }

    fn check_percentage(&mut self, field: &str, percentage: Option<i32>) {
        if let Some(found) = percentage.filter(|percentage| !(0..=100).contains(percentage)) {
            let message = format!("must be 0 (adaptive) to 100, found {found}");
            self.issues.push(Issue::error(format!("{field}percentageOfNodesToScore"), message));
        }
    }

    fn back_off(&mut self, api: &Configuration, profiles: &mut Profiles) {
        const LARGEST: i64 = 24 * 3600;
        let initial = api.pod_initial_backoff_seconds.unwrap_or(1);
        let longest = api.pod_max_backoff_seconds.unwrap_or(10);
        if !(1..=LARGEST).contains(&initial) {
            let message = format!("must be 1 to {LARGEST}, found {initial}");
            self.issues.push(Issue::error("podInitialBackoffSeconds", message));
        } else if !(initial..=LARGEST).contains(&longest) {
            let message = format!("must be podInitialBackoffSeconds ({initial}) to {LARGEST}, found {longest}");
            self.issues.push(Issue::error("podMaxBackoffSeconds", message));
        } else {
            profiles.back_off = BackOff::new(SimDuration::from_secs(initial), SimDuration::from_secs(longest));
        }
    }

    fn plugin_arguments(&mut self, field: &str, plugin: &PluginConfig, profile: &mut Profile) {
        match plugin.name.as_str() {
            "NodeResourcesFit" => {
                let Some(args) = self.arguments::<FitArgs>(field, &plugin.args) else { return };
                profile.ignored_resources = args.ignored_resources.iter().map(|name| self.symbol(name)).collect();
                profile.ignored_resource_groups = args.ignored_resource_groups;
                if let Some(strategy) = args.scoring_strategy {
                    profile.resources = self.weights(field, &strategy.resources);
                    let shape = strategy.requested_to_capacity_ratio.map_or(Vec::new(), |ratio| ratio.shape);
                    profile.strategy = self.strategy(field, &strategy.r#type, &shape);
                }
            }
            "NodeResourcesBalancedAllocation" => {
                let Some(args) = self.arguments::<BalancedArgs>(field, &plugin.args) else { return };
                profile.balanced_resources = self.weights(field, &args.resources);
            }
            "InterPodAffinity" => {
                let Some(args) = self.arguments::<InterPodAffinityArgs>(field, &plugin.args) else { return };
                profile.hard_pod_affinity_weight = args.hard_pod_affinity_weight.unwrap_or(1);
                if !(0..=100).contains(&profile.hard_pod_affinity_weight) {
                    let message = format!("must be 0 to 100, found {}", profile.hard_pod_affinity_weight);
                    self.issues.push(Issue::error(format!("{field}.hardPodAffinityWeight"), message));
                }
                profile.ignore_preferred_terms_of_existing_pods = args.ignore_preferred_terms_of_existing_pods;
            }
            "NodeAffinity" => {
                let Some(args) = self.arguments::<NodeAffinityArgs>(field, &plugin.args) else { return };
                self.added_affinity(args.added_affinity, profile);
            }
            "PodTopologySpread" => {
                let Some(args) = self.arguments::<SpreadArgs>(field, &plugin.args) else { return };
                let is_list = args.defaulting_type.as_deref().is_none_or(|kind| kind == "List");
                // Upstream's default is System; constraints of one's own need `defaultingType: List`.
                if args.defaulting_type.is_some() && is_list {
                    profile.default_constraints =
                        DefaultConstraints::List(self.spread_defaults(field, &args.default_constraints));
                } else if !args.default_constraints.is_empty() {
                    let message = "constraints of your own need defaultingType: List";
                    self.issues.push(Issue::error(format!("{field}.defaultConstraints"), message));
                }
            }
            other if WITHOUT_EFFECT.contains(&other) => {
                self.issues.push(Issue::warning(field, "these arguments are not modelled"));
            }
            other => {
                self.issues.push(match did_you_mean(other, WITH_ARGUMENTS) {
                    Some(meant) => Issue::error(field, format!("there is no plugin `{other}` with arguments"))
                        .with_help(format!("did you mean `{meant}`?")),
                    None => Issue::warning(field, format!("`{other}` has no arguments that are modelled")),
                });
            }
        }
    }

    /// The scheduler's profile as a recording's `config` writes it.
    pub fn recorded_profile(&mut self, object: &Value) -> Profile {
        let mut profile = Profile::default();
        let Some(api) = self.arguments::<CaseConfig>("config", object) else { return profile };
        profile.percentage_of_nodes_to_score = api.percentage_of_nodes_to_score.unwrap_or(100);
        let strategy = if api.scoring_strategy.is_empty() { "LeastAllocated" } else { &api.scoring_strategy };
        profile.strategy = self.strategy("config", strategy, &api.shape);
        profile.resources = self.weights("config.resources", &api.resources);
        profile.balanced_resources = self.weights("config.balancedResources", &api.balanced_resources);
        profile.ignored_resources = api.ignored_resources.iter().map(|name| self.symbol(name)).collect();
        profile.ignored_resource_groups = api.ignored_resource_groups;
        profile.hard_pod_affinity_weight = api.hard_pod_affinity_weight.unwrap_or(1);
        profile.ignore_preferred_terms_of_existing_pods = api.ignore_preferred_terms_of_existing_pods;
        if let Some(rows) = &api.default_constraints {
            profile.default_constraints = DefaultConstraints::List(self.spread_defaults("config", rows));
        }
        self.added_affinity(api.added_affinity, &mut profile);
        profile
    }

    fn arguments<T: DeserializeOwned + Default>(&mut self, field: &str, value: &Value) -> Option<T> {
        if value.is_null() {
            return Some(T::default());
        }
        read_object::<T>(value)
            .map_err(|mut issue| {
                let inner = issue.place.field.take().unwrap_or_default();
                let dot = if field.is_empty() || inner.is_empty() { "" } else { "." };
                issue.place.field = Some(format!("{field}{dot}{inner}")).filter(|path| !path.is_empty());
                self.issues.push(issue);
            })
            .ok()
    }

    fn strategy(&mut self, field: &str, name: &str, shape: &[Point]) -> ScoringStrategy {
        match name {
            "" | "LeastAllocated" => ScoringStrategy::LeastAllocated,
            "MostAllocated" => ScoringStrategy::MostAllocated,
            "RequestedToCapacityRatio" => {
                let rising = shape.windows(2).all(|pair| pair[0].utilization < pair[1].utilization);
                let inside = |p: &Point| (0..=100).contains(&p.utilization) && (0..=10).contains(&p.score);
                if shape.is_empty() || !rising || !shape.iter().all(inside) {
                    let message = "the shape needs points of rising utilization 0 to 100 with scores 0 to 10";
                    self.issues.push(Issue::error(format!("{field}.shape"), message));
                    return ScoringStrategy::LeastAllocated;
                }
                let point = |p: &Point| ShapePoint { utilization: p.utilization, score: p.score };
                ScoringStrategy::RequestedToCapacityRatio(shape.iter().map(point).collect())
            }
            other => {
                let known = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"];
                let issue = Issue::error(
                    format!("{field}.scoringStrategy.type"),
                    format!("`{other}` is not a scoring strategy, expected one of {}", known.join(", ")),
                );
                self.issues.push(issue.suggest(other, known));
                ScoringStrategy::LeastAllocated
            }
        }
    }

    fn weights(&mut self, field: &str, rows: &[NamedWeight]) -> Vec<WeightedResource> {
        let mut list = Vec::new();
        for row in rows {
            let resource = match row.name.as_str() {
                "cpu" => ScoredResource::Cpu,
                "memory" => ScoredResource::Memory,
                "ephemeral-storage" => ScoredResource::EphemeralStorage,
                other => ScoredResource::Scalar(self.symbol(other)),
            };
            if !(0..=100).contains(&row.weight) {
                let message = format!("the weight of {} must be 1 to 100, found {}", row.name, row.weight);
                self.issues.push(Issue::error(field, message));
            }
            // Upstream's defaulting: no weight is weight 1.
            list.push(WeightedResource { resource, weight: row.weight.clamp(1, 100) });
        }
        list
    }

    fn spread_defaults(&mut self, field: &str, rows: &[Constraint]) -> Vec<SpreadDefault> {
        let mut list = Vec::new();
        for row in rows {
            let when_unsatisfiable = match row.when_unsatisfiable.as_str() {
                "DoNotSchedule" => WhenUnsatisfiable::DoNotSchedule,
                "ScheduleAnyway" => WhenUnsatisfiable::ScheduleAnyway,
                other => {
                    let message = format!("`{other}` is neither DoNotSchedule nor ScheduleAnyway");
                    self.issues.push(Issue::error(format!("{field}.defaultConstraints.whenUnsatisfiable"), message));
                    continue;
                }
            };
            if row.max_skew < 1 {
                let message = format!("must be at least 1, found {}", row.max_skew);
                self.issues.push(Issue::error(format!("{field}.defaultConstraints.maxSkew"), message));
                continue;
            }
            let topology_key = self.symbol(&row.topology_key);
            list.push(SpreadDefault { max_skew: row.max_skew, topology_key, when_unsatisfiable });
        }
        list
    }

    fn added_affinity(&mut self, api: Option<AddedAffinity>, profile: &mut Profile) {
        let Some(api) = api else { return };
        let api = api.node_affinity.map_or_else(|| AddedAffinity { node_affinity: None, ..api }, |inner| *inner);
        profile.added_preferred = self.preferred_node_terms(&api.preferred);
        profile.added_affinity = api.required.as_ref().map(|selector| self.node_selector(selector));
    }
}

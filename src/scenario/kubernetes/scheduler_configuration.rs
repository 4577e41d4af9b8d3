//! KubeSchedulerConfiguration (`kubescheduler.config.k8s.io/v1`), and the same arguments as the recordings
//! write them.

use crate::cluster::WhenUnsatisfiable;
use crate::scenario::issue::{Issue, did_you_mean};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::meta::null_as_default;
use crate::scenario::kubernetes::pod::NodeSelector;
use crate::scheduler::{
    DefaultConstraints, Profile, ScoredResource, ScoringStrategy, ShapePoint, SpreadDefault, WeightedResource,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Configuration {
    percentage_of_nodes_to_score: Option<i32>,
    #[serde(deserialize_with = "null_as_default")]
    profiles: Vec<ProfileConfig>,
    #[serde(deserialize_with = "null_as_default")]
    extenders: Vec<Value>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ProfileConfig {
    #[serde(deserialize_with = "null_as_default")]
    scheduler_name: String,
    percentage_of_nodes_to_score: Option<i32>,
    plugins: Option<Value>,
    #[serde(deserialize_with = "null_as_default")]
    plugin_config: Vec<PluginConfig>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PluginConfig {
    name: String,
    args: Value,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct FitArgs {
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
#[serde(default)]
struct BalancedArgs {
    #[serde(deserialize_with = "null_as_default")]
    resources: Vec<NamedWeight>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct InterPodAffinityArgs {
    hard_pod_affinity_weight: Option<i32>,
    ignore_preferred_terms_of_existing_pods: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct NodeAffinityArgs {
    added_affinity: Option<AddedAffinity>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct AddedAffinity {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: Option<NodeSelector>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution", deserialize_with = "null_as_default")]
    preferred: Vec<Value>,
    /// The recordings write a whole affinity.
    node_affinity: Option<Box<AddedAffinity>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SpreadArgs {
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
/// Plugins whose arguments change nothing here.
const WITHOUT_EFFECT: [&str; 2] = ["DefaultPreemption", "VolumeBinding"];

impl Converter<'_> {
    /// The scheduler's profile from a KubeSchedulerConfiguration. What is wrong or not modelled is in
    /// [`Converter::issues`].
    ///
    /// Of several profiles that of `default-scheduler` counts, else the first.
    pub fn scheduler_profile(&mut self, object: &Value) -> Profile {
        let mut profile = Profile::default();
        let Some(api) = self.arguments::<Configuration>("", object) else { return profile };
        let chosen = api.profiles.iter().position(|row| matches!(&*row.scheduler_name, "" | "default-scheduler"));
        let row = api.profiles.get(chosen.unwrap_or(0));
        let percentage = row.and_then(|row| row.percentage_of_nodes_to_score).or(api.percentage_of_nodes_to_score);
        profile.percentage_of_nodes_to_score = percentage.unwrap_or(0);
        if !(0..=100).contains(&profile.percentage_of_nodes_to_score) {
            let message = format!("must be 0 (adaptive) to 100, found {}", profile.percentage_of_nodes_to_score);
            self.issues.push(Issue::error("percentageOfNodesToScore", message));
        }
        let mut doubt = |field: &str, message: &str| self.issues.push(Issue::warning(field, message));
        if api.profiles.len() > 1 {
            doubt("profiles", "one profile is modelled: that of default-scheduler, else the first");
        }
        if !api.extenders.is_empty() {
            doubt("extenders", "extenders are not modelled");
        }
        if row.is_some_and(|row| row.plugins.is_some()) {
            doubt("profiles.plugins", "the default plugins with their default weights are modelled, no others");
        }
        for plugin in row.iter().flat_map(|row| &row.plugin_config) {
            self.plugin_arguments(plugin, &mut profile);
        }
        profile
    }

    fn plugin_arguments(&mut self, plugin: &PluginConfig, profile: &mut Profile) {
        let field = format!("profiles.pluginConfig.{}.args", plugin.name);
        match plugin.name.as_str() {
            "NodeResourcesFit" => {
                let Some(args) = self.arguments::<FitArgs>(&field, &plugin.args) else { return };
                profile.ignored_resources = args.ignored_resources.iter().map(|name| self.symbol(name)).collect();
                profile.ignored_resource_groups = args.ignored_resource_groups;
                if let Some(strategy) = args.scoring_strategy {
                    profile.resources = self.weights(&field, &strategy.resources);
                    let shape = strategy.requested_to_capacity_ratio.map_or(Vec::new(), |ratio| ratio.shape);
                    profile.strategy = self.strategy(&field, &strategy.r#type, &shape);
                }
            }
            "NodeResourcesBalancedAllocation" => {
                let Some(args) = self.arguments::<BalancedArgs>(&field, &plugin.args) else { return };
                profile.balanced_resources = self.weights(&field, &args.resources);
            }
            "InterPodAffinity" => {
                let Some(args) = self.arguments::<InterPodAffinityArgs>(&field, &plugin.args) else { return };
                profile.hard_pod_affinity_weight = args.hard_pod_affinity_weight.unwrap_or(1);
                if !(0..=100).contains(&profile.hard_pod_affinity_weight) {
                    let message = format!("must be 0 to 100, found {}", profile.hard_pod_affinity_weight);
                    self.issues.push(Issue::error(format!("{field}.hardPodAffinityWeight"), message));
                }
                profile.ignore_preferred_terms_of_existing_pods = args.ignore_preferred_terms_of_existing_pods;
            }
            "NodeAffinity" => {
                let Some(args) = self.arguments::<NodeAffinityArgs>(&field, &plugin.args) else { return };
                self.added_affinity(&field, args.added_affinity, profile);
            }
            "PodTopologySpread" => {
                let Some(args) = self.arguments::<SpreadArgs>(&field, &plugin.args) else { return };
                let is_list = args.defaulting_type.as_deref().is_none_or(|kind| kind == "List");
                // Upstream's default is System; constraints of one's own need `defaultingType: List`.
                if args.defaulting_type.is_some() && is_list {
                    profile.default_constraints =
                        DefaultConstraints::List(self.spread_defaults(&field, &args.default_constraints));
                } else if !args.default_constraints.is_empty() {
                    let message = "constraints of your own need defaultingType: List";
                    self.issues.push(Issue::error(format!("{field}.defaultConstraints"), message));
                }
            }
            other if WITHOUT_EFFECT.contains(&other) => {
                self.issues.push(Issue::warning(field, "these arguments are not modelled"));
            }
            other => {
                let mut issue = Issue::warning(field, format!("`{other}` has no arguments that are modelled"));
                issue.help = did_you_mean(other, WITH_ARGUMENTS).map(|meant| format!("did you mean `{meant}`?"));
                self.issues.push(issue);
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
        self.added_affinity("config", api.added_affinity, &mut profile);
        profile
    }

    fn arguments<T: DeserializeOwned + Default>(&mut self, field: &str, value: &Value) -> Option<T> {
        if value.is_null() {
            return Some(T::default());
        }
        match T::deserialize(value) {
            Ok(args) => Some(args),
            Err(error) => {
                self.issues.push(Issue::error(field, error.to_string()));
                None
            }
        }
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
                let mut issue = Issue::error(
                    format!("{field}.scoringStrategy.type"),
                    format!("`{other}` is not a scoring strategy, expected one of {}", known.join(", ")),
                );
                issue.help = did_you_mean(other, known).map(|meant| format!("did you mean `{meant}`?"));
                self.issues.push(issue);
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

    fn added_affinity(&mut self, field: &str, api: Option<AddedAffinity>, profile: &mut Profile) {
        let Some(api) = api else { return };
        let api = api.node_affinity.map_or_else(|| AddedAffinity { node_affinity: None, ..api }, |inner| *inner);
        if !api.preferred.is_empty() {
            self.issues.push(Issue::warning(
                format!("{field}.addedAffinity"),
                "preferred terms of the added affinity are not modelled",
            ));
        }
        profile.added_affinity = api.required.as_ref().map(|selector| self.node_selector(selector));
    }
}

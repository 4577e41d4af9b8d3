//! What a KubeSchedulerConfiguration (v1) can say.

use crate::cluster::{NodeSelector, WhenUnsatisfiable};
use crate::intern::Symbol;

/// A scheduler profile: the default plugins with their arguments. The default is kube-scheduler's.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// `NodeResourcesFitArgs.scoringStrategy`.
    pub strategy: ScoringStrategy,
    /// Its `resources`; empty means cpu and memory with weight 1.
    pub resources: Vec<WeightedResource>,
    /// `NodeResourcesBalancedAllocationArgs.resources`; empty means cpu and memory.
    pub balanced_resources: Vec<WeightedResource>,
    /// `NodeResourcesFitArgs.ignoredResources`.
    pub ignored_resources: Vec<Symbol>,
    /// `NodeResourcesFitArgs.ignoredResourceGroups`: prefixes before the `/`.
    pub ignored_resource_groups: Vec<String>,
    /// `InterPodAffinityArgs.hardPodAffinityWeight`.
    pub hard_pod_affinity_weight: i32,
    /// `InterPodAffinityArgs.ignorePreferredTermsOfExistingPods`.
    pub ignore_preferred_terms_of_existing_pods: bool,
    /// `PodTopologySpreadArgs.defaultConstraints` and `defaultingType`.
    pub default_constraints: DefaultConstraints,
    /// `NodeAffinityArgs.addedAffinity.required...`.
    pub added_affinity: Option<NodeSelector>,
    /// `percentageOfNodesToScore`: 0 is adaptive, 100 looks at all nodes.
    pub percentage_of_nodes_to_score: i32,
}

impl Default for Profile {
    fn default() -> Self {
        Profile {
            strategy: ScoringStrategy::LeastAllocated,
            resources: Vec::new(),
            balanced_resources: Vec::new(),
            ignored_resources: Vec::new(),
            ignored_resource_groups: Vec::new(),
            hard_pod_affinity_weight: 1,
            ignore_preferred_terms_of_existing_pods: false,
            default_constraints: DefaultConstraints::System,
            added_affinity: None,
            percentage_of_nodes_to_score: 0,
        }
    }
}

/// How NodeResourcesFit scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ScoringStrategy {
    /// Empty nodes first.
    #[default]
    LeastAllocated,
    /// Full nodes first.
    MostAllocated,
    /// A shape over utilisation.
    RequestedToCapacityRatio(Vec<ShapePoint>),
}

/// A point of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapePoint {
    /// Percent, 0..=100.
    pub utilization: i64,
    /// 0..=10.
    pub score: i64,
}

/// A resource that counts in a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightedResource {
    /// Its name.
    pub resource: ScoredResource,
    /// 1..=100.
    pub weight: i64,
}

/// Resources a score can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoredResource {
    /// `cpu`.
    Cpu,
    /// `memory`.
    Memory,
    /// `ephemeral-storage`.
    EphemeralStorage,
    /// An extended resource or huge pages.
    Scalar(Symbol),
}

/// Spread constraints of pods that have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DefaultConstraints {
    /// By hostname (maxSkew 3) and zone (maxSkew 5), ScheduleAnyway.
    #[default]
    System,
    /// These.
    List(Vec<SpreadDefault>),
}

/// A default spread constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpreadDefault {
    /// `maxSkew`.
    pub max_skew: i32,
    /// `topologyKey`.
    pub topology_key: Symbol,
    /// `whenUnsatisfiable`.
    pub when_unsatisfiable: WhenUnsatisfiable,
}

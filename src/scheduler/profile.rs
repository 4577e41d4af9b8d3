//! What a KubeSchedulerConfiguration (v1) can say.

use super::queue::{BackOff, PluginSet};
use super::reason::Plugin;
use super::rules::Rules;
use crate::cluster::{NodeSelector, PodSpec, PreferredNodeTerm, WhenUnsatisfiable};
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
    /// Its `preferred...`: terms that count as every pod's own.
    pub added_preferred: Vec<PreferredNodeTerm>,
    /// `percentageOfNodesToScore`: 0 is adaptive, 100 looks at all nodes.
    pub percentage_of_nodes_to_score: i32,
    /// Which plugins are at work, with which weights.
    pub plugins: Plugins,
    /// What is so in its version of Kubernetes.
    pub rules: Rules,
}

/// Which of the default plugins filter, score and preempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Plugins {
    /// Plugins that do not filter.
    filters_off: PluginSet,
    /// Weights of scores; 0 does not score.
    weights: [i64; Plugin::ALL.len()],
    /// DefaultPreemption is at work.
    pub preempts: bool,
}

impl Plugins {
    /// Whether the plugin filters.
    pub fn filters(&self, plugin: Plugin) -> bool {
        !self.filters_off.any(|off| off == plugin)
    }
    /// The plugins that do not filter.
    pub fn filters_off(&self) -> PluginSet {
        self.filters_off
    }
    /// The weight of the plugin's score, 0 if it does not score.
    pub fn weight(&self, plugin: Plugin) -> i64 {
        self.weights[plugin as usize]
    }
    /// The plugin does not filter.
    pub fn disable_filter(&mut self, plugin: Plugin) {
        self.filters_off.insert(plugin);
    }
    /// Sets the weight of the plugin's score: 0 switches it off.
    pub fn set_weight(&mut self, plugin: Plugin, weight: i64) {
        self.weights[plugin as usize] = weight;
    }
    /// Upstream's weight; 0 if the plugin does not score. Upstream: `getDefaultPlugins`, 1.28.
    pub fn default_weight(plugin: Plugin) -> i64 {
        match plugin {
            Plugin::TaintToleration => 3,
            Plugin::NodeAffinity | Plugin::PodTopologySpread | Plugin::InterPodAffinity => 2,
            Plugin::NodeResourcesFit | Plugin::NodeResourcesBalancedAllocation | Plugin::ImageLocality => 1,
            _ => 0,
        }
    }
}

impl Default for Plugins {
    /// Upstream's.
    fn default() -> Self {
        let weights = Plugin::ALL.map(Plugins::default_weight);
        Plugins { filters_off: PluginSet::EMPTY, weights, preempts: true }
    }
}

/// The profiles of one kube-scheduler: whose pods, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Profiles {
    rows: Vec<(Symbol, Profile)>,
    /// How long failed pods wait: `podInitialBackoffSeconds`, `podMaxBackoffSeconds`.
    pub back_off: BackOff,
}

impl Profiles {
    /// Profiles by `schedulerName`, the empty symbol being `default-scheduler`. Without any it is the default one.
    pub fn new(rows: Vec<(Symbol, Profile)>) -> Self {
        if rows.is_empty() { Profiles::default() } else { Profiles { rows, back_off: BackOff::default() } }
    }
    /// Names (empty for `default-scheduler`) and profiles, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &(Symbol, Profile)> {
        self.rows.iter()
    }
    /// Whether pods of this scheduler are ours.
    pub fn handle(&self, scheduler: Symbol) -> bool {
        self.rows.iter().any(|(name, _)| *name == scheduler)
    }
    /// The position of the profile for pods of this scheduler; that of `default-scheduler`, else the first, for
    /// pods of another one.
    pub fn position(&self, scheduler: Symbol) -> usize {
        let of = |wanted: Symbol| self.rows.iter().position(|(name, _)| *name == wanted);
        of(scheduler).or_else(|| of(Symbol::EMPTY)).unwrap_or(0)
    }
    /// The profile for pods of this scheduler, as by [`position`](Self::position).
    pub fn of(&self, scheduler: Symbol) -> &Profile {
        &self.rows[self.position(scheduler)].1
    }
    /// The rules, which all profiles of a scheduler share.
    pub fn rules(&self) -> Rules {
        self.rows.first().map_or_else(Rules::default, |(_, profile)| profile.rules)
    }
    /// All of them follow these rules.
    pub fn set_rules(&mut self, rules: Rules) {
        self.for_each(|profile| profile.rules = rules);
    }
    /// As [`set_rules`](Self::set_rules).
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.set_rules(rules);
        self
    }
    /// Changes all of them.
    pub fn for_each(&mut self, change: impl FnMut(&mut Profile)) {
        self.rows.iter_mut().map(|(_, profile)| profile).for_each(change);
    }
}

impl Default for Profiles {
    fn default() -> Self {
        Profile::default().into()
    }
}

impl From<Profile> for Profiles {
    fn from(profile: Profile) -> Self {
        Profiles { rows: vec![(Symbol::EMPTY, profile)], back_off: BackOff::default() }
    }
}

impl Profile {
    /// The default one, by these rules.
    pub fn by(rules: Rules) -> Self {
        Profile { rules, ..Profile::default() }
    }
    /// Whether NodeAffinity has anything to score by.
    pub(super) fn prefers_nodes_for(&self, pod: &PodSpec) -> bool {
        !pod.preferred_node_affinity.is_empty() || !self.added_preferred.is_empty()
    }
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
            added_preferred: Vec::new(),
            percentage_of_nodes_to_score: 0,
            plugins: Plugins::default(),
            rules: Rules::default(),
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

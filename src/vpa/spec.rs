//! What a VerticalPodAutoscaler object says, and the flags of recommender and updater.

use crate::intern::Symbol;
use crate::units::SimDuration;

/// `spec.updatePolicy.updateMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpdateMode {
    /// Recommendations only.
    Off,
    /// New pods get the recommendation, running ones stay.
    Initial,
    /// Pods outside the bounds are evicted.
    Recreate,
    /// In 1.0 the same as `Recreate`.
    #[default]
    Auto,
}

impl UpdateMode {
    /// New pods get the recommended requests.
    pub const fn sets_requests(self) -> bool {
        !matches!(self, UpdateMode::Off)
    }
    /// Running pods may be evicted.
    pub const fn evicts(self) -> bool {
        matches!(self, UpdateMode::Recreate | UpdateMode::Auto)
    }
}

/// `spec` of a VPA.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VpaSpec {
    /// Who gets the recommendations.
    pub mode: UpdateMode,
    /// `updatePolicy.minReplicas`; absent means the updater's flag.
    pub min_replicas: Option<i32>,
    /// By container name.
    pub containers: Vec<(Symbol, ContainerPolicy)>,
    /// The policy of containers without their own: container name `*`.
    pub others: ContainerPolicy,
}

impl VpaSpec {
    /// The policy for a container.
    pub fn policy(&self, container: Symbol) -> &ContainerPolicy {
        self.containers.iter().find(|(name, _)| *name == container).map_or(&self.others, |(_, policy)| policy)
    }
}

/// One entry of `resourcePolicy.containerPolicies`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContainerPolicy {
    /// `mode` is not `Off`.
    pub scaled: bool,
    /// Cpu; absent if not among the `controlledResources`.
    pub cpu: Option<Bound>,
    /// Memory, likewise.
    pub memory: Option<Bound>,
    /// `controlledValues`.
    pub values: Controlled,
}

impl Default for ContainerPolicy {
    fn default() -> Self {
        let bound = Some(Bound::default());
        ContainerPolicy { scaled: true, cpu: bound, memory: bound, values: Controlled::RequestsAndLimits }
    }
}

/// `minAllowed` and `maxAllowed` of one resource, in milli-cores or bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// No recommendation is below.
    pub min: Option<i64>,
    /// No recommendation is above.
    pub max: Option<i64>,
}

impl Bound {
    /// `amount` within the bounds; the upper one has the last word.
    ///
    /// Upstream: `applyVPAPolicy`, minimum first.
    pub fn apply(self, amount: i64) -> i64 {
        let amount = self.min.map_or(amount, |min| amount.max(min));
        self.max.map_or(amount, |max| amount.min(max))
    }
}

/// `controlledValues`: what new pods get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Controlled {
    /// Limits keep their ratio to the requests.
    #[default]
    RequestsAndLimits,
    /// Limits stay.
    RequestsOnly,
}

/// Flags of recommender and updater that change decisions, with the defaults of 1.0.0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flags {
    /// `--recommendation-margin-fraction`.
    pub margin: f64,
    /// `--pod-recommendation-min-cpu-millicores`.
    pub pod_min_cpu_milli: i64,
    /// `--pod-recommendation-min-memory-mb`, in bytes.
    pub pod_min_memory_bytes: i64,
    /// `--target-cpu-percentile`; memory's is the same in 1.0.
    pub target_percentile: f64,
    /// `--recommendation-lower-bound-cpu-percentile`.
    pub lower_percentile: f64,
    /// `--recommendation-upper-bound-cpu-percentile`.
    pub upper_percentile: f64,
    /// `--cpu-histogram-decay-half-life`.
    pub cpu_half_life: SimDuration,
    /// `--memory-histogram-decay-half-life`.
    pub memory_half_life: SimDuration,
    /// `--memory-aggregation-interval`.
    pub memory_interval: SimDuration,
    /// `--oom-bump-up-ratio`.
    pub oom_bump_up_ratio: f64,
    /// `--oom-min-bump-up-bytes`.
    pub oom_min_bump_up_bytes: i64,
    /// `--recommender-interval`, and the updater's.
    pub interval: SimDuration,
    /// The updater's `--min-replicas`.
    pub min_replicas: i32,
    /// `--eviction-tolerance`: the share of a workload's pods that may be away.
    pub eviction_tolerance: f64,
    /// `--pod-update-threshold`: within the bounds, a smaller relative change is left alone.
    pub update_threshold: f64,
    /// `--in-recommendation-bounds-eviction-lifetime-threshold`.
    pub lifetime_threshold: SimDuration,
    /// `--evict-after-oom-threshold`.
    pub quick_oom: SimDuration,
}

impl Default for Flags {
    fn default() -> Self {
        Flags {
            margin: 0.15,
            pod_min_cpu_milli: 25,
            pod_min_memory_bytes: 250 << 20,
            target_percentile: 0.9,
            lower_percentile: 0.5,
            upper_percentile: 0.95,
            cpu_half_life: SimDuration::from_hours(24),
            memory_half_life: SimDuration::from_hours(24),
            memory_interval: SimDuration::from_hours(24),
            oom_bump_up_ratio: 1.2,
            oom_min_bump_up_bytes: 100 << 20,
            interval: SimDuration::from_mins(1),
            min_replicas: 2,
            eviction_tolerance: 0.5,
            update_threshold: 0.1,
            lifetime_threshold: SimDuration::from_hours(12),
            quick_oom: SimDuration::from_mins(10),
        }
    }
}

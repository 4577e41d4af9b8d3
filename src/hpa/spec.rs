//! What an HPA object says, defaulted as the API server does.

use super::rules::Rules;
use crate::intern::Symbol;
use crate::units::SimDuration;
use smallvec::{SmallVec, smallvec};

/// Flags of the controller manager that change decisions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flags {
    /// The rules of its version.
    pub rules: Rules,
    /// `--horizontal-pod-autoscaler-downscale-stabilization`.
    pub downscale_stabilization: SimDuration,
    /// `--horizontal-pod-autoscaler-tolerance`.
    pub tolerance: f64,
    /// `--horizontal-pod-autoscaler-cpu-initialization-period`.
    pub cpu_initialization_period: SimDuration,
    /// `--horizontal-pod-autoscaler-initial-readiness-delay`.
    pub initial_readiness_delay: SimDuration,
}

impl Default for Flags {
    fn default() -> Self {
        Flags {
            rules: Rules::default(),
            downscale_stabilization: SimDuration::from_mins(5),
            tolerance: 0.1,
            cpu_initialization_period: SimDuration::from_mins(5),
            initial_readiness_delay: SimDuration::from_secs(30),
        }
    }
}

/// `spec` of an HPA.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaSpec {
    /// `minReplicas`, 1 by default.
    pub min: i32,
    /// `maxReplicas`.
    pub max: i32,
    /// The metrics in order; cpu at 80 % where none is given.
    pub metrics: SmallVec<[Metric; 2]>,
    /// `behavior`, defaulted; absent means the legacy path, which is not the same as the defaults.
    pub behavior: Option<Behavior>,
}

/// Cpu or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// In milli-cores.
    Cpu,
    /// In bytes.
    Memory,
}

/// One metric with its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// `Resource`, or `ContainerResource` with the container's name.
    Resource {
        /// Which.
        resource: Resource,
        /// Of one container only.
        container: Option<Symbol>,
        /// `Utilization` or `AverageValue`.
        target: Target,
    },
    /// `Pods`: an average over pods.
    Pods {
        /// The metric's name.
        metric: Symbol,
        /// `AverageValue` in milli-units.
        target_milli: i64,
    },
    /// `Object`.
    Object {
        /// The metric's name.
        metric: Symbol,
        /// `Value` or `AverageValue`.
        target: Target,
    },
    /// `External`; several series are summed.
    External {
        /// The metric's name.
        metric: Symbol,
        /// `Value` or `AverageValue`.
        target: Target,
    },
}

impl Metric {
    /// What it should be.
    pub fn target(&self) -> Target {
        match *self {
            Metric::Resource { target, .. } | Metric::Object { target, .. } | Metric::External { target, .. } => target,
            Metric::Pods { target_milli, .. } => Target::AverageValue(target_milli),
        }
    }
    /// Whether it has a value also where no pod runs: an Object or External metric.
    pub fn is_of_no_pod(&self) -> bool {
        matches!(self, Metric::Object { .. } | Metric::External { .. })
    }
}

/// What a metric should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Percent of the requests.
    Utilization(i64),
    /// Milli-units per pod (memory: milli-bytes).
    AverageValue(i64),
    /// Milli-units in sum.
    Value(i64),
}

/// `spec.behavior`.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavior {
    /// Rules for growing.
    pub scale_up: ScalingRules,
    /// Rules for shrinking.
    pub scale_down: ScalingRules,
}

/// Rules for one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingRules {
    /// `stabilizationWindowSeconds`.
    pub stabilization_window: SimDuration,
    /// Which policy counts.
    pub select: SelectPolicy,
    /// The policies, in order.
    pub policies: SmallVec<[ScalingPolicy; 2]>,
    /// `tolerance` ([`Rules::own_tolerances`]); absent means the flag's.
    pub tolerance: Option<f64>,
}

impl ScalingRules {
    /// What the API server fills in for `scaleUp`.
    pub fn default_up() -> Self {
        let policy = |kind, value| ScalingPolicy { kind, value, period: SimDuration::from_secs(15) };
        ScalingRules {
            stabilization_window: SimDuration::ZERO,
            select: SelectPolicy::Max,
            policies: smallvec![policy(PolicyKind::Pods, 4), policy(PolicyKind::Percent, 100)],
            tolerance: None,
        }
    }
    /// What the API server and the controller fill in for `scaleDown`.
    pub fn default_down(flags: &Flags) -> Self {
        let policy = ScalingPolicy { kind: PolicyKind::Percent, value: 100, period: SimDuration::from_secs(15) };
        ScalingRules {
            stabilization_window: flags.downscale_stabilization,
            select: SelectPolicy::Max,
            policies: smallvec![policy],
            tolerance: None,
        }
    }
    /// The longest period of any policy.
    pub(super) fn longest_period(&self) -> SimDuration {
        self.policies.iter().map(|policy| policy.period).max().unwrap_or_default()
    }
}

/// `selectPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectPolicy {
    /// The policy that allows the largest change.
    #[default]
    Max,
    /// The policy that allows the smallest change.
    Min,
    /// No change in this direction.
    Disabled,
}

/// One scaling policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingPolicy {
    /// In pods or percent.
    pub kind: PolicyKind,
    /// How many.
    pub value: i32,
    /// `periodSeconds`.
    pub period: SimDuration,
}

/// The unit of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// Pods.
    Pods,
    /// Percent of the pods at the start of the period.
    Percent,
}

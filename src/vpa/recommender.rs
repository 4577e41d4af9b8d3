//! From remembered usage to recommended amounts.
//!
//! Upstream: vertical-pod-autoscaler 1.0.0, pkg/recommender/logic (`CreatePodResourceRecommender`) and
//! pkg/utils/vpa/capping.go.

use super::aggregate::Aggregate;
use super::spec::{ContainerPolicy, Flags};

/// Cpu in milli-cores, memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Amounts {
    /// Milli-cores.
    pub cpu_milli: i64,
    /// Bytes.
    pub memory_bytes: i64,
}

/// What a container should request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recommendation {
    /// What new pods get.
    pub target: Amounts,
    /// A pod that requests less is evicted.
    pub lower: Amounts,
    /// A pod that requests more is evicted.
    pub upper: Amounts,
}

impl Recommendation {
    /// All amounts within the policy's `minAllowed` and `maxAllowed`.
    pub fn within(self, policy: &ContainerPolicy) -> Self {
        let apply = |amounts: Amounts| Amounts {
            cpu_milli: policy.cpu.unwrap_or_default().apply(amounts.cpu_milli),
            memory_bytes: policy.memory.unwrap_or_default().apply(amounts.memory_bytes),
        };
        Recommendation { target: apply(self.target), lower: apply(self.lower), upper: apply(self.upper) }
    }
}

/// Upstream caps amounts here.
const MOST: f64 = 1e14;
/// How the bounds widen while there is little to go by.
const UPPER_WIDENING: (f64, f64) = (1.0, 1.0);
const LOWER_WIDENING: (f64, f64) = (0.001, -2.0);

/// What `aggregate` recommends for one of `containers` containers of a pod, before the policy.
///
/// Percentile, margin, widening by confidence, then the pod's minimum shared by its containers.
pub fn recommend(aggregate: &Aggregate, containers: usize, flags: &Flags) -> Recommendation {
    let confidence = aggregate.confidence();
    let estimate = |share: f64, (multiplier, exponent): (f64, f64)| {
        let widening = libm::pow(1.0 + multiplier / confidence, exponent);
        Amounts {
            cpu_milli: widened(with_margin(aggregate.cpu().percentile(share) * 1000.0, flags), widening),
            memory_bytes: widened(with_margin(aggregate.memory().percentile(share), flags), widening),
        }
    };
    let least = least(containers, flags);
    let at_least = |amounts: Amounts| Amounts {
        cpu_milli: amounts.cpu_milli.max(least.cpu_milli),
        memory_bytes: amounts.memory_bytes.max(least.memory_bytes),
    };
    let target = Amounts {
        cpu_milli: with_margin(aggregate.cpu().percentile(flags.target_percentile) * 1000.0, flags),
        memory_bytes: with_margin(aggregate.memory().percentile(flags.target_percentile), flags),
    };
    Recommendation {
        target: at_least(target),
        lower: at_least(estimate(flags.lower_percentile, LOWER_WIDENING)),
        upper: at_least(estimate(flags.upper_percentile, UPPER_WIDENING)),
    }
}

/// A pod's minimum, shared evenly.
fn least(containers: usize, flags: &Flags) -> Amounts {
    let share = 1.0 / containers.max(1) as f64;
    Amounts {
        cpu_milli: (flags.pod_min_cpu_milli as f64 * share) as i64,
        memory_bytes: (flags.pod_min_memory_bytes as f64 * share) as i64,
    }
}

fn with_margin(amount: f64, flags: &Flags) -> i64 {
    let amount = truncated(amount);
    amount + truncated(amount as f64 * flags.margin)
}

fn widened(amount: i64, factor: f64) -> i64 {
    // Nothing times infinity, without any samples, stays nothing.
    if amount == 0 { 0 } else { truncated(amount as f64 * factor) }
}

/// Whole units between 0 and upstream's cap.
fn truncated(amount: f64) -> i64 {
    amount.clamp(0.0, MOST) as i64
}

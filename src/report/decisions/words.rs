//! Parts of sentences: who evicts and why, amounts.

use crate::hpa::Target;
use crate::sim::log::Evictor;
use crate::vpa::{Change, Trigger, Update};

/// The controller's name in the log, and in a sentence.
pub(super) fn evictor(by: Evictor) -> (&'static str, &'static str) {
    match by {
        Evictor::ClusterAutoscaler => ("cluster-autoscaler", "Cluster Autoscaler"),
        Evictor::TaintManager => ("node-lifecycle", "the taint manager"),
        Evictor::VpaUpdater(_) => ("vpa", "the VPA's updater"),
        Evictor::SpotNotice | Evictor::Rebalance => ("termination-handler", "the termination handler"),
        Evictor::ZoneSpread => ("cloud", "the cloud"),
    }
}

/// Why he does.
pub(super) fn eviction(by: Evictor) -> String {
    match by {
        Evictor::ClusterAutoscaler => "its node is removed".to_owned(),
        Evictor::TaintManager => "its node cannot be reached for longer than the pod tolerates".to_owned(),
        Evictor::VpaUpdater(update) => replaced(update),
        Evictor::SpotNotice => "its node has its spot notice".to_owned(),
        Evictor::Rebalance => "its node is expected to be taken".to_owned(),
        Evictor::ZoneSpread => "another zone has a node in place of its own".to_owned(),
    }
}

/// `its cpu requests should be 250m instead of 100m (outside of the recommended bounds)`.
fn replaced(Update { trigger, cpu_milli, memory_bytes }: Update) -> String {
    let differs = |change: &Change| change.requested != change.recommended;
    let cpu = Some(cpu_milli).filter(differs).map(|Change { requested, recommended }| {
        format!("cpu requests should be {recommended}m instead of {requested}m")
    });
    let memory = Some(memory_bytes).filter(differs).map(|Change { requested, recommended }| {
        format!("memory requests should be {} instead of {}", mebibytes(recommended), mebibytes(requested))
    });
    let changes: Vec<String> = cpu.into_iter().chain(memory).collect();
    let changes = if changes.is_empty() { "requests are to be set".to_owned() } else { changes.join(", its ") };
    let trigger = match trigger {
        Trigger::OutsideBounds => "outside of the recommended bounds",
        Trigger::QuickOutOfMemory => "it ran out of memory soon after its start",
        Trigger::OldAndDifferent => "it has run for long enough",
    };
    format!("its {changes} ({trigger})")
}

/// A target's amount and type, as an HPA's manifest calls it: percent, or milli-units (memory: milli-bytes).
pub(super) fn figures(target: Target) -> (i64, &'static str) {
    match target {
        Target::Utilization(target) => (target, "Utilization"),
        Target::AverageValue(target) => (target, "AverageValue"),
        Target::Value(target) => (target, "Value"),
    }
}

/// Bytes as `512Mi`.
pub(super) fn mebibytes(bytes: i64) -> String {
    format!("{}Mi", (bytes as f64 / f64::from(1 << 20)).round())
}

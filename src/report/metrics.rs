//! Metrics: how a figure is called by programs and by people, its unit, and which way it gets better.

use super::Unit;
use crate::study::Better;

/// What a figure measures, of whatever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its stable name: `latencyMsP95`.
    pub name: &'static str,
    /// What people call it where it is of everything; empty where there is none of everything.
    pub of_all: &'static str,
    /// What they call it of a route, service, HPA, group, namespace or charge; empty where it is of everything only.
    pub of_part: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Which way it gets better.
    pub better: Better,
}

macro_rules! metrics {
    ($($id:ident $name:literal $of_all:literal $of_part:literal $unit:ident $better:ident,)*) => {
        $(pub(super) const $id: Metric =
            Metric { name: $name, of_all: $of_all, of_part: $of_part, unit: Unit::$unit, better: Better::$better };)*
        /// All metrics, headlines first.
        pub const METRICS: &[Metric] = &[$($id),*];
    };
}

metrics! {
    COST "costUsdPerMonth" "Cost per month" "cost per month" UsdPerMonth Lower,
    LATENCY_P95 "latencyMsP95" "Latency P95, slowest route" "latency P95" Milliseconds Lower,
    LATENCY_P99 "latencyMsP99" "Latency P99, slowest route" "latency P99" Milliseconds Lower,
    ERRORS "errorRatio" "Failed requests" "failed requests" Ratio Lower,
    BREACH "breachRatio" "Time in breach" "time in breach" Ratio Lower,
    BURN_RATE "burnRate" "Burn rate of the error budget at most" "" Count Lower,
    NODE_HOURS "nodeHours" "Node hours" "" Count Neither,
    NODES_PEAK "nodesPeak" "Nodes at most" "nodes at most" Count Neither,
    PENDING "pendingPodSeconds" "Pods waiting for a node, in all" "" Seconds Lower,
    LONGEST_PENDING "longestPendingSeconds" "Longest wait for a node" "" Seconds Lower,
    UNPLACED "unplacedPods" "Pods without a node at the end" "" Count Lower,
    SCALE_EVENTS "scaleEvents" "HPA rescales and node scale-ups" "rescales" Count Neither,
    FLAPPING "flappingPerHour" "Pods and nodes started + stopped" "changes of direction" PerHour Lower,
    EVICTIONS "evictions" "Pods evicted" "" Count Lower,
    SPOT_SURVIVED "spotSurvived" "Spot interruptions survived" "" Count Neither,
    SPOT_LOSSES "spotLosses" "Spot interruptions with pods lost" "" Count Lower,
    OUT_OF_MEMORY "outOfMemory" "Containers killed for memory" "" Count Lower,
    IDLE "idleRatio" "Idle share of node cost" "idle share of its cost" Ratio Lower,
    CO2E "co2eKgPerMonth" "CO2e per month" "" KgPerMonth Lower,
    RESCALES "rescales" "HPA rescales" "" Count Neither,
    REQUESTS "requestsPerSecond" "" "requests" PerSecond Neither,
    LATENCY_P50 "latencyMsP50" "" "latency P50" Milliseconds Lower,
    APDEX "apdex" "" "apdex" Count Higher,
    REPLICAS "replicasMean" "" "replicas" Count Neither,
    REPLICAS_PEAK "replicasPeak" "" "replicas at most" Count Neither,
    AT_MAX "atMaxRatio" "" "time at maxReplicas" Ratio Lower,
    NODES "nodesMean" "" "nodes" Count Neither,
    INTERRUPTIONS "interruptions" "" "spot notices" Count Lower,
}

/// The metric of a figure's [key](super::figures::Figure::key), and what it is of (`route:/checkout`; empty for everything).
/// None where there is no such metric, or the key is not written as keys are.
pub fn metric_of(key: &str) -> Option<(&'static Metric, &str)> {
    let (name, part) = match key.split_once('{') {
        Some((name, rest)) => (name, rest.strip_suffix('}').filter(|part| part.contains(':'))?),
        None => (key, ""),
    };
    let metric = METRICS.iter().find(|metric| metric.name == name)?;
    let label = if part.is_empty() { metric.of_all } else { metric.of_part };
    (!label.is_empty()).then_some((metric, part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figures::figures;
    use crate::report::fixture;

    #[test]
    fn every_figure_has_its_metric() {
        for figure in figures(&fixture::report()) {
            let key = figure.key();
            let (metric, _) = metric_of(&key).unwrap_or_else(|| panic!("{key}"));
            assert_eq!((metric.unit, metric.better), (figure.unit, figure.better), "{key}");
        }
    }

    #[test]
    fn what_is_no_key_has_none() {
        assert_eq!(metric_of("latencyMsP95").map(|(metric, _)| metric.name), Some("latencyMsP95"));
        let part = |key| metric_of(key).map(|(_, part)| part);
        assert_eq!(part("latencyMsP95{route:/a{b}}"), Some("route:/a{b}"));
        for key in ["latency", "latencyMsP50", "evictions{route:/}", "latencyMsP95{route:/", "latencyMsP95{/}", ""] {
            assert_eq!(part(key), None, "{key}");
        }
    }
}

//! What pods request: what VPA's recommender would set, and steps beside what they request now.
//!
//! Upstream: vertical-pod-autoscaler 1.0.0, pkg/recommender/logic (`CreatePodResourceRecommender`): the 90th percentile of cpu usage, of memory
//! that of each pod's daily peaks, 15 % more than that, 25m and 250Mi at least over the containers of a pod.

use super::given::Given;
use super::seen::Seen;
use crate::cluster::Container;
use crate::hpa::{Metric, Resource, Target as HpaTarget};
use crate::id::WorkloadId;
use crate::scenario::aliases::Target;
use crate::scenario::wanted::KnobKind;
use crate::study::advise::answer::Owner;
use crate::study::advise::knob::{Knob, Level};
use crate::world::Cast;
use serde_json::json;

/// Steps of what is requested now.
const STEPS: [f64; 2] = [0.8, 1.25];
const MIB: i64 = 1 << 20;
/// So much memory is worth a vCPU: what machines of general purpose have of it.
const BYTES_PER_VCPU: f64 = 4096.0 * MIB as f64;
/// An HPA that scales by utilisation answers smaller requests with more pods: what is freed is rounding, and what its minimum holds.
const OF_SCALED: f64 = 0.5;

/// Cpu and memory of the first container of every workload whose usage follows the traffic; what asks for nothing goes on asking for
/// nothing. Limits stay, and no request is above one.
pub(super) fn knobs(given: &Given<'_>, seen: &Seen) -> Vec<Knob> {
    let cast = &given.base.cast;
    let mut all = Vec::new();
    for (id, recommended) in seen.recommended.iter() {
        let containers = &cast.cluster.spec(cast.workloads[id].template).containers;
        let (Some(recommended), Some(first)) = (recommended, containers.first()) else { continue };
        let pods = seen.mean(id);
        if first.has_cpu_request {
            let share = if is_scaled_by_cpu(cast, id) { OF_SCALED } else { 1.0 };
            all.extend(cpu(given, id, (first, recommended.cpu_milli), pods * share));
        }
        if first.has_memory_request {
            all.extend(memory(given, id, (first, recommended.memory_bytes), pods));
        }
    }
    all
}

fn cpu(given: &Given<'_>, id: WorkloadId, (first, recommended): (&Container, i64), pods: f64) -> Option<Knob> {
    let (now, most) = (first.requests.cpu_milli, first.cpu_limit_milli.unwrap_or(i64::MAX));
    let level = |milli: i64| Level {
        text: format!("{milli}m"),
        number: milli,
        values: vec![json!(format!("{milli}m"))],
        may_free: Some((now - milli).max(0) as f64 / 1000.0 * pods),
    };
    let steps = STEPS.iter().map(|step| ((now as f64 * step).round() as i64).max(1));
    below(most, knob(given, id, "cpu"), [recommended].into_iter().chain(steps).map(level), level(now))
}

/// A pod that uses more memory than it requests is safe here and not in a cluster whose nodes are full: nothing below what is recommended is
/// tried.
fn memory(given: &Given<'_>, id: WorkloadId, (first, recommended): (&Container, i64), pods: f64) -> Option<Knob> {
    let (now, most) = (first.requests.memory_bytes, first.memory_limit_bytes.unwrap_or(i64::MAX));
    let level = |bytes: i64| {
        let text = if bytes % MIB == 0 { format!("{}Mi", bytes / MIB) } else { bytes.to_string() };
        let may_free = Some((now - bytes).max(0) as f64 / BYTES_PER_VCPU * pods);
        Level { values: vec![json!(text)], text, number: bytes, may_free }
    };
    let whole = |bytes: i64| (bytes + MIB - 1) / MIB * MIB;
    let steps = STEPS.iter().map(|step| whole((now as f64 * step) as i64)).filter(|step| *step >= recommended);
    below(most, knob(given, id, "memory"), [whole(recommended)].into_iter().chain(steps).map(level), level(now))
}

/// With the present level and those of these that are not above `most`; none where there is no other.
fn below(most: i64, knob: Knob, levels: impl Iterator<Item = Level>, current: Level) -> Option<Knob> {
    let knob = knob.with_ordered(levels.filter(|level| level.number <= most), current);
    (knob.levels.len() > 1).then_some(knob)
}

fn knob(given: &Given<'_>, id: WorkloadId, what: &str) -> Knob {
    let cast = &given.base.cast;
    let row = &cast.workloads[id];
    let [namespace, name] = [row.namespace, row.name].map(|text| cast.cluster.symbols.text(text));
    let owner =
        Owner::Workload { kind: row.kind.name().to_owned(), namespace: namespace.to_owned(), name: name.to_owned() };
    let full = format!("{namespace}/{name}");
    let target = Target::of(&["workloads", key(given, &full, name), "requests", what]);
    Knob::new(format!("{} {full} {what} request", row.kind.name()), Some(KnobKind::Requests), owner, vec![target])
}

/// By which name the scenario speaks of a workload; the full one where it does not.
fn key<'n>(given: &Given<'_>, full: &'n str, name: &'n str) -> &'n str {
    let says = |key: &str| {
        let path = ["workloads".to_owned(), key.to_owned()];
        given.written.given(&path).is_some() || given.sets.iter().any(|set| set.path().starts_with(&path))
    };
    if !says(full) && says(name) { name } else { full }
}

fn is_scaled_by_cpu(cast: &Cast, id: WorkloadId) -> bool {
    let by_cpu = |metric: &Metric| {
        matches!(metric, Metric::Resource { resource: Resource::Cpu, target: HpaTarget::Utilization(_), .. })
    };
    cast.hpas.iter().any(|hpa| hpa.workload == id && hpa.spec.metrics.iter().any(by_cpu))
}

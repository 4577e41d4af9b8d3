//! The knobs of a scenario: what may move when nobody says otherwise.

use super::answer::Owner;
use super::keep::{Floor, Floors};
use super::knob::{Knob, Level, SizeOf};
use crate::hpa::{Metric, Resource, Target as HpaTarget};
use crate::id::WorkloadId;
use crate::scenario::Scenario;
use crate::scenario::aliases::{Target, targets};
use crate::scenario::documents::parse;
use crate::scenario::file::Varied;
use crate::scenario::wanted::{KnobKind, Wanted, WantedKnob};
use crate::study::sweep::Values;
use crate::world::Cast;
use serde_json::Value;

/// Targets that are tried, percent of what pods ask for.
const TARGETS: [i64; 11] = [35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85];
/// A minimum is raised to so many times the present one at most, if the maximum allows; a maximum to so many times itself.
const MOST_TIMES: i64 = 4;
/// So many values of a path are tried at most.
const MOST_VALUES: u64 = 1_000;

/// Minimums, maximums and targets of every HPA, minimums and maximums of every group that Cluster Autoscaler manages.
pub(super) fn knobs(base: &Scenario, floors: &Floors, wanted: &Wanted) -> Vec<Knob> {
    let cast = &base.cast;
    let mut knobs = Vec::new();
    for at in 0..cast.hpas.len() {
        knobs.extend(of_hpa(base, at, &floors.hpas[at]));
    }
    let groups = cast.groups.iter().filter(|(_, group)| group.autoscaled && cast.autoscaler.is_some());
    for (id, group) in groups {
        let knob = |kind, field: &str, least: i32, now: i32, most: i32| {
            let what = if kind == KnobKind::Min { "minimum" } else { "maximum" };
            let name = format!("node group {} {what}", group.name);
            let targets = vec![Target::of(&["nodeGroups", &group.name, field])];
            let made = Knob {
                of: Some(SizeOf::Group(id)),
                first_size: Some((Target::of(&["nodeGroups", &group.name, "desiredSize"]), group.initial.into())),
                ..Knob::new(name, Some(kind), Owner::Group(group.name.clone()), targets)
            };
            made.with_numbers(i64::from(least)..=i64::from(most), now.into())
        };
        let (min, max) = (group.min, group.max.max(group.min));
        knobs.push(knob(KnobKind::Min, "minSize", floors.groups[id].least, min, max.min(min + 8)));
        knobs.push(knob(KnobKind::Max, "maxSize", min.max(1), max, max * MOST_TIMES as i32));
    }
    knobs.retain(|knob| knob.kind.is_some_and(|kind| wanted.knobs.contains(&WantedKnob::Kind(kind))));
    knobs.extend(of_paths(base, wanted));
    knobs
}

/// Knobs that the scenario names by their paths, with values of its own. The present value comes first where it is not among them.
fn of_paths(base: &Scenario, wanted: &Wanted) -> Vec<Knob> {
    let rows = wanted.knobs.iter().filter_map(|knob| match knob {
        WantedKnob::Path { path, values } => Some((path, values)),
        WantedKnob::Kind(_) => None,
    });
    let knob = |(path, values): (&String, &Varied)| {
        let (targets, values) = (targets(path, base).ok()?, Values::of_block(values).ok()?);
        let text = |level| parse(&values.value(level)).unwrap_or_else(|_| Value::String(values.value(level)));
        let levels = (0..values.count().min(MOST_VALUES)).map(text).map(Level::value);
        let knob = Knob::new(path.clone(), None, Owner::Scenario, targets);
        // Values of a list are taken to be in order: neighbours are tried first.
        Some(Knob { ordered: true, ..knob.with_choices(Level::as_it_is(), levels) })
    };
    rows.filter_map(knob).collect()
}

fn of_hpa(base: &Scenario, at: usize, floor: &Floor) -> Vec<Knob> {
    let cast = &base.cast;
    let hpa = &cast.hpas[at];
    let [namespace, name] =
        [cast.workloads[hpa.workload].namespace, hpa.name].map(|text| cast.cluster.symbols.text(text));
    let knob = |kind, what: &str, alias: &str| {
        let targets = targets(&format!("hpa.{name}.{alias}"), base).ok()?;
        let owner = Owner::Hpa { namespace: namespace.to_owned(), name: name.to_owned() };
        let knob = Knob::new(format!("HPA {namespace}/{name} {what}"), Some(kind), owner, targets);
        Some(Knob { of: Some(SizeOf::Hpa(at)), ..knob })
    };
    let (min, max) = (i64::from(hpa.spec.min), i64::from(hpa.spec.max.max(hpa.spec.min)));
    let most = max.min(MOST_TIMES * min.max(2));
    let least = i64::from(floor.least);
    let mut all = Vec::new();
    all.extend(knob(KnobKind::Min, "minimum", "min").map(|knob| knob.with_numbers(least..=most, min)));
    all.extend(knob(KnobKind::Max, "maximum", "max").map(|knob| knob.with_numbers(min.max(1)..=max * MOST_TIMES, max)));
    if let Some(now) = cpu_target(cast, hpa.workload) {
        all.extend(knob(KnobKind::Target, "cpu target", "cpu").map(|knob| knob.with_numbers(TARGETS.into_iter(), now)));
    }
    all
}

/// The utilisation target of the HPA's only cpu metric, percent.
fn cpu_target(cast: &Cast, workload: WorkloadId) -> Option<i64> {
    let hpa = cast.hpas.iter().find(|hpa| hpa.workload == workload)?;
    let cpu = |metric: &Metric| match metric {
        Metric::Resource { resource: Resource::Cpu, target: HpaTarget::Utilization(percent), .. } => Some(*percent),
        _ => None,
    };
    hpa.spec.metrics.iter().find_map(cpu)
}

//! HorizontalPodAutoscalers and their targets.

mod clocks;
mod patch;
mod schedule;

use super::scene::{self, Scene};
use crate::cluster::{ClusterState, Container};
use crate::hpa::{HpaSpec, Metric, Resource, Target};
use crate::intern::Symbol;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::autoscaling::CrossVersionObjectReference;
use crate::scenario::kubernetes::keda::made_of;
use crate::scenario::kubernetes::reader::Provenance;
use crate::world::WorkloadId;
use crate::world::{Cast, CronWindow, Hpa, Signal, Workload, WorkloadKind};

/// Fills `cast` with the HPAs, in the order of their names.
///
/// Upstream: two of one target are ambiguous: `HorizontalController.validateAndParseSelector`, 1.28.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    let mut rows: Vec<(String, &Provenance, Hpa)> = Vec::new();
    for (from, object) in &scene.objects.hpas {
        let mut object = object.clone();
        let own = object.metadata.name.clone();
        let patch = scene.file.hpas.get(&own);
        if let Some(patch) = patch {
            patch::bounds(patch, &mut object.spec);
        }
        let mut part = Issues::new();
        let mut spec = object.to_spec(&cast.hpa_flags, &mut converter.cluster().symbols, &mut part);
        from.locate_all(part, issues);
        let mut schedule = Vec::new();
        if let Some(patch) = patch {
            patch::rules(&own, patch, (&mut spec, &cast.hpa_flags), issues);
            schedule = schedule::build(scene, (&own, patch), &spec, issues);
        }
        let namespace = converter.symbol(object.metadata.namespace_or_default());
        let target = &object.spec.scale_target_ref;
        let name = converter.symbol(&target.name);
        let scales = |row: &Workload| {
            let has_replicas = matches!(row.kind, WorkloadKind::Deployment(_) | WorkloadKind::StatefulSet { .. });
            row.namespace == namespace && row.name == name && row.kind.name() == target.kind && has_replicas
        };
        let Some((workload, _)) = cast.workloads.iter().find(|(_, row)| scales(row)) else {
            issues.push(from.locate(no_target(target, cast, converter)));
            continue;
        };
        for issue in missing_requests(&spec, &cast.workloads[workload], converter.cluster()) {
            issues.push(from.locate(issue));
        }
        let key = format!("{}/{}", object.metadata.namespace_or_default(), object.metadata.name);
        let scaled = scene.objects.scaled.behind(&object);
        let clocks = scaled.map(|scaled| clocks::clocks(scaled, scene.start.at, issues)).unwrap_or_default();
        let signals = signals(&spec, &clocks, converter, (from, issues));
        let made_of = scaled.map(|scaled| scaled.name.as_str()).or_else(|| made_of(&object));
        let scaled_object = made_of.map(|name| converter.symbol(name));
        let name = converter.symbol(&object.metadata.name);
        rows.push((key, from, Hpa { name, workload, spec, schedule, signals, is_ambiguous: false, scaled_object }));
    }
    for name in scene.file.hpas.keys() {
        if !scene.objects.hpas.iter().any(|(_, object)| object.metadata.name == *name) {
            let known: Vec<&str> = scene.objects.hpas.iter().map(|(_, object)| object.metadata.name.as_str()).collect();
            let issue = Issue::error(format!("hpas.{name}"), format!("there is no HorizontalPodAutoscaler `{name}`"));
            issues.push(issue.with_help(scene::there_are(&known)).suggest(name, known.iter().copied()));
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let targets: Vec<WorkloadId> = rows.iter().map(|(_, _, hpa)| hpa.workload).collect();
    for (key, from, hpa) in &mut rows {
        hpa.is_ambiguous = targets.iter().filter(|target| **target == hpa.workload).count() > 1;
        if hpa.is_ambiguous {
            let message =
                format!("another HPA has the same target: the controller scales by the metrics of neither ({key})");
            issues.push(from.locate(Issue::warning("spec.scaleTargetRef", message)));
        }
    }
    cast.hpas = rows.into_iter().map(|(_, _, hpa)| hpa).collect();
}

/// What custom metrics read, by what their names say.
fn signals(
    spec: &HpaSpec,
    clocks: &[(String, CronWindow)],
    converter: &mut Converter<'_>,
    (from, issues): (&Provenance, &mut Issues),
) -> Vec<(Symbol, Signal)> {
    let mut signals = Vec::new();
    for metric in &spec.metrics {
        let (name, own) = match metric {
            Metric::Resource { .. } => continue,
            Metric::Pods { metric, .. } | Metric::Object { metric, .. } => (*metric, Signal::RequestsPerSecond),
            Metric::External { metric, .. } => (*metric, Signal::EntryRequestsPerSecond),
        };
        let text = converter.cluster().symbols.text(name).to_ascii_lowercase();
        if let Some((_, window)) = clocks.iter().find(|(prefix, _)| text.starts_with(prefix)) {
            signals.push((name, Signal::Clock(Box::new(window.clone()))));
        } else if ["request", "rps", "qps", "http"].iter().any(|word| text.contains(word)) {
            signals.push((name, own));
        } else if ["queue", "backlog", "message", "lag"].iter().any(|word| text.contains(word)) {
            signals.push((name, Signal::Backlog));
        } else {
            let message = format!("nothing is known that the metric `{text}` could read: it has no values");
            let issue = Issue::warning("spec.metrics", message);
            // KEDA's cron trigger is such a metric: `s0-cron-Europe-Berlin-...`.
            let help = "add the ScaledObject, whose cron trigger has the times; or write them as hpas.NAME.schedule";
            issues.push(from.locate(if text.contains("-cron-") { issue.with_help(help) } else { issue }));
        }
    }
    signals
}

/// The HPA does nothing, and the others go on, as in a live cluster.
fn no_target(target: &CrossVersionObjectReference, cast: &Cast, converter: &mut Converter<'_>) -> Issue {
    let symbols = &converter.cluster().symbols;
    let known: Vec<&str> = cast.workloads.values().map(|row| symbols.text(row.name)).collect();
    let CrossVersionObjectReference { kind, name, .. } = target;
    let message = match kind.as_str() {
        "Deployment" | "StatefulSet" | "ReplicaSet" => format!("there is no {kind} `{name}` in its namespace"),
        _ => format!("`{name}` is a {kind}, which is not simulated"),
    };
    let issue = Issue::warning("spec.scaleTargetRef", format!("{message}: this HPA scales nothing (FailedGetScale)"));
    issue.suggest(name, known)
}

/// Containers that ask for nothing make utilization unknown, and the HPA stands still.
///
/// Upstream: `calculatePodRequests`, "missing request for cpu in container", 1.28.
fn missing_requests(spec: &HpaSpec, workload: &Workload, cluster: &ClusterState) -> Vec<Issue> {
    let containers = &cluster.spec(workload.template).containers;
    let silent = |metric: &Metric| {
        let Metric::Resource { resource, container, target: Target::Utilization(_) } = metric else { return None };
        let has = |row: &Container| match resource {
            Resource::Cpu => row.has_cpu_request,
            Resource::Memory => row.has_memory_request,
        };
        let of = containers.iter().filter(|row| container.is_none_or(|name| name == row.name));
        let names: Vec<&str> = of.filter(|row| !has(row)).map(|row| cluster.symbols.text(row.name)).collect();
        let resource = if *resource == Resource::Cpu { "cpu" } else { "memory" };
        let message = format!(
            "no request for {resource} in container {}: in a live cluster the HPA knows no utilization of {resource} and never \
             scales by it (FailedGetResourceMetric), and so it is here",
            names.join(", ")
        );
        let help = format!("give it resources.requests.{resource}, or use a ContainerResource metric");
        (!names.is_empty()).then(|| Issue::warning("spec.metrics", message).with_help(help))
    };
    spec.metrics.iter().filter_map(silent).collect()
}

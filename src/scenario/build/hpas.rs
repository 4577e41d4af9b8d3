//! HorizontalPodAutoscalers and their targets.

use super::scene::{self, Scene};
use crate::hpa::{HpaSpec, Metric, Resource, Target};
use crate::intern::Symbol;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::reader::Provenance;
use crate::world::WorkloadId;
use crate::world::{Cast, Hpa, Signal, Workload, WorkloadKind};

/// Fills `cast` with the HPAs, in the order of their names.
///
/// Upstream: two of one target are ambiguous: `HorizontalController.validateAndParseSelector`, 1.28.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    let mut rows: Vec<(String, &Provenance, Hpa)> = Vec::new();
    for (from, object) in &scene.objects.hpas {
        let mut object = object.clone();
        if let Some(patch) = scene.file.hpas.get(&object.metadata.name) {
            object.spec.min_replicas = patch.min_replicas.or(object.spec.min_replicas);
            object.spec.max_replicas = patch.max_replicas.unwrap_or(object.spec.max_replicas);
        }
        let mut part = Issues::new();
        let mut spec = object.to_spec(&cast.hpa_flags, &mut converter.cluster().symbols, &mut part);
        if let Some(percent) = scene.file.hpas.get(&object.metadata.name).and_then(|patch| patch.cpu_utilization) {
            set_cpu_target(&mut spec, percent);
        }
        from.locate_all(part, issues);
        let namespace = converter.symbol(object.metadata.namespace_or_default());
        let target = &object.spec.scale_target_ref;
        let name = converter.symbol(&target.name);
        let scales = |row: &Workload| {
            let has_replicas = matches!(row.kind, WorkloadKind::Deployment(_) | WorkloadKind::StatefulSet { .. });
            row.namespace == namespace && row.name == name && row.kind.name() == target.kind && has_replicas
        };
        let Some((workload, _)) = cast.workloads.iter().find(|(_, row)| scales(row)) else {
            let known: Vec<String> =
                cast.workloads.values().map(|row| converter.cluster().symbols.text(row.name).to_owned()).collect();
            let message = format!("there is no {} `{}` in its namespace", target.kind, target.name);
            let issue = Issue::error("spec.scaleTargetRef", message);
            issues.push(from.locate(issue.suggest(&target.name, known.iter().map(String::as_str))));
            continue;
        };
        let key = format!("{}/{}", object.metadata.namespace_or_default(), object.metadata.name);
        let signals = signals(&spec, converter, from, issues);
        let name = converter.symbol(&object.metadata.name);
        rows.push((key, from, Hpa { name, workload, spec, signals, is_ambiguous: false }));
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

fn set_cpu_target(spec: &mut HpaSpec, percent: i64) {
    for metric in &mut spec.metrics {
        if let Metric::Resource { resource: Resource::Cpu, target, .. } = metric {
            *target = Target::Utilization(percent);
        }
    }
}

/// What custom metrics read, by what their names say.
fn signals(
    spec: &HpaSpec,
    converter: &mut Converter<'_>,
    from: &Provenance,
    issues: &mut Issues,
) -> Vec<(Symbol, Signal)> {
    let mut signals = Vec::new();
    for metric in &spec.metrics {
        let (name, own) = match metric {
            Metric::Resource { .. } => continue,
            Metric::Pods { metric, .. } | Metric::Object { metric, .. } => (*metric, Signal::RequestsPerSecond),
            Metric::External { metric, .. } => (*metric, Signal::EntryRequestsPerSecond),
        };
        let text = converter.cluster().symbols.text(name).to_ascii_lowercase();
        if ["request", "rps", "qps", "http"].iter().any(|word| text.contains(word)) {
            signals.push((name, own));
        } else if ["queue", "backlog", "message", "lag"].iter().any(|word| text.contains(word)) {
            signals.push((name, Signal::Backlog));
        } else {
            let message = format!("nothing is known that the metric `{text}` could read: it has no values");
            issues.push(from.locate(Issue::warning("spec.metrics", message)));
        }
    }
    signals
}

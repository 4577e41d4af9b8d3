//! VerticalPodAutoscalers and their targets, with what is known to go wrong between them and HPAs.

use super::scene::Scene;
use crate::hpa::{Metric, Resource};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::vpa_flags;
use crate::vpa::VpaSpec;
use crate::world::WorkloadId;
use crate::world::{Cast, Vpa};

pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    for (from, deployment) in &scene.objects.deployments {
        let mut part = Issues::new();
        vpa_flags::read(deployment, &mut cast.vpa_flags, &mut part);
        from.locate_all(part, issues);
    }
    let mut rows: Vec<(String, Vpa)> = Vec::new();
    for (from, object) in &scene.objects.vpas {
        let mut part = Issues::new();
        let spec = object.to_spec(&mut converter.cluster().symbols, &mut part);
        from.locate_all(part, issues);
        let Some(target) = &object.spec.target_ref else { continue };
        let namespace = converter.symbol(object.metadata.namespace_or_default());
        let name = converter.symbol(&target.name);
        let found = cast
            .workloads
            .iter()
            .find(|(_, row)| row.namespace == namespace && row.name == name && row.kind.name() == target.kind);
        let Some((workload, _)) = found else {
            let message = format!("there is no {} `{}` in its namespace", target.kind, target.name);
            let symbols = &converter.cluster().symbols;
            let known: Vec<&str> = cast.workloads.values().map(|row| symbols.text(row.name)).collect();
            let issue = Issue::error("spec.targetRef", message);
            issues.push(from.locate(issue.suggest(&target.name, known)));
            continue;
        };
        if rows.iter().any(|(_, other)| other.workload == workload) {
            issues.push(from.locate(Issue::error("spec.targetRef", "another VPA has the same target")));
            continue;
        }
        if let Some(message) = conflict(cast, workload, &spec) {
            let help = "give the VPA controlledResources that the HPA does not scale on, or updateMode Off";
            issues.push(from.locate(Issue::warning("spec", message).with_help(help)));
        }
        let key = format!("{}/{}", object.metadata.namespace_or_default(), object.metadata.name);
        rows.push((key, Vpa { name: converter.symbol(&object.metadata.name), workload, spec }));
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    cast.vpas = rows.into_iter().map(|(_, vpa)| vpa).collect();
}

/// An HPA that scales on utilisation of what the VPA sets: each undoes what the other does.
fn conflict(cast: &Cast, workload: WorkloadId, spec: &VpaSpec) -> Option<String> {
    if !spec.mode.sets_requests() {
        return None;
    }
    let controls = |resource: Resource| {
        let policies = spec.containers.iter().map(|(_, policy)| policy).chain([&spec.others]);
        let of = |policy: &crate::vpa::ContainerPolicy| match resource {
            Resource::Cpu => policy.scaled && policy.cpu.is_some(),
            Resource::Memory => policy.scaled && policy.memory.is_some(),
        };
        policies.into_iter().any(of)
    };
    let hpa = cast.hpas.iter().find(|hpa| hpa.workload == workload)?;
    let shared = hpa.spec.metrics.iter().find_map(|metric| match metric {
        Metric::Resource { resource, .. } if controls(*resource) => Some(*resource),
        _ => None,
    })?;
    let resource = if shared == Resource::Cpu { "cpu" } else { "memory" };
    Some(format!("VPA and HPA both act on {resource} of one workload: upstream warns of this, they feed on each other"))
}

//! Workloads that an HPA scales by what they use, and of which nothing says what they use.

use super::scene::Scene;
use crate::cluster::PodSpec;
use crate::hpa::{HpaSpec, Metric, Resource, Target};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::world::{Cast, Load};

/// Without traffic and profile a pod is taken to use what its HPA aims at: the number of pods stays what it is. Any other
/// assumption would be a decision of the HPA that nothing in the scenario led to.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    let mut names = Vec::new();
    for hpa in &cast.hpas {
        let row = &mut cast.workloads[hpa.workload];
        if !matches!(row.load, Load::Requests) {
            continue;
        }
        let cluster = converter.cluster();
        let spec = cluster.spec(row.template);
        if let Some(load) = at_target(&hpa.spec, spec) {
            row.load = load;
            names.push(cluster.symbols.text(row.name).to_owned());
        }
    }
    if !names.is_empty() {
        let field = if scene.file.traffic.patterns.is_empty() { "traffic" } else { "services" };
        let message = format!(
            "no requests reach {} and nothing says what its pods use: each is taken to use what its HPA aims at, so that \
             their number stays as it is",
            names.join(", ")
        );
        issues.push(Issue::warning(field, message));
    }
}

/// What a pod uses if each metric of cpu or memory is where it should be; none without such a metric.
fn at_target(hpa: &HpaSpec, pod: &PodSpec) -> Option<Load> {
    let requests = &pod.container_requests;
    let (mut cpu_milli, mut memory_bytes, mut any) = (requests.cpu_milli, requests.memory_bytes, false);
    for metric in &hpa.metrics {
        let Metric::Resource { resource, target, .. } = metric else { continue };
        let (used, unit) = match resource {
            Resource::Cpu => (&mut cpu_milli, 1),
            Resource::Memory => (&mut memory_bytes, 1000),
        };
        any = true;
        *used = match target {
            Target::Utilization(percent) => *used / 100 * percent + *used % 100 * percent / 100,
            Target::AverageValue(value) | Target::Value(value) => value / unit,
        };
    }
    any.then_some(Load::AtTarget { cpu_milli, memory_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resources;
    use smallvec::smallvec;

    #[test]
    fn a_pod_uses_what_its_hpa_aims_at() {
        let pod = PodSpec { container_requests: Resources::new(250, 1 << 30), ..PodSpec::default() };
        let metric = |resource, target| Metric::Resource { resource, container: None, target };
        let used = |metrics| match at_target(&HpaSpec { min: 1, max: 9, metrics, behavior: None }, &pod) {
            Some(Load::AtTarget { cpu_milli, memory_bytes }) => Some((cpu_milli, memory_bytes)),
            _ => None,
        };
        assert_eq!(used(smallvec![metric(Resource::Cpu, Target::Utilization(60))]), Some((150, 1 << 30)));
        assert_eq!(used(smallvec![metric(Resource::Memory, Target::AverageValue(5_000_000))]), Some((250, 5_000)));
        assert_eq!(used(smallvec![]), None);
    }
}

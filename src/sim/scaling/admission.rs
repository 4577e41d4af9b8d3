//! New pods get the requests that a VPA recommends.

use crate::cluster::{PodSpec, PodSpecId};
use crate::sim::shared::Shared;
use crate::vpa::{Amounts, ContainerPolicy, Controlled};
use crate::world::WorkloadId;

/// What the scheduler counts for a container that names no request (`schedutil.GetNonzeroRequests`).
const UNNAMED: Amounts = Amounts { cpu_milli: 100, memory_bytes: 200 << 20 };

impl Shared {
    /// The kind of a new pod: the template with the recommended requests, where a VPA sets them.
    pub(crate) fn admitted(&mut self, workload: WorkloadId, template: PodSpecId) -> PodSpecId {
        if self.cast.vpas.is_empty() {
            return template;
        }
        let cast = &self.cast;
        let of = |vpa: &crate::world::Vpa| vpa.workload == workload && vpa.spec.mode.sets_requests();
        let Some(index) = cast.vpas.iter().position(of) else { return template };
        let mut spec = self.cluster.spec(template).clone();
        for (at, recommended) in self.recommended[index].iter().enumerate() {
            if let (Some(recommended), Some(name)) = (recommended, spec.containers.get(at).map(|c| c.name)) {
                set_requests(&mut spec, at, recommended.target, cast.vpas[index].spec.policy(name));
            }
        }
        self.cluster.intern_spec(spec)
    }
}

/// Upstream: the admission controller's resource patches.
fn set_requests(spec: &mut PodSpec, container: usize, target: Amounts, policy: &ContainerPolicy) {
    let before = spec.container_requests.clone();
    let mut least = crate::cluster::Resources::default();
    spec.init_containers.iter().for_each(|container| least.max(&container.requests));
    let scales_limits = policy.values == Controlled::RequestsAndLimits;
    let row = &mut spec.containers[container];
    if policy.cpu.is_some() {
        let old = row.requests.cpu_milli;
        row.cpu_limit_milli = proportional(row.cpu_limit_milli, old, target.cpu_milli, scales_limits);
        spec.nonzero_cpu_milli +=
            target.cpu_milli - if row.has_cpu_request || old > 0 { old } else { UNNAMED.cpu_milli };
        spec.container_requests.cpu_milli += target.cpu_milli - old;
        (row.requests.cpu_milli, row.has_cpu_request) = (target.cpu_milli, true);
    }
    if policy.memory.is_some() {
        let old = row.requests.memory_bytes;
        row.memory_limit_bytes = proportional(row.memory_limit_bytes, old, target.memory_bytes, scales_limits);
        spec.nonzero_memory_bytes +=
            target.memory_bytes - if row.has_memory_request || old > 0 { old } else { UNNAMED.memory_bytes };
        spec.container_requests.memory_bytes += target.memory_bytes - old;
        (row.requests.memory_bytes, row.has_memory_request) = (target.memory_bytes, true);
    }
    let after = &spec.container_requests;
    spec.requests.cpu_milli += after.cpu_milli.max(least.cpu_milli) - before.cpu_milli.max(least.cpu_milli);
    spec.requests.memory_bytes +=
        after.memory_bytes.max(least.memory_bytes) - before.memory_bytes.max(least.memory_bytes);
}

/// A limit keeps its ratio to the request. Upstream: `GetProportionalLimit`.
fn proportional(limit: Option<i64>, request: i64, target: i64, scales: bool) -> Option<i64> {
    match limit {
        Some(limit) if scales && request > 0 => {
            i64::try_from(i128::from(limit) * i128::from(target) / i128::from(request)).ok()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Container, Resources};

    fn pod() -> PodSpec {
        let container = Container {
            requests: Resources::new(100, 1000),
            has_cpu_request: true,
            has_memory_request: true,
            cpu_limit_milli: Some(200),
            memory_limit_bytes: Some(3000),
            ..Container::default()
        };
        let init = Container { requests: Resources::new(500, 0), ..Container::default() };
        PodSpec {
            requests: Resources::new(500, 1000),
            container_requests: Resources::new(100, 1000),
            nonzero_cpu_milli: 100,
            nonzero_memory_bytes: 1000,
            containers: vec![container],
            init_containers: vec![init],
            ..PodSpec::default()
        }
    }

    #[test]
    fn requests_change_with_their_sums_and_limits() {
        let mut spec = pod();
        let target = Amounts { cpu_milli: 700, memory_bytes: 500 };
        set_requests(&mut spec, 0, target, &ContainerPolicy::default());
        assert_eq!(spec.containers[0].requests, Resources::new(700, 500));
        assert_eq!(
            (spec.containers[0].cpu_limit_milli, spec.containers[0].memory_limit_bytes),
            (Some(1400), Some(1500))
        );
        assert_eq!((spec.requests.cpu_milli, spec.requests.memory_bytes), (700, 500));
        assert_eq!((spec.nonzero_cpu_milli, spec.nonzero_memory_bytes), (700, 500));
    }

    #[test]
    fn an_init_container_still_counts_and_uncontrolled_resources_stay() {
        let mut spec = pod();
        let policy = ContainerPolicy { memory: None, values: Controlled::RequestsOnly, ..ContainerPolicy::default() };
        set_requests(&mut spec, 0, Amounts { cpu_milli: 300, memory_bytes: 9 }, &policy);
        assert_eq!((spec.requests.cpu_milli, spec.requests.memory_bytes), (500, 1000));
        assert_eq!(spec.container_requests.cpu_milli, 300);
        assert_eq!(spec.containers[0].cpu_limit_milli, Some(200));
    }
}

//! New pods get the requests that a VPA recommends.

use super::pod_sums::Sums;
use crate::cluster::{PodSpec, PodSpecId};
use crate::sim::shared::Shared;
use crate::vpa::{Amounts, ContainerPolicy, Controlled};
use crate::world::WorkloadId;

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
    let before = Sums::of(spec);
    let scales_limits = policy.values == Controlled::RequestsAndLimits;
    let row = &mut spec.containers[container];
    if policy.cpu.is_some() {
        let old = row.requests.cpu_milli;
        row.cpu_limit_milli = proportional(row.cpu_limit_milli, old, target.cpu_milli, scales_limits);
        (row.requests.cpu_milli, row.has_cpu_request) = (target.cpu_milli, true);
    }
    if policy.memory.is_some() {
        let old = row.requests.memory_bytes;
        row.memory_limit_bytes = proportional(row.memory_limit_bytes, old, target.memory_bytes, scales_limits);
        (row.requests.memory_bytes, row.has_memory_request) = (target.memory_bytes, true);
    }
    let after = Sums::of(spec);
    let grow =
        |amount: &mut i64, after: i64, before: i64| *amount = amount.saturating_add(after.saturating_sub(before));
    let grow_both = |cpu: &mut i64, memory: &mut i64, after: Amounts, before: Amounts| {
        grow(cpu, after.cpu_milli, before.cpu_milli);
        grow(memory, after.memory_bytes, before.memory_bytes);
    };
    let PodSpec { requests, container_requests, .. } = spec;
    grow_both(&mut requests.cpu_milli, &mut requests.memory_bytes, after.reserved, before.reserved);
    let (cpu, memory) = (&mut container_requests.cpu_milli, &mut container_requests.memory_bytes);
    grow_both(cpu, memory, after.containers, before.containers);
    grow_both(&mut spec.nonzero_cpu_milli, &mut spec.nonzero_memory_bytes, after.scored, before.scored);
    if let Some((cpu, memory)) = &mut spec.nonzero_while_waiting {
        grow_both(cpu, memory, after.scored, before.scored);
    }
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
            nonzero_cpu_milli: 500,
            // The init container names none.
            nonzero_memory_bytes: 200 << 20,
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
        assert_eq!((spec.nonzero_cpu_milli, spec.nonzero_memory_bytes), (700, 200 << 20));
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

    #[test]
    fn scores_count_the_init_container_as_long_as_it_asks_for_more() {
        // 600m where the containers have 100m and the largest step 500m, and an overhead of 100m.
        let mut spec = pod();
        (spec.requests.cpu_milli, spec.nonzero_cpu_milli) = (600, 600);
        spec.init_containers[0].has_cpu_request = true;
        let policy = ContainerPolicy { memory: None, ..ContainerPolicy::default() };
        let mut asks = |cpu_milli| {
            set_requests(&mut spec, 0, Amounts { cpu_milli, memory_bytes: 9 }, &policy);
            (spec.requests.cpu_milli, spec.nonzero_cpu_milli)
        };
        assert_eq!(asks(300), (600, 600), "the step of the init container is more than the containers");
        assert_eq!(asks(800), (900, 900));
        assert_eq!(asks(50), (600, 600));
    }

    #[test]
    fn a_sidecar_is_beside_the_containers_in_the_fit_and_a_step_in_the_scores() {
        let mut spec = pod();
        spec.init_containers[0].is_sidecar = true;
        spec.init_containers[0].has_cpu_request = true;
        (spec.requests.cpu_milli, spec.nonzero_cpu_milli) = (600, 500);
        let policy = ContainerPolicy { memory: None, ..ContainerPolicy::default() };
        set_requests(&mut spec, 0, Amounts { cpu_milli: 200, memory_bytes: 9 }, &policy);
        assert_eq!((spec.requests.cpu_milli, spec.nonzero_cpu_milli), (700, 500));
    }
}

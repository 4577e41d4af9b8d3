//! What a pod requests, by the API server's rules.

use super::Converter;
use crate::cluster::Resources;
use crate::scenario::kubernetes::pod;
use crate::units::Quantity;
use std::collections::BTreeMap;

/// What a container counts in scoring when it names no request: upstream `DefaultMilliCPURequest`,
/// `DefaultMemoryRequest` (scheduler/util/pod_resources.go, 1.28).
const DEFAULT_CPU_MILLI: i64 = 100;
const DEFAULT_MEMORY_BYTES: i64 = 200 * 1024 * 1024;

/// Sums over a pod's containers.
pub(super) struct PodResources {
    pub(super) requests: Resources,
    pub(super) nonzero_cpu_milli: i64,
    pub(super) nonzero_memory_bytes: i64,
    pub(super) container_requests: Resources,
}

impl Converter<'_> {
    pub(super) fn pod_resources(&mut self, api: &pod::PodSpec) -> PodResources {
        let requests = exact_pod_requests(api, |container| container.resources.requests.clone());
        let scored = exact_pod_requests(api, |container| with_scoring_defaults(&container.resources.requests));
        let mut containers = BTreeMap::new();
        api.containers.iter().for_each(|container| add_to(&mut containers, &container.resources.requests));
        PodResources {
            requests: self.resources("spec", &non_negative(requests)),
            nonzero_cpu_milli: scored.get("cpu").map_or(0, |cpu| cpu.milli_value()),
            nonzero_memory_bytes: scored.get("memory").map_or(0, |memory| memory.value()),
            container_requests: self.resources("spec", &non_negative(containers)),
        }
    }
}

/// max(sum of containers and sidecars, init containers in turn with the sidecars before them) +
/// overhead, exact.
///
/// Upstream: `resource.PodRequests` (pkg/api/v1/resource/helpers.go, 1.28).
fn exact_pod_requests(
    api: &pod::PodSpec,
    of: impl Fn(&pod::Container) -> BTreeMap<String, Quantity>,
) -> BTreeMap<String, Quantity> {
    let mut total = BTreeMap::new();
    api.containers.iter().for_each(|container| add_to(&mut total, &of(container)));
    let (mut sidecars, mut init) = (BTreeMap::new(), BTreeMap::new());
    for container in &api.init_containers {
        let mut needed = of(container);
        if container.restart_policy.as_deref() == Some("Always") {
            add_to(&mut total, &needed);
            add_to(&mut sidecars, &needed);
            needed = sidecars.clone();
        } else {
            add_to(&mut needed, &sidecars);
        }
        raise_to(&mut init, &needed);
    }
    raise_to(&mut total, &init);
    add_to(&mut total, &api.overhead);
    total
}

/// Negative requests are reported per container; sums go on without them.
fn non_negative(mut amounts: BTreeMap<String, Quantity>) -> BTreeMap<String, Quantity> {
    amounts.retain(|_, quantity| !quantity.is_negative());
    amounts
}

fn with_scoring_defaults(requests: &BTreeMap<String, Quantity>) -> BTreeMap<String, Quantity> {
    let mut scored = requests.clone();
    scored.entry("cpu".into()).or_insert(Quantity::from_milli(DEFAULT_CPU_MILLI));
    scored.entry("memory".into()).or_insert(Quantity::from_units(DEFAULT_MEMORY_BYTES));
    scored
}

fn add_to(total: &mut BTreeMap<String, Quantity>, amounts: &BTreeMap<String, Quantity>) {
    for (name, quantity) in amounts {
        let sum = total.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*quantity);
    }
}

fn raise_to(total: &mut BTreeMap<String, Quantity>, amounts: &BTreeMap<String, Quantity>) {
    for (name, quantity) in amounts {
        let most = total.entry(name.clone()).or_default();
        *most = (*most).max(*quantity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{ClusterState, PodSpecId};

    fn convert_pod(json: &str) -> (ClusterState, PodSpecId) {
        let mut cluster = ClusterState::new();
        let api: pod::Pod = serde_json::from_str(json).expect("the test's own text");
        let mut converter = Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH);
        let spec = converter.pod_spec(&api.metadata, &api.spec);
        assert!(converter.issues.is_empty(), "{:?}", converter.issues);
        (cluster, spec)
    }

    #[test]
    fn requests_are_the_larger_of_containers_and_init_containers() {
        let (cluster, spec) = convert_pod(
            r#"{"spec":{"containers":[{"name":"a","resources":{"requests":{"cpu":"100m"}}},
                {"name":"b","resources":{"requests":{"cpu":0.25,"memory":"1Gi"}}}],
                "initContainers":[{"name":"i","resources":{"requests":{"cpu":"1","memory":"1Mi"}}}],
                "overhead":{"cpu":"10m"}}}"#,
        );
        let spec = cluster.spec(spec);
        assert_eq!(spec.requests.cpu_milli, 1010);
        assert_eq!(spec.requests.memory_bytes, 1 << 30);
        assert_eq!(spec.container_requests.cpu_milli, 350);
        assert_eq!(spec.nonzero_memory_bytes, (1 << 30) + DEFAULT_MEMORY_BYTES);
    }

    #[test]
    fn equal_pods_share_a_spec() {
        let mut cluster = ClusterState::new();
        let text = r#"{"metadata":{"name":"x","labels":{"app":"x"}},"spec":{"containers":[{"name":"a"}]}}"#;
        let api: pod::Pod = serde_json::from_str(text).expect("the test's own text");
        let mut converter = Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH);
        let (first, second) = (converter.pod(&api), converter.pod(&api));
        assert_ne!(first, second);
        assert_eq!(cluster.specs().len(), 1);
    }
}

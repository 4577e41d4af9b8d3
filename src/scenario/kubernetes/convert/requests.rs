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
        let requests = exact_pod_requests(api);
        let (nonzero_cpu_milli, nonzero_memory_bytes) = nonzero_requests(api);
        let mut containers = BTreeMap::new();
        api.containers.iter().for_each(|container| add_to(&mut containers, &container.resources.requests));
        PodResources {
            requests: self.resources("spec", &non_negative(requests)),
            nonzero_cpu_milli,
            nonzero_memory_bytes,
            container_requests: self.resources("spec", &non_negative(containers)),
        }
    }
}

/// max(sum of containers and sidecars, init containers in turn with the sidecars before them) +
/// overhead, exact.
///
/// Upstream: `resource.PodRequests` (pkg/api/v1/resource/helpers.go, 1.28).
fn exact_pod_requests(api: &pod::PodSpec) -> BTreeMap<String, Quantity> {
    let mut total = BTreeMap::new();
    let sidecars = api.init_containers.iter().filter(|container| is_sidecar(container));
    api.containers.iter().chain(sidecars).for_each(|container| add_to(&mut total, &container.resources.requests));
    each_init_step(api, |needed| raise_to(&mut total, needed));
    add_to(&mut total, &api.overhead);
    total
}

/// Cpu in milli-cores and memory in bytes, with the scores' defaults for what names none: max(sum of containers, the
/// largest step of the init containers) + overhead. Sidecars are in the steps alone, and their defaults are for a step as a
/// whole. Each amount is rounded up by itself.
///
/// Upstream: `calculateResource` (scheduler/framework/types.go, 1.28), for pods of a node. A pod with sidecars that looks for
/// a node would count otherwise, but NodeResourcesFit refuses it before that.
fn nonzero_requests(api: &pod::PodSpec) -> (i64, i64) {
    let counted = |amounts: &BTreeMap<String, Quantity>| {
        (
            amounts.get("cpu").map_or(DEFAULT_CPU_MILLI, |cpu| cpu.milli_value()),
            amounts.get("memory").map_or(DEFAULT_MEMORY_BYTES, |memory| memory.value()),
        )
    };
    let plus = |a: (i64, i64), b: (i64, i64)| (a.0.wrapping_add(b.0), a.1.wrapping_add(b.1));
    let rows = api.containers.iter().map(|container| counted(&container.resources.requests));
    let mut sums = rows.fold((0, 0), plus);
    each_init_step(api, |needed| {
        let (cpu, memory) = counted(needed);
        sums = (sums.0.max(cpu), sums.1.max(memory));
    });
    let overhead = |name: &str| api.overhead.get(name).copied().unwrap_or_default();
    plus(sums, (overhead("cpu").milli_value(), overhead("memory").value()))
}

/// Tells what is needed at each step of a pod's start: an init container and the sidecars before it, or the sidecars up
/// to the one that starts.
fn each_init_step(api: &pod::PodSpec, mut tell: impl FnMut(&BTreeMap<String, Quantity>)) {
    let mut sidecars = BTreeMap::new();
    for container in &api.init_containers {
        if is_sidecar(container) {
            add_to(&mut sidecars, &container.resources.requests);
            tell(&sidecars);
        } else {
            let mut needed = sidecars.clone();
            add_to(&mut needed, &container.resources.requests);
            tell(&needed);
        }
    }
}

pub(super) fn is_sidecar(container: &pod::Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// Negative requests are reported per container; sums go on without them.
fn non_negative(mut amounts: BTreeMap<String, Quantity>) -> BTreeMap<String, Quantity> {
    amounts.retain(|_, quantity| !quantity.is_negative());
    amounts
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

    /// What the fit and the scores count of init containers, cpu of each in milli-cores, beside two containers of 100 and
    /// of no request; an absent cpu is no request, a trailing `+` makes a sidecar.
    fn of_init_containers(init: &[&str]) -> (i64, i64) {
        let row = |text: &&str| {
            let policy = if text.ends_with('+') { r#","restartPolicy":"Always""# } else { "" };
            let cpu = text.trim_end_matches('+');
            let requests = if cpu.is_empty() { String::new() } else { format!(r#""cpu":"{cpu}m""#) };
            format!(r#"{{"name":"i","resources":{{"requests":{{{requests}}}}}{policy}}}"#)
        };
        let init: Vec<String> = init.iter().map(row).collect();
        let (cluster, spec) = convert_pod(&format!(
            r#"{{"spec":{{"containers":[{{"name":"a","resources":{{"requests":{{"cpu":"100m"}}}}}},{{"name":"b"}}],
                "initContainers":[{}],"overhead":{{"cpu":"7m"}}}}}}"#,
            init.join(",")
        ));
        let spec = cluster.spec(spec);
        (spec.requests.cpu_milli - 7, spec.nonzero_cpu_milli - 7)
    }

    #[test]
    fn sidecars_count_whole_in_the_fit_and_by_steps_in_the_scores() {
        assert_eq!(of_init_containers(&[]), (100, 200));
        assert_eq!(of_init_containers(&["50+"]), (150, 200), "the step of 50 is less than the containers");
        assert_eq!(of_init_containers(&["150+", "150+"]), (400, 300), "both sidecars, without the containers");
        assert_eq!(of_init_containers(&["300+", "250"]), (550, 550), "an ordinary one beside the sidecar before it");
        assert_eq!(of_init_containers(&["250", "300+"]), (400, 300), "it has ended when the sidecar starts");
        assert_eq!(of_init_containers(&["250+", ""]), (350, 250), "a step that asks for something has no default");
        assert_eq!(of_init_containers(&["", "250+"]), (350, 250));
        assert_eq!(of_init_containers(&["+", "0+"]), (100, 200));
    }

    #[test]
    fn the_scores_round_each_amount_up() {
        let (cluster, spec) = convert_pod(
            r#"{"spec":{"containers":[{"name":"a","resources":{"requests":{"memory":"1500m"}}},
                {"name":"b","resources":{"requests":{"memory":"1500m","cpu":"0"}}}]}}"#,
        );
        let spec = cluster.spec(spec);
        assert_eq!((spec.requests.memory_bytes, spec.nonzero_memory_bytes), (3, 4));
        assert_eq!(spec.nonzero_cpu_milli, DEFAULT_CPU_MILLI, "an explicit 0 stays 0");
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

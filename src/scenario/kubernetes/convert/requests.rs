//! What a pod requests, by the API server's rules.

use super::Converter;
use crate::cluster::PodLevelRequests;
use crate::cluster::Resources;
use crate::scenario::kubernetes::pod;
use crate::scheduler::Rules;
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
    /// While the pod looks for a node, if that is something else.
    pub(super) nonzero_while_waiting: Option<(i64, i64)>,
    pub(super) container_requests: Resources,
    pub(super) as_a_whole: Option<PodLevelRequests>,
}

type Amounts = BTreeMap<String, Quantity>;

impl Converter<'_> {
    pub(super) fn pod_resources(&mut self, api: &pod::PodSpec, status: &pod::PodStatus) -> PodResources {
        let pod_level = pod_level_requests(api, self.rules);
        let is_whole = !pod_level.is_empty();
        let subject = Subject { api, status, rules: self.rules, pod_level: pod_level.clone() };
        let requests = subject.requests(&Amounts::new());
        // NodeResourcesFit's score does not look at what the pod as a whole requests while it waits.
        let by_containers = Subject { pod_level: Amounts::new(), ..subject };
        let waiting = scored(&by_containers.requests(&defaults()));
        let (nonzero_cpu_milli, nonzero_memory_bytes) = match self.rules.effective_scored_requests {
            false => nonzero_requests(api),
            true if pod_level.is_empty() => waiting,
            true => {
                let subject = Subject { pod_level, ..by_containers };
                let mut missing = defaults();
                missing.retain(|name, _| !requests.contains_key(name));
                scored(&subject.requests(&missing))
            }
        };
        let named = |name: &str| requests.get(name).copied();
        let as_a_whole = is_whole.then(|| PodLevelRequests {
            cpu_milli: named("cpu").map(Quantity::milli_value),
            memory_bytes: named("memory").map(Quantity::value),
        });
        let mut containers = Amounts::new();
        api.containers.iter().for_each(|container| add_to(&mut containers, &container.resources.requests));
        PodResources {
            requests: self.resources("spec", &non_negative(requests)),
            nonzero_cpu_milli,
            nonzero_memory_bytes,
            nonzero_while_waiting: Some(waiting).filter(|row| *row != (nonzero_cpu_milli, nonzero_memory_bytes)),
            container_requests: self.resources("spec", &non_negative(containers)),
            as_a_whole,
        }
    }
}

/// What scores count of a container that names no request.
fn defaults() -> Amounts {
    let cpu = Quantity::from_milli(DEFAULT_CPU_MILLI);
    Amounts::from([("cpu".to_owned(), cpu), ("memory".to_owned(), Quantity::from_units(DEFAULT_MEMORY_BYTES))])
}

/// Cpu in milli-cores and memory in bytes.
fn scored(requests: &Amounts) -> (i64, i64) {
    let of = |name: &str| requests.get(name).copied().unwrap_or_default();
    (of("cpu").milli_value(), of("memory").value())
}

/// A pod whose requests are wanted.
struct Subject<'a> {
    api: &'a pod::PodSpec,
    status: &'a pod::PodStatus,
    rules: Rules,
    /// What the pod as a whole requests.
    pod_level: Amounts,
}

impl Subject<'_> {
    /// max(sum of containers and sidecars, init containers in turn with the sidecars before them), what the pod as a whole
    /// requests instead, + overhead, exact. Containers without a request get that of `missing`.
    ///
    /// Upstream: `resource.PodRequests` (k8s.io/component-helpers/resource/helpers.go; until 1.31 pkg/api/v1/resource/helpers.go).
    fn requests(&self, missing: &Amounts) -> Amounts {
        let mut total = self.of_containers(missing);
        total.extend(self.pod_level_now());
        add_to(&mut total, &self.api.overhead);
        total
    }

    /// Upstream: `AggregateContainerRequests`.
    fn of_containers(&self, missing: &Amounts) -> Amounts {
        let mut total = Amounts::new();
        let sidecars = self.api.init_containers.iter().filter(|container| is_sidecar(container));
        for container in self.api.containers.iter().chain(sidecars) {
            add_to(&mut total, &self.of_container(container, missing));
        }
        each_init_step(
            self.api,
            |container| self.of_container(container, missing),
            |needed| raise_to(&mut total, needed),
        );
        total
    }

    /// Of a container that is being resized the most of what it asks for, was promised and has; what it asks for does not count once it
    /// turned out not to be possible. Upstream: `determineContainerReqs`, 1.33.
    fn of_container(&self, container: &pod::Container, missing: &Amounts) -> Amounts {
        let mut amounts = container.resources.requests.clone();
        let runs_on = || self.api.containers.iter().any(|row| std::ptr::eq(row, container)) || is_sidecar(container);
        if self.rules.resize_from_status
            && let Some((status, has)) = self.status_of(&container.name)
            && runs_on()
        {
            if self.resize_is_infeasible() {
                amounts.clear();
            }
            raise_to(&mut amounts, &has.requests);
            raise_to(&mut amounts, &status.allocated_resources);
        }
        for (name, amount) in missing {
            amounts.entry(name.clone()).or_insert(*amount);
        }
        amounts
    }

    /// As far as it tells what the container has.
    fn status_of(&self, name: &str) -> Option<(&pod::ContainerStatus, &pod::ResourceRequirements)> {
        let mut rows = self.status.init_container_statuses.iter().chain(&self.status.container_statuses).rev();
        let status = rows.find(|status| status.name == name)?;
        Some((status, status.resources.as_ref()?))
    }

    /// Upstream: `IsPodResizeInfeasible`.
    fn resize_is_infeasible(&self) -> bool {
        let mut conditions = self.status.conditions.iter();
        conditions.find(|row| row.kind == "PodResizePending").is_some_and(|row| row.reason == "Infeasible")
    }

    /// What the pod as a whole requests, of one that is being resized as of its containers. Upstream: `effectivePodLevelResources`, 1.36.
    fn pod_level_now(&self) -> Amounts {
        let (has, promised) = (&self.status.resources, &self.status.allocated_resources);
        let mut amounts = self.pod_level.clone();
        let is_resized = self.rules.pod_level_resize && self.rules.resize_from_status;
        if !is_resized || amounts.is_empty() || (has.is_none() && promised.is_none()) {
            return amounts;
        }
        if self.resize_is_infeasible() {
            amounts.clear();
        }
        for status in has.iter().map(|has| &has.requests).chain(promised) {
            let mut without_overhead = status.clone();
            without_overhead.retain(|name, _| is_pod_level(name, self.rules));
            for (name, overhead) in &self.api.overhead {
                if let Some(amount) = without_overhead.get_mut(name) {
                    *amount = amount.saturating_sub(*overhead);
                }
            }
            raise_to(&mut amounts, &without_overhead);
        }
        amounts
    }
}

/// What a pod as a whole requests: what it says, else what its containers do together, else its limits. Nothing in a version that does not look at it.
///
/// Upstream: `defaultPodRequests`, `defaultHugePagePodLimits` (pkg/apis/core/v1/defaults.go), `IsSupportedPodLevelResource`.
fn pod_level_requests(api: &pod::PodSpec, rules: Rules) -> Amounts {
    let (mut limits, mut requests) = (api.resources.limits.clone(), api.resources.requests.clone());
    if !rules.pod_level_resources || (limits.is_empty() && requests.is_empty()) {
        return Amounts::new();
    }
    let containers = || api.containers.iter().chain(&api.init_containers);
    if rules.pod_level_huge_pages {
        let mut of_containers = Amounts::new();
        containers().for_each(|container| add_to(&mut of_containers, &container.resources.limits));
        of_containers.retain(|name, _| is_huge_page(name));
        for (name, amount) in of_containers {
            limits.entry(name).or_insert(amount);
        }
    }
    if !limits.is_empty() {
        let nothing = pod::PodStatus::default();
        let without = Subject { api, status: &nothing, rules, pod_level: Amounts::new() };
        let of_containers = without.of_containers(&Amounts::new());
        // Huge pages cannot be overcommitted.
        let by_containers = of_containers.into_iter().filter(|(name, _)| !is_huge_page(name));
        for (name, amount) in by_containers.chain(limits) {
            requests.entry(name).or_insert(amount);
        }
    }
    requests.retain(|name, _| is_pod_level(name, rules));
    requests
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}
fn is_pod_level(name: &str, rules: Rules) -> bool {
    matches!(name, "cpu" | "memory") || (rules.pod_level_huge_pages && is_huge_page(name))
}

/// Cpu in milli-cores and memory in bytes, with the scores' defaults for what names none: max(sum of containers, the
/// largest step of the init containers) + overhead. Sidecars are in the steps alone, and their defaults are for a step as a
/// whole. Each amount is rounded up by itself.
///
/// Upstream: `calculateResource` (scheduler/framework/types.go), until 1.31, for pods of a node.
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
    each_init_step(
        api,
        |container| container.resources.requests.clone(),
        |needed| {
            let (cpu, memory) = counted(needed);
            sums = (sums.0.max(cpu), sums.1.max(memory));
        },
    );
    let overhead = |name: &str| api.overhead.get(name).copied().unwrap_or_default();
    plus(sums, (overhead("cpu").milli_value(), overhead("memory").value()))
}

/// Tells what is needed at each step of a pod's start: an init container and the sidecars before it, or the sidecars up
/// to the one that starts.
fn each_init_step(api: &pod::PodSpec, of: impl Fn(&pod::Container) -> Amounts, mut tell: impl FnMut(&Amounts)) {
    let mut sidecars = BTreeMap::new();
    for container in &api.init_containers {
        if is_sidecar(container) {
            add_to(&mut sidecars, &of(container));
            tell(&sidecars);
        } else {
            let mut needed = sidecars.clone();
            add_to(&mut needed, &of(container));
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

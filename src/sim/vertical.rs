//! Vertical scaling: the VPA's recommender and updater in their turn, and new pods with new requests.

use crate::cluster::{Container, Phase, PodId, PodSpec, PodSpecId};
use crate::sim::Simulation;
use crate::sim::event::Event;
use crate::sim::log::Evictor;
use crate::units::{SimDuration, SimTime};
use crate::vpa::updater::{self, Priority, Replicas, Restriction};
use crate::vpa::{Aggregate, Amounts, ContainerPolicy, Controlled, PodMemory, Recommendation, recommend};
use crate::world::WorkloadId;
use rustc_hash::FxHashMap;

/// What the scheduler counts for a container that names no request (`schedutil.GetNonzeroRequests`).
const UNNAMED: Amounts = Amounts { cpu_milli: 100, memory_bytes: 200 << 20 };

/// The memory of recommender and updater about one VPA.
#[derive(Clone, Debug, Default)]
pub(super) struct VpaState {
    /// By container, in the order of the template.
    aggregates: Vec<Aggregate>,
    /// By pod and container; looked up, never iterated.
    pods: FxHashMap<(PodId, usize), PodMemory>,
    /// How long the first container had run when it was last killed for lack of memory.
    killed_after: FxHashMap<PodId, SimDuration>,
    /// By container, within the policy; empty until there are samples.
    recommended: Vec<Option<Recommendation>>,
}

impl Simulation {
    /// The first turn of recommender and updater.
    pub(super) fn start_vertical_scaling(&mut self) {
        let cast = self.cast.clone();
        if cast.vpas.is_empty() {
            return;
        }
        let state = |vpa: &crate::world::Vpa| {
            let containers = self.cluster.spec(cast.workloads[vpa.workload].template).containers.len();
            let aggregates = vec![Aggregate::new(&cast.vpa_flags); containers];
            VpaState { aggregates, ..VpaState::default() }
        };
        self.vpas = cast.vpas.iter().map(state).collect();
        let first = self.phase(cast.vpa_flags.interval);
        self.queue.push(first, Event::VpaLoop);
    }

    /// Recommender, then updater, for every VPA.
    pub(super) fn vpa_loop(&mut self, now: SimTime) {
        for index in 0..self.vpas.len() {
            self.take_samples(index);
            self.update_recommendation(index);
            if self.cast.vpas[index].spec.mode.evicts() {
                self.evict_for_requests(now, index);
            }
        }
        self.repeat(now, self.cast.vpa_flags.interval, Event::VpaLoop);
    }

    /// By VPA and container: the latest recommendation.
    pub(super) fn vpa_recommendations(&self) -> Vec<Vec<Option<Recommendation>>> {
        self.vpas.iter().map(|state| state.recommended.clone()).collect()
    }

    /// The latest resource metrics of each pod; the first container does all the work.
    fn take_samples(&mut self, index: usize) {
        let workload = self.cast.vpas[index].workload;
        self.unsettle(workload);
        let (flags, state) = (&self.cast.vpa_flags, &mut self.vpas[index]);
        for pod in &self.workloads[workload].pods {
            let Some(sample) = self.lives[*pod].sample else { continue };
            for (container, aggregate) in state.aggregates.iter_mut().enumerate() {
                let share = i64::from(container == 0);
                let memory = state.pods.entry((*pod, container)).or_default();
                memory.add_cpu(aggregate, sample.cpu_milli * share, 0, sample.at);
                memory.add_memory(aggregate, flags, sample.memory_bytes * share, sample.at);
            }
        }
        let lives = &self.cluster;
        state.pods.retain(|(pod, _), _| lives.pod(*pod).is_present());
        state.killed_after.retain(|pod, _| lives.pod(*pod).is_present());
    }

    fn update_recommendation(&mut self, index: usize) {
        let vpa = &self.cast.vpas[index];
        let containers = &self.cluster.spec(self.cast.workloads[vpa.workload].template).containers;
        let (flags, state) = (&self.cast.vpa_flags, &mut self.vpas[index]);
        let of = |(aggregate, container): (&Aggregate, &Container)| {
            let policy = vpa.spec.policy(container.name);
            let known = policy.scaled && !aggregate.is_empty();
            known.then(|| recommend(aggregate, state.aggregates.len(), flags).within(policy))
        };
        state.recommended = state.aggregates.iter().zip(containers).map(of).collect();
    }

    /// Upstream: the updater's `RunOnce`.
    fn evict_for_requests(&mut self, now: SimTime, index: usize) {
        let cast = self.cast.clone();
        let (vpa, flags) = (&cast.vpas[index], &cast.vpa_flags);
        let pods = self.workloads[vpa.workload].pods.iter().copied();
        let live: Vec<PodId> = pods.filter(|pod| self.is_active(*pod)).collect();
        let running = live.iter().filter(|pod| self.cluster.pod(**pod).phase == Phase::Running).count();
        let least = vpa.spec.min_replicas.unwrap_or(flags.min_replicas);
        let desired = self.workloads[vpa.workload].desired;
        let replicas = Replicas { configured: desired, live: live.len() as i32, running: running as i32 };
        let Some(mut restriction) = Restriction::new(replicas, least, flags) else {
            return;
        };
        let urgent = |pod: &PodId| Some((self.priority_of(now, index, *pod)?, *pod));
        let mut urgent: Vec<(Priority, PodId)> = live.iter().filter_map(urgent).collect();
        urgent.sort_by(|a, b| updater::more_urgent(&a.0, &b.0));
        for (_, pod) in urgent {
            let pending = self.cluster.pod(pod).phase == Phase::Pending;
            if restriction.allows(pending) && self.evict_by_api(now, pod, Evictor::VpaUpdater, None) {
                restriction.count(pending);
            }
        }
    }

    fn priority_of(&self, now: SimTime, index: usize, pod: PodId) -> Option<Priority> {
        let (vpa, state) = (&self.cast.vpas[index], &self.vpas[index]);
        let containers = &self.cluster.spec_of(pod).containers;
        let rows: Vec<updater::Container<'_>> = containers
            .iter()
            .enumerate()
            .map(|(at, container)| updater::Container {
                cpu_milli: container.has_cpu_request.then_some(container.requests.cpu_milli),
                memory_bytes: container.has_memory_request.then_some(container.requests.memory_bytes),
                recommended: state.recommended.get(at).copied().flatten(),
                policy: vpa.spec.policy(container.name),
                last_oom_after: state.killed_after.get(&pod).copied().filter(|_| at == 0),
            })
            .collect();
        updater::priority(&rows, self.cluster.pod(pod).started, now, &self.cast.vpa_flags)
    }

    /// A container was killed for lack of memory: the recommender hears of it.
    pub(super) fn vpa_hears_of_oom(&mut self, now: SimTime, workload: WorkloadId, pod: PodId) {
        let Some(index) = self.cast.vpas.iter().position(|vpa| vpa.workload == workload) else { return };
        let ran = now - self.lives[pod].running_since;
        let requested = self.cluster.spec_of(pod).containers.first().map_or(0, |c| c.requests.memory_bytes);
        let state = &mut self.vpas[index];
        state.killed_after.insert(pod, ran);
        if let Some(aggregate) = state.aggregates.first_mut() {
            let memory = state.pods.entry((pod, 0)).or_default();
            memory.record_oom(aggregate, &self.cast.vpa_flags, requested, now);
        }
    }

    /// The kind of a new pod: the template with the recommended requests, where a VPA sets them.
    pub(super) fn admitted(&mut self, workload: WorkloadId, template: PodSpecId) -> PodSpecId {
        if self.vpas.is_empty() {
            return template;
        }
        let cast = self.cast.clone();
        let of = |vpa: &crate::world::Vpa| vpa.workload == workload && vpa.spec.mode.sets_requests();
        let Some(index) = cast.vpas.iter().position(of) else { return template };
        let mut spec = self.cluster.spec(template).clone();
        for (at, recommended) in self.vpas[index].recommended.iter().enumerate() {
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
        spec.nonzero_cpu_milli += target.cpu_milli - if row.has_cpu_request { old } else { UNNAMED.cpu_milli };
        spec.container_requests.cpu_milli += target.cpu_milli - old;
        (row.requests.cpu_milli, row.has_cpu_request) = (target.cpu_milli, true);
    }
    if policy.memory.is_some() {
        let old = row.requests.memory_bytes;
        row.memory_limit_bytes = proportional(row.memory_limit_bytes, old, target.memory_bytes, scales_limits);
        spec.nonzero_memory_bytes +=
            target.memory_bytes - if row.has_memory_request { old } else { UNNAMED.memory_bytes };
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
    use crate::cluster::Resources;

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

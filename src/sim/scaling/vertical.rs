//! Vertical scaling: the VPA's recommender and updater in their turn, and new pods with new requests.

use crate::cluster::{Container, Phase, PodId};
use crate::sim::event::Event;
use crate::sim::log::Evictor;
use crate::sim::pods::eviction::{Eviction, Refusal};
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::vpa::updater::{self, Priority, Replicas, Restriction};
use crate::vpa::{Aggregate, PodMemory, recommend};
use crate::world::WorkloadId;
use rustc_hash::FxHashMap;

/// The memory of recommender and updater about one VPA.
#[derive(Clone, Debug, Default)]
pub(crate) struct VpaState {
    /// By container, in the order of the template.
    aggregates: Vec<Aggregate>,
    /// By pod and container; looked up, never iterated.
    pods: FxHashMap<(PodId, usize), PodMemory>,
    /// How long the first container had run when it was last killed for lack of memory.
    killed_after: FxHashMap<PodId, SimDuration>,
}

/// The VPAs' recommender and updater.
#[derive(Default)]
pub(crate) struct Vertical {
    pub(crate) vpas: Vec<VpaState>,
}

impl Vertical {
    /// The first turn of recommender and updater.
    pub(crate) fn start_vertical_scaling(&mut self, shared: &mut Shared) {
        let cast = &shared.cast;
        if cast.vpas.is_empty() {
            return;
        }
        let state = |vpa: &crate::world::Vpa| {
            let containers = shared.cluster.spec(cast.workloads[vpa.workload].template).containers.len();
            let aggregates = vec![Aggregate::new(&cast.vpa_flags); containers];
            VpaState { aggregates, ..VpaState::default() }
        };
        self.vpas = cast.vpas.iter().map(state).collect();
        let first = shared.phase(shared.cast.vpa_flags.interval);
        shared.queue.push(first, Event::VpaLoop);
    }

    /// Recommender, then updater, for every VPA.
    pub(crate) fn vpa_loop(&mut self, shared: &mut Shared, now: SimTime) {
        for index in 0..self.vpas.len() {
            self.take_samples(shared, index);
            self.update_recommendation(shared, index);
            if shared.cast.vpas[index].spec.mode.evicts() {
                self.evict_for_requests(shared, now, index);
            }
        }
        shared.repeat(now, shared.cast.vpa_flags.interval, Event::VpaLoop);
    }

    /// The latest resource metrics of each pod; the first container does all the work.
    fn take_samples(&mut self, shared: &mut Shared, index: usize) {
        let workload = shared.cast.vpas[index].workload;
        shared.unsettle(workload);
        let (flags, state) = (&shared.cast.vpa_flags, &mut self.vpas[index]);
        for pod in &shared.workloads[workload].pods {
            let Some(sample) = shared.lives[*pod].sample else { continue };
            for (container, aggregate) in state.aggregates.iter_mut().enumerate() {
                let share = i64::from(container == 0);
                let memory = state.pods.entry((*pod, container)).or_default();
                memory.add_cpu(aggregate, sample.cpu_milli * share, 0, sample.at);
                memory.add_memory(aggregate, flags, sample.memory_bytes * share, sample.at);
            }
        }
        let lives = &shared.cluster;
        state.pods.retain(|(pod, _), _| lives.pod(*pod).is_present());
        state.killed_after.retain(|pod, _| lives.pod(*pod).is_present());
    }

    fn update_recommendation(&mut self, shared: &mut Shared, index: usize) {
        let vpa = &shared.cast.vpas[index];
        let containers = &shared.cluster.spec(shared.cast.workloads[vpa.workload].template).containers;
        let (flags, state) = (&shared.cast.vpa_flags, &mut self.vpas[index]);
        let of = |(aggregate, container): (&Aggregate, &Container)| {
            let policy = vpa.spec.policy(container.name);
            let known = policy.scaled && !aggregate.is_empty();
            known.then(|| recommend(aggregate, state.aggregates.len(), flags).within(policy))
        };
        shared.recommended[index] = state.aggregates.iter().zip(containers).map(of).collect();
    }

    /// Upstream: the updater's `RunOnce`.
    fn evict_for_requests(&mut self, shared: &mut Shared, now: SimTime, index: usize) {
        let cast = shared.cast.clone();
        let (vpa, flags) = (&cast.vpas[index], &cast.vpa_flags);
        let pods = shared.workloads[vpa.workload].pods.iter().copied();
        let live: Vec<PodId> = pods.filter(|pod| shared.is_active(*pod)).collect();
        let running = live.iter().filter(|pod| shared.cluster.pod(**pod).phase == Phase::Running).count();
        let least = vpa.spec.min_replicas.unwrap_or(flags.min_replicas);
        let desired = shared.workloads[vpa.workload].desired;
        let replicas = Replicas { configured: desired, live: live.len() as i32, running: running as i32 };
        let Some(mut restriction) = Restriction::new(replicas, least, flags) else {
            return;
        };
        let urgent = |pod: &PodId| Some((self.priority_of(shared, now, index, *pod)?, *pod));
        let mut urgent: Vec<(Priority, PodId)> = live.iter().filter_map(urgent).collect();
        urgent.sort_by(|a, b| updater::more_urgent(&a.0, &b.0));
        let eviction = Eviction { by: Evictor::VpaUpdater, because: None, most_grace: None, refusal: Refusal::IsNews };
        for (_, pod) in urgent {
            let pending = shared.cluster.pod(pod).phase == Phase::Pending;
            if restriction.allows(pending) && shared.evict_by_api(now, pod, eviction) {
                restriction.count(pending);
            }
        }
    }

    fn priority_of(&self, shared: &Shared, now: SimTime, index: usize, pod: PodId) -> Option<Priority> {
        let (vpa, state) = (&shared.cast.vpas[index], &self.vpas[index]);
        let containers = &shared.cluster.spec_of(pod).containers;
        let rows: Vec<updater::Container<'_>> = containers
            .iter()
            .enumerate()
            .map(|(at, container)| updater::Container {
                cpu_milli: container.has_cpu_request.then_some(container.requests.cpu_milli),
                memory_bytes: container.has_memory_request.then_some(container.requests.memory_bytes),
                recommended: shared.recommended[index].get(at).copied().flatten(),
                policy: vpa.spec.policy(container.name),
                last_oom_after: state.killed_after.get(&pod).copied().filter(|_| at == 0),
            })
            .collect();
        updater::priority(&rows, shared.cluster.pod(pod).started, now, &shared.cast.vpa_flags)
    }

    /// A container was killed for lack of memory: the recommender hears of it.
    pub(crate) fn vpa_hears_of_oom(&mut self, shared: &mut Shared, now: SimTime, workload: WorkloadId, pod: PodId) {
        let Some(index) = shared.cast.vpas.iter().position(|vpa| vpa.workload == workload) else { return };
        let ran = now - shared.lives[pod].running_since;
        let requested = shared.cluster.spec_of(pod).containers.first().map_or(0, |c| c.requests.memory_bytes);
        let state = &mut self.vpas[index];
        state.killed_after.insert(pod, ran);
        if let Some(aggregate) = state.aggregates.first_mut() {
            let memory = state.pods.entry((pod, 0)).or_default();
            memory.record_oom(aggregate, &shared.cast.vpa_flags, requested, now);
        }
    }
}

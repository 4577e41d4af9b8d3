//! Vertical scaling: the VPA's recommender and updater in their turn, and new pods with new requests.

use crate::cluster::{Container, Phase, PodId};
use crate::sim::event::Event;
use crate::sim::log::{Cause, Evictor, RecordId};
use crate::sim::pods::eviction::{Eviction, Refusal};
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::vpa::updater::{self, Replicas, Restriction, Wanted};
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
    /// How the first container was last killed for lack of memory.
    killed_after: FxHashMap<PodId, Killed>,
}

/// A container killed for lack of memory.
#[derive(Clone, Copy, Debug)]
struct Killed {
    /// How long it had run.
    after: SimDuration,
    /// The record of that.
    record: Option<RecordId>,
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
        let first = shared.phase("vpa", shared.cast.vpa_flags.interval);
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
        let mut urgent: Vec<(Wanted, PodId)> = live.iter().filter_map(urgent).collect();
        urgent.sort_by(|a, b| updater::more_urgent(&a.0.priority, &b.0.priority));
        for (wanted, pod) in urgent {
            let pending = shared.cluster.pod(pod).phase == Phase::Pending;
            // What pods use makes the recommendation; to one that was killed the killing matters.
            let killed = self.vpas[index].killed_after.get(&pod).and_then(|killed| killed.record);
            let eviction = Eviction {
                by: Evictor::VpaUpdater(wanted.why),
                because: Cause::record_or(killed, Cause::Load),
                most_grace: None,
                refusal: Refusal::IsNews,
            };
            if restriction.allows(pending) && shared.evict_by_api(now, pod, eviction) {
                restriction.count(pending);
            }
        }
    }

    fn priority_of(&self, shared: &Shared, now: SimTime, index: usize, pod: PodId) -> Option<Wanted> {
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
                last_oom_after: state.killed_after.get(&pod).map(|killed| killed.after).filter(|_| at == 0),
            })
            .collect();
        updater::priority(&rows, shared.cluster.pod(pod).started, now, &shared.cast.vpa_flags)
    }

    /// A container was killed for lack of memory: the recommender hears of it.
    pub(crate) fn vpa_hears_of_oom(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        workload: WorkloadId,
        (pod, record): (PodId, Option<RecordId>),
    ) {
        let Some(index) = shared.cast.vpas.iter().position(|vpa| vpa.workload == workload) else { return };
        let after = now - shared.lives[pod].running_since;
        let requested = shared.cluster.spec_of(pod).containers.first().map_or(0, |c| c.requests.memory_bytes);
        let state = &mut self.vpas[index];
        state.killed_after.insert(pod, Killed { after, record });
        if let Some(aggregate) = state.aggregates.first_mut() {
            let memory = state.pods.entry((pod, 0)).or_default();
            memory.record_oom(aggregate, &shared.cast.vpa_flags, requested, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::intern::Symbol;
    use crate::sim::fixture::{Small, at, node, pass, pod_on, secs};
    use crate::sim::log::{Occurrence, Record};
    use crate::sim::scaling::metered_pods::Sample;
    use crate::vpa::{Trigger, UpdateMode, VpaSpec};
    use crate::world::Vpa;

    const GIB: i64 = 1 << 30;

    /// Four pods that request a core and so much memory and have run for ten minutes with this usage, under a VPA.
    fn watched(mode: UpdateMode, memory: i64, cpu_milli: i64) -> (Shared, Vertical, Vec<PodId>) {
        let small = Small::new().group("base", 0, |_| {}).deployment("web", 4, |_| {});
        let mut small = small.pods(|spec| spec.containers[0].requests.memory_bytes = memory);
        let spec = VpaSpec { mode, ..VpaSpec::default() };
        small.cast.vpas.push(Vpa { name: Symbol::EMPTY, workload: Id::from_index(0), spec });
        let mut shared = small.shared();
        let node = node(&mut shared, "a");
        let pods: Vec<PodId> = (0..4).map(|_| pod_on(&mut shared, Id::from_index(0), node)).collect();
        let mut vertical = Vertical::default();
        vertical.start_vertical_scaling(&mut shared);
        pass(&mut shared, at(600));
        for pod in &pods {
            let sample = Sample { at: at(600), window: secs(15), cpu_milli, memory_bytes: GIB / 2 };
            shared.lives[*pod].sample = Some(sample);
        }
        (shared, vertical, pods)
    }

    fn evictions(shared: &Shared) -> Vec<Record> {
        let is_eviction = |record: &&Record| matches!(record.what, Occurrence::Evicted { .. });
        shared.log.records().values().filter(is_eviction).copied().collect()
    }

    #[test]
    fn pods_outside_of_the_bounds_go_and_half_of_them_stay() {
        // Less memory than any recommendation, whatever the samples.
        let (mut shared, mut vertical, _) = watched(UpdateMode::Auto, GIB / 8, 30_000);
        vertical.vpa_loop(&mut shared, at(600));
        let evicted = evictions(&shared);
        assert_eq!(evicted.len(), 2, "of four");
        for record in evicted {
            assert_eq!(record.because, Cause::Load);
            let Occurrence::Evicted { by: Evictor::VpaUpdater(why), .. } = record.what else { panic!("{record:?}") };
            assert_eq!((why.trigger, why.cpu_milli.requested), (Trigger::OutsideBounds, 1000));
            assert!(why.cpu_milli.recommended > 30_000, "{why:?}");
        }
        vertical.vpa_loop(&mut shared, at(660));
        assert_eq!(evictions(&shared).len(), 2, "nobody has come in the place of the first");
    }

    #[test]
    fn who_only_recommends_evicts_nobody() {
        for mode in [UpdateMode::Off, UpdateMode::Initial] {
            let (mut shared, mut vertical, _) = watched(mode, GIB / 8, 30_000);
            vertical.vpa_loop(&mut shared, at(600));
            assert!(evictions(&shared).is_empty(), "{mode:?}");
            let recommended = shared.recommended[0][0].expect("a recommendation");
            assert!(recommended.target.cpu_milli > 30_000, "{recommended:?}");
        }
    }

    #[test]
    fn pods_within_the_bounds_stay_until_they_are_old() {
        let (mut shared, mut vertical, _) = watched(UpdateMode::Auto, GIB, 2_000);
        vertical.vpa_loop(&mut shared, at(600));
        assert!(evictions(&shared).is_empty(), "few samples leave wide bounds");
        let old = at(0) + shared.cast.vpa_flags.lifetime_threshold + secs(1);
        vertical.vpa_loop(&mut shared, old);
        let Occurrence::Evicted { by: Evictor::VpaUpdater(why), .. } = evictions(&shared)[0].what else { panic!() };
        assert_eq!(why.trigger, Trigger::OldAndDifferent);
    }

    #[test]
    fn a_pod_that_was_killed_for_memory_goes_because_of_that() {
        let (mut shared, mut vertical, pods) = watched(UpdateMode::Auto, GIB, 1_000);
        shared.lives[pods[2]].running_since = at(500);
        let what = Occurrence::OutOfMemory { pod: pods[2], used: 2 * GIB, limit: GIB };
        let record = shared.log.push(at(600), what, Cause::Traffic);
        vertical.vpa_hears_of_oom(&mut shared, at(600), Id::from_index(0), (pods[2], record));
        vertical.vpa_loop(&mut shared, at(600));
        let evicted = evictions(&shared);
        let own = evicted.iter().find(|row| matches!(row.what, Occurrence::Evicted { pod, .. } if pod == pods[2]));
        assert_eq!(own.map(|row| row.because.record()), Some(record), "{evicted:?}");
        assert!(evicted.iter().all(|row| row.because.record() == record || row.because == Cause::Load));
    }
}

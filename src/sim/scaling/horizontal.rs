//! Horizontal scaling: the HPA controller syncs.

use crate::cluster::Phase;
use crate::hpa::{
    ApiDown, ContainerUsage, Decision, HpaController, Metric, Observation, PodContainer, PodGroup, PodPhase, Readiness,
};
use crate::intern::Symbol;
use crate::sim::event::Event;
use crate::sim::log::{Cause, Occurrence, SeenByHpa};
use crate::sim::scaling::looks::{Look, find_looks};
use crate::sim::scaling::metered_pods::Sample;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadId;
use crate::world::{CronWindow, Hpa, Load, Signal};
use smallvec::SmallVec;

/// The HPA controller.
#[derive(Default)]
pub(crate) struct Horizontal {
    pub(crate) hpas: Vec<HpaController>,
    /// By HPA: the version of the metered pods that it last saw, and `spec.replicas`.
    pub(crate) shown: Vec<(u64, i32)>,
    /// By HPA and signal: what the clock says, and until when.
    clocks: Vec<SmallVec<[(i32, SimTime); 2]>>,
}

impl Horizontal {
    /// The first turns of the metrics server and of the HPA controller.
    pub(crate) fn start_scaling(&mut self, shared: &mut Shared) {
        let cast = &shared.cast;
        if cast.hpas.is_empty() && cast.vpas.is_empty() {
            return;
        }
        let controller =
            |hpa: &Hpa| HpaController::new(hpa.spec.clone(), cast.hpa_flags).with_schedule(hpa.schedule.clone());
        self.hpas = cast.hpas.iter().map(controller).collect();
        self.shown = vec![(0, -1); self.hpas.len()];
        let unread = |hpa: &Hpa| hpa.signals.iter().map(|_| (CronWindow::OUTSIDE, SimTime::MIN)).collect();
        self.clocks = cast.hpas.iter().map(unread).collect();
        let scrape = shared.phase("metrics server", shared.timing.scrape);
        let sync = if shared.timing.fresh_metrics { scrape } else { shared.phase("hpa", shared.timing.hpa_sync) };
        shared.queue.push(scrape, Event::Scrape);
        shared.queue.push(sync, Event::HpaSync);
    }

    /// The HPA controller reconciles every object once.
    pub(crate) fn sync_hpas(&mut self, shared: &mut Shared, now: SimTime) {
        for index in 0..self.hpas.len() {
            let workload = shared.cast.hpas[index].workload;
            if let Some((replicas, saw)) = self.sync_hpa(shared, now, index, workload) {
                self.rescale(shared, workload, replicas, saw);
                let at_max = replicas >= shared.cast.hpas[index].spec.max;
                shared.counts.workloads[workload].at_max.set(now, i64::from(at_max));
            }
        }
        shared.repeat(now, shared.timing.hpa_sync, Event::HpaSync);
    }

    fn sync_hpa(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        index: usize,
        workload: WorkloadId,
    ) -> Option<(i32, SeenByHpa)> {
        let metered = &shared.workloads[workload].metered;
        // Settled pods alone, and metrics of them alone: time changes nothing about what is seen.
        let is_plain = metered.unsettled.is_empty() && shared.cast.hpas[index].signals.is_empty();
        let shown = (metered.version, shared.workloads[workload].desired);
        let is_same = std::mem::replace(&mut self.shown[index], shown) == shown;
        let again = match is_plain && is_same && !shared.timing.afresh {
            true => self.hpas[index].sync_again(now),
            false => None,
        };
        let decision = again.unwrap_or_else(|| self.sync_afresh(shared, now, index, workload));
        let seen = self.hpas[index].current_metrics().iter().flatten().filter_map(|metric| metric.utilization);
        let hottest = &mut shared.counts.workloads[workload].hottest;
        *hottest = seen.fold(*hottest, i64::max);
        decision.rescaled.then(|| (decision.replicas, self.what_was_seen(shared, index, workload, &decision)))
    }

    fn sync_afresh(&mut self, shared: &mut Shared, now: SimTime, index: usize, workload: WorkloadId) -> Decision {
        // Lists that are filled in place: this runs every 15 s for each HPA.
        let mut looks: SmallVec<[(Look, i64); 4]> = SmallVec::new();
        find_looks(shared, now, workload, &mut looks);
        let mut containers: SmallVec<[PodContainer; 4]> = SmallVec::new();
        for (look, _) in &looks {
            let row = |(at, container): (usize, &crate::cluster::Container)| PodContainer {
                name: container.name,
                cpu_request_milli: container.has_cpu_request.then_some(container.requests.cpu_milli),
                memory_request_bytes: container.has_memory_request.then_some(container.requests.memory_bytes),
                is_sidecar: container.is_sidecar,
                usage: look.sample.map(|sample| all_in_the_first(at, sample)),
            };
            containers.extend(shared.cluster.spec(look.spec).running_containers().enumerate().map(row));
        }
        self.read_clocks(&shared.cast.hpas[index], index, now);
        let per_pod = self.signals(shared, index, workload, true);
        let totals = self.signals(shared, index, workload, false);
        let mut groups: SmallVec<[PodGroup<'_>; 4]> = SmallVec::new();
        let mut left = containers.as_slice();
        for (look, count) in &looks {
            let (own, others) = left.split_at(shared.cluster.spec(look.spec).running_containers().count());
            left = others;
            let pod_level = shared.cluster.spec(look.spec).as_a_whole;
            groups.push(PodGroup { pod_level, ..pod_group(look, *count, own, &per_pod) });
        }
        let state = &shared.workloads[workload];
        let blind = shared.cast.hpas[index].is_ambiguous;
        let seen = Observation {
            spec_replicas: state.desired,
            // In a blue-green rollout the controller sees the version that has the traffic.
            status_replicas: match state.serving {
                Some(set) => state.set_replicas[set as usize],
                None => state.set_replicas.iter().sum(),
            },
            pods: &groups,
            external: &totals,
            object: &totals,
            down: ApiDown { resource: blind, custom: blind, external: blind, ..ApiDown::default() },
        };
        self.hpas[index].sync(now, &seen)
    }

    fn what_was_seen(&self, shared: &Shared, index: usize, workload: WorkloadId, decision: &Decision) -> SeenByHpa {
        let rate = match (&shared.cast.workloads[workload].load, &shared.load) {
            (Load::Service(service), Some(load)) => load.services()[*service].last_rate,
            _ => 0.0,
        };
        SeenByHpa { hpa: index, grounds: decision.grounds(), milli_requests_per_second: (rate * 1000.0).round() as u64 }
    }

    /// Custom and external metrics in milli-units: of each ready pod, or of all together.
    fn signals(
        &self,
        shared: &Shared,
        index: usize,
        workload: WorkloadId,
        per_pod: bool,
    ) -> SmallVec<[(Symbol, i64); 2]> {
        let hpa = &shared.cast.hpas[index];
        let own = match (&shared.cast.workloads[workload].load, &shared.load) {
            (Load::Service(service), Some(load)) => Some(&load.services()[*service]),
            _ => None,
        };
        let pods = if per_pod { shared.counts.workloads[workload].ready.value().max(1) as f64 } else { 1.0 };
        let value = |at: usize, signal: &Signal| match signal {
            Signal::RequestsPerSecond => own.map(|service| service.last_rate),
            Signal::Backlog => own.map(|service| service.last.backlog),
            Signal::EntryRequestsPerSecond => shared.load.as_ref().map(|load| load.entry_rate),
            Signal::Clock(_) => Some(f64::from(self.clocks[index][at].0)),
        };
        let milli = |value: f64| (value / pods * 1000.0).round() as i64;
        let rows = hpa.signals.iter().enumerate();
        rows.filter_map(|(at, (name, signal))| Some((*name, milli(value(at, signal)?)))).collect()
    }

    /// Asks the clocks whose values may have changed.
    fn read_clocks(&mut self, hpa: &Hpa, index: usize, now: SimTime) {
        for ((_, signal), held) in hpa.signals.iter().zip(&mut self.clocks[index]) {
            if let Signal::Clock(window) = signal
                && held.1 <= now
            {
                *held = window.at(now);
            }
        }
    }

    /// An HPA (or a user) changes `spec.replicas`.
    fn rescale(&mut self, shared: &mut Shared, id: WorkloadId, to: i32, saw: SeenByHpa) {
        let now = shared.queue.now();
        let from = std::mem::replace(&mut shared.workloads[id].desired, to);
        if from == to {
            return;
        }
        let last = std::mem::replace(&mut shared.workloads[id].last_rescale, to - from);
        shared.counts.workloads[id].desired.set(now, i64::from(to));
        shared.counts.rescaled(id, last, to - from);
        let because = match saw.grounds.proposed {
            None => Cause::Scenario,
            Some(_) if saw.grounds.scheduled || is_by_the_clock(&shared.cast.hpas[saw.hpa], &saw) => Cause::Scenario,
            Some(_) if saw.milli_requests_per_second > 0 => Cause::Traffic,
            Some(_) => Cause::Load,
        };
        let record = shared.log.push(now, Occurrence::Rescaled { workload: id, from, to, saw }, because);
        let state = &mut shared.workloads[id];
        *(if to > from { &mut state.more_because } else { &mut state.fewer_because }) = record;
        shared.budgets_are_stale(id);
        shared.workloads[id].dirty = true;
        shared.wake_controllers();
    }
}

/// Whether the metric that counts is the clock's.
fn is_by_the_clock(hpa: &Hpa, saw: &SeenByHpa) -> bool {
    let winner = saw.grounds.winner.and_then(|winner| hpa.spec.metrics.get(usize::from(winner.metric)));
    let Some(Metric::External { metric, .. }) = winner else { return false };
    hpa.signals.iter().any(|(name, signal)| name == metric && matches!(signal, Signal::Clock(_)))
}

/// The first container does all the work.
fn all_in_the_first(at: usize, sample: Sample) -> ContainerUsage {
    let first = |value: i64| Some(if at == 0 { value } else { 0 });
    ContainerUsage { cpu_milli: first(sample.cpu_milli), memory_bytes: first(sample.memory_bytes) }
}

fn pod_group<'a>(look: &Look, count: i64, containers: &'a [PodContainer], custom: &'a [(Symbol, i64)]) -> PodGroup<'a> {
    let (ready, ready_since) = match look.ready {
        None => (Readiness::Absent, SimTime::ZERO),
        Some((true, since)) => (Readiness::True, since),
        Some((false, since)) => (Readiness::False, since),
    };
    PodGroup {
        count,
        phase: match look.phase {
            Phase::Pending => PodPhase::Pending,
            Phase::Running => PodPhase::Running,
            Phase::Succeeded => PodPhase::Succeeded,
            Phase::Failed => PodPhase::Failed,
            Phase::Unknown => PodPhase::Unknown,
        },
        ready,
        ready_since,
        started: look.started,
        deleted: look.deleted,
        listed: true,
        containers,
        pod_level: None,
        in_metrics: look.sample.is_some(),
        sampled_at: look.sample.map_or(SimTime::ZERO, |sample| sample.at),
        window: look.sample.map_or(SimDuration::ZERO, |sample| sample.window),
        custom: if look.ready.is_some_and(|(ready, _)| ready) && !look.deleted { custom } else { &[] },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::{HpaSpec, Metric, Resource, ScheduledMinimum, Target};
    use crate::id::Id;
    use crate::sim::fixture::{Small, at, node, pass, pod_on, secs};
    use smallvec::smallvec;

    /// Two pods that have run for ten minutes with an HPA at half of their requests; all of them used so much cpu, or
    /// there are no samples at all.
    fn replicas(used_milli: Option<i64>) -> i32 {
        replicas_by_the_clock(used_milli, Vec::new())
    }

    /// The same with minima by the clock.
    fn replicas_by_the_clock(used_milli: Option<i64>, schedule: Vec<ScheduledMinimum>) -> i32 {
        let mut small = Small::new().group("base", 0, |_| {}).deployment("web", 2, |_| {});
        let target = Target::Utilization(50);
        let metric = Metric::Resource { resource: Resource::Cpu, container: None, target };
        small.cast.hpas.push(crate::world::Hpa {
            name: Symbol::EMPTY,
            workload: Id::from_index(0),
            spec: HpaSpec { min: 1, max: 10, metrics: smallvec![metric], behavior: None },
            schedule,
            signals: Vec::new(),
            is_ambiguous: false,
            scaled_object: None,
        });
        let mut shared = small.shared();
        let (web, node) = (Id::from_index(0), node(&mut shared, "a"));
        let pods = [0; 2].map(|_| pod_on(&mut shared, web, node));
        shared.workloads[web].set_replicas = vec![2];
        let mut horizontal = Horizontal::default();
        horizontal.start_scaling(&mut shared);
        pass(&mut shared, at(600));
        for pod in pods {
            let sample = |cpu_milli| Sample { at: at(600), window: secs(15), cpu_milli, memory_bytes: 0 };
            shared.lives[pod].sample = used_milli.map(sample);
        }
        horizontal.sync_hpas(&mut shared, at(600));
        shared.workloads[web].desired
    }

    #[test]
    fn a_target_gets_as_many_replicas_as_its_usage_needs() {
        assert_eq!(replicas(Some(1000)), 4, "twice the target");
        assert_eq!(replicas(Some(520)), 2, "within the tolerance");
        assert_eq!(
            replicas(Some(100)),
            2,
            "a fifth of it, but those that are there count as wanted when the controller starts"
        );
    }

    #[test]
    fn in_its_window_a_schedule_asks_as_a_metric_does() {
        // The test looks ten minutes after midnight.
        let always = ScheduledMinimum {
            replicas: 3,
            days: [true; 7],
            from_s: 0,
            to_s: 3600,
            epoch: jiff::Timestamp::UNIX_EPOCH,
            zone: jiff::tz::TimeZone::UTC,
        };
        let later = ScheduledMinimum { from_s: 1800, ..always.clone() };
        let many = ScheduledMinimum { replicas: 50, ..always.clone() };
        let asked = |row: &ScheduledMinimum, used| replicas_by_the_clock(used, vec![row.clone()]);
        assert_eq!(asked(&always, Some(520)), 3);
        assert_eq!(asked(&always, Some(1000)), 4, "cpu asks for more");
        assert_eq!(asked(&always, None), 3, "it asks where no metric can");
        assert_eq!(asked(&later, Some(520)), 2, "it has not begun");
        assert_eq!(asked(&many, Some(520)), 4, "at most twice as many at a time");
    }

    #[test]
    fn missing_metrics_hold() {
        assert_eq!(replicas(None), 2);
    }
}

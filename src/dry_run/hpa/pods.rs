//! The pods of a dry run, and what the controller sees of them.

use super::replay::{Mode, Replay};
use crate::hpa::{ContainerUsage, Metric, PodContainer, PodGroup, PodPhase, Readiness};
use crate::intern::Symbol;
use crate::scenario::metrics::{Series, Unit, View};
use crate::scenario::pod_shape::PodShape;
use crate::units::{SimDuration, SimTime};

/// A pod has metrics this long after its start at the latest.
const FIRST_SAMPLE: SimDuration = SimDuration::from_secs(15);
/// Pods that were there at the start have been there for long.
const LONG_AGO: SimDuration = SimDuration::from_hours(24);

/// Pods that were created together.
#[derive(Clone, Copy, Debug)]
struct Cohort {
    count: i32,
    created: SimTime,
    ready: SimTime,
}

/// All pods, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Cohorts(Vec<Cohort>);

impl Cohorts {
    pub(super) fn new(count: i32, begin: SimTime) -> Self {
        let long_ago = begin - LONG_AGO;
        Cohorts(vec![Cohort { count, created: long_ago, ready: long_ago }])
    }

    pub(super) fn count(&self) -> i32 {
        self.0.iter().map(|cohort| cohort.count).sum()
    }

    pub(super) fn ready_at(&self, at: SimTime) -> i32 {
        self.0.iter().filter(|cohort| cohort.ready <= at).map(|cohort| cohort.count).sum()
    }

    /// New pods start; the youngest go first, as a ReplicaSet deletes those that are not ready before others.
    pub(super) fn scale(&mut self, to: i32, now: SimTime, start: SimDuration) {
        let change = to - self.count();
        if change > 0 {
            self.0.push(Cohort { count: change, created: now, ready: now + start });
        }
        let mut surplus = -change;
        while surplus > 0 {
            let Some(last) = self.0.last_mut() else { return };
            let gone = last.count.min(surplus);
            last.count -= gone;
            surplus -= gone;
            if last.count == 0 {
                self.0.pop();
            }
        }
    }
}

/// One group with what it lends to the controller's view.
struct Group {
    count: i64,
    ready: bool,
    ready_since: SimTime,
    started: SimTime,
    sampled: Option<SimTime>,
    container: [PodContainer; 1],
    custom: Vec<(Symbol, i64)>,
}

/// The pods as the controller groups them.
pub(super) struct Groups(Vec<Group>);

impl Groups {
    pub(super) fn of(replay: &Replay<'_>, cohorts: &Cohorts, replicas: i32, now: SimTime, sampled: SimTime) -> Self {
        match replay.mode {
            Mode::Closed => Groups(closed(replay, cohorts, now, sampled)),
            Mode::Open => Groups(open(replay, replicas, sampled)),
        }
    }

    pub(super) fn rows(&self) -> Vec<PodGroup<'_>> {
        self.0.iter().filter(|group| group.count > 0).map(Group::row).collect()
    }
}

impl Group {
    fn row(&self) -> PodGroup<'_> {
        PodGroup {
            count: self.count,
            phase: PodPhase::Running,
            ready: if self.ready { Readiness::True } else { Readiness::False },
            ready_since: self.ready_since,
            started: Some(self.started),
            deleted: false,
            listed: true,
            containers: &self.container,
            pod_level: None,
            in_metrics: self.sampled.is_some(),
            sampled_at: self.sampled.unwrap_or(self.started),
            window: FIRST_SAMPLE,
            custom: &self.custom,
        }
    }
}

/// Every pod as it was recorded: one group per pod, or all alike.
fn open(replay: &Replay<'_>, replicas: i32, sampled: SimTime) -> Vec<Group> {
    let mut pods: Vec<u32> = Vec::new();
    for view in replay.recording.views().filter(|view| view.series.per_pod) {
        pods.extend(view.values(sampled).into_iter().flatten().map(|(pod, _)| *pod));
    }
    pods.sort_unstable();
    pods.dedup();
    let long_ago = sampled - LONG_AGO;
    let group = |count: i64, pod: Option<u32>| {
        let mut used = Used::default();
        for (view, name) in replay.recording.views().zip(replay.names) {
            let value = match pod.filter(|_| view.series.per_pod) {
                Some(pod) => view.values(sampled).and_then(|v| v.iter().find(|(p, _)| *p == pod)).map(|(_, v)| *v),
                None => view.mean(sampled),
            };
            used.take(replay, view.series, *name, value);
        }
        Group {
            count,
            ready: true,
            ready_since: long_ago,
            started: long_ago,
            sampled: used.is_known().then_some(sampled),
            container: [container(replay, &used)],
            custom: used.custom,
        }
    };
    if pods.is_empty() {
        return vec![group(i64::from(replicas), None)];
    }
    let unseen = i64::from(replicas) - pods.len() as i64;
    let mut groups: Vec<Group> = pods.iter().take(replicas.max(0) as usize).map(|pod| group(1, Some(*pod))).collect();
    if unseen > 0 {
        // Pods without a recording of their own have no metrics.
        let silent = Group { sampled: None, custom: Vec::new(), ..group(unseen, None) };
        groups.push(silent);
    }
    groups
}

/// The total divided among the pods that were ready when the sample was taken.
fn closed(replay: &Replay<'_>, cohorts: &Cohorts, now: SimTime, sampled: SimTime) -> Vec<Group> {
    let serving = f64::from(cohorts.ready_at(sampled).max(1));
    let recorded = replay.recording.replicas_at(sampled);
    let group = |cohort: &Cohort| {
        let serves = cohort.ready <= sampled;
        let mut used = Used::default();
        for (view, name) in replay.recording.views().zip(replay.names) {
            let value = if view.series.name == "memory" {
                // Memory does not leave a pod when load does: what a pod had is what a pod has.
                memory_of_a_pod(&view, sampled, recorded)
            } else {
                view.sum(sampled, recorded).map(|sum| if serves { sum / serving } else { 0.0 })
            };
            used.take(replay, view.series, *name, value);
        }
        if let (Some(usage), Some(limit)) = (&mut used.cpu_milli, replay.pod.cpu_limit_milli) {
            *usage = usage.min(limit as f64);
        }
        let has_sample = cohort.created + FIRST_SAMPLE <= sampled;
        let ready = cohort.ready <= now;
        Group {
            count: i64::from(cohort.count),
            ready,
            ready_since: if ready { cohort.ready } else { cohort.created },
            started: cohort.created,
            sampled: (has_sample && used.is_known()).then_some(sampled),
            container: [container(replay, &used)],
            custom: if serves { used.custom } else { Vec::new() },
        }
    };
    cohorts.0.iter().map(group).collect()
}

/// Memory per pod: the mean over pods, or the total over the replicas that were recorded.
fn memory_of_a_pod(view: &View<'_>, at: SimTime, recorded: Option<i32>) -> Option<f64> {
    match (view.series.per_pod, view.series.unit, recorded) {
        (false, Unit::Bytes, Some(replicas)) => Some(view.sum(at, None)? / f64::from(replicas.max(1))),
        _ => view.mean(at),
    }
}

/// What a group's pods use, by what it is.
#[derive(Default)]
struct Used {
    cpu_milli: Option<f64>,
    memory_bytes: Option<f64>,
    custom: Vec<(Symbol, i64)>,
}

impl Used {
    /// Files a value of a series under what it is.
    fn take(&mut self, replay: &Replay<'_>, series: &Series, name: Symbol, value: Option<f64>) {
        let Some(value) = value else { return };
        let of = |request: Option<i64>| match series.unit {
            Unit::Percent => value / 100.0 * request.unwrap_or(STAND_IN_REQUEST) as f64,
            Unit::Milli | Unit::Bytes => value,
        };
        match series.name.as_str() {
            "cpu" => self.cpu_milli = Some(of(replay.pod.cpu_request_milli)),
            "memory" => self.memory_bytes = Some(of(replay.pod.memory_request_bytes)),
            _ => self.custom.push((name, value.round() as i64)),
        }
    }
    fn is_known(&self) -> bool {
        self.cpu_milli.is_some() || self.memory_bytes.is_some()
    }
}

/// Of percentages any request will do; this one keeps their third decimal.
const STAND_IN_REQUEST: i64 = 100_000;

fn container(replay: &Replay<'_>, used: &Used) -> PodContainer {
    let PodShape { cpu_request_milli, memory_request_bytes, .. } = replay.pod;
    let stands_in = |name: &str| {
        let relative = |series: &Series| series.name == name && series.unit == Unit::Percent;
        replay.recording.series().iter().any(relative).then_some(STAND_IN_REQUEST)
    };
    PodContainer {
        name: container_name(replay.spec),
        cpu_request_milli: cpu_request_milli.or_else(|| stands_in("cpu")),
        memory_request_bytes: memory_request_bytes.or_else(|| stands_in("memory")),
        is_sidecar: false,
        usage: Some(ContainerUsage {
            cpu_milli: used.cpu_milli.map(|value| value.round() as i64),
            memory_bytes: used.memory_bytes.map(|value| value.round() as i64),
        }),
    }
}

/// The recording does not tell containers apart: the pod has one, named as the HPA expects.
fn container_name(spec: &crate::hpa::HpaSpec) -> Symbol {
    let named = |metric: &Metric| match metric {
        Metric::Resource { container, .. } => *container,
        _ => None,
    };
    spec.metrics.iter().find_map(named).unwrap_or(Symbol::EMPTY)
}

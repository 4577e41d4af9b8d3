//! From one metric to a number of replicas.
//!
//! Upstream: pkg/controller/podautoscaler/replica_calculator.go and metrics/utilization.go, 1.28.

use super::observation::{Observation, PodContainer, PodGroup, PodPhase, Readiness};
use super::spec::{Behavior, Flags, Metric, Resource, Target};
use crate::intern::Symbol;
use crate::units::SimTime;

/// What a metric proposes, and what it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proposal {
    /// Replicas.
    pub replicas: i32,
    /// The value for `status.currentMetrics`.
    pub current: CurrentMetric,
}

/// `status.currentMetrics` of one metric; amounts in milli-units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CurrentMetric {
    /// `averageUtilization` in percent.
    pub utilization: Option<i64>,
    /// `averageValue`.
    pub average: Option<i64>,
    /// `value`.
    pub value: Option<i64>,
}

/// Why a metric proposes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricError {
    /// The API answered with nothing.
    NoMetrics,
    /// The API does not answer.
    ApiDown,
    /// A pod's metrics lack the container ([`Rules::container_may_lack_metrics`](super::Rules)).
    ContainerNotInMetrics,
    /// Only pods that do not count have metrics.
    NoUsableMetrics,
    /// The selector matches no pods.
    NoPods,
    /// A container has no request, or a pod no such container ([`Rules::container_must_exist`](super::Rules)).
    MissingRequest,
    /// No pod with metrics has requests.
    NoMatch,
}

/// What the calculations have in common.
pub(super) struct Calculator<'a> {
    pub(super) now: SimTime,
    pub(super) flags: &'a Flags,
    pub(super) behavior: Option<&'a Behavior>,
    pub(super) seen: &'a Observation<'a>,
}

/// How a group counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Ready,
    Unready,
    Missing,
    Ignored,
    /// Not in the pod lister.
    Ghost,
}

/// What a metric says about each pod of a group.
#[derive(Clone, Copy)]
struct Sample {
    /// Absent for a metric that is no resource.
    resource: Option<Resource>,
    value: Option<i64>,
    /// The pod's request, where the target is a share of it.
    request: i64,
}

/// What is known of all pods of a metric: sums, so that no pod has to be looked at twice. Sums of values and requests wrap around as Go's do.
#[derive(Clone, Copy, Default)]
struct Sums {
    /// Pods that have a metric and count, ghosts included, and the sum of their values.
    entries: i64,
    total: i64,
    /// The same of pods that the lister knows, and their requests.
    matched: i64,
    used: i64,
    requested: i64,
    ready: i64,
    /// Pods that do not count yet, and their requests.
    unready: i64,
    unready_requested: i64,
    /// Pods without a metric, their requests, and what they are taken to use where the others use little.
    missing: i64,
    missing_requested: i64,
    missing_used: i64,
}

fn add(sum: &mut i64, value: i64) {
    *sum = sum.wrapping_add(value);
}

impl Sums {
    /// Pods that are ready: their part of a metric.
    fn add_known(&mut self, pod: &PodGroup<'_>, value: i64, request: i64) {
        self.entries += pod.count;
        let used = value.wrapping_mul(pod.count);
        add(&mut self.total, used);
        if pod.listed {
            self.matched += pod.count;
            add(&mut self.used, used);
            add(&mut self.requested, request.wrapping_mul(pod.count));
        }
    }
    /// Utilisation in whole percent, and usage per pod, over pods that have metrics and requests.
    ///
    /// Upstream: `metrics.GetResourceUtilizationRatio`.
    fn utilization(&self) -> Option<(i64, i64)> {
        let percent = |requested| self.used.wrapping_mul(100).wrapping_div(requested) as i32;
        (self.requested != 0).then(|| (i64::from(percent(self.requested)), self.used / self.matched))
    }
    /// With values for missing and unready pods, where the others are `ratio` of the target; `missing_total`
    /// is what the missing ones are taken to use if that is below 1.
    fn completed(mut self, ratio: f64, grows_past_unready: bool, missing_total: i64) -> Self {
        if ratio != 1.0 {
            self.entries += self.missing;
            add(&mut self.requested, self.missing_requested);
        }
        if ratio < 1.0 {
            add(&mut self.used, self.missing_used);
            add(&mut self.total, missing_total);
        }
        if grows_past_unready {
            self.entries += self.unready;
            add(&mut self.requested, self.unready_requested);
        }
        self
    }
}

impl Calculator<'_> {
    /// What `metric` proposes.
    #[inline]
    pub(super) fn propose(&self, metric: &Metric) -> Result<Proposal, MetricError> {
        match *metric {
            Metric::Resource { resource, container, target } => match target {
                Target::Utilization(percent) => self.by_utilization(resource, container, percent),
                Target::AverageValue(milli) | Target::Value(milli) => {
                    let sums = self.resource_sums(resource, container, None)?;
                    self.by_average(sums, milli)
                }
            },
            Metric::Pods { metric, target_milli } => self.by_average(self.custom_sums(metric)?, target_milli),
            Metric::Object { metric, target } => self.by_total(self.object_value(metric)?, target),
            Metric::External { metric, target } => self.by_total(self.external_value(metric)?, target),
        }
    }

    /// Whether a ratio is near enough to 1 to leave things alone.
    fn is_tolerated(&self, ratio: f64) -> bool {
        let (flag, rules) = (self.flags.tolerance, &self.flags.rules);
        if !rules.tolerance_by_bounds {
            return (1.0 - ratio).abs() <= flag;
        }
        let own = self.behavior.filter(|_| rules.own_tolerances);
        let (up, down) = own.map_or((None, None), |b| (b.scale_up.tolerance, b.scale_down.tolerance));
        1.0 - down.unwrap_or(flag) <= ratio && ratio <= 1.0 + up.unwrap_or(flag)
    }

    /// Upstream: `GetResourceReplicas`.
    fn by_utilization(
        &self,
        resource: Resource,
        container: Option<Symbol>,
        target: i64,
    ) -> Result<Proposal, MetricError> {
        let sums = self.resource_sums(resource, container, Some(target))?;
        let (utilization, average) = sums.utilization().ok_or(MetricError::NoMatch)?;
        let ratio = utilization as f64 / target as f64;
        let current = CurrentMetric { utilization: Some(utilization), average: Some(average), value: None };
        let propose = |replicas| Ok(Proposal { replicas, current });
        let grows_past_unready = sums.unready > 0 && ratio > 1.0;
        if !grows_past_unready && sums.missing == 0 {
            return propose(self.unless_tolerated(ratio, sums.ready));
        }
        let completed = sums.completed(ratio, grows_past_unready, 0);
        let (utilization, _) = completed.utilization().ok_or(MetricError::NoMatch)?;
        propose(self.rebalanced(ratio, utilization as f64 / target as f64, completed.entries))
    }

    /// Upstream: `calcPlainMetricReplicas`.
    fn by_average(&self, sums: Sums, target: i64) -> Result<Proposal, MetricError> {
        let average = sums.total / sums.entries.max(1);
        let ratio = average as f64 / target as f64;
        let current = CurrentMetric { average: Some(average), ..CurrentMetric::default() };
        let propose = |replicas| Ok(Proposal { replicas, current });
        let grows_past_unready = sums.unready > 0 && ratio > 1.0;
        if !grows_past_unready && sums.missing == 0 {
            return propose(self.unless_tolerated(ratio, sums.ready));
        }
        let completed = sums.completed(ratio, grows_past_unready, sums.missing.wrapping_mul(target));
        let average = completed.total / completed.entries.max(1);
        propose(self.rebalanced(ratio, average as f64 / target as f64, completed.entries))
    }

    /// Upstream: `GetObjectMetricReplicas`, `GetObjectPerPodMetricReplicas` and their external twins.
    fn by_total(&self, value: i64, target: Target) -> Result<Proposal, MetricError> {
        let spec = self.seen.spec_replicas;
        match target {
            Target::Value(target) | Target::Utilization(target) => {
                let ratio = value as f64 / target as f64;
                let current = CurrentMetric { value: Some(value), ..CurrentMetric::default() };
                let replicas = if spec == 0 {
                    ceil(ratio)
                } else if self.is_tolerated(ratio) {
                    spec
                } else {
                    self.ceil_of_ratio(ratio * self.ready_pods()? as f64)
                };
                Ok(Proposal { replicas, current })
            }
            Target::AverageValue(target) => {
                let status = self.seen.status_replicas;
                let ratio = value as f64 / (target as f64 * f64::from(status));
                // Not a number lies within no bounds, and its difference to 1 is not above the tolerance.
                let tolerated = self.is_tolerated(ratio) || (ratio.is_nan() && !self.flags.rules.tolerance_by_bounds);
                let replicas = if tolerated { status } else { ceil(value as f64 / target as f64) };
                let average = (status != 0).then(|| ceil_to_i64(value as f64 / f64::from(status)));
                Ok(Proposal { replicas, current: CurrentMetric { average, ..CurrentMetric::default() } })
            }
        }
    }

    fn unless_tolerated(&self, ratio: f64, pods: i64) -> i32 {
        if self.is_tolerated(ratio) { self.seen.spec_replicas } else { ceil(ratio * pods as f64) }
    }

    /// The proposal after missing and unready pods were given values; never against its own direction.
    fn rebalanced(&self, before: f64, after: f64, entries: i64) -> i32 {
        let spec = self.seen.spec_replicas;
        let flipped = (before < 1.0 && after > 1.0) || (before > 1.0 && after < 1.0);
        if self.is_tolerated(after) || flipped {
            return spec;
        }
        let replicas = ceil(after * entries as f64);
        if (after < 1.0 && replicas > spec) || (after > 1.0 && replicas < spec) { spec } else { replicas }
    }

    /// The metric of all pods. With `utilization`, the target, requests are needed too.
    ///
    /// Upstream: `resourceMetricsClient.GetResourceMetric`, `groupPods`, `removeMetricsForPods`,
    /// `calculatePodRequests`; what failed first there is what failed here.
    fn resource_sums(
        &self,
        resource: Resource,
        container: Option<Symbol>,
        utilization: Option<i64>,
    ) -> Result<Sums, MetricError> {
        if self.seen.down.resource {
            return Err(MetricError::ApiDown);
        }
        let mut sums = Sums::default();
        let (mut any_metric, mut any_listed, mut lacks_request) = (false, false, false);
        for pod in self.seen.pods.iter().filter(|pod| pod.count > 0) {
            any_metric |= pod.in_metrics;
            any_listed |= pod.listed;
            let value = self.pod_value(pod, resource, container)?;
            let request = match utilization {
                Some(_) if pod.listed => self.request_of(pod, resource, container),
                _ => Some(0),
            };
            lacks_request |= request.is_none();
            let request = request.unwrap_or(0);
            self.count(&mut sums, pod, Sample { resource: Some(resource), value, request });
            if let (Some(target), None) = (utilization, value) {
                let used = match self.standing(pod, Some(resource), false) {
                    Standing::Missing => (request.wrapping_mul(target.max(100)) / 100).wrapping_mul(pod.count),
                    _ => 0,
                };
                add(&mut sums.missing_used, used);
            }
        }
        if !any_metric {
            return Err(MetricError::NoMetrics);
        }
        usable(&sums, any_listed)?;
        if lacks_request { Err(MetricError::MissingRequest) } else { Ok(sums) }
    }

    /// A Pods metric of all pods.
    fn custom_sums(&self, metric: Symbol) -> Result<Sums, MetricError> {
        if self.seen.down.custom {
            return Err(MetricError::ApiDown);
        }
        let mut sums = Sums::default();
        let (mut any_metric, mut any_listed) = (false, false);
        for pod in self.seen.pods.iter().filter(|pod| pod.count > 0) {
            let value = pod.custom.iter().find(|(name, _)| *name == metric).map(|(_, value)| *value);
            any_metric |= value.is_some();
            any_listed |= pod.listed;
            self.count(&mut sums, pod, Sample { resource: None, value, request: 0 });
        }
        if !any_metric {
            return Err(MetricError::NoMetrics);
        }
        usable(&sums, any_listed).map(|()| sums)
    }

    /// Adds a group where it belongs.
    #[inline]
    fn count(&self, sums: &mut Sums, pod: &PodGroup<'_>, sample: Sample) {
        let Sample { resource, value, request } = sample;
        match (self.standing(pod, resource, value.is_some()), value) {
            (Standing::Ready, _) => {
                sums.ready += pod.count;
                value.into_iter().for_each(|value| sums.add_known(pod, value, request));
            }
            (Standing::Ghost, Some(value)) => sums.add_known(pod, value, request),
            (Standing::Unready, _) => {
                sums.unready += pod.count;
                add(&mut sums.unready_requested, request.wrapping_mul(pod.count));
            }
            (Standing::Missing, _) => {
                sums.missing += pod.count;
                add(&mut sums.missing_requested, request.wrapping_mul(pod.count));
            }
            (Standing::Ignored | Standing::Ghost, _) => {}
        }
    }

    fn standing(&self, pod: &PodGroup<'_>, resource: Option<Resource>, has_metric: bool) -> Standing {
        if !pod.listed {
            Standing::Ghost
        } else if pod.deleted || pod.phase == PodPhase::Failed {
            Standing::Ignored
        } else if pod.phase == PodPhase::Pending {
            Standing::Unready
        } else if !has_metric {
            Standing::Missing
        } else if resource == Some(Resource::Cpu) && self.is_cpu_unready(pod) {
            Standing::Unready
        } else {
            Standing::Ready
        }
    }

    fn is_cpu_unready(&self, pod: &PodGroup<'_>) -> bool {
        let (Some(started), true) = (pod.started, pod.ready != Readiness::Absent) else { return true };
        let not_ready = pod.ready == Readiness::False;
        if started + self.flags.cpu_initialization_period > self.now {
            not_ready || pod.sampled_at < pod.ready_since + pod.window
        } else {
            not_ready && started + self.flags.initial_readiness_delay > pod.ready_since
        }
    }

    fn pod_value(
        &self,
        pod: &PodGroup<'_>,
        resource: Resource,
        container: Option<Symbol>,
    ) -> Result<Option<i64>, MetricError> {
        if !pod.in_metrics || pod.count == 0 {
            return Ok(None);
        }
        let Some(name) = container else {
            let reported = pod.containers.iter().filter(|c| c.usage.is_some());
            let add = |sum: Option<i64>, value: Option<i64>| Some(sum?.wrapping_add(value?));
            return Ok(reported.map(|c| usage_milli(c, resource)).reduce(add).flatten());
        };
        match pod.containers.iter().find(|c| c.name == name && c.usage.is_some()) {
            Some(found) => Ok(usage_milli(found, resource)),
            None if self.flags.rules.container_may_lack_metrics => Ok(None),
            None => Err(MetricError::ContainerNotInMetrics),
        }
    }

    /// The requests of a pod in milli-units, or of one container; absent if one that counts has none.
    ///
    /// Upstream: `calculateRequests`, `calculatePodRequestsFromContainers`.
    fn request_of(&self, pod: &PodGroup<'_>, resource: Resource, container: Option<Symbol>) -> Option<i64> {
        let rules = &self.flags.rules;
        if let (Some(whole), None, true) = (pod.pod_level, container, rules.pod_level_requests) {
            return milli(resource, whole.cpu_milli, whole.memory_bytes);
        }
        let counts = |c: &&PodContainer| !c.is_sidecar || rules.sidecar_requests;
        let mut wanted =
            pod.containers.iter().filter(counts).filter(|c| container.is_none_or(|name| c.name == name)).peekable();
        if container.is_some() && rules.container_must_exist && wanted.peek().is_none() {
            return None;
        }
        let mut requests = wanted.map(|c| milli(resource, c.cpu_request_milli, c.memory_request_bytes));
        requests.try_fold(0, |sum: i64, request| Some(sum.wrapping_add(request?)))
    }

    /// Upstream: `getUsageRatioReplicaCount`.
    fn ceil_of_ratio(&self, replicas: f64) -> i32 {
        if self.flags.rules.replicas_saturate && replicas > f64::from(i32::MAX) { i32::MAX } else { ceil(replicas) }
    }

    fn object_value(&self, metric: Symbol) -> Result<i64, MetricError> {
        if self.seen.down.custom {
            return Err(MetricError::ApiDown);
        }
        let found = self.seen.object.iter().find(|(name, _)| *name == metric);
        found.map(|(_, value)| *value).ok_or(MetricError::NoMetrics)
    }

    fn external_value(&self, metric: Symbol) -> Result<i64, MetricError> {
        if self.seen.down.external {
            return Err(MetricError::ApiDown);
        }
        let found = self.seen.external.iter().find(|(name, _)| *name == metric);
        found.map(|(_, value)| *value).ok_or(MetricError::NoMetrics)
    }

    /// Upstream: `getReadyPodsCount`.
    fn ready_pods(&self) -> Result<i64, MetricError> {
        let mut listed = self.seen.pods.iter().filter(|pod| pod.listed && pod.count > 0).peekable();
        if listed.peek().is_none() {
            return Err(MetricError::NoPods);
        }
        let ready = listed.filter(|pod| pod.phase == PodPhase::Running && pod.ready == Readiness::True);
        Ok(ready.map(|pod| pod.count).sum())
    }
}

/// Whether anything is left to calculate with.
fn usable(sums: &Sums, any_listed: bool) -> Result<(), MetricError> {
    match sums.entries {
        _ if !any_listed => Err(MetricError::NoPods),
        0 => Err(MetricError::NoUsableMetrics),
        _ => Ok(()),
    }
}

fn usage_milli(container: &PodContainer, resource: Resource) -> Option<i64> {
    let usage = container.usage?;
    milli(resource, usage.cpu_milli, usage.memory_bytes)
}

/// An amount of the resource in milli-units.
fn milli(resource: Resource, cpu_milli: Option<i64>, memory_bytes: Option<i64>) -> Option<i64> {
    match resource {
        Resource::Cpu => cpu_milli,
        Resource::Memory => memory_bytes.map(|bytes| bytes.saturating_mul(1000)),
    }
}

/// As Go converts a float on amd64: what does not fit is the smallest number.
fn ceil(value: f64) -> i32 {
    let up = value.ceil();
    if up >= f64::from(i32::MIN) && up <= f64::from(i32::MAX) { up as i32 } else { i32::MIN }
}
fn ceil_to_i64(value: f64) -> i64 {
    value.ceil() as i64
}

//! From one metric to a number of replicas.
//!
//! Upstream: pkg/controller/podautoscaler/replica_calculator.go and metrics/utilization.go, 1.28.

use super::observation::{Observation, PodContainer, PodGroup, PodPhase, Readiness};
use super::spec::{Behavior, Flags, Metric, Resource, Target, Version};
use crate::intern::Symbol;
use crate::units::SimTime;
use smallvec::SmallVec;

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
    /// A pod's metrics lack the container (1.28).
    ContainerNotInMetrics,
    /// Only pods that do not count have metrics.
    NoUsableMetrics,
    /// The selector matches no pods.
    NoPods,
    /// A container has no request.
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

/// A group's value per pod, in milli-units; absent without a metric.
type Values = SmallVec<[Option<i64>; 8]>;

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

/// Groups by standing, and what their metrics are once those of unready and ignored pods are dropped.
struct Grouped {
    standings: SmallVec<[Standing; 8]>,
    ready: i64,
    unready: i64,
    missing: i64,
    values: Values,
}

impl Calculator<'_> {
    /// What `metric` proposes.
    pub(super) fn propose(&self, metric: &Metric) -> Result<Proposal, MetricError> {
        match *metric {
            Metric::Resource { resource, container, target } => {
                let values = self.resource_values(resource, container)?;
                match target {
                    Target::Utilization(percent) => self.by_utilization(resource, container, values, percent),
                    Target::AverageValue(milli) | Target::Value(milli) => {
                        self.by_average(Some(resource), values, milli)
                    }
                }
            }
            Metric::Pods { metric, target_milli } => self.by_average(None, self.custom_values(metric)?, target_milli),
            Metric::Object { metric, target } => self.by_total(self.object_value(metric)?, target),
            Metric::External { metric, target } => self.by_total(self.external_value(metric)?, target),
        }
    }

    /// Whether a ratio is near enough to 1 to leave things alone.
    fn is_tolerated(&self, ratio: f64) -> bool {
        let flag = self.flags.tolerance;
        match self.flags.version {
            Version::V1_28 => (1.0 - ratio).abs() <= flag,
            Version::V1_33 => {
                let (up, down) = self.behavior.map_or((None, None), |b| (b.scale_up.tolerance, b.scale_down.tolerance));
                1.0 - down.unwrap_or(flag) <= ratio && ratio <= 1.0 + up.unwrap_or(flag)
            }
        }
    }

    /// Upstream: `GetResourceReplicas`.
    fn by_utilization(
        &self,
        resource: Resource,
        container: Option<Symbol>,
        values: Values,
        target: i64,
    ) -> Result<Proposal, MetricError> {
        let mut grouped = self.group(Some(resource), values)?;
        let requests = self.requests(resource, container)?;
        let (utilization, average) = self.utilization(&grouped.values, &requests).ok_or(MetricError::NoMatch)?;
        let ratio = utilization as f64 / target as f64;
        let current = CurrentMetric { utilization: Some(utilization), average: Some(average), value: None };
        let propose = |replicas| Ok(Proposal { replicas, current });
        let grows_past_unready = grouped.unready > 0 && ratio > 1.0;
        if !grows_past_unready && grouped.missing == 0 {
            return propose(self.unless_tolerated(ratio, grouped.ready));
        }
        for (group, standing) in grouped.standings.iter().enumerate() {
            grouped.values[group] = match standing {
                Standing::Missing if ratio < 1.0 => Some(requests[group] * target.max(100) / 100),
                Standing::Missing if ratio > 1.0 => Some(0),
                Standing::Unready if grows_past_unready => Some(0),
                _ => grouped.values[group],
            };
        }
        let (utilization, _) = self.utilization(&grouped.values, &requests).ok_or(MetricError::NoMatch)?;
        propose(self.rebalanced(ratio, utilization as f64 / target as f64, self.entries(&grouped.values)))
    }

    /// Upstream: `calcPlainMetricReplicas`.
    fn by_average(&self, resource: Option<Resource>, values: Values, target: i64) -> Result<Proposal, MetricError> {
        let mut grouped = self.group(resource, values)?;
        let average = self.total(&grouped.values) / self.entries(&grouped.values).max(1);
        let ratio = average as f64 / target as f64;
        let current = CurrentMetric { average: Some(average), ..CurrentMetric::default() };
        let propose = |replicas| Ok(Proposal { replicas, current });
        let grows_past_unready = grouped.unready > 0 && ratio > 1.0;
        if !grows_past_unready && grouped.missing == 0 {
            return propose(self.unless_tolerated(ratio, grouped.ready));
        }
        for (group, standing) in grouped.standings.iter().enumerate() {
            grouped.values[group] = match standing {
                Standing::Missing if ratio < 1.0 => Some(target),
                Standing::Missing if ratio > 1.0 => Some(0),
                Standing::Unready if grows_past_unready => Some(0),
                _ => grouped.values[group],
            };
        }
        let entries = self.entries(&grouped.values);
        let average = self.total(&grouped.values) / entries.max(1);
        propose(self.rebalanced(ratio, average as f64 / target as f64, entries))
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
                    ceil(ratio * self.ready_pods()? as f64)
                };
                Ok(Proposal { replicas, current })
            }
            Target::AverageValue(target) => {
                let status = self.seen.status_replicas;
                let ratio = value as f64 / (target as f64 * f64::from(status));
                let tolerated = match self.flags.version {
                    // Not a number counts as tolerated in 1.28 only.
                    Version::V1_28 => (1.0 - ratio).abs() <= self.flags.tolerance || ratio.is_nan(),
                    Version::V1_33 => self.is_tolerated(ratio),
                };
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

    /// Upstream: `groupPods`, `removeMetricsForPods`.
    fn group(&self, resource: Option<Resource>, mut values: Values) -> Result<Grouped, MetricError> {
        if !self.seen.pods.iter().any(|pod| pod.listed && pod.count > 0) {
            return Err(MetricError::NoPods);
        }
        let mut standings = SmallVec::new();
        let (mut ready, mut unready, mut missing) = (0, 0, 0);
        for (group, pod) in self.seen.pods.iter().enumerate() {
            let standing = self.standing(pod, resource, values[group].is_some());
            match standing {
                Standing::Ready => ready += pod.count,
                Standing::Unready => unready += pod.count,
                Standing::Missing => missing += pod.count,
                Standing::Ignored | Standing::Ghost => {}
            }
            if matches!(standing, Standing::Unready | Standing::Ignored) {
                values[group] = None;
            }
            standings.push(standing);
        }
        if self.entries(&values) == 0 {
            return Err(MetricError::NoUsableMetrics);
        }
        Ok(Grouped { standings, ready, unready, missing, values })
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

    /// Upstream: `resourceMetricsClient.GetResourceMetric`.
    fn resource_values(&self, resource: Resource, container: Option<Symbol>) -> Result<Values, MetricError> {
        if self.seen.down.resource {
            return Err(MetricError::ApiDown);
        }
        if !self.seen.pods.iter().any(|pod| pod.in_metrics && pod.count > 0) {
            return Err(MetricError::NoMetrics);
        }
        self.seen.pods.iter().map(|pod| self.pod_value(pod, resource, container)).collect()
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
            let mut reported = pod.containers.iter().filter(|c| c.usage.is_some()).peekable();
            if reported.peek().is_none() {
                return Ok(None);
            }
            return Ok(reported.map(|c| usage_milli(c, resource)).sum::<Option<i64>>());
        };
        match pod.containers.iter().find(|c| c.name == name && c.usage.is_some()) {
            Some(found) => Ok(usage_milli(found, resource)),
            None if self.flags.version == Version::V1_28 => Err(MetricError::ContainerNotInMetrics),
            None => Ok(None),
        }
    }

    fn custom_values(&self, metric: Symbol) -> Result<Values, MetricError> {
        if self.seen.down.custom {
            return Err(MetricError::ApiDown);
        }
        let of = |pod: &PodGroup<'_>| pod.custom.iter().find(|(name, _)| *name == metric).map(|(_, value)| *value);
        let values: Values = self.seen.pods.iter().map(of).collect();
        if self.entries(&values) == 0 { Err(MetricError::NoMetrics) } else { Ok(values) }
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

    /// Requests per pod of each group in milli-units; of ghosts nothing is known.
    ///
    /// Upstream: `calculatePodRequests`.
    fn requests(&self, resource: Resource, container: Option<Symbol>) -> Result<SmallVec<[i64; 8]>, MetricError> {
        let of_pod = |pod: &PodGroup<'_>| {
            if !pod.listed || pod.count == 0 {
                return Some(0);
            }
            let wanted = pod.containers.iter().filter(|c| container.is_none_or(|name| c.name == name));
            wanted.map(|c| request_milli(c, resource)).sum::<Option<i64>>()
        };
        self.seen.pods.iter().map(|pod| of_pod(pod).ok_or(MetricError::MissingRequest)).collect()
    }

    /// Utilisation in whole percent, and usage per pod, over pods that have metrics and requests.
    ///
    /// Upstream: `metrics.GetResourceUtilizationRatio`.
    fn utilization(&self, values: &Values, requests: &[i64]) -> Option<(i64, i64)> {
        let (mut used, mut requested, mut pods) = (0, 0, 0);
        for ((pod, value), request) in self.seen.pods.iter().zip(values).zip(requests) {
            if let (true, Some(value)) = (pod.listed, value) {
                used += value * pod.count;
                requested += request * pod.count;
                pods += pod.count;
            }
        }
        (requested != 0).then(|| (i64::from((used * 100 / requested) as i32), used / pods))
    }

    fn total(&self, values: &Values) -> i64 {
        self.seen.pods.iter().zip(values).filter_map(|(pod, value)| Some((*value)? * pod.count)).sum()
    }
    /// Pods that have a metric, ghosts included.
    fn entries(&self, values: &Values) -> i64 {
        self.seen.pods.iter().zip(values).filter(|(_, value)| value.is_some()).map(|(pod, _)| pod.count).sum()
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

fn usage_milli(container: &PodContainer, resource: Resource) -> Option<i64> {
    let usage = container.usage?;
    match resource {
        Resource::Cpu => usage.cpu_milli,
        Resource::Memory => usage.memory_bytes.map(|bytes| bytes.saturating_mul(1000)),
    }
}

fn request_milli(container: &PodContainer, resource: Resource) -> Option<i64> {
    match resource {
        Resource::Cpu => container.cpu_request_milli,
        Resource::Memory => container.memory_request_bytes.map(|bytes| bytes.saturating_mul(1000)),
    }
}

fn ceil(value: f64) -> i32 {
    value.ceil() as i32
}
fn ceil_to_i64(value: f64) -> i64 {
    value.ceil() as i64
}

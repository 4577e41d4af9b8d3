//! Recorded metrics over time.

use crate::units::{SimDuration, SimTime};

/// What the numbers of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Percent of the requests.
    Percent,
    /// Milli-cores, or milli-units of a metric of one's own.
    Milli,
    /// Bytes.
    Bytes,
}

/// One metric over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// `cpu`, `memory` or a name of one's own.
    pub name: String,
    /// The unit of the values.
    pub unit: Unit,
    /// One value per pod at each instant; otherwise one value for all.
    pub per_pod: bool,
    /// (when, (pod, value)) in order of time; an instant without values has none that is known.
    pub points: Vec<(SimTime, Vec<(u32, f64)>)>,
}

impl Series {
    /// The latest values not after `at` and not older than `most`.
    fn at(&self, at: SimTime, most: SimDuration) -> Option<&[(u32, f64)]> {
        let after = self.points.partition_point(|(when, _)| *when <= at);
        let (when, values) = self.points.get(after.checked_sub(1)?)?;
        (at - *when <= most && !values.is_empty()).then_some(values.as_slice())
    }
}

/// Series with one clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    series: Vec<Series>,
    replicas: Vec<(SimTime, i32)>,
    /// The usual distance of two samples, of each series.
    steps: Vec<SimDuration>,
    /// Pods at the first instant; 0 where they are not told apart.
    pods: i32,
    /// Containers whose usage was added up, where they were told apart.
    containers: Vec<String>,
}

/// A series with the age up to which its values count.
pub(crate) struct View<'a> {
    pub(crate) series: &'a Series,
    fresh: SimDuration,
}

impl Recording {
    /// Of series with at least one point each. `replicas` is what was recorded of `spec.replicas`, in order
    /// of time, or empty; `steps` are the distances of each series' samples.
    pub fn new(series: Vec<Series>, replicas: Vec<(SimTime, i32)>, steps: Vec<SimDuration>) -> Self {
        Recording { series, replicas, steps, pods: 0, containers: Vec::new() }
    }
    /// With the number of pods at the first instant, and the containers that they consist of.
    pub(crate) fn of_pods(self, pods: i32, containers: Vec<String>) -> Self {
        Recording { pods, containers, ..self }
    }
    /// How many pods there were at first: recorded replicas, else the pods that the recording tells apart.
    pub fn size(&self) -> Option<i32> {
        self.replicas_at(self.begin()).or((self.pods > 0).then_some(self.pods))
    }
    /// The containers whose usage was told apart; empty where it was of whole pods.
    pub fn containers(&self) -> &[String] {
        &self.containers
    }
    /// The metrics.
    pub fn series(&self) -> &[Series] {
        &self.series
    }
    /// The usual distance of two samples, in the series with the closest ones.
    pub fn step(&self) -> SimDuration {
        self.steps.iter().min().copied().unwrap_or(SimDuration::from_secs(15))
    }
    /// The first instant.
    pub fn begin(&self) -> SimTime {
        self.series.iter().filter_map(|series| Some(series.points.first()?.0)).min().unwrap_or(SimTime::ZERO)
    }
    /// The last instant.
    pub fn end(&self) -> SimTime {
        self.series.iter().filter_map(|series| Some(series.points.last()?.0)).max().unwrap_or(SimTime::ZERO)
    }
    /// The recorded replicas at an instant.
    pub fn replicas_at(&self, at: SimTime) -> Option<i32> {
        let after = self.replicas.partition_point(|(when, _)| *when <= at);
        self.replicas.get(after.checked_sub(1)?).map(|(_, replicas)| *replicas)
    }
    pub(crate) fn views(&self) -> impl Iterator<Item = View<'_>> {
        // A sample counts until the next one is due, and half a step longer.
        let fresh = |step: &SimDuration| SimDuration::from_nanos(step.as_nanos() + step.as_nanos() / 2);
        self.series.iter().zip(&self.steps).map(move |(series, step)| View { series, fresh: fresh(step) })
    }
}

impl View<'_> {
    /// What is known at an instant.
    pub(crate) fn values(&self, at: SimTime) -> Option<&[(u32, f64)]> {
        self.series.at(at, self.fresh)
    }
    /// The mean over pods.
    pub(crate) fn mean(&self, at: SimTime) -> Option<f64> {
        let values = self.values(at)?;
        Some(values.iter().map(|(_, value)| value).sum::<f64>() / values.len() as f64)
    }
    /// The sum over pods. A percentage is of one pod: times the replicas that were recorded.
    pub(crate) fn sum(&self, at: SimTime, replicas: Option<i32>) -> Option<f64> {
        let sum: f64 = self.values(at)?.iter().map(|(_, value)| value).sum();
        match (self.series.unit, self.series.per_pod) {
            (Unit::Percent, false) => Some(sum * f64::from(replicas?)),
            _ => Some(sum),
        }
    }
}

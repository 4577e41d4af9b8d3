//! Samples of all files, gathered into one recording.

use super::column::Measure;
use super::recording::{Recording, Series, Unit};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::{Reading, usual_step};
use crate::units::{SimDuration, SimTime};
use std::collections::{BTreeMap, BTreeSet};

/// What was read so far.
#[derive(Default)]
pub(super) struct Rows {
    pods: BTreeMap<String, u32>,
    series: Vec<Gathered>,
    replicas: BTreeMap<SimTime, i32>,
    /// Names of containers whose series were added up.
    containers: BTreeSet<String>,
    /// Pods that the first instant with any names.
    first: Option<(SimTime, BTreeSet<u32>)>,
    /// Whether times are of the calendar, as the first one says.
    calendar: Option<bool>,
}

struct Gathered {
    name: String,
    unit: Unit,
    per_pod: bool,
    points: BTreeMap<SimTime, Vec<(u32, f64)>>,
}

impl Gathered {
    /// With the distance of one pod's samples. Pods may be looked at at different moments: each one's value counts until its
    /// next is due.
    fn into_series(self) -> (Series, SimDuration) {
        let mut of_pods: BTreeMap<u32, Vec<SimTime>> = BTreeMap::new();
        for (at, values) in &self.points {
            values.iter().for_each(|(pod, _)| of_pods.entry(*pod).or_default().push(*at));
        }
        let all: Vec<SimTime> = self.points.keys().copied().collect();
        let own: BTreeMap<u32, SimDuration> =
            of_pods.iter().filter_map(|(pod, times)| Some((*pod, usual_step(times)?))).collect();
        let step = own.values().max().copied().or_else(|| usual_step(&all)).unwrap_or(SimDuration::from_secs(15));
        let mut points: Vec<(SimTime, Vec<(u32, f64)>)> = self.points.into_iter().collect();
        let mut last: BTreeMap<u32, (SimTime, f64)> = BTreeMap::new();
        for (at, values) in points.iter_mut().filter(|_| own.len() > 1) {
            last.extend(values.iter().map(|(pod, value)| (*pod, (*at, *value))));
            last.retain(|pod, (since, _)| *at - *since < own.get(pod).copied().unwrap_or(step));
            if values.len() < last.len() {
                *values = last.iter().map(|(pod, (_, value))| (*pod, *value)).collect();
            }
        }
        (Series { name: self.name, unit: self.unit, per_pod: self.per_pod, points }, step)
    }
}

impl Rows {
    /// The number of a pod.
    pub(super) fn pod(&mut self, name: &str) -> u32 {
        let next = self.pods.len() as u32;
        *self.pods.entry(name.to_owned()).or_insert(next)
    }

    /// Whether a time is of the same kind as the others.
    pub(super) fn same_calendar(&mut self, reading: Reading) -> bool {
        *self.calendar.get_or_insert(reading.is_calendar) == reading.is_calendar
    }

    /// The series for a metric, new if there is none.
    ///
    /// Errors: it was read before in another unit.
    pub(super) fn series(&mut self, name: &str, measure: Measure, per_pod: bool) -> Result<usize, String> {
        let unit = measure.unit().0;
        if let Some(at) = self.series.iter().position(|series| series.name == name) {
            let known = &self.series[at];
            let same = known.unit == unit && known.per_pod == per_pod;
            return if same { Ok(at) } else { Err(format!("`{name}` was read before in another unit or shape")) };
        }
        self.series.push(Gathered { name: name.to_owned(), unit, per_pod, points: BTreeMap::new() });
        Ok(self.series.len() - 1)
    }

    /// A sample; without a value it says that nothing is known then.
    pub(super) fn add(&mut self, series: usize, at: SimTime, pod: u32, value: Option<f64>) {
        if self.series[series].per_pod {
            self.name_first(at, pod);
        }
        self.series[series].points.entry(at).or_default().extend(value.map(|value| (pod, value)));
    }

    /// A pod that was there at an instant.
    fn name_first(&mut self, at: SimTime, pod: u32) {
        match &mut self.first {
            Some((first, pods)) if *first == at => drop(pods.insert(pod)),
            Some((first, _)) if *first < at => {}
            _ => self.first = Some((at, BTreeSet::from([pod]))),
        }
    }

    /// Containers whose usage is told apart.
    pub(super) fn add_containers<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.containers.extend(names.map(str::to_owned));
    }

    /// Whether the usage of a container is told.
    pub(super) fn has_container(&self, name: &str) -> bool {
        self.containers.contains(name)
    }

    /// Recorded replicas.
    pub(super) fn add_replicas(&mut self, at: SimTime, replicas: i32) {
        self.replicas.insert(at, replicas);
    }

    /// All together.
    pub(super) fn into_recording(self, file: &str, issues: &mut Issues) -> Option<Recording> {
        let refuse = |message: String, issues: &mut Issues| {
            let mut issue = Issue::error("", message);
            issue.place.file = Some(file.to_owned());
            issues.push(issue);
        };
        let known = self.series.into_iter().filter(|series| !series.points.is_empty());
        let (series, steps): (Vec<Series>, Vec<SimDuration>) = known.map(Gathered::into_series).unzip();
        if series.is_empty() {
            refuse("holds no samples of any metric".to_owned(), issues);
            return None;
        }
        let begin = series.iter().map(|series| series.points[0].0).max()?;
        let end = series.iter().filter_map(|series| Some(series.points.last()?.0)).min()?;
        if begin > end {
            refuse("the metrics do not overlap in time: one ends before another begins".to_owned(), issues);
            return None;
        }
        let recording = Recording::new(series, self.replicas.into_iter().collect(), steps);
        let pods = self.first.map_or(0, |(_, pods)| pods.len());
        Some(recording.of_pods(pods as i32, self.containers.into_iter().collect()))
    }
}

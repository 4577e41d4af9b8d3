//! Whether an HPA and a recording fit together.

use super::replay::Mode;
use crate::hpa::{HpaSpec, Metric, Resource, Target};
use crate::intern::Interner;
use crate::scenario::hpas::Silent;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::metrics::{Recording, Series, Unit};
use crate::scenario::pod_shape::PodShape;

/// The column that holds a metric, for a file that does not say what it holds.
pub fn usual_column(metric: &Metric, symbols: &Interner) -> String {
    match metric {
        Metric::Resource { resource: Resource::Cpu, .. } => "cpu".to_owned(),
        Metric::Resource { resource: Resource::Memory, .. } => "memory".to_owned(),
        Metric::Pods { metric, .. } | Metric::Object { metric, .. } | Metric::External { metric, .. } => {
            symbols.text(*metric).to_owned()
        }
    }
}

/// More than so many times the request is a unit that was mistaken.
const IMPLAUSIBLE: f64 = 50.0;

/// What an HPA is to be replayed with.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'a> {
    /// The HPA's name, for what is said about it.
    pub label: &'a str,
    /// What was recorded.
    pub recording: &'a Recording,
    /// The pods.
    pub pod: PodShape,
    /// How the recording is taken.
    pub mode: Mode,
    /// The names of the HPA's metrics.
    pub symbols: &'a Interner,
    /// The containers that ask for nothing.
    pub silent: &'a Silent,
}

impl Fit<'_> {
    /// Requests are there where they are needed, and values are in units that can be right. Metrics that were not
    /// recorded are left out of `spec`.
    ///
    /// Errors: all that does not fit, added to `issues`.
    pub fn check(&self, spec: &mut HpaSpec, issues: &mut Issues) {
        let mut part = Issues::new();
        self.keep_the_recorded(spec, &mut part);
        for metric in &spec.metrics {
            let name = usual_column(metric, self.symbols);
            let series = self.recording.series().iter().find(|series| series.name == name);
            if let Some(series) = series {
                self.check_units(metric, series, &mut part);
            }
        }
        issues.absorb(part, |place| place.object = Some(self.label.to_owned()));
    }

    fn keep_the_recorded(&self, spec: &mut HpaSpec, issues: &mut Issues) {
        let known: Vec<&str> = self.recording.series().iter().map(|series| series.name.as_str()).collect();
        spec.metrics.retain(|metric| {
            let name = usual_column(metric, self.symbols);
            let is_known = known.contains(&name.as_str());
            if !is_known {
                let message = format!("`{name}` is not in the recording, which has {}", known.join(", "));
                let issue = Issue::warning("spec.metrics", message);
                issues.push(issue.with_help("the HPA is replayed without this metric"));
            }
            is_known
        });
        if spec.metrics.is_empty() {
            let issue = Issue::error("spec.metrics", "none of the HPA's metrics is in the recording");
            let help =
                "name a column cpu_cores, or pass --metrics cpu=FILE where each column is a pod, as Grafana writes it";
            issues.push(issue.with_help(help));
        }
    }

    fn check_units(&self, metric: &Metric, series: &Series, issues: &mut Issues) {
        let name = series.name.as_str();
        let (request, flag, silent) = match name {
            "cpu" => (self.pod.cpu_request_milli, "--cpu-request", &self.silent.cpu),
            "memory" => (self.pod.memory_request_bytes, "--memory-request", &self.silent.memory),
            _ => return,
        };
        let relative = matches!(metric.target(), Target::Utilization(_));
        if request.is_none() && relative && !silent.is_empty() {
            let message = format!(
                "no {name} request in container {}: a live HPA knows no utilization then and never scales by it",
                silent.join(", ")
            );
            let issue = Issue::error("spec.metrics", message);
            issues.push(issue.with_help(format!("give it one, or pass {flag} of a whole pod to see what would be")));
        } else if request.is_none() && relative != (series.unit == Unit::Percent) {
            let message = format!("the requests of `{name}` are not known, and the units need them");
            let issue = Issue::error("spec.metrics", message);
            issues.push(issue.with_help(format!("pass {flag}, or the Deployment with -f")));
        }
        if self.mode == Mode::Closed && series.unit == Unit::Percent && !series.per_pod && name == "cpu" {
            if self.recording.replicas_at(self.recording.begin()).is_none() {
                let message = "percent of the requests are a load only with the number of pods";
                let issue = Issue::error("--mode", message);
                issues.push(issue.with_help("add a column replicas, or record cores"));
            }
        } else if let (Some(request), Mode::Open, false) = (request, self.mode, series.unit == Unit::Percent) {
            let values = series.points.iter().flat_map(|(_, values)| values).map(|(_, value)| *value);
            let most = values.fold(0.0, f64::max);
            if most > IMPLAUSIBLE * request as f64 {
                let times = (most / request as f64).round();
                let message = format!("up to {times} times the request of a pod: the units do not match");
                let help =
                    format!("name the column {name}_percent or as its unit is, or pass --mode closed for a total");
                issues.push(Issue::error(name, message).with_help(help));
            }
        }
    }
}

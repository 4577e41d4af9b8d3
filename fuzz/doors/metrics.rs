//! Recorded metrics: `hpa`, `vpa`, `fit`, and answers of Prometheus.

use super::place::{parts, within};
use super::{accepted, has_numbers, text};
use foresail::cost::BaseRates;
use foresail::dry_run::hpa::{Mode, Request};
use foresail::dry_run::vpa;
use foresail::hpa::Flags;
use foresail::past::prometheus::{self, Options, Source};
use foresail::recorded::from_past;
use foresail::report::dry_run::{self, HpaRun};
use foresail::scenario;
use foresail::scenario::issue::Issues;
use foresail::scenario::metrics::MetricsFile;
use foresail::scenario::pod_shape::PodShape;
use foresail::traffic::fit::fit;
use foresail::traffic::latency::ServiceProfile;
use foresail::units::SimDuration;
use std::path::Path;

const HPA: &[u8] = include_bytes!("../../tests/mutations/hpa/hpa.yaml");
const POD: PodShape =
    PodShape { cpu_request_milli: Some(500), memory_request_bytes: Some(1 << 29), cpu_limit_milli: None };

fn shown(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

fn replayed(folder: &Path, file: &str, mode: Mode, data: &[u8]) {
    let request = Request {
        files: &[shown(folder, "hpa.yaml")],
        metrics: vec![MetricsFile::parse(&shown(folder, file))],
        allow_gaps: data.len().is_multiple_of(2),
        flags: Flags::default(),
        mode,
        replicas: None,
        pod: POD,
        pod_start: SimDuration::from_secs(30),
        sync: SimDuration::from_secs(15),
    };
    let Some(replayed) = accepted(request.run(Issues::new())) else { return };
    let runs: Vec<HpaRun<'_>> = replayed.runs.iter().map(|run| HpaRun::new(run, &replayed.symbols)).collect();
    has_numbers(&dry_run::terminal(&runs, false), data);
    has_numbers(&dry_run::csv(&runs), data);
}

fn advised(folder: &Path, file: &str, data: &[u8]) {
    let request = vpa::Request {
        files: &[],
        usage: vec![MetricsFile::parse(&shown(folder, file))],
        allow_gaps: data.len().is_multiple_of(2),
        pod: POD,
        replicas: None,
        rates: BaseRates::default(),
    };
    let Some((advice, _)) = accepted(request.run(Issues::new())) else { return };
    has_numbers(&dry_run::advice_terminal(&advice), data);
    has_numbers(&dry_run::advice_json(&advice), data);
}

fn fitted(data: &[u8]) {
    let Some(services) = accepted(scenario::read_metrics("m.csv", text(data))) else { return };
    for samples in services.values().take(3) {
        if let Ok(found) = fit(samples, &ServiceProfile::default()) {
            assert!(found.profile.cpu_s.is_finite() && found.profile.cpu_s >= 0.0, "{:?}", found.profile);
        }
    }
}

/// A CSV, or JSON of `query_range`; what an HPA would have done in both modes, what a VPA advises, what `fit` finds.
pub(super) fn metrics(data: &[u8]) {
    let given = parts(data);
    let hpa = given.iter().find(|(name, _)| *name == "hpa").map_or(HPA, |(_, body)| body);
    let body = given.iter().find(|(name, _)| name.is_empty()).map_or(&[][..], |(_, body)| body);
    let file = if body.first() == Some(&b'{') { "m.json" } else { "m.csv" };
    within(&[("hpa.yaml", hpa), (file, body)], |folder| {
        replayed(folder, file, Mode::Open, data);
        replayed(folder, file, Mode::Closed, data);
        advised(folder, file, data);
    });
    if file == "m.csv" {
        fitted(body);
    }
}

/// Files of answers that a folder may hold.
const ANSWERS: &[&str] = &[
    "cpu.json",
    "memory.json",
    "istio-requests.json",
    "deployment-ready.json",
    "deployment-replicas.json",
    "other.json",
];

/// Answers of Prometheus: one, or several by the names of their files.
pub(super) fn prometheus(data: &[u8]) {
    let mut files: Vec<(&str, &[u8])> = Vec::new();
    for (name, part) in parts(data) {
        let known = ANSWERS.iter().find(|known| **known == name).copied();
        files.push((known.unwrap_or("other.json"), part));
    }
    within(&files, |folder| {
        let mut issues = Issues::new();
        let source = Source::Files(folder.to_owned());
        let Some(past) = accepted(prometheus::read(&source, &Options::default(), &mut issues)) else { return };
        let entries = [("/".to_owned(), "api".to_owned())];
        let known = from_past(&past, &entries, &mut issues);
        assert!(known.mean_rate.is_finite());
        has_numbers(&known.traffic_csv, data);
    });
}

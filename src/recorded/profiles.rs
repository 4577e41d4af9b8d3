//! What requests cost a service, as its metrics have it.

use super::three_digits;
use crate::past::{LatencyFigure, Past, ServicePast};
use crate::scenario::issue::{Issue, Issues};
use crate::traffic::fit::{Fit, Sample, fit};
use crate::traffic::latency::{ServiceProfile, WorkShape};

/// A month of instants in steps of a minute; a longer past is fitted on every other instant, or less.
const MOST_SAMPLES: usize = 45_000;

/// What `services.NAME` says, a field each.
pub(super) fn profile(past: &Past, name: &str, service: &ServicePast, issues: &mut Issues) -> Vec<String> {
    let mut lines = Vec::new();
    if !service.requests.is_empty() && !service.cpu_cores.is_empty() {
        let samples = samples(past, service);
        match fit(&samples, &ServiceProfile::default()) {
            Ok(found) => {
                let has_latency = samples.iter().any(|row| row.latency_s.iter().any(Option::is_some));
                lines.extend(fitted(&found, has_latency));
                tell_fit(name, &found, has_latency, issues);
            }
            Err(error) => {
                let message = format!("{name}: what a request costs cannot be told: {error}");
                issues.push(Issue::warning("services", message).with_help("write cpuPerRequest and idleCpu yourself"));
            }
        }
    }
    lines.extend(memory(past, service).map(|mebibytes| format!("memory: {mebibytes:.0}Mi")));
    lines
}

fn samples(past: &Past, service: &ServicePast) -> Vec<Sample> {
    let every = past.steps.div_ceil(MOST_SAMPLES).max(1);
    let latency = |figure: LatencyFigure, step: usize| service.latency(figure).at(step);
    let sample = |step: usize| {
        Some(Sample {
            time_s: step as f64 * f64::from(past.step_s),
            requests_per_second: service.requests.at(step)?,
            replicas: pods(service, step)?,
            cpu_cores: service.cpu_cores.at(step)?,
            latency_s: [LatencyFigure::P50, LatencyFigure::P95, LatencyFigure::P99].map(|figure| latency(figure, step)),
        })
    };
    (0..past.steps).step_by(every).filter_map(sample).collect()
}

/// Ready pods, or pods where readiness was not recorded.
fn pods(service: &ServicePast, step: usize) -> Option<f64> {
    service.ready.at(step).or_else(|| service.replicas.at(step)).filter(|pods| *pods > 0.0)
}

fn fitted(found: &Fit, has_latency: bool) -> Vec<String> {
    let profile = &found.profile;
    let mut lines = vec![format!("cpuPerRequest: {}", milliseconds(profile.cpu_s))];
    if has_latency {
        if profile.off_cpu_s > 0.0 {
            lines.push(format!("waitPerRequest: {}", milliseconds(profile.off_cpu_s)));
        }
        if profile.shape != WorkShape::Exponential {
            lines.push(format!("scv: {}", profile.shape.scv()));
        }
        lines.extend(profile.concurrency.map(|threads| format!("concurrency: {threads}")));
    }
    lines.push(format!("idleCpu: {:.0}m", profile.idle_cpu_milli));
    lines
}

/// How far a profile can be trusted.
fn tell_fit(name: &str, found: &Fit, has_latency: bool, issues: &mut Issues) {
    let errors = ["cpu", "P50", "P95", "P99"].iter().zip(found.held_back_percent);
    let errors: Vec<String> =
        errors.filter_map(|(figure, error)| error.map(|error| format!("{figure} {error:.0} %"))).collect();
    let (least, most) = found.seen_rate_per_pod;
    let held = if errors.is_empty() { "nothing could be held against it".to_owned() } else { errors.join(", ") };
    let message =
        format!("{name}: fitted on {least:.2} to {most:.2} requests/s per pod; median errors on the last 30 %: {held}");
    issues.push(Issue::note("services", message));
    if least > 0.0 && most / least < 1.2 {
        let message = format!("{name}: its pods were always as busy: idleCpu and cpuPerRequest cannot be told apart");
        issues.push(Issue::warning("services", message).with_help("record a night, or a load test"));
    }
    if !has_latency {
        let message =
            format!("{name}: no latencies were recorded: waitPerRequest, scv and concurrency are the defaults");
        issues.push(Issue::warning("services", message).with_help("record histograms of its latency (`_bucket`)"));
    }
}

/// The median memory of a pod in MiB.
fn memory(past: &Past, service: &ServicePast) -> Option<f64> {
    let of_pod = |step: usize| Some(service.memory_bytes.at(step)? / pods(service, step)? / f64::from(1 << 20));
    let mut all: Vec<f64> = (0..past.steps).filter_map(of_pod).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().filter(|mebibytes| *mebibytes >= 1.0)
}

fn milliseconds(seconds: f64) -> String {
    format!("{}ms", three_digits(1000.0 * seconds))
}

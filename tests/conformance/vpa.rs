//! VPA recordings: what the recommender says after so many samples.

use crate::runner::Controller;
use foresail::units::SimTime;
use foresail::vpa::{Aggregate, Amounts, Flags, PodMemory, recommend};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The VerticalPodAutoscaler's recordings.
pub(crate) const VPA: Controller = Controller::new("vpa", judge);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    id: String,
    containers_in_pod: usize,
    t0: i64,
    events: Vec<Event>,
    checks: Vec<Check>,
}

/// Kind, seconds since `t0`, pod, amount, and the request where it is recorded.
#[derive(Deserialize)]
#[serde(untagged)]
enum Event {
    Plain(String, i64, i64, i64),
    Requested(String, i64, i64, i64, i64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    after: usize,
    target: Recorded,
    lower: Recorded,
    upper: Recorded,
    cpu_samples: u64,
    #[serde(rename = "cpuP50")]
    cpu_p50: f64,
    #[serde(rename = "cpuP90")]
    cpu_p90: f64,
    #[serde(rename = "cpuP95")]
    cpu_p95: f64,
    #[serde(rename = "memP50")]
    memory_p50: f64,
    #[serde(rename = "memP90")]
    memory_p90: f64,
    #[serde(rename = "memP95")]
    memory_p95: f64,
}

#[derive(Deserialize)]
struct Recorded {
    cpu: i64,
    memory: i64,
}

fn judge(text: &str) -> Result<(), String> {
    let case: Case = serde_json::from_str(text).map_err(|e| format!("unreadable: {e}"))?;
    let flags = Flags::default();
    let mut aggregate = Aggregate::new(&flags);
    let mut pods: BTreeMap<i64, PodMemory> = BTreeMap::new();
    let mut checks = case.checks.iter().peekable();
    for seen in 0..=case.events.len() {
        while let Some(check) = checks.next_if(|check| check.after == seen) {
            compare(check, &aggregate, case.containers_in_pod, &flags)
                .map_err(|what| format!("{} after {seen} events: {what}", case.id))?;
        }
        let Some(event) = case.events.get(seen) else { break };
        let (kind, seconds, pod, amount, request) = match event {
            Event::Plain(kind, seconds, pod, amount) => (kind, seconds, pod, *amount, 0),
            Event::Requested(kind, seconds, pod, amount, request) => (kind, seconds, pod, *amount, *request),
        };
        let (at, pod) = (SimTime::from_secs(case.t0 + seconds), pods.entry(*pod).or_default());
        match kind.as_str() {
            "c" => pod.add_cpu(&mut aggregate, amount, request, at),
            "m" => pod.add_memory(&mut aggregate, &flags, amount, at),
            "o" => pod.record_oom(&mut aggregate, &flags, amount, at),
            other => return Err(format!("{}: unknown event `{other}`", case.id)),
        }
    }
    match checks.next() {
        Some(check) => Err(format!("{}: a check after {} events was not reached", case.id, check.after)),
        None => Ok(()),
    }
}

fn compare(check: &Check, aggregate: &Aggregate, containers: usize, flags: &Flags) -> Result<(), String> {
    if aggregate.cpu_samples() != check.cpu_samples {
        return Err(format!("{} cpu samples, recorded {}", aggregate.cpu_samples(), check.cpu_samples));
    }
    let (cpu, memory) = (aggregate.cpu(), aggregate.memory());
    let percentiles = [
        ("cpu p50", cpu.percentile(0.5), check.cpu_p50),
        ("cpu p90", cpu.percentile(0.9), check.cpu_p90),
        ("cpu p95", cpu.percentile(0.95), check.cpu_p95),
        ("memory p50", memory.percentile(0.5), check.memory_p50),
        ("memory p90", memory.percentile(0.9), check.memory_p90),
        ("memory p95", memory.percentile(0.95), check.memory_p95),
    ];
    for (what, found, recorded) in percentiles {
        if (found - recorded).abs() > recorded.abs() * 1e-9 {
            return Err(format!("{what} {found}, recorded {recorded}"));
        }
    }
    let found = recommend(aggregate, containers, flags);
    amounts("target", found.target, &check.target)?;
    amounts("lower", found.lower, &check.lower)?;
    amounts("upper", found.upper, &check.upper)
}

fn amounts(what: &str, found: Amounts, recorded: &Recorded) -> Result<(), String> {
    let near = |a: i64, b: i64| (a - b).abs() as f64 <= (b as f64 * 1e-6).max(1.0);
    if near(found.cpu_milli, recorded.cpu) && near(found.memory_bytes, recorded.memory) {
        Ok(())
    } else {
        let (cpu, memory) = (recorded.cpu, recorded.memory);
        Err(format!("{what} {found:?}, recorded {cpu} milli-cores and {memory} bytes"))
    }
}

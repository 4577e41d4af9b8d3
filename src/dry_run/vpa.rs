//! The VPA's recommender alone, over recorded usage: what would it recommend, and what would that change per month?
//!
//! Start reading at [`Request::run`].

use crate::cost::BaseRates;
use crate::intern::Interner;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::metrics::{self, MetricsFile, Recording, Series, Unit, Wanted};
use crate::scenario::pod_shape::PodShape;
use crate::scenario::vpas::{self, VpaContainer, VpaObject};
use crate::units::HOURS_PER_MONTH;
use crate::vpa::{Aggregate, Amounts, ContainerPolicy, Flags, PodMemory, recommend};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Files and folders with a VPA and its target.
    pub files: &'a [String],
    /// Recorded usage.
    pub usage: Vec<MetricsFile>,
    /// Gaps in a CSV are times without samples.
    pub allow_gaps: bool,
    /// Requests of a pod that come before those of the files.
    pub pod: PodShape,
    /// How many pods the difference is for, where it is not to be what the files say.
    pub replicas: Option<i32>,
    /// What a milli-core and a GiB cost.
    pub rates: BaseRates,
}

impl Request<'_> {
    /// Reads the files; a recommendation per container where the usage tells them apart, else one for all of a pod. `issues` is
    /// what is known to be wrong already; what is doubtful is added to it.
    ///
    /// Errors: everything that is wrong, with its place.
    pub fn run(&self, mut issues: Issues) -> Result<(Vec<Advice>, Issues), Issues> {
        let mut symbols = Interner::new();
        let object = vpas::read(self.files, &mut symbols, &mut issues);
        let namespace = object.namespace.as_deref();
        let wanted = Wanted { fallback: "cpu", allow_gaps: self.allow_gaps, namespace, container: None };
        let Some(whole) = metrics::read(&self.usage, wanted, &mut issues).filter(|_| !issues.has_errors()) else {
            return Err(issues);
        };
        let replicas = self.replicas.or(object.replicas).or(whole.size()).unwrap_or(1);
        let mut advice = Vec::new();
        let parts = parts(&object, &whole, &mut issues);
        for part in &parts {
            let alone = Wanted { container: Some(&part.name), ..wanted };
            // What there is to say about the files has been said.
            let apart =
                (!part.name.is_empty()).then(|| metrics::read(&self.usage, alone, &mut Issues::new())).flatten();
            let recording = apart.as_ref().unwrap_or(&whole);
            let requests = if parts.len() == 1 { self.pod.or(part.pod) } else { part.pod };
            check(recording, requests, &mut issues);
            let usage = Usage {
                recording,
                requests,
                replicas,
                policy: &part.policy,
                containers: parts.len(),
                flags: &object.flags,
                rates: self.rates,
            };
            let name =
                if part.name.is_empty() { object.label.clone() } else { format!("{} {}", object.label, part.name) };
            advice.push(usage.advise(&name));
        }
        if issues.has_errors() { Err(issues) } else { Ok((advice, issues)) }
    }
}

/// What recommendations are made for: the containers whose usage is told apart, or all of a pod.
fn parts(object: &VpaObject, recording: &Recording, issues: &mut Issues) -> Vec<VpaContainer> {
    let recorded = recording.containers();
    if recorded.is_empty() {
        if object.containers.len() > 1 {
            let message = format!(
                "the usage is of whole pods, which have {} containers: they are taken together, as if they were one",
                object.containers.len()
            );
            let help = "record usage per container (container_cpu_usage_seconds_total, sum by (pod, container))";
            issues.push(Issue::warning("--usage", message).with_help(help));
        }
        return vec![object.whole()];
    }
    let named = |name: &String| match object.containers.iter().find(|container| container.name == *name) {
        Some(container) => container.clone(),
        None => VpaContainer { name: name.clone(), policy: object.others, pod: PodShape::default() },
    };
    for container in object.containers.iter().filter(|container| !recorded.contains(&container.name)) {
        let message = format!("no usage of container `{}` was recorded: it gets no recommendation", container.name);
        issues.push(Issue::warning("--usage", message));
    }
    recorded.iter().map(named).collect()
}

/// Everything that a recommendation needs.
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a> {
    /// `cpu` and `memory` per pod.
    pub recording: &'a Recording,
    /// What the pods request now.
    pub requests: PodShape,
    /// How many there are.
    pub replicas: i32,
    /// The policy of the container.
    pub policy: &'a ContainerPolicy,
    /// Containers in the pod, which share its minimum.
    pub containers: usize,
    /// The recommender's flags.
    pub flags: &'a Flags,
    /// What a milli-core and a GiB cost.
    pub rates: BaseRates,
}

/// The answer for one workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// Which.
    pub name: String,
    /// How many pods the difference is for.
    pub replicas: i32,
    /// Days between the first and the last cpu sample, at most one per 1,440 samples.
    pub confidence_days: f64,
    /// Cpu in milli-cores, memory in bytes.
    pub resources: Vec<ResourceAdvice>,
    /// US dollars per month of 730 hours, for all pods; absent without present requests.
    pub difference_usd_per_month: Option<f64>,
}

/// The answer for one resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceAdvice {
    /// `cpu` or `memory`.
    pub resource: &'static str,
    /// Present request of a pod.
    pub request: Option<i64>,
    /// Below it the VPA evicts.
    pub lower_bound: i64,
    /// What new pods would get.
    pub target: i64,
    /// Above it the VPA evicts.
    pub upper_bound: i64,
    /// US dollars per month for all pods.
    pub difference_usd_per_month: Option<f64>,
}

/// What is asked about one resource.
struct Resource {
    name: &'static str,
    request: Option<i64>,
    amount: fn(&Amounts) -> i64,
    /// Of a milli-core or a byte.
    usd_hour: f64,
}

impl Usage<'_> {
    /// Feeds the recommender sample by sample.
    pub fn advise(&self, name: &str) -> Advice {
        let mut aggregate = Aggregate::new(self.flags);
        let mut pods: BTreeMap<u32, PodMemory> = BTreeMap::new();
        let has = |name: &str| self.recording.series().iter().any(|series| series.name == name);
        let (has_cpu, has_memory) = (has("cpu"), has("memory"));
        for series in self.recording.series().iter().filter(|series| ["cpu", "memory"].contains(&series.name.as_str()))
        {
            self.feed(series, &mut pods, &mut aggregate);
        }
        let recommended = recommend(&aggregate, self.containers, self.flags).within(self.policy);
        let cpu = Resource {
            name: "cpu",
            request: self.requests.cpu_request_milli,
            amount: |amounts| amounts.cpu_milli,
            usd_hour: self.rates.cpu_milli_hour as f64 / 1e9,
        };
        let memory = Resource {
            name: "memory",
            request: self.requests.memory_request_bytes,
            amount: |amounts| amounts.memory_bytes,
            usd_hour: self.rates.ram_gib_hour as f64 / 1e9 / f64::from(1 << 30),
        };
        let asked = [(cpu, has_cpu && self.policy.cpu.is_some()), (memory, has_memory && self.policy.memory.is_some())];
        let resources: Vec<ResourceAdvice> = asked
            .into_iter()
            .filter(|(_, is_asked)| *is_asked)
            .map(|(resource, _)| {
                let [lower, target, upper] =
                    [&recommended.lower, &recommended.target, &recommended.upper].map(resource.amount);
                let hours = HOURS_PER_MONTH as f64;
                let cost = |amount: f64| amount * resource.usd_hour * hours * f64::from(self.replicas);
                ResourceAdvice {
                    resource: resource.name,
                    request: resource.request,
                    lower_bound: lower,
                    target,
                    upper_bound: upper,
                    difference_usd_per_month: resource.request.map(|request| cost(target as f64 - request as f64)),
                }
            })
            .collect();
        let difference = resources.iter().map(|row| row.difference_usd_per_month).sum();
        let (replicas, confidence_days) = (self.replicas, aggregate.confidence());
        Advice { name: name.to_owned(), replicas, confidence_days, resources, difference_usd_per_month: difference }
    }

    fn feed(&self, series: &Series, pods: &mut BTreeMap<u32, PodMemory>, aggregate: &mut Aggregate) {
        let (is_cpu, request) = (series.name == "cpu", request(self.requests, series));
        for (at, values) in &series.points {
            for (pod, value) in values {
                let amount = match series.unit {
                    Unit::Percent => value / 100.0 * request.unwrap_or(0) as f64,
                    Unit::Milli | Unit::Bytes => *value,
                };
                let (memory, amount) = (pods.entry(*pod).or_default(), amount.round() as i64);
                if is_cpu {
                    memory.add_cpu(aggregate, amount, 0, *at);
                } else {
                    memory.add_memory(aggregate, self.flags, amount, *at);
                }
            }
        }
    }
}

/// Whether a recording holds what a recommendation needs, in units that can be understood.
///
/// Errors: all that it lacks, added to `issues`.
pub fn check(recording: &Recording, requests: PodShape, issues: &mut Issues) {
    let series = recording.series();
    if !series.iter().any(|series| series.name == "cpu" || series.name == "memory") {
        issues.push(Issue::error("--usage", "there is neither cpu nor memory in the recording"));
    }
    for series in series.iter().filter(|series| series.unit == Unit::Percent) {
        if request(requests, series).is_none() {
            let message = format!("{} is in percent of requests that are not known", series.name);
            let help = format!("pass --{}-request, or the workload with -f", series.name);
            issues.push(Issue::error("--usage", message).with_help(help));
        }
    }
}

/// The present request that percentages of a series are of.
fn request(requests: PodShape, series: &Series) -> Option<i64> {
    if series.name == "cpu" { requests.cpu_request_milli } else { requests.memory_request_bytes }
}

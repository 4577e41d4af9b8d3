//! Requests: how many, how many failed, how long they took, from where.

use super::Services;
use super::workloads::{Key, Workloads};
use crate::past::Series;
use crate::past::prometheus::answers::Answers;
use crate::past::prometheus::clock::{Clock, Sum};
use crate::past::prometheus::matrix::Line;
use crate::past::prometheus::quantile::quantile;
use crate::past::prometheus::queries::{Set, What};
use crate::scenario::issue::{Issue, Issues};
use crate::units::counted;
use std::collections::{BTreeMap, BTreeSet};

/// What one set of metrics knows of a service.
#[derive(Debug, Default)]
struct Flow {
    requests: Sum,
    failures: Sum,
    /// Seconds of requests per second.
    durations: Sum,
    /// By upper bound in seconds, in its bits: they are not negative.
    buckets: BTreeMap<u64, Sum>,
}

/// Who sent requests where.
#[derive(Debug, Default)]
pub(super) struct Flows {
    clock: Option<Clock>,
    by_service: BTreeMap<Key, BTreeMap<Set, Flow>>,
    /// Of a mesh: caller and callee.
    calls: BTreeMap<(Key, Key), Sum>,
    /// From outside through a mesh's gateway, or from where the mesh does not reach.
    entered: BTreeMap<Key, Sum>,
    /// Of an Ingress: path, and the Service behind it.
    paths: BTreeMap<(String, String), Sum>,
}

const STATUS: &[&str] =
    &["status", "code", "status_code", "http_response_status_code", "http_status_code", "response_code"];
/// Workloads that are the door of a mesh.
const GATEWAYS: &[&str] = &["istio-ingressgateway", "istio-ingress", "unknown"];
/// Where two sets differ by more, it is said.
const MOST_DIFFERENCE: f64 = 0.2;
/// In order: mean, P50, P95, P99; the first is no quantile.
const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

impl Flows {
    pub(super) fn of(answers: &Answers, clock: Clock, workloads: &Workloads) -> Self {
        let mut flows = Flows { clock: Some(clock), ..Flows::default() };
        for what in [What::Requests, What::Durations, What::Buckets] {
            for (query, lines) in answers.of(what) {
                for line in lines {
                    if let Some(key) = whose(query.set, line, workloads) {
                        flows.add(query.set, what, key, line);
                    }
                }
                if what == What::Requests && query.set == Set::Istio {
                    lines.iter().for_each(|line| flows.add_edge(clock, line, workloads));
                }
                if what == What::Requests && query.set == Set::IngressNginx {
                    lines.iter().for_each(|line| flows.add_path(clock, line, workloads));
                }
            }
        }
        flows
    }

    fn add(&mut self, set: Set, what: What, key: Key, line: &Line) {
        let Some(clock) = self.clock else { return };
        let flow = self.by_service.entry(key).or_default().entry(set).or_default();
        match what {
            What::Requests => {
                flow.requests.add_line(clock, line, 1.0);
                let failed = line.first_label(STATUS).is_some_and(|status| status.starts_with('5') || status == "0");
                // Where anything has a status, what did not fail is known, too.
                flow.failures.add_line(clock, line, if failed { 1.0 } else { 0.0 });
            }
            What::Durations => flow.durations.add_line(clock, line, set.unit_s()),
            _ => {
                let bound = line.labels.get("le").and_then(|bound| bound.parse::<f64>().ok());
                if let Some(bound) = bound.filter(|bound| *bound >= 0.0) {
                    let seconds = (bound * set.unit_s()).to_bits();
                    flow.buckets.entry(seconds).or_default().add_line(clock, line, 1.0);
                }
            }
        }
    }

    fn add_edge(&mut self, clock: Clock, line: &Line, workloads: &Workloads) {
        let of = |name: &str, namespace: &str| {
            workloads.of_name(line.label(namespace).unwrap_or_default(), line.label(name)?)
        };
        let Some(callee) = of("destination_workload", "destination_workload_namespace") else { return };
        let source = line.label("source_workload").unwrap_or("unknown");
        if GATEWAYS.contains(&source) {
            self.entered.entry(callee).or_default().add_line(clock, line, 1.0);
        } else if let Some(caller) = of("source_workload", "source_workload_namespace") {
            self.calls.entry((caller, callee)).or_default().add_line(clock, line, 1.0);
        }
    }

    fn add_path(&mut self, clock: Clock, line: &Line, workloads: &Workloads) {
        // The default backend, which no Ingress leads to.
        let is_lost = line.label("ingress").is_none() && line.label("path").is_none();
        if is_lost || !workloads.counts(line.label("namespace").unwrap_or_default()) {
            return;
        }
        let path = line.label("path").unwrap_or("/").to_owned();
        let service = line.label("service").unwrap_or_default().to_owned();
        self.paths.entry((path, service)).or_default().add_line(clock, line, 1.0);
    }

    /// Gives services their requests: of each service the first set that counts its requests.
    pub(super) fn fill(&self, services: &mut Services, issues: &mut Issues) {
        let Some(clock) = self.clock else { return };
        let mut chosen: BTreeMap<Set, usize> = BTreeMap::new();
        let (mut above, mut against) = (BTreeSet::new(), BTreeSet::new());
        for (key, sets) in &self.by_service {
            let Some((set, flow)) = sets.iter().find(|(_, flow)| !flow.requests.is_empty()) else { continue };
            *chosen.entry(*set).or_default() += 1;
            let service = services.entry(key.clone()).or_default();
            (service.requests, service.failures) = (flow.requests.series(), flow.failures.series());
            // Latencies may be of another set, if this one has none.
            let timed = sets.values().find(|flow| !flow.durations.is_empty() && !flow.requests.is_empty());
            service.latency_s[0] = timed.map(|flow| flow.durations.over(&flow.requests)).unwrap_or_default();
            if let Some(flow) = sets.values().find(|flow| flow.buckets.len() > 1) {
                for (at, q) in QUANTILES.into_iter().enumerate() {
                    let (series, is_at_least) = quantiles(flow, clock, q);
                    service.latency_s[at + 1] = series;
                    if is_at_least {
                        above.insert(key.workload.as_str());
                    }
                }
            }
            against.extend(contradiction(key, sets));
        }
        for (set, services) in chosen {
            let services = counted(services, "service");
            issues.push(Issue::note("Prometheus", format!("requests of {services} are those of {}", set.name())));
        }
        for message in against {
            issues.push(Issue::warning("Prometheus", message).with_help("the first is used"));
        }
        if !above.is_empty() {
            let names: Vec<&str> = above.into_iter().collect();
            let message = "latencies above the largest bucket, which is taken for them: they are at least that";
            let issue = Issue::warning("Prometheus", format!("{}: {message}", names.join(", ")));
            issues.push(issue.with_help("record larger buckets"));
        }
    }

    /// From outside, by path of an Ingress, or by service behind a mesh's gateway.
    pub(super) fn routes(&self, workloads: &Workloads, issues: &mut Issues) -> BTreeMap<String, Series> {
        if self.paths.is_empty() {
            let names = self.entered.iter().map(|(key, sum)| (key.workload.clone(), sum.series()));
            return names.filter(|(_, series)| !series.is_empty()).collect();
        }
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        self.paths.keys().for_each(|(path, _)| *uses.entry(path).or_default() += 1);
        let Some(clock) = self.clock else { return BTreeMap::new() };
        let mut routes: BTreeMap<String, Sum> = BTreeMap::new();
        let mut shared = BTreeSet::new();
        for ((path, service), sum) in &self.paths {
            let name = if uses[path.as_str()] == 1 {
                path.clone()
            } else {
                shared.insert(path.as_str());
                workloads.of_name("", service).map_or(service.clone(), |key| key.workload)
            };
            let route = routes.entry(name).or_default();
            for (index, value) in sum.series().values().iter().enumerate() {
                value.iter().for_each(|value| route.add(clock, index, *value));
            }
        }
        if !shared.is_empty() {
            let paths: Vec<&str> = shared.into_iter().collect();
            let message =
                format!("paths of several hosts: {}; their routes are the services behind them", paths.join(", "));
            issues.push(Issue::note("Prometheus", message));
        }
        routes.into_iter().map(|(name, sum)| (name, sum.series())).collect()
    }

    /// What the mesh saw between workloads.
    pub(super) fn calls(&self, named: impl Fn(&Key) -> String) -> BTreeMap<(String, String), Series> {
        let calls = self.calls.iter().map(|((from, to), sum)| ((named(from), named(to)), sum.series()));
        calls.filter(|(_, series)| !series.is_empty()).collect()
    }
}

fn whose(set: Set, line: &Line, workloads: &Workloads) -> Option<Key> {
    match set {
        Set::Istio => {
            let namespace = line.label("destination_workload_namespace").unwrap_or_default();
            workloads.of_name(namespace, line.label("destination_workload").filter(|name| *name != "unknown")?)
        }
        Set::IngressNginx => workloads.of_name(line.label("namespace").unwrap_or_default(), line.label("service")?),
        _ => workloads.of_application(line),
    }
}

/// A quantile at each instant, and whether any lies above the last bound.
fn quantiles(flow: &Flow, clock: Clock, q: f64) -> (Series, bool) {
    let mut is_at_least = false;
    let at = |index: usize| {
        let counts = flow.buckets.iter().filter_map(|(bound, sum)| Some((f64::from_bits(*bound), sum.at(index)?)));
        let found = quantile(q, &mut counts.collect())?;
        is_at_least |= found.is_at_least;
        Some(found.value)
    };
    let values = (0..clock.steps).map(at).collect();
    (Series::new(values), is_at_least)
}

/// Where the first two sets that count a service's requests differ.
fn contradiction(key: &Key, sets: &BTreeMap<Set, Flow>) -> Option<String> {
    let mut means = sets.iter().filter_map(|(set, flow)| Some((set, flow.requests.series().mean()?)));
    let ((first, one), (second, two)) = (means.next()?, means.next()?);
    // An Ingress sees what comes from outside alone.
    let differs = if *second == Set::IngressNginx {
        two > one * (1.0 + MOST_DIFFERENCE)
    } else {
        (one - two).abs() > MOST_DIFFERENCE * one.max(two)
    };
    differs.then(|| {
        let (first, second) = (first.name(), second.name());
        format!("{}: {first} counts {one:.2} requests/s, {second} {two:.2}", key.workload)
    })
}

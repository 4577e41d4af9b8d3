//! Traffic: demand, routes, services and what a request costs them.

use super::amounts;
use super::latency;
use super::scene::Scene;
use super::weeks;
use crate::id::{Id, IdVec};
use crate::limits::Budget;
use crate::scenario::file::{self, LoadBalancing, Pattern};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::recorded_traffic::{self, Recorded, Source};
use crate::traffic::calls::{CallGraph, Downstream, DownstreamCall, Entry};
use crate::traffic::demand::{After, Curve, Demand, FlashCrowd, Growth, Noise};
use crate::traffic::latency::{
    Abandoned, Discipline, EmpiricalWork, Retries, ServiceProfile, Timeout, WarmUp, WorkShape,
};
use crate::units::{Quantity, SimDuration, SimTime};
use crate::world::WorkloadId;
use crate::world::{Cast, Load, Service, Traffic, WorkloadKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A request's cpu time where nothing is said.
const CPU_PER_REQUEST: SimDuration = SimDuration::from_millis(20);

/// After this time a caller gives up where the scenario does not say: nginx's `proxy_read_timeout`.
const TIMEOUT: SimDuration = SimDuration::from_secs(60);
/// The base of a back-off where nothing is said: Envoy's default.
const DEFAULT_BACKOFF_S: f64 = 0.025;
/// Retries over first attempts where nothing is said: Envoy's and linkerd's default.
const DEFAULT_RETRY_BUDGET: f64 = 0.2;

/// Fills in the traffic, if there is any.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    if scene.file.traffic.patterns.is_empty() {
        if !scene.file.services.is_empty() {
            issues.push(Issue::warning("traffic.patterns", "there are services and no traffic"));
        }
        return;
    }
    amounts::within("services", Budget::Services, scene.file.services.len() as u64, issues);
    if issues.has_errors() && Budget::Services.check(scene.file.services.len() as u64).is_err() {
        return;
    }
    let mut recorded = BTreeMap::new();
    let curves = curves(scene, &mut recorded, issues);
    let entries = entries(scene, &recorded, issues);
    if entries.is_empty() {
        issues.push(
            Issue::error("traffic", "nothing leads the requests to a service")
                .with_help("add an Ingress to the manifests, or weights of services under traffic.routes"),
        );
        return;
    }
    let names = names(scene, &entries);
    let mut services: IdVec<crate::traffic::calls::ServiceId, Service> = IdVec::new();
    let mut declared = Vec::new();
    let mut missing = Vec::new();
    for name in &names {
        let profile = scene.file.services.get(name);
        let workload = find_workload(scene, name, converter, cast);
        if profile.is_none() && workload.is_none() {
            unknown_service(scene, name, issues);
        }
        if profile.is_none_or(|profile| profile.cpu_per_request.is_none()) {
            missing.push(name.as_str());
        }
        let service = service(name, profile, workload, cast, converter, issues);
        if let Some(workload) = workload {
            cast.workloads[workload].load = Load::Service(crate::traffic::calls::ServiceId::from_index(services.len()));
        }
        services.push(service);
        declared.push((name.clone(), downstream(profile)));
    }
    if !missing.is_empty() {
        let message = format!("what a request costs is not known: 20 ms of cpu are assumed for {}", missing.join(", "));
        issues.push(Issue::warning("services", message));
    }
    let graph = match CallGraph::new(&declared, &entries) {
        Ok(graph) => graph,
        Err(error) => return issues.push(Issue::error("services.calls", error.to_string())),
    };
    let noise = noise(scene, issues);
    let (mode, arrivals) = (latency::mode(scene), latency::arrivals(scene, issues));
    for (id, service) in services.iter_mut() {
        // Only who is called from outside sees the gaps as they are; bursts come through to everybody.
        let entering = graph.routes().values().filter(|route| route.call.service == id).map(|route| route.share);
        service.profile.arrivals = arrivals.thinned(entering.sum());
    }
    if curves.len() < scene.file.traffic.patterns.len() {
        return;
    }
    let weeks = weeks::build(scene, &curves, issues);
    let demand = Arc::new(Demand { curves, noise, poisson: true, growth: growth(scene), weeks, ..Demand::default() });
    let (objective, route_objectives) = Default::default();
    cast.traffic = Some(Traffic { demand, graph, services, objective, route_objectives, mode, arrivals });
}

/// How the demand grows.
fn growth(scene: &Scene<'_>) -> Growth {
    scene.file.traffic.growth.map_or(Growth::default(), |rate| Growth { per_month: rate.per_month, level: 1.0 })
}

/// How much the rate varies around the patterns.
fn noise(scene: &Scene<'_>, issues: &mut Issues) -> Option<Noise> {
    let traffic = &scene.file.traffic;
    let sigma = traffic.noise?;
    weeks::check_noise("traffic.noise", sigma, issues);
    let correlation_time = traffic.noise_correlation.map_or(SimDuration::from_mins(5), |time| time.0);
    Some(Noise { sigma, correlation_time })
}

/// All patterns as curves. Requests by path that access logs tell are added to `recorded`.
fn curves(scene: &Scene<'_>, recorded: &mut BTreeMap<String, f64>, issues: &mut Issues) -> Vec<Curve> {
    let traffic = &scene.file.traffic;
    let mut scale = traffic.scale.unwrap_or(1.0);
    if !scale.is_finite() || scale < 0.0 {
        issues.push(Issue::error("traffic.scale", format!("found {scale}, expected a number of at least 0")));
        scale = 1.0;
    }
    let mut curves = Vec::new();
    for (at, pattern) in traffic.patterns.iter().enumerate() {
        let field = format!("traffic.patterns[{at}]");
        let curve = curve(scene, pattern, recorded, issues);
        match curve.and_then(|curve| curve.scaled(scale).map_err(|error| Issue::error("", error.to_string()))) {
            Ok(curve) => curves.push(curve),
            Err(mut issue) => {
                issue.place.field.get_or_insert(field);
                issues.push(issue);
            }
        }
    }
    curves
}

fn curve(
    scene: &Scene<'_>,
    pattern: &Pattern,
    recorded: &mut BTreeMap<String, f64>,
    issues: &mut Issues,
) -> Result<Curve, Issue> {
    let at = |time: &file::Time| SimTime::ZERO + time.0;
    let made = match pattern {
        Pattern::Constant { rate } => Curve::constant(*rate),
        Pattern::Diurnal { mean_rate, swing, peak_hour, days } => {
            Curve::diurnal(*mean_rate, *swing, *peak_hour, &days.unwrap_or([1.0; 7]))
        }
        Pattern::Ramp { from, to, at: begins, over } => Curve::ramp(*from, *to, at(begins), over.0),
        Pattern::Step { rate, at: begins, lasts } => {
            let begins = begins.0.as_secs_f64();
            let mut points = vec![(0.0, 0.0), (begins, *rate)];
            if begins <= 0.0 {
                points.remove(0);
            }
            if let Some(lasts) = lasts {
                points.push((begins + lasts.0.as_secs_f64().max(1e-3), 0.0));
            }
            Curve::steps(&points, 1.0, After::Hold)
        }
        Pattern::FlashCrowd { peak_rate, at: begins, rise, hold, half_life } => {
            let (start, peak_rate) = (at(begins), *peak_rate);
            Curve::flash_crowd(FlashCrowd { peak_rate, start, rise: rise.0, hold: hold.0, half_life: half_life.0 })
        }
        Pattern::Stages { start_rate, stages } => {
            let stages: Vec<(SimDuration, f64)> = stages.iter().map(|stage| (stage.duration.0, stage.target)).collect();
            Curve::stages(*start_rate, &stages)
        }
        Pattern::Trace(trace) => {
            // Weights that the scenario gives are for all requests, whatever Ingress leads them.
            let prefixes = if scene.file.traffic.routes.is_empty() { ingress_paths(scene) } else { Vec::new() };
            let source = Source { files: scene.files, folder: scene.folder, prefixes: &prefixes };
            let Recorded { curve, routes } = recorded_traffic::read(&source, trace, issues)?;
            routes.into_iter().for_each(|(path, count)| *recorded.entry(path).or_default() += count);
            let scaled = curve.scaled(trace.scale.unwrap_or(1.0));
            scaled.and_then(|curve| curve.stretched(trace.stretch.unwrap_or(1.0)))
        }
    };
    made.map_err(|error| Issue::error("", error.to_string()))
}

/// The paths of all Ingresses.
fn ingress_paths(scene: &Scene<'_>) -> Vec<String> {
    let rules = scene.objects.ingresses.iter().flat_map(|(_, ingress)| &ingress.spec.rules);
    rules.flat_map(|rule| &rule.http.paths).map(|path| path.path.clone()).collect()
}

/// The routes: paths of Ingresses, or services with a weight. Where the scenario gives none, `recorded` ones count.
fn entries(scene: &Scene<'_>, recorded: &BTreeMap<String, f64>, issues: &mut Issues) -> Vec<Entry> {
    let given = &scene.file.traffic.routes;
    let weights = if given.is_empty() { recorded } else { given };
    let mut entries: Vec<Entry> = Vec::new();
    let mut used: Vec<&str> = Vec::new();
    for (_, ingress) in &scene.objects.ingresses {
        for path in ingress.spec.rules.iter().flat_map(|rule| &rule.http.paths) {
            let weight = weights.get(&path.path).copied().unwrap_or(if weights.is_empty() { 1.0 } else { 0.0 });
            used.push(&path.path);
            entries.push(entry(scene, &path.path, weight, &path.backend.service.name));
        }
    }
    for (name, weight) in weights.iter().filter(|(name, _)| !used.contains(&name.as_str())) {
        if name.starts_with('/') {
            let issue = Issue::error("traffic.routes", format!("no Ingress has the path `{name}`"));
            issues.push(issue.suggest(name, used.iter().copied()));
        } else {
            entries.push(entry(scene, name, *weight, name));
        }
    }
    if weights.is_empty() && entries.len() > 1 {
        issues.push(Issue::warning("traffic.routes", "no weights are given: all routes get the same share"));
    }
    for (name, weight) in weights {
        if !weight.is_finite() || *weight < 0.0 {
            issues.push(Issue::error(format!("traffic.routes.{name}"), format!("found {weight}, expected at least 0")));
        }
    }
    entries.retain(|entry| entry.weight > 0.0);
    entries
}

fn entry(scene: &Scene<'_>, route: &str, weight: f64, service: &str) -> Entry {
    match &scene.file.traffic.gateway {
        None => Entry { route: route.to_owned(), weight, service: service.to_owned(), then: Vec::new() },
        Some(gateway) => {
            let call = DownstreamCall { service: service.to_owned(), per_request: 1.0 };
            Entry { route: route.to_owned(), weight, service: gateway.clone(), then: vec![vec![call]] }
        }
    }
}

/// All services that take part, by name, in order.
fn names(scene: &Scene<'_>, entries: &[Entry]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    entries.iter().for_each(|entry| {
        add(&entry.service);
        entry.then.iter().flatten().for_each(|call| add(&call.service));
    });
    scene.file.services.keys().for_each(|name| add(name));
    let calls = scene.file.services.values().flat_map(|service| &service.calls);
    calls.flat_map(BTreeMap::keys).for_each(|name| add(name));
    names
}

/// The workload of that name, or the one that the Service of that name selects.
fn find_workload(scene: &Scene<'_>, name: &str, converter: &mut Converter<'_>, cast: &Cast) -> Option<WorkloadId> {
    let symbol = converter.symbol(name);
    let serves = |row: &crate::world::Workload| {
        let kinds = matches!(row.kind, WorkloadKind::Deployment(_) | WorkloadKind::StatefulSet { .. });
        kinds || row.replicas > 0
    };
    if let Some((id, _)) = cast.workloads.iter().find(|(_, row)| row.name == symbol && serves(row)) {
        return Some(id);
    }
    let (_, service) = scene.objects.services.iter().find(|(_, service)| service.metadata.name == name)?;
    let namespace = converter.symbol(service.metadata.namespace_or_default());
    let selector = converter.labels(&service.spec.selector);
    let cluster = converter.cluster();
    let selected = |row: &crate::world::Workload| {
        let labels = &cluster.spec(row.template).labels;
        row.namespace == namespace && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
    };
    let found = cast.workloads.iter().find(|(_, row)| !selector.is_empty() && selected(row));
    found.map(|(id, _)| id)
}

fn unknown_service(scene: &Scene<'_>, name: &str, issues: &mut Issues) {
    let deployments = scene.objects.deployments.iter().map(|(_, object)| object.metadata.name.as_str());
    let known = deployments.chain(scene.file.services.keys().map(String::as_str));
    let issue = Issue::error("services", format!("`{name}` is neither a workload nor described under `services`"));
    issues.push(issue.suggest(name, known));
}

fn downstream(profile: Option<&file::Service>) -> Downstream {
    let step = |calls: &BTreeMap<String, f64>| {
        let call = |(service, per_request): (&String, &f64)| DownstreamCall {
            service: service.clone(),
            per_request: *per_request,
        };
        calls.iter().map(call).collect()
    };
    Downstream {
        steps: profile.map_or(Vec::new(), |p| p.calls.iter().map(step).collect()),
        holds_thread: profile.is_some_and(|p| p.blocking),
    }
}

fn service(
    name: &str,
    declared: Option<&file::Service>,
    workload: Option<WorkloadId>,
    cast: &Cast,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> Service {
    let nothing = file::Service::default();
    let row = declared.unwrap_or(&nothing);
    let spec = workload.map(|id| converter.cluster().spec(cast.workloads[id].template).clone());
    let scv = row.scv.unwrap_or(1.0);
    let (sampled, sampled_s) = samples(name, row, issues).unzip();
    let usual_s = sampled_s.unwrap_or(CPU_PER_REQUEST.as_secs_f64());
    let profile = ServiceProfile {
        cpu_s: row.cpu_per_request.map_or(usual_s, |time| time.0.as_secs_f64()),
        off_cpu_s: row.wait_per_request.map_or(0.0, |time| time.0.as_secs_f64()),
        shape: match scv {
            0.0 => WorkShape::Deterministic,
            1.0 => WorkShape::Exponential,
            scv => WorkShape::Lognormal { scv },
        },
        warm_up: row.cold_start.map(|cold| WarmUp { speed: cold.speed, seconds: cold.duration.0.as_secs_f64() }),
        concurrency: row.concurrency,
        cpu_limit_cores: spec.as_ref().and_then(|spec| spec.cpu_limit_milli()).map(|milli| milli as f64 / 1000.0),
        idle_cpu_milli: quantity(row.idle_cpu.as_deref(), name, "idleCpu", issues).map_or(0.0, |q| q.as_f64() * 1000.0),
        discipline: match row.load_balancing {
            None | Some(LoadBalancing::Random) => Discipline::Random,
            Some(LoadBalancing::RoundRobin) => Discipline::RoundRobin,
            Some(LoadBalancing::LeastOutstanding) => Discipline::LeastOutstanding,
            Some(LoadBalancing::PowerOfTwo) => Discipline::PowerOfTwo,
            Some(LoadBalancing::SharedQueue) => Discipline::SharedQueue,
        },
        queue_bound: row.queue,
        timeout: Some(Timeout {
            after_s: row.timeout.map_or(TIMEOUT, |time| time.0).as_secs_f64(),
            work: Abandoned::CancelQueued,
        }),
        retries: row.retries.map(|retries| Retries {
            most: retries.attempts,
            backoff_s: retries.backoff.map_or(DEFAULT_BACKOFF_S, |time| time.0.as_secs_f64()),
            budget_share: retries.budget.unwrap_or(DEFAULT_RETRY_BUDGET),
        }),
        ..ServiceProfile::default()
    };
    let profile = match sampled {
        Some(work) => ServiceProfile { shape: WorkShape::Empirical(work), ..profile },
        None => profile,
    };
    for problem in profile.problems() {
        let message = format!("found {}, expected {}", problem.found, problem.expected);
        issues.push(match in_scenario(problem.field) {
            Some(field) => Issue::error(format!("services.{name}.{field}"), message),
            None => Issue::error(format!("services.{name}"), format!("{}: {message}", problem.field)),
        });
    }
    let requested = spec.as_ref().map_or(0, |spec| spec.container_requests.memory_bytes);
    let base = quantity(row.memory.as_deref(), name, "memory", issues).map_or(requested / 2, Quantity::value);
    let per_request = quantity(row.memory_per_request.as_deref(), name, "memoryPerRequest", issues);
    Service {
        name: name.to_owned(),
        profile,
        workload,
        memory_base_bytes: base,
        memory_per_request_bytes: per_request.map_or(0, Quantity::value),
        objective: None,
    }
}

/// What a scenario calls a field of a profile; some come from manifests.
fn in_scenario(field: &str) -> Option<&'static str> {
    Some(match field {
        "cpu_s" => "cpuPerRequest",
        "off_cpu_s" => "waitPerRequest",
        "scv" => "scv",
        "concurrency" => "concurrency",
        "idle_cpu_milli" => "idleCpu",
        "timeout" => "timeout",
        "warm_up.speed" => "coldStart.speed",
        "warm_up.seconds" => "coldStart.duration",
        "queue" => "queue",
        "retries.most" => "retries.attempts",
        "retries.backoff_s" => "retries.backoff",
        "retries.budget_share" => "retries.budget",
        _ => return None,
    })
}

/// Work as measured, and its mean in seconds.
fn samples(name: &str, row: &file::Service, issues: &mut Issues) -> Option<(EmpiricalWork, f64)> {
    let samples: Vec<f64> = row.cpu_samples.as_ref()?.iter().map(|time| time.0.as_secs_f64()).collect();
    let field = format!("services.{name}.cpuSamples");
    if row.scv.is_some() {
        let message = "found beside scv, expected one of the two: samples have their own variability";
        issues.push(Issue::error(field.clone(), message));
    }
    let work = EmpiricalWork::from_samples(&samples);
    if work.is_none() {
        let message = format!("found {} samples, expected at least two times, none negative, not all 0", samples.len());
        issues.push(Issue::error(field, message).with_help("cpuSamples: [4ms, 5ms, 5ms, 31ms]"));
    }
    Some((work?, samples.iter().sum::<f64>() / samples.len() as f64))
}

fn quantity(text: Option<&str>, service: &str, field: &str, issues: &mut Issues) -> Option<Quantity> {
    let text = text?;
    match text.parse() {
        Ok(quantity) => Some(quantity),
        Err(_) => {
            let message = format!("found `{text}`, expected a quantity such as 50m or 128Mi");
            issues.push(Issue::error(format!("services.{service}.{field}"), message));
            None
        }
    }
}

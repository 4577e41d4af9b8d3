//! From a recorded span to parameters: each service's cpu, memory, queueing and start, each group's boot and speed.

use super::blocks::{Blocks, DRAWS, interval};
use super::latency::{self, Sample, Shape};
use super::parameter::{Parameter, ParameterUnit, Standing};
use super::recorded::Recorded;
use super::{cpu, delays, speeds};
use crate::id::Id;
use crate::past::Past;
use crate::scenario::Scenario;
use crate::scenario::issue::{Issue, Issues};
use crate::traffic::calls::{Call, CallGraph, ServiceId};
use crate::traffic::latency::{Hop, LatencyTables, STRATA_COUNT, ServiceProfile};
use crate::world::{Service, Traffic};
use std::collections::{BTreeMap, BTreeSet};

/// A parameter with the values that other blocks of time would have given it.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub(super) parameter: Parameter,
    pub(super) draws: Vec<f64>,
}

/// All parameters of a scenario, fitted to a past as far as it goes; what is doubtful is added to `issues`.
///
/// Cost: some hundred candidate profiles per service, some milliseconds each.
pub(super) fn fit(scenario: &Scenario, past: &Past, seed: u64, issues: &mut Issues) -> Vec<Drawn> {
    let Some(traffic) = &scenario.cast.traffic else { return Vec::new() };
    let mut fit = Fit {
        scenario,
        traffic,
        past,
        seed,
        profiles: BTreeMap::new(),
        shaped: BTreeSet::new(),
        all: Vec::new(),
        issues,
    };
    let mut services: Vec<(ServiceId, &Service)> = traffic.services.iter().collect();
    // Who calls nobody first: latencies hold those of whoever is called.
    services.sort_by_key(|(id, _)| (visit(&traffic.graph, *id).map_or(0, |call| depth(&call)), *id));
    for (id, service) in services {
        if service.workload.is_some() {
            fit.service(id, service);
        }
    }
    fit.boots();
    fit.speeds();
    fit.all
}

/// A visit of a service that takes place, with all that it calls.
pub(super) fn visit(graph: &CallGraph, service: ServiceId) -> Option<Call> {
    fn below(call: &Call, service: ServiceId) -> Option<&Call> {
        if call.service == service {
            return Some(call);
        }
        call.then.iter().flatten().find_map(|callee| below(callee, service))
    }
    let found = graph.routes().values().find_map(|route| below(&route.call, service));
    found.map(|call| Call { probability: 1.0, work: 1.0, ..call.clone() })
}

fn depth(call: &Call) -> usize {
    1 + call.then.iter().flatten().map(depth).max().unwrap_or(0)
}

struct Fit<'a> {
    scenario: &'a Scenario,
    traffic: &'a Traffic,
    past: &'a Past,
    seed: u64,
    /// At the speed of the machines that were recorded.
    profiles: BTreeMap<ServiceId, ServiceProfile>,
    /// Those whose latency is explained.
    shaped: BTreeSet<ServiceId>,
    all: Vec<Drawn>,
    issues: &'a mut Issues,
}

/// What would tell a parameter, and why it is not told.
struct Missing {
    why: &'static str,
    record: &'static str,
}

const NO_REQUESTS: Missing = Missing {
    why: "requests, cpu or pods of it were not recorded",
    record: "http_server_requests_seconds_count or istio_requests_total, container_cpu_usage_seconds_total, kube_deployment_status_replicas_ready",
};
const NO_MEMORY: Missing = Missing { why: "its memory was not recorded", record: "container_memory_working_set_bytes" };
const NO_LATENCY: Missing = Missing {
    why: "its latency, or that of a service that it calls, was not recorded at enough steady instants below 85 % load",
    record: "http_server_requests_seconds_bucket or istio_request_duration_milliseconds_bucket",
};
const NO_STARTS: Missing = Missing {
    why: "fewer than 3 starts of its pods were recorded",
    record: "kube_pod_created, kube_pod_status_scheduled_time, kube_pod_status_ready_time",
};
const NO_NODES: Missing = Missing {
    why: "fewer than 3 launches of its nodes were recorded together with the pods that they were for",
    record: "kube_node_created, kube_pod_created, kube_pod_info",
};

impl Fit<'_> {
    fn push(&mut self, (path, unit): (&[&str], ParameterUnit), value: f64, mut draws: Vec<f64>, scale: Option<f64>) {
        let range = interval(value, &mut draws.clone(), self.past.steps.min(DRAWS)).map(|bound| bound.max(0.0));
        draws.truncate(DRAWS);
        self.known((path, unit), (value, range), draws, scale);
    }
    fn known(
        &mut self,
        (path, unit): (&[&str], ParameterUnit),
        (value, range): (f64, [f64; 2]),
        draws: Vec<f64>,
        scale: Option<f64>,
    ) {
        let standing = Standing::of(range, scale);
        let why = match standing {
            Standing::Undetermined => "other values explain what was recorded as well".to_owned(),
            _ => String::new(),
        };
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        let parameter = Parameter { path, unit, value: Some(value), interval: range, standing, why, record: None };
        self.all.push(Drawn { parameter, draws });
    }
    fn missing(&mut self, (path, unit): (&[&str], ParameterUnit), missing: &Missing) {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        let parameter = Parameter {
            path,
            unit,
            value: None,
            interval: [f64::NEG_INFINITY, f64::INFINITY],
            standing: Standing::NotRecorded,
            why: missing.why.to_owned(),
            record: Some(missing.record.to_owned()),
        };
        self.all.push(Drawn { parameter, draws: Vec::new() });
    }

    fn service(&mut self, id: ServiceId, service: &Service) {
        let name = service.name.as_str();
        let Some(past) = self.past.services.get(name) else {
            let message = format!("nothing was recorded of `{name}`: it stays as the scenario has it");
            self.issues.push(Issue::warning(format!("services.{name}"), message));
            return;
        };
        let recorded = Recorded::new(self.past, past);
        self.cpu(id, service, &recorded);
        self.memory(id, name, &recorded);
        self.shape(id, service, &recorded);
        self.warm_up(service);
    }

    fn cpu(&mut self, id: ServiceId, service: &Service, recorded: &Recorded<'_>) {
        let name = service.name.as_str();
        let (cost, idle) = (["services", name, "cpuPerRequest"], ["services", name, "idleCpu"]);
        let (cost, idle) = ((&cost[..], ParameterUnit::Seconds), (&idle[..], ParameterUnit::MilliCores));
        let fitted = match cpu::cpu(recorded, self.seed, name) {
            Ok(fitted) => fitted,
            Err(why) => {
                let missing = match why {
                    cpu::NoLine::NotRecorded => NO_REQUESTS,
                    cpu::NoLine::TooFew(_) => {
                        Missing { why: "fewer than 30 steady instants have requests, cpu and pods", ..NO_REQUESTS }
                    }
                    cpu::NoLine::Flat => Missing { why: "it used no cpu", ..NO_REQUESTS },
                };
                self.missing(cost, &missing);
                self.missing(idle, &missing);
                return;
            }
        };
        if let Some(step) = fitted.changed_at {
            let at = self.past.start_s + step as i64 * i64::from(self.past.step_s);
            let when = jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |when| when.to_string());
            let message =
                format!("what a request of `{name}` costs changed about {when}: only what came after it is fitted");
            self.issues.push(Issue::warning(format!("services.{name}.cpuPerRequest"), message));
        }
        let line = fitted.line;
        let speed = self.speed_of(recorded);
        let per_pod = recorded.service.cpu_cores.mean().unwrap_or(0.0)
            / recorded.service.ready.mean().or(recorded.service.replicas.mean()).unwrap_or(1.0).max(1e-9);
        let costs = line.draws.iter().map(|draw| draw.1 * speed).collect();
        self.known(cost, (line.per_load * speed, line.per_load_interval.map(|bound| bound * speed)), costs, None);
        let idles = line.draws.iter().map(|draw| draw.0 * 1e3).collect();
        let milli = line.per_pod_interval.map(|bound| bound * 1e3);
        self.known(idle, (line.per_pod * 1e3, milli), idles, Some(per_pod * 1e3));
        let profile =
            ServiceProfile { cpu_s: line.per_load, idle_cpu_milli: line.per_pod * 1e3, ..service.profile.clone() };
        self.profiles.insert(id, profile);
    }

    /// The mean speed of the machines that its pods ran on, as far as it was recorded; else of all nodes.
    fn speed_of(&self, recorded: &Recorded<'_>) -> f64 {
        let speed = |name: &str| {
            let group = self.scenario.cast.groups.values().find(|group| group.name == name)?;
            Some(group.machines.iter().map(|machine| machine.speed).sum::<f64>() / group.machines.len().max(1) as f64)
        };
        let of = |(name, weight): (&String, f64)| Some((speed(name)?, weight)).filter(|(_, weight)| *weight > 0.0);
        let pods = recorded.service.groups.iter().map(|(name, group)| (name, group.ready.mean().unwrap_or(0.0)));
        let mut speeds: Vec<(f64, f64)> = pods.filter_map(of).collect();
        if speeds.is_empty() {
            speeds = self
                .past
                .nodes
                .iter()
                .map(|(name, nodes)| (name, nodes.mean().unwrap_or(0.0)))
                .filter_map(of)
                .collect();
        }
        let weight: f64 = speeds.iter().map(|(_, weight)| weight).sum();
        if weight > 0.0 { speeds.iter().map(|(speed, weight)| speed * weight).sum::<f64>() / weight } else { 1.0 }
    }

    fn memory(&mut self, id: ServiceId, name: &str, recorded: &Recorded<'_>) {
        let (base, each) = (["services", name, "memory"], ["services", name, "memoryPerRequest"]);
        let (base, each) = ((&base[..], ParameterUnit::Bytes), (&each[..], ParameterUnit::Bytes));
        // Latency holds that of whoever is called, the simulation's requests in hand only the service's own.
        let calls_nobody = visit(&self.traffic.graph, id).is_none_or(|call| call.then.is_empty());
        let line = if calls_nobody { cpu::memory(recorded, self.seed, name) } else { Err(cpu::NoLine::Flat) };
        match line {
            Ok(cpu::Fitted { line, .. }) => {
                let draws = |of: fn(&(f64, f64)) -> f64| line.draws.iter().map(of).collect::<Vec<_>>();
                self.known(base, (line.per_pod, line.per_pod_interval), draws(|draw| draw.0), None);
                self.known(each, (line.per_load, line.per_load_interval), draws(|draw| draw.1), None);
            }
            Err(_) => match cpu::memory_of_a_pod(recorded) {
                Some((bytes, range)) => {
                    self.known(base, (bytes, range), vec![bytes; DRAWS], None);
                    let why = if calls_nobody {
                        "memory does not rise with requests in hand, or their latency was not recorded"
                    } else {
                        "it calls others: how many requests it has in hand by itself was not recorded"
                    };
                    self.missing(each, &Missing { why, ..NO_LATENCY });
                }
                None => {
                    self.missing(base, &NO_MEMORY);
                    self.missing(each, &NO_MEMORY);
                }
            },
        }
    }

    fn shape(&mut self, id: ServiceId, service: &Service, recorded: &Recorded<'_>) {
        let name = service.name.as_str();
        let names = ["waitPerRequest", "scv", "concurrency"].map(|field| ["services", name, field]);
        let units = [ParameterUnit::Seconds, ParameterUnit::Ratio, ParameterUnit::Requests];
        let call = visit(&self.traffic.graph, id);
        let samples = match (&call, self.profiles.get(&id)) {
            (Some(call), Some(_)) => latency::chosen(self.samples(id, call, recorded)),
            _ => Vec::new(),
        };
        let (Some(call), Some(based)) = (call, self.profiles.get(&id).cloned()) else {
            names.iter().zip(units).for_each(|(path, unit)| self.missing((path, unit), &NO_LATENCY));
            return;
        };
        if samples.len() < latency::FEWEST_SAMPLES {
            names.iter().zip(units).for_each(|(path, unit)| self.missing((path, unit), &NO_LATENCY));
            return;
        }
        let mut blocks = Blocks::new(recorded.blocks(), self.seed, "calibrate/latency", name);
        let fitted = latency::fit(&samples, &based, &call, &mut blocks);
        if fitted.error > 0.25 {
            let message = format!(
                "no profile explains the latency of `{name}`: the best is {:.0} % off on average",
                fitted.error * 100.0
            );
            let help = "record the latency of what it calls as well, or name it under `calls`";
            self.issues.push(Issue::warning(format!("services.{name}"), message).with_help(help));
        }
        let mean_s = recorded.service.latency_s.iter().find_map(|series| series.mean());
        let of = |value: &dyn Fn(&Shape) -> f64| fitted.draws.iter().map(value).collect::<Vec<_>>();
        let threads = |shape: &Shape| shape.concurrency.map_or(f64::INFINITY, f64::from);
        let best = fitted.best;
        self.push((&names[0], units[0]), best.off_cpu_s, of(&|shape| shape.off_cpu_s), mean_s);
        self.push((&names[1], units[1]), best.scv, of(&|shape| shape.scv), None);
        self.threads(&names[2], threads(&best), of(&threads));
        self.profiles.insert(id, best.on(&based));
        self.shaped.insert(id);
    }

    /// Concurrency goes up to no limit at all.
    fn threads(&mut self, path: &[&str], best: f64, draws: Vec<f64>) {
        let mut sorted = draws.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
        let range = if sorted.is_empty() { [1.0, f64::INFINITY] } else { [at(0.025), at(0.975)] };
        let key = (path, ParameterUnit::Requests);
        self.known(key, (best, range), draws, None);
        if best.is_infinite() && range[0].is_infinite() {
            let last = self.all.last_mut().map(|drawn| &mut drawn.parameter);
            last.into_iter()
                .for_each(|parameter| (parameter.standing, parameter.why) = (Standing::Determined, String::new()));
        }
    }

    /// The instants whose latencies can be compared: steady, with what is called known as well.
    fn samples(&self, id: ServiceId, call: &Call, recorded: &Recorded<'_>) -> Vec<Sample> {
        let tables: BTreeMap<ServiceId, LatencyTables> = BTreeMap::new();
        let mut called = Vec::new();
        collect(call, &mut called);
        called.retain(|service| *service != id);
        let mut hops = Hops { fit: self, tables };
        let sample = |step: usize, hops: &mut Hops<'_>| {
            let wanted = [0, 1, 2, 3].map(|figure| recorded.service.latency_s[figure].at(step));
            wanted.iter().any(Option::is_some).then_some(())?;
            let (pods, rate) = (recorded.pods(step)?, recorded.rate(step).filter(|rate| *rate > 0.0)?);
            let is_whole = pods.fract() == 0.0 && recorded.is_steady(step);
            let based = self.profiles.get(&id)?;
            let is_calm = rate < 0.85 * pods * based.cpu_limit_cores.map_or(f64::INFINITY, |cores| cores / based.cpu_s);
            (is_whole && is_calm).then_some(())?;
            let below = hops.below(&called, (id, rate), step)?;
            Some(Sample { block: recorded.block(step), pods, rate, wanted, hops: below })
        };
        // Hops cost a table each: enough instants are looked at, evenly.
        let every = recorded.steps.div_ceil(2000).max(1);
        (0..recorded.steps).step_by(every).filter_map(|step| sample(step, &mut hops)).collect()
    }

    fn warm_up(&mut self, service: &Service) {
        let path = ["services", service.name.as_str(), "warmUp"];
        let key = (&path[..], ParameterUnit::Seconds);
        let starts: Vec<_> =
            self.past.pod_starts.iter().filter(|start| start.workload == service.name).cloned().collect();
        let lifecycle = service.workload.map(|id| &self.scenario.cast.workloads[id].lifecycle);
        let found = lifecycle.and_then(|lifecycle| delays::warm_up(&starts, lifecycle, (self.seed, &service.name)));
        match found {
            // Seconds of a minute: what happens to pods in a scaling period.
            Some(found) => self.delay(key, found, Some(60.0)),
            None => self.missing(key, &NO_STARTS),
        }
    }

    fn delay(&mut self, key: (&[&str], ParameterUnit), found: delays::Fitted, scale: Option<f64>) {
        self.known(key, (found.seconds, found.interval), found.draws, scale);
        let last = self.all.last_mut().map(|drawn| &mut drawn.parameter);
        last.into_iter().for_each(|parameter| parameter.why = format!("from {} starts", found.starts));
    }

    fn boots(&mut self) {
        let groups: Vec<String> = self.past.nodes.keys().filter(|name| !name.is_empty()).cloned().collect();
        for name in groups {
            let is_known = self.scenario.cast.groups.values().any(|group| group.name == name && group.max > group.min);
            if !is_known {
                continue;
            }
            let path = ["nodeGroups", name.as_str(), "bootTime"];
            let key = (&path[..], ParameterUnit::Seconds);
            match delays::boot(&self.past.node_starts, &self.past.pod_starts, (self.seed, &name)) {
                Some(found) => self.delay(key, found, None),
                None => self.missing(key, &NO_NODES),
            }
        }
    }

    /// Speeds against the group that most pods ran on, which keeps its own.
    fn speeds(&mut self) {
        let mut best: BTreeMap<String, (f64, [f64; 2], Vec<f64>)> = BTreeMap::new();
        for (name, past) in &self.past.services {
            let recorded = Recorded::new(self.past, past);
            let lines = speeds::lines(&recorded, (self.seed, name));
            let pods = |group: &String| past.groups[group].ready.mean().unwrap_or(0.0);
            let Some(standard) = lines.keys().max_by(|a, b| pods(a).total_cmp(&pods(b))) else { continue };
            let own = self.catalogued(standard);
            for (group, line) in lines.iter().filter(|(group, _)| *group != standard) {
                let (value, range, draws) = speeds::ratio(line, &lines[standard]);
                let found = (value * own, range.map(|b| b * own), draws.iter().map(|d| d * own).collect::<Vec<_>>());
                let width = |range: [f64; 2]| range[1] - range[0];
                if best.get(group).is_none_or(|known| width(found.1) < width(known.1)) {
                    best.insert(group.clone(), found);
                }
            }
        }
        for (group, (value, range, draws)) in best {
            let path = ["nodeGroups", group.as_str(), "cpuSpeed"];
            self.known((&path, ParameterUnit::Ratio), (value, range), draws, None);
        }
    }

    fn catalogued(&self, name: &str) -> f64 {
        let group = self.scenario.cast.groups.values().find(|group| group.name == name);
        group.and_then(|group| group.machines.first()).map_or(1.0, |machine| machine.speed)
    }
}

fn collect(call: &Call, services: &mut Vec<ServiceId>) {
    if !services.contains(&call.service) {
        services.push(call.service);
    }
    call.then.iter().flatten().for_each(|callee| collect(callee, services));
}

/// How those do that a service calls, instant by instant.
struct Hops<'a> {
    fit: &'a Fit<'a>,
    tables: BTreeMap<ServiceId, LatencyTables>,
}

impl Hops<'_> {
    /// By service of the graph; none if one that is called cannot be told.
    fn below(&mut self, called: &[ServiceId], (caller, rate): (ServiceId, f64), step: usize) -> Option<Vec<Hop>> {
        let idle = Hop { strata_s: [0.0; STRATA_COUNT], error_rate: 0.0 };
        let mut hops = vec![idle; self.fit.traffic.services.len()];
        for id in called {
            hops[id.index()] = self.one(*id, (caller, rate), step)?;
        }
        Some(hops)
    }

    fn one(&mut self, id: ServiceId, (caller, rate): (ServiceId, f64), step: usize) -> Option<Hop> {
        let Fit { traffic, past, profiles, .. } = self.fit;
        let service = &traffic.services[id];
        let recorded = past.services.get(&service.name).map(|one| Recorded::new(past, one));
        let visits = |id: ServiceId| traffic.graph.visits(id);
        let derived = rate * visits(id) / visits(caller).max(1e-12);
        let rate = recorded.and_then(|recorded| recorded.rate(step)).unwrap_or(derived);
        let pods = match service.workload {
            None => 1.0,
            Some(_) if !self.fit.shaped.contains(&id) => return None,
            Some(_) => recorded?.pods(step)?.round().max(1.0),
        };
        let profile = profiles.get(&id).unwrap_or(&service.profile);
        latency::hop(profile, self.tables.entry(id).or_default(), rate, pods)
    }
}

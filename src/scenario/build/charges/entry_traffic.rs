//! What a request that enters the cluster moves: through which balancer, between which services, to whom.

use super::balancers::{Balancer, Serves};
use crate::cost::rules::BalancerUse;
use crate::id::IdVec;
use crate::intern::Symbol;
use crate::scenario::build::scene::Scene;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::traffic::calls::{Call, ServiceId};
use crate::units::Quantity;
use crate::world::{Cast, Traffic, WorkloadId, ZoneCall};

/// Bytes of a request and of an answer where nothing is said.
const REQUEST_BYTES: f64 = 1_000.0;
const RESPONSE_BYTES: f64 = 10_000.0;
/// Requests that a client sends over a connection where nothing is said.
const REQUESTS_PER_CONNECTION: f64 = 5.0;
/// A connection is open for as long as balancers keep idle ones by default.
const CONNECTION_SECONDS: f64 = 60.0;

/// What the requests of a cluster move, all of it for one request that enters, on average over the routes.
#[derive(Default)]
pub(super) struct EntryTraffic {
    /// By balancer.
    pub(super) carried: Vec<Carried>,
    /// Bytes that leave to the internet.
    pub(super) internet_bytes: f64,
    /// Whose answers those are.
    pub(super) entry_workloads: Vec<WorkloadId>,
    /// Bytes to and from services on the internet.
    pub(super) outside_bytes: f64,
    /// Calls from service to service, by caller.
    pub(super) calls: Vec<CallsOf>,
    /// Zones that the cluster is in.
    pub(super) zones: usize,
}

/// What goes through a balancer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Carried {
    pub(super) requests: f64,
    pub(super) request_bytes: f64,
    pub(super) response_bytes: f64,
    /// New connections.
    pub(super) connections: f64,
}

impl Carried {
    pub(super) fn bytes(&self) -> f64 {
        self.request_bytes + self.response_bytes
    }
    /// What a capacity unit is counted of, where each request is compared with so many rules.
    pub(super) fn of_request(&self, rules: f64) -> BalancerUse {
        BalancerUse {
            new_connections: self.connections,
            connection_seconds: self.connections * CONNECTION_SECONDS,
            bytes: self.bytes(),
            rule_evaluations: self.requests * rules,
        }
    }
}

/// Calls of a service to others; amounts are bytes.
pub(super) struct CallsOf {
    pub(super) caller: ServiceId,
    pub(super) caller_name: String,
    pub(super) caller_workload: Option<WorkloadId>,
    pub(super) to: Vec<ZoneCall>,
}

/// A service's sizes.
#[derive(Clone, Copy, Default)]
struct Sizes {
    request: f64,
    response: f64,
}

/// What the cast's traffic moves.
pub(super) fn of(
    scene: &Scene<'_>,
    converter: &mut Converter<'_>,
    cast: &Cast,
    balancers: &[Balancer],
    issues: &mut Issues,
) -> EntryTraffic {
    let mut zones: Vec<Symbol> = cast.groups.values().flat_map(|group| &group.zones).copied().collect();
    zones.sort_unstable();
    zones.dedup();
    let zones = zones.len().max(1);
    let carried = vec![Carried::default(); balancers.len()];
    let mut moved = EntryTraffic { carried, zones, ..EntryTraffic::default() };
    let Some(traffic) = &cast.traffic else { return moved };
    let sizes = sizes(scene, traffic, issues);
    let per_connection = requests_per_connection(scene, balancers, issues);
    let served = served_workloads(scene, converter, cast, balancers);
    let mut unknown_entries = Vec::new();
    for route in traffic.graph.routes().values() {
        let entry = route.call.service;
        let Sizes { request, response } = sizes[entry];
        let through = way_in(scene, balancers, &served, (&route.name, traffic.services[entry].workload));
        if through.is_empty() {
            unknown_entries.push(route.name.as_str());
        }
        for at in &through {
            let carried = &mut moved.carried[*at];
            carried.requests += route.share;
            carried.request_bytes += route.share * request;
            carried.response_bytes += route.share * response;
            carried.connections += route.share / per_connection;
        }
        if through.is_empty() || through.iter().any(|at| balancers[*at].is_public) {
            moved.internet_bytes += route.share * response;
            moved.entry_workloads.extend(traffic.services[entry].workload);
        }
        add_calls(&mut moved, traffic, &sizes, &route.call, route.share);
    }
    moved.entry_workloads.sort_unstable();
    moved.entry_workloads.dedup();
    add_outside(scene, traffic, &sizes, &mut moved);
    if !unknown_entries.is_empty() && !balancers.is_empty() {
        let message = format!(
            "no load balancer is known through which requests come in of {}: they count for none, and their answers leave to the internet",
            unknown_entries.join(", ")
        );
        issues.push(Issue::warning("traffic.routes", message));
    }
    moved
}

/// Bytes by service; those that are assumed are said.
fn sizes(scene: &Scene<'_>, traffic: &Traffic, issues: &mut Issues) -> IdVec<ServiceId, Sizes> {
    let mut assumed = Vec::new();
    let mut all = IdVec::new();
    for service in traffic.services.values() {
        let said = scene.file.services.get(&service.name);
        let mut size = |given: Option<Quantity>, field: &str, otherwise: f64| match given.map(Quantity::as_f64) {
            Some(bytes) if (0.0..=1e12).contains(&bytes) => bytes,
            Some(bytes) => {
                let field = format!("services.{}.{field}", service.name);
                issues.push(Issue::error(field, format!("found {bytes}, expected 0 to 1e12 bytes")));
                otherwise
            }
            None => otherwise,
        };
        let request = size(said.and_then(|said| said.request_bytes), "requestBytes", REQUEST_BYTES);
        let response = size(said.and_then(|said| said.response_bytes), "responseBytes", RESPONSE_BYTES);
        if said.is_none_or(|said| said.request_bytes.is_none() || said.response_bytes.is_none()) {
            assumed.push(service.name.as_str());
        }
        all.push(Sizes { request, response });
    }
    if !assumed.is_empty() {
        let message = format!(
            "bytes of requests and answers are not given: {REQUEST_BYTES} and {RESPONSE_BYTES} are assumed for {}",
            assumed.join(", ")
        );
        let help = "give services.NAME.requestBytes and responseBytes: they decide what traffic costs";
        issues.push(Issue::warning("services", message).with_help(help));
    }
    all
}

fn requests_per_connection(scene: &Scene<'_>, balancers: &[Balancer], issues: &mut Issues) -> f64 {
    use super::balancers::BalancerKind::{Application, Network};
    match scene.file.traffic.requests_per_connection {
        Some(found) if found.is_finite() && found > 0.0 => found,
        Some(found) => {
            let message = format!("found {found}, expected a number above 0");
            issues.push(Issue::error("traffic.requestsPerConnection", message));
            REQUESTS_PER_CONNECTION
        }
        None => {
            if balancers.iter().any(|one| matches!(one.kind, Application | Network)) {
                let message = format!(
                    "{REQUESTS_PER_CONNECTION} requests are assumed for each connection to a load balancer, open for {CONNECTION_SECONDS} s"
                );
                issues.push(Issue::warning("traffic.requestsPerConnection", message));
            }
            REQUESTS_PER_CONNECTION
        }
    }
}

/// By balancer: the workloads that its Service selects.
fn served_workloads(
    scene: &Scene<'_>,
    converter: &mut Converter<'_>,
    cast: &Cast,
    balancers: &[Balancer],
) -> Vec<Vec<WorkloadId>> {
    let of_service = |at: usize, converter: &mut Converter<'_>| -> Vec<WorkloadId> {
        let (_, service) = &scene.objects.services[at];
        let namespace = converter.symbol(service.metadata.namespace_or_default());
        let selector = converter.labels(&service.spec.selector);
        let cluster = converter.cluster();
        let is_selected = |row: &crate::world::Workload| {
            let labels = &cluster.spec(row.template).labels;
            row.namespace == namespace && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        };
        if selector.is_empty() {
            return Vec::new();
        }
        cast.workloads.iter().filter(|(_, row)| is_selected(row)).map(|(id, _)| id).collect()
    };
    let of = |balancer: &Balancer, converter: &mut Converter<'_>| match balancer.serves {
        Serves::Service(at) => of_service(at, converter),
        Serves::Ingresses(_) => Vec::new(),
    };
    balancers.iter().map(|balancer| of(balancer, converter)).collect()
}

/// The balancers through which a route's requests come: those of its path, else those before the pods that take them, else
/// the only one before any pods, which are taken for an ingress controller's.
fn way_in(
    scene: &Scene<'_>,
    balancers: &[Balancer],
    served: &[Vec<WorkloadId>],
    (route, entry): (&str, Option<WorkloadId>),
) -> Vec<usize> {
    let has_path = |balancer: &Balancer| match &balancer.serves {
        Serves::Ingresses(all) => all.iter().any(|at| {
            let rules = &scene.objects.ingresses[*at].1.spec.rules;
            rules.iter().flat_map(|rule| &rule.http.paths).any(|path| path.path == route)
        }),
        Serves::Service(_) => false,
    };
    let places = |test: &dyn Fn(usize) -> bool| (0..balancers.len()).filter(|at| test(*at)).collect::<Vec<_>>();
    // A request comes through one of them.
    let first = |mut found: Vec<usize>| {
        found.truncate(1);
        found
    };
    let by_path = places(&|at| has_path(&balancers[at]));
    if !by_path.is_empty() {
        return first(by_path);
    }
    let by_pods = places(&|at| entry.is_some_and(|entry| served[at].contains(&entry)));
    if !by_pods.is_empty() {
        let public = by_pods.iter().copied().filter(|at| balancers[*at].is_public).collect::<Vec<_>>();
        return first(if public.is_empty() { by_pods } else { public });
    }
    let of_services = places(&|at| matches!(balancers[at].serves, Serves::Service(_)));
    if of_services.len() == 1 { of_services } else { Vec::new() }
}

/// The calls of a tree, each with how often a request of the cluster makes it.
fn add_calls(moved: &mut EntryTraffic, traffic: &Traffic, sizes: &IdVec<ServiceId, Sizes>, call: &Call, reached: f64) {
    let reached = reached * call.probability;
    for next in call.then.iter().flatten() {
        let Sizes { request, response } = sizes[next.service];
        let inside = |id: ServiceId| traffic.services[id].workload.is_some();
        if inside(call.service) && inside(next.service) {
            let bytes = reached * next.probability * (request + response);
            moved.calls_of(traffic, call.service).add(next.service, bytes);
        }
        add_calls(moved, traffic, sizes, next, reached);
    }
}

impl EntryTraffic {
    fn calls_of(&mut self, traffic: &Traffic, caller: ServiceId) -> &mut CallsOf {
        let at = self.calls.iter().position(|known| known.caller == caller).unwrap_or_else(|| {
            let service = &traffic.services[caller];
            let (caller_name, caller_workload) = (service.name.clone(), service.workload);
            self.calls.push(CallsOf { caller, caller_name, caller_workload, to: Vec::new() });
            self.calls.len() - 1
        });
        &mut self.calls[at]
    }
}

impl CallsOf {
    fn add(&mut self, callee: ServiceId, bytes: f64) {
        match self.to.iter_mut().find(|known| known.callee == callee) {
            Some(known) => known.of_request += bytes,
            None => self.to.push(ZoneCall { caller: self.caller, callee, of_request: bytes }),
        }
    }
}

/// Calls to services on the internet: what is sent leaves to it, and both ways go through NAT.
fn add_outside(scene: &Scene<'_>, traffic: &Traffic, sizes: &IdVec<ServiceId, Sizes>, moved: &mut EntryTraffic) {
    for (id, service) in traffic.services.iter() {
        let on_internet = scene.file.services.get(&service.name).is_some_and(|said| said.on_internet);
        if on_internet && service.workload.is_none() {
            let visits = traffic.graph.visits(id);
            moved.internet_bytes += visits * sizes[id].request;
            moved.outside_bytes += visits * (sizes[id].request + sizes[id].response);
        }
    }
}

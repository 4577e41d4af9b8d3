//! Who calls whom: entry routes with their shares, calls from service to service.
//!
//! A request enters by a route and becomes a tree of [`Call`]s; the trees are made once, from each
//! service's own declaration of what it calls, and say how often every service is visited.

use crate::id::{Id, IdVec};
use crate::id_type;
use std::collections::BTreeMap;

id_type!(
    /// A service among those of a [`CallGraph`].
    ServiceId,
    "service"
);
id_type!(
    /// An entry route among those of a [`CallGraph`].
    RouteId,
    "route"
);

/// More calls than this by one request is a mistake in the input, not a system.
pub const MAX_CALLS_PER_REQUEST: usize = 10_000;

/// One visit of a service, and what it calls before it answers.
///
/// The service does all its own work first, then the steps one after the other; the calls of one
/// step start together and the step ends with the last answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The service visited.
    pub service: ServiceId,
    /// The work of this visit in multiples of the mean over all visits of the service; above 0.
    /// [`CallGraph`] sees to that mean.
    pub work: f64,
    /// How likely the visit takes place, 0..=1.
    pub probability: f64,
    /// Whether the caller's thread waits for the answers of `then` (a blocking client).
    pub holds_thread: bool,
    /// Steps in sequence, each of calls in parallel.
    pub then: Vec<Vec<Call>>,
}

impl Call {
    /// A certain visit of average work that calls nobody.
    pub fn to(service: ServiceId) -> Call {
        Call { service, work: 1.0, probability: 1.0, holds_thread: false, then: Vec::new() }
    }

    /// Adds a step of calls in parallel.
    pub fn then(mut self, step: Vec<Call>) -> Call {
        self.then.push(step);
        self
    }

    /// Visits and work (in multiples of the mean) by service, per request.
    fn add_visits(&self, reached: f64, visits: &mut IdVec<ServiceId, f64>, work: &mut IdVec<ServiceId, f64>) {
        let reached = reached * self.probability;
        visits[self.service] += reached;
        work[self.service] += reached * self.work;
        for call in self.then.iter().flatten() {
            call.add_visits(reached, visits, work);
        }
    }

    fn divide_work(&mut self, by: &IdVec<ServiceId, f64>) {
        self.work /= by[self.service];
        self.then.iter_mut().flatten().for_each(|call| call.divide_work(by));
    }

    /// How many visits the tree has, this one included.
    pub fn size(&self) -> usize {
        1 + self.then.iter().flatten().map(Call::size).sum::<usize>()
    }
}

/// An entry route and the tree of calls its requests make.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The name, usually the Ingress path.
    pub name: String,
    /// The share of the entry traffic, 0..=1; the shares of a graph add up to 1.
    pub share: f64,
    /// What its requests do.
    pub call: Call,
}

/// What one service calls, as its owner declares it, by name.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Downstream {
    /// Steps in sequence, each of calls in parallel.
    pub steps: Vec<Vec<DownstreamCall>>,
    /// Whether a request keeps its thread while it waits for the answers.
    pub holds_thread: bool,
}

/// A declared call.
#[derive(Clone, Debug, PartialEq)]
pub struct DownstreamCall {
    /// The service called, by name.
    pub service: String,
    /// Calls per request on average, one after the other: 2.5 is two calls and half the time a
    /// third; 0.1 is a call by every tenth request.
    pub per_request: f64,
}

/// A declared entry route.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The route's name, usually the Ingress path.
    pub route: String,
    /// The weight of the route; shares are weights over their sum.
    pub weight: f64,
    /// The service that takes the request, by name.
    pub service: String,
    /// What the entry service calls for this route, after its own declared calls.
    pub then: Vec<Vec<DownstreamCall>>,
}

/// Why declarations make no call graph.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallGraphError {
    /// Services call each other in a circle.
    #[error("services call each other in a circle: {}", .cycle.join(" -> "))]
    Cycle {
        /// The services along the circle; the first is repeated at the end.
        cycle: Vec<String>,
    },
    /// A name that no service has.
    #[error("`{caller}` calls the service `{name}`, which does not exist")]
    UnknownService {
        /// The service or route that calls.
        caller: String,
        /// The name it uses.
        name: String,
    },
    /// A number of calls or a weight that is negative, infinite or not a number.
    #[error("{what} of `{of}` is {found}; it must be a finite number, at least 0")]
    BadNumber {
        /// Which number.
        what: &'static str,
        /// Whose number.
        of: String,
        /// The number found.
        found: f64,
    },
    /// All weights are zero, or there are no routes.
    #[error("there is no route with a weight above 0")]
    NoTraffic,
    /// One request makes too many calls.
    #[error("one request on route `{route}` makes more than {MAX_CALLS_PER_REQUEST} calls")]
    TooManyCalls {
        /// The route.
        route: String,
    },
}

/// The routes of a cluster with their call trees.
#[derive(Clone, Debug, PartialEq)]
pub struct CallGraph {
    /// The entry routes; shares add up to 1.
    routes: IdVec<RouteId, Route>,
    /// Visits per request that enters the cluster, averaged over routes.
    visits: IdVec<ServiceId, f64>,
    /// What the mean work of a visit was before the trees were scaled to a mean of 1.
    mean_work: IdVec<ServiceId, f64>,
}

impl CallGraph {
    /// The graph of `services` (name and what each calls, in order of their ids) under `entries`.
    ///
    /// Errors: the first unknown name, bad number or circle.
    pub fn new(services: &[(String, Downstream)], entries: &[Entry]) -> Result<CallGraph, CallGraphError> {
        let names: BTreeMap<&str, usize> =
            services.iter().enumerate().map(|(i, (name, _))| (name.as_str(), i)).collect();
        let mut expansion = Expansion { services, names, path: Vec::new(), budget: 0 };
        let routes: Vec<Route> = entries.iter().map(|entry| expansion.route(entry)).collect::<Result<_, _>>()?;
        // A circle that no route reaches is a mistake all the same.
        for (name, _) in services {
            expansion.budget = MAX_CALLS_PER_REQUEST;
            expansion.call(name, name)?;
        }
        CallGraph::from_routes(routes, services.len())
    }

    /// A graph of ready-made trees over `service_count` services; shares are taken as weights.
    ///
    /// Errors: weights that are no numbers, or nothing but zeros.
    pub fn from_routes(routes: Vec<Route>, service_count: usize) -> Result<CallGraph, CallGraphError> {
        for route in &routes {
            check_number("the weight", &route.name, route.share)?;
        }
        let sum: f64 = routes.iter().map(|route| route.share).sum();
        if sum <= 0.0 {
            return Err(CallGraphError::NoTraffic);
        }
        let mut routes: IdVec<RouteId, Route> =
            routes.into_iter().map(|route| Route { share: route.share / sum, ..route }).collect();
        let mut visits = IdVec::filled(0.0, service_count);
        let mut work = IdVec::filled(0.0, service_count);
        for route in routes.values() {
            route.call.add_visits(route.share, &mut visits, &mut work);
        }
        let mean_work: IdVec<ServiceId, f64> =
            visits.values().zip(work.values()).map(|(v, w)| if *v > 0.0 { w / v } else { 1.0 }).collect();
        routes.iter_mut().for_each(|(_, route)| route.call.divide_work(&mean_work));
        Ok(CallGraph { routes, visits, mean_work })
    }

    /// The entry routes.
    pub fn routes(&self) -> &IdVec<RouteId, Route> {
        &self.routes
    }

    /// Calls that reach `service` for every request that enters the cluster.
    pub fn visits(&self, service: ServiceId) -> f64 {
        self.visits[service]
    }

    /// The mean work of a visit of `service` in the unit of the trees given to
    /// [`from_routes`](Self::from_routes): multiply the service's `cpu_s` by it.
    pub fn mean_work(&self, service: ServiceId) -> f64 {
        self.mean_work[service]
    }

    /// The rate of calls at each service when `entry_rate` requests per second enter the cluster.
    pub fn arrival_rates(&self, entry_rate: f64) -> impl Iterator<Item = (ServiceId, f64)> + '_ {
        self.visits.iter().map(move |(service, visits)| (service, visits * entry_rate))
    }
}

/// Turns declarations into trees, watching for circles and explosions.
struct Expansion<'a> {
    services: &'a [(String, Downstream)],
    names: BTreeMap<&'a str, usize>,
    /// The services being expanded, outermost first.
    path: Vec<usize>,
    budget: usize,
}

impl Expansion<'_> {
    fn route(&mut self, entry: &Entry) -> Result<Route, CallGraphError> {
        check_number("the weight", &entry.route, entry.weight)?;
        self.budget = MAX_CALLS_PER_REQUEST;
        let expanded = self.call(&entry.route, &entry.service).and_then(|mut call| {
            // On the path while its route's own calls are followed, so that they cannot lead back.
            self.path.push(call.service.index());
            for step in &entry.then {
                self.step(&entry.route, step, &mut call.then)?;
            }
            self.path.pop();
            Ok(call)
        });
        match expanded {
            Ok(call) => Ok(Route { name: entry.route.clone(), share: entry.weight, call }),
            Err(CallGraphError::TooManyCalls { .. }) => {
                Err(CallGraphError::TooManyCalls { route: entry.route.clone() })
            }
            Err(other) => Err(other),
        }
    }

    fn call(&mut self, caller: &str, name: &str) -> Result<Call, CallGraphError> {
        let unknown = || CallGraphError::UnknownService { caller: caller.to_owned(), name: name.to_owned() };
        let index = *self.names.get(name).ok_or_else(unknown)?;
        if let Some(start) = self.path.iter().position(|on_path| *on_path == index) {
            let circle = self.path[start..].iter().chain([&index]);
            return Err(CallGraphError::Cycle { cycle: circle.map(|i| self.services[*i].0.clone()).collect() });
        }
        if self.budget == 0 {
            return Err(CallGraphError::TooManyCalls { route: caller.to_owned() });
        }
        self.budget -= 1;
        self.path.push(index);
        let (own_name, downstream) = &self.services[index];
        let mut call = Call { holds_thread: downstream.holds_thread, ..Call::to(ServiceId::from_index(index)) };
        for step in &downstream.steps {
            self.step(own_name, step, &mut call.then)?;
        }
        self.path.pop();
        Ok(call)
    }

    /// Adds one declared step to `then`. A call made several times per request becomes a sequence
    /// of its own, as a loop in the caller would make it; single calls stay in parallel.
    fn step(&mut self, caller: &str, step: &[DownstreamCall], then: &mut Vec<Vec<Call>>) -> Result<(), CallGraphError> {
        let mut rounds: Vec<Vec<Call>> = Vec::new();
        for declared in step {
            check_number("the number of calls per request", caller, declared.per_request)?;
            if declared.per_request > MAX_CALLS_PER_REQUEST as f64 {
                return Err(CallGraphError::TooManyCalls { route: caller.to_owned() });
            }
            let call = self.call(caller, &declared.service)?;
            let mut left = declared.per_request;
            let mut round = 0;
            while left > 1e-9 {
                if round == rounds.len() {
                    rounds.push(Vec::new());
                }
                self.budget = self
                    .budget
                    .checked_sub(call.size())
                    .ok_or_else(|| CallGraphError::TooManyCalls { route: caller.to_owned() })?;
                rounds[round].push(Call { probability: left.min(1.0), ..call.clone() });
                left -= 1.0;
                round += 1;
            }
        }
        then.append(&mut rounds);
        Ok(())
    }
}

fn check_number(what: &'static str, of: &str, found: f64) -> Result<(), CallGraphError> {
    if found.is_finite() && found >= 0.0 {
        Ok(())
    } else {
        Err(CallGraphError::BadNumber { what, of: of.to_owned(), found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(list: &[(&str, f64)]) -> Vec<DownstreamCall> {
        list.iter().map(|(s, n)| DownstreamCall { service: (*s).into(), per_request: *n }).collect()
    }

    /// A graph from `caller: callee n, ...` rows, each callee a step of its own.
    fn services(rows: &[(&str, &[(&str, f64)])]) -> Vec<(String, Downstream)> {
        let row = |(name, list): &(&str, &[(&str, f64)])| {
            let steps = list.iter().map(|call| calls(&[*call])).collect();
            ((*name).to_owned(), Downstream { steps, holds_thread: false })
        };
        rows.iter().map(row).collect()
    }

    fn entry(route: &str, weight: f64, service: &str) -> Entry {
        Entry { route: route.into(), weight, service: service.into(), then: Vec::new() }
    }

    #[test]
    fn every_service_gets_its_calls() {
        let services = services(&[
            ("gateway", &[("iam", 1.0)]),
            ("order", &[("inventory", 2.5), ("payment", 0.5)]),
            ("inventory", &[("iam", 1.0)]),
            ("payment", &[]),
            ("iam", &[]),
        ]);
        let entries = [
            Entry { then: vec![calls(&[("order", 1.0)])], ..entry("/orders", 1.0, "gateway") },
            entry("/auth", 3.0, "gateway"),
        ];
        let graph = CallGraph::new(&services, &entries).unwrap();
        let rates: Vec<f64> = graph.arrival_rates(100.0).map(|(_, rate)| rate).collect();
        assert_eq!(rates, [100.0, 25.0, 62.5, 12.5, 162.5]);
        let orders = &graph.routes().values().next().unwrap().call;
        // iam, then order, whose inventory calls follow each other.
        assert_eq!(orders.then.len(), 2);
        assert_eq!(orders.then[1][0].then.len(), 4);
        assert_eq!(orders.then[1][0].then[2][0].probability, 0.5);
    }

    #[test]
    fn mistakes_are_named() {
        let check = |rows: &[(&str, &[(&str, f64)])], entries: &[Entry], text: &str| {
            let error = CallGraph::new(&services(rows), entries).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        };
        let circle: &[(&str, &[(&str, f64)])] =
            &[("a", &[("b", 1.0)]), ("b", &[("c", 1.0)]), ("c", &[("b", 1.0)]), ("d", &[])];
        check(circle, &[entry("/", 1.0, "a")], "in a circle: b -> c -> b");
        check(circle, &[entry("/", 1.0, "d")], "in a circle: b -> c -> b");
        check(&[("a", &[("a", 1.0)])], &[entry("/", 1.0, "a")], "a -> a");
        check(&[("a", &[("x", 1.0)])], &[entry("/", 1.0, "a")], "`a` calls the service `x`");
        check(&[("a", &[])], &[entry("/", 1.0, "x")], "`/` calls the service `x`");
        check(&[("a", &[])], &[entry("/", 0.0, "a")], "no route with a weight above 0");
        check(&[("a", &[])], &[entry("/", f64::NAN, "a")], "the weight of `/` is NaN");
        check(&[("a", &[("b", -1.0)]), ("b", &[])], &[entry("/", 1.0, "a")], "calls per request of `a` is -1");
        check(&[("a", &[("b", 1e9)]), ("b", &[])], &[entry("/", 1.0, "a")], "more than 10000 calls");
    }

    #[test]
    fn a_route_cannot_lead_back_to_its_entry() {
        let services = services(&[("gateway", &[]), ("order", &[("gateway", 1.0)])]);
        let entries = [Entry { then: vec![calls(&[("order", 1.0)])], ..entry("/", 1.0, "gateway") }];
        let error = CallGraph::new(&services, &entries).unwrap_err().to_string();
        assert!(error.contains("gateway -> order -> gateway"), "{error}");
    }

    #[test]
    fn diamonds_upon_diamonds_are_refused_in_time() {
        let names: Vec<String> = (0..40).map(|k| format!("s{k}")).collect();
        let layer = |k: usize| {
            let steps =
                if k + 1 < 40 { vec![calls(&[(&names[k + 1], 1.0)]), calls(&[(&names[k + 1], 1.0)])] } else { vec![] };
            (names[k].clone(), Downstream { steps, holds_thread: false })
        };
        let services: Vec<_> = (0..40).map(layer).collect();
        let error = CallGraph::new(&services, &[entry("/", 1.0, "s0")]).unwrap_err();
        assert_eq!(error, CallGraphError::TooManyCalls { route: "/".into() });
    }
}

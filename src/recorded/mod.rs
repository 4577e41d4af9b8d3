//! What a recorded past says in a scenario: traffic, weights of routes, calls, and what requests cost.
//!
//! What was not recorded, or what the recording does not determine, is said and left to whoever writes the scenario. Deliberately
//! not here: a file of it (`init` writes one), and how sure all of it is (`calibrate` says).
//!
//! Start reading at [`from_past`].

mod profiles;

use crate::past::{Past, Series};
use crate::scenario::issue::{Issue, Issues};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Parts of a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FromPast {
    /// A trace of `timestamp,value` in requests per second, for `traffic.patterns`; empty if nobody recorded what enters.
    pub traffic_csv: String,
    /// Its mean, in requests per second; 0 if it is empty.
    pub mean_rate: f64,
    /// Weights for `traffic.routes`: mean requests per second.
    pub routes: BTreeMap<String, f64>,
    /// By workload what `services.NAME` says: `cpuPerRequest: 12ms`, ...
    pub profiles: BTreeMap<String, Vec<String>>,
    /// By caller and callee how often it calls for a request of its own.
    pub calls: BTreeMap<(String, String), f64>,
    /// By workload the requests per second that it answered.
    pub answered: BTreeMap<String, Series>,
}

impl FromPast {
    /// How many requests `callee` answered for one that `caller` did, over the instants at which both were recorded; none
    /// where one of them answered none.
    pub fn ratio(&self, caller: &str, callee: &str) -> Option<f64> {
        let (own, other) = (self.answered.get(caller)?.values(), self.answered.get(callee)?.values());
        let known = own.iter().zip(other).filter_map(|(own, other)| Some(((*own)?, (*other)?)));
        let (got, sent) = known.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        (got > 0.0 && sent > 0.0).then(|| three_digits(sent / got))
    }
}

/// Fewer calls per request are no part of the usual way of a request.
const RAREST_CALL: f64 = 0.001;

/// Reads parts of a scenario from a past. Where no requests from outside were recorded, those that workloads answer at which
/// they enter count as such: `entries` are routes with their workloads.
///
/// Costs a fit per service: tenths of a second each.
pub fn from_past(past: &Past, entries: &[(String, String)], issues: &mut Issues) -> FromPast {
    let mut parts = FromPast::default();
    let routes = routes(past, entries, issues);
    parts.routes =
        routes.iter().filter_map(|(name, series)| Some((name.clone(), three_digits(series.mean()?)))).collect();
    if let Some((text, mean)) = traffic(past, &routes) {
        (parts.traffic_csv, parts.mean_rate) = (text, mean);
    } else {
        let message = "no requests from outside were recorded: the traffic is not known";
        let help = "record nginx_ingress_controller_requests, or istio_requests_total at the gateway";
        issues.push(Issue::warning("traffic", message).with_help(help));
    }
    for (name, service) in &past.services {
        let lines = profiles::profile(past, name, service, issues);
        if !lines.is_empty() {
            parts.profiles.insert(name.clone(), lines);
        }
    }
    parts.calls = calls(past);
    let answered = past.services.iter().filter(|(_, service)| !service.requests.is_empty());
    parts.answered = answered.map(|(name, service)| (name.clone(), service.requests.clone())).collect();
    parts
}

fn routes(past: &Past, entries: &[(String, String)], issues: &mut Issues) -> BTreeMap<String, Series> {
    let known = past.routes.iter().filter(|(_, series)| !series.is_empty());
    let known: BTreeMap<String, Series> = known.map(|(name, series)| (name.clone(), series.clone())).collect();
    if !known.is_empty() {
        return known;
    }
    // Of several routes to one workload nobody knows the shares: they are equal.
    let sharing = |workload: &String| entries.iter().filter(|(_, other)| other == workload).count() as f64;
    let shared = |workload: &String| {
        let values = past.services.get(workload)?.requests.values();
        Some(Series::new(values.iter().map(|value| value.map(|rate| rate / sharing(workload))).collect()))
    };
    let answered = entries.iter().filter_map(|(route, workload)| Some((route.clone(), shared(workload)?)));
    let answered: BTreeMap<String, Series> = answered.filter(|(_, series)| !series.is_empty()).collect();
    if !answered.is_empty() {
        let names: BTreeSet<&str> = entries.iter().map(|(_, workload)| workload.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let message =
            format!("no Ingress was recorded: requests that {} answer count as those from outside", names.join(", "));
        let help = "if other services call them, record nginx_ingress_controller_requests or istio_requests_total";
        issues.push(Issue::warning("traffic", message).with_help(help));
    }
    answered
}

/// A trace of all routes together, and its mean. An instant at which nothing is known is left out.
fn traffic(past: &Past, routes: &BTreeMap<String, Series>) -> Option<(String, f64)> {
    let mut text = "timestamp,value\n".to_owned();
    let (mut sum, mut count) = (0.0, 0.0_f64);
    for step in 0..past.steps {
        let known: Vec<f64> = routes.values().filter_map(|series| series.at(step)).collect();
        let seconds = past.start_s + step as i64 * i64::from(past.step_s);
        let Some(time) = jiff::Timestamp::from_second(seconds).ok().filter(|_| !known.is_empty()) else { continue };
        let rate: f64 = known.iter().sum();
        (sum, count) = (sum + rate, count + 1.0);
        let _ = writeln!(text, "{time},{}", three_decimals(rate));
    }
    (count > 0.0).then(|| (text, three_digits(sum / count)))
}

/// How often a request of a caller calls others.
fn calls(past: &Past) -> BTreeMap<(String, String), f64> {
    let mut calls = BTreeMap::new();
    for ((caller, callee), rate) in &past.calls {
        let own = past.services.get(caller).map(|service| &service.requests);
        let known = own.map(|own| (0..past.steps).filter_map(|step| Some((rate.at(step)?, own.at(step)?))));
        let (sent, got) = known.into_iter().flatten().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        if got > 0.0 && sent / got >= RAREST_CALL && caller != callee {
            calls.insert((caller.clone(), callee.clone()), three_digits(sent / got));
        }
    }
    calls
}

/// More is not known of what was measured.
fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn three_decimals(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::past::ServicePast;

    /// Ten hours in steps of five minutes of a shop: `web` calls `cart` for three requests of four.
    fn shop() -> Past {
        let steps = 120;
        let series = |of: &dyn Fn(f64) -> f64| {
            Series::new((0..steps).map(|k| Some(of(50.0 + 30.0 * libm::sin(f64::from(k) / 10.0)))).collect())
        };
        let service = |share: f64, cpu_s: f64| ServicePast {
            requests: series(&|rate| share * rate),
            cpu_cores: series(&|rate| share * rate * cpu_s + 4.0 * 0.02),
            memory_bytes: series(&|_| 4.0 * 200.0 * 1_048_576.0),
            replicas: series(&|_| 4.0),
            ..ServicePast::default()
        };
        Past {
            start_s: 1_767_571_200,
            step_s: 300,
            steps: steps as usize,
            routes: [("/".to_owned(), series(&|rate| rate))].into(),
            services: [("web".to_owned(), service(1.0, 0.01)), ("cart".to_owned(), service(0.75, 0.004))].into(),
            calls: [(("web".to_owned(), "cart".to_owned()), series(&|rate| 0.75 * rate))].into(),
            ..Past::default()
        }
    }

    #[test]
    fn a_past_says_what_a_scenario_needs() {
        let mut issues = Issues::new();
        let parts = from_past(&shop(), &[], &mut issues);
        let csv = &parts.traffic_csv;
        assert!(csv.starts_with("timestamp,value\n2026-01-05T00:00:00Z,50\n2026-01-05T00:05:00Z,52.995\n"), "{csv}");
        assert_eq!(csv.lines().count(), 121);
        assert_eq!(parts.calls[&("web".to_owned(), "cart".to_owned())], 0.75);
        assert_eq!((parts.ratio("web", "cart"), parts.ratio("web", "nobody")), (Some(0.75), None));
        assert_eq!(parts.profiles["web"], ["cpuPerRequest: 10ms", "idleCpu: 20m", "memory: 200Mi"]);
        assert_eq!(parts.profiles["cart"], ["cpuPerRequest: 4ms", "idleCpu: 20m", "memory: 200Mi"]);
        assert!(issues.to_string().contains("web: no latencies were recorded"), "{issues}");
    }

    #[test]
    fn what_was_not_recorded_is_said_and_left_out() {
        let mut past = shop();
        past.routes.clear();
        let mut issues = Issues::new();
        let entries = ["/a", "/b"].map(|route| (route.to_owned(), "web".to_owned()));
        let parts = from_past(&past, &entries, &mut issues);
        assert_eq!(parts.routes.keys().collect::<Vec<_>>(), ["/a", "/b"]);
        assert!((2.0 * parts.routes["/a"] - parts.mean_rate).abs() < 0.2, "{parts:?}");
        assert!(issues.to_string().contains("requests that web answer count"), "{issues}");
        let web = past.services.get_mut("web").expect("web");
        web.cpu_cores = Series::new(vec![Some(1.0); 120]);
        web.requests = Series::new(vec![Some(0.0); 120]);
        let parts = from_past(&past, &[], &mut issues);
        assert_eq!((parts.traffic_csv.as_str(), parts.mean_rate), ("", 0.0));
        assert_eq!(parts.profiles["web"], ["memory: 200Mi"]);
        let said = issues.to_string();
        assert!(
            said.contains("web: what a request costs cannot be told") && said.contains("traffic is not known"),
            "{said}"
        );
    }
}

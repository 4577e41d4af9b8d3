//! Who calls whom: variables and command lines of pods name the Services that they reach.

use crate::recorded::FromPast;
use crate::scenario::{Door, Inventory, Running};
use std::collections::{BTreeMap, BTreeSet};

/// What fronts are called.
const FRONTS: [&str; 8] = ["front", "gateway", "nginx", "web", "portal", "proxy", "page", "edge"];
/// What looks after a cluster, and is often reached from outside.
const WATCHERS: [&str; 8] =
    ["jaeger", "zipkin", "kiali", "grafana", "prometheus", "alertmanager", "kibana", "dashboard"];

/// Workloads by their places in the inventory, and the calls between them.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    /// Each with those that it calls, in the order in which it names them.
    pub(super) of: BTreeMap<usize, Vec<usize>>,
    /// Where requests enter, with the route.
    pub(super) entries: Vec<Entry>,
    /// Whether nothing but that nobody calls them made these the entries.
    pub(super) is_guessed: bool,
    /// Calls that would close a circle: left out.
    pub(super) circular: Vec<(usize, usize)>,
    /// How often a caller calls for a request of its own, as far as that was recorded.
    pub(super) often: BTreeMap<(usize, usize), f64>,
    /// Those of them that follow from the requests of both, because nothing else is known to call.
    pub(super) measured: Vec<(usize, usize)>,
    /// Called ones whose requests were recorded, and come from several.
    pub(super) shared: Vec<usize>,
}

/// Where requests enter.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// A path of an Ingress; none for the workload itself.
    pub(super) path: Option<String>,
    /// The Service behind that path.
    pub(super) service: Option<String>,
    pub(super) workload: usize,
}

/// What the manifests tell of calls, and a service mesh.
pub(super) fn calls(inventory: &Inventory, recorded: &FromPast) -> Calls {
    let mut calls = Calls::default();
    for (at, workload) in inventory.workloads.iter().enumerate() {
        let mut called: Vec<usize> = Vec::new();
        for host in hosts(workload) {
            let found = reached(inventory, &workload.namespace, &host);
            called.extend(found.filter(|other| *other != at && !called.contains(other)));
        }
        for (_, callee) in recorded.calls.keys().filter(|(caller, _)| *caller == workload.name) {
            let found = inventory.workloads.iter().position(|one| one.name == *callee);
            called.extend(found.filter(|other| *other != at && !called.contains(other)));
        }
        if !called.is_empty() {
            calls.of.insert(at, called);
        }
    }
    calls.entries = entries(inventory);
    if calls.entries.is_empty() {
        let called: BTreeSet<usize> = calls.of.values().flatten().copied().collect();
        let is_door =
            |at: &usize| (0..inventory.doors.len()).any(|door| behind(inventory, &inventory.doors[door]) == Some(*at));
        let open = (0..inventory.workloads.len()).filter(|at| is_door(at) && !called.contains(at));
        let open: Vec<usize> = open.filter(|at| !watches(&inventory.workloads[*at].name)).collect();
        let open = likely(inventory, &calls, open);
        calls.entries = open.into_iter().map(|workload| Entry { path: None, service: None, workload }).collect();
        calls.is_guessed = true;
    }
    calls.cut_circles();
    calls.measure(inventory, recorded);
    calls
}

impl Calls {
    /// Takes over how often calls were recorded: by a mesh, else by the requests of both where there is one caller.
    fn measure(&mut self, inventory: &Inventory, recorded: &FromPast) {
        let name = |at: usize| inventory.workloads[at].name.as_str();
        let mut callers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (caller, called) in &self.of {
            called.iter().for_each(|callee| callers.entry(*callee).or_default().push(*caller));
        }
        let is_entry = |at: usize| self.entries.iter().any(|entry| entry.workload == at);
        // A recording knows workloads by their names alone.
        let is_single = |at: usize| inventory.workloads.iter().filter(|one| one.name == name(at)).count() == 1;
        for (callee, callers) in callers {
            // A call that was left out is there all the same.
            let others = self.circular.iter().filter(|(_, other)| *other == callee).count();
            let is_alone = callers.len() + others == 1 && !is_entry(callee);
            for caller in &callers {
                let pair = (*caller, callee);
                let by_mesh = recorded.calls.get(&(name(*caller).to_owned(), name(callee).to_owned())).copied();
                let ratio = recorded.ratio(name(*caller), name(callee)).filter(|_| recorded.calls.is_empty());
                match (by_mesh, ratio) {
                    (Some(often), _) => drop(self.often.insert(pair, often)),
                    (None, Some(often)) if is_alone && is_single(*caller) && is_single(callee) => {
                        self.often.insert(pair, often);
                        self.measured.push(pair);
                    }
                    (None, Some(_)) if !self.shared.contains(&callee) => self.shared.push(callee),
                    _ => {}
                }
            }
        }
    }

    /// How often a caller calls for a request of its own: once where nothing tells.
    pub(super) fn factor(&self, caller: usize, callee: usize) -> f64 {
        self.often.get(&(caller, callee)).copied().unwrap_or(1.0)
    }

    /// Drops each call that leads back to a caller.
    fn cut_circles(&mut self) {
        let starts: Vec<usize> =
            self.entries.iter().map(|entry| entry.workload).chain(self.of.keys().copied()).collect();
        let mut done = BTreeSet::new();
        for start in starts {
            self.follow(start, &mut Vec::new(), &mut done);
        }
    }

    fn follow(&mut self, at: usize, path: &mut Vec<usize>, done: &mut BTreeSet<usize>) {
        if !done.insert(at) {
            return;
        }
        path.push(at);
        for next in self.of.get(&at).cloned().unwrap_or_default() {
            if path.contains(&next) {
                self.of.entry(at).or_default().retain(|known| *known != next);
                self.circular.push((at, next));
            } else {
                self.follow(next, path, done);
            }
        }
        path.pop();
    }

    /// How often each workload is called for a request from outside, all routes alike; those that are reached, callers first.
    pub(super) fn per_request(&self) -> Vec<(usize, f64)> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        self.entries.iter().for_each(|entry| self.order(entry.workload, &mut seen, &mut order));
        order.reverse();
        let mut often: BTreeMap<usize, f64> = BTreeMap::new();
        let share = 1.0 / self.entries.len().max(1) as f64;
        self.entries.iter().for_each(|entry| *often.entry(entry.workload).or_default() += share);
        for at in &order {
            let own = often.get(at).copied().unwrap_or(0.0);
            for called in self.of.get(at).into_iter().flatten() {
                *often.entry(*called).or_default() += own * self.factor(*at, *called);
            }
        }
        order.into_iter().map(|at| (at, often.get(&at).copied().unwrap_or(0.0))).collect()
    }

    /// Called ones before their callers.
    fn order(&self, at: usize, seen: &mut BTreeSet<usize>, order: &mut Vec<usize>) {
        if seen.insert(at) {
            self.of.get(&at).into_iter().flatten().for_each(|next| self.order(*next, seen, order));
            order.push(at);
        }
    }
}

/// Those that are called like a front; else those that call others: what neither calls nor is called is rarely one.
fn likely(inventory: &Inventory, calls: &Calls, open: Vec<usize>) -> Vec<usize> {
    let is_front = |at: &usize| FRONTS.iter().any(|word| inventory.workloads[*at].name.contains(word));
    let is_calling = |at: &usize| calls.of.contains_key(at);
    let only = |is: &dyn Fn(&usize) -> bool| open.iter().copied().filter(is).collect::<Vec<usize>>();
    [only(&is_front), only(&is_calling)].into_iter().find(|some| !some.is_empty()).unwrap_or(open)
}

/// Whether it looks after others, and users do not come to it.
fn watches(name: &str) -> bool {
    WATCHERS.iter().any(|word| name.contains(word))
}

/// Paths of Ingresses; else Services that are reached from outside.
fn entries(inventory: &Inventory) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    for path in &inventory.paths {
        let workload = reached(inventory, &path.namespace, &path.service);
        let is_new = found.iter().all(|known| known.path.as_ref() != Some(&path.path));
        found.extend(workload.filter(|_| is_new).map(|workload| Entry {
            path: Some(path.path.clone()),
            service: Some(path.service.clone()),
            workload,
        }));
    }
    if found.is_empty() {
        for door in inventory.doors.iter().filter(|door| door.is_outside) {
            let workload = behind(inventory, door);
            let is_new = |at: &usize| {
                !watches(&inventory.workloads[*at].name) && found.iter().all(|known| known.workload != *at)
            };
            let workload = workload.filter(is_new);
            found.extend(workload.map(|workload| Entry { path: None, service: None, workload }));
        }
    }
    found
}

/// Names of hosts that a workload's variables and command lines hold.
fn hosts(workload: &Running) -> Vec<String> {
    let is_address = |name: &str| {
        [
            "ADDR", "ADDRESS", "HOST", "HOSTNAME", "URL", "URI", "SERVICE", "ENDPOINT", "SERVER", "BROKER", "BACKEND",
            "UPSTREAM",
        ]
        .iter()
        .any(|word| name.to_ascii_uppercase().contains(word))
    };
    let mut found = Vec::new();
    for (name, value) in &workload.variables {
        found.extend(in_text(value, is_address(name)));
    }
    for word in &workload.words {
        let value = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
        found.extend(in_text(value, false));
    }
    found
}

/// Hosts in a text: behind a scheme or before a port, or the text itself where it has to be one.
fn in_text(text: &str, is_address: bool) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split([',', ' ', ';', '"', '\'']).filter(|part| !part.is_empty()) {
        let (has_scheme, rest) = match part.split_once("://") {
            Some((_, rest)) => (true, rest),
            None => (false, part),
        };
        let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let rest = rest.split(['/', '?']).next().unwrap_or_default();
        let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
        let has_port = port.is_some_and(|port| port.parse::<u16>().is_ok());
        let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        if is_name && (has_scheme || has_port || is_address) {
            found.push(host.to_owned());
        }
    }
    found
}

/// The workload behind a host: `web`, `web.shop`, `web.shop.svc.cluster.local`.
fn reached(inventory: &Inventory, namespace: &str, host: &str) -> Option<usize> {
    let mut parts = host.split('.');
    let name = parts.next()?;
    let named = parts.next();
    let is_inside = parts.next().is_none_or(|part| part == "svc");
    let there = named.unwrap_or(namespace);
    let door = inventory.doors.iter().find(|door| is_inside && door.name == name && door.namespace == there)?;
    behind(inventory, door)
}

/// The workload whose pods a Service selects.
fn behind(inventory: &Inventory, door: &Door) -> Option<usize> {
    let selects = |one: &Running| {
        one.namespace == door.namespace && door.selector.iter().all(|(key, value)| one.labels.get(key) == Some(value))
    };
    inventory.workloads.iter().position(|one| !door.selector.is_empty() && !one.is_daemon && selects(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_where_they_are_meant() {
        assert_eq!(in_text("catalog:3550", false), ["catalog"]);
        assert_eq!(
            in_text("http://user:pass@cart.shop.svc.cluster.local:80/path?x=1", false),
            ["cart.shop.svc.cluster.local"]
        );
        assert_eq!(in_text("kafka-0:9092,kafka-1:9092", false), ["kafka-0", "kafka-1"]);
        assert!(in_text("redis", false).is_empty(), "a word is no host");
        assert_eq!(in_text("redis", true), ["redis"]);
        assert!(in_text("12:30 is:late", false).contains(&"12".to_owned()), "no Service is called so");
    }
}

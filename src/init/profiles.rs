//! What a request costs each service: as recorded, else from what its pods ask for.

use super::assumed::{Assumed, some};
use super::calls::Calls;
use super::text::{milliseconds, plain, two_digits};
use crate::recorded::FromPast;
use crate::scenario::Inventory;
use crate::units::counted;
use std::collections::{BTreeMap, BTreeSet};

/// What a request costs where requests enter, in seconds of cpu and in words, where nothing tells the rate.
const USUAL_S: f64 = 0.02;
pub(super) const USUAL: &str = "20ms";
/// So much of the requested cpu is taken to be used on average.
const USED: f64 = 0.5;
/// A pod is taken to ask for this where nothing is said: as the loader does.
const CPU_MILLI: f64 = 100.0;

/// Profiles of all services that requests reach.
pub(super) struct Profiles {
    /// Requests per second from outside.
    pub(super) rate: f64,
    /// Lines of YAML below `services`.
    rows: Vec<String>,
    pub(super) assumed: Vec<Assumed>,
}

impl Profiles {
    pub(super) fn estimated(inventory: &Inventory, calls: &Calls, recorded: &FromPast) -> Profiles {
        let often = calls.per_request();
        let cores = |at: usize| {
            let one = &inventory.workloads[at];
            let milli = if one.cpu_milli > 0 { one.cpu_milli as f64 } else { CPU_MILLI };
            one.replicas.max(1) as f64 * milli / 1000.0 * USED
        };
        // The front that does most sets the rate.
        let entries: BTreeSet<usize> = calls.entries.iter().map(|entry| entry.workload).collect();
        let rates = often.iter().filter(|(at, often)| entries.contains(at) && *often > 0.0);
        let rate = rates.map(|(at, often)| cores(*at) / USUAL_S / often).fold(0.1, f64::max);
        let told = Some(recorded.mean_rate).filter(|mean| *mean > 0.0);
        let rate = told.unwrap_or_else(|| two_digits(rate));
        let mut profiles = Profiles { rate, rows: Vec::new(), assumed: Vec::new() };
        let (mut guessed, mut silent, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (at, often) in &often {
            let name = label(inventory, calls, *at);
            if !seen.insert(name.clone()) {
                continue;
            }
            let known = recorded.profiles.get(&inventory.workloads[*at].name);
            let called = called(inventory, calls, *at);
            if !known.is_some_and(|fields| has_cpu(fields)) {
                guessed.push(name.clone());
            }
            if called.is_none() && entries.contains(at) {
                silent.push(name.clone());
            }
            let seconds = (cores(*at) / (rate * often).max(1e-9)).clamp(1e-4, 2.0);
            profiles.rows.push(row(&name, known, seconds, called.as_deref()));
        }
        profiles.tell(&guessed, &silent, (inventory, calls));
        profiles
    }

    /// The rate at the busiest hour of the pattern that is written.
    pub(super) fn peak(&self) -> f64 {
        two_digits(self.rate * 1.5)
    }

    fn tell(&mut self, guessed: &[String], silent: &[String], (inventory, calls): (&Inventory, &Calls)) {
        let mut tell = |what: String, why: &str, field: &str| self.assumed.push(Assumed::new(what, why, field));
        if !guessed.is_empty() {
            tell(
                format!("cpu per request of {}", some(guessed)),
                "half of the requested cpu is used at the mean rate",
                "services.NAME.cpuPerRequest; foresail fit, foresail calibrate",
            );
        }
        if !silent.is_empty() {
            tell(
                format!("no calls of {}", some(silent)),
                "no variable and no command line of its pods names a Service",
                "services.NAME.calls",
            );
        }
        self.tell_calls(inventory, calls);
        let mut tell = |what: String, why: &str, field: &str| self.assumed.push(Assumed::new(what, why, field));
        let name = |at: &usize| inventory.workloads[*at].name.as_str();
        for (from, to) in &calls.circular {
            tell(
                format!("{} does not call {}", name(from), name(to)),
                "it would close a circle of calls",
                "services.NAME.calls",
            );
        }
        let reached: BTreeSet<usize> = calls.per_request().iter().map(|(at, _)| *at).collect();
        let clients = calls.of.keys().filter(|at| !reached.contains(at)).map(|at| name(at).to_owned());
        let clients: Vec<String> = clients.collect();
        if !clients.is_empty() {
            tell(
                format!("requests of {} are part of the traffic", some(&clients)),
                "they call services, nothing calls them",
                "traffic.patterns",
            );
        }
    }

    /// How often calls are made.
    fn tell_calls(&mut self, inventory: &Inventory, calls: &Calls) {
        let mut tell = |what: String, why: &str| self.assumed.push(Assumed::new(what, why, "services.NAME.calls"));
        let name = |at: usize| inventory.workloads[at].name.as_str();
        let count = calls.of.values().map(Vec::len).sum::<usize>().saturating_sub(calls.often.len());
        if count > 0 {
            tell(
                format!("{} between services, once per request, one after the other", counted(count, "call")),
                "variables name the hosts, not how often they are called",
            );
        }
        if count == 0 && !calls.often.is_empty() {
            tell("calls of a request one after the other".to_owned(), "their order was not recorded");
        }
        let measured = calls.measured.iter().map(|(from, to)| {
            format!("{} calls {} {} times per request", name(*from), name(*to), calls.factor(*from, *to))
        });
        let measured: Vec<String> = measured.collect();
        if !measured.is_empty() {
            tell(some(&measured), "recorded requests of one over those of the other; nothing else is known to call it");
        }
        let shared: Vec<String> = calls.shared.iter().map(|at| name(*at).to_owned()).collect();
        if !shared.is_empty() {
            tell(
                format!("{} called once per request of each caller", some(&shared)),
                "recorded requests are of several callers together",
            );
        }
    }

    /// Writes them below `services:`.
    pub(super) fn write(&self, body: &mut String) {
        self.rows.iter().for_each(|row| *body += &format!("{row}\n"));
    }
}

fn has_cpu(fields: &[String]) -> bool {
    fields.iter().any(|field| field.starts_with("cpuPerRequest:"))
}

fn row(name: &str, known: Option<&Vec<String>>, seconds: f64, calls: Option<&str>) -> String {
    let mut fields = known.cloned().unwrap_or_default();
    if !has_cpu(&fields) {
        fields.insert(0, format!("cpuPerRequest: {}", milliseconds(seconds)));
    }
    fields.extend(calls.map(|calls| format!("calls: [{calls}]")));
    format!("  {}: {{{}}}", plain(name), fields.join(", "))
}

/// How the scenario calls a workload: by the Service of its Ingress where no workload is called so, else by its name.
fn label(inventory: &Inventory, calls: &Calls, at: usize) -> String {
    let own = &inventory.workloads[at].name;
    let services = calls.entries.iter().filter(|entry| entry.workload == at).filter_map(|entry| entry.service.as_ref());
    let mut services: Vec<&String> = services.collect();
    services.dedup();
    match services[..] {
        [service, ..] if !inventory.workloads.iter().any(|one| one.name == *service) => service.clone(),
        _ => own.clone(),
    }
}

fn called(inventory: &Inventory, calls: &Calls, at: usize) -> Option<String> {
    let called = calls.of.get(&at).filter(|called| !called.is_empty())?;
    // Two of one name are one to the scenario.
    let mut names: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for (turn, other) in called.iter().enumerate() {
        let often = calls.factor(at, *other);
        names.entry(label(inventory, calls, *other)).or_insert((turn, often));
    }
    let mut names: Vec<(usize, String, f64)> =
        names.into_iter().map(|(name, (turn, often))| (turn, name, often)).collect();
    names.sort_by_key(|(turn, ..)| *turn);
    Some(names.iter().map(|(_, name, often)| format!("{{{}: {often}}}", plain(name))).collect::<Vec<_>>().join(", "))
}

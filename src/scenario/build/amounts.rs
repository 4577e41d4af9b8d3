//! Whether a scenario asks for more than there may be: pods, nodes, services, requests one by one.

use crate::limits::Budget;
use crate::scenario::issue::{Issue, Issues};
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, LatencyMode};

/// Looks at the amounts that a run begins with, and at the requests of the exact mode.
pub(super) fn check(cast: &Cast, duration: SimDuration, issues: &mut Issues) {
    let count = |number: i32| u64::try_from(number).unwrap_or(0);
    let pods = cast.workloads.values().map(|workload| count(workload.replicas)).sum::<u64>() + cast.trace.len() as u64;
    let nodes = cast.groups.values().map(|group| count(group.initial)).sum();
    within("manifests", Budget::Pods, pods, issues);
    within("nodeGroups", Budget::Nodes, nodes, issues);
    if let Some(traffic) = cast.traffic.as_ref().filter(|traffic| traffic.mode == LatencyMode::Exact) {
        let rate = traffic.demand.mean_rate(SimTime::ZERO, SimTime::ZERO + duration);
        within("latency", Budget::Requests, (rate * duration.as_secs_f64()) as u64, issues);
    }
}

/// Whether so many are allowed.
pub(super) fn within(field: &str, budget: Budget, found: u64, issues: &mut Issues) {
    if budget.check(found).is_err() {
        let message = format!("found {found} {}, at most {} are simulated", budget.what(), budget.most());
        let mut help = format!("`--limit {}=N` allows more, which takes memory and time", budget.name());
        if budget == Budget::Requests {
            help += "; `latency: fast` needs neither";
        }
        issues.push(Issue::error(field, message).with_help(help));
    }
}

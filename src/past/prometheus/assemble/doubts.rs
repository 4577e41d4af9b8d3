//! Metrics that contradict each other, and spans without any.

use super::Services;
use super::pods::Pods;
use crate::past::{LatencyFigure, Series, ServicePast};
use crate::scenario::issue::{Issue, Issues};

/// Where two counts differ by more, it is said.
const MOST_DIFFERENCE: f64 = 0.2;
/// A series that knows less of the span is said to have gaps.
const LEAST_KNOWN: f64 = 0.95;
/// So many names are listed.
const MOST_NAMES: usize = 5;

pub(super) fn tell(services: &Services, pods: &Pods, issues: &mut Issues) {
    tell_unknown(services, issues);
    let mut against = Vec::new();
    let (mut gaps, mut worst) = (Vec::new(), 1.0_f64);
    for (key, service) in services {
        let running = pods.running(key);
        if let Some((counted, used)) = both(&service.replicas, &running)
            && (counted - used).abs() > MOST_DIFFERENCE * counted.max(used)
        {
            against.push(format!("{} ({counted:.1} against {used:.1})", key.workload));
        }
        let shares = [&service.requests, &service.cpu_cores].map(|series| {
            let all = series.values().len().max(1) as f64;
            if series.is_empty() { 1.0 } else { series.known() as f64 / all }
        });
        let share = shares[0].min(shares[1]);
        if share < LEAST_KNOWN {
            gaps.push(key.workload.as_str());
            worst = worst.min(share);
        }
    }
    if !against.is_empty() {
        let message = "kube-state-metrics and cAdvisor count pods differently (means)";
        issues.push(Issue::warning("Prometheus", format!("{message}: {}; the former counts", listed(&against))));
    }
    if !gaps.is_empty() {
        let message = format!("gaps in requests or cpu of {}", listed(&gaps));
        let known = format!("of one, {:.0} % of the instants are known; nothing is put in their place", 100.0 * worst);
        issues.push(Issue::warning("Prometheus", format!("{message}: {known}")));
    }
}

/// Workloads that use cpu and of which something else is not known.
fn tell_unknown(services: &Services, issues: &mut Issues) {
    let without = |of: &dyn Fn(&ServicePast) -> bool| -> Vec<&str> {
        let without = services.iter().filter(|(_, service)| !service.cpu_cores.is_empty() && of(service));
        without.map(|(key, _)| key.workload.as_str()).collect()
    };
    let silent = without(&|service| service.requests.is_empty());
    // That nobody has any is said elsewhere.
    if !silent.is_empty() && services.values().any(|service| !service.requests.is_empty()) {
        let message =
            format!("no requests were recorded of {}: what a request costs them cannot be told", listed(&silent));
        issues.push(Issue::note("Prometheus", message));
    }
    let untimed = without(&|service| !service.requests.is_empty() && service.latency(LatencyFigure::P95).is_empty());
    let timed = services.values().any(|service| !service.latency(LatencyFigure::P95).is_empty());
    if !untimed.is_empty() && timed {
        let message = format!("no histograms of latency were recorded of {}", listed(&untimed));
        issues.push(Issue::note("Prometheus", message));
    }
}

/// The means of two series where both are known.
fn both(one: &Series, two: &Series) -> Option<(f64, f64)> {
    let pairs = (0..one.values().len()).filter_map(|at| Some((one.at(at)?, two.at(at)?)));
    let (sum, count) = pairs.fold(((0.0, 0.0), 0.0_f64), |(sum, count), (a, b)| ((sum.0 + a, sum.1 + b), count + 1.0));
    (count > 0.0).then(|| (sum.0 / count, sum.1 / count))
}

fn listed(names: &[impl AsRef<str>]) -> String {
    let mut text: Vec<&str> = names.iter().take(MOST_NAMES).map(AsRef::as_ref).collect();
    let rest = names.len().saturating_sub(MOST_NAMES);
    let more = format!("{rest} more");
    if rest > 0 {
        text.push(&more);
    }
    text.join(", ")
}

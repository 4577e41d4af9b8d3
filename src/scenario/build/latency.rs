//! How latency is found, and what that cannot show.

use super::scene::Scene;
use crate::scenario::file;
use crate::scenario::issue::{Issue, Issues};
use crate::traffic::exact::ArrivalProcess;
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, LatencyMode, Traffic};

/// The mode asked for.
pub(super) fn mode(scene: &Scene<'_>) -> LatencyMode {
    match scene.file.latency {
        file::Latency::Fast => LatencyMode::Fast,
        file::Latency::Exact => LatencyMode::Exact,
    }
}

/// How arrivals vary; refuses what no process can be.
pub(super) fn arrivals(scene: &Scene<'_>, issues: &mut Issues) -> ArrivalProcess {
    let process = match scene.file.traffic.arrivals {
        None | Some(file::Arrivals::Poisson) => ArrivalProcess::Poisson,
        Some(file::Arrivals::Deterministic) => ArrivalProcess::Deterministic,
        Some(file::Arrivals::Gamma { scv }) => {
            if !(scv > 0.0 && scv <= 1000.0) {
                let message = format!("found {scv}, expected above 0 and at most 1000");
                issues.push(Issue::error("traffic.arrivals.gamma.scv", message));
            }
            ArrivalProcess::Gamma { scv }
        }
        Some(file::Arrivals::Bursty { levels, mean_sojourn }) => {
            let mean_sojourn_s = mean_sojourn.map(|time| time.0.as_secs_f64());
            check_bursts(levels, mean_sojourn_s, issues);
            ArrivalProcess::Bursty { levels, mean_sojourn_s }
        }
    };
    if process != ArrivalProcess::Poisson && matches!(scene.file.latency, file::Latency::Fast) {
        let message = "the fast latency mode knows these arrivals where requests enter; behind other services it takes them as Poisson";
        issues.push(Issue::warning("traffic.arrivals", message).with_help("`latency: exact` follows them"));
    }
    process
}

fn check_bursts(levels: [f64; 2], mean_sojourn_s: [f64; 2], issues: &mut Issues) {
    if levels.iter().any(|level| !level.is_finite() || *level < 0.0) || mean_sojourn_s.iter().any(|s| *s <= 0.0) {
        let message = format!("found levels {levels:?}, expected numbers of at least 0 and sojourns above 0");
        issues.push(Issue::error("traffic.arrivals.bursty", message));
        return;
    }
    let all_s = mean_sojourn_s[0] + mean_sojourn_s[1];
    let mean = (levels[0] * mean_sojourn_s[0] + levels[1] * mean_sojourn_s[1]) / all_s;
    if (mean - 1.0).abs() > 0.005 {
        let message = format!("the levels' mean over time is {mean:.3}, expected 1: the traffic's rates are means");
        let help = format!("levels: [{:.4}, {:.4}] keep their ratio", levels[0] / mean, levels[1] / mean);
        issues.push(Issue::error("traffic.arrivals.bursty.levels", message).with_help(help));
    }
}

/// Services that nothing can save: whose clients never wait long enough, or whose load stays above
/// what all their pods can do.
pub(super) fn warn_about_hopeless(traffic: &Traffic, cast: &Cast, duration: SimDuration, issues: &mut Issues) {
    let fastest = cast.groups.values().flat_map(|group| &group.machines).map(|machine| machine.speed);
    let fastest = fastest.fold(None, |most: Option<f64>, speed| Some(most.map_or(speed, |most| most.max(speed))));
    let fastest = fastest.unwrap_or(1.0);
    let mean_rate = traffic.demand.mean_rate(SimTime::ZERO, SimTime::ZERO + duration);
    for (id, rate) in traffic.graph.arrival_rates(mean_rate) {
        let service = &traffic.services[id];
        let field = format!("services.{}", service.name);
        if service.profile.timeout_is_shorter_than_service() {
            let alone_ms = service.profile.unloaded_s() * 1000.0;
            let message = format!("the timeout is shorter than the {alone_ms:.0} ms a request takes in an idle pod");
            issues.push(Issue::warning(field.clone() + ".timeout", message));
        }
        let pods = match service.workload {
            None => 1.0,
            Some(workload) => {
                let scaled = cast.hpas.iter().filter(|hpa| hpa.workload == workload).map(|hpa| hpa.spec.max);
                f64::from(scaled.max().unwrap_or(cast.workloads[workload].replicas).max(0))
            }
        };
        let capacity = pods * service.profile.pod_capacity() * if service.workload.is_some() { fastest } else { 1.0 };
        let load = rate / capacity;
        if load > 1.0 && rate > 0.0 {
            let bound = if service.profile.queue_bound.is_none() && service.profile.timeout.is_none() {
                "; without `queue` or `timeout` its latency grows as long as that lasts"
            } else {
                ""
            };
            let message = format!(
                "cannot keep up: over the whole run {rate:.1} requests/s arrive on average, {pods} pods do {capacity:.1}{bound}"
            );
            issues.push(Issue::warning(field, message).with_help("raise maxReplicas, or the cpu limit"));
        }
    }
}

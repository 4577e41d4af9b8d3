//! Promises in words.

use crate::study::kept::{Promise, What};
use crate::units::SimDuration;
use crate::world::Cast;

/// `P95 of /api/v1/orders at most 200 ms`.
pub(super) fn words(promise: &Promise, cast: &Cast) -> String {
    let Promise { what, limit } = promise;
    let route = |id| cast.traffic.as_ref().map_or("", |traffic| traffic.graph.routes()[id].name.as_str());
    let percent = |share: f64| format!("{} %", (share * 1e6).round() / 1e4);
    match what {
        What::LatencyP95(id) => format!("P95 of {} at most {}", route(*id), milliseconds(*limit)),
        What::ErrorRate(None) => format!("failed requests at most {}", percent(*limit)),
        What::ErrorRate(Some(id)) => format!("failed requests of {} at most {}", route(*id), percent(*limit)),
        What::Breach => format!("time in breach at most {}", percent(*limit)),
        What::LongestPending if *limit == 0.0 => "no pod waits for a node".to_owned(),
        What::LongestPending => format!("no pod waits longer than {} for a node", SimDuration::from_secs_f64(*limit)),
        What::PendingPodHours => format!("at most {limit} pod-hours a month without a node"),
        What::BurnRate => format!("no error budget burns faster than {limit}"),
    }
}

fn milliseconds(seconds: f64) -> String {
    format!("{} ms", (seconds * 1e6).round() / 1e3)
}

//! What stresses say about two settings.

use super::blow::Judged;
use super::course::Withstood;
use crate::study::advise::answer::StressAnswer;
use crate::study::advise::words::words;
use crate::study::kept::{Promise, What};
use crate::world::Cast;

/// What the present setting and the recommended one got through, stress by stress. Both must have undergone the same.
pub fn answers(as_is: &[Withstood], recommended: &[Withstood], cast: &Cast) -> Vec<StressAnswer> {
    let row = |(now, new): (&Withstood, &Withstood)| StressAnswer {
        name: now.stress.name.clone(),
        as_is_survives: now.survives(),
        recommended_survives: new.survives(),
        as_is_broken: broken(now, cast),
        recommended_broken: broken(new, cast),
    };
    as_is.iter().zip(recommended).map(row).collect()
}

/// What broke in the worst replication, a sentence each; nothing of what is survived.
pub(super) fn broken(withstood: &Withstood, cast: &Cast) -> Vec<String> {
    let (worst, promised) = (withstood.worst(), &withstood.stress.promised);
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let mut told = Vec::new();
    let traffic = cast.traffic.as_ref();
    if let (Some(traffic), Some(service)) = (traffic, worst.errors.of.filter(|_| worst.errors.is_too_much())) {
        let most = percent(worst.errors.value / worst.errors.over_limit);
        let (found, name) = (percent(worst.errors.value), &traffic.services[service].name);
        told.push(format!("{found} of the requests of {name} fail in five minutes, {most} may"));
    }
    if let (Some(traffic), Some(route)) = (traffic, worst.latency.of.filter(|_| worst.latency.is_too_much())) {
        let most = worst.latency.value / worst.latency.over_limit;
        let [found, most] = [worst.latency.value, most].map(|seconds| format!("{:.0} ms", seconds * 1000.0));
        let name = &traffic.graph.routes()[route].name;
        told.push(format!("P95 of {name} is {found} a quarter of an hour later, {most} may be"));
    }
    if let Some(most) = promised.limits.breach.filter(|most| worst.breach > *most) {
        let [found, most] = [worst.breach, most].map(percent);
        told.push(format!("{found} of the time is in breach, {most} may be"));
    }
    told.extend(waits(withstood));
    told.extend(worst.others.iter().filter(|judged| judged.is_too_much()).map(|judged| other(judged, cast)));
    told
}

/// What of a run's promises broke after the blow.
fn other(judged: &Judged, cast: &Cast) -> String {
    let Judged { promise: Promise { what, limit }, value } = judged;
    let share = |share: f64| format!("{} %", rounded(share * 100.0));
    match what {
        What::ErrorRate(Some(route)) => {
            let name = cast.traffic.as_ref().map_or("", |traffic| &traffic.graph.routes()[*route].name);
            format!("{} of the requests of {name} fail from then on, {} may", share(*value), share(*limit))
        }
        // A budget of nothing has no rate.
        What::BurnRate if *value >= f64::MAX => {
            format!("an error budget of nothing is spent, at most {limit} times it may be")
        }
        What::BurnRate => {
            format!(
                "an error budget burns {} times as fast as it may in an hour, {limit} times may be",
                rounded(*value)
            )
        }
        What::PendingPodHours => {
            format!("pods wait for nodes for {} pod-hours in all, {limit} may be", rounded(*value))
        }
        _ => words(&judged.promise, cast),
    }
}

/// Two digits that say something, and all before the point.
fn rounded(value: f64) -> f64 {
    let digits = if value.abs() >= 10.0 { 1.0 } else { 100.0 };
    (value * digits).round() / digits
}

fn waits(withstood: &Withstood) -> Vec<String> {
    let found = withstood.worst().pending;
    let most = withstood.stress.promised.limits.pending.filter(|most| found > *most);
    most.map(|most| format!("a pod is without a node for {found}, {most} may pass")).into_iter().collect()
}

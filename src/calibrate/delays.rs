//! How long pods take to be ready and nodes to come, from the instants that kube-state-metrics records.

use super::blocks::{Blocks, DRAWS, interval};
use crate::past::{NodeStart, PodStart};
use crate::units::SimDuration;
use crate::world::{Delay, Lifecycle};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer starts say nothing.
pub(super) const FEWEST: usize = 3;
/// A pod or a node that takes longer waited for something else.
const LONGEST_S: f64 = 1800.0;
/// Cluster Autoscaler notices a pod within a loop of ten seconds, or a half more where it counted on another node first.
const NOTICED_WITHIN_S: f64 = 15.0;

/// A delay, its interval, and draws of it.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    pub(super) seconds: f64,
    pub(super) interval: [f64; 2],
    pub(super) draws: Vec<f64>,
    /// How many starts it is from.
    pub(super) starts: usize,
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) { (values[half - 1] + values[half]) / 2.0 } else { values[half] }
}

/// The median of values, as `meaning` reads it. None if there are too few.
fn fitted(values: &[f64], blocks: &mut Blocks, meaning: impl Fn(f64) -> [f64; 2]) -> Option<Fitted> {
    if values.len() < FEWEST {
        return None;
    }
    let middle = |[low, high]: [f64; 2]| (low + high) / 2.0;
    let draw = |blocks: &mut Blocks| {
        let times = blocks.draw();
        let mut drawn: Vec<f64> =
            values.iter().zip(times).flat_map(|(value, n)| std::iter::repeat_n(*value, n as usize)).collect();
        meaning(median(&mut drawn))
    };
    let ranges: Vec<[f64; 2]> = (0..DRAWS).map(|_| draw(blocks)).collect();
    let range = meaning(median(&mut values.to_vec()));
    let low = interval(range[0], &mut ranges.iter().map(|range| range[0]).collect::<Vec<_>>(), values.len())[0];
    let high = interval(range[1], &mut ranges.iter().map(|range| range[1]).collect::<Vec<_>>(), values.len())[1];
    Some(Fitted {
        seconds: middle(range),
        interval: [low.max(0.0), high.max(0.0)],
        draws: ranges.into_iter().map(middle).collect(),
        starts: values.len(),
    })
}

/// From running containers to an application that answers: what is left of the time from a node to readiness after the
/// start of containers, the pull of images where they are new to a node, and the wait for the next readiness probe.
pub(super) fn warm_up(starts: &[PodStart], lifecycle: &Lifecycle, (seed, name): (u64, &str)) -> Option<Fitted> {
    let mut seen = BTreeSet::new();
    let mut pulled = Vec::new();
    let mut known = Vec::new();
    for start in starts {
        let Some(took) = start.ready_s.map(|ready| ready - start.scheduled_s.unwrap_or(start.created_s)) else {
            continue;
        };
        if !(0.0..LONGEST_S).contains(&took) {
            continue;
        }
        let is_first = start.node.as_ref().is_none_or(|node| seen.insert(node.clone()));
        if is_first { pulled.push(took) } else { known.push(took) }
    }
    let pull_s = typical_s(&lifecycle.image_pull) * lifecycle.images.len() as f64;
    let enough = known.len() >= FEWEST;
    let values = if enough {
        known
    } else {
        known.into_iter().chain(pulled.into_iter().map(|s| (s - pull_s).max(0.0))).collect()
    };
    let start_s = typical_s(&lifecycle.start);
    let mut blocks = Blocks::new(values.len(), seed, "calibrate/warm-up", name);
    fitted(&values, &mut blocks, |took| before_probe(lifecycle, took - start_s))
}

/// The ages of an application that a readiness probe finds up `seen` seconds after the start: from the probe before on.
fn before_probe(lifecycle: &Lifecycle, seen: f64) -> [f64; 2] {
    let seen = seen.max(0.0);
    let Some(probe) = lifecycle.readiness else { return [seen; 2] };
    let found = probe.first_from(SimDuration::from_secs_f64(seen)).as_secs_f64();
    let period = probe.period.as_secs_f64();
    // The probe that found it is the nearest one to what was recorded: half a period later another would have.
    let at = if found - seen > period / 2.0 { found - period } else { found };
    let first = probe.initial.as_secs_f64();
    if at <= first { [0.0, first] } else { [at - period, at] }
}

fn typical_s(delay: &Delay) -> f64 {
    match delay {
        Delay::Fixed(span) => span.as_secs_f64(),
        Delay::Lognormal { median, .. } => median.as_secs_f64(),
        Delay::Cycle(spans) => spans.iter().map(|span| span.as_secs_f64()).sum::<f64>() / spans.len().max(1) as f64,
    }
}

/// From the launch to the registration of a group's nodes: the time from the first pod that a node was launched for, less
/// what Cluster Autoscaler takes to notice.
pub(super) fn boot(nodes: &[NodeStart], pods: &[PodStart], (seed, group): (u64, &str)) -> Option<Fitted> {
    let mut first: BTreeMap<&str, f64> = BTreeMap::new();
    for pod in pods {
        if let Some(node) = &pod.node {
            let earliest = first.entry(node).or_insert(pod.created_s);
            *earliest = earliest.min(pod.created_s);
        }
    }
    let took = |node: &NodeStart| Some(node.created_s - first.get(node.node.as_str())?);
    let of_group = nodes.iter().filter(|node| node.group == group);
    let values: Vec<f64> = of_group.filter_map(took).filter(|took| (1.0..LONGEST_S).contains(took)).collect();
    let mut blocks = Blocks::new(values.len(), seed, "calibrate/boot", group);
    fitted(&values, &mut blocks, |took| [(took - NOTICED_WITHIN_S).max(0.0), took])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Probe;

    fn pod(created_s: f64, ready_s: f64, node: &str) -> PodStart {
        PodStart {
            workload: "web".into(),
            created_s,
            scheduled_s: Some(created_s),
            ready_s: Some(ready_s),
            node: Some(node.into()),
        }
    }

    #[test]
    fn what_is_left_after_start_pull_and_probe_is_warm_up() {
        let secs = SimDuration::from_secs;
        let probe = Probe { initial: secs(10), period: secs(5), timeout: secs(1), failures: 3 };
        let lifecycle = Lifecycle { start: Delay::Fixed(secs(2)), readiness: Some(probe), ..Lifecycle::default() };
        // Up after 23 s: the probe at 25 s finds it.
        let starts: Vec<PodStart> =
            (0..6).map(|k| pod(f64::from(k) * 100.0, f64::from(k) * 100.0 + 27.0, "a")).collect();
        let found = warm_up(&starts, &lifecycle, (1, "web")).expect("six starts");
        assert_eq!((found.interval, found.starts), ([20.0, 25.0], 5));
        assert_eq!(warm_up(&starts[..2], &lifecycle, (1, "web")).map(|found| found.seconds), None);
    }

    #[test]
    fn a_node_was_launched_for_its_first_pod() {
        let node = |k: f64| NodeStart {
            node: format!("n{k}"),
            group: "app".into(),
            created_s: 1000.0 * k + 65.0,
            ready_s: None,
        };
        let nodes: Vec<NodeStart> = (1..8).map(|k| node(f64::from(k))).collect();
        let pods: Vec<PodStart> = (1..8)
            .flat_map(|k| {
                let at = 1000.0 * f64::from(k);
                [pod(at, at + 90.0, &format!("n{k}")), pod(at + 200.0, at + 230.0, &format!("n{k}"))]
            })
            .collect();
        let found = boot(&nodes, &pods, (1, "app")).expect("seven nodes");
        assert_eq!((found.seconds, found.interval), (57.5, [50.0, 65.0]));
        assert!(boot(&nodes, &pods, (1, "other")).is_none());
    }
}

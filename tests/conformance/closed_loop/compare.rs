//! Our run against the recorded one: first difference, and the errors of the totals.

use super::case::Case;
use super::totals::{FIGURES, differing_total, group_node_seconds, relative_error};
use foresail::id::Id;
use foresail::sim::log::{Evictor, NodeEnd, Occurrence};
use foresail::sim::outcome::{Outcome, PodCounts};
use std::collections::BTreeMap;

/// The earliest event, sample or turn in a pod's life that differs: when, what we have, what was recorded. Totals
/// differ at the end.
pub(crate) fn first_difference(case: &Case, outcome: &Outcome) -> Option<String> {
    let rows = [differing_events(case, outcome), differing_sample(case, outcome), differing_pod(case, outcome)];
    let totals = differing_total(case, outcome).map(|what| (case.duration_s, what));
    let first = rows.into_iter().chain([totals]).flatten().min_by_key(|(at, _)| *at);
    first.map(|(at, what)| format!("t={at}: {what}"))
}

/// Relative errors of the totals.
pub(crate) fn errors_of_totals(case: &Case, outcome: &Outcome) -> String {
    let percent = |ours: i64, real: i64| format!("{:+.2} %", relative_error(ours, real) * 100.0);
    let totals = FIGURES.iter().map(|figure| {
        let (ours, real) = (figure.ours(case, outcome), figure.recorded(&case.expect.totals));
        format!("{} {ours} of {real} ({})", figure.name(), percent(ours, real))
    });
    let groups = group_node_seconds(case, outcome).into_iter();
    let groups = groups.map(|(name, ours, real)| format!("node-seconds of {name} {}", percent(ours, real)));
    totals.chain(groups).collect::<Vec<_>>().join(", ")
}

fn differing_events(case: &Case, outcome: &Outcome) -> Option<(i64, String)> {
    let mut real: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for event in &case.expect.events {
        let at = event.get("t").and_then(serde_json::Value::as_i64).unwrap_or(-1);
        real.entry(at).or_default().extend(recorded(event));
    }
    let mut ours: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for record in outcome.log.records().values() {
        let texts = event_text(case, outcome, &record.what);
        ours.entry(record.at.since(foresail::units::SimTime::ZERO).as_secs_f64() as i64).or_default().extend(texts);
    }
    let times: std::collections::BTreeSet<i64> = real.keys().chain(ours.keys()).copied().collect();
    times.into_iter().find_map(|at| {
        let sorted = |rows: &BTreeMap<i64, Vec<String>>| {
            let mut list = rows.get(&at).cloned().unwrap_or_default();
            list.sort();
            list
        };
        let (ours, real) = (sorted(&ours), sorted(&real));
        let only = |a: &[String], b: &[String]| {
            a.iter().filter(|row| !b.contains(row)).take(4).cloned().collect::<Vec<_>>().join("; ")
        };
        (ours != real).then(|| (at, format!("ours [{}], real [{}]", only(&ours, &real), only(&real, &ours))))
    })
}

/// A recorded event in one line, without its time; errors that have no counterpart here are left out.
fn recorded(event: &BTreeMap<String, serde_json::Value>) -> Option<String> {
    let text = |key: &str| match event.get(key) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Array(list)) => list.len().to_string(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    Some(match text("e").as_str() {
        "scaleUp" => format!("scaleUp {} {}->{}", text("group"), text("from"), text("to")),
        "increaseError" => format!("increaseError {} {}", text("group"), text("delta")),
        "nodeAdded" => format!("nodeAdded {}", text("node")),
        "scaleDown" => format!("scaleDown {} drain={} pods={}", text("node"), text("drain"), text("pods")),
        "evicted" => format!("evicted {} from {} by {}", text("pod"), text("node"), text("by")),
        "evictionDenied" => format!("evictionDenied {}", text("pod")),
        "instanceDeleted" => format!("instanceDeleted {}", text("node")),
        "scaleDownFailed" => format!("scaleDownFailed {}", text("node")),
        "nodeGone" => format!("nodeGone {} {} lost={}", text("node"), text("reason"), text("podsLost")),
        "targetDecreased" => format!("targetDecreased {} {}", text("group"), text("delta")),
        "spotNotice" => format!("spotNotice {}", text("node")),
        "hpa" => format!("hpa {} {}->{}", text("deployment"), text("from"), text("to")),
        "preemption" => format!("preemption {} on {} victims={}", text("pod"), text("node"), text("victims")),
        _ => return None,
    })
}

fn event_text(case: &Case, outcome: &Outcome, occurrence: &Occurrence) -> Option<String> {
    let cluster = &outcome.cluster;
    let group = |id: foresail::world::GroupId| case.node_groups[id.index()].id.as_str();
    let node = |id| cluster.node_name(id);
    let pod = |id| cluster.pod_key(id);
    Some(match *occurrence {
        Occurrence::ScaleUp { group: id, from, to, .. } => format!("scaleUp {} {from}->{to}", group(id)),
        Occurrence::IncreaseError(id, delta) => format!("increaseError {} {delta}", group(id)),
        Occurrence::NodeAdded(id, _) => format!("nodeAdded {}", node(id)),
        Occurrence::ScaleDown { node: id, drain, pods } => format!("scaleDown {} drain={drain} pods={pods}", node(id)),
        Occurrence::Evicted { pod: id, node: from, by } => {
            let by = if by == Evictor::SpotNotice { "spot" } else { "ca" };
            format!("evicted {} from {} by {by}", pod(id), node(from))
        }
        Occurrence::EvictionDenied { pod: id, .. } => format!("evictionDenied {}", pod(id)),
        Occurrence::InstanceDeleted(id, _) => {
            format!("instanceDeleted {}", cluster.symbols.text(outcome.instance_names[id]))
        }
        Occurrence::ScaleDownFailed(id, _) => format!("scaleDownFailed {}", node(id)),
        Occurrence::NodeGone { node: id, reason, pods_lost } => {
            let reason = match reason {
                NodeEnd::ScaleDown => "scaleDown",
                NodeEnd::Lost => "lost",
                NodeEnd::Spot => "spot",
            };
            format!("nodeGone {} {reason} lost={pods_lost}", node(id))
        }
        Occurrence::TargetDecreased { group: id, from, to } => format!("targetDecreased {} {}", group(id), to - from),
        Occurrence::SpotNotice(id) => format!("spotNotice {}", node(id)),
        Occurrence::Rescaled { workload, from, to, .. } => {
            let owner = &case.deployments[workload.index() - case.daemon_sets.len()].metadata;
            format!("hpa {}/{} {from}->{to}", owner.namespace_or_default(), owner.name)
        }
        Occurrence::Preemption { pod: id, node: on, victims } => {
            format!("preemption {} on {} victims={victims}", pod(id), node(on))
        }
        _ => return None,
    })
}

fn differing_sample(case: &Case, outcome: &Outcome) -> Option<(i64, String)> {
    let mut first: Option<(i64, String)> = None;
    let mut check = |what: String, real: &[(i64, i64)], ours: &dyn Fn(usize) -> i64| {
        for (at, point) in outcome.timeline.points.iter().enumerate() {
            let t = point.at.since(foresail::units::SimTime::ZERO).as_secs_f64() as i64;
            let held = real.iter().rev().find(|(from, _)| *from <= t).map_or(0, |(_, value)| *value);
            if ours(at) != held {
                if first.as_ref().is_none_or(|(earliest, _)| t < *earliest) {
                    first = Some((t, format!("{what} is {}, real {held}", ours(at))));
                }
                return;
            }
        }
    };
    let points = &outcome.timeline.points;
    for (at, owner) in case.deployments.iter().enumerate() {
        let key = format!("{}/{}", owner.metadata.namespace_or_default(), owner.metadata.name);
        let Some(real) = case.expect.deployments.get(&key) else { continue };
        let row = at + case.daemon_sets.len();
        let columns: [(&str, &[(i64, i64)], fn(&PodCounts) -> i32); 4] = [
            ("spec", &real.spec, |counts| counts.desired),
            ("pending", &real.pending, |counts| counts.pending),
            ("running", &real.running, |counts| counts.running),
            ("ready", &real.ready, |counts| counts.ready),
        ];
        for (name, list, get) in columns {
            check(format!("{key} {name}"), list, &|point| i64::from(get(&points[point].pods[row])));
        }
    }
    for (at, group) in case.node_groups.iter().enumerate() {
        let Some(real) = case.expect.groups.get(&group.id) else { continue };
        check(format!("{} target", group.id), &real.target, &|point| i64::from(points[point].nodes[at].target));
        check(format!("{} nodes", group.id), &real.nodes, &|point| i64::from(points[point].nodes[at].nodes));
    }
    first
}

/// The first pod with another life: created, bound, ready or deleted at another time, or on another node.
fn differing_pod(case: &Case, outcome: &Outcome) -> Option<(i64, String)> {
    let ours = lives(outcome);
    let rows = case.expect.pods.iter().map(|row| PodLine::recorded(row));
    let pairs = rows.zip(ours.iter()).filter_map(|(real, ours)| match real {
        Some(real) => real.differs_from(ours),
        None => Some((-1, "an unreadable row of pods".to_owned())),
    });
    let (count, recorded) = (ours.len(), case.expect.pods.len());
    let missing = (count != recorded).then(|| (case.duration_s, format!("{count} pods, real {recorded}")));
    pairs.chain(missing).min_by_key(|(at, _)| *at)
}

/// A pod's life; -1 is never.
#[derive(Clone, Debug, PartialEq)]
struct PodLine {
    name: String,
    node: String,
    /// Created, bound, ready, deleted or gone with its node.
    times: [i64; 4],
}

impl PodLine {
    fn recorded(row: &[serde_json::Value]) -> Option<PodLine> {
        let time = |at: usize| row.get(at)?.as_i64();
        Some(PodLine {
            name: row.first()?.as_str()?.to_owned(),
            node: row.get(3)?.as_str()?.to_owned(),
            times: [time(1)?, time(2)?, time(5)?, time(6)?],
        })
    }

    /// When the two lives part.
    fn differs_from(&self, ours: &PodLine) -> Option<(i64, String)> {
        if self == ours {
            return None;
        }
        let pairs = self.times.iter().zip(&ours.times).filter(|(real, ours)| real != ours);
        let at = pairs.flat_map(|(real, ours)| [*real, *ours]).filter(|at| *at >= 0).min();
        Some((at.unwrap_or(self.times[0]), format!("ours {ours:?}, real {self:?}")))
    }
}

/// The lives of all our pods, in order of creation.
fn lives(outcome: &Outcome) -> Vec<PodLine> {
    let cluster = &outcome.cluster;
    let (mut bound, mut given_up, mut gone) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for record in outcome.log.records().values() {
        let at = record.at;
        match record.what {
            Occurrence::Bound { pod, node, .. } => drop(bound.insert(pod, (in_seconds(at), node))),
            Occurrence::GivenUp(pod) => drop(given_up.insert(pod, in_seconds(at))),
            Occurrence::NodeGone { node, .. } => drop(gone.insert(node, in_seconds(at))),
            _ => {}
        }
    }
    let line = |id: foresail::cluster::PodId| {
        let (pod, place) = (cluster.pod(id), bound.get(&id));
        let end = pod.deleted.map(in_seconds).or_else(|| given_up.get(&id).copied());
        let end = end.or_else(|| place.and_then(|(_, node)| gone.get(node).copied()));
        let ready = pod.ready.filter(|(ready, _)| *ready).map(|(_, since)| in_seconds(since));
        PodLine {
            name: cluster.pod_key(id),
            node: place.map_or("", |(_, node)| cluster.node_name(*node)).to_owned(),
            times: [in_seconds(pod.created), place.map_or(-1, |place| place.0), ready.unwrap_or(-1), end.unwrap_or(-1)],
        }
    };
    (0..cluster.pod_id_bound()).map(|index| line(foresail::cluster::PodId::from_index(index))).collect()
}

fn in_seconds(at: foresail::units::SimTime) -> i64 {
    at.since(foresail::units::SimTime::ZERO).as_secs_f64() as i64
}

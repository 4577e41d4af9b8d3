//! What is deployed in the simulated time.

use super::scene::Scene;
use crate::scenario::file;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadId;
use crate::world::{BlueGreen, Cast, Deploy, Traffic};

/// How long a rollout is watched where the scenario does not say.
const WATCH_FOR: SimDuration = SimDuration::from_mins(10);

/// Fills in the deploys.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    for (at, row) in scene.file.deploys.iter().enumerate() {
        deploy(at, row, converter, cast, issues);
    }
    refuse_overlaps(&scene.file.deploys, issues);
}

/// What gets a new template.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Target<'a> {
    field: &'static str,
    kind: &'static str,
    /// The label by which its controller tells templates apart.
    hash: &'static str,
    name: &'a str,
}

fn target(row: &file::Deploy) -> Option<Target<'_>> {
    let kinds = [
        ("deployment", "Deployment", "pod-template-hash", &row.deployment),
        ("statefulSet", "StatefulSet", "controller-revision-hash", &row.stateful_set),
        ("daemonSet", "DaemonSet", "controller-revision-hash", &row.daemon_set),
    ];
    let mut given = kinds.into_iter().filter_map(|(field, kind, hash, name)| {
        let name = name.as_deref()?;
        Some(Target { field, kind, hash, name })
    });
    given.next().filter(|_| given.next().is_none())
}

fn find(target: Target<'_>, converter: &mut Converter<'_>, cast: &Cast) -> Result<WorkloadId, Issue> {
    let name = converter.symbol(target.name);
    let of_kind = || cast.workloads.iter().filter(|(_, row)| row.kind.name() == target.kind);
    if let Some((id, _)) = of_kind().find(|(_, row)| row.name == name) {
        return Ok(id);
    }
    let symbols = &converter.cluster().symbols;
    let issue = Issue::error("", format!("there is no {} `{}`", target.kind, target.name));
    Err(issue.suggest(target.name, of_kind().map(|(_, row)| symbols.text(row.name))))
}

fn deploy(at: usize, row: &file::Deploy, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    let Some(target) = target(row) else {
        let message = "expected one of deployment, statefulSet and daemonSet".to_owned();
        return issues.push(Issue::error(format!("deploys[{at}]"), message));
    };
    let workload = match find(target, converter, cast) {
        Ok(workload) => workload,
        Err(issue) => {
            let mut issue = issue;
            issue.place.field = Some(format!("deploys[{at}].{}", target.field));
            return issues.push(issue);
        }
    };
    // The new pods are another kind: their template has another hash.
    let mut spec = converter.cluster().spec(cast.workloads[workload].template).clone();
    let hash = converter.symbol(target.hash);
    let value = converter.symbol(&format!("deploy-{at}"));
    spec.labels.set(hash, value);
    let template = converter.cluster().intern_spec(spec);
    check(at, row, cast, issues);
    cast.deploys.push(Deploy {
        at: SimTime::ZERO + row.at.0,
        workload,
        template,
        blue_green: row.switch_at.map(|switch| BlueGreen { switch_at: SimTime::ZERO + switch.0 }),
        watch_for: row.watch_for.map_or(WATCH_FOR, |time| time.0),
        rollback_after: row.rollback_after.map(|time| time.0),
        cpu_factor: row.cpu_factor.unwrap_or(1.0),
    });
}

fn check(at: usize, row: &file::Deploy, cast: &Cast, issues: &mut Issues) {
    let wrong = |field: &str, message: String| Issue::error(format!("deploys[{at}].{field}"), message);
    if row.switch_at.is_some() && row.deployment.is_none() {
        issues.push(wrong("switchAt", "only a Deployment can be rolled out blue-green".to_owned()));
    }
    if let Some(switch) = row.switch_at.filter(|switch| switch.0 < row.at.0) {
        let message = format!("traffic would move at {}, before the rollout begins at {}", switch.0, row.at.0);
        issues.push(wrong("switchAt", message).with_help("it is a time of the scenario, as `at`"));
    }
    if let Some(factor) = row.cpu_factor.filter(|factor| !(*factor > 0.0 && *factor <= 1000.0)) {
        issues.push(wrong("cpuFactor", format!("{factor} is not between 0 and 1000")));
    }
    let promised = cast.traffic.as_ref().is_some_and(Traffic::promises_anything);
    if row.rollback_after.is_some() && !promised {
        let message = "no objective is given that could be broken".to_owned();
        issues.push(wrong("rollbackAfter", message).with_help("add objectives: {latencyP95: 500ms}"));
    }
}

/// A blue-green rollout must be over before the Deployment's next one begins.
fn refuse_overlaps(deploys: &[file::Deploy], issues: &mut Issues) {
    for (at, row) in deploys.iter().enumerate() {
        let Some(switch) = row.switch_at else { continue };
        let over = switch.0 + row.watch_for.map_or(WATCH_FOR, |time| time.0);
        let overlaps =
            |other: &&file::Deploy| target(other) == target(row) && other.at.0 >= row.at.0 && other.at.0 <= over;
        let mut others = deploys.iter().enumerate().filter(|(other, _)| *other != at);
        if let Some((next, _)) = others.find(|(_, other)| overlaps(other)) {
            let message = format!("the blue-green rollout deploys[{at}] lasts until {over}");
            issues.push(Issue::error(format!("deploys[{next}].at"), message));
        }
    }
}

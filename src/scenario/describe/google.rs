//! Answers of Google Cloud.

use super::answer::Answer;
use crate::scenario::declared::{Declared, Fact};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::terraform::{DiskTerms, TerraformGroup};
use serde_json::Value;

/// Takes an answer of Google Cloud; whether it is one.
pub(super) fn take(answer: &Answer<'_>, declared: &mut Declared, issues: &mut Issues) -> bool {
    if answer.get("/currentMasterVersion").is_some() || answer.get("/nodePools").is_some() {
        cluster(answer, declared, issues);
    } else if answer.get("/config/machineType").is_some() || answer.get("/instanceGroupUrls").is_some() {
        say_region(answer, declared, issues);
        pool(answer, &[], declared, issues);
    } else {
        return false;
    }
    true
}

fn cluster(answer: &Answer<'_>, declared: &mut Declared, issues: &mut Issues) {
    declared.cluster.name = declared.cluster.name.take().or_else(|| answer.text("/name").map(|name| answer.fact(name)));
    say_region(answer, declared, issues);
    if let Some(version) = answer.text("/currentMasterVersion") {
        declared.cluster.say_version(answer.fact(version), issues);
    }
    if let Some(channel) = answer.text("/releaseChannel/channel") {
        let fact = Fact::at(channel.to_lowercase(), answer.file, answer.line_of(channel));
        declared.cluster.release_channel = declared.cluster.release_channel.take().or(Some(fact));
    }
    if answer.truth("/autopilot/enabled") {
        declared.cluster.autopilot = Some(Fact::at((), answer.file, answer.line_of("autopilot")));
    }
    let zones = answer.texts("/locations");
    for one in answer.get("/nodePools").and_then(Value::as_array).into_iter().flatten() {
        pool(&answer.part(one), &zones, declared, issues);
    }
}

/// The region of `location`, or of the path to the object itself.
fn say_region(answer: &Answer<'_>, declared: &mut Declared, issues: &mut Issues) {
    let link = answer.text("/selfLink").unwrap_or_default();
    let of_link = || link.split('/').skip_while(|part| !["locations", "zones"].contains(part)).nth(1);
    let Some(location) = answer.text("/location").or_else(of_link) else { return };
    let is_zone = location.rsplit('-').next().is_some_and(|last| last.len() == 1);
    let region = if is_zone { location.rsplit_once('-').map_or(location, |(region, _)| region) } else { location };
    let fact = Fact::at(region.to_owned(), answer.file, answer.line_of(location));
    declared.cluster.say_region(fact, issues);
}

/// A node pool; its sizes are of each zone, but for totals.
fn pool(answer: &Answer<'_>, zones: &[String], declared: &mut Declared, issues: &mut Issues) {
    let Some(name) = answer.text("/name") else {
        return issues.push(answer.locate(Issue::error("name", "the node pool has no name")));
    };
    let own = answer.texts("/locations");
    let zones = if own.is_empty() { zones.to_vec() } else { own };
    let count = i32::try_from(zones.len().max(1)).unwrap_or(1);
    let first = answer.number("/initialNodeCount", issues).unwrap_or(0).saturating_mul(count);
    let (mut min, mut max) = (first, first);
    if answer.truth("/autoscaling/enabled") {
        let total = answer.number("/autoscaling/totalMaxNodeCount", issues).filter(|max| *max > 0);
        (min, max) = match total {
            Some(max) => (answer.number("/autoscaling/totalMinNodeCount", issues).unwrap_or(0), max),
            None => {
                let mut each = |field: &str| answer.number(&format!("/autoscaling/{field}"), issues).unwrap_or(0);
                (each("minNodeCount").saturating_mul(count), each("maxNodeCount").saturating_mul(count))
            }
        };
    }
    if count > 1 {
        let message = format!("sizes of node pool {name} are of each zone: of its {count} zones together here");
        issues.push(answer.locate(Issue::note("initialNodeCount", message)));
    }
    let config = "/config";
    let at = |field: &str| format!("{config}/{field}");
    declared.groups.push(TerraformGroup {
        self_managed: true,
        instance_types: answer.text(&at("machineType")).map(|kind| vec![kind.to_owned()]).unwrap_or_default(),
        min: Some(min),
        max: Some(max.max(min)),
        desired: Some(first.clamp(min, max.max(min))),
        spot: answer.truth(&at("spot")) || answer.truth(&at("preemptible")),
        labels: answer.pairs(&at("labels")),
        taints: answer.taints(&at("taints")),
        disk_gib: answer.number(&at("diskSizeGb"), issues),
        disk: DiskTerms { kind: answer.text(&at("diskType")).map(str::to_owned), ..DiskTerms::default() },
        zones: Some(zones).filter(|zones| !zones.is_empty()),
        ..answer.group(name)
    });
}

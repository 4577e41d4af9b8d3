//! What the scenario does not say of its cluster, and the infrastructure does.

use crate::market::Catalog;
use crate::scenario::declared::{ClusterFacts, Fact};
use crate::scenario::file::{ReleaseChannel, ScenarioFile, VersionText};
use crate::scenario::issue::{Issue, Issues};

/// The scenario with what is declared besides; each value that is taken is said.
pub(super) fn completed(file: &ScenarioFile, facts: &ClusterFacts, issues: &mut Issues) -> ScenarioFile {
    let mut file = file.clone();
    let cluster = &mut file.cluster;
    if let Some(region) = &facts.region {
        let is_known = Catalog::shipped().provider(&region.value).is_ok();
        match &cluster.region {
            None if is_known => {
                cluster.region = Some(region.value.clone());
                issues.push(taken("cluster.region", &region.value, region));
            }
            None => {
                let message =
                    format!("there are no prices of region {}: give another one as cluster.region", region.value);
                issues.push(region.locate(Issue::warning("cluster.region", message)));
            }
            Some(own) => differs("cluster.region", own, region, issues),
        }
    }
    if let Some(version) = &facts.kubernetes_version {
        match &cluster.kubernetes_version {
            None => {
                cluster.kubernetes_version = Some(VersionText(version.value.clone()));
                issues.push(taken("cluster.kubernetesVersion", &version.value, version));
            }
            Some(own) => differs("cluster.kubernetesVersion", &own.0, version, issues),
        }
    }
    if let (None, Some(channel)) = (cluster.release_channel, &facts.release_channel) {
        cluster.release_channel = match channel.value.as_str() {
            "rapid" => Some(ReleaseChannel::Rapid),
            "regular" => Some(ReleaseChannel::Regular),
            "stable" => Some(ReleaseChannel::Stable),
            "extended" => Some(ReleaseChannel::Extended),
            _ => None,
        };
        if cluster.release_channel.is_some() {
            issues.push(taken("cluster.releaseChannel", &channel.value, channel));
        }
    }
    if let (false, Some(fact)) = (cluster.auto_mode, &facts.auto_mode) {
        cluster.auto_mode = true;
        issues.push(taken("cluster.autoMode", "true", fact));
    }
    if let (false, Some(fact)) = (cluster.autopilot, &facts.autopilot) {
        cluster.autopilot = true;
        issues.push(taken("cluster.autopilot", "true", fact));
    }
    if let (true, Some(first)) = (cluster.fargate.is_empty(), facts.fargate.first()) {
        cluster.fargate = facts.fargate.iter().map(|fact| fact.value.clone()).collect();
        let namespaces: Vec<&str> = cluster.fargate.iter().map(|profile| profile.namespace.as_str()).collect();
        issues.push(taken("cluster.fargate", &namespaces.join(", "), first));
    }
    file
}

fn taken<T>(field: &str, value: &str, fact: &Fact<T>) -> Issue {
    fact.locate(Issue::note(field, format!("{value} is taken from here: the scenario does not say it")))
}

fn differs(field: &str, own: &str, fact: &Fact<String>, issues: &mut Issues) {
    if own != fact.value {
        let message = format!("{} is said here, and {own} in the scenario: that counts", fact.value);
        issues.push(fact.locate(Issue::warning(field, message)));
    }
}

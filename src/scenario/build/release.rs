//! The scenario's Kubernetes: what it says, else what the infrastructure or the nodes of a dump say, else the newest.

use super::objects::Objects;
use crate::release::{KubernetesVersion, Release};
use crate::scenario::file::{ScenarioFile, VersionText};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::release;

/// Where a version is given.
pub(super) const FIELD: &str = "cluster.kubernetesVersion";

/// Fills in the version where nobody gave one, and says so; the version with its gates. `is_given`: the scenario itself says it.
pub(super) fn of(file: &mut ScenarioFile, is_given: bool, objects: &Objects, issues: &mut Issues) -> Release {
    let version = match &file.cluster.kubernetes_version {
        Some(given) if is_given => release::version(FIELD, &given.0).unwrap_or_else(|issue| {
            issues.push(issue);
            KubernetesVersion::default()
        }),
        Some(declared) => {
            let (version, doubt) = release::nearest(&declared.0);
            doubt.into_iter().for_each(|issue| issues.push(issue));
            version
        }
        None => found(file, objects, issues),
    };
    let mut release = Release::of(version);
    release::switch(&mut release, "cluster.featureGates", &file.cluster.feature_gates, issues);
    release
}

/// The version of the dump's nodes, else the newest.
fn found(file: &mut ScenarioFile, objects: &Objects, issues: &mut Issues) -> KubernetesVersion {
    let kubelets = objects.nodes.iter().map(|(_, node)| node.status.node_info.kubelet_version.as_str());
    let of_nodes = release::of_kubelets(kubelets);
    let version = of_nodes.unwrap_or_default();
    let why = match of_nodes {
        Some(_) => "no version is given: the newest of the nodes' kubelets, which the control plane cannot be behind",
        None => "no version is given, this one is assumed: the newest whose rules are known",
    };
    issues.push(Issue::note(FIELD, format!("{version}: {why}")));
    file.cluster.kubernetes_version = Some(VersionText(version.to_string()));
    version
}

//! eksctl's ClusterConfig: node groups, managed and own, Fargate profiles, Auto Mode, and what is said of the cluster.
//!
//! Source: eksctl's schema, `eksctl.io/v1alpha5`, and its defaults: m5.large, 2 nodes, 80 GiB of gp3.
//! Deliberately not here: addons, networks, access; they change no figure.
//!
//! Start reading at [`read`].

mod group;

use super::declared::{Declared, Fact};
use super::file::FargateProfile;
use super::issue::{Issue, Issues};
use super::kubernetes::reader::{Item, Provenance, Reader};
use super::sources::Files;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the files say. Cost: each is parsed once.
pub(super) fn read(files: impl Files, paths: &[PathBuf], issues: &mut Issues) -> Declared {
    let mut declared = Declared::default();
    for path in paths {
        let mut count = 0;
        for item in Reader::of(&[]).collect(files, path, issues) {
            let Item::Other(from, value) = item else { continue };
            if is_config(&value) {
                count += 1;
                declared.absorb(config(&from, &value, issues), issues);
            }
        }
        if count == 0 {
            let help = "eksctl files begin with apiVersion: eksctl.io/v1alpha5, kind: ClusterConfig";
            let issue = Issue::error("eksctl", "there is no ClusterConfig in it").with_help(help);
            issues.push(issue.in_file(path.display().to_string(), None));
        }
    }
    declared
}

/// Whether an object is eksctl's.
pub(super) fn is_config(value: &Value) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    text("kind") == "ClusterConfig" && text("apiVersion").starts_with("eksctl.io/")
}

/// What one ClusterConfig says.
pub(super) fn config(from: &Provenance, value: &Value, issues: &mut Issues) -> Declared {
    let mut declared = Declared::default();
    let line = |field: &str| from.locate(Issue::note(field, "")).place.line.unwrap_or(1);
    let fact = |pointer: &str, field: &str| {
        let text = match value.pointer(pointer)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(Fact::at(text, from.file(), line(field)))
    };
    declared.cluster.name = fact("/metadata/name", "metadata.name");
    declared.cluster.region = fact("/metadata/region", "metadata.region");
    if let Some(version) = fact("/metadata/version", "metadata.version") {
        declared.cluster.say_version(version, issues);
    }
    if value.pointer("/autoModeConfig/enabled").and_then(Value::as_bool) == Some(true) {
        declared.cluster.auto_mode = Some(Fact::at((), from.file(), line("autoModeConfig")));
        let message = "EKS Auto Mode brings nodes of its own, which are not part of the simulation";
        let help =
            "give the nodes that it would launch: nodeGroups.NAME: {instanceTypes: [...], minSize: ..., maxSize: ...}";
        issues.push(from.locate(Issue::warning("autoModeConfig", message).with_help(help)));
    }
    if value.get("karpenter").is_some_and(|karpenter| !karpenter.is_null()) {
        let message = "Karpenter launches and removes nodes of its own, which are not simulated";
        let help =
            "give the nodes that it would launch: nodeGroups.NAME: {instanceTypes: [...], minSize: ..., maxSize: ...}";
        issues.push(from.locate(Issue::warning("karpenter", message).with_help(help)));
    }
    fargate(from, value, &mut declared, issues);
    let zones = group::texts(value.get("availabilityZones"));
    let name = declared.cluster.name.as_ref().map(|name| name.value.clone());
    for list in ["nodeGroups", "managedNodeGroups"] {
        let rows = match value.get(list) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(rows)) => rows,
            Some(_) => {
                issues.push(from.locate(Issue::error(list, "expected a list of node groups")));
                continue;
            }
        };
        for (at, row) in rows.iter().enumerate() {
            let place = group::Place { from, field: format!("{list}[{at}]"), is_managed: list == "managedNodeGroups" };
            if let Some(mut group) = group::read(&place, row, issues) {
                group.cluster.clone_from(&name);
                group.zones = group.zones.or_else(|| zones.clone());
                declared.groups.push(group);
            }
        }
    }
    declared
}

/// Selectors of Fargate profiles.
fn fargate(from: &Provenance, value: &Value, declared: &mut Declared, issues: &mut Issues) {
    let profiles = value.get("fargateProfiles").and_then(Value::as_array).into_iter().flatten();
    for (at, profile) in profiles.enumerate() {
        let field = format!("fargateProfiles[{at}]");
        let line = from.locate(Issue::note(field.clone(), "")).place.line.unwrap_or(1);
        for selector in profile.get("selectors").and_then(Value::as_array).into_iter().flatten() {
            let Some(namespace) = selector.get("namespace").and_then(Value::as_str) else {
                issues.push(from.locate(Issue::error(field.clone(), "a selector names no namespace")));
                continue;
            };
            let labels = group::pairs(selector.get("labels")).into_iter().collect::<BTreeMap<_, _>>();
            let profile = FargateProfile { namespace: namespace.to_owned(), labels };
            declared.cluster.fargate.push(Fact::at(profile, from.file(), line));
        }
    }
}

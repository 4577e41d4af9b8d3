//! Answers of AWS.

use super::answer::Answer;
use crate::scenario::declared::{Declared, Fact};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::terraform::{TerraformGroup, Unread};
use serde_json::Value;

/// Takes an answer of AWS; whether it is one.
pub(super) fn take(answer: &Answer<'_>, declared: &mut Declared, issues: &mut Issues) -> bool {
    if let Some(group) = answer.get("/nodegroup") {
        node_group(&answer.part(group), declared, issues);
    } else if let Some(cluster) = answer.get("/cluster").filter(|cluster| cluster.get("arn").is_some()) {
        self::cluster(&answer.part(cluster), declared, issues);
    } else if let Some(groups) = answer.get("/AutoScalingGroups").and_then(Value::as_array) {
        groups.iter().for_each(|group| scaling_group(&answer.part(group), declared, issues));
    } else if answer.get("/nodegroups").is_some() {
        let message = "these are names of node groups only";
        let help = "give the output of aws eks describe-nodegroup for each of them";
        issues.push(answer.locate(Issue::error("nodegroups", message).with_help(help)));
    } else {
        return false;
    }
    true
}

/// The fourth part of an ARN.
fn say_region(answer: &Answer<'_>, pointer: &str, declared: &mut Declared, issues: &mut Issues) {
    let arn = answer.text(pointer).unwrap_or_default();
    if let Some(region) = arn.split(':').nth(3).filter(|region| !region.is_empty()) {
        let fact = Fact::at(region.to_owned(), answer.file, answer.line_of(arn));
        declared.cluster.say_region(fact, issues);
    }
}

fn cluster(answer: &Answer<'_>, declared: &mut Declared, issues: &mut Issues) {
    declared.cluster.name = declared.cluster.name.take().or_else(|| answer.text("/name").map(|name| answer.fact(name)));
    say_region(answer, "/arn", declared, issues);
    if let Some(version) = answer.text("/version") {
        declared.cluster.say_version(answer.fact(version), issues);
    }
    if answer.truth("/computeConfig/enabled") {
        declared.cluster.auto_mode = Some(Fact::at((), answer.file, answer.line_of("computeConfig")));
        let message = "EKS Auto Mode brings nodes of its own, which are not part of the simulation";
        let help =
            "give the nodes that it would launch: nodeGroups.NAME: {instanceTypes: [...], minSize: ..., maxSize: ...}";
        issues.push(answer.locate(Issue::warning("computeConfig", message).with_help(help)));
    }
}

fn node_group(answer: &Answer<'_>, declared: &mut Declared, issues: &mut Issues) {
    let Some(name) = answer.text("/nodegroupName") else {
        return issues.push(answer.locate(Issue::error("nodegroup.nodegroupName", "the node group has no name")));
    };
    say_region(answer, "/nodegroupArn", declared, issues);
    if let Some(version) = answer.text("/version") {
        declared.cluster.say_version(answer.fact(version), issues);
    }
    let mut group = TerraformGroup {
        cluster: answer.text("/clusterName").map(str::to_owned),
        instance_types: answer.texts("/instanceTypes"),
        min: answer.number("/scalingConfig/minSize", issues),
        max: answer.number("/scalingConfig/maxSize", issues),
        desired: answer.number("/scalingConfig/desiredSize", issues),
        spot: answer.text("/capacityType").is_some_and(|kind| kind.eq_ignore_ascii_case("spot")),
        disk_gib: answer.number("/diskSize", issues),
        labels: answer.pairs("/labels"),
        taints: answer.taints("/taints"),
        ..answer.group(name)
    };
    if group.instance_types.is_empty() {
        miss_types(&mut group, "the launch template says the machine type, and this answer does not");
    }
    declared.groups.push(group);
}

fn scaling_group(answer: &Answer<'_>, declared: &mut Declared, issues: &mut Issues) {
    let Some(name) = answer.text("/AutoScalingGroupName") else {
        return issues.push(answer.locate(Issue::error("AutoScalingGroupName", "the group has no name")));
    };
    say_region(answer, "/AutoScalingGroupARN", declared, issues);
    let tag = |tag: &Value| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned()));
    let mut group = TerraformGroup {
        self_managed: true,
        min: answer.number("/MinSize", issues),
        max: answer.number("/MaxSize", issues),
        desired: answer.number("/DesiredCapacity", issues),
        zones: Some(answer.texts("/AvailabilityZones")).filter(|zones| !zones.is_empty()),
        tags: answer.get("/Tags").and_then(Value::as_array).into_iter().flatten().filter_map(tag).collect(),
        ..answer.group(name)
    };
    // The groups behind managed ones are called eks-...: both may have been asked for.
    if let Some((_, managed)) = group.tags.iter().find(|(key, _)| key == "eks:nodegroup-name") {
        let message = format!("{name} is the group behind the managed node group {managed}: it is called so");
        issues.push(answer.locate(Issue::note("AutoScalingGroupName", message)));
        (group.name, group.self_managed) = (managed.clone(), false);
    }
    let policy = "/MixedInstancesPolicy/LaunchTemplate/Overrides";
    let types = |pointer: &str| {
        let rows = answer.get(pointer).and_then(Value::as_array).into_iter().flatten();
        let mut found: Vec<String> = Vec::new();
        for kind in rows.filter_map(|row| row.get("InstanceType")?.as_str()) {
            if !found.iter().any(|known| known == kind) {
                found.push(kind.to_owned());
            }
        }
        found
    };
    group.instance_types = Some(types(policy)).filter(|types| !types.is_empty()).unwrap_or_else(|| types("/Instances"));
    if group.instance_types.is_empty() {
        miss_types(&mut group, "the launch template says the machine type, and there is no instance to see it");
    }
    let split = "/MixedInstancesPolicy/InstancesDistribution";
    let percent = answer.number(&format!("{split}/OnDemandPercentageAboveBaseCapacity"), issues).unwrap_or(100);
    let base = answer.number(&format!("{split}/OnDemandBaseCapacity"), issues).unwrap_or(0);
    group.spot = percent < 50;
    if (base > 0 && percent < 100) || (1..100).contains(&percent) {
        let kind = if group.spot { "spot" } else { "on demand" };
        let message = format!(
            "of group {} {base} nodes are on demand, and {percent} % of the others: all are taken as {kind}",
            group.name
        );
        let help = format!("give nodeGroups.{}.spotShare", group.name);
        issues.push(answer.locate(Issue::warning("InstancesDistribution", message).with_help(help)));
    }
    declared.groups.push(group);
}

fn miss_types(group: &mut TerraformGroup, why: &str) {
    group.unread.push(Unread {
        name: "instanceTypes".to_owned(),
        field: "instanceTypes",
        expression: "launchTemplate".to_owned(),
        why: why.to_owned(),
        file: group.file.clone(),
        line: group.line,
        is_elsewhere: false,
    });
}

//! A node group of eksctl.

use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::reader::Provenance;
use crate::scenario::terraform::{DiskTerms, TerraformGroup, Unread};
use serde_json::Value;

/// Where a group stands.
pub(super) struct Place<'a> {
    pub(super) from: &'a Provenance,
    /// `nodeGroups[0]`.
    pub(super) field: String,
    pub(super) is_managed: bool,
}

/// eksctl's machine type. Source: `DefaultNodeType`.
const DEFAULT_TYPE: &str = "m5.large";
/// Its number of nodes. Source: `DefaultNodeCount`.
const DEFAULT_COUNT: i32 = 2;
/// Its disk, in GiB, and the kind of that. Source: `DefaultNodeVolumeSize`, `DefaultNodeVolumeType`.
const DEFAULT_VOLUME: i32 = 80;
const DEFAULT_VOLUME_TYPE: &str = "gp3";

/// Fields that are read.
const READ: &[&str] = &[
    "name",
    "instanceType",
    "instanceTypes",
    "instanceSelector",
    "instancesDistribution",
    "minSize",
    "maxSize",
    "desiredCapacity",
    "volumeSize",
    "volumeType",
    "volumeIOPS",
    "volumeThroughput",
    "labels",
    "taints",
    "availabilityZones",
    "spot",
    "tags",
    "propagateASGTags",
    "launchTemplate",
    "iam",
];
/// Fields that change no figure.
const WITHOUT_WEIGHT: &[&str] = &[
    "ami",
    "amiFamily",
    "asgMetricsCollection",
    "asgSuspendProcesses",
    "bottlerocket",
    "capacityReservation",
    "classicLoadBalancerNames",
    "clusterDNS",
    "containerRuntime",
    "cpuCredits",
    "disableIMDSv1",
    "disablePodIMDS",
    "ebsOptimized",
    "efaEnabled",
    "enableDetailedMonitoring",
    "eksAMI",
    "iamRoleArn",
    "instanceName",
    "instancePrefix",
    "kubeletExtraConfig",
    "localZones",
    "maxInstanceLifetime",
    "nodeRepairConfig",
    "overrideBootstrapCommand",
    "placement",
    "preBootstrapCommands",
    "privateNetworking",
    "releaseVersion",
    "securityGroups",
    "ssh",
    "subnets",
    "targetGroupARNs",
    "updateConfig",
    "volumeEncrypted",
    "volumeKmsKeyID",
    "volumeName",
    "additionalEncryptedVolume",
];

/// The group of a row; nothing if it has no name.
pub(super) fn read(place: &Place<'_>, row: &Value, issues: &mut Issues) -> Option<TerraformGroup> {
    let mut wrong = |field: &str, message: &str| {
        let field = if field.is_empty() { place.field.clone() } else { format!("{}.{field}", place.field) };
        issues.push(place.from.locate(Issue::error(field, message)));
    };
    let Some(fields) = row.as_object() else {
        wrong("", "expected a node group");
        return None;
    };
    let Some(name) = row.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) else {
        wrong("name", "the node group has no name");
        return None;
    };
    let mut number = |field: &str| match row.get(field) {
        None | Some(Value::Null) => None,
        Some(value) => {
            let found = value.as_i64().and_then(|number| i32::try_from(number).ok()).filter(|number| *number >= 0);
            if found.is_none() {
                wrong(field, &format!("found {value}, expected a whole number of 0 or more"));
            }
            found
        }
    };
    let (min, max, desired) = (number("minSize"), number("maxSize"), number("desiredCapacity"));
    let (iops, throughput) = (number("volumeIOPS"), number("volumeThroughput"));
    let volume = number("volumeSize").unwrap_or(DEFAULT_VOLUME);
    let mut group = TerraformGroup {
        name: name.to_owned(),
        file: place.from.file().to_owned(),
        line: place.from.locate(Issue::note(place.field.clone(), "")).place.line.unwrap_or(1),
        self_managed: !place.is_managed,
        labels: pairs(row.get("labels")),
        zones: texts(row.get("availabilityZones")),
        spot: row.get("spot").and_then(Value::as_bool).unwrap_or(false),
        disk_gib: Some(volume),
        disk: DiskTerms {
            kind: Some(text(row, "volumeType").unwrap_or(DEFAULT_VOLUME_TYPE).to_owned()),
            iops,
            throughput,
        },
        ..TerraformGroup::default()
    };
    // Source: eksctl, `ScalingConfig` and `setDefaultsForNodeGroup`: one size gives the others.
    let first = desired.or(min).or(max.map(|max| max.min(DEFAULT_COUNT))).unwrap_or(DEFAULT_COUNT);
    (group.desired, group.min, group.max) = (Some(first), Some(min.unwrap_or(first)), Some(max.unwrap_or(first)));
    taints(place, row, &mut group, issues);
    types(place, row, &mut group, issues);
    tags(row, &mut group);
    if text(row, "amiFamily").is_some_and(|family| family.starts_with("Windows")) {
        let message = format!("nodes of {name} are of Windows: they are simulated as nodes of Linux are");
        issues.push(place.from.locate(Issue::warning(format!("{}.amiFamily", place.field), message)));
    }
    let unknown: Vec<&str> = fields
        .keys()
        .map(String::as_str)
        .filter(|field| !READ.contains(field) && !WITHOUT_WEIGHT.contains(field))
        .collect();
    if !unknown.is_empty() {
        let message = format!("fields of node group {name} that are not known: {}", unknown.join(", "));
        issues.push(place.from.locate(Issue::note(place.field.clone(), message)));
    }
    Some(group)
}

/// Machine types, and how many of them are on spot.
fn types(place: &Place<'_>, row: &Value, group: &mut TerraformGroup, issues: &mut Issues) {
    let distribution = row.get("instancesDistribution").filter(|value| value.is_object());
    let listed =
        distribution.and_then(|value| texts(value.get("instanceTypes"))).or_else(|| texts(row.get("instanceTypes")));
    let single = text(row, "instanceType").filter(|name| *name != "mixed").map(|name| vec![name.to_owned()]);
    group.instance_types = listed.or(single).unwrap_or_default();
    if group.instance_types.is_empty() {
        let is_given = |field: &str| row.get(field).is_some_and(|value| !value.is_null());
        if is_given("instanceSelector") {
            miss(
                place,
                group,
                "instanceSelector",
                "which machine types the selector chooses is known to the cloud only",
            );
        } else if is_given("launchTemplate") {
            miss(place, group, "launchTemplate", "the launch template is known to the cloud only");
        } else {
            group.instance_types.push(DEFAULT_TYPE.to_owned());
            let message = format!("node group {} names no machine type: eksctl takes {DEFAULT_TYPE}", group.name);
            issues.push(place.from.locate(Issue::warning(place.field.clone(), message)));
        }
    }
    let Some(distribution) = distribution else { return };
    let number = |field: &str| distribution.get(field).and_then(Value::as_i64);
    let base = number("onDemandBaseCapacity").unwrap_or(0);
    // Source: the EC2 API: 100 where nothing is said.
    let percent = number("onDemandPercentageAboveBaseCapacity").unwrap_or(100);
    group.spot = percent < 50;
    if (base > 0 && percent < 100) || (1..100).contains(&percent) {
        let kind = if group.spot { "spot" } else { "on demand" };
        let message = format!(
            "of node group {} {base} nodes are on demand, and {percent} % of the others: all are taken as {kind}",
            group.name
        );
        let help = format!(
            "give nodeGroups.{}.spotShare: {}",
            group.name,
            f64::from(100 - percent.clamp(0, 100) as i32) / 100.0
        );
        let field = format!("{}.instancesDistribution", place.field);
        issues.push(place.from.locate(Issue::warning(field, message).with_help(help)));
    }
}

fn miss(place: &Place<'_>, group: &mut TerraformGroup, name: &str, why: &str) {
    let field = format!("{}.{name}", place.field);
    group.unread.push(Unread {
        name: name.to_owned(),
        field: "instanceTypes",
        expression: name.to_owned(),
        why: why.to_owned(),
        file: group.file.clone(),
        line: place.from.locate(Issue::note(field, "")).place.line.unwrap_or(group.line),
        is_elsewhere: false,
    });
}

/// A list of objects, or a map of `value:Effect` by key, as eksctl has both.
fn taints(place: &Place<'_>, row: &Value, group: &mut TerraformGroup, issues: &mut Issues) {
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let mut bad = false;
    match row.get("taints") {
        Some(Value::Array(list)) => {
            for taint in list {
                match (text(taint, "key"), text(taint, "effect")) {
                    (Some(key), Some(effect)) => {
                        group.taints.push((key.to_owned(), owned(text(taint, "value")), effect.to_owned()));
                    }
                    _ => bad = true,
                }
            }
        }
        Some(Value::Object(map)) => {
            for (key, value) in map {
                match value.as_str().and_then(|text| text.rsplit_once(':')) {
                    Some((value, effect)) => group.taints.push((key.clone(), value.to_owned(), effect.to_owned())),
                    None => bad = true,
                }
            }
        }
        Some(Value::Null) | None => {}
        Some(_) => bad = true,
    }
    if bad {
        let message = "expected a list of {key, value, effect}, or a map of value:Effect";
        issues.push(place.from.locate(Issue::error(format!("{}.taints", place.field), message)));
    }
}

/// Tags by which Cluster Autoscaler finds a group, and what it is told of its nodes.
///
/// Source: eksctl, `pkg/cfn/builder/nodegroup.go`.
fn tags(row: &Value, group: &mut TerraformGroup) {
    group.tags = pairs(row.get("tags"));
    let is = |pointer: &str| row.pointer(pointer).and_then(Value::as_bool) == Some(true);
    if is("/iam/withAddonPolicies/autoScaler") {
        group.tags.push(("k8s.io/cluster-autoscaler/enabled".to_owned(), "true".to_owned()));
    }
    if is("/propagateASGTags") {
        let prefix = "k8s.io/cluster-autoscaler/node-template";
        let labels = group.labels.iter().map(|(key, value)| (format!("{prefix}/label/{key}"), value.clone()));
        let taints = group
            .taints
            .iter()
            .map(|(key, value, effect)| (format!("{prefix}/taint/{key}"), format!("{value}:{effect}")));
        let more: Vec<(String, String)> = labels.chain(taints).collect();
        group.tags.extend(more);
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// A list of texts with something in it.
pub(super) fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    let list = value?.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()?;
    Some(list).filter(|list| !list.is_empty())
}

/// A map of texts; numbers and truths as texts.
pub(super) fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    };
    let fields = value.and_then(Value::as_object).into_iter().flatten();
    fields.filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect()
}

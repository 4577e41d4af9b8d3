//! A node group while it is put together: from Terraform, from the scenario file, from the nodes of a dump.

use crate::autoscaler::{Tags, eks_tags};
use crate::market::Provider;
use crate::scenario::file;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::terraform::{TerraformGroup, Unread};
use crate::units::{Quantity, SimDuration};
use crate::world::RootVolume;
use std::collections::BTreeMap;

/// A group while it is put together.
#[derive(Clone, Default)]
pub(super) struct GroupDraft {
    pub(super) types: Vec<String>,
    pub(super) spot: bool,
    /// The part of its sizes that a second group has on spot.
    pub(super) spot_share: Option<f64>,
    pub(super) min: Option<i32>,
    pub(super) max: Option<i32>,
    pub(super) desired: Option<i32>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) taints: Vec<(String, String, String)>,
    pub(super) zones: Option<Vec<String>>,
    pub(super) autoscaled: Option<bool>,
    pub(super) boot: Option<SimDuration>,
    /// The cluster's name, where Terraform says it.
    pub(super) cluster: Option<String>,
    pub(super) tags: Tags,
    pub(super) self_managed: bool,
    /// The disk, in GiB.
    pub(super) disk_gib: Option<i64>,
    /// The disk as it is paid for.
    pub(super) root_volume: RootVolume,
    /// Pods on a node, where that is said.
    pub(super) max_pods: Option<i64>,
    /// What a node has besides cpu, memory and disk.
    pub(super) extended: BTreeMap<String, Quantity>,
    /// The speed of its cpus, where the scenario says it.
    pub(super) cpu_speed: Option<f64>,
    /// What Terraform says with an expression, and nobody says otherwise.
    pub(super) unread: Vec<Unread>,
    pub(super) place: Option<(String, u32)>,
}

impl GroupDraft {
    /// What `--node-group-auto-discovery` looks at.
    pub(super) fn all_tags(&self, provider: Provider, name: &str) -> Tags {
        let mut tags = match provider {
            Provider::Aws if !self.self_managed => eks_tags(self.cluster.as_deref(), name),
            _ => Tags::new(),
        };
        tags.extend(self.tags.clone());
        tags
    }

    /// The flags' bounds count for the autoscaler, whatever the cloud's are.
    pub(super) fn bound(&mut self, name: &str, min: i32, max: i32, issues: &mut Issues) {
        let differs = |own: Option<i32>, flag: i32| own.is_some_and(|own| own != flag);
        if differs(self.min, min) || differs(self.max, max) {
            let message = format!("--nodes says {min} to {max}: that counts, not the sizes of the group");
            issues.push(self.locate(Issue::warning(format!("nodeGroups.{name}"), message)));
        }
        (self.min, self.max) = (Some(min), Some(max));
    }

    /// As Terraform declares it, with its name.
    pub(super) fn of_terraform(group: TerraformGroup) -> (String, Self) {
        let draft = GroupDraft {
            types: group.instance_types,
            spot: group.spot,
            min: group.min,
            max: group.max,
            desired: group.desired,
            labels: group.labels.into_iter().collect(),
            taints: group.taints,
            cluster: group.cluster,
            tags: group.tags.into_iter().collect(),
            self_managed: group.self_managed,
            disk_gib: group.disk_gib.map(i64::from),
            root_volume: RootVolume {
                gib: group.disk_gib.map(i64::from),
                kind: group.disk.kind,
                iops: group.disk.iops.map(i64::from),
                throughput: group.disk.throughput.map(i64::from),
            },
            zones: group.zones,
            unread: group.unread,
            place: Some((group.file, group.line)),
            ..GroupDraft::default()
        };
        (group.name, draft)
    }

    /// A disk of another kind has none of the first one's operations and throughput.
    fn apply_root_volume(&mut self, said: &file::RootVolume) {
        let own = &mut self.root_volume;
        if said.kind.is_some() && said.kind != own.kind {
            *own = RootVolume { gib: own.gib, ..RootVolume::default() };
        }
        own.gib = said.size.or(own.gib);
        own.kind = said.kind.clone().or(own.kind.take());
        own.iops = said.iops.or(own.iops);
        own.throughput = said.throughput.or(own.throughput);
    }

    /// The scenario's change on top.
    pub(super) fn apply(&mut self, name: &str, change: &file::NodeGroup, issues: &mut Issues) {
        if let Some(types) = &change.instance_types {
            self.types.clone_from(types);
        }
        match change.capacity_type.as_deref() {
            None => {}
            Some(text) if text.eq_ignore_ascii_case("spot") => self.spot = true,
            Some(text) if text.eq_ignore_ascii_case("on_demand") => self.spot = false,
            Some(text) => issues.push(Issue::error(
                format!("nodeGroups.{name}.capacityType"),
                format!("found `{text}`, expected ON_DEMAND or SPOT"),
            )),
        }
        self.spot_share = change.spot_share.or(self.spot_share);
        self.min = change.min_size.or(self.min);
        self.max = change.max_size.or(self.max);
        self.desired = change.desired_size.or(self.desired);
        if let Some(labels) = &change.labels {
            self.labels.extend(labels.clone());
        }
        if let Some(zones) = &change.zones {
            self.zones = Some(zones.clone());
        }
        self.autoscaled = change.autoscaled.or(self.autoscaled);
        self.tags.extend(change.tags.clone().unwrap_or_default());
        self.boot = change.boot_time.map(|time| time.0).or(self.boot);
        self.disk_gib = change.disk_size.or(self.disk_gib);
        self.root_volume.gib = change.disk_size.or(self.root_volume.gib);
        if let Some(volume) = &change.root_volume {
            self.apply_root_volume(volume);
        }
        self.cpu_speed = change.cpu_speed.or(self.cpu_speed);
        self.apply_resources(name, change, issues);
        self.unread.retain(|miss| !says(change, miss.field));
        for taint in change.taints.iter().flatten() {
            let parts =
                taint.rsplit_once(':').map(|(pair, effect)| (pair.split_once('=').unwrap_or((pair, "")), effect));
            match parts {
                Some(((key, value), effect)) => self.taints.push((key.into(), value.into(), effect.into())),
                None => issues.push(Issue::error(
                    format!("nodeGroups.{name}.taints"),
                    format!("found `{taint}`, expected key=value:Effect"),
                )),
            }
        }
    }

    /// Extended resources; the others follow from the machine type.
    fn apply_resources(&mut self, name: &str, change: &file::NodeGroup, issues: &mut Issues) {
        for (resource, amount) in change.resources.iter().flatten() {
            let field = format!("nodeGroups.{name}.resources.{resource}");
            if amount.is_negative() {
                issues.push(Issue::error(field, format!("found {amount}, expected 0 or more")));
                continue;
            }
            match resource.as_str() {
                "pods" => self.max_pods = Some(amount.value()),
                "cpu" | "memory" => {
                    let issue = Issue::error(field, "cpu and memory of a node follow from its machine type");
                    issues.push(issue.with_help(format!("choose another one: nodeGroups.{name}.instanceTypes")));
                }
                "ephemeral-storage" => {
                    let issue = Issue::error(field, "ephemeral storage follows from the disk");
                    issues.push(issue.with_help(format!("give its size in GiB: nodeGroups.{name}.diskSize")));
                }
                _ => drop(self.extended.insert(resource.clone(), *amount)),
            }
        }
        if self.disk_gib.is_some_and(|size| !(1..=65_536).contains(&size)) {
            let message = format!("found {}, expected 1 to 65536 GiB", self.disk_gib.unwrap_or_default());
            issues.push(Issue::error(format!("nodeGroups.{name}.diskSize"), message));
        }
        if self.cpu_speed.is_some_and(|speed| !(0.01..=100.0).contains(&speed)) {
            let message = format!("found {}, expected 0.01 to 100", self.cpu_speed.unwrap_or_default());
            issues.push(Issue::error(format!("nodeGroups.{name}.cpuSpeed"), message));
        }
    }

    /// Puts an issue where the group is declared, if that is in Terraform.
    pub(super) fn locate(&self, issue: Issue) -> Issue {
        match &self.place {
            Some((file, line)) => issue.in_file(file.clone(), Some(*line)),
            None => issue,
        }
    }
}

/// Whether the scenario says what a field of it is for.
fn says(change: &file::NodeGroup, field: &str) -> bool {
    match field {
        "instanceTypes" => change.instance_types.is_some(),
        "capacityType" => change.capacity_type.is_some(),
        "minSize" => change.min_size.is_some(),
        "maxSize" => change.max_size.is_some(),
        "desiredSize" => change.desired_size.is_some(),
        "labels" => change.labels.is_some(),
        "taints" => change.taints.is_some(),
        "diskSize" => change.disk_size.is_some(),
        _ => false,
    }
}

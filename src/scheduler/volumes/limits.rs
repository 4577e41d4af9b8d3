//! EBSLimits, GCEPDLimits, NodeVolumeLimits, AzureDiskLimits: how many volumes a node can attach.

use super::lookup::{Lookup, claim_name, class_of};
use crate::cluster::{ClusterState, Node, PodId, PodSpec, PvSource, PvcId, VolumeSource};
use crate::intern::Symbol;
use crate::scheduler::reason::{Plugin, Reason, Rejection};
use crate::scheduler::what_if::WhatIf;
use std::collections::BTreeSet;

/// Disks that Kubernetes once attached itself, and that a CSI driver attaches where the node has one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InTree {
    Ebs,
    Gce,
    Azure,
}

impl InTree {
    fn provisioner(self) -> &'static str {
        match self {
            InTree::Ebs => "kubernetes.io/aws-ebs",
            InTree::Gce => "kubernetes.io/gce-pd",
            InTree::Azure => "kubernetes.io/azure-disk",
        }
    }
    fn csi_driver(self) -> &'static str {
        match self {
            InTree::Ebs => "ebs.csi.aws.com",
            InTree::Gce => "pd.csi.storage.gke.io",
            InTree::Azure => "disk.csi.azure.com",
        }
    }
    fn plugin(self) -> Plugin {
        match self {
            InTree::Ebs => Plugin::EBSLimits,
            InTree::Gce => Plugin::GCEPDLimits,
            InTree::Azure => Plugin::AzureDiskLimits,
        }
    }
    /// Upstream: `getMaxVolumeFunc`, `volumeLimits`, 1.28.
    fn limit(self, cluster: &ClusterState, node: &Node) -> i64 {
        let (key, usual) = match self {
            InTree::Ebs => ("attachable-volumes-aws-ebs", if is_nitro(cluster, node) { 25 } else { 39 }),
            InTree::Gce => ("attachable-volumes-gce-pd", 16),
            InTree::Azure => ("attachable-volumes-azure-disk", 16),
        };
        allocatable(cluster, node, key).unwrap_or(usual)
    }
}

/// Upstream: `EBSNitroLimitRegex`: `^[cmr]5.*|t3|z1d`.
fn is_nitro(cluster: &ClusterState, node: &Node) -> bool {
    let keys = ["beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"];
    let kind = keys.iter().find_map(|key| node.labels.get(cluster.symbols.lookup(key)?));
    let kind = kind.map_or("", |kind| cluster.symbols.text(kind));
    ["c5", "m5", "r5"].iter().any(|family| kind.starts_with(family)) || kind.contains("t3") || kind.contains("z1d")
}

/// An amount of the node's allocatable, if it is listed at all.
fn allocatable(cluster: &ClusterState, node: &Node, key: &str) -> Option<i64> {
    let key = cluster.symbols.lookup(key)?;
    node.allocatable.resources.scalar.iter().find(|(name, _)| *name == key).map(|(_, amount)| *amount)
}

/// What is attached: equal values are one volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Disk {
    /// A volume that exists, by its handle.
    Handle(Symbol),
    /// The volume that a claim will get.
    OfClaim(PvcId),
}

/// What the limits look at.
pub(super) struct Limits<'a> {
    pub(super) cluster: &'a ClusterState,
    pub(super) lookup: &'a Lookup,
    /// Whether a plugin filters at all.
    pub(super) is_on: &'a dyn Fn(Plugin) -> bool,
}

/// Upstream: `nonCSILimits.Filter` for three kinds of disks, `CSILimits.Filter` between them, until 1.30; since then the latter alone.
pub(super) fn check(
    limits: Limits<'_>,
    (spec, pod): (&PodSpec, Option<PodId>),
    node: &Node,
    what: WhatIf<'_>,
) -> Result<(), Rejection> {
    let Limits { cluster, lookup, is_on } = limits;
    let view = View { cluster, lookup, has_csi_node: lookup.csi_node(cluster, node.name).is_some() };
    let own = view.disks(spec, pod);
    if own.is_empty() {
        return Ok(());
    }
    let there: BTreeSet<_> =
        what.pods(node).flat_map(|other| view.disks(cluster.spec_of(other), Some(other))).collect();
    let full = |plugin| Err(Rejection::one(plugin, Reason::VolumeCount, false));
    let exceeds = |by: Driver, limit: Option<i64>| {
        let of = |set: &BTreeSet<(Driver, Disk)>| set.iter().filter(|(driver, _)| *driver == by).count() as i64;
        let added = own.iter().filter(|row| row.0 == by && !there.contains(*row)).count() as i64;
        // An in-tree disk that is there already is counted against the limit, too; a CSI volume is not.
        let asked = if matches!(by, Driver::Csi(_)) { added > 0 } else { of(&own) > 0 };
        asked && limit.is_some_and(|limit| of(&there) + added > limit)
    };
    for kind in [InTree::Ebs, InTree::Gce] {
        if is_on(kind.plugin()) && exceeds(Driver::of(kind), Some(kind.limit(cluster, node))) {
            return full(kind.plugin());
        }
    }
    let mut drivers: Vec<Driver> = own.iter().map(|(driver, _)| *driver).collect();
    drivers.dedup();
    for driver in drivers {
        if let Driver::Csi(name) = driver
            && is_on(Plugin::NodeVolumeLimits)
            && exceeds(driver, csi_limit(cluster, lookup, node, name))
        {
            return full(Plugin::NodeVolumeLimits);
        }
    }
    if is_on(Plugin::AzureDiskLimits) && exceeds(Driver::of(InTree::Azure), Some(InTree::Azure.limit(cluster, node))) {
        return full(Plugin::AzureDiskLimits);
    }
    Ok(())
}

/// Who attaches a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Driver {
    InTree(u8),
    Csi(Symbol),
}

impl Driver {
    fn of(kind: InTree) -> Self {
        Driver::InTree(kind as u8)
    }
}

/// Upstream: `getVolumeLimits`: the CSINode's count comes before the node's allocatable.
fn csi_limit(cluster: &ClusterState, lookup: &Lookup, node: &Node, driver: Symbol) -> Option<i64> {
    let rows = lookup.csi_node(cluster, node.name).map_or(&[][..], |csi| &csi.drivers);
    let own = rows.iter().filter(|row| row.driver == driver).find_map(|row| row.count);
    let listed = || allocatable(cluster, node, &format!("attachable-volumes-csi-{}", cluster.symbols.text(driver)));
    own.map(i64::from).or_else(listed)
}

struct View<'a> {
    cluster: &'a ClusterState,
    lookup: &'a Lookup,
    has_csi_node: bool,
}

impl View<'_> {
    /// The pod's attachable disks, each with who attaches it on this node.
    fn disks(&self, spec: &PodSpec, pod: Option<PodId>) -> BTreeSet<(Driver, Disk)> {
        let mut disks = BTreeSet::new();
        for volume in &spec.volumes {
            let disk = match &volume.source {
                VolumeSource::AwsElasticBlockStore { volume_id, .. } => {
                    self.in_tree(InTree::Ebs, Disk::Handle(*volume_id))
                }
                VolumeSource::GcePersistentDisk { name, .. } => self.in_tree(InTree::Gce, Disk::Handle(*name)),
                VolumeSource::AzureDisk(name) => self.in_tree(InTree::Azure, Disk::Handle(*name)),
                _ => claim_name(self.cluster, pod.map(|pod| self.cluster.pod(pod)), volume)
                    .and_then(|name| name.find(self.lookup, spec))
                    .and_then(|claim| self.of_claim(claim)),
            };
            disks.extend(disk);
        }
        disks
    }

    /// A migrated plugin's disks are its CSI driver's, where the node has CSI drivers at all.
    fn in_tree(&self, kind: InTree, disk: Disk) -> Option<(Driver, Disk)> {
        match self.has_csi_node {
            false => Some((Driver::of(kind), disk)),
            true => Some((Driver::Csi(self.cluster.symbols.lookup(kind.csi_driver())?), disk)),
        }
    }

    fn of_claim(&self, id: PvcId) -> Option<(Driver, Disk)> {
        let claim = &self.cluster.claims[id];
        let volume = Some(claim.volume_name).filter(|name| *name != Symbol::EMPTY);
        match volume.and_then(|name| self.lookup.volume(name)).map(|pv| self.cluster.volumes[pv].source) {
            Some(PvSource::Csi(driver, handle)) => (driver != Symbol::EMPTY && handle != Symbol::EMPTY)
                .then_some((Driver::Csi(driver), Disk::Handle(handle))),
            Some(PvSource::AwsElasticBlockStore(disk)) => self.in_tree(InTree::Ebs, Disk::Handle(disk)),
            Some(PvSource::GcePersistentDisk(disk)) => self.in_tree(InTree::Gce, Disk::Handle(disk)),
            Some(PvSource::AzureDisk(disk)) => self.in_tree(InTree::Azure, Disk::Handle(disk)),
            Some(_) => None,
            None => {
                let provisioner = class_of(self.cluster, claim)?.provisioner;
                let text = self.cluster.symbols.text(provisioner);
                let kinds = [InTree::Ebs, InTree::Gce, InTree::Azure];
                match kinds.into_iter().find(|kind| kind.provisioner() == text) {
                    Some(kind) => self.in_tree(kind, Disk::OfClaim(id)),
                    None => Some((Driver::Csi(provisioner), Disk::OfClaim(id))),
                }
            }
        }
    }
}

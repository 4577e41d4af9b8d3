//! The disks that nodes start from: paid for while their nodes are.

use super::disk::{Disk, DiskKind};
use super::lines::{Line, Lines};
use crate::cost::{ChargeKind, MICRO, Payer};
use crate::market::Provider;
use crate::scenario::issue::Issue;
use crate::world::{Cast, Measure, NodeGroup, RootVolume};

/// EKS' managed node groups and its images: 20 GiB. Source: docs.aws.amazon.com, CreateNodegroup, `diskSize`.
const EKS_GIB: i64 = 20;
/// GKE's node pools. Source: cloud.google.com, "Configure custom boot disks".
const GKE_GIB: i64 = 100;
/// EKS Auto Mode's NodeClass: `ephemeralStorage`.
const AUTO_MODE_GIB: i64 = 80;
/// From this version on EKS' images are Amazon Linux 2023, whose disks are gp3; those of Amazon Linux 2 are gp2.
const GP3_SINCE: u32 = 30;

/// Adds the disks of all groups.
pub(super) fn add(lines: &mut Lines<'_, '_>, cast: &Cast, minor: u32) {
    let mut assumed = Vec::new();
    for (id, group) in cast.groups.iter() {
        let usual = Usual { provider: lines.scene.provider, minor, auto_mode: lines.scene.file.cluster.auto_mode };
        let disk = match usual.disk(&group.root_volume) {
            Ok(disk) => disk,
            Err(message) => {
                lines.issues.push(Issue::error(format!("nodeGroups.{}.rootVolume", group.name), message));
                continue;
            }
        };
        if is_assumed(group) {
            assumed.push((group.name.clone(), disk));
        }
        for part in disk.parts() {
            let line = Line {
                kind: ChargeKind::Volumes,
                service: if lines.is_aws() { "Amazon Elastic Block Store" } else { "Compute Engine" },
                name: format!("{} of nodes' root volumes", part.words()),
                price: part.price,
                resource: format!("root volumes of node group {}", group.name),
                payer: Payer::Cluster,
            };
            lines.metered(line, Measure::Nodes { group: id, machine: None, level: part.units * MICRO });
        }
    }
    if let Some((_, disk)) = assumed.first() {
        let names: Vec<&str> = assumed.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!(
            "size or type of root volumes is not given: {} GiB of {} are assumed for {}",
            disk.gib,
            disk.kind.name(),
            names.join(", ")
        );
        let help = "give nodeGroups.NAME.rootVolume: {size: ..., type: ...}";
        lines.issues.push(Issue::warning("nodeGroups", message).with_help(help));
    }
}

fn is_assumed(group: &NodeGroup) -> bool {
    group.root_volume.gib.is_none() || group.root_volume.kind.is_none()
}

/// What a cluster's nodes have where nothing is said.
#[derive(Clone, Copy)]
struct Usual {
    provider: Provider,
    minor: u32,
    auto_mode: bool,
}

impl Usual {
    /// The disk of a group's nodes.
    ///
    /// Errors: what is wrong with what is said, in words.
    fn disk(&self, said: &RootVolume) -> Result<Disk, String> {
        let (kind, gib) = match self.provider {
            Provider::Gcp => (DiskKind::PdBalanced, GKE_GIB),
            Provider::Aws if self.auto_mode => (DiskKind::Gp3, AUTO_MODE_GIB),
            Provider::Aws if self.minor < GP3_SINCE => (DiskKind::Gp2, EKS_GIB),
            Provider::Aws => (DiskKind::Gp3, EKS_GIB),
        };
        let kind = match said.kind.as_deref() {
            None => kind,
            Some(name) => DiskKind::named(name).filter(|kind| kind.provider() == self.provider).ok_or_else(|| {
                format!("type: found `{name}`, expected one of {}", DiskKind::names(self.provider).join(", "))
            })?,
        };
        let gib = said.gib.unwrap_or(gib);
        if !(1..=65_536).contains(&gib) {
            return Err(format!("size: found {gib}, expected 1 to 65536 GiB"));
        }
        let plain = Disk::plain(kind, gib);
        let iops = match (said.iops, kind.iops_bounds()) {
            (None, _) => plain.iops,
            (Some(iops), Some((least, most))) if (least..=most).contains(&iops) => iops,
            (Some(iops), Some((least, most))) => return Err(format!("iops: found {iops}, expected {least} to {most}")),
            (Some(_), None) => return Err(format!("iops: those of {} are not provisioned", kind.name())),
        };
        let throughput = match said.throughput {
            None => plain.throughput,
            Some(rate) if kind == DiskKind::Gp3 && (plain.throughput..=2000).contains(&rate) => rate,
            Some(rate) if kind == DiskKind::Gp3 => {
                return Err(format!("throughput: found {rate}, expected 125 to 2000"));
            }
            Some(_) => return Err(format!("throughput: that of {} is not provisioned", kind.name())),
        };
        Ok(Disk { iops, throughput, ..plain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(provider: Provider, minor: u32) -> Usual {
        Usual { provider, minor, auto_mode: false }
    }

    #[test]
    fn images_have_disks_of_their_own() {
        let none = RootVolume::default();
        assert_eq!(usual(Provider::Aws, 28).disk(&none), Ok(Disk::plain(DiskKind::Gp2, 20)));
        assert_eq!(usual(Provider::Aws, 30).disk(&none), Ok(Disk::plain(DiskKind::Gp3, 20)));
        assert_eq!(usual(Provider::Gcp, 28).disk(&none), Ok(Disk::plain(DiskKind::PdBalanced, 100)));
        let auto = Usual { auto_mode: true, ..usual(Provider::Aws, 31) };
        assert_eq!(auto.disk(&none), Ok(Disk::plain(DiskKind::Gp3, 80)));
    }

    #[test]
    fn what_is_said_counts_and_what_cannot_be_is_refused() {
        let eks = usual(Provider::Aws, 28);
        let said = |kind: &str, iops: Option<i64>| RootVolume {
            gib: Some(50),
            kind: Some(kind.to_owned()),
            iops,
            throughput: None,
        };
        let fast = Disk { iops: 4000, ..Disk::plain(DiskKind::Gp3, 50) };
        assert_eq!(eks.disk(&said("gp3", Some(4000))), Ok(fast));
        assert!(eks.disk(&said("gp3", Some(100))).is_err(), "every gp3 has 3000");
        assert!(eks.disk(&said("gp2", Some(4000))).is_err(), "those of gp2 follow from its size");
        assert!(eks.disk(&said("pd-ssd", None)).is_err(), "Google's");
    }
}

//! What a claim's StorageClass makes of it: a disk, or something that is not paid for by its size.
//!
//! Sources: aws-ebs-csi-driver, docs/parameters.md; kubernetes 1.28, pkg/volume/awsebs and pkg/volume/gcepd;
//! gcp-compute-persistent-disk-csi-driver, pkg/parameters; the classes that EKS and GKE bring along.

use super::disk::{Disk, DiskKind};
use crate::market::Provider;
use crate::scenario::kubernetes::storage::{PersistentVolumeClaim, StorageClass};
use std::collections::BTreeMap;

/// Says which class answers to claims that name none.
const DEFAULT_CLASS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// What a claim becomes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Provisioned {
    pub(super) disk: Disk,
    /// What was taken for granted.
    pub(super) assumed: Option<String>,
}

/// The classes of a cluster.
pub(super) struct Classes<'a> {
    pub(super) provider: Provider,
    /// Of Kubernetes 1.x.
    pub(super) minor: u32,
    pub(super) declared: Vec<&'a StorageClass>,
}

impl Classes<'_> {
    /// Whether its volume is made when its pod is bound: where its class says so, and in the classes that clouds bring along.
    pub(super) fn waits_for_pods(&self, claim: &PersistentVolumeClaim) -> bool {
        let mode = |class: &StorageClass| class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer");
        self.declared_for(claim).is_none_or(mode)
    }

    fn declared_for(&self, claim: &PersistentVolumeClaim) -> Option<&StorageClass> {
        let found = match claim.spec.storage_class_name.as_deref() {
            Some(name) => self.declared.iter().find(|class| class.metadata.name == name),
            None => self.declared.iter().rev().find(|class| is_default(class)),
        };
        found.copied()
    }

    /// The disk of a claim.
    ///
    /// Errors: why nothing is billed for it, in words.
    pub(super) fn provision(&self, claim: &PersistentVolumeClaim) -> Result<Provisioned, String> {
        let bytes = claim.spec.resources.requests.get("storage").map_or(0.0, |quantity| quantity.as_f64());
        let gib = ((bytes / (1u64 << 30) as f64).ceil() as i64).max(1);
        match (self.declared_for(claim), claim.spec.storage_class_name.as_deref()) {
            (_, Some("")) => Err("a claim of no class gets a volume that was made by hand".to_owned()),
            (Some(class), _) => self.of_class(class, gib),
            (None, Some(name)) => Ok(self.of_name(name, gib)),
            (None, None) => Ok(self.of_default(gib)),
        }
    }

    /// A class that is not among the manifests: one that the cloud brings along, or whatever its name says.
    fn of_name(&self, name: &str, gib: i64) -> Provisioned {
        let brought = match (self.provider, name) {
            (Provider::Gcp, "standard") => Some(DiskKind::PdStandard),
            (Provider::Gcp, "standard-rwo") => Some(DiskKind::PdBalanced),
            (Provider::Gcp, "premium-rwo") => Some(DiskKind::PdSsd),
            (Provider::Aws, "gp2") => Some(DiskKind::Gp2),
            _ => None,
        };
        if let Some(kind) = brought {
            return Provisioned { disk: Disk::plain(kind, gib), assumed: None };
        }
        let names = DiskKind::names(self.provider).iter();
        let told =
            names.copied().find(|kind| name.to_ascii_lowercase().split(['-', '_', '.']).any(|word| word == *kind));
        let kind = told.or(if name.contains("pd-ssd") { Some("pd-ssd") } else { None }).and_then(DiskKind::named);
        let kind = kind.unwrap_or_else(|| self.usual());
        let assumed = format!("StorageClass {name} is not among the manifests: {} is assumed", kind.name());
        Provisioned { disk: Disk::plain(kind, gib), assumed: Some(assumed) }
    }

    /// No class is named and none says that it is the default: the one that the cloud brings along.
    fn of_default(&self, gib: i64) -> Provisioned {
        match self.provider {
            Provider::Gcp => Provisioned { disk: Disk::plain(DiskKind::PdBalanced, gib), assumed: None },
            Provider::Aws if self.minor < 30 => Provisioned { disk: Disk::plain(DiskKind::Gp2, gib), assumed: None },
            Provider::Aws => {
                let assumed =
                    "EKS brings no default StorageClass from 1.30 on, and none is among the manifests: gp3 is assumed";
                Provisioned { disk: Disk::plain(DiskKind::Gp3, gib), assumed: Some(assumed.to_owned()) }
            }
        }
    }

    fn of_class(&self, class: &StorageClass, gib: i64) -> Result<Provisioned, String> {
        let parameters: BTreeMap<String, &str> =
            class.parameters.iter().map(|(key, value)| (key.to_ascii_lowercase(), value.as_str())).collect();
        let kind = parameters.get("type").copied();
        let (otherwise, provider) = match class.provisioner.as_str() {
            "ebs.csi.aws.com" | "ebs.csi.eks.amazonaws.com" => (DiskKind::Gp3, Provider::Aws),
            "kubernetes.io/aws-ebs" => (DiskKind::Gp2, Provider::Aws),
            "pd.csi.storage.gke.io" | "kubernetes.io/gce-pd" => (DiskKind::PdStandard, Provider::Gcp),
            "kubernetes.io/no-provisioner" => return Err("its class makes no volumes".to_owned()),
            other => return Err(format!("what {other} makes is not paid for by its size, or is not known")),
        };
        if provider != self.provider {
            let usual = self.usual();
            let assumed = format!(
                "StorageClass {} is another cloud's ({}): {} is assumed",
                class.metadata.name,
                class.provisioner,
                usual.name()
            );
            return Ok(Provisioned { disk: Disk::plain(usual, gib), assumed: Some(assumed) });
        }
        let known = kind.and_then(DiskKind::named).filter(|kind| kind.provider() == provider);
        let assumed = match (kind, known) {
            (Some(found), None) => {
                let what = format!("StorageClass {}: the price of type `{found}` is not known", class.metadata.name);
                Some(format!("{what}: {} is assumed", otherwise.name()))
            }
            _ => None,
        };
        let kind = known.unwrap_or(otherwise);
        let disk = provisioned(kind, gib, &parameters);
        Ok(Provisioned { disk, assumed })
    }

    /// What is assumed of a class that nothing is known of.
    fn usual(&self) -> DiskKind {
        match self.provider {
            Provider::Aws => DiskKind::Gp3,
            Provider::Gcp => DiskKind::PdBalanced,
        }
    }
}

/// With the parameters' operations and throughput, kept within what the kind allows.
fn provisioned(kind: DiskKind, gib: i64, parameters: &BTreeMap<String, &str>) -> Disk {
    let number = |name: &str| parameters.get(name).and_then(|text| leading_number(text));
    let mut disk = Disk::plain(kind, gib);
    if let Some((least, most)) = kind.iops_bounds() {
        let per_gib = number("iopspergb").or_else(|| number("iopspergib"));
        let asked = number("iops").or_else(|| number("provisioned-iops-on-create"));
        let asked = asked.or_else(|| per_gib.map(|rate| rate.saturating_mul(gib)));
        disk.iops = asked.unwrap_or(least).clamp(least, most);
    }
    if kind == DiskKind::Gp3 {
        disk.throughput = number("throughput").unwrap_or(disk.throughput).max(disk.throughput);
    }
    disk.is_regional = parameters.get("replication-type").is_some_and(|kind| *kind == "regional-pd");
    disk
}

/// `250Mi` is 250.
fn leading_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok()
}

fn is_default(class: &StorageClass) -> bool {
    DEFAULT_CLASS.iter().any(|name| class.metadata.annotations.get(*name).is_some_and(|value| value == "true"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::documents;

    fn classes(provider: Provider, minor: u32, declared: &[StorageClass]) -> Classes<'_> {
        Classes { provider, minor, declared: declared.iter().collect() }
    }
    fn class(text: &str) -> StorageClass {
        documents::parse(text).expect("a class")
    }
    fn claim(class: &str) -> PersistentVolumeClaim {
        let class = if class.is_empty() { String::new() } else { format!("storageClassName: '{class}', ") };
        let text = format!("{{spec: {{{class}resources: {{requests: {{storage: 100Gi}}}}}}}}");
        documents::parse(&text).expect("a claim")
    }
    fn disk(classes: &Classes<'_>, name: &str) -> Disk {
        classes.provision(&claim(name)).expect("a disk").disk
    }

    #[test]
    fn parameters_say_what_is_provisioned() {
        let all = [
            class(
                "{metadata: {name: fast}, provisioner: ebs.csi.aws.com, parameters: {Type: gp3, IOPS: '6000', throughput: '250'}}",
            ),
            class("{metadata: {name: scaled}, provisioner: ebs.csi.aws.com, parameters: {type: io2, iopsPerGB: '50'}}"),
            class("{metadata: {name: old}, provisioner: kubernetes.io/aws-ebs}"),
            class("{metadata: {name: new}, provisioner: ebs.csi.aws.com}"),
        ];
        let eks = classes(Provider::Aws, 28, &all);
        let fast = Disk { iops: 6000, throughput: 250, ..Disk::plain(DiskKind::Gp3, 100) };
        assert_eq!(disk(&eks, "fast"), fast, "the names of parameters may be written in any case");
        assert_eq!(disk(&eks, "scaled"), Disk { iops: 5000, ..Disk::plain(DiskKind::Io2, 100) });
        assert_eq!(disk(&eks, "old"), Disk::plain(DiskKind::Gp2, 100), "the in-tree driver's default");
        assert_eq!(disk(&eks, "new"), Disk::plain(DiskKind::Gp3, 100), "the CSI driver's");
    }

    #[test]
    fn clouds_bring_classes_along() {
        let gke = classes(Provider::Gcp, 28, &[]);
        let of = |name: &str| disk(&gke, name).kind;
        assert_eq!(of("standard"), DiskKind::PdStandard);
        assert_eq!(of("standard-rwo"), DiskKind::PdBalanced);
        assert_eq!(of("premium-rwo"), DiskKind::PdSsd);
        assert_eq!(of(""), DiskKind::PdBalanced, "GKE's default class");
        let eks = classes(Provider::Aws, 28, &[]);
        assert_eq!(disk(&eks, "").kind, DiskKind::Gp2);
        assert_eq!(eks.provision(&claim("")).expect("a disk").assumed, None);
        let newer = classes(Provider::Aws, 30, &[]).provision(&claim("")).expect("a disk");
        assert!(newer.disk.kind == DiskKind::Gp3 && newer.assumed.is_some());
        let stranger = eks.provision(&claim("gp3")).expect("a disk");
        assert!(stranger.disk.kind == DiskKind::Gp3 && stranger.assumed.is_some(), "EKS brings no such class");
    }

    #[test]
    fn the_default_class_is_the_one_that_says_so() {
        let mut io1 =
            class("{metadata: {name: x}, provisioner: ebs.csi.aws.com, parameters: {type: io1, iops: '400'}}");
        io1.metadata.annotations.insert(DEFAULT_CLASS[0].to_owned(), "true".to_owned());
        let all = [io1];
        assert_eq!(disk(&classes(Provider::Aws, 28, &all), ""), Disk { iops: 400, ..Disk::plain(DiskKind::Io1, 100) });
    }

    #[test]
    fn two_copies_cost_twice() {
        let all = [class(
            "{metadata: {name: r}, provisioner: pd.csi.storage.gke.io, parameters: {type: pd-ssd, replication-type: regional-pd}}",
        )];
        let disk = disk(&classes(Provider::Gcp, 28, &all), "r");
        assert!(disk.is_regional);
        assert_eq!(disk.parts()[0].price.otherwise, Some(("pd_ssd_gb_month", 2.0)));
    }

    #[test]
    fn what_is_not_paid_by_size_is_not_billed() {
        let all = [class("{metadata: {name: shared}, provisioner: efs.csi.aws.com}")];
        let eks = classes(Provider::Aws, 28, &all);
        assert!(eks.provision(&claim("shared")).is_err());
        let by_hand: PersistentVolumeClaim = documents::parse("{spec: {storageClassName: ''}}").expect("a claim");
        assert!(eks.provision(&by_hand).is_err());
    }
}

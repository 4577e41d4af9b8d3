//! What a node offers to pods: capacity below nominal, minus what kubelet and system keep.

use super::instance_type::{Architecture, InstanceType, Provider};

const MIB: i64 = 1 << 20;
const GIB: i64 = 1 << 30;
/// Both providers evict pods when less memory is left.
const EVICTION_BYTES: i64 = 100 * MIB;

/// Resources of a node: millicores, bytes, bytes, pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeResources {
    /// CPU in millicores.
    pub cpu_milli: i64,
    /// Memory in bytes.
    pub memory_bytes: i64,
    /// Local disk for images, logs and `emptyDir`, in bytes.
    pub ephemeral_bytes: i64,
    /// The most pods kubelet accepts.
    pub pods: i64,
}

/// What a node group can set about its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct NodeSettings {
    /// Overrides the provider's pod limit. EKS keeps reserving memory for its own limit.
    pub max_pods: Option<i64>,
    /// The boot disk; 20 GiB on EKS and 100 GiB on GKE when not set.
    pub disk_gib: Option<i64>,
}

impl InstanceType {
    /// What a node of this type reports as `status.capacity`.
    ///
    /// Memory is below the nominal size by what firmware and kernel keep. EKS: 5.64 %, the mean of
    /// five observed nodes (5.1 to 6.5 %; Karpenter plans with 7.5 %). GKE: [`gke::kernel_bytes`].
    /// GKE's system partitions take their part of the disk: [`gke::system_disk_bytes`]. Differs: file system metadata (0.06 % of
    /// the disk) is not deducted on EKS.
    pub fn capacity(&self, settings: NodeSettings) -> NodeResources {
        let (memory_bytes, pods) = match self.provider {
            Provider::Aws => (self.memory_bytes - eks::kernel_bytes(self.memory_bytes), self.eks_max_pods()),
            Provider::Gcp => (self.memory_bytes - gke::kernel_bytes(self.memory_bytes), gke::MAX_PODS),
        };
        let disk_bytes = self.disk_bytes(settings);
        let system_bytes = match self.provider {
            Provider::Aws => 0,
            Provider::Gcp => gke::system_disk_bytes(disk_bytes, self.architecture == Architecture::Arm64),
        };
        NodeResources {
            cpu_milli: self.cpu_milli,
            memory_bytes,
            ephemeral_bytes: (disk_bytes - system_bytes).max(0),
            pods: settings.max_pods.unwrap_or(pods),
        }
    }

    /// What a node of this type reports as `status.allocatable`: capacity minus kube-reserved minus
    /// the hard eviction threshold. Never negative.
    pub fn allocatable(&self, settings: NodeSettings) -> NodeResources {
        let capacity = self.capacity(settings);
        let (cpu_milli, memory_bytes, disk_bytes) = match self.provider {
            Provider::Aws => (
                eks::reserved_cpu_milli(self.cpu_milli),
                eks::reserved_memory_bytes(self.eks_max_pods()),
                eks::reserved_disk_bytes(capacity.ephemeral_bytes),
            ),
            Provider::Gcp => (
                gke::reserved_cpu_milli(self.cpu_milli, self.shared_core),
                gke::reserved_memory_bytes(self.memory_bytes),
                gke::reserved_disk_bytes(self.disk_bytes(settings), capacity.ephemeral_bytes),
            ),
        };
        NodeResources {
            cpu_milli: (capacity.cpu_milli - cpu_milli).max(0),
            memory_bytes: (capacity.memory_bytes - memory_bytes - EVICTION_BYTES).max(0),
            ephemeral_bytes: (capacity.ephemeral_bytes - disk_bytes).max(0),
            pods: capacity.pods,
        }
    }

    /// The boot disk, as it is ordered.
    fn disk_bytes(&self, settings: NodeSettings) -> i64 {
        let usual = if self.provider == Provider::Aws { 20 } else { 100 };
        settings.disk_gib.unwrap_or(usual) * GIB
    }

    /// The pod limit of the VPC CNI without prefix delegation; 110 where the limits are unknown.
    fn eks_max_pods(&self) -> i64 {
        self.eni.map_or(110, |eni| eks::max_pods(eni.enis, eni.ipv4_per_eni))
    }
}

/// CPU that both providers reserve: 6 % of the first core, 1 % of the next, 0.5 % of the next two,
/// 0.25 % of the rest; each part rounded down to a millicore.
fn tiered_cpu_milli(cpu_milli: i64) -> i64 {
    let tiers = [(1000, 600), (1000, 100), (2000, 50), (i64::MAX, 25)];
    let mut rest = cpu_milli;
    let mut reserved = 0;
    for (size, per_ten_thousand) in tiers {
        let part = rest.min(size);
        reserved += part * per_ten_thousand / 10_000;
        rest -= part;
    }
    reserved
}

/// The formulas of Amazon EKS.
///
/// Source: awslabs/amazon-eks-ami, nodeadm `internal/kubelet` (`config.go`, `eni_max_pods.go`).
pub mod eks {
    use super::{GIB, MIB, tiered_cpu_milli};

    /// Pods by addresses: every interface keeps one for itself, two pods use the host's network.
    pub const fn max_pods(enis: u32, ipv4_per_eni: u32) -> i64 {
        enis as i64 * (ipv4_per_eni as i64 - 1) + 2
    }
    /// Millicores of kube-reserved.
    pub fn reserved_cpu_milli(cpu_milli: i64) -> i64 {
        tiered_cpu_milli(cpu_milli)
    }
    /// Bytes of kube-reserved: 11 MiB per pod and 255 MiB. `max_pods` is the ENI limit, even where
    /// the group overrides the pod limit (seen on real nodes).
    pub const fn reserved_memory_bytes(max_pods: i64) -> i64 {
        (11 * max_pods + 255) * MIB
    }
    /// Bytes of disk: 1 GiB kube-reserved and 10 % eviction threshold.
    pub const fn reserved_disk_bytes(disk_bytes: i64) -> i64 {
        GIB + disk_bytes / 10
    }
    /// Nominal memory that never reaches the kernel's `MemTotal`.
    pub(super) const fn kernel_bytes(memory_bytes: i64) -> i64 {
        memory_bytes / 10_000 * 564
    }
}

/// The formulas of Google Kubernetes Engine, for nodes with Container-Optimized OS.
///
/// Source: GKE documentation, "Plan node sizes"; kubernetes/autoscaler `gce_reserved.go`.
pub mod gke {
    use super::{GIB, MIB, tiered_cpu_milli};

    /// The default pod limit of a GKE Standard node.
    pub const MAX_PODS: i64 = 110;

    /// Millicores of kube-reserved; shared-core machines keep 1060.
    pub fn reserved_cpu_milli(cpu_milli: i64, shared_core: bool) -> i64 {
        if shared_core { 1060 } else { tiered_cpu_milli(cpu_milli) }
    }
    /// Bytes of kube-reserved, of the nominal size: 255 MiB below 1 GiB, else 25 % of the first
    /// 4 GiB, 20 % of the next 4, 10 % of the next 8, 6 % of the next 112, 2 % of the rest.
    pub fn reserved_memory_bytes(memory_bytes: i64) -> i64 {
        if memory_bytes < GIB {
            return 255 * MIB;
        }
        let tiers = [(4 * GIB, 25), (4 * GIB, 20), (8 * GIB, 10), (112 * GIB, 6), (i64::MAX, 2)];
        let mut rest = memory_bytes;
        let mut reserved = 0;
        for (size, percent) in tiers {
            let part = rest.min(size);
            reserved += part / 100 * percent + part % 100 * percent / 100;
            rest -= part;
        }
        reserved
    }
    /// Bytes of the disk for the system's partitions, with a margin.
    ///
    /// Upstream: `CalculateOSReservedEphemeralStorage` of Cluster Autoscaler, for Container-Optimized OS.
    pub fn system_disk_bytes(disk_bytes: i64, is_arm: bool) -> i64 {
        let margin = (disk_bytes / 1000).min(100 * MIB);
        let arm = if is_arm { 64 * MIB } else { 0 };
        disk_bytes / 1_000_000 * 15_635 + GIB / 1000 * 4148 + margin + arm
    }
    /// Bytes of disk: 10 % of the capacity as eviction threshold, and the lowest of half the disk, 6 GiB and 35 % of it,
    /// 100 GiB.
    pub fn reserved_disk_bytes(disk_bytes: i64, capacity_bytes: i64) -> i64 {
        capacity_bytes / 10 + (disk_bytes / 2).min(6 * GIB + disk_bytes / 100 * 35).min(100 * GIB)
    }
    /// Memory the kernel keeps: page tables, software IO TLB, crash and firmware areas.
    pub fn kernel_bytes(memory_bytes: i64) -> i64 {
        let io_tlb = if memory_bytes > 3 * GIB { 64 * MIB } else { 0 };
        let small = if memory_bytes <= 8 * GIB { 8 * MIB } else { 0 };
        memory_bytes / 64 + 16 * MIB + io_tlb + small + (memory_bytes / 10_000 * 175 / 10).min(248 * MIB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Catalog;

    const KIB: i64 = 1024;

    fn kind(name: &str) -> InstanceType {
        Catalog::shipped().instance_type(name).unwrap()
    }

    /// `kubectl describe node` of real EKS nodes, from public repositories.
    #[test]
    fn eks_nodes_allocate_what_real_nodes_do() {
        let check =
            |name: &str, max_pods: Option<i64>, capacity_kib: i64, allocatable_kib: i64, cpu: i64, pods: i64| {
                let settings = NodeSettings { max_pods, disk_gib: None };
                let (capacity, allocatable) = (kind(name).capacity(settings), kind(name).allocatable(settings));
                assert_eq!(allocatable.cpu_milli, cpu, "{name}");
                assert_eq!(allocatable.pods, pods, "{name}");
                let reserved_kib = (capacity.memory_bytes - allocatable.memory_bytes) / KIB;
                assert_eq!(reserved_kib, capacity_kib - allocatable_kib, "{name}: reserved memory, to the KiB");
                let off = (capacity.memory_bytes / KIB - capacity_kib).abs() as f64 / capacity_kib as f64;
                assert!(off < 0.01, "{name}: capacity is {off:.4} off");
            };
        check("t3.medium", None, 3_967_476, 3_412_468, 1930, 17);
        check("t3.medium", None, 3_943_376, 3_388_368, 1930, 17);
        check("m5.large", None, 7_951_036, 7_260_860, 1930, 29);
        check("m5.large", Some(110), 7_845_568, 7_155_392, 1930, 110);
        check("m5.xlarge", Some(50), 15_921_668, 14_904_836, 3920, 50);
    }

    #[test]
    fn karpenter_plans_a_little_below() {
        let allocatable = kind("m5.xlarge").allocatable(NodeSettings::default());
        let karpenter_mib = 14_162;
        assert_eq!((allocatable.cpu_milli, allocatable.pods), (3920, 58));
        assert!((0..400).contains(&(allocatable.memory_bytes / MIB - karpenter_mib)));
    }

    #[test]
    fn eks_disks_keep_a_tenth_and_a_gibibyte() {
        // A real node with 20959212 KiB has 18242267924 bytes allocatable.
        let disk = 20_959_212 * KIB;
        assert!((disk - eks::reserved_disk_bytes(disk) - 18_242_267_924).abs() < 64);
    }

    /// `kubectl describe node` of a GKE node with a boot disk of 100 GB.
    #[test]
    fn gke_disks_keep_the_systems_partitions_and_a_share() {
        let node = kind("e2-standard-4");
        let settings = NodeSettings::default();
        let (capacity, allocatable) =
            (node.capacity(settings).ephemeral_bytes, node.allocatable(settings).ephemeral_bytes);
        assert!((capacity - 98_831_908 * KIB).abs() < capacity / 500, "{capacity}");
        assert!((allocatable - 47_060_071_478).abs() < allocatable / 500, "{allocatable}");
    }

    #[test]
    fn gke_reserves_by_its_tiers() {
        let check = |name: &str, cpu_milli: i64, memory_mib: i64| {
            let kind = kind(name);
            assert_eq!(gke::reserved_cpu_milli(kind.cpu_milli, kind.shared_core), cpu_milli, "{name}");
            assert_eq!((gke::reserved_memory_bytes(kind.memory_bytes) + MIB / 2) / MIB, memory_mib, "{name}");
        };
        check("e2-micro", 1060, 256);
        check("e2-medium", 1060, 1024);
        check("n1-standard-1", 60, 960);
        check("e2-standard-2", 70, 1843);
        check("n2-standard-4", 80, 2662);
        check("a2-highgpu-1g", 100, 6902);
        check("a2-highgpu-4g", 190, 13_885);
    }

    #[test]
    fn no_machine_is_too_small_to_be_counted() {
        for name in Catalog::shipped().instance_types() {
            let (nominal, allocatable) = (kind(name), kind(name).allocatable(NodeSettings::default()));
            assert!(allocatable.memory_bytes >= 0 && allocatable.memory_bytes < nominal.memory_bytes, "{name}");
            assert!(allocatable.cpu_milli >= 0 && allocatable.cpu_milli <= nominal.cpu_milli, "{name}");
            assert!(allocatable.pods > 0, "{name}");
        }
    }
}

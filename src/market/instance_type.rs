//! Machine types as the provider defines them.

use crate::units::SimDuration;

/// Who sells the machines. Decides the node formulas, the spot notice and the price tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// Amazon Web Services, with EKS.
    Aws,
    /// Google Cloud, with GKE.
    Gcp,
}

impl Provider {
    /// From the notice of a spot instance to its end.
    ///
    /// Sources: docs.aws.amazon.com "Spot Instance interruption notices", cloud.google.com "Spot VMs", preemption process.
    pub const fn spot_notice(self) -> SimDuration {
        match self {
            Provider::Aws => SimDuration::from_secs(120),
            Provider::Gcp => SimDuration::from_secs(30),
        }
    }
}

/// How a node is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapacityType {
    /// At list price, until it is given back.
    OnDemand,
    /// At a discount, until the provider wants it back.
    Spot,
}

impl CapacityType {
    /// `ON_DEMAND` or `SPOT`, as EKS writes it.
    pub const fn name(self) -> &'static str {
        match self {
            CapacityType::OnDemand => "ON_DEMAND",
            CapacityType::Spot => "SPOT",
        }
    }
}

/// The instruction set, by its Kubernetes name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// 64-bit Arm.
    Arm64,
}

impl Architecture {
    /// The value of the node label `kubernetes.io/arch`.
    pub const fn name(self) -> &'static str {
        match self {
            Architecture::Amd64 => "amd64",
            Architecture::Arm64 => "arm64",
        }
    }
}

/// What the VPC CNI can attach: it bounds the pods of an EKS node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EniLimits {
    /// Network interfaces on the default network card.
    pub enis: u32,
    /// IPv4 addresses of each, its own included.
    pub ipv4_per_eni: u32,
}

/// A machine type. CPU in millicores, memory in bytes, both nominal (see
/// [`NodeResources`](super::NodeResources) for what pods get of it).
///
/// CPU credits are not modelled: EC2's `t` types run at full speed, as with EC2's `unlimited` mode, and its surcharge
/// (USD 0.05 per vCPU-hour above the baseline) is not priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceType {
    /// `m5.large`, `e2-standard-4`.
    pub name: &'static str,
    /// Who sells it.
    pub provider: Provider,
    /// vCPUs times 1000.
    pub cpu_milli: i64,
    /// Memory as the provider states it.
    pub memory_bytes: i64,
    /// The instruction set.
    pub architecture: Architecture,
    /// GPUs (for EC2 also other accelerators the source counts as such).
    pub gpus: u32,
    /// EC2 only; none for types whose limits are not known.
    pub eni: Option<EniLimits>,
    /// The vCPUs are a share of a core (GCE `e2-medium` and smaller): other reservations apply.
    pub shared_core: bool,
}

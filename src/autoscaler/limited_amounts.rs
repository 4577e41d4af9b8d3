//! What counts for the cluster's limits: whole cores, bytes, and GPUs of the kinds that `--gpu-total` names.

use super::flags::Flags;
use crate::cluster::{NodeTemplate, Resources};
use crate::intern::Interner;

/// GiB in bytes.
const GIB: i64 = 1024 * 1024 * 1024;

/// The resource that makes a node one with GPUs. Upstream: `gpu.ResourceNvidiaGPU`, 1.28.0.
const GPU: &str = "nvidia.com/gpu";

/// One amount per limit: cores, bytes, GPUs of each kind in the flag's order.
#[derive(Clone, Debug)]
pub(super) struct LimitedAmounts(Vec<i64>);

impl LimitedAmounts {
    /// Nothing of anything.
    pub(super) fn zero(flags: &Flags) -> Self {
        LimitedAmounts(vec![0; 2 + flags.gpu_total.len()])
    }
    /// More than there can be.
    pub(super) fn unlimited(flags: &Flags) -> Self {
        LimitedAmounts(vec![i64::MAX; 2 + flags.gpu_total.len()])
    }

    /// What a node has. A machine whose GPUs are not there yet has those of its group's template.
    ///
    /// Upstream: `GetNodeCoresAndMemory`, `GpuCustomResourcesProcessor.GetNodeGpuTarget`, 1.28.0.
    pub(super) fn of(node: &NodeTemplate, template: Option<&NodeTemplate>, symbols: &Interner, flags: &Flags) -> Self {
        let mut amounts = LimitedAmounts::zero(flags);
        let there = &node.capacity.resources;
        (amounts.0[0], amounts.0[1]) = (cores(there), there.memory_bytes);
        let kind = gpu_kind(node, symbols, flags);
        if let Some(at) = kind.and_then(|kind| flags.gpu_total.iter().position(|limit| limit.kind == kind)) {
            amounts.0[2 + at] = match gpus(&node.allocatable.resources, symbols) {
                0 => template.map_or(0, |template| gpus(&template.capacity.resources, symbols)),
                there => there,
            };
        }
        amounts
    }

    /// Adds the same amount several times.
    pub(super) fn add(&mut self, other: &LimitedAmounts, times: i32) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(sum, one)| *sum = sum.saturating_add(one.saturating_mul(times.into())));
    }

    /// What may still be added to this until the largest amounts of the flags.
    pub(super) fn below_most(&self, flags: &Flags) -> LimitedAmounts {
        LimitedAmounts(self.0.iter().zip(limits(flags)).map(|(all, (_, most))| (most - all).max(0)).collect())
    }

    /// What may be taken of this until the least amounts of the flags; a least amount of 0 is none.
    pub(super) fn above_least(&self, flags: &Flags) -> LimitedAmounts {
        let above = |(all, (least, _)): (&i64, (i64, i64))| if least == 0 { i64::MAX } else { (all - least).max(0) };
        LimitedAmounts(self.0.iter().zip(limits(flags)).map(above).collect())
    }

    /// Takes as much as `one`, if that much is left. Upstream: `resource.Limits.TryDecrementBy`, 1.28.0.
    pub(super) fn take(&mut self, one: &LimitedAmounts) -> bool {
        if self.lacks(one).contains(&true) {
            return false;
        }
        self.0.iter_mut().zip(&one.0).for_each(|(left, one)| *left -= one);
        true
    }

    /// Whether there are not enough cores, bytes, GPUs for `one`.
    pub(super) fn lacks(&self, one: &LimitedAmounts) -> [bool; 3] {
        let lacks = |at: usize| one.0[at] > 0 && one.0[at] > self.0[at];
        [lacks(0), lacks(1), (2..self.0.len()).any(lacks)]
    }

    /// How many of `one` there are in this, at most `count`.
    pub(super) fn times(&self, one: &LimitedAmounts, count: i32) -> i32 {
        let fit = self.0.iter().zip(&one.0).filter(|(_, one)| **one > 0).map(|(left, one)| left / one);
        fit.min().map_or(count, |fit| fit.min(i64::from(count)) as i32)
    }
}

/// Least and most of each.
fn limits(flags: &Flags) -> impl Iterator<Item = (i64, i64)> + '_ {
    let gib = |amount: i64| amount.saturating_mul(GIB);
    let memory = (gib(flags.memory_total.0), gib(flags.memory_total.1));
    [flags.cores_total, memory].into_iter().chain(flags.gpu_total.iter().map(|limit| (limit.min, limit.max)))
}

/// Whether some least amount of the flags could keep a node.
pub(super) fn has_least(flags: &Flags) -> bool {
    limits(flags).any(|(least, _)| least > 0)
}

/// Whole cores, rounded up. Upstream: `getNodeResource` (`Quantity.Value`), 1.28.0.
fn cores(there: &Resources) -> i64 {
    there.cpu_milli.div_euclid(1000) + i64::from(there.cpu_milli.rem_euclid(1000) > 0)
}

/// How many GPUs there are.
pub(super) fn gpus(there: &Resources, symbols: &Interner) -> i64 {
    symbols.lookup(GPU).map_or(0, |gpu| there.scalar(gpu))
}

/// The kind of GPUs that the cloud's label promises.
fn gpu_kind<'a>(node: &NodeTemplate, symbols: &'a Interner, flags: &Flags) -> Option<&'a str> {
    let label = symbols.lookup(gpu_label(flags)?)?;
    node.labels.get(label).map(|kind| symbols.text(kind))
}

/// Upstream: `CloudProvider.GPULabel`, 1.28.0.
fn gpu_label(flags: &Flags) -> Option<&'static str> {
    match flags.cloud_provider.as_str() {
        "aws" => Some("k8s.amazonaws.com/accelerator"),
        "gce" => Some("cloud.google.com/gke-accelerator"),
        "azure" => Some("accelerator"),
        _ => None,
    }
}

/// Whether it is a machine with GPUs, there already or not. Upstream: `gpu.NodeHasGpu`, 1.28.0.
pub(super) fn has_gpus(node: &NodeTemplate, symbols: &Interner, flags: &Flags) -> bool {
    gpus(&node.allocatable.resources, symbols) > 0 || gpu_kind(node, symbols, flags).is_some()
}

/// Whether GPUs are promised and not there yet: the node is still starting. Upstream:
/// `FilterOutNodesWithUnreadyResources`, 1.28.0.
pub(super) fn awaits_gpus(node: &NodeTemplate, symbols: &Interner, flags: &Flags) -> bool {
    gpu_kind(node, symbols, flags).is_some() && gpus(&node.allocatable.resources, symbols) == 0
}

//! NodeResourcesFit and NodeResourcesBalancedAllocation.
//!
//! Amounts near 2^63 wrap around as they do upstream, in Go: absurd input gets upstream's absurd answer, no panic.

use super::profile::{Profile, ScoredResource, ScoringStrategy, ShapePoint, WeightedResource};
use super::reason::{Plugin, Reason, Rejection};
use super::what_if::WhatIf;
use crate::cluster::{ClusterState, Node, PodId, PodSpec, Resources};
use crate::intern::{Interner, Symbol};
use smallvec::SmallVec;

/// What a pod asks for, ready to compare.
#[derive(Clone, Debug)]
pub(super) struct Request {
    requests: Resources,
    /// Extended resources that the profile does not ignore.
    scalars: SmallVec<[(Symbol, i64); 1]>,
    /// The pod has sidecars, of which this version wants to know nothing.
    is_refused: bool,
    oversized_is_unresolvable: bool,
}

impl Request {
    pub(super) fn of(spec: &PodSpec, profile: &Profile, symbols: &Interner) -> Self {
        let ignored = |name: Symbol| {
            let text = symbols.text(name);
            profile.ignored_resources.contains(&name)
                || text
                    .split_once('/')
                    .is_some_and(|(group, _)| profile.ignored_resource_groups.iter().any(|g| g == group))
        };
        let wanted = |(name, amount): &&(Symbol, i64)| *amount > 0 && !ignored(*name);
        Request {
            scalars: spec.requests.scalar.iter().filter(wanted).copied().collect(),
            requests: spec.requests.clone(),
            is_refused: spec.has_sidecar && !profile.rules.sidecars,
            oversized_is_unresolvable: profile.rules.oversized_is_unresolvable,
        }
    }

    /// Cpu, memory, ephemeral storage and a place among the pods are all that it asks for.
    pub(super) fn is_of_room_alone(&self) -> bool {
        !self.is_refused && self.scalars.is_empty()
    }

    /// The amounts that have to be free.
    pub(super) fn counted(&self) -> Resources {
        Resources { scalar: self.scalars.iter().copied().collect(), ..self.requests.clone() }
    }

    /// Whether there is enough of everything on the node as it is.
    pub(super) fn fits(&self, node: &Node) -> bool {
        let mut fits = !self.is_refused;
        let used = node.requested();
        self.each_shortage(
            node,
            (Self::free(node), node.pods().len() as i64),
            |name| used.scalar(name),
            |_, _| fits = false,
        );
        fits
    }

    /// Whether there would be enough of everything without any pods on the node, ignored resources included. Upstream: `isFit`.
    pub(super) fn fits_empty(&self, node: &Node) -> bool {
        let (wanted, there) = (&self.requests, &node.allocatable.resources);
        let enough = |wanted: i64, there: i64| wanted <= 0 || wanted <= there;
        !self.is_refused
            && node.allocatable.pods >= 1
            && enough(wanted.cpu_milli, there.cpu_milli)
            && enough(wanted.memory_bytes, there.memory_bytes)
            && enough(wanted.ephemeral_bytes, there.ephemeral_bytes)
            && wanted.scalar.iter().all(|(name, amount)| enough(*amount, there.scalar(*name)))
    }

    /// All resources of which there is too little. Upstream: `Fit.Filter`, `fitsRequest`.
    pub(super) fn check(&self, cluster: &ClusterState, node: &Node, what: WhatIf<'_>) -> Result<(), Rejection> {
        if self.is_refused {
            return Err(Rejection::one(Plugin::NodeResourcesFit, Reason::Sidecar, true));
        }
        let mut free = Self::free(node);
        let mut pods = node.pods().len() as i64;
        let mut moves = |pod: &PodId, sign: i64| {
            let theirs = &cluster.spec_of(*pod).requests;
            free.cpu = free.cpu.wrapping_add(theirs.cpu_milli.wrapping_mul(sign));
            free.memory = free.memory.wrapping_add(theirs.memory_bytes.wrapping_mul(sign));
            free.ephemeral = free.ephemeral.wrapping_add(theirs.ephemeral_bytes.wrapping_mul(sign));
            pods -= sign;
        };
        what.gone.iter().for_each(|pod| moves(pod, 1));
        what.added.iter().for_each(|pod| moves(pod, -1));
        let used = |name: Symbol| {
            let of = |pod: &PodId| cluster.spec_of(*pod).requests.scalar(name);
            let sum = |pods: &[PodId]| pods.iter().map(of).fold(0, i64::wrapping_add);
            node.requested().scalar(name).wrapping_sub(sum(what.gone)).wrapping_add(sum(what.added))
        };
        let mut reasons: SmallVec<[Reason; 1]> = SmallVec::new();
        let mut oversized = false;
        self.each_shortage(node, (free, pods), used, |reason, is_oversized| {
            reasons.push(reason);
            oversized |= is_oversized;
        });
        if reasons.is_empty() {
            return Ok(());
        }
        let unresolvable = oversized && self.oversized_is_unresolvable;
        Err(Rejection { plugin: Plugin::NodeResourcesFit, reasons, unresolvable })
    }

    /// Tells what there is too little of on a node with so much `free`, so many `pods` and so much `used` of extended
    /// resources, and whether the whole node has too little of it.
    fn each_shortage(
        &self,
        node: &Node,
        (free, pods): (Free, i64),
        used: impl Fn(Symbol) -> i64,
        mut tell: impl FnMut(Reason, bool),
    ) {
        if pods + 1 > node.allocatable.pods {
            tell(Reason::TooManyPods, false);
        }
        let (wanted, there) = (&self.requests, &node.allocatable.resources);
        let mut check = |wanted: i64, free: i64, whole: i64, name| {
            if wanted > 0 && wanted > free {
                tell(Reason::Insufficient(name), wanted > whole);
            }
        };
        check(wanted.cpu_milli, free.cpu, there.cpu_milli, "cpu");
        check(wanted.memory_bytes, free.memory, there.memory_bytes, "memory");
        check(wanted.ephemeral_bytes, free.ephemeral, there.ephemeral_bytes, "ephemeral-storage");
        for (name, amount) in &self.scalars {
            let whole = there.scalar(*name);
            if *amount > whole.wrapping_sub(used(*name)) {
                tell(Reason::InsufficientScalar(*name), *amount > whole);
            }
        }
    }

    fn free(node: &Node) -> Free {
        let (there, used) = (&node.allocatable.resources, node.requested());
        Free {
            cpu: there.cpu_milli.wrapping_sub(used.cpu_milli),
            memory: there.memory_bytes.wrapping_sub(used.memory_bytes),
            ephemeral: there.ephemeral_bytes.wrapping_sub(used.ephemeral_bytes),
        }
    }
}

struct Free {
    cpu: i64,
    memory: i64,
    ephemeral: i64,
}

const CPU_AND_MEMORY: [WeightedResource; 2] = [
    WeightedResource { resource: ScoredResource::Cpu, weight: 1 },
    WeightedResource { resource: ScoredResource::Memory, weight: 1 },
];

/// What is there and what would be taken with the pod on the node; nothing for a resource that does not
/// count. Cpu and memory of containers without requests count as upstream's defaults if `nonzero`.
fn allocation(node: &Node, pod: &PodSpec, resource: ScoredResource, nonzero: bool) -> Option<(i64, i64)> {
    let (there, used) = (&node.allocatable.resources, node.requested());
    let (there, taken) = match resource {
        ScoredResource::Cpu if nonzero => {
            (there.cpu_milli, node.nonzero_cpu_milli().wrapping_add(pod.incoming_nonzero().0))
        }
        ScoredResource::Cpu => (there.cpu_milli, used.cpu_milli.wrapping_add(pod.requests.cpu_milli)),
        ScoredResource::Memory if nonzero => {
            (there.memory_bytes, node.nonzero_memory_bytes().wrapping_add(pod.incoming_nonzero().1))
        }
        ScoredResource::Memory => (there.memory_bytes, used.memory_bytes.wrapping_add(pod.requests.memory_bytes)),
        ScoredResource::EphemeralStorage => {
            (there.ephemeral_bytes, used.ephemeral_bytes.wrapping_add(pod.requests.ephemeral_bytes))
        }
        ScoredResource::Scalar(name) => match pod.requests.scalar(name) {
            0 => return None,
            amount => (there.scalar(name), used.scalar(name).wrapping_add(amount)),
        },
    };
    (there != 0).then_some((there, taken))
}

/// 0..=100. Upstream: `leastResourceScorer`, `mostResourceScorer`, `requestedToCapacityRatioScorer`, 1.28.
pub(super) fn fit_score(profile: &Profile, node: &Node, pod: &PodSpec) -> i64 {
    let resources = if profile.resources.is_empty() { &CPU_AND_MEMORY[..] } else { &profile.resources };
    let (mut sum, mut weights) = (0i64, 0i64);
    for row in resources {
        let Some((there, taken)) = allocation(node, pod, row.resource, true) else { continue };
        let score = match &profile.strategy {
            ScoringStrategy::LeastAllocated if taken > there => 0,
            ScoringStrategy::LeastAllocated => there.wrapping_sub(taken).wrapping_mul(100) / there,
            ScoringStrategy::MostAllocated => taken.min(there).wrapping_mul(100) / there,
            ScoringStrategy::RequestedToCapacityRatio(shape) => {
                let score = on_shape(shape, if taken > there { 100 } else { taken.wrapping_mul(100) / there });
                if score <= 0 {
                    continue;
                }
                score
            }
        };
        sum = score.wrapping_mul(row.weight).wrapping_add(sum);
        weights += row.weight;
    }
    match profile.strategy {
        _ if weights == 0 => 0,
        ScoringStrategy::RequestedToCapacityRatio(_) => (sum as f64 / weights as f64).round() as i64,
        _ => sum / weights,
    }
}

/// Piecewise linear, in integers; scores 0..=10 become 0..=100.
fn on_shape(shape: &[ShapePoint], utilization: i64) -> i64 {
    let Some(right) = shape.iter().position(|point| utilization <= point.utilization) else {
        return shape.last().map_or(0, |point| point.score * 10);
    };
    let (b, score) = (shape[right].utilization, shape[right].score * 10);
    match right.checked_sub(1).map(|left| shape[left]) {
        None => score,
        Some(left) => {
            let base = left.score * 10;
            base + (score - base) * (utilization - left.utilization) / (b - left.utilization)
        }
    }
}

/// What NodeResourcesBalancedAllocation looks at.
fn balanced(profile: &Profile) -> &[WeightedResource] {
    if profile.balanced_resources.is_empty() { &CPU_AND_MEMORY } else { &profile.balanced_resources }
}

/// Whether NodeResourcesBalancedAllocation has anything to say about a pod. Upstream: its `PreScore`, `isBestEffortPod`.
pub(super) fn has_balance(profile: &Profile, pod: &PodSpec) -> bool {
    !profile.rules.best_effort_skips_balance || balanced(profile).iter().any(|row| asked(pod, row.resource) != 0)
}

/// 0..=100. Upstream: `balancedResourceScorer`.
pub(super) fn balance_score(profile: &Profile, node: &Node, pod: &PodSpec) -> i64 {
    let (mut with, mut without) = (Fractions::new(), Fractions::new());
    for row in balanced(profile) {
        let Some((there, taken)) = allocation(node, pod, row.resource, false) else { continue };
        let fraction = |taken: i64| (taken as f64 / there as f64).min(1.0);
        with.push(fraction(taken));
        if profile.rules.balance_by_change {
            without.push(fraction(taken.wrapping_sub(asked(pod, row.resource))));
        }
    }
    match profile.rules.balance_by_change {
        false => evenness(&with),
        true => 50 + (50 + evenness(&with) - evenness(&without)) / 2,
    }
}

type Fractions = SmallVec<[f64; 4]>;

/// What a pod requests of a resource.
fn asked(pod: &PodSpec, resource: ScoredResource) -> i64 {
    match resource {
        ScoredResource::Cpu => pod.requests.cpu_milli,
        ScoredResource::Memory => pod.requests.memory_bytes,
        ScoredResource::EphemeralStorage => pod.requests.ephemeral_bytes,
        ScoredResource::Scalar(name) => pod.requests.scalar(name),
    }
}

/// 50..=100: 100 where both are equal.
#[inline]
pub(super) fn evenness_of_two(a: f64, b: f64) -> i64 {
    ((1.0 - ((a - b) / 2.0).abs()) * 100.0) as i64
}

/// 50..=100: 100 where all are equal.
fn evenness(fractions: &[f64]) -> i64 {
    let deviation = match fractions {
        [] | [_] => 0.0,
        [a, b] => return evenness_of_two(*a, *b),
        many => {
            let mean = many.iter().sum::<f64>() / many.len() as f64;
            let sum: f64 = many.iter().map(|f| (f - mean) * (f - mean)).sum();
            (sum / many.len() as f64).sqrt()
        }
    };
    ((1.0 - deviation) * 100.0) as i64
}

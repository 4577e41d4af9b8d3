//! The drain rules: which pods of a node have to be moved, and which forbid it.

use super::flags::Flags;
use super::pods::{is_expendable, is_long_terminating};
use crate::cluster::{ClusterState, NodeId, Owner, OwnerKind, Phase, PodId, PodSpec, VolumeSource};
use crate::intern::Symbol;
use crate::units::SimTime;
use rustc_hash::FxHashMap;

/// The pods of a node that leave it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodsToMove {
    /// Those that need another place.
    pub pods: Vec<PodId>,
    /// DaemonSets' pods.
    pub daemon_pods: Vec<PodId>,
}

/// A pod that forbids the removal of its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Which.
    pub pod: PodId,
    /// Why.
    pub reason: BlockingReason,
}

/// Upstream: `drain.BlockingPodReason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockingReason {
    /// The controller that owns it does not exist.
    ControllerNotFound,
    /// Its controller has fewer replicas than `--min-replica-count`.
    MinReplicasReached,
    /// Nothing would create it again.
    NotReplicated,
    /// It has an `emptyDir` or `hostPath` volume, and `--skip-nodes-with-local-storage` is set.
    LocalStorageRequested,
    /// `cluster-autoscaler.kubernetes.io/safe-to-evict` is "false".
    NotSafeToEvictAnnotation,
    /// A pod of kube-system without budget, and `--skip-nodes-with-system-pods` is set.
    UnmovableKubeSystemPod,
    /// A budget allows no disruption.
    NotEnoughPdb,
}

/// How much the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// When: pods that have been terminating for long are taken for gone.
    pub now: SimTime,
    /// The controllers that exist; absent takes every owner for one.
    pub controllers: Option<&'a Controllers>,
    /// Disruptions that the budgets still allow, in the cluster's order; absent ignores budgets.
    pub budgets: Option<&'a [i32]>,
}

/// The controllers that exist, with the replicas they want.
#[derive(Clone, Debug, Default)]
pub struct Controllers {
    replicas: FxHashMap<(OwnerKind, Symbol, Symbol), i32>,
    version: u64,
}

impl Controllers {
    /// Those of the cluster now. Cost: one step per controller.
    pub fn of(cluster: &ClusterState) -> Controllers {
        let mut replicas = FxHashMap::default();
        for row in cluster.workloads.iter() {
            replicas.entry((row.kind, row.namespace, row.name)).or_insert(row.replicas);
        }
        Controllers { replicas, version: cluster.workloads.version() }
    }
    /// Whether the DaemonSet that owns the pod exists; owners that only act like one are not looked for.
    fn has_daemon_set(&self, spec: &PodSpec) -> bool {
        let known = |owner: Owner| self.replicas.contains_key(&(owner.kind, spec.namespace, owner.name));
        spec.owner.is_none_or(|owner| owner.kind != OwnerKind::DaemonSet || known(owner))
    }
    /// Looks again if they may have changed.
    pub(super) fn renew(&mut self, cluster: &ClusterState) {
        if self.version != cluster.workloads.version() {
            *self = Controllers::of(cluster);
        }
    }
}

/// The pods that have to leave a node, or the first that must not.
///
/// Upstream: `simulator.GetPodsToMove`, `drain.GetPodsForDeletionOnNodeDrain`, 1.28.0, `drainability/rules.Default`, 1.29;
/// its snapshots have no expendable pods.
pub fn pods_to_move(
    cluster: &ClusterState,
    flags: &Flags,
    node: NodeId,
    scope: Scope<'_>,
) -> Result<PodsToMove, Blocked> {
    let mut moved = PodsToMove { pods: Vec::with_capacity(cluster.node(node).pods().len()), ..PodsToMove::default() };
    for pod in cluster.node(node).pods().iter().copied() {
        let spec = cluster.spec_of(pod);
        if spec.is_mirror || is_expendable(spec, flags) || is_long_terminating(cluster, pod, scope.now) {
            continue;
        }
        if spec.is_daemon() {
            let is_sought = !(spec.has_foreign_owner && flags.rules.knows_foreign_daemon_sets);
            let exists = !is_sought || scope.controllers.is_none_or(|there| there.has_daemon_set(spec));
            if flags.skip_nodes_with_custom_controller_pods && !exists {
                return Err(Blocked { pod, reason: BlockingReason::ControllerNotFound });
            }
            moved.daemon_pods.push(pod);
            continue;
        }
        check(cluster, flags, pod, scope).map_err(|reason| Blocked { pod, reason })?;
        moved.pods.push(pod);
    }
    if let Some(allowed) = scope.budgets.filter(|_| !flags.rules.drain_rules_by_pod) {
        for (budget, allowed) in cluster.budgets.iter().zip(allowed) {
            if let Some(pod) = moved.pods.iter().find(|pod| *allowed < 1 && protects(cluster, budget, **pod)) {
                return Err(Blocked { pod: *pod, reason: BlockingReason::NotEnoughPdb });
            }
        }
    }
    Ok(moved)
}

/// Whether a DaemonSet's pod is evicted from a node that goes, drained or empty but for such pods: as its annotation
/// says, else as the flags say.
///
/// Upstream: `daemonset.PodsToEvict`, 1.28.0.
pub fn evicts_daemon_pod(spec: &PodSpec, flags: &Flags, is_drained: bool) -> bool {
    spec.daemon_eviction.unwrap_or(match is_drained {
        true => flags.daemonset_eviction_for_occupied_nodes,
        false => flags.daemonset_eviction_for_empty_nodes,
    })
}

/// Whether a budget is about a pod.
pub(super) fn protects(cluster: &ClusterState, budget: &crate::cluster::PodDisruptionBudget, pod: PodId) -> bool {
    let spec = cluster.spec_of(pod);
    budget.namespace == spec.namespace
        && budget.selector.as_ref().is_some_and(|selector| selector.matches(&spec.labels, &cluster.symbols))
}

/// The budgets that are about a pod, by their place. The eviction API never lets a pod go that has several.
pub fn budgets_of(cluster: &ClusterState, pod: PodId) -> Vec<usize> {
    let budgets = cluster.budgets.iter().enumerate();
    budgets.filter(|(_, budget)| protects(cluster, budget, pod)).map(|(at, _)| at).collect()
}

fn check(cluster: &ClusterState, flags: &Flags, pod: PodId, scope: Scope<'_>) -> Result<(), BlockingReason> {
    let spec = cluster.spec_of(pod);
    let replicated = is_replicated(cluster, flags, pod, scope.controllers)?;
    if spec.safe_to_evict == Some(true) || is_terminal(cluster.pod(pod).phase, spec.may_finish) {
        return Ok(());
    }
    if !replicated {
        return Err(BlockingReason::NotReplicated);
    }
    if flags.skip_nodes_with_system_pods && cluster.symbols.text(spec.namespace) == "kube-system" {
        let protected = cluster.budgets.iter().any(|budget| protects(cluster, budget, pod));
        if !protected {
            return match is_old_system_pod(cluster, flags, pod, scope.now) {
                true => Ok(()),
                false => Err(BlockingReason::UnmovableKubeSystemPod),
            };
        }
    }
    let stores = flags.skip_nodes_with_local_storage && has_local_storage(cluster, pod);
    let is_unsafe = spec.safe_to_evict == Some(false);
    match (stores, is_unsafe) {
        (true, true) if flags.rules.drain_rules_by_pod => Err(BlockingReason::NotSafeToEvictAnnotation),
        (true, _) => Err(BlockingReason::LocalStorageRequested),
        (false, true) => Err(BlockingReason::NotSafeToEvictAnnotation),
        (false, false) => match scope.budgets.filter(|_| flags.rules.drain_rules_by_pod) {
            Some(allowed) if has_used_up_budget(cluster, pod, allowed) => Err(BlockingReason::NotEnoughPdb),
            _ => Ok(()),
        },
    }
}

/// Whether some budget of the pod allows no disruption.
fn has_used_up_budget(cluster: &ClusterState, pod: PodId, allowed: &[i32]) -> bool {
    cluster.budgets.iter().zip(allowed).any(|(budget, allowed)| *allowed < 1 && protects(cluster, budget, pod))
}

/// Whether a pod of kube-system has kept its node for long enough: nothing else is asked of it then.
fn is_old_system_pod(cluster: &ClusterState, flags: &Flags, pod: PodId, now: SimTime) -> bool {
    flags.rules.system_pods_grow_old && cluster.pod(pod).created + flags.blocking_system_pod_timeout < now
}

/// Whether nothing of the pod will run again. Upstream: `isPodTerminal`.
fn is_terminal(phase: Phase, may_finish: bool) -> bool {
    phase == Phase::Failed || phase == Phase::Succeeded && may_finish
}

/// Whether somebody would create the pod again.
fn is_replicated(
    cluster: &ClusterState,
    flags: &Flags,
    pod: PodId,
    controllers: Option<&Controllers>,
) -> Result<bool, BlockingReason> {
    let spec = cluster.spec_of(pod);
    let Some(owner) = spec.owner else { return Ok(false) };
    if !flags.skip_nodes_with_custom_controller_pods {
        return Ok(true);
    }
    let known = matches!(
        owner.kind,
        OwnerKind::ReplicaSet | OwnerKind::ReplicationController | OwnerKind::StatefulSet | OwnerKind::Job
    );
    let is_sought = known && !(spec.has_foreign_owner && flags.rules.knows_foreign_stateful_sets);
    let Some(controllers) = controllers.filter(|_| is_sought) else { return Ok(known) };
    let key = (owner.kind, spec.namespace, owner.name);
    let replicas = *controllers.replicas.get(&key).ok_or(BlockingReason::ControllerNotFound)?;
    let amounts = matches!(owner.kind, OwnerKind::ReplicaSet | OwnerKind::ReplicationController);
    if amounts && replicas < flags.min_replica_count {
        return Err(BlockingReason::MinReplicasReached);
    }
    Ok(true)
}

fn has_local_storage(cluster: &ClusterState, pod: PodId) -> bool {
    let spec = cluster.spec_of(pod);
    spec.volumes.iter().any(|volume| {
        matches!(volume.source, VolumeSource::HostPath | VolumeSource::EmptyDir { memory: false })
            && !spec.safe_to_evict_local_volumes.contains(&volume.name)
    })
}

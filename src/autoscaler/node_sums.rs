//! What a node's pods add up to, kept as long as the node does not change.

use super::flags::Flags;
use super::limited_amounts::{gpus, has_gpus};
use super::pods::{counted_requests, is_expendable, should_be_gone};
use crate::cluster::{ClusterState, NodeId};
use crate::id::IdVec;
use crate::units::SimTime;

/// One look at the pods of a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NodeSum {
    /// The node's generation when it was looked at; 0 is never.
    generation: u64,
    /// Until when this holds: the next of its terminating pods is then taken for gone.
    pub(super) until: SimTime,
    /// Some pods are expendable.
    pub(super) has_expendable: bool,
    /// No pod has to be moved.
    pub(super) is_empty: bool,
    /// What pods ask for: milli-cores and bytes.
    used: (i64, i64),
    /// The node has GPUs: what is used of them counts, and nothing else.
    pub(super) counts_gpus: bool,
    gpus: i64,
    /// The same of pods that the flags leave out of the utilisation.
    set_aside: (i64, i64),
}

/// The last look at each node.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeSums {
    rows: IdVec<NodeId, NodeSum>,
}

impl NodeSums {
    /// How the node is. Cost: its pods, if it changed since the last look, or one of them should be gone.
    #[inline]
    pub(super) fn at(&mut self, cluster: &ClusterState, flags: &Flags, node: NodeId, now: SimTime) -> &NodeSum {
        self.rows.fill_to(node, NodeSum::default());
        let known = &mut self.rows[node];
        if known.until < now || known.generation != cluster.node(node).generation() {
            *known = NodeSum::of(cluster, flags, node, now);
        }
        known
    }
}

impl NodeSum {
    fn of(cluster: &ClusterState, flags: &Flags, node: NodeId, now: SimTime) -> NodeSum {
        let row = cluster.node(node);
        let mut sum =
            NodeSum { generation: row.generation(), until: SimTime::MAX, is_empty: true, ..NodeSum::default() };
        sum.counts_gpus = has_gpus(row, &cluster.symbols, flags);
        let ignores_daemon_sets = flags.ignores_daemon_sets(row.group);
        for pod in row.pods().iter().copied() {
            let spec = cluster.spec_of(pod);
            sum.has_expendable |= is_expendable(spec, flags);
            match should_be_gone(cluster, pod) {
                Some(at) if at < now => continue,
                Some(at) => sum.until = sum.until.min(at),
                None => {}
            }
            let is_daemon = spec.is_daemon();
            sum.is_empty &= spec.is_mirror || is_daemon;
            let ignored =
                (is_daemon && ignores_daemon_sets) || (spec.is_mirror && flags.ignore_mirror_pods_utilization);
            let requests = counted_requests(spec, flags);
            let side = if ignored { &mut sum.set_aside } else { &mut sum.used };
            side.0 = side.0.saturating_add(requests.cpu_milli);
            side.1 = side.1.saturating_add(requests.memory_bytes);
            if !ignored && sum.counts_gpus {
                sum.gpus = sum.gpus.saturating_add(gpus(requests, &cluster.symbols));
            }
        }
        sum
    }

    /// The larger share of cpu or memory that containers ask for; of a node with GPUs the share of these. Upstream: `utilization.Calculate`, 1.28.0.
    pub(super) fn utilization(&self, cluster: &ClusterState, node: NodeId) -> f64 {
        let there = &cluster.node(node).allocatable.resources;
        if self.counts_gpus {
            let there = gpus(there, &cluster.symbols);
            return if there == 0 { 0.0 } else { self.gpus as f64 / there as f64 };
        }
        let share = |used: i64, there: i64, aside: i64| {
            if there == 0 { 0.0 } else { used as f64 / there.saturating_sub(aside) as f64 }
        };
        let cpu = share(self.used.0, there.cpu_milli, self.set_aside.0);
        cpu.max(share(self.used.1, there.memory_bytes, self.set_aside.1))
    }
}

//! Whom a loss takes: what hurts most in the state that a setting is in when the blow falls.

use crate::cluster::{ClusterState, Node, NodeId};
use crate::intern::Symbol;
use crate::scenario::wanted::StressKind;
use crate::units::SimTime;
use crate::world::{Cast, Fault, FaultKind, GroupId, Load, Replacement};
use std::collections::BTreeMap;

/// The well-known label of a node's zone.
const ZONE: &str = "topology.kubernetes.io/zone";

/// A cluster right before the blow.
pub(super) struct Victims<'a> {
    pub(super) cast: &'a Cast,
    pub(super) cluster: &'a ClusterState,
}

impl Victims<'_> {
    /// What goes wrong at `at`, until `until`; nothing where there is nothing to lose.
    pub(super) fn faults(&self, kind: StressKind, at: SimTime, until: SimTime) -> Vec<Fault> {
        let fault = |kind| Fault { at, until, kind };
        match kind {
            StressKind::ZoneLoss { zone, .. } => zone
                .or_else(|| self.biggest_zone())
                .map(|zone| fault(FaultKind::ZoneOutage(zone)))
                .into_iter()
                .collect(),
            StressKind::NodeLoss(group) => {
                let lost = self.worst_node(group).map(|(group, pick)| FaultKind::NodeLost {
                    group,
                    pick,
                    replacement: Replacement::Replace,
                });
                lost.map(fault).into_iter().collect()
            }
            StressKind::SpotGone { group, .. } => group.or_else(|| self.biggest_spot()).map_or(Vec::new(), |group| {
                let notice = FaultKind::SpotNotice { group, pick: 0, replacement: Replacement::Replace };
                // Each takes the first that has none yet.
                let notices = self.nodes_of(group).into_iter().map(|_| fault(notice.clone()));
                std::iter::once(fault(FaultKind::NoCapacity(group))).chain(notices).collect()
            }),
            StressKind::Traffic(_) | StressKind::FlashCrowd(_) => Vec::new(),
        }
    }

    /// The zone with the most pods, of those in which groups are; the first name of equal ones.
    fn biggest_zone(&self) -> Option<Symbol> {
        let symbols = &self.cluster.symbols;
        let key = symbols.lookup(ZONE)?;
        let mut zones: BTreeMap<&str, (usize, Symbol)> = BTreeMap::new();
        for (_, node) in self.cluster.nodes() {
            if let Some(zone) = node.labels.get(key) {
                zones.entry(symbols.text(zone)).or_insert((0, zone)).0 += 1 + node.pods().len();
            }
        }
        let of_groups = |zone: Symbol| self.cast.groups.values().any(|group| group.zones.contains(&zone));
        let rows = zones.into_values().filter(|(_, zone)| of_groups(*zone));
        rows.reduce(|most, next| if next.0 > most.0 { next } else { most }).map(|(_, zone)| zone)
    }

    /// The spot group with the most pods; the first of equal ones.
    fn biggest_spot(&self) -> Option<GroupId> {
        let spot = self.cast.groups.iter().filter(|(_, group)| group.spot).map(|(id, _)| id);
        let pods = spot.map(|id| (self.nodes_of(id).iter().map(|(_, node)| node.pods().len()).sum::<usize>(), id));
        pods.reduce(|most, next| if next.0 > most.0 { next } else { most }).map(|(_, id)| id)
    }

    /// A group's nodes in the order of their names, in which faults count them.
    fn nodes_of(&self, group: GroupId) -> Vec<(NodeId, &Node)> {
        let mut nodes: Vec<_> = self.cluster.nodes().filter(|(_, node)| node.group == Some(group)).collect();
        nodes.sort_by_key(|(_, node)| self.cluster.symbols.text(node.name));
        nodes
    }

    /// The node that takes the largest share of some service's ready pods with it, of equal ones the one whose shares are the
    /// most together: its group, and its place there.
    fn worst_node(&self, group: Option<GroupId>) -> Option<(GroupId, u32)> {
        let mut worst: Option<((f64, f64), (GroupId, u32))> = None;
        for group in self.cast.groups.ids().filter(|id| group.is_none_or(|only| only == *id)) {
            for (place, (_, node)) in self.nodes_of(group).into_iter().enumerate() {
                let harm = self.harm(node);
                if worst.is_none_or(|(most, _)| harm > most) {
                    worst = Some((harm, (group, place as u32)));
                }
            }
        }
        worst.map(|(_, pick)| pick)
    }

    /// The largest share of a service's ready pods on a node, and all such shares together.
    fn harm(&self, node: &Node) -> (f64, f64) {
        let serving = self.cast.workloads.values().filter(|row| matches!(row.load, Load::Service(_)));
        let ready = |pod: &crate::cluster::PodId, template| {
            let pod = self.cluster.pod(*pod);
            pod.spec == template && pod.is_ready() && !pod.is_terminating()
        };
        serving.fold((0.0, 0.0), |(most, sum): (f64, f64), row| {
            let here = node.pods().iter().filter(|pod| ready(pod, row.template)).count();
            let all: usize = match here {
                0 => 1,
                _ => self.cluster.pods().filter(|(pod, _)| ready(pod, row.template)).count(),
            };
            let share = here as f64 / all.max(1) as f64;
            (most.max(share), sum + share)
        })
    }
}

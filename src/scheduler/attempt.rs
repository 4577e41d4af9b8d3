//! What a scheduling cycle saw and decided.

use super::preemption::{NoRoom, Preemption};
use super::queue::PluginSet;
use super::reason::{Diagnosis, PreFilterError, Reason, Rejection};
use super::rules::Rules;
use super::scores::PluginScores;
use crate::cluster::{ClusterState, NodeId, VolumePlan};
use smallvec::SmallVec;
use std::sync::OnceLock;

/// Upstream: `ErrNoNodesAvailable`, 1.28.0, found before any plugin is asked.
const NO_NODES: &str = "no nodes available to schedule pods";

/// What one cycle saw and decided.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The nodes that passed all filters.
    pub feasible: Vec<NodeId>,
    /// The others, with the first filter that said no.
    pub rejections: Vec<(NodeId, Rejection)>,
    /// The pod can be nowhere.
    pub pre_filter: Option<PreFilterError>,
    /// Parallel to `feasible`; empty if there was nothing to choose.
    pub scores: Vec<PluginScores>,
    /// The best of them.
    pub best: Vec<NodeId>,
    /// The volumes that the pod's claims get if it is bound: for [`ClusterState::assume_volumes`].
    pub volumes: VolumePlan,
    /// What follows.
    pub decision: Decision,
    /// Neither pods elsewhere nor ports nor volumes matter to the pod.
    pub(super) wants_room: bool,
    /// What it was decided by.
    pub(super) rules: Rules,
    /// The cluster that it saw.
    pub(super) versions: [u64; 4],
    /// Worked out when somebody asks first: pods of a kind share an attempt.
    pub(super) refused_by: OnceLock<PluginSet>,
}

/// What follows from a cycle.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Bind to this node.
    Bind(NodeId),
    /// Evict the victims and nominate the pod.
    Preempt(Preemption),
    /// Wait. The nomination, if there was one, is to be cleared if `clear_nomination`.
    Wait {
        /// What preemption said.
        post_filter: NoRoom,
        /// The pod's nomination is void.
        clear_nomination: bool,
    },
    /// The cycle failed.
    Failed(String),
}

impl Attempt {
    /// Nothing is known yet.
    pub(super) fn of(cluster: &ClusterState, rules: Rules) -> Attempt {
        Attempt {
            feasible: Vec::new(),
            rejections: Vec::new(),
            pre_filter: None,
            scores: Vec::new(),
            best: Vec::new(),
            volumes: VolumePlan::default(),
            decision: Decision::Wait { post_filter: NoRoom::NotTried, clear_nomination: false },
            wants_room: false,
            rules,
            versions: cluster.versions(),
            refused_by: OnceLock::new(),
        }
    }

    /// The plugins that said no, on any node or beforehand; none if the cycle itself failed. Cost: a step per node, once.
    pub fn refused_by(&self) -> PluginSet {
        *self.refused_by.get_or_init(|| self.count_refusals())
    }

    fn count_refusals(&self) -> PluginSet {
        if matches!(self.decision, Decision::Failed(_)) {
            return PluginSet::EMPTY;
        }
        let beforehand = match &self.pre_filter {
            Some(PreFilterError::Unschedulable(plugin, _)) => Some(*plugin),
            _ => None,
        };
        self.rejections.iter().map(|(_, rejection)| rejection.plugin).chain(beforehand).collect()
    }

    /// The reasons why no node is possible, counted.
    pub fn diagnosis(&self, cluster: &ClusterState) -> Diagnosis {
        let second_full_stop = self.rules.second_full_stop;
        let mut diagnosis = Diagnosis { nodes: cluster.node_ids().len(), second_full_stop, ..Diagnosis::default() };
        // Most nodes have one of a few reasons: their texts are made once.
        let mut counts: SmallVec<[(Reason, usize); 8]> = SmallVec::new();
        for (_, rejection) in &self.rejections {
            for reason in &rejection.reasons {
                match counts.iter_mut().find(|(other, _)| other == reason) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((*reason, 1)),
                }
            }
            if !diagnosis.plugins.contains(&rejection.plugin) {
                diagnosis.plugins.push(rejection.plugin);
            }
        }
        for (reason, count) in counts {
            *diagnosis.reasons.entry(reason.text(&cluster.symbols)).or_default() += count;
        }
        if let Some(PreFilterError::Unschedulable(plugin, why)) = &self.pre_filter {
            diagnosis.plugins.push(*plugin);
            diagnosis.pre_filter = Some(why.clone());
        }
        if let Decision::Wait { post_filter, .. } = &self.decision {
            diagnosis.post_filter = post_filter.text(&cluster.symbols, self.rules);
        }
        diagnosis.failure = match &self.decision {
            _ if diagnosis.nodes == 0 => Some(NO_NODES.to_owned()),
            Decision::Failed(why) => Some(why.clone()),
            _ => None,
        };
        diagnosis
    }
}

//! What each node answers whatever runs on it: a table per kind of wish (selectors, affinity, tolerations), shared by all kinds of
//! pods that have it.

use super::purpose::Purpose;
use super::slots::Slots;
use crate::cluster::{ClusterState, Labels, NodeSelector, PodSpec, PreferredNodeTerm, Toleration};
use crate::intern::Symbol;
use crate::scheduler::filters::NodeFilter;
use crate::scheduler::profile::Profile;
use crate::scheduler::scores::{preferred_weight, soft_taints};
use std::sync::Arc;

/// What a pod wants of a node object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::scheduler) struct NodeKey {
    node_selector: Labels,
    required: Option<NodeSelector>,
    preferred: Vec<PreferredNodeTerm>,
    tolerations: Vec<Toleration>,
    node_name: Option<Symbol>,
}

impl NodeKey {
    pub(super) fn of(spec: &PodSpec) -> Self {
        NodeKey {
            node_selector: spec.node_selector.clone(),
            required: spec.required_node_affinity.clone(),
            preferred: spec.preferred_node_affinity.clone(),
            tolerations: spec.tolerations.clone(),
            node_name: spec.node_name,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    No,
    Yes,
}

/// A number that tables hold, unless it is absurd.
pub(super) fn small(value: i64) -> Option<i32> {
    const LARGEST: i64 = 1 << 24;
    if value.saturating_abs() > LARGEST { None } else { Some(value as i32) }
}

/// The answers of node objects for one kind of wish.
#[derive(Clone, Debug)]
pub(super) struct NodeTable {
    spec: Arc<PodSpec>,
    filter: NodeFilter,
    filters_only: bool,
    said: Vec<Said>,
    /// PreferNoSchedule taints that are not tolerated, where the filters pass; empty while no node has any.
    pub(super) taints: Vec<i32>,
    /// Weights of preferred node affinity, where the filters pass; empty without such terms.
    pub(super) preferred: Vec<i32>,
    /// A weight was too large for the table: the plain computation is asked instead.
    pub(super) is_exotic: bool,
    cursor: u64,
    epoch: u64,
    /// When the table was used last.
    pub(super) used: u64,
}

impl NodeTable {
    pub(super) fn new(cluster: &ClusterState, purpose: Purpose<'_>, spec: Arc<PodSpec>) -> Self {
        NodeTable {
            filter: NodeFilter::new(cluster, purpose.profile, spec.clone(), None),
            spec,
            filters_only: purpose.filters_only,
            said: Vec::new(),
            taints: Vec::new(),
            preferred: Vec::new(),
            is_exotic: false,
            cursor: 0,
            epoch: 0,
            used: 0,
        }
    }

    /// Forgets the answers of the nodes that came, went or are others now.
    pub(super) fn renew(&mut self, profile: &Profile, slots: &Slots) {
        match slots.refreshed_since(self.cursor).filter(|_| self.epoch == slots.epoch()) {
            Some(refreshed) => {
                for slot in refreshed {
                    self.said.get_mut(*slot as usize).into_iter().for_each(|said| *said = Said::Nothing);
                }
            }
            None => {
                self.said.clear();
                self.taints.clear();
                self.preferred.clear();
                self.is_exotic = false;
            }
        }
        (self.cursor, self.epoch) = (slots.refreshed_end(), slots.epoch());
        self.said.resize(slots.len(), Said::Nothing);
        if !self.taints.is_empty() {
            self.taints.resize(slots.len(), 0);
        }
        if profile.prefers_nodes_for(&self.spec) && !self.filters_only {
            self.preferred.resize(slots.len(), 0);
        }
    }

    /// Whether the filters that look at the node object pass; if they do, the slot has its scores then.
    #[inline]
    pub(super) fn passes(&mut self, cluster: &ClusterState, profile: &Profile, slots: &Slots, slot: usize) -> bool {
        if self.said[slot] == Said::Nothing {
            self.said[slot] = self.ask(cluster, profile, slots, slot);
        }
        self.said[slot] == Said::Yes
    }

    fn ask(&mut self, cluster: &ClusterState, profile: &Profile, slots: &Slots, slot: usize) -> Said {
        let node = slots.node(cluster, slot).filter(|node| self.filter.passes_object(cluster, node));
        let Some(node) = node else { return Said::No };
        if self.filters_only {
            return Said::Yes;
        }
        let taints = soft_taints(&self.spec, node) as i32;
        if taints > 0 && self.taints.is_empty() {
            self.taints.resize(self.said.len(), 0);
        }
        if let Some(place) = self.taints.get_mut(slot) {
            *place = taints;
        }
        if let Some(place) = self.preferred.get_mut(slot) {
            let weight = preferred_weight(profile, &self.spec, node, &cluster.symbols);
            (*place, self.is_exotic) = small(weight).map_or((0, true), |weight| (weight, self.is_exotic));
        }
        Said::Yes
    }

    /// About how many bytes the answers take.
    pub(super) fn bytes(&self) -> usize {
        self.said.len() + 4 * (self.taints.len() + self.preferred.len())
    }
}

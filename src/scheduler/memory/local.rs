//! What each node answers for itself: a table per kind of pod.

use super::purpose::Purpose;
use super::slots::Slots;
use crate::cluster::{ClusterState, HostPort, Labels, NodeSelector, PodSpec, PreferredNodeTerm, Resources, Toleration};
use crate::intern::Symbol;
use crate::scheduler::filters::NodeFilter;
use crate::scheduler::images::{ImageScore, containers_of, images_of};
use crate::scheduler::profile::Profile;
use crate::scheduler::reason::Plugin;
use crate::scheduler::resources::{balance_score, fit_score, has_balance};
use crate::scheduler::rules::Rules;
use crate::scheduler::scores::{preferred_weight, soft_taints};
use std::sync::Arc;

/// All that a node's own answer depends on: pods equal in this get equal answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::scheduler) struct LocalKey {
    requests: Resources,
    nonzero: (i64, i64),
    node_selector: Labels,
    required: Option<NodeSelector>,
    preferred: Vec<PreferredNodeTerm>,
    tolerations: Vec<Toleration>,
    host_ports: Vec<HostPort>,
    has_sidecar: bool,
    node_name: Option<Symbol>,
    images: (Vec<Symbol>, i64),
}

impl LocalKey {
    pub(in crate::scheduler) fn of(spec: &PodSpec, rules: Rules) -> Self {
        LocalKey {
            requests: spec.requests.clone(),
            nonzero: spec.incoming_nonzero(),
            node_selector: spec.node_selector.clone(),
            required: spec.required_node_affinity.clone(),
            preferred: spec.preferred_node_affinity.clone(),
            tolerations: spec.tolerations.clone(),
            host_ports: spec.host_ports.clone(),
            has_sidecar: spec.has_sidecar,
            node_name: spec.node_name,
            images: (images_of(spec, rules).collect(), containers_of(spec, rules)),
        }
    }
}

/// A node that does not fit.
pub(super) const UNFIT: i32 = i32::MIN;
/// A node that nobody has asked about since it changed; only where there are no scores.
const UNKNOWN: i32 = i32::MAX;

/// The nodes' own answers for one kind of pod.
#[derive(Clone, Debug)]
pub(super) struct LocalTable {
    spec: Arc<PodSpec>,
    filter: NodeFilter,
    /// Scores are left at 0, and nodes are looked at when they are asked about.
    filters_only: bool,
    /// NodeResourcesFit and NodeResourcesBalancedAllocation, or [`UNFIT`], or [`UNKNOWN`].
    pub(super) score: Vec<i32>,
    /// PreferNoSchedule taints that are not tolerated; empty while no node has any.
    pub(super) taints: Vec<i32>,
    /// Weights of preferred node affinity; empty without such terms.
    pub(super) preferred: Vec<i32>,
    /// ImageLocality; empty while no node has an image of the pod.
    pub(super) images: Vec<i32>,
    counted: Option<ImageScore>,
    /// A score was too large for the table: absurd quantities. The plain computation is asked instead.
    pub(super) is_exotic: bool,
    cursor: u64,
    epoch: u64,
    images_version: u64,
    /// When the table was used last.
    pub(super) used: u64,
}

impl LocalTable {
    pub(super) fn new(cluster: &ClusterState, purpose: Purpose<'_>, spec: Arc<PodSpec>) -> Self {
        let Purpose { profile, filters_only } = purpose;
        LocalTable {
            filter: NodeFilter::new(cluster, profile, spec.clone(), None),
            spec,
            filters_only,
            score: Vec::new(),
            taints: Vec::new(),
            preferred: Vec::new(),
            images: Vec::new(),
            counted: None,
            is_exotic: false,
            cursor: 0,
            epoch: 0,
            images_version: 0,
            used: 0,
        }
    }

    /// Renews the answers of the nodes that changed.
    pub(super) fn renew(&mut self, cluster: &ClusterState, profile: &Profile, slots: &Slots) {
        let dirty = slots.dirty_since(self.cursor).filter(|_| self.epoch == slots.epoch());
        self.cursor = slots.end();
        self.epoch = slots.epoch();
        let Some(dirty) = dirty else {
            self.score.clear();
            self.taints.clear();
            self.preferred.clear();
            self.is_exotic = false;
            self.grow(profile, slots.len());
            (0..slots.len()).for_each(|slot| self.answer(cluster, profile, slots, slot));
            return self.renew_images(cluster, profile.rules, slots, None::<std::iter::Empty<usize>>);
        };
        self.grow(profile, slots.len());
        for slot in dirty.clone() {
            self.answer(cluster, profile, slots, slot);
        }
        self.renew_images(cluster, profile.rules, slots, Some(dirty));
    }

    fn grow(&mut self, profile: &Profile, len: usize) {
        self.score.resize(len, UNFIT);
        if !self.taints.is_empty() {
            self.taints.resize(len, 0);
        }
        if profile.prefers_nodes_for(&self.spec) {
            self.preferred.resize(len, 0);
        }
    }

    /// Whether the filters pass the node in a slot; of a table without scores.
    pub(super) fn fits(&mut self, cluster: &ClusterState, slots: &Slots, slot: usize) -> bool {
        if self.score[slot] == UNKNOWN {
            let passes = slots.node(cluster, slot).is_some_and(|node| self.filter.passes(cluster, node));
            self.score[slot] = if passes { 0 } else { UNFIT };
        }
        self.score[slot] != UNFIT
    }

    fn answer(&mut self, cluster: &ClusterState, profile: &Profile, slots: &Slots, slot: usize) {
        if self.filters_only {
            self.score[slot] = UNKNOWN;
            return;
        }
        let Some(node) = slots.node(cluster, slot).filter(|node| self.filter.passes(cluster, node)) else {
            self.score[slot] = UNFIT;
            return;
        };
        let weight = |plugin| profile.plugins.weight(plugin);
        let fit = weight(Plugin::NodeResourcesFit).saturating_mul(fit_score(profile, node, &self.spec));
        let balance = match has_balance(profile, &self.spec) {
            true => balance_score(profile, node, &self.spec),
            false => 0,
        };
        let balance = weight(Plugin::NodeResourcesBalancedAllocation).saturating_mul(balance);
        let score = fit.saturating_add(balance);
        self.score[slot] = self.small(score);
        let taints = soft_taints(&self.spec, node);
        if taints > 0 && self.taints.is_empty() {
            self.taints.resize(self.score.len(), 0);
        }
        if !self.taints.is_empty() {
            self.taints[slot] = self.small(taints);
        }
        if !self.preferred.is_empty() {
            self.preferred[slot] = self.small(preferred_weight(profile, &self.spec, node, &cluster.symbols));
        }
    }

    fn small(&mut self, value: i64) -> i32 {
        const LARGEST: i64 = 1 << 24;
        if value.saturating_abs() > LARGEST {
            self.is_exotic = true;
        }
        value.clamp(-LARGEST, LARGEST) as i32
    }

    /// The share of nodes with an image is in every node's score: new counts renew all.
    fn renew_images(
        &mut self,
        cluster: &ClusterState,
        rules: Rules,
        slots: &Slots,
        dirty: Option<impl Iterator<Item = usize>>,
    ) {
        if self.filters_only || (dirty.is_some() && self.images_version == slots.nodes_version()) {
            return;
        }
        self.images_version = slots.nodes_version();
        let images = images_of(&self.spec, rules).map(|image| (image, slots.image_count(image))).collect();
        let counted = ImageScore::counted(images, containers_of(&self.spec, rules), cluster.node_ids().len() as i64);
        if counted.is_idle() {
            self.images.clear();
            self.counted = None;
            return;
        }
        let score = |slot: usize| slots.node(cluster, slot).map_or(0, |node| counted.score(node) as i32);
        match dirty.filter(|_| self.counted.as_ref() == Some(&counted)) {
            Some(dirty) => {
                self.images.resize(slots.len(), 0);
                dirty.for_each(|slot| self.images[slot] = score(slot));
            }
            None => self.images = (0..slots.len()).map(score).collect(),
        }
        self.counted = Some(counted);
    }
}

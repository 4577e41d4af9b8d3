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
/// A node that nobody has asked about since it changed.
const UNKNOWN: i32 = i32::MAX;

/// The nodes' own answers for one kind of pod.
#[derive(Clone, Debug)]
pub(super) struct LocalTable {
    spec: Arc<PodSpec>,
    filter: NodeFilter,
    /// Scores are left at 0.
    filters_only: bool,
    /// NodeResourcesFit and NodeResourcesBalancedAllocation, or [`UNFIT`], or [`UNKNOWN`].
    pub(super) score: Vec<i32>,
    /// PreferNoSchedule taints that are not tolerated; empty while no node has any.
    pub(super) taints: Vec<i32>,
    /// Weights of preferred node affinity; empty without such terms.
    pub(super) preferred: Vec<i32>,
    /// ImageLocality, or [`UNKNOWN`]; empty while all nodes score 0.
    pub(super) images: Vec<i32>,
    /// Slots that may be [`UNKNOWN`]; absent: any may be.
    stale: Option<Vec<u32>>,
    counted: Option<ImageScore>,
    /// A score was too large for the table: absurd quantities. The plain computation is asked instead.
    pub(super) is_exotic: bool,
    cursor: u64,
    epoch: u64,
    images_version: u64,
    images_epoch: u64,
    /// When the table was used last.
    pub(super) used: u64,
    /// How many answers of nodes were worked out.
    pub(super) asked: u64,
}

impl LocalTable {
    pub(super) fn new(cluster: &ClusterState, purpose: Purpose<'_>, spec: Arc<PodSpec>) -> Self {
        let Purpose { profile, filters_only, .. } = purpose;
        LocalTable {
            filter: NodeFilter::new(cluster, profile, spec.clone(), None),
            spec,
            filters_only,
            score: Vec::new(),
            taints: Vec::new(),
            preferred: Vec::new(),
            images: Vec::new(),
            stale: None,
            counted: None,
            is_exotic: false,
            cursor: 0,
            epoch: 0,
            images_version: 0,
            images_epoch: 0,
            used: 0,
            asked: 0,
        }
    }

    /// Forgets the answers of the nodes that changed.
    pub(super) fn renew(&mut self, cluster: &ClusterState, profile: &Profile, slots: &Slots) {
        let dirty = slots.dirty_since(self.cursor).filter(|_| self.epoch == slots.epoch());
        self.cursor = slots.end();
        self.epoch = slots.epoch();
        if let Some(dirty) = dirty {
            let known = self.score.len();
            for slot in dirty.filter(|slot| *slot < known) {
                self.score[slot] = UNKNOWN;
                if let Some(image) = self.images.get_mut(slot) {
                    *image = UNKNOWN;
                }
                self.stale.iter_mut().for_each(|stale| stale.push(slot as u32));
            }
            if let Some(stale) = &mut self.stale {
                stale.extend(known as u32..slots.len() as u32);
            }
            self.stale.take_if(|stale| stale.len() > slots.len());
        } else {
            self.score.clear();
            self.taints.clear();
            self.preferred.clear();
            self.images.clear();
            self.stale = None;
            self.counted = None;
            self.is_exotic = false;
        }
        self.grow(profile, slots.len());
        self.renew_images(cluster, profile.rules, slots);
    }

    fn grow(&mut self, profile: &Profile, len: usize) {
        self.score.resize(len, UNKNOWN);
        if !self.taints.is_empty() {
            self.taints.resize(len, 0);
        }
        if profile.prefers_nodes_for(&self.spec) && !self.filters_only {
            self.preferred.resize(len, 0);
        }
    }

    /// Asks every node that has not answered.
    pub(super) fn settle(&mut self, cluster: &ClusterState, profile: &Profile, slots: &Slots) {
        match self.stale.take() {
            Some(mut stale) => {
                for slot in stale.drain(..) {
                    self.fits(cluster, profile, slots, slot as usize);
                }
                self.stale = Some(stale);
            }
            None => {
                for slot in 0..slots.len() {
                    self.fits(cluster, profile, slots, slot);
                }
                self.stale = Some(Vec::new());
            }
        }
    }

    /// Whether the filters pass the node in a slot; if they do, it has its scores then.
    #[inline]
    pub(super) fn fits(&mut self, cluster: &ClusterState, profile: &Profile, slots: &Slots, slot: usize) -> bool {
        if self.score[slot] == UNKNOWN {
            self.asked += 1;
            self.answer(cluster, profile, slots, slot);
        }
        self.score[slot] != UNFIT
    }

    fn answer(&mut self, cluster: &ClusterState, profile: &Profile, slots: &Slots, slot: usize) {
        let Some(node) = slots.node(cluster, slot).filter(|node| self.filter.passes(cluster, node)) else {
            self.score[slot] = UNFIT;
            return;
        };
        if self.filters_only {
            self.score[slot] = 0;
            return;
        }
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

    /// The share of nodes with an image is in every node's score: new counts make all unknown.
    fn renew_images(&mut self, cluster: &ClusterState, rules: Rules, slots: &Slots) {
        if self.filters_only || (self.images_version == slots.nodes_version() && self.images_epoch == self.epoch) {
            return;
        }
        (self.images_version, self.images_epoch) = (slots.nodes_version(), self.epoch);
        let images = images_of(&self.spec, rules).map(|image| (image, slots.image_count(image))).collect();
        let counted = ImageScore::counted(images, containers_of(&self.spec, rules), cluster.node_ids().len() as i64);
        if counted.is_idle(|image| slots.most_bytes(image)) {
            self.images.clear();
            self.counted = None;
            return;
        }
        if self.counted.as_ref() != Some(&counted) {
            self.images.clear();
            self.counted = Some(counted);
        }
        self.images.resize(slots.len(), UNKNOWN);
    }

    /// Makes the images' scores of these slots known.
    pub(super) fn score_images(&mut self, cluster: &ClusterState, slots: &Slots, of: &[u32]) {
        let Some(counted) = self.counted.as_ref().filter(|_| !self.images.is_empty()) else { return };
        for slot in of.iter().map(|slot| *slot as usize) {
            if self.images[slot] == UNKNOWN {
                self.images[slot] = slots.node(cluster, slot).map_or(0, |node| counted.score(node) as i32);
            }
        }
    }

    /// About how many bytes the answers take.
    pub(super) fn bytes(&self) -> usize {
        4 * (self.score.len() + self.taints.len() + self.preferred.len() + self.images.len())
    }
}

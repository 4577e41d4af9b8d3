//! What each node answers for itself: a table per kind of pod.

use super::nodes::{NodeKey, NodeTable, small};
use super::purpose::Purpose;
use super::rooms::Ask;
use super::slots::Slots;
use crate::cluster::{ClusterState, HostPort, Node, PodSpec, Resources};
use crate::intern::Symbol;
use crate::scheduler::filters::NodeFilter;
use crate::scheduler::images::{ImageScore, containers_of, images_of};
use crate::scheduler::profile::Profile;
use crate::scheduler::reason::Plugin;
use crate::scheduler::resources::{balance_score, fit_score, has_balance};
use crate::scheduler::rules::Rules;
use std::sync::Arc;

/// All that a node's own answer depends on: pods equal in this get equal answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::scheduler) struct LocalKey {
    of_nodes: NodeKey,
    requests: Resources,
    nonzero: (i64, i64),
    host_ports: Vec<HostPort>,
    has_sidecar: bool,
    images: (Vec<Symbol>, i64),
}

impl LocalKey {
    pub(in crate::scheduler) fn of(spec: &PodSpec, rules: Rules) -> Self {
        LocalKey {
            of_nodes: NodeKey::of(spec),
            requests: spec.requests.clone(),
            nonzero: spec.incoming_nonzero(),
            host_ports: spec.host_ports.clone(),
            has_sidecar: spec.has_sidecar,
            images: (images_of(spec, rules).collect(), containers_of(spec, rules)),
        }
    }
}

/// Whom the table asks: nodes, by what their objects answer.
pub(super) struct Asking<'a> {
    pub(super) cluster: &'a ClusterState,
    pub(super) profile: &'a Profile,
    pub(super) slots: &'a Slots,
    pub(super) nodes: &'a mut NodeTable,
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
    /// What rooms are asked; without it the nodes themselves are.
    ask: Option<Ask>,
    /// Scores are left at 0.
    filters_only: bool,
    /// NodeResourcesFit and NodeResourcesBalancedAllocation, or [`UNFIT`], or [`UNKNOWN`].
    pub(super) score: Vec<i32>,
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
        let filter = NodeFilter::new(cluster, profile, spec.clone(), None);
        LocalTable {
            ask: Ask::of(profile, &spec, filter.request()),
            filter,
            spec,
            filters_only,
            score: Vec::new(),
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
    pub(super) fn renew(&mut self, cluster: &ClusterState, rules: Rules, slots: &Slots) {
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
            self.images.clear();
            self.stale = None;
            self.counted = None;
            self.is_exotic = false;
        }
        self.score.resize(slots.len(), UNKNOWN);
        self.renew_images(cluster, rules, slots);
    }

    /// Asks every node that has not answered.
    pub(super) fn settle(&mut self, asking: &mut Asking<'_>) {
        match self.stale.take() {
            Some(mut stale) => {
                for slot in stale.drain(..) {
                    self.fits(asking, slot as usize);
                }
                self.stale = Some(stale);
            }
            None => {
                for slot in 0..asking.slots.len() {
                    self.fits(asking, slot);
                }
                self.stale = Some(Vec::new());
            }
        }
    }

    /// Whether the filters pass the node in a slot; if they do, it has its scores then.
    #[inline]
    pub(super) fn fits(&mut self, asking: &mut Asking<'_>, slot: usize) -> bool {
        if self.score[slot] == UNKNOWN {
            self.asked += 1;
            self.score[slot] = self.answer(asking, slot);
        }
        self.score[slot] != UNFIT
    }

    #[inline]
    fn answer(&mut self, asking: &mut Asking<'_>, slot: usize) -> i32 {
        let Asking { cluster, profile, slots, .. } = *asking;
        let room = slots.room(slot);
        match self.ask.as_ref().and_then(|ask| Some((ask, ask.fits(room)?))) {
            Some((_, false)) => UNFIT,
            Some((ask, true)) => {
                let score = if self.filters_only { 0 } else { ask.score(room) };
                if asking.nodes.passes(cluster, profile, slots, slot) { self.small(score) } else { UNFIT }
            }
            None if !asking.nodes.passes(cluster, profile, slots, slot) => UNFIT,
            None => slots.node(cluster, slot).map_or(UNFIT, |node| self.ask_node(cluster, profile, node)),
        }
    }

    /// The answer of a node that is not to be judged by its room alone.
    fn ask_node(&mut self, cluster: &ClusterState, profile: &Profile, node: &Node) -> i32 {
        if !self.filter.has_room(cluster, node) {
            return UNFIT;
        }
        if self.filters_only {
            return 0;
        }
        let weight = |plugin| profile.plugins.weight(plugin);
        let fit = weight(Plugin::NodeResourcesFit).saturating_mul(fit_score(profile, node, &self.spec));
        let balance = match has_balance(profile, &self.spec) {
            true => balance_score(profile, node, &self.spec),
            false => 0,
        };
        let balance = weight(Plugin::NodeResourcesBalancedAllocation).saturating_mul(balance);
        self.small(fit.saturating_add(balance))
    }

    fn small(&mut self, value: i64) -> i32 {
        small(value).unwrap_or_else(|| {
            self.is_exotic = true;
            0
        })
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
        4 * (self.score.len() + self.images.len())
    }
}

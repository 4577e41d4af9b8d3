//! The scores: of the nodes that are possible, which is best?

use super::affinity::AffinityScore;
use super::images::ImageScore;
use super::profile::Profile;
use super::reason::Plugin;
use super::resources::{balance_score, fit_score, has_balance};
use super::spread::SpreadScore;
use super::subject::Subject;
use crate::cluster::{ClusterState, Effect, NodeId, NodeTemplate, PodSpec};
use crate::intern::Interner;

/// A node's weighted scores by plugin; a plugin that had nothing to say is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginScores {
    /// Plugin and score times weight.
    pub rows: Vec<(Plugin, i64)>,
}

impl PluginScores {
    /// The sum.
    pub fn total(&self) -> i64 {
        self.rows.iter().fold(0, |sum: i64, (_, score)| sum.saturating_add(*score))
    }
}

/// Scores every feasible node. Upstream: `prioritizeNodes`.
pub(super) fn score(
    cluster: &ClusterState,
    profile: &Profile,
    subject: &Subject<'_>,
    feasible: &[NodeId],
) -> Vec<PluginScores> {
    let mut table = vec![PluginScores::default(); feasible.len()];
    let mut add = |plugin: Plugin, column: &dyn Fn() -> Vec<i64>| {
        let weight = profile.plugins.weight(plugin);
        let column = if weight == 0 { Vec::new() } else { column() };
        for (row, score) in table.iter_mut().zip(column) {
            row.rows.push((plugin, weight.saturating_mul(score)));
        }
    };
    let pod = subject.spec;
    let nodes = || feasible.iter().map(|id| cluster.node(*id));
    add(Plugin::TaintToleration, &|| taint_scores(cluster, pod, feasible));
    if profile.prefers_nodes_for(pod) {
        add(Plugin::NodeAffinity, &|| node_affinity_scores(cluster, profile, pod, feasible));
    }
    if let Some(spread) = SpreadScore::prepare(cluster, profile, subject, feasible) {
        let raw: Vec<Option<i64>> = nodes().map(|node| spread.raw(cluster, node)).collect();
        add(Plugin::PodTopologySpread, &|| SpreadScore::normalize(&raw));
    }
    if let Some(affinity) = AffinityScore::prepare(cluster, pod, profile) {
        let mut column: Vec<i64> = nodes().map(|node| affinity.raw(node)).collect();
        AffinityScore::normalize(&mut column);
        add(Plugin::InterPodAffinity, &|| column.clone());
    }
    add(Plugin::NodeResourcesFit, &|| nodes().map(|node| fit_score(profile, node, pod)).collect());
    if has_balance(profile, pod) {
        let column = || nodes().map(|node| balance_score(profile, node, pod)).collect();
        add(Plugin::NodeResourcesBalancedAllocation, &column);
    }
    let images = ImageScore::prepare(cluster, pod, profile.rules);
    add(Plugin::ImageLocality, &|| nodes().map(|node| images.score(node)).collect());
    table
}

/// Fewer untolerated PreferNoSchedule taints are better. Upstream: `TaintToleration.Score`, 1.28.
fn taint_scores(cluster: &ClusterState, pod: &PodSpec, feasible: &[NodeId]) -> Vec<i64> {
    let counts: Vec<i64> = feasible.iter().map(|id| soft_taints(pod, cluster.node(*id))).collect();
    let most = counts.iter().max().copied().unwrap_or(0);
    counts.iter().map(|count| if most == 0 { 100 } else { 100 - 100 * count / most }).collect()
}

/// The node's PreferNoSchedule taints that the pod does not tolerate.
pub(super) fn soft_taints(pod: &PodSpec, node: &NodeTemplate) -> i64 {
    let soft = |effect: Option<Effect>| effect.is_none_or(|effect| effect == Effect::PreferNoSchedule);
    let tolerates = |taint: &&crate::cluster::Taint| {
        pod.tolerations.iter().any(|toleration| soft(toleration.effect) && toleration.tolerates(taint))
    };
    let repels = |taint: &&crate::cluster::Taint| taint.effect == Effect::PreferNoSchedule && !tolerates(taint);
    node.taints.iter().filter(repels).count() as i64
}

/// The weights of the preferred terms that match. Upstream: `NodeAffinity.Score`, 1.28.
fn node_affinity_scores(cluster: &ClusterState, profile: &Profile, pod: &PodSpec, feasible: &[NodeId]) -> Vec<i64> {
    let sum = |id: &NodeId| preferred_weight(profile, pod, cluster.node(*id), &cluster.symbols);
    let sums: Vec<i64> = feasible.iter().map(sum).collect();
    let most = sums.iter().max().copied().unwrap_or(0);
    sums.iter().map(|sum| if most == 0 { 0 } else { 100 * sum / most }).collect()
}

/// The sum of the weights of the preferred node affinity terms, the pod's and the profile's, that match a node.
pub(super) fn preferred_weight(profile: &Profile, pod: &PodSpec, node: &NodeTemplate, symbols: &Interner) -> i64 {
    let terms = pod.preferred_node_affinity.iter().chain(&profile.added_preferred);
    let matching = terms.filter(|row| !row.term.is_empty() && row.term.matches(node.name, &node.labels, symbols));
    matching.map(|row| i64::from(row.weight)).sum()
}

//! Opportunistic batching: pods that are alike, one to a node, placed by one ranking.

use super::filters::Filters;
use super::memory::LocalKey;
use super::profile::{DefaultConstraints, Profile};
use super::reason::Plugin;
use super::volumes;
use crate::cluster::{ClusterState, NodeId, PodSpec};
use crate::intern::Symbol;
use crate::units::{SimDuration, SimTime};

/// A ranking is not used any longer. Upstream: `maxBatchAge`, 1.35.
const MOST_AGE: SimDuration = SimDuration::from_millis(500);

/// What the last pod's ranking says about the next one. Upstream: `OpportunisticBatch`, 1.35.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    ranking: Option<Ranking>,
    /// The last pod that got a node: in which cycle, and where.
    last: Option<(u64, NodeId)>,
    cycle: u64,
    pub(super) now: SimTime,
}

#[derive(Clone, Debug)]
struct Ranking {
    signature: Signature,
    /// The nodes that were not taken, best last.
    rest: Vec<NodeId>,
    since: SimTime,
}

/// Pods equal in this are alike. Upstream: `SignPod` of each plugin.
type Signature = (Symbol, LocalKey);

/// Whether any pods of the profile can be alike: not where all are spread by default.
pub(super) fn is_possible(profile: &Profile) -> bool {
    let plugins = &profile.plugins;
    let spreads = plugins.filters(Plugin::PodTopologySpread) || plugins.weight(Plugin::PodTopologySpread) != 0;
    let by_default = !matches!(&profile.default_constraints, DefaultConstraints::List(list) if list.is_empty());
    profile.rules.batching && !(spreads && by_default)
}

fn signature(profile: &Profile, spec: &PodSpec) -> Option<Signature> {
    let looks_around = !spec.topology_spread.is_empty()
        || !spec.pod_affinity.is_empty()
        || !spec.pod_anti_affinity.is_empty()
        || volumes::concern(spec);
    (is_possible(profile) && !looks_around).then(|| (spec.scheduler, LocalKey::of(spec, profile.rules)))
}

impl Batch {
    /// Another cycle begins.
    pub(super) fn tick(&mut self) {
        self.cycle += 1;
    }

    /// The next node of the last ranking, if this pod is like the last one and does not fit where that went.
    ///
    /// Upstream: `GetNodeHint`, `batchStateCompatible`.
    pub(super) fn hint(&mut self, cluster: &ClusterState, profile: &Profile, filters: &Filters) -> Option<NodeId> {
        let ranking = self.ranking.as_mut()?;
        let (cycle, node) = self.last?;
        let is_usable = self.cycle == cycle + 1
            && self.now <= ranking.since + MOST_AGE
            && signature(profile, filters.subject().spec).as_ref() == Some(&ranking.signature)
            && cluster.has_node(node)
            && filters.check(cluster, node).is_err();
        if is_usable { ranking.rest.pop() } else { None }
    }

    /// The pod got a node; `others` were not taken, best last. Upstream: `StoreScheduleResults`.
    pub(super) fn placed(
        &mut self,
        profile: &Profile,
        spec: &PodSpec,
        (node, hint): (NodeId, Option<NodeId>),
        others: Vec<NodeId>,
    ) {
        self.last = Some((self.cycle, node));
        if hint != Some(node) {
            let signature = signature(profile, spec).filter(|_| !others.is_empty());
            self.ranking = signature.map(|signature| Ranking { signature, rest: others, since: self.now });
        }
    }
}

//! A scheduling cycle: from a pod to a node, or to the reasons why not.

use super::filters::{Filters, WhatIf};
use super::memory::Memory;
#[cfg(test)]
use super::memory::Survey;
use super::node_order::Sampling;
use super::preemption::{NoRoom, NoVictims, preempt};
use super::profile::{Profile, Profiles};
use super::queue::PluginSet;
use super::reason::{Diagnosis, PreFilterError, Rejection};
pub use super::scores::PluginScores;
use super::scores::score;
use super::volumes;
use crate::cluster::{ClusterState, NodeId, PodId, PodSpecId, VolumePlan};
use crate::rng::Stream;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::sync::Arc;

/// How equally good nodes are told apart.
#[derive(Clone, Debug)]
pub enum Ties {
    /// At random, each as likely, as upstream.
    Seeded(Stream),
    /// The smallest name, as in the recordings.
    SmallestName,
}

/// kube-scheduler with its profiles, for one cluster: what it remembers is true of that alone.
#[derive(Clone, Debug)]
pub struct Scheduler {
    profiles: Profiles,
    ties: Ties,
    nominations: Nominations,
    sampling: Sampling,
    /// By profile.
    memories: Vec<Memory>,
    hopeless: Hopeless,
}

/// Pods that found no node in the cluster as it is; forgotten when it changes.
#[derive(Clone, Debug, Default)]
struct Hopeless {
    versions: [u64; 4],
    openings: u64,
    attempts: FxHashMap<Likeness, Arc<Attempt>>,
    /// Attempts of pods that want room and nothing else, which pods that take some do not give them.
    for_want_of_room: FxHashMap<Likeness, Arc<Attempt>>,
    /// Whether those are kept when pods come, though their reasons may be others then.
    keeps_reasons: bool,
}

/// Pods of a kind are alike, and one that is nominated is like itself alone.
type Likeness = (PodSpecId, Option<PodId>);

impl Hopeless {
    /// Forgets what may be true no longer.
    fn renew(&mut self, cluster: &ClusterState) {
        let (versions, openings) = (cluster.versions(), cluster.openings());
        if self.versions == versions {
            return;
        }
        let only_fuller = self.openings == openings && self.versions[1..] == versions[1..];
        if !only_fuller || !self.keeps_reasons {
            self.for_want_of_room.clear();
        }
        self.attempts.clear();
        (self.versions, self.openings) = (versions, openings);
    }
    fn get(&mut self, cluster: &ClusterState, like: Likeness) -> Option<Arc<Attempt>> {
        self.renew(cluster);
        self.for_want_of_room.get(&like).or_else(|| self.attempts.get(&like)).cloned()
    }
    /// To be called after [`get`](Self::get).
    fn insert(&mut self, like: Likeness, attempt: Arc<Attempt>) {
        let attempts = if attempt.wants_room { &mut self.for_want_of_room } else { &mut self.attempts };
        attempts.insert(like, attempt);
    }
}

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
    wants_room: bool,
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

/// Room to be made.
#[derive(Clone, Debug)]
pub struct Preemption {
    /// Where.
    pub node: NodeId,
    /// Who goes, in upstream's order.
    pub victims: Vec<PodId>,
    /// How many of them against a budget.
    pub pdb_violations: i32,
    /// Less important pods that lose their nomination to this node.
    pub cleared: Vec<PodId>,
    /// Nodes as good as this one.
    pub ties: Vec<NodeId>,
    /// Every node that would do: victims and violations.
    pub candidates: Vec<(NodeId, Vec<PodId>, i32)>,
}

/// Pods that wait for victims to leave a node. Upstream: `internal/queue` nominator.
#[derive(Clone, Debug, Default)]
pub struct Nominations {
    pods: Vec<PodId>,
}

impl Nominations {
    /// The pods nominated to a node whose priority is at least `pod`'s.
    fn ahead(&self, cluster: &ClusterState, pod: PodId, node: NodeId) -> SmallVec<[PodId; 4]> {
        let (name, priority) = (cluster.node(node).name, cluster.spec_of(pod).priority);
        let ahead = |other: &PodId| {
            let row = cluster.pod(*other);
            *other != pod
                && row.is_present()
                && row.node().is_none()
                && row.nominated == Some(name)
                && cluster.spec_of(*other).priority >= priority
        };
        self.pods.iter().copied().filter(ahead).collect()
    }

    /// Forgets pods that do not wait for their node any more.
    fn tidy(&mut self, cluster: &ClusterState) {
        self.pods.retain(|pod| {
            let row = cluster.pod(*pod);
            row.is_present() && row.node().is_none() && row.nominated.is_some()
        });
    }

    /// The nodes that cannot take `pod` because of the pods as important that are nominated to them.
    fn reserved_from(&self, cluster: &ClusterState, profile: &Profile, pod: PodId) -> Vec<NodeId> {
        let priority = cluster.spec_of(pod).priority;
        let ahead = self.pods.iter().filter(|other| cluster.spec_of(**other).priority >= priority);
        let nodes = ahead.filter_map(|other| cluster.pod(*other).nominated.and_then(|name| cluster.node_by_name(name)));
        let mut nodes: Vec<NodeId> = nodes.collect();
        nodes.sort_unstable();
        nodes.dedup();
        if !nodes.is_empty()
            && let Ok(filters) = Filters::prepare_for(cluster, profile, pod)
        {
            nodes.retain(|node| self.check(cluster, &filters, pod, *node, &[]).is_err());
        }
        nodes
    }

    /// The pods nominated to a node that are less important than `pod`.
    pub(super) fn less_important(&self, cluster: &ClusterState, pod: PodId, node: NodeId) -> Vec<PodId> {
        let (name, priority) = (cluster.node(node).name, cluster.spec_of(pod).priority);
        let less = |other: &PodId| {
            let row = cluster.pod(*other);
            row.is_present()
                && row.node().is_none()
                && row.nominated == Some(name)
                && cluster.spec_of(*other).priority < priority
        };
        self.pods.iter().copied().filter(less).collect()
    }

    /// The filters with the nominated pods there, and without them. Upstream:
    /// `RunFilterPluginsWithNominatedPods`, 1.28.
    pub(super) fn check(
        &self,
        cluster: &ClusterState,
        filters: &Filters,
        pod: PodId,
        node: NodeId,
        gone: &[PodId],
    ) -> Result<(), Rejection> {
        let added = if self.pods.is_empty() { SmallVec::new() } else { self.ahead(cluster, pod, node) };
        if !added.is_empty() && filters.is_local() {
            filters.check_with(cluster, node, WhatIf { gone, added: &added })?;
        } else if !added.is_empty() {
            let mut with = filters.clone();
            added.iter().for_each(|other| with.count(cluster, cluster.pod(*other).spec, node, 1));
            with.check_with(cluster, node, WhatIf { gone, added: &added })?;
        }
        filters.check_with(cluster, node, WhatIf { gone, added: &[] })
    }
}

impl Scheduler {
    /// A scheduler that has seen nothing.
    pub fn new(profiles: impl Into<Profiles>, ties: Ties) -> Self {
        let profiles = profiles.into();
        let memories = vec![Memory::default(); profiles.iter().len()];
        Scheduler {
            memories,
            profiles,
            ties,
            nominations: Nominations::default(),
            sampling: Sampling::default(),
            hopeless: Hopeless::default(),
        }
    }
    /// This scheduler, for callers to whom it is all the same what exactly refused a pod on each node: they may be told what
    /// refused it when there was more room.
    pub fn keeping_reasons(mut self) -> Self {
        self.hopeless.keeps_reasons = true;
        self
    }
    /// The profiles.
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }
    /// The profile that decides about a pod.
    fn profile_of(&self, cluster: &ClusterState, pod: PodId) -> &Profile {
        self.profiles.of(cluster.spec_of(pod).scheduler)
    }

    /// A pod was nominated (the cluster knows to which node).
    pub fn nominated(&mut self, pod: PodId) {
        if !self.nominations.pods.contains(&pod) {
            self.nominations.pods.push(pod);
        }
    }

    /// One scheduling cycle for one pod. It decides only; the caller binds, evicts and nominates.
    ///
    /// Upstream: `schedulePod`, `findNodesThatFitPod`, `prioritizeNodes`, `selectHost`, 1.28.
    /// Cost: one step per node, and per bound pod where affinity or spread constraints look at pods.
    pub fn schedule(&mut self, cluster: &ClusterState, pod: PodId) -> Attempt {
        self.nominations.tidy(cluster);
        let mut attempt = Attempt {
            feasible: Vec::new(),
            rejections: Vec::new(),
            pre_filter: None,
            scores: Vec::new(),
            best: Vec::new(),
            volumes: VolumePlan::default(),
            decision: Decision::Wait { post_filter: NoRoom::NotTried, clear_nomination: false },
            wants_room: false,
        };
        let filters = match Filters::prepare_for(cluster, self.profile_of(cluster, pod), pod) {
            Ok(filters) => filters,
            Err(error) => {
                attempt.decision = match &error {
                    PreFilterError::Failed(why) => Decision::Failed(why.clone()),
                    PreFilterError::Unschedulable(..) => {
                        let preempts = self.profile_of(cluster, pod).plugins.preempts;
                        let post_filter = if preempts { nowhere(cluster) } else { NoRoom::NotTried };
                        Decision::Wait { post_filter, clear_nomination: preempts }
                    }
                };
                attempt.pre_filter = Some(error);
                return attempt;
            }
        };
        attempt.wants_room = filters.is_local() && filters.subject().spec.host_ports.is_empty();
        if let Err(missing) = self.filter(cluster, &filters, pod, &mut attempt) {
            attempt.decision = Decision::Failed(missing);
            return attempt;
        }
        attempt.decision = match attempt.feasible.as_slice() {
            [] => self.post_filter(cluster, &filters, pod, &attempt.rejections),
            [only] => {
                attempt.best.push(*only);
                Decision::Bind(*only)
            }
            several => {
                attempt.scores = score(cluster, self.profile_of(cluster, pod), &filters.subject(), several);
                let most = attempt.scores.iter().map(PluginScores::total).max().unwrap_or(0);
                let best = several.iter().zip(&attempt.scores).filter(|(_, scores)| scores.total() == most);
                attempt.best = best.map(|(node, _)| *node).collect();
                Decision::Bind(choose(&mut self.ties, cluster, &attempt.best))
            }
        };
        if let Decision::Bind(node) = attempt.decision {
            attempt.volumes = filters.volume_plan(cluster, node);
        }
        attempt
    }

    /// A cycle as [`schedule`](Self::schedule) has it, from memory where that can tell: the node that the pod is to
    /// be bound to with the volumes for its claims, or else the attempt with everything written down.
    pub fn decide(&mut self, cluster: &ClusterState, pod: PodId) -> Result<(NodeId, VolumePlan), Arc<Attempt>> {
        self.nominations.tidy(cluster);
        // Pods with volumes or bound to a node by name are each one of a kind.
        let row = cluster.pod(pod);
        let like = (row.spec, row.nominated.map(|_| pod));
        let is_known = row.daemon_node.is_none() && !volumes::concern(cluster.spec(row.spec));
        if is_known && let Some(attempt) = self.hopeless.get(cluster, like) {
            return Err(attempt);
        }
        if let Some(node) = self.remembered(cluster, pod) {
            return Ok((node, VolumePlan::default()));
        }
        let decided = self.decide_afresh(cluster, pod);
        if let Err(attempt) = &decided
            && is_known
            && matches!(attempt.decision, Decision::Wait { .. })
        {
            self.hopeless.insert(like, attempt.clone());
        }
        decided
    }

    /// As [`decide`](Self::decide), without memory.
    pub fn decide_afresh(&mut self, cluster: &ClusterState, pod: PodId) -> Result<(NodeId, VolumePlan), Arc<Attempt>> {
        let attempt = self.schedule(cluster, pod);
        match attempt.decision {
            Decision::Bind(node) => Ok((node, attempt.volumes)),
            _ => Err(Arc::new(attempt)),
        }
    }

    /// The node to bind to; nothing if there is none, or if the memory cannot tell.
    fn remembered(&mut self, cluster: &ClusterState, pod: PodId) -> Option<NodeId> {
        let spec = cluster.spec_of(pod);
        if cluster.pod(pod).nominated.is_some() || volumes::concern(spec) {
            return None;
        }
        let at = self.profiles.position(spec.scheduler);
        let profile = self.profiles.of(spec.scheduler);
        let reserved = self.nominations.reserved_from(cluster, profile, pod);
        let memory = &mut self.memories[at];
        let best = memory.best(cluster, profile, pod, &reserved, &mut self.sampling)?;
        match (&mut self.ties, best.as_slice()) {
            (_, []) => None,
            (_, [only]) => Some(*only),
            (Ties::SmallestName, several) => Some(memory.smallest_name(cluster, several)),
            (ties, several) => Some(choose(ties, cluster, several)),
        }
    }

    /// What the memory says about a pod, for comparison with [`schedule`](Self::schedule).
    #[cfg(test)]
    pub(super) fn survey(&mut self, cluster: &ClusterState, pod: PodId) -> Option<Survey> {
        let at = self.profiles.position(cluster.spec_of(pod).scheduler);
        let profile = self.profiles.of(cluster.spec_of(pod).scheduler);
        self.memories[at].survey(cluster, profile, pod, &mut self.sampling.clone())
    }

    /// Splits the nodes into those that fit and the others. The error names a node that does not exist.
    fn filter(
        &mut self,
        cluster: &ClusterState,
        filters: &Filters,
        pod: PodId,
        attempt: &mut Attempt,
    ) -> Result<(), String> {
        let nominations = &self.nominations;
        let check = |node: NodeId| nominations.check(cluster, filters, pod, node, &[]);
        let nominated = cluster.pod(pod).nominated.and_then(|name| cluster.node_by_name(name));
        if let Some(node) = nominated.filter(|node| check(*node).is_ok()) {
            attempt.feasible.push(node);
            return Ok(());
        }
        let named: Option<Vec<NodeId>> = match filters.node_names() {
            None => None,
            Some(names) => {
                let mut nodes = Vec::new();
                for name in names {
                    let missing = || format!("nodeinfo not found for node name \"{}\"", cluster.symbols.text(*name));
                    nodes.push(cluster.node_by_name(*name).ok_or_else(missing)?);
                }
                Some(nodes)
            }
        };
        let profile = self.profiles.of(cluster.spec_of(pod).scheduler);
        if named.is_none() && !self.sampling.looks_at_all(profile, cluster.node_ids().len()) {
            let fits = |node: NodeId| match check(node) {
                Ok(()) => true,
                Err(rejection) => {
                    attempt.rejections.push((node, rejection));
                    false
                }
            };
            attempt.feasible = self.sampling.take(cluster, profile, None, fits);
            return Ok(());
        }
        attempt.rejections.reserve(cluster.node_ids().len());
        for node in named.as_deref().unwrap_or(cluster.node_ids()) {
            match check(*node) {
                Ok(()) => attempt.feasible.push(*node),
                Err(rejection) => attempt.rejections.push((*node, rejection)),
            }
        }
        Ok(())
    }

    fn post_filter(
        &mut self,
        cluster: &ClusterState,
        filters: &Filters,
        pod: PodId,
        rejections: &[(NodeId, Rejection)],
    ) -> Decision {
        if !self.profile_of(cluster, pod).plugins.preempts {
            return Decision::Wait { post_filter: NoRoom::NotTried, clear_nomination: false };
        }
        let ties = &mut self.ties;
        let mut pick = |cluster: &ClusterState, nodes: &[NodeId]| choose(ties, cluster, nodes);
        match preempt(cluster, filters, &self.nominations, pod, rejections, &mut pick) {
            Ok(preemption) => Decision::Preempt(preemption),
            Err(why) => {
                let clear_nomination = matches!(why, NoRoom::NoCandidate(_));
                Decision::Wait { post_filter: why, clear_nomination }
            }
        }
    }
}

impl Attempt {
    /// The plugins that said no, on any node or beforehand; none if the cycle itself failed.
    pub fn refused_by(&self) -> PluginSet {
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
        let mut diagnosis = Diagnosis { nodes: cluster.node_ids().len(), ..Diagnosis::default() };
        for (_, rejection) in &self.rejections {
            for reason in &rejection.reasons {
                *diagnosis.reasons.entry(reason.text(&cluster.symbols)).or_default() += 1;
            }
            if !diagnosis.plugins.contains(&rejection.plugin) {
                diagnosis.plugins.push(rejection.plugin);
            }
        }
        if let Some(PreFilterError::Unschedulable(plugin, why)) = &self.pre_filter {
            diagnosis.plugins.push(*plugin);
            diagnosis.pre_filter = Some(why.clone());
        }
        if let Decision::Wait { post_filter, .. } = &self.decision {
            diagnosis.post_filter = post_filter.text(&cluster.symbols);
        }
        diagnosis
    }
}

/// What preemption says about a pod that can be nowhere.
fn nowhere(cluster: &ClusterState) -> NoRoom {
    NoRoom::NoCandidate(vec![NoVictims::NoneThere; cluster.node_ids().len()])
}

fn choose(ties: &mut Ties, cluster: &ClusterState, nodes: &[NodeId]) -> NodeId {
    match ties {
        Ties::Seeded(stream) if nodes.len() > 1 => nodes[stream.below(nodes.len())],
        Ties::Seeded(_) => nodes[0],
        Ties::SmallestName => *nodes.iter().min_by_key(|node| cluster.node_name(**node)).unwrap_or(&nodes[0]),
    }
}

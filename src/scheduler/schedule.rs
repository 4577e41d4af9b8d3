//! A scheduling cycle: from a pod to a node, or to the reasons why not.

use super::attempt::{Attempt, Decision};
use super::batch::{self, Batch};
use super::filters::Filters;
use super::hopeless::Hopeless;
#[cfg(test)]
use super::memory::Survey;
use super::memory::{Memory, Search};
use super::node_order::Sampling;
use super::nominations::{Incoming, Nominations};
use super::preemption::{NoRoom, nowhere, preempt};
use super::profile::{Profile, Profiles};
use super::reason::{Diagnosis, PreFilterError, Rejection};
use super::scores::{PluginScores, score};
use super::volumes;
use crate::cluster::{ClusterState, NodeId, PodId, VolumePlan};
use crate::rng::{Fnv1a, mix};
use crate::units::SimTime;
use std::cmp::Reverse;
use std::fmt::Write;
use std::sync::Arc;

/// How equally good nodes are told apart.
#[derive(Clone, Debug)]
pub enum Ties {
    /// At random, each as likely, as upstream: by a hash of the pod, the node and this number, so that a pod takes the same of the
    /// same nodes whatever was decided before.
    Seeded(u64),
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
    batch: Batch,
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
            batch: Batch::default(),
        }
    }
    /// What time it is, which matters to pods placed by one ranking alone.
    pub fn at(&mut self, now: SimTime) {
        self.batch.now = now;
    }
    /// This scheduler, for callers to whom it is all the same what exactly refused a pod on each node: they may be told what
    /// refused it when there was more room.
    pub fn keeping_reasons(mut self) -> Self {
        self.hopeless.keep_reasons();
        self
    }
    /// The profiles.
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }
    /// How many nodes were asked about a kind of pod, again where they had changed: the work that grows with the cluster. Cycles
    /// without memory do not count.
    pub fn nodes_asked(&self) -> u64 {
        self.memories.iter().map(Memory::asked).sum()
    }
    /// The profile that decides about a pod.
    fn profile_of(&self, cluster: &ClusterState, pod: PodId) -> &Profile {
        self.profiles.of(cluster.spec_of(pod).scheduler)
    }

    /// A pod was nominated (the cluster knows to which node).
    pub fn nominated(&mut self, pod: PodId) {
        self.nominations.add(pod);
    }

    /// One scheduling cycle for one pod. It decides only; the caller binds, evicts and nominates.
    ///
    /// Upstream: `schedulePod`, `findNodesThatFitPod`, `prioritizeNodes`, `selectHost`.
    /// Cost: one step per node, and per bound pod where affinity or spread constraints look at pods.
    pub fn schedule(&mut self, cluster: &ClusterState, pod: PodId) -> Attempt {
        self.nominations.tidy(cluster);
        self.batch.tick();
        let rules = self.profiles.rules();
        let mut attempt = Attempt::of(cluster, rules);
        let filters = match Filters::prepare_for(cluster, self.profile_of(cluster, pod), pod) {
            Ok(filters) => filters,
            Err(error) => {
                attempt.decision = match &error {
                    PreFilterError::Failed(why) => Decision::Failed(why.clone()),
                    PreFilterError::Unschedulable(..) => {
                        let preempts = self.profile_of(cluster, pod).plugins.preempts;
                        let post_filter = if preempts { nowhere(cluster, pod, rules) } else { NoRoom::NotTried };
                        let clear_nomination = matches!(post_filter, NoRoom::NoCandidate(_));
                        Decision::Wait { post_filter, clear_nomination }
                    }
                };
                attempt.pre_filter = Some(error);
                return attempt;
            }
        };
        attempt.wants_room = filters.is_local() && filters.subject().spec.host_ports.is_empty();
        let incoming = Incoming { cluster, filters: &filters, pod };
        let hint = match self.filter(incoming, &mut attempt) {
            Ok(hint) => hint,
            Err(missing) => {
                attempt.decision = Decision::Failed(missing);
                return attempt;
            }
        };
        attempt.decision = match attempt.feasible.as_slice() {
            [] => self.post_filter(incoming, &attempt.rejections),
            [only] => {
                attempt.best.push(*only);
                Decision::Bind(*only)
            }
            several => {
                attempt.scores = score(cluster, self.profile_of(cluster, pod), &filters.subject(), several);
                let most = attempt.scores.iter().map(PluginScores::total).max().unwrap_or(0);
                let best = several.iter().zip(&attempt.scores).filter(|(_, scores)| scores.total() == most);
                attempt.best = best.map(|(node, _)| *node).collect();
                Decision::Bind(choose(&self.ties, cluster, pod, &attempt.best))
            }
        };
        if let Decision::Bind(node) = attempt.decision {
            attempt.volumes = filters.volume_plan(cluster, node);
            self.keep_ranking(cluster, pod, (node, hint), &attempt);
        }
        attempt
    }

    /// The next pod may be like this one.
    fn keep_ranking(
        &mut self,
        cluster: &ClusterState,
        pod: PodId,
        chosen: (NodeId, Option<NodeId>),
        attempt: &Attempt,
    ) {
        let spec = cluster.spec_of(pod);
        let profile = self.profiles.of(spec.scheduler);
        if !batch::is_possible(profile) {
            return;
        }
        let scored = attempt.feasible.iter().zip(&attempt.scores);
        let mut others: Vec<(i64, NodeId)> = scored.map(|(node, scores)| (scores.total(), *node)).collect();
        others.retain(|(_, node)| *node != chosen.0);
        let luck = |node: NodeId| self.ties.luck(cluster, pod, node);
        others.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| luck(a.1).cmp(&luck(b.1))));
        self.batch.placed(profile, spec, chosen, others.into_iter().map(|(_, node)| node).collect());
    }

    /// A cycle as [`schedule`](Self::schedule) has it, from memory where that can tell: the node that the pod is to
    /// be bound to with the volumes for its claims.
    ///
    /// Errors: the attempt with everything written down, if the pod is not to be bound now.
    /// Cost: with memory one step per node that changed since the last pod of the kind; else as `schedule`.
    pub fn decide(&mut self, cluster: &ClusterState, pod: PodId) -> Result<(NodeId, VolumePlan), Arc<Attempt>> {
        self.nominations.tidy(cluster);
        // Pods with volumes or bound to a node by name are each one of a kind.
        let row = cluster.pod(pod);
        let like = (row.spec, row.nominated.map(|_| pod));
        let is_known = row.daemon_node.is_none() && !volumes::concern(cluster.spec(row.spec));
        if is_known && let Some(attempt) = self.hopeless.get(cluster, like) {
            self.batch.tick();
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

    /// As [`decide`](Self::decide), without memory. Errors: the attempt, if the pod is not to be bound now.
    pub fn decide_afresh(&mut self, cluster: &ClusterState, pod: PodId) -> Result<(NodeId, VolumePlan), Arc<Attempt>> {
        let attempt = self.schedule(cluster, pod);
        match attempt.decision {
            Decision::Bind(node) => Ok((node, attempt.volumes)),
            _ => Err(Arc::new(attempt)),
        }
    }

    /// Why an attempt found no node, node by node: also one that was remembered from when there was more room, which
    /// is looked at anew. Nothing is decided and nothing drawn. Cost: nothing for a fresh attempt, else a step per node.
    pub fn diagnosis(&self, cluster: &ClusterState, pod: PodId, attempt: &Attempt) -> Diagnosis {
        if attempt.versions == cluster.versions() {
            return attempt.diagnosis(cluster);
        }
        let profile = self.profile_of(cluster, pod);
        let Ok(filters) = Filters::prepare_for(cluster, profile, pod) else { return attempt.diagnosis(cluster) };
        let named: Option<Vec<NodeId>> =
            filters.node_names().map(|names| names.iter().filter_map(|name| cluster.node_by_name(*name)).collect());
        let nodes = named.as_deref().unwrap_or(cluster.node_ids());
        let incoming = Incoming { cluster, filters: &filters, pod };
        let rejection = |node: &NodeId| Some((*node, self.nominations.check(incoming, *node, &[]).err()?));
        let rejections: Vec<_> = nodes.iter().filter_map(rejection).collect();
        let found = profile.plugins.preempts.then(|| {
            let mut first = |_: &ClusterState, nodes: &[NodeId]| nodes[0];
            preempt(incoming, &self.nominations, (&rejections, profile.rules), &mut first)
        });
        let decision = match found {
            None => Decision::Wait { post_filter: NoRoom::NotTried, clear_nomination: false },
            Some(Err(post_filter)) => Decision::Wait { post_filter, clear_nomination: false },
            Some(Ok(preemption)) => Decision::Preempt(preemption),
        };
        Attempt { rejections, decision, ..Attempt::of(cluster, profile.rules) }.diagnosis(cluster)
    }

    /// The node to bind to; nothing if there is none, or if the memory cannot tell.
    fn remembered(&mut self, cluster: &ClusterState, pod: PodId) -> Option<NodeId> {
        let spec = cluster.spec_of(pod);
        if cluster.pod(pod).nominated.is_some() || volumes::concern(spec) {
            return None;
        }
        let at = self.profiles.position(spec.scheduler);
        let profile = self.profiles.of(spec.scheduler);
        if batch::is_possible(profile) {
            return None;
        }
        let reserved = self.nominations.reserved_from(cluster, profile, pod);
        let memory = &mut self.memories[at];
        let best = memory.best(Search { cluster, profile, pod, reserved: &reserved }, &mut self.sampling)?;
        match (&self.ties, best.as_slice()) {
            (_, []) => None,
            (_, [only]) => Some(*only),
            (Ties::SmallestName, several) => Some(memory.smallest_name(cluster, several)),
            (ties, several) => Some(choose(ties, cluster, pod, several)),
        }
    }

    /// What the memory says about a pod, for comparison with [`schedule`](Self::schedule).
    #[cfg(test)]
    pub(super) fn survey(&mut self, cluster: &ClusterState, pod: PodId) -> Option<Survey> {
        let at = self.profiles.position(cluster.spec_of(pod).scheduler);
        let profile = self.profiles.of(cluster.spec_of(pod).scheduler);
        self.memories[at].survey(Search { cluster, profile, pod, reserved: &[] }, &mut self.sampling.clone())
    }

    /// Splits the nodes into those that fit and the others, and tells the node that the last pod's ranking hinted at. The error names
    /// a node that does not exist.
    fn filter(&mut self, incoming: Incoming<'_>, attempt: &mut Attempt) -> Result<Option<NodeId>, String> {
        let Incoming { cluster, filters, pod } = incoming;
        let profile = self.profiles.of(cluster.spec_of(pod).scheduler);
        let nominations = &self.nominations;
        let check = |node: NodeId| nominations.check(incoming, node, &[]);
        let nominated = cluster.pod(pod).nominated.and_then(|name| cluster.node_by_name(name));
        if let Some(node) = nominated.filter(|node| check(*node).is_ok()) {
            attempt.feasible.push(node);
            return Ok(None);
        }
        let hint = self.batch.hint(cluster, profile, filters);
        if let Some(node) = hint.filter(|node| cluster.has_node(*node) && check(*node).is_ok()) {
            attempt.feasible.push(node);
            return Ok(hint);
        }
        let named: Option<Vec<NodeId>> = match filters.node_names() {
            None => None,
            Some(names) => {
                let mut nodes = Vec::new();
                for name in names {
                    match cluster.node_by_name(*name) {
                        Some(node) => nodes.push(node),
                        None if profile.rules.unknown_names_are_skipped => {}
                        None => {
                            let name = cluster.symbols.text(*name);
                            return Err(format!("nodeinfo not found for node name \"{name}\""));
                        }
                    }
                }
                self.sampling.looked_at_named(nodes.len(), cluster.node_ids().len(), profile.rules);
                Some(nodes)
            }
        };
        attempt.rejections.reserve(cluster.node_ids().len());
        if named.is_none() && !self.sampling.looks_at_all(profile, cluster.node_ids().len()) {
            let fits = |node: NodeId| match check(node) {
                Ok(()) => true,
                Err(rejection) => {
                    attempt.rejections.push((node, rejection));
                    false
                }
            };
            attempt.feasible = self.sampling.take(cluster, profile, fits);
            attempt.feasible.sort_unstable();
            return Ok(hint);
        }
        for node in named.as_deref().unwrap_or(cluster.node_ids()) {
            match check(*node) {
                Ok(()) => attempt.feasible.push(*node),
                Err(rejection) => attempt.rejections.push((*node, rejection)),
            }
        }
        Ok(hint)
    }

    fn post_filter(&mut self, incoming: Incoming<'_>, rejections: &[(NodeId, Rejection)]) -> Decision {
        if !self.profile_of(incoming.cluster, incoming.pod).plugins.preempts {
            return Decision::Wait { post_filter: NoRoom::NotTried, clear_nomination: false };
        }
        let mut pick = |cluster: &ClusterState, nodes: &[NodeId]| choose(&self.ties, cluster, incoming.pod, nodes);
        match preempt(incoming, &self.nominations, (rejections, self.profiles.rules()), &mut pick) {
            Ok(preemption) => Decision::Preempt(preemption),
            Err(why) => {
                let clear_nomination = matches!(why, NoRoom::NoCandidate(_));
                Decision::Wait { post_filter: why, clear_nomination }
            }
        }
    }
}

fn choose(ties: &Ties, cluster: &ClusterState, pod: PodId, nodes: &[NodeId]) -> NodeId {
    let chosen = match ties {
        Ties::Seeded(salt) => {
            let pod = mix(salt ^ luck_of_pod(cluster, pod));
            nodes.iter().max_by_key(|node| mix(pod ^ luck_of_node(cluster, **node)))
        }
        Ties::SmallestName => nodes.iter().min_by_key(|node| cluster.node_name(**node)),
    };
    *chosen.unwrap_or(&nodes[0])
}

impl Ties {
    /// Of equally good nodes the one with the most is taken.
    fn luck<'a>(&self, cluster: &'a ClusterState, pod: PodId, node: NodeId) -> (u64, Reverse<&'a str>) {
        match self {
            Ties::Seeded(salt) => {
                (mix(mix(salt ^ luck_of_pod(cluster, pod)) ^ luck_of_node(cluster, node)), Reverse(""))
            }
            Ties::SmallestName => (0, Reverse(cluster.node_name(node))),
        }
    }
}

fn luck_of_pod(cluster: &ClusterState, pod: PodId) -> u64 {
    let row = cluster.pod(pod);
    if row.uid != 0 {
        return row.uid;
    }
    let mut hash = Fnv1a::new().with(cluster.symbols.text(cluster.spec_of(pod).namespace)).with("/");
    // Writing to a hash cannot fail.
    let _ = write!(hash, "{}", row.name.display(&cluster.symbols));
    hash.0
}

fn luck_of_node(cluster: &ClusterState, node: NodeId) -> u64 {
    match cluster.node(node).luck {
        0 => Fnv1a::new().with(cluster.node_name(node)).0,
        luck => luck,
    }
}

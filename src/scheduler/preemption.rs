//! DefaultPreemption: make room by removing less important pods.

use super::filters::Filters;
use super::nominations::{Incoming, Nominations};
use super::reason::{Diagnosis, Rejection};
use super::rules::Rules;
use crate::cluster::{ClusterState, NodeId, PodId, PreemptionPolicy};
use crate::id::Id;
use crate::intern::Interner;
use crate::units::SimTime;
use fixedbitset::FixedBitSet;
use std::borrow::Cow;
use std::cmp::Reverse;

/// Why preemption does not help a pod; made into text only for whoever reads it.
#[derive(Clone, Debug)]
pub enum NoRoom {
    /// Nobody asked: preemption is off, or the cycle ended before.
    NotTried,
    /// The pod may not preempt; its nomination stays.
    NotEligible(&'static str),
    /// No node would become possible: why, node by node.
    NoCandidate(Vec<NoVictims>),
    /// A plugin before it failed; a nomination stays. Upstream: DynamicResources finds no state of its own where PreFilter ended early, 1.34.
    Failed(&'static str),
}

/// Why no pods of a node make room.
#[derive(Clone, Debug)]
pub enum NoVictims {
    /// The node would not do without any pods either.
    NotHelpful,
    /// The node has no less important pods.
    NoneThere,
    /// Without them the node still says no.
    StillRejected(Rejection),
}

impl NoRoom {
    /// What upstream's PostFilter says; nothing if it was not asked.
    pub fn text(&self, symbols: &Interner, rules: Rules) -> String {
        let claims = if rules.dynamic_resources { "no new claims to deallocate, " } else { "" };
        match self {
            NoRoom::NotTried => String::new(),
            NoRoom::Failed(why) => (*why).to_owned(),
            NoRoom::NotEligible(why) => format!("{claims}preemption: {why}"),
            NoRoom::NoCandidate(nodes) => {
                let mut diagnosis = Diagnosis { nodes: nodes.len(), ..Diagnosis::default() };
                let mut add = |text: String, count: usize| *diagnosis.reasons.entry(text).or_default() += count;
                let (mut not_helpful, mut none_there) = (0, 0);
                for why in nodes {
                    match why {
                        NoVictims::NotHelpful => not_helpful += 1,
                        NoVictims::NoneThere => none_there += 1,
                        NoVictims::StillRejected(rejection) => {
                            rejection.reasons.iter().for_each(|reason| add(reason.text(symbols), 1));
                        }
                    }
                }
                if not_helpful > 0 {
                    add("Preemption is not helpful for scheduling".into(), not_helpful);
                }
                if none_there > 0 {
                    add("No preemption victims found for incoming pod".into(), none_there);
                }
                format!("{claims}preemption: {}", diagnosis.message())
            }
        }
    }
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

/// A node that would do.
struct Candidate {
    node: NodeId,
    victims: Vec<PodId>,
    violations: i32,
}

/// What preemption says about a pod that PreFilter refused.
///
/// Upstream, 1.28: the nodes have no status, and none of them has victims; since 1.29 they have PreFilter's, which is UnschedulableAndUnresolvable.
pub(super) fn nowhere(cluster: &ClusterState, pod: PodId, rules: Rules) -> NoRoom {
    if rules.dynamic_resources {
        return NoRoom::Failed("not found");
    }
    if let Err(why) = eligible(cluster, pod, |_| rules.refused_is_unresolvable) {
        return NoRoom::NotEligible(why);
    }
    let why = if rules.refused_is_unresolvable { NoVictims::NotHelpful } else { NoVictims::NoneThere };
    NoRoom::NoCandidate(vec![why; cluster.node_ids().len()])
}

/// Upstream: `preemption.Evaluator.Preempt` and `DefaultPreemption`.
pub(super) fn preempt(
    incoming: Incoming<'_>,
    nominations: &Nominations,
    (rejections, rules): (&[(NodeId, Rejection)], Rules),
    choose: &mut dyn FnMut(&ClusterState, &[NodeId]) -> NodeId,
) -> Result<Preemption, NoRoom> {
    let Incoming { cluster, filters, pod } = incoming;
    let mut hopeless = FixedBitSet::with_capacity(cluster.node_id_bound());
    let unresolvable = rejections.iter().filter(|(_, rejection)| rejection.unresolvable);
    unresolvable.for_each(|(node, _)| hopeless.insert(node.index()));
    if let Some(names) = filters.node_names().filter(|_| rules.left_out_is_unresolvable) {
        let left_out = cluster.nodes().filter(|(_, node)| !names.contains(&node.name));
        left_out.for_each(|(id, _)| hopeless.insert(id.index()));
    }
    eligible(cluster, pod, |node| hopeless.contains(node.index())).map_err(NoRoom::NotEligible)?;
    let (mut candidates, mut reasons) = (Vec::new(), Vec::new());
    for node in cluster.node_ids() {
        let found = match hopeless.contains(node.index()) {
            true => Err(NoVictims::NotHelpful),
            false => victims_on(incoming, nominations, *node, rules),
        };
        match found {
            Ok(candidate) => candidates.push(candidate),
            Err(why) => reasons.push(why),
        }
    }
    if candidates.is_empty() {
        return Err(NoRoom::NoCandidate(reasons));
    }
    let ties = best(cluster, &candidates);
    let node = choose(cluster, &ties);
    let chosen = candidates.iter().find(|candidate| candidate.node == node).unwrap_or(&candidates[0]);
    Ok(Preemption {
        node: chosen.node,
        victims: chosen.victims.clone(),
        pdb_violations: chosen.violations,
        cleared: nominations.less_important(cluster, pod, chosen.node),
        ties,
        candidates: candidates.iter().map(|c| (c.node, c.victims.clone(), c.violations)).collect(),
    })
}

/// Upstream: `PodEligibleToPreemptOthers`.
fn eligible(cluster: &ClusterState, pod: PodId, unresolvable: impl Fn(NodeId) -> bool) -> Result<(), &'static str> {
    let spec = cluster.spec_of(pod);
    if spec.preemption_policy == PreemptionPolicy::Never {
        return Err("not eligible due to preemptionPolicy=Never.");
    }
    let nominated = cluster.pod(pod).nominated.and_then(|name| cluster.node_by_name(name));
    let Some(node) = nominated.filter(|node| !unresolvable(*node)) else { return Ok(()) };
    let is_going = |other: &PodId| {
        let row = cluster.pod(*other);
        cluster.spec_of(*other).priority < spec.priority && row.is_terminating() && row.preempted
    };
    if cluster.node(node).pods().iter().any(is_going) {
        return Err("not eligible due to a terminating pod on the nominated node.");
    }
    Ok(())
}

/// The fewest pods that have to leave a node. Upstream: `SelectVictimsOnNode`.
fn victims_on(
    incoming: Incoming<'_>,
    nominations: &Nominations,
    node: NodeId,
    rules: Rules,
) -> Result<Candidate, NoVictims> {
    let Incoming { cluster, filters, pod } = incoming;
    let priority = cluster.spec_of(pod).priority;
    if !cluster.any_yields_to(priority) {
        return Err(NoVictims::NoneThere);
    }
    let less = |other: &PodId| cluster.spec_of(*other).priority < priority;
    let mut potential: Vec<PodId> = cluster.node(node).cached_pods().iter().copied().filter(less).collect();
    if potential.is_empty() {
        return Err(NoVictims::NoneThere);
    }
    // Who does not look at pods elsewhere has nothing to count.
    let counts = !filters.is_local();
    let mut filters = Cow::Borrowed(filters);
    let count = |filters: &mut Cow<'_, Filters>, other: PodId, delta: i64| {
        if counts {
            filters.to_mut().count(cluster, cluster.pod(other).spec, node, delta);
        }
    };
    potential.iter().for_each(|other| count(&mut filters, *other, -1));
    let mut gone = potential.clone();
    let fits = |filters: &Filters, gone: &[PodId]| nominations.check(Incoming { cluster, filters, pod }, node, gone);
    fits(&filters, &gone).map_err(NoVictims::StillRejected)?;
    crate::go_sort::sort_by_of(rules.go(), &mut potential, |a, b| importance(cluster, *a) < importance(cluster, *b));
    let (violating, others) = split_by_budget(cluster, &potential);
    let (mut victims, mut violations) = (Vec::new(), 0);
    for (list, violates) in [(violating, true), (others, false)] {
        for other in list {
            count(&mut filters, other, 1);
            gone.retain(|id| *id != other);
            if fits(&filters, &gone).is_err() {
                count(&mut filters, other, -1);
                gone.push(other);
                victims.push(other);
                violations += i32::from(violates);
            }
        }
    }
    if rules.victims_sorted_again && violations > 0 && violations < victims.len() as i32 {
        crate::go_sort::sort_by_of(rules.go(), &mut victims, |a, b| importance(cluster, *a) < importance(cluster, *b));
    }
    Ok(Candidate { node, victims, violations })
}

/// Smaller is more important. Upstream: `util.MoreImportantPod`.
fn importance(cluster: &ClusterState, pod: PodId) -> (Reverse<i32>, SimTime) {
    (Reverse(cluster.spec_of(pod).priority), started(cluster, pod))
}

fn started(cluster: &ClusterState, pod: PodId) -> SimTime {
    cluster.pod(pod).started.unwrap_or(SimTime::MAX)
}

/// The pods whose budgets would be overdrawn, and the others. Upstream: `filterPodsWithPDBViolation`.
fn split_by_budget(cluster: &ClusterState, pods: &[PodId]) -> (Vec<PodId>, Vec<PodId>) {
    let mut allowed: Vec<i32> = cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
    pods.iter().partition(|pod| {
        let spec = cluster.spec_of(**pod);
        let mut violates = false;
        if spec.labels.is_empty() {
            return false;
        }
        for (budget, allowed) in cluster.budgets.iter().zip(&mut allowed) {
            let means = |s: &crate::cluster::LabelSelector| !s.is_empty() && s.matches(&spec.labels, &cluster.symbols);
            if budget.namespace != spec.namespace || !budget.selector.as_ref().is_some_and(means) {
                continue;
            }
            let disrupted = || cluster.symbols.lookup(&cluster.pod_name(**pod));
            if !budget.disrupted_pods.is_empty()
                && disrupted().is_some_and(|n| budget.disrupted_pods.iter().any(|row| row.0 == n))
            {
                continue;
            }
            *allowed = allowed.saturating_sub(1);
            violates |= *allowed < 0;
        }
        violates
    })
}

/// The candidates that no rule tells apart. Upstream: `pickOneNodeForPreemption`.
fn best(cluster: &ClusterState, candidates: &[Candidate]) -> Vec<NodeId> {
    let priority = |pod: &PodId| i64::from(cluster.spec_of(*pod).priority);
    let key = |candidate: &Candidate| {
        let victims = &candidate.victims;
        let highest = victims.iter().map(priority).max().unwrap_or(i64::MIN);
        let earliest = victims.iter().filter(|pod| priority(pod) == highest).map(|pod| started(cluster, *pod)).min();
        (
            candidate.violations,
            victims.first().map_or(i64::MIN, priority),
            victims.iter().map(|pod| priority(pod) + (1 << 31)).sum::<i64>(),
            victims.len(),
            Reverse(earliest.unwrap_or(SimTime::MIN)),
        )
    };
    // A node that needs no victims at all wins at once.
    if let Some(free) = candidates.iter().find(|candidate| candidate.victims.is_empty()) {
        return vec![free.node];
    }
    let least = candidates.iter().map(key).min();
    candidates.iter().filter(|candidate| Some(key(candidate)) == least).map(|candidate| candidate.node).collect()
}

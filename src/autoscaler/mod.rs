//! Cluster Autoscaler 1.28.0: which node group grows, which node goes.
//!
//! [`Autoscaler::run_once`] is one loop. It is shown the cluster and the cloud and answers with a
//! [`LoopOutcome`]; launching, tainting, evicting and deleting are the caller's, who reports back with
//! [`Autoscaler::deletion_ended`]. What-ifs run in trials of the cluster and leave no trace.
//!
//! Not here: node auto-provisioning, provisioning requests, wall-clock limits.
//!
//! Start reading at [`Autoscaler::run_once`]; `scale_up/` and `scale_down/` are its two halves.

mod command;
mod counted;
pub mod drain;
mod estimator;
mod expander;
mod flags;
mod glance;
mod ownership;
mod packing;
mod pods;
mod quiet;
mod registry;
mod scale_down;
mod scale_up;
mod templates;
mod view;

pub use command::{Command, Launch};
pub use flags::{Discovery, Expander, FlagOutcome, Flags, GpuLimit, NamedGroup, Priorities};
pub use ownership::{Claim, Tags, eks_tags};
pub use templates::{DELETION_CANDIDATE, TO_BE_DELETED};
pub use view::{
    Deletion, GroupView, Groups, Increase, InstanceView, LoopOutcome, OptionSummary, ScaleDownOutcome, ScaleDownResult,
    ScaleUpOutcome, ScaleUpResult, SkipReason, Unremovable,
};

use crate::cluster::{ClusterState, Node, NodeId, PodId, PodSpecId, Resources};
use crate::go_sort;
use crate::id::{GroupId, Id, IdVec};
use crate::intern::Symbol;
use crate::rng::{Stream, mix};
use crate::scheduler::{Feasible, Profile};
use crate::units::{SimDuration, SimTime};
use drain::Controllers;
use glance::Glances;
use packing::{Copies, Hints, PredicateChecker};
use pods::is_expendable;
use quiet::{Inputs, Quiet, Shown};
use registry::Registry;
use rustc_hash::FxHashSet;
use scale_down::Planner;
use scale_up::Round;
use std::borrow::Cow;
use std::sync::Arc;
use templates::Templates;

/// Pods younger than this may be the first of many. Upstream: `unschedulablePodTimeBuffer`.
const MORE_TO_COME: SimDuration = SimDuration::from_secs(2);

/// How one of several equally good options is taken.
#[derive(Clone, Debug)]
pub enum Choice {
    /// At random, as upstream; the order of nodes is random too.
    Seeded(Stream),
    /// By the rule of the recordings.
    Recorded,
}

/// Cluster Autoscaler's memory between loops.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    flags: Flags,
    choice: Choice,
    /// What makes the order of nodes random.
    order_salt: Option<u64>,
    registry: Registry,
    templates: Templates,
    checker: PredicateChecker,
    packing_hints: Hints,
    hints: Hints,
    copies: Copies,
    planner: Planner,
    glances: Glances,
    controllers: Controllers,
    deletions: Vec<(NodeId, bool)>,
    last_scale_up: Option<SimTime>,
    last_scale_down: Option<SimTime>,
    /// What a newly started autoscaler takes for the time of its last scale-up, deletion and failure.
    assumed: Option<SimTime>,
    quiet: Option<Quiet>,
    shown: Shown,
    /// Answers may be remembered.
    remembers: bool,
}

/// Upstream: `NewStaticAutoscaler`'s `initialScaleTime`, 1.28.0.
const ASSUMED_QUIET: SimDuration = SimDuration::from_hours(1);

impl Autoscaler {
    /// An autoscaler that has just started.
    pub fn new(flags: Flags, profile: Profile, mut choice: Choice) -> Self {
        let order_salt = match &mut choice {
            Choice::Seeded(stream) => Some(stream.bits()),
            Choice::Recorded => None,
        };
        Autoscaler {
            order_salt,
            flags,
            choice,
            registry: Registry::default(),
            templates: Templates::default(),
            checker: PredicateChecker::new(Feasible::new(profile)),
            packing_hints: Hints::default(),
            hints: Hints::default(),
            copies: Copies::default(),
            planner: Planner::default(),
            glances: Glances::default(),
            controllers: Controllers::default(),
            deletions: Vec::new(),
            last_scale_up: None,
            last_scale_down: None,
            assumed: None,
            quiet: None,
            shown: Shown::default(),
            remembers: true,
        }
    }
    /// This autoscaler, computing everything afresh in every loop: slow, and right by itself.
    pub fn without_memory(self) -> Self {
        let profile = self.checker.feasible.profile().clone();
        let checker = PredicateChecker::new(Feasible::without_memory(profile));
        Autoscaler { checker, remembers: false, ..self }
    }
    /// The flags.
    pub fn flags(&self) -> &Flags {
        &self.flags
    }

    /// The place of a node in orders that upstream takes from Go's maps and informers' stores. Where those are random, the
    /// order is another in each run; here it stays from loop to loop, so that answers can be remembered.
    fn random_place(&self, node: NodeId) -> u64 {
        self.order_salt.map_or(0, |salt| mix(salt ^ node.index() as u64))
    }

    /// What the pods of each group's template node ask for together, and how many there are, as of the last
    /// loop.
    pub fn template_pods(&self, cluster: &ClusterState) -> IdVec<GroupId, Option<(Resources, usize)>> {
        let used = |template: &Arc<templates::Template>| (template.used(cluster), template.pods.len());
        self.templates.rows.values().map(|row| row.as_ref().map(used)).collect()
    }

    /// A deletion that a loop started is over: the node's instance is deleted, or it failed and the node
    /// stays. One that failed before the next loop leaves the node unneeded since when it was.
    pub fn deletion_ended(&mut self, node: NodeId) {
        self.deletions.retain(|(other, _)| *other != node);
        self.quiet = None;
    }

    /// One loop over the cluster and the cloud as they are now. `pending` are the pods without a node, in
    /// order of creation; `daemon_sets` the kinds of pods that new nodes get.
    ///
    /// Upstream: `StaticAutoscaler.RunOnce`, 1.28.0. Cost: with pending pods, their number times the nodes
    /// for each group at worst; without, the pods of the nodes that are not needed; a comparison of the inputs
    /// where they are those of the last loop. One cluster for the autoscaler's whole life.
    pub fn run_once(
        &mut self,
        now: SimTime,
        cluster: &mut ClusterState,
        groups: &Groups<'_>,
        pending: &[PodId],
        daemon_sets: &[PodSpecId],
    ) -> Arc<LoopOutcome> {
        let inputs = Inputs { groups, pending, daemon_sets };
        if let Some(outcome) = self.repeated(now, cluster, inputs) {
            return outcome;
        }
        let outcome = Arc::new(self.run_afresh(now, cluster, groups, pending, daemon_sets));
        if let Some(quiet) = &mut self.quiet
            && self.planner.repeats_itself()
        {
            self.shown.keep(cluster, inputs);
            quiet.outcome = Some(outcome.clone());
        }
        outcome
    }

    /// As [`run_once`](Self::run_once), for callers who know themselves whether anything is new: they ask
    /// [`goes_on`](Self::goes_on) first where nothing is.
    pub fn run_afresh(
        &mut self,
        now: SimTime,
        cluster: &mut ClusterState,
        groups: &Groups<'_>,
        pending: &[PodId],
        daemon_sets: &[PodSpecId],
    ) -> LoopOutcome {
        let inputs = Inputs { groups, pending, daemon_sets };
        let last = self.checker.last;
        let outcome = self.look(now, cluster, inputs);
        self.rest_if_settled(now, cluster, inputs, last, &outcome);
        outcome
    }

    /// A loop that looks at everything.
    fn look(&mut self, now: SimTime, cluster: &mut ClusterState, inputs: Inputs<'_>) -> LoopOutcome {
        let Inputs { groups, pending, daemon_sets } = inputs;
        let mut outcome = LoopOutcome::default();
        let is_ready =
            |(_, node): (NodeId, &Node)| templates::is_ready_and_schedulable(node, &cluster.symbols, &self.flags);
        if !self.flags.scale_up_from_zero && !cluster.nodes().any(is_ready) {
            // Upstream: `StaticAutoscaler.actOnEmptyCluster`, 1.28.0.
            self.planner.clear();
            return outcome;
        }
        self.assumed.get_or_insert(now - ASSUMED_QUIET);
        self.templates.update(now, cluster, groups, daemon_sets, &self.flags);
        self.registry.update(now, cluster, groups, &self.flags);
        self.remove_old_unregistered(now, cluster, groups, &mut outcome);
        let without_old = without(groups, &outcome.instances_to_delete);
        let groups = &*without_old;
        if !self.registry.is_cluster_healthy(&self.flags) {
            self.planner.clear();
            return outcome;
        }
        for (at, group) in groups.iter() {
            let failed = group.instances.iter().filter(|instance| instance.failed);
            outcome.instances_to_delete.extend(failed.map(|instance| (at, instance.name)));
        }
        if groups.values().any(|group| group.instances.iter().any(|instance| instance.failed)) {
            return outcome;
        }
        outcome.target_changes = self.registry.sizes_to_fix(now, &self.flags);
        if !outcome.target_changes.is_empty() {
            return outcome;
        }
        self.look_at_pods(now, cluster, groups, pending, &mut outcome);
        outcome
    }

    /// Upstream: `removeOldUnregisteredNodes`.
    fn remove_old_unregistered(
        &self,
        now: SimTime,
        cluster: &ClusterState,
        groups: &Groups<'_>,
        outcome: &mut LoopOutcome,
    ) {
        for (group, mut names) in self.registry.long_unregistered(now, &self.flags) {
            names.sort_by_key(|name| cluster.symbols.text(*name));
            let most = (groups[group].target - groups[group].min).max(0) as usize;
            outcome.instances_to_delete.extend(names.into_iter().take(most).map(|name| (group, name)));
        }
    }

    /// From the snapshot on.
    fn look_at_pods(
        &mut self,
        now: SimTime,
        cluster: &mut ClusterState,
        groups: &Groups<'_>,
        pending: &[PodId],
        outcome: &mut LoopOutcome,
    ) {
        self.copies.clear();
        let mut snapshot = cluster.trial();
        let mut all: Vec<NodeId> = snapshot.node_ids().to_vec();
        if self.order_salt.is_some() {
            all.sort_by_key(|node| self.random_place(*node));
        }
        let unschedulable = self.split_pending(now, &mut snapshot, pending);
        let (upcoming, not_started) = self.add_upcoming(&mut snapshot, groups);
        let to_help = self.pack(now, &mut snapshot, unschedulable);
        let ready = match to_help.is_empty() && !self.flags.enforce_node_group_min_size {
            true => Vec::new(),
            false => self.ready_and_schedulable(&snapshot, &all),
        };
        let count = all.len();
        let mut candidates = all;
        if !not_started.is_empty() {
            candidates.retain(|id| !not_started.contains(id));
        }
        let (mut blocked, mut ends) = (false, false);
        let round = Round { now, groups, all: count, ready: &ready, nodes: (ready.len() + upcoming) as i32 };
        let scale_up = &mut outcome.scale_up;
        if to_help.is_empty() {
            scale_up.result = ScaleUpResult::NotNeeded;
        } else if self.flags.max_nodes_total > 0 && ready.len() as i32 >= self.flags.max_nodes_total {
            scale_up.result = ScaleUpResult::NoOptionsAvailable;
        } else if to_help.iter().all(|pod| snapshot.pod(*pod).created + MORE_TO_COME > now) {
            scale_up.result = ScaleUpResult::InCooldown;
            blocked = true;
        } else {
            *scale_up = self.scale_up(&round, &mut snapshot, &to_help);
            ends = matches!(scale_up.result, ScaleUpResult::Successful | ScaleUpResult::Error);
        }
        self.name_originals(&mut outcome.scale_up);
        self.packing_hints.drop_old();
        match outcome.scale_up.result {
            ScaleUpResult::Successful => self.last_scale_up = Some(now),
            ScaleUpResult::Error if ends => {
                let failing = outcome.scale_up.increases.iter().any(|increase| increase.fails);
                outcome.error = Some(if failing { "cloudProviderError" } else { "transientError" });
            }
            _ => {}
        }
        if !ends && self.flags.scale_down_enabled {
            outcome.scale_down = Some(self.scale_down(now, &mut snapshot, groups, &candidates, blocked));
        }
        if !ends && self.flags.enforce_node_group_min_size {
            self.scale_up_to_min(&round, &snapshot, &mut outcome.scale_up);
            match outcome.scale_up.result {
                ScaleUpResult::Successful => self.last_scale_up = Some(now),
                ScaleUpResult::Error => outcome.error = Some("cloudProviderError"),
                _ => {}
            }
        }
    }

    /// The nodes that count against the cluster's limits when it grows.
    fn ready_and_schedulable(&self, cluster: &ClusterState, nodes: &[NodeId]) -> Vec<NodeId> {
        let is_ready =
            |id: &NodeId| templates::is_ready_and_schedulable(cluster.node(*id), &cluster.symbols, &self.flags);
        nodes.iter().copied().filter(is_ready).collect()
    }

    /// Expendable pods leave the snapshot and are forgotten; nominated ones are taken to be on their node.
    ///
    /// Upstream: `FilterOutExpendableAndSplit`.
    fn split_pending(&mut self, now: SimTime, snapshot: &mut ClusterState, pending: &[PodId]) -> Vec<PodId> {
        for at in 0..snapshot.node_ids().len() {
            let node = snapshot.node_ids()[at];
            if self.glances.at(snapshot, &self.flags, node, now).has_expendable {
                let mut pods = snapshot.node(node).pods().to_vec();
                pods.retain(|pod| is_expendable(snapshot.spec_of(*pod), &self.flags));
                pods.into_iter().for_each(|pod| snapshot.unbind(pod));
            }
        }
        let mut unschedulable = Vec::new();
        for pod in pending.iter().copied() {
            if is_expendable(snapshot.spec_of(pod), &self.flags) {
                continue;
            }
            let nominated = snapshot.pod(pod).nominated.and_then(|name| snapshot.node_by_name(name));
            match nominated {
                Some(node) => snapshot.bind(pod, node),
                None => unschedulable.push(pod),
            }
        }
        unschedulable
    }

    /// Nodes on their way enter the snapshot; registered ones that have not started leave it. How many came,
    /// and who left.
    fn add_upcoming(&mut self, snapshot: &mut ClusterState, groups: &Groups<'_>) -> (usize, Vec<NodeId>) {
        let mut growing: Vec<GroupId> = groups.ids().filter(|at| self.registry.upcoming(*at).0 > 0).collect();
        growing.sort_by_key(|at| groups[*at].name);
        let (mut count, mut not_started) = (0, Vec::new());
        for group in growing {
            let (coming, registered) = self.registry.upcoming(group);
            not_started.extend_from_slice(registered);
            let Some(template) = &self.templates.rows[group] else { continue };
            for number in 0..coming {
                let name = format!("template-upcoming-{}-{number}", groups[group].name);
                let node = template.add_to(snapshot, &name, group);
                if self.templates.is_renamed(group) {
                    let name = snapshot.node(node).name;
                    self.packing_hints.forget(name);
                    self.hints.forget(name);
                }
                count += 1;
            }
        }
        for node in &not_started {
            snapshot.node(*node).pods().to_vec().into_iter().for_each(|pod| snapshot.unbind(pod));
            snapshot.remove_node(*node);
        }
        (count, not_started)
    }

    /// The pods that neither existing nor upcoming nodes can take, old enough to be helped.
    fn pack(&mut self, now: SimTime, snapshot: &mut ClusterState, mut pods: Vec<PodId>) -> Vec<PodId> {
        for original in self.moving_pods(snapshot) {
            pods.push(self.copies.add(snapshot, original));
        }
        if pods.is_empty() {
            return pods;
        }
        go_sort::sort_by(&mut pods, |a, b| snapshot.spec_of(*a).priority > snapshot.spec_of(*b).priority);
        let placed = self.packing_hints.place(snapshot, &mut self.checker, &self.copies, &pods, &|_| true, false);
        let old_enough = |pod: &PodId| now - snapshot.pod(*pod).created > self.scale_up_delay(snapshot, *pod);
        let placed: FxHashSet<PodId> = placed.into_iter().map(|(pod, _)| pod).collect();
        let helpless = |pod: &PodId| !placed.contains(pod);
        pods.retain(|pod| helpless(pod) && !snapshot.spec_of(*pod).is_daemon() && old_enough(pod));
        pods
    }

    /// How old a pod has to be before it is helped: as the flag says, or longer by its annotation.
    fn scale_up_delay(&self, cluster: &ClusterState, pod: PodId) -> SimDuration {
        let own = cluster.spec_of(pod).scale_up_delay.unwrap_or(SimDuration::ZERO);
        self.flags.new_pod_scale_up_delay.max(own)
    }

    /// Pods of nodes that are being drained: they are taken to need another place even when their
    /// replacements exist already, until they are gone. Upstream: `currentlydrainednodes.PodListProcessor`,
    /// `FilterRecreatablePods`, 1.28.0 (later versions leave terminating pods out).
    fn moving_pods(&self, cluster: &ClusterState) -> Vec<PodId> {
        let drained = self.deletions.iter().filter(|(node, drain)| *drain && cluster.has_node(*node));
        let recreated = |pod: &PodId| {
            let spec = cluster.spec_of(*pod);
            !spec.is_daemon() && !spec.is_mirror
        };
        drained.flat_map(|(node, _)| cluster.node(*node).pods().iter().copied().filter(recreated)).collect()
    }

    /// Ids of this loop's copies mean nothing after it: the pods that they stand for do.
    fn name_originals(&self, outcome: &mut ScaleUpOutcome) {
        let options = outcome.options.iter_mut().map(|option| &mut option.pods);
        let lists = outcome.pending.iter_mut().chain(options).chain([&mut outcome.remain, &mut outcome.awaiting]);
        let samples = outcome.rejected.iter_mut().map(|(pod, _)| pod);
        for pod in lists.flatten().chain(samples) {
            *pod = self.copies.original(*pod);
        }
    }
}

/// The groups once these instances are deleted: targets and instances change at once.
fn without<'g, 'a>(groups: &'g Groups<'a>, deleted: &[(GroupId, Symbol)]) -> Cow<'g, Groups<'a>> {
    if deleted.is_empty() {
        return Cow::Borrowed(groups);
    }
    let mut groups = groups.clone();
    for (group, name) in deleted {
        groups[*group].target -= 1;
        groups[*group].instances.retain(|instance| instance.name != *name);
    }
    Cow::Owned(groups)
}

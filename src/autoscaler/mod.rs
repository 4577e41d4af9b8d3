//! Cluster Autoscaler 1.28 to 1.35: which node group grows, which node goes.
//!
//! [`Autoscaler::run_once`] is one loop. It is shown the cluster and the cloud and answers with a
//! [`LoopOutcome`]; launching, tainting, evicting and deleting are the caller's, who reports back with
//! [`Autoscaler::deletion_ended`]. What-ifs run in trials of the cluster and leave no trace.
//!
//! Not here: node auto-provisioning, provisioning requests, wall-clock limits.
//!
//! Start reading at [`Autoscaler::run_once`]; `scale_up/` and `scale_down/` are its two halves.

mod cloud_names;
mod command;
pub mod drain;
mod estimator;
mod expander;
mod flags;
mod limited_amounts;
mod local_delays;
mod node_sums;
mod ownership;
mod packing;
mod pods;
mod pods_to_help;
mod registry;
mod rules;
mod run_once;
mod scale_down;
mod scale_up;
mod settled;
mod templates;
mod view;

pub use command::{Command, Launch};
pub use flags::{
    Discovery, DrainPriority, Expander, FlagOutcome, Flags, GpuLimit, GroupOptions, NamedGroup, Priorities,
};
pub use ownership::{Claim, Tags, eks_tags, eksctl_tags};
pub use rules::{DEFAULT_VERSION, NEWEST_RECORDED, Rules};
pub use templates::{DELETION_CANDIDATE, TO_BE_DELETED, as_new, stands_for_its_group};
pub use view::{
    Deletion, EndedEarly, Foretold, GroupView, Groups, Increase, InstanceView, LeftAside, LoopInputs, LoopOutcome,
    OptionSummary, ResourceName, ScaleDownOutcome, ScaleDownResult, ScaleUpOutcome, ScaleUpResult, SkipReason, Unlike,
    Unremovable,
};

use crate::cluster::{ClusterState, NodeId, Resources};
use crate::id::{GroupId, IdVec};
use crate::release::Release;
use crate::rng::{Fnv1a, Seed, mix};
use crate::scheduler::{self, Feasible, Profile};
use crate::units::{SimDuration, SimTime};
use drain::Controllers;
use local_delays::LocalDelays;
use node_sums::NodeSums;
use packing::{Copies, Hints, PredicateChecker};
use registry::Registry;
use scale_down::Planner;
use settled::{LastInputs, Settled};
use std::sync::Arc;
use templates::Templates;

/// How one of several equally good options is taken.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    /// At random, as upstream; the order of nodes is random too.
    Seeded(Seed),
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
    /// How many times an option has been taken at random in which spell.
    taken: (u64, u64),
    registry: Registry,
    templates: Templates,
    checker: PredicateChecker,
    packing_hints: Hints,
    hints: Hints,
    copies: Copies,
    planner: Planner,
    node_sums: NodeSums,
    controllers: Controllers,
    deletions: Vec<(NodeId, bool)>,
    local: LocalDelays,
    last_scale_up: Option<SimTime>,
    last_scale_down: Option<SimTime>,
    /// What a newly started autoscaler takes for the time of its last scale-up, deletion and failure.
    assumed: Option<SimTime>,
    settled: Option<Settled>,
    last_inputs: LastInputs,
    /// Answers may be remembered.
    remembers: bool,
}

/// How long a loop takes: one that follows at once begins so much later (`--frequent-loops-enabled`). It decides as of its beginning.
pub const LOOP_TAKES: SimDuration = SimDuration::from_secs(1);

/// Upstream: `NewStaticAutoscaler`'s `initialScaleTime`, 1.28.0.
const ASSUMED_IDLE: SimDuration = SimDuration::from_hours(1);

impl Autoscaler {
    /// An autoscaler that has just started.
    pub fn new(flags: Flags, profile: Profile, choice: Choice) -> Self {
        let order_salt = match choice {
            Choice::Seeded(seed) => Some(seed.bits("order of nodes", 0)),
            Choice::Recorded => None,
        };
        // Its what-ifs ask the scheduler that it was built with.
        let rules = scheduler::Rules::of(&Release::of(flags.version()));
        let profile = Profile { rules, ..profile };
        Autoscaler {
            order_salt,
            taken: (0, 0),
            flags,
            choice,
            registry: Registry::default(),
            templates: Templates::default(),
            checker: PredicateChecker::new(Feasible::new(profile)),
            packing_hints: Hints::default(),
            hints: Hints::default(),
            copies: Copies::default(),
            planner: Planner::default(),
            node_sums: NodeSums::default(),
            controllers: Controllers::default(),
            deletions: Vec::new(),
            local: LocalDelays::default(),
            last_scale_up: None,
            last_scale_down: None,
            assumed: None,
            settled: None,
            last_inputs: LastInputs::default(),
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
    fn random_place(&self, cluster: &ClusterState, node: NodeId) -> u64 {
        let luck = || match cluster.node(node).luck {
            0 => Fnv1a::new().with(cluster.node_name(node)).0,
            luck => luck,
        };
        self.order_salt.map_or(0, |salt| mix(salt ^ luck()))
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
        self.settled = None;
    }

    /// Nodes that an autoscaler before this one has found unneeded since then: `--node-deletion-candidate-ttl` takes them over.
    ///
    /// Upstream: `unneeded.Nodes.LoadFromExistingTaints`, 1.34.
    pub fn resume(&mut self, now: SimTime, unneeded: &[(NodeId, SimTime)]) {
        let ttl = self.flags.node_deletion_candidate_ttl;
        let fresh = unneeded.iter().filter(|(_, since)| !ttl.is_zero() && *since + ttl >= now);
        fresh.for_each(|(node, since)| self.planner.resume(*node, *since));
    }

    /// A node of a group is gone, or its deletion failed: `--scale-down-delay-type-local` counts from here.
    pub fn group_shrank(&mut self, group: GroupId, now: SimTime, failed: bool) {
        self.local.shrank(group, now, failed, &self.flags);
        self.settled = None;
    }
}

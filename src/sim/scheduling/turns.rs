//! Pods that wait for a node, and when the scheduler has its next turn.

use crate::cluster::{NodeId, PodId, Taint};
use crate::scheduler::{Profiles, Queue};
use crate::units::SimTime;
use crate::world::Timing;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// What the scheduler is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News {
    /// A node came.
    NodeAdded(NodeId),
    /// Its taints changed, or its conditions.
    NodeTaints(NodeId),
    /// A pod got a node.
    PodAssigned(PodId),
    /// A pod on a node changed.
    PodUpdated(PodId),
    /// A pod on a node is gone.
    PodDeleted(PodId),
    /// A node is gone.
    NodeDeleted(NodeId),
    /// Claims got their volumes.
    VolumesBound,
    /// Something that no plugin is told of: a pod without node is gone.
    Nothing,
}

/// Pods that wait for a node, and the scheduler's next turn.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    pub(crate) line: Line,
    /// When the scheduler has its next turn.
    pub(crate) called: Option<SimTime>,
    /// The scheduler's.
    pub(crate) profiles: Profiles,
    /// What the scheduler was told last of each node: its taints, and whether it is cordoned. Kept where there are queueing hints.
    pub(crate) told: FxHashMap<NodeId, (Vec<Taint>, bool)>,
}

/// How pods without a node are tried. Gated ones are not in line.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    /// All of them in one turn, in order of priority, then age: the recordings' world, without back-off.
    Pass(BTreeSet<(Reverse<i32>, PodId)>),
    /// One after another, as kube-scheduler's queue says.
    Queue(Queue),
}

impl Turns {
    /// Nobody waits.
    pub(crate) fn new(timing: &Timing, profiles: &Profiles) -> Turns {
        let queue = || Line::Queue(Queue::new(profiles.back_off).by(profiles.rules()));
        let line = if timing.lockstep { Line::Pass(BTreeSet::new()) } else { queue() };
        Turns { line, called: None, profiles: profiles.clone(), told: FxHashMap::default() }
    }

    /// The profiles as the scheduler uses them: a pass looks at every node, as the recordings' does.
    pub(crate) fn profiles(&self, profiles: &Profiles) -> Profiles {
        let mut profiles = profiles.clone();
        if let Line::Pass(_) = self.line {
            profiles.for_each(|profile| profile.percentage_of_nodes_to_score = 100);
        }
        profiles
    }

    /// A new pod without a node.
    pub(crate) fn add(&mut self, pod: PodId, priority: i32) {
        match &mut self.line {
            Line::Pass(pods) => drop(pods.insert((Reverse(priority), pod))),
            Line::Queue(queue) => queue.push(pod, priority),
        }
    }

    /// A pod got its node, or is gone.
    pub(crate) fn remove(&mut self, pod: PodId, priority: i32) {
        match &mut self.line {
            Line::Pass(pods) => drop(pods.remove(&(Reverse(priority), pod))),
            Line::Queue(queue) => queue.remove(pod),
        }
    }

    /// All that wait, in order of creation.
    pub(crate) fn pods(&self) -> Vec<PodId> {
        let mut pods: Vec<PodId> = match &self.line {
            Line::Pass(pods) => pods.iter().map(|(_, pod)| *pod).collect(),
            Line::Queue(queue) => queue.pods().collect(),
        };
        pods.sort_unstable();
        pods
    }
}

//! What a node autoscaler asks of the cloud and of the API server.
//!
//! Whoever stands for the world carries the commands out, each at once and in their order. Cluster Autoscaler's come
//! from [`LoopOutcome::commands`]; another autoscaler may speak the same language.

use super::templates::DELETION_CANDIDATE;
use super::view::{Deletion, LoopOutcome};
use crate::cluster::{Effect, NodeId};
use crate::id::GroupId;
use crate::intern::Symbol;

/// One thing to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// More instances. The cloud may refuse, or fail to launch some.
    Launch(Launch),
    /// An instance that never became a node goes; the group's target falls by one.
    DeleteInstance {
        /// Its group.
        group: GroupId,
        /// Its name.
        name: Symbol,
    },
    /// A target falls without an instance going. A cloud refuses a target below the instances that are there.
    LowerTarget {
        /// Whose.
        group: GroupId,
        /// By how many, 1 or more.
        by: i32,
    },
    /// A node gets a taint without a value, in the place of any with that key.
    PutTaint {
        /// Which node.
        node: NodeId,
        /// The taint's key.
        key: &'static str,
        /// What it does to pods.
        effect: Effect,
    },
    /// A node loses the taints with a key.
    RemoveTaint {
        /// Which node.
        node: NodeId,
        /// The taints' key.
        key: &'static str,
    },
    /// A node gets the taint of those that are being deleted, its pods are evicted if it has to be drained, and its
    /// instance goes when they are gone.
    StartDeletion(&'a Deletion),
}

/// A request for more instances of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The group, or pool.
    pub group: GroupId,
    /// How many, 1 or more.
    pub count: i32,
    /// Which of the group's machine types, by its place; absent leaves it to the cloud.
    pub machine: Option<usize>,
    /// The zone; absent leaves it to the cloud.
    pub zone: Option<Symbol>,
}

impl Launch {
    /// How many instances, of the type and in the zone that the cloud likes.
    pub const fn anywhere(group: GroupId, count: i32) -> Self {
        Launch { group, count, machine: None, zone: None }
    }
}

impl LoopOutcome {
    /// What the loop asks for, in the order in which it is to be done: instances that never came, targets, growth,
    /// soft taints, deletions. Cluster Autoscaler leaves machine types and zones to the cloud. Cost: nothing is copied.
    pub fn commands(&self) -> impl Iterator<Item = Command<'_>> {
        let instances = self.instances_to_delete.iter();
        let instances = instances.map(|(group, name)| Command::DeleteInstance { group: *group, name: *name });
        let targets = self.target_changes.iter();
        let targets = targets.map(|(group, delta)| Command::LowerTarget { group: *group, by: -delta });
        let growth = self
            .scale_up
            .increases
            .iter()
            .map(|increase| Command::Launch(Launch::anywhere(increase.group, increase.to - increase.from)));
        let scale_down = self.scale_down.iter().flat_map(|down| {
            let removed = down.soft_taints_removed.iter();
            let removed = removed.map(|node| Command::RemoveTaint { node: *node, key: DELETION_CANDIDATE });
            let added = down.soft_taints_added.iter().map(|node| Command::PutTaint {
                node: *node,
                key: DELETION_CANDIDATE,
                effect: Effect::PreferNoSchedule,
            });
            removed.chain(added).chain(down.deletions.iter().map(Command::StartDeletion))
        });
        instances.chain(targets).chain(growth).chain(scale_down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoscaler::{Increase, ScaleDownOutcome, ScaleUpOutcome};
    use crate::id::Id;
    use crate::units::SimTime;

    #[test]
    fn commands_come_in_the_order_in_which_upstream_acts() {
        let (node, group) = (NodeId::from_index, GroupId::from_index);
        let deletion =
            Deletion { node: node(3), since: SimTime::ZERO, drain: false, pods: Vec::new(), daemon_pods: Vec::new() };
        let down = ScaleDownOutcome {
            soft_taints_removed: vec![node(1)],
            soft_taints_added: vec![node(2)],
            deletions: vec![deletion.clone()],
            ..ScaleDownOutcome::default()
        };
        let increases = vec![Increase { group: group(1), from: 2, to: 5, fails: true }];
        let outcome = LoopOutcome {
            instances_to_delete: vec![(group(0), Symbol::EMPTY)],
            target_changes: vec![(group(2), -4)],
            scale_up: ScaleUpOutcome { increases, ..ScaleUpOutcome::default() },
            scale_down: Some(down),
            error: None,
            ended: None,
        };
        let key = DELETION_CANDIDATE;
        let expected = [
            Command::DeleteInstance { group: group(0), name: Symbol::EMPTY },
            Command::LowerTarget { group: group(2), by: 4 },
            Command::Launch(Launch::anywhere(group(1), 3)),
            Command::RemoveTaint { node: node(1), key },
            Command::PutTaint { node: node(2), key, effect: Effect::PreferNoSchedule },
            Command::StartDeletion(&deletion),
        ];
        assert!(outcome.commands().eq(expected), "{:?}", outcome.commands().collect::<Vec<_>>());
        assert_eq!(LoopOutcome::default().commands().count(), 0);
    }
}

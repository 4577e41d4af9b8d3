//! What the Cluster Autoscaler is shown when nothing is simulated around it: a cluster, its node groups, the
//! flags.
//!
//! [`recorded`] reads the recordings of the real Cluster Autoscaler and the workloads in the same form.

mod priorities;
pub mod recorded;

pub use priorities::priorities;

use crate::autoscaler::{Flags, GroupView, InstanceView};
use crate::cluster::{ClusterState, NodeId, NodeTemplate, PodId, PodSpecId};
use crate::intern::Symbol;

/// A node group and its instances as the cloud has them.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Its id.
    pub name: String,
    /// Least size.
    pub min: i32,
    /// Largest size.
    pub max: i32,
    /// The size asked for.
    pub target: i32,
    /// What it launches.
    pub template: NodeTemplate,
    /// USD per node and hour; 0 where nobody knows.
    pub price: f64,
    /// Instances, registered or not.
    pub instances: Vec<InstanceView>,
    /// A request for more nodes fails.
    pub increase_fails: bool,
}

impl Group {
    fn view(&self) -> GroupView<'_> {
        GroupView {
            name: &self.name,
            min: self.min,
            max: self.max,
            target: self.target,
            template: &self.template,
            price: self.price,
            instances: self.instances.clone(),
            increase_fails: self.increase_fails,
        }
    }
}

/// A cluster, its cloud and the flags.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// The cluster.
    pub cluster: ClusterState,
    /// The groups, in the cloud's order; nodes name theirs by its place.
    pub groups: Vec<Group>,
    /// The kinds of pods that new nodes get.
    pub daemon_sets: Vec<PodSpecId>,
    /// The flags.
    pub flags: Flags,
}

impl Stage {
    /// The groups as the autoscaler is shown them.
    pub fn views(&self) -> Vec<GroupView<'_>> {
        views(&self.groups)
    }
    /// The pods without a node, in order of creation.
    pub fn pending(&self) -> Vec<PodId> {
        self.cluster.pods().filter(|(_, pod)| pod.node().is_none()).map(|(id, _)| id).collect()
    }
    /// Takes a node away, and what still runs there.
    pub fn remove_node(&mut self, node: NodeId) {
        self.cluster.node(node).pods().to_vec().into_iter().for_each(|pod| self.cluster.remove_pod(pod));
        self.cluster.remove_node(node);
    }
    /// The instance of that name is gone from its group.
    pub fn remove_instance(&mut self, name: Symbol) {
        self.groups.iter_mut().for_each(|group| group.instances.retain(|instance| instance.name != name));
    }
}

/// [`Stage::views`] where the cluster is borrowed otherwise.
pub fn views(groups: &[Group]) -> Vec<GroupView<'_>> {
    groups.iter().map(Group::view).collect()
}

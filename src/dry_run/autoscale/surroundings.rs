//! A cluster, its cloud and the autoscaler's flags, and the doors through which they change.

use crate::autoscaler::{Command, Flags, Foretold, GroupView, Groups, InstanceView};
use crate::cluster::{ClusterState, NodeId, NodeTemplate, Phase, PodId, PodSpecId};
use crate::id::Id;
use crate::intern::Symbol;

/// A node group and its instances as the cloud has them.
#[derive(Clone, Debug, Default)]
pub struct CloudGroup {
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
    /// What the cloud says about a new node; absent means the truth.
    pub foretold: Option<Foretold>,
    /// USD per node and hour; absent where nobody knows.
    pub price: Option<f64>,
    /// Instances, registered or not.
    pub instances: Vec<InstanceView>,
    /// A request for more nodes fails.
    pub increase_fails: bool,
}

impl CloudGroup {
    fn view(&self) -> GroupView<'_> {
        GroupView {
            name: &self.name,
            min: self.min,
            max: self.max,
            target: self.target,
            template: self.foretold.as_ref().map_or(&self.template, |told| &told.template),
            pods: self.foretold.as_ref().map_or(&[], |told| &told.pods),
            price: self.price,
            instances: self.instances.clone(),
            increase_fails: self.increase_fails,
        }
    }
}

/// A cluster, its cloud and the flags.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The cluster.
    pub cluster: ClusterState,
    /// The groups, in the cloud's order; nodes name theirs by its place.
    pub groups: Vec<CloudGroup>,
    /// The kinds of pods that new nodes get.
    pub daemon_sets: Vec<PodSpecId>,
    /// The flags.
    pub flags: Flags,
}

impl Surroundings {
    /// The groups' sizes as the autoscaler wants them: instances that never came go, targets change, but no target below
    /// what is there: a cloud refuses that. Launching, tainting and draining are the caller's.
    pub fn resize(&mut self, command: Command<'_>) {
        match command {
            Command::DeleteInstance { group, name } => {
                self.remove_instance(name);
                self.groups[group.index()].target -= 1;
            }
            Command::LowerTarget { group, by } => {
                let group = &mut self.groups[group.index()];
                if group.target - by >= group.instances.len() as i32 {
                    group.target -= by;
                }
            }
            Command::Launch(launch) => {
                let group = &mut self.groups[launch.group.index()];
                if !group.increase_fails {
                    group.target += launch.count;
                }
            }
            Command::PutTaint { .. } | Command::RemoveTaint { .. } | Command::StartDeletion(_) => {}
        }
    }
    /// The groups as the autoscaler is shown them.
    pub fn views(&self) -> Groups<'_> {
        views(&self.groups)
    }
    /// The pods without a node, in order of creation.
    pub fn pending(&self) -> Vec<PodId> {
        let waits = |id: &PodId| {
            let pod = self.cluster.pod(*id);
            pod.node().is_none()
                && !matches!(pod.phase, Phase::Succeeded | Phase::Failed)
                && self.cluster.spec_of(*id).scheduling_gates.is_empty()
        };
        self.cluster.pods().map(|(id, _)| id).filter(waits).collect()
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

/// [`Surroundings::views`] where the cluster is borrowed otherwise.
pub fn views(groups: &[CloudGroup]) -> Groups<'_> {
    groups.iter().map(CloudGroup::view).collect()
}

//! A cluster for the autoscaler that is put together in a line or two.

use foresail::autoscaler::{
    Autoscaler, Choice, DEFAULT_VERSION, FlagOutcome, Flags, InstanceView, LoopInputs, LoopOutcome, ScaleDownOutcome,
};
use foresail::cluster::{
    NodeCapacity, NodeCondition, NodeId, NodeTemplate, Owner, OwnerKind, Phase, Pod, PodId, PodName, PodSpec,
    Resources, WorkloadSelector,
};
use foresail::dry_run::autoscale::{CloudGroup, Surroundings, views};
use foresail::id::{GroupId, Id};
use foresail::intern::Symbol;
use foresail::release::KubernetesVersion;
use foresail::scheduler::Profile;
use foresail::units::{SimDuration, SimTime};

/// A surroundings and its autoscaler.
pub(crate) struct World {
    pub surroundings: Surroundings,
    pub autoscaler: Option<Autoscaler>,
    named: u32,
}

pub(crate) const START: SimTime = SimTime::from_secs(100_000);

pub(crate) fn after(seconds: i64) -> SimTime {
    START + SimDuration::from_secs(seconds)
}

impl World {
    pub(crate) fn new(flags: &[(&str, &str)]) -> World {
        World::of(DEFAULT_VERSION, flags)
    }
    /// As a version has it.
    pub(crate) fn of(version: KubernetesVersion, flags: &[(&str, &str)]) -> World {
        let mut surroundings = Surroundings { flags: Flags::of(version), ..Surroundings::default() };
        for (name, value) in flags {
            assert_eq!(surroundings.flags.set(name, value), FlagOutcome::Set, "{name}={value}");
        }
        World { surroundings, autoscaler: None, named: 0 }
    }
    pub(crate) fn symbol(&mut self, text: &str) -> Symbol {
        self.surroundings.cluster.symbols.intern(text)
    }

    /// A group of machines of so many cores and GiB.
    pub(crate) fn group(&mut self, name: &str, cores: i64, gib: i64, price: f64) {
        let capacity = NodeCapacity { resources: Resources::new(1000 * cores, gib << 30), pods: 110 };
        let template = NodeTemplate { allocatable: capacity.clone(), capacity, ..NodeTemplate::default() };
        let name = name.to_owned();
        self.surroundings.groups.push(CloudGroup {
            name,
            max: 10,
            template,
            price: Some(price),
            ..CloudGroup::default()
        });
    }
    /// A node of the last group, ready for long.
    pub(crate) fn node(&mut self) -> NodeId {
        self.named += 1;
        let name = self.symbol(&format!("n{}", self.named));
        let group = self.surroundings.groups.len() - 1;
        let row = &mut self.surroundings.groups[group];
        row.target += 1;
        row.instances.push(InstanceView { name, failed: false });
        let mut node = row.template.clone();
        (node.name, node.group) = (name, Some(GroupId::from_index(group)));
        node.ready = NodeCondition { is_true: true, since: SimTime::ZERO };
        self.surroundings.cluster.add_node(node)
    }
    /// A pod of an existing ReplicaSet, changed as needed.
    pub(crate) fn pod(
        &mut self,
        milli: i64,
        node: Option<NodeId>,
        change: impl FnOnce(&mut PodSpec, &mut Surroundings),
    ) -> PodId {
        let (namespace, name, key) = (self.symbol("default"), self.symbol("web"), self.symbol("app"));
        let requests = Resources::new(milli, milli << 20);
        let mut spec = PodSpec {
            namespace,
            labels: [(key, name)].into_iter().collect(),
            owner: Some(Owner { kind: OwnerKind::ReplicaSet, name, uid: name }),
            container_requests: requests.clone(),
            requests,
            ..PodSpec::default()
        };
        let row = WorkloadSelector { kind: OwnerKind::ReplicaSet, namespace, name, selector: None, replicas: 2 };
        if self.surroundings.cluster.workloads.is_empty() {
            self.surroundings.cluster.workloads.push(row);
        }
        change(&mut spec, &mut self.surroundings);
        let spec = self.surroundings.cluster.intern_spec(spec);
        self.named += 1;
        let pod = Pod::new(PodName::numbered(name, self.named), spec, SimTime::ZERO);
        let pod = self.surroundings.cluster.add_pod(pod);
        if let Some(node) = node {
            self.surroundings.cluster.bind(pod, node);
            self.surroundings.cluster.set_phase(pod, Phase::Running);
        }
        pod
    }
    pub(crate) fn plain(&mut self, milli: i64, node: Option<NodeId>) -> PodId {
        self.pod(milli, node, |_, _| {})
    }

    /// The autoscaler, newly started if there was none.
    pub(crate) fn start(&mut self) -> &mut Autoscaler {
        let flags = &self.surroundings.flags;
        self.autoscaler.get_or_insert_with(|| Autoscaler::new(flags.clone(), Profile::default(), Choice::Recorded))
    }

    pub(crate) fn turn(&mut self, now: SimTime) -> LoopOutcome {
        self.start();
        let mut autoscaler = self.autoscaler.take().expect("started");
        let pending = self.surroundings.pending();
        let Surroundings { cluster, groups, daemon_sets, .. } = &mut self.surroundings;
        let inputs = LoopInputs { now, groups: &views(groups), pending: &pending, daemon_sets };
        let outcome = (*autoscaler.run_once(cluster, inputs)).clone();
        self.autoscaler = Some(autoscaler);
        outcome
    }

    /// The scale-down of a loop so many seconds after [`START`].
    pub(crate) fn down(&mut self, seconds: i64) -> ScaleDownOutcome {
        self.turn(after(seconds)).scale_down.expect("a scale-down")
    }
    /// A deletion ends well: the node is gone.
    pub(crate) fn deleted(&mut self, node: NodeId) {
        let row = self.surroundings.cluster.node(node);
        let (name, group) = (row.name, row.group.expect("of a group").index());
        self.surroundings.remove_node(node);
        self.surroundings.remove_instance(name);
        self.surroundings.groups[group].target -= 1;
        self.autoscaler.as_mut().expect("started").deletion_ended(node);
    }
}

//! Cluster Autoscaler in clusters that never stand still: random groups, pods and events.
//!
//! Three autoscalers see the same: one remembers what it can, one rests while it is shown nothing new, and one computes
//! everything afresh. They must always decide the same; and after every event, whatever comes, some things hold.

mod loops;

use foresail::autoscaler::drain::{Controllers, Scope, pods_to_move};
use foresail::autoscaler::{
    Autoscaler, Choice, Deletion, Expander, FlagOutcome, Flags, InstanceView, LoopInputs, LoopOutcome, TO_BE_DELETED,
};
use foresail::cluster::{
    AffinityTerm, ClusterState, Effect, LabelSelector, Labels, NodeCapacity, NodeCondition, NodeId,
    NodeInclusionPolicy, NodeTemplate, Owner, OwnerKind, Pod, PodDisruptionBudget, PodId, PodName, PodSpec, PodSpecId,
    Resources, Taint, TopologySpreadConstraint, WhenUnsatisfiable, WorkloadSelector,
};
use foresail::dry_run::autoscale::{CloudGroup, Surroundings, views};
use foresail::id::{GroupId, Id};
use foresail::intern::Symbol;
use foresail::release::KubernetesVersion;
use foresail::rng::{Seed, Stream};
use foresail::scheduler::{Decision, Profile, Scheduler, Ties};
use foresail::units::{SimDuration, SimTime};
use loops::Shown;
use std::collections::BTreeMap;

const ZONES: [&str; 3] = ["a", "b", "c"];

struct World {
    surroundings: Surroundings,
    dice: Stream,
    kinds: Vec<PodSpecId>,
    scheduler: Scheduler,
    quick: Autoscaler,
    resting: Autoscaler,
    plain: Autoscaler,
    /// What the last loop was shown.
    shown: Option<Shown>,
    rests: u32,
    now: SimTime,
    named: u32,
    /// Nodes being deleted.
    deleting: Vec<NodeId>,
    /// Groups that lost instances which never came, or whose size was corrected: upstream looks at no minimum then.
    may_be_small: Vec<bool>,
}

impl World {
    fn new(seed: u64) -> World {
        let mut dice = Seed::new(seed, 0).stream("storm", 0);
        let flags = random_flags(&mut dice);
        let fresh = || Autoscaler::new(flags.clone(), Profile::default(), Choice::Recorded);
        let surroundings = Surroundings { flags: flags.clone(), ..Surroundings::default() };
        let mut world = World {
            surroundings,
            kinds: Vec::new(),
            scheduler: Scheduler::new(Profile::default(), Ties::SmallestName),
            quick: fresh(),
            resting: fresh(),
            plain: fresh().without_memory(),
            shown: None,
            rests: 0,
            now: SimTime::from_secs(10_000),
            named: 0,
            deleting: Vec::new(),
            may_be_small: Vec::new(),
            dice,
        };
        (0..1 + world.dice.below(4)).for_each(|at| world.add_group(at));
        (0..5).for_each(|at| world.add_kind(at));
        if world.dice.chance(0.7) {
            world.add_daemon_set();
        }
        world.may_be_small = vec![false; world.surroundings.groups.len()];
        for group in 0..world.surroundings.groups.len() {
            (0..world.surroundings.groups[group].target).for_each(|_| world.register(group));
        }
        world
    }

    fn symbol(&mut self, text: &str) -> Symbol {
        self.surroundings.cluster.symbols.intern(text)
    }

    fn add_group(&mut self, at: usize) {
        let (cores, zone) = (2 << self.dice.below(3), ZONES[self.dice.below(3)]);
        let mut labels = Labels::default();
        for (key, value) in [("topology.kubernetes.io/zone", zone), ("pool", ["x", "y"][self.dice.below(2)])] {
            let (key, value) = (self.symbol(key), self.symbol(value));
            labels.set(key, value);
        }
        let mut taints = Vec::new();
        if self.dice.chance(0.2) {
            taints.push(Taint { key: self.symbol("team"), value: self.symbol("z"), effect: Effect::NoSchedule });
        }
        let resources = Resources::new(1000 * cores, (4 << 30) * cores / 2);
        let capacity = NodeCapacity { resources, pods: 8 + self.dice.below(20) as i64 };
        let template =
            NodeTemplate { labels, taints, allocatable: capacity.clone(), capacity, ..NodeTemplate::default() };
        let (min, max) = (self.dice.below(3) as i32, 3 + self.dice.below(8) as i32);
        self.surroundings.groups.push(CloudGroup {
            name: format!("group-{at}"),
            min,
            max,
            target: min + self.dice.below((max - min) as usize) as i32,
            template,
            price: Some(0.05 * cores as f64),
            ..CloudGroup::default()
        });
    }

    fn add_kind(&mut self, at: usize) {
        let (namespace, app) = (self.symbol("default"), self.symbol("app"));
        let name = self.symbol(&format!("app-{at}"));
        let requests =
            Resources::new(100 * (1 + self.dice.below(12) as i64), (128 << 20) * (1 + self.dice.below(16) as i64));
        let mut spec = PodSpec {
            namespace,
            labels: [(app, name)].into_iter().collect(),
            container_requests: requests.clone(),
            requests,
            priority: [0, 0, 0, 100, -20][self.dice.below(5)],
            has_priority: true,
            safe_to_evict: [None, None, None, Some(true), Some(false)][self.dice.below(5)],
            ..PodSpec::default()
        };
        if self.dice.chance(0.9) {
            spec.owner = Some(Owner { kind: OwnerKind::ReplicaSet, name, uid: name });
            let selector = Some(LabelSelector::of_labels([(app, name)]));
            let row = WorkloadSelector { kind: OwnerKind::ReplicaSet, namespace, name, selector, replicas: 3 };
            self.surroundings.cluster.workloads.push(row);
        }
        let selector = LabelSelector::of_labels([(app, name)]);
        if self.dice.chance(0.25) {
            let topology_key = self.symbol("topology.kubernetes.io/zone");
            spec.topology_spread.push(TopologySpreadConstraint {
                max_skew: 1 + self.dice.below(2) as i32,
                topology_key,
                when_unsatisfiable: WhenUnsatisfiable::DoNotSchedule,
                selector: Some(selector.clone()),
                min_domains: None,
                node_affinity_policy: NodeInclusionPolicy::Honor,
                node_taints_policy: NodeInclusionPolicy::Ignore,
                match_label_keys: Vec::new(),
            });
        }
        if self.dice.chance(0.2) {
            let topology_key = self.symbol("kubernetes.io/hostname");
            spec.pod_anti_affinity.required.push(AffinityTerm {
                selector: Some(selector.clone()),
                namespaces: vec![namespace],
                namespace_selector: None,
                topology_key,
            });
        }
        if self.dice.chance(0.2) {
            let (key, value) = (self.symbol("pool"), self.symbol("x"));
            spec.node_selector.set(key, value);
        }
        if self.dice.chance(0.4) {
            let disruptions_allowed = self.dice.below(3) as i32;
            self.surroundings.cluster.budgets.push(PodDisruptionBudget {
                namespace,
                name,
                selector: Some(selector),
                disruptions_allowed,
                current_healthy: 3,
                desired_healthy: 2,
                disrupted_pods: Vec::new(),
                unready_always_go: false,
            });
        }
        let kind = self.surroundings.cluster.intern_spec(spec);
        self.kinds.push(kind);
    }

    fn add_daemon_set(&mut self) {
        let (namespace, name) = (self.symbol("kube-system"), self.symbol("agent"));
        let requests = Resources::new(100, 64 << 20);
        let owner = Some(Owner { kind: OwnerKind::DaemonSet, name, uid: name });
        let spec = PodSpec { namespace, owner, container_requests: requests.clone(), requests, ..PodSpec::default() };
        let kind = self.surroundings.cluster.intern_spec(spec);
        let row = WorkloadSelector { kind: OwnerKind::DaemonSet, namespace, name, selector: None, replicas: 0 };
        self.surroundings.cluster.workloads.push(row);
        self.surroundings.daemon_sets.push(kind);
    }

    /// A node of the group registers.
    fn register(&mut self, group: usize) {
        self.named += 1;
        let name = self.symbol(&format!("node-{}", self.named));
        let hostname = self.symbol("kubernetes.io/hostname");
        let mut node = self.surroundings.groups[group].template.clone();
        node.labels.set(hostname, name);
        (node.name, node.group, node.created) = (name, Some(GroupId::from_index(group)), self.now);
        node.ready = NodeCondition { is_true: self.dice.chance(0.9), since: self.now };
        let node = self.surroundings.cluster.add_node(node);
        let instance = InstanceView { name, failed: false };
        let instances = &mut self.surroundings.groups[group].instances;
        instances.retain(|other| other.name != name);
        instances.push(instance);
        for spec in self.surroundings.daemon_sets.clone() {
            self.named += 1;
            let mut pod = Pod::new(PodName::numbered(Symbol::EMPTY, self.named), spec, self.now);
            pod.daemon_node = Some(name);
            let pod = self.surroundings.cluster.add_pod(pod);
            self.surroundings.cluster.bind(pod, node);
        }
    }

    fn some_node(&mut self) -> Option<NodeId> {
        let nodes = self.surroundings.cluster.node_ids();
        (!nodes.is_empty()).then(|| nodes[self.dice.below(nodes.len())])
    }

    fn some_bound_pod(&mut self) -> Option<PodId> {
        let node = self.some_node()?;
        let pods = self.surroundings.cluster.node(node).pods();
        (!pods.is_empty()).then(|| pods[self.dice.below(pods.len())])
    }

    /// Anything that can happen between two loops.
    fn something_happens(&mut self) {
        match self.dice.below(14) {
            0..=2 => {
                let kind = self.kinds[self.dice.below(self.kinds.len())];
                for _ in 0..1 + self.dice.below(6) {
                    self.named += 1;
                    let born = self.now - SimDuration::from_secs(self.dice.below(20) as i64);
                    let pod = Pod::new(PodName::numbered(Symbol::EMPTY, self.named), kind, born);
                    self.surroundings.cluster.add_pod(pod);
                }
            }
            3 | 4 => {
                for pod in self.surroundings.pending() {
                    if let Decision::Bind(node) = self.scheduler.schedule(&self.surroundings.cluster, pod).decision {
                        self.surroundings.cluster.bind(pod, node);
                    }
                }
            }
            5 => {
                for _ in 0..4 {
                    if let Some(pod) = self.some_bound_pod() {
                        self.surroundings.cluster.remove_pod(pod);
                    }
                }
            }
            6 => {
                let at = self.now - SimDuration::from_secs(self.dice.below(120) as i64);
                if let Some(pod) = self.some_bound_pod() {
                    self.surroundings.cluster.set_deleted(pod, Some(at));
                }
            }
            7 => {
                if let Some(node) = self.some_node() {
                    let ready = NodeCondition { is_true: self.dice.chance(0.6), since: self.now };
                    self.surroundings.cluster.set_node_ready(node, ready);
                }
            }
            8 => self.instances_come(),
            9 => self.a_node_is_lost(),
            10 => {
                let count = self.surroundings.groups.len();
                let group = self.dice.below(count);
                self.surroundings.groups[group].increase_fails = self.dice.chance(0.3);
                // Only what the size still counts.
                let counted =
                    self.surroundings.groups[group].instances.len() as i32 <= self.surroundings.groups[group].target;
                let fails = self.dice.chance(0.3) && counted;
                if let Some(instance) = self.surroundings.groups[group].instances.last_mut().filter(|_| fails)
                    && self.surroundings.cluster.node_by_name(instance.name).is_none()
                {
                    instance.failed = true;
                }
            }
            11 => {
                // An instance that never became a node is gone without a word.
                let group = self.dice.below(self.surroundings.groups.len());
                let cluster = &self.surroundings.cluster;
                let instances = &mut self.surroundings.groups[group].instances;
                if let Some(at) = instances.iter().position(|row| cluster.node_by_name(row.name).is_none()) {
                    instances.remove(at);
                }
            }
            12 => {
                // Somebody changes the size by hand, while no deletion is under way that counts on it.
                let group = self.dice.below(self.surroundings.groups.len());
                let (min, max) = (self.surroundings.groups[group].min, self.surroundings.groups[group].max);
                if self.deleting.is_empty() && self.dice.chance(0.3) {
                    self.surroundings.groups[group].target = min + self.dice.below((max - min + 1) as usize) as i32;
                }
            }
            _ => {
                let budgets = self.surroundings.cluster.budgets.len();
                if budgets > 0 {
                    let at = self.dice.below(budgets);
                    self.surroundings.cluster.budgets[at].disruptions_allowed = self.dice.below(3) as i32;
                }
            }
        }
    }

    /// The cloud launches what is missing: as instances first, as nodes mostly at once.
    fn instances_come(&mut self) {
        for group in 0..self.surroundings.groups.len() {
            let missing =
                self.surroundings.groups[group].target - self.surroundings.groups[group].instances.len() as i32;
            for _ in 0..missing.max(0) {
                if self.dice.chance(0.8) {
                    self.register(group);
                } else {
                    self.named += 1;
                    let name = self.symbol(&format!("instance-{}", self.named));
                    let instance = InstanceView { name, failed: false };
                    self.surroundings.groups[group].instances.push(instance);
                }
            }
        }
    }

    /// Without a word: spot, or a broken machine. The group is to replace it.
    fn a_node_is_lost(&mut self) {
        let Some(node) = self.some_node().filter(|node| !self.deleting.contains(node)) else { return };
        let name = self.surroundings.cluster.node(node).name;
        self.surroundings.remove_node(node);
        if self.dice.chance(0.8) {
            self.surroundings.remove_instance(name);
        }
    }
}

fn random_flags(dice: &mut Stream) -> Flags {
    let expanders = ["random", "most-pods", "least-waste", "price", "least-nodes", "price,most-pods"];
    let given = [
        ("scale-down-unneeded-time", format!("{}m", dice.below(6))),
        ("scale-down-unready-time", format!("{}m", dice.below(9))),
        ("scale-down-delay-after-add", format!("{}m", dice.below(4))),
        ("scale-down-delay-after-delete", format!("{}s", 10 * dice.below(4))),
        ("unremovable-node-recheck-timeout", format!("{}m", dice.below(4))),
        ("max-node-provision-time", format!("{}m", 1 + dice.below(5))),
        ("new-pod-scale-up-delay", format!("{}s", 10 * dice.below(3))),
        ("scale-down-utilization-threshold", format!("0.{}", 3 + dice.below(6))),
        ("max-nodes-total", if dice.chance(0.3) { 6 + dice.below(12) } else { 0 }.to_string()),
        ("balance-similar-node-groups", dice.chance(0.5).to_string()),
        ("enforce-node-group-min-size", dice.chance(0.3).to_string()),
        ("ignore-daemonsets-utilization", dice.chance(0.3).to_string()),
        ("parallel-drain", dice.chance(0.7).to_string()),
        ("max-scale-down-parallelism", (1 + dice.below(10)).to_string()),
        ("cores-total", format!("{}:200", [0, 0, 8, 16][dice.below(4)])),
        ("scale-down-non-empty-candidates-count", [0, 1, 2, 30][dice.below(4)].to_string()),
        ("scale-down-candidates-pool-min-count", [1, 3, 50][dice.below(3)].to_string()),
        ("force-ds", dice.chance(0.3).to_string()),
        ("expander", expanders[dice.below(expanders.len())].to_owned()),
        ("scale-down-delay-type-local", dice.chance(0.3).to_string()),
        ("max-node-startup-time", format!("{}m", 1 + dice.below(15))),
        ("blocking-system-pod-distruption-timeout", format!("{}m", dice.below(20))),
    ];
    let versions = KubernetesVersion::ALL;
    let mut flags = Flags::of(versions[dice.below(versions.len())]);
    for (name, value) in given {
        match flags.set(name, &value) {
            FlagOutcome::Set | FlagOutcome::Later(_) | FlagOutcome::Gone(..) => {}
            // The expander of another version.
            FlagOutcome::Bad(_) if value == "least-nodes" => flags.expander = vec![Expander::Random],
            other => panic!("{name}={value}: {other:?}"),
        }
    }
    flags
}

/// Storms and calms in turn: deletions under way in all loops, and loops in which one rested.
fn storm(seed: u64, loops: u32) -> (u32, u32) {
    let mut world = World::new(seed);
    let mut deletions = 0;
    for at in 0..loops {
        if !(at / 20).is_multiple_of(2) {
            for _ in 0..world.dice.below(3) {
                world.something_happens();
                world.invariants(&format!("seed {seed}, before loop {at}"));
            }
        }
        let pending = world.surroundings.pending().len();
        world.turn(&format!("seed {seed}, loop {at}, {pending} pending"));
        deletions += world.deleting.len() as u32;
        world.now += SimDuration::from_secs(if world.dice.chance(0.9) { 10 } else { 7 });
    }
    (deletions, world.rests)
}

#[test]
fn memory_and_afresh_decide_the_same_in_every_storm() {
    let (mut deletions, mut rests) = (0, 0);
    for seed in 0..150 {
        let (deleted, rested) = storm(seed, 160);
        (deletions, rests) = (deletions + deleted, rests + rested);
    }
    assert!(deletions > 100, "the storms hardly delete anything: {deletions}");
    assert!(rests > 2_000, "nobody rests: {rests}");
}

//! Cluster Autoscaler in clusters that never stand still: random groups, pods and events.
//!
//! Three autoscalers see the same: one remembers what it can, one rests while it is shown nothing new, and one computes
//! everything afresh. They must always decide the same; and after every event, whatever comes, some things hold.

use foresail::autoscaler::drain::{Controllers, Scope, pods_to_move};
use foresail::autoscaler::{
    Autoscaler, Choice, Deletion, FlagOutcome, Flags, InstanceView, LoopOutcome, TO_BE_DELETED,
};
use foresail::cluster::{
    AffinityTerm, ClusterState, Effect, LabelSelector, Labels, NodeCapacity, NodeCondition, NodeId,
    NodeInclusionPolicy, NodeTemplate, Owner, OwnerKind, Pod, PodDisruptionBudget, PodId, PodName, PodSpec, PodSpecId,
    Resources, Taint, TopologySpreadConstraint, WhenUnsatisfiable, WorkloadSelector,
};
use foresail::id::{GroupId, Id};
use foresail::intern::Symbol;
use foresail::rng::{Seed, Stream};
use foresail::scenario::autoscale::{Group, Stage, views};
use foresail::scheduler::{Decision, Profile, Scheduler, Ties};
use foresail::units::{SimDuration, SimTime};
use std::collections::BTreeMap;

const ZONES: [&str; 3] = ["a", "b", "c"];

struct World {
    stage: Stage,
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
        let stage = Stage { flags: flags.clone(), ..Stage::default() };
        let mut world = World {
            stage,
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
        world.may_be_small = vec![false; world.stage.groups.len()];
        for group in 0..world.stage.groups.len() {
            (0..world.stage.groups[group].target).for_each(|_| world.register(group));
        }
        world
    }

    fn symbol(&mut self, text: &str) -> Symbol {
        self.stage.cluster.symbols.intern(text)
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
        self.stage.groups.push(Group {
            name: format!("group-{at}"),
            min,
            max,
            target: min + self.dice.below((max - min) as usize) as i32,
            template,
            price: 0.05 * cores as f64,
            ..Group::default()
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
            self.stage.cluster.workloads.push(row);
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
            self.stage.cluster.budgets.push(PodDisruptionBudget {
                namespace,
                name,
                selector: Some(selector),
                disruptions_allowed,
                current_healthy: 3,
                desired_healthy: 2,
                disrupted_pods: Vec::new(),
            });
        }
        let kind = self.stage.cluster.intern_spec(spec);
        self.kinds.push(kind);
    }

    fn add_daemon_set(&mut self) {
        let (namespace, name) = (self.symbol("kube-system"), self.symbol("agent"));
        let requests = Resources::new(100, 64 << 20);
        let owner = Some(Owner { kind: OwnerKind::DaemonSet, name, uid: name });
        let spec = PodSpec { namespace, owner, container_requests: requests.clone(), requests, ..PodSpec::default() };
        let kind = self.stage.cluster.intern_spec(spec);
        let row = WorkloadSelector { kind: OwnerKind::DaemonSet, namespace, name, selector: None, replicas: 0 };
        self.stage.cluster.workloads.push(row);
        self.stage.daemon_sets.push(kind);
    }

    /// A node of the group registers.
    fn register(&mut self, group: usize) {
        self.named += 1;
        let name = self.symbol(&format!("node-{}", self.named));
        let hostname = self.symbol("kubernetes.io/hostname");
        let mut node = self.stage.groups[group].template.clone();
        node.labels.set(hostname, name);
        (node.name, node.group, node.created) = (name, Some(GroupId::from_index(group)), self.now);
        node.ready = NodeCondition { is_true: self.dice.chance(0.9), since: self.now };
        let node = self.stage.cluster.add_node(node);
        let instance = InstanceView { name, failed: false };
        let instances = &mut self.stage.groups[group].instances;
        instances.retain(|other| other.name != name);
        instances.push(instance);
        for spec in self.stage.daemon_sets.clone() {
            self.named += 1;
            let mut pod = Pod::new(PodName::numbered(Symbol::EMPTY, self.named), spec, self.now);
            pod.daemon_node = Some(name);
            let pod = self.stage.cluster.add_pod(pod);
            self.stage.cluster.bind(pod, node);
        }
    }

    fn some_node(&mut self) -> Option<NodeId> {
        let nodes = self.stage.cluster.node_ids();
        (!nodes.is_empty()).then(|| nodes[self.dice.below(nodes.len())])
    }

    fn some_bound_pod(&mut self) -> Option<PodId> {
        let node = self.some_node()?;
        let pods = self.stage.cluster.node(node).pods();
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
                    self.stage.cluster.add_pod(pod);
                }
            }
            3 | 4 => {
                for pod in self.stage.pending() {
                    if let Decision::Bind(node) = self.scheduler.schedule(&self.stage.cluster, pod).decision {
                        self.stage.cluster.bind(pod, node);
                    }
                }
            }
            5 => {
                for _ in 0..4 {
                    if let Some(pod) = self.some_bound_pod() {
                        self.stage.cluster.remove_pod(pod);
                    }
                }
            }
            6 => {
                let at = self.now - SimDuration::from_secs(self.dice.below(120) as i64);
                if let Some(pod) = self.some_bound_pod() {
                    self.stage.cluster.set_deleted(pod, Some(at));
                }
            }
            7 => {
                if let Some(node) = self.some_node() {
                    let ready = NodeCondition { is_true: self.dice.chance(0.6), since: self.now };
                    self.stage.cluster.set_node_ready(node, ready);
                }
            }
            8 => self.instances_come(),
            9 => self.a_node_is_lost(),
            10 => {
                let count = self.stage.groups.len();
                let group = self.dice.below(count);
                self.stage.groups[group].increase_fails = self.dice.chance(0.3);
                // Only what the size still counts.
                let counted = self.stage.groups[group].instances.len() as i32 <= self.stage.groups[group].target;
                let fails = self.dice.chance(0.3) && counted;
                if let Some(instance) = self.stage.groups[group].instances.last_mut().filter(|_| fails)
                    && self.stage.cluster.node_by_name(instance.name).is_none()
                {
                    instance.failed = true;
                }
            }
            11 => {
                // An instance that never became a node is gone without a word.
                let group = self.dice.below(self.stage.groups.len());
                let cluster = &self.stage.cluster;
                let instances = &mut self.stage.groups[group].instances;
                if let Some(at) = instances.iter().position(|row| cluster.node_by_name(row.name).is_none()) {
                    instances.remove(at);
                }
            }
            12 => {
                // Somebody changes the size by hand, while no deletion is under way that counts on it.
                let group = self.dice.below(self.stage.groups.len());
                let (min, max) = (self.stage.groups[group].min, self.stage.groups[group].max);
                if self.deleting.is_empty() && self.dice.chance(0.3) {
                    self.stage.groups[group].target = min + self.dice.below((max - min + 1) as usize) as i32;
                }
            }
            _ => {
                let budgets = self.stage.cluster.budgets.len();
                if budgets > 0 {
                    let at = self.dice.below(budgets);
                    self.stage.cluster.budgets[at].disruptions_allowed = self.dice.below(3) as i32;
                }
            }
        }
    }

    /// The cloud launches what is missing: as instances first, as nodes mostly at once.
    fn instances_come(&mut self) {
        for group in 0..self.stage.groups.len() {
            let missing = self.stage.groups[group].target - self.stage.groups[group].instances.len() as i32;
            for _ in 0..missing.max(0) {
                if self.dice.chance(0.8) {
                    self.register(group);
                } else {
                    self.named += 1;
                    let name = self.symbol(&format!("instance-{}", self.named));
                    let instance = InstanceView { name, failed: false };
                    self.stage.groups[group].instances.push(instance);
                }
            }
        }
    }

    /// Without a word: spot, or a broken machine. The group is to replace it.
    fn a_node_is_lost(&mut self) {
        let Some(node) = self.some_node().filter(|node| !self.deleting.contains(node)) else { return };
        let name = self.stage.cluster.node(node).name;
        self.stage.remove_node(node);
        if self.dice.chance(0.8) {
            self.stage.remove_instance(name);
        }
    }

    /// One loop of all.
    fn turn(&mut self, context: &str) {
        let pending = self.stage.pending();
        let before = trace(&self.stage.cluster);
        let Stage { cluster, groups, daemon_sets, .. } = &mut self.stage;
        let sizes = groups.iter().map(|group| (group.target, group.increase_fails, group.instances.clone())).collect();
        let news = Shown { versions: cluster.versions(), budgets: cluster.budgets.clone(), sizes };
        let is_same = self.shown.as_ref() == Some(&news);
        self.shown = Some(news);
        let shown = views(groups);
        let quick = self.quick.run_once(self.now, cluster, &shown, &pending, daemon_sets);
        let plain = self.plain.run_once(self.now, cluster, &shown, &pending, daemon_sets);
        assert_eq!(quick, plain, "with and without memory, {context}");
        if is_same && self.resting.goes_on(self.now) {
            self.rests += 1;
            assert!(asks_for_nothing(&plain), "while one rests, {context}");
        } else {
            let resting = self.resting.run_afresh(self.now, cluster, &shown, &pending, daemon_sets);
            assert_eq!(resting, *plain, "with and without rests, {context}");
        }
        assert_eq!(before, trace(&self.stage.cluster), "a loop left a trace, {context}");
        self.check(&quick, context);
        self.act(&quick);
        self.invariants(context);
    }

    /// What holds after every event.
    fn invariants(&mut self, context: &str) {
        let Stage { cluster, groups, .. } = &self.stage;
        let mut homes: BTreeMap<PodId, NodeId> = BTreeMap::new();
        for (id, node) in cluster.nodes() {
            let mut sum = Resources::default();
            for pod in node.pods() {
                assert_eq!(homes.insert(*pod, id), None, "a pod on two nodes, {context}");
                sum.add(&cluster.spec_of(*pod).requests);
            }
            let (there, pods) = (&node.allocatable, node.pods().len() as i64);
            assert_eq!(sum, *node.requested(), "the books of {id:?}, {context}");
            let fits = sum.cpu_milli <= there.resources.cpu_milli && sum.memory_bytes <= there.resources.memory_bytes;
            assert!(fits && pods <= there.pods, "{id:?} has {sum:?} and {pods} pods of {there:?}, {context}");
        }
        for (id, pod) in cluster.pods().filter(|(_, pod)| pod.is_present()) {
            assert_eq!(pod.node(), homes.get(&id).copied(), "{id:?}, {context}");
        }
        for (group, small) in groups.iter().zip(&mut self.may_be_small) {
            assert!((0..=group.max).contains(&group.target), "{} has {}, {context}", group.name, group.target);
            *small &= group.target < group.min;
            assert!(*small || group.target >= group.min, "{} has {}, {context}", group.name, group.target);
        }
    }

    /// What never happens.
    fn check(&self, outcome: &LoopOutcome, context: &str) {
        let Stage { cluster, groups, flags, .. } = &self.stage;
        for increase in &outcome.scale_up.increases {
            let group = &groups[increase.group.index()];
            assert!(increase.to > increase.from && increase.to <= group.max, "{increase:?}, {context}");
        }
        for option in &outcome.scale_up.options {
            assert!(option.nodes > 0 && !option.pods.is_empty(), "{option:?}, {context}");
            assert!(option.pods.iter().all(|pod| cluster.pod(*pod).is_present()), "pods that are none, {context}");
        }
        let Some(down) = &outcome.scale_down else { return };
        let mut sizes: Vec<i32> = groups.iter().map(|group| group.target).collect();
        let allowed: Vec<i32> = cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
        let controllers = Controllers::of(cluster);
        for Deletion { node, since, drain, .. } in &down.deletions {
            let group = cluster.node(*node).group.expect("only groups' nodes go").index();
            sizes[group] -= 1;
            assert!(sizes[group] >= groups[group].min, "below the minimum, {context}");
            let needed = if cluster.node(*node).ready.is_true {
                flags.scale_down_unneeded_time
            } else {
                flags.scale_down_unready_time
            };
            assert!(*since + needed < self.now, "too early, {context}");
            let scope = Scope { controllers: Some(&controllers), budgets: Some(&allowed) };
            let moved = pods_to_move(cluster, flags, *node, scope, self.now);
            // Expendable pods are none for the autoscaler: whatever they say, they go.
            if !cluster.node(*node).pods().iter().any(|pod| is_expendable(cluster, *pod)) {
                assert!(moved.is_ok(), "a blocked node goes: {moved:?}, {context}");
                assert!(*drain || moved.is_ok_and(|moved| moved.pods.is_empty()), "lost pods, {context}");
            }
            assert!(!self.deleting.contains(node), "deleted twice, {context}");
            let listed = if *drain { &down.candidates.1 } else { &down.candidates.0 };
            assert!(listed.contains(node), "nobody said that it may go, {context}");
        }
        let told = |node: &NodeId| {
            down.unneeded.iter().any(|(other, _)| other == node)
                || down.unremovable.iter().any(|(other, _)| other == node)
        };
        for (node, _) in &down.utilization {
            let limited = down.unneeded.len() >= flags.max_scale_down_parallelism as usize;
            // A legacy deletion ends the time of nodes that count on the same places.
            let forgotten = !flags.parallel_drain && down.candidates != Default::default();
            assert!(told(node) || limited || forgotten, "a node stays without a reason, {context}");
        }
    }

    /// Does what the loop decided; some deletions end, well or not.
    fn act(&mut self, outcome: &LoopOutcome) {
        let smaller = outcome.instances_to_delete.iter().map(|(group, _)| group);
        let smaller = smaller.chain(outcome.target_changes.iter().map(|(group, _)| group));
        smaller.for_each(|group| self.may_be_small[group.index()] = true);
        outcome.commands().for_each(|command| self.stage.resize(command));
        for deletion in outcome.scale_down.iter().flat_map(|down| &down.deletions) {
            self.set_taint(deletion.node, true);
            deletion.daemon_pods.iter().for_each(|pod| self.stage.cluster.remove_pod(*pod));
            deletion.pods.iter().for_each(|pod| self.evict(*pod));
            self.deleting.push(deletion.node);
        }
        while !self.deleting.is_empty() && self.dice.chance(0.5) {
            let node = self.deleting.swap_remove(self.dice.below(self.deleting.len()));
            let deleted = self.dice.chance(0.8);
            if !deleted && self.stage.cluster.has_node(node) {
                self.set_taint(node, false);
            }
            if deleted && self.stage.cluster.has_node(node) {
                let row = self.stage.cluster.node(node);
                let (name, group) = (row.name, row.group);
                self.stage.remove_node(node);
                self.stage.remove_instance(name);
                if let Some(group) = group {
                    self.stage.groups[group.index()].target -= 1;
                }
            }
            self.quick.deletion_ended(node);
            self.resting.deletion_ended(node);
            self.plain.deletion_ended(node);
        }
    }
}

impl World {
    /// The taint of a node that is being deleted.
    fn set_taint(&mut self, node: NodeId, on: bool) {
        let key = self.symbol(TO_BE_DELETED);
        let mut taints = self.stage.cluster.node(node).taints.clone();
        taints.retain(|taint| taint.key != key);
        if on {
            taints.push(Taint { key, value: Symbol::EMPTY, effect: Effect::NoSchedule });
        }
        self.stage.cluster.set_taints(node, taints);
    }

    /// The pod goes, and comes again if somebody owns it.
    fn evict(&mut self, pod: PodId) {
        let (row, spec) = (self.stage.cluster.pod(pod), self.stage.cluster.spec_of(pod));
        let again = (spec.owner.is_some() && !row.is_terminating()).then(|| row.clone_unbound());
        self.stage.cluster.remove_pod(pod);
        if let Some(mut copy) = again {
            copy.created = self.now;
            self.stage.cluster.add_pod(copy);
        }
    }
}

/// What an autoscaler is shown, the pending pods within the cluster's version.
#[derive(PartialEq)]
struct Shown {
    versions: [u64; 4],
    budgets: Vec<PodDisruptionBudget>,
    sizes: Vec<(i32, bool, Vec<InstanceView>)>,
}

fn asks_for_nothing(outcome: &LoopOutcome) -> bool {
    let LoopOutcome { instances_to_delete, target_changes, scale_up, scale_down, error, .. } = outcome;
    let deletes = scale_down.as_ref().is_some_and(|down| !down.deletions.is_empty());
    let resizes = !instances_to_delete.is_empty() || !target_changes.is_empty() || !scale_up.increases.is_empty();
    !deletes && !resizes && error.is_none()
}

fn is_expendable(cluster: &ClusterState, pod: PodId) -> bool {
    cluster.spec_of(pod).priority < -10
}

/// Everything a loop must leave as it is.
fn trace(cluster: &ClusterState) -> Vec<(NodeId, Vec<PodId>, Resources)> {
    cluster.nodes().map(|(id, node)| (id, node.pods().to_vec(), node.requested().clone())).collect()
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
    ];
    let mut flags = Flags::default();
    for (name, value) in given {
        assert_eq!(flags.set(name, &value), FlagOutcome::Set, "{name}={value}");
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
        let pending = world.stage.pending().len();
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

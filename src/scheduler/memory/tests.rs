//! The memory against the plain computation, over random clusters that never stand still.

use crate::cluster::{
    AffinityTerm, ClusterState, Container, Effect, HostPort, LabelSelector, Labels, NodeCapacity, NodeId,
    NodeInclusionPolicy, NodeSelector, NodeSelectorTerm, NodeTemplate, Operator, Pod, PodId, PodName, PodSpec,
    PreferredNodeTerm, Protocol, Requirement, Resources, ServiceSelector, Taint, Toleration, TolerationOperator,
    TopologySpreadConstraint, WeightedAffinityTerm, WhenUnsatisfiable,
};
use crate::id::Id;
use crate::intern::Symbol;
use crate::release::KubernetesVersion;
use crate::rng::{Seed, Stream};
use crate::scheduler::{
    Attempt, Decision, Feasible, Plugin, PluginScores, Plugins, Profile, Rules, Scheduler, ScoringStrategy, Ties,
};
use crate::units::SimTime;

/// A cluster that changes at random.
struct World {
    cluster: ClusterState,
    dice: Stream,
    scheduler: Scheduler,
    nominated: Vec<PodId>,
    named: u32,
}

fn dice_version(dice: &mut Stream) -> KubernetesVersion {
    KubernetesVersion::ALL[dice.below(KubernetesVersion::ALL.len())]
}

impl World {
    fn new(seed: u64, percentage: i32) -> Self {
        let mut dice = Seed::new(seed, 0).stream("world", 0);
        let strategy = if dice.chance(0.3) { ScoringStrategy::MostAllocated } else { ScoringStrategy::LeastAllocated };
        let mut plugins = Plugins::default();
        if dice.chance(0.3) {
            for plugin in Plugin::ALL {
                if dice.chance(0.2) {
                    plugins.disable_filter(plugin);
                }
                if Plugins::default_weight(plugin) > 0 && dice.chance(0.4) {
                    plugins.set_weight(plugin, dice.below(5) as i64);
                }
            }
        }
        if dice.chance(0.1) {
            plugins.set_weight(Plugin::NodeResourcesFit, 1 << (20 + dice.below(12)));
        }
        let mut cluster = ClusterState::new();
        let mut added_preferred = Vec::new();
        if dice.chance(0.3) {
            let key = cluster.symbols.intern("disk");
            let expressions = vec![Requirement { key, operator: Operator::Exists, values: Default::default() }];
            let term = NodeSelectorTerm { expressions, ..NodeSelectorTerm::default() };
            added_preferred.push(PreferredNodeTerm { weight: 10, term });
        }
        let profile = Profile {
            plugins,
            added_preferred,
            percentage_of_nodes_to_score: percentage,
            strategy,
            ignore_preferred_terms_of_existing_pods: dice.chance(0.2),
            hard_pod_affinity_weight: dice.below(3) as i32,
            // A ranking of before is no answer of one cycle alone.
            rules: Rules { batching: false, ..Rules::of(&dice_version(&mut dice).into()) },
            ..Profile::default()
        };
        let scheduler = Scheduler::new(profile, Ties::SmallestName).keeping_reasons();
        World { cluster, dice, scheduler, nominated: Vec::new(), named: 0 }
    }

    fn symbol(&mut self, text: &str) -> Symbol {
        self.cluster.symbols.intern(text)
    }
    fn one_of(&mut self, texts: &[&str]) -> Symbol {
        let at = self.dice.below(texts.len());
        self.symbol(texts[at])
    }
    fn chance(&mut self, probability: f64) -> bool {
        self.dice.chance(probability)
    }
    /// Small images count for nothing where few nodes have them, and for something where most do.
    fn image_bytes(&mut self) -> i64 {
        [10 << 20, 30 << 20, 60 << 20, 400 << 20][self.dice.below(4)]
    }

    fn node(&mut self) -> NodeTemplate {
        self.named += 1;
        let name = self.symbol(&format!("node-{}", (self.named * 7919) % 10_007));
        let mut labels = Labels::default();
        let hostname = self.symbol("kubernetes.io/hostname");
        labels.set(hostname, name);
        if self.chance(0.85) {
            let (key, value) = (self.symbol("topology.kubernetes.io/zone"), self.one_of(&["a", "b", "c"]));
            labels.set(key, value);
        }
        if self.chance(0.4) {
            let (key, value) = (self.symbol("disk"), self.one_of(&["ssd", "hdd", ""]));
            labels.set(key, value);
        }
        let mut taints = Vec::new();
        if self.chance(0.3) {
            let effect = [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute][self.dice.below(3)];
            taints.push(Taint { key: self.symbol("team"), value: self.one_of(&["x", "y"]), effect });
        }
        let images =
            if self.chance(0.3) { vec![(self.one_of(&["img:1", "img:2"]), self.image_bytes())] } else { Vec::new() };
        let resources = Resources::new(1000 * (1 + self.dice.below(4) as i64), (2 << 30) << self.dice.below(3));
        NodeTemplate {
            name,
            labels,
            taints,
            images,
            unschedulable: self.dice.chance(0.05),
            allocatable: NodeCapacity { resources, pods: 4 + self.dice.below(10) as i64 },
            ..NodeTemplate::default()
        }
    }

    fn selector(&mut self) -> LabelSelector {
        if self.chance(0.05) {
            return LabelSelector::default();
        }
        let (key, value) = (self.symbol("app"), self.one_of(&["web", "api", "db"]));
        let mut selector = LabelSelector::of_labels([(key, value)]);
        if self.chance(0.3) {
            let operator =
                [Operator::In, Operator::NotIn, Operator::Exists, Operator::DoesNotExist][self.dice.below(4)];
            let values = match operator {
                Operator::In | Operator::NotIn => [value, self.one_of(&["web", "api", "db"])].into_iter().collect(),
                _ => Default::default(),
            };
            if self.chance(0.7) {
                selector.requirements.clear();
            }
            selector.requirements.push(Requirement { key, operator, values });
        }
        selector
    }

    fn term(&mut self, namespace: Symbol) -> AffinityTerm {
        let topology_key = self.one_of(&["kubernetes.io/hostname", "topology.kubernetes.io/zone", "disk"]);
        AffinityTerm {
            selector: Some(self.selector()),
            namespaces: vec![namespace],
            namespace_selector: None,
            topology_key,
        }
    }

    fn spread(&mut self) -> TopologySpreadConstraint {
        let policy = |dice: &mut Stream| match dice.chance(0.5) {
            true => NodeInclusionPolicy::Honor,
            false => NodeInclusionPolicy::Ignore,
        };
        let hard = self.chance(0.5);
        TopologySpreadConstraint {
            max_skew: 1 + self.dice.below(3) as i32,
            topology_key: self.one_of(&["kubernetes.io/hostname", "topology.kubernetes.io/zone", "disk"]),
            when_unsatisfiable: match hard {
                true => WhenUnsatisfiable::DoNotSchedule,
                false => WhenUnsatisfiable::ScheduleAnyway,
            },
            selector: Some(self.selector()),
            min_domains: self.dice.chance(0.2).then_some(3),
            node_affinity_policy: policy(&mut self.dice),
            node_taints_policy: policy(&mut self.dice),
            match_label_keys: Vec::new(),
        }
    }

    fn spec(&mut self) -> PodSpec {
        let namespace = self.one_of(&["default", "other"]);
        let (key, app) = (self.symbol("app"), self.one_of(&["web", "api", "db"]));
        let requests = Resources::new(100 * self.dice.below(8) as i64, (64 << 20) * self.dice.below(16) as i64);
        let mut spec = PodSpec {
            namespace,
            labels: [(key, app)].into_iter().collect(),
            nonzero_cpu_milli: requests.cpu_milli.max(100),
            nonzero_memory_bytes: requests.memory_bytes.max(200 << 20),
            requests,
            priority: 10 * self.dice.below(3) as i32,
            ..PodSpec::default()
        };
        spec.containers.push(Container { image: self.one_of(&["img:1", "img:2", "img:3"]), ..Container::default() });
        for _ in 0..self.dice.below(3) {
            spec.topology_spread.push(self.spread());
        }
        if self.chance(0.2) {
            spec.pod_affinity.required.push(self.term(namespace));
        }
        if self.chance(0.3) {
            spec.pod_anti_affinity.required.push(self.term(namespace));
        }
        for _ in 0..self.dice.below(3) {
            let row = WeightedAffinityTerm { weight: 1 + self.dice.below(100) as i32, term: self.term(namespace) };
            let anti = self.chance(0.5);
            if anti { &mut spec.pod_anti_affinity } else { &mut spec.pod_affinity }.preferred.push(row);
        }
        if self.chance(0.2) {
            let (key, value) = (self.symbol("disk"), self.one_of(&["ssd", "hdd"]));
            spec.node_selector.set(key, value);
        }
        if self.chance(0.3) {
            let expressions = vec![Requirement {
                key: self.symbol("disk"),
                operator: [Operator::Exists, Operator::DoesNotExist][self.dice.below(2)],
                values: Default::default(),
            }];
            let term = NodeSelectorTerm { expressions, ..NodeSelectorTerm::default() };
            // Some are absurd, for which the memory leaves it to the plain computation.
            let most = if self.chance(0.1) { 1 << 30 } else { 100 };
            spec.preferred_node_affinity.push(PreferredNodeTerm { weight: 1 + self.dice.below(most) as i32, term });
        }
        if self.chance(0.4) {
            spec.tolerations.push(Toleration {
                key: self.symbol("team"),
                operator: TolerationOperator::Equal,
                value: self.one_of(&["x", "y"]),
                effect: None,
                seconds: None,
            });
        }
        if self.chance(0.1) {
            spec.host_ports.push(HostPort { ip: Symbol::EMPTY, protocol: Protocol::Tcp, port: 80 });
        }
        if self.chance(0.1) && !self.cluster.node_ids().is_empty() {
            let at = self.dice.below(self.cluster.node_ids().len());
            let values = std::iter::once(self.cluster.node(self.cluster.node_ids()[at]).name).collect();
            let fields = vec![Requirement { key: self.symbol("metadata.name"), operator: Operator::In, values }];
            let term = NodeSelectorTerm { fields, ..NodeSelectorTerm::default() };
            spec.required_node_affinity = Some(NodeSelector { terms: vec![term] });
        }
        spec
    }

    fn pod(&mut self, kinds: &[PodSpec]) -> PodId {
        let at = self.dice.below(kinds.len());
        let spec = self.cluster.intern_spec(kinds[at].clone());
        self.named += 1;
        let name = PodName::numbered(Symbol::EMPTY, self.named);
        let daemon = self.chance(0.05).then(|| self.some_node()).flatten();
        let mut pod = Pod::new(name, spec, SimTime::ZERO);
        pod.daemon_node = daemon.map(|node| self.cluster.node(node).name);
        self.cluster.add_pod(pod)
    }

    fn some_node(&mut self) -> Option<NodeId> {
        let count = self.cluster.node_ids().len();
        (count > 0).then(|| self.cluster.node_ids()[self.dice.below(count)])
    }
    fn some_bound_pod(&mut self) -> Option<PodId> {
        let bound: Vec<PodId> = self.cluster.pods().filter(|(_, pod)| pod.node().is_some()).map(|(id, _)| id).collect();
        (!bound.is_empty()).then(|| bound[self.dice.below(bound.len())])
    }

    /// Anything that can happen to a cluster.
    fn disturb(&mut self) {
        match self.dice.below(12) {
            0 => drop({
                let node = self.node();
                self.cluster.add_node(node)
            }),
            1 => {
                if let Some(node) = self.some_node().filter(|_| self.cluster.node_ids().len() > 4) {
                    for pod in self.cluster.node(node).pods().to_vec() {
                        self.cluster.remove_pod(pod);
                    }
                    self.cluster.remove_node(node);
                }
            }
            2..=5 => {
                if let Some(pod) = self.some_bound_pod() {
                    self.cluster.remove_pod(pod);
                }
            }
            6 => {
                if let Some(pod) = self.some_bound_pod() {
                    let gone = self.cluster.pod(pod).is_terminating();
                    self.cluster.set_deleted(pod, (!gone).then_some(SimTime::ZERO));
                }
            }
            7 => {
                let taints = self.node().taints;
                if let Some(node) = self.some_node() {
                    self.cluster.set_taints(node, taints);
                }
            }
            8 => {
                let labels = self.node().labels;
                if let Some(node) = self.some_node() {
                    self.cluster.set_node_labels(node, labels);
                }
            }
            9 => {
                let image = self.one_of(&["img:1", "img:2"]);
                if let Some(node) = self.some_node() {
                    let bytes = self.image_bytes();
                    self.cluster.add_image(node, image, bytes);
                }
            }
            10 => self.what_if(),
            _ => {
                let (key, value) = (self.symbol("app"), self.one_of(&["web", "api"]));
                let namespace = self.symbol("default");
                let selector = [(key, value)].into_iter().collect();
                self.cluster.services.clear();
                self.cluster.services.push(ServiceSelector { namespace, name: key, selector });
            }
        }
    }

    /// A trial that leaves no trace, apart from reused ids.
    fn what_if(&mut self) {
        let template = self.node();
        let (pod, old) = (self.some_bound_pod(), self.some_node());
        let mut trial = self.cluster.trial();
        let node = trial.add_node(template);
        if let Some(pod) = pod {
            trial.unbind(pod);
            trial.bind(pod, node);
        }
        if let Some(old) = old {
            trial.set_unschedulable(old, true);
        }
    }

    /// Asks both kinds of [`Feasible`] about a pod and every node, before and in a trial.
    fn compare_filters(&mut self, feasible: &mut Feasible, pod: PodId, context: &str) {
        let mut plain = Feasible::without_memory(feasible.profile().clone());
        let mut check = |cluster: &ClusterState, feasible: &mut Feasible, when: &str| {
            let mut answer = feasible.ask(cluster, pod);
            let mut plain = plain.ask(cluster, pod);
            for node in cluster.node_ids() {
                let row = cluster.node(*node);
                assert_eq!(answer.fits(*node), plain.fits(*node), "{when}, {}, {context}", row.pods().len());
            }
        };
        check(&self.cluster, feasible, "as it is");
        let (template, moved, onto) = (self.node(), self.some_bound_pod(), self.some_node());
        let mut trial = self.cluster.trial();
        trial.add_node(template);
        if let (Some(moved), Some(onto)) = (moved, onto) {
            trial.unbind(moved);
            trial.bind(moved, onto);
        }
        check(&trial, feasible, "what if");
        drop(trial);
        check(&self.cluster, feasible, "as it was");
    }

    /// Asks both for a pod; binds it where they agree.
    fn compare(&mut self, pod: PodId, context: &str) {
        let survey = self.scheduler.survey(&self.cluster, pod);
        let mut plainly = self.scheduler.clone();
        let decision = self.scheduler.decide(&self.cluster, pod);
        let attempt = plainly.schedule(&self.cluster, pod);
        let bound = if let Decision::Bind(node) = attempt.decision { Some(node) } else { None };
        if let Err(kept) = &decision {
            assert_eq!(kept.refused_by(), attempt.refused_by(), "who refuses, {context}");
            assert_eq!(follows(kept), follows(&attempt), "what follows, {context}");
            let (told, fresh) = (self.scheduler.diagnosis(&self.cluster, pod, kept), attempt.diagnosis(&self.cluster));
            assert_eq!(told.message(), fresh.message(), "why, {context}");
        }
        assert_eq!(decision.ok().map(|(node, _)| node), bound, "decision, {context}");
        // A survey leaves nominations aside.
        let is_nominated = self.cluster.pod(pod).nominated.is_some();
        if let Some(survey) = survey.filter(|_| self.nominated.is_empty() && !is_nominated) {
            assert_eq!(survey.feasible, sorted(&attempt.feasible), "feasible, {context}");
            let totals: Vec<i64> = attempt.scores.iter().map(PluginScores::total).collect();
            assert_eq!(survey.totals, totals, "totals, {context}");
            assert_eq!(survey.best, sorted(&attempt.best), "best, {context}");
        }
        if let Some(node) = bound {
            self.cluster.bind(pod, node);
        } else if self.chance(0.3) {
            self.cluster.remove_pod(pod);
        } else if let Decision::Preempt(preemption) = attempt.decision {
            let node = self.cluster.node(preemption.node).name;
            self.cluster.set_nominated(pod, Some(node));
            self.scheduler.nominated(pod);
            self.nominated.push(pod);
        }
    }

    /// A pod that was nominated is tried again, or gone.
    fn try_nominated(&mut self, context: &str) {
        let Some(pod) = self.nominated.pop() else { return };
        if self.chance(0.6) {
            self.compare(pod, context);
            let row = self.cluster.pod(pod);
            if row.is_present() && row.node().is_none() && !self.nominated.contains(&pod) {
                self.nominated.insert(0, pod);
            }
        } else {
            self.cluster.remove_pod(pod);
        }
    }
}

/// Whether the attempt ends in a preemption; if not, whether the nomination is void.
fn follows(attempt: &Attempt) -> Option<bool> {
    match attempt.decision {
        Decision::Wait { clear_nomination, .. } => Some(clear_nomination),
        _ => None,
    }
}

fn sorted(nodes: &[NodeId]) -> Vec<NodeId> {
    let mut nodes = nodes.to_vec();
    nodes.sort_by_key(|node| node.index());
    nodes
}

fn run(seed: u64, nodes: usize, steps: u32, percentage: i32) {
    let mut world = World::new(seed, percentage);
    for _ in 0..nodes {
        let node = world.node();
        world.cluster.add_node(node);
    }
    let mut kinds: Vec<PodSpec> = (0..6).map(|_| world.spec()).collect();
    let mut feasible = Feasible::new(world.scheduler.profiles().of(Symbol::EMPTY).clone());
    for step in 0..steps {
        if world.chance(0.4) {
            world.disturb();
        }
        if world.chance(0.03) {
            let spec = world.spec();
            kinds.push(spec);
        }
        let pod = world.pod(&kinds);
        if step % 3 == 0 {
            world.compare_filters(&mut feasible, pod, &format!("seed {seed}, step {step}"));
        }
        world.compare(pod, &format!("seed {seed}, step {step}"));
        world.try_nominated(&format!("seed {seed}, step {step}, nominated"));
    }
}

#[test]
fn the_memory_agrees_with_the_plain_computation() {
    for seed in 0..60 {
        run(seed, 5 + (seed as usize % 5) * 4, 120, 100);
    }
}

#[test]
fn they_agree_where_a_part_of_the_nodes_is_looked_at() {
    for seed in 0..6 {
        run(1000 + seed, 130 + 40 * seed as usize, 80, if seed % 2 == 0 { 0 } else { 30 });
    }
}

//! Nodes, their taints and who tolerates them; namespaces and budgets.

use super::Converter;
use crate::cluster::{self, Effect, NodeCapacity, NodeCondition, Taint, Toleration, TolerationOperator};
use crate::controllers::disruption::UnhealthyPods;
use crate::intern::Symbol;
use crate::scenario::issue::Issue;
use crate::scenario::kubernetes::meta::Time;
use crate::scenario::kubernetes::{node, pod, policy};
use crate::units::{Quantity, SimTime};
use std::collections::BTreeMap;

impl Converter<'_> {
    /// Adds a node.
    pub fn node(&mut self, api: &node::Node) -> cluster::NodeId {
        let node = self.node_template(api);
        self.cluster.add_node(node)
    }

    /// A node as a template: without pods, not added.
    pub fn node_template(&mut self, api: &node::Node) -> cluster::NodeTemplate {
        let ready = api.status.conditions.iter().find(|condition| condition.kind == "Ready");
        let images = api.status.images.iter().flat_map(|image| image.names.iter().map(|name| (name, image.size_bytes)));
        let images: Vec<(Symbol, i64)> =
            images.map(|(name, bytes)| (self.cluster.symbols.intern(name), bytes)).collect();
        let taints = api.spec.taints.iter().enumerate().filter_map(|(at, taint)| self.taint(at, taint)).collect();
        let disabled = api.metadata.annotations.get("cluster-autoscaler.kubernetes.io/scale-down-disabled");
        cluster::NodeTemplate {
            name: self.symbol(&api.metadata.name),
            labels: self.labels(&api.metadata.labels),
            taints,
            unschedulable: api.spec.unschedulable,
            allocatable: self.capacity("status.allocatable", &api.status.allocatable),
            capacity: self.capacity("status.capacity", &api.status.capacity),
            ready: NodeCondition {
                is_true: ready.is_none_or(|condition| condition.status == "True"),
                since: self.time_or_start(ready.and_then(|condition| condition.last_transition_time)),
            },
            created: self.time_or_start(api.metadata.creation_timestamp),
            images,
            scale_down_disabled: disabled.is_some_and(|value| value == "true"),
            group: None,
            luck: 0,
        }
    }

    fn taint(&mut self, at: usize, api: &node::Taint) -> Option<Taint> {
        let Some(effect) = effect(&api.effect) else {
            let message = format!("`{}` is not an effect; write NoSchedule, PreferNoSchedule or NoExecute", api.effect);
            self.issues.push(Issue::error(format!("spec.taints[{at}].effect"), message));
            return None;
        };
        Some(Taint { key: self.symbol(&api.key), value: self.symbol(&api.value), effect })
    }

    /// A toleration.
    pub fn toleration(&mut self, api: &pod::Toleration) -> Toleration {
        Toleration {
            key: self.symbol(&api.key),
            operator: match api.operator.as_str() {
                "" | "Equal" => TolerationOperator::Equal,
                "Exists" => TolerationOperator::Exists,
                _ => TolerationOperator::Unknown,
            },
            value: self.symbol(&api.value),
            effect: effect(&api.effect),
            seconds: api.toleration_seconds,
        }
    }

    fn capacity(&mut self, field: &str, api: &BTreeMap<String, Quantity>) -> NodeCapacity {
        NodeCapacity { resources: self.resources(field, api), pods: api.get("pods").map_or(0, |pods| pods.value()) }
    }

    /// Adds a namespace with its labels.
    pub fn namespace(&mut self, api: &node::Namespace) {
        let (name, labels) = (self.symbol(&api.metadata.name), self.labels(&api.metadata.labels));
        self.cluster.namespaces.insert(name, labels);
    }

    /// Adds a PodDisruptionBudget with the status it has; without one it allows nothing.
    pub fn budget(&mut self, api: &policy::PodDisruptionBudget) {
        let unhealthy = api.spec.unhealthy_pods().unwrap_or_else(|why| {
            self.issues.push(Issue::error("spec.unhealthyPodEvictionPolicy", why));
            UnhealthyPods::default()
        });
        if api.status.is_none() {
            let issue = Issue::warning("status", "it has none: taken as allowing no disruption");
            self.issues.push(issue.with_help("give the live object: kubectl get pdb -A -o yaml"));
        }
        let status = api.status.clone().unwrap_or_default();
        let told = |time: &Option<Time>| time.map_or(SimTime::ZERO, |time| self.time(time));
        let told: Vec<(&String, SimTime)> = status.disrupted_pods.iter().map(|(name, at)| (name, told(at))).collect();
        let budget = cluster::PodDisruptionBudget {
            namespace: self.symbol(api.metadata.namespace_or_default()),
            name: self.symbol(&api.metadata.name),
            selector: api.spec.selector.as_ref().map(|selector| self.label_selector("spec.selector", selector)),
            disruptions_allowed: status.disruptions_allowed,
            current_healthy: status.current_healthy,
            desired_healthy: status.desired_healthy,
            disrupted_pods: told.into_iter().map(|(name, at)| (self.symbol(name), at)).collect(),
            unready_always_go: unhealthy == UnhealthyPods::AlwaysAllow,
        };
        self.cluster.budgets.push(budget);
    }
}

fn effect(text: &str) -> Option<Effect> {
    Some(match text {
        "NoSchedule" => Effect::NoSchedule,
        "PreferNoSchedule" => Effect::PreferNoSchedule,
        "NoExecute" => Effect::NoExecute,
        _ => return None,
    })
}

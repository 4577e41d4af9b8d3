//! The recordings of the real Cluster Autoscaler: a cluster in short form, with pods as references to
//! templates.

use super::daemon_sets::daemon_set;
use super::groups::MOST_NODES;
use super::surroundings::{CloudGroup, Surroundings};
use crate::autoscaler::{DEFAULT_VERSION, FlagOutcome, Flags, InstanceView};
use crate::cluster::{ClusterState, Effect, NodeCondition, NodeId, Phase, Pod, PodId, PodName, PodSpecId, Taint};
use crate::id::{GroupId, Id};
use crate::intern::Symbol;
use crate::limits::MOST_USD_HOUR;
use crate::release::KubernetesVersion;
use crate::scenario::kubernetes::meta::ObjectMeta;
use crate::scenario::kubernetes::{Converter, node, pod};
use crate::scenario::priorities::priorities;
use crate::units::{SimDuration, SimTime};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A recorded cluster.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Case {
    /// Flags that are not at their default.
    pub options: BTreeMap<String, Value>,
    /// The priority expander's ConfigMap.
    pub priorities: String,
    /// The groups, in the cloud's order.
    pub node_groups: Vec<RecordedGroup>,
    /// Pods without name, node and times.
    pub pod_templates: BTreeMap<String, pod::Pod>,
    /// What there is.
    pub objects: Objects,
    /// Deletions end by an event of their own.
    pub async_deletes: bool,
    /// Whose decisions were recorded, if the case says so.
    pub ca: String,
}

/// A recorded group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct RecordedGroup {
    pub id: String,
    pub min: i32,
    pub max: i32,
    pub target: i32,
    pub template: node::Node,
    pub price: f64,
    pub increase_fails: bool,
}

/// What there is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Objects {
    pub nodes: Vec<NodeRef>,
    pub pods: Vec<PodRef>,
    pub pdbs: Vec<Value>,
    pub daemon_sets: Vec<DaemonSet>,
    pub replica_sets: Vec<Value>,
    pub stateful_sets: Vec<Value>,
    pub jobs: Vec<Value>,
    pub replication_controllers: Vec<Value>,
}

/// A DaemonSet, as far as it matters.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct DaemonSet {
    pub metadata: ObjectMeta,
    pub spec: DaemonSetSpec,
}

/// Its pods.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct DaemonSetSpec {
    pub template: pod::PodTemplateSpec,
}

/// A node of a group; times in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct NodeRef {
    pub name: String,
    pub group: String,
    pub created: i64,
    pub ready: bool,
    pub ready_at: i64,
    pub annotations: BTreeMap<String, String>,
    pub taints: Vec<node::Taint>,
    pub labels: BTreeMap<String, String>,
    pub unschedulable: bool,
}

/// A pod of a template; times in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct PodRef {
    pub name: String,
    pub tpl: String,
    pub node: String,
    pub created: i64,
    pub phase: String,
    pub nominated_node_name: String,
    pub deletion_at: Option<i64>,
}

/// A recorded cluster, ready to be looked at, and the doors through which it changes.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// What the autoscaler is shown.
    pub surroundings: Surroundings,
    templates: BTreeMap<String, node::Node>,
    kinds: BTreeMap<String, (PodSpecId, SimDuration)>,
    pods: BTreeMap<String, PodId>,
}

/// A recorded second as virtual time.
pub fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

impl Recorded {
    /// Builds the recorded cluster.
    ///
    /// Errors: the first thing that makes no sense, in words.
    pub fn new(case: &Case) -> Result<Recorded, String> {
        let mut recorded = Recorded::default();
        recorded.surroundings.flags = flags(version_of(case)?, case)?;
        for row in &case.node_groups {
            check(row)?;
            let template = recorded.converter().node_template(&row.template);
            let group = CloudGroup {
                name: row.id.clone(),
                min: row.min,
                max: row.max,
                target: row.target,
                template,
                foretold: None,
                price: Some(row.price),
                instances: Vec::new(),
                increase_fails: row.increase_fails,
            };
            recorded.surroundings.groups.push(group);
            recorded.templates.insert(row.id.clone(), row.template.clone());
        }
        for (name, template) in &case.pod_templates {
            let spec = recorded.converter().pod_spec(&template.metadata, &template.spec);
            let grace = SimDuration::from_secs(template.spec.termination_grace_period_seconds.unwrap_or(30));
            recorded.kinds.insert(name.clone(), (spec, grace));
        }
        let objects = &case.objects;
        recorded.add_objects("PodDisruptionBudget", &objects.pdbs)?;
        recorded.add_objects("ReplicaSet", &objects.replica_sets)?;
        recorded.add_objects("StatefulSet", &objects.stateful_sets)?;
        recorded.add_objects("Job", &objects.jobs)?;
        recorded.add_objects("ReplicationController", &objects.replication_controllers)?;
        objects.daemon_sets.iter().for_each(|set| recorded.add_daemon_set(set));
        for node in &objects.nodes {
            recorded.add_node(node)?;
        }
        for pod in &objects.pods {
            recorded.add_pod(pod)?;
        }
        Ok(recorded)
    }

    /// The cluster.
    pub fn cluster(&mut self) -> &mut ClusterState {
        &mut self.surroundings.cluster
    }
    /// The pod of that name.
    pub fn pod(&self, name: &str) -> Option<PodId> {
        self.pods.get(name).copied()
    }
    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.surroundings.cluster.symbols.lookup(name).and_then(|name| self.surroundings.cluster.node_by_name(name))
    }
    /// The place of the group of that name.
    pub fn group(&self, name: &str) -> Result<usize, String> {
        let place = self.surroundings.groups.iter().position(|group| group.name == name);
        place.ok_or_else(|| format!("there is no group `{name}`"))
    }

    fn converter(&mut self) -> Converter<'_> {
        Converter::new(&mut self.surroundings.cluster, jiff::Timestamp::UNIX_EPOCH)
    }

    fn add_objects(&mut self, kind: &str, objects: &[Value]) -> Result<(), String> {
        for object in objects {
            let Value::Object(mut fields) = object.clone() else {
                return Err(format!("{kind}: found `{object}`, expected an object"));
            };
            fields.insert("kind".to_owned(), kind.into());
            self.converter().add(&Value::Object(fields)).map_err(|e| format!("{kind}: {e}"))?;
        }
        Ok(())
    }

    fn add_daemon_set(&mut self, set: &DaemonSet) {
        let spec = daemon_set(&mut self.converter(), &set.metadata, &set.spec.template);
        self.surroundings.daemon_sets.push(spec);
    }

    /// A node registers; its instance exists from now on if it did not before.
    pub fn add_node(&mut self, row: &NodeRef) -> Result<(), String> {
        let group = self.group(&row.group)?;
        let mut api = self.templates[&row.group].clone();
        api.metadata.name.clone_from(&row.name);
        api.metadata.labels.insert("kubernetes.io/hostname".into(), row.name.clone());
        api.metadata.labels.extend(row.labels.clone());
        api.metadata.annotations.extend(row.annotations.clone());
        api.spec.taints.extend(row.taints.clone());
        api.spec.unschedulable = row.unschedulable;
        let mut node = self.converter().node_template(&api);
        node.created = at(row.created);
        node.ready = NodeCondition { is_true: row.ready, since: at(row.ready_at) };
        node.group = Some(GroupId::from_index(group));
        let name = node.name;
        self.surroundings.cluster.add_node(node);
        self.add_instance(group, name, false);
        Ok(())
    }
    /// The cloud lists an instance.
    pub fn add_instance(&mut self, group: usize, name: Symbol, failed: bool) {
        let instances = &mut self.surroundings.groups[group].instances;
        if !instances.iter().any(|instance| instance.name == name) {
            instances.push(InstanceView { name, failed });
        }
    }
    /// A pod is created, on its node if it has one.
    pub fn add_pod(&mut self, row: &PodRef) -> Result<(), String> {
        let (spec, grace) = *self.kinds.get(&row.tpl).ok_or_else(|| format!("there is no template `{}`", row.tpl))?;
        let cluster = &mut self.surroundings.cluster;
        let mut pod = Pod::new(PodName::plain(cluster.symbols.intern(&row.name)), spec, at(row.created));
        pod.phase = match (row.phase.as_str(), row.node.is_empty()) {
            ("Succeeded", _) => Phase::Succeeded,
            ("Failed", _) => Phase::Failed,
            ("Running", _) | ("", false) => Phase::Running,
            _ => Phase::Pending,
        };
        pod.deleted = row.deletion_at.map(|seconds| at(seconds) - grace);
        if !row.nominated_node_name.is_empty() {
            pod.nominated = Some(cluster.symbols.intern(&row.nominated_node_name));
        }
        let pod = cluster.add_pod(pod);
        self.pods.insert(row.name.clone(), pod);
        if row.node.is_empty() { Ok(()) } else { self.bind(&row.name, &row.node) }
    }
    /// A pod is bound and runs.
    pub fn bind(&mut self, pod: &str, node: &str) -> Result<(), String> {
        let node = self.node(node).ok_or_else(|| format!("there is no node `{node}`"))?;
        let pod = self.pod(pod).ok_or_else(|| format!("there is no pod `{pod}`"))?;
        self.surroundings.cluster.bind(pod, node);
        self.surroundings.cluster.set_phase(pod, Phase::Running);
        Ok(())
    }
    /// The node gets the taint of a deletion.
    pub fn taint(&mut self, node: NodeId) {
        let cluster = &mut self.surroundings.cluster;
        let key = cluster.symbols.intern(crate::autoscaler::TO_BE_DELETED);
        let mut taints = cluster.node(node).taints.clone();
        taints.push(Taint { key, value: Symbol::EMPTY, effect: Effect::NoSchedule });
        cluster.set_taints(node, taints);
        if self.surroundings.flags.cordon_node_before_terminating {
            cluster.set_unschedulable(node, true);
        }
    }
}

/// Sizes and prices that make sense; a target outside the bounds does, in a recording.
fn check(row: &RecordedGroup) -> Result<(), String> {
    if row.min < 0 || row.min > row.max {
        return Err(format!("nodeGroups {}: found {} to {}, expected 0 <= min <= max", row.id, row.min, row.max));
    }
    if !(0..=MOST_NODES).contains(&row.target) {
        return Err(format!("nodeGroups {}: target: found {}, expected 0 to {MOST_NODES}", row.id, row.target));
    }
    if !(0.0..=MOST_USD_HOUR).contains(&row.price) {
        return Err(format!("nodeGroups {}: price: found {}, expected 0 to {MOST_USD_HOUR} USD", row.id, row.price));
    }
    Ok(())
}

/// Whose decisions were recorded.
fn version_of(case: &Case) -> Result<KubernetesVersion, String> {
    match case.ca.as_str() {
        "" => Ok(DEFAULT_VERSION),
        text => KubernetesVersion::parse(text).map_err(|why| format!("ca: found `{text}`, {why}")),
    }
}

/// A case's flags, as a version reads them.
pub(super) fn flags(version: KubernetesVersion, case: &Case) -> Result<Flags, String> {
    let mut flags = flags_of(version, &case.options)?;
    flags.priorities = priorities(&case.priorities)?;
    Ok(flags)
}

/// The flags of a version's recorded options: a flag that may be given several times has a list, or its values with commas.
///
/// Errors: the first option that makes no sense, in words.
pub fn flags_of(version: KubernetesVersion, options: &BTreeMap<String, Value>) -> Result<Flags, String> {
    let mut flags = Flags::of(version);
    for (name, value) in options {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let values: Vec<String> = match value {
            Value::Array(values) => values.iter().map(text).collect(),
            other if REPEATED.contains(&name.as_str()) => text(other).split(',').map(str::to_owned).collect(),
            other => vec![text(other)],
        };
        for value in values {
            match flags.set(name, &value) {
                FlagOutcome::Set | FlagOutcome::WithoutEffect => {}
                other => return Err(format!("--{name}={value}: {other:?}")),
            }
        }
    }
    Ok(flags)
}

/// Flags that may be given several times and whose values have no commas.
const REPEATED: [&str; 5] =
    ["balancing-ignore-label", "balancing-label", "ignore-taint", "startup-taint", "status-taint"];

//! Traces of SimKube: workloads as they were applied, changed and deleted over time, in MessagePack or JSON.
//!
//! A workload's replicas become pods: more of them arrive when they were asked for, and the youngest end when there are fewer,
//! as a ReplicaSet takes them away.

use crate::cluster::{Owner, OwnerKind, PodSpecId};
use crate::scenario::build::scene::Scene;
use crate::scenario::build::workloads::assumption;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::meta::ObjectMeta;
use crate::scenario::kubernetes::pod::PodSpec;
use crate::scenario::kubernetes::{Converter, read_object};
use crate::units::{Quantity, SimDuration, SimTime, counted};
use crate::world::TracePod;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Pods that are there at the end of a trace run on: a century.
const ENDLESS: SimDuration = SimDuration::from_secs(3_200_000_000);
/// More pods of one workload are a mistake.
const MOST_REPLICAS: i64 = 100_000;
/// Where templates of pods are if the trace does not say.
const TEMPLATE: &str = "/spec/template";

#[derive(Deserialize)]
pub(super) struct Trace {
    #[serde(default)]
    config: Config,
    events: Vec<Event>,
    /// When pods of a kind ran, by owner.
    #[serde(default)]
    pod_lifecycles: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    tracked_objects: BTreeMap<String, Tracked>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Tracked {
    pod_spec_template_paths: Vec<String>,
}

#[derive(Deserialize)]
struct Event {
    ts: f64,
    #[serde(default)]
    applied_objs: Vec<Value>,
    #[serde(default)]
    deleted_objs: Vec<Value>,
}

/// Adds the pods of a trace to `pods`.
pub(super) fn read<E: std::fmt::Display>(
    document: Result<Trace, E>,
    scene: &Scene<'_>,
    converter: &mut Converter<'_>,
    (issues, pods): (&mut Issues, &mut Vec<TracePod>),
) {
    let mut trace = match document {
        Ok(trace) => trace,
        Err(error) => {
            let message = format!("is neither a table of pods nor a trace of SimKube: {error}");
            return issues.push(Issue::error("", message));
        }
    };
    if trace.events.iter().any(|event| !event.ts.is_finite()) || trace.events.is_empty() {
        return issues.push(Issue::error("events", "the trace has no events, or one without a time"));
    }
    trace.events.sort_by(|a, b| a.ts.total_cmp(&b.ts));
    let begin = trace.events[0].ts;
    let mut world = Running { scene, converter, live: BTreeMap::new(), pods, changed: 0, assumed: 0, begin };
    for event in &trace.events {
        for object in &event.applied_objs {
            if let Err(issue) = world.apply(event.ts, object, &trace.config) {
                issues.push(issue);
            }
        }
        for object in &event.deleted_objs {
            world.scale(event.ts, &key(object), 0);
        }
    }
    world.finish(issues);
    if !trace.pod_lifecycles.is_empty() {
        let message = "pod_lifecycles are not read: pods end when their workload is scaled down or deleted";
        issues.push(Issue::warning("", message));
    }
}

/// What an object is called: kind, namespace, name.
fn key(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
}

/// A workload's pods at a moment.
#[derive(Default)]
struct Live {
    template: Option<PodSpecId>,
    /// When each of its pods arrived, the oldest first.
    since: Vec<f64>,
}

struct Running<'a, 'c> {
    scene: &'a Scene<'a>,
    converter: &'a mut Converter<'c>,
    live: BTreeMap<String, Live>,
    pods: &'a mut Vec<TracePod>,
    /// Changes of templates.
    changed: usize,
    /// Containers without requests.
    assumed: usize,
    begin: f64,
}

impl Running<'_, '_> {
    fn apply(&mut self, at: f64, object: &Value, config: &Config) -> Result<(), Issue> {
        let name = key(object);
        let wrong = |field: &str, message: String| Issue::error(field, format!("{name}: {message}"));
        let replicas = match object.pointer("/spec/replicas") {
            None | Some(Value::Null) => 1,
            Some(value) => value
                .as_i64()
                .filter(|replicas| (0..=MOST_REPLICAS).contains(replicas))
                .ok_or_else(|| wrong("spec.replicas", format!("found {value}, expected 0 to {MOST_REPLICAS}")))?,
        };
        let template = self.template(object, config).map_err(|issue| wrong("spec.template", issue.sentence()))?;
        let known = self.live.entry(name.clone()).or_default();
        if known.template.is_some_and(|known| known != template) {
            self.changed += 1;
            self.scale(at, &name, 0);
        }
        self.live.entry(name.clone()).or_default().template = Some(template);
        self.scale(at, &name, replicas as usize);
        Ok(())
    }

    /// The pods of an object, with the requests that the scenario assumes where there are none.
    fn template(&mut self, object: &Value, config: &Config) -> Result<PodSpecId, Issue> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (kind, version) = (text("/kind"), text("/apiVersion"));
        let tracked = config.tracked_objects.get(&format!("{version}.{kind}"));
        let path = tracked.and_then(|tracked| tracked.pod_spec_template_paths.first());
        let path = path.map_or(TEMPLATE, String::as_str);
        let Some(template) = object.pointer(path) else {
            return Err(Issue::error("", format!("there is no template of pods at {path}")));
        };
        let mut metadata: ObjectMeta = match template.get("metadata") {
            Some(value) => read_object(value)?,
            None => ObjectMeta::default(),
        };
        let mut spec: PodSpec = read_object(template.get("spec").unwrap_or(&Value::Null))?;
        metadata.namespace = Some(text("/metadata/namespace").to_owned()).filter(|name| !name.is_empty());
        let namespace = metadata.namespace_or_default().to_owned();
        self.scene.objects.admission.admit(&namespace, &mut spec)?;
        self.assumed += usize::from(assume_requests(self.scene, &mut spec));
        spec.volumes.retain(|volume| volume.persistent_volume_claim.is_none() && volume.ephemeral.is_none());
        let id = self.converter.pod_spec(&metadata, &spec);
        let name = self.converter.symbol(text("/metadata/name"));
        let cluster = self.converter.cluster();
        let mut row = cluster.spec(id).clone();
        row.owner = Some(Owner { kind: OwnerKind::ReplicaSet, name, uid: name });
        Ok(cluster.intern_spec(row))
    }

    /// So many pods of a workload from now on.
    fn scale(&mut self, at: f64, name: &str, replicas: usize) {
        let Some(live) = self.live.get_mut(name) else { return };
        let Some(template) = live.template else { return };
        while live.since.len() > replicas {
            let Some(since) = live.since.pop() else { return };
            self.pods.push(ended(template, since - self.begin, Some(at - since)));
        }
        live.since.resize(replicas, at);
    }

    fn finish(self, issues: &mut Issues) {
        for live in self.live.values() {
            let Some(template) = live.template else { continue };
            self.pods.extend(live.since.iter().map(|since| ended(template, since - self.begin, None)));
        }
        let workloads = counted(self.live.len(), "workload");
        let message = format!("a trace of SimKube: {workloads}, {}", counted(self.pods.len(), "pod"));
        issues.push(Issue::note("", message + "; those that are there at its end run on"));
        let fewer = "where there are fewer replicas the youngest pods end";
        issues.push(Issue::warning("", format!("replicas are as they were recorded, no HPA scales them: {fewer}")));
        if self.changed > 0 {
            let changes = counted(self.changed, "change");
            issues.push(Issue::warning("", format!("{changes} of a template: all pods are replaced at once")));
        }
        if self.assumed > 0 {
            let message =
                format!("{} without requests: `assume` says what they ask for", counted(self.assumed, "template"));
            issues.push(Issue::warning("", message));
        }
    }
}

/// What the scenario assumes where containers ask for nothing; whether one did.
fn assume_requests(scene: &Scene<'_>, spec: &mut PodSpec) -> bool {
    let (cpu, memory) = assumption(scene);
    let mut assumed = false;
    for (name, amount) in [("cpu", cpu), ("memory", memory)] {
        let Ok(amount) = amount.parse::<Quantity>() else { continue };
        for requests in spec.containers.iter_mut().map(|container| &mut container.resources.requests) {
            assumed |= requests.insert(name.to_owned(), *requests.get(name).unwrap_or(&amount)).is_none();
        }
    }
    assumed
}

fn ended(template: PodSpecId, arrives_s: f64, runs_s: Option<f64>) -> TracePod {
    TracePod {
        arrives: SimTime::ZERO + SimDuration::from_secs_f64(arrives_s),
        template,
        runs: runs_s.map_or(ENDLESS, SimDuration::from_secs_f64),
    }
}

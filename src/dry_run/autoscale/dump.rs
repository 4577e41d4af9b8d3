//! A dump of a cluster (`kubectl get nodes,pods,... -o json`) or a recorded one, as what the autoscaler is shown.

use super::daemon_sets::daemon_set;
use super::groups::{Declared, Membership};
use super::recorded::{Case, Recorded};
use super::surroundings::Surroundings;
use crate::autoscaler::{Flags, InstanceView};
use crate::cluster::{NodeTemplate, OwnerKind, PodSpecId, WorkloadSelector};
use crate::id::{GroupId, Id};
use crate::intern::Symbol;
use crate::scenario::autoscaler_flags;
use crate::scenario::documents::{self, Document};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::{Converter, node, read_object, workloads};
use crate::scenario::scheduler_profiles::{self, KIND};
use crate::scenario::sources::{Files as _, Sources};
use crate::scheduler::{Profile, Profiles};
use crate::units::SimTime;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Dumps: files or folders.
    pub files: Vec<PathBuf>,
    /// A file with node groups.
    pub node_groups: Option<PathBuf>,
    /// Cluster Autoscaler's flags, each `--name=value`.
    pub flags: Vec<String>,
}

/// What was read, with the instant of the first loop.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What the autoscaler is shown.
    pub surroundings: Surroundings,
    /// The scheduler's profiles: those of the input, or kube-scheduler's own.
    pub profiles: Profiles,
    /// The profile of the autoscaler's what-ifs: that of `--scheduler-config-file`, else the scheduler's.
    pub profile: Profile,
    /// The first loop: a scan interval after the newest time in the dump.
    pub now: SimTime,
    /// What is doubtful.
    pub caveats: Issues,
}

/// Reads everything. Errors: all that is wrong, with its place.
pub fn load(request: &Request) -> Result<Loaded, Issues> {
    let mut issues = Issues::new();
    let mut found = Vec::new();
    for path in &request.files {
        found.extend(documents::read(Sources::Disk, path, &mut issues));
    }
    let recorded = found.iter().position(|document| document.value.get("podTemplates").is_some());
    let loaded = match recorded {
        Some(at) if !issues.has_errors() => from_recording(&found[at], request, &mut issues),
        _ => from_dump(&found, request, &mut issues),
    };
    match loaded {
        Some(mut loaded) if !issues.has_errors() => {
            loaded.caveats = issues;
            Ok(loaded)
        }
        _ => Err(issues),
    }
}

fn from_recording(document: &Document, request: &Request, issues: &mut Issues) -> Option<Loaded> {
    let recorded = Case::deserialize(&document.value).map_err(|e| e.to_string());
    match recorded.and_then(|case| Recorded::new(&case)) {
        Ok(mut recorded) => {
            set_flags(&mut recorded.surroundings.flags, &request.flags, issues);
            Some(Loaded { surroundings: recorded.surroundings, now: SimTime::from_secs(10), ..Loaded::default() })
        }
        Err(why) => {
            issues.push(document.locate(Issue::error("", why)));
            None
        }
    }
}

fn from_dump(found: &[Document], request: &Request, issues: &mut Issues) -> Option<Loaded> {
    let mut surroundings = Surroundings::default();
    set_flags(&mut surroundings.flags, &request.flags, issues);
    autoscaler_flags::read_priorities(&mut surroundings.flags, found, issues);
    let declared = request.node_groups.as_ref().map_or_else(Vec::new, |path| declared(path, issues));
    let newest = found.iter().filter_map(|document| newest_time(&document.value)).max();
    let nodes = nodes(found, issues);
    if nodes.is_empty() && declared.is_empty() {
        let issue = Issue::error("", "the input has no Node and no node group is declared");
        issues.push(issue.with_help("kubectl get nodes,pods,pdb,rs,sts,jobs,ds -A -o json"));
        return None;
    }
    let api: Vec<node::Node> = nodes.iter().map(|(_, node)| node.clone()).collect();
    let membership = Membership::new(declared, &surroundings.flags, &api, issues);
    let epoch = newest.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let mut converter = Converter::new(&mut surroundings.cluster, epoch);
    let members = add_nodes(&nodes, &membership, &mut converter, issues);
    surroundings.groups = membership.build(&members, &mut converter, issues);
    for (group, nodes) in surroundings.groups.iter_mut().zip(&members) {
        group.instances = nodes.iter().map(|node| InstanceView { name: node.name, failed: false }).collect();
    }
    let (profiles, profile) = profiles(found, &surroundings.flags, &mut converter, issues);
    surroundings.daemon_sets = add_objects(found, &mut converter, issues);
    drop(converter);
    let existing: BTreeSet<&str> = found.iter().map(|document| document.text(&["kind"])).collect();
    assume_controllers(&mut surroundings, &existing, issues);
    let now = SimTime::ZERO + surroundings.flags.scan_interval;
    Some(Loaded { surroundings, profiles, profile, now, caveats: Issues::new() })
}

fn is_a(document: &Document, kind: &str) -> bool {
    document.text(&["kind"]) == kind
}

fn nodes<'a>(found: &'a [Document], issues: &mut Issues) -> Vec<(&'a Document, node::Node)> {
    let mut nodes = Vec::new();
    for document in found.iter().filter(|document| is_a(document, "Node")) {
        match read_object::<node::Node>(&document.value) {
            Ok(node) => nodes.push((document, node)),
            Err(issue) => issues.push(document.locate(issue)),
        }
    }
    nodes
}

/// Puts the nodes into the cluster; those of each group.
fn add_nodes(
    nodes: &[(&Document, node::Node)],
    membership: &Membership,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> Vec<Vec<NodeTemplate>> {
    let mut members = vec![Vec::new(); membership.declared.len()];
    let mut strangers = Vec::new();
    for (document, node) in nodes {
        let mut row = converter.node_template(node);
        let group = membership.group_of(node);
        row.group = group.map(GroupId::from_index);
        match group {
            Some(group) => members[group].push(row.clone()),
            None => strangers.push(node.metadata.name.as_str()),
        }
        converter.cluster().add_node(row);
        take(converter, document, issues);
    }
    match strangers[..] {
        _ if members.is_empty() => {
            let issue = Issue::error("nodes", "no node belongs to a node group: there is nothing to scale");
            issues.push(issue.with_help("declare groups with --node-groups: name, min, max, nodeSelector"));
        }
        [] => {}
        [first, ..] => {
            let (count, more) = (strangers.len(), if strangers.len() > 1 { ", ..." } else { "" });
            let message = format!("{count} of {} belong to no node group ({first}{more})", nodes.len());
            issues.push(Issue::warning("nodes", format!("{message}: they stay, and nothing like them is added")));
        }
    }
    members
}

/// The scheduler's profiles, and the one that the autoscaler asks.
fn profiles(
    found: &[Document],
    flags: &Flags,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> (Profiles, Profile) {
    let document = found.iter().rfind(|document| is_a(document, KIND));
    let profiles = document.map(|document| scheduler_profiles::of(document, converter, issues)).unwrap_or_default();
    let own = (!flags.scheduler_config_file.is_empty()).then(|| {
        let path = Path::new(&flags.scheduler_config_file);
        scheduler_profiles::read(Sources::Disk, path, "--scheduler-config-file", converter, issues)
    });
    let profile = own.as_ref().unwrap_or(&profiles).of(Symbol::EMPTY).clone();
    (profiles, profile)
}

/// Puts everything else into the cluster; the kinds of pods of DaemonSets.
fn add_objects(found: &[Document], converter: &mut Converter<'_>, issues: &mut Issues) -> Vec<PodSpecId> {
    let mut daemon_sets = Vec::new();
    for document in found.iter().filter(|document| !is_a(document, "Node") && !is_a(document, KIND)) {
        if is_a(document, "DaemonSet") {
            match read_object::<workloads::Workload>(&document.value) {
                Ok(api) => daemon_sets.push(daemon_set(converter, &api.metadata, &api.spec.template)),
                Err(issue) => issues.push(document.locate(issue)),
            }
        } else if let Err(issue) = converter.add(&document.value) {
            issues.push(document.locate(issue));
        }
        take(converter, document, issues);
    }
    daemon_sets
}

/// What the converter found goes where the object is.
fn take(converter: &mut Converter<'_>, document: &Document, issues: &mut Issues) {
    for issue in std::mem::take(&mut converter.issues) {
        issues.push(document.locate(issue));
    }
}

/// A dump without any ReplicaSet does not mean that all pods have lost theirs.
fn assume_controllers(surroundings: &mut Surroundings, existing: &BTreeSet<&str>, issues: &mut Issues) {
    let kinds = [
        (OwnerKind::ReplicaSet, "ReplicaSet"),
        (OwnerKind::StatefulSet, "StatefulSet"),
        (OwnerKind::DaemonSet, "DaemonSet"),
        (OwnerKind::Job, "Job"),
        (OwnerKind::ReplicationController, "ReplicationController"),
    ];
    for (kind, name) in kinds.into_iter().filter(|(_, name)| !existing.contains(name)) {
        let cluster = &mut surroundings.cluster;
        let owners: BTreeSet<_> = cluster
            .pods()
            .filter_map(|(id, _)| {
                let spec = cluster.spec_of(id);
                spec.owner.filter(|owner| owner.kind == kind).map(|owner| (spec.namespace, owner.name))
            })
            .collect();
        if !owners.is_empty() {
            let message =
                format!("the input has no {name}: those of {} owners of pods are taken to exist", owners.len());
            issues.push(Issue::warning("", message));
        }
        let row = |(namespace, name)| WorkloadSelector { kind, namespace, name, selector: None, replicas: i32::MAX };
        cluster.workloads.extend(owners.into_iter().map(row));
    }
}

fn declared(path: &Path, issues: &mut Issues) -> Vec<Declared> {
    let file = path.display().to_string();
    let text = match Sources::Disk.read(path) {
        Ok(text) => text,
        Err(why) => {
            let mut issue = Issue::error("", format!("the file {why}"));
            issue.place.file = Some(file);
            issues.push(issue);
            return Vec::new();
        }
    };
    documents::parse::<Vec<Declared>>(&text).unwrap_or_else(|problem| {
        issues.push(problem.at(&file, 1));
        Vec::new()
    })
}

fn set_flags(flags: &mut Flags, words: &[String], issues: &mut Issues) {
    autoscaler_flags::set(flags, words.iter().flat_map(|text| text.split_whitespace()), issues);
    autoscaler_flags::check(flags, issues);
}

/// The latest time that an object's metadata or conditions name: about when the dump was taken.
fn newest_time(value: &Value) -> Option<jiff::Timestamp> {
    const FIELDS: &[&str] = &["creationTimestamp", "lastTransitionTime", "lastHeartbeatTime", "startTime"];
    let of_field = |(key, value): (&String, &Value)| {
        let time = value.as_str().filter(|_| FIELDS.contains(&key.as_str())).and_then(|text| text.parse().ok());
        time.or_else(|| newest_time(value))
    };
    match value {
        Value::Object(fields) => fields.iter().filter_map(of_field).max(),
        Value::Array(items) => items.iter().filter_map(newest_time).max(),
        _ => None,
    }
}

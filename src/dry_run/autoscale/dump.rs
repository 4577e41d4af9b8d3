//! A dump of a cluster (`kubectl get nodes,pods,... -o json`) or a recorded one, as what the autoscaler is shown.

use super::daemon_sets::daemon_set;
use super::declared::Declared;
use super::groups::Membership;
use super::node_to_be::{Look, tell_source};
use super::prices::price_groups;
use super::recorded::{Case, Recorded};
use super::surroundings::Surroundings;
use crate::autoscaler::{DELETION_CANDIDATE, Flags, InstanceView};
use crate::cluster::{ClusterState, NodeId, NodeTemplate, OwnerKind, PodSpecId, WorkloadSelector};
use crate::id::{GroupId, Id};
use crate::intern::Symbol;
use crate::market::{Catalog, PriceBook};
use crate::release::KubernetesVersion;
use crate::scenario::autoscaler_flags;
use crate::scenario::autoscaler_version::{self, PROGRAM};
use crate::scenario::documents;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::admission::Admission;
use crate::scenario::kubernetes::configuration::ConfigMap;
use crate::scenario::kubernetes::decides::Deciding;
use crate::scenario::kubernetes::node::Node;
use crate::scenario::kubernetes::reader::{Found, Item, Provenance, Reader};
use crate::scenario::kubernetes::{Converter, Kind, Object};
use crate::scenario::release;
use crate::scenario::scheduler_profiles;
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
    /// Its version; absent takes what the dump says.
    pub version: Option<KubernetesVersion>,
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
    /// Since when nodes have been unneeded, by their soft taints.
    pub unneeded_since: Vec<(NodeId, SimTime)>,
    /// What is doubtful.
    pub caveats: Issues,
}

/// What was found in the dumps.
#[derive(Default)]
struct Dump {
    nodes: Vec<(Provenance, Box<Node>)>,
    /// Everything but nodes, in order.
    others: Vec<Found>,
    /// What the API server fills in.
    admission: Admission,
    /// Custom resources that decide in a live cluster.
    deciding: Deciding,
    /// The priority expander's ConfigMap.
    priorities: Vec<(Provenance, ConfigMap)>,
    /// The latest time that any object names: about when the dump was taken.
    newest: Option<jiff::Timestamp>,
    recording: Option<(Provenance, Value)>,
}

/// Reads everything, at public list prices. Errors: all that is wrong, with its place.
pub fn load(request: &Request) -> Result<Loaded, Issues> {
    load_priced(request, Catalog::shipped())
}

/// Reads everything; `prices` says what nodes cost. Errors: all that is wrong, with its place.
pub fn load_priced(request: &Request, prices: &dyn PriceBook) -> Result<Loaded, Issues> {
    let (mut issues, mut dump) = (Issues::new(), Dump::default());
    let mut reader = Reader::of(Kind::ALL);
    for path in &request.files {
        reader.read(Sources::Disk, path, &mut issues, &mut |item, issues| dump.take(item, issues));
    }
    dump.deciding.tell(&mut issues);
    let loaded = match dump.recording.take() {
        Some((from, value)) if !issues.has_errors() => from_recording(&from, &value, request, &mut issues),
        _ => from_dump(dump, request, prices, &mut issues),
    };
    match loaded {
        Some(mut loaded) if !issues.has_errors() => {
            loaded.caveats = issues;
            Ok(loaded)
        }
        _ => Err(issues),
    }
}

impl Dump {
    fn take(&mut self, item: Item, issues: &mut Issues) {
        let mut found = match item {
            Item::AutoscalerCase(from, value) => return self.recording = Some((from, value)),
            Item::Other(from, value) => {
                self.deciding.take(&from, &value);
                return self.newest = self.newest.max(newest_time(&value));
            }
            item => match item.object(issues) {
                Some(found) => found,
                None => return,
            },
        };
        self.newest = self.newest.max(newest_time(&std::mem::take(&mut found.value)));
        match found.api {
            Object::Node(node) => self.nodes.push((found.from, node)),
            Object::ConfigMap(map) if autoscaler_flags::has_priorities(&map) => {
                self.priorities.push((found.from, *map));
            }
            Object::ConfigMap(_) => {}
            Object::PriorityClass(class) => self.admission.add_class(*class),
            Object::LimitRange(limits) => self.admission.add_limits(*limits),
            _ => self.others.push(*found),
        }
    }
    fn has(&self, kind: Kind) -> bool {
        self.others.iter().any(|found| found.api.kind() == kind)
    }
}

fn from_recording(from: &Provenance, value: &Value, request: &Request, issues: &mut Issues) -> Option<Loaded> {
    let recorded = Case::deserialize(value).map_err(|e| e.to_string());
    match recorded.and_then(|case| Recorded::new(&case)) {
        Ok(mut recorded) => {
            let of_case = &mut recorded.surroundings.flags;
            if let Some(version) = request.version.filter(|version| *version != of_case.version()) {
                // What was recorded of another version's flags is read anew by this one's.
                match recorded_flags(version, value) {
                    Ok(flags) => *of_case = flags,
                    Err(why) => issues.push(from.locate(Issue::error("options", why))),
                }
            }
            set_flags(&mut recorded.surroundings.flags, &request.flags, issues);
            Some(Loaded { surroundings: recorded.surroundings, now: SimTime::from_secs(10), ..Loaded::default() })
        }
        Err(why) => {
            issues.push(from.locate(Issue::error("", why)));
            None
        }
    }
}

fn recorded_flags(version: KubernetesVersion, value: &Value) -> Result<Flags, String> {
    let case = Case::deserialize(value).map_err(|e| e.to_string())?;
    super::recorded::flags(version, &case)
}

fn from_dump(mut dump: Dump, request: &Request, prices: &dyn PriceBook, issues: &mut Issues) -> Option<Loaded> {
    let flags = Flags::of(request.version.unwrap_or_else(|| version_of(&dump, issues)));
    let mut surroundings = Surroundings { flags, ..Surroundings::default() };
    set_flags(&mut surroundings.flags, &request.flags, issues);
    autoscaler_flags::read_priorities(&mut surroundings.flags, &dump.priorities, issues);
    let declared = request.node_groups.as_ref().map_or_else(Vec::new, |path| declared(path, issues));
    let nodes = &dump.nodes;
    if nodes.is_empty() && declared.is_empty() {
        let issue = Issue::error("", "the input has no Node and no node group is declared");
        issues.push(issue.with_help("kubectl get nodes,pods,pdb,rs,sts,jobs,ds -A -o json"));
        return None;
    }
    let api: Vec<Node> = nodes.iter().map(|(_, node)| (**node).clone()).collect();
    let templates = declared.iter().filter_map(|row| row.template.as_ref());
    infer_provider(&mut surroundings.flags, api.iter().chain(templates), issues);
    autoscaler_flags::check_pricing(&surroundings.flags, issues);
    let membership = Membership::new(declared, &mut surroundings.flags, &api, issues);
    let epoch = dump.newest.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let mut converter = Converter::new(&mut surroundings.cluster, epoch);
    let mut members = add_nodes(nodes, &membership, &mut converter, issues);
    let instance = |node: &NodeTemplate| InstanceView { name: node.name, failed: false };
    let instances: Vec<Vec<InstanceView>> = members.iter().map(|nodes| nodes.iter().map(instance).collect()).collect();
    let now = SimTime::ZERO + surroundings.flags.scan_interval;
    let look = Look { now, symbols: &converter.cluster().symbols, flags: &surroundings.flags };
    let doubtful: Vec<bool> = members.iter_mut().map(|nodes| !look.put_good_ones_first(nodes)).collect();
    surroundings.groups = membership.build(&members, &mut converter, issues);
    for (at, (group, instances)) in surroundings.groups.iter_mut().zip(instances).enumerate() {
        group.instances = instances;
        if doubtful[at] && membership.declared[at].template.is_none() {
            tell_source(group, issues);
        }
    }
    let (profiles, profile) = profiles(&dump, &surroundings.flags, &mut converter, issues);
    surroundings.daemon_sets = add_objects(&mut dump, &mut converter, issues);
    drop(converter);
    let Surroundings { groups, cluster, flags, .. } = &mut surroundings;
    price_groups(groups, cluster, (flags, prices), issues);
    assume_controllers(&mut surroundings, &dump, issues);
    let unneeded_since = unneeded_since(&surroundings.cluster, epoch);
    Some(Loaded { surroundings, profiles, profile, now, unneeded_since, caveats: Issues::new() })
}

/// The autoscaler's version: by the image of its Deployment, else by the newest kubelet, else the newest.
fn version_of(dump: &Dump, issues: &mut Issues) -> KubernetesVersion {
    let kubelets = dump.nodes.iter().map(|(_, node)| node.status.node_info.kubelet_version.as_str());
    let cluster = release::of_kubelets(kubelets);
    let deployments = dump.others.iter().filter_map(|found| match &found.api {
        Object::Deployment(api) => Some(api),
        _ => None,
    });
    let mut images = deployments.flat_map(|api| &api.spec.template.spec.containers).map(|row| row.image.as_str());
    let found = images
        .find(|image| image.contains(PROGRAM))
        .map_or(autoscaler_version::Found::Kubelets, autoscaler_version::Found::Image);
    autoscaler_version::decide(found, "--kubernetes", cluster, issues)
}

/// Since when nodes have been unneeded: their soft taints say so, in seconds. Upstream: `taints.GetDeletionCandidateTime`, 1.34.
fn unneeded_since(cluster: &ClusterState, epoch: jiff::Timestamp) -> Vec<(NodeId, SimTime)> {
    let since = |node: &NodeTemplate| {
        let mut taints = node.taints.iter();
        let taint = taints.find(|taint| cluster.symbols.text(taint.key) == DELETION_CANDIDATE)?;
        let seconds: i64 = cluster.symbols.text(taint.value).parse().ok()?;
        Some(SimTime::from_secs(seconds.checked_sub(epoch.as_second())?))
    };
    cluster.nodes().filter_map(|(id, node)| Some((id, since(node)?))).collect()
}

/// Where no flag names the cloud, the nodes do.
fn infer_provider<'a>(flags: &mut Flags, mut nodes: impl Iterator<Item = &'a Node>, issues: &mut Issues) {
    if flags.cloud_provider.is_empty()
        && let Some(name) = nodes.find_map(Node::cloud_provider)
    {
        name.clone_into(&mut flags.cloud_provider);
        if flags.balance_similar_node_groups {
            let message = format!("taken as {name}, by the nodes: groups are compared as that cloud's");
            issues.push(Issue::warning("--cloud-provider", message));
        }
    }
}

/// Puts the nodes into the cluster; those of each group.
fn add_nodes(
    nodes: &[(Provenance, Box<Node>)],
    membership: &Membership,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> Vec<Vec<NodeTemplate>> {
    let mut members = vec![Vec::new(); membership.declared.len()];
    let mut strangers = Vec::new();
    for (from, node) in nodes {
        let mut row = converter.node_template(node);
        let group = membership.group_of(node);
        row.group = group.map(GroupId::from_index);
        match group {
            Some(group) => members[group].push(row.clone()),
            None => strangers.push(node.metadata.name.as_str()),
        }
        converter.cluster().add_node(row);
        take(converter, from, issues);
    }
    match strangers[..] {
        // The flags' groups are none of these, which has been said.
        _ if members.is_empty() && issues.has_errors() => {}
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
fn profiles(dump: &Dump, flags: &Flags, converter: &mut Converter<'_>, issues: &mut Issues) -> (Profiles, Profile) {
    let mut profiles = Profiles::default();
    for found in &dump.others {
        if let Object::KubeSchedulerConfiguration(api) = &found.api {
            profiles = scheduler_profiles::of(&api.value, &found.from, converter, issues);
        }
    }
    let own = (!flags.scheduler_config_file.is_empty()).then(|| {
        let path = Path::new(&flags.scheduler_config_file);
        scheduler_profiles::read(Sources::Disk, path, "--scheduler-config-file", converter, issues)
    });
    let profile = own.as_ref().unwrap_or(&profiles).of(Symbol::EMPTY).clone();
    (profiles, profile)
}

/// Puts everything else into the cluster; the kinds of pods of DaemonSets.
fn add_objects(dump: &mut Dump, converter: &mut Converter<'_>, issues: &mut Issues) -> Vec<PodSpecId> {
    let mut daemon_sets = Vec::new();
    for found in &mut dump.others {
        let admitted = match &mut found.api {
            Object::Pod(pod) if Admission::is_needed(pod) => {
                let namespace = pod.metadata.namespace_or_default();
                let admitted = dump.admission.admit(namespace, &mut pod.spec);
                let doubt = dump.admission.doubt(namespace, &pod.spec).filter(|_| admitted.is_ok());
                doubt.map_or(admitted, Err)
            }
            Object::DaemonSet(api) => {
                dump.admission.admit(api.metadata.namespace_or_default(), &mut api.spec.template.spec)
            }
            _ => Ok(()),
        };
        admitted.unwrap_or_else(|issue| issues.push(found.from.locate(issue)));
        if let Object::DaemonSet(api) = &found.api {
            daemon_sets.push(daemon_set(converter, &api.metadata, &api.spec.template));
        } else {
            converter.add_object(&found.api);
        }
        take(converter, &found.from, issues);
    }
    daemon_sets
}

/// What the converter found goes where the object is.
fn take(converter: &mut Converter<'_>, from: &Provenance, issues: &mut Issues) {
    from.locate_all(std::mem::take(&mut converter.issues), issues);
}

/// A dump without any ReplicaSet does not mean that all pods have lost theirs.
fn assume_controllers(surroundings: &mut Surroundings, dump: &Dump, issues: &mut Issues) {
    let kinds = [
        (OwnerKind::ReplicaSet, Kind::ReplicaSet),
        (OwnerKind::StatefulSet, Kind::StatefulSet),
        (OwnerKind::DaemonSet, Kind::DaemonSet),
        (OwnerKind::Job, Kind::Job),
        (OwnerKind::ReplicationController, Kind::ReplicationController),
    ];
    for (kind, object) in kinds.into_iter().filter(|(_, object)| !dump.has(*object)) {
        let cluster = &mut surroundings.cluster;
        let owners: BTreeSet<_> = cluster
            .pods()
            .filter_map(|(id, _)| {
                let spec = cluster.spec_of(id);
                spec.owner.filter(|owner| owner.kind == kind).map(|owner| (spec.namespace, owner.name))
            })
            .collect();
        if !owners.is_empty() {
            let name = object.name();
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

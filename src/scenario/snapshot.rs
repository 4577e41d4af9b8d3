//! A cluster as it is: dumps by `kubectl get ... -o json` (or YAML), plain or gzip, and recorded cases.
//!
//! [`load`] reads files, folders and standard input into a [`Snapshot`]: the cluster, the pods that wait for a
//! node, the scheduler's profile if one was given. Large dumps are read one object at a time. Finished pods are
//! left out, as kube-scheduler leaves them out.

use super::issue::{Issue, Issues};
use super::kubernetes::admission::Admission;
use super::kubernetes::decides::LeftAside;
use super::kubernetes::pod::{Container, ContainerStatus, Pod, ResourceRequirements, TopologySpreadConstraint};
use super::kubernetes::reader::{Found, Item, Provenance, Reader};
use super::kubernetes::{Converter, Kind, Object};
use super::release;
use super::scheduler_profiles;
use super::sources::Sources;
use crate::cluster::{ClusterState, PodId};
use crate::release::{KubernetesVersion, Release};
use crate::scheduler::{Profiles, Rules};
use crate::units::{Quantity, counted};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What kube-scheduler looks at.
const KINDS: &[Kind] = &[
    Kind::Node,
    Kind::Pod,
    Kind::Namespace,
    Kind::Service,
    Kind::ReplicaSet,
    Kind::ReplicationController,
    Kind::StatefulSet,
    Kind::Job,
    Kind::PodDisruptionBudget,
    Kind::PriorityClass,
    Kind::LimitRange,
    Kind::PersistentVolume,
    Kind::PersistentVolumeClaim,
    Kind::StorageClass,
    Kind::CSINode,
    Kind::KubeSchedulerConfiguration,
];

/// What was read.
#[derive(Debug)]
pub struct Snapshot {
    /// The cluster; time 0 is the Unix epoch.
    pub cluster: ClusterState,
    /// Pods that wait for a node, in order of arrival.
    pub pending: Vec<PodId>,
    /// The scheduler's profiles that the input names, if any.
    pub profiles: Option<Profiles>,
    /// By whose rules it was read.
    pub release: Release,
    /// What is doubtful about the input.
    pub caveats: Issues,
}

/// By the rules of which Kubernetes a cluster is read.
#[derive(Clone, Debug)]
pub enum Whose {
    /// Of this one.
    Given(Release),
    /// Of the newest kubelet among the nodes, which no control plane is older than; else the usual one. With these gates switched.
    OfNodes(BTreeMap<String, bool>),
}

impl From<KubernetesVersion> for Whose {
    fn from(version: KubernetesVersion) -> Self {
        Whose::Given(version.into())
    }
}

/// Reads all of `paths`, then `configuration`, a KubeSchedulerConfiguration.
///
/// Errors: everything that is wrong, with its place.
pub fn load(paths: &[PathBuf], configuration: Option<&Path>, whose: Whose) -> Result<Snapshot, Issues> {
    let mut snapshots = load_all(paths, configuration, vec![whose])?;
    snapshots.pop().ok_or_else(Issues::new)
}

/// As [`load`], by the rules of several versions at once: the files are read once. What is doubtful is told with the first.
pub fn load_all(paths: &[PathBuf], configuration: Option<&Path>, whose: Vec<Whose>) -> Result<Vec<Snapshot>, Issues> {
    let mut clusters: Vec<ClusterState> = whose.iter().map(|_| ClusterState::new()).collect();
    let mut issues = Issues::new();
    let mut sides: Vec<(Gathered<'_>, Issues)> =
        clusters.iter_mut().zip(whose).map(|(cluster, whose)| (Gathered::new(cluster, whose), Issues::new())).collect();
    let mut reader = Reader::of(KINDS);
    for path in paths {
        reader.read(Sources::Disk, path, &mut issues, &mut |item, issues| {
            if let [(first, _), others @ ..] = sides.as_mut_slice() {
                others.iter_mut().for_each(|(side, own)| side.take(item.clone(), own));
                first.take(item, issues);
            }
        });
    }
    let mut made = Vec::new();
    for (at, (mut side, mut own)) in sides.into_iter().enumerate() {
        let issues = if at == 0 { &mut issues } else { &mut own };
        if let Some(path) = configuration {
            let profiles = scheduler_profiles::read(Sources::Disk, path, "--config", &mut side.converter, issues);
            side.profiles = Some(profiles);
        }
        let release = side.finish(issues);
        let rules = Rules::of(&release);
        let Gathered { pending, profiles, .. } = side;
        let pending = pending.into_iter().map(|waiting| waiting.pod).collect();
        made.push((pending, profiles.map(|profiles| profiles.with_rules(rules)), release));
    }
    if issues.has_errors() {
        return Err(issues);
    }
    let mut caveats = Some(issues);
    let snapshot = |(cluster, (pending, profiles, release))| Snapshot {
        cluster,
        pending,
        profiles,
        release,
        caveats: caveats.take().unwrap_or_default(),
    };
    Ok(clusters.into_iter().zip(made).map(snapshot).collect())
}

/// What has been read so far.
struct Gathered<'a> {
    converter: Converter<'a>,
    whose: Whose,
    /// Versions that nodes say they have.
    kubelets: Vec<String>,
    pending: Vec<Waiting>,
    /// Objects so far.
    count: usize,
    /// Pods whose node, or whose priority class, has not been read yet.
    deferred: Vec<Deferred>,
    profiles: Option<Profiles>,
    admission: Admission,
    /// What kube-scheduler does not look at, and whether it found anything to look at.
    others: LeftAside,
    is_empty: bool,
}

struct Deferred {
    from: Provenance,
    pod: Box<Pod>,
    turn: Turn,
}

/// Where in the input an object stood, and whether it says that the pod is to be placed.
#[derive(Clone, Copy)]
struct Turn {
    number: usize,
    is_pending: bool,
}

/// A pod without a node.
struct Waiting {
    pod: PodId,
    turn: Turn,
}

impl<'a> Gathered<'a> {
    fn new(cluster: &'a mut ClusterState, whose: Whose) -> Self {
        let mut converter = Converter::new(cluster, jiff::Timestamp::UNIX_EPOCH);
        if let Whose::Given(release) = &whose {
            converter.set_rules(Rules::of(release));
        }
        Gathered {
            converter,
            whose,
            kubelets: Vec::new(),
            pending: Vec::new(),
            count: 0,
            deferred: Vec::new(),
            profiles: None,
            admission: Admission::default(),
            others: LeftAside::default(),
            is_empty: true,
        }
    }

    /// By whose rules the cluster is read, now that all nodes are known.
    fn release(&self, issues: &mut Issues) -> Release {
        let gates = match &self.whose {
            Whose::Given(release) => return release.clone(),
            Whose::OfNodes(gates) => gates,
        };
        let (version, message) = release::of_dump(self.kubelets.iter().map(String::as_str));
        if !issues.has_errors() {
            issues.push(Issue::note("--kubernetes", message));
        }
        let mut release = Release::of(version);
        release::switch(&mut release, "--feature-gates", gates, issues);
        release
    }
    /// Takes an object, or keeps it until what it depends on is known.
    fn take(&mut self, item: Item, issues: &mut Issues) {
        let found = match item {
            Item::SchedulerArguments(from, value) => {
                self.profiles = Some(self.converter.recorded_profile(&value).into());
                return self.collect(&from, issues);
            }
            Item::Other(from, value) => return self.others.take(&from, &value),
            item => item.object(issues),
        };
        let Some(found) = found else { return };
        (self.is_empty, self.count) = (false, self.count + 1);
        let turn = Turn { number: self.count, is_pending: found.is_pending };
        let Found { from, api, .. } = *found;
        match api {
            Object::KubeSchedulerConfiguration(api) => {
                self.profiles = Some(scheduler_profiles::of(&api.value, &from, &mut self.converter, issues));
            }
            Object::PriorityClass(class) => self.admission.add_class(*class),
            Object::LimitRange(limits) => self.admission.add_limits(*limits),
            Object::Pod(pod) if matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed")) => {}
            Object::Pod(pod) => {
                let node = self.converter.symbol(&pod.spec.node_name);
                let is_homeless =
                    !pod.spec.node_name.is_empty() && self.converter.cluster().node_by_name(node).is_none();
                let is_early = matches!(self.whose, Whose::OfNodes(_)) && depends_on_version(&pod);
                if is_homeless || is_early || Admission::is_needed(&pod) {
                    self.deferred.push(Deferred { from: from.without_text(), pod, turn });
                } else {
                    self.pod(&pod, turn);
                    self.collect(&from, issues);
                }
            }
            other => {
                if let Object::Node(node) = &other {
                    self.kubelets.push(node.status.node_info.kubelet_version.clone());
                }
                self.converter.add_object(&other);
                self.collect(&from, issues);
            }
        }
    }

    /// A pod without a node waits, unless it is on its way out.
    fn pod(&mut self, api: &Pod, turn: Turn) {
        let Some(pod) = self.converter.pod(api) else { return };
        let cluster = self.converter.cluster();
        if cluster.pod(pod).node().is_some() {
            return;
        }
        if cluster.pod(pod).is_terminating() && !turn.is_pending {
            cluster.remove_pod(pod);
        } else {
            self.pending.push(Waiting { pod, turn });
        }
    }

    fn finish(&mut self, issues: &mut Issues) -> Release {
        let release = self.release(issues);
        self.converter.set_rules(Rules::of(&release));
        for Deferred { from, mut pod, turn } in std::mem::take(&mut self.deferred) {
            if Admission::is_needed(&pod) {
                let namespace = pod.metadata.namespace_or_default();
                let admitted = self.admission.admit(namespace, &mut pod.spec).err();
                let doubt = admitted.or_else(|| self.admission.doubt(namespace, &pod.spec));
                doubt.into_iter().for_each(|issue| issues.push(from.locate(issue)));
            }
            self.pod(&pod, turn);
            self.collect(&from, issues);
        }
        self.refuse_nothing(issues);
        if !issues.has_errors() {
            self.others.tell("-f", issues);
        }
        self.leave_strangers(issues);
        let cluster = self.converter.cluster();
        // A dump lists pods by name; the queue has them in order of creation.
        self.pending.sort_by_key(|waiting| (cluster.pod(waiting.pod).created, waiting.turn.number));
        release
    }

    /// Files without anything that kube-scheduler looks at are the wrong files.
    fn refuse_nothing(&self, issues: &mut Issues) {
        if self.is_empty && !issues.has_errors() {
            let found = self.others.counted();
            let found = if found.is_empty() { "nothing" } else { &found };
            let message = format!("kube-scheduler looks at none of these objects: found {found}");
            let help = "kubectl get nodes,pods -A -o json prints what it looks at";
            issues.push(Issue::error("-f", message).with_help(help));
        }
    }

    /// Pods of schedulers that no profile is for are not ours to place.
    fn leave_strangers(&mut self, issues: &mut Issues) {
        let profiles = self.profiles.clone().unwrap_or_default();
        let cluster = self.converter.cluster();
        let mut strangers: BTreeMap<String, usize> = BTreeMap::new();
        self.pending.retain(|Waiting { pod, turn }| {
            let scheduler = cluster.spec_of(*pod).scheduler;
            let stays = turn.is_pending || profiles.handle(scheduler);
            if !stays {
                *strangers.entry(cluster.symbols.text(scheduler).to_owned()).or_default() += 1;
                cluster.remove_pod(*pod);
            }
            stays
        });
        let known: Vec<String> = profiles.iter().map(|(name, _)| cluster.symbols.text(*name).to_owned()).collect();
        for (name, count) in strangers {
            let pods = counted(count, "pending pod");
            let message = format!("{pods} of another scheduler, `{name}`, left aside");
            let issue = Issue::warning("spec.schedulerName", message);
            issues.push(issue.suggest(&name, known.iter().map(String::as_str)));
        }
    }

    /// Moves the converter's issues to the others, with their place.
    fn collect(&mut self, from: &Provenance, issues: &mut Issues) {
        from.locate_all(std::mem::take(&mut self.converter.issues), issues);
    }
}

/// Whether versions differ about what the pod asks for. Most pods need not wait until all nodes are known.
fn depends_on_version(pod: &Pod) -> bool {
    let (spec, affinity) = (&pod.spec, &pod.spec.affinity);
    let terms = [&affinity.pod_affinity, &affinity.pod_anti_affinity];
    let terms = terms
        .into_iter()
        .flat_map(|of| of.required.iter().chain(of.preferred.iter().map(|weighted| &weighted.pod_affinity_term)));
    let is_odd = |amount: &Quantity| *amount != Quantity::from_milli(amount.milli_value());
    let is_part = |amount: &Quantity| *amount != Quantity::from_units(amount.value());
    let rounds = |container: &Container| {
        let requests = &container.resources.requests;
        requests.get("cpu").is_some_and(is_odd) || requests.get("memory").is_some_and(is_part)
    };
    let is_resized = |status: &ContainerStatus| {
        let requests = spec.containers.iter().find(|container| container.name == status.name);
        let requests = requests.map(|container| &container.resources.requests);
        let says = |amounts: &BTreeMap<String, Quantity>| !amounts.is_empty() && requests != Some(amounts);
        says(&status.allocated_resources) || status.resources.as_ref().is_some_and(|has| says(&has.requests))
    };
    let is_constrained = |row: &TopologySpreadConstraint| {
        row.min_domains.is_some()
            || row.node_affinity_policy.is_some()
            || row.node_taints_policy.is_some()
            || !row.match_label_keys.is_empty()
    };
    let has_resources = |of: &ResourceRequirements| !of.requests.is_empty() || !of.limits.is_empty();
    !spec.init_containers.is_empty()
        || has_resources(&spec.resources)
        || pod.status.conditions.iter().any(|condition| condition.kind == "PodResizePending")
        || pod.status.container_statuses.iter().any(is_resized)
        || spec.containers.iter().any(rounds)
        || spec.volumes.iter().any(|volume| volume.image.is_some())
        || spec.topology_spread_constraints.iter().any(is_constrained)
        || terms.into_iter().any(|term| !(term.match_label_keys.is_empty() && term.mismatch_label_keys.is_empty()))
}

//! A cluster as it is: dumps by `kubectl get ... -o json` (or YAML), plain or gzip, and recorded cases.
//!
//! [`load`] reads files, folders and standard input into a [`Snapshot`]: the cluster, the pods that wait for a
//! node, the scheduler's profile if one was given. Large dumps are read one object at a time. Finished pods are
//! left out, as kube-scheduler leaves them out.

use super::issue::{Issue, Issues};
use super::kubernetes::admission::Admission;
use super::kubernetes::decides::LeftAside;
use super::kubernetes::pod::Pod;
use super::kubernetes::reader::{Found, Item, Provenance, Reader};
use super::kubernetes::{Converter, Kind, Object};
use super::scheduler_profiles;
use super::sources::Sources;
use crate::cluster::{ClusterState, PodId};
use crate::scheduler::Profiles;
use crate::units::counted;
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
    /// What is doubtful about the input.
    pub caveats: Issues,
}

/// Reads all of `paths`, then `configuration`, a KubeSchedulerConfiguration.
///
/// Errors: everything that is wrong, with its place.
pub fn load(paths: &[PathBuf], configuration: Option<&Path>) -> Result<Snapshot, Issues> {
    let (mut cluster, mut issues) = (ClusterState::new(), Issues::new());
    let mut gathered = Gathered {
        converter: Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH),
        pending: Vec::new(),
        count: 0,
        deferred: Vec::new(),
        profiles: None,
        admission: Admission::default(),
        others: LeftAside::default(),
        is_empty: true,
    };
    let mut reader = Reader::of(KINDS);
    for path in paths {
        reader.read(Sources::Disk, path, &mut issues, &mut |item, issues| gathered.take(item, issues));
    }
    if let Some(path) = configuration {
        let converter = &mut gathered.converter;
        let profiles = scheduler_profiles::read(Sources::Disk, path, "--config", converter, &mut issues);
        gathered.profiles = Some(profiles);
    }
    gathered.finish(&mut issues);
    let Gathered { pending, profiles, .. } = gathered;
    let pending = pending.into_iter().map(|waiting| waiting.pod).collect();
    if issues.has_errors() {
        return Err(issues);
    }
    Ok(Snapshot { cluster, pending, profiles, caveats: issues })
}

/// What has been read so far.
struct Gathered<'a> {
    converter: Converter<'a>,
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

impl Gathered<'_> {
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
                if is_homeless || Admission::is_needed(&pod) {
                    self.deferred.push(Deferred { from: from.without_text(), pod, turn });
                } else {
                    self.pod(&pod, turn);
                    self.collect(&from, issues);
                }
            }
            other => {
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

    fn finish(&mut self, issues: &mut Issues) {
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

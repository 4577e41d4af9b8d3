//! Whose a line is: the workload behind a pod, a service or a job.

use crate::past::prometheus::answers::Answers;
use crate::past::prometheus::matrix::Line;
use crate::past::prometheus::pod_names;
use crate::past::prometheus::queries::What;
use crate::scenario::issue::{Issue, Issues};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A workload in its namespace; `""` where nobody says which.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) namespace: String,
    pub(super) workload: String,
}

/// What is known of whose pods are.
#[derive(Debug, Default)]
pub(super) struct Workloads {
    /// Namespace and pod.
    owners: BTreeMap<(String, String), String>,
    /// Workloads that kube-state-metrics counts pods of.
    known: BTreeSet<Key>,
    /// Those that count; all if there are none.
    namespaces: BTreeSet<String>,
    /// Pods that were told by their name alone.
    guessed: RefCell<BTreeSet<String>>,
    /// Pods whose name tells nothing.
    alone: RefCell<BTreeSet<String>>,
}

/// Labels by which applications say who they are, the surest first.
const OWN_NAMES: &[&str] = &["k8s_deployment_name", "service_name"];
/// Labels that a scrape gives them.
const GIVEN_NAMES: &[&str] = &["application", "app", "service", "container", "job"];
const NAMESPACES: &[&str] = &["namespace", "kubernetes_namespace", "k8s_namespace_name"];
const PODS: &[&str] = &["pod", "kubernetes_pod_name", "k8s_pod_name"];

impl Workloads {
    pub(super) fn of(answers: &Answers, namespaces: &[String]) -> Self {
        let mut workloads = Workloads { namespaces: namespaces.iter().cloned().collect(), ..Workloads::default() };
        let mut deployments: BTreeMap<(String, String), String> = BTreeMap::new();
        for line in answers.lines(What::ReplicaSetOwner).filter(|line| line.label("owner_kind") == Some("Deployment")) {
            if let (Some(set), Some(owner)) = (line.label("replicaset"), line.label("owner_name")) {
                deployments.insert((namespace_of(line).to_owned(), set.to_owned()), owner.to_owned());
            }
        }
        let owners = answers.lines(What::PodNode).map(|line| (line, "created_by_kind", "created_by_name"));
        let owners = owners.chain(answers.lines(What::PodOwner).map(|line| (line, "owner_kind", "owner_name")));
        for (line, kind, name) in owners {
            let (Some(pod), Some(kind), Some(name)) = (line.label("pod"), line.label(kind), line.label(name)) else {
                continue;
            };
            let namespace = namespace_of(line).to_owned();
            let owner = match kind {
                "ReplicaSet" => {
                    let told = deployments.get(&(namespace.clone(), name.to_owned())).map(String::as_str);
                    told.or_else(|| pod_names::deployment_of(name)).unwrap_or(name)
                }
                // Jobs of a CronJob are called after it and the minute.
                "Job" => name.rsplit_once('-').filter(|(_, at)| is_minute(at)).map_or(name, |(name, _)| name),
                "StatefulSet" | "DaemonSet" | "ReplicationController" => name,
                _ => continue,
            };
            workloads.owners.insert((namespace, pod.to_owned()), owner.to_owned());
        }
        for line in answers.lines(What::Replicas) {
            workloads.known.extend(line.first_label(KINDS).map(|name| key(namespace_of(line), name)));
        }
        workloads
    }

    /// Whether a namespace counts; nobody's does.
    pub(super) fn counts(&self, namespace: &str) -> bool {
        self.namespaces.is_empty() || namespace.is_empty() || self.namespaces.contains(namespace)
    }

    /// Of a line of kube-state-metrics about a workload itself.
    pub(super) fn of_object(&self, line: &Line) -> Option<Key> {
        let key = key(namespace_of(line), line.first_label(KINDS)?);
        self.counts(&key.namespace).then_some(key)
    }

    /// Of a line about a pod.
    pub(super) fn of_pod(&self, line: &Line) -> Option<Key> {
        let (namespace, pod) = (namespace_of(line), line.label("pod")?);
        self.counts(namespace).then(|| key(namespace, &self.owner(namespace, pod)))
    }

    /// Of a line that an application wrote.
    pub(super) fn of_application(&self, line: &Line) -> Option<Key> {
        let exported_job = line.labels.get("exported_job").map(String::as_str);
        let own = line.first_label(OWN_NAMES).or(exported_job);
        let pod = || line.first_label(PODS).map(|pod| self.owner(namespace_of(line), pod));
        let named = own.map(str::to_owned).or_else(|| line.label("workload").map(str::to_owned)).or_else(pod);
        let name = named.or_else(|| line.first_label(GIVEN_NAMES).map(str::to_owned))?;
        // OpenTelemetry's job is `namespace/service`.
        let (within, name) = name.rsplit_once('/').map_or((None, name.as_str()), |(within, name)| (Some(within), name));
        let namespace = within.unwrap_or(namespace_of(line));
        self.counts(namespace).then(|| self.resolved(key(namespace, name)))
    }

    /// Of a name that some other component has for it: a Service of an Ingress, a workload of a mesh.
    pub(super) fn of_name(&self, namespace: &str, name: &str) -> Option<Key> {
        self.counts(namespace).then(|| self.resolved(key(namespace, name)))
    }

    /// The workload that is meant: itself, the only one of that name anywhere if nobody says where, or that without the ending
    /// of a Service's name.
    fn resolved(&self, key: Key) -> Key {
        if self.known.contains(&key) {
            return key;
        }
        let is_it = |known: &&Key, name: &str| {
            known.workload == name && (key.namespace.is_empty() || known.namespace == key.namespace)
        };
        let shorter = ["-svc", "-service", "-http", "-headless"].iter().find_map(|end| key.workload.strip_suffix(end));
        for name in [Some(key.workload.as_str()), shorter].into_iter().flatten() {
            let mut found = self.known.iter().filter(|known| is_it(known, name));
            if let (Some(only), None) = (found.next(), found.next()) {
                return only.clone();
            }
        }
        key
    }

    fn owner(&self, namespace: &str, pod: &str) -> String {
        if let Some(owner) = self.owners.get(&(namespace.to_owned(), pod.to_owned())) {
            return owner.clone();
        }
        let by_name = pod_names::workload_of(pod);
        let list = if by_name.is_some() { &self.guessed } else { &self.alone };
        list.borrow_mut().insert(pod.to_owned());
        by_name.unwrap_or(pod).to_owned()
    }

    /// Pods whose workload was told by their name, and those whose name tells none.
    pub(super) fn by_name(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        (self.guessed.borrow().clone(), self.alone.borrow().clone())
    }
}

/// The labels of kube-state-metrics for a workload.
const KINDS: &[&str] = &["deployment", "statefulset", "daemonset"];

pub(super) fn key(namespace: &str, workload: &str) -> Key {
    Key { namespace: namespace.to_owned(), workload: workload.to_owned() }
}

pub(super) fn namespace_of(line: &Line) -> &str {
    line.first_label(NAMESPACES).unwrap_or_default()
}

fn is_minute(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What each workload is called: by its name, and where namespaces share it by both.
pub(super) fn names<'a>(keys: impl Iterator<Item = &'a Key>, issues: &mut Issues) -> BTreeMap<Key, String> {
    let mut by_name: BTreeMap<&str, Vec<&Key>> = BTreeMap::new();
    keys.for_each(|key| by_name.entry(&key.workload).or_default().push(key));
    let shared: Vec<&str> = by_name.iter().filter(|(_, keys)| keys.len() > 1).map(|(name, _)| *name).collect();
    if !shared.is_empty() {
        let message = format!("workloads of the same name in several namespaces: {}", shared.join(", "));
        let issue = Issue::warning("Prometheus", format!("{message}: they are kept apart as `namespace/name`"));
        issues.push(issue.with_help("read one namespace: --namespace NAME"));
    }
    let name = |key: &Key| match by_name[key.workload.as_str()].len() {
        1 => key.workload.clone(),
        _ if key.namespace.is_empty() => key.workload.clone(),
        _ => format!("{}/{}", key.namespace, key.workload),
    };
    by_name.values().flatten().map(|key| ((*key).clone(), name(key))).collect()
}

//! Custom resources that decide how many pods or nodes there are, or where: none of them is simulated, and it is said what that
//! means.

use super::karpenter;
use super::reader::Provenance;
use crate::scenario::issue::{Issue, Issues};
use serde_json::Value;
use std::collections::BTreeMap;

/// A kind of a group (by its end), and what its objects decide.
struct Decider {
    group: &'static str,
    kind: &'static str,
    what: &'static str,
}

const fn row(group: &'static str, kind: &'static str, what: &'static str) -> Decider {
    Decider { group, kind, what }
}

/// A scenario reads them as HPAs; here are the doors to one controller alone.
const EVENTS: &str = "KEDA scales workloads by them through an HPA of its own, to zero too; here their replicas stay as written \
                      (kubectl get hpa keda-hpa-NAME -o yaml prints that HPA; a scenario simulates it)";
const PROVISIONS: &str = "Karpenter launches and removes nodes by them; here only nodeGroups and Terraform give nodes";
const MACHINES: &str = "Cluster API makes nodes of them; here only nodeGroups and Terraform give nodes";
const OPERATED: &str = "the operator makes a StatefulSet of each; here they have no pods: add the StatefulSet, as \
                        kubectl get statefulsets -A -o yaml prints it";
const SETS: &str =
    "their controller makes pods of them; here they have none: write a Deployment or StatefulSet in their place";

/// Kinds that decide; `*` stands for all of a group.
const DECIDERS: &[Decider] = &[
    row("keda.sh", "ScaledObject", EVENTS),
    row("keda.sh", "ScaledJob", "KEDA starts Jobs by them; here none are started"),
    row("keda.sh", "*", "KEDA's triggers read them; triggers are not simulated"),
    row("karpenter.sh", "*", PROVISIONS),
    row("karpenter.k8s.aws", "*", PROVISIONS),
    row("karpenter.azure.com", "*", PROVISIONS),
    row("karpenter.k8s.gcp", "*", PROVISIONS),
    // The doors that look at objects alone do not know groups; a scenario reads it.
    row(
        "eksctl.io",
        "ClusterConfig",
        "eksctl makes node groups of them; here they are not read: give them as nodeGroups",
    ),
    row(
        "argoproj.io",
        "Rollout",
        "Argo Rollouts makes pods of them, step by step; here they have none: write a Deployment",
    ),
    row("argoproj.io", "AnalysisTemplate", "Argo Rollouts goes on or back by them; here nothing does"),
    row("argoproj.io", "Workflow", "Argo starts pods by them; here none are started"),
    row("argoproj.io", "CronWorkflow", "Argo starts pods by them; here none are started"),
    row("flagger.app", "Canary", "Flagger shifts traffic and pods by them; here nothing does"),
    row("apps.kruise.io", "*", SETS),
    row("rollouts.kruise.io", "*", "Kruise rolls out step by step by them; here nothing does"),
    row(
        "serving.knative.dev",
        "*",
        "Knative makes pods of them and scales them with requests, to zero too; here they have none",
    ),
    row("autoscaling.internal.knative.dev", "*", "Knative scales pods by them; here nothing does"),
    row("cluster.x-k8s.io", "*", MACHINES),
    row("machine.openshift.io", "*", MACHINES),
    row(
        "autoscaling.openshift.io",
        "*",
        "OpenShift runs Cluster Autoscaler by them; here its flags are those of autoscaler.flags",
    ),
    row(
        "apps.openshift.io",
        "DeploymentConfig",
        "OpenShift makes pods of them; here they have none: write a Deployment in their place",
    ),
    row(
        "route.openshift.io",
        "Route",
        "OpenShift's router leads requests by them; here traffic.routes says where they go",
    ),
    row("monitoring.coreos.com", "Prometheus", OPERATED),
    row("monitoring.coreos.com", "PrometheusAgent", OPERATED),
    row("monitoring.coreos.com", "Alertmanager", OPERATED),
    row("monitoring.coreos.com", "ThanosRuler", OPERATED),
    row("machine.sapcloud.io", "*", MACHINES),
    row("kops.k8s.io", "*", "kOps makes node groups of them; here they are not read: give them as nodeGroups"),
    row("eks.amazonaws.com", "*", "EKS Auto Mode makes nodes by them; here only nodeGroups and Terraform give nodes"),
    row(
        "cloud.google.com",
        "ComputeClass",
        "GKE makes node pools by them; here only nodeGroups and Terraform give nodes",
    ),
    row(
        "autoscaling.gke.io",
        "MultidimPodAutoscaler",
        "GKE scales pods by them, in number and in size; here nothing does",
    ),
    row(
        "container.google.com",
        "*",
        "Config Connector makes node pools of them; here they are not read: give them as nodeGroups",
    ),
    row(
        "container.cnrm.cloud.google.com",
        "*",
        "Config Connector makes node pools of them; here they are not read: give them as nodeGroups",
    ),
    row(
        "containerservice.azure.com",
        "*",
        "Azure makes node pools of them; here they are not read: give them as nodeGroups",
    ),
    row("autoscaling.alibabacloud.com", "*", "Alibaba Cloud scales pods by them; here nothing does"),
    row(
        "scheduling.x-k8s.io",
        "*",
        "the coscheduling plugin lets pods wait for each other by them; here each goes alone",
    ),
    row("scheduling.volcano.sh", "*", "Volcano lets pods wait for each other by them; here each goes alone"),
    row("batch.volcano.sh", "*", "Volcano starts pods by them; here none are started"),
    row("kueue.x-k8s.io", "*", "Kueue lets Jobs wait for quota by them; here none waits"),
    row("jobset.x-k8s.io", "*", "their controller starts Jobs by them; here none are started"),
    row("ray.io", "*", "Ray makes and scales pods of them; here they have none"),
    row("sparkoperator.k8s.io", "*", "Spark's operator starts pods by them; here none are started"),
    row("kubeflow.org", "*", "Kubeflow starts pods by them; here none are started"),
    row("descheduler", "DeschedulerPolicy", "the descheduler evicts pods by them; here nothing does"),
    row(
        "v1",
        "ResourceQuota",
        "the API server refuses pods above the hard limits of a namespace; here none is refused",
    ),
    row("autoscaling.k8s.io", "*", "the VPA's controllers keep their memory there; here they start without"),
];

/// What was read of such kinds: how many of each, and where the first is.
#[derive(Debug, Default)]
pub(crate) struct Deciding {
    kinds: BTreeMap<String, (usize, Provenance, &'static str)>,
    /// What each of Karpenter's pools would allow.
    pools: Vec<(Provenance, String)>,
}

/// More of Karpenter's pools are not told one by one.
const MOST_POOLS: usize = 20;

impl Deciding {
    /// Takes an object if it is of a kind that decides.
    pub(crate) fn take(&mut self, from: &Provenance, value: &Value) -> bool {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let (kind, group) = (text("kind"), text("apiVersion").split('/').next().unwrap_or_default());
        let is_meant = |row: &&Decider| {
            let of_group = group == row.group || group.strip_suffix(row.group).is_some_and(|rest| rest.ends_with('.'));
            of_group && (row.kind == "*" || row.kind == kind)
        };
        let Some(row) = DECIDERS.iter().find(is_meant) else { return false };
        if let Some(allowed) =
            karpenter::allowed(value).filter(|_| row.group == "karpenter.sh" && self.pools.len() < MOST_POOLS)
        {
            self.pools.push((from.clone().without_text(), allowed));
        }
        let entry = self.kinds.entry(kind.to_owned());
        entry.or_insert_with(|| (0, from.clone().without_text(), row.what)).0 += 1;
        true
    }

    /// A caveat per kind.
    pub(crate) fn tell(&self, issues: &mut Issues) {
        for (kind, (count, from, what)) in &self.kinds {
            let more = if *count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            let end = if kind.ends_with('s') { "es" } else { "s" };
            issues.push(
                from.locate(Issue::warning("kind", format!("{kind}{end} decide and are not simulated{more}: {what}"))),
            );
        }
        for (from, allowed) in &self.pools {
            let message = format!("Karpenter would launch: {allowed}");
            let help = "give nodes like them: nodeGroups.NAME: {instanceTypes: [...], minSize: ..., maxSize: ...}";
            issues.push(from.locate(Issue::warning("spec", message).with_help(help)));
        }
    }
}

/// What a command does not look at, by kind.
#[derive(Debug, Default)]
pub(crate) struct LeftAside {
    deciding: Deciding,
    others: BTreeMap<String, usize>,
}

impl LeftAside {
    /// Takes an object that was read and is not used.
    pub(crate) fn take(&mut self, from: &Provenance, value: &Value) {
        if !self.deciding.take(from, value) {
            let kind = from.name().split(' ').next().unwrap_or_default();
            *self.others.entry(kind.to_owned()).or_default() += 1;
        }
    }
    /// Caveats for what decides, and a line for all that does not matter.
    pub(crate) fn tell(&self, field: &str, issues: &mut Issues) {
        self.deciding.tell(issues);
        let others = counted(self.others.iter().map(|(kind, count)| (kind, *count)));
        if !others.is_empty() {
            issues.push(Issue::note(field, format!("objects that no decision looks at were left aside: {others}")));
        }
    }
    /// `3 ConfigMap, 1 ScaledObject`: all of it.
    pub(crate) fn counted(&self) -> String {
        let others = self.others.iter().map(|(kind, count)| (kind, *count));
        counted(others.chain(self.deciding.kinds.iter().map(|(kind, (count, _, _))| (kind, *count))))
    }
    /// The first ScaledObject, as `namespace/name`.
    pub(crate) fn scaled_object(&self) -> Option<&str> {
        let (_, from, _) = self.deciding.kinds.get("ScaledObject")?;
        from.name().split_once(' ').map(|(_, name)| name)
    }
}

fn counted<'a>(kinds: impl Iterator<Item = (&'a String, usize)>) -> String {
    kinds.map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

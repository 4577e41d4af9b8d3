//! What creates pods, and what leads requests to them: the fields that matter here.

use super::meta::{LabelSelector, ObjectMeta, null_as_default};
use super::pod::PodTemplateSpec;
use super::storage::PersistentVolumeClaim;
use crate::controllers::IntOrPercent;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A Deployment, StatefulSet, DaemonSet or ReplicaSet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Workload {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: WorkloadSpec,
}

/// `spec` of a workload.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadSpec {
    /// How many pods; 1 by default.
    pub replicas: Option<i32>,
    /// Which pods are its own.
    pub selector: Option<LabelSelector>,
    /// The pods.
    pub template: PodTemplateSpec,
    /// How pods are replaced (Deployments).
    #[serde(deserialize_with = "null_as_default")]
    pub strategy: UpdateStrategy,
    /// How pods are replaced (StatefulSets, DaemonSets).
    #[serde(deserialize_with = "null_as_default")]
    pub update_strategy: UpdateStrategy,
    /// For how long a pod has to be ready to be available; 0 by default.
    pub min_ready_seconds: Option<i64>,
    /// After how long without progress a rollout is said to be stuck; 600 by default (Deployments).
    pub progress_deadline_seconds: Option<i64>,
    /// `OrderedReady` or `Parallel` (StatefulSets).
    pub pod_management_policy: Option<String>,
    /// A claim per pod (StatefulSets).
    #[serde(deserialize_with = "null_as_default")]
    pub volume_claim_templates: Vec<PersistentVolumeClaim>,
    /// What becomes of those claims (StatefulSets); all are kept by default.
    #[serde(deserialize_with = "null_as_default")]
    pub persistent_volume_claim_retention_policy: ClaimRetention,
}

/// `persistentVolumeClaimRetentionPolicy` of a StatefulSet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimRetention {
    /// `Retain` (default) or `Delete`, when its pod is no longer wanted.
    pub when_scaled: Option<String>,
}

/// `spec.strategy` of a Deployment, `spec.updateStrategy` of others.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateStrategy {
    /// `RollingUpdate`, or `Recreate` of a Deployment, `OnDelete` of others.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The bounds of a rolling update.
    #[serde(deserialize_with = "null_as_default")]
    pub rolling_update: RollingUpdate,
}

/// `rollingUpdate` of a strategy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RollingUpdate {
    /// Pods that may be missing (Deployments: 25 % by default, DaemonSets: 1).
    pub max_unavailable: Option<IntOrPercent>,
    /// Pods above the wanted number (Deployments: 25 % by default, DaemonSets: none).
    pub max_surge: Option<IntOrPercent>,
    /// The lowest ordinal that is updated; 0 by default (StatefulSets).
    pub partition: Option<u32>,
}

/// As a ReplicaSet, with the older kind of selector.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReplicationController {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: ReplicationControllerSpec,
}

/// `spec` of a ReplicationController.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReplicationControllerSpec {
    /// How many pods; 1 by default.
    pub replicas: Option<i32>,
    /// Labels of its pods.
    #[serde(deserialize_with = "null_as_default")]
    pub selector: BTreeMap<String, String>,
}

/// A Job.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Job {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: JobSpec,
}

/// `spec` of a Job.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobSpec {
    /// Pods at once; 1 by default.
    pub parallelism: Option<i32>,
    /// Pods that must succeed.
    pub completions: Option<i32>,
    /// Failures before it gives up; 6 by default.
    pub backoff_limit: Option<i32>,
    /// How long it may run.
    pub active_deadline_seconds: Option<i64>,
    /// Which pods are its own.
    pub selector: Option<LabelSelector>,
    /// What failed pods mean.
    pub pod_failure_policy: Option<PodFailurePolicy>,
    /// When deleted pods are replaced: `TerminatingOrFailed`, or `Failed`, which is the default with a `podFailurePolicy`.
    pub pod_replacement_policy: Option<String>,
    /// The pods.
    pub template: PodTemplateSpec,
}

/// `spec.podFailurePolicy` of a Job.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodFailurePolicy {
    /// The first rule that matches decides.
    pub rules: Vec<PodFailureRule>,
}

/// A rule of a pod failure policy; those about exit codes never match, since pods here fail by disruption alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodFailureRule {
    /// `Count`, `Ignore`, `FailJob` or `FailIndex`.
    pub action: String,
    /// The pod's conditions that it looks at.
    pub on_pod_conditions: Vec<PodConditionPattern>,
}

/// A condition in a rule of a pod failure policy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodConditionPattern {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its status; `True` by default.
    pub status: Option<String>,
}

/// A CronJob.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CronJob {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: CronJobSpec,
}

/// `spec` of a CronJob.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJobSpec {
    /// When, as cron writes it.
    pub schedule: String,
    /// An IANA time zone.
    pub time_zone: Option<String>,
    /// `Allow`, `Forbid` or `Replace`.
    pub concurrency_policy: Option<String>,
    /// How late a Job may start.
    pub starting_deadline_seconds: Option<i64>,
    /// Off.
    #[serde(deserialize_with = "null_as_default")]
    pub suspend: bool,
    /// The Jobs.
    pub job_template: JobTemplate,
}

/// `spec.jobTemplate` of a CronJob.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct JobTemplate {
    /// The Jobs' spec.
    pub spec: JobSpec,
}

/// A Service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Service {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: ServiceSpec,
}

/// `spec` of a Service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServiceSpec {
    /// Which pods serve.
    #[serde(deserialize_with = "null_as_default")]
    pub selector: BTreeMap<String, String>,
    /// `LoadBalancer` costs money.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whose controller makes the load balancer.
    #[serde(rename = "loadBalancerClass")]
    pub load_balancer_class: Option<String>,
    /// The ports.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<ServicePort>,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServicePort {
    /// `TCP` by default.
    pub protocol: Option<String>,
}

/// An Ingress.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ingress {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: IngressSpec,
}

/// `spec` of an Ingress.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressSpec {
    /// The IngressClass whose controller acts on it.
    #[serde(rename = "ingressClassName")]
    pub ingress_class_name: Option<String>,
    /// The rules.
    #[serde(deserialize_with = "null_as_default")]
    pub rules: Vec<IngressRule>,
    /// Hosts with certificates.
    #[serde(deserialize_with = "null_as_default")]
    pub tls: Vec<serde::de::IgnoredAny>,
}

/// An IngressClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressClass {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: IngressClassSpec,
}

/// `spec` of an IngressClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressClassSpec {
    /// `ingress.k8s.aws/alb`, `k8s.io/ingress-nginx`...
    #[serde(deserialize_with = "null_as_default")]
    pub controller: String,
}

/// A rule of an Ingress.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// Its paths.
    #[serde(deserialize_with = "null_as_default")]
    pub http: HttpRule,
}

/// The paths of a rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpRule {
    /// In order.
    #[serde(deserialize_with = "null_as_default")]
    pub paths: Vec<HttpPath>,
}

/// A path with its Service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpPath {
    /// The path.
    pub path: String,
    /// Where it leads.
    pub backend: Backend,
}

/// Where a path leads.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Backend {
    /// The Service.
    pub service: BackendService,
}

/// A Service by name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackendService {
    /// The name.
    pub name: String,
}

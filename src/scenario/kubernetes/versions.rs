//! Which object is of which kind: by its kind and its API version, as the API server would know it.

use super::kind::Kind;
use crate::scenario::issue::{Issue, did_you_mean};
use serde_json::Value;

/// What an object turned out to be.
pub(super) enum Identity {
    /// One of the kinds that are read, with the name of its type in the table of fields, and a doubt about its version.
    Known(Kind, &'static str, Option<Issue>),
    /// One of another kind.
    Other,
}

/// An API version that is gone.
struct Removed {
    version: &'static str,
    /// The release of Kubernetes without it.
    since: &'static str,
    /// What has to be written in another way; nothing if only the version has.
    change: Option<&'static str>,
}

const fn removed(version: &'static str, since: &'static str) -> Removed {
    Removed { version, since, change: None }
}

/// Versions that are served, the usual one first, and those that are gone.
///
/// Upstream: the deprecated API migration guide, up to 1.35.
fn versions(kind: Kind) -> (&'static [&'static str], &'static [Removed]) {
    const NEW_BACKEND: Option<&str> =
        Some("write `backend: {service: {name: NAME, port: {number: PORT}}}` and `pathType: Prefix`");
    const NEW_TARGET: Option<&str> = Some(
        "write autoscaling/v2: `target: {type: Utilization, averageUtilization: 50}` for `targetAverageUtilization: 50`, \
         `metric: {name: NAME}` for `metricName: NAME`",
    );
    const WORKLOADS: &[Removed] =
        &[removed("apps/v1beta1", "1.16"), removed("apps/v1beta2", "1.16"), removed("extensions/v1beta1", "1.16")];
    match kind {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet => (&["apps/v1"], WORKLOADS),
        Kind::Job => (&["batch/v1"], &[]),
        Kind::CronJob => (&["batch/v1"], &[const { removed("batch/v1beta1", "1.25") }]),
        Kind::HorizontalPodAutoscaler => (
            &["autoscaling/v2", "autoscaling/v1"],
            &[
                const { removed("autoscaling/v2beta2", "1.26") },
                Removed { version: "autoscaling/v2beta1", since: "1.25", change: NEW_TARGET },
            ],
        ),
        Kind::VerticalPodAutoscaler => (&["autoscaling.k8s.io/v1", "autoscaling.k8s.io/v1beta2"], &[]),
        Kind::PodDisruptionBudget => (&["policy/v1"], &[const { removed("policy/v1beta1", "1.25") }]),
        Kind::PriorityClass => (
            &["scheduling.k8s.io/v1"],
            &[
                const { removed("scheduling.k8s.io/v1beta1", "1.22") },
                const { removed("scheduling.k8s.io/v1alpha1", "1.22") },
            ],
        ),
        Kind::Ingress => (
            &["networking.k8s.io/v1"],
            &[
                Removed { version: "networking.k8s.io/v1beta1", since: "1.22", change: NEW_BACKEND },
                Removed { version: "extensions/v1beta1", since: "1.22", change: NEW_BACKEND },
            ],
        ),
        Kind::StorageClass | Kind::CSINode => {
            (&["storage.k8s.io/v1"], &[const { removed("storage.k8s.io/v1beta1", "1.22") }])
        }
        Kind::KubeSchedulerConfiguration => (&["kubescheduler.config.k8s.io/v1"], &[]),
        Kind::Rollout => (&["argoproj.io/v1alpha1"], &[]),
        _ => (&["v1"], &[]),
    }
}

/// Kubernetes' own kinds that nobody here looks at, so that they are not taken for misspelt ones.
const OTHER_KINDS: &[&str] = &[
    "APIService",
    "Binding",
    "CSIDriver",
    "CSIStorageCapacity",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterTrustBundle",
    "ComponentStatus",
    "ControllerRevision",
    "CustomResourceDefinition",
    "DeviceClass",
    "DeviceTaintRule",
    "EndpointSlice",
    "Endpoints",
    "Event",
    "Eviction",
    "FlowSchema",
    "IPAddress",
    "IngressClass",
    "Lease",
    "LeaseCandidate",
    "LocalSubjectAccessReview",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "NetworkPolicy",
    "NodeMetrics",
    "PodCertificateRequest",
    "PodMetrics",
    "PodSchedulingContext",
    "PodSecurityPolicy",
    "PodTemplate",
    "PriorityLevelConfiguration",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "ResourceClass",
    "ResourceQuota",
    "ResourceSlice",
    "Role",
    "RoleBinding",
    "RuntimeClass",
    "Scale",
    "Secret",
    "SelfSubjectAccessReview",
    "ServiceAccount",
    "ServiceCIDR",
    "Status",
    "StorageVersionMigration",
    "SubjectAccessReview",
    "Table",
    "TokenRequest",
    "TokenReview",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumeAttributesClass",
];

/// Kubernetes' own groups. Others are those of custom resources.
const GROUPS: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "metrics.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Whether a group belongs to a custom resource: those have dots in their names.
fn is_custom(group: &str) -> bool {
    group.contains('.') && !GROUPS.contains(&group)
}

fn group_of(version: &str) -> &str {
    version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// What an object is.
///
/// Errors: a kind or a version that the API server does not know.
pub(super) fn identify(value: &Value) -> Result<Identity, Issue> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, version) = (text("kind"), text("apiVersion"));
    let Some(kind) = Kind::named(name) else { return unknown_kind(name, version) };
    let (served, gone) = versions(kind);
    let type_name = match version {
        "autoscaling/v1" if kind == Kind::HorizontalPodAutoscaler => "HorizontalPodAutoscaler.v1",
        _ => kind.name(),
    };
    let usual = served[0];
    // Recordings and short inputs have no version; kube-scheduler's is looked at by its reader.
    if version.is_empty() || served.contains(&version) || kind == Kind::KubeSchedulerConfiguration {
        return Ok(Identity::Known(kind, type_name, None));
    }
    if let Some(removed) = gone.iter().find(|removed| removed.version == version) {
        let message = format!("`{version}` is gone since Kubernetes {}", removed.since);
        return match removed.change {
            Some(change) => Err(Issue::error("apiVersion", message).with_help(change)),
            None => {
                let issue = Issue::warning("apiVersion", format!("{message}: read as `{usual}`"));
                Ok(Identity::Known(kind, type_name, Some(issue.with_help(format!("write `apiVersion: {usual}`")))))
            }
        };
    }
    let own = group_of(usual);
    let is_near = did_you_mean(group_of(version), [own]).is_some();
    if is_custom(group_of(version)) && group_of(version) != own && !is_near {
        return Ok(Identity::Other);
    }
    let issue = Issue::error("apiVersion", format!("there is no {name} in `{version}`"));
    Err(issue.with_help(format!("write `apiVersion: {usual}`")))
}

fn unknown_kind(name: &str, version: &str) -> Result<Identity, Issue> {
    if is_custom(group_of(version)) || OTHER_KINDS.contains(&name) {
        return Ok(Identity::Other);
    }
    let known = Kind::ALL.iter().map(|kind| kind.name()).chain(OTHER_KINDS.iter().copied());
    let issue = match version {
        "" => Issue::error("kind", format!("`{name}` is no kind of Kubernetes")),
        version => Issue::error("kind", format!("there is no kind `{name}` in `{version}`")),
    };
    let issue = issue.suggest(name, known);
    // Without a version it may be anybody's.
    if version.is_empty() && issue.help.is_none() { Ok(Identity::Other) } else { Err(issue) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(version: &str, kind: &str) -> String {
        match identify(&json!({"apiVersion": version, "kind": kind})) {
            Ok(Identity::Known(_, _, None)) => "known".to_owned(),
            Ok(Identity::Known(_, _, Some(issue))) | Err(issue) => issue.to_string(),
            Ok(Identity::Other) => "other".to_owned(),
        }
    }

    #[test]
    fn kinds_are_known_by_version_and_name() {
        assert_eq!(said("apps/v1", "Deployment"), "known");
        assert_eq!(said("", "Deployment"), "known");
        assert_eq!(said("serving.knative.dev/v1", "Service"), "other");
        assert_eq!(said("v1", "Secret"), "other");
        assert_eq!(said("keda.sh/v1alpha1", "ScaledObject"), "other");
    }

    #[test]
    fn what_the_api_server_does_not_know_is_refused_with_what_was_meant() {
        assert!(said("apps/v1", "Deploymet").contains("did you mean `Deployment`?"));
        assert!(said("v1", "Podd").contains("did you mean `Pod`?"));
        assert!(said("v1", "Deployment").contains("write `apiVersion: apps/v1`"));
        assert!(said("networking.k8s.oi/v1", "Ingress").contains("write `apiVersion: networking.k8s.io/v1`"));
        assert!(said("autoscaling/v2beta1", "HorizontalPodAutoscaler").contains("gone since Kubernetes 1.25"));
        assert!(said("batch/v1beta1", "CronJob").starts_with("warning: "));
    }
}

//! Labels that queries keep. Where kube-state-metrics or an exporter is scraped without `honorLabels`, Prometheus puts
//! `exported_` before the labels that are its own: both are kept.

/// Labels that tell whose an application's metrics are.
pub(super) const WORKLOAD: &[&str] = &[
    "namespace",
    "exported_namespace",
    "kubernetes_namespace",
    "k8s_namespace_name",
    "k8s_deployment_name",
    "service_name",
    "exported_job",
    "workload",
    "application",
    "app",
    "service",
    "container",
    "job",
];

pub(super) const ISTIO: &[&str] = &["destination_workload", "destination_workload_namespace"];

pub(super) const INGRESS: &[&str] = &["namespace", "exported_namespace", "service", "exported_service"];

pub(super) const POD: &[&str] = &["namespace", "pod"];
pub(super) const KUBE_POD: &[&str] = &["namespace", "exported_namespace", "pod", "exported_pod"];
pub(super) const DEPLOYMENT: &[&str] = &["namespace", "exported_namespace", "deployment"];
pub(super) const STATEFUL_SET: &[&str] = &["namespace", "exported_namespace", "statefulset"];
pub(super) const DAEMON_SET: &[&str] = &["namespace", "exported_namespace", "daemonset"];
pub(super) const POD_INFO: &[&str] = &[
    "namespace",
    "exported_namespace",
    "pod",
    "exported_pod",
    "node",
    "exported_node",
    "created_by_kind",
    "created_by_name",
];
pub(super) const POD_OWNER: &[&str] =
    &["namespace", "exported_namespace", "pod", "exported_pod", "owner_kind", "owner_name"];
pub(super) const REPLICA_SET: &[&str] = &["namespace", "exported_namespace", "replicaset", "owner_kind", "owner_name"];
pub(super) const NODE: &[&str] = &["node", "exported_node"];
/// The labels that clouds and tools give to the nodes of a group, as kube-state-metrics writes them; the first that is there counts.
pub(in crate::past::prometheus) const GROUP_LABELS: &[&str] = &[
    "label_karpenter_sh_nodepool",
    "label_alpha_eksctl_io_nodegroup_name",
    "label_eks_amazonaws_com_nodegroup",
    "label_cloud_google_com_gke_nodepool",
    "label_kops_k8s_io_instancegroup",
    "label_kubernetes_azure_com_agentpool",
    "label_agentpool",
    "label_nodegroup_name",
    "label_node_group",
    "label_nodegroup",
    "label_nodepool",
];
/// The upper bound of a bucket.
pub(super) const LE: &[&str] = &["le"];
/// What became of a request.
pub(super) const STATUS: &[&str] = &["status", "code", "status_code", "http_response_status_code", "http_status_code"];
pub(super) const INGRESS_ROUTE: &[&str] = &["ingress", "host", "path", "status"];
pub(super) const ISTIO_SOURCE: &[&str] = &["source_workload", "source_workload_namespace", "response_code"];

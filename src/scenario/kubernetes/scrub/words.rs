//! Words that Kubernetes and the providers give: they say nothing about whose cluster it is.

/// What stands for a name.
pub(super) type Rename<'r> = &'r mut dyn FnMut(&str) -> String;

/// Names of any kind.
const NAMES: &[&str] = &[
    "",
    "default",
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "default-scheduler",
    "system-cluster-critical",
    "system-node-critical",
    "cpu",
    "memory",
    "ephemeral-storage",
    "storage",
    "pods",
    "nginx",
    "alb",
    "gce",
    "gce-internal",
    "gp2",
    "gp3",
    "io1",
    "io2",
    "st1",
    "sc1",
    "standard",
    "standard-rwo",
    "premium-rwo",
    "ebs.csi.aws.com",
    "efs.csi.aws.com",
    "pd.csi.storage.gke.io",
    "kubernetes.io/aws-ebs",
    "kubernetes.io/gce-pd",
    "kubernetes.io/no-provisioner",
    "service.k8s.aws/nlb",
    "eks.amazonaws.com/nlb",
    "k8s.io/ingress-nginx",
    "ingress.k8s.aws/alb",
    "eks.amazonaws.com/alb",
    "cluster-autoscaler",
    "kubernetes",
    "metadata.name",
];

/// Ends of the domains of labels, resources and annotations that are public.
const DOMAINS: &[&str] = &[
    "kubernetes.io",
    "k8s.io",
    "eks.amazonaws.com",
    "k8s.aws",
    "cloud.google.com",
    "gke.io",
    "karpenter.sh",
    "karpenter.k8s.aws",
    "azure.com",
    "nvidia.com",
    "amd.com",
    "aws.amazon.com",
    "google.com",
    "intel.com",
    "eksctl.io",
];

/// Keys whose values say what machines are like, and where.
const PUBLIC_VALUES: &[&str] = &[
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "topology.ebs.csi.aws.com/zone",
    "topology.gke.io/zone",
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "eks.amazonaws.com/capacityType",
    "karpenter.sh/capacity-type",
    "cloud.google.com/gke-spot",
    "cloud.google.com/gke-preemptible",
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/machine-family",
    "node.kubernetes.io/exclude-from-external-load-balancers",
    "eks.amazonaws.com/compute-type",
];

/// Whether a name is one that everybody has.
pub(super) fn is_common_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Whether the key of a label, or the name of a resource, is public.
pub(super) fn is_public_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, _)) => DOMAINS
            .iter()
            .any(|known| domain.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))),
        None => {
            ["cpu", "memory", "ephemeral-storage", "storage", "pods"].contains(&key)
                || key.starts_with("hugepages-")
                || key.starts_with("attachable-volumes-")
        }
    }
}

/// Whether the values of a label of that key are public, too.
pub(super) fn has_public_values(key: &str) -> bool {
    PUBLIC_VALUES.contains(&key)
}

/// Values that every label may have.
pub(super) fn is_plain_value(value: &str) -> bool {
    ["", "true", "false"].contains(&value)
}

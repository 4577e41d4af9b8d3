//! A machine of a type as a node: what it is in truth, and what Cluster Autoscaler takes it for while it has seen none.

use crate::autoscaler::{Foretold, Tags};
use crate::cluster::{Effect, NodeCapacity, NodeTemplate, Resources, Taint};
use crate::market::{InstanceType, NodeResources, NodeSettings, Provider};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::meta::ObjectMeta;
use crate::scenario::kubernetes::pod::{Container, PodSpec, ResourceRequirements};
use crate::units::Quantity;
use std::collections::BTreeMap;

/// Tags by which a group of machines tells Cluster Autoscaler what its nodes are like.
pub(crate) const NODE_TEMPLATE: &str = "k8s.io/cluster-autoscaler/node-template/";
/// Pods on a node, by Cluster Autoscaler's word for any EC2 type.
const PODS_ON_EC2: i64 = 110;
/// Milli-cores of the kube-proxy that a template has. Upstream: `cloudprovider.KubeProxyCpuRequestMillis`, 1.28.0.
const KUBE_PROXY_MILLI: &str = "100m";

/// Names that kubelets and node managers still set beside the stable ones.
///
/// Upstream: `k8s.io/api/core/v1/well_known_labels.go`, 1.28.
const OLD_NAMES: [(&str, &str); 4] = [
    ("kubernetes.io/arch", "beta.kubernetes.io/arch"),
    ("kubernetes.io/os", "beta.kubernetes.io/os"),
    ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"),
    ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"),
];

/// A machine type in a node group.
pub(crate) struct MachineNode<'a> {
    pub(crate) kind: InstanceType,
    pub(crate) group: &'a str,
    pub(crate) region: &'a str,
    /// Cluster Autoscaler's template is of the first one.
    pub(crate) zone: Option<&'a str>,
    pub(crate) spot: bool,
    pub(crate) labels: &'a BTreeMap<String, String>,
    /// Key, value, effect.
    pub(crate) taints: &'a [(String, String, String)],
    pub(crate) tags: &'a Tags,
    /// What there is besides cpu, memory and disk.
    pub(crate) extended: &'a BTreeMap<String, Quantity>,
    pub(crate) settings: NodeSettings,
    /// The group is not EKS's.
    pub(crate) self_managed: bool,
    /// The cluster's name, where it is known.
    pub(crate) cluster: Option<&'a str>,
}

impl MachineNode<'_> {
    /// The node that registers; zone and name are set at launch. Errors: a taint whose effect is none.
    pub(crate) fn node(&self, converter: &mut Converter<'_>) -> Result<NodeTemplate, String> {
        let (capacity, allocatable) = (self.kind.capacity(self.settings), self.kind.allocatable(self.settings));
        let mut labels = self.generic_labels();
        for (name, old) in OLD_NAMES {
            labels.extend(labels.get(name).cloned().map(|value| (old.to_owned(), value)));
        }
        match self.kind.provider {
            Provider::Aws if self.self_managed => {}
            Provider::Aws => {
                labels.insert("eks.amazonaws.com/capacityType".into(), self.capacity_type().into());
                labels.insert("eks.amazonaws.com/nodegroup".into(), self.group.to_owned());
            }
            Provider::Gcp => {
                let family = self.kind.name.split('-').next().unwrap_or_default();
                labels.insert("cloud.google.com/gke-nodepool".into(), self.group.to_owned());
                labels.insert("cloud.google.com/machine-family".into(), family.to_owned());
                // Set again where the zone turns out to be another.
                labels.extend(self.zone.map(|zone| ("topology.gke.io/zone".to_owned(), zone.to_owned())));
                labels.insert("cloud.google.com/gke-os-distribution".into(), "cos".into());
                labels.insert("cloud.google.com/gke-container-runtime".into(), "containerd".into());
                let provisioning = if self.spot { "spot" } else { "standard" };
                labels.insert("cloud.google.com/gke-provisioning".into(), provisioning.into());
                if self.spot {
                    labels.insert("cloud.google.com/gke-spot".into(), "true".into());
                }
            }
        }
        labels.extend(self.labels.clone());
        let taints = self.taints.iter().map(|(key, value, effect)| {
            Ok(Taint { key: converter.symbol(key), value: converter.symbol(value), effect: effect_of(effect)? })
        });
        let taints = taints.collect::<Result<Vec<Taint>, String>>()?;
        Ok(NodeTemplate {
            labels: converter.labels(&labels),
            taints,
            capacity: self.sized(capacity, converter),
            allocatable: self.sized(allocatable, converter),
            ..NodeTemplate::default()
        })
    }

    /// What Cluster Autoscaler takes a new node for: on AWS the type's nominal size, 110 pods, nothing reserved, and of
    /// labels, taints and resources what it is told by tags, for EKS's groups the labels of the node group too. Their
    /// taints are read with effects as EKS spells them, which nothing matches (kubernetes/autoscaler#6481).
    /// On Google Cloud it subtracts what is reserved, as the node does itself.
    ///
    /// Upstream: `AwsManager.buildNodeFromTemplate`, `GceTemplateBuilder.BuildNodeFromTemplate`, 1.28.0.
    pub(crate) fn foretold(&self, truth: &NodeTemplate, converter: &mut Converter<'_>) -> Foretold {
        let mut template = match self.kind.provider {
            Provider::Aws => self.nominal(converter),
            Provider::Gcp => truth.clone(),
        };
        if let Some(zone) = self.zone {
            let key = converter.symbol("topology.kubernetes.io/zone");
            template.labels.set(key, converter.symbol(zone));
        }
        Foretold { template, pods: vec![kube_proxy(converter)] }
    }

    fn nominal(&self, converter: &mut Converter<'_>) -> NodeTemplate {
        let mut there = Resources::new(self.kind.cpu_milli, self.kind.memory_bytes);
        there.set_scalar(converter.symbol("nvidia.com/gpu"), i64::from(self.kind.gpus));
        let mut pods = PODS_ON_EC2;
        for (name, text) in self.told("resources/") {
            let Ok(amount) = text.parse::<Quantity>() else { continue };
            match name {
                "cpu" => there.cpu_milli = amount.milli_value(),
                "memory" => there.memory_bytes = amount.value(),
                "ephemeral-storage" => there.ephemeral_bytes = amount.value(),
                "pods" => pods = amount.value(),
                _ => there.set_scalar(converter.symbol(name), amount.value()),
            }
        }
        let mut labels = self.generic_labels();
        labels.extend(self.told("label/").map(|(name, value)| (name.to_owned(), value.to_owned())));
        if !self.self_managed {
            // What follows `eks:` in a tag is a label too.
            labels.insert("nodegroup-name".into(), self.group.to_owned());
            labels.extend(self.cluster.map(|name| ("cluster-name".to_owned(), name.to_owned())));
            labels.insert("capacityType".into(), self.capacity_type().into());
            labels.insert("eks.amazonaws.com/nodegroup".into(), self.group.to_owned());
            labels.extend(self.labels.clone());
        }
        let taint = |(key, text): (&str, &str)| {
            let (value, effect) = text.split_once(':')?;
            let effect = effect_of(effect).ok()?;
            Some(Taint { key: converter.symbol(key), value: converter.symbol(value), effect })
        };
        let taints = self.told("taint/").filter_map(taint).collect();
        let there = NodeCapacity { resources: there, pods };
        NodeTemplate {
            labels: converter.labels(&labels),
            taints,
            capacity: there.clone(),
            allocatable: there,
            ..NodeTemplate::default()
        }
    }

    /// Tags of one kind: what follows, and the value.
    fn told<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let told =
            move |key: &'a str| key.strip_prefix(NODE_TEMPLATE)?.strip_prefix(kind).filter(|name| !name.is_empty());
        self.tags.iter().filter_map(move |(key, value)| Some((told(key)?, value.as_str())))
    }

    fn generic_labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("kubernetes.io/arch".to_owned(), self.kind.architecture.name().to_owned()),
            ("kubernetes.io/os".to_owned(), "linux".to_owned()),
            ("node.kubernetes.io/instance-type".to_owned(), self.kind.name.to_owned()),
            ("topology.kubernetes.io/region".to_owned(), self.region.to_owned()),
        ])
    }

    fn capacity_type(&self) -> &'static str {
        if self.spot { "SPOT" } else { "ON_DEMAND" }
    }

    /// With accelerators, as a device plugin reports them, and with what the scenario adds.
    fn sized(&self, resources: NodeResources, converter: &mut Converter<'_>) -> NodeCapacity {
        let mut there = Resources {
            ephemeral_bytes: resources.ephemeral_bytes,
            ..Resources::new(resources.cpu_milli, resources.memory_bytes)
        };
        if self.kind.gpus > 0 {
            there.set_scalar(converter.symbol(accelerator(self.kind.name)), i64::from(self.kind.gpus));
        }
        for (name, amount) in self.extended {
            there.set_scalar(converter.symbol(name), amount.value());
        }
        NodeCapacity { resources: there, pods: resources.pods }
    }
}

/// The resource by which a type's accelerators are asked for.
pub(crate) fn accelerator(instance_type: &str) -> &'static str {
    match instance_type.split('.').next().unwrap_or_default() {
        "g4ad" => "amd.com/gpu",
        "dl1" => "habana.ai/gaudi",
        _ => "nvidia.com/gpu",
    }
}

/// `NO_SCHEDULE` as EKS spells it, or `NoSchedule`. Errors: what was found, and what is right.
fn effect_of(text: &str) -> Result<Effect, String> {
    match text.replace('_', "").to_ascii_lowercase().as_str() {
        "noschedule" => Ok(Effect::NoSchedule),
        "prefernoschedule" => Ok(Effect::PreferNoSchedule),
        "noexecute" => Ok(Effect::NoExecute),
        _ => Err(format!("`{text}` is not a taint's effect; write NO_SCHEDULE, PREFER_NO_SCHEDULE or NO_EXECUTE")),
    }
}

/// The pod that every template of a cloud has, beside the one of a DaemonSet.
///
/// Upstream: `cloudprovider.BuildKubeProxy`, 1.28.0.
fn kube_proxy(converter: &mut Converter<'_>) -> crate::cluster::PodSpecId {
    let metadata = ObjectMeta {
        name: "kube-proxy".into(),
        namespace: Some("kube-system".into()),
        labels: BTreeMap::from([("component".into(), "kube-proxy".into()), ("tier".into(), "node".into())]),
        annotations: BTreeMap::from([("kubernetes.io/config.mirror".into(), "true".into())]),
        ..ObjectMeta::default()
    };
    let requests = KUBE_PROXY_MILLI.parse().map(|cpu| BTreeMap::from([("cpu".to_owned(), cpu)])).unwrap_or_default();
    let resources = ResourceRequirements { requests, ..ResourceRequirements::default() };
    let container =
        Container { name: "kube-proxy".into(), image: "kubeproxy".into(), resources, ..Container::default() };
    converter.pod_spec(&metadata, &PodSpec { containers: vec![container], ..PodSpec::default() })
}

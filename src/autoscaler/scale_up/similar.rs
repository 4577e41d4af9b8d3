//! Groups that are the same but for their zone, and the balance between them.

use crate::autoscaler::flags::Flags;
use crate::autoscaler::templates::Template;
use crate::autoscaler::view::{Groups, Increase};
use crate::cluster::ClusterState;
use crate::go_sort;
use crate::id::GroupId;
use crate::intern::Symbol;

/// Labels that may differ between similar groups. Upstream: `BasicIgnoredLabels` and the providers' own.
const IGNORED: &[&str] = &[
    "kubernetes.io/hostname",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "beta.kubernetes.io/fluentd-ds-ready",
    "kops.k8s.io/instancegroup",
];
const IGNORED_AWS: &[&str] = &[
    "alpha.eksctl.io/instance-id",
    "alpha.eksctl.io/nodegroup-name",
    "eks.amazonaws.com/nodegroup",
    "k8s.amazonaws.com/eniConfig",
    "lifecycle",
    "topology.ebs.csi.aws.com/zone",
];
const IGNORED_GCE: &[&str] = &["topology.gke.io/zone"];
const IGNORED_AZURE: &[&str] = &[
    "agentpool",
    "aksEngineVersion",
    "creationSource",
    "kubernetes.azure.com/agentpool",
    "kubernetes.azure.com/consolidated-additional-properties",
    "poolName",
    "resourceNameSuffix",
    "topology.disk.csi.azure.com/zone",
];
/// Groups with the same value of one of these are similar, whatever else differs.
const AZURE_POOLS: [&str; 2] = ["kubernetes.azure.com/agentpool", "agentpool"];

/// What is compared of a group's nodes.
pub(in crate::autoscaler) struct Likeness {
    /// The values of the labels that alone count, if the flags name some.
    balancing: Option<Vec<Option<Symbol>>>,
    /// The node pool's names, on Azure.
    pools: [Option<Symbol>; 2],
    columns: Vec<Column>,
    labels: Vec<(Symbol, Symbol)>,
}

impl Likeness {
    /// Upstream: `IsCloudProviderNodeInfoSimilar`, `CreateLabelNodeInfoComparator`, `nodesFromSameAzureNodePool`,
    /// 1.28.0.
    pub(in crate::autoscaler) fn of(cluster: &ClusterState, flags: &Flags, template: &Template) -> Likeness {
        let value = |label: &str| template.node.labels.get(cluster.symbols.lookup(label)?);
        let balancing = || flags.balancing_labels.iter().map(|label| value(label)).collect();
        let pool = |label: &str| value(label).filter(|name| flags.cloud_provider == "azure" && *name != Symbol::EMPTY);
        Likeness {
            balancing: (!flags.balancing_labels.is_empty()).then(balancing),
            pools: AZURE_POOLS.map(pool),
            columns: columns(cluster, template),
            labels: labels(cluster, flags, template),
        }
    }

    /// Whether two groups' nodes are the same but for what may differ: capacity equal, memory almost;
    /// allocatable and free almost (the flags' ratios); labels equal but for the ignored ones.
    pub(in crate::autoscaler) fn resembles(&self, other: &Likeness, flags: &Flags) -> bool {
        if let (Some(own), Some(theirs)) = (&self.balancing, &other.balancing) {
            return own.iter().zip(theirs).all(|(own, theirs)| own.is_some() && own == theirs);
        }
        if self.pools.iter().zip(&other.pools).any(|(own, theirs)| own.is_some() && own == theirs) {
            return true;
        }
        let alike = |(a, b): (&Column, &Column)| {
            let capacity = match a.name {
                Name::Memory => within(a.capacity, b.capacity, flags.memory_difference_ratio),
                _ => a.capacity == b.capacity,
            };
            a.name == b.name
                && capacity
                && within(a.allocatable, b.allocatable, flags.max_allocatable_difference_ratio)
                && within(a.free, b.free, flags.max_free_difference_ratio)
        };
        self.columns.len() == other.columns.len()
            && self.columns.iter().zip(&other.columns).all(alike)
            && self.labels == other.labels
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Cpu,
    Memory,
    Ephemeral,
    Pods,
    Scalar(Symbol),
}

struct Column {
    name: Name,
    capacity: i64,
    allocatable: i64,
    free: i64,
}

fn columns(cluster: &ClusterState, template: &Template) -> Vec<Column> {
    let used = template.used(cluster);
    let (capacity, allocatable) = (&template.node.capacity, &template.node.allocatable);
    let column = |name, capacity: i64, allocatable: i64, used: i64| Column {
        name,
        capacity,
        allocatable,
        free: allocatable - used,
    };
    let (c, a) = (&capacity.resources, &allocatable.resources);
    let mut rows = vec![
        column(Name::Cpu, c.cpu_milli, a.cpu_milli, used.cpu_milli),
        column(Name::Memory, c.memory_bytes, a.memory_bytes, used.memory_bytes),
        column(Name::Ephemeral, c.ephemeral_bytes, a.ephemeral_bytes, used.ephemeral_bytes),
        column(Name::Pods, capacity.pods, allocatable.pods, 0),
    ];
    for (name, amount) in &c.scalar {
        rows.push(column(Name::Scalar(*name), *amount, a.scalar(*name), used.scalar(*name)));
    }
    rows
}

fn within(a: i64, b: i64, share: f64) -> bool {
    let larger = a.max(b);
    (a - b).abs() as f64 <= larger as f64 * share
}

fn labels(cluster: &ClusterState, flags: &Flags, template: &Template) -> Vec<(Symbol, Symbol)> {
    let of_provider = match flags.cloud_provider.as_str() {
        "aws" => IGNORED_AWS,
        "gce" => IGNORED_GCE,
        "azure" => IGNORED_AZURE,
        _ => &[],
    };
    let counts = |(key, _): &(Symbol, Symbol)| {
        let key = cluster.symbols.text(*key);
        !IGNORED.contains(&key)
            && !of_provider.contains(&key)
            && !flags.balancing_ignore_labels.iter().any(|ignored| ignored == key)
    };
    template.node.labels.iter().filter(counts).collect()
}

/// Divides `count` new nodes such that the groups end up as equal as they can.
///
/// Upstream: `BalanceScaleUpBetweenGroups`, 1.28.0.
pub(in crate::autoscaler) fn balance(groups: &Groups<'_>, among: &[GroupId], count: i32) -> Vec<Increase> {
    let increase = |group: &GroupId| {
        let view = &groups[*group];
        Increase { group: *group, from: view.target, to: view.target, fails: view.increase_fails }
    };
    let mut rows: Vec<Increase> =
        among.iter().filter(|g| groups[**g].target != groups[**g].max).map(increase).collect();
    let room = |row: &Increase| (groups[row.group].max - row.from).max(0);
    let mut left = count.min(rows.iter().map(room).sum());
    go_sort::sort_by(&mut rows, |a, b| a.from < b.from);
    let (mut start, mut at) = (0, 0);
    while left > 0 {
        if rows[at].to < groups[rows[at].group].max {
            rows[at].to += 1;
            left -= 1;
        } else {
            rows.swap(start, at);
            start += 1;
        }
        if at + 1 < rows.len() && rows[at].to > rows[at + 1].to {
            at += 1;
        } else {
            at = start;
        }
    }
    rows.retain(|row| row.to != row.from);
    rows
}

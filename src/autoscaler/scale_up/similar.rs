//! Groups that are the same but for their zone, and the balance between them.

use crate::autoscaler::flags::Flags;
use crate::autoscaler::templates::Template;
use crate::autoscaler::view::{Groups, Increase, ResourceName, Unlike};
use crate::cluster::ClusterState;
use crate::go_sort::{self, Go};
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
/// The clouds' further ones, of later versions.
const IGNORED_LATER: [(&str, &str); 2] =
    [("aws", "topology.k8s.aws/zone-id"), ("azure", "kubernetes.azure.com/node-image-version")];
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
    /// Those labels, where the cluster knows them.
    balancing_keys: Vec<Symbol>,
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
            balancing_keys: flags
                .balancing_labels
                .iter()
                .map(|key| cluster.symbols.lookup(key).unwrap_or_default())
                .collect(),
            pools: AZURE_POOLS.map(pool),
            columns: columns(cluster, template),
            labels: labels(cluster, flags, template),
        }
    }

    /// What two groups' nodes differ in more than they may: capacity is equal, memory almost; allocatable and free
    /// almost (the flags' ratios); labels are equal but for the ignored ones.
    pub(in crate::autoscaler) fn difference(&self, other: &Likeness, flags: &Flags) -> Option<Unlike> {
        if let (Some(own), Some(theirs)) = (&self.balancing, &other.balancing) {
            let differs =
                |(_, (own, theirs)): &(&Symbol, (&Option<Symbol>, &Option<Symbol>))| own.is_none() || own != theirs;
            return self
                .balancing_keys
                .iter()
                .zip(own.iter().zip(theirs))
                .find(differs)
                .map(|(key, _)| Unlike::Label(*key));
        }
        if self.pools.iter().zip(&other.pools).any(|(own, theirs)| own.is_some() && own == theirs) {
            return None;
        }
        for row in &self.columns {
            let theirs = other.columns.iter().find(|column| column.name == row.name);
            let difference = theirs.map_or(Some(row.alone(true)), |theirs| row.difference(theirs, flags));
            if difference.is_some() {
                return difference;
            }
        }
        if let Some(extra) = other.columns.iter().find(|column| !self.columns.iter().any(|own| own.name == column.name))
        {
            return Some(extra.alone(false));
        }
        let (own, theirs) = (&self.labels, &other.labels);
        let alone = |labels: &[(Symbol, Symbol)], others: &[(Symbol, Symbol)]| {
            labels.iter().find(|label| !others.contains(label)).map(|(key, _)| Unlike::Label(*key))
        };
        if own == theirs { None } else { alone(own, theirs).or_else(|| alone(theirs, own)) }
    }
}

impl Column {
    fn difference(&self, other: &Column, flags: &Flags) -> Option<Unlike> {
        let capacity = if self.name == ResourceName::Memory { flags.memory_difference_ratio } else { 0.0 };
        let rows = [
            ("capacity", self.capacity, other.capacity, capacity),
            ("allocatable", self.allocatable, other.allocatable, flags.max_allocatable_difference_ratio),
            ("free", self.free, other.free, flags.max_free_difference_ratio),
        ];
        let (of, own, other, allowed) = rows.into_iter().find(|(_, a, b, share)| !within(*a, *b, *share))?;
        Some(Unlike::Amount { of, resource: self.name, own, other, allowed })
    }

    /// Only one of the groups has the resource: the option's own, or the other.
    fn alone(&self, own: bool) -> Unlike {
        let (own, other) = if own { (self.capacity, 0) } else { (0, self.capacity) };
        Unlike::Amount { of: "capacity", resource: self.name, own, other, allowed: 0.0 }
    }
}

struct Column {
    name: ResourceName,
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
        column(ResourceName::Cpu, c.cpu_milli, a.cpu_milli, used.cpu_milli),
        column(ResourceName::Memory, c.memory_bytes, a.memory_bytes, used.memory_bytes),
        column(ResourceName::Ephemeral, c.ephemeral_bytes, a.ephemeral_bytes, used.ephemeral_bytes),
        column(ResourceName::Pods, capacity.pods, allocatable.pods, 0),
    ];
    for (name, amount) in &c.scalar {
        rows.push(column(ResourceName::Scalar(*name), *amount, a.scalar(*name), used.scalar(*name)));
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
    let is_later =
        |key: &str| flags.rules.ignores_more_labels && IGNORED_LATER.contains(&(flags.cloud_provider.as_str(), key));
    let counts = |(key, _): &(Symbol, Symbol)| {
        let key = cluster.symbols.text(*key);
        !IGNORED.contains(&key)
            && !of_provider.contains(&key)
            && !is_later(key)
            && !flags.balancing_ignore_labels.iter().any(|ignored| ignored == key)
    };
    template.node.labels.iter().filter(counts).collect()
}

/// Divides `count` new nodes such that the groups end up as equal as they can.
///
/// Upstream: `BalanceScaleUpBetweenGroups`, 1.28.0.
pub(in crate::autoscaler) fn balance(go: Go, groups: &Groups<'_>, among: &[GroupId], count: i32) -> Vec<Increase> {
    let increase = |group: &GroupId| {
        let view = &groups[*group];
        Increase { group: *group, from: view.target, to: view.target, fails: view.increase_fails }
    };
    let mut rows: Vec<Increase> =
        among.iter().filter(|g| groups[**g].target != groups[**g].max).map(increase).collect();
    let room = |row: &Increase| (groups[row.group].max - row.from).max(0);
    let mut left = count.min(rows.iter().map(room).sum());
    go_sort::sort_by_of(go, &mut rows, |a, b| a.from < b.from);
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

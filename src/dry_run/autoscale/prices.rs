//! What a node of each group costs: as declared, at list price, or as Cluster Autoscaler's pricing model has it.

use super::surroundings::CloudGroup;
use crate::autoscaler::{Expander, Flags};
use crate::cluster::{ClusterState, NodeTemplate};
use crate::market::{PriceBook, region_of_zone};
use crate::scenario::issue::{Issue, Issues};

const GIB: f64 = (1_u64 << 30) as f64;

/// Prices those groups that have none, and says where the price expander goes by no list price.
pub(super) fn price_groups(
    groups: &mut [CloudGroup],
    cluster: &ClusterState,
    (flags, prices): (&Flags, &dyn PriceBook),
    issues: &mut Issues,
) {
    let asked = flags.expander.contains(&Expander::Price);
    for group in groups.iter_mut().filter(|group| group.price.is_none()) {
        let node = Labels { node: &group.template, cluster };
        group.price = node.list_price(prices);
        if group.price.is_some() || !asked {
            continue;
        }
        let machine = node.text("node.kubernetes.io/instance-type").map(str::to_owned);
        let machine = machine.unwrap_or_else(|| "its machine type".to_owned());
        group.price = (flags.cloud_provider == "gce").then(|| node.model_price()).flatten();
        let message = match group.price {
            Some(price) => format!(
                "the price of {machine} is not known: taken by its cpu and memory, {price:.4} USD per hour, as Cluster Autoscaler does"
            ),
            None => format!("the price of {machine} is not known: the price expander leaves the group out"),
        };
        let help = "declare `price:` (USD per node and hour) in a --node-groups file";
        issues.push(Issue::warning(format!("node group {}", group.name), message).with_help(help));
    }
}

/// A node and the texts of its labels.
struct Labels<'a> {
    node: &'a NodeTemplate,
    cluster: &'a ClusterState,
}

impl<'a> Labels<'a> {
    fn text(&self, key: &str) -> Option<&'a str> {
        let symbols = &self.cluster.symbols;
        Some(symbols.text(self.node.labels.get(symbols.lookup(key)?)?))
    }

    /// USD per hour of capacity as the labels call it, by machine type and zone.
    fn list_price(&self, prices: &dyn PriceBook) -> Option<f64> {
        let kind = self.text("node.kubernetes.io/instance-type")?;
        let zone = self.text("topology.kubernetes.io/zone").map(region_of_zone);
        let offering = prices.offering(kind, self.text("topology.kubernetes.io/region").or(zone)?).ok()?;
        let spot = if self.is_spot() { offering.spot } else { None };
        Some(spot.unwrap_or(offering.on_demand).net.usd())
    }

    fn is_spot(&self) -> bool {
        self.is_preemptible() || self.text("eks.amazonaws.com/capacityType") == Some("SPOT")
    }

    fn is_preemptible(&self) -> bool {
        SPOT_LABELS.iter().any(|label| self.text(label) == Some("true"))
    }

    /// USD per hour by cpu and memory, for machine types that are not in Cluster Autoscaler's list.
    ///
    /// Upstream: `GcePriceModel.NodePrice`, `getBasePrice`, `getPreemptibleDiscount`, 1.28.0; without accelerators.
    fn model_price(&self) -> Option<f64> {
        let kind = self.text("node.kubernetes.io/instance-type")?;
        let table = if kind.contains("custom") { CUSTOM } else { PREDEFINED };
        let family = kind.split('-').next();
        let row = table.iter().find(|row| Some(row.0) == family);
        let &(_, core, gib, spot) = row.unwrap_or(&("", 0.033_174, 0.004_446, 0.006_98));
        let there = &self.node.capacity.resources;
        let price = there.cpu_milli as f64 / 1000.0 * core + there.memory_bytes as f64 / GIB * gib;
        Some(if self.is_preemptible() { price * spot / core } else { price })
    }
}

const SPOT_LABELS: [&str; 2] = ["cloud.google.com/gke-spot", "cloud.google.com/gke-preemptible"];

/// By family: USD per hour for a core, for a GiB, for a core of a preemptible machine.
type Rates = &'static [(&'static str, f64, f64, f64)];

/// Upstream: `predefinedCpuPricePerHour` and those beside it, 1.28.0.
const PREDEFINED: Rates = &[
    ("a2", 0.031_611, 0.004_237, 0.009_483),
    ("c2", 0.033_98, 0.004_55, 0.008_22),
    ("c2d", 0.029_563, 0.003_959, 0.007_154),
    ("e2", 0.021_811, 0.002_923, 0.006_543),
    ("m1", 0.034_8, 0.005_1, 0.007_33),
    ("n1", 0.031_611, 0.004_237, 0.006_655),
    ("n2", 0.031_611, 0.004_237, 0.007_65),
    ("n2d", 0.027_502, 0.003_686, 0.002_773),
    ("t2d", 0.027_502, 0.003_686, 0.006_655),
];

/// Upstream: `customCpuPricePerHour` and those beside it, 1.28.0.
const CUSTOM: Rates = &[
    ("e2", 0.022_89, 0.003_067, 0.006_867),
    ("n1", 0.033_174, 0.004_446, 0.006_98),
    ("n2", 0.033_174, 0.004_446, 0.008_02),
    ("n2d", 0.028_877, 0.003_87, 0.002_908),
];

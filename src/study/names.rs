//! What the rows of a study's figures are called: once for all its replications.

use crate::cost::{ChargeKind, Item, ItemId, NamespaceId, Owner, Payer, PriceType};
use crate::id::{GroupId, Id, IdVec, WorkloadId};
use crate::intern::Symbol;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::world::Cast;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An object of Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectName {
    /// Its namespace; empty where it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What a workload is known by where costs are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnerName {
    /// `Deployment`.
    pub kind: String,
    /// Of its pods.
    pub labels: BTreeMap<String, String>,
    /// The Services that select its pods, sorted.
    pub services: Vec<String>,
}

/// What lines of the bill are of, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ItemName {
    /// As [`Item`] has it, and so with all that follow.
    pub kind: Option<ChargeKind>,
    /// The provider's service.
    pub service: String,
    /// What it sells.
    pub sku: String,
    /// A few words.
    pub name: String,
    /// The thing that is paid for.
    pub resource: String,
    /// Where.
    pub region: String,
    /// Where in the region.
    pub zone: Option<String>,
    /// The node group, for nodes.
    pub group: Option<GroupId>,
    /// The namespace that pays it all, if one does.
    pub namespace: Option<String>,
    /// Labels and tags, sorted.
    pub labels: BTreeMap<String, String>,
    /// The unit that is paid for.
    pub unit: String,
    /// The public list price of a unit, nano-USD, by tier.
    pub list_prices: Vec<i64>,
    /// What is paid for a unit, nano-USD, by tier.
    pub net_prices: Vec<i64>,
    /// Who published the price.
    pub price_source: String,
    /// When.
    pub price_date: String,
    /// How it was estimated, if it was.
    pub estimated: Option<String>,
    /// Spot prices, and others that change from hour to hour.
    pub varies: bool,
}

/// The names of everything that figures are about, in the order of their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Names {
    /// Services, with the namespaces of the pods that serve them.
    pub services: IdVec<ServiceId, ObjectName>,
    /// Entry routes.
    pub routes: IdVec<RouteId, String>,
    /// Workloads.
    pub workloads: IdVec<WorkloadId, ObjectName>,
    /// HPAs in the cast's order, with the workload that each scales.
    pub hpas: Vec<(ObjectName, WorkloadId)>,
    /// Node groups.
    pub groups: IdVec<GroupId, String>,
    /// Who causes costs, by workload.
    pub owners: IdVec<WorkloadId, OwnerName>,
    /// What lines of the bill are of.
    pub items: IdVec<ItemId, ItemName>,
    /// Namespaces that may have to pay, sorted.
    pub namespaces: IdVec<NamespaceId, String>,
}

impl Names {
    /// The names in a cast.
    pub fn of(cast: &Cast) -> Self {
        let text = |symbol: Symbol| cast.cluster.symbols.text(symbol);
        let object = |namespace: Option<Symbol>, name: &str| ObjectName {
            namespace: namespace.map_or("", text).to_owned(),
            name: name.to_owned(),
        };
        let specs = cast.cluster.specs().map(|(_, spec)| spec.namespace);
        let paying = specs.chain(cast.billing.namespaces.values().copied());
        let paying = paying.chain(cast.workloads.values().map(|row| row.namespace));
        let namespaces: BTreeSet<&str> = paying.map(text).collect();
        let traffic = cast.traffic.as_ref();
        let service = |row: &crate::world::Service| {
            object(row.workload.map(|workload| cast.workloads[workload].namespace), &row.name)
        };
        let hpa = |hpa: &crate::world::Hpa| {
            (object(Some(cast.workloads[hpa.workload].namespace), text(hpa.name)), hpa.workload)
        };
        Names {
            services: traffic.into_iter().flat_map(|traffic| traffic.services.values()).map(service).collect(),
            routes: traffic
                .into_iter()
                .flat_map(|traffic| traffic.graph.routes().values())
                .map(|route| route.name.clone())
                .collect(),
            workloads: cast.workloads.values().map(|row| object(Some(row.namespace), text(row.name))).collect(),
            hpas: cast.hpas.iter().map(hpa).collect(),
            groups: cast.groups.values().map(|group| group.name.clone()).collect(),
            owners: cast.workloads.values().map(|row| owner(cast, row)).collect(),
            items: items(cast),
            namespaces: namespaces.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The number of a namespace.
    ///
    /// # Panics
    ///
    /// If no object of the cast lies in it.
    pub(super) fn namespace(&self, name: &str) -> NamespaceId {
        let at = self.namespaces.values().as_slice().binary_search_by(|known| known.as_str().cmp(name));
        NamespaceId::from_index(at.expect("whoever pays lies in a namespace of the cast"))
    }

    /// The owner's name: the namespace's, or OpenCost's `__idle__` and `__unallocated__`.
    pub fn owner(&self, owner: Owner) -> &str {
        match owner {
            Owner::Workload(id) => &self.workloads[id].name,
            Owner::Namespace(id) => &self.namespaces[id],
            Owner::Idle => Owner::IDLE,
            Owner::Unallocated => Owner::UNALLOCATED,
        }
    }
}

/// The items in the order in which the simulation's accounts declare them.
fn items(cast: &Cast) -> IdVec<ItemId, ItemName> {
    let symbols = &cast.cluster.symbols;
    let standing = cast.billing.items.values().map(|standing| item_name(cast, &standing.item, None));
    let node = |row: crate::world::NodeItem| {
        let zone = (row.zone != Symbol::EMPTY).then(|| symbols.text(row.zone).into());
        let item = cast.billing.node_item(&cast.groups[row.group], row.machine, zone);
        item_name(cast, &item, Some(row.group))
    };
    standing.chain(cast.billing.node_items(cast.groups.values()).map(node)).collect()
}

fn item_name(cast: &Cast, item: &Item, group: Option<GroupId>) -> ItemName {
    let text = |text: &std::sync::Arc<str>| text.to_string();
    let nano = |money: crate::units::Money| i64::try_from(money.nano_usd()).unwrap_or(i64::MAX);
    let is_spot = item.price.price_type == PriceType::Spot;
    let namespace = match &item.payer {
        Payer::Namespace(id) => Some(cast.cluster.symbols.text(cast.billing.namespaces[*id]).to_owned()),
        _ => None,
    };
    ItemName {
        kind: Some(item.kind),
        service: text(&item.service),
        sku: text(&item.sku),
        name: text(&item.name),
        resource: text(&item.resource),
        region: text(&item.region),
        zone: item.zone.as_ref().map(text),
        group,
        namespace,
        labels: item.labels.iter().map(|(key, value)| (text(key), text(value))).collect(),
        unit: item.price.unit.name.to_owned(),
        list_prices: item.price.tiers.iter().map(|tier| nano(tier.list)).collect(),
        net_prices: item.price.tiers.iter().map(|tier| nano(tier.net)).collect(),
        price_source: item.price.origin.source.to_string(),
        price_date: item.price.origin.date.to_string(),
        estimated: item.price.origin.estimated.as_ref().map(ToString::to_string),
        varies: item.net_by_hour.is_some() || is_spot && cast.billing.spot.of(&item.sku).is_some(),
    }
}

fn owner(cast: &Cast, workload: &crate::world::Workload) -> OwnerName {
    let text = |symbol: Symbol| cast.cluster.symbols.text(symbol).to_owned();
    let spec = cast.cluster.spec(workload.template);
    let selects = |labels: &crate::cluster::Labels| {
        !labels.is_empty() && labels.iter().all(|(key, value)| spec.labels.get(key) == Some(value))
    };
    let here = cast.cluster.services.iter().filter(|service| service.namespace == workload.namespace);
    let mut services: Vec<String> =
        here.filter(|service| selects(&service.selector)).map(|service| text(service.name)).collect();
    services.sort_unstable();
    OwnerName {
        kind: workload.kind.name().to_owned(),
        labels: spec.labels.iter().map(|(key, value)| (text(key), text(value))).collect(),
        services,
    }
}

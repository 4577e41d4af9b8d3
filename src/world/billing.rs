//! What is paid for, where and when: the bill's part of the cast.

use super::NodeGroup;
use super::spot_prices::{Hours, SpotPrices};
use crate::cost::commitments::Pledges;
use crate::cost::{
    Basis, Calendar, ChargeKind, Item, ItemId, NamespaceId, Payer, PriceType, Support, Tier, Unit, UnitPrice,
};
use crate::id::{Id, IdVec};
use crate::intern::Symbol;
use crate::market::Provider;
use crate::rng::Seed;
use crate::units::{Money, SimDuration, SimTime};
use std::sync::Arc;

/// Something that is paid for besides nodes.
#[derive(Clone, Debug)]
pub struct Standing {
    /// What it is.
    pub item: Arc<Item>,
    /// How much of it there is from the start on, in millionths of a unit; 0 for what the simulation counts.
    pub level: i64,
}

/// What is paid for, where and when.
#[derive(Clone, Debug)]
pub struct Billing {
    /// Hours, days and months of the account.
    pub calendar: Arc<Calendar>,
    /// Whose bill it is.
    pub provider: Provider,
    /// The region of everything.
    pub region: Arc<str>,
    /// Namespaces that pay for something; [`NamespaceId`] counts them.
    pub namespaces: IdVec<NamespaceId, Symbol>,
    /// What is paid for besides nodes; the nodes' items come after them.
    pub items: IdVec<ItemId, Standing>,
    /// What was committed to in advance.
    pub pledges: Arc<Pledges>,
    /// Prices of spot capacity that change with time.
    pub spot: Arc<SpotPrices>,
    /// The support plan: two of the items.
    pub support: Option<Support>,
}

impl Default for Billing {
    fn default() -> Self {
        Billing {
            calendar: Arc::default(),
            provider: Provider::Aws,
            region: "".into(),
            namespaces: IdVec::new(),
            items: IdVec::new(),
            pledges: Arc::default(),
            spot: Arc::default(),
            support: None,
        }
    }
}

impl Billing {
    /// The number of a namespace that pays.
    pub fn namespace(&mut self, name: Symbol) -> NamespaceId {
        let known = self.namespaces.iter().find(|(_, other)| **other == name).map(|(id, _)| id);
        known.unwrap_or_else(|| self.namespaces.push(name))
    }
    /// Adds something that is paid for.
    pub fn add(&mut self, item: Item, level: i64) -> ItemId {
        self.items.push(Standing { item: Arc::new(item), level })
    }
    /// The items of nodes, by group, machine type and zone, in that order. A group without zones has one for all.
    pub fn node_items<'a>(
        &'a self,
        groups: impl Iterator<Item = &'a NodeGroup> + 'a,
    ) -> impl Iterator<Item = NodeItem> {
        groups.enumerate().flat_map(move |(at, group)| {
            let zones: &[Symbol] = if group.zones.is_empty() { &[Symbol::EMPTY] } else { &group.zones };
            (0..group.machines.len()).flat_map(move |machine| {
                zones.iter().map(move |zone| NodeItem { group: Id::from_index(at), machine, zone: *zone })
            })
        })
    }
    /// As [`node_item`](Self::node_item), with what spot capacity costs in each hour, where that changes.
    pub fn priced_node_item(&self, node: (&NodeGroup, usize), zone: Option<Arc<str>>, time: PricedTime<'_>) -> Item {
        let (group, machine) = node;
        let market = self.spot.of(&group.machines[machine].instance_type).filter(|_| group.spot);
        let net_by_hour = market.map(|market| market.series(zone.as_deref(), time.hours(), time.seed));
        Item { net_by_hour, ..self.node_item(group, machine, zone) }
    }
    /// What nodes of a machine type in a zone are on the bill; spot prices that change with time are their mean.
    pub fn node_item(&self, group: &NodeGroup, machine: usize, zone: Option<Arc<str>>) -> Item {
        let machine = &group.machines[machine];
        let (service, label) = match self.provider {
            Provider::Aws => ("Amazon Elastic Compute Cloud", "eks:nodegroup-name"),
            Provider::Gcp => ("Compute Engine", "goog-k8s-node-pool-name"),
        };
        let (kind, price_type, what) = match group.spot {
            true => (ChargeKind::SpotNodes, PriceType::Spot, "spot nodes"),
            false => (ChargeKind::OnDemandNodes, PriceType::OnDemand, "nodes"),
        };
        let money = |price: crate::units::PricePerHour| Money::from_nano_usd(price.nano_usd().into());
        let market = self.spot.of(&machine.instance_type).filter(|_| group.spot);
        let net = market.map(|market| Money::from_nano_usd(market.mean(zone.as_deref()).into()));
        let origin = market.map_or(&machine.origin, |market| &market.origin).clone();
        let tier = Tier { above: 0, list: money(machine.list_price), net: net.unwrap_or(money(machine.price)) };
        Item {
            kind,
            service: service.into(),
            sku: machine.instance_type.as_str().into(),
            name: format!("{} {what}", machine.instance_type).into(),
            resource: format!("node group {}", group.name).into(),
            region: self.region.clone(),
            zone,
            payer: Payer::Holders,
            labels: vec![(label.into(), group.name.as_str().into())],
            price: UnitPrice {
                unit: Unit { name: "Hours", basis: Basis::Hour },
                price_type,
                tiers: vec![tier],
                origin,
            },
            net_by_hour: None,
        }
    }
}

/// When and with which luck a bill's prices are asked for.
#[derive(Clone, Copy, Debug)]
pub struct PricedTime<'a> {
    /// The hours of the bill.
    pub calendar: &'a Calendar,
    /// How long it is, from the start of the calendar on.
    pub span: SimDuration,
    /// Whose luck.
    pub seed: Seed,
}

impl PricedTime<'_> {
    /// The hours that it touches.
    fn hours(&self) -> Hours {
        let last = (SimTime::ZERO + self.span - SimDuration::from_nanos(1)).max(SimTime::ZERO);
        let count = self.calendar.hour_of(last) as usize + 1;
        Hours { first: self.calendar.start_unix().div_euclid(3600), count }
    }
}

/// Which nodes an item is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeItem {
    /// Their group.
    pub group: super::GroupId,
    /// Which of the group's machine types.
    pub machine: usize,
    /// Their zone, or the empty symbol.
    pub zone: Symbol,
}

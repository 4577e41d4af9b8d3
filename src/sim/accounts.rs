//! The simulation's side of the ledger: which node costs what since when, and who holds how much of it.

use crate::cluster::{ClusterState, NodeId, PodId};
use crate::cost::{Bill, BilledNode, Held, Holder, ItemId, Ledger, NamespaceId, NodeBilling, Pool, PoolId};
use crate::id::{Id, IdVec};
use crate::intern::Symbol;
use crate::market::Provider;
use crate::sim::load::under_way::Usage;
use crate::sim::log::Launched;
use crate::sim::start::Start;
use crate::units::{Money, PricePerHour, SimDuration, SimTime};
use crate::world::PricedTime;
use crate::world::{GroupId, InstanceId, WorkloadId};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A pod that holds its requests on a node, or no longer does.
#[derive(Clone, Copy)]
pub(super) struct Holding {
    pub(super) pod: PodId,
    pub(super) workload: Option<WorkloadId>,
    pub(super) node: NodeId,
    /// 1 from now on, -1 no longer.
    pub(super) sign: i64,
}

/// What each pod of a workload uses above its requests.
#[derive(Clone, Copy)]
pub(super) struct UsageAbove {
    pub(super) workload: WorkloadId,
    pub(super) usage: Usage,
}

/// The ledger with the simulation's names for things.
pub(super) struct Accounts {
    ledger: Ledger,
    provider: Provider,
    /// By group and machine type.
    pools: IdVec<GroupId, Vec<PoolId>>,
    /// By pool: the item of each zone.
    node_items: IdVec<PoolId, Vec<(Symbol, ItemId)>>,
    node_pools: IdVec<NodeId, Option<PoolId>>,
    namespaces: FxHashMap<Symbol, NamespaceId>,
    billed: IdVec<InstanceId, Option<(BilledNode, SimTime)>>,
    /// Bound pods of each workload by pool, and what each of them uses above its requests.
    spread: IdVec<WorkloadId, (Vec<i64>, Usage)>,
    gpu: Option<Symbol>,
}

impl Accounts {
    /// Declares pools, prices and namespaces; what stands from the start on starts at once.
    pub(super) fn new(start: &Start) -> Self {
        let cast = &*start.cast;
        let billing = &cast.billing;
        let ledger = Ledger::new(billing.calendar.clone(), cast.base_rates, cast.workloads.len());
        let mut accounts = Accounts {
            ledger,
            provider: billing.provider,
            pools: IdVec::new(),
            node_items: IdVec::new(),
            node_pools: IdVec::new(),
            namespaces: FxHashMap::default(),
            billed: IdVec::new(),
            spread: IdVec::new(),
            gpu: cast.cluster.symbols.lookup("nvidia.com/gpu"),
        };
        for name in billing.namespaces.values() {
            let id = accounts.ledger.add_namespace(cast.cluster.symbols.text(*name));
            accounts.namespaces.insert(*name, id);
        }
        for standing in billing.items.values() {
            let item = accounts.ledger.add_item(standing.item.clone());
            accounts.ledger.add_level(SimTime::ZERO, item, standing.level);
        }
        accounts.declare_nodes(start);
        accounts.ledger.set_pledges(billing.pledges.clone());
        accounts.ledger.set_support(billing.support);
        accounts.spread = IdVec::filled((vec![0; accounts.node_items.len()], Usage::default()), cast.workloads.len());
        accounts
    }

    fn declare_nodes(&mut self, start: &Start) {
        let (cast, billing) = (&start.cast, &start.cast.billing);
        let time = PricedTime { calendar: &billing.calendar, span: start.duration, seed: start.seed };
        for (group_id, group) in cast.groups.iter() {
            let pool = |machine: &crate::world::Machine| {
                let there = &machine.template.capacity.resources;
                Pool {
                    group: group_id,
                    cpu_milli: there.cpu_milli,
                    memory_bytes: there.memory_bytes,
                    gpus: self.gpu.map_or(0, |gpu| there.scalar(gpu)),
                }
            };
            let pools: Vec<Pool> = group.machines.iter().map(pool).collect();
            let pools = pools.into_iter().map(|pool| self.ledger.add_pool(pool)).collect();
            self.pools.push(pools);
        }
        for row in billing.node_items(cast.groups.values()) {
            let zone = (row.zone != Symbol::EMPTY).then(|| cast.cluster.symbols.text(row.zone).into());
            let pool = self.pools[row.group][row.machine];
            let item = Arc::new(billing.priced_node_item((&cast.groups[row.group], row.machine), zone, time));
            let item = self.ledger.add_node_item(item, pool);
            self.node_items.fill_to(pool, Vec::new());
            self.node_items[pool].push((row.zone, item));
        }
    }

    /// An instance starts to cost.
    pub(super) fn instance_launched(&mut self, now: SimTime, launched: Launched) {
        let Launched { id, group, machine, zone } = launched;
        let items = self.pools[group].get(machine).and_then(|pool| self.node_items.get(*pool));
        let item = items.and_then(|items| items.iter().find(|(at, _)| *at == zone).or(items.first()));
        // The books begin at 0: what is there then is charged as if it had come then.
        let from = now.max(SimTime::ZERO);
        let billed = item.map(|(_, item)| (self.ledger.node_launched(now, *item), from));
        self.billed.fill_to(id, None);
        self.billed[id] = billed;
    }
    /// An instance stops costing; `reclaimed` if the provider took it back.
    pub(super) fn instance_ended(&mut self, now: SimTime, id: InstanceId, reclaimed: bool) {
        if let Some(Some((billed, launched))) = self.billed.get(id) {
            let early = reclaimed && now - *launched < free_when_reclaimed_within(self.provider);
            let billing = if early { NodeBilling::Free } else { NodeBilling::BySecond };
            self.ledger.node_terminated(now, *billed, billing);
        }
    }
    /// An instance that never ran is not billed at all.
    pub(super) fn is_billed(&self, id: InstanceId) -> bool {
        matches!(self.billed.get(id), Some(Some(_)))
    }
    /// A node of a group and machine type has come: its pods pay the price of that.
    pub(super) fn node_registered(&mut self, node: NodeId, group: GroupId, machine: usize) {
        self.node_pools.fill_to(node, None);
        self.node_pools[node] = self.pools[group].get(machine).copied();
    }
    /// A pod holds its requests on a node from now on, or no longer.
    pub(super) fn pod_moved(&mut self, now: SimTime, cluster: &ClusterState, holding: Holding) {
        let Holding { pod, workload, node, sign } = holding;
        let Some(Some(pool)) = self.node_pools.get(node).copied() else { return };
        let spec = cluster.spec_of(pod);
        let requests = &spec.container_requests;
        let mut held = Held {
            cpu_milli: requests.cpu_milli,
            memory_bytes: requests.memory_bytes,
            gpus: self.gpu.map_or(0, |gpu| requests.scalar(gpu)),
            pods: 1,
        };
        let holder = match workload {
            Some(workload) => {
                let (counts, above) = &mut self.spread[workload];
                counts[pool.index()] += sign;
                held.cpu_milli = held.cpu_milli.saturating_add(above.cpu_milli);
                held.memory_bytes = held.memory_bytes.saturating_add(above.memory_bytes);
                Holder::Workload(workload)
            }
            None => Holder::Namespace(self.namespace(cluster, spec.namespace)),
        };
        let change = Held {
            cpu_milli: held.cpu_milli * sign,
            memory_bytes: held.memory_bytes * sign,
            gpus: held.gpus * sign,
            pods: sign,
        };
        self.ledger.add_held(now, pool, holder, change);
    }
    /// From now on each pod of a workload uses so much more than it requests.
    pub(super) fn set_usage_above_requests(&mut self, now: SimTime, row: UsageAbove) {
        let UsageAbove { workload: id, usage: above } = row;
        let before = std::mem::replace(&mut self.spread[id].1, above);
        if before == above {
            return;
        }
        for pool in self.node_items.ids() {
            let pods = self.spread[id].0[pool.index()];
            if pods != 0 {
                let change = Held {
                    cpu_milli: (above.cpu_milli - before.cpu_milli).saturating_mul(pods),
                    memory_bytes: (above.memory_bytes - before.memory_bytes).saturating_mul(pods),
                    ..Held::default()
                };
                self.ledger.add_held(now, pool, Holder::Workload(id), change);
            }
        }
    }
    /// The books themselves, for what is metered elsewhere.
    pub(super) fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
    /// What everything costs per hour now.
    pub(super) fn run_rate(&self) -> PricePerHour {
        self.ledger.run_rate()
    }
    /// What would have to be paid at list prices if all ended now, also for what is taken back early and not paid: it never falls. Cost: the whole ledger.
    pub(super) fn accrued(&self, now: SimTime) -> Money {
        let bill = self.ledger.clone().close(now.max(SimTime::ZERO));
        bill.lines.iter().map(|line| line.total(&bill.calendar).list).sum()
    }
    /// The bill up to `now`.
    pub(super) fn close(self, now: SimTime) -> Bill {
        self.ledger.close(now)
    }

    fn namespace(&mut self, cluster: &ClusterState, name: Symbol) -> NamespaceId {
        let ledger = &mut self.ledger;
        *self.namespaces.entry(name).or_insert_with(|| ledger.add_namespace(cluster.symbols.text(name)))
    }
}

/// How early a provider must take an instance back to ask nothing for it.
///
/// Sources: EC2 User Guide, "Billing for interrupted Spot Instances" (Linux: the first hour); Google Cloud, "Spot VMs",
/// pricing (the first minute).
fn free_when_reclaimed_within(provider: Provider) -> SimDuration {
    match provider {
        Provider::Aws => SimDuration::from_hours(1),
        Provider::Gcp => SimDuration::from_secs(60),
    }
}

//! The simulation's side of the ledger: which node costs what since when, and who holds how much of it.

use crate::cluster::{ClusterState, PodId};
use crate::cost::{Bill, BilledNode, Charge, Held, Ledger, NamespaceId, Offer, OfferId};
use crate::id::{Id, IdVec};
use crate::intern::Symbol;
use crate::market::CapacityType;
use crate::sim::load::under_way::Usage;
use crate::units::{Money, PricePerHour, SimTime};
use crate::world::Cast;
use crate::world::{GroupId, InstanceId, WorkloadId};
use rustc_hash::FxHashMap;

/// A pod that holds its requests on a node, or no longer does.
#[derive(Clone, Copy)]
pub(super) struct Holding {
    pub(super) pod: PodId,
    pub(super) workload: Option<WorkloadId>,
    pub(super) group: GroupId,
    /// 1 from now on, -1 no longer.
    pub(super) sign: i64,
}

/// What each pod of a workload uses above its requests.
#[derive(Clone, Copy)]
pub(super) struct UsageAbove {
    pub(super) workload: WorkloadId,
    pub(super) namespace: Symbol,
    pub(super) usage: Usage,
}

/// The ledger with the simulation's names for things.
pub(super) struct Accounts {
    ledger: Ledger,
    /// By group and machine type.
    offers: IdVec<GroupId, Vec<OfferId>>,
    namespaces: FxHashMap<Symbol, NamespaceId>,
    billed: IdVec<InstanceId, Option<BilledNode>>,
    /// Bound pods of each workload by group, and what each of them uses above its requests.
    spread: IdVec<WorkloadId, (Vec<i64>, Usage)>,
}

impl Accounts {
    /// Declares groups, prices and namespaces; fixed charges start at once.
    pub(super) fn new(cast: &Cast) -> Self {
        let mut ledger = Ledger::new(SimTime::ZERO, cast.base_rates);
        let mut offers = IdVec::new();
        for group in cast.groups.values() {
            let id = ledger.add_group(&group.name);
            let offer = |machine: &crate::world::Machine| Offer {
                group: id,
                instance_type: machine.instance_type.as_str().into(),
                capacity_type: if group.spot { CapacityType::Spot } else { CapacityType::OnDemand },
                price: machine.price,
                cpu_milli: machine.template.capacity.resources.cpu_milli,
                memory_bytes: machine.template.capacity.resources.memory_bytes,
            };
            offers.push(group.machines.iter().map(offer).map(|offer| ledger.add_offer(offer)).collect());
        }
        let spread = IdVec::filled((vec![0; cast.groups.len()], Usage::default()), cast.workloads.len());
        let namespaces = FxHashMap::default();
        let mut accounts = Accounts { ledger, offers, namespaces, billed: IdVec::new(), spread };
        for charge in &cast.charges {
            let namespace = charge.namespace.map(|name| accounts.namespace(&cast.cluster, name));
            let charge =
                Charge { kind: charge.kind, name: charge.name.as_str().into(), namespace, price: charge.price };
            accounts.ledger.charge_started(SimTime::ZERO, charge);
        }
        accounts
    }

    /// An instance starts to cost.
    pub(super) fn instance_launched(&mut self, now: SimTime, id: InstanceId, group: GroupId, machine: usize) {
        let billed = self.offers[group].get(machine).map(|offer| self.ledger.node_launched(now, *offer));
        self.billed.fill_to(id, None);
        self.billed[id] = billed;
    }
    /// An instance stops costing.
    pub(super) fn instance_ended(&mut self, now: SimTime, id: InstanceId) {
        if let Some(Some(billed)) = self.billed.get(id) {
            self.ledger.node_terminated(now, *billed);
        }
    }
    /// An instance that never ran is not billed at all.
    pub(super) fn is_billed(&self, id: InstanceId) -> bool {
        matches!(self.billed.get(id), Some(Some(_)))
    }
    /// A pod holds its requests on a node from now on, or no longer.
    pub(super) fn pod_moved(&mut self, now: SimTime, cluster: &ClusterState, holding: Holding) {
        let Holding { pod, workload, group, sign } = holding;
        let spec = cluster.spec_of(pod);
        let mut held =
            Held { cpu_milli: spec.container_requests.cpu_milli, memory_bytes: spec.container_requests.memory_bytes };
        if let Some(workload) = workload {
            let (counts, above) = &mut self.spread[workload];
            counts[group.index()] += sign;
            held.cpu_milli += above.cpu_milli;
            held.memory_bytes += above.memory_bytes;
        }
        let change = Held { cpu_milli: held.cpu_milli * sign, memory_bytes: held.memory_bytes * sign };
        let namespace = self.namespace(cluster, spec.namespace);
        self.ledger.add_held(now, group, namespace, change);
    }
    /// From now on each pod of a workload uses so much more than it requests.
    pub(super) fn set_usage_above_requests(&mut self, now: SimTime, cluster: &ClusterState, row: UsageAbove) {
        let UsageAbove { workload: id, namespace, usage: above } = row;
        let before = std::mem::replace(&mut self.spread[id].1, above);
        if before == above {
            return;
        }
        let namespace = self.namespace(cluster, namespace);
        for group in self.offers.ids() {
            let pods = self.spread[id].0[group.index()];
            if pods != 0 {
                let change = Held {
                    cpu_milli: (above.cpu_milli - before.cpu_milli) * pods,
                    memory_bytes: (above.memory_bytes - before.memory_bytes) * pods,
                };
                self.ledger.add_held(now, group, namespace, change);
            }
        }
    }
    /// What everything costs per hour now.
    pub(super) fn run_rate(&self) -> PricePerHour {
        self.ledger.run_rate()
    }
    /// What would have to be paid if all ended now. Cost: the whole ledger.
    pub(super) fn accrued(&self, now: SimTime) -> Money {
        self.ledger.clone().close(now).total()
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

//! Mean cost rows over replications: integers until the very end.

use std::collections::BTreeMap;

use super::CostRow;
use crate::cost::{Bill, Owner, ShareKind};

/// Sums bills of replications, in any order: integers make the result the same.
#[derive(Clone, Debug, Default)]
pub struct MeanCosts {
    replications: u32,
    nano_usd: BTreeMap<(u32, String, String, &'static str), i128>,
}

impl MeanCosts {
    /// No bills yet.
    pub fn new() -> Self {
        MeanCosts::default()
    }
    /// Adds one replication.
    pub fn add(&mut self, bill: &Bill) {
        self.replications += 1;
        for share in &bill.shares {
            let group = share.group.map(|group| bill.group_name(group)).unwrap_or_default();
            let key = (share.day, group.to_owned(), bill.owner_name(share.owner).to_owned(), resource(share.kind));
            *self.nano_usd.entry(key).or_default() += share.amount.nano_usd();
        }
    }
    /// The mean rows, by day, group, namespace and resource, to the nano-USD: the rounding of one
    /// row is carried to the next, so their sum is the rounded mean total.
    pub fn rows(&self) -> Vec<CostRow> {
        let count = i128::from(self.replications.max(1));
        let (mut upto, mut given) = (0, 0);
        let row = |((day, group, namespace, resource), nano): (&(u32, String, String, &'static str), &i128)| {
            upto += nano;
            let mean = upto.div_euclid(count) - given;
            given += mean;
            CostRow {
                day: *day,
                group: group.clone(),
                namespace: namespace.clone(),
                resource: (*resource).to_owned(),
                cost_usd: mean as f64 / 1e9,
            }
        };
        self.nano_usd.iter().map(row).collect()
    }
}

fn resource(kind: ShareKind) -> &'static str {
    match kind {
        ShareKind::Cpu => "cpu",
        ShareKind::Ram => "ram",
        ShareKind::Charge(kind) => kind.name(),
    }
}

/// Namespaces before what is idle, and that before what belongs to nobody.
pub(super) fn namespace_rank(name: &str) -> (bool, bool, &str) {
    let owner = |owner: Owner| name == if owner == Owner::Idle { "__idle__" } else { "__unallocated__" };
    (owner(Owner::Unallocated), owner(Owner::Idle), name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{BaseRates, Held, Ledger, Offer};
    use crate::market::CapacityType;
    use crate::units::{PricePerHour, SimTime};

    fn bill(hours: i64) -> Bill {
        let mut ledger = Ledger::new(SimTime::ZERO, BaseRates::default());
        let (group, namespace) = (ledger.add_group("app"), ledger.add_namespace("order"));
        let offer = ledger.add_offer(Offer {
            group,
            instance_type: "m5.large".into(),
            capacity_type: CapacityType::OnDemand,
            price: PricePerHour::from_usd(0.096),
            cpu_milli: 2000,
            memory_bytes: 8 << 30,
        });
        ledger.node_launched(SimTime::ZERO, offer);
        ledger.set_held(SimTime::ZERO, group, namespace, Held { cpu_milli: 700, memory_bytes: 1 << 30 });
        ledger.close(SimTime::from_secs(hours * 3600))
    }

    #[test]
    fn rows_add_up_to_the_mean_total() {
        let bills = [bill(24), bill(30), bill(31)];
        let mut costs = MeanCosts::new();
        bills.iter().for_each(|bill| costs.add(bill));
        let total: i128 = bills.iter().map(|bill| bill.total().nano_usd()).sum();
        let rows: f64 = costs.rows().iter().map(|row| row.cost_usd).sum();
        assert!((rows - (total / 3) as f64 / 1e9).abs() < 1e-9);
        assert_eq!(costs.rows().iter().map(|row| row.day).max(), Some(1));
    }

    #[test]
    fn order_does_not_matter() {
        let mean = |hours: [i64; 3]| {
            let mut costs = MeanCosts::new();
            hours.iter().for_each(|hours| costs.add(&bill(*hours)));
            costs.rows()
        };
        assert_eq!(mean([24, 30, 31]), mean([31, 24, 30]));
    }

    #[test]
    fn pseudo_namespaces_come_last() {
        let mut names = ["__unallocated__", "order", "__idle__", "catalog"];
        names.sort_by_key(|name| namespace_rank(name));
        assert_eq!(names, ["catalog", "order", "__idle__", "__unallocated__"]);
    }
}

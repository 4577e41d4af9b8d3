//! What was paid: by kind, by namespace, and the mean rows of `costs.csv`, integers until the very end.

use std::collections::{BTreeMap, BTreeSet};

use super::Results;
use crate::cost::{ChargeKind, Owner, ShareKind};
use crate::report::{ChargeResult, CostRow, NamespaceResult};
use crate::study::figures::CostShare;
use crate::study::{Figures, Names};
use crate::units::Money;

impl Results<'_> {
    pub(super) fn charges(&self) -> Vec<ChargeResult> {
        let amount = |run: &Figures, kind| run.charges.get(&kind).copied().unwrap_or(Money::ZERO);
        let row = |kind: ChargeKind| ChargeResult {
            name: kind.name().to_owned(),
            cost_usd_per_month: self.over(|run| run.usd_per_month(amount(run, kind))),
        };
        ChargeKind::ALL.into_iter().map(row).filter(|row| row.cost_usd_per_month.mean > 0.0).collect()
    }

    pub(super) fn namespaces(&self) -> Vec<NamespaceResult> {
        let shares = self.runs.figures().iter().flat_map(|run| &run.shares);
        let owners: BTreeSet<(&str, Owner)> =
            shares.map(|share| (self.names.owner(share.owner), share.owner)).collect();
        let row = |(name, owner): (&str, Owner)| NamespaceResult {
            cost_usd_per_month: self.over(|run| run.usd_per_month(run.cost_of_owner(owner))),
            name: name.to_owned(),
        };
        let mut rows: Vec<NamespaceResult> = owners.into_iter().map(row).collect();
        rows.sort_by(|a, b| b.cost_usd_per_month.mean.total_cmp(&a.cost_usd_per_month.mean));
        rows
    }

    pub(super) fn costs(&self) -> Vec<CostRow> {
        let mut costs = MeanCosts::default();
        self.runs.figures().iter().for_each(|run| costs.add(self.names, &run.shares));
        costs.rows()
    }
}

/// Sums the shares of replications, in any order: integers make the result the same.
#[derive(Clone, Debug, Default)]
struct MeanCosts {
    replications: u32,
    /// By day, group, owner and resource.
    nano_usd: BTreeMap<(u32, String, String, &'static str), i128>,
}

impl MeanCosts {
    /// Adds one replication.
    fn add(&mut self, names: &Names, shares: &[CostShare]) {
        self.replications += 1;
        for share in shares {
            let group = share.group.map_or(String::new(), |group| names.groups[group].clone());
            let key = (share.day, group, names.owner(share.owner).to_owned(), resource(share.kind));
            *self.nano_usd.entry(key).or_default() += share.amount.nano_usd();
        }
    }
    /// The mean rows, by day, group, namespace and resource, to the nano-USD: the rounding of one
    /// row is carried to the next, so their sum is the rounded mean total.
    fn rows(&self) -> Vec<CostRow> {
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
        ShareKind::Gpu => "gpu",
        ShareKind::Charge(kind) => kind.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::NamespaceId;
    use crate::id::{GroupId, Id};

    fn names() -> Names {
        let own = |text: &str| text.to_owned();
        Names {
            groups: [own("app")].into_iter().collect(),
            namespaces: [own("order")].into_iter().collect(),
            ..Names::default()
        }
    }

    /// A node for some hours, 0.7 of its price held by a namespace.
    fn shares(hours: i64) -> Vec<CostShare> {
        let days = (0..=hours / 24).filter(|day| day * 24 < hours);
        let share = |day: i64, owner, nano_usd_hour: i128| CostShare {
            day: day as u32,
            owner,
            kind: ShareKind::Cpu,
            group: Some(GroupId::from_index(0)),
            amount: Money::from_nano_usd(nano_usd_hour * i128::from((hours - day * 24).min(24))),
        };
        let order = Owner::Namespace(NamespaceId::from_index(0));
        days.flat_map(|day| [share(day, order, 67_200_001), share(day, Owner::Idle, 28_799_999)]).collect()
    }

    #[test]
    fn rows_add_up_to_the_mean_total() {
        let runs = [shares(24), shares(30), shares(31)];
        let mut costs = MeanCosts::default();
        runs.iter().for_each(|shares| costs.add(&names(), shares));
        let total: i128 = runs.iter().flatten().map(|share| share.amount.nano_usd()).sum();
        let rows: f64 = costs.rows().iter().map(|row| row.cost_usd).sum();
        assert!((rows - (total / 3) as f64 / 1e9).abs() < 1e-9);
        assert_eq!(costs.rows().iter().map(|row| row.day).max(), Some(1));
    }

    #[test]
    fn order_does_not_matter() {
        let mean = |hours: [i64; 3]| {
            let mut costs = MeanCosts::default();
            hours.iter().for_each(|hours| costs.add(&names(), &shares(*hours)));
            costs.rows()
        };
        assert_eq!(mean([24, 30, 31]), mean([31, 24, 30]));
    }
}

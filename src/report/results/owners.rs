//! What everybody costs, and may cost.

use super::Results;
use crate::cost::allocation::{ByOwner, Cause, CostPart, Costs, ShareIdle, ShareSplit, by_owner};
use crate::cost::{ChargeKind, Owner, ShareKind};
use crate::id::{Id, WorkloadId};
use crate::report::{AllocationTable, BudgetResult, Estimate, OwnerCost};
use crate::scenario::{Budget, BudgetOwner, Owners};
use crate::study::{Figures, OwnerName};
use crate::units::{HOURS_PER_MONTH, Money};
use std::collections::{BTreeMap, BTreeSet};

/// By what costs are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    Namespace,
    Controller,
    /// By its id, for other figures: it has no name of its own.
    Workload,
    Service,
    Label(String),
}

impl By {
    /// What a workload's costs are found under where they are divided by workload.
    pub(super) fn workload(id: WorkloadId) -> String {
        id.index().to_string()
    }
    fn name(&self) -> String {
        match self {
            By::Namespace => "namespace".to_owned(),
            By::Controller => "controller".to_owned(),
            By::Workload => "workload".to_owned(),
            By::Service => "service".to_owned(),
            By::Label(key) => format!("label:{key}"),
        }
    }
}

impl Results<'_> {
    /// Costs by namespace, controller, service, and by each label that was asked for.
    pub(super) fn allocation(&self, owners: &Owners) -> Vec<AllocationTable> {
        let labels = owners.labels.iter().cloned().map(By::Label);
        let tables = [By::Namespace, By::Controller, By::Service].into_iter().chain(labels);
        tables.map(|by| self.allocation_table(&by, owners)).collect()
    }

    fn allocation_table(&self, by: &By, owners: &Owners) -> AllocationTable {
        let divided: Vec<ByOwner> = self.runs.figures().iter().map(|run| self.divided(run, by, owners)).collect();
        let names: BTreeSet<&String> =
            divided.iter().flat_map(|run| run.owners.keys()).filter(|name| *name != Owner::UNALLOCATED).collect();
        let mut rows: Vec<OwnerCost> = names
            .into_iter()
            .map(|name| self.owner_cost(name, &divided, |run| run.owners.get(name).copied().unwrap_or_default()))
            .collect();
        rows.sort_by(|a, b| b.cost_usd_per_month.mean.total_cmp(&a.cost_usd_per_month.mean).then(a.name.cmp(&b.name)));
        rows.push(self.owner_cost(Owner::IDLE, &divided, |run| run.idle));
        let nobody = |run: &ByOwner| {
            let mut costs = run.owners.get(Owner::UNALLOCATED).copied().unwrap_or_default();
            costs.add(CostPart::External, run.unallocated);
            costs
        };
        rows.push(self.owner_cost(Owner::UNALLOCATED, &divided, nobody));
        rows.retain(|row| row.cost_usd_per_month.mean != 0.0);
        AllocationTable { by: by.name(), policy: policy_in_words(owners), rows }
    }

    fn owner_cost(&self, name: &str, divided: &[ByOwner], costs: impl Fn(&ByOwner) -> Costs) -> OwnerCost {
        let of_runs: Vec<Costs> = divided.iter().map(costs).collect();
        let monthly = |costs: &dyn Fn(&Costs) -> Money| {
            let figures = self.runs.figures().iter().zip(&of_runs);
            let values: Vec<f64> = figures.map(|(run, row)| run.usd_per_month(costs(row))).collect();
            Estimate::of(values)
        };
        let parts = CostPart::ALL.iter().map(|part| (part_name(*part), monthly(&|row| row.of(*part)).mean));
        OwnerCost {
            name: name.to_owned(),
            cost_usd_per_month: monthly(&Costs::total),
            parts_usd_per_month: parts
                .filter(|(_, usd)| *usd != 0.0)
                .map(|(part, usd)| (part.to_owned(), usd))
                .collect(),
        }
    }

    /// A replication's cost by owner.
    pub(super) fn divided(&self, run: &Figures, by: &By, owners: &Owners) -> ByOwner {
        let mut causes: BTreeMap<Owner, Costs> = BTreeMap::new();
        let (mut idle, mut nobody) = (Costs::default(), Money::ZERO);
        for share in &run.allocated {
            match share.owner {
                Owner::Idle => idle.add(part_of(share.kind), share.amount),
                Owner::Unallocated => nobody += share.amount,
                owner => causes.entry(owner).or_default().add(part_of(share.kind), share.amount),
            }
        }
        let cause = |(owner, costs): (Owner, Costs)| Cause {
            owner: self.owner_by(owner, by),
            pool: 0,
            is_shared: self.is_shared(owner, owners),
            costs,
        };
        let causes: Vec<Cause> = causes.into_iter().map(cause).collect();
        let overhead = if owners.share_overhead { nobody } else { Money::ZERO };
        let mut result = by_owner(&causes, &BTreeMap::from([(0, idle)]), overhead, owners.policy);
        result.unallocated += nobody - overhead;
        result
    }

    fn owner_name(&self, owner: Owner) -> Option<(WorkloadId, &OwnerName)> {
        match owner {
            Owner::Workload(id) => Some((id, &self.names.owners[id])),
            _ => None,
        }
    }

    fn namespace_of(&self, owner: Owner) -> &str {
        match owner {
            Owner::Workload(id) => &self.names.workloads[id].namespace,
            other => self.names.owner(other),
        }
    }

    fn owner_by(&self, owner: Owner, by: &By) -> String {
        let found = match (by, self.owner_name(owner)) {
            (By::Namespace, _) => Some(self.namespace_of(owner).to_owned()),
            (By::Controller, Some((id, row))) => {
                let object = &self.names.workloads[id];
                Some(format!("{}/{}:{}", object.namespace, row.kind.to_lowercase(), object.name))
            }
            (By::Workload, Some((id, _))) => Some(By::workload(id)),
            (By::Service, Some((_, row))) => row.services.first().cloned(),
            (By::Label(key), Some((_, row))) => row.labels.get(key).cloned(),
            (_, None) => None,
        };
        found.unwrap_or_else(|| Owner::UNALLOCATED.to_owned())
    }

    fn is_shared(&self, owner: Owner, owners: &Owners) -> bool {
        let labels = self.owner_name(owner).map(|(_, row)| &row.labels);
        let has = |(key, value): &(String, String)| labels.is_some_and(|labels| labels.get(key) == Some(value));
        owners.share_namespaces.iter().any(|name| name == self.namespace_of(owner))
            || owners.share_labels.iter().any(has)
    }

    /// What is to be expected of each budget, in the first calendar month of the simulated time.
    pub(super) fn budgets(&self, owners: &Owners) -> Vec<BudgetResult> {
        owners.budgets.iter().map(|budget| self.budget(budget, owners)).collect()
    }

    /// What a replication costs the owner of a budget.
    pub(super) fn of_owner(&self, run: &Figures, owner: &BudgetOwner, owners: &Owners) -> Money {
        match owner {
            BudgetOwner::Cluster => run.cost(),
            BudgetOwner::Namespace(name) => total_of(&self.divided(run, &By::Namespace, owners), name),
            BudgetOwner::Label(key, value) => total_of(&self.divided(run, &By::Label(key.clone()), owners), value),
        }
    }

    fn budget(&self, budget: &Budget, owners: &Owners) -> BudgetResult {
        let calendar = &self.cast.billing.calendar;
        let month = &calendar.months()[0];
        let of_month = f64::from(month.hours) / HOURS_PER_MONTH as f64;
        let amount = |run: &Figures| self.of_owner(run, &budget.owner, owners);
        let costs: Vec<f64> = self.runs.figures().iter().map(|run| run.usd_per_month(amount(run)) * of_month).collect();
        let above = costs.iter().filter(|usd| **usd > budget.usd_per_month).count();
        let expected = Estimate::of(costs.iter().copied());
        let part = budget.usd_per_month / expected.mean;
        let passes = (part < 1.0).then(|| {
            let seconds = (part * (month.until_unix - month.from_unix) as f64) as i64;
            jiff::Timestamp::from_second(month.from_unix + seconds).map(|at| at.strftime("%Y-%m-%d").to_string())
        });
        BudgetResult {
            owner: budget.owner.to_string(),
            month: month.name.clone(),
            budget_usd: budget.usd_per_month,
            expected_usd: expected,
            exceeds_ratio: Estimate::of_share(above, costs.len()),
            exceeded_on: passes.and_then(Result::ok),
        }
    }
}

fn total_of(divided: &ByOwner, name: &str) -> Money {
    divided.owners.get(name).map_or(Money::ZERO, Costs::total)
}

fn part_of(kind: ShareKind) -> CostPart {
    match kind {
        ShareKind::Cpu => CostPart::Cpu,
        ShareKind::Ram => CostPart::Ram,
        ShareKind::Gpu => CostPart::Gpu,
        ShareKind::Charge(ChargeKind::Volumes) => CostPart::Volumes,
        ShareKind::Charge(ChargeKind::LoadBalancers) => CostPart::LoadBalancers,
        ShareKind::Charge(ChargeKind::DataTransfer) => CostPart::Network,
        ShareKind::Charge(_) => CostPart::External,
    }
}

const fn part_name(part: CostPart) -> &'static str {
    match part {
        CostPart::Cpu => "cpu",
        CostPart::Ram => "ram",
        CostPart::Gpu => "gpu",
        CostPart::Volumes => "volumes",
        CostPart::Network => "network",
        CostPart::LoadBalancers => "loadBalancers",
        CostPart::External => "external",
        CostPart::Shared => "shared",
    }
}

fn policy_in_words(owners: &Owners) -> String {
    let idle = match owners.policy.idle {
        ShareIdle::No => "idle cost is shown apart",
        ShareIdle::Weighted => "idle cost is passed on by what everybody costs",
        ShareIdle::Even => "idle cost is passed on to everybody the same",
    };
    let split = match owners.policy.split {
        ShareSplit::Weighted => "by what everybody costs without idle",
        ShareSplit::Even => "to everybody the same",
    };
    let shares = owners.share_overhead || !owners.share_namespaces.is_empty() || !owners.share_labels.is_empty();
    let overhead = if owners.share_overhead { "" } else { "; the cluster's own cost is shown apart" };
    let shared = if shares { format!("; shared cost is passed on {split}") } else { String::new() };
    format!("{idle}{shared}{overhead}")
}

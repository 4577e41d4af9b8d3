//! Why the cost differs: the bridge from the base's cost to the other's, replication by replication.
//!
//! Positive is more cost. Volume, efficiency, mix, prices: [`Bridge`] has the order, and what each step keeps.

use super::model::{Variance, VarianceStep};
use crate::cost::{Bought, Bridge, BridgeSide, BridgeStepKind, Capacity};
use crate::report::format::{cents, parts_in_cents};
use crate::report::{CostDrivers, Estimate, Report};
use crate::units::Money;

/// The bridge between two reports; none where one of them was written by a release that kept no drivers of cost.
pub(super) fn variance(base: &Report, new: &Report) -> Option<Variance> {
    let (base, new) = (base.cost_drivers.as_ref()?, new.cost_drivers.as_ref()?);
    let runs = base.fixed_usd.values.len().min(new.fixed_usd.values.len());
    let bridges: Vec<Bridge> = (0..runs).map(|run| Bridge::between(&side(base, run), &side(new, run))).collect();
    if bridges.is_empty() {
        return None;
    }
    let step = |(at, kind): (usize, BridgeStepKind)| {
        let amount = Estimate::of(bridges.iter().map(|bridge| bridge.steps()[at].1.usd()));
        let is_change = amount.mean != 0.0 && amount.interval.is_none_or(|[low, high]| low >= 0.0 || high <= 0.0);
        VarianceStep { step: kind, usd_per_month: amount, is_change }
    };
    Some(Variance {
        total_usd_per_month: Estimate::of(bridges.iter().map(|bridge| bridge.total().usd())),
        steps: BridgeStepKind::ALL.into_iter().enumerate().map(step).collect(),
    })
}

fn side(drivers: &CostDrivers, run: usize) -> BridgeSide {
    let value =
        |estimate: &Estimate| estimate.values.get(run).copied().filter(|value| value.is_finite()).unwrap_or(0.0);
    let bought = drivers.capacity.iter().map(|row| {
        let bought = Bought { units: value(&row.vcpu_hours), cost: Money::from_usd(value(&row.cost_usd)) };
        (Capacity { family: row.family.clone(), paid: row.paid }, bought)
    });
    BridgeSide {
        volume: value(&drivers.requests),
        bought: bought.filter(|(_, bought)| bought.units > 0.0 || bought.cost != Money::ZERO).collect(),
        fixed: Money::from_usd(value(&drivers.fixed_usd)),
        unused_commitments: Money::from_usd(value(&drivers.unused_commitments_usd)),
        ..BridgeSide::default()
    }
}

/// A row for people: name, amount, interval, what it says.
pub(super) struct Shown {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) amount: String,
    pub(super) range: String,
    pub(super) says: &'static str,
    pub(super) usd: f64,
}

/// The steps that are not nothing; as shown, they add up to the total as shown.
pub(super) fn shown(variance: &Variance) -> Vec<Shown> {
    let steps: Vec<&VarianceStep> = variance.steps.iter().filter(|step| is_shown(step)).collect();
    let means: Vec<f64> = steps.iter().map(|step| step.usd_per_month.mean).collect();
    let amounts = parts_in_cents(variance.total_usd_per_month.mean, &means, |_| false);
    let row = |(step, amount): (&&VarianceStep, String)| Shown {
        name: step.step.name(),
        meaning: step.step.meaning(),
        amount: signed(amount),
        range: range(&step.usd_per_month),
        says: if step.is_change { "" } else { NO_CHANGE },
        usd: step.usd_per_month.mean,
    };
    steps.iter().zip(amounts).map(row).collect()
}

/// What a step says whose interval holds zero.
pub(in crate::report) const NO_CHANGE: &str = "no significant change";

/// How the sign is to be read, and what the steps are.
pub(in crate::report) const CONVENTION: &str = "New minus base, per month of 730 hours: + is more cost. One factor after the other changes, the ones after \
     it stay as in the base, so the steps add up.";

/// The whole difference with its interval.
pub(super) fn total(variance: &Variance) -> [String; 2] {
    let total = &variance.total_usd_per_month;
    [signed(cents(total.mean)), range(total)]
}

fn is_shown(step: &VarianceStep) -> bool {
    step.usd_per_month.values.iter().any(|value| value.abs() >= 0.005)
}

/// With its sign, whichever it is.
pub(super) fn signed(amount: String) -> String {
    if amount.starts_with('-') { amount } else { format!("+{amount}") }
}

/// `-12.3 to +4.5`; empty from one replication.
fn range(estimate: &Estimate) -> String {
    let ends = estimate.interval.map(|ends| ends.map(|end| signed(cents(end))));
    ends.map(|[low, high]| format!("{low} to {high}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Paid;
    use crate::report::CapacityResult;

    fn drivers(on_demand: &[f64], spot: &[f64], requests: f64) -> CostDrivers {
        let row = |paid: Paid, hours: &[f64], price: f64| CapacityResult {
            family: "m5".to_owned(),
            paid,
            vcpu_hours: Estimate::of(hours.iter().copied()),
            cost_usd: Estimate::of(hours.iter().map(|hours| hours * price)),
        };
        CostDrivers {
            requests: Estimate::of(on_demand.iter().map(|_| requests)),
            capacity: vec![row(Paid::OnDemand, on_demand, 0.048), row(Paid::Spot, spot, 0.018)],
            fixed_usd: Estimate::of(on_demand.iter().map(|_| 97.43)),
            unused_commitments_usd: Estimate::of(on_demand.iter().map(|_| 0.0)),
        }
    }

    fn between(base: CostDrivers, new: CostDrivers) -> Variance {
        let [mut one, mut other] = [crate::report::fixture::report(), crate::report::fixture::report()];
        (one.cost_drivers, other.cost_drivers) = (Some(base), Some(new));
        variance(&one, &other).expect("both have drivers")
    }

    #[test]
    fn steps_add_up_in_each_replication_and_as_they_are_shown() {
        let found = between(
            drivers(&[5000.0, 5200.0, 4900.0], &[0.0; 3], 1e6),
            drivers(&[3000.0, 2900.0, 3100.0], &[2500.0, 2700.0, 2600.0], 1.2e6),
        );
        for run in 0..3 {
            let sum: f64 = found.steps.iter().map(|step| step.usd_per_month.values[run]).sum();
            assert!((sum - found.total_usd_per_month.values[run]).abs() < 1e-6, "{run}");
        }
        let amount = |step| found.steps.iter().find(|row| row.step == step).unwrap();
        assert!(amount(BridgeStepKind::Volume).usd_per_month.mean > 0.0 && amount(BridgeStepKind::Volume).is_change);
        assert!(amount(BridgeStepKind::Spot).usd_per_month.mean < 0.0);
        assert!(!amount(BridgeStepKind::Fixed).is_change);
        let cents = |text: &str| text.replace(['$', '+', '.', ','], "").parse::<i64>().unwrap();
        let rows: i64 = shown(&found).iter().map(|row| cents(&row.amount)).sum();
        assert_eq!(rows, cents(&total(&found)[0]));
    }

    #[test]
    fn what_may_be_chance_says_so() {
        let found = between(
            drivers(&[5000.0, 5200.0, 4900.0], &[0.0; 3], 1e6),
            drivers(&[5100.0, 5000.0, 5000.0], &[0.0; 3], 1e6),
        );
        let shown = shown(&found);
        assert_eq!(shown.iter().map(|row| (row.name, row.says)).collect::<Vec<_>>(), [("efficiency", NO_CHANGE)]);
    }
}

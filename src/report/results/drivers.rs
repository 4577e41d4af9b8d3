//! What the cost is made of, replication by replication.

use super::Results;
use crate::cost::{ChargeKind, Paid, Part};
use crate::report::{CapacityResult, CostDrivers};
use crate::study::Figures;
use crate::study::figures::LineFigures;
use crate::units::{HOURS_PER_MONTH, Money};
use std::collections::BTreeMap;

/// What lines of the bill say about one replication.
#[derive(Default)]
struct Drivers {
    /// Billionths of vCPU-hours, and nano-USD.
    capacity: BTreeMap<(String, Paid), (i128, i128)>,
    fixed: i128,
    unused: i128,
}

impl Results<'_> {
    pub(super) fn cost_drivers(&self) -> CostDrivers {
        let runs: Vec<(&Figures, Drivers)> =
            self.runs.figures().iter().map(|run| (run, self.drivers_of(run))).collect();
        let keys: std::collections::BTreeSet<&(String, Paid)> =
            runs.iter().flat_map(|(_, run)| run.capacity.keys()).collect();
        let over = |value: &dyn Fn(&Figures, &Drivers) -> f64| {
            crate::study::Estimate::of(runs.iter().map(|(figures, drivers)| value(figures, drivers)))
        };
        let usd = |run: &Figures, nano: i128| run.usd_per_month(Money::from_nano_usd(nano));
        let monthly =
            |run: &Figures, amount: f64| amount * HOURS_PER_MONTH as f64 * 3600.0 / run.span.as_secs_f64().max(1e-9);
        let capacity = keys.into_iter().map(|key| {
            let of = |drivers: &Drivers| drivers.capacity.get(key).copied().unwrap_or_default();
            CapacityResult {
                family: key.0.clone(),
                paid: key.1,
                vcpu_hours: over(&|run, drivers| monthly(run, of(drivers).0 as f64 / 1e9)),
                cost_usd: over(&|run, drivers| usd(run, of(drivers).1)),
            }
        });
        CostDrivers {
            requests: over(&|run, _| monthly(run, run.entry.requests.all)),
            capacity: capacity.collect(),
            fixed_usd: over(&|run, drivers| usd(run, drivers.fixed)),
            unused_commitments_usd: over(&|run, drivers| usd(run, drivers.unused)),
        }
    }

    fn drivers_of(&self, run: &Figures) -> Drivers {
        let mut drivers = Drivers::default();
        for line in &run.lines {
            let item = &self.names.items[line.key.item];
            let cost: i128 = line.cells.iter().map(|cell| i128::from(cell.effective)).sum();
            match (line.key.part, item.group) {
                (Part::Unused(_), _) => drivers.unused += cost,
                (_, None) => drivers.fixed += cost,
                (part, Some(group)) => {
                    let family = item.sku.split(['.', '-']).next().unwrap_or_default().to_owned();
                    let sum = drivers.capacity.entry((family, paid(part, item.kind))).or_default();
                    sum.1 += cost;
                    if part != Part::Sustained {
                        sum.0 += i128::from(self.vcpus(group, &item.sku)) * hours(line) / 1000;
                    }
                }
            }
        }
        drivers
    }

    /// The cpu of a machine type of a group, in thousandths.
    fn vcpus(&self, group: crate::id::GroupId, sku: &str) -> i64 {
        let machine = self.cast.groups[group].machines.iter().find(|machine| machine.instance_type == sku);
        machine.map_or(0, |machine| machine.template.capacity.resources.cpu_milli)
    }
}

fn paid(part: Part, kind: Option<ChargeKind>) -> Paid {
    match (part, kind) {
        (Part::Covered(_), _) => Paid::Committed,
        (_, Some(ChargeKind::SpotNodes)) => Paid::Spot,
        _ => Paid::OnDemand,
    }
}

/// Billionths of node-hours.
fn hours(line: &LineFigures) -> i128 {
    line.cells.iter().map(|cell| i128::from(cell.quantity)).sum()
}

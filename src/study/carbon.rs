//! What a replication emits.

use super::figures::Figures;
use crate::cost::{ItemId, Part};
use crate::id::Id;
use crate::units::HOURS_PER_MONTH;
use crate::world::Cast;

/// Emissions in a month of 730 hours that is like the simulated time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Emissions {
    /// kWh, with the data centre's.
    pub energy_kwh: f64,
    /// kg CO2e of that.
    pub operational_kg: f64,
    /// kg CO2e of the servers' manufacture.
    pub embodied_kg: f64,
}

impl Emissions {
    /// kg CO2e in all.
    pub fn kg(&self) -> f64 {
        self.operational_kg + self.embodied_kg
    }
}

/// What the machines of a replication emit; none where the scenario does not ask.
///
/// Linear in the cpu that pods use, so that sums over time are enough. Cost: a pass over the lines of the bill.
pub fn emissions(cast: &Cast, run: &Figures) -> Option<Emissions> {
    let carbon = cast.carbon.as_ref()?;
    let first = cast.billing.items.len();
    let mut sum = Emissions::default();
    for (at, node) in cast.billing.node_items(cast.groups.values()).enumerate() {
        let machine = carbon.machines[node.group][node.machine];
        let item: ItemId = Id::from_index(first + at);
        let is_of = |part: Part| matches!(part, Part::Tier(_) | Part::Free | Part::Covered(_));
        let lines = run.lines.iter().filter(|line| line.key.item == item && is_of(line.key.part));
        let hours: i128 = lines.flat_map(|line| &line.cells).map(|cell| i128::from(cell.quantity)).sum();
        let hours = hours as f64 / 1e9;
        sum.energy_kwh += hours * machine.idle_kwh;
        sum.embodied_kg += hours * machine.embodied_kg;
    }
    for (group, machines) in carbon.machines.iter() {
        for (at, machine) in machines.iter().enumerate() {
            let used = run.cpu_used.get(group).and_then(|kinds| kinds.get(at)).copied().unwrap_or(0);
            sum.energy_kwh += used as f64 / 1000.0 / 3600.0 * machine.vcpu_kwh;
        }
    }
    let months = run.span.as_secs_f64() / 3600.0 / HOURS_PER_MONTH as f64;
    let by_month = |value: f64| if months > 0.0 { value / months } else { 0.0 };
    let energy_kwh = by_month(sum.energy_kwh);
    Some(Emissions {
        energy_kwh,
        operational_kg: energy_kwh * carbon.kg_per_kwh,
        embodied_kg: by_month(sum.embodied_kg),
    })
}

//! What the machines emit, if the scenario asks.

use super::scene::Scene;
use crate::market::{Catalog, MachineCarbon};
use crate::scenario::issue::{Issue, Issues};
use crate::world::{Carbon, Cast, MachineEmissions};
use std::collections::{BTreeMap, BTreeSet};

/// The emissions of each group's machines; nothing where nobody asked. What is no more than an average is a caveat.
pub(super) fn build(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) -> Option<Carbon> {
    let wanted = scene.file.carbon.0.as_ref()?;
    let grid = scene.provider.grid(scene.region);
    let mut within = |field: &str, value: Option<f64>, least: f64| {
        let value = value?;
        if (least..=10.0).contains(&value) {
            return Some(value);
        }
        issues.push(Issue::error(format!("carbon.{field}"), format!("found {value}, expected {least} to 10")));
        None
    };
    let own_grid = within("gridKgPerKwh", wanted.grid_kg_per_kwh, 0.0);
    let pue = within("pue", wanted.pue, 1.0).unwrap_or(scene.provider.pue());
    let mut averaged: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    let mut machines = crate::id::IdVec::new();
    for group in cast.groups.values() {
        let of_machine = |machine: &crate::world::Machine| {
            let Ok(kind) = Catalog::shipped().instance_type(&machine.instance_type) else {
                unknown.insert(machine.instance_type.clone());
                return MachineEmissions { idle_kwh: 0.0, vcpu_kwh: 0.0, embodied_kg: 0.0 };
            };
            let found = MachineCarbon::of(&kind);
            for what in found.averaged {
                averaged.entry(what).or_default().push(kind.name);
            }
            let embodied = if wanted.embodied == Some(false) { 0.0 } else { found.embodied_kg_hour };
            MachineEmissions { idle_kwh: found.idle_kw * pue, vcpu_kwh: found.vcpu_kw * pue, embodied_kg: embodied }
        };
        machines.push(group.machines.iter().map(of_machine).collect());
    }
    for (what, mut kinds) in averaged {
        kinds.sort_unstable();
        kinds.dedup();
        let message =
            format!("estimated by the provider's average, for nobody published it: {what} of {}", kinds.join(", "));
        issues.push(Issue::warning("carbon", message));
    }
    if !unknown.is_empty() {
        let names = unknown.into_iter().collect::<Vec<_>>().join(", ");
        issues.push(Issue::warning(
            "carbon",
            format!("not counted, for nothing is known of these machine types: {names}"),
        ));
    }
    if grid.is_average && own_grid.is_none() {
        let message = format!(
            "estimated: nobody published what a kWh emits in {}, taken is the provider's average, {} kg",
            scene.region, grid.kg_per_kwh
        );
        issues.push(Issue::warning("carbon", message).with_help("carbon.gridKgPerKwh says it"));
    }
    let message = "emissions are those of machines: processors by what pods use of them, all memory, and the servers' \
                   manufacture; disks, networks and managed services are not in them, nor what the provider offsets";
    issues.push(Issue::note("carbon", message));
    Some(Carbon { machines, kg_per_kwh: own_grid.unwrap_or(grid.kg_per_kwh), pue })
}

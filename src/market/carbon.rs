//! What machines draw and what that emits, by the method of Cloud Carbon Footprint.
//!
//! A machine draws watts between those of idle and of busy processors, by how much of its cpu is used, and watts for its
//! memory; the data centre draws more by its PUE; the grid of the region emits so much a kWh; and a part of the server's
//! manufacture is the machine's. Figures and their source: `data/PROVENANCE.md`.
//!
//! Deliberately not here: disks, networks, managed services, and what the provider buys to offset.

use super::table::Table;
use super::{InstanceType, Provider};
use std::sync::LazyLock;

/// kW that a GB of memory draws.
///
/// Source: Cloud Carbon Footprint, `MEMORY_COEFFICIENT`.
pub const MEMORY_KW_PER_GB: f64 = 0.000_392;
/// The hours over which a server's manufacture is spread: four years.
const LIFESPAN_HOURS: f64 = 35_040.0;
/// How busy accelerators are taken to be.
const GPU_LOAD: f64 = 0.5;
const GIB: f64 = 1_073_741_824.0;

/// What a machine draws and has embodied. Power is that of the machine itself, without the data centre's.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineCarbon {
    /// kW when nothing of its cpu is used: processors, memory, accelerators at half load.
    pub idle_kw: f64,
    /// kW more for each vCPU that is used.
    pub vcpu_kw: f64,
    /// kg CO2e of the server's manufacture for each hour.
    pub embodied_kg_hour: f64,
    /// What is the provider's average, because nobody published it of the family.
    pub averaged: Vec<&'static str>,
}

/// What a kWh emits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridIntensity {
    /// kg CO2e.
    pub kg_per_kwh: f64,
    /// It is the provider's average over its regions.
    pub is_average: bool,
}

/// A provider's averages, for what is not listed.
struct Averages {
    idle_watts: f64,
    busy_watts: f64,
    kg_per_kwh: f64,
}

const fn averages(provider: Provider) -> Averages {
    match provider {
        Provider::Aws => Averages { idle_watts: 0.74, busy_watts: 3.5, kg_per_kwh: 0.387_38 },
        Provider::Gcp => Averages { idle_watts: 0.68, busy_watts: 4.11, kg_per_kwh: 0.411_629_629_6 },
    }
}

fn machines() -> &'static Table {
    static MACHINES: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("../../data/carbon_machines.csv")));
    &MACHINES
}

fn figure(family: &str, column: &str) -> Option<f64> {
    machines().cell(family, column)?.parse().ok()
}

impl Provider {
    /// What its data centres draw over what its machines draw.
    ///
    /// Source: Cloud Carbon Footprint, `PUE_AVG`.
    pub const fn pue(self) -> f64 {
        match self {
            Provider::Aws => 1.135,
            Provider::Gcp => 1.1,
        }
    }

    /// What a kWh emits in one of its regions.
    pub fn grid(self, region: &str) -> GridIntensity {
        static GRID: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("../../data/carbon_grid.csv")));
        let listed = GRID.cell(region, "kg_per_kwh").and_then(|cell| cell.parse().ok());
        let kg_per_kwh = listed.unwrap_or(averages(self).kg_per_kwh);
        GridIntensity { kg_per_kwh, is_average: listed.is_none() }
    }
}

impl MachineCarbon {
    /// Of a machine type, by its family; the provider's averages where that is not listed.
    pub fn of(machine: &InstanceType) -> MachineCarbon {
        let (family, average) = (family(machine), averages(machine.provider));
        let vcpus = machine.cpu_milli as f64 / 1000.0;
        let mut averaged = Vec::new();
        let watts = figure(family, "idle_watts_vcpu").zip(figure(family, "busy_watts_vcpu"));
        if watts.is_none() {
            averaged.push("power");
        }
        let (idle, busy) = watts.unwrap_or((average.idle_watts, average.busy_watts));
        let embodied = embodied_per_vcpu(family);
        if embodied.is_none() {
            averaged.push("manufacture");
        }
        let gpus = f64::from(machine.gpus);
        let of_gpu = match (figure(family, "gpu_idle_watts"), figure(family, "gpu_busy_watts")) {
            (Some(idle), Some(busy)) => idle + (busy - idle) * GPU_LOAD,
            _ if machine.gpus > 0 => {
                averaged.push("accelerators (none is known: not counted)");
                0.0
            }
            _ => 0.0,
        };
        let memory_kw = machine.memory_bytes as f64 / GIB * MEMORY_KW_PER_GB;
        MachineCarbon {
            idle_kw: (idle * vcpus + of_gpu * gpus) / 1000.0 + memory_kw,
            vcpu_kw: (busy - idle) / 1000.0,
            embodied_kg_hour: embodied.unwrap_or(mean_embodied(machine.provider)) * vcpus / LIFESPAN_HOURS,
            averaged,
        }
    }
}

/// `m5` of `m5.large`, `n2-standard` of `n2-standard-4`.
fn family(machine: &InstanceType) -> &'static str {
    let cut = match machine.provider {
        Provider::Aws => machine.name.split_once('.'),
        Provider::Gcp => machine.name.rsplit_once('-'),
    };
    cut.map_or(machine.name, |(family, _)| family)
}

/// kg CO2e of a server's manufacture, by the vCPUs that it has.
fn embodied_per_vcpu(family: &str) -> Option<f64> {
    Some(figure(family, "embodied_kg")? / figure(family, "embodied_vcpu")?)
}

/// The same of all servers of a provider's families without accelerators together.
fn mean_embodied(provider: Provider) -> f64 {
    static MEANS: LazyLock<[f64; 2]> = LazyLock::new(|| {
        [false, true].map(|is_google| {
            let families = machines().keys().filter(|family| family.contains('-') == is_google);
            let plain = families.filter(|family| figure(family, "gpu_idle_watts").is_none());
            let known = plain.filter_map(|family| figure(family, "embodied_kg").zip(figure(family, "embodied_vcpu")));
            let (kg, vcpus) = known.fold((0.0, 0.0), |sum, (kg, vcpus)| (sum.0 + kg, sum.1 + vcpus));
            kg / f64::max(vcpus, 1.0)
        })
    });
    MEANS[usize::from(provider == Provider::Gcp)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Catalog;

    fn carbon(name: &str) -> MachineCarbon {
        MachineCarbon::of(&Catalog::shipped().instance_type(name).expect(name))
    }

    #[test]
    fn a_machine_draws_by_its_processors_and_memory() {
        // m5.xlarge: 4 vCPUs of Skylake, 0.65 to 4.26 W, 16 GB, a 24th of a server of 1610.38 kg.
        let found = carbon("m5.xlarge");
        assert!((found.idle_kw - (4.0 * 0.65 + 16.0 * 0.392) / 1000.0).abs() < 1e-12, "{found:?}");
        assert!((found.vcpu_kw - 3.61 / 1000.0).abs() < 1e-12);
        assert!((found.embodied_kg_hour - 1610.38 / 24.0 / 35_040.0).abs() < 1e-9);
        assert!(found.averaged.is_empty());
    }

    #[test]
    fn what_nobody_published_is_the_average_and_says_so() {
        let found = carbon("m7i.large");
        assert_eq!(found.averaged, ["power", "manufacture"]);
        assert!((found.vcpu_kw - (3.5 - 0.74) / 1000.0).abs() < 1e-12);
        assert!((1e-4..1e-3).contains(&(found.embodied_kg_hour / 2.0)), "{found:?}");
        // Ice Lake's power is not known, its servers are.
        assert_eq!(carbon("m6i.large").averaged, ["power"]);
        assert_eq!(carbon("e2-standard-4").averaged, [""; 0]);
        assert!(!Provider::Aws.grid("us-east-1").is_average && Provider::Aws.grid("ap-south-2").is_average);
        assert_eq!(Provider::Gcp.grid("europe-north1").kg_per_kwh, 0.133);
    }

    #[test]
    fn accelerators_count_where_they_are_known() {
        // Half of the way from 8 to 71 W.
        let (with, without) = (carbon("g4dn.xlarge").idle_kw, (4.0 * 0.64 + 16.0 * 0.392) / 1000.0);
        assert!((with - without - 0.0395).abs() < 1e-9, "{with}");
        assert!(carbon("g6.xlarge").averaged.iter().any(|what| what.contains("accelerators")));
    }

    #[test]
    fn every_row_is_of_a_family_or_region_that_exists() {
        let catalog = Catalog::shipped();
        let known: std::collections::BTreeSet<&str> =
            catalog.instance_types().filter_map(|name| Some(family(&catalog.known_instance_type(name)?))).collect();
        for row in machines().keys() {
            assert!(known.contains(row), "{row}");
            let (idle, busy) = (figure(row, "idle_watts_vcpu"), figure(row, "busy_watts_vcpu"));
            assert!(idle.zip(busy).is_none_or(|(idle, busy)| 0.0 < idle && idle < busy), "{row}");
            assert!(embodied_per_vcpu(row).is_none_or(|kg| (1.0..1000.0).contains(&kg)), "{row}");
        }
    }
}

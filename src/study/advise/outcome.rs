//! What a replication of a setting comes to, as far as a search looks at it.

use super::knob::SizeOf;
use crate::id::Id;
use crate::study::Figures;
use crate::study::carbon::emissions;
use crate::study::kept::Promise;
use crate::world::Cast;
use serde::{Deserialize, Serialize};

/// What one replication of a setting came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// USD per month.
    pub usd: f64,
    /// kg CO2e per month; absent where nobody asked.
    pub co2e_kg: Option<f64>,
    /// By promise: what was measured of it; infinite (absent in a file) where too few were answered.
    #[serde(deserialize_with = "crate::study::each_known_or_not")]
    pub promised: Vec<f64>,
    /// Share of the time in breach.
    pub breach: f64,
    /// Pod-hours per month without a node.
    pub pending_pod_hours: f64,
    /// The longest wait for a node, seconds.
    pub longest_pending_s: f64,
    /// Failed requests over all.
    pub failed: f64,
    /// P95 of the slowest route, seconds; absent where nobody was answered.
    pub p95_s: Option<f64>,
    /// The fewest and the most pods of each HPA, then nodes of each group.
    pub sizes: Vec<[i64; 2]>,
    /// The highest utilization that each HPA has seen, percent.
    pub hottest: Vec<i64>,
    /// The mean of what pods asked for, in vCPUs: it moves where whole nodes do not yet.
    pub requested_vcpus: f64,
}

impl Outcome {
    /// Of a replication's figures.
    pub(super) fn of(cast: &Cast, promises: &[Promise], figures: &Figures) -> Outcome {
        let of_hpas = cast.hpas.iter().map(|hpa| figures.workloads[hpa.workload].desired);
        let of_groups = figures.groups.values().map(|group| group.nodes);
        Outcome {
            usd: figures.usd_per_month(figures.cost()),
            co2e_kg: emissions(cast, figures).map(|found| found.kg()),
            promised: promises.iter().map(|promise| promise.value(figures)).collect(),
            breach: figures.entry.breach_ratio(),
            pending_pod_hours: figures.pending_pod_hours_per_month(),
            longest_pending_s: figures.cluster.longest_pending.as_secs_f64(),
            failed: figures.entry.requests.failed_ratio(),
            p95_s: figures.slowest_route_s(0.95),
            sizes: of_hpas.chain(of_groups).map(|size| [size.least, size.most]).collect(),
            hottest: cast.hpas.iter().map(|hpa| figures.workloads[hpa.workload].hottest).collect(),
            requested_vcpus: requested_vcpus(cast, figures),
        }
    }
    /// Where an HPA's or a group's sizes stand.
    pub(super) fn size_of(&self, hpas: usize, of: SizeOf) -> [i64; 2] {
        match of {
            SizeOf::Hpa(at) => self.sizes[at],
            SizeOf::Group(group) => self.sizes[hpas + group.index()],
        }
    }
}

fn requested_vcpus(cast: &Cast, figures: &Figures) -> f64 {
    let milli = |template| cast.cluster.spec(template).requests.cpu_milli as f64;
    let rows =
        cast.workloads.iter().map(|(id, row)| milli(row.template) * figures.workloads[id].desired.mean(figures.span));
    rows.sum::<f64>() / 1000.0
}

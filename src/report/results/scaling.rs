//! What autoscalers and node groups did.

use super::Results;
use crate::report::{AutoscalerResult, Estimate, GroupResult, VerticalBounds, VerticalResult};
use crate::units::finite;
use crate::vpa::{Amounts, Recommendation};

impl Results<'_> {
    pub(super) fn autoscalers(&self) -> Vec<AutoscalerResult> {
        let hours = self.hours();
        let row = |(hpa, (name, id)): (&crate::world::Hpa, &(crate::study::ObjectName, crate::id::WorkloadId))| {
            let id = *id;
            AutoscalerResult {
                namespace: name.namespace.clone(),
                name: name.name.clone(),
                min_replicas: hpa.spec.min.max(0) as u32,
                max_replicas: hpa.spec.max.max(0) as u32,
                replicas_mean: self.over(|run| run.workloads[id].desired.mean(self.duration)),
                replicas_peak: up_to(hpa.spec.max, self.count(|run| run.workloads[id].desired.most.unsigned_abs())),
                at_max_ratio: self.bad_share(|run| self.at_max_ratio(run, id)),
                scale_events: self.count(|run| run.workloads[id].rescales),
                flapping_per_hour: self.events(1.0 / hours, |run| run.workloads[id].flips as f64 / hours),
            }
        };
        self.cast.hpas.iter().zip(&self.names.hpas).map(row).collect()
    }

    pub(super) fn vertical_autoscalers(&self) -> Vec<VerticalResult> {
        let mut rows = Vec::new();
        for (index, vpa) in self.cast.vpas.iter().enumerate() {
            let workload = &self.cast.workloads[vpa.workload];
            for (at, container) in self.cast.cluster.spec(workload.template).containers.iter().enumerate() {
                let of_run = |run: &crate::study::Figures| run.vpas.get(index)?.get(at).copied()?;
                let last: Vec<Recommendation> = self.runs.figures().iter().filter_map(of_run).collect();
                if last.is_empty() {
                    continue;
                }
                let requests = &container.requests;
                rows.push(VerticalResult {
                    namespace: self.text(workload.namespace),
                    name: self.text(vpa.name),
                    container: self.text(container.name),
                    cpu_milli: bounds(requests.cpu_milli, &last, |amounts| amounts.cpu_milli),
                    memory_bytes: bounds(requests.memory_bytes, &last, |amounts| amounts.memory_bytes),
                });
            }
        }
        rows
    }

    pub(super) fn groups(&self) -> Vec<GroupResult> {
        let row = |(id, group): (crate::id::GroupId, &crate::world::NodeGroup)| GroupResult {
            name: group.name.clone(),
            instance_types: group.machines.iter().map(|machine| machine.instance_type.clone()).collect(),
            capacity_type: if group.spot { "SPOT".into() } else { "ON_DEMAND".into() },
            min_size: group.min.max(0) as u32,
            max_size: group.max.max(0) as u32,
            nodes_mean: self.over(|run| run.groups[id].nodes.mean(self.duration)),
            nodes_peak: up_to(group.max, self.count(|run| run.groups[id].nodes.most.unsigned_abs())),
            nodes_if_repacked: (group.autoscaled && self.cast.autoscaler.is_some())
                .then(|| self.over(|run| run.groups[id].packed.mean(self.duration))),
            node_hours: self.over(|run| run.groups[id].instances.hours()),
            cost_usd_per_month: self.over(|run| run.usd_per_month(run.groups[id].cost)),
            idle_ratio: self.share(|run| run.groups[id].idle_ratio()),
            interruptions: if group.spot {
                self.count(|run| run.groups[id].notices)
            } else {
                self.over(|run| run.groups[id].notices as f64)
            },
        };
        self.cast.groups.iter().map(row).collect()
    }

    /// Which groups have clearly more nodes than their pods need: Cluster Autoscaler never packs anew.
    pub(super) fn repacking_notes(&self, groups: &[GroupResult]) -> Vec<String> {
        let Some(flags) = &self.cast.autoscaler else { return Vec::new() };
        let told = |(id, row): (crate::id::GroupId, &GroupResult)| {
            let (there, packed) = (row.nodes_mean.mean, row.nodes_if_repacked.as_ref()?.mean);
            let percent = 100.0 * flags.threshold(Some(id), false);
            (there - packed >= LEAST_SPARE && there >= packed * LEAST_SPARE_RATIO).then(|| {
                format!(
                    "{}: {:.1} nodes on average, {:.1} would do if pods were packed anew by their requests; \
                     Cluster Autoscaler drains nodes below {:.0} % only",
                    row.name,
                    finite(there),
                    finite(packed),
                    finite(percent)
                )
            })
        };
        self.cast.groups.ids().zip(groups).filter_map(told).collect()
    }
}

/// From so many nodes more than would do on it is told, in nodes and as a ratio.
const LEAST_SPARE: f64 = 0.5;
const LEAST_SPARE_RATIO: f64 = 1.1;
/// Of a peak: its interval ends at the most that is allowed, unless the peaks themselves are above.
fn up_to(most: i32, peak: Estimate) -> Estimate {
    let most = f64::from(most).max(peak.mean);
    peak.within(0.0, most)
}

fn bounds(request: i64, last: &[Recommendation], amount: fn(&Amounts) -> i64) -> VerticalBounds {
    let over = |part: fn(&Recommendation) -> &Amounts| Estimate::of(last.iter().map(|row| amount(part(row)) as f64));
    VerticalBounds {
        request,
        target: over(|row| &row.target),
        lower_bound: over(|row| &row.lower),
        upper_bound: over(|row| &row.upper),
    }
}

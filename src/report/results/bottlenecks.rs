//! What was full while requests failed.

use super::Results;
use crate::id::{GroupId, WorkloadId};
use crate::report::{Bottleneck, BottleneckKind, Estimate};
use crate::study::Figures;
use crate::traffic::calls::ServiceId;
use std::collections::BTreeMap;

/// A service that fails fewer of its requests than this, and is never full, is no bottleneck.
const LEAST_FAILED: f64 = 0.000_5;
/// Pods are short of nodes where more than this share of the pods asked for waits for one.
const SHORT_OF_NODES: f64 = 0.01;

/// What can be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// All nodes, where nothing scales a group.
    Nodes,
    Group(GroupId),
    /// A workload whose pods wait for a node.
    Waiting(WorkloadId),
    Workload(WorkloadId),
}

impl Results<'_> {
    /// The worst first: by the share of failed requests behind it, then by the time it was full.
    pub(super) fn bottlenecks(&self) -> Vec<Bottleneck> {
        let mut behind: BTreeMap<Part, Vec<ServiceId>> = BTreeMap::new();
        for (id, service) in self.cast.traffic.iter().flat_map(|traffic| traffic.services.iter()) {
            let failed = self.over(|run| run.services[id].felt.requests.failed_ratio()).mean;
            if let (Some(workload), true) = (service.workload, failed >= LEAST_FAILED) {
                behind.entry(self.held_back_by(workload)).or_default().push(id);
            }
        }
        // What is full is told even where nothing fails behind it.
        let short: Vec<Part> = self.cast.workloads.ids().filter_map(|id| self.short_of_nodes(id)).collect();
        let groups = self.full_groups().into_iter().map(Part::Group);
        for part in short.into_iter().chain(groups).chain(self.full_hpas().map(Part::Workload)) {
            behind.entry(part).or_default();
        }
        let mut all: Vec<Bottleneck> = behind.iter().map(|(part, services)| self.bottleneck(*part, services)).collect();
        let share = |row: &Bottleneck| if row.failed_share.is_known() { row.failed_share.mean } else { 0.0 };
        all.sort_by(|a, b| share(b).total_cmp(&share(a)).then(b.full_ratio.mean.total_cmp(&a.full_ratio.mean)));
        all
    }

    /// Why a workload whose requests fail is too small: no node for its pods, or too few of them are asked for.
    fn held_back_by(&self, workload: WorkloadId) -> Part {
        self.short_of_nodes(workload).unwrap_or(Part::Workload(workload))
    }

    /// What a workload's pods wait for, if many of them do.
    fn short_of_nodes(&self, workload: WorkloadId) -> Option<Part> {
        let waiting = self.over(|run| {
            let row = &run.workloads[workload];
            // Pods of Jobs are not asked for as replicas: they may wait.
            if row.desired.seconds == 0 { 0.0 } else { row.pending.seconds as f64 / row.desired.seconds as f64 }
        });
        if waiting.mean <= SHORT_OF_NODES {
            return None;
        }
        if self.cast.groups.values().all(|group| !group.autoscaled) {
            return Some(Part::Nodes);
        }
        Some(self.full_groups().first().map_or(Part::Waiting(workload), |group| Part::Group(*group)))
    }

    /// Groups that were full while pods waited, the longest first.
    fn full_groups(&self) -> Vec<GroupId> {
        let mut full: Vec<(f64, GroupId)> =
            self.cast.groups.ids().map(|id| (self.full(Part::Group(id)).mean, id)).filter(|row| row.0 > 0.0).collect();
        full.sort_by(|a, b| b.0.total_cmp(&a.0));
        full.into_iter().map(|(_, id)| id).collect()
    }

    fn full_hpas(&self) -> impl Iterator<Item = WorkloadId> {
        self.cast.hpas.iter().map(|hpa| hpa.workload).filter(|id| self.full(Part::Workload(*id)).mean > 0.0)
    }

    fn full(&self, part: Part) -> Estimate {
        let seconds = self.seconds();
        match part {
            Part::Nodes | Part::Waiting(_) => Estimate::UNKNOWN,
            Part::Group(id) => self.bad_share(|run| run.groups[id].full.seconds as f64 / seconds),
            Part::Workload(id) => self.bad_share(|run| self.at_max_ratio(run, id)),
        }
    }

    /// The share of time at `maxReplicas`, 0..=1; of a workload without HPA 1.
    pub(super) fn at_max_ratio(&self, run: &Figures, id: WorkloadId) -> f64 {
        let Some(hpa) = self.cast.hpas.iter().find(|hpa| hpa.workload == id) else { return 1.0 };
        let row = &run.workloads[id];
        if row.desired.most < i64::from(hpa.spec.max) { 0.0 } else { row.at_max.seconds as f64 / self.seconds() }
    }

    fn bottleneck(&self, part: Part, services: &[ServiceId]) -> Bottleneck {
        let failed = |run: &Figures, of: &mut dyn Iterator<Item = ServiceId>| -> f64 {
            of.fold(0.0, |sum, id| sum + run.services[id].felt.requests.failed)
        };
        let failed_share = self.share_known(|run| {
            let all = failed(run, &mut run.services.ids());
            (all > 0.0).then(|| failed(run, &mut services.iter().copied()) / all)
        });
        let full_ratio = self.full(part);
        let (kind, name, maximum) = match part {
            Part::Nodes => {
                let most = self.over(|run| run.cluster.nodes.most as f64).p95;
                (BottleneckKind::NoAutoscaler, "the cluster".to_owned(), most as i32)
            }
            Part::Group(id) => {
                let group = &self.cast.groups[id];
                (BottleneckKind::GroupAtMaximum, group.name.clone(), group.max)
            }
            Part::Waiting(id) => (BottleneckKind::NodesTooLate, self.workload_name(id), self.most_desired(id)),
            Part::Workload(id) => self.too_few_pods(id, full_ratio.mean > 0.0),
        };
        Bottleneck { kind, name, maximum: maximum.max(0) as u32, full_ratio, failed_share }
    }

    fn too_few_pods(&self, id: WorkloadId, is_full: bool) -> (BottleneckKind, String, i32) {
        match self.cast.hpas.iter().zip(&self.names.hpas).find(|(hpa, _)| hpa.workload == id) {
            Some((hpa, (name, _))) => {
                let is_idle = self.runs.figures().iter().all(|run| run.workloads[id].rescales == 0);
                let kind = match (is_full, is_idle) {
                    (true, _) => BottleneckKind::HpaAtMaximum,
                    (false, true) => BottleneckKind::HpaIdle,
                    (false, false) => BottleneckKind::HpaTooLate,
                };
                (kind, format!("{}/{}", name.namespace, name.name), hpa.spec.max)
            }
            None => (BottleneckKind::NoHpa, self.workload_name(id), self.most_desired(id)),
        }
    }

    fn workload_name(&self, id: WorkloadId) -> String {
        let row = &self.cast.workloads[id];
        format!("{}/{}", self.text(row.namespace), self.text(row.name))
    }

    /// The most pods that were asked for, in all but the rarest runs.
    fn most_desired(&self, id: WorkloadId) -> i32 {
        self.over(|run| run.workloads[id].desired.most as f64).p95 as i32
    }
}

//! What happened over time, in the replication that kept it.

use super::Results;
use crate::id::Id;
use crate::report::{Panel, Series, Timeline};
use crate::sim::outcome::Point;

impl Results<'_> {
    pub(super) fn timeline(&self) -> Timeline {
        let Some(points) = self.runs.history().map(|history| &history.timeline) else { return Timeline::default() };
        let step = points.every.as_secs_f64();
        let series = |panel, name: &str, value: &dyn Fn(&Point) -> Option<f64>| Series {
            panel,
            name: name.to_owned(),
            values: points.points.iter().map(value).collect(),
        };
        let mut all = Vec::new();
        if self.cast.traffic.is_some() {
            all.push(series(Panel::RequestsPerSecond, "entering", &|point| Some(point.requests_per_second)));
            all.push(series(Panel::LatencyMsP95, "slowest route", &|point| {
                (point.latency_s_p95 > 0.0).then_some(point.latency_s_p95 * 1000.0)
            }));
            all.push(series(Panel::ErrorRatio, "all routes", &|point| Some(point.error_rate)));
        }
        for hpa in &self.cast.hpas {
            let at = hpa.workload.index();
            let name = &self.names.workloads[hpa.workload].name;
            all.push(series(Panel::Replicas, name, &|point| Some(f64::from(point.pods.get(at)?.ready))));
        }
        for (id, name) in self.names.groups.iter() {
            let at = id.index();
            all.push(series(Panel::Nodes, name, &|point| Some(f64::from(point.nodes.get(at)?.nodes))));
        }
        all.push(series(Panel::PendingPods, "all", &|point| Some(point.pending)));
        all.push(series(Panel::CostUsdPerHour, "everything", &|point| Some(point.cost_usd_hour)));
        Timeline { replication: 0, start_seconds: step, step_seconds: step, series: all }
    }
}

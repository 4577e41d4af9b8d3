//! What a request costs: of all, of each route by the calls that it causes, of each service.

use super::Results;
use super::owners::By;
use crate::cost::allocation::{Costs, Policy, ShareIdle, ShareSplit};
use crate::report::{Estimate, UnitCost};
use crate::scenario::Owners;
use crate::study::Figures;
use crate::study::figures::Felt;
use crate::traffic::calls::{Call, Route, RouteId, ServiceId};
use std::collections::BTreeMap;

impl Results<'_> {
    /// Idle and shared cost is everybody's here: a request pays all that it takes to be answered.
    pub(super) fn unit_costs(&self) -> Vec<UnitCost> {
        let Some(traffic) = &self.cast.traffic else { return Vec::new() };
        let by_run: Vec<BTreeMap<ServiceId, f64>> =
            self.runs.figures().iter().map(|run| self.service_costs(run)).collect();
        let mut rows = vec![self.row("all".to_owned(), |run, _| Part {
            usd: run.cost().usd(),
            requests: run.entry.requests.all,
            within: self.within(run),
        })];
        for (id, route) in traffic.graph.routes().iter() {
            let work = work(route);
            rows.push(self.row(format!("route {}", route.name), |run, at| {
                let share = |(service, work): (&ServiceId, &f64)| {
                    let felt = &run.services[*service].felt;
                    let of_route = run.routes[id].requests.all * work;
                    let cost = by_run[at].get(service).copied().unwrap_or(0.0);
                    if felt.requests.all > 0.0 { cost * (of_route / felt.requests.all).min(1.0) } else { 0.0 }
                };
                let requests = run.routes[id].requests.all;
                Part { usd: work.iter().map(share).sum(), requests, within: self.route_within(run, id) }
            }));
        }
        for (id, _) in traffic.services.iter() {
            let name = &self.names.services[id];
            rows.push(self.row(format!("service {}/{}", name.namespace, name.name), |run, at| Part {
                usd: by_run[at].get(&id).copied().unwrap_or(0.0),
                requests: run.services[id].felt.requests.all,
                within: None,
            }));
        }
        rows.retain(|row| row.usd_per_million_requests.mean > 0.0);
        rows
    }

    fn row(&self, of: String, part: impl Fn(&Figures, usize) -> Part) -> UnitCost {
        let parts: Vec<Part> = self.runs.figures().iter().enumerate().map(|(at, run)| part(run, at)).collect();
        let per = |count: f64, usd: f64| if count > 0.0 { usd / count } else { f64::NAN };
        let million: Vec<f64> = parts.iter().map(|part| per(part.requests / 1e6, part.usd)).collect();
        let within: Option<Vec<f64>> =
            parts.iter().map(|part| part.within.map(|count| per(count / 1e3, part.usd))).collect();
        UnitCost {
            of,
            usd_per_million_requests: Estimate::of(million),
            usd_per_thousand_within_objective: within.filter(|rows| !rows.is_empty()).map(Estimate::of),
        }
    }

    /// What the pods of each service cost with their part of idle and overhead.
    fn service_costs(&self, run: &Figures) -> BTreeMap<ServiceId, f64> {
        let everything = Owners {
            share_overhead: true,
            policy: Policy { idle: ShareIdle::Weighted, split: ShareSplit::Weighted },
            ..Owners::default()
        };
        let divided = self.divided(run, &By::Workload, &everything);
        let traffic = self.cast.traffic.as_ref();
        let cost = |workload| divided.owners.get(&By::workload(workload)).map_or(0.0, |row: &Costs| row.total().usd());
        let services = traffic.into_iter().flat_map(|traffic| traffic.services.iter());
        services.filter_map(|(id, service)| Some((id, cost(service.workload?)))).collect()
    }

    /// Requests answered within the latency objective, on all routes.
    fn within(&self, run: &Figures) -> Option<f64> {
        run.routes.ids().map(|id| self.route_within(run, id)).sum()
    }

    fn route_within(&self, run: &Figures, route: RouteId) -> Option<f64> {
        let most_s = self.cast.traffic.as_ref()?.objective_of(route).latency_s_p95?;
        let Felt { requests, latency, .. } = &run.routes[route];
        Some((requests.all - requests.failed).max(0.0) * (1.0 - latency.share_above(most_s)))
    }
}

/// Of one replication.
struct Part {
    usd: f64,
    requests: f64,
    within: Option<f64>,
}

/// How much of a mean request of each service a request of a route needs, by the calls that it causes.
fn work(route: &Route) -> BTreeMap<ServiceId, f64> {
    fn walk(call: &Call, reached: f64, sum: &mut BTreeMap<ServiceId, f64>) {
        let reached = reached * call.probability;
        *sum.entry(call.service).or_default() += reached * call.work;
        call.then.iter().flatten().for_each(|next| walk(next, reached, sum));
    }
    let mut sum = BTreeMap::new();
    walk(&route.call, 1.0, &mut sum);
    sum
}

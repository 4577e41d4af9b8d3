//! From replications to a report.

use super::latency::{Felt, overflow_caveats};
use super::model::{
    AutoscalerResult, ChargeResult, GroupResult, Headline, NamespaceResult, Objective, Panel, RouteResult, Series,
    ServiceResult, Timeline, Unit, VerticalBounds, VerticalResult,
};
use super::{Estimate, MeanCosts, Report};
use crate::cost::ChargeKind;
use crate::id::Id;
use crate::sim::outcome::{Outcome, Point, RouteTotals, ServiceOutcome};
use crate::units::{Money, SimDuration};
use crate::vpa::{Amounts, Recommendation};
use crate::world::Cast;

/// What was simulated.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The cast.
    pub cast: &'a Cast,
    /// How long.
    pub duration: SimDuration,
}

/// Fills an empty report from the replications, in their order. The timeline is the first one's.
pub fn from_runs(mut report: Report, subject: Subject<'_>, runs: &[Outcome]) -> Report {
    let builder = Builder { cast: subject.cast, duration: subject.duration, runs };
    builder.headlines(&mut report);
    builder.objectives(&mut report);
    report.services = builder.services();
    report.routes = builder.routes();
    report.autoscalers = builder.autoscalers();
    report.vertical_autoscalers = builder.vertical_autoscalers();
    report.groups = builder.groups();
    report.charges = builder.charges();
    report.namespaces = builder.namespaces();
    let mut costs = MeanCosts::new();
    runs.iter().for_each(|run| costs.add(&run.bill));
    report.costs = costs.rows();
    report.timeline = builder.timeline();
    let overloaded = report.services.iter().filter(|service| service.error_ratio.mean > OVERLOADED);
    let caveats: Vec<String> = overloaded.map(overload).collect();
    report.caveats.extend(caveats);
    report.caveats.extend(overflow_caveats(runs));
    report
}

/// A service that fails more of its requests than this gets a caveat.
const OVERLOADED: f64 = 0.01;

fn overload(service: &ServiceResult) -> String {
    let failed = super::format::figure(service.error_ratio.mean, Unit::Ratio);
    format!(
        "service {} could not keep up: {failed} of its requests were refused or timed out, and the percentiles \
         are those of the others",
        service.name
    )
}

pub(super) struct Builder<'a> {
    cast: &'a Cast,
    pub(super) duration: SimDuration,
    pub(super) runs: &'a [Outcome],
}

impl Builder<'_> {
    pub(super) fn over(&self, value: impl Fn(&Outcome) -> f64) -> Estimate {
        Estimate::of(self.runs.iter().map(value))
    }

    fn headlines(&self, report: &mut Report) {
        let objective = self.cast.traffic.as_ref().map(|traffic| traffic.objective).unwrap_or_default();
        let mut add = |metric: &str, label: &str, unit, value, objective| {
            let (metric, label) = (metric.to_owned(), label.to_owned());
            report.headlines.push(Headline { metric, label, unit, value, objective });
        };
        let cost = self.over(|run| run.bill.monthly_run_rate().usd());
        add("costUsdPerMonth", "Cost per month", Unit::UsdPerMonth, cost, None);
        if self.cast.traffic.is_some() {
            let worst = self.over(|run| worst_ms(run, 0.95));
            let target = objective.latency_s_p95.map(|seconds| seconds * 1000.0);
            add("latencyMsP95", "Latency P95, slowest route", Unit::Milliseconds, worst, target);
            let tail = self.over(|run| worst_ms(run, 0.99));
            add("latencyMsP99", "Latency P99, slowest route", Unit::Milliseconds, tail, None);
            let errors = self.over(|run| run.service_levels.error_rate());
            add("errorRatio", "Failed requests", Unit::Ratio, errors, objective.error_rate);
            let breach = self.over(|run| run.service_levels.breach_share());
            add("breachRatio", "Time in breach", Unit::Ratio, breach, None);
        }
        let hours = self.duration.as_secs_f64() / 3600.0;
        let nodes = |run: &Outcome| run.books.nodes.mean(run.end, self.duration);
        add("nodeHours", "Node hours", Unit::Count, self.over(|run| nodes(run) * hours), None);
        let peak = self.over(|run| run.books.nodes.most() as f64);
        add("nodesPeak", "Nodes at most", Unit::Count, peak, None);
        let pending = self.over(|run| pod_hours_pending(run) * 3600.0);
        add("pendingPodSeconds", "Pods waiting for a node, in all", Unit::Seconds, pending, None);
        let longest = self.over(|run| run.books.longest_pending.as_secs_f64());
        add("longestPendingSeconds", "Longest wait for a node", Unit::Seconds, longest, None);
        let events = |get: fn(&Outcome) -> u64| self.over(move |run| get(run) as f64);
        add("scaleEvents", "HPA rescales and node scale-ups", Unit::Count, events(scale_events), None);
        let flapping = self.over(|run| starts_and_stops(run) / hours);
        add("flappingPerHour", "Pods and nodes started + stopped", Unit::PerHour, flapping, None);
        add("evictions", "Pods evicted", Unit::Count, events(|run| run.books.evictions), None);
        let survived = events(|run| run.books.spot_notices - run.books.spot_losses);
        add("spotSurvived", "Spot interruptions survived", Unit::Count, survived, None);
        add("spotLosses", "Spot interruptions with pods lost", Unit::Count, events(|run| run.books.spot_losses), None);
        add("outOfMemory", "Containers killed for memory", Unit::Count, events(|run| run.books.out_of_memory), None);
        add("idleRatio", "Idle share of node cost", Unit::Ratio, self.over(|run| run.bill.idle_share()), None);
    }

    fn objectives(&self, report: &mut Report) {
        let Some(traffic) = &self.cast.traffic else { return };
        let met = |kept: &dyn Fn(&Outcome) -> bool| {
            self.runs.iter().filter(|run| kept(run)).count() as f64 / self.runs.len().max(1) as f64
        };
        if let Some(target) = traffic.objective.latency_s_p95 {
            report.objectives.push(Objective {
                label: "P95 of every route".into(),
                unit: Unit::Milliseconds,
                target: target * 1000.0,
                met_ratio: met(&|run| worst_ms(run, 0.95) <= target * 1000.0),
            });
        }
        if let Some(target) = traffic.objective.error_rate {
            report.objectives.push(Objective {
                label: "failed requests".into(),
                unit: Unit::Ratio,
                target,
                met_ratio: met(&|run| run.service_levels.error_rate() <= target),
            });
        }
    }

    fn services(&self) -> Vec<ServiceResult> {
        let Some(traffic) = &self.cast.traffic else { return Vec::new() };
        let seconds = self.duration.as_secs_f64();
        traffic
            .services
            .iter()
            .map(|(id, row)| {
                let at = id.index();
                let quantile = |q: f64| self.over(|run| run.services[at].latency.quantile_s(q) * 1000.0);
                let namespace = row.workload.map(|workload| self.cast.workloads[workload].namespace);
                ServiceResult {
                    namespace: namespace.map_or(String::new(), |name| self.text(name)),
                    name: row.name.clone(),
                    requests_per_second: self.over(|run| run.services[at].totals.requests / seconds),
                    latency_ms_p50: quantile(0.5),
                    latency_ms_p95: quantile(0.95),
                    latency_ms_p99: quantile(0.99),
                    error_ratio: self.over(|run| {
                        let totals = &run.services[at].totals;
                        if totals.requests > 0.0 { totals.errors / totals.requests } else { 0.0 }
                    }),
                    breach_ratio: self.over(|run| run.services[at].totals.breach.as_secs_f64() / seconds),
                    detail: self.latency_of(traffic, row.objective.unwrap_or(traffic.objective), &|run| {
                        let ServiceOutcome { totals, latency, promises, .. } = &run.services[at];
                        Felt { latency, failed: totals.errors, promises, pooled: totals.pooled }
                    }),
                }
            })
            .collect()
    }

    fn routes(&self) -> Vec<RouteResult> {
        let Some(traffic) = &self.cast.traffic else { return Vec::new() };
        let seconds = self.duration.as_secs_f64();
        let row = |(at, route): (usize, &crate::traffic::calls::Route)| {
            let quantile = |q: f64| self.over(|run| run.routes[at].latency.quantile_s(q) * 1000.0);
            let detail = self.latency_of(traffic, traffic.objective, &|run| {
                let RouteTotals { errors, latency, promises, .. } = &run.routes[at];
                let pooled = run.services.iter().map(|service| service.totals.pooled).max().unwrap_or_default();
                Felt { latency, failed: *errors, promises, pooled }
            });
            RouteResult {
                name: route.name.clone(),
                requests_per_second: self.over(|run| run.routes[at].requests / seconds),
                latency_ms_p50: quantile(0.5),
                latency_ms_p95: quantile(0.95),
                latency_ms_p99: quantile(0.99),
                error_ratio: self.over(|run| {
                    let route = &run.routes[at];
                    if route.requests > 0.0 { route.errors / route.requests } else { 0.0 }
                }),
                detail,
            }
        };
        traffic.graph.routes().values().enumerate().map(row).collect()
    }

    fn autoscalers(&self) -> Vec<AutoscalerResult> {
        let hours = self.duration.as_secs_f64() / 3600.0;
        let row = |hpa: &crate::world::Hpa| {
            let id = hpa.workload;
            let max = i64::from(hpa.spec.max);
            AutoscalerResult {
                namespace: self.text(self.cast.workloads[id].namespace),
                name: self.text(hpa.name),
                min_replicas: hpa.spec.min.max(0) as u32,
                max_replicas: hpa.spec.max.max(0) as u32,
                replicas_mean: self.over(|run| run.books.workloads[id].desired.mean(run.end, self.duration)),
                replicas_peak: self.over(|run| run.books.workloads[id].desired.most() as f64),
                at_max_ratio: self.over(|run| {
                    let row = &run.books.workloads[id];
                    let at_max = row.at_max.seconds(run.end) as f64;
                    if row.desired.most() < max { 0.0 } else { at_max / self.duration.as_secs_f64() }
                }),
                scale_events: self.over(|run| run.books.workloads[id].rescales as f64),
                flapping_per_hour: self.over(|run| run.books.workloads[id].flips as f64 / hours),
            }
        };
        self.cast.hpas.iter().map(row).collect()
    }

    fn vertical_autoscalers(&self) -> Vec<VerticalResult> {
        let mut rows = Vec::new();
        for (index, vpa) in self.cast.vpas.iter().enumerate() {
            let workload = &self.cast.workloads[vpa.workload];
            for (at, container) in self.cast.cluster.spec(workload.template).containers.iter().enumerate() {
                let of_run = |run: &Outcome| run.vpas.get(index)?.get(at).copied()?;
                let last: Vec<Recommendation> = self.runs.iter().filter_map(of_run).collect();
                if last.is_empty() {
                    continue;
                }
                let bounds = |request: i64, amount: fn(&Amounts) -> i64| {
                    let over = |part: fn(&Recommendation) -> &Amounts| {
                        Estimate::of(last.iter().map(|row| amount(part(row)) as f64))
                    };
                    VerticalBounds {
                        request,
                        target: over(|row| &row.target),
                        lower_bound: over(|row| &row.lower),
                        upper_bound: over(|row| &row.upper),
                    }
                };
                rows.push(VerticalResult {
                    namespace: self.text(workload.namespace),
                    name: self.text(vpa.name),
                    container: self.text(container.name),
                    cpu_milli: bounds(container.requests.cpu_milli, |amounts| amounts.cpu_milli),
                    memory_bytes: bounds(container.requests.memory_bytes, |amounts| amounts.memory_bytes),
                });
            }
        }
        rows
    }

    fn groups(&self) -> Vec<GroupResult> {
        let row = |(id, group): (crate::world::GroupId, &crate::world::NodeGroup)| {
            let bill_group = |run: &Outcome| {
                let lines = run
                    .bill
                    .lines
                    .iter()
                    .filter(|line| line.group.is_some_and(|billed| run.bill.group_name(billed) == group.name));
                lines.map(|line| line.amount).sum::<Money>()
            };
            GroupResult {
                name: group.name.clone(),
                instance_types: group.machines.iter().map(|machine| machine.instance_type.clone()).collect(),
                capacity_type: if group.spot { "SPOT".into() } else { "ON_DEMAND".into() },
                min_size: group.min.max(0) as u32,
                max_size: group.max.max(0) as u32,
                nodes_mean: self.over(|run| run.books.groups[id].nodes.mean(run.end, self.duration)),
                nodes_peak: self.over(|run| run.books.groups[id].nodes.most() as f64),
                node_hours: self.over(|run| run.books.groups[id].instances.hours(run.end)),
                cost_usd_per_month: self.over(|run| run.bill.per_month(bill_group(run)).usd()),
                idle_ratio: self.over(|run| {
                    let idle: Money = run
                        .bill
                        .shares
                        .iter()
                        .filter(|share| share.owner == crate::cost::Owner::Idle)
                        .filter(|share| share.group.is_some_and(|g| run.bill.group_name(g) == group.name))
                        .map(|share| share.amount)
                        .sum();
                    let all = bill_group(run);
                    if all == Money::ZERO { 0.0 } else { idle.usd() / all.usd() }
                }),
                interruptions: self.over(|run| run.books.groups[id].notices as f64),
            }
        };
        self.cast.groups.iter().map(row).collect()
    }

    fn charges(&self) -> Vec<ChargeResult> {
        let amount = |run: &Outcome, kind| run.bill.by_kind().get(&kind).copied().unwrap_or_default();
        let row = |kind: ChargeKind| ChargeResult {
            name: kind.name().to_owned(),
            cost_usd_per_month: self.over(|run| run.bill.per_month(amount(run, kind)).usd()),
        };
        ChargeKind::ALL.into_iter().map(row).filter(|row| row.cost_usd_per_month.mean > 0.0).collect()
    }

    fn namespaces(&self) -> Vec<NamespaceResult> {
        let mut names: Vec<String> = self
            .runs
            .iter()
            .flat_map(|run| run.bill.by_owner().into_keys().map(|owner| run.bill.owner_name(owner).to_owned()))
            .collect();
        names.sort();
        names.dedup();
        let amount = |run: &Outcome, name: &str| {
            let owners = run.bill.by_owner();
            let mine = owners.iter().find(|(owner, _)| run.bill.owner_name(**owner) == name);
            run.bill.per_month(mine.map_or(Money::ZERO, |(_, amount)| *amount)).usd()
        };
        let row = |name: String| NamespaceResult { cost_usd_per_month: self.over(|run| amount(run, &name)), name };
        let mut rows: Vec<NamespaceResult> = names.into_iter().map(row).collect();
        rows.sort_by(|a, b| b.cost_usd_per_month.mean.total_cmp(&a.cost_usd_per_month.mean));
        rows
    }

    fn timeline(&self) -> Timeline {
        let Some(points) = self.runs.first().map(|run| &run.timeline) else { return Timeline::default() };
        let step = points.every.as_secs_f64();
        let series = |panel, name: &str, value: &dyn Fn(&Point) -> Option<f64>| Series {
            panel,
            name: name.to_owned(),
            values: points.points.iter().map(value).collect(),
        };
        let mut all = Vec::new();
        if self.cast.traffic.is_some() {
            all.push(series(Panel::RequestsPerSecond, "entering", &|point| Some(point.requests_per_second)));
            all.push(series(Panel::LatencyMsP95, "slowest route", &|point| Some(point.latency_s_p95 * 1000.0)));
            all.push(series(Panel::ErrorRatio, "all routes", &|point| Some(point.error_rate)));
        }
        for hpa in &self.cast.hpas {
            let at = hpa.workload.index();
            let name = self.text(self.cast.workloads[hpa.workload].name);
            all.push(series(Panel::Replicas, &name, &|point| Some(f64::from(point.pods.get(at)?.ready))));
        }
        for (id, group) in self.cast.groups.iter() {
            let at = id.index();
            all.push(series(Panel::Nodes, &group.name, &|point| Some(f64::from(point.nodes.get(at)?.nodes))));
        }
        all.push(series(Panel::PendingPods, "all", &|point| Some(point.pending)));
        all.push(series(Panel::CostUsdPerHour, "everything", &|point| Some(point.cost_usd_hour)));
        Timeline { replication: 0, start_seconds: step, step_seconds: step, series: all }
    }

    fn text(&self, symbol: crate::intern::Symbol) -> String {
        self.cast.cluster.symbols.text(symbol).to_owned()
    }
}

/// The quantile of the slowest route that had requests, in milliseconds.
fn worst_ms(run: &Outcome, quantile: f64) -> f64 {
    let served = run.routes.iter().filter(|route| route.requests > 0.0);
    served.map(|route| route.latency.quantile_s(quantile) * 1000.0).fold(0.0, f64::max)
}

/// Pods without a node, times the hours they waited.
fn pod_hours_pending(run: &Outcome) -> f64 {
    run.books.workloads.values().map(|row| row.pending.hours(run.end)).sum()
}

fn scale_events(run: &Outcome) -> u64 {
    let rescales: u64 = run.books.workloads.values().map(|row| row.rescales).sum();
    let scale_ups: u64 = run.books.groups.values().map(|row| row.scale_ups).sum();
    rescales + scale_ups
}

/// Pods that HPAs asked for or gave up, and nodes that came or went.
fn starts_and_stops(run: &Outcome) -> f64 {
    let pods: u64 = run.books.workloads.values().map(|row| row.moved).sum();
    let nodes: u64 = run.books.groups.values().map(|row| row.added + row.removed).sum();
    (pods + nodes) as f64
}

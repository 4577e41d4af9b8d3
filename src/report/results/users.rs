//! What users felt, by service and by route; each latency figure with what it is: of one run or pooled, fast or exact.

use super::Results;
use crate::report::format::figure;
use crate::report::{LatencyDetail, ObjectiveDetail, PooledLatency, RouteResult, ServiceResult, Unit};
use crate::sim::burn::ErrorBudget;
use crate::study::figures::Felt;
use crate::study::{Figures, Runs};
use crate::traffic::latency::LatencyHistogram;
use crate::units::{SimDuration, finite};
use crate::world::{LatencyMode, Objective, Traffic};

/// Without a latency objective, what users are taken to be satisfied with.
const USUAL_TARGET_S: f64 = 0.5;

/// What a service or a route felt in a replication.
type Of<'a> = &'a dyn for<'r> Fn(&'r Figures) -> &'r Felt;

impl Results<'_> {
    pub(super) fn services(&self) -> Vec<ServiceResult> {
        let Some(traffic) = &self.cast.traffic else { return Vec::new() };
        let seconds = self.seconds();
        let row = |(id, name): (crate::traffic::calls::ServiceId, &crate::study::ObjectName)| {
            let felt: Of<'_> = &|run| &run.services[id].felt;
            let objective = traffic.services[id].objective.unwrap_or(traffic.objective);
            ServiceResult {
                namespace: name.namespace.clone(),
                name: name.name.clone(),
                requests_per_second: self.over(|run| felt(run).requests.all / seconds),
                latency_ms_p50: self.quantile_ms(felt, 0.5),
                latency_ms_p95: self.quantile_ms(felt, 0.95),
                latency_ms_p99: self.quantile_ms(felt, 0.99),
                error_ratio: self.bad_share(|run| felt(run).requests.failed_ratio()),
                breach_ratio: self.bad_share(|run| run.services[id].breach.as_secs_f64() / seconds),
                detail: self.detail(traffic, objective, felt),
            }
        };
        self.names.services.iter().map(row).collect()
    }

    pub(super) fn routes(&self) -> Vec<RouteResult> {
        let Some(traffic) = &self.cast.traffic else { return Vec::new() };
        let seconds = self.seconds();
        let row = |(id, name): (crate::traffic::calls::RouteId, &String)| {
            let felt: Of<'_> = &|run| &run.routes[id];
            RouteResult {
                name: name.clone(),
                requests_per_second: self.over(|run| felt(run).requests.all / seconds),
                latency_ms_p50: self.quantile_ms(felt, 0.5),
                latency_ms_p95: self.quantile_ms(felt, 0.95),
                latency_ms_p99: self.quantile_ms(felt, 0.99),
                error_ratio: self.bad_share(|run| felt(run).requests.failed_ratio()),
                detail: self.detail(traffic, traffic.objective_of(id), felt),
            }
        };
        self.names.routes.iter().map(row).collect()
    }

    fn quantile_ms(&self, felt: Of<'_>, quantile: f64) -> crate::report::Estimate {
        self.over_known(|run| Some(felt(run).quantile_s(quantile)? * 1000.0))
    }

    fn detail(&self, traffic: &Traffic, objective: Objective, felt: Of<'_>) -> LatencyDetail {
        let target_s = objective.latency_s_p95.unwrap_or(USUAL_TARGET_S);
        let seconds = self.seconds();
        LatencyDetail {
            mode: match traffic.mode {
                LatencyMode::Fast => "fast".to_owned(),
                LatencyMode::Exact => "exact".to_owned(),
            },
            latency_ms_p90: self.quantile_ms(felt, 0.9),
            latency_ms_max: self.over_known(|run| Some(felt(run).max_s()? * 1000.0)),
            pooled_ms: self.pooled(felt),
            apdex: self.share(|run| felt(run).apdex(target_s)),
            distribution_ratio: self.share(|run| felt(run).pooled.as_secs_f64() / seconds),
            replay_ratio: self.share(|run| felt(run).replayed.as_secs_f64() / seconds),
            doubtful_ratio: self.share(|run| felt(run).doubtful.as_secs_f64() / seconds),
            objectives: self.objectives_of(objective, felt),
        }
    }

    fn pooled(&self, felt: Of<'_>) -> PooledLatency {
        let mut all = LatencyHistogram::new();
        self.runs.figures().iter().for_each(|run| all.merge(&felt(run).latency));
        let known = |value_s: f64| if all.requests() > 0.0 { value_s * 1000.0 } else { f64::NAN };
        let ms = |quantile: f64| known(all.quantile_s(quantile));
        PooledLatency { p50: ms(0.5), p90: ms(0.9), p95: ms(0.95), p99: ms(0.99), max: known(all.max_s()) }
    }

    fn objectives_of(&self, objective: Objective, felt: Of<'_>) -> Vec<ObjectiveDetail> {
        let latency = objective
            .latency_s_p95
            .map(|target_s| self.objective_of("latencyMsP95", target_s * 1000.0, &|run| felt(run).promises.latency));
        let errors = objective
            .error_rate
            .map(|target| self.objective_of("errorRatio", target, &|run| felt(run).promises.errors));
        latency.into_iter().chain(errors).collect()
    }

    fn objective_of(
        &self,
        metric: &str,
        target: f64,
        kept: &dyn Fn(&Figures) -> Option<ErrorBudget>,
    ) -> ObjectiveDetail {
        let seconds = self.seconds();
        let kept = |run: &Figures| kept(run).unwrap_or_default();
        let share =
            |time: fn(&ErrorBudget) -> SimDuration| self.bad_share(move |run| time(&kept(run)).as_secs_f64() / seconds);
        ObjectiveDetail {
            metric: metric.to_owned(),
            target,
            budget_ratio: self.runs.figures().first().map_or(0.0, |run| kept(run).budget),
            breach_ratio: share(|kept| kept.breach),
            budget_spent: self.over(|run| kept(run).budget_spent()),
            paging_ratio: share(|kept| kept.paging),
            ticket_ratio: share(|kept| kept.ticket),
        }
    }
}

/// Which services were replayed for how long, as a note.
pub(super) fn replay_notes(services: &[ServiceResult]) -> Vec<String> {
    let told = shares(services, |detail| &detail.replay_ratio);
    let note = || format!("where no formula is good the fast mode replayed single requests: {}", told.join(", "));
    if told.is_empty() { Vec::new() } else { vec![note()] }
}

/// Which services could not be replayed as long as they should have been.
pub(super) fn replay_caveats(services: &[ServiceResult]) -> Vec<String> {
    let told = shares(services, |detail| &detail.doubtful_ratio);
    let caveat = || {
        format!(
            "formulas had to do where none is good, after so much had been replayed request by request: {}; \
             `latency: exact` follows all of it",
            told.join(", ")
        )
    };
    if told.is_empty() { Vec::new() } else { vec![caveat()] }
}

/// The services with some such time, and its share.
fn shares(services: &[ServiceResult], of: impl Fn(&LatencyDetail) -> &crate::report::Estimate) -> Vec<String> {
    let told = services.iter().filter(|service| of(&service.detail).mean > 0.0);
    let share = |service: &ServiceResult| figure(of(&service.detail).mean, Unit::Ratio);
    told.map(|service| format!("service {} for {} of the time", service.name, share(service))).collect()
}

/// Where figures do not hold all requests.
pub(super) fn overflow_caveats(runs: &Runs) -> Vec<String> {
    let all = || runs.figures().iter();
    let turned_away: u64 = all().map(|run| run.entry.turned_away).sum();
    let routes = all().flat_map(|run| run.routes.values());
    let services = all().flat_map(|run| run.services.values().map(|service| &service.felt));
    let beyond: f64 = routes.chain(services).map(|felt| felt.latency.overflowed()).sum();
    let mut caveats = Vec::new();
    if turned_away > 0 {
        caveats.push(format!(
            "{turned_away} requests were turned away because two million were under way: some service can never keep \
             up and has neither `queue` nor `timeout`"
        ));
    }
    if beyond > 0.5 {
        caveats.push(format!(
            "{:.0} latencies were longer than the three days that histograms tell apart: the slowest percentiles \
             are too low",
            finite(beyond)
        ));
    }
    caveats
}

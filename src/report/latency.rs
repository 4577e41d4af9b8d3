//! The latency figures of a service or a route, each with what it is: of one run or pooled, fast or exact.

use super::build::Builder;
use super::model::{LatencyDetail, ObjectiveDetail, PooledLatency};
use crate::sim::burn::{Kept, Promises};
use crate::sim::outcome::Outcome;
use crate::traffic::latency::LatencyHistogram;
use crate::units::SimDuration;
use crate::world::{LatencyMode, Objective, Traffic};

/// What the users of a service or a route felt in one run.
pub(super) struct Felt<'a> {
    pub(super) latency: &'a LatencyHistogram,
    /// Failed requests.
    pub(super) failed: f64,
    pub(super) promises: &'a Promises,
    /// Time in which the fast mode's percentiles were pooled by nature.
    pub(super) pooled: SimDuration,
}

/// Without a latency objective, what users are taken to be satisfied with.
const USUAL_TARGET_S: f64 = 0.5;

impl Builder<'_> {
    pub(super) fn latency_of(
        &self,
        traffic: &Traffic,
        objective: Objective,
        felt: &dyn for<'r> Fn(&'r Outcome) -> Felt<'r>,
    ) -> LatencyDetail {
        let mut pooled = LatencyHistogram::new();
        self.runs.iter().for_each(|run| pooled.merge(felt(run).latency));
        let all_ms = |quantile: f64| pooled.quantile_s(quantile) * 1000.0;
        let target_s = objective.latency_s_p95.unwrap_or(USUAL_TARGET_S);
        let seconds = self.duration.as_secs_f64();
        LatencyDetail {
            mode: match traffic.mode {
                LatencyMode::Fast => "fast".to_owned(),
                LatencyMode::Exact => "exact".to_owned(),
            },
            latency_ms_p90: self.over(|run| felt(run).latency.quantile_s(0.9) * 1000.0),
            latency_ms_max: self.over(|run| felt(run).latency.max_s() * 1000.0),
            pooled_ms: PooledLatency {
                p50: all_ms(0.5),
                p90: all_ms(0.9),
                p95: all_ms(0.95),
                p99: all_ms(0.99),
                max: pooled.max_s() * 1000.0,
            },
            apdex: self.over(|run| {
                let felt = felt(run);
                apdex(felt.latency, felt.failed, target_s)
            }),
            distribution_ratio: self.over(|run| felt(run).pooled.as_secs_f64() / seconds),
            objectives: self.objectives_of(objective, felt),
        }
    }

    fn objectives_of(
        &self,
        objective: Objective,
        felt: &dyn for<'r> Fn(&'r Outcome) -> Felt<'r>,
    ) -> Vec<ObjectiveDetail> {
        let latency = objective
            .latency_s_p95
            .map(|target_s| self.objective_of("latencyMsP95", target_s * 1000.0, &|run| felt(run).promises.latency));
        let errors = objective
            .error_rate
            .map(|target| self.objective_of("errorRatio", target, &|run| felt(run).promises.errors));
        latency.into_iter().chain(errors).collect()
    }

    fn objective_of(&self, metric: &str, target: f64, kept: &dyn Fn(&Outcome) -> Option<Kept>) -> ObjectiveDetail {
        let seconds = self.duration.as_secs_f64();
        let kept = |run: &Outcome| kept(run).unwrap_or_default();
        let share = |time: fn(&Kept) -> SimDuration| self.over(move |run| time(&kept(run)).as_secs_f64() / seconds);
        ObjectiveDetail {
            metric: metric.to_owned(),
            target,
            budget_ratio: self.runs.first().map_or(0.0, |run| kept(run).budget),
            breach_ratio: share(|kept| kept.breach),
            budget_spent: self.over(|run| kept(run).budget_spent()),
            paging_ratio: share(|kept| kept.paging),
            ticket_ratio: share(|kept| kept.ticket),
        }
    }
}

/// Apdex with failed requests as frustrated; 1 without any request.
fn apdex(latency: &LatencyHistogram, failed: f64, target_s: f64) -> f64 {
    let answered = latency.requests();
    if answered + failed > 0.0 { latency.apdex(target_s) * answered / (answered + failed) } else { 1.0 }
}

/// Where figures do not hold all requests.
pub(super) fn overflow_caveats(runs: &[Outcome]) -> Vec<String> {
    let turned_away: u64 = runs.iter().map(|run| run.service_levels.overflowed).sum();
    let routes = runs.iter().flat_map(|run| &run.routes).map(|route| &route.latency);
    let services = runs.iter().flat_map(|run| &run.services).map(|service| &service.latency);
    let beyond: f64 = routes.chain(services).map(LatencyHistogram::overflowed).sum();
    let mut caveats = Vec::new();
    if turned_away > 0 {
        caveats.push(format!(
            "{turned_away} requests were turned away because two million were under way: some service can never keep \
             up and has neither `queue` nor `timeout`"
        ));
    }
    if beyond > 0.5 {
        caveats.push(format!(
            "{beyond:.0} latencies were longer than the three days that histograms tell apart: the slowest percentiles \
             are too low"
        ));
    }
    caveats
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_requests_are_frustrated() {
        let mut latency = LatencyHistogram::new();
        latency.record(0.1, 80.0);
        assert!((apdex(&latency, 20.0, 0.5) - 0.8).abs() < 1e-9);
        assert_eq!(apdex(&LatencyHistogram::new(), 0.0, 0.5), 1.0);
        latency.record(1e9, 3.0);
        assert_eq!(latency.overflowed(), 3.0);
    }
}

//! The figures to look at first, and the objectives.

use super::Results;
use crate::report::metrics::{self, Metric};
use crate::report::{Estimate, Headline, Objective, Unit};
use crate::study::{Figures, keeps_error_rate, keeps_latency};

fn headline(metric: Metric, value: Estimate) -> Headline {
    let Metric { name, of_all, unit, .. } = metric;
    // Nothing here can be negative but money, and no share above one, whatever the t-distribution says.
    let value = match unit {
        Unit::Usd | Unit::UsdPerMonth => value,
        Unit::Ratio => value.within(0.0, 1.0),
        _ => value.within(0.0, f64::INFINITY),
    };
    Headline { metric: name.to_owned(), label: of_all.to_owned(), unit, value, objective: None }
}

impl Results<'_> {
    pub(super) fn headlines(&self) -> Vec<Headline> {
        let cost = self.over(|run| run.usd_per_month(run.cost()));
        let mut all = vec![headline(metrics::COST, cost)];
        all.extend(self.of_users());
        all.extend(self.of_the_cluster());
        let idle = self.over(Figures::idle_ratio);
        all.push(headline(metrics::IDLE, idle));
        let emitted = self.emitted(crate::study::Emissions::kg);
        all.extend(emitted.map(|kg| headline(metrics::CO2E, kg)));
        all
    }

    fn of_users(&self) -> Vec<Headline> {
        let Some(traffic) = &self.cast.traffic else { return Vec::new() };
        let slowest_ms = |quantile: f64| self.over_known(move |run| Some(run.slowest_route_s(quantile)? * 1000.0));
        let latency = headline(metrics::LATENCY_P95, slowest_ms(0.95));
        let target_ms = traffic.objective.latency_s_p95.map(|seconds| seconds * 1000.0);
        let failed = self.over(|run| run.entry.requests.failed_ratio());
        let errors = headline(metrics::ERRORS, failed);
        let breach = self.over(|run| run.entry.breach_ratio());
        vec![
            Headline { objective: target_ms, ..latency },
            headline(metrics::LATENCY_P99, slowest_ms(0.99)),
            Headline { objective: traffic.objective.error_rate, ..errors },
            headline(metrics::BREACH, breach),
        ]
    }

    fn of_the_cluster(&self) -> Vec<Headline> {
        let hours = self.hours();
        let count = |metric, get: &dyn Fn(&Figures) -> u64| headline(metric, self.over(|run| get(run) as f64));
        let node_hours = self.over(|run| run.cluster.nodes.mean(self.duration) * hours);
        let waited = self.over(|run| run.pending_pod_hours() * 3600.0);
        let longest = self.over(|run| run.cluster.longest_pending.as_secs_f64());
        let flapping = self.over(|run| run.starts_and_stops() as f64 / hours);
        let survived = |run: &Figures| run.cluster.spot_notices - run.cluster.spot_losses;
        vec![
            headline(metrics::NODE_HOURS, node_hours),
            count(metrics::NODES_PEAK, &|run| run.cluster.nodes.most as u64),
            headline(metrics::PENDING, waited),
            headline(metrics::LONGEST_PENDING, longest),
            count(metrics::UNPLACED, &|run| run.cluster.unplaced),
            count(metrics::SCALE_EVENTS, &Figures::scale_events),
            headline(metrics::FLAPPING, flapping),
            count(metrics::EVICTIONS, &|run| run.cluster.evictions),
            count(metrics::SPOT_SURVIVED, &survived),
            count(metrics::SPOT_LOSSES, &|run| run.cluster.spot_losses),
            count(metrics::OUT_OF_MEMORY, &|run| run.cluster.out_of_memory),
        ]
    }

    pub(super) fn objectives(&self) -> Vec<Objective> {
        let Some(traffic) = &self.cast.traffic else { return Vec::new() };
        let latency = traffic.objective.latency_s_p95.map(|most_s| Objective {
            label: "P95 of every route".into(),
            unit: Unit::Milliseconds,
            target: most_s * 1000.0,
            met_ratio: self.runs.share(|run| keeps_latency(run, most_s)),
        });
        let errors = traffic.objective.error_rate.map(|most| Objective {
            label: "failed requests".into(),
            unit: Unit::Ratio,
            target: most,
            met_ratio: self.runs.share(|run| keeps_error_rate(run, most)),
        });
        latency.into_iter().chain(errors).collect()
    }
}

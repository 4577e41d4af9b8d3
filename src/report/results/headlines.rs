//! The figures to look at first.

use super::Results;
use crate::report::metrics::{self, Metric};
use crate::report::{Estimate, Headline, Unit};
use crate::study::{Figures, Promise, What};

fn headline(metric: Metric, value: Estimate) -> Headline {
    let Metric { name, of_all, unit, .. } = metric;
    // Nothing here can be negative but money, and no share above one.
    let value = match unit {
        Unit::Usd | Unit::UsdPerMonth => value,
        Unit::Ratio => value.within(0.0, 1.0),
        _ => value.within(0.0, f64::INFINITY),
    };
    Headline { metric: name.to_owned(), label: of_all.to_owned(), unit, value, objective: None, month: None }
}

/// How long a pod waits for a node, about, where none has waited in any replication.
const A_WAIT_S: f64 = 180.0;

impl Results<'_> {
    pub(super) fn headlines(&self) -> Vec<Headline> {
        let cost = self.over(|run| run.usd_per_month(run.cost()));
        let month = Some(self.month(&cost));
        let mut all = vec![Headline { month, ..headline(metrics::COST, cost) }];
        all.extend(self.of_users());
        all.extend(self.of_the_cluster());
        let idle = self.over(Figures::idle_ratio);
        all.push(headline(metrics::IDLE, idle));
        let emitted = self.emitted(crate::study::Emissions::kg);
        all.extend(emitted.map(|kg| headline(metrics::CO2E, kg)));
        all
    }

    fn of_users(&self) -> Vec<Headline> {
        if self.cast.traffic.is_none() {
            return Vec::new();
        }
        let slowest_ms = |quantile: f64| self.over_known(move |run| Some(run.slowest_route_s(quantile)? * 1000.0));
        let latency = headline(metrics::LATENCY_P95, slowest_ms(0.95));
        let failed = self.bad_share(|run| run.entry.requests.failed_ratio());
        let errors = headline(metrics::ERRORS, failed);
        let breach = self.bad_share(|run| run.entry.breach_ratio());
        let mut all = vec![
            Headline { objective: self.latency_limit_ms(), ..latency },
            headline(metrics::LATENCY_P99, slowest_ms(0.99)),
            Headline { objective: self.limit(What::ErrorRate(None)), ..errors },
            Headline { objective: self.limit(What::Breach), ..headline(metrics::BREACH, breach) },
        ];
        if let Some(limit) = self.limit(What::BurnRate) {
            let burn = Promise { what: What::BurnRate, limit };
            let value = self.over(|run| burn.value(run));
            all.push(Headline { objective: Some(limit), ..headline(metrics::BURN_RATE, value) });
        }
        all
    }

    fn of_the_cluster(&self) -> Vec<Headline> {
        let hours = self.hours();
        let count = |metric, get: &dyn Fn(&Figures) -> u64| headline(metric, self.count(get));
        // Without spot capacity there is nothing to be taken away.
        let has_spot = self.cast.groups.iter().any(|(_, group)| group.spot);
        let of_spot = |metric, get: &dyn Fn(&Figures) -> u64| {
            if has_spot { count(metric, get) } else { headline(metric, self.over(|run| get(run) as f64)) }
        };
        let node_hours = self.over(|run| run.cluster.nodes.mean(self.duration) * hours);
        let waited = self.events(A_WAIT_S, |run| run.pending_pod_hours() * 3600.0);
        let longest = self.events(A_WAIT_S, |run| run.cluster.longest_pending.as_secs_f64());
        let flapping = self.events(1.0 / hours, |run| run.starts_and_stops() as f64 / hours);
        let survived = |run: &Figures| run.cluster.spot_notices - run.cluster.spot_losses;
        vec![
            headline(metrics::NODE_HOURS, node_hours),
            count(metrics::NODES_PEAK, &|run| run.cluster.nodes.most as u64),
            Headline { objective: self.limit(What::PendingPodHours), ..headline(metrics::PENDING, waited) },
            Headline { objective: self.limit(What::LongestPending), ..headline(metrics::LONGEST_PENDING, longest) },
            count(metrics::UNPLACED, &|run| run.cluster.unplaced),
            count(metrics::SCALE_EVENTS, &Figures::scale_events),
            headline(metrics::FLAPPING, flapping),
            count(metrics::EVICTIONS, &|run| run.cluster.evictions),
            of_spot(metrics::SPOT_SURVIVED, &survived),
            of_spot(metrics::SPOT_LOSSES, &|run| run.cluster.spot_losses),
            count(metrics::OUT_OF_MEMORY, &|run| run.cluster.out_of_memory),
        ]
    }
}

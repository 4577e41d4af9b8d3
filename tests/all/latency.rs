//! Both latency modes in whole simulations, and the audit that compares them.

use foresail::scenario;
use foresail::sim::Study;
use foresail::sim::audit::{AuditPlan, audit};
use foresail::sim::outcome::Outcome;
use foresail::units::SimDuration;
use std::sync::Arc;

/// The reference cluster for an hour, with changes.
fn study(sets: &[&str]) -> Study {
    let mut all = vec!["duration=1h".to_owned(), "seed=5".to_owned()];
    all.extend(sets.iter().map(|set| (*set).to_owned()));
    let scenario = scenario::embedded(&all).unwrap_or_else(|issues| panic!("{issues:?}"));
    Study {
        cast: Arc::new(scenario.cast),
        timing: scenario.timing,
        duration: scenario.duration,
        seed: scenario.seed,
        tables: Default::default(),
        timeline_every: SimDuration::ZERO,
    }
}

fn percent(found: f64, wanted: f64) -> f64 {
    100.0 * (found / wanted - 1.0)
}

#[test]
fn both_modes_agree_on_the_reference_cluster() {
    let fast = study(&[]).replicate(0);
    let exact = study(&["latency=exact"]).replicate(0);
    let requests = |outcome: &Outcome| outcome.service_levels.requests;
    assert!(percent(requests(&exact), requests(&fast)).abs() < 2.0, "{} {}", requests(&exact), requests(&fast));
    assert!(exact.service_levels.error_rate() < 0.01 && fast.service_levels.error_rate() < 0.01);
    for (fast, exact) in fast.routes.iter().zip(&exact.routes) {
        for share in [0.5, 0.95] {
            let error = percent(fast.latency.quantile_s(share), exact.latency.quantile_s(share));
            assert!(error.abs() < 10.0, "{} at {share}: {error:.1} %", fast.name);
        }
    }
    // What the pod autoscaler sees is the same too.
    for (fast, exact) in fast.services.iter().zip(&exact.services) {
        let error = percent(fast.totals.busy, exact.totals.busy);
        assert!(error.abs() < 5.0, "{} was busy {:.1} and {:.1}", fast.name, fast.totals.busy, exact.totals.busy);
    }
}

#[test]
fn the_exact_mode_repeats_exactly() {
    let run = || {
        let outcome = study(&["latency=exact", "duration=10m"]).replicate(0);
        let routes = outcome.routes.iter().map(|route| (route.requests.to_bits(), route.latency.clone()));
        (outcome.events, routes.collect::<Vec<_>>())
    };
    assert!(run() == run());
}

#[test]
fn the_audit_shows_both_modes_where_it_was_worst() {
    let study = study(&[]);
    let plan = AuditPlan { windows: 2, replications: 5, ..AuditPlan::default() };
    let rows = audit(&study, &plan);
    let routes = study.cast.traffic.as_ref().map_or(0, |traffic| traffic.graph.routes().len());
    assert_eq!(rows.len(), 2 * routes);
    for row in &rows {
        assert!(row.to > row.from && row.fast.p95_s > 0.0);
        let [p50, p95, p99] = row.exact_per_run_s.expect("requests were answered");
        assert!(p50.mean < p95.mean && p95.mean <= p99.mean && p95.half_width.is_finite());
    }
    assert_eq!(rows, audit(&study, &plan));
}

//! Both latency modes in whole simulations, and the audit that compares them.

use foresail::scenario;
use foresail::sim::outcome::Outcome;
use foresail::study::Study;
use foresail::study::audit::{AuditPlan, audit};
use foresail::traffic::latency::LatencyHistogram;
use foresail::units::SimDuration;

/// The reference cluster for an hour, with changes.
fn study(sets: &[&str]) -> Study {
    let mut all = vec!["duration=1h".to_owned(), "seed=5".to_owned()];
    all.extend(sets.iter().map(|set| (*set).to_owned()));
    let scenario = scenario::embedded(&all).unwrap_or_else(|issues| panic!("{issues:?}"));
    Study {
        cast: scenario.cast,
        timing: scenario.timing,
        duration: scenario.duration,
        warm_up: SimDuration::ZERO,
        seed: scenario.seed,
        tables: Default::default(),
        timeline_every: SimDuration::ZERO,
        keeps_story: true,
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
    let rows = audit(&study, &plan).rows;
    let routes = study.cast.traffic.as_ref().map_or(0, |traffic| traffic.graph.routes().len());
    assert_eq!(rows.len(), 2 * routes);
    for row in &rows {
        assert!(row.to > row.from && row.fast.p95_s > 0.0);
        let [p50, p95, p99] = row.exact_per_run_s.clone().expect("requests were answered");
        assert!(p50.mean < p95.mean && p95.mean <= p99.mean && p95.interval.is_some());
    }
    assert_eq!(rows, audit(&study, &plan).rows);
    let too_few = audit(&study, &AuditPlan { most_requests: 10.0, ..plan });
    assert!(too_few.rows.is_empty() && too_few.left_out > 0, "what cannot be simulated is said: {too_few:?}");
}

/// What a service's visits took in both modes, the fast one first.
fn latency_in_both_modes(service: &str, sets: &[&str]) -> [LatencyHistogram; 2] {
    ["latency=fast", "latency=exact"].map(|mode| {
        let sets: Vec<&str> = sets.iter().copied().chain(["duration=10m", mode]).collect();
        let outcome = study(&sets).replicate(0);
        outcome.services.into_iter().find(|row| row.name == service).expect("a service of the cluster").latency
    })
}

/// A quantile of a service in both modes, the fast one first.
fn in_both_modes(service: &str, quantile: f64, sets: &[&str]) -> [f64; 2] {
    latency_in_both_modes(service, sets).map(|latency| latency.quantile_s(quantile))
}

#[test]
fn a_cold_start_slows_new_pods_in_both_modes() {
    let usual = in_both_modes("iam-service", 0.8, &[]);
    let cold = latency_in_both_modes("iam-service", &["services.iam-service.coldStart={speed: 0.25, duration: 5m}"]);
    for (usual, cold) in usual.into_iter().zip(&cold) {
        assert!(cold.quantile_s(0.8) > 1.4 * usual, "{} with a cold start, {usual} without", cold.quantile_s(0.8));
    }
    // What happens in the first seconds, to a single cold pod, is luck: it makes the mean and the far tail.
    for share in [0.5, 0.8] {
        let [fast, exact] = [0, 1].map(|mode| cold[mode].quantile_s(share));
        assert!(percent(fast, exact).abs() < 12.0, "at {share}: {fast}, not {exact}");
    }
}

#[test]
fn who_comes_before_the_first_pod_does_not_burden_it() {
    // The first pods become ready within the first steps, and are slow at first.
    let [fast, exact] = ["latency=fast", "latency=exact"].map(|mode| {
        let cold = "services.iam-service.coldStart={speed: 0.25, duration: 5m}";
        let study = study(&[cold, "duration=1m", mode]);
        let (mut p90_s, mut errors) = (0.0, 0.0);
        for replication in 0..6 {
            let outcome = study.replicate(replication);
            let row = outcome.services.iter().find(|row| row.name == "iam-service").expect("a service of the cluster");
            p90_s += row.latency.quantile_s(0.9);
            errors += row.totals.errors;
        }
        assert!(errors > 0.0, "{mode}: nobody was refused while there was no pod");
        p90_s
    });
    assert!((0.2..2.0).contains(&(fast / exact)), "{fast}, not {exact}");
}

#[test]
fn the_audit_follows_cold_pods_in_both_modes() {
    let plan = AuditPlan { windows: 4, replications: 10, ..AuditPlan::default() };
    let worst = |cold: &str| {
        let rows = audit(&study(&[cold, "services.iam-service.warmUp=20s", "duration=10m"]), &plan).rows;
        // The worst windows are those of any route. Pods that are ready in a window's first step count as long ready, so these come later.
        let rows = rows.iter().filter(|row| row.route == "/api/v1/auth" && row.exact_per_run_s.is_some());
        let row = rows.max_by(|a, b| a.fast.p95_s.total_cmp(&b.fast.p95_s)).expect("a route of the cluster");
        let [_, exact_s, _] = row.exact_per_run_s.clone().expect("requests were answered");
        [row.fast.p95_s, exact_s.mean]
    };
    let usual = worst("services.iam-service.coldStart={speed: 1, duration: 1s}");
    let cold = worst("services.iam-service.coldStart={speed: 0.3, duration: 10m}");
    for (usual, cold) in usual.into_iter().zip(cold) {
        assert!(cold > 1.2 * usual, "{cold} with a cold start, {usual} without");
    }
    // Who meets a cold pod has its latency.
    assert!(percent(cold[0], cold[1]).abs() < 12.0, "{cold:?}");
}

#[test]
fn retries_within_a_budget_are_followed_in_both_modes() {
    // One pod of a service that everybody calls is asked for more than it can do, and its clients are impatient.
    let hasty = [
        "duration=5m",
        "traffic.scale=4",
        "services.iam-service.timeout=1s",
        "services.iam-service.cpuPerRequest=200ms",
    ];
    let visits = |mode: &str, budget: f64| {
        let retries = format!("services.iam-service.retries={{attempts: 3, budget: {budget}}}");
        let sets: Vec<&str> = hasty.into_iter().chain([mode, &retries]).collect();
        let outcome = study(&sets).replicate(0);
        let row = outcome.services.iter().find(|row| row.name == "iam-service").expect("a service of the cluster");
        row.totals.requests
    };
    for mode in ["latency=exact", "latency=fast"] {
        let [without, little, much] = [0.0, 0.1, 1.0].map(|budget| visits(mode, budget));
        assert!(little > 1.05 * without && little < 1.11 * without, "{mode}: {without} {little}");
        assert!(much > 1.5 * without && much < 2.01 * without, "{mode}: {without} {much}");
    }
}

#[test]
fn measured_cpu_times_shape_the_tail_in_both_modes() {
    // One in ten takes ten times as long; the mean stays 9 ms.
    let samples =
        "services.iam-service.cpuSamples=[4.7ms, 4.7ms, 4.7ms, 4.7ms, 4.7ms, 4.7ms, 4.7ms, 4.7ms, 4.7ms, 47ms]";
    let found = in_both_modes("iam-service", 0.95, &[samples]);
    assert!(percent(found[0], found[1]).abs() < 10.0, "{found:?}");
    let usual = in_both_modes("iam-service", 0.95, &["services.iam-service.scv=0.25"]);
    for (usual, found) in usual.into_iter().zip(found) {
        assert!(found > 1.3 * usual, "{found} with samples, {usual} with even work");
    }
}

#[test]
fn what_no_service_can_be_is_refused_or_said() {
    let refused = |sets: &[&str], text: &str| {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let issues = scenario::embedded(&sets).err().unwrap_or_else(|| panic!("{sets:?} is accepted"));
        let all: Vec<String> = issues.iter().map(ToString::to_string).collect();
        assert!(all.iter().any(|issue| issue.contains(text)), "{sets:?}: `{text}` is not in {all:?}");
    };
    refused(&["services.iam-service.cpuPerRequest=0"], "services.iam-service.cpuPerRequest");
    refused(&["services.iam-service.cpuPerRequest=-2ms"], "services.iam-service.cpuPerRequest");
    refused(&["services.inventory-service.calls=[{order-service: 1}]"], "in a circle");
    refused(&["traffic.routes={/api/v1/auth: 0}"], "nothing leads the requests to a service");
    refused(&["traffic.routes={/api/v1/auth: -1}"], "traffic.routes");
    refused(&["objectives.errorRate=1.5"], "errorRate");
    refused(&["services.iam-service.coldStart={speed: 1.5, duration: 1m}"], "coldStart.speed");
    let hasty = scenario::embedded(&["services.iam-service.timeout=1ms".to_owned()]).expect("a caveat is enough");
    let warned: Vec<String> = hasty.caveats.iter().map(ToString::to_string).collect();
    assert!(warned.iter().any(|text| text.contains("timeout is shorter than")), "{warned:?}");
}

#[test]
fn a_load_that_nobody_can_carry_ends_with_errors_in_both_modes() {
    for mode in ["latency=fast", "latency=exact"] {
        let sets = ["duration=6m", "traffic.scale=30", "services.kong-gateway.queue=50", mode];
        let outcome = study(&sets).replicate(0);
        assert!(outcome.service_levels.error_rate() > 0.1, "{mode}: {}", outcome.service_levels.error_rate());
    }
}

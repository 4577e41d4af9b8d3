//! A made-up week of the reference cluster, to test and to look at the renderings.

use super::*;
use crate::rng::{Seed, Stream};

const SERVICES: [(&str, f64); 8] = [
    ("iam", 60.0),
    ("catalog", 140.0),
    ("order", 45.0),
    ("payment", 22.0),
    ("shipping", 12.0),
    ("notification", 18.0),
    ("customer", 30.0),
    ("inventory", 38.0),
];
const GROUPS: [(&str, &str, &str, u32, u32, f64); 4] = [
    ("app-nodes", "m5.large", "ON_DEMAND", 2, 10, 70.08),
    ("db-nodes", "m5.xlarge", "ON_DEMAND", 3, 5, 140.16),
    ("system", "t3.medium", "ON_DEMAND", 2, 2, 30.37),
    ("spot", "m5.large", "SPOT", 0, 10, 23.83),
];
const STEPS: usize = 2016;

/// Traffic over the day, 0.2 to 1, with quieter weekends and a flash crowd on the fourth evening.
fn demand(step: usize) -> f64 {
    let day = step as f64 / 288.0;
    let hour = day.fract() * 24.0;
    let diurnal = 0.6 + 0.4 * libm::sin((hour - 9.0) / 24.0 * std::f64::consts::TAU);
    let weekend = if day as usize >= 5 { 0.75 } else { 1.0 };
    let flash = if (day - 3.8).abs() < 0.06 { 1.9 } else { 1.0 };
    diurnal * weekend * flash
}

fn around(stream: &mut Stream, mean: f64, spread: f64) -> Estimate {
    Estimate::of((0..20).map(|_| (mean + spread * mean * stream.normal()).max(0.0)))
}

fn series(panel: Panel, name: &str, value: impl FnMut(usize) -> f64) -> Series {
    Series { panel, name: name.to_owned(), values: (0..STEPS).map(value).map(Some).collect() }
}

fn timeline(stream: &mut Stream) -> Timeline {
    let mut all = Vec::new();
    for (name, peak) in SERVICES {
        all.push(series(Panel::RequestsPerSecond, name, |step| peak * demand(step) * (1.0 + 0.04 * stream.normal())));
    }
    let replicas = |peak: f64, step: usize| (3.0 + peak / 9.0 * demand(step.saturating_sub(1))).floor().min(20.0);
    for (name, peak) in SERVICES {
        all.push(series(Panel::Replicas, name, |step| replicas(peak, step)));
    }
    for (name, _, _, min, max, _) in GROUPS {
        let grown = |step: usize| f64::from(min) + (7.0 * demand(step.saturating_sub(2)) - 2.0).max(0.0).floor();
        let size = |step| if max == 2 || name == "db-nodes" { f64::from(min) } else { grown(step).min(f64::from(max)) };
        all.push(series(Panel::Nodes, name, size));
    }
    all.push(series(Panel::PendingPods, "", |step| {
        (9.0 * (demand(step) - demand(step.saturating_sub(3)))).max(0.0).floor()
    }));
    for (name, peak) in SERVICES {
        let calm = 25.0 + peak / 4.0;
        let late = |step: usize| if demand(step) > 1.4 { 12.0 } else { 1.0 };
        all.push(series(Panel::LatencyMsP95, name, |step| calm * late(step) * (1.0 + 0.1 * stream.normal().abs())));
    }
    all.push(series(Panel::CostUsdPerHour, "", |step| 1.4 + demand(step)));
    // A service without traffic has no latency.
    if let Some(gap) = all.iter_mut().find(|s| s.panel == Panel::LatencyMsP95 && s.name == "shipping") {
        gap.values[700..760].fill(None);
    }
    Timeline { replication: 0, start_seconds: 0.0, step_seconds: 300.0, series: all }
}

fn costs() -> Vec<CostRow> {
    let row = |day, group: &str, namespace: &str, resource: &str, cost_usd| CostRow {
        day,
        group: group.to_owned(),
        namespace: namespace.to_owned(),
        resource: resource.to_owned(),
        cost_usd,
    };
    let mut rows = Vec::new();
    for day in 0..7 {
        let busy = if day >= 5 { 0.8 } else { 1.0 };
        for (name, peak) in SERVICES {
            rows.push(row(day, "app-nodes", name, "cpu", busy * peak / 30.0));
            rows.push(row(day, "app-nodes", name, "ram", busy * peak / 60.0));
        }
        rows.push(row(day, "db-nodes", "data", "cpu", 7.5));
        rows.push(row(day, "db-nodes", "__idle__", "cpu", 6.3));
        rows.push(row(day, "spot", "analytics", "cpu", 2.9));
        rows.push(row(day, "system", "kube-system", "cpu", 1.6));
        rows.push(row(day, "app-nodes", "__idle__", "ram", 5.2 * busy));
        rows.push(row(day, "", "__unallocated__", "control plane", 2.4));
        rows.push(row(day, "", "__unallocated__", "load balancers", 1.1));
        rows.push(row(day, "", "data", "managed services", 12.3));
    }
    rows
}

fn detail(peak: f64) -> LatencyDetail {
    LatencyDetail {
        mode: "fast".to_owned(),
        latency_ms_p90: Estimate::exact(30.0 + peak),
        latency_ms_max: Estimate::exact(900.0 + 5.0 * peak),
        pooled_ms: PooledLatency { p50: 14.0, p90: 30.0 + peak, p95: 41.0 + peak, p99: 140.0 + peak, max: 1800.0 },
        apdex: Estimate::exact(0.98),
        distribution_ratio: Estimate::exact(0.01),
        replay_ratio: Estimate::exact(0.0),
        doubtful_ratio: Estimate::exact(0.0),
        objectives: Vec::new(),
    }
}

fn results(report: &mut Report, stream: &mut Stream) {
    for (name, peak) in SERVICES {
        report.services.push(ServiceResult {
            namespace: name.to_owned(),
            name: format!("{name}-service"),
            requests_per_second: around(stream, peak * 0.55, 0.01),
            latency_ms_p50: around(stream, 11.0 + peak / 20.0, 0.02),
            latency_ms_p95: around(stream, 40.0 + peak, 0.06),
            latency_ms_p99: around(stream, 130.0 + 2.0 * peak, 0.12),
            error_ratio: around(stream, peak / 100_000.0, 0.4),
            breach_ratio: around(stream, peak / 9_000.0, 0.3),
            detail: detail(peak),
        });
        report.autoscalers.push(AutoscalerResult {
            namespace: name.to_owned(),
            name: format!("{name}-hpa"),
            min_replicas: 3,
            max_replicas: 20,
            replicas_mean: around(stream, 3.0 + peak / 18.0, 0.02),
            replicas_peak: around(stream, 4.0 + peak / 8.0, 0.05),
            at_max_ratio: around(stream, if peak > 100.0 { 0.013 } else { 0.0 }, 0.3),
            scale_events: around(stream, 20.0 + peak, 0.1),
            flapping_per_hour: around(stream, 0.1 + peak / 400.0, 0.1),
        });
    }
    for (name, kind, capacity, min, max, usd) in GROUPS {
        let mean = if max == 2 { 2.0 } else { f64::from(min) + 1.4 };
        report.groups.push(GroupResult {
            name: name.to_owned(),
            instance_types: if capacity == "SPOT" {
                ["m5.large", "m5a.large", "m5n.large"].map(str::to_owned).to_vec()
            } else {
                vec![kind.to_owned()]
            },
            capacity_type: capacity.to_owned(),
            min_size: min,
            max_size: max,
            nodes_mean: around(stream, mean, 0.02),
            nodes_peak: around(stream, mean + 2.0, 0.1),
            nodes_if_repacked: None,
            node_hours: around(stream, mean * 168.0, 0.02),
            cost_usd_per_month: around(stream, mean * usd, 0.02),
            idle_ratio: around(stream, 0.4, 0.05),
            interruptions: around(stream, if capacity == "SPOT" { 0.6 } else { 0.0 }, 0.5),
        });
    }
    for (name, usd) in
        [("on-demand nodes", 905.0), ("spot nodes", 34.0), ("control plane", 73.0), ("managed services", 374.0)]
    {
        report.charges.push(ChargeResult { name: name.to_owned(), cost_usd_per_month: around(stream, usd, 0.01) });
    }
    for (name, peak) in SERVICES {
        report
            .namespaces
            .push(NamespaceResult { name: name.to_owned(), cost_usd_per_month: around(stream, 1.5 * peak, 0.02) });
    }
    for (name, usd) in [("__idle__", 352.0), ("__unallocated__", 106.0)] {
        report
            .namespaces
            .push(NamespaceResult { name: name.to_owned(), cost_usd_per_month: around(stream, usd, 0.02) });
    }
}

fn headlines(stream: &mut Stream) -> Vec<Headline> {
    let rows: [(&str, &str, Unit, f64, f64, Option<f64>); 9] = [
        ("costUsdPerMonth", "cost", Unit::UsdPerMonth, 1386.0, 0.012, None),
        ("latencyMsP95", "latency P95", Unit::Milliseconds, 164.0, 0.11, Some(200.0)),
        ("latencyMsP99", "latency P99", Unit::Milliseconds, 512.0, 0.2, None),
        ("errorRatio", "error rate", Unit::Ratio, 0.0031, 0.4, Some(0.01)),
        ("breachRatio", "time in breach", Unit::Ratio, 0.012, 0.3, None),
        ("longestPendingSeconds", "longest wait for a node", Unit::Seconds, 74.0, 0.1, None),
        ("nodeHours", "node hours", Unit::Count, 1590.0, 0.01, None),
        ("flappingPerHour", "pods started and stopped", Unit::PerHour, 4.2, 0.08, None),
        ("spotSurvived", "spot interruptions", Unit::Count, 0.8, 0.6, None),
    ];
    let headline =
        |(metric, label, unit, mean, spread, objective): (&str, &str, Unit, f64, f64, Option<f64>)| Headline {
            metric: metric.to_owned(),
            label: label.to_owned(),
            unit,
            value: around(stream, mean, spread),
            objective,
            month: (metric == "costUsdPerMonth").then(month),
        };
    rows.into_iter().map(headline).collect()
}

fn month() -> MonthResult {
    MonthResult {
        mean: 1386.0,
        interval: Some([1378.0, 1394.0]),
        p5: Some(1365.0),
        p95: Some(1412.0),
        stretches: 730.0 / 168.0,
        over: "over 20 replications of the same 7 days".to_owned(),
        left_out: "How weeks differ is not in it: `traffic.weeks` puts it in.".to_owned(),
    }
}

fn recommendation(stream: &mut Stream) -> Recommendation {
    let row = |target: &str, current: (u32, u32), new: (u32, u32), reason: &str| RecommendedBounds {
        target: target.to_owned(),
        current_min: current.0,
        current_max: current.1,
        min: new.0,
        max: new.1,
        reason: reason.to_owned(),
    };
    Recommendation {
        settings: Vec::new(),
        difference_co2e_kg_per_month: None,
        answer: Some(super::advice::fixture::report().answer),
        verdict: Verdict::Save,
        difference_usd_per_month: Estimate::of((0..20).map(|_| -23.0 * (1.0 + 0.1 * stream.normal()))),
        current_met_ratio: 0.95,
        recommended_met_ratio: 1.0,
        settings_tried: 41,
        replications: 20,
        bounds: vec![
            row("HPA catalog/catalog-hpa", (3, 20), (5, 24), "at its maximum for 2.2 h of the week"),
            row("HPA shipping/shipping-hpa", (3, 20), (2, 8), "never needs more than 5 replicas"),
            row("node group db-nodes", (3, 5), (3, 5), "as it is; at most 3 were needed"),
        ],
    }
}

/// The same with owners, budgets and what requests cost.
pub(super) fn with_owners() -> Report {
    let mut report = report();
    let row = |name: &str, usd: f64| OwnerCost {
        name: name.to_owned(),
        cost_usd_per_month: Estimate::exact(usd),
        parts_usd_per_month: [("cpu".to_owned(), usd * 0.6), ("ram".to_owned(), usd * 0.4)].into(),
    };
    let table = |by: &str, names: [&str; 2]| AllocationTable {
        by: by.to_owned(),
        policy: "idle cost is shown apart; the cluster's own cost is shown apart".to_owned(),
        rows: vec![
            row(names[0], 700.004),
            row(names[1], 333.334),
            row("__idle__", 252.333),
            row("__unallocated__", 100.333),
        ],
    };
    report.allocation = vec![
        table("namespace", ["order", "catalog"]),
        table("controller", ["order/deployment:order", "catalog/deployment:catalog"]),
        table("service", ["order-service", "catalog-service"]),
        table("label:team", ["payments", "shop"]),
    ];
    let budget = |owner: &str, usd: f64| BudgetResult {
        owner: owner.to_owned(),
        month: "2026-12".to_owned(),
        budget_usd: usd,
        expected_usd: Estimate { p5: 1390.0, p95: 1440.0, ..Estimate::exact(1412.0) },
        exceeds_ratio: Estimate::of_share(if usd < 1412.0 { 20 } else { 0 }, 20),
        exceeded_on: (usd < 1412.0).then(|| "2026-12-27".to_owned()),
    };
    report.budgets = vec![budget("cluster", 1200.0), budget("team=payments", 2000.0)];
    let unit = |of: &str| UnitCost {
        of: of.to_owned(),
        usd_per_million_requests: Estimate::exact(2.5),
        usd_per_thousand_within_objective: Some(Estimate::exact(0.003_124)),
    };
    report.unit_costs = ["all", "route /checkout", "service order/order-service"].map(unit).to_vec();
    report
}

/// The report of the made-up week.
pub(super) fn report() -> Report {
    let mut stream = Seed::new(7, 0).stream("fixture", 0);
    let scenario = ScenarioInfo {
        name: "ecommerce".to_owned(),
        description: "The e-commerce platform for a week, with a flash crowd on the fourth evening".to_owned(),
        region: "us-east-1".to_owned(),
        platform: "EKS 1.28".to_owned(),
        duration_seconds: 604_800.0,
        digest: "5b1f0c9e".to_owned(),
    };
    let run = Run {
        seed: 42,
        replications: 20,
        warm_up_seconds: 2700.0,
        command: "foresail run scenarios/ecommerce --seed 42 --replications 20".to_owned(),
    };
    let prices = Prices { currency: "USD".to_owned(), date: "2026-07-20".to_owned(), estimated: false };
    let mut report = Report::new(scenario, run, prices);
    report.caveats = [
        "4 Secrets, 1 ExternalSecret and 7 ConfigMaps do not matter here and were ignored",
        "notification-service has no traffic profile: the default of 12 ms CPU per request is assumed",
        "2 containers have no requests: 100m CPU and 128Mi are assumed",
        "t3.medium runs at full speed: CPU credits are not modelled",
    ]
    .map(str::to_owned)
    .to_vec();
    report.headlines = headlines(&mut stream);
    report.objectives = vec![
        Objective {
            metric: "latencyMsP95".to_owned(),
            label: "latency P95".to_owned(),
            unit: Unit::Milliseconds,
            target: 200.0,
            met_ratio: 0.95,
        },
        Objective {
            metric: "errorRatio".to_owned(),
            label: "error rate".to_owned(),
            unit: Unit::Ratio,
            target: 0.01,
            met_ratio: 1.0,
        },
    ];
    results(&mut report, &mut stream);
    report.costs = costs();
    report.timeline = timeline(&mut stream);
    report.recommendation = Some(recommendation(&mut stream));
    report
}

//! A made-up check that has every outcome, to test and to look at the outputs.

use super::model::*;
use crate::report::Unit;
use crate::report::figures::{Scope, key};
use crate::study::{Better, Estimate};

pub(super) fn around(mean: f64, half: f64) -> Estimate {
    Estimate { interval: Some([mean - half, mean + half]), ..Estimate::exact(mean) }
}

/// A figure that less is better of, with a difference and what that says.
pub(super) fn change(
    (scope, name): (Scope, &str),
    (metric, label, unit): (&str, &str, Unit),
    (base, mean, half): (f64, f64, f64),
    verdict: FigureVerdict,
) -> FigureChange {
    let better = match (metric, verdict) {
        ("apdex", _) => Better::Higher,
        (_, FigureVerdict::Changed) => Better::Neither,
        _ => Better::Lower,
    };
    FigureChange {
        figure: key(metric, scope, name),
        scope,
        name: name.to_owned(),
        metric: metric.to_owned(),
        label: label.to_owned(),
        unit,
        better,
        base,
        new: base + mean,
        difference: around(mean, half),
        relative: (base != 0.0).then(|| mean / base.abs()),
        p_adjusted: (better != Better::Neither).then_some(0.001),
        margin: base.abs() * 0.01,
        verdict,
        replications_needed: (verdict == FigureVerdict::Inconclusive).then_some(64),
    }
}

const COST: (&str, &str, Unit) = ("costUsdPerMonth", "Cost per month", Unit::UsdPerMonth);
const P95: (&str, &str, Unit) = ("latencyMsP95", "latency P95", Unit::Milliseconds);
const ERRORS: (&str, &str, Unit) = ("errorRatio", "failed requests", Unit::Ratio);

/// `/pay|cart` and the other names have what formats trip over.
pub(super) const NASTY: &str = "/pay|`cart`, <b>100%</b>::\n@all \"é\\";

fn figures() -> Vec<FigureChange> {
    use FigureVerdict::{Changed, Improved, Inconclusive, Regressed, Unchanged};
    let waiting = ("pendingPodSeconds", "Pods waiting for a node", Unit::Seconds);
    vec![
        change((Scope::Whole, ""), COST, (289.3, -54.2, 5.1), Improved),
        change(
            (Scope::Whole, ""),
            ("latencyMsP95", "Latency P95, slowest route", Unit::Milliseconds),
            (88.5, 14.34, 0.29),
            Regressed,
        ),
        change((Scope::Whole, ""), ("errorRatio", "Failed requests", Unit::Ratio), (0.000_06, 0.0, 0.0), Unchanged),
        change((Scope::Whole, ""), waiting, (1128.0, -60.0, 396.0), Inconclusive),
        change((Scope::Whole, ""), ("nodeHours", "Node hours", Unit::Hours), (517.0, -130.0, 12.0), Changed),
        change((Scope::Route, "/checkout"), P95, (120.0, 30.0, 4.0), Regressed),
        change((Scope::Route, NASTY), P95, (60.0, 9.0, 1.0), Regressed),
        change((Scope::Route, NASTY), ERRORS, (0.0, 0.002, 0.000_5), Regressed),
        change((Scope::Service, "shop/web"), ("apdex", "apdex", Unit::Count), (0.98, -0.02, 0.004), Regressed),
        change((Scope::Hpa, "default/web"), ("replicasMean", "replicas", Unit::Count), (7.45, -1.763, 0.03), Changed),
        change((Scope::NodeGroup, "pool"), COST, (216.3, -54.2, 5.0), Improved),
    ]
}

fn threshold(
    figure: &str,
    label: &str,
    (expression, unit): (&str, Unit),
    value: Estimate,
    limit: f64,
) -> ThresholdResult {
    ThresholdResult {
        figure: figure.to_owned(),
        label: label.to_owned(),
        expression: expression.to_owned(),
        objective: false,
        unit,
        value,
        limit,
        outcome: ThresholdOutcome::Kept,
        replications_needed: None,
        written: Some(WhereWritten { file: "scenarios/shop.yaml".to_owned(), line: Some(41) }),
    }
}

fn thresholds() -> Vec<ThresholdResult> {
    let dollars = ("< 900", Unit::UsdPerMonth);
    let kept = threshold("costUsdPerMonth", "cost per month", dollars, around(235.1, 4.0), 900.0);
    let crossed = threshold(
        "latencyMsP95{route:/checkout}",
        "latency P95 of route /checkout",
        ("< 140", Unit::Milliseconds),
        around(150.2, 3.1),
        140.0,
    );
    let increase =
        threshold("costUsdPerMonth", "cost per month", ("increase < 2%", Unit::Ratio), around(0.031, 0.004), 0.02);
    let open = threshold("errorRatio", "failed requests", ("< 0.01", Unit::Ratio), around(0.0098, 0.001), 0.01);
    vec![
        kept,
        ThresholdResult { outcome: ThresholdOutcome::Crossed, ..crossed },
        ThresholdResult { outcome: ThresholdOutcome::Crossed, objective: true, written: None, ..increase },
        ThresholdResult { outcome: ThresholdOutcome::Inconclusive, replications_needed: Some(320), ..open },
    ]
}

fn present(figures: &[FigureChange]) -> Vec<FigureValue> {
    let value = |row: &FigureChange| FigureValue {
        figure: row.figure.clone(),
        scope: row.scope,
        name: row.name.clone(),
        metric: row.metric.clone(),
        label: row.label.clone(),
        unit: row.unit,
        better: row.better,
        value: around(row.new, row.difference.half_width()),
    };
    figures.iter().map(value).collect()
}

/// Every outcome at once.
pub(super) fn failed() -> CheckResult {
    let figures = figures();
    let written = |line| Some(WhereWritten { file: "k8s/web: hpa,1.yaml".to_owned(), line });
    CheckResult {
        api_version: "foresail/v1alpha1".to_owned(),
        kind: "Check".to_owned(),
        foresail_version: "0.1.0".to_owned(),
        scenario: "shop".to_owned(),
        file: "scenarios/shop.yaml".to_owned(),
        digest: "0123456789abcdef".to_owned(),
        seed: 1,
        replications: 40,
        verdict: CheckVerdict::Failed,
        headline: "5 figures got worse: Latency P95, slowest route +14.34 ± 0.29 ms (+16.2%), apdex of service \
                   shop/web -0.02 ± 0.004, and 3 more; 2 thresholds are crossed"
            .to_owned(),
        baseline: Some(BaselineUsed {
            source: "git:origin/main".to_owned(),
            revision: Some("1234567890abcdef".to_owned()),
            digest: "fedcba9876543210".to_owned(),
            foresail_version: "0.1.0".to_owned(),
            price_date: "2026-01-01".to_owned(),
            identical: false,
        }),
        looks: vec![Look { replications: 10, alpha: 0.025 }, Look { replications: 40, alpha: 0.025 }],
        rule: "paired t-tests with Holm's rule over 9 figures, alpha 0.05 shared evenly among 2 looks (Bonferroni), \
               2 taken"
            .to_owned(),
        inputs: vec![
            InputChange {
                path: "HorizontalPodAutoscaler default/web spec.metrics[0].resource.target.averageUtilization"
                    .to_owned(),
                base: Some("60".to_owned()),
                new: Some("80".to_owned()),
                written: written(Some(12)),
            },
            InputChange {
                path: "nodeGroups.pool.maxSize".to_owned(),
                base: None,
                new: Some("a|b`c\nd".to_owned()),
                written: written(Some(30)),
            },
            InputChange {
                path: "thresholds.errorRatio".to_owned(),
                base: None,
                new: Some("[\"< 0.01\"]".to_owned()),
                written: Some(WhereWritten { file: "scenarios/shop.yaml".to_owned(), line: Some(41) }),
            },
            InputChange { path: "traffic.scale".to_owned(), base: Some("1".to_owned()), new: None, written: None },
        ],
        thresholds: thresholds(),
        present: present(&figures),
        figures,
        caveats: vec!["prices of 2026-01-01 <estimated>".to_owned()],
    }
}

/// Both sides are the same.
pub(super) fn passed() -> CheckResult {
    let failed = failed();
    let same = |row: &FigureChange| FigureChange {
        new: row.base,
        difference: around(0.0, 0.0),
        relative: Some(0.0),
        verdict: FigureVerdict::Unchanged,
        p_adjusted: None,
        replications_needed: None,
        ..row.clone()
    };
    CheckResult {
        verdict: CheckVerdict::Passed,
        headline: "nothing changed in any replication; 1 threshold kept".to_owned(),
        baseline: failed.baseline.clone().map(|baseline| BaselineUsed { identical: true, ..baseline }),
        inputs: Vec::new(),
        figures: failed.figures.iter().map(same).collect(),
        thresholds: failed.thresholds.iter().take(1).cloned().collect(),
        ..failed
    }
}

/// As many figures and inputs as no page has room for.
pub(super) fn vast() -> CheckResult {
    let failed = failed();
    let figure = |at: usize| {
        let name = format!("/é|{at}/{}", "long".repeat(40));
        change((Scope::Route, &name), P95, (100.0, 20.0, 1.0), FigureVerdict::Regressed)
    };
    let input =
        |at: usize| InputChange { path: format!("ünput.{at}.{}", "x".repeat(300)), ..failed.inputs[1].clone() };
    let figures: Vec<FigureChange> = (0..3_000).map(figure).collect();
    CheckResult {
        inputs: (0..500).map(input).collect(),
        thresholds: (0..400).flat_map(|_| failed.thresholds.clone()).collect(),
        caveats: (0..400).map(|at| format!("caveat {at} {}", "<&>".repeat(200))).collect(),
        present: present(&figures),
        figures,
        ..failed
    }
}

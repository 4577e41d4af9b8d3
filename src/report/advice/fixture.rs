//! An answer to look at.

use super::AdviceReport;
use crate::report::{Prices, Run, ScenarioInfo};
use crate::scenario::wanted::KnobKind;
use crate::study::Estimate;
use crate::study::advise::answer::{
    Also, Answer, Effect, HeldBack, KnobAnswer, Measured, Owner, StressAnswer, Verdict,
};

pub(super) fn hpa(name: &str, kind: KnobKind, (current, recommended): (&str, &str)) -> KnobAnswer {
    let (what, field) = match kind {
        KnobKind::Min => ("minimum", "minReplicas="),
        KnobKind::Max => ("maximum", "maxReplicas="),
        KnobKind::Target => ("cpu target", "cpuUtilization="),
        _ => ("scale-down window", "behavior.scaleDown.stabilizationWindowSeconds="),
    };
    KnobAnswer {
        name: format!("HPA {name}/{name} {what}"),
        sets: vec![format!("hpas.{name}.{field}{recommended}")],
        owner: Owner::Hpa { namespace: name.to_owned(), name: name.to_owned() },
        kind: Some(kind),
        current: current.to_owned(),
        recommended: recommended.to_owned(),
        why: format!("everything promised is kept with a {what} of {recommended}"),
        decided_by: Some("loss of any one node".to_owned()),
        most: Some(7),
        alone: Some(Effect { usd_per_month: -21.5, breach: 0.0001, pending_pod_hours: 0.1, p95_s: Some(0.001) }),
        in_set: Some(Effect { usd_per_month: -34.2, breach: 0.0002, pending_pod_hours: -0.2, p95_s: Some(0.002) }),
    }
}

pub(super) fn group(name: &str, kind: KnobKind, (current, recommended): (&str, &str)) -> KnobAnswer {
    let (what, field) = if kind == KnobKind::Min { ("minimum", "minSize=") } else { ("maximum", "maxSize=") };
    KnobAnswer {
        name: format!("node group {name} {what}"),
        sets: vec![format!("nodeGroups.{name}.{field}{recommended}")],
        owner: Owner::Group(name.to_owned()),
        ..hpa(name, kind, (current, recommended))
    }
}

fn measured(usd: f64, breach: f64) -> Measured {
    let around = |mean: f64| Estimate::of((0..20).map(|at| mean * (1.0 + 0.002 * f64::from(at % 5 - 2))));
    Measured {
        usd_per_month: around(usd),
        kept: Estimate::of_share(20, 20),
        breach: around(breach).within(0.0, 1.0),
        pending_pod_hours: around(1.4),
        longest_pending_s: around(92.0),
        p95_s: around(0.187),
        failed: around(0.0004).within(0.0, 1.0),
        co2e_kg_per_month: None,
    }
}

pub(super) fn answer(knobs: Vec<KnobAnswer>) -> Answer {
    let difference = Estimate::of((0..20).map(|at| -312.4 + f64::from(at % 7)));
    let stress = |name: &str, as_is: bool| StressAnswer {
        name: name.to_owned(),
        as_is_survives: as_is,
        recommended_survives: true,
        as_is_broken: if as_is { Vec::new() } else { vec!["payment-service: 31% of requests fail".to_owned()] },
        recommended_broken: Vec::new(),
    };
    Answer {
        verdict: Verdict::Save,
        aim: "Cheapest, all objectives kept, no more breach or waiting than now".to_owned(),
        knobs,
        as_is: measured(1_842.2, 0.027),
        recommended: measured(1_529.8, 0.027),
        difference_usd_per_month: difference,
        difference_breach: Estimate::of((0..20).map(|at| 0.0001 * f64::from(at % 5 - 2))),
        difference_pending_pod_hours: Estimate::of((0..20).map(|at| 0.05 * f64::from(at % 5 - 2))),
        held_back: HeldBack {
            what: "20 fresh weeks".to_owned(),
            trained_in: "5 periods of training".to_owned(),
            training_as_is: measured(1_840.0, 0.028),
            training_recommended: measured(1_531.0, 0.028),
            holds: true,
            broken: Vec::new(),
        },
        stresses: vec![
            stress("loss of the largest zone", true),
            stress("loss of any node", false),
            stress("traffic x1.25", true),
            stress("the worst flash crowd", true),
        ],
        would_also_save: vec![Also {
            name: "--scale-down-unneeded-time".to_owned(),
            sets: vec!["autoscaler.flags.+=--scale-down-unneeded-time=2m".to_owned()],
            current: "10m".to_owned(),
            value: "2m".to_owned(),
            effect: Effect { usd_per_month: -18.0, breach: 0.0, pending_pod_hours: 0.4, p95_s: None },
            replications: 5,
            keeps: true,
        }],
        also_left_out: vec!["HPA order-service/order-service schedule".to_owned()],
        bottleneck: None,
        replications: 158,
        settings_tried: 41,
        error_rate: 0.05,
        best_so_far: false,
    }
}

/// Changes of every kind.
pub(in crate::report) fn report() -> AdviceReport {
    let names = ["iam-service", "catalog-service", "order-service", "payment-service", "shipping-service"];
    let mut knobs: Vec<KnobAnswer> = names.iter().map(|name| hpa(name, KnobKind::Min, ("3", "2"))).collect();
    knobs.push(hpa("order-service", KnobKind::Target, ("70", "60")));
    knobs.push(hpa("order-service", KnobKind::Max, ("20", "20")));
    knobs.push(group("app-nodes", KnobKind::Max, ("10", "14")));
    let info = ScenarioInfo {
        name: "ecommerce".to_owned(),
        description: String::new(),
        region: "us-east-1".to_owned(),
        platform: "EKS 1.28".to_owned(),
        duration_seconds: 604_800.0,
        digest: "0123456789abcdef".to_owned(),
    };
    AdviceReport {
        api_version: "foresail/v1alpha1".to_owned(),
        kind: "Recommendation".to_owned(),
        foresail_version: "0.1.0".to_owned(),
        scenario: info,
        run: Run { seed: 1, replications: 10, command: String::new(), warm_up_seconds: 0.0 },
        prices: Prices { currency: "USD".to_owned(), date: "2026-07-20".to_owned(), estimated: false },
        caveats: Vec::new(),
        notes: Vec::new(),
        answer: answer(knobs),
    }
}

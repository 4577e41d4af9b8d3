//! Why an HPA did what it did, in words.

use super::HpaRun;
use crate::dry_run::hpa::{SyncRow, target_of};
use crate::hpa::{
    CurrentMetric, Metric, MetricError, PolicyKind, Reason, Resource, ScalingRules, SelectPolicy, Target,
};
use crate::units::SimDuration;

/// `142% of 70%`, `350m of 300m`, `512Mi of 400Mi`.
pub(super) fn reading(metric: &Metric, current: CurrentMetric) -> String {
    let memory = matches!(metric, Metric::Resource { resource: Resource::Memory, .. });
    let (value, target, percent) = match target_of(metric) {
        Target::Utilization(target) => (current.utilization, target, true),
        Target::AverageValue(target) => (current.average, target, false),
        Target::Value(target) => (current.value, target, false),
    };
    let text = |value: i64| match (percent, memory) {
        (true, _) => format!("{value}%"),
        (false, true) => format!("{}Mi", value / 1000 / (1 << 20)),
        (false, false) if value % 1000 == 0 => format!("{}", value / 1000),
        (false, false) => format!("{value}m"),
    };
    // With no pods there is a total, and no average.
    format!("{} of {}", value.map_or_else(|| "(no pods)".to_owned(), text), text(target))
}

fn complaint(error: MetricError) -> &'static str {
    match error {
        MetricError::NoMetrics => "has no value",
        MetricError::ApiDown => "cannot be read: the metrics API is down",
        MetricError::ContainerNotInMetrics => "lacks the container",
        MetricError::NoUsableMetrics => "is known only for pods that do not count",
        MetricError::NoPods => "has no pods",
        MetricError::MissingRequest => "needs requests, and a container has none",
        MetricError::NoMatch => "is known only for pods without requests",
    }
}

/// All metrics of a sync, `cpu 142% of 70%, memory 60% of 80%`.
pub(super) fn readings(run: &HpaRun<'_>, row: &SyncRow) -> String {
    let of = |(metric, proposal): (&Metric, &Result<crate::hpa::Proposal, MetricError>)| match proposal {
        Ok(proposal) => format!("{} {}", run.name(metric), reading(metric, proposal.current)),
        Err(_) => format!("{} ?", run.name(metric)),
    };
    run.spec.metrics.iter().zip(&row.decision.proposals).map(of).collect::<Vec<_>>().join(", ")
}

/// The whole reason.
pub(super) fn why(run: &HpaRun<'_>, row: &SyncRow) -> String {
    let (spec, decision) = (run.spec, &row.decision);
    if decision.proposals.is_empty() {
        return match row.before {
            0 => "replicas are 0: the HPA is switched off".to_owned(),
            before if before > spec.max => format!("{before} is above maxReplicas {}", spec.max),
            before => format!("{before} is below minReplicas {}", spec.min),
        };
    }
    let Some(wanted) = decision.metric else { return without_metrics(run, row) };
    let mut parts = vec![asks(run, row, wanted)];
    let stabilized = decision.stabilized.unwrap_or(wanted);
    if stabilized != wanted {
        parts.push(stabilization(run, row.before, wanted, stabilized));
    }
    if decision.replicas != stabilized {
        parts.push(limit(run, row));
    }
    parts.join("; ")
}

fn without_metrics(run: &HpaRun<'_>, row: &SyncRow) -> String {
    let metrics = run.spec.metrics.iter().zip(&row.decision.proposals);
    let failed: Vec<String> = metrics
        .filter_map(|(metric, proposal)| {
            let error = proposal.as_ref().err()?;
            Some(format!("{} {}", run.name(metric), complaint(*error)))
        })
        .collect();
    format!("{}: nothing is done", failed.join(", "))
}

fn asks(run: &HpaRun<'_>, row: &SyncRow, wanted: i32) -> String {
    let metrics = || run.spec.metrics.iter().zip(&row.decision.proposals);
    let winner = metrics().find_map(|(metric, proposal)| {
        proposal.as_ref().ok().filter(|proposal| proposal.replicas == wanted).map(|proposal| (metric, proposal))
    });
    let Some((metric, proposal)) = winner else { return format!("{wanted} wanted") };
    let what = format!("{} {}", run.name(metric), reading(metric, proposal.current));
    if wanted == row.before { format!("{what}: no change asked for") } else { format!("{what} asks for {wanted}") }
}

fn stabilization(run: &HpaRun<'_>, before: i32, wanted: i32, stabilized: i32) -> String {
    let behavior = run.spec.behavior.as_ref();
    if wanted < before || (behavior.is_none() && stabilized > wanted) {
        let window = behavior.map_or(String::from("the downscale window"), |b| span(b.scale_down.stabilization_window));
        format!("not below {stabilized}, the most that was wanted within {window}")
    } else {
        let window = behavior.map_or_else(String::new, |b| span(b.scale_up.stabilization_window));
        format!("not above {stabilized}, the least that was wanted within {window}")
    }
}

fn limit(run: &HpaRun<'_>, row: &SyncRow) -> String {
    let (spec, replicas) = (run.spec, row.decision.replicas);
    let reason = row.decision.conditions.scaling_limited.map(|condition| condition.reason);
    let rules = |up: bool| spec.behavior.as_ref().map(|b| if up { &b.scale_up } else { &b.scale_down });
    match reason {
        Some(Reason::TooManyReplicas) => format!("maxReplicas is {}", spec.max),
        Some(Reason::TooFewReplicas) => format!("minReplicas is {}", spec.min),
        Some(Reason::ScaleUpLimit) => match rules(true) {
            Some(rules) if rules.select == SelectPolicy::Disabled => "selectPolicy Disabled: it never grows".to_owned(),
            Some(rules) => format!("{} {}", policies(rules, '+'), allows(row)),
            None => format!("at most twice as many (or 4) at a time: {replicas}"),
        },
        Some(Reason::ScaleDownLimit) => match rules(false) {
            Some(rules) if rules.select == SelectPolicy::Disabled => {
                "selectPolicy Disabled: it never shrinks".to_owned()
            }
            Some(rules) => format!("{} {}", policies(rules, '-'), allows(row)),
            None => format!("{replicas} allowed"),
        },
        _ => format!("{replicas} allowed"),
    }
}

fn allows(row: &SyncRow) -> String {
    match row.decision.replicas {
        replicas if replicas == row.before => "allows no change yet".to_owned(),
        replicas => format!("allows {replicas}"),
    }
}

/// `+50% per 60 s`, `+4 pods per 15 s or +100% per 15 s`.
fn policies(rules: &ScalingRules, sign: char) -> String {
    let joined = match rules.select {
        SelectPolicy::Disabled => return "selectPolicy Disabled".to_owned(),
        SelectPolicy::Max => " or ",
        SelectPolicy::Min => " and ",
    };
    let one = |policy: &crate::hpa::ScalingPolicy| {
        let unit = match (policy.kind, policy.value) {
            (PolicyKind::Percent, _) => "%",
            (PolicyKind::Pods, 1) => " pod",
            (PolicyKind::Pods, _) => " pods",
        };
        format!("{sign}{}{unit} per {}", policy.value, span(policy.period))
    };
    rules.policies.iter().map(one).collect::<Vec<_>>().join(joined)
}

fn span(duration: SimDuration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 120 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

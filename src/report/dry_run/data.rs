//! Dry runs for other programs: JSON and CSV.

use super::{HpaRun, clock, words};
use crate::dry_run::hpa::SyncRow;
use crate::hpa::{Metric, Target};
use crate::report::csv::{finish, record};
use crate::report::hpa_reasons::name;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunOut<'a> {
    name: &'a str,
    min_replicas: i32,
    max_replicas: i32,
    totals: TotalsOut,
    syncs: Vec<SyncOut>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TotalsOut {
    hours: f64,
    pod_hours: f64,
    replicas_peak: i32,
    hours_at_max: f64,
    hours_above_target: f64,
    rescales: u32,
    flips_per_hour: f64,
    longest_lag_minutes: f64,
    syncs_without_metrics: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SyncOut {
    time: String,
    seconds: i64,
    metrics: Vec<MetricOut>,
    before: i32,
    ready: i32,
    wanted: Option<i32>,
    stabilized: Option<i32>,
    replicas: i32,
    rescaled: bool,
    able_to_scale: String,
    scaling_active: String,
    scaling_limited: String,
    reason: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MetricOut {
    name: String,
    /// Percent, or milli-units (memory: milli-bytes), as the target.
    current: Option<i64>,
    target: i64,
    target_type: &'static str,
    proposal: Option<i32>,
    error: Option<String>,
}

/// One object with everything; amounts in the units that the controller counts in.
pub fn json(runs: &[HpaRun<'_>]) -> String {
    let rows: Vec<RunOut<'_>> = runs.iter().map(run_out).collect();
    let value = serde_json::json!({ "hpas": rows });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

fn run_out<'a>(run: &HpaRun<'a>) -> RunOut<'a> {
    let totals = &run.timeline.totals;
    RunOut {
        name: run.label,
        min_replicas: run.spec.min,
        max_replicas: run.spec.max,
        totals: TotalsOut {
            hours: totals.hours,
            pod_hours: totals.pod_hours,
            replicas_peak: totals.replicas_peak,
            hours_at_max: totals.hours_at_max,
            hours_above_target: totals.hours_above_target,
            rescales: totals.rescales,
            flips_per_hour: totals.flips_per_hour,
            longest_lag_minutes: totals.longest_lag_minutes,
            syncs_without_metrics: totals.syncs_without_metrics,
        },
        syncs: run.timeline.rows.iter().map(|row| sync_out(run, row)).collect(),
    }
}

fn sync_out(run: &HpaRun<'_>, row: &SyncRow) -> SyncOut {
    let conditions = &row.decision.conditions;
    let condition = |condition: Option<crate::hpa::Condition>| condition.map_or(String::new(), |c| c.to_string());
    let metrics = run.spec.metrics.iter().zip(&row.decision.proposals);
    SyncOut {
        time: clock(row.at),
        seconds: row.at.as_secs(),
        metrics: metrics.map(|(metric, proposal)| metric_out(run, metric, proposal)).collect(),
        before: row.before,
        ready: row.ready,
        wanted: row.decision.metric,
        stabilized: row.decision.stabilized,
        replicas: row.decision.replicas,
        rescaled: row.decision.rescaled,
        able_to_scale: condition(conditions.able_to_scale),
        scaling_active: condition(conditions.scaling_active),
        scaling_limited: condition(conditions.scaling_limited),
        reason: words::why(run, row),
    }
}

fn metric_out(
    run: &HpaRun<'_>,
    metric: &Metric,
    proposal: &Result<crate::hpa::Proposal, crate::hpa::MetricError>,
) -> MetricOut {
    let current = proposal.as_ref().ok().and_then(|proposal| proposal.current.against(metric.target()));
    let (target, target_type) = match metric.target() {
        Target::Utilization(target) => (target, "Utilization"),
        Target::AverageValue(target) => (target, "AverageValue"),
        Target::Value(target) => (target, "Value"),
    };
    MetricOut {
        name: name(metric, run.symbols),
        current,
        target,
        target_type,
        proposal: proposal.as_ref().ok().map(|proposal| proposal.replicas),
        error: proposal.as_ref().err().map(|error| format!("{error:?}")),
    }
}

/// One line per HPA and sync.
pub fn csv(runs: &[HpaRun<'_>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header =
        ["hpa", "time", "metrics", "before", "ready", "wanted", "stabilized", "replicas", "rescaled", "reason"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    for run in runs {
        lines.extend(run.timeline.rows.iter().map(|row| line(run, row)));
    }
    lines.into_iter().for_each(|line| record(&mut writer, line));
    finish(writer)
}

fn line(run: &HpaRun<'_>, row: &SyncRow) -> Vec<String> {
    let optional = |value: Option<i32>| value.map_or(String::new(), |value| value.to_string());
    vec![
        run.label.to_owned(),
        clock(row.at),
        words::readings(run, row),
        row.before.to_string(),
        row.ready.to_string(),
        optional(row.decision.metric),
        optional(row.decision.stabilized),
        row.decision.replicas.to_string(),
        row.decision.rescaled.to_string(),
        words::why(run, row),
    ]
}

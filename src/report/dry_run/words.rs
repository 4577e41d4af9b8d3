//! A sync of a dry run in words.

use super::HpaRun;
use crate::dry_run::hpa::SyncRow;
use crate::hpa::{Metric, MetricError};
use crate::report::hpa_reasons::{Replicas, name, reading};

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
        Ok(proposal) => {
            let value = proposal.current.against(metric.target());
            format!("{} {}", name(metric, run.symbols), reading(metric, value))
        }
        Err(_) => format!("{} ?", name(metric, run.symbols)),
    };
    run.spec.metrics.iter().zip(&row.decision.proposals).map(of).collect::<Vec<_>>().join(", ")
}

/// The whole reason.
pub(super) fn why(run: &HpaRun<'_>, row: &SyncRow) -> String {
    if row.decision.metric.is_none() && !row.decision.proposals.is_empty() {
        return without_metrics(run, row);
    }
    let replicas = Replicas { before: row.before, after: row.decision.replicas };
    replicas.reason(run.spec, run.symbols, &row.decision.grounds())
}

fn without_metrics(run: &HpaRun<'_>, row: &SyncRow) -> String {
    let metrics = run.spec.metrics.iter().zip(&row.decision.proposals);
    let failed: Vec<String> = metrics
        .filter_map(|(metric, proposal)| {
            let error = proposal.as_ref().err()?;
            Some(format!("{} {}", name(metric, run.symbols), complaint(*error)))
        })
        .collect();
    format!("{}: nothing is done", failed.join(", "))
}

//! The tables of the summary and the page: what is in them, in words. How they look is the renderers' matter.

use super::bill::by_service;
use super::format::{figure, half_width, parts_in_cents, requested, rows_in_cents};
use super::{Estimate, LatencyDetail, ObjectiveDetail, Report, Unit, VerticalBounds, VerticalResult};
use crate::units::finite;

/// A table: names in the first column, figures in the others.
pub(super) struct Grid {
    pub(super) title: String,
    pub(super) heads: &'static [&'static str],
    pub(super) rows: Vec<Vec<String>>,
}

/// The bill of the simulated time by the provider's services; as shown, the rows add up to the last.
pub(super) fn bill(report: &Report) -> Grid {
    let sums = by_service(&report.bill);
    let (shown, totals) = rows_in_cents(&sums.iter().map(|sum| sum.money).collect::<Vec<_>>());
    let row = |(name, money): (&str, [String; 3])| [name.to_owned()].into_iter().chain(money).collect();
    let mut rows: Vec<Vec<String>> = sums.iter().map(|sum| sum.name).zip(shown).map(row).collect();
    if !rows.is_empty() {
        rows.push(["total".to_owned()].into_iter().chain(totals).collect());
    }
    Grid {
        title: "The bill of the simulated time, by service (mean over runs)".to_owned(),
        heads: &["", "list", "invoiced", "amortised"],
        rows,
    }
}

fn mean(estimate: &Estimate, unit: Unit) -> String {
    figure(estimate.mean, unit)
}

pub(super) fn groups(report: &Report) -> Grid {
    let costs: Vec<f64> = report.groups.iter().map(|group| group.cost_usd_per_month.mean).collect();
    let shown = parts_in_cents(costs.iter().sum(), &costs, |_| false);
    let row = |(group, cost): (&super::GroupResult, String)| {
        vec![
            group.name.clone(),
            group.instance_types.join("/"),
            group.capacity_type.clone(),
            format!("{}..{}", group.min_size, group.max_size),
            mean(&group.nodes_mean, Unit::Count),
            mean(&group.nodes_peak, Unit::Count),
            cost,
            mean(&group.idle_ratio, Unit::Ratio),
            mean(&group.interruptions, Unit::Count),
        ]
    };
    Grid {
        title: "Node groups".to_owned(),
        heads: &["", "types", "capacity", "size", "mean", "peak", "per month", "idle", "notices"],
        rows: report.groups.iter().zip(shown).map(row).collect(),
    }
}

/// What was committed to in advance, and how much of it was used.
pub(super) fn commitments(report: &Report) -> Grid {
    let row = |row: &super::CommitmentResult| {
        vec![
            row.name.clone(),
            row.what.clone(),
            mean(&row.utilisation, Unit::Ratio),
            mean(&row.covered_list_usd, Unit::Usd),
            mean(&row.net_usd, Unit::Usd),
            mean(&row.effective_usd, Unit::Usd),
            mean(&row.unused_usd, Unit::Usd),
        ]
    };
    let found = report.commitments.as_ref();
    let coverage = found.map_or(String::new(), |found| {
        let known = found.coverage.is_known();
        if known {
            format!(" (they cover {} of what they could)", mean(&found.coverage, Unit::Ratio))
        } else {
            String::new()
        }
    });
    Grid {
        title: format!("Commitments in the simulated time{coverage}"),
        heads: &["", "what", "used", "at list", "invoiced", "amortised", "unused"],
        rows: found.into_iter().flat_map(|found| &found.commitments).map(row).collect(),
    }
}

/// Which commitments would pay.
pub(super) fn commitment_advice(report: &Report) -> Grid {
    let row = |row: &super::AdvisedCommitment| {
        let mark = if row.is_estimated { " (rates estimated)" } else { "" };
        let saving = &row.saving_usd_per_month;
        vec![
            format!("{}, {}, {}", row.kind, row.term, row.payment),
            format!("{}{mark}", row.amount),
            figure(saving.mean, Unit::UsdPerMonth),
            format!("{} – {}", figure(saving.p5, Unit::UsdPerMonth), figure(saving.p95, Unit::UsdPerMonth)),
            figure(row.saves, Unit::Ratio),
            mean(&row.utilisation, Unit::Ratio),
            figure(row.break_even, Unit::Ratio),
        ]
    };
    Grid {
        title: "Commitments that would pay, if the simulated time stood for their term (each for itself)".to_owned(),
        heads: &["", "how much", "saves per month", "P5 – P95", "of runs", "used", "pays from"],
        rows: report.commitment_advice.iter().map(row).collect(),
    }
}

/// The settings of all min and max that were compared, with what they emit; empty where nobody asked for that.
pub(super) fn settings(report: &Report) -> Grid {
    let spread = |value: &Estimate, unit: Unit| format!("{} – {}", figure(value.p5, unit), figure(value.p95, unit));
    let row = |row: &super::TriedSetting| {
        vec![
            row.name.clone(),
            mean(&row.cost_usd_per_month, Unit::UsdPerMonth),
            spread(&row.cost_usd_per_month, Unit::UsdPerMonth),
            mean(&row.co2e_kg_per_month, Unit::KgPerMonth),
            spread(&row.co2e_kg_per_month, Unit::KgPerMonth),
            figure(row.met_ratio, Unit::Ratio),
        ]
    };
    let found = report.recommendation.as_ref();
    let change = found.and_then(|found| found.difference_co2e_kg_per_month.as_ref());
    let change = change.map_or(String::new(), |change| {
        format!(" (emissions: {} {})", figure(change.mean, Unit::KgPerMonth), half_width(change, Unit::KgPerMonth))
    });
    Grid {
        title: format!("Settings of min and max on the same fresh seeds{change}"),
        heads: &["", "cost per month", "P5 – P95", "CO2e per month", "P5 – P95", "kept"],
        rows: found.into_iter().flat_map(|found| &found.settings).map(row).collect(),
    }
}

pub(super) fn hpas(report: &Report) -> Grid {
    let row = |hpa: &super::AutoscalerResult| {
        vec![
            format!("{}/{}", hpa.namespace, hpa.name),
            format!("{}..{}", hpa.min_replicas, hpa.max_replicas),
            mean(&hpa.replicas_mean, Unit::Count),
            mean(&hpa.replicas_peak, Unit::Count),
            mean(&hpa.at_max_ratio, Unit::Ratio),
            mean(&hpa.scale_events, Unit::Count),
            mean(&hpa.flapping_per_hour, Unit::Count),
        ]
    };
    Grid {
        title: "HPAs".to_owned(),
        heads: &["", "bounds", "mean", "peak", "at max", "rescales", "flips/h"],
        rows: report.autoscalers.iter().map(row).collect(),
    }
}

/// What was full while requests failed.
pub(super) fn bottlenecks(report: &Report) -> Grid {
    let row = |part: &super::Bottleneck| {
        let share = |share: &Estimate| if share.is_known() { mean(share, Unit::Ratio) } else { String::new() };
        vec![part.named(), share(&part.full_ratio), share(&part.failed_share)]
    };
    Grid {
        title: "Bottlenecks (share of the time at the maximum, share of all failed requests)".to_owned(),
        heads: &["", "full", "failed"],
        rows: report.bottlenecks.iter().map(row).collect(),
    }
}

/// What VPAs recommended in the end.
pub(super) fn vpas(report: &Report) -> Grid {
    let row = |vpa: &VerticalResult, resource: &str, bounds: &VerticalBounds| {
        let amount = |estimate: &Estimate| requested(resource, estimate.mean.round() as i64);
        vec![
            format!("{}/{} {}", vpa.namespace, vpa.name, vpa.container),
            resource.to_owned(),
            requested(resource, bounds.request),
            amount(&bounds.lower_bound),
            amount(&bounds.target),
            amount(&bounds.upper_bound),
        ]
    };
    let both = |vpa| [row(vpa, "cpu", &vpa.cpu_milli), row(vpa, "memory", &vpa.memory_bytes)];
    Grid {
        title: "VPAs' recommendations at the end (mean over runs)".to_owned(),
        heads: &["", "resource", "request", "lower", "target", "upper"],
        rows: report.vertical_autoscalers.iter().flat_map(both).collect(),
    }
}

/// The largest of a share of time over the objectives; empty without any.
fn worst(detail: &LatencyDetail, share: impl Fn(&ObjectiveDetail) -> f64) -> String {
    let most = detail.objectives.iter().map(share).reduce(f64::max);
    most.map_or(String::new(), |share| figure(share, Unit::Ratio))
}

/// A service or a route: name, requests, P50, P95 and P99 of each run, errors, the rest.
type Felt<'a> = (&'a str, &'a Estimate, [&'a Estimate; 3], &'a Estimate, &'a LatencyDetail);

fn latency(what: &str, felt: &[Felt<'_>]) -> Grid {
    let row = |(name, requests, [p50, p95, p99], errors, detail): &Felt<'_>| {
        vec![
            (*name).to_owned(),
            mean(requests, Unit::Count),
            mean(p50, Unit::Milliseconds),
            mean(&detail.latency_ms_p90, Unit::Milliseconds),
            mean(p95, Unit::Milliseconds),
            mean(p99, Unit::Milliseconds),
            mean(&detail.latency_ms_max, Unit::Milliseconds),
            figure(detail.pooled_ms.p99, Unit::Milliseconds),
            mean(errors, Unit::Ratio),
            format!("{:.3}", finite(detail.apdex.mean)),
            worst(detail, |objective| objective.breach_ratio.mean),
            worst(detail, |objective| objective.paging_ratio.mean),
        ]
    };
    let mode = felt.first().map_or("fast", |(.., detail)| detail.mode.as_str());
    Grid {
        title: format!("{what}, {mode} mode (of each run, mean over runs; breach and paging: share of time)"),
        heads: &[
            "",
            "requests/s",
            "P50",
            "P90",
            "P95",
            "P99",
            "max",
            "pooled P99",
            "errors",
            "apdex",
            "breach",
            "paging",
        ],
        rows: felt.iter().map(row).collect(),
    }
}

pub(super) fn routes(report: &Report) -> Grid {
    let felt = report.routes.iter().map(|row| {
        let per_run = [&row.latency_ms_p50, &row.latency_ms_p95, &row.latency_ms_p99];
        (row.name.as_str(), &row.requests_per_second, per_run, &row.error_ratio, &row.detail)
    });
    latency("Routes, end to end", &felt.collect::<Vec<_>>())
}

pub(super) fn services(report: &Report) -> Grid {
    let felt = report.services.iter().map(|row| {
        let per_run = [&row.latency_ms_p50, &row.latency_ms_p95, &row.latency_ms_p99];
        (row.name.as_str(), &row.requests_per_second, per_run, &row.error_ratio, &row.detail)
    });
    latency("Services", &felt.collect::<Vec<_>>())
}

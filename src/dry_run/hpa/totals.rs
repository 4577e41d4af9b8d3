//! A dry run in a few figures.

use super::replay::SyncRow;
use crate::hpa::HpaSpec;
use crate::units::SimDuration;

/// What a dry run adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// How long it was, in hours.
    pub hours: f64,
    /// Pods times hours, starting ones included.
    pub pod_hours: f64,
    /// The most pods.
    pub replicas_peak: i32,
    /// Hours at `maxReplicas`.
    pub hours_at_max: f64,
    /// Hours with a metric above its target.
    pub hours_above_target: f64,
    /// Changes of `spec.replicas`.
    pub rescales: u32,
    /// Changes of direction per hour.
    pub flips_per_hour: f64,
    /// The longest time without a break that a metric was above its target and its tolerance, in minutes.
    pub longest_lag_minutes: f64,
    /// Syncs that asked for metrics, and none had a value.
    pub syncs_without_metrics: u32,
}

pub(super) fn totals(rows: &[SyncRow], sync: SimDuration, spec: &HpaSpec, tolerance: f64) -> Totals {
    let hours = sync.as_secs_f64() / 3600.0;
    let mut totals = Totals { hours: hours * rows.len() as f64, ..Totals::default() };
    let (mut direction, mut flips, mut lag) = (0, 0_u32, 0.0_f64);
    for row in rows {
        let replicas = row.decision.replicas;
        totals.pod_hours += f64::from(replicas) * hours;
        totals.replicas_peak = totals.replicas_peak.max(replicas);
        totals.hours_at_max += if replicas >= spec.max { hours } else { 0.0 };
        let ratio = row.ratio.unwrap_or(0.0);
        totals.hours_above_target += if ratio > 1.0 { hours } else { 0.0 };
        lag = if ratio > 1.0 + tolerance { lag + hours * 60.0 } else { 0.0 };
        totals.longest_lag_minutes = totals.longest_lag_minutes.max(lag);
        let proposals = &row.decision.proposals;
        totals.syncs_without_metrics += u32::from(!proposals.is_empty() && proposals.iter().all(Result::is_err));
        if row.decision.rescaled {
            totals.rescales += 1;
            let now = (replicas - row.before).signum();
            flips += u32::from(direction != 0 && now != direction);
            direction = now;
        }
    }
    totals.flips_per_hour = if totals.hours > 0.0 { f64::from(flips) / totals.hours } else { 0.0 };
    totals
}

//! Figures for github-action-benchmark, which follows them over time (`tool: customSmallerIsBetter`).
//!
//! Of figures of which more is better (apdex) and of those that are neither there is nothing: the tool would take their
//! fall for progress, and a number turned upside down is no figure that anybody knows.

use super::model::{CheckResult, FigureValue};
use crate::report::Unit;
use crate::study::Better;
use crate::units::counted;
use serde::Serialize;

#[derive(Serialize)]
struct Entry {
    name: String,
    unit: &'static str,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    extra: String,
}

/// An array of entries, one a figure of which less is better.
pub fn check_benchmark(result: &CheckResult) -> String {
    let rows = result.present.iter().filter(|row| row.better == Better::Lower && row.value.mean.is_finite());
    let entries: Vec<Entry> = rows.map(|row| entry(result, row)).collect();
    serde_json::to_string_pretty(&entries).unwrap_or_default() + "\n"
}

fn entry(result: &CheckResult, row: &FigureValue) -> Entry {
    let half = row.value.half_width();
    let range = (half > 0.0).then(|| format!("± {}", significant(half)));
    let about = match row.scope.tag() {
        None => String::new(),
        Some(_) => format!(" of {} {}", row.scope.word(), row.name),
    };
    Entry {
        name: format!("{}/{}", result.scenario, row.figure),
        unit: unit(row.unit),
        value: significant(row.value.mean),
        range,
        extra: format!(
            "{}{about}: {}, seed {}, foresail {}",
            row.label,
            counted(result.replications as usize, "replication"),
            result.seed,
            result.foresail_version
        ),
    }
}

/// Six digits: more are noise, and make every run another.
pub(super) fn significant(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Usd => "USD",
        Unit::UsdPerMonth => "USD/month",
        Unit::KgPerMonth => "kg/month",
        Unit::Milliseconds => "ms",
        Unit::Seconds => "s",
        Unit::Hours => "h",
        Unit::Ratio => "ratio",
        Unit::Count => "count",
        Unit::PerHour => "1/h",
        Unit::PerSecond => "1/s",
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::failed;
    use super::*;
    use serde_json::Value;

    #[test]
    fn only_figures_of_which_less_is_better() {
        let entries: Vec<Value> = serde_json::from_str(&check_benchmark(&failed())).expect("an array");
        assert_eq!(entries.len(), 8, "{entries:#?}");
        let first = &entries[0];
        assert_eq!(first["name"], "shop/costUsdPerMonth");
        assert_eq!((first["unit"].as_str(), first["value"].as_f64()), (Some("USD/month"), Some(235.1)));
        assert_eq!(first["range"], "± 5.1");
        assert!(entries.iter().all(|entry| !entry["name"].as_str().unwrap_or("").contains("apdex")));
        assert!(entries.iter().all(|entry| entry["value"].is_number()));
    }

    #[test]
    fn a_figure_without_a_value_is_left_out() {
        let mut result = failed();
        result.present[0].value = crate::study::Estimate::UNKNOWN;
        let entries: Vec<Value> = serde_json::from_str(&check_benchmark(&result)).expect("an array");
        assert_eq!(entries.len(), 7);
    }

    #[test]
    fn six_digits_are_kept() {
        assert_eq!(significant(123.456_789_12), 123.457);
        assert_eq!(significant(0.000_012_345_678), 0.000_012_345_7);
        assert_eq!(significant(0.0), 0.0);
    }
}

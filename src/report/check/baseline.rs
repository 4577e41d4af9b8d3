//! The baseline: what a scenario came to when it was last agreed on, small enough to be committed and read as a diff.

use crate::report::Report;
use crate::report::figures::figures;
use crate::report::model::API_VERSION;
use crate::scenario::issue::Issue;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

const KIND: &str = "Baseline";
/// Figures keep so many significant digits: the diff stays readable, and no machine of the same target rounds otherwise.
const DIGITS: usize = 6;

/// A committed baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Baseline {
    /// Always `foresail/v1alpha1`; files of another version are refused.
    pub api_version: String,
    /// Always `Baseline`.
    pub kind: String,
    /// The release that made it.
    pub foresail_version: String,
    /// The scenario's name.
    pub scenario: String,
    /// The fingerprint of everything that was read.
    pub digest: String,
    /// The simulated time.
    pub duration_seconds: f64,
    /// The seed of all random streams.
    pub seed: u64,
    /// How many replications.
    pub replications: u32,
    /// From when the prices are.
    pub price_date: String,
    /// What the scenario was made of, by path.
    pub inputs: BTreeMap<String, String>,
    /// Each figure by replication, to six digits; `null` where a replication has none.
    pub figures: IndexMap<String, Vec<Option<f64>>>,
}

impl Baseline {
    /// What is kept of a report.
    pub fn of(report: &Report) -> Self {
        let values = |values: &[f64]| -> Vec<Option<f64>> {
            values.iter().map(|value| value.is_finite().then(|| rounded(*value))).collect()
        };
        let kept = figures(report).into_iter().map(|figure| (figure.key(), values(&figure.value.values)));
        let mut figures: Vec<(String, Vec<Option<f64>>)> = kept.filter(|(_, values)| !values.is_empty()).collect();
        figures.sort_by(|a, b| a.0.cmp(&b.0));
        Baseline {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            foresail_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: report.scenario.name.clone(),
            digest: report.scenario.digest.clone(),
            duration_seconds: report.scenario.duration_seconds,
            seed: report.run.seed,
            replications: report.run.replications,
            price_date: report.prices.date.clone(),
            inputs: report.inputs.clone(),
            figures: figures.into_iter().collect(),
        }
    }

    /// The file: keys in order, one line a value and a figure.
    pub fn to_json(&self) -> String {
        let Ok(Value::Object(fields)) = serde_json::to_value(self) else { return String::new() };
        let one = |(key, value): (&String, &Value)| match value {
            Value::Object(rows) => {
                let rows: Vec<String> =
                    rows.iter().map(|(key, row)| format!("    {}: {row}", Value::from(key.as_str()))).collect();
                format!("  \"{key}\": {{\n{}\n  }}", rows.join(",\n"))
            }
            plain => format!("  \"{key}\": {plain}"),
        };
        let fields: Vec<String> = fields.iter().map(one).collect();
        format!("{{\n{}\n}}\n", fields.join(",\n"))
    }

    /// Reads a file called `name`.
    ///
    /// Errors: not a baseline, or not one of this version.
    pub fn parse(text: &str, name: &str) -> Result<Self, Issue> {
        let refuse = |line: Option<usize>, why: String| {
            let line = line.and_then(|line| u32::try_from(line).ok()).filter(|line| *line > 0);
            Issue::error("", why).in_file(name, line).with_help(WRITE_ANEW)
        };
        let version: Versions = serde_json::from_str(text)
            .map_err(|error| refuse(Some(error.line()), format!("is not a baseline: {error}")))?;
        if (version.api_version.as_str(), version.kind.as_str()) != (API_VERSION, KIND) {
            let found = format!("found apiVersion `{}` and kind `{}`", version.api_version, version.kind);
            return Err(refuse(None, format!("{found}, expected `{API_VERSION}` and `{KIND}`")));
        }
        let baseline: Baseline = serde_json::from_str(text)
            .map_err(|error| refuse(Some(error.line()), format!("is not a whole baseline: {error}")))?;
        let uneven = baseline.figures.iter().find(|(_, values)| values.len() != baseline.replications as usize);
        match uneven {
            Some((key, values)) => {
                let found = format!("`figures.{key}` has {} values", values.len());
                Err(refuse(None, format!("{found}, expected one for each of {} replications", baseline.replications)))
            }
            None => Ok(baseline),
        }
    }

    /// Why the present scenario cannot be set beside it; everything at once.
    pub(super) fn unlike(&self, report: &Report, name: &str) -> Vec<Issue> {
        let mut issues = Vec::new();
        let mut refuse = |what: &str, found: String, expected: String| {
            let message = format!("it is of {what} {found}, expected {expected}");
            issues.push(Issue::error("", message).in_file(name, None).with_help(WRITE_ANEW));
        };
        if self.scenario != report.scenario.name {
            refuse("the scenario", format!("`{}`", self.scenario), format!("`{}`", report.scenario.name));
        }
        if self.seed != report.run.seed {
            refuse("seed", self.seed.to_string(), report.run.seed.to_string());
        }
        if self.duration_seconds != report.scenario.duration_seconds {
            let seconds = |seconds: f64| crate::report::format::figure(seconds, crate::report::Unit::Seconds);
            refuse("a run of", seconds(self.duration_seconds), seconds(report.scenario.duration_seconds));
        }
        issues
    }

    /// What may make a difference that is not the scenario's.
    pub(super) fn doubts(&self, report: &Report) -> Vec<String> {
        let mut doubts = Vec::new();
        if self.foresail_version != report.foresail_version {
            doubts.push(format!(
                "the baseline was written by release {}, this is {}: what the release changed is in the differences",
                self.foresail_version, report.foresail_version
            ));
        }
        if self.price_date != report.prices.date {
            doubts.push(format!(
                "the baseline has prices of {}, this run of {}: what prices changed is in the differences",
                self.price_date, report.prices.date
            ));
        }
        doubts
    }
}

/// What helps against a baseline that cannot be used.
const WRITE_ANEW: &str = "write it anew with --update-baseline, and commit it";

/// Read first: a file of another version need not have the other fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versions {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
}

/// To six significant digits.
pub(super) fn rounded(value: f64) -> f64 {
    if !value.is_finite() {
        return value;
    }
    format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value)
}

//! GitLab's reports: code quality (JSON) and metrics (OpenMetrics text).

use super::benchmark::significant;
use super::findings::{Finding, Outcome, Refusal, Rule, findings, of_input};
use super::model::{CheckResult, FigureValue};
use crate::scenario::issue::Severity;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

#[derive(Serialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// The code quality report: an entry a finding, at the changed field or where the threshold is written.
pub fn check_code_quality(outcome: &Outcome<'_>) -> String {
    entries(&findings(outcome), &outcome.result.file)
}

/// The problems of a refused input.
pub(super) fn refused(refusal: &Refusal<'_>) -> String {
    entries(&of_input(refusal.problems, refusal.root), refusal.scenario)
}

fn entries(findings: &[Finding], scenario: &str) -> String {
    let mut known = BTreeSet::new();
    let mut entries: Vec<Entry> = findings.iter().map(|finding| entry(finding, scenario)).collect();
    // Of equal fingerprints GitLab shows one.
    for entry in &mut entries {
        let mut again = 0;
        while !known.insert(entry.fingerprint.clone()) {
            again += 1;
            entry.fingerprint = fingerprint(&[&entry.fingerprint, &again.to_string()]);
        }
    }
    serde_json::to_string_pretty(&entries).unwrap_or_default() + "\n"
}

fn entry(finding: &Finding, scenario: &str) -> Entry {
    let spot = finding.places.first();
    // A path is required: where no file has to do with it, the scenario as it was named.
    let named = if scenario.is_empty() { "scenario.yaml" } else { scenario };
    let path = spot.map_or_else(|| named.to_owned(), |spot| spot.file.clone());
    Entry {
        description: finding.message.clone(),
        check_name: format!("foresail/{}", finding.rule.id()),
        fingerprint: fingerprint(&[finding.rule.id(), &finding.key, &path]),
        severity: severity(finding.rule),
        location: Location { path, lines: Lines { begin: spot.and_then(|spot| spot.line).unwrap_or(1) } },
    }
}

fn severity(rule: Rule) -> &'static str {
    match (rule, rule.severity()) {
        (Rule::InputError, _) => "blocker",
        (_, Severity::Error) => "critical",
        (_, Severity::Warning) => "minor",
        (_, Severity::Note) => "info",
    }
}

/// FNV-1a of the parts: the same from run to run, whatever the values and the line.
pub(super) fn fingerprint(parts: &[&str]) -> String {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// Every figure as it is now, a gauge each, in OpenMetrics text: `foresail_latency_ms_p95{route="/checkout"} 103.2`.
pub fn check_metrics(result: &CheckResult) -> String {
    let mut families: BTreeMap<String, Vec<&FigureValue>> = BTreeMap::new();
    for row in result.present.iter().filter(|row| row.value.mean.is_finite()) {
        families.entry(metric_name(&row.metric)).or_default().push(row);
    }
    let mut text = String::new();
    for (name, rows) in &families {
        let _ = writeln!(text, "# TYPE {name} gauge");
        if let Some(first) = rows.first() {
            let _ = writeln!(text, "# HELP {name} {}.", escaped(&first.label));
        }
        let mut known = BTreeSet::new();
        for row in rows {
            let mut labels = vec![format!("scenario=\"{}\"", escaped(&result.scenario))];
            labels.extend(row.scope.tag().map(|tag| format!("{}=\"{}\"", snake(tag), escaped(&row.name))));
            let labels = labels.join(",");
            if known.insert(labels.clone()) {
                let _ = writeln!(text, "{name}{{{labels}}} {}", significant(row.value.mean));
            }
        }
    }
    text.push_str("# EOF\n");
    text
}

fn metric_name(metric: &str) -> String {
    format!("foresail_{}", snake(metric))
}

/// `latencyMsP95` as `latency_ms_p95`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    snake
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::super::findings::Root;
    use super::super::fixture::{failed, passed};
    use super::*;
    use crate::scenario::issue::Issues;
    use serde_json::Value;

    fn quality(result: &CheckResult) -> Vec<Value> {
        let (problems, root) = (Issues::new(), Root::default());
        let text = check_code_quality(&Outcome { result, problems: &problems, root: &root });
        serde_json::from_str(&text).expect("an array")
    }

    #[test]
    fn an_entry_has_what_gitlab_requires() {
        let entries = quality(&failed());
        assert_eq!(entries.len(), 2 + 5 + 1 + 1, "{entries:#?}");
        for entry in &entries {
            assert!(entry["description"].is_string() && entry["check_name"].is_string(), "{entry}");
            assert!(
                ["blocker", "critical", "minor", "info"].contains(&entry["severity"].as_str().unwrap_or("")),
                "{entry}"
            );
            let path = entry["location"]["path"].as_str().unwrap_or("./");
            assert!(!path.starts_with("./") && !path.starts_with('/'), "{path}");
            assert!(entry["location"]["lines"]["begin"].as_u64().is_some_and(|line| line >= 1), "{entry}");
        }
        assert!(quality(&passed()).is_empty());
    }

    #[test]
    fn a_fingerprint_outlives_other_values_and_is_unlike_others() {
        let prints = |result: &CheckResult| -> BTreeSet<String> {
            quality(result).iter().map(|entry| entry["fingerprint"].to_string()).collect()
        };
        let (before, mut later) = (failed(), failed());
        later.figures.iter_mut().for_each(|row| row.new += 1.0);
        later.thresholds.iter_mut().for_each(|row| row.value.mean += 1.0);
        assert_eq!(prints(&before), prints(&later));
        assert_eq!(prints(&before).len(), quality(&before).len());
        let mut twice = failed();
        twice.thresholds.extend(before.thresholds);
        assert_eq!(prints(&twice).len(), quality(&twice).len());
    }

    #[test]
    fn metrics_are_open_metrics() {
        let text = check_metrics(&failed());
        assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
        assert!(text.contains("\nforesail_latency_ms_p95{scenario=\"shop\",route=\"/checkout\"} 150\n"), "{text}");
        assert!(text.contains("foresail_cost_usd_per_month{scenario=\"shop\",node_group=\"pool\"} 162.1\n"), "{text}");
        assert!(text.contains("::\\n@all \\\"é\\\\\"}"), "escaped: {text}");
        let mut types: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        let count = types.len();
        types.dedup();
        assert_eq!(types.len(), count, "a family is in one piece");
        assert!(text.lines().all(|line| line.starts_with("# ") || line.starts_with("foresail_")), "{text}");
    }
}

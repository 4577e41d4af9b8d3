//! Series as Prometheus answers with them.

use crate::scenario::issue::{Issue, Issues};
use crate::scenario::metrics::answer;
use crate::units::counted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Nothing that is measured is more: sums of such values stay numbers.
const LARGEST_VALUE: f64 = 1e18;
/// No sample is later: the year 2242, in seconds since 1970.
pub(super) const LATEST_S: i64 = 2 * u32::MAX as i64;

/// One series: labels, and values in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub(super) labels: BTreeMap<String, String>,
    /// Seconds since 1970 and a finite number.
    pub(super) samples: Vec<(f64, f64)>,
}

impl Line {
    /// A label; what an exporter said itself (`exported_`) goes before what Prometheus knows of the target.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        let exported = self.labels.get(&format!("exported_{name}"));
        exported.or_else(|| self.labels.get(name)).map(String::as_str).filter(|value| !value.is_empty())
    }
    /// The first of several labels that is there.
    pub(super) fn first_label(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.label(name))
    }
}

/// As it is written.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Written {
    #[serde(default)]
    pub(super) metric: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) values: Vec<(f64, String)>,
    /// Native histograms, which are not read.
    #[serde(default, skip_serializing)]
    histograms: Vec<serde_json::Value>,
}

impl Written {
    /// Adds a later part of the same series.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(super) fn append(&mut self, mut later: Written) {
        self.values.append(&mut later.values);
        self.histograms.append(&mut later.histograms);
    }
}

/// What an answer held besides numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Doubts {
    /// NaN or infinite.
    not_finite: usize,
    /// Numbers that are none.
    no_number: usize,
    /// Before 1970, or too late to be true.
    no_time: usize,
    /// Not later than the one before.
    back: usize,
    twice: usize,
    histograms: usize,
}

/// The series of an answer; `field` names the query or the file.
///
/// Errors: what is no answer, is not a matrix, or tells an error; with what to do.
pub(super) fn written(text: &str, field: &str, issues: &mut Issues) -> Result<Vec<Written>, Issue> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err(Issue::error(field, "the answer is empty, expected JSON").with_help(JSON_HELP));
    }
    if start.starts_with('<') {
        return Err(Issue::error(field, "found a web page (HTML), expected JSON").with_help(HTML_HELP));
    }
    let named = |mut issue: Issue| {
        issue.place.field = Some(field.to_owned());
        issue
    };
    let (data, said) = match answer::data_of::<Vec<Written>>(text) {
        Ok(found) => found,
        // Slowly, to say which part cannot be read.
        Err(_) => {
            let (data, _) = answer::data_of::<serde_json::Value>(text).map_err(named)?;
            let error = match Vec::<Written>::deserialize(data.result) {
                Err(error) if data.result_type == "matrix" => error.to_string(),
                _ => return Err(no_matrix(field, &data.result_type)),
            };
            return Err(Issue::error(field, format!("has series that cannot be read: {error}")));
        }
    };
    for what in said {
        issues.push(Issue::warning(field, format!("Prometheus says: {what}")));
    }
    if data.result_type == "matrix" { Ok(data.result) } else { Err(no_matrix(field, &data.result_type)) }
}

fn no_matrix(field: &str, kind: &str) -> Issue {
    let message = format!("found a `{kind}`, expected a `matrix`: values over time");
    Issue::error(field, message).with_help("ask /api/v1/query_range with start, end and step")
}

/// What to do where something else than JSON came.
const JSON_HELP: &str = "ask /api/v1/query_range of Prometheus itself";
/// What to do where a page came.
const HTML_HELP: &str = "this is mostly a login or Grafana's page: name Prometheus itself with its path prefix, and give a \
    token in FORESAIL_PROMETHEUS_TOKEN";

/// Series with numbers. What is no finite number, goes back in time or is there twice is left aside and said.
pub(super) fn lines(written: Vec<Written>, field: &str, issues: &mut Issues) -> Vec<Line> {
    let mut doubts = Doubts::default();
    let lines = written.into_iter().map(|one| line(one, &mut doubts)).filter(|line| !line.samples.is_empty()).collect();
    let mut say = |count: usize, what: &str, rest: &str| {
        if count > 0 {
            issues.push(Issue::warning(field, format!("{} {rest}", counted(count, what))));
        }
    };
    say(doubts.not_finite, "value", "not finite or too large to be true: nothing is known there");
    say(doubts.no_number, "value", "not a number: nothing is known there");
    say(doubts.no_time, "sample", "with a time that is none: left aside");
    say(doubts.back, "sample", "earlier than the one before: left aside, a clock went back");
    say(doubts.twice, "sample", "with the time of the one before: left aside");
    say(doubts.histograms, "native histogram", "not read: record classic buckets too (`le`)");
    lines
}

fn line(written: Written, doubts: &mut Doubts) -> Line {
    doubts.histograms += usize::from(!written.histograms.is_empty());
    let mut samples: Vec<(f64, f64)> = Vec::with_capacity(written.values.len());
    for (at, text) in written.values {
        let Ok(value) = text.parse::<f64>() else {
            doubts.no_number += 1;
            continue;
        };
        match samples.last() {
            _ if !(0.0..=LATEST_S as f64).contains(&at) => doubts.no_time += 1,
            Some((last, _)) if at < *last => doubts.back += 1,
            Some((last, _)) if at == *last => doubts.twice += 1,
            _ if !(-LARGEST_VALUE..=LARGEST_VALUE).contains(&value) => doubts.not_finite += 1,
            _ => samples.push((at, value)),
        }
    }
    Line { labels: written.metric, samples }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (Vec<Line>, String) {
        let mut issues = Issues::new();
        let lines = match written(text, "cpu", &mut issues) {
            Ok(written) => lines(written, "cpu", &mut issues),
            Err(issue) => {
                issues.push(issue);
                Vec::new()
            }
        };
        (lines, issues.to_string())
    }

    #[test]
    fn what_is_doubtful_is_left_aside_and_said() {
        let text = r#"{"status":"success","warnings":["partial"],"data":{"resultType":"matrix","result":[{"metric":{"pod":"a"},
            "values":[[10,"1"],[20,"NaN"],[20,"3"],[15,"9"],[30,"+Inf"],[30,"x"],[40,"2"],[40,"2"],[5e300,"1"],[-3,"1"]]},
            {"metric":{"pod":"b"},"histograms":[[10,{}]]}]}}"#;
        let (lines, said) = said(text);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].samples, [(10.0, 1.0), (20.0, 3.0), (40.0, 2.0)]);
        for part in [
            "partial",
            "2 values not finite",
            "1 value not a number",
            "1 sample earlier",
            "1 sample with the",
            "2 samples with a time",
            "native",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn what_is_no_answer_is_told_with_what_to_do() {
        for (text, part) in [
            ("<!doctype html><title>Log in</title>", "FORESAIL_PROMETHEUS_TOKEN"),
            ("", "is empty"),
            (r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#, "parse error"),
            (r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#, "query_range"),
            (r#"{"status":"success","data":{"resultType":"matrix","result":[{"values":[["#, "no answer of Prometheus"),
            (r#"{"status":"success","data":{"resultType":"matrix","result":[{"values":7}]}}"#, "cannot be read"),
        ] {
            let (lines, said) = said(text);
            assert!(lines.is_empty() && said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn an_answer_that_is_cut_anywhere_is_refused() {
        let whole = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"é"},"values":[[1,"2"]]}]}}"#;
        for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
            let (lines, said) = said(&whole[..at]);
            assert!(lines.is_empty() && said.contains("error: "), "{at}: {said}");
        }
        assert_eq!(said(whole).1, "");
    }

    #[test]
    fn what_an_exporter_says_itself_counts() {
        let labels = [("namespace", "monitoring"), ("exported_namespace", "shop")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let line = Line { labels, samples: Vec::new() };
        assert_eq!(line.first_label(&["pod", "namespace"]), Some("shop"));
    }
}

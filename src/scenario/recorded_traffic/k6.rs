//! The load that options of k6 plan: `k6 inspect script.js` prints them.

use crate::scenario::file::Trace;
use crate::scenario::issue::{Issue, Issues};
use crate::units::SimDuration;
use serde_json::Value;

/// k6 gives up after this where `maxDuration` says nothing: ten minutes.
const MAX_DURATION_S: f64 = 600.0;
/// Where k6 begins a ramp of users if nothing is said.
const START_VUS: f64 = 1.0;

/// Rates over time: straight lines, and the end.
pub(super) struct Plan {
    /// Seconds and requests per second; two at one time are a jump. The last one is 0.
    pub(super) points: Vec<(f64, f64)>,
    /// The scenarios of the options, by name.
    pub(super) scenarios: Vec<String>,
}

/// Whether a document is options of k6, or a part of them.
pub(super) fn is_meant(document: &Value) -> bool {
    let Some(fields) = document.as_object() else { return false };
    let has = |key: &str| document.get(key).is_some_and(|value| !value.is_null());
    let is_scenario = |value: &Value| value.get("executor").is_some_and(Value::is_string);
    document.get("scenarios").is_some_and(Value::is_object)
        || document.get("options").is_some_and(is_meant)
        || has("executor")
        || has("stages")
        || has("vus")
        || (!fields.is_empty() && fields.values().all(is_scenario))
}

/// What the options plan.
///
/// Errors: all that is wrong with them is told in `issues`; the first thing that makes them none.
pub(super) fn read(document: &Value, trace: &Trace, issues: &mut Issues) -> Result<Plan, Issue> {
    if let Some(options) = document.get("options").filter(|options| is_meant(options)) {
        return read(options, trace, issues);
    }
    let per_iteration = trace.requests_per_iteration.unwrap_or(1.0);
    let is_positive = |number: f64| number.is_finite() && number > 0.0;
    for (name, number) in [("requestsPerIteration", Some(per_iteration)), ("requestsPerVu", trace.requests_per_vu)] {
        if let Some(number) = number.filter(|number| !is_positive(*number)) {
            return Err(Issue::error("", format!("`{name}`: found {number}, expected a number above 0")));
        }
    }
    let mut all: Vec<Vec<(f64, f64)>> = Vec::new();
    let (mut names, mut needs) = (Vec::new(), Vec::new());
    let mut iterates = false;
    for (name, scenario) in scenarios(document) {
        let read = Scenario { name: &name, value: scenario, per_iteration, per_vu: trace.requests_per_vu };
        match read.points() {
            Ok(Some((points, by_iteration))) => {
                iterates |= by_iteration;
                all.push(points);
            }
            Ok(None) => needs.push(format!("`{name}`")),
            Err(why) => issues.push(Issue::error("", format!("scenario `{name}` of k6: {why}"))),
        }
        names.push(name);
    }
    if !needs.is_empty() {
        let message = format!(
            "{} of k6 plans virtual users and no rate: how many requests one sends per second depends on the answers",
            needs.join(", ")
        );
        issues.push(Issue::error("", message).with_help("say it with `requestsPerVu: 0.5` beside `file`"));
    }
    if issues.has_errors() {
        return Err(Issue::error("", "k6's options cannot be read"));
    }
    if iterates && trace.requests_per_iteration.is_none() {
        let issue = Issue::warning("", "an iteration of k6 is taken as one request");
        issues.push(issue.with_help("say how many it sends with `requestsPerIteration`"));
    }
    if all.is_empty() {
        return Err(Issue::error("", "k6's options hold no scenarios"));
    }
    Ok(Plan { points: sum(&all), scenarios: names })
}

/// The scenarios by name; of short options the one that they stand for.
fn scenarios(document: &Value) -> Vec<(String, &Value)> {
    let named = |value: &Value| value.get("executor").is_some_and(Value::is_string);
    let inner = document.get("scenarios").and_then(Value::as_object).filter(|inner| !inner.is_empty());
    let bare = document.as_object().filter(|fields| !fields.is_empty() && fields.values().all(named));
    match inner.or(bare) {
        Some(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        None => vec![("default".to_owned(), document)],
    }
}

struct Scenario<'a> {
    name: &'a str,
    value: &'a Value,
    per_iteration: f64,
    per_vu: Option<f64>,
}

/// Seconds and requests per second, and whether they come from iterations.
type Points = (Vec<(f64, f64)>, bool);

impl Scenario<'_> {
    /// The rates of this scenario; nothing where only `requestsPerVu` would tell.
    fn points(&self) -> Result<Option<Points>, String> {
        let start = self.span("startTime")?.unwrap_or(0.0);
        let has = |key: &str| self.value.get(key).is_some_and(|value| !value.is_null());
        let implied = match (has("stages"), has("iterations"), has("duration")) {
            (true, ..) => "ramping-vus",
            (false, true, _) => "shared-iterations",
            (false, false, true) => "constant-vus",
            _ => "shared-iterations",
        };
        let executor = self.value.get("executor").and_then(Value::as_str).unwrap_or(implied);
        let unit = self.span("timeUnit")?.unwrap_or(1.0);
        if unit <= 0.0 {
            return Err("`timeUnit` is 0".to_owned());
        }
        let by_iteration = |rate: f64| rate / unit * self.per_iteration;
        let vus = self.number("vus")?.unwrap_or(1.0);
        let points = match executor {
            "constant-arrival-rate" => {
                let rate = by_iteration(self.needed("rate")?);
                return Ok(Some((flat(start, self.needed_span("duration")?, rate), true)));
            }
            "ramping-arrival-rate" => {
                let first = self.number("startRate")?.unwrap_or(0.0);
                let points = self.stages(start, first)?;
                return Ok(Some((points.into_iter().map(|(at, rate)| (at, by_iteration(rate))).collect(), true)));
            }
            "constant-vus" => {
                self.per_vu.zip(Some(self.needed_span("duration")?)).map(|(each, span)| flat(start, span, vus * each))
            }
            "externally-controlled" => {
                self.per_vu.zip(Some(self.needed_span("duration")?)).map(|(each, span)| flat(start, span, vus * each))
            }
            "ramping-vus" => {
                let points = self.stages(start, self.number("startVUs")?.unwrap_or(START_VUS))?;
                self.per_vu.map(|each| points.into_iter().map(|(at, users)| (at, users * each)).collect())
            }
            "per-vu-iterations" | "shared-iterations" => {
                let all =
                    self.number("iterations")?.unwrap_or(1.0) * if executor.starts_with("per") { vus } else { 1.0 };
                let most = self.span("maxDuration")?.unwrap_or(MAX_DURATION_S);
                self.per_vu.map(|each| {
                    let rate = vus * each;
                    flat(start, (all * self.per_iteration / rate).min(most).max(1e-3), rate)
                })
            }
            other => return Err(format!("the executor `{other}` is not one of k6's")),
        };
        Ok(points.map(|points| (points, executor.ends_with("iterations"))))
    }

    fn stages(&self, start: f64, first: f64) -> Result<Vec<(f64, f64)>, String> {
        let stages = self.value.get("stages").and_then(Value::as_array).filter(|stages| !stages.is_empty());
        let stages = stages.ok_or("`stages` is missing, a list of `{duration, target}`")?;
        let (mut at, mut points) = (start, vec![(start, first)]);
        for stage in stages {
            let part = Scenario { value: stage, ..*self };
            at += part.needed_span("duration")?;
            points.push((at, part.needed("target")?));
        }
        points.push((at, 0.0));
        Ok(points)
    }

    fn number(&self, key: &str) -> Result<Option<f64>, String> {
        let Some(value) = self.value.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
        let number = value.as_f64().filter(|number| (0.0..=1e9).contains(number));
        number.map(Some).ok_or_else(|| format!("`{key}`: found {value}, expected a number from 0 to a billion"))
    }

    fn needed(&self, key: &str) -> Result<f64, String> {
        self.number(key)?.ok_or_else(|| format!("`{key}` is missing"))
    }

    /// `1m30s`, or milliseconds as a number.
    fn span(&self, key: &str) -> Result<Option<f64>, String> {
        let Some(value) = self.value.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
        let span = match value {
            Value::String(text) => SimDuration::parse(text).ok().map(|span| span.as_secs_f64()),
            other => other.as_f64().map(|millis| millis / 1e3),
        };
        let span = span.filter(|span| (0.0..=3.2e8).contains(span));
        span.map(Some).ok_or_else(|| format!("`{key}`: found {value}, expected a duration such as 1m30s"))
    }

    fn needed_span(&self, key: &str) -> Result<f64, String> {
        self.span(key)?.ok_or_else(|| format!("`{key}` is missing"))
    }
}

impl std::fmt::Debug for Scenario<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

fn flat(start: f64, span: f64, rate: f64) -> Vec<(f64, f64)> {
    vec![(start, rate), (start + span, rate), (start + span, 0.0)]
}

/// All scenarios together. Before its start and after its end a scenario sends nothing.
fn sum(all: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    let mut times: Vec<f64> = all.iter().flatten().map(|(at, _)| *at).chain([0.0]).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(2 * times.len());
    for at in times {
        let before: f64 = all.iter().map(|points| beside(points, at, false)).sum();
        let after: f64 = all.iter().map(|points| beside(points, at, true)).sum();
        if before != after && at > 0.0 {
            points.push((at, before));
        }
        points.push((at, after));
    }
    points
}

/// The rate just before or just after a time.
fn beside(points: &[(f64, f64)], at: f64, is_after: bool) -> f64 {
    let split = match is_after {
        true => points.partition_point(|(time, _)| *time <= at),
        false => points.partition_point(|(time, _)| *time < at),
    };
    let (Some(left), Some(right)) = (split.checked_sub(1).and_then(|last| points.get(last)), points.get(split)) else {
        return 0.0;
    };
    let share = if right.0 > left.0 { (at - left.0) / (right.0 - left.0) } else { 0.0 };
    left.1 + share * (right.1 - left.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_add_up_where_they_overlap() {
        let (a, b) = (flat(0.0, 10.0, 4.0), flat(5.0, 10.0, 3.0));
        let whole = [(0.0, 4.0), (5.0, 4.0), (5.0, 7.0), (10.0, 7.0), (10.0, 3.0), (15.0, 3.0), (15.0, 0.0)];
        assert_eq!(sum(&[a, b]), whole);
        let ramp = vec![(0.0, 0.0), (10.0, 10.0), (10.0, 0.0)];
        assert_eq!(sum(&[ramp, flat(5.0, 2.0, 1.0)])[1..3], [(5.0, 5.0), (5.0, 6.0)]);
    }
}

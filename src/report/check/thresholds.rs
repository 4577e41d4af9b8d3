//! Which figures are held against what: read, checked against the figures that there are, and judged.

use super::expression::{self, Comparison, Expression, Measure};
use super::model::{ThresholdOutcome, ThresholdResult, WhereWritten};
use crate::report::figures::{Figure, Scope};
use crate::report::{Report, Unit};
use crate::scenario::ThresholdText;
use crate::scenario::issue::{Issue, Issues, Place};
use crate::study::{Estimate, Pair};

/// A threshold of a figure that there is.
#[derive(Clone, Debug)]
pub(super) struct Threshold {
    pub(super) figure: String,
    text: String,
    label: String,
    unit: Unit,
    expression: Expression,
    objective: bool,
    place: Place,
}

/// Names of the figures that people call otherwise.
const ALIASES: &[(&str, &str)] = &[("pendingSeconds", "pendingPodSeconds"), ("cost", "costUsdPerMonth")];

/// Reads the thresholds of a scenario whose figures are known; its objectives follow.
///
/// Errors: names that no figure has, with the nearest one, and what is no expression; all of them.
pub(super) fn read(texts: &[ThresholdText], report: &Report, figures: &[Figure<'_>]) -> Result<Vec<Threshold>, Issues> {
    let mut issues = Issues::new();
    let mut thresholds = Vec::new();
    for text in texts {
        match one(text, figures) {
            Ok(threshold) => thresholds.push(threshold),
            Err(mut issue) => {
                issue.place = text.place.clone();
                issues.push(issue);
            }
        }
    }
    if issues.has_errors() {
        return Err(issues);
    }
    thresholds.extend(objectives(report, figures));
    Ok(thresholds)
}

fn one(text: &ThresholdText, figures: &[Figure<'_>]) -> Result<Threshold, Issue> {
    let key = canonical(&text.figure);
    let figure =
        figures.iter().find(|figure| figure.key() == key).ok_or_else(|| unknown("", &text.figure, &key, figures))?;
    let expression = expression::parse(&text.expression, figure.unit).map_err(|why| Issue::error("", why))?;
    Ok(Threshold {
        figure: key,
        text: text.expression.trim().to_owned(),
        label: label(figure),
        unit: figure.unit,
        expression,
        objective: false,
        place: text.place.clone(),
    })
}

/// A figure's key as figures have it, of what people write.
pub(super) fn canonical(written: &str) -> String {
    let (metric, rest) = written.split_at(written.find('{').unwrap_or(written.len()));
    let metric = ALIASES.iter().find(|(alias, _)| *alias == metric).map_or(metric, |(_, name)| name);
    format!("{metric}{}", rest.replace(": ", ":"))
}

/// That no figure is called as is written at `path`, with the nearest that is.
pub(super) fn unknown(path: &str, written: &str, key: &str, figures: &[Figure<'_>]) -> Issue {
    let keys: Vec<String> = figures.iter().map(Figure::key).collect();
    let metrics = figures.iter().filter(|figure| figure.scope == Scope::Whole).map(|figure| figure.metric);
    let metrics: Vec<&str> = metrics.collect();
    let issue = Issue::error(path, format!("no figure is called `{written}`"))
        .with_help(format!("figures are {}; of a part: latencyMsP95{{route:/cart}}", metrics.join(", ")));
    issue.suggest(key, keys.iter().map(String::as_str))
}

/// `latency P95 of route /checkout`.
pub(super) fn label(figure: &Figure<'_>) -> String {
    match figure.scope {
        Scope::Whole => figure.label.to_owned(),
        scope => format!("{} of {} {}", figure.label, scope.word(), figure.name),
    }
}

/// The service levels, as thresholds.
fn objectives(report: &Report, figures: &[Figure<'_>]) -> Vec<Threshold> {
    let promised = report.headlines.iter().filter_map(|row| Some((row.metric.as_str(), row.objective?)));
    let threshold = |(metric, limit): (&str, f64)| {
        let figure = figures.iter().find(|figure| figure.scope == Scope::Whole && figure.metric == metric)?;
        Some(Threshold {
            figure: metric.to_owned(),
            text: format!("<= {limit}"),
            label: label(figure),
            unit: figure.unit,
            expression: Expression { measure: Measure::Value, comparison: Comparison::AtMost, limit },
            objective: true,
            place: Place::default(),
        })
    };
    promised.filter_map(threshold).collect()
}

impl Threshold {
    /// Whether it speaks of a change, which only a baseline can tell.
    pub(super) fn needs_baseline(&self) -> bool {
        matches!(self.expression.measure, Measure::Change { .. })
    }

    /// What became of it, at a look that may err with the chance `alpha`. `pair` is the figure beside its baseline.
    pub(super) fn judge(&self, value: Option<&Estimate>, pair: Option<&Pair>, alpha: f64) -> ThresholdResult {
        let value = self.measured(value, pair).unwrap_or(Estimate::UNKNOWN);
        let outcome = outcome(&value, self.expression, alpha);
        let aim = (value.mean - self.expression.limit).abs();
        let needed = (outcome == ThresholdOutcome::Inconclusive).then(|| value.replications_for(aim, alpha)).flatten();
        let place = &self.place;
        ThresholdResult {
            figure: self.figure.clone(),
            label: self.label.clone(),
            expression: self.text.clone(),
            objective: self.objective,
            unit: if self.is_relative() { Unit::Ratio } else { self.unit },
            value,
            limit: self.expression.limit,
            outcome,
            replications_needed: needed,
            written: place.file.clone().map(|file| WhereWritten { file, line: place.line }),
        }
    }

    fn is_relative(&self) -> bool {
        matches!(self.expression.measure, Measure::Change { relative: true, .. })
    }

    fn measured(&self, value: Option<&Estimate>, pair: Option<&Pair>) -> Option<Estimate> {
        let Measure::Change { decrease, relative } = self.expression.measure else { return value.map(as_found) };
        let pair = pair?;
        let sign = if decrease { -1.0 } else { 1.0 };
        if !relative {
            return Some(pair.difference.scaled(sign));
        }
        match pair.base.abs() {
            // From nothing to something is more than any share.
            0.0 if pair.difference.mean == 0.0 => Some(Estimate::exact(0.0)),
            0.0 => Some(Estimate::exact(f64::INFINITY * sign * pair.difference.mean.signum())),
            base => Some(pair.difference.scaled(sign / base)),
        }
    }
}

/// A figure without what none of its replications has met: a limit that all of them keep by the same value is kept. What there
/// is between two looks is the spread among replications.
fn as_found(value: &Estimate) -> Estimate {
    let is_same = value.values.windows(2).all(|pair| pair[0] == pair[1]);
    if is_same {
        Estimate { interval: value.interval.map(|_| [value.mean; 2]), ..value.clone() }
    } else {
        value.clone()
    }
}

fn outcome(value: &Estimate, expression: Expression, alpha: f64) -> ThresholdOutcome {
    let Expression { comparison, limit, .. } = expression;
    // Where nobody was answered there is no latency that could keep it.
    if !value.is_known() {
        return ThresholdOutcome::Crossed;
    }
    let [low, high] = value.interval_at(alpha).unwrap_or([value.mean, value.mean]);
    match (comparison.holds(low, limit), comparison.holds(high, limit), comparison) {
        (true, true, Comparison::Unequal) if (low..=high).contains(&limit) && low < high => {
            ThresholdOutcome::Inconclusive
        }
        (true, true, _) => ThresholdOutcome::Kept,
        (false, false, _) => ThresholdOutcome::Crossed,
        _ => ThresholdOutcome::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str, values: &[f64]) -> ThresholdOutcome {
        let expression = expression::parse(text, Unit::Milliseconds).expect(text);
        outcome(&Estimate::of(values.iter().copied()), expression, 0.05)
    }

    #[test]
    fn chance_decides_nothing() {
        let values = [195.0, 205.0, 199.0, 201.0];
        assert_eq!(judged("< 300", &values), ThresholdOutcome::Kept);
        assert_eq!(judged("< 100", &values), ThresholdOutcome::Crossed);
        assert_eq!(judged("< 202", &values), ThresholdOutcome::Inconclusive);
        assert_eq!(judged("> 100", &values), ThresholdOutcome::Kept);
        assert_eq!(judged("== 200", &values), ThresholdOutcome::Crossed);
        assert_eq!(judged("!= 200", &values), ThresholdOutcome::Inconclusive);
    }

    #[test]
    fn a_value_without_spread_is_what_it_is() {
        assert_eq!(judged("< 200", &[199.0]), ThresholdOutcome::Kept);
        assert_eq!(judged("< 200", &[200.0, 200.0]), ThresholdOutcome::Crossed);
        assert_eq!(judged("<= 200", &[200.0, 200.0]), ThresholdOutcome::Kept);
        assert_eq!(judged("== 200", &[200.0, 200.0]), ThresholdOutcome::Kept);
        assert_eq!(
            outcome(&Estimate::UNKNOWN, expression::parse("< 2", Unit::Count).expect("text"), 0.05),
            ThresholdOutcome::Crossed
        );
    }
}

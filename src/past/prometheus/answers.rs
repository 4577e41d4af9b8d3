//! What was answered: lines by query, on one clock.

use super::clock::Clock;
use super::matrix::Line;
use super::queries::{Form, QUERIES, Query, What};
use regex::Regex;
use std::collections::BTreeMap;

/// Lines by the name of their query.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    lines: BTreeMap<&'static str, Vec<Line>>,
}

impl Answers {
    /// Adds the lines of a query's answer.
    pub(super) fn add(&mut self, query: &'static Query, lines: Vec<Line>) {
        if !lines.is_empty() {
            self.lines.entry(query.id).or_default().extend(lines);
        }
    }
    /// The queries that tell something and have data, with their lines, in the table's order.
    pub(super) fn of(&self, what: What) -> impl Iterator<Item = (&'static Query, &[Line])> {
        let queries = QUERIES.iter().filter(move |query| query.what == what);
        queries.filter_map(|query| Some((query, self.lines.get(query.id)?.as_slice())))
    }
    /// All lines of it.
    pub(super) fn lines(&self, what: What) -> impl Iterator<Item = &Line> {
        self.of(what).flat_map(|(_, lines)| lines)
    }
    /// Whether there is anything.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
    /// The clock of the lines that go from step to step.
    pub(super) fn clock(&self) -> Option<Clock> {
        let stepped = QUERIES.iter().filter(|query| !matches!(query.form, Form::Ever | Form::FirstTrue));
        let lines = stepped.filter_map(|query| self.lines.get(query.id)).flatten();
        Clock::of_samples(lines)
    }
}

/// What a query makes of series of its metric as they are scraped: those that its matchers let through, counters as
/// rates from sample to sample.
pub(super) fn of_raw(query: &Query, raw: &[Line]) -> Vec<Line> {
    let matching = raw.iter().filter(|line| matches(query, line));
    matching.map(|line| formed(query.form, line)).filter(|line| !line.samples.is_empty()).collect()
}

fn matches(query: &Query, line: &Line) -> bool {
    query.matchers.iter().all(|(label, operator, value)| {
        let found = line.labels.get(*label).map_or("", String::as_str);
        let is_like = || Regex::new(&format!("^(?:{value})$")).is_ok_and(|pattern| pattern.is_match(found));
        match *operator {
            "=" => found == *value,
            "!=" => found != *value,
            "=~" => is_like(),
            _ => !is_like(),
        }
    })
}

fn formed(form: Form, line: &Line) -> Line {
    let samples = match form {
        Form::Rate | Form::RateOfWorkloads => rates(&line.samples),
        Form::Gauge | Form::Sum | Form::Ever => line.samples.clone(),
        Form::FirstTrue => {
            line.samples.iter().find(|sample| sample.1 == 1.0).map(|sample| (sample.0, sample.0)).into_iter().collect()
        }
    };
    Line { labels: line.labels.clone(), samples }
}

/// Per second, from sample to sample; a counter that falls began again at 0. Over gaps nothing is known.
fn rates(samples: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let distances = samples.windows(2).map(|pair| pair[1].0 - pair[0].0);
    let usual = distances.fold(f64::INFINITY, f64::min);
    let near = samples.windows(2).filter(|pair| pair[1].0 - pair[0].0 <= LONGEST_GAP * usual);
    near.map(|pair| {
        let more = if pair[1].1 < pair[0].1 { pair[1].1 } else { pair[1].1 - pair[0].1 };
        (pair[1].0, more / (pair[1].0 - pair[0].0))
    })
    .collect()
}

/// In steps.
const LONGEST_GAP: f64 = 5.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_begin_again_are_no_negative_rates() {
        let samples = [(0.0, 100.0), (60.0, 160.0), (120.0, 30.0), (1200.0, 60.0), (1260.0, 120.0)];
        assert_eq!(rates(&samples), [(60.0, 1.0), (120.0, 0.5), (1260.0, 1.0)]);
    }

    #[test]
    fn raw_series_go_through_the_matchers_of_a_query() {
        let line = |container: &str| Line {
            labels: [("container".to_owned(), container.to_owned())].into(),
            samples: vec![(0.0, 0.0), (10.0, 5.0)],
        };
        let query = QUERIES.iter().find(|query| query.id == "cpu").expect("a query");
        let found = of_raw(query, &[line("app"), line(""), line("POD")]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].samples, [(10.0, 0.5)]);
    }
}

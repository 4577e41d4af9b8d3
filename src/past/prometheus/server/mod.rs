//! A Prometheus server: what is asked of it, in which order, and how much of it.

mod endpoint;
mod http;
mod pages;
mod trouble;

pub use endpoint::Server;

use super::answers::Answers;
use super::clock::Clock;
use super::matrix::{self, Line, Written};
use super::queries::{QUERIES, Query, Windows};
use super::{Options, files, nothing_known, windows};
use crate::scenario::issue::{Issue, Issues};
use http::Client;
use std::collections::BTreeSet;
use std::time::Duration;
use trouble::Trouble;

/// How long and how much. What ends a reading says which of them did.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Of one request, its answer included.
    pub request: Duration,
    /// Of the whole reading.
    pub whole: Duration,
    /// How often a request is tried again after 429, 502, 503, 504 or a broken connection.
    pub retries: u32,
    /// Before the first of them; it doubles each time.
    pub first_wait: Duration,
    /// Of one answer.
    pub bytes: u64,
    /// Of one query.
    pub series: usize,
    /// Of all queries.
    pub samples: usize,
    /// Instants of one request; Prometheus allows 11,000.
    pub points: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
            whole: Duration::from_secs(20 * 60),
            retries: 4,
            first_wait: Duration::from_secs(1),
            bytes: 64 << 20,
            series: 50_000,
            samples: 10_000_000,
            points: 11_000,
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Plan<'a> {
    windows: Windows,
    clock: Clock,
    options: &'a Options,
}

/// What has been read so far.
struct Reading {
    answers: Answers,
    saved: Vec<(&'static Query, Vec<Written>)>,
    samples: usize,
    /// Of the metrics that are there, those that had nothing.
    silent: BTreeSet<&'static str>,
}

/// Asks a server for everything that is known of.
pub(super) fn ask(server: &Server, options: &Options, issues: &mut Issues) -> Result<(Answers, Clock), Issues> {
    let (from_s, to_s) = span(options)?;
    let client = Client::new(server);
    issues_of_endpoint(server, issues);
    let names = names(&client, (from_s, to_s), issues)?;
    let scrape_s = scrape(&client, to_s, &options.matchers, issues)?;
    let span_s = u32::try_from(to_s - from_s).unwrap_or(u32::MAX);
    let windows = windows(span_s, options.step_s, scrape_s);
    let clock = Clock::of(from_s, to_s, windows.step_s);
    let mut reading = Reading { answers: Answers::default(), saved: Vec::new(), samples: 0, silent: BTreeSet::new() };
    for query in QUERIES.iter().filter(|query| names.as_ref().is_none_or(|names| names.contains(query.metric))) {
        reading.ask(&client, query, Plan { windows, clock, options }, issues)?;
    }
    tell_windows(windows, scrape_s, issues);
    tell_silent(&reading.silent, issues);
    if reading.answers.is_empty() {
        return Err(nothing(&client, names.as_ref(), (from_s, to_s)).into());
    }
    if let Some(folder) = &options.save {
        files::save(folder, &reading.saved, clock)?;
    }
    Ok((reading.answers, clock))
}

/// The span that is asked for, from before to.
fn span(options: &Options) -> Result<(i64, i64), Issue> {
    match options.span_s {
        Some((from, to)) if from < to => Ok((from, to)),
        Some(_) => Err(Issue::error("--start", "the end is not after the start")),
        None => Err(Issue::error("--range", "a server has to be asked for a span").with_help("write --range 7d")),
    }
}

fn issues_of_endpoint(server: &Server, issues: &mut Issues) {
    if server.tells_secret() {
        let message = format!("the token or password goes to {} unencrypted", server.shown());
        issues.push(Issue::warning("--prometheus", message).with_help("use https"));
    }
}

/// The names of the metrics that are there; none if the server does not say.
fn names(client: &Client<'_>, span: (i64, i64), issues: &mut Issues) -> Result<Option<BTreeSet<String>>, Issue> {
    #[derive(serde::Deserialize)]
    struct Names {
        #[serde(default)]
        data: Option<Vec<String>>,
    }
    let parameters = [("start", span.0.to_string()), ("end", span.1.to_string())];
    let said = match client.ask("label/__name__/values", &parameters) {
        Ok(text) => match serde_json::from_str::<Names>(&text) {
            Ok(names) => Ok(names.data.unwrap_or_default().into_iter().collect::<BTreeSet<String>>()),
            Err(_) => match answered(&text, "--prometheus", issues) {
                Err(issue) => return Err(issue),
                Ok(_) => Err("an answer that lists none".to_owned()),
            },
        },
        Err(Trouble::Fatal(issue)) => return Err(issue),
        Err(Trouble::TooMuch { why, .. } | Trouble::Refused(why)) => Err(why),
    };
    let names = said.map_err(|why| {
        let message = format!("{} does not list its metrics ({why}): all are asked for", client.server.shown());
        issues.push(Issue::note("Prometheus", message));
    });
    if let Ok(names) = &names {
        tell_similar(names, issues);
    }
    Ok(names.ok())
}

/// The series of an answer. Errors: it is none; its lines are in no file.
fn answered(text: &str, field: &str, issues: &mut Issues) -> Result<Vec<Written>, Issue> {
    matrix::written(text, field, issues).map_err(|mut issue| {
        issue.place.line = None;
        issue
    })
}

/// Metrics whose name is nearly one that is known.
fn tell_similar(names: &BTreeSet<String>, issues: &mut Issues) {
    let mut known: Vec<&str> = QUERIES.iter().map(|query| query.metric).collect();
    known.dedup();
    for metric in known.iter().filter(|metric| !names.contains(**metric)) {
        let similar = names.iter().filter(|name| name.len().abs_diff(metric.len()) <= 2);
        let similar = similar.into_iter().find(|name| strsim::damerau_levenshtein(metric, name) <= 2);
        if let Some(name) = similar.filter(|name| !known.contains(&name.as_str())) {
            let message = format!("there is no `{metric}`, but `{name}`, which is not read");
            let help = format!("if it is the same, record it as {metric}");
            issues.push(Issue::note("Prometheus", message).with_help(help));
        }
    }
}

/// How often targets are scraped, in seconds, as the last five minutes have it; none where `up` is not recorded.
fn scrape(client: &Client<'_>, at_s: i64, matchers: &[String], issues: &mut Issues) -> Result<Option<u32>, Issue> {
    let parameters = [("query", format!("up{{{}}}[5m]", matchers.join(","))), ("time", at_s.to_string())];
    let written = match client.ask("query", &parameters) {
        Ok(text) => answered(&text, "up", issues)?,
        Err(Trouble::Fatal(issue)) => return Err(issue),
        Err(Trouble::TooMuch { .. } | Trouble::Refused(_)) => return Ok(None),
    };
    let lines = matrix::lines(written, "up", &mut Issues::new());
    let mut distances: Vec<f64> =
        lines.iter().flat_map(|line| line.samples.windows(2).map(|pair| pair[1].0 - pair[0].0)).collect();
    distances.sort_by(f64::total_cmp);
    // Nine of ten targets are scraped as often.
    let usual = distances.get(distances.len() * 9 / 10);
    Ok(usual.map(|seconds| seconds.round().clamp(1.0, 3600.0) as u32))
}

impl Reading {
    /// One query of the table.
    ///
    /// Errors: what no other query would do better with.
    fn ask(
        &mut self,
        client: &Client<'_>,
        query: &'static Query,
        Plan { windows, clock, options }: Plan<'_>,
        issues: &mut Issues,
    ) -> Result<(), Issue> {
        let step_s = query.step_s(windows);
        // A window looks back: the first one ends a window after the start, the last one not before the end.
        let is_wide = step_s != windows.step_s;
        let start_s = clock.start_s + if is_wide { i64::from(step_s) } else { 0 };
        let span_s = clock.end_s() - clock.start_s;
        let wide_steps = span_s.div_euclid(i64::from(step_s)) + i64::from(span_s.rem_euclid(i64::from(step_s)) > 0);
        let steps = if is_wide { usize::try_from(wide_steps).unwrap_or(0).max(1) } else { clock.steps };
        let promql = query.promql(windows, &options.matchers);
        let course = pages::Course { id: query.id, promql: &promql, start_s, step_s, steps };
        let refused = |why: String, help: &str| {
            let message = format!("{} is left out: {why}", query.metric);
            Issue::warning(query.id, message).with_help(help)
        };
        let written = match pages::ask(client, &course, issues) {
            Ok(written) => written,
            Err(Trouble::Fatal(issue)) => return Err(issue),
            Err(Trouble::TooMuch { why, is_slow: true }) => {
                let message = format!("{}, asked for {}: {why}", client.server.shown(), query.metric);
                let help = "try a shorter --range, a larger --step, or one cluster: --matcher 'cluster=\"prod\"'";
                return Err(Issue::error("--prometheus", message).with_help(help));
            }
            Err(Trouble::TooMuch { why, .. }) => {
                issues.push(refused(why, "try a shorter --range or --matcher 'cluster=\"prod\"'"));
                return Ok(());
            }
            Err(Trouble::Refused(why)) => {
                issues.push(refused(why, "ask it by hand to see why"));
                return Ok(());
            }
        };
        self.keep(query, written, options.save.is_some(), issues);
        if self.samples > client.server.limits.samples {
            let message = format!("more than {} samples in all", client.server.limits.samples);
            let help = "try a shorter --range, a larger --step, or one cluster: --matcher 'cluster=\"prod\"'";
            return Err(Issue::error("--prometheus", message).with_help(help));
        }
        Ok(())
    }

    fn keep(&mut self, query: &'static Query, written: Vec<Written>, saves: bool, issues: &mut Issues) {
        if written.is_empty() {
            self.silent.insert(query.metric);
            return;
        }
        self.samples += written.iter().map(|one| one.values.len()).sum::<usize>();
        if saves {
            self.saved.push((query, written.clone()));
        }
        let lines: Vec<Line> = matrix::lines(written, query.id, issues);
        self.answers.add(query, lines);
    }
}

fn tell_windows(windows: Windows, scrape_s: Option<u32>, issues: &mut Issues) {
    let scraped = match scrape_s {
        Some(scrape_s) => format!("targets are scraped every {scrape_s} s"),
        None => "how often targets are scraped is not recorded (`up`), 30 s are assumed".to_owned(),
    };
    let message = format!("values every {} s, rates over {} s; {scraped}", windows.step_s, windows.rate_s);
    issues.push(Issue::note("Prometheus", message));
    if scrape_s.is_some_and(|scrape_s| windows.step_s < scrape_s) {
        let message = format!("the step of {} s is shorter than that: values repeat", windows.step_s);
        issues.push(Issue::warning("--step", message));
    }
}

/// Metrics that are listed and have nothing.
fn tell_silent(silent: &BTreeSet<&'static str>, issues: &mut Issues) {
    if !silent.is_empty() {
        let names: Vec<&str> = silent.iter().copied().collect();
        let message = format!("nothing in this span, or not with the labels that are read: {}", names.join(", "));
        issues.push(Issue::note("Prometheus", message));
    }
}

/// Why there is nothing at all.
fn nothing(client: &Client<'_>, names: Option<&BTreeSet<String>>, (from_s, to_s): (i64, i64)) -> Issue {
    let shown = client.server.shown();
    let mut issue = nothing_known("--prometheus");
    let span = format!("{} to {}", files::time(from_s), files::time(to_s));
    issue.message = match names.map(BTreeSet::len) {
        Some(0) => format!("{shown} recorded nothing from {span}"),
        Some(count) => format!("{shown} has {count} metrics from {span}, and none that is known has data"),
        None => format!("{shown} has none of the known metrics from {span}"),
    };
    issue
}

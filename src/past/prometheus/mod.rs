//! Prometheus in: from a server, or from answers in files, to a [`Past`].
//!
//! Deliberately not here: what the past means for a scenario, and any metric that is not in the table of `queries`.
//!
//! Start reading at [`read`], then `queries.rs` (what is asked) and `assemble/` (whose each line is).

mod answers;
mod assemble;
mod clock;
mod files;
mod matrix;
mod pod_names;
mod quantile;
mod queries;
#[cfg(feature = "cli")]
pub mod server;

use super::Past;
use crate::scenario::issue::{Issue, Issues};
use queries::{QUERIES, Windows};
use std::path::PathBuf;

/// Where answers come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Answers in a file, or in a folder with a file per query.
    Files(PathBuf),
    /// A server that is asked.
    #[cfg(feature = "cli")]
    Server(server::Server),
}

/// What is read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The span in seconds since 1970, from and to. A server needs it; of files all is read without it.
    pub span_s: Option<(i64, i64)>,
    /// From instant to instant, in seconds, above 0. Without it a server is asked at a step that suits the span, and files
    /// have their own.
    pub step_s: Option<u32>,
    /// Only workloads of these namespaces, and what is of none; all if empty.
    pub namespaces: Vec<String>,
    /// More matchers for every query (`cluster="prod"`); files have been asked already.
    pub matchers: Vec<String>,
    /// A folder that a server's answers are written to, so that they can be read again.
    pub save: Option<PathBuf>,
}

/// Reads a past; what was not recorded, left aside or told by a guess is added to `issues`.
///
/// Costs memory in proportion to the samples.
///
/// Errors: a source that cannot be read or has none of the known metrics, with what to do about it; nothing was written
/// then.
pub fn read(source: &Source, options: &Options, issues: &mut Issues) -> Result<Past, Issues> {
    let (answers, clock) = match source {
        Source::Files(path) => {
            let answers = files::read(path, issues)?;
            let clock = files::clock(path, &answers, options)?;
            (answers, clock)
        }
        #[cfg(feature = "cli")]
        Source::Server(server) => server::ask(server, options, issues)?,
    };
    Ok(assemble::past(&answers, clock, &options.namespaces, issues))
}

/// A query that is asked of a server by hand, so that [`read`] finds its answer in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its name.
    pub id: &'static str,
    /// The file of its answer, `ID.json`.
    pub file: String,
    /// In PromQL.
    pub promql: String,
    /// Seconds from instant to instant.
    pub step_s: u32,
    /// What it is for, in a few words.
    pub purpose: &'static str,
}

/// All queries of a span of `span_s` seconds: `/api/v1/query_range` of each with its step, the answer as it is in its file.
/// `step_s` is chosen as for a server if it is absent.
pub fn queries(span_s: u32, step_s: Option<u32>) -> Vec<Asked> {
    let windows = windows(span_s, step_s, None);
    let asked = QUERIES.iter().map(|query| Asked {
        id: query.id,
        file: format!("{}.json", query.id),
        promql: query.promql(windows, &[]),
        step_s: query.step_s(windows),
        purpose: query.purpose,
    });
    asked.collect()
}

/// Steps that people know, in seconds.
const STEPS_S: &[u32] = &[1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
/// A span is cut into at most so many steps where nobody says: a day at 30 s, a week at 5 min.
const USUAL_STEPS: u32 = 2880;
/// As exporters are mostly scraped.
const USUAL_SCRAPE_S: u32 = 30;
/// A rate over fewer scrapes misses some.
const SCRAPES_OF_A_RATE: u32 = 4;
/// What is asked once for a while, in seconds.
const WIDE_S: u32 = 6 * 3600;

/// What the variables of queries are for a span; a step is at least as long as a scrape.
fn windows(span_s: u32, step_s: Option<u32>, scrape_s: Option<u32>) -> Windows {
    let least = scrape_s.unwrap_or(15).max(span_s / USUAL_STEPS);
    let usual = STEPS_S.iter().copied().find(|step| *step >= least).unwrap_or(3600);
    let step_s = step_s.unwrap_or(usual).max(1);
    let rate_s = step_s.max(SCRAPES_OF_A_RATE * scrape_s.unwrap_or(USUAL_SCRAPE_S));
    Windows { step_s, rate_s, wide_s: WIDE_S.min(span_s.max(60)) }
}

/// Nothing to work with.
fn nothing_known(place: &str) -> Issue {
    let mut metrics: Vec<&str> = QUERIES.iter().map(|query| query.metric).collect();
    metrics.sort_unstable();
    metrics.dedup();
    let message = "none of the known metrics has data in this span";
    Issue::error(place, message).with_help(format!("known are {}", metrics.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_suit_the_span_and_the_scrapes() {
        let of = |span_s: u32, scrape_s: Option<u32>| {
            let windows = windows(span_s, None, scrape_s);
            (windows.step_s, windows.rate_s, windows.wide_s)
        };
        assert_eq!(of(7 * 86_400, Some(30)), (300, 300, 21_600));
        assert_eq!(of(86_400, Some(15)), (30, 60, 21_600));
        assert_eq!(of(3600, Some(60)), (60, 240, 3600));
        assert_eq!(of(600, Some(1)), (1, 4, 600));
    }
}

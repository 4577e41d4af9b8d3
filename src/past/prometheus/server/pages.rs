//! A query over a long span, page by page.

use super::http::Client;
use super::trouble::Trouble;
use crate::past::prometheus::matrix::Written;
use crate::scenario::issue::Issues;
use std::collections::BTreeMap;

/// A page of fewer instants is not cut any further.
const FEWEST_POINTS: usize = 8;
/// A server that is too slow is asked for less so often, over all pages of a query.
const MOST_SLOW: usize = 3;

/// What is asked: at `start_s + k * step_s` for `k` in `0..steps`.
pub(super) struct Course<'a> {
    pub(super) id: &'a str,
    pub(super) promql: &'a str,
    pub(super) start_s: i64,
    pub(super) step_s: u32,
    pub(super) steps: usize,
}

/// The series of a query, pages put together.
pub(super) fn ask(client: &Client<'_>, course: &Course<'_>, issues: &mut Issues) -> Result<Vec<Written>, Trouble> {
    let mut whole: BTreeMap<BTreeMap<String, String>, Written> = BTreeMap::new();
    let (mut points, mut at, mut slow) = (client.server.limits.points.max(1), 0, 0);
    let mut samples = 0;
    while at < course.steps {
        let to = (at + points).min(course.steps);
        match page(client, course, (at, to), issues) {
            Ok(series) => {
                for one in series {
                    samples += one.values.len();
                    match whole.get_mut(&one.metric) {
                        Some(known) => known.append(one),
                        None => drop(whole.insert(one.metric.clone(), one)),
                    }
                }
                let limits = &client.server.limits;
                if whole.len() > limits.series || samples > limits.samples {
                    let (series, samples) = (limits.series, limits.samples);
                    let why = format!("more than {series} series or {samples} samples");
                    return Err(Trouble::Refused(why));
                }
                at = to;
            }
            Err(Trouble::TooMuch { why, is_slow }) => {
                slow += usize::from(is_slow);
                if to - at <= FEWEST_POINTS || slow > MOST_SLOW {
                    return Err(Trouble::TooMuch { why, is_slow });
                }
                points = ((to - at) / 2).max(1);
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(whole.into_values().collect())
}

fn page(
    client: &Client<'_>,
    course: &Course<'_>,
    (from, to): (usize, usize),
    issues: &mut Issues,
) -> Result<Vec<Written>, Trouble> {
    let time = |index: usize| (course.start_s + index as i64 * i64::from(course.step_s)).to_string();
    let parameters = [
        ("query", course.promql.to_owned()),
        ("start", time(from)),
        ("end", time(to - 1)),
        ("step", course.step_s.to_string()),
    ];
    let text = client.ask("query_range", &parameters)?;
    super::answered(&text, course.id, issues).map_err(Trouble::Fatal)
}

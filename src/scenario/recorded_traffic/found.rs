//! Series as a file has them, before it is known which one is meant and what its numbers are.

use super::unit::Unit;

/// What a file holds.
pub(super) struct Found {
    /// What the file is, in words.
    pub(super) form: &'static str,
    /// All its series; of a table only those that were asked for.
    pub(super) series: Vec<Series>,
    /// Whether times are since 1970; else since the start.
    pub(super) is_calendar: bool,
}

/// One of its series.
#[derive(Default)]
pub(super) struct Series {
    /// As the file calls it.
    pub(super) name: String,
    /// What is written behind its numbers, if anything is.
    pub(super) unit: Option<Unit>,
    /// In the order of the file.
    pub(super) samples: Vec<Sample>,
}

/// A value at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Seconds.
    pub(super) at_s: f64,
    /// None where it is missing.
    pub(super) value: Option<f64>,
    /// Where it is, if files have lines.
    pub(super) line: Option<u32>,
}

/// Several series as one: the sum where they have a value at the same time. One alone stays as it is.
pub(super) fn added_up(mut several: Vec<Series>) -> Option<Series> {
    if several.len() < 2 {
        return several.pop();
    }
    let mut all = several.into_iter();
    let mut sum = all.next()?;
    for one in all {
        sum.name = format!("{} + {}", sum.name, one.name);
        sum.samples.extend(one.samples);
    }
    sum.samples.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    sum.samples.dedup_by(|later, kept| {
        let same = later.at_s == kept.at_s;
        if same {
            kept.value = match (kept.value, later.value) {
                (Some(a), Some(b)) => Some(a + b),
                (a, b) => a.or(b),
            };
        }
        same
    });
    Some(sum)
}

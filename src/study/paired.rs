//! Differences between two studies that met the same luck.

use super::errors::ALPHA;
use super::estimate::Estimate;
use serde::{Deserialize, Serialize};

/// `after` minus `before`, replication by replication: what both met alike (traffic, spot market, boots) cancels out.
///
/// Both have a value for each of the same replications, in the same order.
pub(super) fn difference(after: &[f64], before: &[f64]) -> Estimate {
    debug_assert_eq!(after.len(), before.len(), "the same replications");
    Estimate::of(after.iter().zip(before).map(|(after, before)| after - before))
}

/// Which way a figure gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Better {
    /// Less is better: cost, latency, errors.
    Lower,
    /// More is better: apdex.
    Higher,
    /// Neither: it explains others.
    Neither,
}

/// What a paired difference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PairVerdict {
    /// The interval of the difference lies on the good side of zero.
    Better,
    /// It lies on the bad side.
    Worse,
    /// It excludes zero, of a figure that is neither good nor bad.
    Changed,
    /// Every replication has the same value.
    Same,
    /// The interval holds zero, and no difference beyond [`MARGIN`] either way.
    NoDifferenceSeen,
    /// The interval is too wide to say anything.
    TooFewReplications,
}

/// A difference of less than this share of the base's mean is none that anybody would act on.
pub const MARGIN: f64 = 0.01;

/// One figure of two studies, replication by replication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pair {
    /// The base's mean over the replications that both have.
    pub base: f64,
    /// The other's.
    pub new: f64,
    /// New minus base, with its 95 % interval.
    pub difference: Estimate,
    /// The mean difference over the base's mean; absent where that is zero.
    pub relative: Option<f64>,
    /// What that says.
    pub verdict: PairVerdict,
    /// With about how many replications it could be told, where these are too few; absent where two do not say how far
    /// replications differ.
    pub replications_needed: Option<u32>,
}

impl Pair {
    /// From a figure's values by replication; those are left out that one of both has no value for. None where no
    /// replication has both.
    pub fn of(base: &[f64], new: &[f64], better: Better) -> Option<Pair> {
        let both = base.iter().zip(new).filter(|(base, new)| base.is_finite() && new.is_finite());
        let (before, after): (Vec<f64>, Vec<f64>) = both.unzip();
        if before.is_empty() {
            return None;
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (base, new) = (mean(&before), mean(&after));
        let difference = difference(&after, &before);
        let relative = (base != 0.0).then(|| difference.mean / base.abs());
        let verdict = verdict(&difference, base, better);
        let needed = (verdict == PairVerdict::TooFewReplications).then(|| needed(&difference, base)).flatten();
        Some(Pair { base, new, difference, relative, verdict, replications_needed: needed })
    }
}

fn verdict(difference: &Estimate, base: f64, better: Better) -> PairVerdict {
    if difference.values.iter().all(|value| *value == 0.0) {
        return PairVerdict::Same;
    }
    if difference.is_significant() {
        return match (better, difference.mean < 0.0) {
            (Better::Neither, _) => PairVerdict::Changed,
            (Better::Lower, true) | (Better::Higher, false) => PairVerdict::Better,
            _ => PairVerdict::Worse,
        };
    }
    let within = |[low, high]: [f64; 2]| low.abs().max(high.abs()) <= MARGIN * base.abs();
    if difference.interval.is_some_and(within) {
        PairVerdict::NoDifferenceSeen
    } else {
        PairVerdict::TooFewReplications
    }
}

/// With how many replications the interval would exclude zero or show that the difference is within the margin.
fn needed(difference: &Estimate, base: f64) -> Option<u32> {
    let mean = difference.mean.abs();
    difference.replications_for(f64::max(mean, MARGIN * base.abs() - mean), ALPHA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_met_cancels_out() {
        let before = [100.0, 900.0, 400.0];
        let after = [99.0, 898.9, 399.1];
        let difference = difference(&after, &before);
        assert!(difference.is_significant() && (difference.mean + 1.0).abs() < 1e-9, "{difference:?}");
        assert!(!Estimate::of(after).is_significant() || Estimate::of(after).half_width() > 100.0);
    }

    fn pair(base: &[f64], new: &[f64], better: Better) -> Pair {
        Pair::of(base, new, better).expect("values")
    }

    #[test]
    fn verdicts_go_by_the_interval_and_the_direction() {
        let (base, new) = ([100.0, 900.0, 400.0], [99.0, 898.9, 399.1]);
        assert_eq!(pair(&base, &new, Better::Lower).verdict, PairVerdict::Better);
        assert_eq!(pair(&base, &new, Better::Higher).verdict, PairVerdict::Worse);
        assert_eq!(pair(&base, &new, Better::Neither).verdict, PairVerdict::Changed);
        assert_eq!(pair(&base, &base, Better::Lower).verdict, PairVerdict::Same);
        let hardly = [100.01, 900.0, 399.99];
        assert_eq!(pair(&base, &hardly, Better::Lower).verdict, PairVerdict::NoDifferenceSeen);
        let widely = [150.0, 870.0, 420.0];
        let unclear = pair(&base, &widely, Better::Lower);
        assert_eq!(unclear.verdict, PairVerdict::TooFewReplications);
        assert!(unclear.replications_needed.is_some_and(|count| count > 3), "{unclear:?}");
        assert_eq!(pair(&[1.0], &[2.0], Better::Lower).verdict, PairVerdict::TooFewReplications);
    }

    #[test]
    fn as_many_replications_as_are_said_to_be_needed_are_enough() {
        let values =
            |count: usize| (0..count).map(|at| 10.0 + if at % 2 == 0 { 3.0 } else { -2.0 }).collect::<Vec<_>>();
        let few = pair(&[10.0; 6], &values(6), Better::Lower);
        let needed = few.replications_needed.expect("too few") as usize;
        let enough = pair(&vec![10.0; needed + 20], &values(needed + 20), Better::Lower);
        assert_eq!(enough.verdict, PairVerdict::Worse, "{needed}: {few:?}");
    }

    #[test]
    fn replications_without_a_value_are_left_out() {
        let pair = pair(&[1.0, f64::NAN, 3.0], &[2.0, 7.0, 4.0], Better::Lower);
        assert_eq!((pair.base, pair.new, pair.difference.mean), (2.0, 3.0, 1.0));
        assert!(Pair::of(&[f64::NAN], &[1.0], Better::Lower).is_none());
    }
}

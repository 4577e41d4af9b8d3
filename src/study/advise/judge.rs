//! What a setting must keep, and by how much it misses that.
//!
//! A promise must hold in the next period, not on average: its bound is that of a prediction (mean, spread over periods, and the
//! mean's own uncertainty). What is not promised must not get worse than it is now: the same periods are set side by side.

use super::outcome::Outcome;
use super::periods::{Part, Period};
use crate::study::interval::t_quantile;
use crate::study::kept::Promise;
use std::collections::BTreeSet;

/// Without any objective these may get worse by this share at most.
const MAY_GET_WORSE: f64 = 0.1;
/// Time in breach may grow by so much of the time, whatever it is now: an hour a month is 0.0014.
const BREACH_TOLERANCE: f64 = 0.001;
/// Waiting may grow by so many pod-hours a month.
const PENDING_TOLERANCE_H: f64 = 0.5;
/// No spread over periods is taken to be smaller, as a share: a handful of periods may look alike by chance.
const LEAST_SPREAD: f64 = 0.002;
/// Where nothing was measured a ratio is as good as this.
const LEAST_RATIO: f64 = 1e-6;

/// What a setting must keep.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    pub(super) bounds: Vec<Bound>,
    /// So many standard deviations below its limit a promise has to be.
    quantile: f64,
}

/// One thing to keep.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// `P95 of /api/v1/orders at most 200 ms`.
    pub(super) name: String,
    what: Kept,
    /// Of a promise, what was promised.
    limit: f64,
    /// The standard deviation of what is judged over periods, as the present setting shows it.
    spread: f64,
}

#[derive(Clone, Copy, Debug)]
enum Kept {
    /// The promise of this number: its value over this limit, with the margin.
    Promise(usize, f64),
    /// Time in breach, no more than now.
    Breach,
    /// Waiting, no more than now.
    Pending,
    /// P95 of the slowest route, no more than now and a tenth.
    Latency,
    /// Failed requests likewise.
    Errors,
}

/// How far a setting is from what it must keep.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judged {
    /// By bound: above 0 is broken; how much has no unit.
    pub(super) excess: Vec<f64>,
    /// Mean cost, USD per month.
    pub(super) usd: f64,
    /// The mean of what pods ask for, vCPUs.
    pub(super) vcpus: f64,
}

impl Judged {
    /// Everything is kept.
    pub(super) fn keeps(&self) -> bool {
        self.excess.iter().all(|excess| *excess <= 0.0)
    }
    /// By how much all together is broken; 0 where everything is kept.
    pub(super) fn broken(&self) -> f64 {
        self.excess.iter().map(|excess| excess.max(0.0)).sum()
    }
    /// The numbers of the bounds that are broken.
    pub(super) fn broken_bounds(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.excess.len()).filter(|at| self.excess[*at] > 0.0)
    }
    /// With what is known to come on top, by bound.
    pub(super) fn shifted(mut self, by: &[f64]) -> Judged {
        self.excess.iter_mut().zip(by).for_each(|(excess, more)| *excess += more);
        self
    }
    /// The bound that is broken most, or nearest to it.
    pub(super) fn worst(&self) -> Option<usize> {
        (0..self.excess.len()).max_by(|a, b| self.excess[*a].total_cmp(&self.excess[*b]))
    }
}

impl Judge {
    /// What a scenario promises, by the present setting's periods. `margin` (0..1) is left of each limit; `alpha` is the chance that a promise
    /// may be broken in the next period.
    pub(super) fn new(promises: &[(Promise, String)], as_is: &[Outcome], (margin, alpha): (f64, f64)) -> Judge {
        let promised = promises.iter().enumerate().map(|(at, (promise, name))| Bound {
            name: name.clone(),
            what: Kept::Promise(at, promise.limit * (1.0 - margin)),
            limit: promise.limit,
            spread: 0.0,
        });
        let other = |name: &str, what: Kept| Bound { name: name.to_owned(), what, limit: 0.0, spread: 0.0 };
        let mut bounds: Vec<Bound> = promised.collect();
        if bounds.is_empty() {
            bounds.push(other("P95 of the slowest route as it is now, and a tenth", Kept::Latency));
            bounds.push(other("failed requests as they are now, and a tenth", Kept::Errors));
        }
        bounds.push(other("no more time in breach than now", Kept::Breach));
        bounds.push(other("no more waiting for nodes than now", Kept::Pending));
        // Student's, for the spread is that of a handful of periods; two-sided at twice the chance.
        let quantile = t_quantile(as_is.len().max(2) - 1, 2.0 * alpha);
        let mut judge = Judge { bounds, quantile };
        for at in 0..judge.bounds.len() {
            if let Kept::Promise(..) = judge.bounds[at].what {
                let values: Vec<f64> = as_is.iter().map(|own| judge.bounds[at].measure(own, own)).collect();
                judge.bounds[at].spread = spread(&values).max(LEAST_SPREAD);
            }
        }
        judge
    }

    /// How a setting does in some periods, beside the present one in the same.
    pub(super) fn judge(&self, (own, as_is): (&[Outcome], &[Outcome]), periods: &[Period]) -> Judged {
        let count = own.len().max(1) as f64;
        let excess = |bound: &Bound| {
            let mean = own.iter().zip(as_is).map(|(own, now)| bound.measure(own, now)).sum::<f64>() / count;
            match bound.what {
                Kept::Promise(..) => {
                    let values: Vec<f64> = own.iter().zip(as_is).map(|(own, now)| bound.measure(own, now)).collect();
                    let spread = bound.spread.max(spread_by_part(&values, periods));
                    mean + self.quantile * spread * libm::sqrt(1.0 + 1.0 / count)
                }
                _ => mean,
            }
        };
        let mean = |of: &dyn Fn(&Outcome) -> f64| own.iter().map(of).sum::<f64>() / count;
        Judged {
            excess: self.bounds.iter().map(excess).collect(),
            usd: mean(&|own| own.usd),
            vcpus: mean(&|own| own.requested_vcpus),
        }
    }

    /// The same with promises that have to be kept by half as much again.
    pub(super) fn more_careful(&self) -> Judge {
        Judge { quantile: 1.5 * self.quantile, ..self.clone() }
    }

    /// Whether a single period keeps all promises, without any margin.
    pub(super) fn is_kept(&self, own: &Outcome) -> bool {
        self.broken_in(own).next().is_none()
    }

    /// The promises that a single period breaks, without any margin, by the numbers of their bounds.
    pub(super) fn broken_in<'a>(&'a self, own: &'a Outcome) -> impl Iterator<Item = usize> + 'a {
        let broken = |bound: &Bound| match bound.what {
            Kept::Promise(at, _) => own.promised[at] > bound.limit,
            _ => false,
        };
        (0..self.bounds.len()).filter(move |at| broken(&self.bounds[*at]))
    }

    /// What is optimised, in a sentence.
    pub(super) fn aim(&self) -> String {
        let names: Vec<&str> = self.bounds.iter().map(|bound| bound.name.as_str()).collect();
        format!("the least cost with {}", names.join("; "))
    }

    /// The chance that a setting that keeps only the share `poor` of the periods looks good in `count` of them: its logarithms are taken as
    /// normal, and the mean and the spread of a sample as independent (G. J. Hahn, W. Q. Meeker, "Statistical Intervals", 1991).
    pub(super) fn error_rate(&self, count: usize, poor: f64) -> f64 {
        let n = count.max(2) as f64;
        let factor = self.quantile * libm::sqrt(1.0 + 1.0 / n);
        let far = (factor - normal_quantile(poor)) / libm::sqrt(1.0 / n + factor * factor / (2.0 * (n - 1.0)));
        0.5 * libm::erfc(far / std::f64::consts::SQRT_2)
    }

    /// The names of what is broken.
    pub(super) fn broken(&self, judged: &Judged) -> Vec<String> {
        judged.broken_bounds().map(|at| self.bounds[at].name.clone()).collect()
    }
}

impl Bound {
    /// One period's excess: above 0 is broken.
    fn measure(&self, own: &Outcome, now: &Outcome) -> f64 {
        let log = |value: f64, limit: f64| {
            let ratio = if value.is_nan() { f64::INFINITY } else { value / limit.max(1e-12) };
            libm::log(ratio.clamp(LEAST_RATIO, 1.0 / LEAST_RATIO))
        };
        let more = |own: f64, now: f64, tolerance: f64| (own - now - tolerance) / (now + tolerance);
        match self.what {
            Kept::Promise(at, limit) => log(own.promised[at], limit),
            Kept::Breach => more(own.breach, now.breach, BREACH_TOLERANCE),
            Kept::Pending => more(own.pending_pod_hours, now.pending_pod_hours, PENDING_TOLERANCE_H),
            Kept::Latency => log(own.p95_s.unwrap_or(f64::NAN), now.p95_s.unwrap_or(1e9) * (1.0 + MAY_GET_WORSE)),
            Kept::Errors => more(own.failed, now.failed, MAY_GET_WORSE * now.failed + 1e-4),
        }
    }
}

/// The standard deviation of values within the parts of time that they are of; 0 where fewer than four say so, or three besides a mean.
fn spread_by_part(values: &[f64], periods: &[Period]) -> f64 {
    let (mut squares, mut freedom) = (0.0, 0);
    for part in periods.iter().map(|period| period.part).collect::<BTreeSet<Part>>() {
        let of_part = values.iter().zip(periods).filter(|(_, period)| period.part == part);
        let of_part: Vec<f64> = of_part.map(|(value, _)| *value).collect();
        let spread = spread(&of_part);
        squares += spread * spread * (of_part.len() - 1) as f64;
        freedom += of_part.len() - 1;
    }
    if freedom < 3 { 0.0 } else { libm::sqrt(squares / freedom as f64) }
}

/// The standard deviation of some values; 0 of fewer than two.
fn spread(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count.max(1.0);
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    if values.len() < 2 { 0.0 } else { libm::sqrt(squares / (count - 1.0)) }
}

/// The value that a standard normal one does not exceed with this chance.
fn normal_quantile(chance: f64) -> f64 {
    use statrs::distribution::{ContinuousCDF, Normal};
    Normal::new(0.0, 1.0).map_or(0.0, |law| law.inverse_cdf(chance))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(p95_s: f64, breach: f64) -> Outcome {
        Outcome {
            usd: 100.0,
            co2e_kg: None,
            promised: vec![p95_s],
            breach,
            pending_pod_hours: 0.0,
            longest_pending_s: 0.0,
            failed: 0.0,
            p95_s: Some(p95_s),
            sizes: Vec::new(),
            hottest: Vec::new(),
            requested_vcpus: 0.0,
        }
    }
    fn weeks(count: u32) -> Vec<Period> {
        (0..count).map(|number| Period { part: Part::Train, number }).collect()
    }
    fn judge(as_is: &[Outcome], margin: f64) -> Judge {
        use crate::study::kept::{Promise, What};
        let promise = Promise { what: What::Breach, limit: 0.2 };
        Judge::new(&[(promise, "P95".to_owned())], as_is, (margin, 0.05))
    }

    #[test]
    fn a_promise_must_hold_in_the_next_period() {
        let now = [outcome(0.19, 0.0), outcome(0.196, 0.0), outcome(0.184, 0.0)];
        let judged = judge(&now, 0.0).judge((&now, &now), &weeks(3));
        assert!(judged.excess[0] > 0.0, "the mean is kept, the next week may not be: {judged:?}");
        let well = [outcome(0.15, 0.0), outcome(0.152, 0.0), outcome(0.151, 0.0)];
        assert!(judge(&now, 0.0).judge((&well, &now), &weeks(3)).keeps());
        assert!(!judge(&now, 0.3).judge((&well, &now), &weeks(3)).keeps(), "with a margin it is not");
    }

    /// Two days that differ: their difference is no uncertainty, that of their luck is.
    #[test]
    fn days_may_differ() {
        let of = |value: f64, luck: f64| value * libm::exp(luck);
        let periods: Vec<Period> = [1, 2, 3]
            .into_iter()
            .flat_map(|number| [0, 1].map(|day| Period { part: Part::Day(day), number }))
            .collect();
        let values: Vec<f64> =
            [-0.02, 0.0, 0.02].into_iter().flat_map(|luck| [of(0.1, luck), of(0.2, luck)]).map(libm::log).collect();
        assert!((spread_by_part(&values, &periods) - 0.02).abs() < 1e-12);
        assert_eq!(spread_by_part(&values[..4], &periods[..4]), 0.0, "two values a day say too little");
    }

    #[test]
    fn what_nobody_promised_must_not_get_worse() {
        let now = [outcome(0.1, 0.02)];
        let judge = judge(&now, 0.0);
        let worse = judge.judge((&[outcome(0.1, 0.03)], &now), &weeks(1));
        assert_eq!(judge.broken(&worse), ["no more time in breach than now"]);
        assert!(judge.judge((&[outcome(0.1, 0.0205)], &now), &weeks(1)).keeps());
        assert!(judge.judge((&[outcome(0.1, 0.01)], &now), &weeks(1)).keeps());
    }

    #[test]
    fn without_objectives_latency_stays_near_what_it_is() {
        let now = [outcome(0.1, 0.0)];
        let judge = Judge::new(&[], &now, (0.0, 0.05));
        assert!(judge.judge((&[outcome(0.109, 0.0)], &now), &weeks(1)).keeps());
        assert!(!judge.judge((&[outcome(0.12, 0.0)], &now), &weeks(1)).keeps());
    }
}

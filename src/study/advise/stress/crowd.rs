//! The flash crowd that a scenario's own demand makes likely.

use super::hours::{demand, looks};
use crate::traffic::demand::FlashCrowd;
use crate::units::{SimDuration, SimTime};
use crate::world::Cast;

/// Within which a crowd comes.
const RISE: SimDuration = SimDuration::from_mins(5);
/// How long it stays. Assumed: traces differ.
const HOLD: SimDuration = SimDuration::from_mins(15);
/// Afterwards half as many come after each such time. Assumed.
const HALF_LIFE: SimDuration = SimDuration::from_mins(5);
/// A rise by less than this share of what was there before is no crowd.
const LEAST_RISE: f64 = 0.25;

/// How many more requests per second the steepest rise of the demand brings within five minutes; none where it never rises
/// by a quarter in so short a time, as in a daily curve.
///
/// Cost: a look at the demand for each minute.
pub(super) fn steepest(cast: &Cast, duration: SimDuration) -> Option<f64> {
    let rates: Vec<f64> = looks(SimTime::ZERO, duration).map(|at| demand(cast, at)).collect();
    let apart = (RISE.as_secs() / 60) as usize;
    let rises = rates.windows(apart + 1).map(|stretch| (stretch[apart] - stretch[0], stretch[0]));
    let (extra, before) = rises.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (extra > 0.0 && extra > LEAST_RISE * before).then_some(extra)
}

/// A crowd with so many more requests per second that comes at a time and stays for so long, or as long as crowds do.
pub(super) fn coming(at: SimTime, more: f64, stays: Option<SimDuration>) -> FlashCrowd {
    FlashCrowd { peak_rate: more, start: at, rise: RISE, hold: stays.unwrap_or(HOLD), half_life: HALF_LIFE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steepest_of(sets: &[&str]) -> Option<f64> {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let scenario = crate::scenario::embedded(&sets).expect("the reference scenario");
        steepest(&scenario.cast, scenario.duration)
    }

    #[test]
    fn a_daily_curve_has_none() {
        assert_eq!(steepest_of(&[]), None);
    }

    #[test]
    fn the_largest_crowd_of_the_demand_is_found() {
        let crowd = "traffic.patterns.+={flashCrowd: {at: 5h, peakRate: 200, rise: 2m, hold: 5m, halfLife: 1m}}";
        let found = steepest_of(&[crowd]).expect("a crowd");
        assert!((195.0..210.0).contains(&found), "{found}");
    }
}

//! When a stress comes: the busiest hour of a scenario, and the quietest.

use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, Load};

/// Between two looks at the demand.
const LOOK: SimDuration = SimDuration::from_mins(1);
const HOUR: SimDuration = SimDuration::from_hours(1);

/// The hours that stresses come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hours {
    pub(super) busiest: SimTime,
    pub(super) quietest: SimTime,
}

impl Hours {
    /// The hours, counted from the start, whose median demand is the highest and the lowest; the first of equal ones. Medians, so
    /// that a crowd of minutes makes no busy hour. A scenario shorter than an hour has one.
    ///
    /// Cost: a look at the demand for each minute.
    pub(super) fn of(cast: &Cast, duration: SimDuration) -> Self {
        let hours = (duration.as_nanos() / HOUR.as_nanos()).max(1);
        let (mut busiest, mut quietest) = ((f64::MIN, SimTime::ZERO), (f64::MAX, SimTime::ZERO));
        for hour in 0..hours {
            let from = SimTime::ZERO + HOUR * hour;
            let mut looks: Vec<f64> = looks(from, HOUR.min(duration)).map(|at| demand(cast, at)).collect();
            looks.sort_unstable_by(f64::total_cmp);
            let median = looks[looks.len() / 2];
            if median > busiest.0 {
                busiest = (median, from);
            }
            if median < quietest.0 {
                quietest = (median, from);
            }
        }
        Hours { busiest: busiest.1, quietest: quietest.1 }
    }
}

/// The minutes of a stretch; at least its beginning.
pub(super) fn looks(from: SimTime, span: SimDuration) -> impl Iterator<Item = SimTime> {
    (0..(span.as_nanos() / LOOK.as_nanos()).max(1)).map(move |minute| from + LOOK * minute)
}

/// How much is asked of the cluster: requests per second, or milli-cores where there is no traffic.
pub(super) fn demand(cast: &Cast, at: SimTime) -> f64 {
    match &cast.traffic {
        Some(traffic) => traffic.demand.rate_at(at),
        None => cast.workloads.values().map(|row| wanted(&row.load, at) as f64).sum(),
    }
}

fn wanted(load: &Load, at: SimTime) -> i64 {
    let Load::CpuDemand { demand_milli, .. } = load else { return 0 };
    demand_milli.iter().take_while(|(from, _)| *from <= at).last().map_or(0, |(_, milli)| *milli)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(sets: &[&str]) -> Hours {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let scenario = crate::scenario::embedded(&sets).expect("the reference scenario");
        Hours::of(&scenario.cast, scenario.duration)
    }

    #[test]
    fn the_reference_is_busiest_on_a_saturday_evening_and_quietest_on_a_morning() {
        let found = hours(&[]);
        let of_day = |at: SimTime| at.as_secs() / 3600 % 24;
        assert_eq!(found.busiest.as_secs() / 86_400, 5);
        assert!((19..=20).contains(&of_day(found.busiest)) && (7..=8).contains(&of_day(found.quietest)), "{found:?}");
    }

    #[test]
    fn a_crowd_of_minutes_makes_no_busy_hour() {
        let crowd = "traffic.patterns.+={flashCrowd: {at: 5h, peakRate: 2000, rise: 1m, hold: 5m, halfLife: 1m}}";
        assert_eq!(hours(&[crowd]), hours(&[]));
    }
}

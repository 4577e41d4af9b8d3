//! When a search looks: at single days first, then at the whole time of training, at last at time that it has not seen.

use crate::units::{SimDuration, SimTime};
use crate::world::Cast;
use serde::{Deserialize, Serialize};

const DAY: SimDuration = SimDuration::from_hours(24);
/// Of less time than this single days say no less than all of it.
const WORTH_DIVIDING: SimDuration = SimDuration::from_hours(3 * 24);

/// A part of the scenario's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// One of the days that steps are tried on.
    Day(usize),
    /// All that the search may look at.
    Train,
    /// What its answer is checked in.
    Fresh,
}

/// A replication of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Period {
    /// Of which part.
    pub part: Part,
    /// Which luck.
    pub number: u32,
}

/// From when until when each part is.
#[derive(Clone, Debug)]
pub(super) struct Times {
    days: Vec<(SimTime, SimTime)>,
    train: (SimTime, SimTime),
    fresh: (SimTime, SimTime),
}

impl Times {
    /// The busiest and the quietest day by demand, all up to `split`, and all from there on; without a split both are the whole.
    pub(super) fn of(cast: &Cast, duration: SimDuration, split: Option<SimTime>) -> Times {
        let end = SimTime::ZERO + duration;
        let train = (SimTime::ZERO, split.unwrap_or(end));
        let fresh = (split.unwrap_or(SimTime::ZERO), end);
        let whole = train.1.since(train.0);
        let count = whole.as_nanos() / DAY.as_nanos();
        let demand = cast.traffic.as_ref().map(|traffic| traffic.demand.clone());
        let Some(demand) = demand.filter(|_| whole >= WORTH_DIVIDING) else {
            return Times { days: Vec::new(), train, fresh };
        };
        let days = (0..count).map(|day| (SimTime::ZERO + DAY * day, SimTime::ZERO + DAY * (day + 1)));
        let mut days: Vec<(SimTime, SimTime)> = days.collect();
        days.sort_by(|a, b| demand.mean_rate(b.0, b.1).total_cmp(&demand.mean_rate(a.0, a.1)));
        let chosen = [days.first(), days.last()].into_iter().flatten().copied().collect();
        Times { days: chosen, train, fresh }
    }
    /// When a part is.
    pub(super) fn of_part(&self, part: Part) -> (SimTime, SimTime) {
        match part {
            Part::Day(at) => self.days.get(at).copied().unwrap_or(self.train),
            Part::Train => self.train,
            Part::Fresh => self.fresh,
        }
    }
    /// The periods in which steps are tried: each day with the luck of each of these replications.
    pub(super) fn look(&self, luck: &[u32]) -> Vec<Period> {
        let parts: Vec<Part> = match self.days.len() {
            0 => vec![Part::Train],
            count => (0..count).map(Part::Day).collect(),
        };
        luck.iter().flat_map(|number| parts.iter().map(|part| Period { part: *part, number: *number })).collect()
    }
}

/// These replications of a part.
pub(super) fn periods(part: Part, numbers: std::ops::Range<u32>) -> Vec<Period> {
    numbers.map(|number| Period { part, number }).collect()
}

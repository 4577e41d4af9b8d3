//! Counts over time: their present value, their integral, their extremes.

use crate::units::{SimDuration, SimTime};

/// A count that changes at instants and is summed over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountOverTime {
    value: i64,
    most: i64,
    /// Of the values that lasted.
    least: Option<i64>,
    since: SimTime,
    integral_nanos: i128,
}

impl CountOverTime {
    /// Changes the count by `by` at `now`.
    pub fn change(&mut self, now: SimTime, by: i64) {
        self.settle(now);
        self.value += by;
        self.most = self.most.max(self.value);
    }
    /// Sets the count at `now`.
    pub fn set(&mut self, now: SimTime, value: i64) {
        self.change(now, value - self.value);
    }
    /// The present count, with sums and extremes that begin at `now`.
    pub fn anew(&self, now: SimTime) -> CountOverTime {
        CountOverTime { value: self.value, most: self.value, since: now, ..CountOverTime::default() }
    }
    /// The present count.
    pub fn value(&self) -> i64 {
        self.value
    }
    /// The largest count so far.
    pub fn most(&self) -> i64 {
        self.most
    }
    /// The smallest count that lasted for any time up to now.
    pub fn least(&self) -> i64 {
        self.least.map_or(self.value, |least| least.min(self.value))
    }
    /// Count times time up to `now`, in nanoseconds.
    pub fn nanos(&self, now: SimTime) -> i128 {
        self.integral_nanos + i128::from(self.value) * i128::from((now - self.since).as_nanos())
    }
    /// Count times time up to `now`, in seconds, rounded down.
    pub fn seconds(&self, now: SimTime) -> i64 {
        (self.nanos(now) / 1_000_000_000) as i64
    }
    /// As [`seconds`](Self::seconds), in hours.
    pub fn hours(&self, now: SimTime) -> f64 {
        self.seconds(now) as f64 / 3600.0
    }
    /// The mean count over a run of length `span` that ends at `now`.
    pub fn mean(&self, now: SimTime, span: SimDuration) -> f64 {
        self.seconds(now) as f64 / span.as_secs_f64().max(1e-9)
    }

    fn settle(&mut self, now: SimTime) {
        if now > self.since {
            self.least = Some(self.least());
        }
        self.integral_nanos += i128::from(self.value) * i128::from((now - self.since).as_nanos());
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_summed_over_time() {
        let mut count = CountOverTime::default();
        count.change(SimTime::from_secs(10), 2);
        count.change(SimTime::from_secs(20), 1);
        count.change(SimTime::from_secs(30), -3);
        assert_eq!(count.seconds(SimTime::from_secs(100)), 20 + 30);
        assert_eq!((count.value(), count.most()), (0, 3));
    }

    #[test]
    fn a_count_that_starts_anew_keeps_its_value_alone() {
        let mut count = CountOverTime::default();
        count.change(SimTime::from_secs(-100), 5);
        count.change(SimTime::from_secs(-50), -3);
        let count = count.anew(SimTime::ZERO);
        assert_eq!((count.value(), count.most(), count.least()), (2, 2, 2));
        assert_eq!(count.seconds(SimTime::from_secs(10)), 20);
    }

    #[test]
    fn the_least_is_of_what_lasted() {
        let mut count = CountOverTime::default();
        count.change(SimTime::ZERO, 2);
        assert_eq!(count.least(), 2, "there was nothing for no time");
        count.change(SimTime::from_secs(10), -1);
        count.change(SimTime::from_secs(10), 3);
        count.change(SimTime::from_secs(20), 5);
        assert_eq!(count.least(), 2);
    }
}

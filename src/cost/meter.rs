//! One item's meter: its level over time, and what is counted beside.

use super::calendar::{Calendar, HOUR};
use super::hourly::Hourly;
use crate::units::{SimDuration, SimTime};
use std::collections::BTreeMap;

/// Millionths of a unit: a node is 1,000,000 of them.
pub const MICRO: i64 = 1_000_000;

/// Reads how much of an item there is.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    /// Millionths of a unit.
    level: i128,
    since: SimTime,
    /// The hour that is being counted.
    hour: u32,
    in_hour: i128,
    past: Hourly,
    /// What of an hour's quantity is not paid: a reclaimed spot instance's. By hour.
    free: BTreeMap<u32, i128>,
}

impl Meter {
    pub(super) fn new(start: SimTime) -> Self {
        Meter { level: 0, since: start, hour: 0, in_hour: 0, past: Hourly::default(), free: BTreeMap::new() }
    }
    pub(super) fn level(&self) -> i64 {
        i64::try_from(self.level).unwrap_or(i64::MAX)
    }
    /// Counts what there was until `now`. Cost: O(1), however many hours have passed.
    fn settle(&mut self, calendar: &Calendar, now: SimTime) {
        let hour = calendar.hour_of(now);
        if hour > self.hour {
            let end = calendar.hour_start(self.hour + 1);
            self.count(end);
            self.past.push(1, std::mem::take(&mut self.in_hour));
            let whole = hour - self.hour - 1;
            self.past.push(whole, self.level * i128::from(HOUR.as_nanos()));
            self.hour = hour;
            self.since = calendar.hour_start(hour);
        }
        self.count(now);
    }
    fn count(&mut self, until: SimTime) {
        if until > self.since {
            self.in_hour += self.level * i128::from((until - self.since).as_nanos());
            self.since = until;
        }
    }
    /// From now on there is so much more, or less.
    pub(super) fn add_level(&mut self, calendar: &Calendar, now: SimTime, change: i64) {
        self.set_level(calendar, now, self.level + i128::from(change));
    }
    /// From now on there is so much.
    pub(super) fn set_level(&mut self, calendar: &Calendar, now: SimTime, level: i128) {
        self.settle(calendar, now);
        self.level = level;
    }
    /// So much was used now.
    pub(super) fn add(&mut self, calendar: &Calendar, now: SimTime, quantity: i128) {
        self.settle(calendar, now);
        self.in_hour += quantity;
    }
    /// One unit from `from` until `until`, counted already, is not paid; with `tail` that was counted after its end.
    pub(super) fn set_free(&mut self, calendar: &Calendar, from: SimTime, until: SimTime, tail: SimDuration) {
        let mut at = from;
        while at < until {
            let hour = calendar.hour_of(at);
            let end = calendar.hour_start(hour + 1).min(until);
            *self.free.entry(hour).or_default() += i128::from(MICRO) * i128::from((end - at).as_nanos());
            at = end;
        }
        *self.free.entry(calendar.hour_of(until)).or_default() += i128::from(MICRO) * i128::from(tail.as_nanos());
    }
    /// The hours until `now`: what is paid, and what is not.
    pub(super) fn close(mut self, calendar: &Calendar, now: SimTime) -> (Hourly, Hourly) {
        self.settle(calendar, now);
        // What ends with the simulated time may be billed beyond it: that belongs to its last hour.
        let ends_on_the_hour = calendar.hour_start(self.hour) >= now;
        match self.in_hour {
            0 => {}
            more if ends_on_the_hour && self.past.add_to_last(more) => {}
            more => self.past.push(1, more),
        }
        let last = self.past.len().saturating_sub(1);
        if self.free.is_empty() {
            return (self.past, Hourly::default());
        }
        let mut free = Hourly::default();
        for (hour, quantity) in &self.free {
            let hour = (*hour).min(last);
            if hour < free.len() {
                free.add_to_last(*quantity);
                continue;
            }
            free.push(hour - free.len(), 0);
            free.push(1, *quantity);
        }
        (self.past.zip_with(&free, |all, free| all - free), free)
    }
}

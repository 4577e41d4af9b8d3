//! What of a resource commitments can cover at every moment.
//!
//! Amazon's commitments are applied to what an hour comes to; Google's resource-based ones cover vCPUs or memory up to
//! their size at every moment: 16 vCPUs for half an hour use 8 committed ones for half an hour.

use super::resource::Resource;
use super::terms::{Commitment, Usage};
use crate::cost::calendar::Calendar;
use crate::cost::hourly::Hourly;
use crate::cost::ids::ItemId;
use crate::cost::meter::{MICRO, Meter};
use crate::units::SimTime;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// The resources that are committed to, each with its commitments.
fn resources(commitments: &[Commitment]) -> Vec<(Resource, Vec<&Commitment>)> {
    let mut known: Vec<(Resource, Vec<&Commitment>)> = Vec::new();
    for commitment in commitments {
        let Some((resource, _)) = Resource::of_terms(&commitment.terms) else { continue };
        match known.iter_mut().find(|(other, _)| *other == resource) {
            Some((_, same)) => same.push(commitment),
            None => known.push((resource, vec![commitment])),
        }
    }
    known
}

/// The resource that each commitment is of, as a number; none where it is of none.
pub(super) fn resource_numbers(commitments: &[Commitment]) -> Vec<Option<usize>> {
    let known = resources(commitments);
    let number = |commitment: &Commitment| {
        let (resource, _) = Resource::of_terms(&commitment.terms)?;
        known.iter().position(|(other, _)| *other == resource)
    };
    commitments.iter().map(number).collect()
}

/// How much of a resource there is, up to what is committed to.
#[derive(Clone, Debug)]
struct Moments {
    /// Thousandths of a vCPU or bytes, in millionths.
    level: i128,
    most: i128,
    /// How much is committed to from when on, until the next.
    terms: Vec<(SimTime, i128)>,
    meter: Meter,
}

impl Moments {
    fn go_on(&mut self, calendar: &Calendar, now: SimTime) {
        while let Some((at, most)) = self.terms.first().copied().filter(|(at, _)| *at <= now) {
            self.terms.remove(0);
            self.most = most;
            self.meter.set_level(calendar, at, self.level.min(most));
        }
    }
    fn add_level(&mut self, calendar: &Calendar, now: SimTime, change: i128) {
        self.go_on(calendar, now);
        self.level += change;
        self.meter.set_level(calendar, now, self.level.min(self.most));
    }
    /// Something was used beside what there is now, as far as there is room for it.
    fn add(&mut self, calendar: &Calendar, now: SimTime, level: i128, nanos: i64) {
        self.go_on(calendar, now);
        let room = (self.most - self.level).clamp(0, level);
        self.meter.add(calendar, now, room * i128::from(nanos));
    }
}

/// All resources that are committed to. Cost: nothing where there is none, else O(1) a change.
#[derive(Clone, Debug, Default)]
pub struct AtEveryMoment {
    resources: Vec<Moments>,
    /// Which resources an item has, and how much of each in a unit.
    members: BTreeMap<ItemId, SmallVec<[(usize, i64); 2]>>,
}

impl AtEveryMoment {
    /// Of these commitments and of what they may cover; nothing is there yet.
    pub fn new(commitments: &[Commitment], usages: &[(ItemId, Usage)], calendar: &Calendar) -> Self {
        let known = resources(commitments);
        let mut members: BTreeMap<ItemId, SmallVec<[(usize, i64); 2]>> = BTreeMap::new();
        for (item, usage) in usages {
            let Some((resource, size)) = Resource::of_usage(usage) else { continue };
            if let Some(at) = known.iter().position(|(other, _)| *other == resource) {
                members.entry(*item).or_default().push((at, size));
            }
        }
        let moments = |(_, same): (Resource, Vec<&Commitment>)| Moments {
            level: 0,
            most: 0,
            terms: terms(&same, calendar),
            meter: Meter::new(SimTime::ZERO),
        };
        AtEveryMoment { resources: known.into_iter().map(moments).collect(), members }
    }
    /// From now on there is so much more of an item, or less, in millionths of a unit.
    pub fn add_level(&mut self, calendar: &Calendar, now: SimTime, item: ItemId, change: i64) {
        for (resource, size) in self.members.get(&item).into_iter().flatten() {
            self.resources[*resource].add_level(calendar, now, i128::from(change) * i128::from(*size));
        }
    }
    /// A unit of an item is counted for so many nanoseconds more.
    pub(in crate::cost) fn add_tail(&mut self, calendar: &Calendar, now: SimTime, item: ItemId, nanos: i64) {
        for (resource, size) in self.members.get(&item).into_iter().flatten() {
            self.resources[*resource].add(calendar, now, i128::from(MICRO) * i128::from(*size), nanos);
        }
    }
    /// By resource and hour: what can be covered, in its measure times [`UNIT_HOUR`](super::UNIT_HOUR).
    pub fn close(self, calendar: &Calendar, now: SimTime) -> Vec<Hourly> {
        let hours = |mut moments: Moments| {
            moments.go_on(calendar, now);
            moments.meter.close(calendar, now).0
        };
        self.resources.into_iter().map(hours).collect()
    }
}

/// How much is committed to in all, whenever that changes.
fn terms(commitments: &[&Commitment], calendar: &Calendar) -> Vec<(SimTime, i128)> {
    let ends = |commitment: &&Commitment| {
        let begins = commitment.fee.begins;
        [begins, begins.saturating_add(commitment.fee.hours)].map(|hour| hour.clamp(0, i64::from(u32::MAX) >> 8) as u32)
    };
    let mut hours: Vec<u32> = commitments.iter().flat_map(ends).chain([0]).collect();
    hours.sort_unstable();
    hours.dedup();
    let most = |hour: u32| {
        let held = commitments.iter().filter(|commitment| commitment.fee.covers(i64::from(hour)));
        held.filter_map(|commitment| Resource::of_terms(&commitment.terms))
            .map(|(_, size)| i128::from(size) * i128::from(MICRO))
            .sum()
    };
    hours.into_iter().map(|hour| (calendar.hour_start(hour), most(hour))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Arrangement, Fee, Hour, HourCover, Sku, Terms, UNIT_HOUR};
    use super::*;
    use crate::id::Id;
    use crate::units::{Money, PricePerHour, SimDuration};

    const VCPU: i128 = 1000 * UNIT_HOUR;

    fn eight_cores(begins: i64, hours: i64) -> Commitment {
        Commitment {
            name: "c".into(),
            account: 0,
            terms: Terms::GoogleCores { series: "n2".into(), region: "us-central1".into(), milli: 8000 },
            fee: Fee { upfront: Money::ZERO, hourly: Money::from_nano_usd(8), begins, hours },
        }
    }

    fn machine(cores: i64, is_spot: bool) -> Usage {
        Usage {
            sku: Sku::GceCores { series: "n2".into(), milli: cores * 1000 },
            region: "us-central1".into(),
            zone: None,
            account: 0,
            is_spot,
            on_demand: PricePerHour::from_usd(0.1),
        }
    }

    fn minute(minutes: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(60 * minutes)
    }

    #[test]
    fn more_for_a_shorter_time_is_not_covered_by_less_for_the_hour() {
        let calendar = Calendar::default();
        let commitments = [eight_cores(0, 8760)];
        let usages: Vec<(ItemId, Usage)> = [(4, false), (4, true)]
            .into_iter()
            .enumerate()
            .map(|(at, of)| (Id::from_index(at), machine(of.0, of.1)))
            .collect();
        let mut moments = AtEveryMoment::new(&commitments, &usages, &calendar);
        // Four machines of 4 vCPUs for half an hour, then one; spot does not count.
        moments.add_level(&calendar, minute(0), usages[0].0, 4_000_000);
        moments.add_level(&calendar, minute(0), usages[1].0, 4_000_000);
        moments.add_level(&calendar, minute(30), usages[0].0, -3_000_000);
        let most = moments.close(&calendar, minute(60));
        assert_eq!(most.iter().map(Hourly::sum).collect::<Vec<_>>(), [6 * VCPU]);
        let only: Vec<Usage> = usages.into_iter().map(|(_, usage)| usage).collect();
        let mut cover = HourCover { moments: vec![6 * VCPU], ..HourCover::default() };
        let mut left = [UNIT_HOUR * 5 / 2, UNIT_HOUR];
        Arrangement::new(&only, &commitments).cover(Hour::whole(0), &mut left, &mut cover);
        assert_eq!(left, [UNIT_HOUR, UNIT_HOUR], "10 vCPU-hours, of which 6 are covered");
        assert_eq!((cover.held[0].used, cover.held[0].capacity), (6 * VCPU, 8 * VCPU));
    }

    #[test]
    fn a_term_that_begins_later_counts_from_then_on() {
        let calendar = Calendar::default();
        let commitments = [eight_cores(0, 2), eight_cores(1, 8760)];
        let usages = [(Id::from_index(0), machine(4, false))];
        let mut moments = AtEveryMoment::new(&commitments, &usages, &calendar);
        moments.add_level(&calendar, minute(30), usages[0].0, 10_000_000);
        let most = moments.close(&calendar, minute(240));
        let by_hour: Vec<i128> = most[0].iter().map(|quantity| quantity / VCPU).collect();
        assert_eq!(by_hour, [4, 16, 8, 8]);
    }
}

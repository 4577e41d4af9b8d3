//! The places of a workload's pods: who is who in another run.
//!
//! Runs of other settings create other numbers of pods. What has happened to a pod so far therefore says nothing about its
//! like in another run: its place among those that are there does, and about when it came.

use crate::rng::mix;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The places of a workload. The least free one is taken first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    free: BinaryHeap<Reverse<u32>>,
    /// By place: the spell of the last birth, and how many there were in it before that.
    births: Vec<(u64, u32)>,
}

/// A place that a pod has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its number in the workload.
    pub(crate) slot: u32,
    spell: u64,
    nth: u32,
}

impl Place {
    /// A number that no other pod of the workload has.
    pub(crate) fn number(self) -> u64 {
        mix(self.spell ^ mix(u64::from(self.slot) << 32 | u64::from(self.nth)))
    }
}

impl Slots {
    /// The least free place, for a pod that is born in this spell. Cost: logarithmic.
    pub(crate) fn take(&mut self, spell: u64) -> Place {
        let slot = self.free.pop().map_or(self.births.len() as u32, |Reverse(slot)| slot);
        match self.births.get_mut(slot as usize) {
            Some((last, nth)) if *last == spell => *nth += 1,
            Some(birth) => *birth = (spell, 0),
            None => self.births.push((spell, 0)),
        }
        Place { slot, spell, nth: self.births[slot as usize].1 }
    }
    /// A pod has left its place.
    pub(crate) fn leave(&mut self, slot: u32) {
        debug_assert!(self.free.iter().all(|Reverse(free)| *free != slot), "left once");
        self.free.push(Reverse(slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_free_place_is_taken_whatever_happened_before() {
        let mut slots = Slots::default();
        let taken: Vec<u32> = (0..4).map(|_| slots.take(7).slot).collect();
        assert_eq!(taken, [0, 1, 2, 3]);
        slots.leave(2);
        slots.leave(0);
        assert_eq!([slots.take(8).slot, slots.take(8).slot, slots.take(8).slot], [0, 2, 4]);
        // Another history, the same places: the same numbers.
        let mut other = Slots::default();
        other.take(3);
        other.leave(0);
        other.take(5);
        slots.leave(0);
        other.leave(0);
        assert_eq!(slots.take(9).number(), other.take(9).number());
    }

    #[test]
    fn pods_that_follow_each_other_quickly_are_not_the_same() {
        let mut slots = Slots::default();
        let mut numbers: Vec<u64> = (0..100)
            .map(|_| {
                let place = slots.take(7);
                slots.leave(place.slot);
                place.number()
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 100);
    }
}

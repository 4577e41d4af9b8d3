//! Which points a file of a study has.

use super::model::{ShardOf, StudyHead};

/// The points of a shard, or all of them, by their places in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    first: u64,
    every: u64,
    points: u64,
}

impl Part {
    pub(super) fn of(head: &StudyHead) -> Part {
        let ShardOf { index, count } = head.shard.unwrap_or(ShardOf { index: 1, count: 1 });
        Part { first: u64::from(index.max(1)) - 1, every: u64::from(count.max(1)), points: head.points }
    }
    /// How many points.
    pub(super) fn len(self) -> u64 {
        self.points.saturating_sub(self.first).div_ceil(self.every)
    }
    /// The point at a place.
    pub(super) fn point(self, place: u64) -> u64 {
        self.first + place * self.every
    }
    /// Where a point is, if it is one of them.
    pub(super) fn place(self, point: u64) -> Option<u64> {
        let is_own = point < self.points && point % self.every == self.first;
        is_own.then(|| point / self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_point_is_in_one_shard(points in 0_u64..60, count in 1_u64..9) {
            let parts: Vec<Part> = (0..count).map(|first| Part { first, every: count, points }).collect();
            prop_assert_eq!(parts.iter().map(|part| part.len()).sum::<u64>(), points);
            for point in 0..points {
                let places: Vec<(Part, u64)> =
                    parts.iter().filter_map(|part| Some((*part, part.place(point)?))).collect();
                prop_assert_eq!(places.len(), 1);
                prop_assert!(places[0].0.point(places[0].1) == point && places[0].1 < places[0].0.len());
            }
            prop_assert!(parts.iter().all(|part| part.place(points).is_none()));
        }
    }
}

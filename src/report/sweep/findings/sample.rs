//! Some of the points, whichever order they come in.

use super::kept::KeptPoint;
use crate::rng::mix;
use std::collections::BTreeMap;

/// As many points besides the front are drawn.
pub(super) const MOST: usize = 1_000;

/// The points whose numbers come first in a fixed shuffle. Every so manieth would always have the same value of the last
/// axis.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    points: BTreeMap<u64, KeptPoint>,
}

impl Sample {
    pub(super) fn offer(&mut self, point: &KeptPoint) {
        let place = mix(point.point);
        let is_full = self.points.len() >= MOST;
        if is_full && self.points.last_key_value().is_some_and(|(last, _)| *last < place) {
            return;
        }
        self.points.insert(place, point.clone());
        if self.points.len() > MOST {
            self.points.pop_last();
        }
    }

    /// By number.
    pub(super) fn finish(self) -> Vec<KeptPoint> {
        let mut points: Vec<KeptPoint> = self.points.into_values().collect();
        points.sort_unstable_by_key(|point| point.point);
        points
    }
}

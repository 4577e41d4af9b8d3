//! A point of the search: a level for each knob, and what that sets.

use super::knob::Knob;
use crate::scenario::Setting;
use serde::{Deserialize, Serialize};

/// A level of each knob, in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Point(Vec<u16>);

impl Point {
    /// As everything is now.
    pub(super) fn as_is(knobs: &[Knob]) -> Point {
        Point(knobs.iter().map(|knob| knob.current as u16).collect())
    }
    /// The level of knob number `at`.
    pub(super) fn level(&self, at: usize) -> usize {
        usize::from(self.0[at])
    }
    /// With another level of knob number `at`.
    pub(super) fn with(&self, at: usize, level: usize) -> Point {
        let mut levels = self.0.clone();
        levels[at] = level as u16;
        Point(levels)
    }
    /// The knobs at which two points differ.
    pub(super) fn differences(&self, other: &Point) -> Vec<usize> {
        (0..self.0.len()).filter(|at| self.0[*at] != other.0[*at]).collect()
    }
    /// What is set: knobs that stand as they do now set nothing.
    pub(super) fn settings(&self, knobs: &[Knob]) -> Vec<Setting> {
        let moved = knobs.iter().zip(&self.0).filter(|(knob, level)| knob.current != usize::from(**level));
        moved.flat_map(|(knob, level)| knob.settings(usize::from(*level))).collect()
    }
}

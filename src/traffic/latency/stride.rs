//! How far a chain is walked at a time where what is fast has settled and what is slow has not.
//!
//! In a flood the queue fills in a moment, and those beyond patience come to their share in seconds: the first sets how short a step must
//! be, the second how many there are (a stiff system: Hairer and Wanner, "Solving Ordinary Differential Equations II", 1996).

use super::level_masses::LevelMasses;

/// So much work, in states times steps, is done as finely as the fastest asks for.
const MUCH: f64 = 60_000.0;
/// What changes slowly has changed by less than this after a whole stretch, all probabilities together.
const SLOWLY: f64 = 0.01;
/// Implicit steps in a longer stretch: the error of each is half the square of what it changes.
pub(super) const STEPS: f64 = 16.0;

/// How long the next stretch is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stride {
    done: f64,
    longer: f64,
}

impl Stride {
    pub(super) fn new() -> Stride {
        Stride { done: 0.0, longer: 1.0 }
    }

    /// How much longer it is than one that the fastest would ask for.
    pub(super) fn longer(self) -> f64 {
        self.longer
    }

    /// After a stretch of so many steps: where that changed little, the next is twice as long.
    pub(super) fn walked(&mut self, steps: f64, before: &LevelMasses, after: &LevelMasses) {
        self.done += steps * after.values.len() as f64;
        if self.done >= MUCH {
            self.longer =
                if before.differs_by(after) < SLOWLY { 2.0 * self.longer } else { (self.longer / 2.0).max(1.0) };
        }
    }
}

//! Where samples are missing.

use crate::units::{SimDuration, SimTime};

/// The distances of samples that are longer than they should be.
pub(crate) struct Gaps {
    /// How far samples are apart.
    pub(crate) step: SimDuration,
    /// The places of the samples before which something is missing, and how far they are from those before.
    pub(crate) found: Vec<(usize, SimDuration)>,
}

impl Gaps {
    /// In times that rise: distances above one and a half of `step`.
    pub(crate) fn of(times: &[SimTime], step: SimDuration) -> Self {
        let most = SimDuration::from_nanos(step.as_nanos() + step.as_nanos() / 2);
        let apart = times.windows(2).map(|pair| pair[1] - pair[0]).zip(1..);
        Gaps { step, found: apart.filter(|(apart, _)| *apart > most).map(|(apart, at)| (at, apart)).collect() }
    }
    /// The longest; nothing where there are none.
    pub(crate) fn longest(&self) -> Option<SimDuration> {
        self.found.iter().map(|(_, apart)| *apart).max()
    }
}

/// The median distance of times in order, the lower one of two: what is missing makes distances longer.
pub(crate) fn usual_step(times: &[SimTime]) -> Option<SimDuration> {
    let mut steps: Vec<SimDuration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    steps.get(steps.len().saturating_sub(1) / 2).copied().filter(|step| !step.is_zero())
}

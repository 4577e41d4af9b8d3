//! How long things take.

use crate::rng::Stream;
use crate::units::SimDuration;

/// How long something takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Delay {
    /// Always the same.
    Fixed(SimDuration),
    /// One after the other, from the start again (recordings).
    Cycle(Vec<SimDuration>),
    /// Lognormal around a median; `sigma` is that of the logarithm.
    Lognormal {
        /// Half of all draws are below.
        median: SimDuration,
        /// Spread of the logarithm; 0 is no spread.
        sigma: f64,
        /// No draw is below.
        least: SimDuration,
    },
}

impl Delay {
    /// No time.
    pub const NONE: Delay = Delay::Fixed(SimDuration::ZERO);

    /// The `turn`-th delay. Never negative.
    pub fn draw(&self, turn: usize, stream: &mut Stream) -> SimDuration {
        match self {
            Delay::Fixed(span) => *span,
            Delay::Cycle(spans) => spans.get(turn % spans.len().max(1)).copied().unwrap_or_default(),
            Delay::Lognormal { median, sigma, least } => {
                SimDuration::from_secs_f64(stream.lognormal(median.as_secs_f64(), *sigma)).max(*least)
            }
        }
    }
}

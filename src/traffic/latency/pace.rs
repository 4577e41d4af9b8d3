//! What moves a chain, and the rates between its states.

/// From waits beyond patience it goes back at least at this part of the servers' pace.
pub(super) const LEAST_PACE_BEYOND: f64 = 0.05;
/// The logarithm of how much denser one state is than the next, at most: what is beyond makes no difference.
const MOST_GROWTH: f64 = 500.0;

/// What moves a chain; rates are per second and of one queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Requests that arrive.
    pub(super) arrivals: f64,
    /// Requests that all servers together can do.
    pub(super) capacity: f64,
    /// How often all servers become busy while they are not, over how often they end a request when they are.
    pub(super) entry: f64,
    /// Places to wait, in requests; may be infinite.
    pub(super) places: f64,
    /// The longest wait that is taken, in requests ahead; may be infinite.
    pub(super) patience: f64,
}

/// What moves a chain between its states, per second.
pub(super) struct Rates {
    pub(super) birth: f64,
    pub(super) death: f64,
    /// Into the first state.
    pub(super) entry: f64,
    /// The factor on the rate into the waits beyond patience.
    pub(super) last: f64,
    /// The way back from there.
    pub(super) beyond: f64,
}

impl Rates {
    /// Where requests leave, a state is a span of the wait; its density then falls or grows exponentially
    /// between two states as in M/M/n+D (Zeltyn and Mandelbaum 2005).
    /// None where nobody leaves.
    pub(super) fn under_patience(pace: &Pace, unit: f64, merged: u32) -> Option<Rates> {
        if pace.patience.is_infinite() || pace.capacity <= 0.0 {
            return None;
        }
        let pace_of_states = pace.capacity / unit;
        let growth = ((pace.arrivals / pace.capacity - 1.0) * f64::from(merged)).min(MOST_GROWTH);
        let over = if growth.abs() < 1e-6 { 1.0 } else { libm::expm1(growth) / growth };
        let merged = f64::from(merged);
        let death = pace_of_states / over / merged;
        // Far above capacity hardly anybody would cross the limit either way for hours: both ways faster, it is the same.
        let beyond = death.max(LEAST_PACE_BEYOND * pace_of_states);
        Some(Rates {
            birth: death * libm::exp(growth),
            death,
            entry: death * pace.entry * over * merged,
            last: beyond / death / (over * merged),
            beyond,
        })
    }
}

/// Rates up and down with this drift and variance; a walk that cannot have so small a variance is one-way.
pub(super) fn rates_between(drift: f64, variance: f64) -> (f64, f64) {
    let birth = ((variance + drift) / 2.0).max(drift.max(0.0));
    let death = ((variance - drift) / 2.0).max((-drift).max(0.0));
    (birth, death)
}

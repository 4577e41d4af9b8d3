//! Days of a simulation: 24 hours each, counted from its start.

use crate::units::{SimDuration, SimTime};

pub(super) const DAY: SimDuration = SimDuration::from_hours(24);

/// The pieces of `[from, until)` by day: day number and piece. Empty if `until` is not after `from`.
pub(super) fn pieces(start: SimTime, from: SimTime, until: SimTime) -> impl Iterator<Item = (u32, SimDuration)> {
    let mut at = from.max(start);
    std::iter::from_fn(move || {
        if at >= until {
            return None;
        }
        let day = at.since(start).as_nanos() / DAY.as_nanos();
        let end = (start + DAY * (day + 1)).min(until);
        let piece = end - at;
        at = end;
        Some((day as u32, piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_cut_at_midnight() {
        let hour = |h: i64| SimTime::ZERO + SimDuration::from_hours(h);
        let cut = |from, until| pieces(hour(0), hour(from), hour(until)).collect::<Vec<_>>();
        assert_eq!(cut(1, 3), [(0, SimDuration::from_hours(2))]);
        assert_eq!(cut(23, 49), [(0, SimDuration::from_hours(1)), (1, DAY), (2, SimDuration::from_hours(1))]);
        assert_eq!(cut(24, 24), []);
        assert_eq!(cut(5, 4), []);
        assert_eq!(cut(-5, 1), [(0, SimDuration::from_hours(1))]);
    }
}

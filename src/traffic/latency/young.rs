//! Young requests, followed from age to age as if nothing else changed.

use super::pod::Pod;
use super::tagged::{Company, Tagged};

/// A solver's step has so many births and deaths at most, where much depends on the number at every moment.
const FEW_MOVES: f64 = 20.0;
const MOST_PARTS: f64 = 512.0;
/// How many ages are looked at per doubling.
const PER_DOUBLING: i32 = 3;
/// Younger ones are looked at from age to age, older ones every window.
pub(super) const OF_AGE_S: f64 = 10.0;
/// This few of those who started together, or who came together, are not followed further.
pub(super) const FEWEST: f64 = 1e-4;

/// Follows requests from age to age; `leave` is told the share that leaves between two ages.
///
/// A doubling of the age is gone through in equal steps, and those in halves, quarters...: a solver is prepared for
/// few lengths of steps.
pub(super) fn grow_up(
    young: &mut Tagged,
    pod: &Pod<'_>,
    company: &mut Company,
    mut leave: impl FnMut(&Tagged, f64, (f64, f64)),
) {
    let longest_s = pod.longest_s(FEW_MOVES);
    let first_s = pod.law.cpu_s / pod.law.alone() / 32.0;
    // At the end of a long window they are as old on average.
    let of_age_s = OF_AGE_S.max(young.window_s / 2.0);
    let (mut age_s, mut prepared_s) = (0.0, 0.0);
    let mut haste = young.haste(pod);
    for age in 0.. {
        if age_s >= of_age_s || young.here <= FEWEST {
            break;
        }
        let doublings = (age + PER_DOUBLING - 1) / PER_DOUBLING;
        let between_s = if age == 0 { first_s } else { libm::ldexp(first_s, doublings - 1) / f64::from(PER_DOUBLING) };
        let parts = parts_of(between_s, longest_s).next_power_of_two();
        let part_s = between_s / f64::from(parts);
        if part_s != prepared_s {
            company.prepare(pod, part_s);
            prepared_s = part_s;
        }
        for part in 0..parts {
            let from_s = age_s + f64::from(part) * part_s;
            young.advance(company, pod.motion.states(from_s, from_s + part_s));
        }
        let left = young.leave_young(age_s, &mut haste, pod);
        leave(young, left, (age_s, age_s + between_s));
        age_s += between_s;
    }
}

/// How many equal parts of a time are not longer than that.
pub(super) fn parts_of(span_s: f64, longest_s: f64) -> u32 {
    (span_s / longest_s).ceil().clamp(1.0, MOST_PARTS) as u32
}

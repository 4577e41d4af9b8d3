//! Where a value lies on an axis of a picture, and which values get a mark.

/// A scale between two values: in proportion, or by logarithm where values differ very much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    is_log: bool,
}

/// From such a ratio of the largest to the smallest value the scale is a logarithm.
const LOG_FROM: f64 = 40.0;

impl Scale {
    /// Of values; without any from 0 to 1.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Scale { low: 0.0, high: 1.0, is_log: false };
        }
        if low > 0.0 && high / low >= LOG_FROM {
            return Scale { low: low / 1.1, high: high * 1.1, is_log: true };
        }
        let room = if high > low { (high - low) * 0.05 } else { (high.abs() * 0.05).max(0.5) };
        // Nothing that cannot be negative gets room below zero.
        let low = if low >= 0.0 { (low - room).max(0.0) } else { low - room };
        Scale { low, high: high + room, is_log: false }
    }

    pub(super) fn is_log(self) -> bool {
        self.is_log
    }

    /// 0 at the lower end, 1 at the upper.
    pub(super) fn place(self, value: f64) -> f64 {
        let place = if self.is_log {
            libm::log(value / self.low) / libm::log(self.high / self.low)
        } else {
            (value - self.low) / (self.high - self.low)
        };
        place.clamp(0.0, 1.0)
    }

    /// Round values, about so many.
    pub(super) fn ticks(self, about: usize) -> Vec<f64> {
        if self.is_log {
            let decades = libm::floor(libm::log10(self.low)) as i32..=libm::ceil(libm::log10(self.high)) as i32;
            let wide = libm::log10(self.high / self.low) > 2.5;
            let steps: &[f64] = if wide { &[1.0] } else { &[1.0, 2.0, 5.0] };
            let all = decades.flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)));
            return all.filter(|tick| *tick >= self.low && *tick <= self.high).collect();
        }
        let rough = (self.high - self.low) / about as f64;
        let decade = libm::pow(10.0, libm::floor(libm::log10(rough)));
        let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade).into_iter().find(|step| *step >= rough * 0.7);
        let step = step.unwrap_or(rough);
        let (first, last) = (libm::ceil(self.low / step) as i64, libm::floor(self.high / step) as i64);
        (first..=last).map(|at| at as f64 * step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_inside() {
        let ticks = |values: &[f64], about| Scale::of(values.iter().copied()).ticks(about);
        assert_eq!(ticks(&[103.0, 188.0], 5), [100.0, 120.0, 140.0, 160.0, 180.0]);
        assert_eq!(ticks(&[0.0, 0.04], 5), [0.0, 0.01, 0.02, 0.03, 0.04]);
        assert_eq!(ticks(&[12.0, 900.0], 5), [20.0, 50.0, 100.0, 200.0, 500.0]);
        assert!(ticks(&[7.0, 7.0], 5).len() > 1 && !ticks(&[], 5).is_empty());
    }

    #[test]
    fn places_stay_inside() {
        for values in [&[5.0, 6.0][..], &[1.0, 5000.0], &[0.0, 0.0], &[-3.0, 2.0]] {
            let scale = Scale::of(values.iter().copied());
            let places: Vec<f64> = values.iter().map(|value| scale.place(*value)).collect();
            assert!(places.iter().all(|place| (0.0..=1.0).contains(place)) && places.is_sorted(), "{places:?}");
        }
    }
}

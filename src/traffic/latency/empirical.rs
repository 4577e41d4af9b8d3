//! Work as it was measured: a distribution given by samples.

/// How many parts of equal probability a distribution is kept in.
const PARTS: usize = 32;

/// A distribution of work with mean 1, as the borders of 32 parts of equal probability; evenly spread
/// within each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmpiricalWork {
    /// Seven digits are more than samples have, and keep this small.
    borders: [f32; PARTS + 1],
}

impl EmpiricalWork {
    /// The distribution of the samples, divided by its mean. None unless there are two at least, all
    /// finite and at least 0, and not all 0.
    pub fn from_samples(samples: &[f64]) -> Option<EmpiricalWork> {
        let sound = samples.iter().all(|sample| sample.is_finite() && *sample >= 0.0);
        if samples.len() < 2 || !sound {
            return None;
        }
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut borders = [0.0; PARTS + 1];
        for (at, border) in borders.iter_mut().enumerate() {
            let place = at as f64 / PARTS as f64 * (sorted.len() - 1) as f64;
            let (low, part) = (place as usize, place - place.floor());
            let high = (low + 1).min(sorted.len() - 1);
            *border = sorted[low] + part * (sorted[high] - sorted[low]);
        }
        let mean = borders.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).sum::<f64>() / PARTS as f64;
        (mean > 0.0).then(|| EmpiricalWork { borders: borders.map(|border| (border / mean) as f32) })
    }

    /// P(work > x).
    pub(super) fn survival(&self, x: f64) -> f64 {
        let above = |(low, high): (f64, f64)| match x {
            _ if x < low => 1.0,
            _ if x < high => (high - x) / (high - low),
            _ => 0.0,
        };
        self.parts().map(above).sum::<f64>() / PARTS as f64
    }

    /// The first three moments.
    pub(super) fn moments(&self) -> [f64; 3] {
        let mut sums = [0.0; 3];
        for (a, b) in self.parts() {
            sums[0] += (a + b) / 2.0;
            sums[1] += (a * a + a * b + b * b) / 3.0;
            sums[2] += (a + b) * (a * a + b * b) / 4.0;
        }
        sums.map(|sum| sum / PARTS as f64)
    }

    /// Variance over squared mean.
    pub(super) fn scv(&self) -> f64 {
        self.moments()[1] - 1.0
    }

    /// The work that the share `uniform` (0..1) of requests does not exceed.
    pub fn quantile(&self, uniform: f64) -> f64 {
        let place = uniform.clamp(0.0, 1.0) * PARTS as f64;
        let low = (place as usize).min(PARTS - 1);
        let (from, to) = (f64::from(self.borders[low]), f64::from(self.borders[low + 1]));
        from + (place - low as f64) * (to - from)
    }

    fn parts(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.borders.windows(2).map(|pair| (f64::from(pair[0]), f64::from(pair[1])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_back() {
        let samples: Vec<f64> = (0..1000).map(|at| 5.0 + 0.01 * f64::from(at)).collect();
        let work = EmpiricalWork::from_samples(&samples).unwrap();
        // Even between 0.5 and 1.5 of the mean: an SCV of 1/12.
        assert!((work.moments()[0] - 1.0).abs() < 1e-6 && (work.scv() - 1.0 / 12.0).abs() < 1e-3);
        for (x, above) in [(0.2, 1.0), (0.75, 0.75), (1.0, 0.5), (1.4, 0.1), (2.0, 0.0)] {
            assert!((work.survival(x) - above).abs() < 2e-3, "{x}: {}", work.survival(x));
        }
        assert!((work.quantile(0.25) - 0.75).abs() < 2e-3);
        assert_eq!(EmpiricalWork::from_samples(&[0.0, 0.0]), None);
        assert_eq!(EmpiricalWork::from_samples(&[1.0, f64::NAN]), None);
        assert!(EmpiricalWork::from_samples(&[2.0, 2.0]).unwrap().scv().abs() < 1e-6);
    }
}

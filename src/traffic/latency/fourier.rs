//! The discrete Fourier transform of sequences whose length is a power of two.

/// Factors of one length, made once.
pub(super) struct Fourier {
    /// `exp(-2 pi i k / length)` for the first half of the circle.
    circle: Vec<(f64, f64)>,
    length: usize,
}

impl Fourier {
    /// For sequences of `length`, a power of two and at least 2.
    pub(super) fn new(length: usize) -> Fourier {
        let angle = |k: usize| -2.0 * std::f64::consts::PI * k as f64 / length as f64;
        Fourier { circle: (0..length / 2).map(|k| (libm::cos(angle(k)), libm::sin(angle(k)))).collect(), length }
    }

    /// The sums over j of `x_j exp(-2 pi i j k / length)`, in place.
    ///
    /// Source: Cooley and Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965.
    pub(super) fn transform(&self, values: &mut [(f64, f64)]) {
        let bits = self.length.trailing_zeros();
        for at in 0..self.length {
            let other = at.reverse_bits() >> (usize::BITS - bits);
            if at < other {
                values.swap(at, other);
            }
        }
        let mut half = 1;
        while half < self.length {
            let stride = self.length / 2 / half;
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                    let (cos, sin) = self.circle[k * stride];
                    let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                    (*a, *b) = ((a.0 + turned.0, a.1 + turned.1), (a.0 - turned.0, a.1 - turned.1));
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_is_the_sum_it_stands_for() {
        let values: Vec<(f64, f64)> = (0..16).map(|j| (f64::from(j * j % 7), f64::from(j % 3))).collect();
        let mut found = values.clone();
        Fourier::new(16).transform(&mut found);
        for (k, found) in found.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (j, (a, b)) in values.iter().enumerate() {
                let angle = -2.0 * std::f64::consts::PI * (j * k) as f64 / 16.0;
                re += a * libm::cos(angle) - b * libm::sin(angle);
                im += a * libm::sin(angle) + b * libm::cos(angle);
            }
            assert!((found.0 - re).abs() < 1e-9 && (found.1 - im).abs() < 1e-9, "{k}: {found:?}");
        }
    }
}

//! What makes one replication's demand differ from another's.

use crate::rng::Stream;
use crate::units::SimDuration;

/// Multiplicative noise on a rate: lognormal with mean 1, so that it never changes the average
/// load, and correlated in time, as busy minutes follow busy minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// The standard deviation of the rate's logarithm: 0.1 is about ±10 %. At least 0.
    pub sigma: f64,
    /// After this time the correlation has fallen to 1/e; zero makes every step independent.
    pub correlation_time: SimDuration,
}

/// The noise of one run: an Ornstein-Uhlenbeck process, looked at once per step.
#[derive(Clone, Debug)]
pub(super) struct NoiseWalk {
    noise: Noise,
    stream: Stream,
    /// In units of sigma; standard normal at all times.
    position: f64,
    /// The last step's length, with the correlation and fresh share that belong to it.
    memory: (SimDuration, f64, f64),
}

impl NoiseWalk {
    pub(super) fn new(noise: Noise, mut stream: Stream) -> Self {
        let position = stream.normal();
        NoiseWalk { noise, stream, position, memory: (SimDuration::ZERO, 1.0, 0.0) }
    }

    /// The factor for the next step of length `span`.
    pub(super) fn factor(&mut self, span: SimDuration) -> f64 {
        if span != self.memory.0 {
            let correlation = if self.noise.correlation_time > SimDuration::ZERO {
                libm::exp(-span.as_secs_f64() / self.noise.correlation_time.as_secs_f64())
            } else {
                0.0
            };
            self.memory = (span, correlation, libm::sqrt(1.0 - correlation * correlation));
        }
        let factor = libm::exp(self.noise.sigma * (self.position - self.noise.sigma / 2.0));
        self.position = self.memory.1 * self.position + self.memory.2 * self.stream.normal();
        factor
    }
}

/// A Poisson count with the given mean: by inversion below 30, above as a rounded normal with
/// the skew put right (Cornish-Fisher), which is within 0.1 % of the distribution function.
pub(crate) fn poisson_count(mean: f64, stream: &mut Stream) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    if mean < 30.0 {
        return poisson_by_inversion(mean, stream);
    }
    let normal = stream.normal();
    (mean + libm::sqrt(mean) * normal + (normal * normal - 1.0) / 6.0).round().max(0.0)
}

fn poisson_by_inversion(mean: f64, stream: &mut Stream) -> f64 {
    let uniform = stream.uniform();
    let (mut count, mut mass) = (0.0, libm::exp(-mean));
    let mut below = mass;
    while uniform > below && count < 200.0 {
        count += 1.0;
        mass *= mean / count;
        below += mass;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    #[test]
    fn counts_are_poisson() {
        let mut stream = Seed::new(3, 0).stream("counts", 0);
        for mean in [0.3, 5.0, 29.0, 31.0, 400.0] {
            let draws: Vec<f64> = (0..40_000).map(|_| poisson_count(mean, &mut stream)).collect();
            let average = draws.iter().sum::<f64>() / 40_000.0;
            let variance = draws.iter().map(|d| (d - average) * (d - average)).sum::<f64>() / 40_000.0;
            assert!((average / mean - 1.0).abs() < 0.02, "{mean}: {average}");
            assert!((variance / mean - 1.0).abs() < 0.04, "{mean}: {variance}");
        }
    }

    #[test]
    fn noise_keeps_the_mean_and_remembers() {
        let noise = Noise { sigma: 0.3, correlation_time: SimDuration::from_secs(60) };
        let mut walk = NoiseWalk::new(noise, Seed::new(3, 0).stream("noise", 0));
        let factors: Vec<f64> = (0..200_000).map(|_| walk.factor(SimDuration::from_secs(15))).collect();
        let mean = factors.iter().sum::<f64>() / factors.len() as f64;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        let logs: Vec<f64> = factors.iter().map(|f| libm::log(*f) + 0.045).collect();
        let variance = logs.iter().map(|l| l * l).sum::<f64>() / logs.len() as f64;
        let lagged = logs.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / logs.len() as f64;
        assert!((variance / 0.09 - 1.0).abs() < 0.05, "{variance}");
        assert!((lagged / variance - libm::exp(-0.25)).abs() < 0.02, "{lagged}");
    }
}

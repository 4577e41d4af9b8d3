//! How long things take in a data centre: defaults for what a scenario does not say.

use statrs::distribution::{ContinuousCDF, Normal};

use super::Provider;
use crate::rng::Stream;
use crate::units::SimDuration;

/// A delay whose logarithm is normal: never negative, with a long tail, as boots and pulls have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lognormal {
    /// Half of all delays are shorter.
    pub median: SimDuration,
    /// Standard deviation of the logarithm; 0 is a fixed delay.
    pub sigma: f64,
}

impl Lognormal {
    /// A fixed delay.
    pub const fn fixed(delay: SimDuration) -> Self {
        Lognormal { median: delay, sigma: 0.0 }
    }
    /// The delay that the share `p` of all draws does not exceed; `p` is clamped to [0.0001, 0.9999].
    pub fn quantile(self, p: f64) -> SimDuration {
        let z = Normal::standard().inverse_cdf(p.clamp(0.0001, 0.9999));
        SimDuration::from_secs_f64(self.median.as_secs_f64() * libm::exp(self.sigma * z))
    }
    /// One draw.
    pub fn draw(self, stream: &mut Stream) -> SimDuration {
        SimDuration::from_secs_f64(stream.lognormal(self.median.as_secs_f64(), self.sigma))
    }
}

/// From the launch of a node to its `Ready` condition.
///
/// AWS: fitted to the observations in `data/node_boot.csv` (EKS, 24 to 145 s; median 39 s, P95 96 s).
/// Google Cloud: the Cluster Autoscaler FAQ's "3 to 4 minutes" from request to schedulable, read as
/// P10 and P90. No measurement of GKE was found: measure your own.
pub fn node_boot(provider: Provider) -> Lognormal {
    match provider {
        Provider::Aws => Lognormal { median: SimDuration::from_millis(39_004), sigma: 0.5489 },
        Provider::Gcp => Lognormal { median: SimDuration::from_millis(207_846), sigma: 0.1122 },
    }
}

/// Pulling an image of `compressed_mb` megabytes that the node does not have.
///
/// Two observations agree on 17.5 MB/s: kube-proxy's 30 MB in 1.71 s (amazon-eks-ami#938), and 3 GB
/// in just under 300 s at the 97th percentile (knechtions.com, 2026), which sets sigma.
pub fn image_pull(compressed_mb: f64) -> Lognormal {
    const MB_PER_SECOND: f64 = 17.5;
    Lognormal { median: SimDuration::from_secs_f64(compressed_mb.max(0.0) / MB_PER_SECOND), sigma: 0.286 }
}

/// From the image being there to the container's process running.
///
/// The Kubernetes pod startup objective: 5 s at P99, without image pull and init containers. The
/// median of 1.5 s is an assumption.
pub fn container_start() -> Lognormal {
    Lognormal { median: SimDuration::from_millis(1500), sigma: 0.5176 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    #[test]
    fn the_boot_default_is_the_fit_of_the_observations() {
        let logs: Vec<f64> = include_str!("../../data/node_boot.csv")
            .lines()
            .skip(1)
            .map(|line| libm::log(line.split(',').nth(3).unwrap().parse().unwrap()))
            .collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let variance = logs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (logs.len() - 1) as f64;
        let boot = node_boot(Provider::Aws);
        assert!((boot.median.as_secs_f64() - libm::exp(mean)).abs() < 0.01);
        assert!((boot.sigma - libm::sqrt(variance)).abs() < 0.001);
        assert_eq!(boot.quantile(0.95).as_secs(), 96);
    }

    #[test]
    fn quantiles_meet_their_sources() {
        let near = |delay: SimDuration, seconds: f64| (delay.as_secs_f64() / seconds - 1.0).abs() < 0.01;
        assert!(near(node_boot(Provider::Gcp).quantile(0.1), 180.0));
        assert!(near(node_boot(Provider::Gcp).quantile(0.9), 240.0));
        assert!(near(image_pull(30.0).quantile(0.5), 1.714));
        assert!(near(image_pull(3072.0).quantile(0.97), 300.0));
        assert!(near(container_start().quantile(0.99), 5.0));
        assert_eq!(Lognormal::fixed(SimDuration::from_secs(7)).quantile(0.99), SimDuration::from_secs(7));
    }

    #[test]
    fn draws_follow_the_quantiles() {
        let (boot, mut stream) = (node_boot(Provider::Aws), Seed::new(1, 0).stream("boot", 0));
        let above = (0..10_000).filter(|_| boot.draw(&mut stream) > boot.quantile(0.9)).count();
        assert!((900..1100).contains(&above), "{above}");
    }
}

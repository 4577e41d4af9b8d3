//! Spot markets as random processes: how often capacity is taken back, how much of it at once.

use super::Provider;
use crate::units::{HOURS_PER_MONTH, SimDuration};

/// How likely one spot node is to be taken back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InterruptionRate {
    /// Expected reclaims per hour of one running node.
    ///
    /// Spot Advisor publishes, per instance type and region, the share of instances interrupted in
    /// the trailing month, as a bucket. A node that runs all month survives with probability
    /// `exp(-rate * 730 h)`, so a monthly share `p` gives `rate = -ln(1 - p) / 730 h`. `p` is the
    /// middle of the bucket: 2.5, 7.5, 12.5, 17.5 %, and 25 % for the open bucket "> 20 %".
    /// Nodes that live shorter than a month were counted too, so the true rate may be higher.
    pub hazard_per_hour: f64,
    /// The bucket as Spot Advisor prints it, or a word about the assumption.
    pub label: &'static str,
    /// Not published for this type: a sibling family's, or an assumption.
    pub estimated: bool,
}

impl InterruptionRate {
    /// Google publishes no rate. Assumed, not measured: one node in ten is preempted per day.
    pub const GCP_ASSUMED: InterruptionRate =
        InterruptionRate { hazard_per_hour: 0.004_390, label: "10% a day (assumed)", estimated: true };

    /// The rate of a Spot Advisor bucket, 0 to 4; higher numbers count as 4.
    pub fn from_advisor_bucket(bucket: u8, estimated: bool) -> Self {
        let (share, label) = match bucket {
            0 => (0.025, "<5% a month"),
            1 => (0.075, "5-10% a month"),
            2 => (0.125, "10-15% a month"),
            3 => (0.175, "15-20% a month"),
            _ => (0.25, ">20% a month"),
        };
        InterruptionRate { hazard_per_hour: -libm::log1p(-share) / HOURS_PER_MONTH as f64, label, estimated }
    }
}

/// Reclaims of one pool (instance type × zone): a Poisson process whose every event takes each
/// running node of the pool with the same probability.
///
/// One node's own hazard stays `events_per_hour * share`; two nodes of a pool fall together with
/// probability `share`, nodes of different pools independently.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReclaimProcess {
    /// Reclaim events per hour of the pool.
    pub events_per_hour: f64,
    /// Probability that an event takes a given node, in (0, 1].
    pub share: f64,
}

/// The spot market of one instance type in one region. Each zone is a pool of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpotPool {
    /// How likely one node is to be taken back.
    pub rate: InterruptionRate,
    /// When, and how many at once.
    pub reclaims: ReclaimProcess,
    /// From the notice to the node's end: 120 s on AWS, 30 s on Google Cloud.
    pub notice: SimDuration,
    /// Mean time after a reclaim event in which the pool has no capacity to launch (exponential).
    pub shortage: SimDuration,
}

/// Half of a pool falls at once. An assumption: reclaims are known to come in bulk within a zone,
/// but no figure is published.
const DEFAULT_SHARE: f64 = 0.5;
/// An assumption: no figure is published.
const DEFAULT_SHORTAGE: SimDuration = SimDuration::from_mins(30);

impl SpotPool {
    /// The pool with its default correlation and shortage.
    pub fn new(provider: Provider, rate: InterruptionRate) -> Self {
        let pool = SpotPool {
            rate,
            reclaims: ReclaimProcess { events_per_hour: rate.hazard_per_hour, share: 1.0 },
            notice: provider.spot_notice(),
            shortage: DEFAULT_SHORTAGE,
        };
        pool.with_reclaims(rate.hazard_per_hour, DEFAULT_SHARE)
    }

    /// The pool with another hazard per node and hour (0 or more) and another share taken at once
    /// (clamped to [0.01, 1]).
    pub fn with_reclaims(mut self, hazard_per_hour: f64, share: f64) -> Self {
        let share = share.clamp(0.01, 1.0);
        self.rate.hazard_per_hour = hazard_per_hour.max(0.0);
        self.reclaims = ReclaimProcess { events_per_hour: self.rate.hazard_per_hour / share, share };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Catalog;

    #[test]
    fn a_month_interrupts_the_published_share() {
        for (bucket, share) in [(0, 0.025), (1, 0.075), (2, 0.125), (3, 0.175), (4, 0.25), (9, 0.25)] {
            let rate = InterruptionRate::from_advisor_bucket(bucket, false);
            let interrupted = 1.0 - libm::exp(-rate.hazard_per_hour * 730.0);
            assert!((interrupted - share).abs() < 1e-12, "bucket {bucket}");
        }
        let day = 1.0 - libm::exp(-InterruptionRate::GCP_ASSUMED.hazard_per_hour * 24.0);
        assert!((day - 0.1).abs() < 1e-4);
    }

    #[test]
    fn correlation_leaves_a_nodes_own_hazard_alone() {
        let pool = Catalog::shipped().spot_pool("m5.large", "us-east-1").unwrap();
        for share in [0.1, 0.5, 1.0] {
            let shared = pool.with_reclaims(pool.rate.hazard_per_hour, share).reclaims;
            assert!((shared.events_per_hour * shared.share - pool.rate.hazard_per_hour).abs() < 1e-15);
        }
        assert_eq!(pool.with_reclaims(0.0, 0.5).reclaims.events_per_hour, 0.0);
    }

    #[test]
    fn notices_are_the_providers() {
        let notice = |kind: &str, region: &str| Catalog::shipped().spot_pool(kind, region).unwrap().notice;
        assert_eq!(notice("m5.large", "us-east-1"), SimDuration::from_secs(120));
        assert_eq!(notice("e2-standard-2", "us-central1"), SimDuration::from_secs(30));
    }
}

//! The clockwork of the control plane.

use crate::units::SimDuration;

/// The clockwork: periods, phases and delays of the control plane.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Everything happens on whole seconds, controllers act once a second in a fixed order: the world of
    /// the closed-loop recordings. Otherwise reactions have their own delays.
    pub lockstep: bool,
    /// Loops have random phases, and ties are broken at random. Otherwise loops begin together, and the smallest name wins.
    pub by_chance: bool,
    /// From a change to the controllers' reaction (watch, work queue, API).
    pub reaction: SimDuration,
    /// One scheduling cycle.
    pub scheduling_cycle: SimDuration,
    /// `--horizontal-pod-autoscaler-sync-period`.
    pub hpa_sync: SimDuration,
    /// The metrics server's resolution.
    pub scrape: SimDuration,
    /// The metrics server scrapes right before the HPA controller syncs, as in the recordings; in a live cluster each
    /// has its own phase, and metrics are up to a resolution old.
    pub fresh_metrics: bool,
    /// Nothing is remembered from turn to turn, everything looked at anew: slow, and right by itself.
    pub afresh: bool,
    /// `--scan-interval`.
    pub autoscaler_scan: SimDuration,
    /// A step of traffic and latency, and a point of the timeline.
    pub step: SimDuration,
    /// How long a node may be silent until it counts as not ready.
    pub node_monitor_grace: SimDuration,
    /// Notice before an instance goes whose spot market is not known.
    pub spot_notice: SimDuration,
}

impl Default for Timing {
    /// Upstream's defaults, and reactions as seen on healthy control planes.
    fn default() -> Self {
        Timing {
            lockstep: false,
            by_chance: true,
            reaction: SimDuration::from_millis(100),
            scheduling_cycle: SimDuration::from_millis(2),
            hpa_sync: SimDuration::from_secs(15),
            scrape: SimDuration::from_secs(15),
            fresh_metrics: false,
            afresh: false,
            autoscaler_scan: SimDuration::from_secs(10),
            step: SimDuration::from_secs(15),
            node_monitor_grace: SimDuration::from_secs(50),
            spot_notice: SimDuration::from_secs(120),
        }
    }
}

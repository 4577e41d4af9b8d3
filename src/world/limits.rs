//! What is promised of a whole run.

use crate::units::SimDuration;

/// What is promised of a whole run beside what requests meet. Absent parts promise nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// The share of the time in which some route may break its objective, 0..=1.
    pub breach: Option<f64>,
    /// How long a pod may wait for a node.
    pub pending: Option<SimDuration>,
    /// Pods without a node, times hours, in a month of 730 hours. At least 0.
    pub pending_pod_hours: Option<f64>,
    /// How fast the error budget of a route may burn: 1 is as fast as lets it last for its period. Above 0.
    pub burn_rate: Option<f64>,
}

//! When Cluster Autoscaler's loop ran, and when it runs next.

use crate::units::SimTime;

/// When the loop ran, and when it runs next.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LoopClock {
    /// The last loop's beginning.
    pub(crate) last: Option<SimTime>,
    /// The next one's, if one comes before the end.
    pub(crate) next: Option<SimTime>,
    /// Loops follow what happens, not the timer alone.
    pub(crate) is_frequent: bool,
}

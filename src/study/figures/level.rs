//! A count over a whole replication.

use crate::sim::count_over_time::CountOverTime;
use crate::units::{SimDuration, SimTime};
use serde::{Deserialize, Serialize};

/// A count of pods or nodes over a replication: its integral and its extremes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Level {
    /// The count times time, in seconds, rounded down.
    pub seconds: i64,
    /// The smallest count that lasted for any time.
    pub least: i64,
    /// The largest count.
    pub most: i64,
}

impl Level {
    pub(super) fn of(count: &CountOverTime, end: SimTime) -> Self {
        Level { seconds: count.seconds(end), least: count.least(), most: count.most() }
    }
    /// The count times time, in hours.
    pub fn hours(&self) -> f64 {
        self.seconds as f64 / 3600.0
    }
    /// The mean count over a replication that lasted `span`.
    pub fn mean(&self, span: SimDuration) -> f64 {
        self.seconds as f64 / span.as_secs_f64().max(1e-9)
    }
}

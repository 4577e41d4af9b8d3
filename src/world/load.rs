//! What the pods of a workload use.

use crate::traffic::calls::ServiceId;
use crate::units::SimTime;

/// What the pods of a workload use.
#[derive(Clone, Debug, Default)]
pub enum Load {
    /// As much as they request.
    #[default]
    Requests,
    /// Always the same: what its HPA aims at, so that the number of pods stays as it is.
    AtTarget {
        /// Cpu of a running pod in milli-cores.
        cpu_milli: i64,
        /// Memory of a running pod in bytes.
        memory_bytes: i64,
    },
    /// A total cpu demand over time, split evenly among ready pods.
    CpuDemand {
        /// (from, milli-cores), in order of time; 0 before the first.
        demand_milli: Vec<(SimTime, i64)>,
        /// Memory of an idle pod in bytes.
        memory_base_bytes: i64,
        /// Bytes per milli-core used.
        memory_per_milli_bytes: i64,
    },
    /// The requests of a service of the traffic model.
    Service(ServiceId),
}

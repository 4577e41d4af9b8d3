//! A pod of a trace that is nothing but a size.

use crate::cluster::{Owner, OwnerKind, PodSpec, Resources};
use crate::scenario::kubernetes::Converter;
use crate::units::{SimDuration, SimTime};
use crate::world::TracePod;

/// What the accelerators of a node are called.
const GPU: &str = "nvidia.com/gpu";

/// A pod as a table has it.
pub(super) struct TracedPod {
    /// When it arrives.
    pub(super) time_s: f64,
    pub(super) cpu_milli: f64,
    pub(super) mem_bytes: f64,
    /// How long it runs once bound.
    pub(super) duration_s: f64,
    /// Whole ones.
    pub(super) gpus: i64,
}

impl TracedPod {
    /// As the simulation takes it.
    pub(super) fn made(&self, converter: &mut Converter<'_>) -> TracePod {
        let mut requests = Resources::new(self.cpu_milli as i64, self.mem_bytes as i64);
        if self.gpus > 0 {
            requests.set_scalar(converter.symbol(GPU), self.gpus);
        }
        let name = converter.symbol("trace");
        let spec = PodSpec {
            namespace: converter.symbol("default"),
            container_requests: requests.clone(),
            nonzero_cpu_milli: requests.cpu_milli,
            nonzero_memory_bytes: requests.memory_bytes,
            requests,
            owner: Some(Owner { kind: OwnerKind::Job, name, uid: name }),
            ..PodSpec::default()
        };
        TracePod {
            arrives: SimTime::ZERO + SimDuration::from_secs_f64(self.time_s),
            template: converter.cluster().intern_spec(spec),
            runs: SimDuration::from_secs_f64(self.duration_s),
        }
    }
}

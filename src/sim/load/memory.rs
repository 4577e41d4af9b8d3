//! Containers that use more memory than they may are killed.

use crate::rng::mix;
use crate::sim::load::serving::Serving;
use crate::sim::log::{Cause, Occurrence};
use crate::sim::scaling::vertical::Vertical;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::Load;

impl Serving {
    /// A container that uses more memory than its limit is killed: one pod of each such workload a step.
    pub(crate) fn kill_for_memory(&mut self, shared: &mut Shared, vertical: &mut Vertical, now: SimTime) {
        let cast = shared.cast.clone();
        for (id, workload) in cast.workloads.iter() {
            let Load::Service(_) = workload.load else { continue };
            let limit_of = |spec: &crate::cluster::PodSpec| spec.containers.first().and_then(|c| c.memory_limit_bytes);
            let used = self.usage[id].memory_bytes;
            let is_over = |spec: &crate::cluster::PodSpec| limit_of(spec).is_some_and(|limit| used > limit);
            // A VPA gives pods limits of their own.
            if is_over(shared.cluster.spec(workload.template)) || !shared.cast.vpas.is_empty() {
                let pods = shared.workloads[id].pods.iter().copied();
                let ready: Vec<_> = pods
                    .filter(|pod| shared.cluster.pod(*pod).is_ready() && is_over(shared.cluster.spec_of(*pod)))
                    .collect();
                if !ready.is_empty() {
                    let chance = shared.seed.bits("out of memory", now.as_nanos() as u64);
                    let victim = ready.iter().max_by_key(|pod| mix(chance ^ shared.cluster.pod(**pod).uid));
                    let pod = *victim.unwrap_or(&ready[0]);
                    shared.counts.out_of_memory += 1;
                    let limit = limit_of(shared.cluster.spec_of(pod)).unwrap_or(used);
                    let what = Occurrence::OutOfMemory { pod, used, limit };
                    let record = shared.log.push(now, what, Cause::Traffic);
                    vertical.vpa_hears_of_oom(shared, now, id, (pod, record));
                    shared.pod_crashes(now, pod);
                }
            }
        }
    }
}

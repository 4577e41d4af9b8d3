//! Workload controllers alone, with a scheduler that binds each pod at once: a DaemonSet's to its node, others to the
//! first there is.

use crate::cluster::PodId;
use crate::sim::event::Event;
use crate::sim::fixture::{Small, node, run};
use crate::sim::shared::Shared;
use crate::sim::workloads::reconcile::Controllers;
use crate::units::SimTime;

/// Controllers of a cast, and a Ready node `a`.
pub(super) fn begin(small: Small) -> (Shared, Controllers) {
    let mut shared = small.shared();
    node(&mut shared, "a");
    let mut controllers = Controllers::new(shared.cast.workloads.len());
    controllers.create_workloads(&mut shared);
    (shared, controllers)
}

/// Time goes on until then; steps of traffic are `then`'s.
pub(super) fn go_on(
    shared: &mut Shared,
    controllers: &mut Controllers,
    until: SimTime,
    mut then: impl FnMut(&mut Shared, SimTime),
) {
    run(shared, until, |shared, now, event| match event {
        Event::Reconcile => controllers.reconcile(shared, now),
        Event::CronDue(id) => controllers.cron_due(shared, now, id),
        Event::JobExpires(id) => controllers.job_expires(shared, id),
        Event::Deploy(index) => controllers.rollouts.deploy(shared, now, index),
        Event::Switch(index) => controllers.rollouts.switch(shared, now, index),
        Event::Retire(index) => controllers.rollouts.retire(shared, index),
        Event::PodFinishes(pod) => shared.pod_finishes(now, pod),
        Event::TrafficStep => then(shared, now),
        Event::Schedule => bind_all(shared, now),
        _ => {}
    });
}

fn bind_all(shared: &mut Shared, now: SimTime) {
    shared.turns.called = None;
    for pod in shared.turns.pods() {
        let own = shared.cluster.pod(pod).daemon_node.and_then(|name| shared.cluster.node_by_name(name));
        let Some(node) = own.or(shared.cluster.node_ids().first().copied()) else { continue };
        shared.turns.remove(pod, shared.cluster.spec_of(pod).priority);
        shared.cluster.bind(pod, node);
        shared.pod_is_bound(now, pod, node);
    }
}

/// The names of the pods that are there and do not terminate, in order of creation.
pub(super) fn names(shared: &Shared) -> Vec<String> {
    let all = shared.workloads.values().flat_map(|state| state.pods.iter().copied());
    all.filter(|pod: &PodId| shared.is_active(*pod)).map(|pod| shared.cluster.pod_name(pod)).collect()
}

//! The simulation: one event queue, one handler, all controllers in virtual time.
//!
//! `Simulation::handle` is one exhaustive `match`, a line per event: reading it is reading the
//! simulator. What the lines call are owners, each in its folder with what only it uses: `cloud` launches and
//! reclaims, `workloads` runs the workload controllers, `scheduling`, `scaling` and `provisioning` hand the controllers
//! what they look at and do what they decide, `faults` are what goes wrong, `load` turns traffic into usage and latency.
//! What several of them need is in `shared`, with what becomes of `pods`; they get it with every call.
//!
//! Controllers decide, the simulation acts. A stale event finds its target gone and does nothing.
//! Equal inputs and seeds give equal runs, on any machine and any number of threads.
//!
//! Deliberately not here: files, text, statistics over runs.

mod accounts;
pub mod burn;
mod clock;
mod cloud;
pub mod count_over_time;
mod counting;
pub mod counts;
pub mod event;
mod faults;
#[cfg(test)]
mod fixture;
pub mod invariants;
mod lifetime;
mod load;
pub mod log;
mod metering;
pub mod outcome;
mod pods;
mod provisioning;
mod scaling;
mod scheduling;
pub(crate) mod serving;
pub mod settling;
mod shared;
mod start;
mod timeline;
mod workloads;

use crate::units::SimTime;
use cloud::nodes::Arrival;
use cloud::state::Cloud;
use event::Event;
use faults::course::Faults;
use load::serving::Serving;
pub use load::under_way::Usage;
use log::NodeEnd;
use provisioning::state::Provisioning;
use scaling::horizontal::Horizontal;
use scaling::vertical::Vertical;
use scheduling::cycle::Scheduling;
pub use serving::ServiceTotals;
use shared::Shared;
pub use start::Start;
use timeline::Recorder;
use workloads::reconcile::Controllers;

/// One replication of a scenario, running.
pub struct Simulation {
    shared: Shared,
    cloud: Cloud,
    faults: Faults,
    controllers: Controllers,
    scheduling: Scheduling,
    serving: Serving,
    horizontal: Horizontal,
    vertical: Vertical,
    provisioning: Provisioning,
    recorder: Recorder,
}

impl Simulation {
    /// Hands events to the rooms until the end.
    pub fn run(&mut self) {
        while self.step() {}
    }

    /// Hands events to the rooms as long as they are no later than `until`.
    fn run_until(&mut self, until: SimTime) {
        while self.step_until(until) {}
    }

    /// Handles the next event; whether there was one before the end.
    pub fn step(&mut self) -> bool {
        self.step_until(self.shared.end)
    }

    fn step_until(&mut self, until: SimTime) -> bool {
        let next = self.shared.queue.pop_until(until);
        if let Some((now, event)) = next {
            self.handle(now, event);
        }
        next.is_some()
    }

    /// The cluster as it is now.
    pub fn cluster(&self) -> &crate::cluster::ClusterState {
        &self.shared.cluster
    }

    /// One event.
    fn handle(&mut self, now: SimTime, event: Event) {
        let Simulation { shared, cloud, faults, controllers, scheduling, serving, .. } = self;
        let Simulation { horizontal, vertical, provisioning, recorder, .. } = self;
        match event {
            Event::CountingBegins => self.counting_begins(now),
            Event::NodeVanishes(node) => drop(cloud.node_vanishes(shared, now, node, NodeEnd::ScaleDown)),
            Event::SpotReclaims(instance) => cloud.spot_reclaims(shared, now, instance),
            Event::SpotNotice(instance) => cloud.give_notice(shared, now, instance),
            Event::SpotNoticeForeseen(index) => cloud.foresee_notice(shared, now, index),
            Event::SpareTerminates(instance) => cloud.spare_terminates(shared, now, instance),
            Event::RebalanceDrain(instance) => cloud.drain(shared, now, instance),
            Event::Fault(index) => faults.fault_begins(shared, cloud, now, index),
            Event::FaultEnds(index) => faults.fault_ends(shared, cloud, now, index),
            Event::PoolShock(pool) => cloud.pool_shock(shared, now, pool),
            Event::LaunchFails(instance) => cloud.launch_fails(shared, now, instance),
            Event::NodeRegisters(_, instance) => cloud.register(shared, instance, Arrival::Launched),
            Event::NodeBecomesReady(node) => cloud.node_becomes_ready(shared, now, node),
            Event::NodeTurnsUnknown(node) => faults.node_turns_unknown(shared, now, node),
            Event::PodOutstaysTaint(pod) => faults.pod_outstays_taint(shared, now, pod),
            Event::PodFailsProbe(pod) => shared.pod_fails_probe(now, pod),
            Event::PodFailsReadiness(pod) => shared.pod_fails_readiness(now, pod),
            Event::PodStops(pod) => shared.pod_stops(now, pod),
            Event::PodStarts(pod) => shared.pod_starts(now, pod),
            Event::PodBecomesReady(pod) => shared.pod_becomes_ready(now, pod),
            Event::PodBecomesAvailable(pod) => shared.owner_changed(pod),
            Event::PodFinishes(pod) => shared.pod_finishes(now, pod),
            Event::TracePodArrives(line) => shared.trace_pod_arrives(now, line),
            Event::Deploy(index) => controllers.rollouts.deploy(shared, now, index),
            Event::Switch(index) => controllers.rollouts.switch(shared, now, index),
            Event::Retire(index) => controllers.rollouts.retire(shared, index),
            Event::ProgressDue(workload) => controllers.progress_due(shared, now, workload),
            Event::CronDue(workload) => controllers.cron_due(shared, now, workload),
            Event::JobExpires(workload) => controllers.job_expires(shared, workload),
            Event::Reconcile => controllers.reconcile(shared, now),
            Event::Schedule => scheduling.schedule(shared, now),
            Event::TrafficStep => self.traffic_step(now),
            Event::Scrape => serving.scrape(shared, now),
            Event::HpaSync => horizontal.sync_hpas(shared, now),
            Event::VpaLoop => vertical.vpa_loop(shared, now),
            Event::Observe => recorder.observe(shared, cloud, now),
            Event::DrainContinues(drain) => provisioning.drain_continues(shared, cloud, now, drain),
            Event::AutoscalerLoop => provisioning.autoscaler_loop(shared, cloud, now),
        }
    }

    /// The step that ends now: what arrived, how it was served, what it used.
    fn traffic_step(&mut self, now: SimTime) {
        let Simulation { shared, controllers, serving, vertical, recorder, .. } = self;
        shared.metering.pass(shared.accounts.ledger(), now);
        serving.settle_traffic(shared, now);
        serving.kill_for_memory(shared, vertical, now);
        serving.follow_demand_curves(shared, now);
        serving.book_usage(shared, now);
        recorder.observe_step(shared);
        controllers.rollouts.watch_rollouts(shared, now);
        shared.step_number += 1;
        let next = now + shared.timing.step;
        // The last step before counting begins is taken by that.
        if now >= shared.counts_from || next < shared.counts_from {
            shared.repeat(now, shared.timing.step, Event::TrafficStep);
        }
    }
}

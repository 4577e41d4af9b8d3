//! The beginning and the end of a replication.

use crate::sim::Simulation;
use crate::sim::cloud::state::Cloud;
use crate::sim::counts::Stage;
use crate::sim::event::Event;
use crate::sim::faults::course::Faults;
use crate::sim::load::serving::Serving;
use crate::sim::load::under_way::LoadState;
use crate::sim::outcome::{Outcome, RouteTotals, ServiceOutcome};
use crate::sim::provisioning::state::Provisioning;
use crate::sim::scaling::horizontal::Horizontal;
use crate::sim::scaling::vertical::Vertical;
use crate::sim::scheduling::cycle::Scheduling;
use crate::sim::shared::Shared;
use crate::sim::start::Start;
use crate::sim::timeline::Recorder;
use crate::sim::workloads::reconcile::Controllers;
use crate::units::SimTime;

impl Simulation {
    /// A replication when it begins: nodes are there, workloads are created, loops have their first turns.
    pub fn new(start: Start) -> Self {
        let shared = Shared::new(&start);
        let mut simulation = Simulation {
            cloud: Cloud::new(shared.cast.groups.len()),
            faults: Faults::default(),
            controllers: Controllers::new(shared.cast.workloads.len()),
            scheduling: Scheduling::new(&start, &shared.turns),
            serving: Serving::new(shared.cast.workloads.len(), start.begins()),
            horizontal: Horizontal::default(),
            vertical: Vertical::default(),
            provisioning: Provisioning::default(),
            recorder: Recorder::new(start.timeline_every, start.duration),
            shared,
        };
        let Simulation { shared, cloud, controllers, .. } = &mut simulation;
        cloud.launch_initial_nodes(shared);
        shared.find_budget_targets();
        controllers.create_workloads(shared);
        simulation.schedule_first_turns();
        simulation
    }

    fn schedule_first_turns(&mut self) {
        let Simulation { shared, cloud, horizontal, vertical, provisioning, recorder, .. } = self;
        let begins = shared.clock.begins();
        let counts_from = shared.counts_from;
        if begins < counts_from {
            shared.queue.push(counts_from, Event::CountingBegins);
        }
        for (index, fault) in shared.cast.faults.iter().enumerate() {
            if fault.at <= shared.end {
                shared.queue.push(fault.at, Event::Fault(index as u32));
            }
        }
        cloud.foresee_notices(shared);
        if let Some(first) = shared.cast.trace.first().filter(|first| first.arrives <= shared.end) {
            shared.queue.push(first.arrives, Event::TracePodArrives(0));
        }
        let first_step = shared.clock.first_look_back(begins, shared.timing.step);
        // The last step before counting begins is taken by that.
        if begins == counts_from || first_step < counts_from {
            shared.queue.push(first_step, Event::TrafficStep);
        }
        horizontal.start_scaling(shared);
        vertical.start_vertical_scaling(shared);
        provisioning.start_autoscaler(shared);
        let every = recorder.timeline.every;
        if !every.is_zero() {
            shared.queue.push(shared.clock.first_look_back(SimTime::ZERO, every), Event::Observe);
        }
    }

    /// Ends the replication and adds everything up.
    pub fn finish(self) -> Outcome {
        let Simulation { mut shared, cloud, mut serving, recorder, .. } = self;
        let (mut services, mut routes) = (Vec::new(), Vec::new());
        if let (Some(load), Some(traffic)) = (&mut shared.load, &shared.cast.traffic) {
            // A run may end before its first step of traffic does: nothing came then.
            if let Some(last) = traffic.graph.routes().ids().last() {
                serving.service_levels.by_route.fill_to(last, (0.0, 0.0));
            }
            for (id, row) in traffic.services.iter() {
                let totals = load.services()[id].totals;
                services.push(ServiceOutcome {
                    name: row.name.clone(),
                    totals,
                    latency: load.service_histogram(id).clone(),
                    promises: load.services()[id].watch.promises(),
                });
            }
            for ((id, row), (requests, errors)) in
                traffic.graph.routes().iter().zip(serving.service_levels.by_route.values())
            {
                routes.push(RouteTotals {
                    name: row.name.clone(),
                    requests: *requests,
                    errors: *errors,
                    latency: load.route_histogram(id).clone(),
                    promises: load.route_watches[id].promises(),
                });
            }
        }
        serving.service_levels.overflowed = shared.load.as_ref().map_or(0, LoadState::overflowed);
        let keep = shared.log.is_on();
        let unplaced = shared.lives.iter().filter(|(_, life)| life.stage == Stage::Pending);
        let waits: Vec<_> = unplaced.map(|(pod, _)| shared.waited(shared.end, pod)).collect();
        shared.counts.unplaced = waits.len() as u64;
        shared.counts.longest_unplaced = waits.into_iter().max().unwrap_or_default();
        let names = cloud.instances.values().map(|instance| instance.name).filter(|_| keep).collect();
        shared.metering.close(shared.accounts.ledger(), shared.end);
        Outcome {
            counts_from: shared.counts_from,
            end: shared.end,
            events: shared.queue.handled(),
            bill: shared.accounts.close(shared.end),
            counts: shared.counts,
            cpu_used: shared.metering.cpu_of_machines(),
            services,
            routes,
            service_levels: serving.service_levels,
            vpas: shared.recommended,
            timeline: recorder.timeline,
            log: shared.log,
            cluster: if keep { shared.cluster } else { Default::default() },
            instance_names: names,
        }
    }
}

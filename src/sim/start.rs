//! The beginning and the end of a replication.

use crate::cluster::Watched;
use crate::id::IdVec;
use crate::rng::Seed;
use crate::scheduler::{Queue, Scheduler, Ties};
use crate::sim::accounts::Accounts;
use crate::sim::books::Books;
use crate::sim::event::{Event, EventQueue};
use crate::sim::load::{LoadState, Usage};
use crate::sim::log::Log;
use crate::sim::outcome::{Outcome, RouteTotals, ServiceLevels, ServiceOutcome};
use crate::sim::timeline::Recorder;
use crate::sim::{Names, Simulation, Streams};
use crate::traffic::latency::LatencyTables;
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, Timing};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What makes one replication differ from another, and what it keeps.
#[derive(Clone, Debug)]
pub struct Start {
    /// The scenario.
    pub cast: Arc<Cast>,
    /// The clockwork.
    pub timing: Timing,
    /// How long.
    pub duration: SimDuration,
    /// The replication's seed.
    pub seed: Seed,
    /// Latency tables shared by all replications.
    pub tables: LatencyTables,
    /// Keep a point of the timeline so often; zero keeps none.
    pub timeline_every: SimDuration,
    /// Keep the log.
    pub keep_log: bool,
}

impl Simulation {
    /// A replication at time 0: nodes are there, workloads are created, loops have their first turns.
    pub fn new(start: Start) -> Self {
        let cast = start.cast;
        let mut cluster = cast.cluster.clone();
        let stream = |name: &str| start.seed.stream(name, 0);
        let streams = Streams {
            boot: stream("boot"),
            pods: stream("pods"),
            spot: stream("spot"),
            phases: stream("phases"),
            expander: stream("expander"),
        };
        let ties = if start.timing.by_chance { Ties::Seeded(stream("ties")) } else { Ties::SmallestName };
        let uid_salt = if start.timing.by_chance { stream("uids").bits() } else { 0 };
        let mut profiles = cast.profiles.clone();
        if start.timing.lockstep {
            // The recordings' scheduler looks at every node.
            profiles.for_each(|profile| profile.percentage_of_nodes_to_score = 100);
        }
        let waiting = Queue::new(cast.profiles.back_off);
        // The recordings' world knows whole seconds only.
        let grain = if start.timing.lockstep { SimDuration::from_secs(1) } else { SimDuration::ZERO };
        let mut simulation = Simulation {
            names: Names::new(&mut cluster.symbols),
            load: cast.traffic.as_ref().map(|traffic| LoadState::new(traffic, &start.tables, start.seed)),
            usage: IdVec::filled(Usage::default(), cast.workloads.len()),
            accounts: Accounts::new(&cast),
            books: Books::new(cast.workloads.len(), cast.groups.len()),
            groups: Watched::new(IdVec::filled(Default::default(), cast.groups.len())),
            workloads: IdVec::filled(Default::default(), cast.workloads.len()),
            recorder: Recorder::new(start.timeline_every, start.duration),
            log: Log::new(start.keep_log),
            end: SimTime::ZERO + start.duration,
            timing: start.timing,
            cluster,
            uid_salt,
            streams,
            scheduler: Scheduler::new(profiles, ties).keeping_reasons(),
            cast,
            queue: EventQueue::new(grain),
            instances: Watched::default(),
            node_instances: IdVec::new(),
            pools: Vec::new(),
            closed_zones: Vec::new(),
            silent: Vec::new(),
            hpas: Vec::new(),
            shown_to_hpas: Vec::new(),
            vpas: Vec::new(),
            autoscaler: None,
            shown: Default::default(),
            drains: IdVec::new(),
            notes: Default::default(),
            lives: IdVec::new(),
            pending: BTreeSet::new(),
            daemon_pods: FxHashMap::default(),
            budget_targets: Vec::new(),
            stale_budgets: Vec::new(),
            budgets_version: 0,
            controllers_awake: false,
            waiting,
            scheduler_called: None,
            contended: Vec::new(),
            step_number: 0,
            service_levels: ServiceLevels::default(),
        };
        simulation.launch_initial_nodes();
        simulation.find_budget_targets();
        simulation.create_workloads();
        simulation.schedule_first_turns();
        simulation
    }

    fn schedule_first_turns(&mut self) {
        for (index, fault) in self.cast.faults.iter().enumerate() {
            if fault.at <= self.end {
                self.queue.push(fault.at, Event::Fault(index as u32));
            }
        }
        self.foresee_notices();
        if let Some(first) = self.cast.trace.first().filter(|first| first.arrives <= self.end) {
            self.queue.push(first.arrives, Event::TracePodArrives(0));
        }
        let first_step = if self.timing.lockstep { SimTime::ZERO } else { SimTime::ZERO + self.timing.step };
        self.queue.push(first_step, Event::TrafficStep);
        self.start_scaling();
        self.start_vertical_scaling();
        self.start_autoscaler();
        let every = self.recorder.timeline.every;
        if !every.is_zero() {
            let first = if self.timing.lockstep { SimTime::ZERO } else { SimTime::ZERO + every };
            self.queue.push(first, Event::Observe);
        }
    }

    /// The first turn of a loop with this period: at once, or at a random phase, of whole seconds in lockstep.
    pub(super) fn phase(&mut self, period: SimDuration) -> SimTime {
        if !self.timing.by_chance {
            return SimTime::ZERO;
        }
        let unit = SimDuration::from_millis(if self.timing.lockstep { 1000 } else { 1 });
        let places = (period.as_nanos() / unit.as_nanos()).max(1);
        SimTime::ZERO + unit * self.streams.phases.below(places as usize) as i64
    }

    /// Ends the replication and adds everything up.
    pub fn finish(mut self) -> Outcome {
        let cast = self.cast.clone();
        let (mut services, mut routes) = (Vec::new(), Vec::new());
        if let (Some(load), Some(traffic)) = (&mut self.load, &cast.traffic) {
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
                traffic.graph.routes().iter().zip(self.service_levels.by_route.values())
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
        self.service_levels.overflowed = self.load.as_ref().map_or(0, LoadState::overflowed);
        let vpas = self.vpa_recommendations();
        let keep = self.log.is_on();
        let names = self.instances.values().map(|instance| instance.name).filter(|_| keep).collect();
        Outcome {
            end: self.end,
            events: self.queue.handled(),
            bill: self.accounts.close(self.end),
            books: self.books,
            services,
            routes,
            service_levels: self.service_levels,
            vpas,
            timeline: self.recorder.timeline,
            log: self.log,
            cluster: if keep { self.cluster } else { Default::default() },
            instance_names: names,
        }
    }
}

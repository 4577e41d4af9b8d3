//! What pods use: for the metrics server, the bill and the speed of their nodes.

use crate::cluster::PodSpecId;
use crate::sim::accounts::UsageAbove;
use crate::sim::counts::Stage;
use crate::sim::load::serving::Serving;
use crate::sim::load::under_way::Usage;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::Load;
use crate::world::WorkloadId;

/// How requests of a workload are worked on, over their profile on the reference machine; both above 0.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// Of the work.
    pub(crate) speed: f64,
    /// Of the cpu time that a request takes.
    pub(crate) cpu: f64,
}

impl Serving {
    /// Workloads whose cpu demand is given over time: split evenly among ready pods, capped by the limit.
    pub(crate) fn follow_demand_curves(&mut self, shared: &mut Shared, now: SimTime) {
        for (id, workload) in shared.cast.workloads.iter() {
            if let Load::CpuDemand { demand_milli, memory_base_bytes, memory_per_milli_bytes } = &workload.load {
                let begun = &mut shared.workloads[id].demand_rows;
                while demand_milli.get(*begun).is_some_and(|(from, _)| *from <= now.max(SimTime::ZERO)) {
                    *begun += 1;
                }
                let demand = begun.checked_sub(1).map_or(0, |at| demand_milli[at].1);
                let ready = shared.counts.workloads[id].ready.value().max(1);
                let limit = shared.cluster.spec(workload.template).containers.first().and_then(|c| c.cpu_limit_milli);
                let cpu_milli = (demand / ready).min(limit.unwrap_or(i64::MAX));
                self.usage[id] = Usage {
                    cpu_milli,
                    memory_bytes: memory_base_bytes.saturating_add(memory_per_milli_bytes.saturating_mul(cpu_milli)),
                    shared_by: None,
                };
            }
        }
    }

    /// How fast a workload's requests are worked on, and how much cpu time they take: machines are fast or slow, nodes
    /// want more cpu than they have, versions cost more than others. The mean over its ready pods, from the usage of
    /// the step before.
    pub(crate) fn pace_of(&self, shared: &Shared, workload: WorkloadId) -> Pace {
        // A version whose requests cost twice the cpu is as slow as one on half a cpu.
        let factor = self.cpu_factor(shared, workload);
        if self.contended.is_empty() && shared.node_speeds.is_empty() {
            return Pace { speed: 1.0 / factor, cpu: factor };
        }
        let (mut speeds, mut cpu, mut pods) = (0.0, 0.0, 0u32);
        for pod in &shared.workloads[workload].pods {
            let row = shared.cluster.pod(*pod);
            if let (true, Some(node)) = (row.is_ready(), row.node()) {
                let share =
                    self.contended.iter().find(|(contended, _)| *contended == node).map_or(1.0, |(_, share)| *share);
                let machine = shared.node_speeds.get(node).copied().unwrap_or(1.0);
                pods += 1;
                speeds += share * machine;
                cpu += 1.0 / machine;
            }
        }
        let mean = |sum: f64| if pods == 0 { 1.0 } else { sum / f64::from(pods) };
        Pace { speed: mean(speeds) / factor, cpu: mean(cpu) * factor }
    }

    /// Finds the nodes whose pods together use more cpu than there is; only requests are slower there.
    fn find_contended_nodes(&mut self, shared: &mut Shared, now: SimTime) {
        self.contended.clear();
        self.metered.clear();
        let (serves, meters) = (shared.load.is_some(), shared.metering.meters_cpu());
        if !serves && !meters {
            return;
        }
        for (id, node) in shared.cluster.nodes() {
            let is_metered = meters && shared.metering.meters_cpu_of(id);
            if !serves && !is_metered {
                continue;
            }
            let used: i64 = node.pods().iter().map(|pod| self.pod_usage(shared, *pod).cpu_milli).sum();
            let there = node.capacity.resources.cpu_milli;
            if used > there && there > 0 && serves {
                self.contended.push((id, there as f64 / used as f64));
            }
            if is_metered {
                self.metered.push((id, used.min(there)));
            }
        }
        let span = now - self.metered_until;
        self.metered_until = now;
        for used in &self.metered {
            shared.metering.cpu_used(shared.accounts.ledger(), now, *used, span);
        }
    }

    /// What a pod uses now.
    pub(crate) fn pod_usage(&self, shared: &Shared, pod: crate::cluster::PodId) -> Usage {
        let row = shared.cluster.pod(pod);
        let crate::sim::pods::life::Owner::Workload(id) = shared.lives[pod].owner else { return Usage::default() };
        match shared.cast.workloads[id].load {
            _ if row.phase != crate::cluster::Phase::Running => Usage::default(),
            Load::Requests => {
                let requests = &shared.cluster.spec(row.spec).container_requests;
                Usage { cpu_milli: requests.cpu_milli, memory_bytes: requests.memory_bytes, shared_by: None }
            }
            Load::AtTarget { cpu_milli, memory_bytes } => Usage { cpu_milli, memory_bytes, shared_by: None },
            _ if shared.lives[pod].stage == Stage::Ready && shared.has_traffic(id, pod) => {
                let usage = self.usage[id];
                let ready = shared.counts.workloads[id].ready.value() as f64;
                Usage { cpu_milli: usage.cpu_milli_among(ready), ..usage }
            }
            _ => Usage { cpu_milli: 0, ..self.usage[id] },
        }
    }

    /// Usage above requests is held too (OpenCost: the larger of request and usage).
    pub(crate) fn book_usage(&mut self, shared: &mut Shared, now: SimTime) {
        self.find_contended_nodes(shared, now);
        for id in shared.cast.workloads.ids() {
            let workload = &shared.cast.workloads[id];
            let usage = self.usage[id];
            let is_booked = std::mem::replace(&mut shared.workloads[id].booked, usage) == usage;
            if is_booked || matches!(workload.load, Load::Requests | Load::AtTarget { .. }) {
                continue;
            }
            let requests = &shared.cluster.spec(workload.template).container_requests;
            let above = Usage {
                cpu_milli: (self.usage[id].cpu_milli - requests.cpu_milli).max(0),
                memory_bytes: (self.usage[id].memory_bytes - requests.memory_bytes).max(0),
                ..Usage::default()
            };
            shared.accounts.set_usage_above_requests(now, UsageAbove { workload: id, usage: above });
        }
    }

    /// How many times the cpu of the profile a request costs the versions that have the traffic; the mean over
    /// their ready pods.
    pub(crate) fn cpu_factor(&self, shared: &Shared, id: WorkloadId) -> f64 {
        if shared.cast.deploys.is_empty() {
            return 1.0;
        }
        let state = &shared.workloads[id];
        let (mut sum, mut pods) = (0.0, 0u32);
        for pod in state.pods.iter().filter(|pod| shared.cluster.pod(**pod).is_ready() && shared.has_traffic(id, **pod))
        {
            sum += self.factor_of(shared, id, state.templates[shared.lives[*pod].revision as usize]);
            pods += 1;
        }
        if pods == 0 { 1.0 } else { sum / f64::from(pods) }
    }

    fn factor_of(&self, shared: &Shared, id: WorkloadId, template: PodSpecId) -> f64 {
        let deploys = shared.cast.deploys.iter();
        let mut own = deploys.filter(|deploy| deploy.workload == id && deploy.template == template);
        own.next().map_or(1.0, |deploy| deploy.cpu_factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::sim::fixture::{Small, at, node, pass, pod_on};
    use crate::sim::load::under_way::LoadState;
    use crate::traffic::calls::{Call, CallGraph, Route};
    use crate::world::{Service, Traffic};

    /// Two pods on one node of four cores whose demand together is this.
    fn used(demand_milli: i64) -> (Shared, Serving) {
        let demand = Load::CpuDemand {
            demand_milli: vec![(at(0), demand_milli)],
            memory_base_bytes: 1 << 20,
            memory_per_milli_bytes: 10,
        };
        let mut shared = Small::new().group("base", 0, |_| {}).deployment("web", 2, |web| web.load = demand).shared();
        let node = node(&mut shared, "a");
        for _ in 0..2 {
            pod_on(&mut shared, Id::from_index(0), node);
        }
        pass(&mut shared, at(60));
        let mut serving = Serving::new(1, at(0));
        serving.follow_demand_curves(&mut shared, at(60));
        (shared, serving)
    }

    #[test]
    fn a_demand_is_split_among_ready_pods() {
        let (shared, serving) = used(600);
        let usage = serving.pod_usage(&shared, Id::from_index(0));
        assert_eq!((usage.cpu_milli, usage.memory_bytes), (300, (1 << 20) + 3000));
    }

    #[test]
    fn booked_usage_adds_up() {
        // A core is requested of four at 0.2 USD an hour: half a core more costs the namespace what it holds.
        let (mut shared, mut serving) = used(3000);
        serving.book_usage(&mut shared, at(60));
        assert_eq!(shared.workloads[Id::from_index(0)].booked.cpu_milli, 1500);
        let before = shared.accounts.accrued(at(3660));
        serving.usage[Id::from_index(0)].cpu_milli = 800;
        serving.book_usage(&mut shared, at(60));
        assert_eq!(shared.workloads[Id::from_index(0)].booked.cpu_milli, 800, "requests are held anyway");
        assert_eq!(shared.accounts.accrued(at(3660)), before, "who holds what changes nobody's bill");
    }

    #[test]
    fn pods_that_want_more_than_there_is_are_slower() {
        let (mut shared, mut serving) = used(8000);
        assert_eq!(serving.pace_of(&shared, Id::from_index(0)).speed, 1.0);
        shared.load = Some(LoadState::new(&traffic_elsewhere(), &Small::new().start()));
        serving.book_usage(&mut shared, at(60));
        assert_eq!(serving.pace_of(&shared, Id::from_index(0)).speed, 0.5);
    }

    /// Somebody else is called now and then.
    fn traffic_elsewhere() -> Traffic {
        let service = Service {
            name: "bank".to_owned(),
            profile: Default::default(),
            workload: None,
            memory_base_bytes: 0,
            memory_per_request_bytes: 0,
            objective: None,
        };
        let route = Route { name: "/".into(), share: 1.0, call: Call::to(Id::from_index(0)) };
        Traffic {
            demand: Default::default(),
            graph: CallGraph::from_routes(vec![route], 1).expect("a call"),
            services: [service].into_iter().collect(),
            objective: Default::default(),
            route_objectives: Default::default(),
            mode: Default::default(),
            arrivals: Default::default(),
        }
    }
}

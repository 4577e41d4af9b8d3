//! What must be true after every event, whatever the scenario: for tests, and for whoever doubts a result.
//!
//! Everything is recomputed from the objects themselves and compared with what the rooms keep as running sums.

use crate::cluster::{NodeId, PodId, Resources};
use crate::sim::Simulation;
use crate::sim::counts::Stage;
use crate::sim::log::{Evictor, Occurrence};
use crate::sim::pods::life::Owner;
use crate::units::{Money, PricePerHour, SimTime};
use std::collections::BTreeMap;

/// What is remembered of the moment before an event.
#[derive(Clone, Debug)]
pub struct Before {
    at: SimTime,
    /// By budget: ready pods that it protects, and how many of them may still be evicted.
    budgets: Vec<(Vec<PodId>, i32)>,
    accrued: Money,
    log: usize,
}

impl Simulation {
    /// Remembers what [`violations`](Self::violations) compares with. The log must be on.
    pub fn before_event(&mut self) -> Before {
        self.shared.refresh_budgets();
        let ready = |index: usize| -> Vec<PodId> {
            let pods =
                self.shared.budgets.targets[index].iter().flat_map(|id| &self.shared.workloads[*id].pods).copied();
            pods.filter(|pod| self.shared.cluster.pod(*pod).is_ready() && self.shared.is_active(*pod)).collect()
        };
        let allowed = |index: usize| self.shared.cluster.budgets[index].disruptions_allowed;
        let budgets = (0..self.shared.budgets.targets.len()).map(|index| (ready(index), allowed(index))).collect();
        let now = self.shared.queue.now();
        Before { at: now, budgets, accrued: self.shared.accounts.accrued(now), log: self.shared.log.records().len() }
    }

    /// What is not as it must be after an event; empty if all is well.
    ///
    /// Cost: all pods and nodes.
    pub fn violations(&self, before: &Before) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.shared.queue.now() < before.at {
            wrong.push("time goes back".to_owned());
        }
        if self.shared.accounts.run_rate() < PricePerHour::from_usd(0.0) {
            wrong.push("running costs less than nothing".to_owned());
        }
        let accrued = self.shared.accounts.accrued(self.shared.queue.now());
        if accrued < before.accrued {
            wrong.push(format!("{:?} to be paid, {accrued:?} after the event", before.accrued));
        }
        self.check_nodes(&mut wrong);
        self.check_pods(&mut wrong);
        self.check_groups(&mut wrong);
        self.check_replicas(&mut wrong);
        self.check_metered(&mut wrong);
        self.check_budgets(before, &mut wrong);
        wrong
    }

    /// Requests add up and are never above what a node has.
    fn check_nodes(&self, wrong: &mut Vec<String>) {
        for (id, node) in self.shared.cluster.nodes() {
            let mut sum = Resources::default();
            node.pods().iter().for_each(|pod| sum.add(&self.shared.cluster.spec_of(*pod).requests));
            let (requested, there) = (node.requested(), &node.allocatable.resources);
            let name = self.shared.cluster.node_name(id);
            if (sum.cpu_milli, sum.memory_bytes) != (requested.cpu_milli, requested.memory_bytes) {
                wrong.push(format!("{name}: its pods request {sum:?}, the node says {requested:?}"));
            }
            if requested.cpu_milli > there.cpu_milli || requested.memory_bytes > there.memory_bytes {
                wrong.push(format!("{name}: {requested:?} requested of {there:?}"));
            }
        }
    }

    /// Every pod is on at most one node, which exists; every living pod is in its owner's list and in its counts.
    fn check_pods(&self, wrong: &mut Vec<String>) {
        let mut found_on: BTreeMap<PodId, NodeId> = BTreeMap::new();
        for (id, node) in self.shared.cluster.nodes() {
            for pod in node.pods() {
                if let Some(other) = found_on.insert(*pod, id) {
                    wrong.push(format!("{} is on {other:?} and on {id:?}", self.shared.cluster.pod_key(*pod)));
                }
            }
        }
        for (id, row) in self.shared.cluster.pods().filter(|(_, row)| row.is_present()) {
            if row.node() != found_on.get(&id).copied() {
                let key = self.shared.cluster.pod_key(id);
                wrong.push(format!("{key} is on {:?}, found on {:?}", row.node(), found_on.get(&id)));
            }
            if self.shared.lives[id].stage == Stage::Gone {
                wrong.push(format!("{} is present and gone", self.shared.cluster.pod_key(id)));
            }
        }
        for (id, state) in self.shared.workloads.iter() {
            let count =
                |stage: Stage| state.pods.iter().filter(|pod| self.shared.lives[**pod].stage == stage).count() as i64;
            let counts = &self.shared.counts.workloads[id];
            let pairs = [
                ("pending", count(Stage::Pending), counts.pending.value()),
                ("starting", count(Stage::Starting), counts.starting.value()),
                ("ready", count(Stage::Ready), counts.ready.value()),
                ("terminating", count(Stage::Terminating), counts.terminating.value()),
            ];
            for (name, there, booked) in pairs.into_iter().filter(|(_, there, booked)| there != booked) {
                wrong.push(format!("{id:?}: {there} pods {name}, the counts say {booked}"));
            }
            let strangers =
                state.pods.iter().filter(|pod| self.shared.lives[**pod].owner != Owner::Workload(id)).count();
            if strangers > 0 {
                wrong.push(format!("{id:?} lists {strangers} pods of others"));
            }
        }
    }

    /// Nobody asks for more nodes than a group may have, nor for fewer than none.
    fn check_groups(&self, wrong: &mut Vec<String>) {
        for (id, group) in self.shared.cast.groups.iter() {
            let target = self.cloud.groups[id].target;
            if target < 0 || (group.autoscaled && target > group.max.max(group.initial)) {
                wrong.push(format!("{}: target {target}, at most {}", group.name, group.max));
            }
        }
    }

    /// What an HPA has set is within its bounds.
    fn check_replicas(&self, wrong: &mut Vec<String>) {
        for hpa in &self.shared.cast.hpas {
            let state = &self.shared.workloads[hpa.workload];
            let within = (hpa.spec.min..=hpa.spec.max).contains(&state.desired);
            if state.last_rescale != 0 && !within {
                wrong.push(format!(
                    "{:?} has {} replicas, {}..={}",
                    hpa.name, state.desired, hpa.spec.min, hpa.spec.max
                ));
            }
        }
    }

    /// Settled pods are ready, and every pod is in its workload's metered pods once.
    fn check_metered(&self, wrong: &mut Vec<String>) {
        for (id, state) in self.shared.workloads.iter() {
            let settled: Vec<PodId> =
                state.metered.settled.iter().flat_map(|alike| alike.pods.iter().copied()).collect();
            if settled.iter().any(|pod| self.shared.lives[*pod].stage != Stage::Ready) {
                wrong.push(format!("{id:?}: a settled pod is not ready"));
            }
            let mut listed: Vec<PodId> = settled.into_iter().chain(state.metered.unsettled.iter().copied()).collect();
            listed.sort_unstable();
            if listed != state.pods {
                wrong.push(format!("{id:?}: its metered pods are {listed:?}, its pods are {:?}", state.pods));
            }
        }
    }

    /// Budgets are up to date; evictions through the API take no more ready pods than a budget allowed before.
    fn check_budgets(&self, before: &Before, wrong: &mut Vec<String>) {
        for index in (0..self.shared.budgets.targets.len()).filter(|index| !self.shared.budgets.stale.contains(index)) {
            let (kept, computed) = (self.shared.status(index), self.shared.computed_status(index));
            if kept != computed {
                wrong.push(format!("budget {index} is taken to be {kept:?}, and is {computed:?}"));
            }
        }
        let new = &self.shared.log.records().as_slice()[before.log..];
        for (index, (ready, allowed)) in before.budgets.iter().enumerate() {
            let taken = new.iter().filter(|record| {
                matches!(record.what, Occurrence::Evicted {
                    pod, by: Evictor::ClusterAutoscaler | Evictor::VpaUpdater(_) | Evictor::Rebalance | Evictor::ZoneSpread, ..
                } if ready.contains(&pod))
            });
            let taken = taken.count() as i32;
            if taken > (*allowed).max(0) {
                let name = self.shared.cluster.symbols.text(self.shared.cast.budgets[index].name);
                wrong.push(format!("{taken} evictions against the budget {name}, which allowed {allowed}"));
            }
        }
    }
}

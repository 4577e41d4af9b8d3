//! Deployments at work.

use crate::cluster::{NodeId, Phase, PodId, PodName};
use crate::controllers::deployment::{self, ReplicaSet, Strategy, Wanted};
use crate::controllers::ranking::{self, Candidate};
use crate::go_sort;
use crate::sim::pods::birth::NewPod;
use crate::sim::pods::life::Lineage;
use crate::sim::shared::Shared;
use crate::sim::workloads::reconcile::Controllers;
use crate::units::SimTime;
use crate::world::WorkloadId;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The ReplicaSets of a Deployment, oldest first; mostly one.
type ReplicaSets = SmallVec<[ReplicaSet; 2]>;

impl Controllers {
    pub(crate) fn reconcile_deployment(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        id: WorkloadId,
        strategy: Strategy,
    ) {
        let mut sets: ReplicaSets = shared.workloads[id]
            .set_replicas
            .iter()
            .map(|r| ReplicaSet { replicas: *r, ..Default::default() })
            .collect();
        for pod in &shared.workloads[id].pods {
            let (row, set) = (shared.cluster.pod(*pod), &mut sets[shared.lives[*pod].part as usize]);
            set.existing += 1;
            set.current += i32::from(!row.is_terminating());
            set.ready += i32::from(row.is_ready() && !row.is_terminating());
            set.available += i32::from(self.is_available(shared, now, *pod));
        }
        self.size_sets(shared, id, strategy, &mut sets);
        for (set, row) in sets.iter().enumerate() {
            shared.workloads[id].set_replicas[set] = row.replicas;
            let missing = row.replicas - row.current;
            (0..missing).for_each(|_| {
                self.create_numbered(shared, now, id, Lineage { part: set as u32, revision: set as u32 })
            });
            if missing < 0 {
                self.scale_in(shared, id, set as u32, missing.unsigned_abs() as usize);
            }
        }
        let current = shared.workloads[id].current as usize;
        let settled = sets.iter().enumerate().all(|(at, set)| match at == current {
            true => set.available == set.replicas,
            false => set.existing == 0,
        });
        self.follow_progress(shared, id, &sets, settled);
        if settled {
            self.finish_rollout(shared, now, id);
        }
    }

    /// The ReplicaSets' sizes: as the strategy says, or both at full size while a blue-green rollout is under way.
    fn size_sets(&mut self, shared: &mut Shared, id: WorkloadId, strategy: Strategy, sets: &mut [ReplicaSet]) {
        let colours = self.rollouts.both_colours(shared, id);
        let state = &mut shared.workloads[id];
        let before = std::mem::replace(&mut state.sized_for, state.desired);
        if let Some(colours) = colours {
            for (at, set) in sets.iter_mut().enumerate() {
                set.replicas = if colours.contains(&(at as u32)) { state.desired } else { 0 };
            }
            return;
        }
        let wanted = Wanted { replicas: state.desired, before };
        deployment::desired_replicas(wanted, strategy, sets, state.current as usize);
    }

    /// A pod with the next number of its workload, of a ReplicaSet or a Job.
    pub(crate) fn create_numbered(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, lineage: Lineage) {
        shared.workloads[id].named += 1;
        let name = PodName::numbered(shared.cast.workloads[id].name, shared.workloads[id].named);
        let template = shared.workloads[id].templates[lineage.revision as usize];
        shared.create_pod(now, id, NewPod { template, lineage, name, daemon_node: None });
    }

    /// Deletes the `count` pods of a ReplicaSet that rank first.
    fn scale_in(&mut self, shared: &mut Shared, id: WorkloadId, set: u32, count: usize) {
        let now = shared.queue.now();
        let active: Vec<PodId> =
            shared.workloads[id].pods.iter().copied().filter(|pod| shared.is_active(*pod)).collect();
        let mut on_node: FxHashMap<Option<NodeId>, u32> = FxHashMap::default();
        on_node.reserve(active.len());
        active.iter().for_each(|pod| *on_node.entry(shared.cluster.pod(*pod).node()).or_default() += 1);
        let mut ranked: Vec<(Candidate, PodId)> = Vec::with_capacity(active.len());
        for pod in active.into_iter().filter(|pod| shared.lives[*pod].part == set) {
            ranked.push((self.candidate(shared, pod, on_node[&shared.cluster.pod(pod).node()]), pod));
        }
        if count < ranked.len() {
            go_sort::sort_by(&mut ranked, |a, b| ranking::goes_before(&a.0, &b.0, now));
        }
        for (_, pod) in ranked.into_iter().take(count) {
            self.give_up(shared, now, pod);
        }
    }

    fn candidate(&self, shared: &Shared, pod: PodId, rank: u32) -> Candidate {
        let row = shared.cluster.pod(pod);
        Candidate {
            assigned: row.node().is_some(),
            phase: match row.phase {
                Phase::Pending => 0,
                Phase::Unknown => 1,
                _ => 2,
            },
            ready_since: row.ready.filter(|(ready, _)| *ready).map(|(_, since)| since),
            rank,
            created: row.created,
            uid: row.uid,
            deletion_cost: 0,
            restarts: shared.lives[pod].crashes,
        }
    }
}

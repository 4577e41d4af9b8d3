//! DaemonSets at work.

use crate::cluster::{Effect, NodeId, PodId, PodName};
use crate::controllers::daemon_set::{self, Health, Pair, Update};
use crate::intern::Symbol;
use crate::sim::pods::birth::NewPod;
use crate::sim::pods::life::Lineage;
use crate::sim::shared::Shared;
use crate::sim::workloads::reconcile::Controllers;
use crate::units::SimTime;
use crate::world::WorkloadId;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

/// The nodes that have pods of a DaemonSet or should, by name, each with its pods.
type Places = IndexMap<Symbol, SmallVec<[PodId; 2]>, FxBuildHasher>;

/// The pods of a DaemonSet in an update.
struct Fleet {
    update: Update,
    /// How many nodes should have a pod.
    desired: i32,
    places: Places,
}

impl Controllers {
    /// The controller looks at every node, then goes on with an update.
    pub(crate) fn reconcile_daemon_set(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, update: Update) {
        let template = shared.workloads[id].templates[shared.workloads[id].current as usize];
        let mut places = Places::with_capacity_and_hasher(shared.workloads[id].pods.len(), FxBuildHasher);
        for pod in &shared.workloads[id].pods {
            if let Some(node) = shared.cluster.pod(*pod).daemon_node {
                places.entry(node).or_default().push(*pod);
            }
        }
        let spec = shared.cluster.spec(template);
        let mut unwanted: Vec<NodeId> = Vec::new();
        let (mut missing, mut desired): (Vec<Symbol>, i32) = (Vec::new(), 0);
        for (node, row) in shared.cluster.nodes() {
            match (daemon_set::should_run(spec, row, &shared.cluster.symbols), places.contains_key(&row.name)) {
                (true, has_pods) => {
                    desired += 1;
                    if !has_pods {
                        missing.push(row.name);
                    }
                }
                (false, true) => unwanted.push(node),
                (false, false) => {}
            }
        }
        for node in unwanted {
            self.evict_untolerated(shared, now, id, node);
        }
        for node in &missing {
            self.create_daemon_pod(shared, now, id, *node);
            places.insert(*node, SmallVec::new());
        }
        if shared.workloads[id].templates.len() > 1 {
            self.update_daemon_set(shared, now, id, &Fleet { update, desired, places });
        }
    }

    fn create_daemon_pod(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, node: Symbol) {
        let symbols = &mut shared.cluster.symbols;
        let base = format!("{}-{}", symbols.text(shared.cast.workloads[id].name), symbols.text(node));
        let base = symbols.intern(&base);
        let turn = self.daemon_pods.entry((id, node)).or_default();
        *turn += 1;
        let name = PodName::numbered(base, *turn);
        let current = shared.workloads[id].current;
        let template = shared.workloads[id].templates[current as usize];
        let lineage = Lineage { part: 0, revision: current };
        shared.create_pod(now, id, NewPod { template, lineage, name, daemon_node: Some(node) });
    }

    fn update_daemon_set(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, fleet: &Fleet) {
        let Fleet { update, desired, places } = fleet;
        let find = |pods: &[PodId], updated: bool| {
            let fits = |pod: &&PodId| shared.is_active(**pod) && self.is_updated(shared, **pod) == updated;
            pods.iter().find(fits).copied()
        };
        let health = |pod: PodId| Health {
            ready: shared.cluster.pod(pod).is_ready(),
            available: self.is_available(shared, now, pod),
        };
        let old: Vec<Option<PodId>> = places.values().map(|pods| find(pods, false)).collect();
        let pair = |(old, pods): (&Option<PodId>, &SmallVec<[PodId; 2]>)| Pair {
            old: old.map(health),
            new: find(pods, true).map(health),
        };
        let pairs: Vec<Pair> = old.iter().zip(places.values()).map(pair).collect();
        let is_done = |pair: &Pair| pair.old.is_none() && pair.new.is_some_and(|new| new.available);
        if pairs.iter().all(is_done) {
            return self.finish_rollout(shared, now, id);
        }
        let step = daemon_set::next_step(*update, *desired, &pairs);
        for pod in step.delete_old.into_iter().filter_map(|at| old[at]) {
            self.give_up(shared, now, pod);
        }
        for (node, _) in step.create_new.into_iter().filter_map(|at| places.get_index(at)) {
            self.create_daemon_pod(shared, now, id, *node);
        }
    }

    /// A DaemonSet's pod stays on a node it should no longer run on, unless a NoExecute taint drives it away.
    fn evict_untolerated(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, node: NodeId) {
        let row = shared.cluster.node(node);
        let spec = shared.cluster.spec(shared.cast.workloads[id].template);
        let is_driven = row.taints.iter().any(|taint| taint.effect == Effect::NoExecute && !spec.tolerates(taint));
        if is_driven {
            let here = |pod: &PodId| shared.cluster.pod(*pod).daemon_node == Some(row.name);
            let pods: Vec<PodId> = shared.workloads[id].pods.iter().copied().filter(here).collect();
            pods.into_iter().for_each(|pod| shared.delete_pod(now, pod, None));
        }
    }
}

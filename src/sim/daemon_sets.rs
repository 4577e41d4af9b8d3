//! DaemonSets at work.

use crate::cluster::{Effect, NodeId, PodId, PodName};
use crate::controllers::daemon_set::{self, Health, Pair, Update};
use crate::intern::Symbol;
use crate::sim::Simulation;
use crate::units::SimTime;
use crate::world::WorkloadId;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

/// The nodes that have pods of a DaemonSet or should, by name, each with its pods.
type Places = IndexMap<Symbol, SmallVec<[PodId; 2]>, FxBuildHasher>;

impl Simulation {
    /// The controller looks at every node, then goes on with an update.
    pub(super) fn reconcile_daemon_set(&mut self, now: SimTime, id: WorkloadId, update: Update) {
        let template = self.workloads[id].templates[self.workloads[id].current as usize];
        let mut places = Places::with_capacity_and_hasher(self.workloads[id].pods.len(), FxBuildHasher);
        for pod in &self.workloads[id].pods {
            if let Some(node) = self.cluster.pod(*pod).daemon_node {
                places.entry(node).or_default().push(*pod);
            }
        }
        let spec = self.cluster.spec(template);
        let mut unwanted: Vec<NodeId> = Vec::new();
        let (mut missing, mut desired): (Vec<Symbol>, i32) = (Vec::new(), 0);
        for (node, row) in self.cluster.nodes() {
            match (daemon_set::should_run(spec, row, &self.cluster.symbols), places.contains_key(&row.name)) {
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
            self.evict_untolerated(now, id, node);
        }
        for node in &missing {
            self.create_daemon_pod(now, id, *node);
            places.insert(*node, SmallVec::new());
        }
        if self.workloads[id].templates.len() > 1 {
            self.update_daemon_set(now, id, update, desired, &places);
        }
    }

    fn create_daemon_pod(&mut self, now: SimTime, id: WorkloadId, node: Symbol) {
        let symbols = &mut self.cluster.symbols;
        let base = format!("{}-{}", symbols.text(self.cast.workloads[id].name), symbols.text(node));
        let base = symbols.intern(&base);
        let turn = self.daemon_pods.entry((id, node)).or_default();
        *turn += 1;
        let name = PodName::numbered(base, *turn);
        let current = self.workloads[id].current;
        let template = self.workloads[id].templates[current as usize];
        self.create_pod(now, id, template, (0, current), name, Some(node));
    }

    fn update_daemon_set(&mut self, now: SimTime, id: WorkloadId, update: Update, desired: i32, places: &Places) {
        let find = |pods: &[PodId], updated: bool| {
            let fits = |pod: &&PodId| self.is_active(**pod) && self.is_updated(**pod) == updated;
            pods.iter().find(fits).copied()
        };
        let health =
            |pod: PodId| Health { ready: self.cluster.pod(pod).is_ready(), available: self.is_available(now, pod) };
        let old: Vec<Option<PodId>> = places.values().map(|pods| find(pods, false)).collect();
        let pair = |(old, pods): (&Option<PodId>, &SmallVec<[PodId; 2]>)| Pair {
            old: old.map(health),
            new: find(pods, true).map(health),
        };
        let pairs: Vec<Pair> = old.iter().zip(places.values()).map(pair).collect();
        let is_done = |pair: &Pair| pair.old.is_none() && pair.new.is_some_and(|new| new.available);
        if pairs.iter().all(is_done) {
            return self.finish_rollout(now, id);
        }
        let step = daemon_set::next_step(update, desired, &pairs);
        for pod in step.delete_old.into_iter().filter_map(|at| old[at]) {
            self.give_up(now, pod);
        }
        for (node, _) in step.create_new.into_iter().filter_map(|at| places.get_index(at)) {
            self.create_daemon_pod(now, id, *node);
        }
    }

    /// A DaemonSet's pod stays on a node it should no longer run on, unless a NoExecute taint drives it away.
    fn evict_untolerated(&mut self, now: SimTime, id: WorkloadId, node: NodeId) {
        let row = self.cluster.node(node);
        let spec = self.cluster.spec(self.cast.workloads[id].template);
        let is_driven = row.taints.iter().any(|taint| taint.effect == Effect::NoExecute && !spec.tolerates(taint));
        if is_driven {
            let here = |pod: &PodId| self.cluster.pod(*pod).daemon_node == Some(row.name);
            let pods: Vec<PodId> = self.workloads[id].pods.iter().copied().filter(here).collect();
            pods.into_iter().for_each(|pod| self.delete_pod(now, pod, None));
        }
    }
}

//! Pods that are the same to the scheduler: one of them is asked, all get the answer.

use crate::autoscaler::templates::Template;
use crate::cluster::{ClusterState, PodId, PodSpecId};
use crate::id::GroupId;
use crate::intern::Symbol;
use crate::scheduler::{Feasible, Filters, PreFilterError, Profile};
use fixedbitset::FixedBitSet;
use rustc_hash::FxHashMap;

/// How many kinds of pods per controller are kept apart at most. Upstream: `maxEquivalenceGroupsByController`.
const KINDS_PER_CONTROLLER: usize = 10;

/// One equivalence group.
#[derive(Clone, Debug)]
pub(in crate::autoscaler) struct Kind {
    pub(in crate::autoscaler) pods: Vec<PodId>,
    /// The place of its pods' spec in [`Kinds::specs`].
    pub(in crate::autoscaler) spec: u32,
}

impl Kind {
    /// Its pods, each with the place of its spec.
    pub(super) fn items(&self) -> Vec<(PodId, u32)> {
        self.pods.iter().map(|pod| (*pod, self.spec)).collect()
    }
}

/// All pods that need help, by kind.
#[derive(Clone, Debug, Default)]
pub(in crate::autoscaler) struct Kinds {
    pub(in crate::autoscaler) rows: Vec<Kind>,
    /// The different specs.
    pub(in crate::autoscaler) specs: Vec<PodSpecId>,
    /// Kinds that look at nothing but what is free on a new node.
    pub(in crate::autoscaler) plain_load: FixedBitSet,
}

impl Kinds {
    /// Upstream: `equivalence.BuildPodGroups`, 1.28.0: by controller and kind; DaemonSets' pods and pods
    /// without controller stay alone.
    pub(in crate::autoscaler) fn of(cluster: &ClusterState, feasible: &mut Feasible, pods: &[PodId]) -> Kinds {
        let mut kinds = Kinds::default();
        let mut known: FxHashMap<(Symbol, PodSpecId), usize> = FxHashMap::default();
        let mut of_controller: FxHashMap<Symbol, usize> = FxHashMap::default();
        let mut places: FxHashMap<PodSpecId, u32> = FxHashMap::default();
        for pod in pods.iter().copied() {
            let (spec, row) = (cluster.pod(pod).spec, cluster.spec_of(pod));
            let owner = row.owner.filter(|_| !row.is_daemon()).map(|owner| owner.uid);
            if let Some(at) = owner.and_then(|owner| known.get(&(owner, spec))) {
                kinds.rows[*at].pods.push(pod);
                continue;
            }
            if let Some(owner) = owner {
                let count = of_controller.entry(owner).or_default();
                if *count < KINDS_PER_CONTROLLER {
                    *count += 1;
                    known.insert((owner, spec), kinds.rows.len());
                }
            }
            let next = kinds.specs.len() as u32;
            let place = *places.entry(spec).or_insert(next);
            if place == next {
                kinds.specs.push(spec);
            }
            kinds.plain_load.grow(kinds.rows.len() + 1);
            kinds.plain_load.set(kinds.rows.len(), feasible.is_plain_load(cluster, pod));
            kinds.rows.push(Kind { pods: vec![pod], spec: place });
        }
        kinds
    }

    /// The kinds that fit an empty new node. Upstream: `SchedulablePods`, 1.28.0.
    pub(in crate::autoscaler) fn fitting(
        &self,
        cluster: &mut ClusterState,
        feasible: &mut Feasible,
        template: &Template,
        group: GroupId,
    ) -> FixedBitSet {
        let mut trial = cluster.trial();
        let node = template.add_to(&mut trial, "template-node", group);
        let mut fitting = FixedBitSet::with_capacity(self.rows.len());
        for (at, row) in self.rows.iter().enumerate() {
            fitting.set(at, feasible.ask(&trial, row.pods[0]).fits(node));
        }
        fitting
    }
}

/// Why some kinds do not fit a new node, in the scheduler's words.
pub(in crate::autoscaler) fn refusals(
    cluster: &mut ClusterState,
    profile: &Profile,
    (template, group): (&Template, GroupId),
    pods: &[PodId],
) -> Vec<String> {
    let mut trial = cluster.trial();
    let node = template.add_to(&mut trial, "template-node", group);
    let one = |pod: &PodId| {
        let row = trial.pod(*pod);
        let filters = match Filters::prepare(&trial, profile, row.spec, row.daemon_node) {
            Ok(filters) => filters,
            Err(PreFilterError::Unschedulable(_, text) | PreFilterError::Failed(text)) => return text,
        };
        let reasons = filters.check(&trial, node).err().map_or_else(Default::default, |rejection| rejection.reasons);
        reasons.iter().map(|reason| reason.text(&trial.symbols)).collect::<Vec<_>>().join("; ")
    };
    pods.iter().map(one).collect()
}

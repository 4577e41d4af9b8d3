//! kube-scheduler alone: pods placed one after another.

use crate::cluster::{ClusterState, NodeId, Pod, PodId, PodName, VolumePlan};
use crate::id::Id;
use crate::scheduler::{Attempt, Decision, Diagnosis, Preemption, Scheduler};
use crate::units::{SimDuration, SimTime};
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often pods that preempted others are tried again.
const PASSES: u32 = 4;

/// What became of the pods.
#[derive(Clone, Debug, Default)]
pub struct DryRun {
    /// Pods with their nodes, in order of binding.
    pub placed: Vec<(PodId, NodeId)>,
    /// Pods without a node, each with the reasons of its last attempt.
    pub waiting: Vec<(PodId, Diagnosis)>,
    /// Pods that are never tried, because of their scheduling gates.
    pub gated: Vec<PodId>,
    /// Room that was made: who for, where, who had to go.
    pub preemptions: Vec<(PodId, Preemption)>,
    /// The last attempt for the pod that was to be explained.
    pub explained: Option<Attempt>,
    /// Attempts made.
    pub attempts: u64,
    /// Time spent in the scheduler and on binding.
    pub took: Duration,
}

/// Places `pending`: by priority, then in the order given. Victims of preemption vanish at once, and pods that
/// are still waiting are then tried again, at most four times in all.
///
/// The pod to `explain` is tried with everything written down.
pub fn place(
    cluster: &mut ClusterState,
    scheduler: &mut Scheduler,
    pending: &[PodId],
    explain: Option<PodId>,
) -> DryRun {
    let mut run = DryRun::default();
    let is_gated = |pod: &PodId| !cluster.spec_of(*pod).scheduling_gates.is_empty();
    let (gated, mut waiting): (Vec<PodId>, Vec<PodId>) = pending.iter().copied().partition(is_gated);
    run.gated = gated;
    let begin = Instant::now();
    waiting.sort_by_key(|pod| Reverse(cluster.spec_of(*pod).priority));
    waiting.iter().filter(|pod| cluster.pod(**pod).nominated.is_some()).for_each(|pod| scheduler.nominated(*pod));
    for _ in 0..PASSES {
        let before = run.preemptions.len();
        run.waiting.clear();
        for pod in &waiting {
            attempt(cluster, scheduler, *pod, explain == Some(*pod), &mut run);
        }
        waiting.retain(|pod| cluster.pod(*pod).node().is_none() && cluster.pod(*pod).is_present());
        if waiting.is_empty() || run.preemptions.len() == before {
            break;
        }
    }
    run.took = begin.elapsed();
    run
}

fn attempt(cluster: &mut ClusterState, scheduler: &mut Scheduler, pod: PodId, explain: bool, run: &mut DryRun) {
    run.attempts += 1;
    let attempt = match explain {
        false => match scheduler.decide(cluster, pod) {
            Ok((node, volumes)) => return bind(cluster, pod, node, &volumes, run),
            Err(attempt) => attempt,
        },
        true => Arc::new(scheduler.schedule(cluster, pod)),
    };
    match &attempt.decision {
        Decision::Bind(node) => bind(cluster, pod, *node, &attempt.volumes, run),
        Decision::Preempt(preemption) => {
            preemption.victims.iter().for_each(|victim| cluster.remove_pod(*victim));
            preemption.cleared.iter().for_each(|other| cluster.set_nominated(*other, None));
            let name = cluster.node(preemption.node).name;
            cluster.set_nominated(pod, Some(name));
            scheduler.nominated(pod);
            run.preemptions.push((pod, preemption.clone()));
            run.waiting.push((pod, attempt.diagnosis(cluster)));
        }
        Decision::Wait { clear_nomination, .. } => {
            if *clear_nomination {
                cluster.set_nominated(pod, None);
            }
            run.waiting.push((pod, attempt.diagnosis(cluster)));
        }
        Decision::Failed(_) => {
            cluster.set_nominated(pod, None);
            run.waiting.push((pod, attempt.diagnosis(cluster)));
        }
    }
    if explain {
        run.explained = Some(Arc::unwrap_or_clone(attempt));
    }
}

fn bind(cluster: &mut ClusterState, pod: PodId, node: NodeId, volumes: &VolumePlan, run: &mut DryRun) {
    cluster.set_nominated(pod, None);
    cluster.assume_volumes(volumes, node);
    cluster.bind(pod, node);
    cluster.set_started(pod, Some(SimTime::ZERO + SimDuration::from_secs(run.placed.len() as i64)));
    run.placed.push((pod, node));
}

/// How many more pods like one fit.
#[derive(Clone, Debug)]
pub struct HowMany {
    /// How many fit on each node, in order of the nodes; nodes that take none are left out.
    pub by_node: Vec<(NodeId, u32)>,
    /// Why the next one does not fit; absent if the limit was reached first.
    pub stopped: Option<Diagnosis>,
    /// Time spent in the scheduler and on binding.
    pub took: Duration,
}

impl HowMany {
    /// The number of pods.
    pub fn count(&self) -> u64 {
        self.by_node.iter().map(|(_, count)| u64::from(*count)).sum()
    }
}

/// Places copies of `like` until nothing fits, or `limit` are placed. Nobody is preempted. The copies stay.
pub fn how_many(cluster: &mut ClusterState, scheduler: &mut Scheduler, like: PodId, limit: u32) -> HowMany {
    let begin = Instant::now();
    let mut counts = vec![0; cluster.node_id_bound()];
    let mut stopped = None;
    let base = cluster.pod(like).name.base;
    for copy in 0..limit {
        let row = Pod::new(PodName::numbered(base, copy), cluster.pod(like).spec, cluster.pod(like).created);
        let pod = cluster.add_pod(row);
        match scheduler.decide(cluster, pod) {
            Ok((node, volumes)) => {
                cluster.assume_volumes(&volumes, node);
                cluster.bind(pod, node);
                counts[Id::index(node)] += 1;
            }
            Err(attempt) => {
                stopped = Some(Diagnosis { post_filter: String::new(), ..attempt.diagnosis(cluster) });
                cluster.remove_pod(pod);
                break;
            }
        }
    }
    let of_node = |node: &NodeId| (*node, counts[Id::index(*node)]);
    let by_node = cluster.node_ids().iter().map(of_node).filter(|(_, count)| *count > 0).collect();
    HowMany { by_node, stopped, took: begin.elapsed() }
}

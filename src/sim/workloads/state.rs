//! The state of a workload.

use crate::cluster::{NodeId, PodId, PodSpecId};
use crate::controllers::job::JobProgress;
use crate::intern::Symbol;
use crate::sim::load::under_way::Usage;
use crate::sim::log::RecordId;
use crate::sim::pods::slots::Slots;
use crate::sim::scaling::metered_pods::MeteredPods;
use crate::units::SimTime;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The state of a workload.
#[derive(Clone, Debug, Default)]
pub(crate) struct WorkloadState {
    /// `spec.replicas`.
    pub desired: i32,
    /// Its pods, terminating ones included, in order of creation.
    pub pods: Vec<PodId>,
    /// The places of those that are not told to go.
    pub slots: Slots,
    /// The pods' kinds, oldest first: of a Deployment one for each ReplicaSet.
    pub templates: Vec<PodSpecId>,
    /// Which of them is current.
    pub current: u32,
    /// Of a StatefulSet, which of them all of its pods had last: those below the partition of an update keep it.
    pub stable: u32,
    /// Which of them gets requests; all of them if absent.
    pub serving: Option<u32>,
    /// How a rollout progresses, until it is complete.
    pub progress: Option<Progress>,
    /// `spec.replicas` of its ReplicaSets.
    pub set_replicas: Vec<i32>,
    /// Its own when they were decided.
    pub sized_for: i32,
    /// Pods named so far.
    pub named: u32,
    /// Of a StatefulSet with zonal claims: the zone by ordinal, once its claims have their volumes.
    pub claim_zones: FxHashMap<u32, Symbol>,
    /// Its Jobs.
    pub jobs: Vec<JobState>,
    /// Where pods of Jobs that are not over have done their work, with their Jobs' numbers. For the log alone.
    pub finished_on: Vec<(u32, NodeId)>,
    /// Of a CronJob: when a Job was due that has to wait for another one.
    pub waiting_since: Option<SimTime>,
    /// The direction of the last rescale.
    pub last_rescale: i32,
    /// Its pods as the HPA controller sees them.
    pub metered: MeteredPods,
    /// Where demand is given over time: how many of the rows have begun.
    pub demand_rows: usize,
    /// The usage per pod that the accounts know.
    pub booked: Usage,
    /// The budgets that protect its pods.
    pub budgets: SmallVec<[usize; 1]>,
    /// Something changed since the controller looked.
    pub dirty: bool,
    /// A rollout is under way.
    pub rolling: bool,
    /// The record that new pods are created for: a rescale, a rollout, a Job, the loss of a pod.
    pub more_because: Option<RecordId>,
    /// The record that pods are given up for: a rescale, a rollout.
    pub fewer_because: Option<RecordId>,
    /// The last record of its rollout.
    pub rollout_because: Option<RecordId>,
}

/// A Job of a Job or CronJob workload.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JobState {
    pub(crate) progress: JobProgress,
    pub(crate) finished: bool,
    pub(crate) started: SimTime,
    pub(crate) failures_in_a_row: u32,
    /// No new pod before this instant.
    pub(crate) held_until: SimTime,
    /// The end of the back-off for which the controller has been called already.
    pub(crate) awaited: SimTime,
    /// The record of its beginning.
    pub(crate) record: Option<RecordId>,
}

/// How a Job loses a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PodLoss {
    /// Its deletion was asked for.
    Deleted,
    /// It has stopped after that.
    Stopped,
    /// It is gone with its node, without having been deleted before.
    WithNode,
}

/// A rollout under way, as its controller saw it last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// When it last came closer to its end.
    pub(crate) since: SimTime,
    /// Pods of the new version, of old ones, ready ones and available ones.
    pub(crate) counts: [i32; 4],
    /// It was said to be stuck.
    pub(crate) is_stuck: bool,
}

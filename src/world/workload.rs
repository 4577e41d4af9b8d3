//! Workloads: what creates pods, and what its pods do.

use super::{Delay, Lifecycle, Load};
use crate::cluster::PodSpecId;
use crate::controllers::cron_job::{ConcurrencyPolicy, Schedule};
use crate::controllers::daemon_set;
use crate::controllers::deployment::Strategy;
use crate::controllers::job::JobSpec;
use crate::controllers::stateful_set::{self, PodManagement};
use crate::intern::Symbol;
use crate::units::{SimDuration, SimTime};

/// What creates pods.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The namespace.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// What it is.
    pub kind: WorkloadKind,
    /// The pods' kind.
    pub template: PodSpecId,
    /// `spec.replicas` at the start (Deployments, StatefulSets).
    pub replicas: i32,
    /// How its pods live.
    pub lifecycle: Lifecycle,
    /// What its pods do.
    pub load: Load,
    /// When it is created.
    pub starts: SimTime,
    /// `spec.minReadySeconds`: a pod that has been ready for this long is available. Not negative.
    pub min_ready: SimDuration,
    /// `spec.progressDeadlineSeconds` of a Deployment; nobody waits for others.
    pub progress_deadline: Option<SimDuration>,
}

/// Kinds of workloads with what distinguishes them.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a cast holds a few hundred of them, once")]
pub enum WorkloadKind {
    /// `apps` Deployment.
    Deployment(Strategy),
    /// `apps` StatefulSet.
    StatefulSet {
        /// Order of creation.
        management: PodManagement,
        /// How its pods get a new template.
        update: stateful_set::Update,
        /// Its pods have claims whose volumes can be used in one zone only.
        zonal_claims: bool,
    },
    /// `apps` DaemonSet.
    DaemonSet(daemon_set::Update),
    /// `batch` Job; its pods work for a while.
    Job {
        /// Parallelism, completions, back-off limit.
        spec: JobSpec,
        /// How long a pod works.
        work: Delay,
    },
    /// `batch` CronJob.
    CronJob {
        /// When.
        schedule: Schedule,
        /// Whether Jobs may overlap.
        concurrency: ConcurrencyPolicy,
        /// How late a Job may start.
        starting_deadline: Option<SimDuration>,
        /// The Jobs.
        spec: JobSpec,
        /// How long a pod works.
        work: Delay,
    },
    /// A pod without a controller.
    BarePod,
}

impl WorkloadKind {
    /// `kind` of the object in the API.
    pub fn name(&self) -> &'static str {
        match self {
            WorkloadKind::Deployment(_) => "Deployment",
            WorkloadKind::StatefulSet { .. } => "StatefulSet",
            WorkloadKind::DaemonSet(_) => "DaemonSet",
            WorkloadKind::Job { .. } => "Job",
            WorkloadKind::CronJob { .. } => "CronJob",
            WorkloadKind::BarePod => "Pod",
        }
    }
}

//! A record in words and numbers.

use super::Decisions;
use super::line::{BILLING, Line};
use super::words::{eviction, evictor, figures, mebibytes};
use crate::cluster::{NodeId, PodId};
use crate::report::hpa_reasons::{self, Replicas};
use crate::sim::log::{Denial, JobEnd, JobFailure, Occurrence, SeenByHpa};
use crate::units::{counted, finite};
use crate::world::{FaultKind, Measure, WorkloadKind};
use crate::world::{GroupId, WorkloadId};
use serde_json::json;

impl Decisions<'_> {
    /// What a record says.
    pub(super) fn describe(&self, what: &Occurrence) -> Line {
        match *what {
            Occurrence::Rescaled { workload, from, to, saw } => self.rescaled(workload, (from, to), &saw),
            Occurrence::Waits { pod, refused_by, message } => {
                let message = self.history.log.said(message);
                let text = format!("The pod {} waits: {}.", self.pod(pod), message.trim_end_matches('.'));
                let line = Line::new("scheduler", "waits", self.pod_names(pod), text);
                line.with("refused_by", refused_by.names()).with("message", message)
            }
            Occurrence::Bound { pod, node, waited } => {
                let whole = crate::units::SimDuration::from_secs(waited.as_secs_f64() as i64);
                let after = if whole.is_zero() { String::new() } else { format!(" after waiting {whole}") };
                let text = format!("The pod {} got the node {}{after}.", self.pod(pod), self.node(node));
                let line = Line::new("scheduler", "bound", self.with_node(pod, node), text)
                    .with("waited_seconds", waited.as_secs_f64());
                if self.is_billed(pod) { self.billing(line, pod, "begins") } else { line }
            }
            Occurrence::PodAtStart { pod, node } => {
                let text = format!("The pod {} is on the node {} from the start.", self.pod(pod), self.node(node));
                let line = Line::new("scheduler", "pod-at-start", self.with_node(pod, node), text);
                if self.is_billed(pod) { self.billing(line, pod, "begins") } else { line }
            }
            Occurrence::Unbound { pod, node } => {
                let text = format!("The pod {} no longer holds the node {}.", self.pod(pod), self.node(node));
                self.billing(Line::new("kubelet", "unbound", self.with_node(pod, node), text), pod, "ends")
            }
            Occurrence::Volumes { workload, ordinal, there, when_bound } => {
                self.volumes(workload, ordinal, (there, when_bound))
            }
            Occurrence::Preemption { pod, node, victims } => {
                let text = format!(
                    "The pod {} makes room for itself on {}: {victims} less important pods have to go.",
                    self.pod(pod),
                    self.node(node)
                );
                Line::new("scheduler", "preempted", self.with_node(pod, node), text).with("victims", victims)
            }
            Occurrence::GivenUp(pod) => {
                let text = format!("The pod {} is no longer wanted and is deleted.", self.pod(pod));
                let controller = self.workload_of(pod).map_or("replicaset", |id| self.controller(id, "replicaset"));
                Line::new(controller, "deleted", self.pod_names(pod), text)
            }
            Occurrence::Evicted { .. }
            | Occurrence::EvictionDenied { .. }
            | Occurrence::OutOfMemory { .. }
            | Occurrence::ContainerHangs(_)
            | Occurrence::FailedProbe(_) => self.pod_lost(what),
            Occurrence::DeployStarted(id) => self.of_rollout("rollout", id, "A rollout of", "begins"),
            Occurrence::DeployFinished(id) => self.of_rollout("rolled-out", id, "The rollout of", "is complete"),
            Occurrence::DeployStuck(id) => {
                let why = "has made no progress for too long (ProgressDeadlineExceeded)";
                self.of_rollout("stuck", id, "The rollout of", why)
            }
            Occurrence::TrafficSwitched(id) => {
                self.of_rollout("switched", id, "All traffic of", "moves to the new version")
            }
            Occurrence::OldRetired(id) => self.of_rollout("retired", id, "The old version of", "is no longer kept"),
            Occurrence::RolledBack(id) => {
                let why = "is taken back: an objective has been broken for too long";
                self.of_rollout("rolled-back", id, "The rollout of", why)
            }
            Occurrence::JobStarted(id) => self.of_workload("cronjob", "started", id, "The CronJob", "is due"),
            Occurrence::JobEnded(id, end) => self.job_ended(id, end),
            Occurrence::FaultChanged(index, begins) => self.fault(index, begins),
            _ => self.of_autoscaler(what),
        }
    }

    /// Whether a pod is paid for by itself.
    fn is_billed(&self, pod: PodId) -> bool {
        let of = self.workload_of(pod);
        self.cast.metered.iter().any(|row| matches!(row.by, Measure::Pods { workload, .. } if Some(workload) == of))
    }

    /// Paying for a pod begins or ends; whose it is takes its namespace as well.
    fn billing(&self, line: Line, pod: PodId, turn: &str) -> Line {
        let cluster = &self.history.cluster;
        line.with("namespace", cluster.symbols.text(cluster.spec_of(pod).namespace)).with(BILLING, turn)
    }

    fn volumes(&self, id: WorkloadId, ordinal: u32, (there, when_bound): (bool, bool)) -> Line {
        let name = self.workload_name(id).to_owned();
        let pod = format!("{name}-{ordinal}");
        let (decision, turn, verb) = match there {
            true => ("volumes-created", "begins", "are created"),
            false => ("volumes-deleted", "ends", "are deleted: the StatefulSet shrinks"),
        };
        let text = format!("The volumes of the claims of {pod} {verb}.");
        let namespace = self.history.cluster.symbols.text(self.cast.workloads[id].namespace);
        let line = Line::new("statefulset", decision, vec![pod, name], text).with("namespace", namespace);
        let line = if there { line.with("when_bound", when_bound) } else { line };
        line.with(BILLING, turn)
    }

    fn rescaled(&self, id: WorkloadId, (before, after): (i32, i32), saw: &SeenByHpa) -> Line {
        let SeenByHpa { hpa, grounds, milli_requests_per_second } = saw;
        let (spec, symbols) = (&self.cast.hpas[*hpa].spec, &self.history.cluster.symbols);
        let name = self.workload_name(id).to_owned();
        let reason = Replicas { before, after }.reason(spec, symbols, grounds);
        let rate = *milli_requests_per_second as f64 / 1000.0;
        let reach = if rate > 0.0 { format!("; {:.1} requests/s reach it", finite(rate)) } else { String::new() };
        let text = format!("The HPA sets {name} from {before} to {after} replicas: {reason}{reach}.");
        let winner = grounds.winner.and_then(|winner| Some((spec.metrics.get(usize::from(winner.metric))?, winner)));
        let (target, target_type) = winner.map(|(metric, _)| figures(metric.target())).unzip();
        Line::new("hpa", "rescaled", vec![name], text)
            .with("from", before)
            .with("to", after)
            .with("metric", json!(winner.map(|(metric, _)| hpa_reasons::name(metric, symbols))))
            .with("current", json!(winner.and_then(|(_, winner)| winner.value)))
            .with("target", json!(target))
            .with("target_type", json!(target_type))
            .with("proposed", json!(grounds.proposed))
            .with("stabilized", json!(grounds.stabilized))
            .with("limited", json!(grounds.limited.map(|reason| format!("{reason:?}"))))
            .with("requests_per_second", rate)
    }

    fn job_ended(&self, id: WorkloadId, end: JobEnd) -> Line {
        let (decision, what) = match end {
            JobEnd::Complete(pods) => {
                let pods = counted(pods.max(0) as usize, "pod");
                ("completed", format!("is complete: {pods} succeeded"))
            }
            JobEnd::Failed(JobFailure::PodFailurePolicy) => {
                ("failed", "gave up: its podFailurePolicy says so (PodFailurePolicy)".to_owned())
            }
            JobEnd::Failed(JobFailure::BackoffLimitExceeded) => {
                ("failed", "gave up: more pods failed than backoffLimit allows (BackoffLimitExceeded)".to_owned())
            }
            JobEnd::Failed(JobFailure::DeadlineExceeded) => {
                ("failed", "gave up: activeDeadlineSeconds are over (DeadlineExceeded)".to_owned())
            }
        };
        self.of_workload("job", decision, id, "The Job", &what)
    }

    fn pod_lost(&self, what: &Occurrence) -> Line {
        match *what {
            Occurrence::Evicted { pod, node, by } => {
                let (controller, who) = evictor(by);
                let why = eviction(by);
                let text = format!("The pod {} is evicted from {} by {who}: {why}.", self.pod(pod), self.node(node));
                Line::new(controller, "evicted", self.with_node(pod, node), text)
            }
            Occurrence::EvictionDenied { pod, by, why } => {
                let (_, who) = evictor(by);
                let text = match why {
                    Denial::Budget(budget) => format!(
                        "The disruption budget {} keeps the pod {} from being evicted by {who}: it allows no disruption now.",
                        self.history.cluster.symbols.text(self.cast.budgets[budget].name),
                        self.pod(pod)
                    ),
                    Denial::ManyBudgets(count) => format!(
                        "The pod {} is under {count} disruption budgets: the eviction API refuses {who} whatever they allow.",
                        self.pod(pod)
                    ),
                };
                Line::new("api-server", "eviction-denied", self.pod_names(pod), text)
            }
            Occurrence::OutOfMemory { pod, used, limit } => {
                let text = format!(
                    "The pod {} uses more memory than its limit, {} of {}: it is killed.",
                    self.pod(pod),
                    mebibytes(used),
                    mebibytes(limit)
                );
                Line::new("kubelet", "out-of-memory", self.pod_names(pod), text)
            }
            Occurrence::ContainerHangs(pod) => {
                let text = format!("The pod {} no longer answers.", self.pod(pod));
                Line::new("kubelet", "hangs", self.pod_names(pod), text)
            }
            Occurrence::FailedProbe(pod) => {
                let text = format!("The pod {} does not answer its probe: its container is killed.", self.pod(pod));
                Line::new("kubelet", "probe-failed", self.pod_names(pod), text)
            }
            _ => self.of_autoscaler(what),
        }
    }

    fn fault(&self, index: u32, begins: bool) -> Line {
        let what = match self.cast.faults.get(index as usize).map(|fault| &fault.kind) {
            Some(FaultKind::NodeLost { group, .. }) => format!("the loss of a node of {}", self.group(*group)),
            Some(FaultKind::NodeUnreachable { group, .. }) => {
                format!("the silence of a node of {}", self.group(*group))
            }
            Some(FaultKind::ContainersHang { workload, .. }) => {
                format!("the hanging of pods of {}", self.workload_name(*workload))
            }
            Some(FaultKind::SpotNotice { group, .. }) => format!("a spot notice to a node of {}", self.group(*group)),
            Some(FaultKind::IncreaseError(group)) => format!("refusal to grow {}", self.group(*group)),
            Some(FaultKind::InstanceError(group, _)) => format!("failing launches of {}", self.group(*group)),
            Some(FaultKind::NeverRegisters(group)) => format!("nodes of {} that never register", self.group(*group)),
            Some(FaultKind::NoCapacity(group)) => format!("shortage of capacity for {}", self.group(*group)),
            Some(FaultKind::ZoneOutage(zone)) => {
                format!("the outage of the zone {}", self.history.cluster.symbols.text(*zone))
            }
            None => "a fault".to_owned(),
        };
        let turn = if begins { "begins" } else { "ends" };
        let decision = if begins { "fault-begins" } else { "fault-ends" };
        Line::new("scenario", decision, Vec::new(), format!("In the scenario {what} {turn}."))
    }

    /// The controller of a workload, where a Deployment has several.
    fn controller(&self, id: WorkloadId, of_deployment: &'static str) -> &'static str {
        match self.cast.workloads[id].kind {
            WorkloadKind::StatefulSet { .. } => "statefulset",
            WorkloadKind::DaemonSet(_) => "daemonset",
            _ => of_deployment,
        }
    }

    fn of_rollout(&self, decision: &'static str, id: WorkloadId, before: &str, after: &str) -> Line {
        self.of_workload(self.controller(id, "deployment"), decision, id, before, after)
    }

    fn of_workload(
        &self,
        controller: &'static str,
        decision: &'static str,
        id: WorkloadId,
        before: &str,
        after: &str,
    ) -> Line {
        let name = self.workload_name(id).to_owned();
        let text = format!("{before} {name} {after}.");
        Line::new(controller, decision, vec![name], text)
    }

    pub(super) fn pod(&self, pod: PodId) -> String {
        self.history.cluster.pod_name(pod)
    }
    pub(super) fn node(&self, node: NodeId) -> String {
        self.history.cluster.node_name(node).to_owned()
    }
    pub(super) fn group(&self, group: GroupId) -> String {
        self.cast.groups[group].name.clone()
    }
    pub(super) fn pod_names(&self, pod: PodId) -> Vec<String> {
        let workload = self.workload_of(pod).map(|id| self.workload_name(id).to_owned());
        [self.pod(pod)].into_iter().chain(workload).collect()
    }
    fn with_node(&self, pod: PodId, node: NodeId) -> Vec<String> {
        let mut names = self.pod_names(pod);
        names.push(self.node(node));
        names
    }
}

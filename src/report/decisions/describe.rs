//! A record in words and numbers.

use super::Decisions;
use super::line::Line;
use crate::autoscaler::drain::budgets_of;
use crate::cluster::{NodeId, PodId};
use crate::hpa::Reason;
use crate::sim::log::{Evictor, Occurrence, SeenByHpa};
use crate::world::{FaultKind, WorkloadKind};
use crate::world::{GroupId, WorkloadId};
use serde_json::json;

impl Decisions<'_> {
    /// What a record says.
    pub(super) fn describe(&self, what: &Occurrence) -> Line {
        match *what {
            Occurrence::Rescaled { workload, from, to, saw } => self.rescaled(workload, (from, to), &saw),
            Occurrence::Waits { pod, refused_by } => {
                let names = refused_by.names();
                let by = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
                let text = format!("No node would take the pod {}: it waits{by}.", self.pod(pod));
                Line::new("scheduler", "waits", self.pod_names(pod), text).with("refused_by", names)
            }
            Occurrence::Bound { pod, node, waited } => {
                let whole = crate::units::SimDuration::from_secs(waited.as_secs_f64() as i64);
                let after = if whole.is_zero() { String::new() } else { format!(" after waiting {whole}") };
                let text = format!("The pod {} got the node {}{after}.", self.pod(pod), self.node(node));
                Line::new("scheduler", "bound", self.with_node(pod, node), text)
                    .with("waited_seconds", waited.as_secs_f64())
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
            | Occurrence::EvictionDenied(_)
            | Occurrence::OutOfMemory(_)
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
            Occurrence::JobCompleted(id) => self.of_workload("job", "completed", id, "The Job", "is complete"),
            Occurrence::JobFailed(id) => self.of_workload("job", "failed", id, "The Job", "gave up"),
            Occurrence::FaultChanged(index, begins) => self.fault(index, begins),
            _ => self.of_autoscaler(what),
        }
    }

    fn rescaled(&self, id: WorkloadId, (from, to): (i32, i32), saw: &SeenByHpa) -> Line {
        let name = self.workload_name(id).to_owned();
        let mut text = format!("The HPA sets {name} from {from} to {to} replicas");
        if let Some(percent) = saw.utilization {
            text += &format!(": its pods use {percent} % of what they request");
        }
        match (saw.proposed, saw.stabilized) {
            (Some(proposed), _) if proposed == to => {}
            (Some(proposed), Some(stabilized)) if stabilized != proposed => {
                text += &format!("; the metrics propose {proposed}, the window keeps {stabilized}");
            }
            (Some(proposed), _) => {
                let who = match saw.limited {
                    Some(Reason::TooManyReplicas) => "maxReplicas allows",
                    Some(Reason::TooFewReplicas) => "minReplicas asks for",
                    Some(Reason::ScaleUpLimit) => "the policies for growth allow",
                    Some(Reason::ScaleDownLimit) => "the policies for shrinking allow",
                    _ => "policies or bounds allow",
                };
                text += &format!("; the metrics propose {proposed}, {who} {to}");
            }
            _ => text += "; its bounds leave no choice",
        }
        let rate = saw.milli_requests_per_second as f64 / 1000.0;
        if rate > 0.0 {
            text += &format!("; {rate:.1} requests/s reach it");
        }
        text.push('.');
        Line::new("hpa", "rescaled", vec![name], text)
            .with("from", from)
            .with("to", to)
            .with("utilization_percent", json!(saw.utilization))
            .with("proposed", json!(saw.proposed))
            .with("stabilized", json!(saw.stabilized))
            .with("requests_per_second", rate)
    }

    fn pod_lost(&self, what: &Occurrence) -> Line {
        match *what {
            Occurrence::Evicted { pod, node, by } => {
                let (controller, by) = match by {
                    Evictor::ClusterAutoscaler => ("cluster-autoscaler", "Cluster Autoscaler"),
                    Evictor::TaintManager => ("node-lifecycle", "the taint manager"),
                    Evictor::VpaUpdater => ("vpa", "the VPA's updater"),
                    Evictor::SpotNotice | Evictor::Rebalance => ("termination-handler", "the termination handler"),
                };
                let text = format!("The pod {} is evicted from {} by {by}.", self.pod(pod), self.node(node));
                Line::new(controller, "evicted", self.with_node(pod, node), text)
            }
            Occurrence::EvictionDenied(pod) => {
                let budgets = budgets_of(&self.history.cluster, pod).len();
                let text = match budgets {
                    0 | 1 => format!("A disruption budget keeps the pod {} from being evicted.", self.pod(pod)),
                    _ => format!(
                        "The pod {} is under {budgets} disruption budgets: the eviction API refuses it whatever they allow.",
                        self.pod(pod)
                    ),
                };
                Line::new("api-server", "eviction-denied", self.pod_names(pod), text)
            }
            Occurrence::OutOfMemory(pod) => {
                let text = format!("The pod {} uses more memory than its limit: it is killed.", self.pod(pod));
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

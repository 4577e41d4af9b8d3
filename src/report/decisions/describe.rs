//! A record in words and numbers.

use super::Decisions;
use crate::cluster::{NodeId, PodId};
use crate::hpa::Reason;
use crate::sim::log::{Evictor, Kept, NodeEnd, Occurrence, Seen};
use crate::world::{FaultKind, WorkloadKind};
use crate::world::{GroupId, WorkloadId};
use serde_json::{Value, json};

/// A record, described.
pub(super) struct Line {
    pub(super) controller: &'static str,
    pub(super) decision: &'static str,
    /// The names of what it is about, the main one first.
    pub(super) objects: Vec<String>,
    pub(super) numbers: Vec<(&'static str, Value)>,
    pub(super) text: String,
}

impl Line {
    fn new(controller: &'static str, decision: &'static str, objects: Vec<String>, text: String) -> Self {
        Line { controller, decision, objects, numbers: Vec::new(), text }
    }
    fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.numbers.push((key, value.into()));
        self
    }
}

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
            _ => self.node_or_group(what),
        }
    }

    fn rescaled(&self, id: WorkloadId, (from, to): (i32, i32), saw: &Seen) -> Line {
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
                let text = format!("A disruption budget keeps the pod {} from being evicted.", self.pod(pod));
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
            _ => self.node_or_group(what),
        }
    }

    fn node_or_group(&self, what: &Occurrence) -> Line {
        const CA: &str = "cluster-autoscaler";
        match *what {
            Occurrence::ScaleUp { group, from, to, pods } => {
                let whom = match pods {
                    0 => String::new(),
                    1 => " for a pod that waits".to_owned(),
                    pods => format!(" for {pods} pods that wait"),
                };
                let text = format!("Cluster Autoscaler grows {} from {from} to {to} nodes{whom}.", self.group(group));
                let line = Line::new(CA, "scale-up", vec![self.group(group)], text);
                line.with("from", from).with("to", to).with("pods", pods)
            }
            Occurrence::IncreaseError(group, by) => {
                let text = format!("The cloud refuses {by} more nodes of {}.", self.group(group));
                Line::new("cloud", "refused", vec![self.group(group)], text).with("nodes", by)
            }
            Occurrence::TargetDecreased(group, by) => {
                let text = format!("The size asked for of {} is corrected by {by}.", self.group(group));
                Line::new(CA, "target-corrected", vec![self.group(group)], text).with("nodes", by)
            }
            Occurrence::LaunchFailed(id) | Occurrence::InstanceDeleted(id) => {
                let name = self.history.instance_names.get(id).copied().unwrap_or(crate::intern::Symbol::EMPTY);
                let name = self.history.cluster.symbols.text(name).to_owned();
                match what {
                    Occurrence::LaunchFailed(_) => {
                        let text = format!("The cloud has no capacity for {name}.");
                        Line::new("cloud", "launch-failed", vec![name], text)
                    }
                    _ => Line::new("cloud", "instance-deleted", vec![name.clone()], format!("{name} is terminated.")),
                }
            }
            Occurrence::NodeAdded(node, group) => {
                let text = format!("The node {} of {} is there.", self.node(node), self.group(group));
                Line::new("cloud", "node-added", vec![self.node(node), self.group(group)], text)
            }
            Occurrence::ScaleDown { node, drain, pods } => {
                let how = if drain { format!("{pods} pods move elsewhere") } else { "it is empty".to_owned() };
                let text =
                    format!("Cluster Autoscaler removes the node {}, which was not needed: {how}.", self.node(node));
                Line::new(CA, "scale-down", vec![self.node(node)], text).with("drain", drain).with("pods", pods)
            }
            Occurrence::NodeUnneeded(node) => {
                let text = format!("Cluster Autoscaler finds that the node {} is not needed.", self.node(node));
                Line::new(CA, "unneeded", vec![self.node(node)], text)
            }
            Occurrence::NodeKept { node, why } => self.kept(node, why),
            Occurrence::GroupSkipped { group, why } => {
                let text = format!("Cluster Autoscaler leaves {} out: {why}.", self.group(group));
                Line::new(CA, "group-skipped", vec![self.group(group)], text).with("reason", why.to_string())
            }
            Occurrence::ScaleDownFailed(node) => {
                let text = format!("Cluster Autoscaler gives up removing the node {}.", self.node(node));
                Line::new(CA, "scale-down-failed", vec![self.node(node)], text)
            }
            Occurrence::NodeGone { node, reason, pods_lost } => {
                let (decision, why) = match reason {
                    NodeEnd::ScaleDown => ("node-removed", "removed".to_owned()),
                    NodeEnd::Lost => ("node-lost", format!("lost, with {pods_lost} pods")),
                    NodeEnd::Spot => ("node-reclaimed", format!("reclaimed by the spot market, with {pods_lost} pods")),
                };
                let text = format!("The node {} is {why}.", self.node(node));
                Line::new("cloud", decision, vec![self.node(node)], text).with("pods_lost", pods_lost)
            }
            Occurrence::NodeSilent(node) => {
                let text = format!("Nothing is heard of the node {}.", self.node(node));
                Line::new("kubelet", "silent", vec![self.node(node)], text)
            }
            Occurrence::NodeNotReady(node) => {
                let text = format!("The node {} has been silent for too long: it is NotReady.", self.node(node));
                Line::new("node-lifecycle", "not-ready", vec![self.node(node)], text)
            }
            Occurrence::NodeBack(node) => {
                let text = format!("The node {} reports again.", self.node(node));
                Line::new("kubelet", "back", vec![self.node(node)], text)
            }
            Occurrence::RebalanceRecommended(node) => {
                let text = format!("The cloud expects to take the spot node {} soon.", self.node(node));
                Line::new("cloud", "rebalance-recommended", vec![self.node(node)], text)
            }
            Occurrence::SpotNotice(node) => {
                let text = format!("The spot market wants the node {} back.", self.node(node));
                Line::new("cloud", "spot-notice", vec![self.node(node)], text)
            }
            _ => Line::new("scenario", "other", Vec::new(), String::new()),
        }
    }

    fn kept(&self, node: NodeId, why: Kept) -> Line {
        let mut objects = vec![self.node(node)];
        let reason = match why {
            Kept::Annotated => "an annotation says so".to_owned(),
            Kept::Unready => "it is not ready".to_owned(),
            Kept::Utilized(percent) => format!("its pods request {percent} % of it"),
            Kept::GroupAtMinimum => "its group has its least size".to_owned(),
            Kept::ClusterAtMinimum => "the cluster has its least size".to_owned(),
            Kept::NoPlaceForItsPods => "no other node takes its pods".to_owned(),
            Kept::Blocked { reason, pod } => {
                let named = pod.map_or("a pod that would have moved there".to_owned(), |pod| {
                    objects.extend(self.pod_names(pod));
                    format!("the pod {}", self.pod(pod))
                });
                format!("{named} must not be moved ({reason:?})")
            }
        };
        let text = format!("Cluster Autoscaler keeps the node {}: {reason}.", self.node(node));
        Line::new("cluster-autoscaler", "kept", objects, text)
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

    fn pod(&self, pod: PodId) -> String {
        self.history.cluster.pod_name(pod)
    }
    fn node(&self, node: NodeId) -> String {
        self.history.cluster.node_name(node).to_owned()
    }
    fn group(&self, group: GroupId) -> String {
        self.cast.groups[group].name.clone()
    }
    fn pod_names(&self, pod: PodId) -> Vec<String> {
        let workload = self.workload_of(pod).map(|id| self.workload_name(id).to_owned());
        [self.pod(pod)].into_iter().chain(workload).collect()
    }
    fn with_node(&self, pod: PodId, node: NodeId) -> Vec<String> {
        let mut names = self.pod_names(pod);
        names.push(self.node(node));
        names
    }
}

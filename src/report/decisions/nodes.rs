//! Records of nodes and their groups: what Cluster Autoscaler decides of them, and what becomes of them.

use super::Decisions;
use super::line::{BILLING, Line};
use crate::cluster::NodeId;
use crate::sim::log::{KeepReason, LaunchFailure, Launched, NodeEnd, Occurrence, RemovalFailure, Termination};
use crate::units::counted;
use crate::world::InstanceId;

const CA: &str = "cluster-autoscaler";

impl Decisions<'_> {
    /// What Cluster Autoscaler decided; other records are [`of_node`](Self::of_node)'s.
    pub(super) fn of_autoscaler(&self, what: &Occurrence) -> Line {
        match *what {
            Occurrence::ScaleUp { group, from, to, pods } => {
                let whom = match pods {
                    0 => ", its least size".to_owned(),
                    1 => " for a pod that waits".to_owned(),
                    pods => format!(" for {pods} pods that wait"),
                };
                let size = counted(to.max(0) as usize, "node");
                let text = format!("Cluster Autoscaler grows {} from {from} to {size}{whom}.", self.group(group));
                let line = Line::new(CA, "scale-up", vec![self.group(group)], text);
                line.with("from", from).with("to", to).with("pods", pods)
            }
            Occurrence::TargetDecreased { group, from, to } => {
                let text = format!(
                    "Cluster Autoscaler corrects the size asked for of {} from {from} to {to}: for too long it has \
                     had no more nodes.",
                    self.group(group)
                );
                let line = Line::new(CA, "target-corrected", vec![self.group(group)], text);
                line.with("nodes", to - from).with("from", from).with("to", to)
            }
            Occurrence::ScaleDown { node, drain, pods } => {
                let how = if drain {
                    format!("{} to move elsewhere", counted(pods as usize, "pod"))
                } else {
                    "it is empty".to_owned()
                };
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
            Occurrence::ScaleDownFailed(node, why) => {
                let why = match why {
                    RemovalFailure::NodeGone => "it is gone already",
                    RemovalFailure::PodsMayNotMove => "a pod is on it that may not be moved",
                    RemovalFailure::EvictionsRefused => "evictions were refused for too long",
                    RemovalFailure::PodsDoNotStop => "its pods did not stop in time",
                    RemovalFailure::InstanceGone => "its instance was deleted already",
                };
                let text = format!("Cluster Autoscaler gives up removing the node {}: {why}.", self.node(node));
                Line::new(CA, "scale-down-failed", vec![self.node(node)], text)
            }
            _ => self.of_node(what),
        }
    }

    /// What happens to nodes and instances.
    fn of_node(&self, what: &Occurrence) -> Line {
        match *what {
            Occurrence::IncreaseError(group, by) => {
                let size = counted(by.max(0) as usize, "more node");
                let text =
                    format!("The cloud refuses {size} of {}: its requests fail in the scenario.", self.group(group));
                Line::new("cloud", "refused", vec![self.group(group)], text).with("nodes", by)
            }
            Occurrence::LaunchFailed(id, why) => {
                let name = self.instance(id);
                let text = match why {
                    LaunchFailure::Error => format!("The cloud fails to launch {name}: so it is in the scenario."),
                    LaunchFailure::NoCapacity => {
                        format!("The cloud has no capacity for {name}: so it is in the scenario.")
                    }
                    LaunchFailure::PoolIsShort => {
                        format!("The cloud has no capacity for {name}: its spot pool is short of it.")
                    }
                };
                Line::new("cloud", "launch-failed", vec![name], text)
            }
            Occurrence::InstanceDeleted(id, why) => {
                let name = self.instance(id);
                let ends = why == Termination::NeverRegistered;
                let why = match why {
                    Termination::LaunchFailed => "its launch failed",
                    Termination::NeverRegistered => "it has not become a node for too long",
                    Termination::ScaleDown => "its node is not needed",
                    Termination::Relieved => "another one is there in its place",
                };
                let text = format!("{name} is terminated: {why}.");
                let line = Line::new("cloud", "instance-deleted", vec![name], text);
                if ends { line.with(BILLING, "ends") } else { line }
            }
            Occurrence::NodeAtStart(launched) => self.launched("node-at-start", &launched),
            Occurrence::InstanceLaunched(launched) => self.launched("instance-launched", &launched),
            Occurrence::InstanceLost(id) => {
                let name = self.instance(id);
                let text = format!("The instance {name} is lost before it has become a node.");
                Line::new("cloud", "instance-lost", vec![name], text).with(BILLING, "ends")
            }
            Occurrence::NodeAdded(node, group) => {
                let text = format!("The node {} of {} is there.", self.node(node), self.group(group));
                Line::new("cloud", "node-added", vec![self.node(node), self.group(group)], text)
            }
            Occurrence::NodeGone { node, reason, pods_lost } => {
                let lost = counted(pods_lost as usize, "pod");
                let (decision, why) = match reason {
                    NodeEnd::ScaleDown => ("node-removed", "removed".to_owned()),
                    NodeEnd::Lost => ("node-lost", format!("lost, with {lost}")),
                    NodeEnd::Spot => ("node-reclaimed", format!("reclaimed by the spot market, with {lost}")),
                };
                let text = format!("The node {} is {why}.", self.node(node));
                let line = Line::new("cloud", decision, vec![self.node(node)], text).with("pods_lost", pods_lost);
                line.with(BILLING, "ends")
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

    /// An instance that is paid for from now on, with all that its price depends on.
    fn launched(&self, decision: &'static str, launched: &Launched) -> Line {
        let (name, group) = (self.instance(launched.id), &self.cast.groups[launched.group]);
        let kind = group.machines.get(launched.machine).map_or("", |machine| machine.instance_type.as_str());
        let zone = self.history.cluster.symbols.text(launched.zone);
        let (capacity, bought) = if group.spot { ("spot", "spot") } else { ("on-demand", "on demand") };
        let place = if zone.is_empty() { String::new() } else { format!(" in {zone}") };
        let what = match decision {
            "node-at-start" => format!("The node {name} of {} is there from the start", group.name),
            _ => format!("The instance {name} of {} is launched", group.name),
        };
        let text = format!("{what}: {kind}{place}, {bought}.");
        let line = Line::new("cloud", decision, vec![name, group.name.clone()], text).with("instance_type", kind);
        let line = if zone.is_empty() { line } else { line.with("zone", zone) };
        line.with("capacity_type", capacity).with(BILLING, "begins")
    }

    fn instance(&self, id: InstanceId) -> String {
        let name = self.history.instance_names.get(id).copied().unwrap_or(crate::intern::Symbol::EMPTY);
        self.history.cluster.symbols.text(name).to_owned()
    }

    fn kept(&self, node: NodeId, why: KeepReason) -> Line {
        let mut objects = vec![self.node(node)];
        let reason = match why {
            KeepReason::Annotated => "an annotation says so".to_owned(),
            KeepReason::Unready => "it is not ready".to_owned(),
            KeepReason::Utilized(percent) => format!("its pods request {percent} % of it"),
            KeepReason::GroupAtMinimum => "its group has its least size".to_owned(),
            KeepReason::ClusterAtMinimum => "the cluster has its least size".to_owned(),
            KeepReason::NoPlaceForItsPods => "no other node takes its pods".to_owned(),
            KeepReason::Blocked { reason, pod } => {
                let named = pod.map_or("a pod that would have moved there".to_owned(), |pod| {
                    objects.extend(self.pod_names(pod));
                    format!("the pod {}", self.pod(pod))
                });
                format!("{named} must not be moved ({reason:?})")
            }
        };
        let text = format!("Cluster Autoscaler keeps the node {}: {reason}.", self.node(node));
        Line::new(CA, "kept", objects, text)
    }
}

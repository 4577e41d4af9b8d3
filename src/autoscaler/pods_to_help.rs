//! Which pods the scale-up is to help: those that neither existing nor upcoming nodes can take.

use super::Autoscaler;
use super::packing::Search;
use super::pods::is_expendable;
use super::view::{Groups, LeftAside, ScaleUpOutcome};
use crate::cluster::{ClusterState, NodeId, PodId};
use crate::go_sort;
use crate::id::GroupId;
use crate::units::{SimDuration, SimTime};
use rustc_hash::FxHashSet;

/// Pods younger than this may be the first of many. Upstream: `unschedulablePodTimeBuffer`.
pub(super) const MORE_TO_COME: SimDuration = SimDuration::from_secs(2);

/// The scheduler of pods that name none.
const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// Pods that nobody asks for a node for, and why.
type Aside = Vec<(PodId, LeftAside)>;

impl Autoscaler {
    /// Expendable pods leave the snapshot and are forgotten; nominated ones are taken to be on their node.
    ///
    /// Upstream: `FilterOutExpendableAndSplit`.
    pub(super) fn split_pending(
        &mut self,
        now: SimTime,
        snapshot: &mut ClusterState,
        pending: &[PodId],
        left_aside: &mut Aside,
    ) -> Vec<PodId> {
        for at in 0..snapshot.node_ids().len() {
            let node = snapshot.node_ids()[at];
            if self.node_sums.at(snapshot, &self.flags, node, now).has_expendable {
                let mut pods = snapshot.node(node).pods().to_vec();
                pods.retain(|pod| is_expendable(snapshot.spec_of(*pod), &self.flags));
                pods.into_iter().for_each(|pod| snapshot.unbind(pod));
            }
        }
        let mut unschedulable = Vec::new();
        for pod in pending.iter().copied() {
            if is_expendable(snapshot.spec_of(pod), &self.flags) {
                left_aside.push((pod, LeftAside::Expendable));
                continue;
            }
            if !self.is_allowed(snapshot, pod) {
                left_aside.push((pod, LeftAside::OtherScheduler));
                continue;
            }
            let nominated = snapshot.pod(pod).nominated.and_then(|name| snapshot.node_by_name(name));
            match nominated {
                Some(node) => {
                    snapshot.bind(pod, node);
                    left_aside.push((pod, LeftAside::Nominated));
                }
                None => unschedulable.push(pod),
            }
        }
        unschedulable
    }

    /// Whether the pod waits for a scheduler whose pods are helped. Upstream: `kube_util.ArrangePodsBySchedulability`, 1.35.
    fn is_allowed(&self, cluster: &ClusterState, pod: PodId) -> bool {
        let allowed = &self.flags.allowed_scheduler_names;
        let name = cluster.symbols.text(cluster.spec_of(pod).scheduler);
        let name = if name.is_empty() { DEFAULT_SCHEDULER } else { name };
        allowed.is_empty() || allowed.iter().any(|known| known == name)
    }

    /// Nodes on their way enter the snapshot; registered ones that have not started leave it. How many came,
    /// and who left.
    pub(super) fn add_upcoming(&mut self, snapshot: &mut ClusterState, groups: &Groups<'_>) -> (usize, Vec<NodeId>) {
        let mut growing: Vec<GroupId> = groups.ids().filter(|at| self.registry.upcoming(*at).0 > 0).collect();
        growing.sort_by_key(|at| groups[*at].name);
        let (mut count, mut not_started) = (0, Vec::new());
        for group in growing {
            let (coming, registered) = self.registry.upcoming(group);
            not_started.extend_from_slice(registered);
            let Some(template) = &self.templates.rows[group] else { continue };
            for number in 0..coming {
                let name = format!("template-upcoming-{}-{number}", groups[group].name);
                let node = template.add_to(snapshot, &name, group);
                if self.templates.is_renamed(group) {
                    let name = snapshot.node(node).name;
                    self.packing_hints.forget(name);
                    self.hints.forget(name);
                }
                count += 1;
            }
        }
        for node in &not_started {
            snapshot.node(*node).pods().to_vec().into_iter().for_each(|pod| snapshot.unbind(pod));
            snapshot.remove_node(*node);
        }
        (count, not_started)
    }

    /// The pods that neither existing nor upcoming nodes can take, old enough to be helped.
    pub(super) fn pack(
        &mut self,
        now: SimTime,
        snapshot: &mut ClusterState,
        mut pods: Vec<PodId>,
        left_aside: &mut Aside,
    ) -> Vec<PodId> {
        for original in self.moving_pods(snapshot) {
            pods.push(self.copies.add(snapshot, original));
        }
        if pods.is_empty() {
            return pods;
        }
        go_sort::sort_by_of(self.flags.rules.go(), &mut pods, |a, b| {
            snapshot.spec_of(*a).priority > snapshot.spec_of(*b).priority
        });
        let mut search =
            Search { checker: &mut self.checker, copies: &self.copies, accepts: &|_| true, all_or_nothing: false };
        let placed = self.packing_hints.place(snapshot, &mut search, &pods);
        let old_enough = |pod: &PodId| now - snapshot.pod(*pod).created > self.scale_up_delay(snapshot, *pod);
        let placed: FxHashSet<PodId> = placed.into_iter().map(|(pod, _)| pod).collect();
        pods.retain(|pod| {
            let why = match placed.contains(pod) {
                true => return false,
                false if snapshot.spec_of(*pod).is_daemon() => LeftAside::DaemonSet,
                false if !old_enough(pod) => LeftAside::TooYoung,
                false => return true,
            };
            left_aside.push((*pod, why));
            false
        });
        pods
    }

    /// How old a pod has to be before it is helped: as the flag says, or longer by its annotation.
    pub(super) fn scale_up_delay(&self, cluster: &ClusterState, pod: PodId) -> SimDuration {
        let own = cluster.spec_of(pod).scale_up_delay.unwrap_or(SimDuration::ZERO);
        self.flags.new_pod_scale_up_delay.max(own)
    }

    /// Pods of nodes that are being drained: they are taken to need another place even when their
    /// replacements exist already, until they are gone. Upstream: `currentlydrainednodes.PodListProcessor`,
    /// `FilterRecreatablePods`, 1.28.0.
    fn moving_pods(&self, cluster: &ClusterState) -> Vec<PodId> {
        let drained = self.deletions.iter().filter(|(node, drain)| *drain && cluster.has_node(*node));
        let recreated = |pod: &PodId| {
            let spec = cluster.spec_of(*pod);
            let leaves = self.flags.rules.leaves_terminating_pods_out && cluster.pod(*pod).is_terminating();
            !spec.is_daemon() && !spec.is_mirror && !leaves
        };
        drained.flat_map(|(node, _)| cluster.node(*node).pods().iter().copied().filter(recreated)).collect()
    }

    /// Ids of this loop's copies mean nothing after it: the pods that they stand for do.
    pub(super) fn name_originals(&self, outcome: &mut ScaleUpOutcome) {
        let options = outcome.options.iter_mut().map(|option| &mut option.pods);
        let lists = outcome.pending.iter_mut().chain(options).chain([&mut outcome.remain, &mut outcome.awaiting]);
        let aside = outcome.left_aside.iter_mut().map(|(pod, _)| pod);
        let samples = outcome.rejected.iter_mut().map(|(pod, _)| pod);
        for pod in lists.flatten().chain(samples).chain(aside) {
            *pod = self.copies.original(*pod);
        }
    }
}

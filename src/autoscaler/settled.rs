//! Loops whose inputs did not change: the last answer holds until a timer ends.

use super::Autoscaler;
use super::pods_to_help::MORE_TO_COME;
use super::view::{GroupView, InstanceView, LoopInputs, LoopOutcome, ScaleUpResult};
use crate::cluster::{ClusterState, NodeTemplate, PodDisruptionBudget, PodId, PodSpecId};
use crate::units::{SimDuration, SimTime};
use std::sync::Arc;

/// What a settled answer was given for, kept from one to the next: most of it hardly ever changes.
#[derive(Clone, Debug, Default)]
pub(super) struct LastInputs {
    cluster: [u64; 4],
    budgets: Vec<PodDisruptionBudget>,
    pending: Vec<PodId>,
    daemon_sets: Vec<PodSpecId>,
    groups: Vec<Group>,
}

/// An answer that will be given again.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// From here on some comparison with the time may turn out differently.
    until: SimTime,
    /// The whole answer, and [`LastInputs`] what it was given for; absent where the next loop does the same for other reasons,
    /// or nobody will ask.
    pub(super) outcome: Option<Arc<LoopOutcome>>,
}

/// A group as it was shown.
#[derive(Clone, Debug, Default)]
struct Group {
    name: String,
    sizes: [i32; 3],
    price: Option<f64>,
    increase_fails: bool,
    template: NodeTemplate,
    instances: Vec<InstanceView>,
}

impl Group {
    /// Keeps what is shown now; templates and names hardly ever change.
    fn keep(&mut self, view: &GroupView<'_>) {
        if self.name != view.name {
            view.name.clone_into(&mut self.name);
        }
        self.sizes = [view.min, view.max, view.target];
        (self.price, self.increase_fails) = (view.price, view.increase_fails);
        if self.template != *view.template {
            self.template.clone_from(view.template);
        }
        self.instances.clone_from(&view.instances);
    }
    fn is(&self, view: &GroupView<'_>) -> bool {
        self.sizes == [view.min, view.max, view.target]
            && self.increase_fails == view.increase_fails
            && self.price == view.price
            && self.name == view.name
            && self.instances == view.instances
            && self.template == *view.template
    }
}

impl LastInputs {
    pub(super) fn keep(&mut self, cluster: &ClusterState, inputs: LoopInputs<'_>) {
        self.cluster = cluster.versions();
        if self.budgets != cluster.budgets {
            self.budgets.clone_from(&cluster.budgets);
        }
        inputs.pending.clone_into(&mut self.pending);
        inputs.daemon_sets.clone_into(&mut self.daemon_sets);
        self.groups.resize(inputs.groups.len(), Group::default());
        self.groups.iter_mut().zip(inputs.groups.values()).for_each(|(group, view)| group.keep(view));
    }
    fn is(&self, cluster: &ClusterState, inputs: LoopInputs<'_>) -> bool {
        self.cluster == cluster.versions()
            && self.pending == inputs.pending
            && self.daemon_sets == inputs.daemon_sets
            && self.budgets == cluster.budgets
            && self.groups.len() == inputs.groups.len()
            && self.groups.iter().zip(inputs.groups.values()).all(|(group, view)| group.is(view))
    }
}

impl Autoscaler {
    /// A loop that is shown what the last one was shown. Whether it ends there, having come to the same answer: one
    /// that asks for nothing, and that time alone does not change. Cost: a comparison of times.
    pub fn answer_holds(&mut self, now: SimTime) -> bool {
        self.settled.as_ref().is_some_and(|settled| now < settled.until) && self.planner.goes_on(now)
    }

    /// The last loop's answer, if this one's would be the same. Cost: the inputs' comparison.
    pub(super) fn repeated(&mut self, cluster: &ClusterState, inputs: LoopInputs<'_>) -> Option<Arc<LoopOutcome>> {
        let settled = self.settled.as_ref().filter(|settled| inputs.now < settled.until)?;
        let outcome = settled.outcome.clone().filter(|_| self.last_inputs.is(cluster, inputs))?;
        self.planner.goes_on(inputs.now).then_some(outcome)
    }

    /// Rests after an answer that the next loop would come to again: nothing moved in the autoscaler's memory.
    pub(super) fn rest_if_settled(
        &mut self,
        cluster: &ClusterState,
        inputs: LoopInputs<'_>,
        last: usize,
        outcome: &LoopOutcome,
    ) {
        let now = inputs.now;
        self.settled = None;
        // The legacy planner's usage tracker ages even when nothing changes.
        let settled = self.remembers
            && self.flags.parallel_drain
            && self.did_nothing(outcome)
            && self.checker.last == last
            && self.packing_hints.is_steady()
            && self.hints.is_steady()
            && self.planner.is_steady();
        let is_young =
            |pod: &PodId| now - cluster.pod(*pod).created <= self.scale_up_delay(cluster, *pod).max(MORE_TO_COME);
        if !settled || inputs.pending.iter().any(is_young) {
            return;
        }
        let until = self.next_timer(now, cluster);
        if until <= now {
            return;
        }
        self.settled = Some(Settled { until, outcome: None });
    }

    /// The loop went to its end, and neither did nor has to do anything.
    fn did_nothing(&self, outcome: &LoopOutcome) -> bool {
        let helpless = matches!(
            outcome.scale_up.result,
            ScaleUpResult::NotNeeded | ScaleUpResult::NoOptionsAvailable | ScaleUpResult::LimitedByMaxNodesTotal
        );
        let deletes = outcome.scale_down.as_ref().is_some_and(|down| !down.deletions.is_empty());
        helpless
            && !deletes
            && outcome.error.is_none()
            && outcome.instances_to_delete.is_empty()
            && outcome.target_changes.is_empty()
            && outcome.scale_up.increases.is_empty()
    }

    /// The first instant from `now` on at which a comparison with the time changes.
    fn next_timer(&mut self, now: SimTime, cluster: &ClusterState) -> SimTime {
        let mut next = SimTime::MAX;
        let mut consider = |instant: SimTime| {
            if instant >= now {
                next = next.min(instant);
            }
        };
        for node in cluster.node_ids().iter().copied() {
            consider(self.node_sums.at(cluster, &self.flags, node, now).until);
            super::templates::timer(cluster.node(node), &mut consider);
            super::registry::timer(cluster.node(node), &self.flags, &mut consider);
        }
        let flags = &self.flags;
        self.registry.timers(flags, &mut consider);
        self.planner.timers(flags, &mut consider);
        self.local.timers(flags, &mut consider);
        let mut cooldown = |last: Option<SimTime>, delay: SimDuration| {
            last.or(self.assumed).into_iter().for_each(|last| consider(last + delay));
        };
        cooldown(self.last_scale_up, flags.scale_down_delay_after_add);
        cooldown(self.last_scale_down, flags.scale_down_delay_after_delete);
        cooldown(None, flags.scale_down_delay_after_failure);
        next
    }
}

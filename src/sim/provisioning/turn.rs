//! Cluster Autoscaler at work: its loop is shown the world, and what it decides is done.

use crate::autoscaler::{
    Autoscaler, Choice, Command, GroupView, Groups, InstanceView, LoopInputs, LoopOutcome, SkipReason,
};
use crate::intern::Symbol;
use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::state::Cloud;
use crate::sim::provisioning::shortage::Shortage;
use crate::sim::provisioning::state::Provisioning;
use crate::sim::provisioning::state::Shown;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::WorkloadKind;
use crate::world::{GroupId, InstanceId};

impl Provisioning {
    /// The first loop.
    pub(crate) fn start_autoscaler(&mut self, shared: &mut Shared) {
        let Some(flags) = shared.cast.autoscaler.clone() else { return };
        // Cluster Autoscaler knows one profile.
        let profile = shared.cast.profiles.of(Symbol::EMPTY).clone();
        let choice = if shared.timing.by_chance { Choice::Seeded(shared.seed) } else { Choice::Recorded };
        let is_frequent = flags.frequent_loops;
        let autoscaler = Autoscaler::new(flags, profile, choice);
        self.autoscaler = Some(if shared.timing.afresh { autoscaler.without_memory() } else { autoscaler });
        let first = shared.phase("autoscaler", shared.timing.autoscaler_scan);
        shared.wind_autoscaler_up(first, is_frequent);
    }

    /// One loop. Where nothing of what it looks at has changed since the last one, the answer of that is taken
    /// again as long as time alone does not change it.
    pub(crate) fn autoscaler_loop(&mut self, shared: &mut Shared, cloud: &mut Cloud, now: SimTime) {
        if !shared.autoscaler_is_due(now) {
            return;
        }
        shared.refresh_budgets();
        let shown = Shown {
            cluster: shared.cluster.versions(),
            budgets: shared.budgets.version,
            groups: cloud.groups.version(),
            instances: cloud.instances.version(),
        };
        let mut was_productive = false;
        let is_same = std::mem::replace(&mut self.shown, shown) == shown;
        if shared.timing.afresh
            || !is_same
            || !self.autoscaler.as_mut().is_some_and(|autoscaler| autoscaler.answer_holds(now))
        {
            was_productive = self.look_around(shared, cloud, now);
        }
        self.pack_anew(shared, now);
        shared.autoscaler_rests(now, was_productive);
    }

    /// A loop that looks at everything; whether it did something.
    fn look_around(&mut self, shared: &mut Shared, cloud: &mut Cloud, now: SimTime) -> bool {
        let cast = &shared.cast;
        let groups = self.group_views(cloud, shared, now, &cast.groups);
        let pending = shared.turns.pods();
        let is_daemon_set = |kind: &WorkloadKind| matches!(kind, WorkloadKind::DaemonSet(_));
        let daemon_sets: Vec<_> =
            cast.workloads.values().filter(|row| is_daemon_set(&row.kind)).map(|row| row.template).collect();
        let Some(mut autoscaler) = self.autoscaler.take() else { return false };
        let inputs = LoopInputs { now, groups: &groups, pending: &pending, daemon_sets: &daemon_sets };
        let outcome = autoscaler.run_afresh(&mut shared.cluster, inputs);
        self.autoscaler = Some(autoscaler);
        self.note_reasons(shared, now, &outcome);
        count_full_groups(shared, now, &outcome);
        let shortage = Shortage::helped_by(shared, &self.drains, &outcome);
        outcome.commands().for_each(|command| self.act(shared, cloud, command, shortage));
        outcome.is_productive()
    }

    /// The groups that the autoscaler manages; they come first among all.
    fn group_views<'a>(
        &self,
        cloud: &Cloud,
        shared: &Shared,
        now: SimTime,
        groups: &'a crate::id::IdVec<GroupId, crate::world::NodeGroup>,
    ) -> Groups<'a> {
        let managed = groups.iter().take_while(|(_, group)| group.autoscaled);
        managed
            .map(|(id, group)| {
                let state = &cloud.groups[id];
                let instance = |id: &InstanceId| InstanceView {
                    name: cloud.instances[*id].name,
                    failed: cloud.instances[*id].state == InstanceState::Failed,
                };
                GroupView {
                    name: &group.name,
                    min: group.min,
                    max: group.max,
                    target: state.target,
                    template: group.foretold.as_ref().map_or(&group.machines[0].template, |told| &told.template),
                    pods: group.foretold.as_ref().map_or(&[], |told| &told.pods),
                    price: Some(group.machines[0].price.usd()),
                    instances: state.instances.iter().map(instance).collect(),
                    increase_fails: cloud.refuses_increases(shared, now, id),
                }
            })
            .collect()
    }

    /// Does what the autoscaler asks for.
    fn act(&mut self, shared: &mut Shared, cloud: &mut Cloud, command: Command<'_>, shortage: Shortage) {
        let now = shared.queue.now();
        match command {
            Command::Launch(launch) => cloud.grow(shared, now, launch, shortage),
            Command::DeleteInstance { group, name } => {
                if let Some(id) = cloud.instance_named(group, name) {
                    cloud.delete_instance(shared, now, id);
                }
            }
            Command::LowerTarget { group, by } => cloud.lower_target(shared, now, group, by),
            Command::PutTaint { node, key, effect } => self.put_taint(shared, node, key, effect),
            Command::RemoveTaint { node, key } => self.remove_taint(shared, node, key),
            Command::StartDeletion(deletion) => self.start_deletion(shared, cloud, now, deletion),
        }
    }
}

/// Keeps count of the groups that would grow if they were not at their maximum.
fn count_full_groups(shared: &mut Shared, now: SimTime, outcome: &LoopOutcome) {
    let is_short = outcome.scale_up.pending.is_some();
    for (id, counts) in shared.counts.groups.iter_mut() {
        let is_full = is_short && outcome.scale_up.skipped.contains(&(id, SkipReason::MaxSize));
        if is_full != (counts.full.value() == 1) {
            counts.full.set(now, i64::from(is_full));
        }
    }
}

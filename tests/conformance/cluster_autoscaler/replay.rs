//! Events in, a loop, its decisions done and compared.

use super::expect::{Deleted, ExpansionOption, Expected, Increase, ScaleDown, TemplatePods};
use super::{Event, Recording};
use foresail::autoscaler::{
    Autoscaler, Choice, LoopInputs, LoopOutcome, ScaleDownOutcome, ScaleUpOutcome, Unremovable,
};
use foresail::cluster::{NodeCondition, NodeId, PodId};
use foresail::dry_run::autoscale::recorded::{Recorded, at};
use foresail::dry_run::autoscale::views;
use foresail::id::{GroupId, Id};
use foresail::intern::Symbol;
use foresail::scheduler::Profile;
use foresail::units::SimTime;
use std::collections::BTreeMap;

/// The first difference of a recording.
pub(crate) fn replay(recording: &Recording) -> Result<(), String> {
    let world = Recorded::new(&recording.case)?;
    let autoscaler = Autoscaler::new(world.surroundings.flags.clone(), Profile::default(), Choice::Recorded);
    let mut replay = Replay { world, autoscaler, delayed: recording.case.async_deletes, deleting: BTreeMap::new() };
    for step in &recording.steps {
        let first = at(step.at);
        for event in &step.events {
            replay.happens(first, event).map_err(|e| format!("at {}: {e}", step.at))?;
        }
        for turn in 0..step.count.unwrap_or(1) {
            let now = step.at + turn * step.every;
            let ours = replay.turn(at(now));
            ours.compare(&step.expect).map_err(|e| format!("at {now}: {e}"))?;
        }
    }
    Ok(())
}

struct Replay {
    world: Recorded,
    autoscaler: Autoscaler,
    /// Deletions end by an event.
    delayed: bool,
    /// Nodes whose deletion is under way, with their group.
    deleting: BTreeMap<NodeId, usize>,
}

impl Replay {
    fn happens(&mut self, now: SimTime, event: &Event) -> Result<(), String> {
        let node_of = |world: &Recorded, name: &str| world.node(name).ok_or(format!("no node {name}"));
        match event {
            Event::AddNode { node } => self.world.add_node(node)?,
            Event::NodeReady { name, ready } => {
                let node = node_of(&self.world, name)?;
                self.world.cluster().set_node_ready(node, NodeCondition { is_true: *ready, since: now });
            }
            Event::RemoveNode { name } => {
                let node = node_of(&self.world, name)?;
                self.world.surroundings.remove_node(node);
            }
            Event::AddPod { pod } => self.world.add_pod(pod)?,
            Event::Bind { name, to } => self.world.bind(name, to)?,
            Event::DeletePod { name } => {
                if let Some(pod) = self.world.pod(name) {
                    self.world.cluster().remove_pod(pod);
                }
            }
            Event::SetPdb { name, n } => {
                let symbol = self.world.cluster().symbols.intern(name);
                let budgets = &mut self.world.cluster().budgets;
                budgets.iter_mut().filter(|b| b.name == symbol).for_each(|b| b.disruptions_allowed = *n);
            }
            Event::AddInstance { group, name, error } => {
                let (group, name) = (self.world.group(group)?, self.world.cluster().symbols.intern(name));
                self.world.add_instance(group, name, error.as_ref().is_some_and(|error| !error.is_empty()));
            }
            Event::RemoveInstance { name } => {
                let name = self.world.cluster().symbols.intern(name);
                self.world.surroundings.remove_instance(name);
            }
            Event::IncreaseFails { group, error } => {
                let group = self.world.group(group)?;
                self.world.surroundings.groups[group].increase_fails = !error.is_empty();
            }
            Event::DeletionFinished { name } => {
                let symbol = self.world.cluster().symbols.intern(name);
                let found =
                    self.deleting.keys().copied().find(|id| self.world.surroundings.cluster.node(*id).name == symbol);
                self.deletion_ends(now, found.ok_or(format!("{name} is not being deleted"))?);
            }
        }
        Ok(())
    }

    fn deletion_ends(&mut self, now: SimTime, node: NodeId) {
        if let Some(group) = self.deleting.remove(&node) {
            let name = self.world.surroundings.cluster.node(node).name;
            self.delete_instance(group, name);
            self.autoscaler.deletion_ended(node);
            self.autoscaler.group_shrank(GroupId::from_index(group), now, false);
        }
    }

    fn delete_instance(&mut self, group: usize, name: Symbol) {
        self.world.surroundings.remove_instance(name);
        self.world.surroundings.groups[group].target -= 1;
    }

    fn targets(&self) -> BTreeMap<String, i32> {
        self.world.surroundings.groups.iter().map(|group| (group.name.clone(), group.target)).collect()
    }

    /// One loop and what follows from it.
    fn turn(&mut self, now: SimTime) -> Expected {
        let before = self.targets();
        let surroundings = &mut self.world.surroundings;
        let pending = surroundings.pending();
        let groups = views(&surroundings.groups);
        let inputs = LoopInputs { now, groups: &groups, pending: &pending, daemon_sets: &surroundings.daemon_sets };
        let outcome = self.autoscaler.run_once(&mut surroundings.cluster, inputs);
        let mut ours = self.described(&outcome);
        self.act(now, &outcome, &mut ours);
        let after = self.targets();
        if after != before {
            ours.targets = after;
        }
        ours
    }

    fn act(&mut self, now: SimTime, outcome: &LoopOutcome, ours: &mut Expected) {
        for (group, name) in &outcome.instances_to_delete {
            self.delete_instance(group.index(), *name);
            ours.cloud_deleted.push(self.world.surroundings.cluster.symbols.text(*name).to_owned());
        }
        for (group, delta) in &outcome.target_changes {
            self.world.surroundings.groups[group.index()].target += delta;
            ours.target_decreased.push(format!("{}:{delta}", self.world.surroundings.groups[group.index()].name));
        }
        for increase in outcome.scale_up.increases.iter().filter(|increase| !increase.fails) {
            self.world.surroundings.groups[increase.group.index()].target = increase.to;
        }
        for deletion in outcome.scale_down.iter().flat_map(|down| &down.deletions) {
            let node = self.world.surroundings.cluster.node(deletion.node);
            let (name, group) = (node.name, node.group.map_or(0, Id::index));
            let gone: Vec<PodId> = deletion.pods.iter().chain(&deletion.daemon_pods).copied().collect();
            self.deleting.insert(deletion.node, group);
            self.world.taint(deletion.node);
            for pod in gone {
                ours.evictions.push(self.world.surroundings.cluster.pod_name(pod));
                self.world.cluster().remove_pod(pod);
            }
            if !self.delayed {
                ours.cloud_deleted.push(self.world.surroundings.cluster.symbols.text(name).to_owned());
                self.deletion_ends(now, deletion.node);
            }
        }
        ours.evictions.sort();
        ours.cloud_deleted.sort();
    }

    fn described(&self, outcome: &LoopOutcome) -> Expected {
        let mut ours = Expected {
            error: outcome.error.unwrap_or_default().to_owned(),
            scale_up_result: format!("{:?}", outcome.scale_up.result),
            scale_down: outcome.scale_down.as_ref().map(|down| self.scale_down(down)),
            ..Expected::default()
        };
        self.scale_up(&outcome.scale_up, &mut ours);
        ours
    }

    fn scale_up(&self, up: &ScaleUpOutcome, ours: &mut Expected) {
        let cluster = &self.world.surroundings.cluster;
        let group = |at: &GroupId| self.world.surroundings.groups[at.index()].name.clone();
        let names = |pods: &[PodId]| pods.iter().map(|pod| cluster.pod_name(*pod)).collect::<Vec<_>>();
        ours.pending = names(up.pending.as_deref().unwrap_or_default());
        if up.pending.is_some() {
            for (at, used) in self.autoscaler.template_pods(cluster).iter() {
                let Some((used, pods)) = used else { continue };
                let row =
                    TemplatePods { pods_cpu_milli: used.cpu_milli, pods_mem_bytes: used.memory_bytes, pods: *pods };
                ours.templates.insert(group(&at), row);
            }
        }
        ours.skipped_groups = up.skipped.iter().map(|(at, why)| (group(at), why.to_string())).collect();
        let option = |row: &foresail::autoscaler::OptionSummary| ExpansionOption {
            group: group(&row.group),
            node_count: row.nodes,
            pods: names(&row.pods),
            similar: row.similar.iter().map(group).collect(),
            waste: row.container_waste,
        };
        ours.options = up.options.iter().map(option).collect();
        ours.best = up.best.iter().map(group).collect();
        ours.best.sort();
        ours.chosen = up.chosen.as_ref().map(group).unwrap_or_default();
        let increase = |row: &&foresail::autoscaler::Increase| !row.fails;
        let increases = up.increases.iter().filter(increase);
        ours.scale_up =
            increases.map(|row| Increase { group: group(&row.group), from: row.from, to: row.to }).collect();
        ours.remain_unschedulable = names(&up.remain);
        ours.await_evaluation = names(&up.awaiting);
        for (pod, reasons) in &up.rejected {
            let reasons = reasons.iter().map(|(at, why)| (group(at), why.clone())).collect();
            ours.rejected.insert(cluster.pod_name(*pod), reasons);
        }
    }

    fn scale_down(&self, down: &ScaleDownOutcome) -> ScaleDown {
        let cluster = &self.world.surroundings.cluster;
        let name = |node: &NodeId| cluster.node_name(*node).to_owned();
        let seconds = |time: SimTime| time.since(SimTime::ZERO).as_nanos() / 1_000_000_000;
        let unremovable: BTreeMap<String, String> = down
            .unremovable
            .iter()
            .map(|(node, why)| {
                let why = match why {
                    Unremovable::BlockedByPod(blocked) => {
                        format!("BlockedByPod:{:?}:{}", blocked.reason, cluster.pod_name(blocked.pod))
                    }
                    Unremovable::NotUnderutilized(_) => "NotUnderutilized".to_owned(),
                    other => format!("{other:?}"),
                };
                (name(node), why)
            })
            .collect();
        let known = down.utilization.iter().map(|(node, share)| (name(node), format!("{share:.6}")));
        ScaleDown {
            result: format!("{:?}", down.result),
            unneeded_since: down.unneeded.iter().map(|(node, since)| (name(node), seconds(*since))).collect(),
            util: known.filter(|(node, _)| unremovable.contains_key(node)).collect(),
            unremovable,
            candidates_empty: down.candidates.0.iter().map(name).collect(),
            candidates_drain: down.candidates.1.iter().map(name).collect(),
            deleted: down
                .deletions
                .iter()
                .map(|row| Deleted {
                    node: name(&row.node),
                    drain: row.drain,
                    evicted: if row.drain {
                        row.pods.iter().map(|pod| cluster.pod_name(*pod)).collect()
                    } else {
                        vec![]
                    },
                })
                .collect(),
        }
    }
}

//! Scale-up: options, choice, limits, balance.

use super::limits::Budget;
use super::option::{Round, ScaleUpOption};
use super::similar::{Likeness, balance};
use crate::autoscaler::estimator::{Estimate, Kinds, ToPlace, estimate, refusals};
use crate::autoscaler::expander::{Scene, best, scores, waste};
use crate::autoscaler::templates::Template;
use crate::autoscaler::view::{Increase, OptionSummary, ScaleUpOutcome, ScaleUpResult, SkipReason, Unlike};
use crate::autoscaler::{Autoscaler, Choice, Expander};
use crate::cluster::{ClusterState, PodId};
use crate::id::{GroupId, IdVec};
use crate::rng::{fnv1a, mix, spell};
use crate::units::SimTime;
use fixedbitset::FixedBitSet;
use std::sync::Arc;

/// Which kinds of pods fit a new node of each group; absent for groups that take no part.
type Fitting = IdVec<GroupId, Option<FixedBitSet>>;

impl Autoscaler {
    /// Upstream: `ScaleUpOrchestrator.ScaleUp`, 1.28.0 and 1.35.
    pub(in crate::autoscaler) fn scale_up(
        &mut self,
        round: &Round<'_>,
        cluster: &mut ClusterState,
        pods: &[PodId],
    ) -> ScaleUpOutcome {
        let mut outcome = ScaleUpOutcome { pending: Some(pods.to_vec()), ..ScaleUpOutcome::default() };
        let kinds = Kinds::of(cluster, &mut self.checker.feasible, pods);
        let budget = self.budget(cluster, round);
        let valid = self.valid_groups(round, &budget, &mut outcome);
        let mut fitting: Fitting = IdVec::filled(None, round.groups.len());
        for group in &valid {
            let template = self.templates.rows[*group].as_ref();
            let feasible = &mut self.checker.feasible;
            fitting[*group] = template.map(|template| kinds.fitting(cluster, feasible, template, *group));
        }
        let options = self.options(round, cluster, &kinds, &fitting);
        outcome.result = ScaleUpResult::NoOptionsAvailable;
        let (groups, nodes) = (round.groups, round.all);
        let scene = Scene { cluster, groups, templates: &self.templates.rows, flags: &self.flags, nodes };
        outcome.options = options.iter().map(|option| summary(&scene, option)).collect();
        let best = best(&scene, &options);
        outcome.best = best.iter().map(|at| options[*at].group).collect();
        if best.is_empty() {
            self.tell_rejections(cluster, &kinds, (&fitting, None), &mut outcome);
            return outcome;
        }
        let chosen = &options[self.choose(round, &options, &best)];
        outcome.chosen = Some(chosen.group);
        outcome.result = ScaleUpResult::Error;
        let Some(count) = self.capped(chosen.nodes, round.nodes) else { return outcome };
        let Some(count) = budget.within(chosen.group, count) else { return outcome };
        let mut among = vec![chosen.group];
        among.extend_from_slice(&chosen.similar);
        if self.execute(round, balance(self.flags.rules.go(), round.groups, &among, count), &mut outcome) {
            outcome.result = ScaleUpResult::Successful;
            self.tell_rejections(cluster, &kinds, (&fitting, Some(chosen.group)), &mut outcome);
        }
        outcome
    }

    /// Asks the cloud for each increase until one fails. Upstream: `scaleUpExecutor.ExecuteScaleUps`.
    fn execute(&mut self, round: &Round<'_>, increases: Vec<Increase>, outcome: &mut ScaleUpOutcome) -> bool {
        for increase in increases {
            outcome.increases.push(increase);
            if increase.fails {
                self.registry.back_off(increase.group, round.now, &self.flags);
                return false;
            }
            self.registry.register_scale_up(increase.group, increase.to - increase.from, round.now, &self.flags);
        }
        true
    }

    /// Groups below their least size grow to it. Upstream: `ScaleUpToNodeGroupMinSize`, 1.28.0.
    pub(in crate::autoscaler) fn scale_up_to_min(
        &mut self,
        round: &Round<'_>,
        cluster: &ClusterState,
        outcome: &mut ScaleUpOutcome,
    ) {
        let budget = self.budget(cluster, round);
        let mut increases = Vec::new();
        for (at, view) in round.groups.iter().filter(|(_, view)| view.target < view.min) {
            let may =
                self.registry.unsafe_to_scale_up(at, round.now, &self.flags).is_none() && budget.exceeded(at).is_none();
            let count = Some(view.min - view.target).filter(|_| may);
            let count = count.and_then(|count| budget.within(at, count));
            if let Some(count) = count.and_then(|count| self.capped(count, view.target)) {
                let (from, to) = (view.target, view.target + count);
                increases.push(Increase { group: at, from, to, fails: view.increase_fails });
            }
        }
        outcome.result = match (increases.is_empty(), self.execute(round, increases, outcome)) {
            (true, _) => ScaleUpResult::NotNeeded,
            (_, true) => ScaleUpResult::Successful,
            (_, false) => ScaleUpResult::Error,
        };
    }

    /// One option per group that helps. Upstream: `ComputeExpansionOption`.
    fn options(
        &mut self,
        round: &Round<'_>,
        cluster: &mut ClusterState,
        kinds: &Kinds,
        fitting: &Fitting,
    ) -> Vec<ScaleUpOption> {
        let mut options = Vec::new();
        let likenesses = self.likenesses(cluster, fitting);
        for (group, which) in fitting.iter() {
            let Some(which) = which.as_ref().filter(|which| !which.is_clear()) else { continue };
            let (similar, unlike) = self.similar(round, group, &likenesses, fitting);
            let limit = self.limit(round, group, &similar);
            let Some(template) = &self.templates.rows[group] else { continue };
            let to_place = ToPlace { kinds, which, limit };
            let Estimate { nodes, pods, requests, container_requests } =
                estimate(cluster, &mut self.checker, (template, group), (&self.flags, to_place));
            if nodes > 0 && !pods.is_empty() {
                options.push(ScaleUpOption { group, nodes, pods, requests, container_requests, similar, unlike });
            }
        }
        options
    }

    fn valid_groups(&self, round: &Round<'_>, budget: &Budget, outcome: &mut ScaleUpOutcome) -> Vec<GroupId> {
        let mut valid = Vec::new();
        for (at, group) in round.groups.iter() {
            let full = (group.target >= group.max).then_some(SkipReason::MaxSize);
            let problem = self.registry.unsafe_to_scale_up(at, round.now, &self.flags).or(full);
            match problem.or_else(|| budget.exceeded(at)) {
                Some(why) => outcome.skipped.push((at, why)),
                None => valid.push(at),
            }
        }
        valid
    }

    /// What makes groups similar, of those that take part; nothing if nobody asks.
    fn likenesses(&self, cluster: &ClusterState, fitting: &Fitting) -> IdVec<GroupId, Option<Likeness>> {
        let one = |(template, which): (&Option<Arc<Template>>, &Option<FixedBitSet>)| {
            let template = template.as_ref().filter(|_| which.is_some() && self.flags.balance_similar_node_groups)?;
            Some(Likeness::of(cluster, &self.flags, template))
        };
        self.templates.rows.values().zip(fitting.values()).map(one).collect()
    }

    /// Groups like `group` whose new nodes take the same kinds of pods, and why the others are not. Upstream:
    /// `ComputeSimilarNodeGroups`.
    fn similar(
        &self,
        round: &Round<'_>,
        group: GroupId,
        likenesses: &IdVec<GroupId, Option<Likeness>>,
        fitting: &Fitting,
    ) -> (Vec<GroupId>, Vec<(GroupId, Unlike)>) {
        let (mut similar, mut unlike) = (Vec::new(), Vec::new());
        let (Some(own), Some(which)) = (&likenesses[group], &fitting[group]) else { return (similar, unlike) };
        for other in round.groups.ids().filter(|other| *other != group) {
            let (Some(likeness), Some(theirs)) = (&likenesses[other], &fitting[other]) else { continue };
            let why = if !which.is_subset(theirs) {
                Some(Unlike::Pods)
            } else if let Some(difference) = own.difference(likeness, &self.flags) {
                Some(difference)
            } else {
                self.registry.unsafe_to_scale_up(other, round.now, &self.flags).map(|_| Unlike::NotSafe)
            };
            match why {
                None => similar.push(other),
                Some(why) => unlike.push((other, why)),
            }
        }
        (similar, unlike)
    }

    /// Upstream: `GetRemainingPods`, `GetPodsAwaitingEvaluation`.
    fn tell_rejections(
        &self,
        cluster: &mut ClusterState,
        kinds: &Kinds,
        (fitting, chosen): (&Fitting, Option<GroupId>),
        outcome: &mut ScaleUpOutcome,
    ) {
        let fits = |at: usize, group: GroupId| fitting[group].as_ref().is_some_and(|which| which.contains(at));
        let mut told: Vec<usize> = Vec::new();
        for (at, kind) in kinds.rows.iter().enumerate() {
            let list = if !fitting.ids().any(|group| fits(at, group)) {
                &mut outcome.remain
            } else if chosen.is_some_and(|chosen| !fits(at, chosen)) {
                &mut outcome.awaiting
            } else {
                continue;
            };
            list.extend_from_slice(&kind.pods);
            told.push(at);
        }
        outcome.rejected = told.iter().map(|at| (kinds.rows[*at].pods[0], Vec::new())).collect();
        for (group, which) in fitting.iter() {
            let (Some(which), Some(template)) = (which, &self.templates.rows[group]) else { continue };
            let refused: Vec<usize> = (0..told.len()).filter(|place| !which.contains(told[*place])).collect();
            let pods: Vec<PodId> = refused.iter().map(|place| outcome.rejected[*place].0).collect();
            let profile = self.checker.feasible.profile();
            for (place, why) in refused.into_iter().zip(refusals(cluster, profile, (template, group), &pods)) {
                outcome.rejected[place].1.push((group, why));
            }
        }
    }

    fn choose(&mut self, round: &Round<'_>, options: &[ScaleUpOption], best: &[usize]) -> usize {
        let name = |at: &usize| (round.groups[options[*at].group].name, *at);
        let mut names: Vec<(&str, usize)> = best.iter().map(name).collect();
        if names.len() == 1 {
            return names[0].1;
        }
        match self.choice {
            Choice::Seeded(seed) => {
                let spell = spell(round.now);
                let nth = if self.taken.0 == spell { self.taken.1 + 1 } else { 0 };
                self.taken = (spell, nth);
                let luck = seed.bits("expander", mix(spell).wrapping_add(nth));
                let place = |(name, at): &(&str, usize)| (mix(luck ^ fnv1a(name)), *at);
                names.iter().max_by_key(|option| place(option)).map_or(names[0].1, |(_, at)| *at)
            }
            Choice::Recorded => {
                names.sort_unstable();
                let list: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
                let seconds = round.now.since(SimTime::ZERO).as_nanos() / 1_000_000_000;
                let text = format!("{}{seconds}", list.join(","));
                let hash = text.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
                names[(hash >> 8) as usize % names.len()].1
            }
        }
    }
}

fn summary(scene: &Scene<'_>, option: &ScaleUpOption) -> OptionSummary {
    OptionSummary {
        group: option.group,
        nodes: option.nodes,
        pods: option.pods.clone(),
        similar: option.similar.clone(),
        unlike: option.unlike.clone(),
        waste: waste(scene, option, option.requests),
        container_waste: waste(scene, option, option.container_requests),
        scores: scores(scene, option),
        unpriced: scene.flags.expander.contains(&Expander::Price) && scene.groups[option.group].price.is_none(),
    }
}

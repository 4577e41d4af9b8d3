//! kube-scheduler's configuration, and who it is responsible for.

use super::scene::Scene;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::scheduler_profiles;
use crate::scheduler::{Profiles, Rules};
use crate::units::SimDuration;
use crate::world::{Cast, Timing};
use std::collections::BTreeMap;

/// Longer cycles are refused.
const LONGEST_CYCLE: SimDuration = SimDuration::from_mins(1);

/// The profiles that the scenario names, or kube-scheduler's own.
pub(super) fn profiles(scene: &Scene<'_>, converter: &mut Converter<'_>, issues: &mut Issues) -> Profiles {
    let given = scene.file.scheduler.configuration.as_ref().map(|path| {
        let path = path.below(scene.folder);
        scheduler_profiles::read(scene.files, &path, "scheduler.configuration", converter, issues)
    });
    given.unwrap_or_default().with_rules(Rules::of(scene.release))
}

/// How long a cycle takes.
pub(super) fn cycle(scene: &Scene<'_>, issues: &mut Issues) -> SimDuration {
    let cycle = scene.file.scheduler.cycle_time.map_or(Timing::default().scheduling_cycle, |time| time.0);
    if cycle.is_zero() || cycle > LONGEST_CYCLE {
        issues.push(Issue::error("scheduler.cycleTime", "expected more than nothing and at most 1m"));
    }
    cycle
}

/// Pods of schedulers that no profile is for: the default one takes them, which deserves a doubt.
pub(super) fn warn_about_strangers(cast: &Cast, issues: &mut Issues) {
    let mut strangers: BTreeMap<&str, u32> = BTreeMap::new();
    for workload in cast.workloads.values() {
        let scheduler = cast.cluster.spec(workload.template).scheduler;
        if !cast.profiles.handle(scheduler) {
            *strangers.entry(cast.cluster.symbols.text(scheduler)).or_default() += 1;
        }
    }
    let known: Vec<&str> = cast.profiles.iter().map(|(name, _)| cast.cluster.symbols.text(*name)).collect();
    for (name, count) in strangers {
        let message =
            format!("no profile is for `{name}`, the scheduler of {count} workloads: the default one takes them");
        issues.push(Issue::warning("spec.schedulerName", message).suggest(name, known.iter().copied()));
    }
}

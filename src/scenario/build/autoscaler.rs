//! Whether there is a Cluster Autoscaler, and its flags.

use super::scene::Scene;
use crate::autoscaler::{Flags, NamedGroup};
use crate::scenario::autoscaler_flags;
use crate::scenario::issue::{Issue, Issues};

/// The flags, if there is an autoscaler: its Deployment's, and the scenario's on top.
pub(super) fn flags(scene: &Scene<'_>, issues: &mut Issues) -> Option<Flags> {
    let deployed = deployed_flags(scene, issues);
    let found = deployed.is_some() || !scene.file.autoscaler.flags.is_empty();
    let mut flags = deployed.unwrap_or_default();
    let named = std::mem::take(&mut flags.nodes);
    let words = scene.file.autoscaler.flags.iter().flat_map(|words| words.split_whitespace());
    autoscaler_flags::set(&mut flags, words, issues);
    let anew = |group: &NamedGroup| flags.nodes.iter().any(|own| own.name == group.name);
    let kept: Vec<NamedGroup> = named.into_iter().filter(|group| !anew(group)).collect();
    flags.nodes.splice(0..0, kept);
    autoscaler_flags::check(&flags, issues);
    if !scene.file.autoscaler.enabled.unwrap_or(found) {
        return None;
    }
    if !flags.scheduler_config_file.is_empty() {
        let message = "the autoscaler's what-ifs use the scheduler's own configuration, scheduler.configuration";
        issues.push(Issue::warning("--scheduler-config-file", message));
    }
    autoscaler_flags::read_priorities(&mut flags, scene.objects.autoscaler_priorities.first(), issues);
    Some(flags)
}

/// The flags of the autoscaler's Deployment, if it is among the manifests.
fn deployed_flags(scene: &Scene<'_>, issues: &mut Issues) -> Option<Flags> {
    let mut flags = None;
    for (from, deployment) in &scene.objects.deployments {
        for container in &deployment.spec.template.spec.containers {
            if !container.image.contains("cluster-autoscaler") {
                continue;
            }
            let words = container.command.iter().chain(&container.args).map(String::as_str);
            let words = words.skip_while(|word| !word.starts_with("--"));
            let mut part = Issues::new();
            autoscaler_flags::set(flags.get_or_insert_default(), words, &mut part);
            from.locate_all(part, issues);
        }
    }
    flags
}

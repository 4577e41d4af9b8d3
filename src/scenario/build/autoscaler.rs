//! Whether there is a Cluster Autoscaler, and its flags.

use super::scene::Scene;
use crate::autoscaler::{Flags, NamedGroup};
use crate::scenario::autoscaler_flags;
use crate::scenario::command_line;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::node::cloud_name;
use crate::world::Cast;

/// What its image and its program are called.
const PROGRAM: &str = "cluster-autoscaler";

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
    if flags.cloud_provider.is_empty() {
        cloud_name(scene.provider).clone_into(&mut flags.cloud_provider);
    }
    autoscaler_flags::check_pricing(&flags, issues);
    autoscaler_flags::read_priorities(&mut flags, &scene.objects.autoscaler_priorities, issues);
    Some(flags)
}

/// The flags of the autoscaler's Deployment, if it is among the manifests: by its image, or by the program that it starts.
fn deployed_flags(scene: &Scene<'_>, issues: &mut Issues) -> Option<Flags> {
    let mut flags = None;
    for (from, deployment) in &scene.objects.deployments {
        for container in &deployment.spec.template.spec.containers {
            let started = command_line::words_of(container, PROGRAM);
            if started.is_none() && !container.image.contains(PROGRAM) {
                continue;
            }
            if deployment.spec.replicas == Some(0) {
                let message = "0: this Cluster Autoscaler is switched off, and scales nothing";
                issues.push(from.locate(Issue::warning("spec.replicas", message)));
                continue;
            }
            other_version(&container.image).into_iter().for_each(|issue| issues.push(from.locate(issue)));
            let all = || container.command.iter().chain(&container.args).cloned().collect();
            let words: Vec<String> = started.unwrap_or_else(all);
            let words = words.iter().map(String::as_str).skip_while(|word| !word.starts_with('-'));
            let mut part = Issues::new();
            autoscaler_flags::set(flags.get_or_insert_default(), words, &mut part);
            from.locate_all(part, issues);
        }
    }
    flags
}

/// An image whose tag says another version than the one whose rules are simulated.
fn other_version(image: &str) -> Option<Issue> {
    let (name, tag) = image.rsplit_once(':')?;
    let minor = tag.strip_prefix("v1.").or(tag.strip_prefix("1."))?;
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    if !name.contains(PROGRAM) || minor.is_empty() || minor == "28" {
        return None;
    }
    let message = format!("`{tag}`: the rules of Cluster Autoscaler 1.28 are simulated, whatever the version");
    Some(Issue::warning("spec.template.spec.containers.image", message))
}

/// Groups that could grow or shrink, and nobody who would do it.
pub(super) fn warn_about_the_unscaled(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) {
    if cast.autoscaler.is_some() || scene.file.autoscaler.enabled.is_some() {
        return;
    }
    let free = cast.groups.values().filter(|group| group.min < group.max);
    let names: Vec<String> = free.map(|group| format!("{} ({} to {})", group.name, group.min, group.max)).collect();
    if !names.is_empty() {
        let message = format!("nothing scales the groups {}: they keep their size", names.join(", "));
        let help = "add Cluster Autoscaler's Deployment to the manifests, or write autoscaler: {enabled: true}; \
                    {enabled: false} says that this is meant";
        issues.push(Issue::warning("autoscaler", message).with_help(help));
    }
}

//! Whether there is a Cluster Autoscaler, and its flags.

use super::scene::Scene;
use crate::autoscaler::{Flags, NamedGroup};
use crate::release::KubernetesVersion;
use crate::scenario::autoscaler_flags;
use crate::scenario::autoscaler_version::{self, Found, PROGRAM};
use crate::scenario::command_line;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::node::cloud_name;
use crate::scenario::kubernetes::pod::Container;
use crate::scenario::kubernetes::reader::Provenance;
use crate::world::Cast;

/// The flags, if there is an autoscaler: its Deployment's, and the scenario's on top.
pub(super) fn flags(scene: &Scene<'_>, issues: &mut Issues) -> Option<Flags> {
    let deployed = deployed(scene, issues);
    let found = !deployed.is_empty() || !scene.file.autoscaler.flags.is_empty();
    let is_there = scene.file.autoscaler.enabled.unwrap_or(found);
    let mut doubts = Issues::new();
    let mut flags = Flags::of(version(scene, &deployed, &mut doubts));
    if is_there {
        issues.absorb(doubts, |_| ());
    }
    set_deployed(&mut flags, &deployed, issues);
    let named = std::mem::take(&mut flags.nodes);
    let words = scene.file.autoscaler.flags.iter().flat_map(|words| words.split_whitespace());
    autoscaler_flags::set(&mut flags, words, issues);
    let anew = |group: &NamedGroup| flags.nodes.iter().any(|own| own.name == group.name);
    let kept: Vec<NamedGroup> = named.into_iter().filter(|group| !anew(group)).collect();
    flags.nodes.splice(0..0, kept);
    autoscaler_flags::check(&flags, issues);
    if !is_there {
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

/// Its own version: the scenario's word, else its image's, else the cluster's.
fn version(scene: &Scene<'_>, deployed: &[Deployed<'_>], issues: &mut Issues) -> KubernetesVersion {
    const FIELD: &str = "autoscaler.version";
    let image = deployed.first().map(|(_, container)| container.image.as_str());
    let found = match (&scene.file.autoscaler.version, image) {
        (Some(given), _) => Found::Given(FIELD, &given.0),
        (None, Some(image)) => Found::Image(image),
        (None, None) => Found::Nowhere,
    };
    autoscaler_version::decide(found, FIELD, Some(scene.release.version), issues)
}

/// A container that runs the autoscaler.
type Deployed<'a> = (&'a Provenance, &'a Container);

/// The autoscaler's containers, if its Deployment is among the manifests: by the image, or by the program that is started.
fn deployed<'a>(scene: &Scene<'a>, issues: &mut Issues) -> Vec<Deployed<'a>> {
    let mut found = Vec::new();
    for (from, deployment) in &scene.objects.deployments {
        for container in &deployment.spec.template.spec.containers {
            if !container.image.contains(PROGRAM) && command_line::words_of(container, PROGRAM).is_none() {
                continue;
            }
            if deployment.spec.replicas == Some(0) {
                let message = "0: this Cluster Autoscaler is switched off, and scales nothing";
                issues.push(from.locate(Issue::warning("spec.replicas", message)));
                continue;
            }
            found.push((from, container));
        }
    }
    found
}

/// Sets the flags of the autoscaler's containers.
fn set_deployed(flags: &mut Flags, deployed: &[Deployed<'_>], issues: &mut Issues) {
    for (from, container) in deployed {
        let all = || container.command.iter().chain(&container.args).cloned().collect();
        let words: Vec<String> = command_line::words_of(container, PROGRAM).unwrap_or_else(all);
        let words = words.iter().map(String::as_str).skip_while(|word| !word.starts_with('-'));
        let mut part = Issues::new();
        autoscaler_flags::set(flags, words, &mut part);
        from.locate_all(part, issues);
    }
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

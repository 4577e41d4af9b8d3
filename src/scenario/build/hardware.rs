//! What the machines of a scenario are beyond their size, and what of that is doubtful: speed, architecture, accelerators.

use super::scene::Scene;
use crate::market::{Architecture, Catalog, Provider};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::machine_node::accelerator;
use crate::world::{Cast, NodeGroup};
use std::collections::BTreeSet;

/// Says what is assumed.
pub(super) fn warn_about(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) {
    check_reference(scene, issues);
    warn_about_speeds(scene, cast, issues);
    for group in cast.groups.values().filter(|group| group.max > 0) {
        warn_about_arm(group, issues);
        warn_about_accelerators(scene, group, issues);
    }
}

fn check_reference(scene: &Scene<'_>, issues: &mut Issues) {
    let Some(name) = &scene.file.cluster.cpu_reference else { return };
    let catalog = Catalog::shipped();
    if let Err(error) = catalog.instance_type(name) {
        issues.push(Issue::error("cluster.cpuReference", error.to_string()));
    } else if catalog.cpu_score(name).is_none() {
        let message = format!("how fast the cpus of `{name}` are is not known: all others are taken as equally fast");
        let issue = Issue::warning("cluster.cpuReference", message);
        issues.push(issue.with_help("give the speed of each group: nodeGroups.NAME.cpuSpeed"));
    }
}

/// Types that are not as fast as the reference, and those of which nobody knows.
fn warn_about_speeds(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) {
    if scene.file.services.is_empty() || Catalog::shipped().cpu_score(scene.cpu_reference()).is_none() {
        return;
    }
    let is_given =
        |group: &NodeGroup| scene.file.node_groups.get(&group.name).is_some_and(|change| change.cpu_speed.is_some());
    let (mut known, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for group in cast.groups.values().filter(|group| group.max > 0 && !is_given(group)) {
        for machine in &group.machines {
            let name = &machine.instance_type;
            match scene.speed(name) {
                Some(speed) if (speed - 1.0).abs() > 0.005 => drop(known.insert(format!("{name} {speed:.2}"))),
                Some(_) => {}
                None => drop(unknown.insert(name.clone())),
            }
        }
    }
    let reference = scene.cpu_reference();
    if !known.is_empty() && scene.file.cluster.cpu_reference.is_none() {
        let list = known.into_iter().collect::<Vec<_>>().join(", ");
        let message =
            format!("cpu times of requests are taken as measured on {reference}; others are faster or slower: {list}");
        let issue = Issue::warning("services", message);
        issues.push(
            issue.with_help("name the type that was measured: cluster.cpuReference; or nodeGroups.NAME.cpuSpeed"),
        );
    }
    if !unknown.is_empty() {
        let list = unknown.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!("how fast the cpus of {list} are is not known: taken as fast as those of {reference}");
        issues.push(Issue::warning("services", message).with_help("give it: nodeGroups.NAME.cpuSpeed"));
    }
}

fn kinds<'a>(group: &'a NodeGroup) -> impl Iterator<Item = crate::market::InstanceType> + 'a {
    group.machines.iter().filter_map(|machine| Catalog::shipped().known_instance_type(&machine.instance_type))
}

fn warn_about_arm(group: &NodeGroup, issues: &mut Issues) {
    let arm: Vec<&str> =
        kinds(group).filter(|kind| kind.architecture == Architecture::Arm64).map(|kind| kind.name).collect();
    if arm.is_empty() {
        return;
    }
    let message =
        format!("{} is arm64: images of all pods that may run there have to be built for arm64", arm.join(", "));
    let mixed = arm.len() < group.machines.len();
    let help = if mixed { "the group has amd64 too: its images need both" } else { "docker manifest inspect IMAGE" };
    issues.push(Issue::warning(format!("node group {}", group.name), message).with_help(help));
}

/// Accelerators are there once a device plugin reports them.
fn warn_about_accelerators(scene: &Scene<'_>, group: &NodeGroup, issues: &mut Issues) {
    // GKE brings the plugin itself.
    let Some(kind) = kinds(group).find(|kind| kind.gpus > 0 && kind.provider == Provider::Aws) else { return };
    let is_plugin =
        |text: &str| ["device-plugin", "gpu", "nvidia", "neuron", "habana"].iter().any(|part| text.contains(part));
    let has_plugin = scene.objects.daemon_sets.iter().any(|(_, set)| {
        is_plugin(&set.metadata.name) || set.spec.template.spec.containers.iter().any(|c| is_plugin(&c.image))
    });
    if !has_plugin {
        let resource = accelerator(kind.name);
        let message = format!(
            "no DaemonSet of a device plugin was found: {} of {} is taken to be there all the same",
            resource, kind.name
        );
        issues.push(Issue::warning(format!("node group {}", group.name), message));
    }
}

//! Node groups and Cluster Autoscaler's flags.

use super::Scene;
use super::objects::Found;
use crate::autoscaler::{Claim, Flags, NamedGroup, Tags, eks_tags};
use crate::cluster::{Effect, NodeCapacity, NodeTemplate, Resources, Taint};
use crate::id::IdVec;
use crate::market::{Catalog, NodeResources, NodeSettings, Provider, node_boot};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::node::Node;
use crate::scenario::terraform::TerraformGroup;
use crate::scenario::{autoscaler_flags, file};
use crate::units::SimDuration;
use crate::world::GroupId;
use crate::world::{Delay, Machine, NodeGroup};
use std::collections::BTreeMap;

/// Machine types of a group that names none.
const DEFAULT_TYPE: &str = "t3.medium";
/// The most nodes that a group may have.
const LARGEST: i32 = 100_000;

/// A group while it is put together.
#[derive(Clone, Default)]
struct Plan {
    types: Vec<String>,
    spot: bool,
    min: Option<i32>,
    max: Option<i32>,
    desired: Option<i32>,
    labels: BTreeMap<String, String>,
    taints: Vec<(String, String, String)>,
    zones: Option<Vec<String>>,
    autoscaled: Option<bool>,
    boot: Option<SimDuration>,
    /// The cluster's name, where Terraform says it.
    cluster: Option<String>,
    tags: Tags,
    self_managed: bool,
    place: Option<(String, u32)>,
}

impl Plan {
    /// What `--node-group-auto-discovery` looks at.
    fn all_tags(&self, provider: Provider, name: &str) -> Tags {
        let mut tags = match provider {
            Provider::Aws if !self.self_managed => eks_tags(self.cluster.as_deref(), name),
            _ => Tags::new(),
        };
        tags.extend(self.tags.clone());
        tags
    }

    /// The flags' bounds count for the autoscaler, whatever the cloud's are.
    fn bound(&mut self, name: &str, min: i32, max: i32, issues: &mut Issues) {
        let differs = |own: Option<i32>, flag: i32| own.is_some_and(|own| own != flag);
        if differs(self.min, min) || differs(self.max, max) {
            let message = format!("--nodes says {min} to {max}: that counts, not the sizes of the group");
            issues.push(located(Issue::warning(format!("nodeGroups.{name}"), message), &self.place));
        }
        (self.min, self.max) = (Some(min), Some(max));
    }
}

/// The flags, if there is an autoscaler: its Deployment's, and the scenario's on top.
pub(super) fn autoscaler(scene: &Scene<'_>, issues: &mut Issues) -> Option<Flags> {
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
    autoscaler_flags::read_priorities(&mut flags, &scene.objects.autoscaler_priorities, issues);
    Some(flags)
}

/// The flags of the autoscaler's Deployment, if it is among the manifests.
fn deployed_flags(scene: &Scene<'_>, issues: &mut Issues) -> Option<Flags> {
    let mut flags = None;
    for (document, deployment) in &scene.objects.deployments {
        for (at, container) in deployment.spec.template.spec.containers.iter().enumerate() {
            if !container.image.contains("cluster-autoscaler") {
                continue;
            }
            let command = document.value.pointer(&format!("/spec/template/spec/containers/{at}"));
            let words = ["command", "args"].into_iter().filter_map(|key| command?.get(key)?.as_array());
            let words = words.flatten().filter_map(|word| word.as_str()).skip_while(|word| !word.starts_with("--"));
            let mut part = Issues::new();
            autoscaler_flags::set(flags.get_or_insert_default(), words, &mut part);
            document.locate_all(part, issues);
        }
    }
    flags
}

/// Terraform's groups, changed and completed by the scenario's; the autoscaler's come first.
pub(super) fn build(
    scene: &Scene<'_>,
    declared: Vec<TerraformGroup>,
    converter: &mut Converter<'_>,
    flags: Option<&Flags>,
    issues: &mut Issues,
) -> IdVec<GroupId, NodeGroup> {
    let mut plans: Vec<(String, Plan)> = Vec::new();
    for group in declared {
        let place = Some((group.file, group.line));
        if plans.iter().any(|(name, _)| *name == group.name) {
            issues.push(located(Issue::error("name", format!("a second node group `{}`", group.name)), &place));
            continue;
        }
        let plan = Plan {
            types: group.instance_types,
            spot: group.spot,
            min: group.min,
            max: group.max,
            desired: group.desired,
            labels: group.labels.into_iter().collect(),
            taints: group.taints,
            cluster: group.cluster,
            tags: group.tags.into_iter().collect(),
            self_managed: group.self_managed,
            place,
            ..Plan::default()
        };
        plans.push((group.name, plan));
    }
    for (name, change) in &scene.file.node_groups {
        let at = plans.iter().position(|(known, _)| known == name);
        if change.remove {
            if let Some(at) = at {
                plans.remove(at);
            }
            continue;
        }
        let at = at.unwrap_or_else(|| {
            plans.push((name.clone(), Plan::default()));
            plans.len() - 1
        });
        let plan = &mut plans[at].1;
        let sizes = [change.min_size, change.max_size, change.desired_size];
        if change.instance_types.is_some() || sizes.iter().any(Option::is_some) {
            // What is wrong from here on is not the Terraform's doing.
            plan.place = None;
        }
        apply(name, change, plan, issues);
    }
    if plans.is_empty() {
        plans = of_nodes(&scene.objects.nodes, issues);
    } else if !scene.objects.nodes.is_empty() {
        let count = scene.objects.nodes.len();
        let message = format!("{count} Node objects were left aside: the node groups are declared");
        issues.push(Issue::warning("manifests", message));
    }
    if plans.is_empty() {
        issues.push(
            Issue::error("nodeGroups", "there is no node group")
                .with_help("name Terraform files under `terraform`, groups under `nodeGroups`, or a dump with Nodes"),
        );
    }
    if let Some(flags) = flags {
        claim(flags, scene.provider, &mut plans, issues);
    }
    let mut groups: Vec<NodeGroup> =
        plans.into_iter().filter_map(|(name, plan)| group(scene, name, plan, converter, issues)).collect();
    groups.iter_mut().for_each(|group| group.autoscaled &= flags.is_some());
    groups.sort_by_key(|group| !group.autoscaled);
    groups.into_iter().collect()
}

/// What the flags say about whose groups these are, and about their bounds.
fn claim(flags: &Flags, provider: Provider, plans: &mut [(String, Plan)], issues: &mut Issues) {
    let tags: Vec<Tags> = plans.iter().map(|(name, plan)| plan.all_tags(provider, name)).collect();
    let groups: Vec<(&str, &Tags)> = plans.iter().map(|(name, _)| name.as_str()).zip(&tags).collect();
    autoscaler_flags::check_groups(flags, &groups, issues);
    for ((name, plan), tags) in plans.iter_mut().zip(&tags) {
        let claim = flags.claim(name, tags);
        if let Claim::Bounded(min, max) = claim {
            plan.bound(name, min, max, issues);
        }
        if claim != Claim::Unsaid {
            plan.autoscaled.get_or_insert(claim != Claim::No);
        }
    }
}

/// Labels that every node of the provider gets anyway, or that tell single nodes apart.
const OWN_LABELS: &[&str] =
    &["kubernetes.io/", "beta.kubernetes.io/", "topology.", "failure-domain.", "node.kubernetes.io/"];

/// The nodes of a dump as groups of a fixed size, by the label that names the group, else by machine type.
fn of_nodes(nodes: &[Found<Node>], issues: &mut Issues) -> Vec<(String, Plan)> {
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    for (document, node) in nodes {
        let label = |key: &str| node.metadata.labels.get(key).map(String::as_str);
        let kind = label("node.kubernetes.io/instance-type").or(label("beta.kubernetes.io/instance-type"));
        let Some(kind) = kind else {
            let message = "the node has no label node.kubernetes.io/instance-type: it was left aside";
            issues.push(document.locate(Issue::warning("metadata.labels", message)));
            continue;
        };
        let name = node.group().unwrap_or(kind);
        let plan = plans.entry(name.to_owned()).or_default();
        let count = plan.desired.unwrap_or(0) + 1;
        (plan.min, plan.max, plan.desired) = (Some(count), Some(count), Some(count));
        if !plan.types.iter().any(|known| known == kind) {
            plan.types.push(kind.to_owned());
        }
        let capacity = label("eks.amazonaws.com/capacityType").or(label("karpenter.sh/capacity-type"));
        plan.spot |= capacity.is_some_and(|text| text.eq_ignore_ascii_case("spot"));
        plan.spot |= label("cloud.google.com/gke-spot") == Some("true");
        if let Some(zone) = label("topology.kubernetes.io/zone").or(label("failure-domain.beta.kubernetes.io/zone")) {
            let zones = plan.zones.get_or_insert_default();
            if !zones.iter().any(|known| known == zone) {
                zones.push(zone.to_owned());
                zones.sort();
            }
        }
        if count == 1 {
            let own = |key: &str| OWN_LABELS.iter().any(|prefix| key.starts_with(prefix));
            let kept = node.metadata.labels.iter().filter(|(key, _)| !own(key));
            plan.labels = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
            let lasting = node.spec.taints.iter().filter(|taint| !taint.key.starts_with("node.kubernetes.io/"));
            plan.taints = lasting.map(|t| (t.key.clone(), t.value.clone(), t.effect.clone())).collect();
        }
    }
    plans.into_iter().collect()
}

fn apply(name: &str, change: &file::NodeGroup, plan: &mut Plan, issues: &mut Issues) {
    if let Some(types) = &change.instance_types {
        plan.types.clone_from(types);
    }
    match change.capacity_type.as_deref() {
        None => {}
        Some(text) if text.eq_ignore_ascii_case("spot") => plan.spot = true,
        Some(text) if text.eq_ignore_ascii_case("on_demand") => plan.spot = false,
        Some(text) => issues.push(Issue::error(
            format!("nodeGroups.{name}.capacityType"),
            format!("found `{text}`, expected ON_DEMAND or SPOT"),
        )),
    }
    plan.min = change.min_size.or(plan.min);
    plan.max = change.max_size.or(plan.max);
    plan.desired = change.desired_size.or(plan.desired);
    if let Some(labels) = &change.labels {
        plan.labels.extend(labels.clone());
    }
    if let Some(zones) = &change.zones {
        plan.zones = Some(zones.clone());
    }
    plan.autoscaled = change.autoscaled.or(plan.autoscaled);
    plan.tags.extend(change.tags.clone().unwrap_or_default());
    plan.boot = change.boot_time.map(|time| time.0).or(plan.boot);
    for taint in change.taints.iter().flatten() {
        let parts = taint.rsplit_once(':').map(|(pair, effect)| (pair.split_once('=').unwrap_or((pair, "")), effect));
        match parts {
            Some(((key, value), effect)) => plan.taints.push((key.into(), value.into(), effect.into())),
            None => issues.push(Issue::error(
                format!("nodeGroups.{name}.taints"),
                format!("found `{taint}`, expected key=value:Effect"),
            )),
        }
    }
}

fn located(mut issue: Issue, place: &Option<(String, u32)>) -> Issue {
    if let Some((file, line)) = place {
        (issue.place.file, issue.place.line) = (Some(file.clone()), Some(*line));
    }
    issue
}

fn group(
    scene: &Scene<'_>,
    name: String,
    plan: Plan,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> Option<NodeGroup> {
    let mut refuse = |field: &str, message: String| {
        issues.push(located(Issue::error(format!("nodeGroups.{name}.{field}"), message), &plan.place));
    };
    let min = plan.min.unwrap_or(0);
    let max = plan.max.unwrap_or_else(|| plan.desired.unwrap_or(min).max(min));
    let initial = plan.desired.unwrap_or(min);
    if min < 0 || min > max {
        refuse("minSize", format!("found {min}, expected 0 to the maximum of {max}"));
        return None;
    }
    if max > LARGEST {
        refuse("maxSize", format!("found {max}, expected at most {LARGEST}"));
        return None;
    }
    if !(min..=max).contains(&initial) {
        refuse("desiredSize", format!("found {initial}, expected {min} to {max}"));
        return None;
    }
    if plan.labels.is_empty() && plan.types.is_empty() {
        let message = format!("node group {name} names no machine type: {DEFAULT_TYPE} is taken");
        issues.push(located(Issue::warning(format!("nodeGroups.{name}.instanceTypes"), message), &plan.place));
    }
    let types = if plan.types.is_empty() { vec![DEFAULT_TYPE.to_owned()] } else { plan.types.clone() };
    let mut machines = Vec::new();
    for kind in &types {
        match machine(scene, &name, kind, &plan, converter) {
            Ok(machine) => machines.push(machine),
            Err(error) => {
                issues.push(located(Issue::error(format!("nodeGroups.{name}.instanceTypes"), error), &plan.place));
            }
        }
    }
    if machines.is_empty() {
        return None;
    }
    let default_zones = if scene.file.cluster.zones.is_empty() {
        ["a", "b", "c"].map(|letter| zone(scene.provider, scene.region, letter)).to_vec()
    } else {
        scene.file.cluster.zones.clone()
    };
    let zones = plan.zones.clone().unwrap_or(default_zones);
    let boot = match plan.boot {
        Some(fixed) => Delay::Fixed(fixed),
        None => {
            let boot = node_boot(scene.provider);
            Delay::Lognormal { median: boot.median, sigma: boot.sigma, least: SimDuration::from_secs(10) }
        }
    };
    Some(NodeGroup {
        autoscaled: plan.autoscaled.unwrap_or(min != max),
        name,
        min,
        max,
        initial,
        machines,
        zones: zones.iter().map(|zone| converter.symbol(zone)).collect(),
        spot: plan.spot,
        boot,
        ready_lag: Delay::Fixed(SimDuration::from_secs(5)),
        termination: SimDuration::from_secs(60),
    })
}

fn zone(provider: Provider, region: &str, letter: &str) -> String {
    match provider {
        Provider::Aws => format!("{region}{letter}"),
        Provider::Gcp => format!("{region}-{letter}"),
    }
}

fn machine(
    scene: &Scene<'_>,
    group: &str,
    name: &str,
    plan: &Plan,
    converter: &mut Converter<'_>,
) -> Result<Machine, String> {
    let catalog = Catalog::shipped();
    let kind = catalog.instance_type(name).map_err(|e| e.to_string())?;
    if kind.provider != scene.provider {
        return Err(format!("`{name}` does not exist in {}", scene.region));
    }
    let offering = scene.prices.offering(name, scene.region).map_err(|e| e.to_string())?;
    let spot_market =
        if plan.spot { Some(catalog.spot_pool(name, scene.region).map_err(|e| e.to_string())?) } else { None };
    let price = match offering.spot {
        Some(spot) if plan.spot => spot,
        None if plan.spot => return Err(format!("no spot price is known for `{name}` in `{}`", scene.region)),
        _ => offering.on_demand,
    };
    let settings = NodeSettings::default();
    let (capacity, allocatable) = (kind.capacity(settings), kind.allocatable(settings));
    let mut labels = BTreeMap::from([
        ("kubernetes.io/arch".to_owned(), kind.architecture.name().to_owned()),
        ("kubernetes.io/os".to_owned(), "linux".to_owned()),
        ("node.kubernetes.io/instance-type".to_owned(), name.to_owned()),
        ("topology.kubernetes.io/region".to_owned(), scene.region.to_owned()),
    ]);
    match scene.provider {
        Provider::Aws => {
            let capacity_type = if plan.spot { "SPOT" } else { "ON_DEMAND" };
            labels.insert("eks.amazonaws.com/capacityType".into(), capacity_type.into());
            labels.insert("eks.amazonaws.com/nodegroup".into(), group.to_owned());
        }
        Provider::Gcp => {
            labels.insert("cloud.google.com/gke-nodepool".into(), group.to_owned());
            if plan.spot {
                labels.insert("cloud.google.com/gke-spot".into(), "true".into());
            }
        }
    }
    labels.extend(plan.labels.clone());
    let mut taints = Vec::new();
    for (key, value, effect) in &plan.taints {
        let effect = match effect.replace('_', "").to_ascii_lowercase().as_str() {
            "noschedule" => Effect::NoSchedule,
            "prefernoschedule" => Effect::PreferNoSchedule,
            "noexecute" => Effect::NoExecute,
            _ => {
                return Err(format!(
                    "`{effect}` is not a taint's effect; write NO_SCHEDULE, PREFER_NO_SCHEDULE or NO_EXECUTE"
                ));
            }
        };
        taints.push(Taint { key: converter.symbol(key), value: converter.symbol(value), effect });
    }
    let sized = |resources: NodeResources| NodeCapacity {
        resources: Resources {
            ephemeral_bytes: resources.ephemeral_bytes,
            ..Resources::new(resources.cpu_milli, resources.memory_bytes)
        },
        pods: resources.pods,
    };
    Ok(Machine {
        instance_type: name.to_owned(),
        template: NodeTemplate {
            labels: converter.labels(&labels),
            taints,
            capacity: sized(capacity),
            allocatable: sized(allocatable),
            ..NodeTemplate::default()
        },
        price,
        spot_market,
    })
}

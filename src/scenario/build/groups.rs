//! Node groups: those of Terraform and of the scenario, or those that the nodes of a dump are in.

use super::group_draft::GroupDraft;
use super::scene::{Scene, there_are};
use super::{dump_nodes, machines, spot_twins};
use crate::autoscaler::{Claim, Flags, Tags};
use crate::id::IdVec;
use crate::market::{Catalog, Provider, node_boot};
use crate::scenario::autoscaler_flags;
use crate::scenario::file;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::terraform::TerraformGroup;
use crate::units::SimDuration;
use crate::units::counted;
use crate::world::{Delay, GroupId, NodeGroup};
use std::collections::{BTreeMap, BTreeSet};

/// Machine types of a group that names none.
const DEFAULT_TYPE: &str = "t3.medium";
/// The most nodes that a group may have.
const LARGEST: i32 = 100_000;

/// Terraform's groups, changed and completed by the scenario's; the autoscaler's come first.
pub(super) fn build(
    scene: &Scene<'_>,
    declared: Vec<TerraformGroup>,
    converter: &mut Converter<'_>,
    flags: Option<&mut Flags>,
    issues: &mut Issues,
) -> IdVec<GroupId, NodeGroup> {
    let mut drafts: Vec<(String, GroupDraft)> = Vec::new();
    for declared in declared {
        let (name, draft) = GroupDraft::of_terraform(declared);
        if drafts.iter().any(|(known, _)| *known == name) {
            let help = "give the Terraform of one environment, and either Terraform or the cloud's answers";
            let issue = Issue::error("name", format!("a second node group `{name}`")).with_help(help);
            issues.push(draft.locate(issue));
            continue;
        }
        drafts.push((name, draft));
    }
    let is_new = |change: &file::NodeGroup| change.instance_types.is_some();
    let declares = !drafts.is_empty() || scene.file.node_groups.values().any(is_new);
    if declares && !scene.objects.nodes.is_empty() {
        let count = scene.objects.nodes.len();
        let message = format!("{} left aside: the node groups are declared", counted(count, "Node object"));
        issues.push(Issue::note("manifests", message));
    }
    if !declares {
        drafts = dump_nodes::groups(&scene.objects.nodes, issues);
    }
    let known = drafts.iter().map(|(name, _)| name.as_str());
    let news = scene.file.node_groups.iter().filter(|(_, change)| is_new(change)).map(|(name, _)| name.as_str());
    let known: BTreeSet<String> = known.chain(news).map(str::to_owned).collect();
    for (name, change) in &scene.file.node_groups {
        if known.contains(name) {
            change_group(name, change, &mut drafts, issues);
        } else {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let issue = Issue::error(format!("nodeGroups.{name}"), format!("there is no node group `{name}`"));
            let help = format!("{}; another one needs instanceTypes", there_are(&known));
            issues.push(issue.with_help(help).suggest(name, known.iter().copied()));
        }
    }
    if drafts.is_empty() {
        let help = if scene.file.terraform.is_empty() {
            "name Terraform files under `terraform`, groups under `nodeGroups`, or a dump with Nodes"
        } else {
            "Terraform's files hold none that can be read; give them under nodeGroups.NAME: {instanceTypes: [...], minSize: ..., maxSize: ...}"
        };
        issues.push(Issue::error("nodeGroups", "there is no node group").with_help(help));
    }
    if let Some(flags) = flags.as_deref() {
        claim(flags, scene.provider, &mut drafts, issues);
    }
    spot_twins::split(&mut drafts, issues);
    let has_drafts = !drafts.is_empty();
    let tags: BTreeMap<String, Tags> = drafts.iter().map(|(name, draft)| (name.clone(), draft.tags.clone())).collect();
    let mut groups: Vec<NodeGroup> =
        drafts.into_iter().filter_map(|(name, draft)| group(scene, name, draft, converter, issues)).collect();
    if groups.is_empty() && has_drafts && !issues.has_errors() {
        issues.push(Issue::error("nodeGroups", "no node group is left: the machine types of none are known"));
    }
    groups.iter_mut().for_each(|group| group.autoscaled &= flags.is_some());
    groups.sort_by_key(|group| !group.autoscaled);
    if let Some(flags) = flags {
        let named = groups.iter().filter_map(|group| Some((group.name.as_str(), tags.get(&group.name)?)));
        autoscaler_flags::read_group_options(flags, named, issues);
    }
    groups.into_iter().collect()
}

/// The scenario's word about a group: changes of one that there is, or one more.
fn change_group(name: &str, change: &file::NodeGroup, drafts: &mut Vec<(String, GroupDraft)>, issues: &mut Issues) {
    let at = drafts.iter().position(|(known, _)| known == name);
    if change.remove {
        at.into_iter().for_each(|at| drop(drafts.remove(at)));
        return;
    }
    let at = at.unwrap_or_else(|| {
        drafts.push((name.to_owned(), GroupDraft::default()));
        drafts.len() - 1
    });
    let draft = &mut drafts[at].1;
    let sizes = [change.min_size, change.max_size, change.desired_size];
    if change.instance_types.is_some() || sizes.iter().any(Option::is_some) {
        // What is wrong from here on is not the Terraform's doing.
        draft.place = None;
    }
    draft.apply(name, change, issues);
}

/// What the flags say about whose groups these are, and about their bounds.
fn claim(flags: &Flags, provider: Provider, drafts: &mut [(String, GroupDraft)], issues: &mut Issues) {
    let tags: Vec<Tags> = drafts.iter().map(|(name, draft)| draft.all_tags(provider, name)).collect();
    let groups: Vec<(&str, &Tags)> = drafts.iter().map(|(name, _)| name.as_str()).zip(&tags).collect();
    autoscaler_flags::check_groups(flags, &groups, issues);
    let claims = flags.claims(&groups);
    for ((name, draft), claim) in drafts.iter_mut().zip(claims) {
        if let Claim::Bounded(min, max) = claim {
            draft.bound(name, min, max, issues);
        }
        if claim == Claim::No && draft.autoscaled.is_none() && draft.min != draft.max {
            issues.push(draft.locate(nobodys(name)));
        }
        if claim != Claim::Unsaid {
            draft.autoscaled.get_or_insert(claim != Claim::No);
        }
    }
}

/// A group that could have another size, and that no flag gives to Cluster Autoscaler.
fn nobodys(name: &str) -> Issue {
    let message =
        "Cluster Autoscaler is not told of this group, by --nodes or --node-group-auto-discovery: it keeps its size";
    Issue::warning(format!("nodeGroups.{name}"), message)
}

fn group(
    scene: &Scene<'_>,
    name: String,
    draft: GroupDraft,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> Option<NodeGroup> {
    if !draft.unread.is_empty() {
        // An error says enough.
        let fatal = draft.unread.iter().any(|miss| !miss.is_elsewhere);
        draft.unread.iter().filter(|miss| miss.is_elsewhere != fatal).for_each(|miss| issues.push(miss.issue(&name)));
        return None;
    }
    let mut refuse = |field: &str, message: String| {
        issues.push(draft.locate(Issue::error(format!("nodeGroups.{name}.{field}"), message)));
    };
    let min = draft.min.unwrap_or(0);
    let max = draft.max.unwrap_or_else(|| draft.desired.unwrap_or(min).max(min));
    let initial = draft.desired.unwrap_or(min);
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
    if draft.labels.is_empty() && draft.types.is_empty() {
        let message = format!("node group {name} names no machine type: {DEFAULT_TYPE} is taken");
        issues.push(draft.locate(Issue::warning(format!("nodeGroups.{name}.instanceTypes"), message)));
    }
    let zones = zones(scene, &draft);
    let tags = draft.all_tags(scene.provider, &name);
    let place =
        machines::Place { scene, group: &name, draft: &draft, tags: &tags, zone: zones.first().map(String::as_str) };
    let types = if draft.types.is_empty() { vec![DEFAULT_TYPE.to_owned()] } else { draft.types.clone() };
    let mut machines = Vec::new();
    for kind in &types {
        match machines::machine(&place, kind, converter) {
            Ok(machine) => machines.push(machine),
            Err(error) => issues.push(draft.locate(no_machine(&name, kind, error))),
        }
    }
    let foretold = machines::foretold(&place, machines.first()?, converter);
    let boot = match draft.boot {
        Some(fixed) => Delay::Fixed(fixed),
        None => {
            let boot = node_boot(scene.provider);
            Delay::Lognormal { median: boot.median, sigma: boot.sigma, least: SimDuration::from_secs(10) }
        }
    };
    Some(NodeGroup {
        autoscaled: draft.autoscaled.unwrap_or(min != max),
        name,
        min,
        max,
        initial,
        machines,
        foretold,
        zones: zones.iter().map(|zone| converter.symbol(zone)).collect(),
        spot: draft.spot,
        boot,
        ready_lag: Delay::Fixed(SimDuration::from_secs(5)),
        termination: SimDuration::from_secs(60),
        root_volume: draft.root_volume,
    })
}

/// A machine type of a group that is not sold, or that no cloud knows; what is only misspelt its message tells.
fn no_machine(group: &str, kind: &str, error: String) -> Issue {
    let field = format!("nodeGroups.{group}.instanceTypes");
    let help = match (Catalog::shipped().known_instance_type(kind), error.contains("did you mean")) {
        (Some(_), _) => format!("give {field} a machine type that is sold there, or cluster.region another region"),
        (None, false) => format!("give {field} one that is as large: `foresail catalog types` lists what is known"),
        (None, true) => return Issue::error(field, error),
    };
    Issue::error(field, error).with_help(help)
}

/// A group's zones, in order: its own, the cluster's, or three of the region.
fn zones(scene: &Scene<'_>, draft: &GroupDraft) -> Vec<String> {
    let of_cluster = || {
        if scene.file.cluster.zones.is_empty() {
            ["a", "b", "c"].map(|letter| zone(scene.provider, scene.region, letter)).to_vec()
        } else {
            scene.file.cluster.zones.clone()
        }
    };
    draft.zones.clone().unwrap_or_else(of_cluster)
}

fn zone(provider: Provider, region: &str, letter: &str) -> String {
    match provider {
        Provider::Aws => format!("{region}{letter}"),
        Provider::Gcp => format!("{region}-{letter}"),
    }
}

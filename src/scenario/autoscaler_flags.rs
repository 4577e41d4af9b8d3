//! Cluster Autoscaler's command line: what it sets, and whether the groups that it names are there.

use super::issue::{Issue, Issues};
use super::kubernetes::configuration::ConfigMap;
use super::kubernetes::reader::Provenance;
use super::priorities::priorities;
use crate::autoscaler::{DEFAULT_VERSION, Discovery, Expander, FlagOutcome, Flags, GroupOptions, Tags};
use crate::release::KubernetesVersion;

/// Where the priority expander looks. Upstream: `priority.PriorityConfigMapName`, 1.28.0.
pub(super) const PRIORITIES: &str = "cluster-autoscaler-priority-expander";

/// Sets what the words say: `--name=value`, `--name value`, and the bare `--name` of a switch.
pub(crate) fn set<'a>(flags: &mut Flags, words: impl IntoIterator<Item = &'a str>, issues: &mut Issues) {
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let word = word.trim_start_matches('-');
        let (name, value) = word.split_once('=').unwrap_or_else(|| {
            let next = words.next_if(|next| !next.starts_with('-') && !Flags::is_switch(word));
            (word, next.unwrap_or_default())
        });
        let outcome = flags.set(name, value);
        issues_of((name, value), flags.version(), outcome).into_iter().for_each(|issue| issues.push(issue));
    }
}

/// Whether there is a flag of this name, and it decides something here.
///
/// Errors: why there is no use in it.
pub(crate) fn decides(name: &str) -> Result<(), Issue> {
    match Flags::default().set(name, "") {
        FlagOutcome::Set | FlagOutcome::Bad(_) => Ok(()),
        FlagOutcome::Later(_) | FlagOutcome::Gone(..) => Ok(()),
        vain => issues_of((name, ""), DEFAULT_VERSION, vain).map_or(Ok(()), Err),
    }
}

fn issues_of((name, value): (&str, &str), version: KubernetesVersion, outcome: FlagOutcome) -> Option<Issue> {
    let field = format!("--{name}");
    match outcome {
        FlagOutcome::Set => None,
        FlagOutcome::WithoutEffect => Some(Issue::note(field, "has no effect here")),
        FlagOutcome::Bad(expected) => Some(Issue::error(field, format!("found `{value}`, expected {expected}"))),
        FlagOutcome::Later(since) => {
            let message = format!("Cluster Autoscaler {version} has no such flag: it came with {since}");
            Some(
                Issue::error(field, message)
                    .with_help("leave it out, or simulate that version: autoscaler.version, --kubernetes"),
            )
        }
        FlagOutcome::Gone(gone, instead) => {
            let message = format!("Cluster Autoscaler {version} has no such flag: {gone} removed it");
            Some(Issue::error(field, message).with_help(format!("use {instead}")))
        }
        FlagOutcome::Unknown(meant) => {
            let mut issue = Issue::error(field, "Cluster Autoscaler has no such flag");
            issue.help = meant.map(|meant| format!("did you mean `--{meant}`?"));
            Some(issue)
        }
    }
}

/// Flags that do not go together.
pub(crate) fn check(flags: &Flags, issues: &mut Issues) {
    flags.contradictions().into_iter().for_each(|why| issues.push(Issue::error("--flags", why)));
}

/// Clouds with a pricing model. Upstream: `CloudProvider.Pricing`, 1.28.0.
const PRICED: [&str; 3] = ["gce", "equinixmetal", "packet"];

/// Says where Cluster Autoscaler would not even start, for want of prices. Upstream: `RegisterDefaultExpanders`, 1.28.0.
pub(crate) fn check_pricing(flags: &Flags, issues: &mut Issues) {
    let provider = flags.cloud_provider.as_str();
    if flags.expander.contains(&Expander::Price) && !provider.is_empty() && !PRICED.contains(&provider) {
        let message = format!(
            "Cluster Autoscaler {} knows no prices on {provider} and ends as soon as it starts with `price`; here it goes by list prices",
            flags.version()
        );
        issues.push(Issue::warning("--expander", message).with_help("least-waste and priority work on every cloud"));
    }
}

/// What the tags of the groups, in their order, say in place of flags; only the AWS provider's tags are read.
pub(crate) fn read_group_options<'a>(
    flags: &mut Flags,
    groups: impl Iterator<Item = (&'a str, &'a Tags)>,
    issues: &mut Issues,
) {
    if flags.cloud_provider != "aws" {
        return;
    }
    let version = flags.version();
    let mut of = |(name, tags): (&str, &Tags)| {
        let (options, wrong) = GroupOptions::of_tags(version, tags);
        for (tag, why) in wrong {
            issues.push(Issue::warning(format!("node group {name}"), format!("the tag {tag} does not count: {why}")));
        }
        options
    };
    flags.of_groups = groups.map(&mut of).collect();
}

/// Whether it is the ConfigMap of the priority expander.
pub(crate) fn has_priorities(map: &ConfigMap) -> bool {
    map.metadata.name == PRIORITIES
}

/// Reads the ConfigMap of the priority expander, if that is asked for: the one in the autoscaler's namespace; a manifest that
/// names none is taken to be applied there. Where it is of no use all is left to the next expander.
///
/// Upstream: `priority.BestOptions`, 1.28.0 (since 1.26).
pub(crate) fn read_priorities(flags: &mut Flags, found: &[(Provenance, ConfigMap)], issues: &mut Issues) {
    if !flags.expander.contains(&Expander::Priority) {
        return;
    }
    let falls_through = "`priority` decides nothing, and the next expander chooses";
    // A value that the kubelet fills in, as `$(POD_NAMESPACE)`, is not known.
    let any = flags.namespace.starts_with("$(");
    let is_it = |map: &ConfigMap| map.metadata.namespace.as_deref().is_none_or(|name| any || name == flags.namespace);
    let Some((from, map)) = found.iter().find(|(_, map)| is_it(map)) else {
        let elsewhere = found.first().and_then(|(_, map)| map.metadata.namespace.as_deref());
        let elsewhere = elsewhere.map_or(String::new(), |name| format!(" (the one in {name} is not looked at)"));
        let namespace = &flags.namespace;
        let message = format!("there is no ConfigMap {namespace}/{PRIORITIES}{elsewhere}: {falls_through}");
        let help = format!("kubectl get configmap -n {namespace} {PRIORITIES} -o yaml");
        issues.push(Issue::warning("--expander", message).with_help(help));
        return;
    };
    let useless = |why: &str| from.locate(Issue::warning("data.priorities", format!("{why}: {falls_through}")));
    match priorities(map.data.get("priorities").map_or("", String::as_str)) {
        Ok(read) if read.is_empty() => issues.push(useless("there are no priorities")),
        Ok(read) => flags.priorities = read,
        Err(why) => issues.push(useless(&why)),
    }
}

/// Groups that flags name and nobody has, and tags that find none.
pub(crate) fn check_groups(flags: &Flags, groups: &[(&str, &Tags)], issues: &mut Issues) {
    let names: Vec<&str> = groups.iter().map(|(name, _)| *name).collect();
    for group in flags.strangers(&names) {
        let issue = Issue::error("--nodes", format!("there is no node group `{}`", group.name));
        issues.push(issue.with_help(help(names.clone())).suggest(&group.name, names.iter().copied()));
    }
    for found in flags.vain(groups) {
        let message = match found {
            Discovery::Tags(_) => "no node group has all these tags",
            Discovery::NamePrefix(_) => "no node group has a name that begins so",
        };
        let known: Vec<&str> = match found {
            Discovery::Tags(_) => groups.iter().flat_map(|(_, tags)| tags.keys()).map(String::as_str).collect(),
            Discovery::NamePrefix(_) => names.clone(),
        };
        let issue = Issue::error("--node-group-auto-discovery", message);
        issues.push(issue.with_help(match found {
            Discovery::Tags(_) if known.is_empty() => "none has any; give them as `tags` of the groups".to_owned(),
            _ => help(known),
        }));
    }
}

fn help(mut known: Vec<&str>) -> String {
    known.sort_unstable();
    known.dedup();
    match known[..] {
        [] => "no label of a node names its group; `foresail autoscale --node-groups FILE` gives groups".to_owned(),
        [only] => format!("there is {only}"),
        _ => format!("there are {}", known.join(", ")),
    }
}

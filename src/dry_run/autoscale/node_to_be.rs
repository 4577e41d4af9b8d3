//! Which nodes of a dump stand for their group, and what does where none can.
//!
//! Upstream: `MixedTemplateNodeInfoProvider.Process`, 1.28.0: a node that is Ready for a minute and not cordoned, else the
//! cloud's template, at last any node.

use super::surroundings::CloudGroup;
use crate::autoscaler::{Flags, as_new, stands_for_its_group};
use crate::cluster::NodeTemplate;
use crate::intern::Interner;
use crate::scenario::issue::{Issue, Issues};
use crate::units::SimTime;

/// How the first loop looks at nodes.
pub(super) struct Look<'a> {
    pub(super) now: SimTime,
    pub(super) symbols: &'a Interner,
    pub(super) flags: &'a Flags,
}

impl Look<'_> {
    /// The nodes of a group as new ones: those that stand for it first. Whether there is one, or no node at all.
    pub(super) fn put_good_ones_first(&self, nodes: &mut [NodeTemplate]) -> bool {
        let stands = |node: &NodeTemplate| stands_for_its_group(node, self.now, self.symbols, self.flags);
        nodes.sort_by_key(|node| !stands(node));
        let known = nodes.first().is_none_or(stands);
        nodes.iter_mut().for_each(|node| *node = as_new(node, self.symbols, self.flags));
        known
    }
}

/// Says what new nodes of a group are taken for of which no node is Ready.
pub(super) fn tell_source(group: &CloudGroup, issues: &mut Issues) {
    let why = "none of its nodes has been Ready and schedulable for a minute";
    let message = match &group.foretold {
        Some(told) => {
            let there = &told.template.allocatable;
            let (cpu, memory) = (there.resources.cpu_milli, there.resources.memory_bytes >> 20);
            let pods = there.pods;
            format!(
                "{why}: new ones are taken for what the cloud says of the machine type, {cpu}m cpu, {memory} MiB, {pods} pods"
            )
        }
        None => format!("{why}: new ones are taken to be like them, for want of a machine type that is known"),
    };
    let issue = Issue::warning(format!("node group {}", group.name), message);
    let help = "an autoscaler that saw one Ready before remembers it: then declare `template:` in a --node-groups file";
    issues.push(issue.with_help(help));
}

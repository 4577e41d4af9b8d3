//! Node groups of a dump: declared in a file, by `--nodes=min:max:name`, or guessed from labels of nodes.

use super::declared::Declared;
use super::machine_type::{by_type, foretold};
use super::surroundings::CloudGroup;
use crate::autoscaler::{Claim, Flags, Tags, eks_tags, eksctl_tags};
use crate::cluster::NodeTemplate;
use crate::limits::MOST_USD_HOUR;
use crate::scenario::autoscaler_flags;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::node::EKS_GROUP;
use crate::scenario::kubernetes::{Converter, node};

/// Nobody looks at larger groups.
pub(super) const MOST_NODES: i32 = 100_000;
/// How far a group may grow where nothing is said.
const ASSUMED_MAX: i32 = 1000;

/// The groups, and which nodes are whose.
pub(super) struct Membership {
    pub(super) declared: Vec<Declared>,
}

impl Membership {
    /// What the file declares, else what the nodes' labels say; of these what the flags take for the autoscaler's.
    pub(super) fn new(
        declared: Vec<Declared>,
        flags: &mut Flags,
        nodes: &[node::Node],
        issues: &mut Issues,
    ) -> Membership {
        let mut membership = Membership { declared };
        let guessed = membership.declared.is_empty();
        if guessed {
            membership.guess(nodes);
        }
        membership.refuse_doubles(issues);
        membership.claim(flags, nodes, issues);
        let tags = membership.declared.iter().map(|row| (row.name.as_str(), &row.tags));
        autoscaler_flags::read_group_options(flags, tags, issues);
        for row in membership.declared.iter().filter(|row| guessed && row.max.is_none()) {
            let message = format!("its bounds are not known: taken as 0 and {ASSUMED_MAX}");
            let help = format!("pass --node-groups or --flags --nodes=MIN:MAX:{}", row.name);
            issues.push(Issue::warning(format!("node group {}", row.name), message).with_help(help));
        }
        membership
    }

    fn guess(&mut self, nodes: &[node::Node]) {
        for name in nodes.iter().filter_map(node::Node::group) {
            if !self.declared.iter().any(|row| row.name == name) {
                self.declared.push(Declared { name: name.to_owned(), ..Declared::default() });
            }
        }
    }

    fn refuse_doubles(&self, issues: &mut Issues) {
        for (at, row) in self.declared.iter().enumerate() {
            let message = match &self.declared[..at] {
                _ if row.name.is_empty() => "a node group needs a name",
                before if before.iter().any(|other| other.name == row.name) => "a second group of that name",
                _ => continue,
            };
            issues.push(Issue::error(format!("node group {}", row.name), message));
        }
    }

    /// Bounds by the flags; groups that are not the autoscaler's are none.
    fn claim(&mut self, flags: &Flags, nodes: &[node::Node], issues: &mut Issues) {
        let tags: Vec<Tags> = (0..self.declared.len()).map(|at| self.tags(at, nodes)).collect();
        let groups: Vec<(&str, &Tags)> = self.declared.iter().map(|row| row.name.as_str()).zip(&tags).collect();
        autoscaler_flags::check_groups(flags, &groups, issues);
        let claims = flags.claims(&groups);
        if !claims.is_empty() && !issues.has_errors() && claims.iter().all(|claim| *claim == Claim::No) {
            let known: Vec<&str> = groups.iter().map(|(name, _)| *name).collect();
            let message =
                "--nodes and --node-group-auto-discovery name none of the node groups: there is nothing to scale";
            let help = format!("the nodes' labels name {}; pass --nodes=MIN:MAX:NAME", known.join(", "));
            issues.push(Issue::error("nodes", message).with_help(help));
        }
        let rows = std::mem::take(&mut self.declared).into_iter().zip(claims);
        let own = rows.filter_map(|(row, claim)| match claim {
            Claim::No => None,
            Claim::Bounded(min, max) => Some(Declared { min, max: Some(max), ..row }),
            Claim::Yes | Claim::Unsaid => Some(row),
        });
        self.declared = own.collect();
    }

    /// The tags of a group: its own, and those of EKS or eksctl if its nodes have their labels.
    fn tags(&self, at: usize, nodes: &[node::Node]) -> Tags {
        let row = &self.declared[at];
        let own = |node: &&node::Node| self.group_of(node) == Some(at);
        let mut tags = nodes.iter().find(own).map_or_else(Tags::new, |node| {
            let labels = &node.metadata.labels;
            let cluster = labels.get("alpha.eksctl.io/cluster-name").map(String::as_str);
            if labels.contains_key(EKS_GROUP) {
                eks_tags(cluster, &row.name)
            } else if labels.contains_key("alpha.eksctl.io/nodegroup-name") {
                eksctl_tags(cluster, &row.name)
            } else {
                Tags::new()
            }
        });
        tags.extend(row.tags.clone());
        tags
    }

    /// The place of the group that a node belongs to.
    pub(super) fn group_of(&self, node: &node::Node) -> Option<usize> {
        let belongs = |row: &Declared| {
            let labels = &node.metadata.labels;
            match row.node_selector.is_empty() {
                true => node.groups().any(|name| *name == row.name),
                false => row.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value)),
            }
        };
        self.declared.iter().position(belongs)
    }

    /// The groups; `members` are the nodes of each.
    pub(super) fn build(
        &self,
        members: &[Vec<NodeTemplate>],
        converter: &mut Converter<'_>,
        issues: &mut Issues,
    ) -> Vec<CloudGroup> {
        let mut groups = Vec::new();
        for (row, nodes) in self.declared.iter().zip(members) {
            let field = |what: &str| format!("node group {}: {what}", row.name);
            let template = row.template.as_ref().map(|api| converter.node_template(api)).or(nodes.first().cloned());
            let (template, foretold) = match template {
                Some(template) => {
                    let by_nodes = row.template.is_none();
                    let told = nodes.first().filter(|_| by_nodes).and_then(|node| foretold(row, node, converter));
                    (template, told)
                }
                None => by_type(row, converter).unwrap_or_else(|why| {
                    let help = "add `instanceType: m5.large`, or `template:` with a Node object";
                    issues.push(Issue::error(field("template"), why).with_help(help));
                    (NodeTemplate::default(), None)
                }),
            };
            let there = &template.allocatable;
            if (there.resources.cpu_milli <= 0 || there.pods <= 0) && (row.template.is_some() || !nodes.is_empty()) {
                let message = "found no cpu or no pods, expected what pods may request on a new node";
                issues.push(Issue::error(field("template.status.allocatable"), message));
            }
            let (min, max) = (row.min, row.max.unwrap_or(ASSUMED_MAX));
            if min < 0 || min > max {
                let message = format!("found {min} to {max}, expected 0 <= min <= max");
                issues.push(Issue::error(field("min, max"), message));
            }
            let target = row.target.unwrap_or(nodes.len() as i32);
            let most = max.min(MOST_NODES);
            if row.target.is_some_and(|target| target < min || target > most) {
                let message = format!("found {target}, expected a number from {min} to {most}");
                issues.push(Issue::error(field("target"), message));
            }
            if let Some(price) = row.price.filter(|price| !(0.0..=MOST_USD_HOUR).contains(price)) {
                let message = format!("found {price}, expected 0 to {MOST_USD_HOUR} USD per node and hour");
                issues.push(Issue::error(field("price"), message));
            }
            groups.push(CloudGroup {
                name: row.name.clone(),
                min,
                max,
                target,
                template,
                foretold,
                price: row.price,
                ..CloudGroup::default()
            });
        }
        groups
    }
}

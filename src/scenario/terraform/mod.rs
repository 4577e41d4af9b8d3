//! Terraform: node groups and NAT gateways, from `*.tf` and `*.tf.json`, from `terraform show -json` of a plan or a state.
//!
//! Literal values are read; variables, locals and functions are not evaluated: what hangs on them is named with its
//! place and with the field of the scenario that says it instead. Nothing that looks like nodes goes unnoticed.
//!
//! Start reading at [`read`]; `group.rs` knows the words for a group, the files beside it who declares one.

mod aws;
mod body;
mod google;
mod group;
mod hcl;
mod instances;
mod json;
mod module;
mod network;
mod planned;
mod unread;

pub(super) use group::TerraformGroup;
pub(super) use unread::Unread;

use super::issue::{Issue, Issues};
use super::sources::Files;
use body::{Declaration, Value};
use std::path::Path;
use unread::unread_block;

/// Resources that are node groups of somebody, and not read.
const TELLTALES: &[&str] = &[
    "node_pool",
    "nodepool",
    "node_group",
    "worker_pool",
    "fargate_profile",
    "scale_set",
    "instance_group_manager",
    "spotinst_ocean",
    "kubernetes_cluster",
    "karpenter",
];
/// Resources about a node group that are none.
const NO_GROUPS: &[&str] =
    &["_association", "_attachment", "_policy", "_tag", "_iam_member", "_iam_binding", "_extension"];

/// What is read of some files.
#[derive(Default)]
pub(super) struct Declared {
    pub(super) groups: Vec<TerraformGroup>,
    /// NAT gateways, if any are declared.
    pub(super) nat_gateways: Option<u32>,
}

/// All node groups of the files, and the network that is paid for.
pub(super) fn read(sources: impl Files, path: &Path, issues: &mut Issues) -> Declared {
    let files = match sources.list(path, &["tf", "json", "tfstate"]) {
        Ok(files) => files,
        Err(why) => {
            let mut issue = Issue::error("", format!("the file or folder {why}"));
            issue.place.file = Some(path.display().to_string());
            issues.push(issue);
            return Declared::default();
        }
    };
    let mut all = Vec::new();
    for file in files {
        let name = file.to_string_lossy().into_owned();
        let scope = file.parent().map_or_else(String::new, |folder| folder.to_string_lossy().into_owned());
        let found = match sources.read(&file) {
            Err(why) => Err(Issue::error("", format!("the file {why}")).in_file(&name, Some(1))),
            Ok(text) if text.trim_start().starts_with('{') => json::declarations(&text, &name, &scope),
            Ok(text) => hcl::declarations(&text, &name, &scope),
        };
        match found {
            Ok(found) => all.extend(found),
            Err(issue) => issues.push(issue),
        }
    }
    let all: Vec<Declaration> = all.into_iter().flat_map(|one| relevant_instances(one, issues)).collect();
    let templates = aws::Templates::of(&all);
    let mut groups: Vec<TerraformGroup> = Vec::new();
    let mut tags = Vec::new();
    for declaration in &all {
        match declaration.kind.as_str() {
            "aws_eks_node_group" => groups.push(aws::node_group(declaration, &templates, issues)),
            "aws_autoscaling_group" => groups.push(aws::autoscaling_group(declaration, &templates, issues)),
            "google_container_node_pool" => groups.push(google::node_pool(declaration, issues)),
            "aws_autoscaling_group_tag" => tags.push(declaration),
            "module" => groups.extend(module::groups(declaration, issues)),
            kind => stranger(kind, declaration).into_iter().for_each(|issue| issues.push(issue)),
        }
    }
    tags.into_iter().for_each(|tag| aws::add_tag(tag, &mut groups, issues));
    tell_apart(&mut groups);
    Declared { groups, nat_gateways: network::nat_gateways(&all, issues) }
}

/// Groups whose names only begin alike get their labels as well.
fn tell_apart(groups: &mut [TerraformGroup]) {
    let names: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
    for (at, group) in groups.iter_mut().enumerate() {
        let is_double = names.iter().enumerate().any(|(other, name)| other != at && *name == group.name);
        if let Some(label) = group.label.take().filter(|label| is_double && *label != group.name) {
            group.name = format!("{}-{label}", group.name);
        }
    }
}

/// The instances of what may matter.
fn relevant_instances(declaration: Declaration, issues: &mut Issues) -> Vec<Declaration> {
    let kind = declaration.kind.as_str();
    let is_group = ["aws_eks_node_group", "aws_autoscaling_group", "google_container_node_pool", "aws_nat_gateway"];
    let is_group = is_group.contains(&kind);
    let says_nodes = |(name, _): &(String, body::Given)| {
        ["min_size", "max_size"].contains(&name.as_str())
            || name.contains("node_group")
            || name.contains("worker_group")
            || name.contains("node_pool")
    };
    let is_module = kind == "module" && declaration.body.entries.iter().any(says_nodes);
    if is_group || is_module { instances::instances(declaration, issues) } else { vec![declaration] }
}

/// What looks like node groups and is not read.
fn stranger(kind: &str, declaration: &Declaration) -> Option<Issue> {
    let is_told = TELLTALES.iter().any(|part| kind.contains(part)) && !NO_GROUPS.iter().any(|end| kind.ends_with(end));
    let body = &declaration.body;
    let automatic = || {
        let config = body.block("compute_config").and_then(|config| config.get("enabled"));
        config.is_some_and(|given| given.value.boolean() != Some(false))
    };
    let of_cluster = || {
        let removed = body.get("remove_default_node_pool").and_then(|given| given.value.boolean()) == Some(true);
        let automatic = body.get("enable_autopilot").and_then(|given| given.value.boolean()) == Some(true);
        automatic || !removed || !body.blocks("node_pool").is_empty()
    };
    let why = match kind {
        "aws_eks_cluster" if automatic() => "EKS Auto Mode brings nodes of its own",
        "google_container_cluster" if of_cluster() => "node pools of the cluster itself are not read",
        "aws_eks_cluster" | "google_container_cluster" => return None,
        _ if kind.starts_with("azurerm") && is_told => "Azure is not simulated",
        _ if is_told => "this kind of resource is not read",
        _ => return None,
    };
    Some(unread_block(declaration, &declaration.name(), why))
}

/// The kind and the name of the resource that a reference means: `aws_launch_template.w` of `aws_launch_template.w[0].id`.
fn named(reference: &str) -> Option<(&str, &str)> {
    let mut words = reference.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
    let kind = words.find(|word| word.starts_with("aws_launch_"))?;
    Some((kind, words.next()?))
}

impl Declaration {
    /// A group that nothing is known of but its name and place: by its own name, the beginning of it, or its label.
    fn group(&self, names: &[&str], prefixes: &[&str], issues: &mut Issues) -> TerraformGroup {
        let given = self.body.first(names);
        let text = given.as_ref().and_then(|(given, _)| given.value.text()).filter(|text| !text.is_empty());
        let prefix = self.body.first(prefixes).and_then(|(given, _)| given.value.text());
        let prefix = prefix.map(|text| text.trim_end_matches('-').to_owned()).filter(|text| !text.is_empty());
        let label = Some(self.label.clone()).filter(|_| text.is_none() && prefix.is_some());
        let name = text.or(prefix).unwrap_or_else(|| short(&self.label));
        if let Some((given, field)) = given.filter(|(given, _)| matches!(given.value, Value::Expression(_))) {
            let text = given.value.expression().map_or_else(String::new, unread::cut);
            let message = format!("`{text}` is not evaluated: the group is called `{name}` after its label");
            issues.push(Issue::warning(field, message).in_file(self.file.clone(), Some(given.line)));
        }
        TerraformGroup {
            name,
            source: self.label.clone(),
            label,
            file: self.file.clone(),
            line: self.line,
            ..TerraformGroup::default()
        }
    }
}

/// `eks_node_group_spot` is called `spot`.
fn short(label: &str) -> String {
    let short = label.trim_start_matches("eks_").trim_start_matches("node_group_");
    if short.is_empty() { label.to_owned() } else { short.to_owned() }
}

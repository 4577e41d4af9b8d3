//! Terraform: node groups and NAT gateways, from `*.tf` and `*.tf.json`, from `terraform show -json` of a plan or a state.
//!
//! Configuration is evaluated (`library.rs` reads it, `program/` knows what names mean, `eval/` has the expressions); what
//! only the cloud knows is named with its place and with the field of the scenario that says it instead. Nothing that
//! looks like nodes goes unnoticed.
//!
//! Start reading at [`read`]; `group.rs` knows the words for a group, the files beside it who declares one.

mod aws;
mod body;
mod cluster;
mod configuration;
mod eval;
mod google;
mod group;
mod json;
mod library;
mod module;
mod network;
mod planned;
mod program;
mod source;
mod unread;

pub(crate) use group::{DiskTerms, TerraformGroup};
pub(crate) use unread::Unread;

use super::declared::Declared;
use super::issue::{Issue, Issues};
use super::sources::Files;
use body::{Declaration, Value};
use configuration::Block;
use library::Library;
use program::Program;
use std::collections::BTreeMap;
use std::path::PathBuf;
use unread::unread_block;

/// Evaluating needs room for expressions within expressions: bytes of a stack, taken as they are used.
const STACK: usize = 256 << 20;

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

/// Kinds of resources that are read.
const READ: &[&str] = &[
    "aws_eks_node_group",
    "aws_autoscaling_group",
    "aws_autoscaling_group_tag",
    "aws_launch_template",
    "aws_launch_configuration",
    "aws_nat_gateway",
    "aws_eks_cluster",
    "google_container_node_pool",
    "google_container_cluster",
    "google_compute_router_nat",
];

/// What the scenario says that Terraform is to know.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Given {
    /// Files and folders.
    pub(crate) paths: Vec<PathBuf>,
    /// Values of variables of root modules, as `-var` gives them.
    pub(crate) variables: BTreeMap<String, serde_json::Value>,
    /// The region, where the scenario says one.
    pub(crate) region: Option<String>,
}

/// All node groups of the files, and the network that is paid for. Cost: the files are parsed once; evaluation is bounded.
pub(super) fn read(sources: impl Files, given: &Given, issues: &mut Issues) -> Declared {
    if given.paths.is_empty() {
        return Declared::default();
    }
    let library = Library::read(sources, &given.paths, issues);
    let mut all = evaluated(&library, given, issues);
    for (name, text) in &library.states {
        match json::declarations(text, name) {
            Ok(found) => all.extend(found),
            Err(issue) => issues.push(issue),
        }
    }
    let templates = aws::Templates::of(&all);
    let mut groups: Vec<TerraformGroup> = Vec::new();
    let mut tags = Vec::new();
    for declaration in &all {
        match declaration.kind.as_str() {
            "aws_eks_node_group" => groups.push(aws::node_group(declaration, &templates, issues)),
            "aws_autoscaling_group" => groups.push(aws::autoscaling_group(declaration, &templates, issues)),
            "google_container_node_pool" => groups.push(google::node_pool(declaration, issues)),
            "aws_autoscaling_group_tag" => tags.push(declaration),
            "google_container_cluster" => groups.extend(google::pools_of_cluster(declaration, issues)),
            "module" => groups.extend(module::groups(declaration, issues)),
            kind => stranger(kind, declaration).into_iter().for_each(|issue| issues.push(issue)),
        }
    }
    tags.into_iter().for_each(|tag| aws::add_tag(tag, &mut groups, issues));
    tell_apart(&mut groups, issues);
    let mut cluster = cluster::facts(&all, issues);
    if given.region.is_none() {
        cluster::assume_region(&all, &mut cluster, issues);
    }
    Declared { groups, nat_gateways: network::nat_gateways(&all, issues), cluster }
}

/// What the configuration declares, evaluated with room enough.
fn evaluated(library: &Library, given: &Given, issues: &mut Issues) -> Vec<Declaration> {
    let variables = given.variables.iter().map(|(name, json)| (name.clone(), eval::of_json(json))).collect();
    let region = given.region.as_deref();
    let evaluate = || {
        let mut found = Issues::new();
        let declared = Program::new(library, region, &variables).declarations(&matters, &mut found);
        (declared, found)
    };
    let done = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, evaluate);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    match done {
        Some((declared, found)) => {
            issues.absorb(found, |_| ());
            declared
        }
        None => {
            issues.push(Issue::error("terraform", "it could not be evaluated: there is no room for its stack"));
            Vec::new()
        }
    }
}

/// Whether a block may say something about nodes or what is paid for besides.
fn matters(block: &Block) -> bool {
    let kind = block.labels.first().map_or("", String::as_str);
    match block.kind {
        "module" | "provider" => true,
        "resource" => READ.contains(&kind) || is_told(kind),
        _ => false,
    }
}

/// Groups whose names only begin alike get their labels as well; those of several modules the module's label.
fn tell_apart(groups: &mut [TerraformGroup], issues: &mut Issues) {
    let names: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
    for (at, group) in groups.iter_mut().enumerate() {
        let is_double = names.iter().enumerate().any(|(other, name)| other != at && *name == group.name);
        if let Some(label) = group.label.take().filter(|label| is_double && *label != group.name) {
            group.name = format!("{}-{label}", group.name);
        }
    }
    let stem = |group: &TerraformGroup| {
        let file = group.file.rsplit('/').next().unwrap_or_default();
        file.split('.').next().unwrap_or_default().to_owned()
    };
    let by: [&dyn Fn(&TerraformGroup) -> String; 2] = [&|group| group.source.clone(), &stem];
    for part in by {
        let keys: Vec<(String, String)> = groups.iter().map(|group| (group.name.clone(), part(group))).collect();
        for (at, group) in groups.iter_mut().enumerate() {
            let mut others = keys.iter().enumerate().filter(|(other, (name, _))| *other != at && *name == keys[at].0);
            if keys[at].1.is_empty() || keys[at].1 == group.name || others.all(|(_, (_, other))| *other == keys[at].1) {
                continue;
            }
            let name = format!("{}-{}", keys[at].1, group.name);
            let message = format!("another group is called `{}` as well: this one is called `{name}` here", group.name);
            issues.push(Issue::note("name", message).in_file(group.file.clone(), Some(group.line)));
            group.name = name;
        }
    }
}

/// Whether a kind of resource sounds like nodes.
fn is_told(kind: &str) -> bool {
    TELLTALES.iter().any(|part| kind.contains(part)) && !NO_GROUPS.iter().any(|end| kind.ends_with(end))
}

/// What looks like node groups and is not read.
fn stranger(kind: &str, declaration: &Declaration) -> Option<Issue> {
    let body = &declaration.body;
    let automatic = || {
        let config = body.block("compute_config").and_then(|config| config.get("enabled"));
        config.is_some_and(|given| given.value.boolean() != Some(false))
    };
    let why = match kind {
        "aws_eks_cluster" if automatic() => "EKS Auto Mode brings nodes of its own",
        "aws_eks_cluster" | "provider" => return None,
        "aws_eks_fargate_profile" if cluster::is_read(declaration) => return None,
        _ if kind.starts_with("azurerm") && is_told(kind) => "Azure is not simulated",
        _ if is_told(kind) => "this kind of resource is not read",
        _ => return None,
    };
    Some(unread_block(declaration, &declaration.name(), why))
}

/// The kind, the name and the key of the resource that a reference means: `aws_launch_template`, `w` and `a` of
/// `aws_launch_template.w["a"].id`.
fn named(reference: &str) -> Option<(&str, &str, Option<&str>)> {
    let from = &reference[reference.find("aws_launch_")?..];
    let end = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(text.len());
    let (kind, rest) = from.split_at(end(from));
    let rest = rest.strip_prefix('.')?;
    let (name, rest) = rest.split_at(end(rest));
    Some((kind, name, rest.strip_prefix("[\"").and_then(|rest| rest.split('"').next())))
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
        if let Some((given, field)) = given.filter(|(given, _)| matches!(given.value, Value::Unknown(_))) {
            let text = given.value.expression().map_or_else(String::new, unread::cut);
            let because = given.value.because();
            let message = format!("`{text}` is not evaluated: the group is called `{name}` after its label{because}");
            issues.push(Issue::warning(field, message).in_file(self.file.clone(), Some(given.line)));
        }
        TerraformGroup {
            name,
            source: self.resource.clone(),
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

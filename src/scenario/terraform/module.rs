//! Modules: one that is a node group, and ones that are given a map or a list of them.

use super::aws::{read_policy, take_tags_as_labels};
use super::body::{Body, Declaration, Given, Value};
use super::cluster;
use super::google;
use super::group::TerraformGroup;
use super::unread::{cut, unread_block};
use crate::scenario::issue::{Issue, Issues};

/// An argument that holds node groups.
struct Argument {
    name: &'static str,
    /// The argument with what its groups do not say.
    defaults: &'static str,
    own: Own,
}

/// What a module takes where neither a group nor the defaults say anything.
///
/// Upstream: terraform-aws-modules/eks, `node_groups.tf`, `modules/*/variables.tf`.
#[derive(Clone, Copy)]
struct Own {
    self_managed: bool,
    min: i32,
    max: i32,
    desired: i32,
    instance_type: &'static str,
}

const MANAGED: Own = Own { self_managed: false, min: 1, max: 3, desired: 1, instance_type: "t3.medium" };
const SELF_MANAGED: Own = Own { self_managed: true, min: 0, max: 3, desired: 1, instance_type: "m6i.large" };
/// Until version 17.
const WORKERS: Own = Own { self_managed: true, min: 1, max: 3, desired: 1, instance_type: "m4.large" };

const ARGUMENTS: &[Argument] = &[
    Argument { name: "eks_managed_node_groups", defaults: "eks_managed_node_group_defaults", own: MANAGED },
    Argument { name: "self_managed_node_groups", defaults: "self_managed_node_group_defaults", own: SELF_MANAGED },
    Argument { name: "node_groups", defaults: "node_groups_defaults", own: MANAGED },
    Argument { name: "managed_node_groups", defaults: "managed_node_group_defaults", own: MANAGED },
    Argument { name: "worker_groups", defaults: "workers_group_defaults", own: WORKERS },
    Argument { name: "worker_groups_launch_template", defaults: "workers_group_defaults", own: WORKERS },
];

/// Parts of arguments' names that say that there are nodes.
const TELLTALES: &[&str] =
    &["node_group", "nodegroup", "node_pool", "nodepool", "worker_group", "fargate", "compute_config"];

/// The node groups of a module; what looks like some and cannot be read is named.
pub(super) fn groups(declaration: &Declaration, issues: &mut Issues) -> Vec<TerraformGroup> {
    let body = &declaration.body;
    let source = body.text("source").unwrap_or_default();
    if !is_created(declaration, body, &declaration.name(), issues) {
        return Vec::new();
    }
    if body.get("min_size").is_some() || body.get("max_size").is_some() || source.contains("node-group") {
        return vec![single(declaration, &source, issues)];
    }
    if let Some(found) = google::of_submodule(declaration, &source, issues) {
        return found;
    }
    tell_version(declaration, &source, issues);
    let mut groups = Vec::new();
    let mut read = vec!["node_pools"];
    if cluster::is_read(declaration) {
        read.push("fargate_profiles");
    }
    for argument in ARGUMENTS {
        read.extend([argument.name, argument.defaults]);
        if let Some(given) = body.get(argument.name) {
            groups.extend(listed(declaration, argument, given, issues));
        }
    }
    let usual = google::usual_pools(declaration, &source);
    if let Some(given) = body.get("node_pools").or(usual.as_ref()) {
        groups.extend(google::pools_of_module(declaration, given, issues));
    }
    for (name, given) in &body.entries {
        if !read.contains(&name.as_str()) && looks_like_nodes(name, &given.value) {
            let what = format!("{}: {name}", declaration.name());
            let is_automatic = name.contains("compute_config");
            let why = if is_automatic { "EKS Auto Mode brings nodes of its own" } else { "this is not known" };
            issues.push(unread_at(declaration, given, &what, why));
        }
    }
    groups
}

/// Whether an argument that nobody reads gives nodes: a map or a list with something in it, or who knows what.
fn looks_like_nodes(name: &str, value: &Value) -> bool {
    let says = match value {
        Value::Map(body) if name.contains("compute_config") => {
            body.get("enabled").is_some_and(|given| given.value.boolean() != Some(false))
        }
        Value::Map(body) => !body.entries.is_empty(),
        Value::List(list) => !list.is_empty(),
        Value::Unknown(_) => true,
        _ => false,
    };
    let harmless = [
        "defaults",
        "security_group",
        "iam",
        "tags",
        "labels",
        "taints",
        "metadata",
        "oauth",
        "template",
        "_arn",
        "_id",
        "role",
        "name",
        // Of nodes, and nothing that changes how many there are.
        "sysctls",
        "cgroup",
        "hugepage",
        "linux_node",
        "resource_manager",
    ];
    says && TELLTALES.iter().any(|part| name.contains(part)) && !harmless.iter().any(|part| name.contains(part))
}

fn unread_at(declaration: &Declaration, given: &Given, what: &str, why: &str) -> Issue {
    unread_block(declaration, what, why).in_file(declaration.file.clone(), Some(given.line))
}

/// A module that is a node group.
fn single(declaration: &Declaration, source: &str, issues: &mut Issues) -> TerraformGroup {
    let body = &declaration.body;
    let mut group = declaration.group(&["name", "node_group_name"], &["name_prefix"], issues);
    if body.get("name").is_none() {
        let message = format!("the module has no name: the group is called `{}` after its label", group.name);
        issues.push(Issue::warning("name", message).in_file(group.file.clone(), Some(group.line)));
    }
    let is_own = source.contains("self-managed") || source.contains("autoscaling");
    group.self_managed = is_own;
    read(&mut group, body, issues);
    // Until version 20 the sub-module begins at 0, other than the module that calls it.
    let own = match (is_own, major(body)) {
        (true, _) => SELF_MANAGED,
        (false, Some(..=20)) => Own { min: 0, ..MANAGED },
        (false, _) => MANAGED,
    };
    tell_version(declaration, source, issues);
    if source.contains("managed-node-group") {
        complete(&mut group, own, issues);
    }
    if is_own && group.instance_types.is_empty() && !group.misses("instanceTypes") {
        group.miss_type("instance_type", declaration.line);
    }
    group
}

/// The major version that a constraint such as `~> 20.8` asks for; the newest where it says none.
fn major(body: &Body) -> Option<u32> {
    let constraint = body.text("version")?;
    let bounds =
        constraint.split(',').map(str::trim).filter(|bound| !bound.starts_with('<') && !bound.starts_with('!'));
    let number = |bound: &str| bound.trim_start_matches(['~', '>', '=', ' ', 'v']).split('.').next()?.parse().ok();
    bounds.filter_map(number).max()
}

/// What the version of the module of EKS changes, and that it is not said.
fn tell_version(declaration: &Declaration, source: &str, issues: &mut Issues) {
    if !source.starts_with("terraform-aws-modules/eks/aws") {
        return;
    }
    let body = &declaration.body;
    let place = |issue: Issue, line: u32| issue.in_file(declaration.file.clone(), Some(line));
    match body.get("version") {
        None => {
            let message = "no version of the module is said: its defaults are those of the newest, 21";
            issues.push(place(Issue::note(declaration.name(), message), declaration.line));
        }
        Some(given) if major(body).is_none() => {
            let message = "the version of the module is not known: its defaults are those of the newest, 21";
            issues.push(place(Issue::warning(declaration.name(), message), given.line));
        }
        Some(_) => {}
    }
    if major(body).is_some_and(|major| major >= 21) {
        let gone = ["eks_managed_node_group_defaults", "self_managed_node_group_defaults", "fargate_profile_defaults"];
        for (name, given) in body.entries.iter().filter(|(name, _)| gone.contains(&name.as_str())) {
            let message = "the module has no such argument since version 21, and Terraform refuses it: here it counts";
            issues.push(place(Issue::warning(name.clone(), message), given.line));
        }
    }
}

/// The groups of an argument.
fn listed(declaration: &Declaration, argument: &Argument, given: &Given, issues: &mut Issues) -> Vec<TerraformGroup> {
    let Argument { name, defaults: defaults_name, own } = argument;
    let what = format!("{}: {name}", declaration.name());
    let rows: Vec<(String, &Given)> = match &given.value {
        Value::Map(body) => body.entries.iter().map(|(key, given)| (key.clone(), given)).collect(),
        Value::List(list) => (0..).zip(list).map(|(at, given)| (format!("{name}-{at}"), given)).collect(),
        other => {
            let text = other.expression().map_or_else(|| "it".to_owned(), cut);
            issues.push(unread_at(
                declaration,
                given,
                &what,
                &format!("`{text}` is not evaluated{}", given.value.because()),
            ));
            return Vec::new();
        }
    };
    let unknown = declaration.body.get(defaults_name).filter(|given| matches!(given.value, Value::Unknown(_)));
    let none = Body::default();
    let defaults = declaration.body.block(defaults_name).unwrap_or(&none);
    let mut groups = Vec::new();
    for (key, row) in rows {
        let Value::Map(own_body) = &row.value else {
            let text = row.value.expression().map_or_else(|| "it".to_owned(), cut);
            issues.push(unread_at(
                declaration,
                row,
                &format!("{what}.{key}"),
                &format!("`{text}` is not evaluated{}", row.value.because()),
            ));
            continue;
        };
        if !is_created(declaration, own_body, &format!("{what}.{key}"), issues) {
            continue;
        }
        let place =
            Declaration { label: key.clone(), body: own_body.over(defaults), line: row.line, ..declaration.clone() };
        let mut group = place.group(&["name"], &["name_prefix"], issues);
        group.self_managed = own.self_managed;
        group.cluster = ["cluster_name", "name"].iter().find_map(|name| declaration.body.text(name));
        read(&mut group, &place.body, issues);
        if let Some(given) = unknown {
            miss_defaults(&mut group, own_body, defaults_name, given);
        }
        complete(&mut group, *own, issues);
        groups.push(group);
    }
    groups
}

/// What a group does not say itself, where nobody knows what the defaults say.
fn miss_defaults(group: &mut TerraformGroup, body: &Body, defaults: &str, given: &Given) {
    let fields = [
        ("instanceTypes", body.first(&["instance_types", "instance_type"]).is_some()),
        ("minSize", group.min.is_some()),
        ("maxSize", group.max.is_some()),
        ("desiredSize", group.desired.is_some()),
    ];
    for (field, is_said) in fields {
        if !is_said && !group.misses(field) {
            group.miss(defaults, field, given);
        }
    }
}

fn read(group: &mut TerraformGroup, body: &Body, issues: &mut Issues) {
    group.read(body);
    let uses = body.get("use_mixed_instances_policy").is_none_or(|given| given.value.boolean() != Some(false));
    for policy in body.blocks("mixed_instances_policy").into_iter().filter(|_| uses) {
        read_policy(group, policy, issues);
    }
    if let Some(policy) = policy_of_workers(body) {
        read_policy(group, &policy, issues);
    }
    if group.self_managed {
        take_tags_as_labels(group, issues);
    }
}

/// The policy that a worker group of several machine types is given: until version 17 of the module, spot unless it says
/// otherwise.
///
/// Upstream: terraform-aws-modules/eks 17, `workers_launch_template.tf` and `local.workers_group_defaults`.
fn policy_of_workers(body: &Body) -> Option<Body> {
    let types = body.get("override_instance_types")?;
    let given = |value: Value| Given { value, line: types.line };
    let map = |entries: Vec<(String, Given)>| Value::Map(Body { entries, dynamic: Vec::new() });
    let rows = match &types.value {
        Value::List(list) => list
            .iter()
            .map(|one| ("override".to_owned(), given(map(vec![("instance_type".to_owned(), one.clone())]))))
            .collect(),
        Value::Null => return None,
        _ => vec![("override".to_owned(), given(map(vec![("instance_type".to_owned(), types.clone())])))],
    };
    let shares = ["on_demand_base_capacity", "on_demand_percentage_above_base_capacity"];
    let share = |name: &str| (name.to_owned(), body.get(name).cloned().unwrap_or_else(|| given(Value::Number(0.0))));
    let mut entries: Vec<(String, Given)> = rows;
    entries.push(("instances_distribution".to_owned(), given(map(shares.map(share).to_vec()))));
    Some(Body { entries, dynamic: Vec::new() })
}

/// What the module takes where nothing is said.
fn complete(group: &mut TerraformGroup, own: Own, issues: &mut Issues) {
    let mut taken = Vec::new();
    if group.min.is_none() && !group.misses("minSize") {
        group.min = Some(own.min);
        taken.push(format!("a minimum of {}", own.min));
    }
    if group.max.is_none() && !group.misses("maxSize") {
        group.max = Some(own.max);
        taken.push(format!("a maximum of {}", own.max));
    }
    if group.desired.is_none() && !group.misses("desiredSize") {
        let (min, max) = (group.min.unwrap_or(0), group.max.unwrap_or(i32::MAX));
        group.desired = Some(own.desired.min(max).max(min));
    }
    if group.instance_types.is_empty() && !group.misses("instanceTypes") && !own.instance_type.is_empty() {
        group.instance_types.push(own.instance_type.to_owned());
        taken.push(own.instance_type.to_owned());
    }
    if !taken.is_empty() {
        let message =
            format!("node group {} does not say all: {} by the module's defaults", group.name, taken.join(", "));
        issues.push(Issue::warning("", message).in_file(group.file.clone(), Some(group.line)));
    }
}

/// Whether a module or a group is created at all.
fn is_created(declaration: &Declaration, body: &Body, what: &str, issues: &mut Issues) -> bool {
    let Some((given, name)) = body.first(&["create", "create_eks", "enabled", "create_autoscaling_group"]) else {
        return true;
    };
    let is = given.value.boolean();
    let message = match (is, given.value.expression()) {
        (Some(true), _) | (None, None) => return true,
        (Some(false), _) => format!("`{name}` is false: it is not there"),
        (None, Some(text)) => {
            format!("`{name} = {}` is not evaluated: it is taken to be there{}", cut(text), given.value.because())
        }
    };
    // A module without nodes is nobody's business.
    let has_nodes = what.contains(": ")
        || body.entries.iter().any(|(name, given)| name == "min_size" || looks_like_nodes(name, &given.value));
    if has_nodes {
        let issue = if is == Some(false) { Issue::note(what, message) } else { Issue::warning(what, message) };
        issues.push(issue.in_file(declaration.file.clone(), Some(given.line)));
    }
    is != Some(false)
}

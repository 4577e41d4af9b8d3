//! `aws_eks_node_group` and `aws_autoscaling_group`, with the launch templates that they name.

use super::body::{Body, Declaration, Given, Unknown, Value};
use super::group::{TerraformGroup, disk_of};
use super::named;
use crate::scenario::issue::{Issue, Issues};

/// Labels that Cluster Autoscaler is told by tags.
const LABEL_TAG: &str = "k8s.io/cluster-autoscaler/node-template/label/";
/// What the tags begin with that Cluster Autoscaler reads.
const AUTOSCALER_TAGS: &str = "k8s.io/cluster-autoscaler/";
const TAINT_TAG: &str = "k8s.io/cluster-autoscaler/node-template/taint/";

/// Launch templates and configurations of all files.
pub(super) struct Templates<'a>(Vec<&'a Declaration>);

impl<'a> Templates<'a> {
    pub(super) fn of(all: &'a [Declaration]) -> Self {
        let kinds = ["aws_launch_template", "aws_launch_configuration"];
        Templates(all.iter().filter(|one| kinds.contains(&one.kind.as_str())).collect())
    }

    /// The one that a reference or a name means.
    fn find(&self, scope: &str, reference: &Value) -> Option<&'a Body> {
        let near = || self.0.iter().filter(|one| one.scope == scope);
        let found = match reference {
            Value::Unknown(unknown) => {
                let (kind, name, key) = named(&unknown.text).or_else(|| named(&unknown.why))?;
                let is = |one: &&&Declaration| one.kind == kind && one.resource == name;
                let keyed = |one: &&&Declaration| key.is_none_or(|key| one.label == key);
                near().filter(is).find(keyed).or_else(|| near().find(is))
            }
            Value::Text(text) => {
                let is =
                    |one: &&&Declaration| ["name", "id"].iter().any(|key| one.body.text(key).as_deref() == Some(text));
                near().find(is)
            }
            _ => None,
        };
        found.map(|one| &one.body)
    }

    /// In a plan ids are not known yet: the only one of the module.
    fn only(&self, scope: &str) -> Option<&'a Body> {
        let mut near = self.0.iter().filter(|one| one.scope == scope);
        near.next().filter(|_| near.next().is_none()).map(|one| &one.body)
    }
}

/// An EKS managed node group.
pub(super) fn node_group(declaration: &Declaration, templates: &Templates<'_>, issues: &mut Issues) -> TerraformGroup {
    let body = &declaration.body;
    let mut group = declaration.group(&["node_group_name"], &["node_group_name_prefix"], issues);
    group.read(body);
    for sizes in body.blocks("scaling_config") {
        group.read_sizes(sizes);
    }
    if body.get("launch_template").is_some() {
        read_launch_template(&mut group, declaration, body.block("launch_template"), templates);
    }
    if group.instance_types.is_empty() && !group.misses("instanceTypes") {
        let message = "names no machine type: EKS takes t3.medium";
        let issue = Issue::warning("instance_types", format!("node group {} {message}", group.name));
        issues.push(issue.in_file(group.file.clone(), Some(group.line)));
        group.instance_types.push("t3.medium".to_owned());
    }
    group
}

/// A group of machines of its own.
pub(super) fn autoscaling_group(
    declaration: &Declaration,
    templates: &Templates<'_>,
    issues: &mut Issues,
) -> TerraformGroup {
    let body = &declaration.body;
    let mut group = declaration.group(&["name"], &["name_prefix"], issues);
    group.self_managed = true;
    group.read(body);
    group.zones = body.get("availability_zones").and_then(|given| given.value.texts()).filter(|list| !list.is_empty());
    let configuration = body.get("launch_configuration").filter(|given| given.value.text().as_deref() != Some(""));
    if let Some(given) = configuration {
        let found = templates.find(&declaration.scope, &given.value).or_else(|| templates.only(&declaration.scope));
        read_template(&mut group, found);
    }
    read_launch_template(&mut group, declaration, body.block("launch_template"), templates);
    for policy in body.blocks("mixed_instances_policy") {
        let launch = policy.block("launch_template");
        let specification = launch.and_then(|launch| launch.block("launch_template_specification"));
        read_launch_template(&mut group, declaration, specification, templates);
        read_policy(&mut group, policy, issues);
    }
    if group.instance_types.is_empty() && !group.misses("instanceTypes") {
        group.miss_type("launch_template", declaration.line);
    }
    take_tags_as_labels(&mut group, issues);
    group
}

/// A tag that is a resource of its own goes to the group that its reference names, or whose name it says.
pub(super) fn add_tag(declaration: &Declaration, groups: &mut [TerraformGroup], issues: &mut Issues) {
    let body = &declaration.body;
    let told = body.blocks("tag").into_iter().filter_map(|tag| Some((tag.text("key")?, tag.text("value")?)));
    let told: Vec<(String, String)> = told.filter(|(key, _)| key.starts_with(AUTOSCALER_TAGS)).collect();
    if told.is_empty() {
        return;
    }
    let name = body.get("autoscaling_group_name").map(|given| &given.value);
    let meant = |group: &TerraformGroup| match name {
        Some(Value::Text(text)) => *text == group.name,
        Some(Value::Unknown(Unknown { text, .. })) => {
            let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
            let of_group = words.any(|word| ["aws_eks_node_group", "aws_autoscaling_group"].contains(&word));
            of_group && words.next().is_some_and(|label| label == group.source)
        }
        _ => false,
    };
    let only = groups.len() == 1;
    match groups.iter_mut().find(|group| only || meant(group)) {
        Some(group) => group.tags.extend(told),
        None => {
            let message = format!("it is not known whose tag {} is: it does not count", told[0].0);
            let help = "give it in the scenario: nodeGroups.NAME.tags";
            let issue = Issue::warning(declaration.name(), message).with_help(help);
            issues.push(issue.in_file(declaration.file.clone(), Some(declaration.line)));
        }
    }
}

/// What the launch template says, if that can be found.
fn read_launch_template(
    group: &mut TerraformGroup,
    declaration: &Declaration,
    reference: Option<&Body>,
    templates: &Templates<'_>,
) {
    let Some(reference) = reference else { return };
    let names = ["id", "launch_template_id", "name", "launch_template_name"];
    let found = names.iter().filter_map(|name| reference.get(name));
    let found = found.filter_map(|given| templates.find(&declaration.scope, &given.value)).next();
    read_template(group, found.or_else(|| templates.only(&declaration.scope)));
}

fn read_template(group: &mut TerraformGroup, template: Option<&Body>) {
    let Some(template) = template else { return };
    let mut read = TerraformGroup { file: group.file.clone(), ..TerraformGroup::default() };
    read.read(template);
    if group.instance_types.is_empty() {
        group.instance_types = read.instance_types;
    }
    group.spot |= read.spot;
    group.disk_gib = group.disk_gib.or_else(|| disk_of(template));
    group.disk.read(template);
    let counts = |miss: &super::unread::Unread| ["instanceTypes", "capacityType"].contains(&miss.field);
    group.unread.extend(read.unread.into_iter().filter(counts));
}

/// Several machine types, on demand or not.
pub(super) fn read_policy(group: &mut TerraformGroup, policy: &Body, issues: &mut Issues) {
    let inner = policy.block("launch_template");
    let overrides =
        [policy.blocks("override"), inner.map_or_else(Vec::new, |launch| launch.blocks("override"))].concat();
    let mut types = Vec::new();
    for row in &overrides {
        types.extend(group.field(row, &["instance_type"], "instanceTypes", Value::text));
        if let Some(given) = row.get("instance_requirements") {
            let expression = Value::unknown("instance_requirements");
            group.miss("instance_requirements", "instanceTypes", &Given { value: expression, line: given.line });
        }
    }
    for body in std::iter::once(policy).chain(inner) {
        if let Some((_, line)) = body.dynamic.iter().find(|(name, _)| name == "override") {
            let expression = Value::unknown("dynamic \"override\"");
            group.miss("override", "instanceTypes", &Given { value: expression, line: *line });
        }
    }
    if !types.is_empty() {
        // Machine types of the policy are taken in place of the template's.
        group.instance_types = types;
        group.unread.retain(|miss| miss.name != "instance_type");
    }
    let Some(split) = policy.block("instances_distribution") else { return };
    let percent = group.field(split, &["on_demand_percentage_above_base_capacity"], "capacityType", Value::integer);
    let base = group.field(split, &["on_demand_base_capacity"], "capacityType", Value::integer).unwrap_or(0);
    let percent = percent.unwrap_or(100);
    group.spot = percent < 50;
    if (base > 0 && percent < 100) || (1..100).contains(&percent) {
        let kind = if group.spot { "spot" } else { "on demand" };
        let message = format!(
            "of node group {} {base} nodes are on demand, and {percent} % of the others: all are taken as {kind}",
            group.name
        );
        let issue = Issue::warning("instances_distribution", message);
        let help = format!("divide it in two under nodeGroups, or give nodeGroups.{}.capacityType", group.name);
        issues.push(issue.with_help(help).in_file(group.file.clone(), Some(group.line)));
    }
}

/// User data says what a node is labelled with, and is not read; people keep the tags equal.
pub(super) fn take_tags_as_labels(group: &mut TerraformGroup, issues: &mut Issues) {
    let told = |tags: &[(String, String)], prefix: &str| -> Vec<(String, String)> {
        let rows = tags.iter().filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())));
        rows.collect()
    };
    let known = |key: &String| group.labels.iter().any(|(label, _)| label == key);
    let labels: Vec<_> = told(&group.tags, LABEL_TAG).into_iter().filter(|(key, _)| !known(key)).collect();
    let known = |key: &String| group.taints.iter().any(|(taint, _, _)| taint == key);
    let taints: Vec<_> = told(&group.tags, TAINT_TAG).into_iter().filter(|(key, _)| !known(key)).collect();
    if labels.is_empty() && taints.is_empty() {
        return;
    }
    let message =
        format!("user data is not read: nodes of {} are taken to have the labels and taints of its tags", group.name);
    issues.push(Issue::warning("tag", message).in_file(group.file.clone(), Some(group.line)));
    group.labels.extend(labels);
    let split = |(key, text): (String, String)| {
        let (value, effect) = text.rsplit_once(':')?;
        Some((key, value.to_owned(), effect.to_owned()))
    };
    group.taints.extend(taints.into_iter().filter_map(split));
}

impl TerraformGroup {
    /// Whether something that a field of the scenario says could not be read.
    pub(super) fn misses(&self, field: &str) -> bool {
        self.unread.iter().any(|miss| miss.field == field)
    }
}

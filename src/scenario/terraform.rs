//! Terraform: node groups with literal values, from `*.tf` files or `terraform show -json`.

use super::issue::{Issue, Issues};
use super::sources::Files;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::{Span, parser};
use serde_json::Value;
use std::path::Path;

/// A node group as Terraform declares it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TerraformGroup {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) instance_types: Vec<String>,
    pub(super) spot: bool,
    pub(super) min: Option<i32>,
    pub(super) max: Option<i32>,
    pub(super) desired: Option<i32>,
    pub(super) labels: Vec<(String, String)>,
    /// Key, value, effect.
    pub(super) taints: Vec<(String, String, String)>,
    /// The cluster's name, if it is literal.
    pub(super) cluster: Option<String>,
    /// Tags of the group of machines, if they are literal.
    pub(super) tags: Vec<(String, String)>,
    /// The group of machines is not EKS's.
    pub(super) self_managed: bool,
}

/// All node groups of the files.
pub(super) fn read(sources: impl Files, path: &Path, issues: &mut Issues) -> Vec<TerraformGroup> {
    let mut groups = Vec::new();
    let files = match sources.list(path, &["tf", "json"]) {
        Ok(files) => files,
        Err(why) => {
            let mut issue = Issue::error("", format!("the file or folder {why}"));
            issue.place.file = Some(path.display().to_string());
            issues.push(issue);
            return groups;
        }
    };
    for file in files {
        let name = file.to_string_lossy().into_owned();
        match sources.read(&file) {
            Err(why) => issues.push(Issue::error("", format!("the file {why}")).in_file(&name, Some(1))),
            Ok(text) if name.ends_with(".json") => shown(&text, &name, issues, &mut groups),
            Ok(text) => blocks(&text, &name, issues, &mut groups),
        }
    }
    groups
}

fn blocks(text: &str, file: &str, issues: &mut Issues, groups: &mut Vec<TerraformGroup>) {
    let body: Body = match parser::parse_body(text) {
        Ok(body) => body,
        Err(error) => {
            let place = error.location();
            let mut issue = Issue::error("", error.message().to_owned()).in_file(file, Some(place.line() as u32));
            issue.place.column = Some(place.column() as u32);
            issues.push(issue);
            return;
        }
    };
    for structure in body.iter() {
        let Structure::Block(block) = structure else { continue };
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        let is_module = block.ident.as_str() == "module" && block.body.has_attribute("min_size");
        let is_resource = block.ident.as_str() == "resource" && labels.first() == Some(&"aws_eks_node_group");
        if is_module || is_resource {
            let reader = Reader { text, file };
            let group = reader.group(block, labels.last().copied().unwrap_or_default(), issues);
            if is_module && !block.body.has_attribute("name") {
                let message = format!("the module has no name: the group is called `{}` after its label", group.name);
                issues.push(Issue::warning("name", message).in_file(file, Some(group.line)));
            }
            groups.push(group);
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
}

impl Reader<'_> {
    fn line(&self, span: Option<std::ops::Range<usize>>) -> u32 {
        span.map_or(1, |span| self.text[..span.start.min(self.text.len())].matches('\n').count() as u32 + 1)
    }

    fn group(&self, block: &Block, label: &str, issues: &mut Issues) -> TerraformGroup {
        let mut group = TerraformGroup {
            name: short(label),
            file: self.file.to_owned(),
            line: self.line(block.span()),
            ..TerraformGroup::default()
        };
        self.attributes(&block.body, &mut group, issues);
        for structure in block.body.iter() {
            let Structure::Block(inner) = structure else { continue };
            match inner.ident.as_str() {
                "scaling_config" => self.attributes(&inner.body, &mut group, issues),
                "taint" => {
                    let get = |name: &str| {
                        let value = inner.body.get_attribute(name).map(|attribute| &attribute.value);
                        value.and_then(Expression::as_str).unwrap_or_default().to_owned()
                    };
                    group.taints.push((get("key"), get("value"), get("effect")));
                }
                _ => {}
            }
        }
        group
    }

    fn attributes(&self, body: &Body, group: &mut TerraformGroup, issues: &mut Issues) {
        for attribute in body.attributes() {
            let (name, value) = (attribute.key.as_str(), &attribute.value);
            let understood = match name {
                "name" | "node_group_name" => text(value).map(|text| group.name = text),
                "capacity_type" => text(value).map(|text| group.spot = text.eq_ignore_ascii_case("spot")),
                "min_size" => integer(value).map(|size| group.min = Some(size)),
                "max_size" => integer(value).map(|size| group.max = Some(size)),
                "desired_size" => integer(value).map(|size| group.desired = Some(size)),
                "instance_types" => texts(value).map(|types| group.instance_types = types),
                "labels" => pairs(value).map(|labels| group.labels = labels),
                // Only auto-discovery looks at these: whatever is not literal is not known.
                "cluster_name" => {
                    group.cluster = text(value);
                    continue;
                }
                "autoscaling_group_tags" => {
                    group.tags = pairs(value).unwrap_or_default();
                    continue;
                }
                "source" => {
                    group.self_managed = text(value).is_some_and(|source| source.contains("self-managed"));
                    continue;
                }
                "taints" => taints(value).map(|list| group.taints.extend(list)),
                _ => continue,
            };
            if understood.is_none() {
                let line = self.line(attribute.span());
                let message = format!("`{name}` is not a literal value, and expressions are not evaluated");
                let issue = Issue::error(name, message).with_help(format!(
                    "give it in the scenario: nodeGroups.{}.{}",
                    group.name,
                    camel(name)
                ));
                issues.push(issue.in_file(self.file, Some(line)));
            }
        }
    }
}

/// `eks_node_group_spot` is called `spot`.
fn short(label: &str) -> String {
    label.trim_start_matches("eks_").trim_start_matches("node_group_").to_owned()
}

/// `min_size` is `minSize` in the scenario.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        text + &head.to_ascii_uppercase() + tail
    })
}

fn text(value: &Expression) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn integer(value: &Expression) -> Option<i32> {
    let number = value.as_number()?;
    number.as_i64().and_then(|number| i32::try_from(number).ok())
}

fn texts(value: &Expression) -> Option<Vec<String>> {
    value.as_array()?.iter().map(text).collect()
}

fn pairs(value: &Expression) -> Option<Vec<(String, String)>> {
    let key = |key: &hcl_edit::expr::ObjectKey| match key {
        hcl_edit::expr::ObjectKey::Ident(ident) => Some(ident.as_str().to_owned()),
        hcl_edit::expr::ObjectKey::Expression(expression) => text(expression),
    };
    value.as_object()?.iter().map(|(name, value)| Some((key(name)?, text(value.expr())?))).collect()
}

/// A list of objects with `key`, `value` and `effect`, or a map of them.
fn taints(value: &Expression) -> Option<Vec<(String, String, String)>> {
    let one = |value: &Expression| {
        let fields = pairs(value)?;
        let get = |name: &str| fields.iter().find(|(key, _)| key == name).map_or(String::new(), |(_, v)| v.clone());
        Some((get("key"), get("value"), get("effect")))
    };
    match value.as_array() {
        Some(list) => list.iter().map(one).collect(),
        None => value.as_object()?.iter().map(|(_, value)| one(value.expr())).collect(),
    }
}

/// `terraform show -json`: node groups anywhere among the planned or present resources.
fn shown(text: &str, file: &str, issues: &mut Issues, groups: &mut Vec<TerraformGroup>) {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => resources(&value, file, groups, 0),
        Err(error) => issues.push(Issue::error("", error.to_string()).in_file(file, Some(error.line() as u32))),
    }
}

fn resources(value: &Value, file: &str, groups: &mut Vec<TerraformGroup>, depth: usize) {
    if depth > 32 {
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|inner| resources(inner, file, groups, depth + 1)),
        Value::Object(object) => {
            if object.get("type").and_then(Value::as_str) == Some("aws_eks_node_group")
                && let Some(values) = object.get("values")
            {
                groups.push(of_values(values, file));
                return;
            }
            for (name, inner) in object {
                if name != "prior_state" && name != "configuration" {
                    resources(inner, file, groups, depth + 1);
                }
            }
        }
        _ => {}
    }
}

fn of_values(values: &Value, file: &str) -> TerraformGroup {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let scaling = &values["scaling_config"][0];
    let size = |key: &str| scaling[key].as_i64().and_then(|size| i32::try_from(size).ok());
    let list = |key: &str| values[key].as_array().map_or(&[][..], Vec::as_slice);
    let labels = values["labels"].as_object();
    let label = |(key, value): (&String, &Value)| (key.clone(), value.as_str().unwrap_or_default().to_owned());
    TerraformGroup {
        name: text(values, "node_group_name"),
        file: file.to_owned(),
        line: 1,
        instance_types: list("instance_types").iter().filter_map(|t| t.as_str().map(str::to_owned)).collect(),
        spot: text(values, "capacity_type").eq_ignore_ascii_case("spot"),
        min: size("min_size"),
        max: size("max_size"),
        desired: size("desired_size"),
        labels: labels.into_iter().flatten().map(label).collect(),
        taints: list("taint").iter().map(|t| (text(t, "key"), text(t, "value"), text(t, "effect"))).collect(),
        cluster: values["cluster_name"].as_str().map(str::to_owned),
        ..TerraformGroup::default()
    }
}

//! Terraform is evaluated: what people write with expressions gives the same groups as what `terraform show` prints.

use crate::infrastructure::{rows, says, terraform, told, with};
use foresail::scenario::issue::Severity;
use proptest::prelude::*;

/// A node group, with these words in place of its sizes and type.
fn group(max: &str, kind: &str) -> String {
    format!(
        "resource \"aws_eks_node_group\" \"g\" {{\n  node_group_name = \"g\"\n  instance_types = [{kind}]\n  \
         scaling_config {{\n    min_size = 1\n    desired_size = 1\n    max_size = {max}\n  }}\n}}\n"
    )
}

/// What an expression is as a maximum.
fn maximum(expression: &str, more: &str) -> i32 {
    let text = format!("{}{more}", group(expression, "\"m5.large\""));
    let scenario = terraform(&[("main.tf", &text)], "");
    let Ok(scenario) = &scenario else { panic!("{expression}: {}", told(&scenario)) };
    scenario.cast.groups.values().next().expect("the group").max
}

#[test]
fn expressions_are_evaluated_as_terraform_does() {
    let more = r#"
variable "sizes" {
  type    = map(object({ max = optional(number, 7), min = number }))
  default = { web = { min = 1 }, db = { min = 1, max = 3 } }
}
variable "list" { default = ["a", "b", "c"] }
locals {
  later = local.first * 2
  first = 4
  all   = { for name, one in var.sizes : upper(name) => one.max if one.max > 3 }
  net   = cidrsubnets("10.0.0.0/16", 4, 4, 8)
}
"#;
    let cases = [
        ("local.later + 1", 9),
        ("var.sizes[\"web\"].max", 7),
        ("local.all[\"WEB\"]", 7),
        ("length(local.all) + 4", 5),
        ("true && !false ? 5 : 6", 5),
        ("\"${4}${2}\"", 42),
        ("length(var.list[*]) * 2", 6),
        ("merge({ a = 1 }, null, { a = 2, b = 3 }).a", 2),
        ("lookup({ a = 4 }, \"b\", 6)", 6),
        ("try(var.sizes.none.max, local.none, 8)", 8),
        ("can(var.sizes.none.max) ? 2 : 3", 3),
        ("coalesce(null, \"\", 9)", 9),
        ("sum([for size in values(var.sizes) : size.max])", 10),
        ("max(flatten([[1], [[5]], 3])...)", 5),
        ("element([1, 2, 3], 4)", 2),
        ("index(sort([\"b\", \"a\"]), \"b\") + 1", 2),
        ("tonumber(regex(\"[0-9]+\", \"v12x\"))", 12),
        ("length(setproduct([1, 2], [3, 4, 5]))", 6),
        ("tonumber(split(\".\", cidrhost(\"10.0.0.0/24\", 5))[3])", 5),
        ("tonumber(split(\".\", split(\"/\", local.net[1])[0])[2])", 16),
        ("jsondecode(jsonencode({ a = [1, 6] })).a[1]", 6),
        ("yamldecode(\"a: {b: 11}\").a.b", 11),
        ("parseint(format(\"%02d\", 7), 10)", 7),
        ("length(\"%{ for x in var.list }${x}-%{ endfor }\")", 6),
        ("zipmap([\"a\", \"b\"], [1, 13]).b", 13),
        ("contains(var.list, \"b\") ? 14 : 1", 14),
        ("one([15])", 15),
        ("substr(\"abc16\", -2, -1)", 16),
        ("length(chunklist(range(10), 3))", 4),
        ("floor(17.9)", 17),
        ("{ for x in [\"a\", \"a\"] : x => x... }[\"a\"] == [\"a\", \"a\"] ? 18 : 1", 18),
        ("terraform.workspace == \"default\" ? 19 : 1", 19),
    ];
    for (expression, expected) in cases {
        assert_eq!(maximum(expression, more), expected, "{expression}");
    }
}

#[test]
fn values_of_variables_come_from_the_files_and_the_scenario() {
    let main = group("var.most", "var.kind") + "variable \"most\" {}\nvariable \"kind\" { default = \"m5.large\" }\n";
    let files = [
        ("main.tf", main.as_str()),
        ("terraform.tfvars", "most = 4\n"),
        ("a.auto.tfvars", "most = 5\n"),
        ("prod.tfvars", "most = 6\nkind = \"m5.xlarge\"\n"),
    ];
    let alone = terraform(&files, "");
    assert_eq!(rows(&alone), ["g 1..5 1 m5.large"]);
    says(&alone, &["prod.tfvars: note: these values are not taken"]);
    let named: Vec<(String, &str)> = files.iter().map(|(name, text)| (format!("infra/{name}"), *text)).collect();
    let named: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    assert_eq!(rows(&with(&named, "terraform: [infra/, infra/prod.tfvars]\n")), ["g 1..6 1 m5.xlarge"]);
    assert_eq!(rows(&terraform(&files, "terraformVars: {most: 9}\n")), ["g 1..9 1 m5.large"]);
    let none = terraform(&files[..1], "");
    says(&none, &["`var.most` is not a literal value, and `var.most` has no default", "nodeGroups.g.maxSize"]);
    assert_eq!(rows(&terraform(&files[..1], "nodeGroups: {g: {maxSize: 8}}\n")), ["g 1..8 1 m5.large"]);
}

#[test]
fn modules_on_disk_are_followed_with_their_outputs_and_instances() {
    let pool = r#"
variable "name" {}
variable "max" { default = 2 }
resource "aws_eks_node_group" "this" {
  node_group_name = var.name
  instance_types  = ["m5.large"]
  scaling_config {
    min_size = 1
    desired_size = 1
    max_size = var.max
  }
}
output "doubled" { value = var.max * 2 }
"#;
    let main = r#"
locals { pools = { web = 3, db = 4 } }
module "pools" {
  source   = "../modules/pool"
  for_each = local.pools
  name     = "p-${each.key}"
  max      = each.value
}
module "last" {
  source = "../modules/pool"
  name   = "last"
  max    = module.pools["db"].doubled + length(module.pools)
}
"#;
    let files = [("env/main.tf", main), ("modules/pool/main.tf", pool)];
    let expected = ["last 1..10 1 m5.large", "p-db 1..4 1 m5.large", "p-web 1..3 1 m5.large"];
    assert_eq!(rows(&terraform(&files, "")), expected);
    let named: Vec<(String, &str)> = files.iter().map(|(name, text)| (format!("infra/{name}"), *text)).collect();
    let named: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    assert_eq!(rows(&with(&named, "terraform: [infra/env]\n")), expected, "the module is outside of what is named");
}

#[test]
fn what_only_the_cloud_knows_spreads_no_further_than_it_must() {
    let more = r#"
data "aws_ami" "eks" {}
data "aws_availability_zones" "all" {}
locals {
  ami    = data.aws_ami.eks.id
  groups = { a = { max = 3, ami = local.ami } }
}
provider "aws" { region = "eu-west-1" }
"#;
    assert_eq!(maximum("local.groups.a.max", more), 3, "its neighbour is not known");
    assert_eq!(maximum("local.ami == null || true ? 4 : 5", more), 4);
    assert_eq!(maximum("length(slice(data.aws_availability_zones.all.names, 0, 2))", more), 2);
    let text = group("length(data.aws_ami.eks.tags)", "\"m5.large\"") + more;
    let refused = terraform(&[("main.tf", &text)], "");
    says(&refused, &["main.tf:7", "`data.aws_ami.eks.tags` is known to the cloud only", "nodeGroups.g.maxSize"]);
    let given = terraform(&[("main.tf", &text)], "nodeGroups: {g: {maxSize: 6}}\n");
    assert_eq!(rows(&given), ["g 1..6 1 m5.large"]);
    says(&given, &["cluster.region: eu-west-1 is taken from here"]);
    assert_eq!(given.expect("it loads").region, "eu-west-1");
}

#[test]
fn dynamic_blocks_and_launch_templates_of_loops_are_made() {
    let text = r#"
locals {
  pools = { web = { type = "m5.large", taints = [] }, gpu = { type = "g5.xlarge", taints = [{ key = "gpu", effect = "NO_SCHEDULE" }] } }
}
resource "aws_launch_template" "t" {
  for_each      = local.pools
  instance_type = each.value.type
}
resource "aws_eks_node_group" "g" {
  for_each        = local.pools
  node_group_name = each.key
  scaling_config {
    min_size = 0
    desired_size = 1
    max_size = 2
  }
  launch_template {
    id      = aws_launch_template.t[each.key].id
    version = aws_launch_template.t[each.key].latest_version
  }
  dynamic "taint" {
    for_each = each.value.taints
    content {
      key    = taint.value.key
      effect = taint.value.effect
      value  = try(taint.value.value, "true")
    }
  }
}
"#;
    let scenario = terraform(&[("main.tf", text)], "");
    assert_eq!(rows(&scenario), ["gpu 0..2 1 g5.xlarge", "web 0..2 1 m5.large"]);
    let scenario = scenario.expect("it loads");
    let taints = |name: &str| {
        let group = scenario.cast.groups.values().find(|group| group.name == name).expect("the group");
        group.machines[0].template.taints.len()
    };
    assert_eq!((taints("gpu"), taints("web")), (1, 0));
}

#[test]
fn json_and_override_files_say_the_same() {
    let json = r#"{
      "locals": {"most": 5},
      "variable": {"kind": {"default": "m5.large"}},
      "resource": {"aws_eks_node_group": {"g": {
        "node_group_name": "g-${upper(\"x\")}", "instance_types": ["${var.kind}"],
        "scaling_config": {"min_size": 1, "desired_size": 1, "max_size": "${local.most + 1}"}}}}}"#;
    assert_eq!(rows(&terraform(&[("main.tf.json", json)], "")), ["g-X 1..6 1 m5.large"]);
    let over =
        "resource \"aws_eks_node_group\" \"g\" {\n  instance_types = [\"m5.xlarge\"]\n}\nlocals {\n  most = 8\n}\n";
    let main = group("local.most", "\"m5.large\"") + "locals {\n  most = 3\n}\n";
    assert_eq!(rows(&terraform(&[("main.tf", &main), ("main_override.tf", over)], "")), ["g 1..8 1 m5.xlarge"]);
}

#[test]
fn what_no_terraform_would_take_is_one_clear_error() {
    let cases = [
        ("local.a", "locals {\n  a = local.b\n  b = local.a\n}\n", "hangs on itself"),
        ("frobnicate(1)", "", "the function `frobnicate` is not known here"),
        ("1 / 0", "", "it divides by zero"),
        ("[1, 2][5]", "", "no such element"),
        ("local.gone", "", "`local.gone` is not declared"),
        ("var.a.b", "variable \"a\" { default = {} }\n", "there is no `b`"),
        ("timestamp()", "", "hangs on the machine or the hour"),
        ("range(5000)[0]", "", "more than 1024 values"),
    ];
    for (expression, more, why) in cases {
        let scenario = terraform(&[("main.tf", &(group(expression, "\"m5.large\"") + more))], "");
        says(&scenario, &[why, "nodeGroups.g.maxSize"]);
        let given =
            terraform(&[("main.tf", &(group(expression, "\"m5.large\"") + more))], "nodeGroups: {g: {maxSize: 3}}\n");
        let is_cycle = why.contains("itself");
        assert_eq!(given.is_ok(), !is_cycle, "{expression}: {}", told(&given));
    }
}

#[test]
fn a_region_that_only_the_cloud_knows_ends_no_evaluation() {
    let text = "data \"terraform_remote_state\" \"net\" { backend = \"s3\" }\n\
         provider \"aws\" { region = data.terraform_remote_state.net.outputs.region }\n";
    let scenario = terraform(&[("main.tf", &(group("3", "\"m5.large\"") + text))], "");
    says(&scenario, &["cluster.region: us-east-1: no region is given, this one is assumed"]);
    assert_eq!(rows(&scenario), ["g 1..3 1 m5.large"]);
}

#[test]
fn regions_of_plans_and_states_are_those_of_providers_and_of_what_is_there() {
    let values = r#""values": {"instance_types": ["m5.large"], "node_group_name": "g", ARN
        "scaling_config": [{"desired_size": 1, "max_size": 3, "min_size": 1}]}"#;
    let root = |arn: &str| {
        format!(
            r#"{{"root_module": {{"resources": [{{"address": "aws_eks_node_group.g", "mode": "managed", "type": "aws_eks_node_group",
                "name": "g", {}}}]}}}}"#,
            values.replace("ARN", arn)
        )
    };
    let plan = |expression: &str| {
        format!(
            r#"{{"format_version": "1.2", "variables": {{"place": {{"value": "eu-north-1"}}}}, "planned_values": {}, "configuration":
                {{"provider_config": {{"aws": {{"name": "aws", "expressions": {{"region": {expression}}}}},
                "aws.us": {{"name": "aws", "alias": "us", "expressions": {{"region": {{"constant_value": "us-east-1"}}}}}}}}}}}}"#,
            root("")
        )
    };
    let state = format!(r#"{{"values": {}}}"#, root(r#""arn": "arn:aws:eks:ap-south-1:1:nodegroup/x/g","#));
    for (text, region) in [
        (plan(r#"{"constant_value": "eu-west-3"}"#), "eu-west-3"),
        (plan(r#"{"references": ["var.place"]}"#), "eu-north-1"),
        (state, "ap-south-1"),
    ] {
        let scenario = terraform(&[("plan.json", &text)], "");
        says(&scenario, &[&format!("cluster.region: {region} is taken from here")]);
    }
}

#[test]
fn worker_groups_of_several_types_are_on_spot_unless_they_say_otherwise() {
    let module = |more: &str| {
        format!(
            "module \"eks\" {{\n  source = \"terraform-aws-modules/eks/aws\"\n  version = \"17.24.0\"\n  worker_groups_launch_template = [\n    \
             {{ name = \"w\", override_instance_types = [\"m5.large\", \"m5a.large\"], asg_max_size = 5{more} }},\n  ]\n}}\n"
        )
    };
    let spot = terraform(&[("main.tf", &module(""))], "");
    assert_eq!(rows(&spot), ["w 1..5 1 m5.large/m5a.large spot"]);
    let plain = terraform(&[("main.tf", &module(", on_demand_percentage_above_base_capacity = 100"))], "");
    assert_eq!(rows(&plain), ["w 1..5 1 m5.large/m5a.large"]);
}

#[test]
fn logs_of_plans_are_told_apart_from_plans() {
    let log = "{\"@level\":\"info\",\"@message\":\"Terraform 1.9\"}\n{\"@level\":\"info\"}\n";
    says(&terraform(&[("plan.json", log)], ""), &["plan.json:2", "this is the log", "terraform show -json plan.bin"]);
}

#[test]
fn too_much_of_anything_ends_with_a_limit() {
    let many = format!(
        "{}locals {{\n  r = range(1000)\n}}\n",
        group("2", "\"m5.large\"").replace("node_group_name", "count = 1000000\n  node_group_name")
    );
    says(&terraform(&[("main.tf", &many)], ""), &["asks for 1000000 instances, expected at most 1000"]);
    let pairs = "locals {\n  r = range(1000)\n  all = { for p in setproduct(local.r, local.r) : \"${p[0]}-${p[1]}\" => p }\n}\n";
    let each = group("2", "\"m5.large\"").replace("node_group_name", "for_each = local.all\n  node_group_name");
    let scenario = terraform(&[("main.tf", &(each + pairs))], "");
    assert!(scenario.is_err());
    says(&scenario, &["makes more than 100,000 rows"]);
    let doubled: String = (1..60).map(|at| format!("  l{at} = [local.l{}, local.l{}]\n", at - 1, at - 1)).collect();
    let text = group("length(local.l59)", "\"m5.large\"") + "locals {\n  l0 = 1\n" + &doubled + "}\n";
    says(&terraform(&[("main.tf", &text)], ""), &["too many steps"]);
    let chain: String = (1..5000).map(|at| format!("  l{at} = local.l{}\n", at - 1)).collect();
    let text = group("local.l4999", "\"m5.large\"") + "locals {\n  l0 = 1\n" + &chain + "}\n";
    says(&terraform(&[("main.tf", &text)], ""), &["too deeply"]);
    let deep = group(&format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000)), "\"m5.large\"");
    assert!(terraform(&[("main.tf", &deep)], "").is_err());
    let endless = "module \"again\" {\n  source = \"./sub\"\n}\n";
    let files = [
        ("main.tf", endless),
        ("sub/main.tf", "module \"back\" {\n  source = \"../sub2\"\n}\n"),
        ("sub2/main.tf", "module \"back\" {\n  source = \"../sub\"\n}\n"),
    ];
    says(&terraform(&files, ""), &["modules are nested more than 20 deep"]);
}

/// A small expression, often one that makes no sense.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("\"a\"".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("var.a".to_owned()),
        Just("local.b".to_owned()),
        Just("data.x.y.z".to_owned()),
        Just("each.value".to_owned()),
        Just("x".to_owned()),
        Just("module.m.o".to_owned()),
    ];
    let names = [
        "merge",
        "lookup",
        "format",
        "slice",
        "substr",
        "cidrsubnet",
        "element",
        "flatten",
        "try",
        "setproduct",
        "regex",
        "range",
        "nothing",
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        let some = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            some.clone().prop_map(|all| format!("[{}]", all.join(", "))),
            some.clone().prop_map(|all| format!("{{ a = {} }}", all.first().map_or("1", String::as_str))),
            (prop::sample::select(names.to_vec()), some).prop_map(|(name, all)| format!("{name}({})", all.join(", "))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} + {b})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[for x in {a} : {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{ for x, y in {a} : x => {b} }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            inner.clone().prop_map(|a| format!("\"t${{{a}}}%{{ if {a} }}x%{{ endif }}\"")),
            inner.prop_map(|a| format!("({a})[*].b")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_expression_panics(a in expression(), b in expression(), each in expression()) {
        let text = group(&a, &b).replace("node_group_name", &format!("for_each = {each}\n  node_group_name"))
            + &format!("variable \"a\" {{ default = {{ b = 2 }} }}\nlocals {{\n  b = {b}\n}}\nmodule \"m\" {{\n  source = \"./none\"\n  count = {a}\n}}\n");
        let scenario = terraform(&[("main.tf", &text)], "");
        if let Err(issues) = scenario {
            prop_assert!(issues.iter().any(|issue| issue.severity == Severity::Error));
        }
    }
}

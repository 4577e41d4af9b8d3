//! Node groups in Terraform: every form that people write is read, or named with its place.

use foresail::scenario::issue::Issues;
use foresail::scenario::{Scenario, Sources, load};
use std::fs;

/// A scenario with this Terraform, and more lines of its own.
fn with(terraform: &str, more: &str) -> Result<Scenario, String> {
    in_file("nodes.tf", terraform, more)
}

fn in_file(file: &str, terraform: &str, more: &str) -> Result<Scenario, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = format!("apiVersion: foresail/v1alpha1\nkind: Scenario\nname: s\nterraform: [{file}]\n{more}");
    for (name, text) in [("s.yaml", scenario.as_str()), (file, terraform)] {
        fs::write(folder.path().join(name), text).expect("written");
    }
    load(Sources::Disk, &folder.path().join("s.yaml"), &[]).map_err(|issues| told(&issues))
}

fn told(issues: &Issues) -> String {
    issues.iter().map(|issue| format!("{issue}\n")).collect()
}

/// Name, bounds, size at the start, machine types.
fn rows(scenario: &Result<Scenario, String>) -> Vec<String> {
    let scenario = scenario.as_ref().unwrap_or_else(|why| panic!("{why}"));
    let types = |group: &foresail::world::NodeGroup| {
        group.machines.iter().map(|machine| machine.instance_type.as_str()).collect::<Vec<_>>().join("/")
    };
    let row = |g: &foresail::world::NodeGroup| format!("{} {}..{} {} {}", g.name, g.min, g.max, g.initial, types(g));
    let mut rows: Vec<String> = scenario.cast.groups.values().map(row).collect();
    rows.sort();
    rows
}

fn says(scenario: &Result<Scenario, String>, texts: &[&str]) {
    let all = match scenario {
        Ok(scenario) => told(&scenario.caveats),
        Err(why) => why.clone(),
    };
    texts.iter().for_each(|text| assert!(all.contains(text), "`{text}` is not in:\n{all}"));
}

const BASE: &str = r#"
resource "aws_eks_node_group" "base" {
  node_group_name = "base"
  instance_types  = ["m5.large"]
  scaling_config {
    desired_size = 2
    max_size     = 4
    min_size     = 1
  }
}
"#;

#[test]
fn what_groups_do_not_say_their_module_does() {
    let scenario = with(
        r#"
module "eks" {
  source       = "git::https://example.com/terraform-aws-eks.git?ref=v20"
  cluster_name = "shop"
  eks_managed_node_group_defaults = {
    instance_types = ["m6i.large"]
    disk_size      = 100
    labels         = { team = "web" }
  }
  eks_managed_node_groups = {
    a = {}
    b = { name = "bee", max_size = 9, instance_types = ["m5.xlarge"], labels = { team = "db" } }
    off = { create = false, min_size = 5 }
  }
  self_managed_node_group_defaults = { instance_type = "c5.large" }
  self_managed_node_groups = {
    own = {
      min_size = 1
      bootstrap_extra_args = "--kubelet-extra-args '--node-labels=lifecycle=spot,a=b --register-with-taints=spot=true:NoSchedule'"
      use_mixed_instances_policy = true
      mixed_instances_policy = {
        instances_distribution = { on_demand_percentage_above_base_capacity = 0 }
        override = [{ instance_type = "m5.large" }, { instance_type = "m5a.large" }]
      }
    }
  }
}
"#,
        "",
    );
    assert_eq!(rows(&scenario), ["a 1..3 1 m6i.large", "bee 1..9 1 m5.xlarge", "own 1..3 1 m5.large/m5a.large"]);
    says(&scenario, &["nodes.tf:13", "by the module's defaults", "`create` is false: it is not there"]);
    let scenario = scenario.expect("it loads");
    let group = |name: &str| scenario.cast.groups.values().find(|group| group.name == name).expect("the group");
    let symbols = &scenario.cast.cluster.symbols;
    let label = |name: &str, key: &str| {
        let labels = &group(name).machines[0].template.labels;
        symbols.lookup(key).and_then(|key| labels.get(key)).map(|value| symbols.text(value).to_owned())
    };
    assert_eq!((label("a", "team").as_deref(), label("bee", "team").as_deref()), (Some("web"), Some("db")));
    assert_eq!(label("own", "lifecycle").as_deref(), Some("spot"));
    assert_eq!(label("own", "eks.amazonaws.com/nodegroup"), None, "EKS labels its own groups only");
    assert_eq!((group("own").spot, group("own").machines[0].template.taints.len()), (true, 1));
    let disk = group("a").machines[0].template.capacity.resources.ephemeral_bytes;
    assert_eq!(disk, 100 << 30);
}

#[test]
fn expressions_are_said_with_a_field_that_works() {
    let text = BASE.replace("max_size     = 4", "max_size     = var.most");
    let refused = with(&text, "");
    says(&refused, &["nodes.tf:7", "`var.most` is not a literal value", "nodeGroups.base.maxSize"]);
    let given = with(&text, "nodeGroups: {base: {maxSize: 7}}\n");
    assert_eq!(rows(&given), ["base 1..7 2 m5.large"]);
    let removed = with(&(text + &BASE.replace("base", "other")), "nodeGroups: {base: {remove: true}}\n");
    assert_eq!(rows(&removed), ["other 1..4 2 m5.large"]);
}

#[test]
fn what_cannot_be_known_is_named_and_the_rest_goes_on() {
    let blocks = r#"
module "eks" {
  eks_managed_node_groups = local.groups
}
module "wrapped" {
  source      = "./modules/cluster"
  node_groups = merge(local.a, local.b)
}
module "other" {
  source         = "git::ssh://example.com/k8s"
  my_node_pools  = { a = 1 }
}
resource "aws_eks_node_group" "each" {
  for_each        = var.groups
  node_group_name = each.key
}
resource "azurerm_kubernetes_cluster_node_pool" "user" {
  vm_size = "Standard_D2s_v3"
}
resource "aws_eks_fargate_profile" "f" {
  fargate_profile_name = "f"
}
resource "aws_autoscaling_group" "gone" {
  count     = 0
  min_size  = 1
  max_size  = 2
}
resource "aws_eks_node_group_not_at_all" "x" {}
data "aws_eks_node_group" "read" {}
"#;
    let scenario = with(&format!("{BASE}{blocks}"), "");
    assert_eq!(rows(&scenario), ["base 1..4 2 m5.large"]);
    let texts = [
        "nodes.tf:13: warning: module.eks: eks_managed_node_groups: `local.groups` is not evaluated",
        "nodes.tf:17: warning: module.wrapped: node_groups: `merge(local.a, local.b)` is not evaluated",
        "nodes.tf:21: warning: module.other: my_node_pools",
        "nodes.tf:24: warning: aws_eks_node_group.each: `for_each = var.groups` is not evaluated",
        "nodes.tf:27: warning: azurerm_kubernetes_cluster_node_pool.user: Azure is not simulated",
        "nodes.tf:30: warning: aws_eks_fargate_profile.f",
        "nodes.tf:34: note: aws_autoscaling_group.gone: its `count` is 0",
        "nodeGroups.NAME: {instanceTypes",
    ];
    says(&scenario, &texts);
    let alone = with("module \"eks\" {\n  eks_managed_node_groups = local.groups\n}\n", "");
    says(&alone, &["nodes.tf:2", "there is no node group", "hold none that can be read"]);
    let given = with(
        "module \"eks\" {\n  eks_managed_node_groups = local.groups\n}\n",
        "nodeGroups: {app: {instanceTypes: [m5.large], minSize: 1, maxSize: 3}}\n",
    );
    assert_eq!(rows(&given), ["app 1..3 1 m5.large"], "the help works");
}

#[test]
fn count_and_for_each_with_literals_are_taken_apart() {
    let text = r#"
resource "aws_eks_node_group" "zonal" {
  for_each        = toset(["a", "b"])
  node_group_name = "zonal-${each.key}"
  instance_types  = ["m5.large"]
  scaling_config {
    desired_size = 1
    max_size     = 3
    min_size     = 1
  }
}
resource "aws_eks_node_group" "kinds" {
  for_each        = { web = { type = "m5.large", max = 5 }, db = { type = "m5.xlarge", max = 2 } }
  node_group_name = each.key
  instance_types  = [each.value.type]
  scaling_config {
    desired_size = 1
    max_size     = each.value.max
    min_size     = 1
  }
}
resource "aws_eks_node_group" "n" {
  count           = 2
  node_group_name = "n-${count.index}"
  instance_types  = ["m5.large"]
  scaling_config {
    desired_size = 1
    max_size     = 1
    min_size     = 1
  }
}
resource "aws_eks_node_group" "maybe" {
  count           = var.create ? 1 : 0
  node_group_name = "maybe"
  instance_types  = ["m5.large"]
  dynamic "taint" {
    for_each = var.taints
    content { key = taint.key }
  }
  scaling_config {
    desired_size = 1
    max_size     = 1
    min_size     = 1
  }
}
"#;
    let scenario = with(text, "nodeGroups: {maybe: {taints: []}}\n");
    assert_eq!(
        rows(&scenario),
        [
            "db 1..2 1 m5.xlarge",
            "maybe 1..1 1 m5.large",
            "n-0 1..1 1 m5.large",
            "n-1 1..1 1 m5.large",
            "web 1..5 1 m5.large",
            "zonal-a 1..3 1 m5.large",
            "zonal-b 1..3 1 m5.large"
        ]
    );
    says(&scenario, &["`count = var.create ? 1 : 0` is not evaluated: it is taken to be there once"]);
    says(&with(text, ""), &["dynamic \"taint\"", "nodeGroups.maybe.taints"]);
}

#[test]
fn launch_templates_say_what_groups_do_not() {
    let text = r#"
resource "aws_launch_template" "w" {
  instance_type = "m6i.large"
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs { volume_size = 80 }
  }
}
resource "aws_launch_configuration" "old" {
  instance_type = "m5.xlarge"
  spot_price    = "0.1"
}
resource "aws_autoscaling_group" "a" {
  name_prefix      = "a-"
  min_size         = 1
  max_size         = 8
  desired_capacity = 2
  launch_template { id = aws_launch_template.w.id }
}
resource "aws_autoscaling_group" "b" {
  name                 = "b"
  min_size             = 0
  max_size             = 2
  launch_configuration = aws_launch_configuration.old.name
}
"#;
    let scenario = with(text, "");
    assert_eq!(rows(&scenario), ["a 1..8 2 m6i.large", "b 0..2 0 m5.xlarge"]);
    let scenario = scenario.expect("it loads");
    let first = scenario.cast.groups.values().find(|group| group.name == "a").expect("a");
    assert_eq!(first.machines[0].template.capacity.resources.ephemeral_bytes, 80 << 30);
    assert!(scenario.cast.groups.values().any(|group| group.name == "b" && group.spot));
    let json = r#"{"resource": {
      "aws_launch_template": {"w": {"instance_type": "m6i.large"}},
      "aws_autoscaling_group": {"a": {"name": "a", "min_size": 1, "max_size": 8, "desired_capacity": 2,
        "launch_template": [{"id": "${aws_launch_template.w.id}"}]}}}}"#;
    assert_eq!(rows(&in_file("nodes.tf.json", json, "")), ["a 1..8 2 m6i.large"]);
}

#[test]
fn node_pools_of_google_are_read() {
    let text = r#"
resource "google_container_node_pool" "pool" {
  name     = "main"
  location = "us-central1"
  autoscaling {
    min_node_count = 1
    max_node_count = 3
  }
  initial_node_count = 1
  node_config {
    machine_type = "e2-standard-4"
    disk_size_gb = 50
    spot         = true
    labels       = { tier = "web" }
    taint {
      key    = "spot"
      value  = "true"
      effect = "NO_SCHEDULE"
    }
  }
}
"#;
    let scenario = with(text, "cluster: {region: us-central1}\n");
    assert_eq!(rows(&scenario), ["main 3..9 3 e2-standard-4"], "three zones");
    says(&scenario, &["of its 3 zones together"]);
    assert!(scenario.expect("it loads").cast.groups.values().all(|group| group.spot));
}

#[test]
fn groups_of_a_plan_with_one_prefix_are_told_apart() {
    let group = |key: &str| {
        format!(
            r#"{{"address": "aws_eks_node_group.zonal[\"{key}\"]", "mode": "managed", "type": "aws_eks_node_group",
                "name": "zonal", "index": "{key}", "values": {{"node_group_name_prefix": "zonal-", "instance_types": ["m5.large"],
                "scaling_config": [{{"desired_size": 1, "max_size": 2, "min_size": 1}}]}}}}"#
        )
    };
    let plan = format!(
        r#"{{"planned_values": {{"root_module": {{"resources": [{}, {}]}}}}, "resource_changes": []}}"#,
        group("a"),
        group("b")
    );
    assert_eq!(rows(&in_file("plan.json", &plan, "")), ["zonal-a 1..2 1 m5.large", "zonal-b 1..2 1 m5.large"]);
}

const PLAN: &str = r#"{
  "planned_values": {"root_module": {"child_modules": [{"address": "module.eks", "resources": [{
    "address": "module.eks.aws_eks_node_group.this[\"web\"]", "mode": "managed", "type": "aws_eks_node_group", "name": "this",
    "index": "web", "values": {"node_group_name": "web", "scaling_config": [{"min_size": 1, "desired_size": 1}]}}]}]}},
  "resource_changes": [{"address": "module.eks.aws_eks_node_group.this[\"web\"]", "change": {"after_unknown": {
    "instance_types": true, "capacity_type": true, "arn": true, "scaling_config": [{"max_size": true}]}}}],
  "configuration": {"root_module": {"module_calls": {"eks": {"module": {"resources": [{"address": "aws_eks_node_group.this",
    "expressions": {"instance_types": {"references": ["data.x.y"]}, "node_group_name": {"constant_value": "web"},
    "scaling_config": [{"max_size": {"references": ["var.max"]}, "min_size": {}, "desired_size": {}}]}}]}}}}}
}"#;

#[test]
fn what_a_plan_does_not_know_yet_is_named_if_somebody_configured_it() {
    let none = in_file("plan.json", PLAN, "");
    let why = none.as_ref().err().cloned().unwrap_or_default();
    for text in [
        "plan.json:3: error: instance_types: its value is only known after apply",
        "give it in the scenario: nodeGroups.web.instanceTypes",
        "max_size: its value is only known after apply",
        "give it in the scenario: nodeGroups.web.maxSize",
    ] {
        assert!(why.contains(text), "{text}:\n{why}");
    }
    assert!(!why.contains("capacity_type") && !why.contains(" arn"), "{why}");
    let given = in_file("plan.json", PLAN, "nodeGroups: {web: {instanceTypes: [m5.large], maxSize: 4}}\n");
    assert_eq!(rows(&given), ["web 1..4 1 m5.large"]);
}

#[test]
fn tags_of_a_group_are_options_of_the_autoscaler() {
    let text = r#"
resource "aws_autoscaling_group" "own" {
  name = "own"
  min_size = 1
  max_size = 3
  mixed_instances_policy {
    launch_template {
      override {
        instance_type = "m5.large"
      }
    }
  }
  tag {
    key = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/scaledownunneededtime"
    value = "2m"
    propagate_at_launch = true
  }
}
resource "aws_eks_node_group" "eks" {
  node_group_name = "eks"
  instance_types = ["m5.large"]
  scaling_config {
    min_size = 1
    max_size = 3
    desired_size = 1
  }
}
resource "aws_autoscaling_group_tag" "eks" {
  autoscaling_group_name = aws_eks_node_group.eks.resources[0].autoscaling_groups[0].name
  tag {
    key = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/scaledownutilizationthreshold"
    value = "0.7"
    propagate_at_launch = false
  }
}
resource "aws_autoscaling_group_tag" "other" {
  autoscaling_group_name = var.name
  tag {
    key = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/maxnodeprovisiontime"
    value = "5m"
    propagate_at_launch = false
  }
}
"#;
    let scenario = with(text, "autoscaler: {enabled: true}\n");
    says(&scenario, &["it is not known whose tag k8s.io/cluster-autoscaler/node-template/autoscaling-options/max"]);
    let tagged = |group: &str, tag: &str| {
        let more =
            format!("autoscaler: {{enabled: true}}\nnodeGroups: {{{group}: {{tags: {{\"{PREFIX}{tag}\": x}}}}}}\n");
        with(text, &more)
    };
    says(&tagged("own", "maxnodeprovisiontime"), &["maxnodeprovisiontime does not count", "reads no such option"]);
    says(&tagged("eks", "scaledownunreadytime"), &["found `x`, expected a time such as 10m0s"]);
    let cast = scenario.expect("it loads").cast;
    let flags = cast.autoscaler.as_ref().expect("an autoscaler");
    let of = |name: &str| {
        let at = cast.groups.iter().find(|(_, group)| group.name == name).map(|(id, _)| id).expect("the group");
        format!("{:?}", flags.of_groups[at])
    };
    assert!(of("own").contains("unneeded_time: Some("), "{}", of("own"));
    assert!(of("eks").contains("utilization_threshold: Some(0.7)"), "{}", of("eks"));
}

const PREFIX: &str = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/";

/// How many NAT gateways are paid for, and what is said of them.
fn gateways(terraform: &str) -> (Option<f64>, String) {
    let scenario = with(&format!("{BASE}{terraform}"), "").unwrap_or_else(|why| panic!("{why}"));
    let items = scenario.cast.billing.items.values();
    let level = items.clone().find(|row| &*row.item.sku == "nat_gateway_hour").map(|row| row.level as f64 / 1e6);
    (level, told(&scenario.caveats))
}

#[test]
fn nat_gateways_are_counted_in_every_form() {
    let one = "resource \"aws_nat_gateway\" \"a\" {\n  allocation_id = \"x\"\n}\n";
    assert_eq!(gateways(one).0, Some(1.0));
    assert_eq!(gateways(&format!("{one}{}", one.replace("\"a\"", "\"b\""))).0, Some(2.0));
    assert_eq!(gateways("").0, None);
    let module = |more: &str| {
        format!(
            "module \"vpc\" {{\n  source = \"terraform-aws-modules/vpc/aws\"\n  azs = [\"a\", \"b\"]\n  private_subnets = [\"1\", \"2\", \"3\"]\n{more}\n}}\n"
        )
    };
    let found = |more: &str| gateways(&module(more)).0;
    assert_eq!(found("  enable_nat_gateway = true"), Some(3.0), "one for each private subnet");
    assert_eq!(found("  enable_nat_gateway = true\n  single_nat_gateway = true"), Some(1.0));
    assert_eq!(found("  enable_nat_gateway = true\n  one_nat_gateway_per_az = true"), Some(2.0));
    assert_eq!(found("  enable_nat_gateway = false"), None);
    let (level, said) = gateways(&module("  enable_nat_gateway = var.nat"));
    assert!(level == Some(3.0) && said.contains("not evaluated"), "{level:?}: {said}");
    let unknown = module("  enable_nat_gateway = true").replace("[\"1\", \"2\", \"3\"]", "var.subnets");
    let (level, said) = gateways(&unknown);
    assert!(level == Some(3.0) && said.contains("3 are assumed"), "{level:?}: {said}");
}

#[test]
fn root_disks_are_read_in_every_form() {
    // What each node has of what its root volume is paid for.
    let of_version = |terraform: &str, version: &str| {
        let cluster = format!("cluster: {{kubernetesVersion: '{version}'}}\n");
        let scenario = with(terraform, &cluster).unwrap_or_else(|why| panic!("{why}"));
        let of_nodes = scenario.cast.metered.iter().filter_map(|row| match row.by {
            foresail::world::Measure::Nodes { level, .. } => {
                Some(format!("{} {}", scenario.cast.billing.items[row.item].item.sku, level / 1_000_000))
            }
            _ => None,
        });
        of_nodes.collect::<Vec<_>>().join("; ")
    };
    let volume = |terraform: &str| of_version(terraform, "1.28");
    let group = |more: &str| BASE.replace("  scaling_config {", &format!("{more}\n  scaling_config {{"));
    assert_eq!(volume(BASE), "gp2_gb_month 20", "EKS' own");
    assert_eq!(of_version(BASE, "1.30"), "gp3_gb_month 20", "from 1.30 on");
    assert_eq!(volume(&group("  disk_size = 77")), "gp2_gb_month 77");
    let template = r#"
resource "aws_launch_template" "nodes" {
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 55
      volume_type = "gp3"
      iops        = 4000
      throughput  = 250
    }
  }
}
"#;
    let reference = "  launch_template {\n    id = aws_launch_template.nodes.id\n    version = 1\n  }";
    let launched = volume(&format!("{template}{}", group(reference)));
    // 3000 operations and 125 MB/s are in its price.
    for words in ["gp3_gb_month 55", " 1000", " 125"] {
        assert!(launched.contains(words), "{words}: {launched}");
    }
}

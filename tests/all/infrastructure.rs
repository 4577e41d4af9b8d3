//! Node groups from what infrastructure declares: modules of Terraform, eksctl, the clouds' answers, Karpenter named.

use foresail::scenario::issue::Issues;
use foresail::scenario::{Scenario, Sources, load};
use foresail::world::NodeGroup;
use std::fs;
use std::path::Path;

/// A scenario beside these files.
pub(crate) fn with(files: &[(&str, &str)], scenario: &str) -> Result<Scenario, Issues> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }
    scenario_in(folder.path(), scenario)
}

pub(crate) fn scenario_in(folder: &Path, scenario: &str) -> Result<Scenario, Issues> {
    let head = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: s\n";
    fs::write(folder.join("s.yaml"), format!("{head}{scenario}")).expect("written");
    load(Sources::Disk, &folder.join("s.yaml"), &[])
}

/// All Terraform of a folder `infra`.
pub(crate) fn terraform(files: &[(&str, &str)], more: &str) -> Result<Scenario, Issues> {
    let named: Vec<(String, &str)> = files.iter().map(|(name, text)| (format!("infra/{name}"), *text)).collect();
    let named: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    with(&named, &format!("terraform: [infra/]\n{more}"))
}

pub(crate) fn told(scenario: &Result<Scenario, Issues>) -> String {
    let issues = match scenario {
        Ok(scenario) => &scenario.caveats,
        Err(issues) => issues,
    };
    issues.iter().map(|issue| format!("{issue}\n")).collect()
}

/// Name, bounds, size at the start, machine types, and whether they are on spot.
pub(crate) fn rows(scenario: &Result<Scenario, Issues>) -> Vec<String> {
    let Ok(scenario) = scenario else { panic!("{}", told(scenario)) };
    let types = |group: &NodeGroup| {
        group.machines.iter().map(|machine| machine.instance_type.as_str()).collect::<Vec<_>>().join("/")
    };
    let row = |g: &NodeGroup| {
        let spot = if g.spot { " spot" } else { "" };
        format!("{} {}..{} {} {}{spot}", g.name, g.min, g.max, g.initial, types(g))
    };
    let mut rows: Vec<String> = scenario.cast.groups.values().map(row).collect();
    rows.sort();
    rows
}

pub(crate) fn says(scenario: &Result<Scenario, Issues>, texts: &[&str]) {
    let all = told(scenario);
    texts.iter().for_each(|text| assert!(all.contains(text), "`{text}` is not in:\n{all}"));
}

#[test]
fn the_modules_of_both_clouds_have_their_defaults() {
    let text = r#"
provider "aws" { region = "eu-west-1" }
module "eks" {
  source             = "terraform-aws-modules/eks/aws"
  version            = "~> 21.0"
  name               = "shop"
  kubernetes_version = "1.33"
  compute_config     = { enabled = true, node_pools = ["system"] }
  fargate_profiles   = { jobs = { selectors = [{ namespace = "jobs", labels = { a = "b" } }] } }
  eks_managed_node_groups = { a = {} }
}
module "single20" {
  source  = "terraform-aws-modules/eks/aws//modules/eks-managed-node-group"
  version = "~> 20.0"
  name    = "old"
}
module "single21" {
  source  = "terraform-aws-modules/eks/aws//modules/eks-managed-node-group"
  version = "~> 21.0"
  name    = "new"
}
"#;
    let scenario = terraform(&[("main.tf", text)], "");
    assert_eq!(rows(&scenario), ["a 1..3 1 t3.medium", "new 1..3 1 t3.medium", "old 0..3 1 t3.medium"]);
    says(
        &scenario,
        &["cluster.kubernetesVersion: 1.33", "cluster.autoMode", "cluster.fargate: jobs", "EKS Auto Mode brings"],
    );
    let text = r#"
module "gke" {
  source          = "terraform-google-modules/kubernetes-engine/google"
  name            = "shop"
  region          = "us-central1"
  zones           = ["us-central1-a", "us-central1-b"]
  release_channel = "REGULAR"
  initial_node_count = 1
  node_pools = [
    { name = "auto" },
    { name = "fixed", autoscaling = false, node_count = 2, machine_type = "n2-standard-4", spot = true },
    { name = "total", total_min_count = 1, total_max_count = 5, node_locations = "us-central1-c" },
  ]
}
"#;
    let scenario = terraform(&[("main.tf", text)], "");
    let expected = [
        "auto 2..200 2 e2-medium",
        "default-pool 2..2 2 e2-medium",
        "fixed 4..4 4 n2-standard-4 spot",
        "total 1..5 1 e2-medium",
    ];
    assert_eq!(rows(&scenario), expected);
    says(&scenario, &["cluster.region: us-central1", "cluster.releaseChannel: regular"]);
    let text = r#"
module "gke" {
  source  = "terraform-google-modules/kubernetes-engine/google//modules/private-cluster"
  version = "~> 30.0"
  name    = "shop"
  region  = "us-central1"
  zones   = ["us-central1-a"]
}
module "pool" {
  source       = "terraform-google-modules/kubernetes-engine/google//modules/gke-node-pool"
  name         = "alone"
  location     = "us-central1-a"
  autoscaling  = { min_node_count = 1, max_node_count = 4 }
  node_config  = { machine_type = "e2-standard-4" }
}
"#;
    let scenario = terraform(&[("main.tf", text)], "");
    assert_eq!(rows(&scenario), ["alone 1..4 1 e2-standard-4", "default-node-pool 1..100 1 e2-medium"]);
    let text = r#"
resource "google_container_cluster" "c" {
  name     = "c"
  location = "us-central1-a"
  node_pool {
    name = "inner"
    autoscaling {
      min_node_count = 1
      max_node_count = 4
    }
    node_config { machine_type = "e2-standard-4" }
  }
}
resource "google_container_cluster" "plain" {
  name               = "plain"
  location           = "us-central1-a"
  initial_node_count = 3
  node_config { machine_type = "e2-standard-2" }
}
"#;
    let scenario = terraform(&[("main.tf", text)], "");
    assert_eq!(rows(&scenario), ["default-pool 3..3 3 e2-standard-2", "inner 1..4 1 e2-standard-4"]);
}

const EKSCTL: &str = r#"
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: shop, region: eu-west-1, version: "1.33"}
nodeGroups:
- name: own
  minSize: 1
  maxSize: 5
  instancesDistribution: {instanceTypes: [m5.large, m5a.large], onDemandPercentageAboveBaseCapacity: 0}
  taints: {spot: "true:NoSchedule"}
  frobnicate: 1
managedNodeGroups:
- name: managed
  instanceTypes: [m5.large]
  desiredCapacity: 3
  spot: true
  volumeSize: 40
- name: plain
fargateProfiles: [{name: f, selectors: [{namespace: jobs}]}]
"#;

#[test]
fn eksctl_is_read_alone_and_among_the_manifests() {
    let expected = ["managed 3..3 3 m5.large spot", "own 1..5 1 m5.large/m5a.large spot", "plain 2..2 2 m5.large"];
    for scenario in ["eksctl: [c.yaml]\n", "manifests: [c.yaml]\n"] {
        let scenario = with(&[("c.yaml", EKSCTL)], scenario);
        assert_eq!(rows(&scenario), expected);
        says(
            &scenario,
            &[
                "c.yaml:18: warning: ClusterConfig shop: managedNodeGroups[1]: node group plain names no machine type: eksctl takes m5.large",
                "fields of node group own that are not known: frobnicate",
                "cluster.fargate: jobs",
                "cluster.kubernetesVersion: 1.33",
            ],
        );
        let scenario = scenario.expect("it loads");
        let disk = |name: &str| {
            let group = scenario.cast.groups.values().find(|group| group.name == name).expect("the group");
            (group.root_volume.gib, group.root_volume.kind.clone())
        };
        assert_eq!(disk("managed"), (Some(40), Some("gp3".to_owned())));
        assert_eq!(disk("own").0, Some(80));
    }
    let chosen = EKSCTL.replace("instanceTypes: [m5.large]\n", "instanceSelector: {vCPUs: 2}\n");
    says(
        &with(&[("c.yaml", &chosen)], "eksctl: [c.yaml]\n"),
        &["the selector chooses", "nodeGroups.managed.instanceTypes"],
    );
    let given = with(&[("c.yaml", &chosen)], "eksctl: [c.yaml]\nnodeGroups: {managed: {instanceTypes: [c5.large]}}\n");
    assert_eq!(rows(&given)[0], "managed 3..3 3 c5.large spot");
}

#[test]
fn eksctl_files_that_are_wrong_are_said_all_at_once() {
    let bad = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: c}\nnodeGroups:\n- minSize: 1\n- {name: a, \
               maxSize: many, taints: 5}\n- 7\nmanagedNodeGroups: {name: x}\n";
    let scenario = with(&[("c.yaml", bad)], "eksctl: [c.yaml]\n");
    assert!(scenario.is_err());
    says(
        &scenario,
        &[
            "nodeGroups[0].name: the node group has no name",
            "nodeGroups[1].maxSize: found \"many\"",
            "nodeGroups[1].taints: expected a list",
            "nodeGroups[2]: expected a node group",
            "managedNodeGroups: expected a list",
        ],
    );
    says(
        &with(&[("c.yaml", "kind: Pod\napiVersion: v1\nmetadata: {name: p}\n")], "eksctl: [c.yaml]\n"),
        &["there is no ClusterConfig in it"],
    );
}

#[test]
fn answers_of_the_clouds_are_read() {
    let nodegroup = |name: &str| {
        format!(
            r#"{{"nodegroup": {{"nodegroupName": "{name}", "nodegroupArn": "arn:aws:eks:eu-west-1:1:nodegroup/c/{name}/x",
              "clusterName": "c", "version": "1.33", "scalingConfig": {{"minSize": 1, "maxSize": 4, "desiredSize": 2}},
              "instanceTypes": ["m5.large"], "capacityType": "SPOT", "diskSize": 50, "labels": {{"a": "b"}},
              "taints": [{{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}}]}}}}"#
        )
    };
    let two = format!("{}\n{}", nodegroup("one"), nodegroup("two"));
    let scenario = with(&[("d.json", &two)], "describe: [d.json]\n");
    assert_eq!(rows(&scenario), ["one 1..4 2 m5.large spot", "two 1..4 2 m5.large spot"]);
    says(&scenario, &["cluster.region: eu-west-1", "cluster.kubernetesVersion: 1.33"]);
    let group = r#"{"AutoScalingGroups": [{"AutoScalingGroupName": "asg", "MinSize": 0, "MaxSize": 9, "DesiredCapacity": 1,
        "AvailabilityZones": ["eu-west-1a"], "Instances": [{"InstanceType": "c5.large"}, {"InstanceType": "c5.large"}],
        "AutoScalingGroupARN": "arn:aws:autoscaling:eu-west-1:1:x", "Tags": [{"Key": "a", "Value": "b"}]}]}"#;
    assert_eq!(rows(&with(&[("d.json", group)], "describe: [d.json]\n")), ["asg 0..9 1 c5.large"]);
    let gke = "autopilot: {}\ncurrentMasterVersion: 1.33.2-gke.100\nlocation: us-central1\nlocations: [us-central1-a, us-central1-b]\n\
               name: c\nreleaseChannel: {channel: REGULAR}\nnodePools:\n- name: p\n  initialNodeCount: 1\n  autoscaling: {enabled: true, \
               minNodeCount: 1, maxNodeCount: 3}\n  config: {machineType: e2-standard-4, diskSizeGb: 100, spot: true}\n";
    let scenario = with(&[("d.yaml", gke)], "describe: [d.yaml]\n");
    assert_eq!(rows(&scenario), ["p 2..6 2 e2-standard-4 spot"]);
    says(
        &scenario,
        &["cluster.region: us-central1", "cluster.kubernetesVersion: 1.33", "cluster.releaseChannel: regular"],
    );
    says(&with(&[("d.json", r#"{"nodegroups": ["a"]}"#)], "describe: [d.json]\n"), &["aws eks describe-nodegroup"]);
    says(&with(&[("d.json", r#"{"what": 1}"#)], "describe: [d.json]\n"), &["this is none of the answers"]);
    says(&with(&[("d.json", &two[..two.len() - 9])], "describe: [d.json]\n"), &["d.json:", "EOF"]);
}

#[test]
fn karpenters_pools_are_named_with_what_they_would_allow() {
    let pool = r#"
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: default}
spec:
  template:
    spec:
      requirements:
      - {key: karpenter.sh/capacity-type, operator: In, values: [spot, on-demand]}
      - {key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m]}
      - {key: karpenter.k8s.aws/instance-generation, operator: Gt, values: ["2"]}
  limits: {cpu: 1000}
  disruption: {consolidationPolicy: WhenEmpty, consolidateAfter: 30s}
  weight: 10
"#;
    let groups = "nodeGroups: {a: {instanceTypes: [m5.large], minSize: 1, maxSize: 2}}\n";
    let scenario = with(&[("k.yaml", pool)], &format!("manifests: [k.yaml]\n{groups}"));
    let said = "capacity-type spot, on-demand; instance-category c, m; instance-generation above 2; at most 1000 cpu; \
                empty nodes go after 30s; weight 10";
    says(&scenario, &["NodePools decide and are not simulated", "NodePool default", said]);
    assert!(scenario.is_ok());
}

//! Files as people have them, after public bug reports: what is right is said in each thread. The inputs lie in `tests/field`.

use crate::program::{Done, Folder};
use std::fs;
use std::path::Path;

/// A folder with a copy of a case's inputs.
pub(crate) fn case(name: &str) -> Folder {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/field").join(name);
    copy(Folder::new(), &root, "")
}

fn copy(folder: Folder, root: &Path, below: &str) -> Folder {
    let mut entries: Vec<_> = fs::read_dir(root.join(below)).expect("the case").flatten().collect();
    entries.sort_by_key(|entry| entry.path());
    entries.into_iter().fold(folder, |folder, entry| {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => copy(folder, root, &format!("{name}/")),
            false => folder.file(&name, fs::read(entry.path()).expect("a file")),
        }
    })
}

fn run(folder: &Folder, scenario: &str) -> Done {
    folder.run(&format!("run {scenario} --set duration=10m -n 1 -q --details --no-recommend --out out"))
}

/// The row of a node group in the report.
fn row<'a>(done: &'a Done, group: &str) -> &'a str {
    let rows = done.ok().lines().filter(|line| line.split_whitespace().next() == Some(group));
    rows.max_by_key(|line| line.len()).unwrap_or_else(|| panic!("no group {group} in:\n{}", done.stdout))
}

/// terraform-aws-modules/terraform-aws-eks#2236, #1924: the usual form of the module.
#[test]
fn node_groups_are_read_wherever_terraform_has_them() {
    let folder = case("14-tf-module-eks-groups");
    let module = run(&folder, "s-tf.yaml");
    assert!(row(&module, "general").contains("t3.large") && row(&module, "general").contains("2..6"));
    assert!(row(&module, "spot").contains("m5.large") && row(&module, "spot").contains("SPOT"));
    assert!(row(&module, "spot").contains("0..10"));
    let own = run(&folder, "s-tf3.yaml");
    assert!(row(&own, "workers-mixed").contains("1..8") && row(&own, "workers-mixed").contains("m5.large"));
    let mix = run(&folder, "s-mix.yaml");
    for (group, bounds) in [("general", "2..6"), ("spot", "0..10"), ("workers-mixed", "1..8"), ("base", "1..4")] {
        assert!(row(&mix, group).contains(bounds), "{group}: {}", mix.stdout);
    }
    assert!(row(&mix, "self").contains("m6i.large"), "instance_type of a self-managed group");
    let plain = run(&folder, "s-tf2.yaml");
    assert!(plain.stdout.contains("2 nodes are paid and stay empty"), "nobody makes it smaller: {}", plain.stdout);
}

#[test]
fn a_plan_names_groups_by_prefixes() {
    let folder = case("14-tf-module-eks-groups");
    let plan = run(&folder, "s-tfjson.yaml");
    assert!(row(&plan, "general").contains("2..6") && row(&plan, "spot").contains("0..10"));
    // The machine type of the group in the plan is in no launch template: said with its place, not assumed.
    assert!(plan.stdout.contains("tfjson/plan.json:4"), "{}", plan.stdout);
    assert!(plan.stdout.contains("nodeGroups.workers-mixed.instanceTypes"), "{}", plan.stdout);
    let given = folder.run(
        "run s-tfjson.yaml --set duration=10m --set nodeGroups.workers-mixed.instanceTypes=[m5.large] -n 1 -q \
         --details --no-recommend --out out",
    );
    assert!(row(&given, "workers-mixed").contains("1..8"), "the help leads to a field that works");
    let state = run(&folder, "s-tfstate.yaml");
    assert!(row(&state, "general-20260101000000000000000001").contains("2..6"));
}

/// helm/charts#16439, kubernetes/autoscaler#1013: `--nodes` as people paste it.
#[test]
fn the_cloud_names_of_node_groups_are_understood() {
    let folder = case("43-ca-nodes-flag-forms");
    let url = "https://www.googleapis.com/compute/v1/projects/p1/zones/us-central1-a/instanceGroups";
    for (file, flags) in [
        ("gke.json", format!("--cloud-provider=gce --nodes=1:5:{url}/gke-c1-default-pool-1a2b3c4d-grp")),
        (
            "gke.json",
            "--cloud-provider=gce --node-group-auto-discovery=mig:namePrefix=gke-c1-default-pool,min=1,max=5".into(),
        ),
        ("eksctl.json", "--cloud-provider=aws --nodes=1:5:eksctl-demo-nodegroup-ng-1-NodeGroup-1ABCDEFGHIJ".into()),
        ("eks.json", "--cloud-provider=aws --nodes=1:5:eks-ng-1-b0c1d2e3-4455-6677-8899-aabbccddeeff".into()),
        ("eks.json", "--cloud-provider=aws --node-group-auto-discovery=asg:tag=eks:cluster-name=demo".into()),
        ("aks.json", "--cloud-provider=azure --nodes=1:5:aks-nodepool1-12345678-vmss".into()),
        ("kops.json", "--cloud-provider=aws --nodes=1:5:nodes-us-east-1a.k8s.example.com".into()),
    ] {
        if !folder.has(file) {
            continue;
        }
        let done = folder.run_words(&["autoscale", "-f", file, "--flags", &flags]);
        assert_eq!(done.code, 0, "{file} {flags}: {}", done.stderr);
    }
    let other = folder.run_words(&["autoscale", "-f", "gke.json", "--flags", "--nodes=1:5:aks-pool-1-vmss"]);
    other.refused(&["there is no node group `aks-pool-1-vmss`", "default-pool"]);
    assert!(!other.stderr.contains("no node belongs"), "{}", other.stderr);
}

/// kubernetes/autoscaler#903, #1869, #4171: what is on no node yet.
#[test]
fn empty_groups_bring_gpus_disks_and_other_resources() {
    let folder = case("45-run-gpu-ephemeral-from-zero");
    for scenario in ["s-gpu.yaml", "s-gpulimit.yaml"] {
        let done = folder.run(&format!("run {scenario} -q --details --no-recommend --out out"));
        let cells: Vec<&str> = row(&done, "gpu").split_whitespace().collect();
        assert!(cells.contains(&"2") && cells.contains(&"0..4"), "0 -> 2: {cells:?}");
    }
    let eph = folder.run("run s-eph.yaml -q --details --no-recommend --out out");
    assert!(!eph.ok().contains("no node group could ever hold"), "{}", eph.stdout);
    // 100 GiB fit a larger disk, on a group that tells Cluster Autoscaler of it.
    let told = "nodeGroups.gpu.tags={\"k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage\": 180Gi}";
    let disk = [
        "run",
        "s-eph100.yaml",
        "--set",
        "nodeGroups.gpu.diskSize=200",
        "--set",
        told,
        "-q",
        "--details",
        "--no-recommend",
    ];
    let done = folder.run_words(&disk);
    assert!(row(&done, "gpu").split_whitespace().any(|cell| cell == "2"), "{}", done.stdout);
    let small = folder.run("run s-eph100.yaml -q --details --no-recommend --out out");
    assert!(small.ok().contains("nodeGroups.NAME.diskSize"), "{}", small.stdout);
    let none = folder.run("run s-custom.yaml -q --details --no-recommend --out out");
    assert!(none.ok().contains("nodeGroups.NAME.resources: {example.com/fpga: 1}"), "{}", none.stdout);
    let untold =
        folder.run("run s-eph100.yaml --set nodeGroups.gpu.diskSize=200 -q --details --no-recommend --out out");
    assert!(untold.ok().contains("never adds the first node of gpu"), "{}", untold.stdout);
    // An extended resource is the scenario's to give.
    let fpga = "nodeGroups.gpu.resources={\"example.com/fpga\": 1}";
    let told = "nodeGroups.gpu.tags={\"k8s.io/cluster-autoscaler/node-template/resources/example.com/fpga\": \"1\"}";
    let done =
        folder.run_words(&["run", "s-custom.yaml", "--set", fpga, "--set", told, "-q", "--details", "--no-recommend"]);
    assert!(row(&done, "gpu").split_whitespace().any(|cell| cell == "2"), "{}", done.stdout);
}

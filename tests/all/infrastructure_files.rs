//! Infrastructure that others have written: each file gives its node groups, or one answer that leads on.

use crate::infrastructure::{rows, scenario_in, told};
use foresail::scenario::Scenario;
use foresail::scenario::issue::{Issues, Severity};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of a folder of the shared data; none where that is not there.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/manifests").join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

fn loaded(field: &str, path: &Path, more: &str) -> Result<Scenario, Issues> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = fs::canonicalize(path).expect("a path");
    scenario_in(folder.path(), &format!("{field}: [{:?}]\n{more}", path))
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

/// Every error says what to do about it.
fn leads_on(path: &Path, scenario: &Result<Scenario, Issues>) {
    let Err(issues) = scenario else { return };
    for issue in issues.iter().filter(|issue| issue.severity == Severity::Error) {
        assert!(issue.help.is_some(), "{}: {issue}", path.display());
    }
}

const OWN: &str = "nodeGroups: {app: {instanceTypes: [m5.large], minSize: 1, maxSize: 3}}\n";

#[test]
fn terraform_of_the_modules_examples_gives_its_groups() {
    let expected: &[(&str, &[&str])] = &[
        ("examples_eks-managed-node-group_eks-al2023.tf", &["example 2..5 2 m6i.large"]),
        ("examples_eks-managed-node-group_eks-bottlerocket.tf", &["example 2..5 2 m6i.large"]),
        ("examples_karpenter_main.tf", &["karpenter 2..3 2 m5.large"]),
        ("examples_self-managed-node-group_eks-al2023.tf", &["example 2..5 2 m6i.large"]),
        (
            "tests_eks-managed-node-group_main.tf",
            &[
                "al2023_nodeadm 1..3 1 t3.medium",
                "bottlerocket_add 1..3 1 t3.medium",
                "bottlerocket_custom 1..3 1 t3.medium",
                "bottlerocket_default 1..3 1 t3.medium",
                "complete-eks-mng 1..7 1 m6i.large/m5.large/m5n.large/m5zn.large spot",
                "custom_ami 1..3 1 t4g.medium",
                "default_node_group 1..3 1 t3.medium",
                "efa 0..1 0 p4d.24xlarge",
                "placement_group 1..3 1 m5.large/m5n.large/m5zn.large",
                "separate-eks-mng 1..3 1 t3.medium",
            ],
        ),
    ];
    for file in files("terraform-eks", "tf") {
        let scenario = loaded("terraform", &file, "");
        leads_on(&file, &scenario);
        match expected.iter().find(|(known, _)| *known == name(&file)) {
            Some((_, groups)) => assert_eq!(rows(&scenario), *groups, "{}", name(&file)),
            // The others declare no group, or one whose machine type only the cloud knows.
            None => {
                assert!(scenario.is_err(), "{}", name(&file));
                let types = "nodeGroups: {instance-attributes: {instanceTypes: [m5.large]}}\n";
                let more = if told(&scenario).contains("instance-attributes.instanceTypes") { types } else { OWN };
                let given = loaded("terraform", &file, more);
                assert!(!rows(&given).is_empty(), "the help works: {}", name(&file));
            }
        }
    }
}

#[test]
fn whole_folders_of_examples_give_all_groups_told_apart() {
    let Some(first) = files("terraform-eks", "tf").into_iter().next() else { return };
    let folder = first.parent().expect("a folder");
    let types = "nodeGroups: {instance-attributes: {instanceTypes: [m5.large]}}\n";
    let scenario = loaded("terraform", folder, types);
    let rows = rows(&scenario);
    assert!(rows.len() >= 19, "{rows:#?}");
    let all = told(&scenario);
    assert!(all.contains("which Terraform refuses: each file is read with its own"), "{all}");
    assert!(all.contains("another group is called `example` as well"), "{all}");
}

#[test]
fn google_examples_give_their_pools() {
    for file in files("terraform-gke", "tf") {
        let scenario = loaded("terraform", &file, "");
        leads_on(&file, &scenario);
        if name(&file) == "examples_node_pool_main.tf" {
            let found = rows(&scenario);
            assert_eq!(found.len(), 6, "{found:#?}");
            assert_eq!(found[0], "pool-01 3..6 3 e2-medium");
            assert!(told(&scenario).contains("us-central1 is taken"), "{}", told(&scenario));
        } else {
            assert!(told(&scenario).contains("there is no node group"), "{}", told(&scenario));
        }
    }
}

#[test]
fn eksctls_examples_load() {
    for file in files("eksctl", "yaml") {
        let scenario = loaded("eksctl", &file, "");
        leads_on(&file, &scenario);
        let needs_types = ["instanceTypes: ", "nodeGroups."];
        match name(&file).as_str() {
            "42-auto-mode.yaml" => {
                assert!(told(&scenario).contains("EKS Auto Mode brings nodes of its own"));
                assert_eq!(rows(&loaded("eksctl", &file, OWN)), ["app 1..3 1 m5.large"]);
            }
            // Types that only the cloud knows, or that its region does not sell.
            "05-advanced-nodegroups.yaml"
            | "15-managed-nodes.yaml"
            | "22-managed-nodes-launch-template.yaml"
            | "28-instance-selector.yaml" => {
                let groups = ["custom-launch-template", "launch-template-ng", "ng", "mng", "ng3-private-b"];
                let all = told(&scenario);
                let asked = groups.iter().filter(|group| all.contains(&format!("nodeGroups.{group}.instanceTypes")));
                let given: Vec<String> = asked.map(|group| format!("{group}: {{instanceTypes: [m5.large]}}")).collect();
                assert!(!given.is_empty(), "{needs_types:?}: {all}");
                let scenario = loaded("eksctl", &file, &format!("nodeGroups: {{{}}}\n", given.join(", ")));
                assert!(!rows(&scenario).is_empty());
            }
            _ => assert!(!rows(&scenario).is_empty(), "{}", name(&file)),
        }
    }
    let expected = ["ng-1 2..5 2 t3.small/t3.medium"];
    for file in files("eksctl", "yaml").iter().filter(|file| name(file).starts_with("08-")) {
        assert_eq!(rows(&loaded("eksctl", file, "")), expected);
    }
}

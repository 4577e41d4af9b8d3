//! Which groups of a scenario are the autoscaler's: `--nodes`, `--node-group-auto-discovery`, tags.

use foresail::scenario::{Sources, load};
use std::fs;

const TERRAFORM: &str = r#"
module "eks_node_group_app" {
  source       = "terraform-aws-modules/eks/aws//modules/eks-managed-node-group"
  name         = "app"
  cluster_name = "shop"
  min_size     = 1
  max_size     = 4
  desired_size = 2
  tags         = merge(local.tags, { team = "web" })
}
module "own" {
  source       = "terraform-aws-modules/eks/aws//modules/self-managed-node-group"
  name         = "own"
  cluster_name = module.eks.cluster_name
  min_size     = 0
  max_size     = 4
  autoscaling_group_tags = { "team/web" = "yes" }
}
"#;

/// A group's name, its bounds, and whether it is the autoscaler's.
type Row = (String, i32, i32, bool);

/// The groups of a scenario with these flags, or what is wrong.
fn groups(flags: &str, more: &str) -> Result<Vec<Row>, String> {
    groups_with(flags, more, "")
}

/// The same with more manifests.
fn groups_with(flags: &str, more: &str, manifests: &str) -> Result<Vec<Row>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: s\nterraform: [nodes.tf]\nmanifests: [web.yaml]\n\
         autoscaler: {{enabled: true, flags: [\"{flags}\"]}}\nnodeGroups:\n  db: {{instanceTypes: [m5.large], minSize: 1, maxSize: 3}}\n{more}"
    );
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    \
               metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: web}]}\n";
    let web = format!("{web}{manifests}");
    for (name, text) in [("s.yaml", scenario.as_str()), ("nodes.tf", TERRAFORM), ("web.yaml", web.as_str())] {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let all = |issues: &foresail::scenario::issue::Issues| issues.iter().map(|i| format!("{i}\n")).collect::<String>();
    let scenario = load(Sources::Disk, &folder.path().join("s.yaml"), &[]).map_err(|issues| all(&issues))?;
    let mut rows: Vec<_> =
        scenario.cast.groups.values().map(|g| (g.name.clone(), g.min, g.max, g.autoscaled)).collect();
    rows.sort();
    Ok(rows)
}

fn row(name: &str, min: i32, max: i32, autoscaled: bool) -> Row {
    (name.to_owned(), min, max, autoscaled)
}

#[test]
fn without_a_word_all_that_can_grow_are_the_autoscalers() {
    let rows = groups("", "");
    assert_eq!(rows, Ok(vec![row("app", 1, 4, true), row("db", 1, 3, true), row("own", 0, 4, true)]));
}

#[test]
fn named_groups_have_the_flags_bounds_and_others_are_left_alone() {
    let rows = groups("--nodes=2:9:app --nodes=0:2:eks-db-7f", "");
    assert_eq!(rows, Ok(vec![row("app", 2, 9, true), row("db", 0, 2, true), row("own", 0, 4, false)]));
}

#[test]
fn managed_groups_have_the_tags_of_eks() {
    let shop = "--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/shop";
    let rows = groups(shop, "");
    assert_eq!(rows, Ok(vec![row("app", 1, 4, true), row("db", 1, 3, true), row("own", 0, 4, false)]));
    let rows = groups(&shop.replace("/shop", "/other"), "");
    assert_eq!(rows.map(|rows| rows[0].3), Ok(false), "the cluster of `app` has another name");
}

#[test]
fn other_groups_have_the_tags_that_they_are_given() {
    let web = "--node-group-auto-discovery=asg:tag=team/web=yes";
    assert_eq!(groups(web, "").map(|rows| (rows[0].3, rows[1].3, rows[2].3)), Ok((false, false, true)));
    let rows = groups(web, "  own: {tags: {team/web: \"no\"}}\n  app: {tags: {team/web: \"yes\"}}\n");
    assert_eq!(rows.map(|rows| (rows[0].3, rows[1].3, rows[2].3)), Ok((true, false, false)));
}

#[test]
fn the_scenarios_own_word_counts_most() {
    let rows = groups("--nodes=2:9:app", "  own: {autoscaled: true}\n  app: {autoscaled: false}\n");
    assert_eq!(rows.map(|rows| (rows[0].3, rows[2].3)), Ok((false, true)));
}

#[test]
fn groups_that_are_not_there_are_refused() {
    for (flags, texts) in [
        ("--nodes=1:4:ap", ["no node group `ap`", "did you mean `app`?"]),
        ("--nodes=1:4:app --nodes=2:4:app", ["--flags", "names `app` twice"]),
        ("--nodes=4:1:app", ["found `4:1:app`", "0 <= min <= max"]),
        ("--nodes=7:9:app", ["desiredSize", "found 2, expected 7 to 9"]),
        ("--node-group-auto-discovery=asg:tag=team/db", ["has all these tags", "team/web"]),
        ("--node-group-auto-discovery=mig:namePrefix=x,min=0,max=3", ["begins so", "app, db, own"]),
        ("--max-drain-parallelism=20", ["--flags", "must not be above"]),
    ] {
        let issues = groups(flags, "").expect_err(flags);
        for text in texts {
            assert!(issues.contains(text), "{flags}: `{text}` is not in:\n{issues}");
        }
    }
}

#[test]
fn the_deployments_flags_are_those_of_the_autoscalers_container() {
    let deployment = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ca}\nspec:\n  selector: {matchLabels: {app: ca}}\n  template:\n    \
                      metadata: {labels: {app: ca}}\n    spec:\n      containers:\n      - {name: proxy, image: proxy, args: [--port=1]}\n      \
                      - name: ca\n        image: registry.k8s.io/autoscaling/cluster-autoscaler:v1.28.0\n        \
                      command: [./cluster-autoscaler, --v=4, --nodes, \"1:3:app\"]\n        args: [--scan_interval=20s]\n";
    let rows = groups_with("", "", deployment);
    assert_eq!(rows.map(|rows| (rows[0].2, rows[0].3, rows[1].3)), Ok((3, true, false)));
    let issues =
        groups_with("", "", &deployment.replace("--scan_interval=20s", "--scan-intervl=20s")).expect_err("refused");
    assert!(
        issues.contains("Deployment ca: --scan-intervl") && issues.contains("did you mean `--scan-interval`?"),
        "{issues}"
    );
}

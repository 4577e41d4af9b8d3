//! Patches, read back: what they say is what was recommended.

use super::super::fixture::{answer, group, hpa};
use super::{FLAGS, HPAS, NAMES, SETS, TFVARS, patches};
use crate::hpa::Target;
use crate::scenario::documents::parse;
use crate::scenario::{Scenario, Setting, Sources, Written};
use crate::study::advise::answer::{Answer, KnobAnswer, KnobKind, Owner, Verdict};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A shop whose node group is a variable's, and whose HPA looks at cpu and at a metric of its own.
fn shop(folder: &Path, autoscaler: &Value, variables: &str) -> Written {
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "web"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main", "image": "web", "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}}}]}
        }}
    });
    let terraform = "variable \"node_groups\" {}\nmodule \"app\" {\n  source = \"terraform-aws-modules/eks/aws//modules/eks-managed-node-group\"\n  \
                     name = \"app\"\n  instance_types = [\"m5.large\"]\n  min_size = var.node_groups[\"app\"].min_size\n  \
                     max_size = var.node_groups[\"app\"].max_size\n  desired_size = var.node_groups[\"app\"].desired_size\n}\n";
    let scenario = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: shop\nmanifests: [objects]\nterraform: [terraform]\n\
                    cluster: {region: us-east-1}\nautoscaler: {enabled: true}\n\
                    traffic: {routes: {web: 1}, patterns: [{constant: {rate: 20}}]}\nservices:\n  web: {cpuPerRequest: 5ms}\n";
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
    for name in ["objects", "terraform"] {
        fs::create_dir_all(folder.join(name)).expect("made");
    }
    write("scenario.yaml", scenario);
    write("objects/web.json", &deployment.to_string());
    write("objects/hpa.json", &autoscaler.to_string());
    write("terraform/main.tf", terraform);
    write("terraform/terraform.tfvars", variables);
    Written::read(Sources::Disk, &folder.join("scenario.yaml")).unwrap_or_else(|issues| panic!("{issues:?}"))
}

fn autoscaler() -> Value {
    let cpu = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}});
    let queue = json!({"type": "Pods", "pods": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "1500m"}}});
    json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": "web"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 3, "maxReplicas": 10,
            "metrics": [cpu, queue],
            "behavior": {"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}
        }
    })
}

const VARIABLES: &str = "node_groups = { \"app\" = { min_size = 2, max_size = 10, desired_size = 4 } }\n";

fn built(written: &Written, sets: &[Setting]) -> Scenario {
    written.with(sets).unwrap_or_else(|issues| panic!("{issues:?}"))
}

/// Everything moves.
fn all_moved() -> Answer {
    let flag = KnobAnswer {
        name: "--scale-down-unneeded-time".to_owned(),
        sets: vec!["autoscaler.flags.+=--scale-down-unneeded-time=".to_owned()],
        owner: Owner::Autoscaler,
        ..hpa("web", KnobKind::Other, ("10m", "2m"))
    };
    answer(vec![
        hpa("web", KnobKind::Min, ("3", "2")),
        hpa("web", KnobKind::Max, ("10", "14")),
        hpa("web", KnobKind::Target, ("70", "55")),
        hpa("web", KnobKind::Other, ("300", "120")),
        group("app", KnobKind::Min, ("2", "3")),
        group("app", KnobKind::Max, ("10", "12")),
        flag,
    ])
}

/// As `kubectl apply` does it: fields one by one, lists as a whole.
fn merge(object: &mut Value, patch: &Value) {
    match (object, patch) {
        (Value::Object(own), Value::Object(new)) => {
            new.iter().for_each(|(key, value)| merge(own.entry(key.clone()).or_insert(Value::Null), value));
        }
        (own, new) => own.clone_from(new),
    }
}

fn text<'a>(files: &'a [(&'static str, String)], name: &str) -> &'a str {
    files.iter().find(|(own, _)| *own == name).map_or("", |(_, text)| text)
}

#[test]
fn patches_read_back_are_the_recommended_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = built(&shop(folder.path(), &autoscaler(), VARIABLES), &[]);
    let files = patches(&all_moved(), &base);
    assert_eq!(files.iter().map(|(name, _)| *name).collect::<Vec<_>>(), NAMES);

    let patch: Value = parse(text(&files, HPAS).trim_start_matches("---\n")).expect("one object");
    let mut patched = autoscaler();
    merge(&mut patched, &patch);
    let read = built(&shop(folder.path(), &patched, text(&files, TFVARS)), &[]);
    let (old, new) = (&base.cast.hpas[0].spec, &read.cast.hpas[0].spec);
    assert_eq!((new.min, new.max), (2, 14));
    assert_eq!(new.metrics[0].target(), Target::Utilization(55));
    assert_eq!(new.metrics[1], old.metrics[1], "the other metric stays");
    let down = |spec: &crate::hpa::HpaSpec| spec.behavior.clone().expect("it has one").scale_down;
    assert_eq!(down(new).stabilization_window.as_secs(), 120);
    assert_eq!(down(new).policies, down(old).policies, "and so do the policies");
    let group = read.cast.groups.values().next().expect("a group");
    assert_eq!((group.min, group.max, group.initial), (3, 12, 4));
}

#[test]
fn sets_read_back_are_the_recommended_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = shop(folder.path(), &autoscaler(), VARIABLES);
    let mut answer = all_moved();
    answer.knobs.retain(|knob| knob.kind != KnobKind::Other);
    let files = patches(&answer, &built(&written, &[]));
    let lines = text(&files, SETS).lines().filter_map(|line| line.strip_prefix("--set '"));
    let sets: Vec<Setting> =
        lines.map(|set| Setting::parse(set.trim_end_matches('\'')).unwrap_or_else(|issue| panic!("{issue}"))).collect();
    let read = built(&written, &sets);
    assert_eq!((read.cast.hpas[0].spec.min, read.cast.hpas[0].spec.max), (2, 14));
    let group = read.cast.groups.values().next().expect("a group");
    assert_eq!((group.min, group.max), (3, 12));
}

#[test]
fn each_line_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = built(&shop(folder.path(), &autoscaler(), VARIABLES), &[]);
    for (name, text) in patches(&all_moved(), &base) {
        let (said, expected) = match name {
            HPAS => (
                4,
                "  # 3 -> 2: everything promised is kept with a minimum of 2; decided by loss of any one node\n  minReplicas: 2\n",
            ),
            FLAGS => (1, "decided by loss of any one node\n  - --scale-down-unneeded-time=2m\n"),
            SETS => (7, "--set 'hpas.web.minReplicas=2'\n"),
            _ => (2, "# 2 -> 3: "),
        };
        assert!(text.contains(expected), "{name}:\n{text}");
        assert_eq!(text.matches("decided by").count(), said, "{name}:\n{text}");
    }
}

#[test]
fn there_is_nothing_to_apply_where_nothing_changes_or_nothing_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = built(&shop(folder.path(), &autoscaler(), VARIABLES), &[]);
    let stays = answer(vec![hpa("web", KnobKind::Min, ("3", "3"))]);
    assert_eq!(patches(&stays, &base), []);
    let nothing_holds = Answer { verdict: Verdict::NotFound, ..all_moved() };
    assert_eq!(patches(&nothing_holds, &base), []);
}

//! Patches, read back: what they say is what was recommended.

use super::super::fixture::{answer, group, hpa};
use super::{FLAGS, HPAS, NAMES, REQUESTS, SETS, TFVARS, patches};
use crate::hpa::Target;
use crate::scenario::documents::parse;
use crate::scenario::wanted::KnobKind;
use crate::scenario::{Scenario, Setting, Sources, Written};
use crate::study::advise::answer::{Answer, KnobAnswer, Owner, Verdict};
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

/// Above the first size, which it moves too.
fn app_minimum() -> KnobAnswer {
    let min = group("app", KnobKind::Min, ("2", "5"));
    KnobAnswer { sets: vec!["nodeGroups.app.minSize=5".to_owned(), "nodeGroups.app.desiredSize=5".to_owned()], ..min }
}

/// Everything moves.
fn all_moved() -> Answer {
    let flag = KnobAnswer {
        name: "--scale-down-unneeded-time".to_owned(),
        sets: vec!["autoscaler.flags.+=--scale-down-unneeded-time=2m".to_owned()],
        owner: Owner::Autoscaler,
        ..hpa("web", KnobKind::UnneededTime, ("10m", "2m"))
    };
    let requests = KnobAnswer {
        name: "Deployment web/web cpu request".to_owned(),
        sets: vec!["workloads.web/web.requests.cpu=300m".to_owned()],
        owner: Owner::Workload { kind: "Deployment".to_owned(), namespace: "web".to_owned(), name: "web".to_owned() },
        ..hpa("web", KnobKind::Requests, ("500m", "300m"))
    };
    answer(vec![
        hpa("web", KnobKind::Min, ("3", "2")),
        hpa("web", KnobKind::Max, ("10", "14")),
        hpa("web", KnobKind::Target, ("70", "55")),
        hpa("web", KnobKind::ScaleDown, ("300", "120")),
        app_minimum(),
        group("app", KnobKind::Max, ("10", "12")),
        requests,
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
    assert_eq!((group.min, group.max, group.initial), (5, 12, 5));
}

#[test]
fn requests_read_back_are_the_recommended_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = built(&shop(folder.path(), &autoscaler(), VARIABLES), &[]);
    let files = patches(&all_moved(), &base);
    let (_, object) = text(&files, REQUESTS).split_once("---\n").expect("one object");
    let patch: Value = parse(object).expect("YAML");
    assert_eq!((&patch["kind"], &patch["metadata"]["namespace"]), (&json!("Deployment"), &json!("web")));
    let container = &patch["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(*container, json!({"name": "main", "resources": {"requests": {"cpu": "300m"}}}));
}

/// Six pods on weekdays by day, two else, on an HPA of this name.
fn by_day(name: &str) -> KnobAnswer {
    let window = r#"[{"from":"08:00","to":"20:00","days":["mon","fri"],"minReplicas":6}]"#;
    KnobAnswer {
        sets: vec![format!("hpas.{name}.minReplicas=2"), format!("hpas.{name}.schedule={window}")],
        owner: Owner::Hpa { namespace: "web".to_owned(), name: name.to_owned() },
        ..hpa("web", KnobKind::Schedule, ("none", "08:00 to 20:00, else 2"))
    }
}

#[test]
fn an_hpa_without_a_clock_keeps_the_minimum_of_the_busy_hours() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = built(&shop(folder.path(), &autoscaler(), VARIABLES), &[]);
    let files = patches(&answer(vec![hpa("web", KnobKind::Min, ("3", "6")), by_day("web")]), &base);
    let text = text(&files, HPAS);
    assert!(text.contains("  minReplicas: 6\n") && !text.contains("minReplicas: 2"), "{text}");
    assert!(text.contains("At least 6 pods from 08:00 to 20:00 on mon fri (UTC), 2 at all other times"), "{text}");
    assert!(text.contains(r#""start":"0 8 * * mon,fri""#), "{text}");
    let patch: Value = parse(text.trim_start_matches("---\n")).expect("one object");
    assert_eq!(patch["spec"], json!({"minReplicas": 6, "maxReplicas": 10}), "the rest is told");
}

#[test]
fn a_schedule_set_by_its_texts_is_that_schedule() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = shop(folder.path(), &autoscaler(), VARIABLES);
    let answer = answer(vec![hpa("web", KnobKind::Min, ("3", "6")), by_day("web"), app_minimum()]);
    let files = patches(&answer, &built(&written, &[]));
    let read = built(&written, &sets(text(&files, SETS)));
    let hpa = &read.cast.hpas[0];
    assert_eq!((hpa.spec.min, hpa.schedule.len()), (2, 1), "the later text has the last word");
    let window = &hpa.schedule[0];
    assert_eq!((window.replicas, window.from_s, window.to_s), (6, 8 * 3600, 20 * 3600));
    let group = read.cast.groups.values().next().expect("a group");
    assert_eq!((group.min, group.initial), (5, 5), "a minimum above the first size brings that along");
}

#[test]
fn what_keda_made_is_changed_where_keda_reads_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut object = autoscaler();
    object["metadata"]["name"] = json!("keda-hpa-shop");
    let base = built(&shop(folder.path(), &object, VARIABLES), &[]);
    let owner = Owner::Hpa { namespace: "web".to_owned(), name: "keda-hpa-shop".to_owned() };
    let knobs = [
        hpa("web", KnobKind::Min, ("3", "6")),
        hpa("web", KnobKind::Target, ("70", "55")),
        hpa("web", KnobKind::ScaleDown, ("300", "120")),
    ];
    let mut knobs = knobs.map(|knob| KnobAnswer { owner: owner.clone(), ..knob }).to_vec();
    knobs.push(by_day("keda-hpa-shop"));
    let files = patches(&answer(knobs), &base);
    let text = text(&files, HPAS);
    let patch: Value = parse(text.trim_start_matches("---\n")).expect("one object");
    let expected = json!({
        "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "shop", "namespace": "web"},
        "spec": {
            "minReplicaCount": 6, "maxReplicaCount": 10,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 120}}}}
        }
    });
    assert_eq!(patch, expected);
    for words in [r#""type":"cron""#, "Then set minReplicaCount to 2", "Set value of its cpu trigger to 55 by hand"] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
}

/// The settings of a file of sets.
fn sets(text: &str) -> Vec<Setting> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("--set '"));
    lines.map(|set| Setting::parse(set.trim_end_matches('\'')).unwrap_or_else(|issue| panic!("{issue}"))).collect()
}

#[test]
fn sets_read_back_are_the_recommended_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = shop(folder.path(), &autoscaler(), VARIABLES);
    let files = patches(&all_moved(), &built(&written, &[]));
    let read = built(&written, &sets(text(&files, SETS)));
    assert_eq!((read.cast.hpas[0].spec.min, read.cast.hpas[0].spec.max), (2, 14));
    let behavior = read.cast.hpas[0].spec.behavior.clone().expect("it has one");
    assert_eq!(behavior.scale_down.stabilization_window.as_secs(), 120);
    let web = read.cast.workloads.values().next().expect("a workload");
    assert_eq!(read.cast.cluster.spec(web.template).requests.cpu_milli, 300);
    let group = read.cast.groups.values().next().expect("a group");
    assert_eq!((group.min, group.max, group.initial), (5, 12, 5));
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
            REQUESTS => (1, "              cpu: \"300m\"\n"),
            SETS => (8, "--set 'hpas.web.minReplicas=2'\n"),
            _ => (2, "# 2 -> 5: "),
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

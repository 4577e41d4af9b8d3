//! `foresail autoscale` as a user meets it.

use crate::program::{Done, Folder};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The files of docs/cluster-autoscaler.md.
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cluster-autoscaler").join(name)
}

fn folder(files: &[(&str, &str)]) -> Folder {
    let examples = ["up.yaml", "down.yaml", "groups.yaml"].into_iter();
    examples
        .fold(Folder::new(), |folder, name| folder.file(name, fs::read(example(name)).expect("an example")))
        .files(files)
}

fn run(folder: &Folder, arguments: &[&str]) -> Done {
    folder.run_words(&[&["autoscale"], arguments].concat())
}

/// All texts are in what is said on stderr, nothing is on stdout, and the code is 2.
fn refused(folder: &Folder, arguments: &[&str], texts: &[&str]) {
    run(folder, arguments).refused(texts);
}

const UP: [&str; 6] = ["-f", "up.yaml", "--node-groups", "groups.yaml", "--flags", "--expander=least-waste"];

#[test]
fn the_document_shows_what_the_program_prints() {
    let folder = folder(&[]);
    let document = fs::read_to_string(example("../cluster-autoscaler.md")).expect("the document");
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned();
    let down = ["-f", "down.yaml", "--flags", "--nodes=1:10:general", "--for", "12m"];
    for arguments in [UP, down] {
        let Done { code, stdout: out, stderr: err } = run(&folder, &arguments);
        assert_eq!(code, 0, "{err}");
        assert!(err.contains("s per loop"), "{err}");
        assert!(document.contains(&trimmed(&out)), "the document does not show:\n{out}");
    }
}

#[test]
fn json_has_every_alternative_with_its_scores() {
    let folder = folder(&[]);
    let mut arguments = UP.to_vec();
    arguments[5] = "--expander=price,most-pods";
    arguments.extend(["-o", "json"]);
    let Done { code, stdout: out, stderr: err } = run(&folder, &arguments);
    assert_eq!(code, 0, "{err}");
    let loops: Value = serde_json::from_str(&out).expect("JSON");
    let groups = loops[0]["groups"].as_array().expect("groups");
    let helping: Vec<&Value> = groups.iter().filter(|group| !group["newNodes"].is_null()).collect();
    assert_eq!(helping.len(), 2);
    for group in helping {
        let scores = group["scores"].as_object().expect("scores");
        assert!(scores["price"].as_f64().is_some_and(|score| score > 0.0), "{group}");
        assert_eq!(scores["most-pods"].as_f64(), group["podsHelped"].as_f64(), "{group}");
    }
    let lost = loops[0]["pending"].as_array().expect("pods").iter().find(|row| row["outcome"] == "fits no group");
    let reasons = lost.and_then(|row| row["reasons"].as_object()).expect("reasons");
    assert_eq!(reasons.len(), 3, "why each group does not help: {reasons:?}");
}

#[test]
fn groups_that_may_not_grow_say_why() {
    let folder = folder(&[]);
    let Done { stdout: out, .. } = run(&folder, &["-f", "up.yaml", "--flags", "--nodes=1:2:general --nodes=0:1:batch"]);
    assert_eq!(out.matches("max node group size reached").count(), 2, "{out}");
    let Done { stdout: out, .. } = run(&folder, &["-f", "up.yaml", "--flags", "--nodes=1:9:general --cores-total=0:9"]);
    assert!(out.contains("exceeded quota: \"cluster-wide\", resources: cpu"), "{out}");
    let older = ["-f", "up.yaml", "--kubernetes", "1.34", "--flags", "--nodes=1:9:general --cores-total=0:9"];
    let Done { stdout: out, .. } = run(&folder, &older);
    assert!(out.contains("max cluster cpu limit reached"), "{out}");
}

#[test]
fn discovered_groups_are_the_autoscalers_and_others_are_not() {
    let groups = "- {name: general, max: 4, tags: {team/shop: yes-please}}\n- {name: batch, max: 4}\n";
    let folder = folder(&[("g.yaml", groups)]);
    let with = |flags: &'static str| {
        let Done { code, stdout: out, stderr: err } =
            run(&folder, &["-f", "up.yaml", "--node-groups", "g.yaml", "--flags", flags]);
        assert_eq!(code, 0, "{err}");
        (out, err)
    };
    let discovery = "--node-group-auto-discovery=asg:tag=team/shop,k8s.io/cluster-autoscaler/any";
    let (out, err) = with(discovery);
    assert!(out.contains("general  2 (0..4)") && !out.contains("batch "), "{out}");
    assert!(err.contains("1 of 3 belong to no node group (batch-1): they stay"), "{err}");
    let (out, _) = with("--node-group-auto-discovery=mig:namePrefix=ba,min=0,max=7 --nodes=1:5:general");
    assert!(out.contains("general  2 (1..5)") && out.contains("1 (0..7)"), "{out}");
}

const WITHOUT_TAINTS: &str = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles:\n  \
                              - plugins: {filter: {disabled: [{name: TaintToleration}]}}\n";

#[test]
fn a_schedulers_configuration_counts_in_the_dump_and_as_a_flag() {
    let folder =
        folder(&[("scheduler.yaml", WITHOUT_TAINTS), ("other.yaml", "kind: ConfigMap\nmetadata: {name: a}\n")]);
    let with = |more: &[&str]| {
        let mut arguments = vec!["-f", "up.yaml", "--node-groups", "groups.yaml"];
        arguments.extend(more);
        let Done { code, stdout: out, stderr: err } = run(&folder, &arguments);
        assert_eq!(code, 0, "{err}");
        out
    };
    assert!(with(&[]).contains("untolerated taint"), "the taint of `batch` counts");
    assert!(!with(&["-f", "scheduler.yaml"]).contains("untolerated taint"));
    assert!(!with(&["--flags", "--scheduler-config-file=scheduler.yaml"]).contains("untolerated taint"));
    refused(
        &folder,
        &["-f", "up.yaml", "--flags", "--scheduler-config-file=other.yaml"],
        &["other.yaml", "expected a KubeSchedulerConfiguration, found `ConfigMap`"],
    );
    refused(
        &folder,
        &["-f", "up.yaml", "--flags", "--scheduler-config-file=none.yaml"],
        &["none.yaml", "does not exist"],
    );
}

#[test]
fn the_priority_expander_without_its_config_map_leaves_all_to_the_next_one() {
    let map = |namespace: &str, priorities: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cluster-autoscaler-priority-expander{namespace}}}\ndata:\n  {priorities}\n"
        )
    };
    let (wanted, broken) = ("priorities: '5: [general]'", "priorities: '5: [\"(\"]'");
    let folder = folder(&[
        ("good.yaml", &map("", wanted)),
        ("there.yaml", &map(", namespace: kube-system", wanted)),
        ("elsewhere.yaml", &map(", namespace: default", wanted)),
        ("bad.yaml", &map("", broken)),
        ("empty.yaml", &map("", "other: x")),
    ]);
    let with = |file: &str, more: &str| {
        let flags = format!("--expander=priority,least-waste {more}");
        let words = ["-f", "up.yaml", "-f", file, "--node-groups", "groups.yaml", "--flags", &flags];
        let Done { code, stdout: out, stderr: err } = run(&folder, &words);
        assert_eq!(code, 0, "{err}");
        let chosen = out.lines().find(|line| line.contains("chosen")).unwrap_or_default();
        (chosen.split_whitespace().next().unwrap_or_default().to_owned(), err)
    };
    for (file, more) in [("good.yaml", ""), ("there.yaml", ""), ("elsewhere.yaml", "--namespace=default")] {
        assert_eq!(with(file, more).0, "general", "{file}");
    }
    for (file, text) in [
        (
            "elsewhere.yaml",
            "there is no ConfigMap kube-system/cluster-autoscaler-priority-expander (the one in default",
        ),
        ("bad.yaml", "`(` is not a regular expression: `priority` decides nothing"),
        ("empty.yaml", "there are no priorities: `priority` decides nothing"),
    ] {
        let (chosen, told) = with(file, "");
        assert_eq!(chosen, "memory", "least-waste chooses: {file}");
        assert!(told.contains(text), "{told}");
    }
}

#[test]
fn a_group_in_back_off_says_until_when() {
    let case = r#"{"podTemplates": {"p": {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]}}},
        "objects": {"pods": [{"name": "a", "tpl": "p", "created": -60}]},
        "nodeGroups": [{"id": "g", "max": 5, "increaseFails": true, "template": {"status": {
            "capacity": {"cpu": "4", "memory": "8Gi", "pods": "9"}, "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}}}]}"#;
    let Done { code, stdout: out, stderr: err } =
        run(&folder(&[("case.json", case)]), &["-f", "case.json", "--for", "20s"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("refused by the cloud"), "{out}");
    assert!(out.contains("in backoff after failed scale-up until +300 s"), "{out}");
}

#[test]
fn markdown_is_markdown() {
    let mut arguments = UP.to_vec();
    arguments.extend(["-o", "markdown"]);
    let Done { code, stdout: out, .. } = run(&folder(&[]), &arguments);
    assert_eq!(code, 0);
    assert!(out.contains("## Loop at +0 s") && out.contains("### Node groups"), "{out}");
    assert!(out.lines().any(|line| line.starts_with("| general")), "{out}");
}

#[test]
fn flags_are_read_with_care() {
    let folder = folder(&[]);
    let with = |flags: &'static str| ["-f", "up.yaml", "--flags", flags];
    refused(&folder, &with("--expandr=random"), &["--expandr", "no such flag", "did you mean `--expander`?"]);
    refused(&folder, &with("--scale-down-unneeded-time=soon"), &["found `soon`", "a duration such as 10s or 5m"]);
    refused(&folder, &with("--expander=cheapest"), &["found `cheapest`", "least-waste"]);
    refused(&folder, &with("--expander=price,price"), &["each expander once"]);
    refused(&folder, &with("--cores-total=9:3"), &["min not above max"]);
    refused(&folder, &with("--nodes=many"), &["found `many`", "min:max:name"]);
    refused(&folder, &with("--nodes=9:1:general"), &["found `9:1:general`", "min <= max"]);
    refused(&folder, &with("--nodes=1:9:generl"), &["no node group `generl`", "did you mean `general`?"]);
    refused(&folder, &with("--nodes=1:9:general --nodes=2:3:general"), &["names `general` twice"]);
    refused(&folder, &with("--node-group-auto-discovery=vmss:tag=a"), &["found `vmss:tag=a`", "asg:tag=KEY"]);
    refused(
        &folder,
        &with("--node-group-auto-discovery=asg:tag=team/a"),
        &["no node group has all these tags", "there are", "k8s.io/cluster-autoscaler/enabled"],
    );
    refused(&folder, &with("--max-drain-parallelism=20"), &["--max-drain-parallelism must not be above"]);
    // Everything that is wrong, at once.
    refused(&folder, &with("--expandr=random --balance-similar-node-groups=perhaps"), &["--expandr", "perhaps"]);
    let Done { code, stderr: err, .. } =
        run(&folder, &with("--v 4 --leader_elect=false --expander least-waste --nodes 0:5:general"));
    assert_eq!(code, 0, "{err}");
    assert_eq!(err.matches("has no effect here").count(), 2, "{err}");
}

#[test]
fn bad_node_groups_are_refused() {
    let up = |text: &'static str| (folder(&[("g.yaml", text)]), ["-f", "up.yaml", "--node-groups", "g.yaml"]);
    for (text, expected) in [
        ("- {name: general, min: 5, max: 2}", vec!["general", "found 5 to 2"]),
        ("- {name: general, target: 9, max: 3}", vec!["target", "found 9", "from 0 to 3"]),
        ("- {name: general, target: 2000000000, max: 2147483647}", vec!["found 2000000000", "from 0 to 100000"]),
        ("- {name: nowhere, max: 3}", vec!["nowhere", "no node and no template"]),
        ("- {name: general, max: 3}\n- {name: general}", vec!["a second group of that name"]),
        ("- {nam: general}", vec!["g.yaml", "nam"]),
        ("- {name: new, template: {kind: Node, metadata: {name: x}}}", vec!["allocatable"]),
        ("- [", vec!["g.yaml"]),
    ] {
        let (folder, arguments) = up(text);
        refused(&folder, &arguments, &expected);
    }
}

#[test]
fn bad_cases_are_refused() {
    let with = |group: &str| format!("{{\"podTemplates\": {{}}, \"nodeGroups\": [{{\"id\": \"g\", {group}}}]}}");
    for (group, text) in [
        ("\"min\": 3, \"max\": 2", "nodeGroups g: found 3 to 2"),
        ("\"max\": 2, \"target\": -2147483648", "target: found -2147483648, expected 0 to 100000"),
        ("\"max\": 2, \"target\": 2147483647", "target: found 2147483647"),
        ("\"max\": 99999999999", "99999999999"),
    ] {
        refused(&folder(&[("case.json", &with(group))]), &["-f", "case.json"], &["case.json", text]);
    }
    let stray = "{\"podTemplates\": {}, \"nodeGroups\": [], \"objects\": {\"nodes\": [{\"name\": \"n\", \"group\": \"lost\"}]}}";
    refused(&folder(&[("case.json", stray)]), &["-f", "case.json"], &["there is no group `lost`"]);
}

#[test]
fn bad_dumps_are_refused() {
    let folder = folder(&[
        ("none.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("pods.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: 3}\n"),
        ("broken.json", "{\"kind\": "),
        ("alone.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {allocatable: {cpu: 4, pods: 9}}\n"),
        (
            "negative.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, resources: {requests: {cpu: -1}}}]}\n",
        ),
    ]);
    refused(&folder, &["-f", "nowhere.yaml"], &["nowhere.yaml", "does not exist"]);
    refused(&folder, &["-f", "none.yaml"], &["no Node", "kubectl get nodes"]);
    refused(&folder, &["-f", "alone.yaml"], &["no node belongs to a node group", "--node-groups"]);
    refused(&folder, &["-f", "up.yaml", "-f", "negative.yaml"], &["negative.yaml", "cpu", "-1"]);
    refused(&folder, &["-f", "up.yaml", "-f", "pods.yaml"], &["pods.yaml"]);
    refused(&folder, &["-f", "broken.json"], &["broken.json"]);
    refused(&folder, &["-f", "up.yaml", "--for", "long"], &["--for"]);
}

#[test]
fn the_workloads_are_read_too() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/autoscaler/up-p1000-g10-n100.json.gz");
    let path = path.display().to_string();
    let Done { code, stdout: out, stderr: err } = run(&folder(&[]), &["-f", &path, "-o", "json"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("1 loop, 0.0"), "{err}");
    let loops: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(loops[0]["scaleUpResult"], "Successful");
    assert!(loops[0]["increases"][0]["to"].as_i64() > loops[0]["increases"][0]["from"].as_i64());
}

/// Two groups of machines that no price list has, and a pod that waits for either.
const UNPRICED: &str = "
- {name: custom, max: 5, template: {metadata: {labels: {node.kubernetes.io/instance-type: n1-custom-4-8192,
    topology.kubernetes.io/region: us-central1}}, status: {capacity: {cpu: '4', memory: 8Gi, pods: '110'},
    allocatable: {cpu: '4', memory: 8Gi, pods: '110'}}}}
- {name: nameless, max: 5, template: {status: {capacity: {cpu: '4', memory: 8Gi, pods: '110'},
    allocatable: {cpu: '4', memory: 8Gi, pods: '110'}}}}
";
const WAITING: &str = "
{apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: default, ownerReferences: [{apiVersion: apps/v1,
  kind: ReplicaSet, name: web, uid: u, controller: true}]}, spec: {containers: [{name: app, image: app,
  resources: {requests: {cpu: '1'}}}]}, status: {phase: Pending}}
";

#[test]
fn machines_without_a_list_price_cost_what_the_pricing_model_says_or_are_left_out() {
    let folder = folder(&[("odd.yaml", UNPRICED), ("waiting.yaml", WAITING)]);
    let with = |flags: &'static str| {
        run(&folder, &["-f", "waiting.yaml", "--node-groups", "odd.yaml", "--flags", flags, "-o", "json"])
    };
    let google = with("--expander=price --cloud-provider=gce");
    assert_eq!(google.code, 0, "{}", google.stderr);
    assert!(
        google.stderr.contains("n1-custom-4-8192 is not known: taken by its cpu and memory, 0.1683"),
        "{}",
        google.stderr
    );
    assert!(google.stderr.contains("the price expander leaves the group out"), "{}", google.stderr);
    let loops: Value = serde_json::from_str(&google.stdout).expect("JSON");
    assert_eq!(loops[0]["increases"][0]["group"], "custom");
    let aws = with("--expander=price --cloud-provider=aws");
    assert!(aws.stderr.contains("ends as soon as it starts"), "{}", aws.stderr);
    let loops: Value = serde_json::from_str(&aws.stdout).expect("JSON");
    assert_eq!(loops[0]["increases"].as_array().map(Vec::len), Some(0));
    assert_eq!(loops[0]["groups"][0]["verdict"], "left out by price: not known");
}

/// A group of one m5.large that is `ready` or not, as `kubectl get nodes` shows it, and ten pods that wait.
fn one_node(ready: &str) -> String {
    let pods: String = (0..10)
        .map(|at| WAITING.replace("web-1", &format!("web-{at}")).replace("cpu: '1'", "memory: 3600Mi"))
        .collect::<Vec<_>>()
        .join("---");
    format!(
        "{{apiVersion: v1, kind: Node, metadata: {{name: ip-1, creationTimestamp: '2026-01-01T00:00:00Z', labels:
  {{node.kubernetes.io/instance-type: m5.large, eks.amazonaws.com/nodegroup: web, topology.kubernetes.io/zone: us-east-1a,
  team: a}}}}, spec: {{taints: [{{key: node.kubernetes.io/unreachable, effect: NoExecute}}]}}, status: {{
  capacity: {{cpu: '2', memory: 7900Mi, pods: '29'}}, allocatable: {{cpu: 1930m, memory: 7090Mi, pods: '29'}},
  conditions: [{{type: Ready, status: '{ready}', lastTransitionTime: '2026-01-01T00:01:00Z'}}]}}}}
---{pods}---
{{apiVersion: v1, kind: Pod, metadata: {{name: clock, creationTimestamp: '2026-01-01T01:00:00Z'}}, spec: {{containers:
  [{{name: a, image: a}}]}}, status: {{phase: Succeeded}}}}
"
    )
    .replace("unreachable, effect: NoExecute", if ready == "True" { "odd, effect: PreferNoSchedule" } else { "unreachable, effect: NoExecute" })
}

#[test]
fn a_group_whose_nodes_are_not_ready_is_what_the_cloud_says_of_its_machine_type() {
    let asked = |ready: &str| {
        let folder = folder(&[("dump.yaml", &one_node(ready))]);
        let done = run(&folder, &["-f", "dump.yaml", "--flags", "--nodes=0:20:web --cloud-provider=aws", "-o", "json"]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let loops: Value = serde_json::from_str(&done.stdout).expect("JSON");
        (loops[0]["groups"][0]["newNodes"].as_i64(), done.stderr)
    };
    let (ready, said) = asked("True");
    assert!(ready.is_some_and(|nodes| nodes >= 9), "one pod on each true node: {ready:?}\n{said}");
    let (unready, said) = asked("Unknown");
    assert_eq!(unready, Some(5), "two pods on 8 GiB of which nothing is reserved\n{said}");
    assert!(said.contains("the machine type, 2000m cpu, 8192 MiB, 110 pods"), "{said}");
}

#[test]
fn another_version_is_set_beside() {
    let folder = folder(&[]);
    let mut arguments = UP.to_vec();
    arguments.extend(["--kubernetes", "1.33", "--against", "1.34"]);
    let done = run(&folder, &arguments);
    let Done { stdout: out, .. } = &done;
    let summary = "1.34 decides otherwise than 1.33 in 1 of 1 loop, first at +0 s; the same nodes come and go\n";
    assert!(out.contains(summary) && out.contains("  +0 s node batch-1: unneeded"), "{out}");
    arguments.extend(["-o", "json"]);
    let both: Value = serde_json::from_str(&run(&folder, &arguments).stdout).expect("JSON");
    assert_eq!(both["against"]["differing"], 1);
    assert_eq!((&both["against"]["version"], &both["against"]["against"]), (&"1.33".into(), &"1.34".into()));
    assert_eq!(both["loops"].as_array().map(Vec::len), Some(1));
    let same = [&UP[..], &["--kubernetes", "1.31", "--against", "1.32"]].concat();
    let Done { stdout: out, .. } = run(&folder, &same);
    assert!(out.ends_with("1.32 decides as 1.31 in all of 1 loop\n"), "{out}");
}

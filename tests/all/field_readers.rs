//! Field cases about how objects and recordings are read; see `field.rs`.

use crate::field::case;
use crate::program::Folder;

/// kubernetes/kubernetes#96671, the second scenario: windows hold the replicas that there are, and do not push them.
#[test]
fn c01_a_window_that_holds_says_what_was_wanted_within_it() {
    let folder = case("01-hpa-up-policy-spike");
    let done = folder.run("hpa -f hpa.yaml --metrics m.csv --replicas 2 --cpu-request 500m --all -o csv");
    let mut rows = csv::Reader::from_reader(done.ok().as_bytes());
    let rows: Vec<Vec<String>> =
        rows.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    let number = |row: &[String], at: usize| row[at].parse::<i32>().expect("a number");
    let most = rows.iter().map(|row| number(row, 7)).max();
    assert_eq!(most, Some(3), "never 4");
    let held: Vec<&Vec<String>> = rows.iter().filter(|row| number(row, 5) < 3 && number(row, 7) == 3).collect();
    assert!(!held.is_empty());
    for row in held {
        let reason = &row[9];
        let wanted: i32 = match reason.split("for up to ").nth(1) {
            Some(rest) => rest.split(' ').next().expect("a number").parse().expect("a number"),
            None => {
                assert!(reason.contains("not below 3, the most that was wanted within 5 min"), "{row:?}");
                3
            }
        };
        // The most that the column shows in the five minutes before, this row included.
        let at = rows.iter().position(|other| other == row).expect("itself");
        let within = &rows[at.saturating_sub(19)..=at];
        assert_eq!(Some(wanted), within.iter().map(|row| number(row, 5)).max(), "{row:?}");
    }
    assert!(done.ok().contains("stays at 3, for up to 6 were wanted within 5 min"), "{}", done.stdout);
}

/// kubernetes/kubernetes#111433: pods without metrics count as the larger of 100 % and the target, here 200 %.
#[test]
fn c03_a_recording_starts_with_as_many_pods_as_it_has() {
    let folder = case("03-hpa-target200-missing");
    let line = "hpa -f hpa.yaml --metrics m.csv --cpu-request 500m --all -o csv";
    let (own, told) = (folder.run(line), folder.run(&format!("{line} --replicas 10")));
    assert_eq!(own.ok(), told.ok());
    assert!(own.stdout.lines().nth(1).expect("a sync").contains(",10,"), "{}", own.stdout);
    assert!(own.stdout.lines().nth(1).expect("a sync").contains(",9,"), "{}", own.stdout);
    // Four series of pods, as Prometheus answers.
    let four = folder.run("hpa -f hpa.yaml --metrics cpu=q.json --cpu-request 500m --all -o csv");
    assert!(four.ok().lines().nth(1).expect("a sync").contains(",4,"), "{}", four.stdout);
}

/// kubernetes/autoscaler#4111: priority admission fills in the value and the preemption policy, and refuses unknown classes.
#[test]
fn c11_priority_classes_are_admitted_as_the_api_server_does() {
    let folder = case("11-priorityclass-never-globaldefault");
    for file in ["never.yaml", "never-resolved.yaml"] {
        let done = folder.run(&format!("schedule -f {file}"));
        assert!(!done.ok().contains("preempts"), "{file}: {}", done.stdout);
        assert!(done.stdout.contains("svc-1   <none>"), "{file}: {}", done.stdout);
    }
    for file in ["globaldefault.yaml", "sysclass.yaml"] {
        let done = folder.run(&format!("schedule -f {file}"));
        assert!(done.ok().contains("default/svc-1 preempts on n1: default/pause-1"), "{file}: {}", done.stdout);
    }
    let unknown = "Pod default/svc-1: spec.priorityClassName: there is no PriorityClass `nosuch`";
    folder.run("schedule -f nosuch.yaml").refused(&[unknown]);
    folder.run("autoscale -f nosuch.yaml --flags --nodes=0:3:g").refused(&[unknown]);
}

/// FairwindsOps/goldilocks#210, kubernetes/autoscaler#7280: the least recommendation is one per pod.
#[test]
fn c22_a_pod_of_several_containers_is_compared_as_a_whole() {
    let folder = case("22-vpa-floor");
    let whole = folder.run("vpa --usage u.csv -f vpa.yaml -f dep3.yaml -o json");
    let rows: serde_json::Value = serde_json::from_str(whole.ok()).expect("JSON");
    let memory = rows.to_string();
    // 256 MiB are requested, 250 MiB is the least.
    assert!(memory.contains("\"request\":268435456") && memory.contains("\"target\":262144000"), "{memory}");
    assert!(whole.stderr.contains("the usage is of whole pods, which have 3 containers"), "{}", whole.stderr);
    // Containers that are told apart get a recommendation each, in any order of the series.
    let apart = |cpu: &str, memory: &str| {
        folder.run(&format!(
            "vpa --usage cpu={cpu}.json.gz --usage memory={memory}.json.gz -f vpa.yaml -f dep.yaml -o csv"
        ))
    };
    let (one, other) = (apart("cpu", "mem"), apart("cpu-rev", "mem-rev"));
    assert_eq!(one.ok(), other.ok());
    assert!(one.stdout.contains("pgb app") && one.stdout.contains("pgb side"), "{}", one.stdout);
}

/// kubernetes/autoscaler#1398: the autoscaler's flags count in every form in which people start it.
#[test]
fn c25_the_autoscaler_is_found_however_it_is_started() {
    let folder = case("25-ca-all-flags");
    let nodes = |name: &str| {
        let done = folder.run(&format!("run s-{name}.yaml --no-recommend -q --out {name}"));
        done.ok();
        let result: serde_json::Value =
            serde_json::from_str(&folder.text(&format!("{name}/result.json"))).expect("JSON");
        (result, done.stdout + &done.stderr)
    };
    let said = |name: &str| nodes(name).1;
    let plain = nodes("plain").0["scaling"].to_string();
    for other in ["spaced", "shell"] {
        assert_eq!(nodes(other).0["scaling"].to_string(), plain, "{other}");
    }
    assert!(!said("mirror").contains("nothing scales the groups"));
    let none = folder.run("run s-none.yaml --no-recommend -q --out none");
    none.ok();
    assert!(folder.text("none/result.json").contains("nothing scales the groups"), "{}", none.stdout);
}

/// A switched off autoscaler, a group that it is not told of, and another version are said.
#[test]
fn c25_what_the_autoscaler_leaves_alone_is_said() {
    let folder = case("25-ca-all-flags");
    let told = |folder: &Folder| {
        folder.run("run s-mirror.yaml --no-recommend -q --out out").ok();
        folder.text("out/result.json")
    };
    let deployed = folder.text("ca-mirror.json");
    assert!(told(&folder).contains("nodeGroups.other: Cluster Autoscaler is not told of this group"));
    let off = folder.file("ca-mirror.json", deployed.replace("\"replicas\": 1", "\"replicas\": 0"));
    assert!(told(&off).contains("this Cluster Autoscaler is switched off"));
    assert!(told(&off).contains("nothing scales the groups"));
    let later =
        deployed.replace("example.com/mirror/ca:1.28", "registry.k8s.io/autoscaling/cluster-autoscaler:v1.30.2");
    let later = off.file("ca-mirror.json", later);
    assert!(told(&later).contains("Cluster Autoscaler 1.30 in a cluster of "), "{}", told(&later));
}

/// kubernetes/kubernetes pkg/apis/autoscaling/v1/conversion.go: annotations of v1 are metrics and behavior.
#[test]
fn c26_old_forms_of_an_hpa_are_read_or_refused_by_their_name() {
    let folder = case("26-hpa-old-api-forms");
    let with = |file: &str| {
        folder.run(&format!(
            "hpa -f {file}.yaml --metrics m.csv --cpu-request 500m --memory-request 1Gi --replicas 4 --all -o csv"
        ))
    };
    let old = with("v1ann");
    assert!(old.ok().contains("memory"), "the annotation's metric: {}", old.stdout);
    let sizes: Vec<i64> =
        old.stdout.lines().skip(1).filter_map(|line| line.split(',').rev().nth(1)?.parse().ok()).collect();
    assert!(sizes.windows(2).all(|pair| pair[1] >= pair[0]), "scale down is disabled: {}", old.stdout);
    with("v2beta1").refused(&["v2beta1.yaml:1: error: HorizontalPodAutoscaler search: apiVersion: `autoscaling/v2beta1` is gone since Kubernetes 1.25", "averageUtilization"]);
}

/// kubernetes/kubernetes#108920: `missing request for cpu in container`, and the HPA never scales.
#[test]
fn c35_a_container_without_a_request_stops_its_hpa() {
    let folder = case("35-hpa-missing-request-sidecar");
    for scenario in ["s", "s2"] {
        folder.run(&format!("run {scenario}.yaml --no-recommend -q --out {scenario}")).ok();
        let result = folder.text(&format!("{scenario}/result.json"));
        assert!(result.contains("no request for cpu in container istio-proxy"), "{result}");
        let log = folder.text(&format!("{scenario}/decisions.jsonl"));
        assert!(!log.to_lowercase().contains("hpaRescaled"), "{log}");
    }
    folder.run("hpa -f app.yaml --metrics m.csv").refused(&["istio-proxy", "no cpu request"]);
}

/// Prometheus' forms, and Grafana's table of one column per pod.
#[test]
fn c41_metric_files_are_read_or_refused_with_a_way_out() {
    let folder = case("41-hpa-metric-file-forms");
    for good in ["churn", "ms", "thanos", "inf", "offset"] {
        folder.run(&format!("hpa -f hpa.yaml --metrics cpu={good}.json --cpu-request 500m --replicas 2")).ok();
    }
    for (bad, why) in [("instant", "query_range"), ("empty", "there are no series"), ("err", "parse error")] {
        folder.run(&format!("hpa -f hpa.yaml --metrics cpu={bad}.json --cpu-request 500m")).refused(&[why]);
    }
    let grafana = folder.run("hpa -f hpa.yaml --metrics cpu=grafana.csv --cpu-request 500m --all -o csv");
    assert!(grafana.ok().lines().nth(1).expect("a sync").contains("cpu 61% of 60%"), "{}", grafana.stdout);
    folder.run("hpa -f hpa.yaml --metrics grafana.csv --cpu-request 500m").refused(&["--metrics cpu=FILE", "Grafana"]);
}

/// Objects that scale things and are not simulated are named as what they are.
#[test]
fn c42_what_decides_in_a_live_cluster_is_named() {
    let folder = case("42-run-karpenter-eksctl-keda-inputs");
    for (name, said) in [
        ("karpenter", "NodePools decide and are not simulated: Karpenter launches and removes nodes by them"),
        ("keda", "keda-hpa-api"),
        // Other than these, eksctl's groups are read.
        ("eksctl", "eu-central-1 is taken from here"),
    ] {
        folder.run(&format!("run s-{name}.yaml --no-recommend -q --out {name}")).ok();
        let result = folder.text(&format!("{name}/result.json"));
        assert!(result.contains(said), "{name}: {result}");
        assert!(!result.contains("objects that no decision looks at"), "{name}");
    }
}

/// strict decoding: the API server refuses fields and kinds that it does not know.
#[test]
fn misspelt_fields_and_kinds_are_refused_at_every_door() {
    let node = "apiVersion: v1\nkind: Node\nmetadata: {name: n}\nstatus:\n  allocatable: {cpu: \"2\", memory: 7Gi, pods: \"29\"}\n---\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    resources:\n      request: {cpu: 1}\n";
    let hpa = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  maxReplicas: 5\n  \
               scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  behavior:\n    scaleDown:\n      \
               stabilizationWindowSecond: 60\n    scaleup: {}\n";
    let vague = node.to_owned()
        + &pod.replace("request:", "requests:").replace("metadata: {name: p}", "metadata: {name: p, uid: u}")
        + "  fieldOfTomorrow: 1\n";
    let folder = Folder::new()
        .file("pod.yaml", node.to_owned() + pod)
        .file("hpa.yaml", hpa)
        .file("kind.yaml", "apiVersion: v1\nkind: Podd\nmetadata: {name: p}\n")
        .file("version.yaml", "apiVersion: v1\nkind: Deployment\nmetadata: {name: p}\n")
        .file("foreign.yaml", "apiVersion: example.com/v1\nkind: Pond\nmetadata: {name: p}\n")
        .file("tomorrow.yaml", vague)
        .file("m.csv", "time,cpu\n0,1\n15,1\n")
        .file("s.yaml", "apiVersion: foresail/v1alpha1\nkind: Scenario\nmanifests: [pod.yaml, hpa.yaml, kind.yaml]\n");
    let pods = "pod.yaml:14: error: Pod p: spec.containers[0].resources.request: there is no such field";
    let window = "hpa.yaml:9: error: HorizontalPodAutoscaler web: spec.behavior.scaleDown.stabilizationWindowSecond: ";
    let kinds = "kind.yaml:2: error: Podd p: kind: there is no kind `Podd` in `v1`";
    folder.run("schedule -f pod.yaml").refused(&[pods, "did you mean `requests`?"]);
    folder.run("autoscale -f pod.yaml --flags --nodes=0:3:g").refused(&[pods]);
    folder.run("hpa -f hpa.yaml --metrics m.csv").refused(&[
        window,
        "did you mean `stabilizationWindowSeconds`?",
        "did you mean `scaleUp`?",
    ]);
    folder.run("run s.yaml --no-recommend -q").refused(&[pods, window, kinds]);
    folder.run("schedule -f kind.yaml").refused(&[kinds, "did you mean `Pod`?"]);
    folder.run("schedule -f version.yaml").refused(&["write `apiVersion: apps/v1`"]);
    folder.run("schedule -f foreign.yaml").refused(&["kube-scheduler looks at none of these objects: found 1 Pond"]);
    let tomorrow = folder.run("schedule -f tomorrow.yaml");
    tomorrow.ok();
    assert!(tomorrow.stderr.contains("spec.fieldOfTomorrow: this field is not known"), "{}", tomorrow.stderr);
}

/// plugin/pkg/admission/limitranger: what a namespace says about containers that say nothing.
#[test]
fn limit_ranges_fill_in_requests() {
    let objects = "apiVersion: v1\nkind: Node\nmetadata: {name: n}\nstatus: {allocatable: {cpu: \"2\", memory: 7Gi, pods: \"29\"}}\n---\n\
                   apiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: shop}\nspec:\n  limits:\n  - {type: Container, default: {cpu: 1500m}}\n---\n\
                   apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {containers: [{name: c}]}\n---\n\
                   apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: shop}\nspec: {containers: [{name: c}]}\n---\n\
                   apiVersion: v1\nkind: Pod\nmetadata: {name: c, namespace: other}\nspec: {containers: [{name: c}]}\n";
    let done = Folder::new().file("d.yaml", objects).run("schedule -f d.yaml");
    assert!(done.ok().contains("Insufficient cpu"), "{}", done.stdout);
    assert!(done.stderr.contains("1 wait"), "{}", done.stderr);
}

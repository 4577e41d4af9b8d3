//! The program from outside: what it prints, what it writes, what it refuses.

use crate::program::Folder;
use std::fs;
use std::path::Path;

/// A small scenario with one service; `more` is added to it.
fn small(more: &str) -> String {
    format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: small\nmanifests: [web.yaml]\nduration: 2h\n\
         nodeGroups:\n  pool: {{instanceTypes: [m5.large], minSize: 1, maxSize: 4}}\n{more}"
    )
}

const TRAFFIC: &str = "traffic:\n  patterns: [{constant: {rate: 20}}]\n  routes: {web: 1}\n";

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web, resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {cpu: 500m}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 2
  maxReplicas: 10
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
";

/// The scenario with these files is refused with exit code 2, all of the texts and no report.
fn refused(folder: &Folder, texts: &[&str]) {
    folder.run("run s.yaml -q").refused(texts);
    assert!(!folder.has("reports"), "a report was written");
}

#[test]
fn the_reference_scenario_runs_without_any_file() {
    let folder = Folder::new();
    let done = folder.run("run --set duration=6h --replications 2 --no-recommend");
    assert_eq!(done.code, 0, "{}", done.stderr);
    for text in ["Cost per month", "objective 200 ms", "Report   reports/ecommerce/index.html"] {
        assert!(done.stdout.contains(text), "`{text}` is not in:\n{}", done.stdout);
    }
    for name in ["index.html", "result.json", "timeline.csv", "costs.csv"] {
        assert!(folder.has(&format!("reports/ecommerce/{name}")), "{name} is missing");
    }
    assert!(done.stderr.contains("million times as fast"), "{}", done.stderr);
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_jobs() {
    let folder = Folder::new();
    let run = |jobs: u32, out: &str| {
        let done = folder.run(&format!("run --set duration=2h --replications 4 --jobs {jobs} --out {out} -q -o json"));
        assert_eq!(done.code, 0, "{}", done.stderr);
        done.stdout
    };
    assert_eq!(run(1, "one"), run(4, "four"));
    for name in ["index.html", "result.json", "timeline.csv", "costs.csv"] {
        assert_eq!(folder.text(&format!("one/{name}")), folder.text(&format!("four/{name}")), "{name} differs");
    }
    let other = folder.run("run --set duration=2h --replications 4 --seed 2 --out other -q -o json --no-recommend");
    assert_ne!(folder.text("one/result.json"), other.stdout, "another seed is another history");
}

#[test]
fn a_recommendation_is_told_where_it_is_asked_for() {
    let folder = Folder::new()
        .file("web.yaml", WEB)
        .file("s.yaml", small(&format!("{TRAFFIC}objectives: {{latencyP95: 5s}}\nautoscaler: {{enabled: true}}\n")));
    let done = folder.run("run s.yaml --recommend --replications 2 -q");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("Recommended: "), "{}", done.stdout);
    let plain = folder.run("run s.yaml --replications 2 -q");
    assert!(!plain.ok().contains("Recommended: "), "{}", plain.stdout);
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let manifest = WEB.replace("name: web}\nspec:\n  minReplicas: 2", "name: web}\nspec:\n  minReplicas: 12")
        + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {}}\n";
    let scenario = small(TRAFFIC).replace("m5.large", "m5.lrage").replace("minSize: 1", "minSize: 9");
    let folder = Folder::new().file("web.yaml", manifest).file("s.yaml", scenario);
    refused(
        &folder,
        &[
            "read before",
            "s.yaml:7: error: nodeGroups.pool.minSize: found 9, expected 0 to the maximum of 4",
            "web.yaml:18: error: HorizontalPodAutoscaler web: spec.maxReplicas",
            "web.yaml:24: error: Deployment web: metadata.name",
            "must be greater than or equal to `minReplicas`",
        ],
    );
    let folder = Folder::new().file("web.yaml", WEB).file("s.yaml", small(TRAFFIC).replace("m5.large", "m5.lrage"));
    refused(&folder, &["m5.lrage", "m5.large"]);
}

#[test]
fn problems_of_a_scenario_on_top_of_another_are_where_they_were_written() {
    let base = small(TRAFFIC) + "objectives: {errorRate: 3}\n";
    let top = "apiVersion: foresail/v1alpha1\nkind: Scenario\nextends: base.yaml\n\
               services:\n  web:\n    concurrency: 0\n    scv: -1\ncluster: {region: us-eats-1}\n";
    let folder = Folder::new().file("web.yaml", WEB).file("base.yaml", base).file("s.yaml", top);
    let texts = [
        "base.yaml:11: error: objectives.errorRate: found 3",
        "s.yaml:6: error: services.web.concurrency: found 0",
        "s.yaml:7: error: services.web.scv: found -1",
        "s.yaml:8: error: cluster.region: unknown region `us-eats-1`; did you mean `us-east-1`?",
    ];
    refused(&folder, &texts);
    let done = folder.run("run s.yaml -q --set services.web.concurrency=-0.5");
    assert!(
        done.stderr.contains("--set services.web.concurrency=-0.5: error: services.web.concurrency"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_misspelt_field_gets_its_line_and_a_suggestion() {
    let folder = Folder::new().file("web.yaml", WEB).file("s.yaml", small("trafic: {}\n"));
    refused(&folder, &["s.yaml:8:1", "unknown field `trafic`", "did you mean `traffic`?"]);
    let done = folder.run("run s.yaml -q --set nodeGroups.pool.maxSze=3");
    assert_eq!(done.code, 2);
}

#[test]
fn a_setting_may_be_any_yaml() {
    let folder = Folder::new().file("web.yaml", WEB).file("s.yaml", small(TRAFFIC));
    let run = |words: &[&str]| {
        let done = folder.run_words(&[&["run", "s.yaml", "-n", "1", "-q", "--no-recommend"], words].concat());
        (done.code, done.stderr)
    };
    for value in ["[{constant: {rate: 5}}]", r#"[{"constant": {"rate": 5}}]"#] {
        assert_eq!(run(&["--set", &format!("traffic.patterns={value}")]), (0, String::new()));
    }
    let (code, stderr) = run(&["--set", "traffic.patterns=[{constant: {rate: -5}}]"]);
    assert!(code == 2 && stderr.contains("-5"), "{stderr}");
}

#[test]
fn a_scenario_names_its_scheduler_configuration() {
    let configuration = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles:\n\
        - pluginConfig:\n  - name: NodeAffinity\n    args:\n      addedAffinity:\n        \
        requiredDuringSchedulingIgnoredDuringExecution:\n          nodeSelectorTerms:\n          \
        - matchExpressions: [{key: nobody, operator: Exists}]\n";
    let scenario = small(&format!("scheduler: {{configuration: k.yaml, cycleTime: 5ms}}\n{TRAFFIC}"));
    let folder = |configuration: &str| {
        Folder::new().file("web.yaml", WEB).file("s.yaml", &scenario).file("k.yaml", configuration)
    };
    let done = folder(configuration).run("run s.yaml -n 1 -q --no-recommend --details");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let text = "node(s) didn't match scheduler-enforced node affinity (NodeAffinity)";
    assert!(done.stdout.contains(text), "{}", done.stdout);
    let wrong = configuration.replace("addedAffinity", "addedAfinity");
    refused(
        &folder(&wrong),
        &[
            "k.yaml:7: error: KubeSchedulerConfiguration: profiles[0].pluginConfig[0].args.addedAfinity",
            "unknown field `addedAfinity`",
            "did you mean `addedAffinity`?",
        ],
    );
    refused(&folder(WEB), &["expected one KubeSchedulerConfiguration, found 2 objects", "found `Deployment`"]);
    let slow = Folder::new().file("web.yaml", WEB).file("s.yaml", scenario.replace("5ms", "2m"));
    refused(&slow, &["k.yaml", "does not exist", "scheduler.cycleTime", "at most 1m"]);
}

#[test]
fn an_hpa_without_its_target_is_a_caveat_and_the_others_go_on() {
    let folder = Folder::new()
        .file("web.yaml", WEB.replace("kind: Deployment, name: web", "kind: Deployment, name: wep"))
        .file("s.yaml", small(TRAFFIC));
    let done = folder.run("run s.yaml -n 1 -q --no-recommend --details");
    assert!(done.ok().contains("there is no Deployment `wep` in its namespace"), "{}", done.stdout);
    assert!(done.stdout.contains("did you mean `web`?"), "{}", done.stdout);
}

#[test]
fn a_pod_without_a_home_is_a_caveat_that_names_the_filter() {
    let folder = Folder::new().file("web.yaml", WEB.replace("cpu: 250m", "cpu: 25")).file("s.yaml", small(TRAFFIC));
    let done = folder.run("run s.yaml -n 1 -q --no-recommend --details");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("Insufficient cpu (NodeResourcesFit)"), "{}", done.stdout);
}

#[test]
fn traces_are_read_with_care() {
    let traced = small("traffic:\n  patterns: [{trace: {file: t.csv}}]\n  routes: {web: 1}\n");
    let folder = |csv: &str| Folder::new().file("web.yaml", WEB).file("s.yaml", &traced).file("t.csv", csv);
    let disorder = folder("time,rate\n0,5\n60,6\n30,7\n").run("run s.yaml -n 1 -q --no-recommend --details");
    assert!(disorder.ok().contains("t.csv:4: the time goes back 1 time, by up to 30 s"), "{}", disorder.stdout);
    refused(&folder("time,rate\n0,5\n60,NaN\n"), &["t.csv:3", "without a number", "at least two points: 1 of 2"]);
    refused(&folder("time,rate\n0,5\n60,inf\n"), &["t.csv:3", "finite"]);
    refused(&folder("time,rate\n0,5\n"), &["t.csv", "at least two points"]);
    refused(
        &folder("time,rate\n0,5\n6O,6\n120,-7\n"),
        &["t.csv:3: error: `6O` is not a time", "t.csv:4: error: found `120,-7`"],
    );
    refused(&folder("2026-01-31 1O:00,5\n60,6\n"), &["t.csv:1: error: `2026-01-31 1O:00` is not a time"]);
    let millis = folder("1769856000000,5\n1769856060000,6\n1769856240000,7\n");
    let millis = millis.run("run s.yaml -n 1 -q --no-recommend --details");
    assert!(millis.ok().contains("the step is 60 s, with 1 gap, the longest of 120 s"), "{}", millis.stdout);
    let gap = folder("time,rate\n0,5\n60,6\n120,7\n600,7\n").run("run s.yaml -n 1 -q --no-recommend --details");
    assert!(gap.stdout.contains("1 gap, the longest of 420 s"), "{}", gap.stdout);
}

#[test]
fn no_file_is_too_strange() {
    let with = |name: &str, bytes: &[u8]| Folder::new().file("s.yaml", small(TRAFFIC)).file(name, bytes);
    refused(&with("web.yaml", &[0x7f, b'E', b'L', b'F', 0, 1, 2]), &["web.yaml", "not a text file"]);
    refused(&with("web.yaml", &[0x1f, 0x8b, 1, 2, 3]), &["web.yaml", "broken gzip"]);
    refused(&with("web.yaml/inside.txt", b"nothing"), &["web.yaml", "holds no yaml"]);
    refused(&with("other.yaml", b""), &["web.yaml", "does not exist"]);
    let level = |at: u32| format!("b{at}: &b{at} [{}]\n", vec![format!("*b{}", at - 1); 9].join(", "));
    let bomb = format!("b0: &b0 [x, x, x, x, x, x, x, x, x]\n{}", (1..12).map(level).collect::<String>());
    refused(&with("web.yaml", bomb.as_bytes()), &["web.yaml"]);
    let large =
        format!("{WEB}---\nkind: ConfigMap\nmetadata: {{name: big}}\ndata:\n{}", "  key: value\n".repeat(900_000));
    refused(&with("web.yaml", large.as_bytes()), &["web.yaml", "duplicate"]);
    let empty = Folder::new().run("run nowhere.yaml");
    assert_eq!(empty.code, 2, "{}", empty.stderr);
}

#[test]
fn numbers_out_of_range_are_refused() {
    for (words, text) in [
        ("run --replications 0", "replications"),
        ("run --jobs 0", "--jobs"),
        ("run --set duration=4000d", "duration"),
        ("run --set traffic.scale=-1", "--set traffic.scale=-1: error: traffic.scale: found -1"),
        ("run --set traffic.noise=-1", "traffic.noise: found -1"),
        ("run --set objectives.latencyP95=0", "objectives.latencyP95: found 0"),
        ("run --set objectives.errorRate=2", "errorRate"),
        ("run --set nothing", "path=value"),
    ] {
        let done = Folder::new().run(words);
        assert_eq!(done.code, 2, "{words}: {}", done.stderr);
        assert!(done.stderr.contains(text), "{words}: `{text}` is not in:\n{}", done.stderr);
    }
}

#[test]
fn a_dump_is_a_cluster() {
    let dump = r#"{"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {
            "node.kubernetes.io/instance-type": "m5.large", "eks.amazonaws.com/nodegroup": "blue",
            "topology.kubernetes.io/zone": "us-east-1a"}}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "alone"}, "spec": {"containers": [
            {"name": "c", "image": "i", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "owned", "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u", "controller": true}]},
            "spec": {"containers": [{"name": "c", "image": "i"}]}}]}"#;
    let scenario = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: dump\nmanifests: [dump.json]\nduration: 1h\n";
    let folder = Folder::new().file("dump.json", dump).file("s.yaml", scenario);
    let done = folder.run("run s.yaml -n 1 -q --details");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains(" blue "), "{}", done.stdout);
    assert!(done.stdout.contains("objects that their controllers make anew were left aside: 1 Pod"), "{}", done.stdout);
}

/// What the owner wrote imports as it is. Read where it lies; absent in a plain clone.
#[test]
fn the_owners_document_imports_as_it_is() {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seed");
    if !seed.is_dir() {
        println!("skipped: {} is absent", seed.display());
        return;
    }
    let seed = seed.display();
    let scenario = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: seed\nmanifests: [\"{seed}\"]\nterraform: [\"{seed}\"]\n\
         duration: 6h\ntraffic:\n  patterns: [{{constant: {{rate: 20}}}}]\n  routes: {{order-service: 1}}\n"
    );
    let done = Folder::new().file("s.yaml", scenario).run("run s.yaml -n 1 -q --no-recommend --details");
    assert_eq!(done.code, 0, "{}", done.stderr);
    for text in ["app-nodes", "db-nodes", "a selector is required", "the module has no name", "1 ExternalSecret"] {
        assert!(done.stdout.contains(text), "`{text}` is not in:\n{}", done.stdout);
    }
}

#[test]
fn pods_of_a_trace_arrive_run_and_end() {
    let gzip = |text: &str| {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut writer, text.as_bytes()).expect("memory");
        writer.finish().expect("memory")
    };
    let trace = "time_s,pod,cpu_milli,mem_bytes,duration_s\n\
                 60,a,1500,1073741824,600\n60.5,b,1500,1073741824,1200\n4000,c,1500,1073741824,30\n";
    let scenario = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: batch\nduration: 3h\npodTrace: pods.csv\n\
                    nodeGroups:\n  pool: {instanceTypes: [m5.large], minSize: 0, maxSize: 4}\n\
                    autoscaler: {enabled: true}\n";
    let folder = Folder::new().file("pods.csv", trace).file("s.yaml", scenario);
    let done = folder.run("run s.yaml -n 1 -q --no-recommend");
    assert_eq!(done.code, 0, "{}", done.stderr);
    // Two at once need two nodes, which go again; the third finds none and gets one.
    let decisions = folder.text("reports/batch/decisions.jsonl");
    assert!(decisions.matches("scale").count() >= 3, "{decisions}");
    let packed =
        Folder::new().file("pods.csv.gz", gzip(trace)).file("s.yaml", scenario.replace("pods.csv", "pods.csv.gz"));
    assert_eq!(packed.run("run s.yaml -n 1 -q --no-recommend").code, 0);
    assert_eq!(packed.text("reports/batch/decisions.jsonl"), decisions, "compressed or not");
    let bad = "time_s,pod,cpu_milli,mem_bytes,duration_s\n60,a,-5,10,600\n10,a,5,10,x\n";
    refused(&Folder::new().file("pods.csv", bad).file("s.yaml", scenario), &["pods.csv:2", "pods.csv:3"]);
}

#[test]
fn what_terraform_shows_are_node_groups() {
    let shown = r#"{"format_version": "1.2", "planned_values": {"root_module": {"child_modules": [{"resources": [
        {"type": "aws_eks_node_group", "name": "this", "values": {"node_group_name": "green",
         "capacity_type": "ON_DEMAND", "instance_types": ["m5.large"], "labels": {"tier": "web"}, "taint": [],
         "scaling_config": [{"desired_size": 2, "max_size": 6, "min_size": 1}]}}]}]}}}"#;
    let scenario = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: shown\nmanifests: [web.yaml]\n\
         terraform: [plan.json]\nduration: 1h\n{TRAFFIC}"
    );
    let folder = Folder::new().file("web.yaml", WEB).file("plan.json", shown).file("s.yaml", &scenario);
    let done = folder.run("run s.yaml -n 1 -q --no-recommend --details");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let row = done.stdout.lines().find(|line| line.trim_start().starts_with("green")).expect("the group");
    assert!(row.contains("m5.large") && row.contains("1..6"), "{row}");
    let broken = Folder::new().file("web.yaml", WEB).file("plan.json", "{\n\"a\": }").file("s.yaml", &scenario);
    refused(&broken, &["plan.json:2"]);
}

#[test]
fn every_scenario_of_the_repository_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut names: Vec<_> =
        fs::read_dir(folder).expect("scenarios").map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    assert!(names.len() >= 8, "{names:?}");
    // What makes large ones is no scenario.
    for path in names.into_iter().filter(|path| !path.ends_with("large")) {
        let words = format!("run {} --set duration=2h -n 1 -q --no-recommend --out out", path.display());
        let done = Folder::new().run(&words);
        assert_eq!(done.code, 0, "{}: {}", path.display(), done.stderr);
    }
}

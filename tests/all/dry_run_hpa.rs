//! `foresail hpa` as a user meets it.

use crate::program::{Done, Folder};

const HPA: &str = "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: order, namespace: order}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: order}
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order, namespace: order}
spec:
  replicas: 2
  template: {spec: {containers: [{name: app, resources: {requests: {cpu: 100m}}}]}}
";

fn folder(files: &[(&str, &str)]) -> Folder {
    Folder::new().files(files)
}

fn run(folder: &Folder, arguments: &str) -> Done {
    folder.run(&format!("hpa {arguments}"))
}

/// 100 milli-cores, then 450 from the tenth minute on: two pods at the target, then nine.
fn jump() -> String {
    let row = |at: i32| format!("{},{}", at * 15, if at < 40 { 100 } else { 450 });
    let rows: Vec<String> = (0..160).map(row).collect();
    format!("time,cpu_milli\n{}\n", rows.join("\n"))
}

#[test]
fn a_closed_loop_comes_to_rest_where_the_load_is_at_its_target() {
    let folder = folder(&[("hpa.yaml", HPA), ("load.csv", &jump())]);
    let Done { code, stdout: out, .. } =
        run(&folder, "-f hpa.yaml --metrics load.csv --mode closed -o json --chart chart.html");
    assert_eq!(code, 0);
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let syncs = value["hpas"][0]["syncs"].as_array().expect("syncs");
    assert_eq!(syncs[30]["replicas"], 2, "at its target from the start: requests and replicas of the Deployment");
    // Without behavior at most double, or 4, at a time: 2, 4, 8, 9.
    let sizes: Vec<i64> =
        syncs.iter().filter(|sync| sync["rescaled"] == true).filter_map(|s| s["replicas"].as_i64()).collect();
    assert_eq!(sizes, [4, 8, 9]);
    let page = folder.text("chart.html");
    assert!(page.contains("<svg") && page.contains("Replicas") && page.contains("order/order"));
}

#[test]
fn variants_are_put_side_by_side() {
    let patient = HPA.replace("maxReplicas: 10", "maxReplicas: 5");
    let folder = folder(&[("a.yaml", HPA), ("b.yaml", &patient), ("load.csv", &jump())]);
    let Done { code, stdout: out, .. } =
        run(&folder, "-f a.yaml -f b.yaml --metrics load.csv --mode closed -o markdown");
    assert_eq!(code, 0);
    assert!(out.contains("## Replicas side by side"), "{out}");
    assert!(out.contains("maxReplicas is 5"), "{out}");
    assert!(out.contains("| most replicas"), "{out}");
    assert!(out.contains("5 (-4)"), "{out}");
}

#[test]
fn prometheus_answers_are_read_with_their_holes() {
    let answer = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"pod":"a"},"values":[[1769856000,"0.04"],[1769856015,"0.09"],[1769856030,"NaN"],[1769856045,"0.05"]]},
        {"metric":{"pod":"b"},"values":[[1769856000,"0.06"],[1769856015,"0.09"],[1769856045,"0.05"]]}]}}"#;
    let folder = folder(&[("hpa.yaml", HPA), ("answer.json", answer)]);
    let Done { code, stdout: out, stderr: err } = run(&folder, "-f hpa.yaml --metrics cpu=answer.json --all -o csv");
    assert_eq!(code, 0);
    assert!(err.contains("answer.json: warning: data.result[0]: 1 gap, the longest of 30 s"), "{err}");
    assert!(out.contains("2026-01-31 10:40:00,cpu 50% of 50%,2,2,2,2,2,false"), "{out}");
    assert!(out.contains("2026-01-31 10:40:15,cpu 90% of 50%,2,2,4,4,4,true"), "{out}");
    assert!(out.contains("2026-01-31 10:40:30,cpu ?"), "nothing is known where both are missing: {out}");
}

#[test]
fn everything_wrong_with_a_recording_is_said_with_its_line() {
    let csv = "time,cpu_percent\n0,50\n15,70m\n30,60\n30,61\n20,10\n45,abc\n60,1,2\n300,70\n";
    let folder = folder(&[("hpa.yaml", HPA), ("bad.csv", csv)]);
    let Done { code, stdout: out, stderr: err } = run(&folder, "-f hpa.yaml --metrics bad.csv");
    assert_eq!((code, out.as_str()), (2, ""));
    for part in [
        "bad.csv:3: error: cpu: `70m` does not match the column, which is in percent",
        "bad.csv:5: error: the time `30` is there already, in line 4",
        "bad.csv:6: error: the time `20` goes back by 10 s from line 4",
        "bad.csv:7: error: cpu: `abc` is not a number",
        "bad.csv:8: error: has 3 fields, the header has 2",
        "bad.csv:9: error: a gap of 255 s",
    ] {
        assert!(err.contains(part), "{part} is missing in\n{err}");
    }
}

#[test]
fn an_object_gets_the_api_server_s_complaint() {
    let folder = folder(&[("hpa.yaml", &HPA.replace("minReplicas: 2", "minReplicas: 20")), ("load.csv", &jump())]);
    let Done { code, stderr: err, .. } = run(&folder, "-f hpa.yaml --metrics load.csv --mode closed");
    assert_eq!(code, 2);
    let complaint = "spec.maxReplicas: Invalid value: 10: must be greater than or equal to `minReplicas`";
    assert!(err.contains(complaint), "{err}");
    let line = HPA.lines().position(|line| line.contains("maxReplicas")).map_or(0, |at| at + 1);
    assert!(err.contains(&format!("hpa.yaml:{line}: error: ")), "the field's own line, {line}: {err}");
}

#[test]
fn units_that_cannot_be_right_are_refused() {
    let folder = folder(&[("hpa.yaml", HPA), ("load.csv", "time,cpu\n0,50\n15,51\n")]);
    let Done { code, stderr: err, .. } = run(&folder, "-f hpa.yaml --metrics load.csv");
    assert_eq!(code, 2);
    assert!(err.contains("510 times the request of a pod: the units do not match"), "{err}");
}

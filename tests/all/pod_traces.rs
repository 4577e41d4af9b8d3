//! Pods of other people's traces.

use crate::program::Folder;
use crate::traffic_files::shared;
use foresail::scenario::{Scenario, Sources, load};
use std::fs;

fn scenario(name: &str, bytes: &[u8]) -> Result<Scenario, String> {
    let text = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: batch\nduration: 2h\npodTrace: {name}\n\
         nodeGroups: {{pool: {{instanceTypes: [m5.2xlarge], minSize: 1, maxSize: 20}}}}\nautoscaler: {{enabled: true}}\n"
    );
    let folder = Folder::new().file(name, bytes).file("s.yaml", text);
    load(Sources::Disk, &folder.path().join("s.yaml"), &[]).map_err(|issues| issues.to_string())
}

#[test]
fn pods_of_openb_have_gpus_and_shares() {
    let text = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n\
                a,1000,1024,1,460,,LS,Running,0,600,60\nb,2000,2048,0,0,,BE,Running,30,,30\nc,500,512,2,1000,V100|T4,LS,Failed,10,70,\n";
    let read = scenario("pods.csv", text.as_bytes()).expect("pods");
    let pods = &read.cast.trace;
    let arrivals: Vec<i64> = pods.iter().map(|pod| pod.arrives.as_secs()).collect();
    assert_eq!(arrivals, [0, 10, 30]);
    let runs: Vec<i64> = pods.iter().map(|pod| pod.runs.as_secs_f64() as i64).collect();
    assert_eq!((runs[0], runs[1]), (540, 60));
    let said = read.caveats.to_string();
    for part in [
        "1 pod: a share of a GPU is asked for",
        "1 pod: models of GPUs",
        "1 pod: no deletion_time",
        "1 pod: never scheduled",
        "qos is not looked at",
    ] {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
    let bad = scenario("pods.csv", text.replace("1000,1024", "-5,1024").as_bytes()).expect_err("a bad pod");
    assert!(bad.contains("pods.csv:2: error: found cpu_milli -5"), "{bad}");
    let other = scenario("pods.csv", b"a,b\n1,2\n").expect_err("no pods");
    assert!(other.contains("found the columns a,b, expected time_s,pod"), "{other}");
}

#[test]
fn workloads_of_simkube_become_pods_that_come_and_go() {
    let object = |replicas: u32| {
        serde_json::json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": {
                "metadata": {"creationTimestamp": null, "labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web"}]}}}})
    };
    let trace = serde_json::json!({"version": 2, "config": {"trackedObjects": {}}, "pod_lifecycles": {}, "index": {}, "events": [
        {"ts": 1000, "applied_objs": [object(1)], "deleted_objs": []},
        {"ts": 1060, "applied_objs": [object(3)], "deleted_objs": []},
        {"ts": 1120, "applied_objs": [object(2)], "deleted_objs": []},
        {"ts": 1300, "applied_objs": [], "deleted_objs": [object(2)]}]});
    let lives = |read: &Scenario| -> Vec<(i64, i64)> {
        let mut all: Vec<(i64, i64)> =
            read.cast.trace.iter().map(|pod| (pod.arrives.as_secs(), pod.runs.as_secs_f64() as i64)).collect();
        all.sort_unstable();
        all
    };
    let packed = rmp_serde::to_vec_named(&trace).expect("MessagePack");
    let read = scenario("web.sktrace", &packed).expect("pods");
    assert_eq!(lives(&read), [(0, 300), (60, 60), (60, 240)]);
    let said = read.caveats.to_string();
    assert!(said.contains("1 workload, 3 pods") && said.contains("without requests"), "{said}");
    let text = scenario("web.json", trace.to_string().as_bytes()).expect("the same in JSON");
    assert_eq!(lives(&text), lives(&read));
    let cut = scenario("web.sktrace", &packed[..packed.len() / 2]).expect_err("it is cut");
    assert!(cut.contains("neither a table of pods nor a trace of SimKube"), "{cut}");
}

#[test]
fn traces_of_others_are_read() {
    if let Some(path) = shared("cluster/openb_pod_list_default.csv") {
        let read = scenario("openb.csv", &fs::read(path).expect("a trace")).expect("pods");
        assert_eq!(read.cast.trace.len(), 8152);
    }
    if let Some(path) = shared("cluster/simkube_dsb-scaling.sktrace") {
        let read = scenario("dsb.sktrace", &fs::read(path).expect("a trace")).expect("pods");
        // 27 Deployments with a pod each, and all that were added to them.
        assert!(read.cast.trace.len() > 27 + 20, "{}", read.cast.trace.len());
        let last = read.cast.trace.iter().map(|pod| pod.arrives.as_secs()).max();
        assert_eq!(last, Some(1_710_892_965 - 1_710_892_138));
        assert!(read.caveats.to_string().contains("27 workloads"), "{}", read.caveats);
    }
}

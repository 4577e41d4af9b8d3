//! Demo shops and manifests of other people: they load as they are, with caveats at most.

use crate::traffic_files::shared;
use foresail::scenario::issue::Severity;
use foresail::scenario::{Scenario, Sources, load};
use std::path::Path;

/// A scenario of a few lines: manifests, a node group, requests to a service.
fn scenario(manifests: &Path, entry: &str) -> Result<Scenario, String> {
    let traffic = match entry {
        "" => String::new(),
        name => format!("traffic: {{patterns: [{{constant: {{rate: 20}}}}], routes: {{{name}: 1}}}}\n"),
    };
    let text = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nmanifests: [{}]\nduration: 1h\n\
         nodeGroups:\n  pool: &pool {{instanceTypes: [m5.xlarge], minSize: 3, maxSize: 10}}\n  k8s-worker-asg-1: *pool\n  k8s-worker-asg-2: *pool\n\
         autoscaler: {{enabled: true}}\n{traffic}",
        manifests.display()
    );
    let folder = crate::program::Folder::new().file("s.yaml", text);
    load(Sources::Disk, &folder.path().join("s.yaml"), &[]).map_err(|issues| issues.to_string())
}

#[test]
fn shops_load_with_caveats_at_most() {
    for (name, entry, workloads) in [
        ("online-boutique", "frontend", 12),
        ("sock-shop", "front-end", 14),
        ("istio-bookinfo", "productpage", 6),
        ("social-network-openshift", "nginx-thrift", 31),
        ("kube-prometheus", "", 6),
    ] {
        let Some(folder) = shared("manifests").map(|all| all.join(name)) else { return };
        let read = scenario(&folder, entry).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(read.cast.workloads.len(), workloads, "{name}");
        assert_eq!(read.cast.traffic.is_some(), !entry.is_empty(), "{name}");
        assert!(read.caveats.iter().all(|issue| issue.severity != Severity::Error), "{name}: {}", read.caveats);
    }
}

#[test]
fn what_an_operator_makes_is_said_to_be_missing() {
    let Some(folder) = shared("manifests").map(|all| all.join("kube-prometheus")) else { return };
    let said = scenario(&folder, "").unwrap_or_else(|why| panic!("{why}")).caveats.to_string();
    for kind in ["Prometheus", "Alertmanager"] {
        assert!(said.contains(kind) && said.contains("the operator makes a StatefulSet of each"), "{kind}: {said}");
    }
}

#[test]
fn examples_of_others_load_one_by_one() {
    for (name, file) in [
        ("hpa-examples", "balancer-nginx-priority-hpa.yaml"),
        ("hpa-examples", "kubectl-get-hpa-web-v1.yaml"),
        ("hpa-examples", "vllm-gpu-hpa.yaml"),
        ("hpa-examples", "vllm-hpa.yaml"),
        ("cluster-autoscaler-aws", "cluster-autoscaler-autodiscover.yaml"),
        ("cluster-autoscaler-aws", "cluster-autoscaler-multi-asg.yaml"),
        ("cluster-autoscaler-aws", "cluster-autoscaler-one-asg.yaml"),
    ] {
        let Some(folder) = shared("manifests").map(|all| all.join(name)) else { return };
        scenario(&folder.join(file), "").unwrap_or_else(|why| panic!("{name}/{file}: {why}"));
    }
    // This one is a template that nobody has filled in.
    let Some(folder) = shared("manifests").map(|all| all.join("cluster-autoscaler-aws")) else { return };
    let said = scenario(&folder.join("cluster-autoscaler-run-on-control-plane.yaml"), "").expect_err("a template");
    assert!(said.contains("--nodes: found `{{ node_asg_min }}") && said.contains("expected min:max:name"), "{said}");
}

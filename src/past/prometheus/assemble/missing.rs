//! What nobody recorded, and which metric would tell it.

use super::workloads::Workloads;
use crate::past::prometheus::answers::Answers;
use crate::past::prometheus::queries::{QUERIES, What};
use crate::scenario::issue::{Issue, Issues};
use crate::units::counted;

/// What is lost without each.
const WANTED: &[(&[What], &str)] = &[
    (&[What::Requests], "no requests were recorded: neither traffic nor the cpu of a request can be told"),
    (&[What::Durations, What::Buckets], "no latencies were recorded: how services queue cannot be told"),
    (&[What::Cpu], "no cpu usage was recorded: what requests cost cannot be told"),
    (&[What::Memory], "no memory usage was recorded"),
    (&[What::ThrottledPeriods], "nobody recorded how often cpu limits throttle"),
    (&[What::Replicas], "nobody counted the pods of workloads: pods that used cpu are counted"),
    (&[What::Ready], "nobody counted ready pods: those that there are count as ready"),
    (&[What::PodCreated], "nobody recorded when pods were created: how long they take to start cannot be told"),
    (&[What::PodReady], "nobody recorded when pods were ready: how long they take to start cannot be told"),
    (&[What::PodNode], "nobody recorded which node pods are on"),
    (&[What::NodeCreated], "no nodes were recorded: neither their number nor how long they take to boot can be told"),
    (&[What::NodeReady], "nobody recorded when nodes were ready: how long they take to boot cannot be told"),
];

pub(super) fn tell(answers: &Answers, workloads: &Workloads, issues: &mut Issues) {
    for (whats, message) in WANTED {
        if whats.iter().all(|what| answers.of(*what).next().is_none()) {
            let mut metrics: Vec<&str> =
                QUERIES.iter().filter(|query| whats.contains(&query.what)).map(|query| query.metric).collect();
            metrics.dedup();
            issues.push(Issue::warning("Prometheus", *message).with_help(format!("record {}", metrics.join(" or "))));
        }
    }
    tell_groups(answers, issues);
    let (guessed, alone) = workloads.by_name();
    if let Some(first) = guessed.first() {
        let message = format!("{}, such as {first}, told by the ending of its name alone", pods(guessed.len()));
        issues.push(Issue::note("Prometheus", message).with_help("record kube_pod_owner or kube_pod_info"));
    }
    if let Some(first) = alone.first() {
        let message =
            format!("{}, such as {first}, with no ending of a controller's: a workload of its own", pods(alone.len()));
        issues.push(Issue::warning("Prometheus", message).with_help("record kube_pod_owner or kube_pod_info"));
    }
}

fn pods(count: usize) -> String {
    counted(count, "pod")
}

fn tell_groups(answers: &Answers, issues: &mut Issues) {
    let labelled =
        answers.lines(What::NodeLabels).any(|line| line.labels.keys().any(|label| label.starts_with("label_")));
    if !labelled && answers.of(What::NodeCreated).next().is_some() {
        let message = "labels of nodes were not recorded: which group a node is of cannot be told";
        let help = "let kube-state-metrics tell them: --metric-labels-allowlist=nodes=[*] (kube_node_labels)";
        issues.push(Issue::warning("Prometheus", message).with_help(help));
    }
}

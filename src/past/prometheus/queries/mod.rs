//! The queries: a row each. What is asked of a server, what `init --commands` prints and what a file is called after are
//! all made of this table.

mod labels;
mod table;

pub(super) use labels::GROUP_LABELS;
pub(super) use table::QUERIES;

use super::pod_names;
use std::fmt::Write as _;

/// Which exporter writes a metric. Where several know the same, the first that has data counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Set {
    Istio,
    Micrometer,
    OpenTelemetry,
    OpenTelemetryMillis,
    ClientLibrary,
    ClientDurations,
    IngressNginx,
    Cadvisor,
    CadvisorOfPods,
    KubeState,
}

impl Set {
    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Set::Istio => "Istio",
            Set::Micrometer => "Micrometer (http_server_requests)",
            Set::OpenTelemetry => "OpenTelemetry (http_server_request_duration)",
            Set::OpenTelemetryMillis => "OpenTelemetry (http_server_duration, in ms)",
            Set::ClientLibrary => "http_requests_total",
            Set::ClientDurations => "http_request_duration",
            Set::IngressNginx => "ingress-nginx",
            Set::Cadvisor => "cAdvisor",
            Set::CadvisorOfPods => "cAdvisor, whole pods",
            Set::KubeState => "kube-state-metrics",
        }
    }
    /// Seconds of one unit of its latencies.
    pub(super) fn unit_s(self) -> f64 {
        if matches!(self, Set::Istio | Set::OpenTelemetryMillis) { 1e-3 } else { 1.0 }
    }
}

/// What a query tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// Requests per second, with their status.
    Requests,
    /// Seconds (or milliseconds) of requests per second.
    Durations,
    /// Requests per second by upper bound of their latency.
    Buckets,
    Cpu,
    Memory,
    ThrottledPeriods,
    Periods,
    Replicas,
    Ready,
    PodNode,
    PodOwner,
    ReplicaSetOwner,
    PodCreated,
    PodScheduled,
    PodReady,
    NodeCreated,
    NodeLabels,
    NodeReady,
}

/// How a metric becomes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A counter: per second, over `$RATE`.
    Rate,
    /// The same; pods are named after their workload at once, for there are many series of each.
    RateOfWorkloads,
    /// A gauge as it is; of several that tell it, the largest.
    Gauge,
    /// Gauges added up.
    Sum,
    /// The least that was there at any time of `$WIDE`: an instant is the first one.
    Ever,
    /// The first instant of `$WIDE` at which it was 1, in seconds since 1970.
    FirstTrue,
}

/// A query.
#[derive(Debug)]
pub(super) struct Query {
    /// Its name, and that of its file.
    pub(super) id: &'static str,
    pub(super) set: Set,
    pub(super) what: What,
    pub(super) metric: &'static str,
    /// Label, operator (`=`, `!=`, `=~`), value.
    pub(super) matchers: &'static [(&'static str, &'static str, &'static str)],
    /// The labels that are kept.
    pub(super) by: &'static [&'static str],
    /// And these.
    pub(super) more: &'static [&'static str],
    pub(super) form: Form,
    /// What it is asked for.
    pub(super) purpose: &'static str,
}

/// What the variables of a query stand for, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    /// `$STEP`.
    pub(super) step_s: u32,
    /// `$RATE`.
    pub(super) rate_s: u32,
    /// `$WIDE`.
    pub(super) wide_s: u32,
}

impl Query {
    /// The step at which it is asked for.
    pub(super) fn step_s(&self, windows: Windows) -> u32 {
        match self.form {
            Form::Ever | Form::FirstTrue => windows.wide_s,
            _ => windows.step_s,
        }
    }

    /// In PromQL; `more` are matchers of the user's (`cluster="prod"`).
    pub(super) fn promql(&self, windows: Windows, more: &[String]) -> String {
        let own = self.matchers.iter().map(|(label, operator, value)| format!("{label}{operator}\"{value}\""));
        let matchers: Vec<String> = own.chain(more.iter().cloned()).collect();
        let mut selector = self.metric.to_owned();
        if !matchers.is_empty() {
            let _ = write!(selector, "{{{}}}", matchers.join(","));
        }
        let by = [self.by, self.more].concat().join(", ");
        let Windows { rate_s, wide_s, .. } = windows;
        match self.form {
            Form::Rate => format!("sum by ({by}) (rate({selector}[{rate_s}s]))"),
            Form::RateOfWorkloads => {
                let mut rate = format!("rate({selector}[{rate_s}s])");
                for label in ["kubernetes_pod_name", "k8s_pod_name", "pod"] {
                    rate =
                        format!("label_replace({rate}, \"workload\", \"$1\", \"{label}\", \"{}\")", pod_names::PATTERN);
                }
                format!("sum by ({by}) ({rate})")
            }
            Form::Gauge => format!("max by ({by}) ({selector})"),
            Form::Sum => format!("sum by ({by}) ({selector})"),
            Form::Ever => format!("min by ({by}) (min_over_time({selector}[{wide_s}s]))"),
            Form::FirstTrue => {
                format!("min_over_time(timestamp(max by ({by}) ({selector}) == 1)[{wide_s}s:{FIRST_TRUE_S}s])")
            }
        }
    }
}

/// How finely [`Form::FirstTrue`] looks, in seconds.
const FIRST_TRUE_S: u32 = 15;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_query_has_its_own_name_and_is_promql() {
        let ids: BTreeSet<&str> = QUERIES.iter().map(|query| query.id).collect();
        assert_eq!(ids.len(), QUERIES.len());
        let windows = Windows { step_s: 60, rate_s: 120, wide_s: 21_600 };
        let text = |id: &str| {
            let query = QUERIES.iter().find(|query| query.id == id).expect("it is there");
            query.promql(windows, &["cluster=\"prod\"".to_owned()])
        };
        assert_eq!(
            text("deployment-replicas"),
            "max by (namespace, exported_namespace, deployment) (kube_deployment_status_replicas{cluster=\"prod\"})"
        );
        assert!(text("node-ready").starts_with("min_over_time(timestamp(max by (node, exported_node) ("));
    }
}

//! What a monitoring system recorded about a cluster, on one clock: the user's own past.
//!
//! Deliberately not here: what it means for a scenario (`init` writes it as traffic and profiles, `calibrate` fits and
//! replays it).
//!
//! Start reading at [`Past`].

pub mod prometheus;
mod series;

pub use series::Series;

use std::collections::BTreeMap;

/// Recorded series of one cluster over one span of time, all of the same step and length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// The first instant, in seconds since 1970 (UTC).
    pub start_s: i64,
    /// Seconds from one instant to the next; above 0.
    pub step_s: u32,
    /// How many instants there are; every [`Series`] has as many.
    pub steps: usize,
    /// Requests per second from outside, by route (an Ingress path, or the service that answers).
    pub routes: BTreeMap<String, Series>,
    /// Requests per second from one workload to another, by their names: caller, callee. Only a service mesh sees them.
    pub calls: BTreeMap<(String, String), Series>,
    /// By the name of the workload, as `services` of a scenario has it.
    pub services: BTreeMap<String, ServicePast>,
    /// Nodes by node group; the group `""` are nodes whose labels name none.
    pub nodes: BTreeMap<String, Series>,
    /// Pods that started within the span, in order of creation.
    pub pod_starts: Vec<PodStart>,
    /// Nodes that came within the span, in order of creation.
    pub node_starts: Vec<NodeStart>,
}

/// One workload's past; what was not recorded is an empty series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServicePast {
    /// Requests per second that its pods answered, all pods together.
    pub requests: Series,
    /// Of them failed (5xx, or no answer), per second.
    pub failures: Series,
    /// Cores used by all its pods together.
    pub cpu_cores: Series,
    /// Working set of all its pods together, in bytes.
    pub memory_bytes: Series,
    /// Pods that there are.
    pub replicas: Series,
    /// Pods that are ready.
    pub ready: Series,
    /// Mean, P50, P95, P99 of its own latency over a step, in seconds.
    pub latency_s: [Series; 4],
    /// Share of the periods in which the cpu limit throttled it, 0..=1.
    pub throttled: Series,
    /// Its pods by the node group that they ran on; empty where nobody recorded nodes of pods.
    pub groups: BTreeMap<String, GroupPast>,
}

/// The pods of a workload on one node group: machines of several speeds are told apart by them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupPast {
    /// Pods that are ready.
    pub ready: Series,
    /// Cores used by them together.
    pub cpu_cores: Series,
}

/// Which of [`ServicePast::latency_s`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyFigure {
    /// Seconds of all requests over their number.
    Mean,
    /// Half are faster.
    P50,
    /// 95 of 100 are faster.
    P95,
    /// 99 of 100 are faster.
    P99,
}

impl ServicePast {
    /// The series of a figure of latency.
    pub fn latency(&self, figure: LatencyFigure) -> &Series {
        &self.latency_s[figure as usize]
    }
}

/// When a pod came to be what it is, in seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct PodStart {
    /// The workload.
    pub workload: String,
    /// When it was created.
    pub created_s: f64,
    /// When it found its node.
    pub scheduled_s: Option<f64>,
    /// When it was ready for the first time.
    pub ready_s: Option<f64>,
    /// The node.
    pub node: Option<String>,
}

/// When a node came, in seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeStart {
    /// The node.
    pub node: String,
    /// Its group; empty if its labels name none.
    pub group: String,
    /// When it registered.
    pub created_s: f64,
    /// When it was ready.
    pub ready_s: Option<f64>,
}

impl Past {
    /// How long the span is, in seconds.
    pub fn span_s(&self) -> f64 {
        self.steps as f64 * f64::from(self.step_s)
    }
    /// The part of `from..to`, in steps; cut to what there is.
    pub fn part(&self, from: usize, to: usize) -> Past {
        let to = to.min(self.steps);
        let from = from.min(to);
        let cut = |all: &BTreeMap<String, Series>| -> BTreeMap<String, Series> {
            all.iter().map(|(name, one)| (name.clone(), one.part(from, to))).collect()
        };
        let at = |step: usize| self.start_s as f64 + step as f64 * f64::from(self.step_s);
        let is_within = |seconds: f64| (at(from)..at(to)).contains(&seconds);
        Past {
            start_s: self.start_s + from as i64 * i64::from(self.step_s),
            step_s: self.step_s,
            steps: to - from,
            routes: cut(&self.routes),
            calls: self.calls.iter().map(|(names, one)| (names.clone(), one.part(from, to))).collect(),
            services: self.services.iter().map(|(name, one)| (name.clone(), one.part(from, to))).collect(),
            nodes: cut(&self.nodes),
            pod_starts: self.pod_starts.iter().filter(|pod| is_within(pod.created_s)).cloned().collect(),
            node_starts: self.node_starts.iter().filter(|node| is_within(node.created_s)).cloned().collect(),
        }
    }
}

impl ServicePast {
    fn part(&self, from: usize, to: usize) -> ServicePast {
        let cut = |series: &Series| series.part(from, to);
        ServicePast {
            requests: cut(&self.requests),
            failures: cut(&self.failures),
            cpu_cores: cut(&self.cpu_cores),
            memory_bytes: cut(&self.memory_bytes),
            replicas: cut(&self.replicas),
            ready: cut(&self.ready),
            latency_s: self.latency_s.each_ref().map(cut),
            throttled: cut(&self.throttled),
            groups: self.groups.iter().map(|(name, one)| (name.clone(), one.part(from, to))).collect(),
        }
    }
}

impl GroupPast {
    fn part(&self, from: usize, to: usize) -> GroupPast {
        GroupPast { ready: self.ready.part(from, to), cpu_cores: self.cpu_cores.part(from, to) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_its_own_start_and_what_began_in_it() {
        let series = Series::new((0..10).map(|k| Some(f64::from(k))).collect());
        let service = ServicePast { requests: series.clone(), ..ServicePast::default() };
        let start = |created_s: f64| PodStart {
            workload: "web".into(),
            created_s,
            scheduled_s: None,
            ready_s: None,
            node: None,
        };
        let past = Past {
            start_s: 1000,
            step_s: 60,
            steps: 10,
            routes: [("/".to_owned(), series)].into(),
            services: [("web".to_owned(), service)].into(),
            pod_starts: vec![start(1050.0), start(1200.0)],
            ..Past::default()
        };
        let part = past.part(3, 20);
        assert_eq!((part.start_s, part.steps, part.span_s()), (1180, 7, 420.0));
        assert_eq!(part.routes["/"].at(0), Some(3.0));
        assert_eq!(part.services["web"].requests.mean(), Some(6.0));
        assert!(part.services["web"].ready.is_empty());
        assert_eq!(part.pod_starts.len(), 1);
    }
}

//! From answers to a [`Past`]: whose each line is, and what of several that say the same counts.

mod counts;
mod doubts;
mod flows;
mod missing;
mod nodes;
mod pods;
mod workloads;

use super::answers::Answers;
use super::clock::Clock;
use crate::past::{Past, ServicePast};
use crate::scenario::issue::Issues;
use std::collections::BTreeMap;
use workloads::{Key, Workloads};

/// What was recorded of each workload, before it has a name of its own.
type Services = BTreeMap<Key, ServicePast>;

/// Makes a past of answers; workloads of other namespaces than `namespaces` are left out, unless that is empty.
pub(super) fn past(answers: &Answers, clock: Clock, namespaces: &[String], issues: &mut Issues) -> Past {
    let workloads = Workloads::of(answers, namespaces);
    let nodes = nodes::Nodes::of(answers, clock);
    let mut services = Services::new();
    counts::read(answers, clock, &workloads, &mut services);
    let pods = pods::Pods::of(answers, clock, &workloads);
    pods.fill(&nodes, &mut services);
    let flows = flows::Flows::of(answers, clock, &workloads);
    flows.fill(&mut services, issues);
    missing::tell(answers, &workloads, issues);
    doubts::tell(&services, &pods, issues);
    let names = workloads::names(services.keys(), issues);
    let named = |key: &Key| names.get(key).cloned().unwrap_or_else(|| key.workload.clone());
    Past {
        start_s: clock.start_s,
        step_s: clock.step_s,
        steps: clock.steps,
        routes: flows.routes(&workloads, issues),
        calls: flows.calls(named),
        nodes: nodes.series(),
        pod_starts: pods.starts(answers, &workloads, &named),
        node_starts: nodes.starts(),
        services: services.into_iter().map(|(key, service)| (named(&key), service)).collect(),
    }
}

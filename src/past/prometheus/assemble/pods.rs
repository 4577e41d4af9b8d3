//! What pods use, on which nodes they are, and when they began.

use super::Services;
use super::nodes::Nodes;
use super::workloads::{Key, Workloads, namespace_of};
use crate::past::prometheus::answers::Answers;
use crate::past::prometheus::clock::{Clock, Sum};
use crate::past::prometheus::matrix::Line;
use crate::past::prometheus::queries::What;
use crate::past::{GroupPast, PodStart, Series};
use std::collections::BTreeMap;

/// Namespace and name of a pod.
type Pod = (String, String);

/// Sums of the pods of a workload.
#[derive(Debug, Default)]
struct Usage {
    cpu: Sum,
    memory: Sum,
    throttled: Sum,
    periods: Sum,
    /// Pods that used cpu.
    running: Sum,
    /// By pod, while it used cpu: cores.
    pods: BTreeMap<Pod, BTreeMap<usize, f64>>,
}

/// The pods of a recording.
#[derive(Debug)]
pub(super) struct Pods {
    clock: Clock,
    usage: BTreeMap<Key, Usage>,
    node: BTreeMap<Pod, String>,
    ready_s: BTreeMap<Pod, Vec<f64>>,
}

impl Pods {
    pub(super) fn of(answers: &Answers, clock: Clock, workloads: &Workloads) -> Self {
        let mut pods = Pods {
            clock,
            usage: BTreeMap::new(),
            node: BTreeMap::new(),
            ready_s: instants(answers.lines(What::PodReady)),
        };
        for line in answers.lines(What::PodNode) {
            if let (Some(pod), Some(node)) = (pod_of(line), line.label("node")) {
                pods.node.insert(pod, node.to_owned());
            }
        }
        // Whole pods count only where containers are not told apart.
        for (_, lines) in answers.of(What::Cpu).take(1) {
            pods.add_cpu(lines, workloads);
        }
        let mut add = |what: What, sum: fn(&mut Usage) -> &mut Sum| {
            for line in answers.of(what).take(1).flat_map(|(_, lines)| lines) {
                if let Some(key) = workloads.of_pod(line) {
                    sum(pods.usage.entry(key).or_default()).add_line(clock, line, 1.0);
                }
            }
        };
        add(What::Memory, |usage| &mut usage.memory);
        add(What::ThrottledPeriods, |usage| &mut usage.throttled);
        add(What::Periods, |usage| &mut usage.periods);
        pods
    }

    fn add_cpu(&mut self, lines: &[Line], workloads: &Workloads) {
        let clock = self.clock;
        for line in lines {
            let (Some(key), Some(pod)) = (workloads.of_pod(line), pod_of(line)) else { continue };
            let usage = self.usage.entry(key).or_default();
            let own = usage.pods.entry(pod).or_default();
            for (index, cores) in clock.place(line) {
                usage.cpu.add(clock, index, cores);
                // A pod of several containers is one pod.
                if !own.contains_key(&index) {
                    usage.running.add(clock, index, 1.0);
                }
                *own.entry(index).or_default() += cores;
            }
        }
    }

    /// Gives workloads what their pods use; how many pods there are where nobody counts them.
    pub(super) fn fill(&self, nodes: &Nodes, services: &mut Services) {
        for (key, usage) in &self.usage {
            let service = services.entry(key.clone()).or_default();
            service.cpu_cores = usage.cpu.series();
            service.memory_bytes = usage.memory.series();
            service.throttled = usage.throttled.over(&usage.periods);
            if service.replicas.is_empty() {
                service.replicas = usage.running.series();
            }
            service.groups = self.groups(usage, nodes);
        }
    }

    fn groups(&self, usage: &Usage, nodes: &Nodes) -> BTreeMap<String, GroupPast> {
        let mut sums: BTreeMap<&str, (Sum, Sum)> = BTreeMap::new();
        for (pod, cores) in &usage.pods {
            let Some(node) = self.node.get(pod) else { continue };
            let (ready, cpu) = sums.entry(nodes.group(node)).or_default();
            let ready_s = self.ready_s.get(pod).and_then(|all| all.first()).copied().unwrap_or(f64::NEG_INFINITY);
            for (index, cores) in cores {
                cpu.add(self.clock, *index, *cores);
                let at_s = self.clock.start_s as f64 + *index as f64 * f64::from(self.clock.step_s);
                ready.add(self.clock, *index, if at_s >= ready_s { 1.0 } else { 0.0 });
            }
        }
        let past = |(ready, cpu): (Sum, Sum)| GroupPast { ready: ready.series(), cpu_cores: cpu.series() };
        sums.into_iter().map(|(group, sums)| (group.to_owned(), past(sums))).collect()
    }

    /// Pods of a workload that used cpu, instant by instant.
    pub(super) fn running(&self, key: &Key) -> Series {
        self.usage.get(key).map(|usage| usage.running.series()).unwrap_or_default()
    }

    /// Pods that were created within the span.
    pub(super) fn starts(
        &self,
        answers: &Answers,
        workloads: &Workloads,
        named: &dyn Fn(&Key) -> String,
    ) -> Vec<PodStart> {
        let created = instants(answers.lines(What::PodCreated));
        let scheduled = instants(answers.lines(What::PodScheduled));
        let mut keys: BTreeMap<Pod, Key> = BTreeMap::new();
        for line in answers.lines(What::PodCreated) {
            if let (Some(pod), Some(key)) = (pod_of(line), workloads.of_pod(line)) {
                keys.insert(pod, key);
            }
        }
        let within = self.clock.start_s as f64..=self.clock.end_s() as f64;
        let mut starts = Vec::new();
        for (pod, created) in created {
            let Some(key) = keys.get(&pod) else { continue };
            for (at, created_s) in created.iter().copied().enumerate().filter(|(_, at_s)| within.contains(at_s)) {
                let next_s = created.get(at + 1).copied().unwrap_or(f64::INFINITY);
                let first_in = |of: &BTreeMap<Pod, Vec<f64>>| {
                    of.get(&pod)?.iter().copied().find(|at_s| (created_s..next_s).contains(at_s))
                };
                starts.push(PodStart {
                    workload: named(key),
                    created_s,
                    scheduled_s: first_in(&scheduled),
                    ready_s: first_in(&self.ready_s),
                    node: self.node.get(&pod).cloned(),
                });
            }
        }
        starts.sort_by(|a, b| a.created_s.total_cmp(&b.created_s));
        starts
    }
}

fn pod_of(line: &Line) -> Option<Pod> {
    line.label("pod").map(|pod| (namespace_of(line).to_owned(), pod.to_owned()))
}

/// The values of each pod, which are instants, in order: pods of a StatefulSet come again under the same name. 0 is none.
fn instants<'a>(lines: impl Iterator<Item = &'a Line>) -> BTreeMap<Pod, Vec<f64>> {
    let mut all: BTreeMap<Pod, Vec<f64>> = BTreeMap::new();
    for line in lines {
        if let Some(pod) = pod_of(line) {
            all.entry(pod).or_default().extend(line.samples.iter().map(|sample| sample.1).filter(|at| *at > 0.0));
        }
    }
    for instants in all.values_mut() {
        instants.sort_by(f64::total_cmp);
        instants.dedup();
    }
    all
}

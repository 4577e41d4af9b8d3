//! What the API server fills in when a pod is created: requests, the priority, the preemption policy.
//!
//! Upstream, 1.28: `SetDefaults_Pod`, plugin/pkg/admission/limitranger and plugin/pkg/admission/priority.

use super::bounds;
use super::limit_range::{LimitRange, LimitRangeItem};
use super::pod::{Container, Pod, PodSpec};
use super::policy::PriorityClass;
use crate::scenario::issue::Issue;
use crate::units::Quantity;
use std::collections::BTreeMap;

/// The classes that are always there.
const SYSTEM_CLASSES: [(&str, i32); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

/// What was read that admission looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    classes: BTreeMap<String, PriorityClass>,
    limit_ranges: Vec<LimitRange>,
}

impl Admission {
    pub(crate) fn add_class(&mut self, class: PriorityClass) {
        self.classes.insert(class.metadata.name.clone(), class);
    }
    pub(crate) fn add_limits(&mut self, limits: LimitRange) {
        self.limit_ranges.push(limits);
    }

    /// Whether a pod has still to be admitted: the API server gives those that it lets in a uid.
    pub(crate) fn is_needed(pod: &Pod) -> bool {
        let without_priority = pod.spec.priority.is_none();
        without_priority && (pod.metadata.uid.is_empty() || !pod.spec.priority_class_name.is_empty())
    }

    /// Fills in what a pod of the namespace would get.
    ///
    /// Errors: it would be refused; the field is that of a pod.
    pub(crate) fn admit(&self, namespace: &str, spec: &mut PodSpec) -> Result<(), Issue> {
        let items: Vec<&LimitRangeItem> = self.ranges(namespace).flat_map(|range| &range.spec.limits).collect();
        for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
            defaults_to_limits(container);
            items.iter().filter(|item| item.kind == "Container").for_each(|item| item.fill(container));
        }
        self.give_priority(spec)
    }

    /// Why the API server refuses every pod of this kind, though all is known of it: a bound of the namespace. What is filled
    /// in has been.
    pub(crate) fn refusal(&self, namespace: &str, spec: &PodSpec) -> Option<String> {
        bounds::refusal(self.ranges(namespace), spec)
    }

    /// Says of a pod that is only planned that the API server would refuse it.
    pub(crate) fn doubt(&self, namespace: &str, spec: &PodSpec) -> Option<Issue> {
        let why = self.refusal(namespace, spec)?;
        let message = format!("the API server would refuse this pod, which is looked at all the same: {why}");
        Some(Issue::warning("spec.containers", message))
    }

    fn ranges<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a LimitRange> + Clone {
        self.limit_ranges.iter().filter(move |range| range.metadata.namespace_or_default() == namespace)
    }

    fn give_priority(&self, spec: &mut PodSpec) -> Result<(), Issue> {
        if spec.priority.is_some() {
            return Ok(());
        }
        let name = spec.priority_class_name.as_str();
        if let Some((_, value)) = SYSTEM_CLASSES.iter().find(|(system, _)| *system == name) {
            spec.priority = Some(*value);
            return Ok(());
        }
        let class = if name.is_empty() { self.default_class() } else { self.classes.get(name) };
        let Some(class) = class else {
            return if name.is_empty() { Ok(()) } else { Err(self.unknown(name)) };
        };
        spec.priority = Some(class.value);
        spec.preemption_policy = spec.preemption_policy.take().or_else(|| class.preemption_policy.clone());
        Ok(())
    }

    /// Of several the lowest counts. Upstream: `getDefaultPriorityClass`.
    fn default_class(&self) -> Option<&PriorityClass> {
        self.classes.values().filter(|class| class.global_default).min_by_key(|class| class.value)
    }

    fn unknown(&self, name: &str) -> Issue {
        let issue = Issue::error("spec.priorityClassName", format!("there is no PriorityClass `{name}`"));
        let issue = issue.with_help("the API server refuses the pod; kubectl get priorityclasses -o yaml prints them");
        issue.suggest(name, self.classes.keys().map(String::as_str))
    }
}

/// Requests that are not there are the limits.
fn defaults_to_limits(container: &mut Container) {
    let resources = &mut container.resources;
    for (name, limit) in &resources.limits {
        resources.requests.entry(name.clone()).or_insert(*limit);
    }
}

impl LimitRangeItem {
    fn fill(&self, container: &mut Container) {
        let resources = &mut container.resources;
        fill(&mut resources.limits, &self.default_limits());
        fill(&mut resources.requests, &self.default_requests());
    }
}

fn fill(amounts: &mut BTreeMap<String, Quantity>, defaults: &BTreeMap<String, Quantity>) {
    for (name, amount) in defaults {
        amounts.entry(name.clone()).or_insert(*amount);
    }
}

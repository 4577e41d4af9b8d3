//! `workloads.NAME.requests`: other requests than the manifests', as a change of these would bring them.

use super::scene::{Scene, there_are};
use crate::scenario::file::Requests;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::meta::ObjectMeta;
use crate::scenario::kubernetes::pod::PodSpec;
use crate::units::Quantity;

/// Puts what the scenario says of a workload into its first container.
///
/// Upstream: no request is above its limit: `ValidateContainerResourceRequirements`, 1.28.
pub(super) fn patch(scene: &Scene<'_>, metadata: &ObjectMeta, spec: &mut PodSpec, issues: &mut Issues) {
    let full = format!("{}/{}", metadata.namespace_or_default(), metadata.name);
    let rows = &scene.file.workloads;
    let Some((key, row)) = rows.get_key_value(&full).or_else(|| rows.get_key_value(&metadata.name)) else { return };
    let Requests { cpu, memory } = row.requests;
    let Some(first) = spec.containers.first_mut() else { return };
    for (name, amount) in [("cpu", cpu), ("memory", memory)] {
        let Some(amount) = amount else { continue };
        if let Some(limit) = first.resources.limits.get(name).filter(|limit| amount > **limit) {
            let message = format!("{limit} is below what workloads.{key}.requests asks for, {amount}");
            issues.push(Issue::error(format!("spec.template.spec.containers[0].resources.limits.{name}"), message));
        }
        first.resources.requests.insert(name.to_owned(), amount);
    }
}

/// Complains about names that no workload has, and about requests of nothing.
pub(super) fn check(scene: &Scene<'_>, issues: &mut Issues) {
    if scene.file.workloads.is_empty() {
        return;
    }
    let objects = scene.objects;
    let mut all: Vec<&ObjectMeta> = Vec::new();
    for kind in [&objects.deployments, &objects.stateful_sets, &objects.daemon_sets, &objects.replica_sets] {
        all.extend(kind.iter().map(|(_, object)| &object.metadata));
    }
    all.extend(objects.jobs.iter().map(|(_, object)| &object.metadata));
    all.extend(objects.cron_jobs.iter().map(|(_, object)| &object.metadata));
    all.extend(objects.pods.iter().map(|(_, object)| &object.metadata));
    for (name, row) in &scene.file.workloads {
        let is_it = |row: &&ObjectMeta| {
            row.name == *name || name.split_once('/') == Some((row.namespace_or_default(), row.name.as_str()))
        };
        if !all.iter().any(is_it) {
            let mut known: Vec<&str> = all.iter().map(|row| row.name.as_str()).collect();
            known.sort_unstable();
            known.dedup();
            let issue = Issue::error(format!("workloads.{name}"), format!("there is no workload `{name}`"));
            issues.push(issue.with_help(there_are(&known)).suggest(name, known.iter().copied()));
        }
        for (field, amount) in [("cpu", row.requests.cpu), ("memory", row.requests.memory)] {
            if let Some(amount) = amount.filter(|amount| *amount <= Quantity::ZERO) {
                let message = format!("found {amount}, expected more than nothing");
                issues.push(Issue::error(format!("workloads.{name}.requests.{field}"), message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::embedded;

    #[test]
    fn a_workload_asks_for_what_the_scenario_says() {
        let requests = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
            let cast = embedded(&sets).unwrap_or_else(|issues| panic!("{issues}")).cast;
            let row = cast.workloads.values().find(|row| cast.cluster.symbols.text(row.name) == "order-service");
            cast.cluster.spec(row.expect("the workload").template).containers[0].requests.clone()
        };
        let (before, after) = (requests(&[]), requests(&["workloads.order-service.requests.cpu=123m"]));
        assert_eq!((after.cpu_milli, after.memory_bytes), (123, before.memory_bytes));
        assert_ne!(before.cpu_milli, 123);
    }

    #[test]
    fn strangers_and_requests_of_nothing_are_refused() {
        let cases = [
            ("workloads.oder-service.requests.cpu=1", "did you mean `order-service`?"),
            ("workloads.order-service.requests.cpu=0", "expected more than nothing"),
            (
                "workloads.order-service.requests.memory=900Gi",
                "is below what workloads.order-service.requests asks for",
            ),
        ];
        for (set, words) in cases {
            let issues = embedded(&[set.to_owned()]).err().unwrap_or_else(|| panic!("{set} is taken"));
            assert!(issues.to_string().contains(words), "{set}: {issues}");
        }
    }
}

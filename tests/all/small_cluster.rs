//! A small cluster in which tests let things happen, to the second.

use foresail::cluster::{Pod, PodId};
use foresail::id::Id;
use foresail::scenario::{Sources, load};
use foresail::sim::log::Occurrence;
use foresail::sim::outcome::Outcome;
use foresail::study::Study;
use foresail::units::SimDuration;
use std::fs;

/// Two nodes without an autoscaler, in the recordings' world: whole seconds, reactions at once.
pub(crate) const HEAD: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: lives\nmanifests: [objects.yaml]\nfidelity: lockstep\n\
    cluster: {region: us-east-1, zones: [us-east-1a]}\n\
    nodeGroups:\n  base: {instanceTypes: [m5.xlarge], minSize: 2, maxSize: 2, desiredSize: 2}\n";

/// One replication with a point of the timeline every second.
pub(crate) fn run(scenario: &str, objects: &str) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("scenario.yaml"), scenario).expect("written");
    fs::write(folder.path().join("objects.yaml"), objects).expect("written");
    let loaded = load(Sources::Disk, &folder.path().join("scenario.yaml"), &[]);
    let loaded = loaded.unwrap_or_else(|issues| panic!("{issues:?}\n{scenario}\n{objects}"));
    let mut study = Study::of(&loaded);
    study.timeline_every = SimDuration::from_secs(1);
    study.replicate(0)
}

/// A Deployment with one container; `spec` and `container` are added to what they are called after.
pub(crate) fn deployment(name: &str, spec: &str, cpu: &str, container: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers:\n        - name: main\n          image: {name}\n          \
         resources: {{requests: {{cpu: {cpu}, memory: 64Mi}}, limits: {{memory: 128Mi}}}}\n          {container}\n"
    )
}

pub(crate) fn times(outcome: &Outcome, wanted: impl Fn(&Occurrence) -> bool) -> Vec<i64> {
    outcome.log.records().values().filter(|record| wanted(&record.what)).map(|record| record.at.as_secs()).collect()
}

/// Every pod that ever was, by the beginning of its name.
pub(crate) fn pods<'a>(outcome: &'a Outcome, name: &str) -> Vec<(String, &'a Pod)> {
    let all = (0..outcome.cluster.pod_id_bound()).map(PodId::from_index);
    let named = all.map(|id| (outcome.cluster.pod_name(id), outcome.cluster.pod(id)));
    named.filter(|(own, _)| own.starts_with(name)).collect()
}

/// A StatefulSet of three pods.
pub(crate) const STATEFUL: &str = "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 3\n  serviceName: db\n  \
    selector: {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec:\n      containers:\n        \
    - {name: main, image: db, resources: {requests: {cpu: 500m, memory: 256Mi}}}\n";

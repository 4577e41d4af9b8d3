//! Dumps of clusters, and the scheduler's configuration: `schedule`, `autoscale`, `scrub` and `init`.

use super::place::{parts, within};
use super::{accepted, refused};
use foresail::dry_run::autoscale::{self, Forecast, Request};
use foresail::dry_run::schedule;
use foresail::init::{Open, Wanted, draft, entries};
use foresail::recorded::FromPast;
use foresail::scenario::inventory;
use foresail::scenario::kubernetes::scrub::scrub_files;
use foresail::scenario::snapshot::{self, Snapshot, Whose};
use foresail::scheduler::{Rules, Scheduler, Ties};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const CLUSTER: &[u8] = include_bytes!("../../tests/mutations/schedule/cluster.yaml");
/// So many loops of the autoscaler.
const LOOPS: usize = 3;
/// More pods than this are only read.
const MOST_PODS: usize = 200;

fn name_of(data: &[u8]) -> &'static str {
    if data.first() == Some(&b'{') { "dump.json" } else { "dump.yaml" }
}

/// Pending pods are placed, or have a reason.
fn place(read: Snapshot) {
    let Snapshot { mut cluster, pending, profiles, release, .. } = read;
    if pending.len() > MOST_PODS {
        return;
    }
    let profiles = profiles.unwrap_or_default().with_rules(Rules::of(&release));
    let mut scheduler = Scheduler::new(profiles, Ties::SmallestName);
    let run = schedule::place(&mut cluster, &mut scheduler, &pending, pending.last().copied());
    for (_, diagnosis) in &run.waiting {
        assert!(!diagnosis.message().is_empty());
    }
}

fn scheduled(files: &[PathBuf], configuration: Option<&Path>) {
    let whose = Whose::OfNodes(BTreeMap::new());
    if let Some(read) = accepted(snapshot::load(files, configuration, whose)) {
        place(read);
    }
}

fn autoscaled(files: Vec<PathBuf>, node_groups: Option<PathBuf>) {
    let request = Request { files, node_groups, ..Request::default() };
    let Some(loaded) = accepted(autoscale::load(&request)) else { return };
    let mut now = loaded.now;
    let mut forecast = Forecast::new(loaded);
    for _ in 0..LOOPS {
        if forecast.surroundings.pending().len() > MOST_PODS {
            return;
        }
        let outcome = forecast.decide(now);
        forecast.act(now, &outcome);
        now += forecast.pause(&outcome);
        forecast.advance(now);
    }
}

/// What a scrubbed dump has is read again.
fn scrubbed(path: &Path) {
    let mut out = Vec::new();
    if let Err(issues) = scrub_files(&[path.to_owned()], &mut out) {
        return refused(&issues);
    }
    let _: serde_json::Value = serde_json::from_slice(&out).expect("a scrubbed dump is JSON");
}

fn drafted(path: &Path) {
    let Some(found) = accepted(inventory(&[path.to_owned()])) else { return };
    let _ = entries(&found);
    let wanted = Wanted {
        name: "fuzz".to_owned(),
        manifests: vec!["dump".to_owned()],
        infrastructure: Vec::new(),
        open: Open::default(),
        region: None,
        recorded: FromPast::default(),
        traffic_file: "traffic.csv".to_owned(),
        is_scrubbed: false,
    };
    assert!(draft(&found, &wanted).yaml.contains("kind: Scenario"));
}

/// A dump through all of them; `%% groups` has node groups.
pub(super) fn dump(data: &[u8]) {
    let given = parts(data);
    let body = given.iter().find(|(name, _)| name.is_empty()).map_or(&[][..], |(_, body)| body);
    let groups = given.iter().find(|(name, _)| *name == "groups").map(|(_, body)| *body);
    let name = name_of(body);
    let mut files = vec![(name, body)];
    files.extend(groups.map(|groups| ("groups.yaml", groups)));
    within(&files, |folder| {
        let path = folder.join(name);
        scheduled(std::slice::from_ref(&path), None);
        autoscaled(vec![path.clone()], groups.map(|_| folder.join("groups.yaml")));
        scrubbed(&path);
        drafted(&path);
    });
}

/// A KubeSchedulerConfiguration over a cluster.
pub(super) fn configuration(data: &[u8]) {
    within(&[("dump.yaml", CLUSTER), ("k.yaml", data)], |folder| {
        scheduled(&[folder.join("dump.yaml")], Some(&folder.join("k.yaml")));
    });
}

//! Scheduler recordings: every attempt's feasible nodes, reasons, scores, ties, choice and victims.

use crate::runner::Controller;
use foresail::cluster::{ClusterState, NodeId, PodId};
use foresail::release::{Gate, KubernetesVersion, Release};
use foresail::scenario::kubernetes::Converter;
use foresail::scenario::kubernetes::dump::Loaded;
use foresail::scheduler::{Attempt, Decision, PreFilterError, Profile, Rules, Scheduler, Ties};
use foresail::units::{SimDuration, SimTime};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The scheduler's recordings.
pub(crate) const SCHEDULER: Controller = Controller::versioned("scheduler", judge);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    theme: String,
    config: Value,
    objects: Vec<Value>,
    pending: Vec<Value>,
    /// As their user wrote them; the API server makes `pending` of them.
    #[serde(default)]
    raw_pending: Vec<Value>,
    expect: Vec<Expected>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Expected {
    pod: String,
    pass: u32,
    gated: Option<Value>,
    feasible: Option<Vec<String>>,
    feasible_count: Option<usize>,
    rejected: Option<BTreeMap<String, Vec<String>>>,
    rejected_by: Option<BTreeMap<String, String>>,
    rejected_summary: Option<BTreeMap<String, usize>>,
    unresolvable: Option<Vec<String>>,
    pre_filter: Option<String>,
    error: Option<String>,
    scores: Option<BTreeMap<String, i64>>,
    plugin_scores: Option<BTreeMap<String, BTreeMap<String, i64>>>,
    best: Option<Vec<String>>,
    best_score: Option<i64>,
    node: Option<String>,
    preemption: Option<ExpectedPreemption>,
    post_filter: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ExpectedPreemption {
    nominated: String,
    victims: Vec<String>,
    pdb_violations: i32,
    ties: Vec<String>,
    candidates: BTreeMap<String, ExpectedCandidate>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ExpectedCandidate {
    victims: Vec<String>,
    pdb_violations: i32,
}

fn judge(text: &str, version: KubernetesVersion) -> Result<(), String> {
    let case: Case = serde_json::from_str(text).map_err(|e| format!("unreadable case: {e}"))?;
    replay(&case, &case.pending, version)?;
    let raw = |why| format!("as written: {why}");
    if case.raw_pending.is_empty() { Ok(()) } else { replay(&case, &case.raw_pending, version).map_err(raw) }
}

fn replay(case: &Case, pending_objects: &[Value], version: KubernetesVersion) -> Result<(), String> {
    let rules = rules(case, version)?;
    let mut cluster = ClusterState::new();
    let epoch: jiff::Timestamp = "2025-01-01T00:00:00Z".parse().map_err(|e| format!("{e}"))?;
    let mut converter = Converter::new(&mut cluster, epoch).by(rules);
    let first = ["Node", "Namespace"];
    let is_first = |object: &&Value| first.iter().any(|kind| object["kind"] == *kind);
    for object in case.objects.iter().filter(is_first).chain(case.objects.iter().filter(|o| !is_first(o))) {
        converter.add(object).map_err(|e| format!("unreadable object: {e}"))?;
    }
    let mut pending = Vec::new();
    for object in pending_objects {
        match converter.add(object).map_err(|e| format!("unreadable pod: {e}"))? {
            Loaded::Pod(pod) => pending.push(pod),
            _ => return Err("a pending object that is no pod".into()),
        }
    }
    let profile = Profile { rules, ..converter.recorded_profile(&case.config) };
    let mut replay = Replay {
        cluster,
        quick: Scheduler::new(profile.clone(), Ties::SmallestName),
        scheduler: Scheduler::new(profile, Ties::SmallestName),
        bound: 0,
        expected: case.expect.iter(),
    };
    replay.run(pending)
}

/// Those of the version, as it was run.
fn rules(case: &Case, version: KubernetesVersion) -> Result<Rules, String> {
    let mut release = Release::of(version);
    if release.is_on(Gate::OpportunisticBatching) {
        release.switch(Gate::OpportunisticBatching, case.theme == "batch")?;
    }
    Ok(Rules::of(&release))
}

struct Replay<'a> {
    cluster: ClusterState,
    scheduler: Scheduler,
    /// Another one, which decides from memory.
    quick: Scheduler,
    bound: i64,
    expected: std::slice::Iter<'a, Expected>,
}

impl Replay<'_> {
    fn run(&mut self, pending: Vec<PodId>) -> Result<(), String> {
        let is_gated = |pod: &PodId| !self.cluster.spec_of(*pod).scheduling_gates.is_empty();
        let (gated, mut waiting): (Vec<PodId>, Vec<PodId>) = pending.into_iter().partition(is_gated);
        for pod in gated {
            let row = self.expected.next().ok_or("fewer attempts were recorded")?;
            if row.gated.is_none() || row.pod != self.cluster.pod_key(pod) {
                return Err(format!("{} is gated, recorded {}", self.cluster.pod_key(pod), row.pod));
            }
        }
        waiting.sort_by_key(|pod| std::cmp::Reverse(self.cluster.spec_of(*pod).priority));
        waiting
            .iter()
            .filter(|pod| self.cluster.pod(**pod).nominated.is_some())
            .for_each(|pod| [&mut self.scheduler, &mut self.quick].into_iter().for_each(|s| s.nominated(*pod)));
        for _ in 1..=4 {
            let mut preempted = false;
            for pod in waiting.clone() {
                let row = self.expected.next().ok_or("fewer attempts were recorded")?;
                preempted |= self.attempt(pod, row)?;
            }
            waiting.retain(|pod| self.cluster.pod(*pod).node().is_none());
            if !preempted || waiting.is_empty() {
                break;
            }
        }
        match self.expected.next() {
            Some(more) => Err(format!("one more attempt was recorded: {}", more.pod)),
            None => Ok(()),
        }
    }

    /// One attempt; whether it preempted.
    fn attempt(&mut self, pod: PodId, row: &Expected) -> Result<bool, String> {
        let name = self.cluster.pod_key(pod);
        if row.pod != name {
            return Err(format!("we try {name}, recorded {}", row.pod));
        }
        let quick = self.quick.decide(&self.cluster, pod).ok();
        let attempt = self.scheduler.schedule(&self.cluster, pod);
        let plain =
            if let Decision::Bind(node) = attempt.decision { Some((node, attempt.volumes.clone())) } else { None };
        same("the quick decision", &quick, &plain).map_err(|e| format!("{name}: {e}"))?;
        self.compare(&attempt, row).map_err(|e| format!("{name}, pass {}: {e}", row.pass))?;
        match &attempt.decision {
            Decision::Bind(node) => {
                self.cluster.assume_volumes(&attempt.volumes, *node);
                self.cluster.bind(pod, *node);
                self.cluster.set_nominated(pod, None);
                self.cluster.set_started(pod, Some(SimTime::ZERO + SimDuration::from_secs(self.bound)));
                self.bound += 1;
            }
            Decision::Preempt(preemption) => {
                preemption.victims.iter().for_each(|victim| self.cluster.remove_pod(*victim));
                preemption.cleared.iter().for_each(|other| self.cluster.set_nominated(*other, None));
                let node = self.cluster.node(preemption.node).name;
                self.cluster.set_nominated(pod, Some(node));
                [&mut self.scheduler, &mut self.quick].into_iter().for_each(|scheduler| scheduler.nominated(pod));
                return Ok(true);
            }
            Decision::Wait { clear_nomination: true, .. } | Decision::Failed(_) => {
                self.cluster.set_nominated(pod, None);
            }
            Decision::Wait { .. } => {}
        }
        Ok(false)
    }

    fn compare(&self, attempt: &Attempt, row: &Expected) -> Result<(), String> {
        let cluster = &self.cluster;
        let name = |id: &NodeId| cluster.node_name(*id).to_owned();
        let names = |ids: &[NodeId]| ids.iter().map(name).collect::<BTreeSet<_>>();
        let listed = |list: &Option<Vec<String>>| list.iter().flatten().cloned().collect::<BTreeSet<_>>();
        let short = row.feasible_count.is_some() && row.rejected.is_none() && row.feasible.is_none();
        if let Some(count) = row.feasible_count {
            same("number of feasible nodes", &attempt.feasible.len(), &count)?;
        }
        if let Some(summary) = &row.rejected_summary {
            let diagnosis = attempt.diagnosis(cluster);
            same("rejections", &diagnosis.reasons, summary)?;
        }
        if !short {
            same("feasible", &names(&attempt.feasible), &listed(&row.feasible))?;
        }
        // Of a pod that PreFilter refused 1.31 lists each node with PreFilter's words, the others none.
        if !short && row.pre_filter.is_none() {
            let reasons = |rejection: &foresail::scheduler::Rejection| {
                let mut list: Vec<String> = rejection.reasons.iter().map(|r| r.text(&cluster.symbols)).collect();
                list.sort();
                list.dedup();
                list
            };
            let rejected: BTreeMap<_, _> = attempt.rejections.iter().map(|(id, r)| (name(id), reasons(r))).collect();
            same("rejected", &rejected, row.rejected.as_ref().unwrap_or(&BTreeMap::new()))?;
            let by: BTreeMap<_, _> = attempt.rejections.iter().map(|(id, r)| (name(id), r.plugin.name())).collect();
            same("rejectedBy", &by, row.rejected_by.as_ref().unwrap_or(&BTreeMap::new()))?;
            let unresolvable = attempt.rejections.iter().filter(|(_, r)| r.unresolvable).map(|(id, _)| name(id));
            same("unresolvable", &unresolvable.collect(), &listed(&row.unresolvable))?;
            self.compare_scores(attempt, row)?;
        }
        let pre_filter = match &attempt.pre_filter {
            Some(PreFilterError::Unschedulable(_, why)) => Some(why.clone()),
            _ => None,
        };
        same("preFilter", &pre_filter, &row.pre_filter)?;
        if row.best.is_some() {
            same("best", &names(&attempt.best), &listed(&row.best))?;
        }
        if let (Some(best), false) = (row.best_score, attempt.scores.is_empty()) {
            same("best score", &attempt.scores.iter().map(|s| s.total()).max().unwrap_or(0), &best)?;
        }
        let bound = if let Decision::Bind(node) = &attempt.decision { Some(name(node)) } else { None };
        same("node", &bound, &row.node)?;
        same("failed", &matches!(attempt.decision, Decision::Failed(_)), &row.error.is_some())?;
        if let (Decision::Wait { .. }, Some(expected)) = (&attempt.decision, &row.post_filter) {
            let ours = attempt.diagnosis(cluster).post_filter;
            same("postFilter", &ours.trim_start_matches("preemption: "), &expected.trim_start_matches("preemption: "))?;
        }
        self.compare_preemption(attempt, row)
    }

    fn compare_scores(&self, attempt: &Attempt, row: &Expected) -> Result<(), String> {
        let name = |id: &NodeId| self.cluster.node_name(*id).to_owned();
        let scored = || attempt.feasible.iter().zip(&attempt.scores);
        let totals: BTreeMap<_, _> = scored().map(|(id, scores)| (name(id), scores.total())).collect();
        let by_plugin: BTreeMap<_, BTreeMap<String, i64>> = scored()
            .map(|(id, scores)| {
                let rows = scores.rows.iter().filter(|(_, score)| *score != 0);
                (name(id), rows.map(|(plugin, score)| (plugin.name(), *score)).collect())
            })
            .collect();
        same("pluginScores", &by_plugin, row.plugin_scores.as_ref().unwrap_or(&BTreeMap::new()))?;
        same("scores", &totals, row.scores.as_ref().unwrap_or(&BTreeMap::new()))
    }

    fn compare_preemption(&self, attempt: &Attempt, row: &Expected) -> Result<(), String> {
        let (Decision::Preempt(ours), Some(real)) = (&attempt.decision, &row.preemption) else {
            return same(
                "preemption",
                &matches!(attempt.decision, Decision::Preempt(_)),
                &row.preemption.as_ref().is_some_and(|p| !p.nominated.is_empty()),
            );
        };
        let keys = |pods: &[PodId]| pods.iter().map(|pod| self.cluster.pod_key(*pod)).collect::<Vec<_>>();
        let name = |id: &NodeId| self.cluster.node_name(*id).to_owned();
        same("nominated", &name(&ours.node), &real.nominated)?;
        same("victims", &keys(&ours.victims), &real.victims)?;
        same("pdbViolations", &ours.pdb_violations, &real.pdb_violations)?;
        if !real.candidates.is_empty() {
            let candidates: BTreeMap<_, _> =
                ours.candidates.iter().map(|(id, victims, count)| (name(id), (keys(victims), *count))).collect();
            let recorded = real.candidates.iter().map(|(n, c)| (n.clone(), (c.victims.clone(), c.pdb_violations)));
            same("candidates", &candidates, &recorded.collect())?;
        }
        same("ties", &ours.ties.iter().map(name).collect::<BTreeSet<_>>(), &real.ties.iter().cloned().collect())
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: &T, real: &T) -> Result<(), String> {
    let short = |value: &T| format!("{value:?}").chars().take(600).collect::<String>();
    if ours == real { Ok(()) } else { Err(format!("{what}: ours {}, real {}", short(ours), short(real))) }
}

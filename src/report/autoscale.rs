//! What Cluster Autoscaler would do: one model per loop, drawn as table, JSON or Markdown.

use super::autoscale_words::{ended_early, left_aside, reason, unlike};
use crate::autoscaler::drain::budgets_of;
use crate::autoscaler::{GroupView, Groups, LoopOutcome, OptionSummary, SkipReason, Unremovable};
use crate::cluster::{ClusterState, NodeId, Phase, PodId};
use crate::id::GroupId;
use crate::units::{SimTime, finite};
use comfy_table::{Table, presets};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The state of a node whose drain cannot end.
const IN_VAIN: &str = "drained in vain";
/// The verdict on the group that grows.
const CHOSEN: &str = "chosen";

/// One loop's decisions, for people.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct AutoscaleLoop {
    /// Seconds after the first loop.
    pub at_seconds: i64,
    pub scale_up_result: String,
    pub error: Option<String>,
    pub groups: Vec<GroupRow>,
    pub increases: Vec<IncreaseRow>,
    pub pending: Vec<PendingRow>,
    pub scale_down_result: String,
    pub nodes: Vec<NodeRow>,
}

/// A node group as an alternative.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct GroupRow {
    pub group: String,
    pub min: i32,
    pub max: i32,
    pub target: i32,
    /// Chosen, an alternative, skipped (and why) or of no help.
    pub verdict: String,
    pub new_nodes: Option<i32>,
    pub pods_helped: Option<usize>,
    /// Least-waste's score: the smaller, the less is wasted.
    pub waste: Option<f64>,
    /// By expander of the chain: what it makes of the alternative. The most for `most-pods`, else the least wins.
    pub scores: BTreeMap<String, f64>,
    /// Of the new nodes together; absent where the price is not known.
    pub usd_per_hour: Option<f64>,
    pub similar: Vec<String>,
    /// Other groups that take part, and why the new nodes are not divided with them, if that is asked for.
    pub not_similar: BTreeMap<String, String>,
}

/// A group grows.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct IncreaseRow {
    pub group: String,
    pub from: i32,
    pub to: i32,
    pub refused: bool,
    pub usd_per_hour: Option<f64>,
}

/// Pods of one owner with one fate.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct PendingRow {
    /// The owner, or the pod that has none.
    pub pods: String,
    pub count: usize,
    pub outcome: String,
    /// Why not, by group.
    pub reasons: BTreeMap<String, String>,
}

/// A node that could go.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct NodeRow {
    pub node: String,
    pub group: String,
    /// Deleted, drained in vain, unneeded or stays.
    pub state: String,
    /// 0..=1.
    pub utilization: Option<f64>,
    pub unneeded_seconds: Option<i64>,
    pub why: String,
    pub blocked_by_pod: Option<String>,
    pub pods_to_move: Option<usize>,
}

/// What is needed to tell a loop.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// The cluster as the loop saw it.
    pub cluster: &'a ClusterState,
    /// The groups as the loop saw them.
    pub groups: &'a Groups<'a>,
    /// The pods that had no node.
    pub waiting: &'a [PodId],
    /// The first loop.
    pub begin: SimTime,
    /// This loop.
    pub now: SimTime,
}

impl AutoscaleLoop {
    /// Tells an outcome.
    pub fn new(told: Told<'_>, outcome: &LoopOutcome) -> Self {
        let down = outcome.scale_down.as_ref();
        AutoscaleLoop {
            at_seconds: told.now.since(told.begin).as_secs(),
            scale_up_result: format!("{:?}", outcome.scale_up.result),
            error: outcome.error.map(str::to_owned),
            groups: told.group_rows(outcome),
            increases: told.increases(outcome),
            pending: told.pending(outcome),
            scale_down_result: down.map_or("NotTried".into(), |down| format!("{:?}", down.result)),
            nodes: told.node_rows(outcome),
        }
    }

    /// Whether something was decided.
    pub fn is_eventful(&self) -> bool {
        !self.increases.is_empty() || self.nodes.iter().any(NodeRow::is_going)
    }
}

impl NodeRow {
    /// Whether its removal begins.
    pub fn is_going(&self) -> bool {
        self.state == "deleted" || self.state == IN_VAIN
    }
}

/// What the expanders that count something make of an option; no figure where there is none, as of machines without capacity.
fn finite_scores(option: Option<&OptionSummary>) -> BTreeMap<String, f64> {
    let scores = option.iter().flat_map(|option| &option.scores).filter(|(_, score)| score.is_finite());
    scores.map(|(expander, score)| (expander.name().into(), *score)).collect()
}

impl Told<'_> {
    fn cost(&self, group: GroupId, nodes: i32) -> Option<f64> {
        self.groups[group].price.map(|price| price * f64::from(nodes))
    }

    fn group_rows(&self, outcome: &LoopOutcome) -> Vec<GroupRow> {
        let up = &outcome.scale_up;
        let name = |at: &GroupId| self.groups[*at].name.to_owned();
        let row = |(at, view): (GroupId, &GroupView<'_>)| {
            let option = up.options.iter().find(|option| option.group == at);
            let skipped = up.skipped.iter().find(|(group, _)| *group == at);
            let verdict = match (option, skipped) {
                (Some(_), _) if up.chosen == Some(at) => CHOSEN.to_owned(),
                (Some(_), _) if up.best.contains(&at) => "as good, lost the draw".to_owned(),
                (Some(option), _) if option.unpriced => "left out by price: not known".to_owned(),
                (Some(_), _) => "alternative".to_owned(),
                (_, Some((_, why))) => self.skipped(*why),
                _ if up.pending.is_none() => String::new(),
                _ => "helps no pending pod".to_owned(),
            };
            GroupRow {
                group: view.name.to_owned(),
                min: view.min,
                max: view.max,
                target: view.target,
                verdict,
                new_nodes: option.map(|option| option.nodes),
                pods_helped: option.map(|option| option.pods.len()),
                waste: option.map(|option| option.waste).filter(|waste| waste.is_finite()),
                scores: finite_scores(option),
                usd_per_hour: option.and_then(|option| self.cost(at, option.nodes)),
                similar: option.map_or_else(Vec::new, |option| option.similar.iter().map(name).collect()),
                not_similar: option
                    .iter()
                    .flat_map(|option| &option.unlike)
                    .map(|(other, why)| (name(other), unlike(self.cluster, why)))
                    .collect(),
            }
        };
        self.groups.iter().map(row).collect()
    }

    fn skipped(&self, why: SkipReason) -> String {
        match why {
            SkipReason::Backoff(until) => format!("{why} until +{} s", until.since(self.begin).as_secs()),
            _ => why.to_string(),
        }
    }

    fn increases(&self, outcome: &LoopOutcome) -> Vec<IncreaseRow> {
        let row = |increase: &crate::autoscaler::Increase| IncreaseRow {
            group: self.groups[increase.group].name.to_owned(),
            from: increase.from,
            to: increase.to,
            refused: increase.fails,
            usd_per_hour: self.cost(increase.group, increase.to - increase.from),
        };
        outcome.scale_up.increases.iter().map(row).collect()
    }

    fn pending(&self, outcome: &LoopOutcome) -> Vec<PendingRow> {
        let up = &outcome.scale_up;
        let helped = up.options.iter().find(|option| Some(option.group) == up.chosen);
        let done = up.has_grown();
        let mut rows: Vec<PendingRow> = Vec::new();
        for pod in self.waiting {
            let in_need = up.pending.as_ref().is_some_and(|list| list.contains(pod));
            let fate = if done && helped.is_some_and(|option| option.pods.contains(pod)) {
                "gets a new node"
            } else if up.remain.contains(pod) && up.pending.is_some() {
                "fits no group"
            } else if up.awaiting.contains(pod) {
                "fits another group: next loop"
            } else if in_need {
                "waits for a later loop"
            } else if let Some(why) = outcome.ended {
                ended_early(why)
            } else if let Some((_, why)) = up.left_aside.iter().find(|(other, _)| other == pod) {
                left_aside(*why)
            } else {
                "fits an existing or upcoming node"
            };
            let pods = self.owner(*pod);
            match rows.iter_mut().find(|row| row.pods == pods && row.outcome == fate) {
                Some(row) => row.count += 1,
                None => {
                    let sample = up.rejected.iter().find(|(sample, _)| self.owner(*sample) == pods);
                    let why = sample.filter(|_| fate.starts_with("fits no") || fate.starts_with("fits another"));
                    let reasons = why.into_iter().flat_map(|(_, reasons)| reasons);
                    let reasons = reasons.map(|(at, text)| (self.groups[*at].name.to_owned(), text.clone())).collect();
                    rows.push(PendingRow { pods, count: 1, outcome: fate.to_owned(), reasons });
                }
            }
        }
        rows
    }

    fn owner(&self, pod: PodId) -> String {
        let spec = self.cluster.spec_of(pod);
        let text = |symbol| self.cluster.symbols.text(symbol);
        match spec.owner {
            Some(owner) => format!("{}/{}", text(spec.namespace), text(owner.name)),
            None => self.cluster.pod_key(pod),
        }
    }

    fn node_rows(&self, outcome: &LoopOutcome) -> Vec<NodeRow> {
        let Some(down) = &outcome.scale_down else { return Vec::new() };
        let mut rows: BTreeMap<NodeId, NodeRow> = BTreeMap::new();
        let blank = |node: NodeId, state: &str, why: &str| {
            let row = self.cluster.node(node);
            let group = row.group.and_then(|group| self.groups.get(group));
            NodeRow {
                node: self.cluster.node_name(node).to_owned(),
                group: group.map_or("", |group| group.name).to_owned(),
                state: state.to_owned(),
                utilization: down.utilization.iter().find(|(other, _)| *other == node).map(|(_, share)| *share),
                unneeded_seconds: None,
                why: why.to_owned(),
                blocked_by_pod: None,
                pods_to_move: None,
            }
        };
        for (node, why) in &down.unremovable {
            let earlier = down.kept_before.iter().find(|(other, _)| other == node).map(|(_, why)| why);
            let words = earlier.map_or_else(|| reason(why), |earlier| format!("{}, {}", reason(why), reason(earlier)));
            let mut row = blank(*node, "stays", &words);
            if let Unremovable::BlockedByPod(blocked) = earlier.unwrap_or(why) {
                row.blocked_by_pod = Some(self.cluster.pod_key(blocked.pod));
            }
            rows.insert(*node, row);
        }
        for (node, since) in &down.unneeded {
            let row = rows.entry(*node).or_insert_with(|| blank(*node, "unneeded", "may go"));
            row.state = "unneeded".to_owned();
            row.unneeded_seconds = Some(self.now.since(*since).as_secs());
        }
        for deletion in &down.deletions {
            let row = rows.entry(deletion.node).or_insert_with(|| blank(deletion.node, "deleted", ""));
            row.state = "deleted".to_owned();
            row.unneeded_seconds = Some(self.now.since(deletion.since).as_secs());
            row.why = if deletion.drain { "drained and deleted" } else { "empty: deleted" }.to_owned();
            let is_stuck = |pod: &&PodId| {
                self.cluster.pod(**pod).phase != Phase::Pending && budgets_of(self.cluster, **pod).len() > 1
            };
            if let Some(pod) = deletion.pods.iter().find(is_stuck) {
                row.state = IN_VAIN.to_owned();
                row.why = format!(
                    "its drain begins, and is given up: {} budgets have a pod, and the eviction API allows one",
                    budgets_of(self.cluster, *pod).len()
                );
                row.blocked_by_pod = Some(self.cluster.pod_key(*pod));
            }
            row.pods_to_move = Some(deletion.pods.len());
        }
        rows.into_values().collect()
    }
}

/// The loops as text; as Markdown if asked for.
pub fn autoscale_text(loops: &[AutoscaleLoop], markdown: bool) -> String {
    let mut text = String::new();
    for (at, row) in loops.iter().enumerate() {
        if at > 0 && !row.is_eventful() && at + 1 < loops.len() {
            continue;
        }
        heading(&mut text, markdown, &format!("Loop at +{} s", row.at_seconds));
        let error = row.error.as_ref().map_or_else(String::new, |error| format!(", {error}"));
        let _ = writeln!(text, "Scale-up: {}{error}. Scale-down: {}.\n", row.scale_up_result, row.scale_down_result);
        draw(&mut text, markdown, "Node groups", groups_table(row));
        for group in row.groups.iter().filter(|group| group.verdict == CHOSEN) {
            draw(&mut text, markdown, &format!("Not similar to {}", group.group), unlike_table(group));
        }
        draw(&mut text, markdown, "Increases", increases_table(row));
        draw(&mut text, markdown, "Pending pods", pending_table(row));
        draw(&mut text, markdown, "Nodes", nodes_table(row));
    }
    text
}

fn heading(text: &mut String, markdown: bool, title: &str) {
    let _ = if markdown { writeln!(text, "## {title}\n") } else { writeln!(text, "{title}\n") };
}

fn draw(text: &mut String, markdown: bool, title: &str, (header, rows): (&[&str], Vec<Vec<String>>)) {
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.load_style(if markdown { presets::ASCII_MARKDOWN } else { presets::NOTHING });
    table.set_header(header.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    let title = if markdown { format!("### {title}\n") } else { title.to_owned() };
    let _ = writeln!(text, "{title}\n{}\n", table.trim_fmt());
}

type Drawn = (&'static [&'static str], Vec<Vec<String>>);

fn usd(amount: Option<f64>) -> String {
    amount.map_or("unknown".to_owned(), |usd| format!("{:.4}", finite(usd)))
}

fn groups_table(row: &AutoscaleLoop) -> Drawn {
    let line = |group: &GroupRow| {
        let has = group.new_nodes.is_some();
        vec![
            group.group.clone(),
            format!("{} ({}..{})", group.target, group.min, group.max),
            group.new_nodes.map_or(String::new(), |count| format!("+{count}")),
            group.pods_helped.map_or(String::new(), |count| count.to_string()),
            match group.waste {
                Some(waste) => format!("{:.4}", finite(waste)),
                None if has => "unknown".to_owned(),
                None => String::new(),
            },
            if has { usd(group.usd_per_hour) } else { String::new() },
            group.similar.join(" "),
            group.verdict.clone(),
        ]
    };
    (
        &["GROUP", "SIZE (MIN..MAX)", "NODES", "PODS", "WASTE", "USD/H", "SIMILAR", "VERDICT"],
        row.groups.iter().map(line).collect(),
    )
}

fn unlike_table(group: &GroupRow) -> Drawn {
    let line = |(other, why): (&String, &String)| vec![other.clone(), why.clone()];
    (&["GROUP", "WHY"], group.not_similar.iter().map(line).collect())
}

fn increases_table(row: &AutoscaleLoop) -> Drawn {
    let line = |increase: &IncreaseRow| {
        let refused = if increase.refused { "refused by the cloud" } else { "" };
        vec![
            increase.group.clone(),
            format!("{} -> {}", increase.from, increase.to),
            usd(increase.usd_per_hour),
            refused.to_owned(),
        ]
    };
    (&["GROUP", "SIZE", "USD/H", ""], row.increases.iter().map(line).collect())
}

fn pending_table(row: &AutoscaleLoop) -> Drawn {
    let line = |pods: &PendingRow| {
        let reasons: Vec<String> = pods.reasons.iter().map(|(group, why)| format!("{group}: {why}")).collect();
        vec![pods.pods.clone(), pods.count.to_string(), pods.outcome.clone(), reasons.join("; ")]
    };
    (&["PODS OF", "COUNT", "OUTCOME", "WHY NOT"], row.pending.iter().map(line).collect())
}

fn nodes_table(row: &AutoscaleLoop) -> Drawn {
    let line = |node: &NodeRow| {
        vec![
            node.node.clone(),
            node.group.clone(),
            node.state.clone(),
            node.utilization.map_or(String::new(), |share| format!("{:.0} %", finite(share * 100.0))),
            node.unneeded_seconds.map_or(String::new(), |seconds| format!("{seconds} s")),
            node.why.clone(),
            node.blocked_by_pod.clone().unwrap_or_default(),
        ]
    };
    (&["NODE", "GROUP", "STATE", "USED", "UNNEEDED FOR", "WHY", "POD"], row.nodes.iter().map(line).collect())
}

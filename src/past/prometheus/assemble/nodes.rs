//! Nodes: their groups, how many there are, when they came.

use crate::past::prometheus::answers::Answers;
use crate::past::prometheus::clock::{Clock, Sum};
use crate::past::prometheus::matrix::Line;
use crate::past::prometheus::queries::{GROUP_LABELS, What};
use crate::past::{NodeStart, Series};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of nodes.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    /// By node, as far as labels name one.
    groups: BTreeMap<String, String>,
    counts: BTreeMap<String, Sum>,
    starts: Vec<NodeStart>,
}

impl Nodes {
    pub(super) fn of(answers: &Answers, clock: Clock) -> Self {
        let mut nodes = Nodes::default();
        for line in answers.lines(What::NodeLabels) {
            let group = GROUP_LABELS.iter().find_map(|label| line.labels.get(*label)).filter(|group| !group.is_empty());
            if let (Some(node), Some(group)) = (line.label("node"), group) {
                nodes.groups.insert(node.to_owned(), group.clone());
            }
        }
        let mut created: BTreeMap<String, f64> = BTreeMap::new();
        let mut seen: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for line in answers.lines(What::NodeCreated) {
            let Some(node) = line.label("node") else { continue };
            seen.entry(node).or_default().extend(clock.place(line).into_keys());
            if let Some((_, at)) = line.samples.last() {
                created.insert(node.to_owned(), *at);
            }
        }
        // While anything was recorded, a group without nodes has none.
        let recorded: BTreeSet<usize> = seen.values().flatten().copied().collect();
        let groups: BTreeSet<String> = seen.keys().map(|node| nodes.group(node).to_owned()).collect();
        for group in groups {
            let sum = nodes.counts.entry(group).or_default();
            recorded.iter().for_each(|index| sum.add(clock, *index, 0.0));
        }
        for (node, indices) in seen {
            let sum = nodes.counts.entry(nodes.groups.get(node).cloned().unwrap_or_default()).or_default();
            indices.into_iter().for_each(|index| sum.add(clock, index, 1.0));
        }
        let ready = first_values(answers.lines(What::NodeReady), "node");
        let within = clock.start_s as f64..=clock.end_s() as f64;
        let came = created.into_iter().filter(|(_, created_s)| within.contains(created_s));
        nodes.starts = came
            .map(|(node, created_s)| NodeStart {
                group: nodes.group(&node).to_owned(),
                created_s,
                ready_s: ready.get(&node).copied().filter(|ready_s| *ready_s >= created_s),
                node,
            })
            .collect();
        nodes.starts.sort_by(|a, b| a.created_s.total_cmp(&b.created_s));
        nodes
    }
    /// The group of a node; `""` if its labels name none.
    pub(super) fn group(&self, node: &str) -> &str {
        self.groups.get(node).map_or("", String::as_str)
    }
    pub(super) fn series(&self) -> BTreeMap<String, Series> {
        self.counts.iter().map(|(group, sum)| (group.clone(), sum.series())).collect()
    }
    pub(super) fn starts(&self) -> Vec<NodeStart> {
        self.starts.clone()
    }
}

/// The least value of each line, by a label: the first instant of all windows.
fn first_values<'a>(lines: impl Iterator<Item = &'a Line>, label: &str) -> BTreeMap<String, f64> {
    let mut first: BTreeMap<String, f64> = BTreeMap::new();
    for line in lines {
        let least = line.samples.iter().map(|sample| sample.1).reduce(f64::min);
        if let (Some(name), Some(least)) = (line.label(label), least) {
            first.entry(name.to_owned()).and_modify(|first| *first = first.min(least)).or_insert(least);
        }
    }
    first
}

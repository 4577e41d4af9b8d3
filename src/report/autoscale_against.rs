//! Two versions of Cluster Autoscaler on the same cluster: what one decides otherwise than the other, loop by loop.

use super::autoscale::{AutoscaleLoop, NodeRow};
use crate::units::counted;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// So many lines are drawn; JSON has all.
const MOST_LINES: usize = 40;

/// What a version decides otherwise.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Otherwise {
    /// The version whose loops are told.
    pub version: String,
    /// The one that is set beside it.
    pub against: String,
    /// How many loops either ran.
    pub loops: usize,
    /// In how many of them the two decide otherwise.
    pub differing: usize,
    /// In order of time. From the first with other scale-ups or removals on the clusters differ, and so does what follows.
    pub differences: Vec<Difference>,
}

/// One thing that the two decide otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Seconds after the first loop.
    pub at_seconds: i64,
    /// `scale-up`, `removal`, or of what a reason is another: `group`, `pods`, `node`.
    pub what: &'static str,
    /// Which group, pods or node; nothing for scale-ups and removals.
    pub name: String,
    /// What the version decides.
    pub version: String,
    /// What the other one does.
    pub against: String,
}

/// What is nothing.
const NOTHING: &str = "nothing";

impl Otherwise {
    /// Sets two series of loops over the same time side by side.
    pub fn of((version, ours): (&str, &[AutoscaleLoop]), (against, theirs): (&str, &[AutoscaleLoop])) -> Otherwise {
        let by_time = |rows: &'_ [AutoscaleLoop]| -> BTreeMap<i64, AutoscaleLoop> {
            rows.iter().map(|row| (row.at_seconds, row.clone())).collect()
        };
        let (ours, theirs) = (by_time(ours), by_time(theirs));
        let times: BTreeSet<i64> = ours.keys().chain(theirs.keys()).copied().collect();
        let mut differences = Vec::new();
        let mut differing = 0;
        for at in &times {
            let before = differences.len();
            compare(*at, ours.get(at), theirs.get(at), &mut differences);
            differing += usize::from(differences.len() > before);
        }
        let (version, against) = (version.to_owned(), against.to_owned());
        Otherwise { version, against, loops: times.len(), differing, differences }
    }

    /// A line, in words.
    pub fn summary(&self) -> String {
        let Otherwise { version, against, .. } = self;
        let loops = counted(self.loops, "loop");
        match self.differences.first() {
            None => format!("{against} decides as {version} in all of {loops}"),
            Some(first) => {
                let acts = self.differences.iter().find(|row| ["scale-up", "removal"].contains(&row.what));
                let acts = acts.map_or("; the same nodes come and go".to_owned(), |row| {
                    format!(", and adds or removes other nodes from +{} s on", row.at_seconds)
                });
                let (differing, at) = (self.differing, first.at_seconds);
                format!("{against} decides otherwise than {version} in {differing} of {loops}, first at +{at} s{acts}")
            }
        }
    }

    /// For people: the summary, and what differs.
    pub fn text(&self, markdown: bool) -> String {
        let mut text = if markdown { format!("## {}\n\n", self.summary()) } else { format!("{}\n", self.summary()) };
        for row in self.differences.iter().take(MOST_LINES) {
            let name = if row.name.is_empty() { String::new() } else { format!(" {}", row.name) };
            let Difference { at_seconds, what, version, against, .. } = row;
            let bullet = if markdown { "- " } else { "  " };
            let _ = writeln!(text, "{bullet}+{at_seconds} s {what}{name}: {against}, not {version}");
        }
        let more = self.differences.len().saturating_sub(MOST_LINES);
        if more > 0 {
            let _ = writeln!(text, "  ... and {more} more: --output json has all");
        }
        text
    }
}

/// What differs in one loop; a loop that only one of the two ran counts where it did something.
fn compare(
    at_seconds: i64,
    ours: Option<&AutoscaleLoop>,
    theirs: Option<&AutoscaleLoop>,
    differences: &mut Vec<Difference>,
) {
    let mut note = |what, name: &str, version: String, against: String| {
        if version != against {
            differences.push(Difference { at_seconds, what, name: name.to_owned(), version, against });
        }
    };
    let told = |row: Option<&AutoscaleLoop>, words: fn(&AutoscaleLoop) -> Vec<String>| {
        let words = row.map_or_else(Vec::new, words);
        if words.is_empty() { NOTHING.to_owned() } else { words.join(", ") }
    };
    note("scale-up", "", told(ours, growth), told(theirs, growth));
    note("removal", "", told(ours, removals), told(theirs, removals));
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return };
    for (what, words) in [("group", verdicts as Reasons), ("pods", fates), ("node", states)] {
        let (ours, theirs) = (words(ours), words(theirs));
        let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        for name in names {
            let of = |words: &BTreeMap<String, String>| words.get(name).map_or(NOTHING.to_owned(), String::clone);
            note(what, name, of(&ours), of(&theirs));
        }
    }
}

type Reasons = fn(&AutoscaleLoop) -> BTreeMap<String, String>;

fn growth(row: &AutoscaleLoop) -> Vec<String> {
    let words = |row: &super::autoscale::IncreaseRow| {
        let refused = if row.refused { " (refused)" } else { "" };
        format!("{} {} to {}{refused}", row.group, row.from, row.to)
    };
    row.increases.iter().map(words).collect()
}

fn removals(row: &AutoscaleLoop) -> Vec<String> {
    row.nodes.iter().filter(|node| node.is_going()).map(|node| format!("{} {}", node.node, node.state)).collect()
}

fn verdicts(row: &AutoscaleLoop) -> BTreeMap<String, String> {
    let words = |group: &super::autoscale::GroupRow| match group.new_nodes {
        Some(nodes) => format!("{} with {}", group.verdict, counted(nodes.max(0) as usize, "node")),
        None => group.verdict.clone(),
    };
    row.groups.iter().map(|group| (group.group.clone(), words(group))).filter(|(_, words)| !words.is_empty()).collect()
}

fn fates(row: &AutoscaleLoop) -> BTreeMap<String, String> {
    let mut fates: BTreeMap<String, String> = BTreeMap::new();
    for pods in &row.pending {
        let words = fates.entry(pods.pods.clone()).or_default();
        let comma = if words.is_empty() { "" } else { ", " };
        let _ = write!(words, "{comma}{} {}", pods.count, pods.outcome);
    }
    fates
}

fn states(row: &AutoscaleLoop) -> BTreeMap<String, String> {
    let words = |node: &NodeRow| match (node.why.is_empty(), &node.blocked_by_pod) {
        (true, _) => node.state.clone(),
        (false, None) => format!("{} ({})", node.state, node.why),
        (false, Some(pod)) => format!("{} ({}: {pod})", node.state, node.why),
    };
    row.nodes.iter().map(|node| (node.node.clone(), words(node))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::autoscale::IncreaseRow;

    fn looked(at_seconds: i64, to: i32, state: &str) -> AutoscaleLoop {
        let increase = IncreaseRow { group: "app".into(), from: 1, to, refused: false, usd_per_hour: None };
        AutoscaleLoop {
            at_seconds,
            scale_up_result: String::new(),
            error: None,
            groups: Vec::new(),
            increases: if to > 1 { vec![increase] } else { Vec::new() },
            pending: Vec::new(),
            scale_down_result: String::new(),
            nodes: vec![NodeRow {
                node: "n1".into(),
                group: "app".into(),
                state: state.into(),
                utilization: None,
                unneeded_seconds: None,
                why: "use".into(),
                blocked_by_pod: None,
                pods_to_move: None,
            }],
        }
    }

    #[test]
    fn what_is_the_same_is_said_in_a_line() {
        let rows = [looked(0, 1, "stays"), looked(10, 1, "stays")];
        let otherwise = Otherwise::of(("1.28", &rows), ("1.35", &rows));
        assert_eq!(otherwise.text(false), "1.35 decides as 1.28 in all of 2 loops\n");
    }

    #[test]
    fn what_differs_is_said_thing_by_thing() {
        let (ours, theirs) =
            ([looked(0, 1, "stays"), looked(10, 2, "stays")], [looked(0, 1, "unneeded"), looked(10, 3, "stays")]);
        let otherwise = Otherwise::of(("1.28", &ours), ("1.35", &theirs));
        let expected = "1.35 decides otherwise than 1.28 in 2 of 2 loops, first at +0 s, and adds or removes other nodes from +10 s on\n  \
                        +0 s node n1: unneeded (use), not stays (use)\n  \
                        +10 s scale-up: app 1 to 3, not app 1 to 2\n";
        assert_eq!(otherwise.text(false), expected);
    }

    #[test]
    fn a_loop_that_one_of_them_runs_counts_where_it_does_something() {
        let (ours, theirs) =
            ([looked(0, 1, "stays")], [looked(0, 1, "stays"), looked(1, 1, "stays"), looked(2, 4, "stays")]);
        let otherwise = Otherwise::of(("1.28", &ours), ("1.35", &theirs));
        assert_eq!((otherwise.loops, otherwise.differing), (3, 1));
        assert_eq!(otherwise.differences[0].version, NOTHING);
    }
}

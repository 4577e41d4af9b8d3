//! The decision log: what each controller decided, when, about what, with which numbers, and what
//! caused it. As JSON Lines for programs, as sentences for people who ask why.
//!
//! Start reading at [`Decisions`]; `cause.rs` links each record to the one that led to it, `describe.rs`
//! words them, `why.rs` answers questions.

mod cause;
mod describe;
mod why;

pub use why::{Question, why};

use crate::cluster::PodId;
use crate::intern::Symbol;
use crate::study::History;
use crate::world::WorkloadId;
use crate::world::{Cast, WorkloadKind};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The records of a story, with names and causes.
pub struct Decisions<'a> {
    cast: &'a Cast,
    history: &'a History,
    owners: FxHashMap<(Symbol, Symbol), WorkloadId>,
    causes: Vec<Option<usize>>,
}

impl<'a> Decisions<'a> {
    /// The decisions of a story. Cost: one pass.
    pub fn new(cast: &'a Cast, history: &'a History) -> Self {
        let owners = cast.workloads.iter().map(|(id, row)| ((row.namespace, row.name), id)).collect();
        let mut decisions = Decisions { cast, history, owners, causes: Vec::new() };
        decisions.causes = cause::causes(&decisions);
        decisions
    }
    /// The workload that a pod belongs to, where its name tells.
    fn workload_of(&self, pod: PodId) -> Option<WorkloadId> {
        let (cluster, row) = (&self.history.cluster, self.history.cluster.pod(pod));
        let text = |symbol| cluster.symbols.text(symbol);
        let base = match row.daemon_node {
            None => row.name.base,
            // Pods of a DaemonSet are called after their node as well.
            Some(node) => cluster.symbols.lookup(text(row.name.base).strip_suffix(text(node))?.strip_suffix('-')?)?,
        };
        self.owners.get(&(cluster.spec_of(pod).namespace, base)).copied()
    }
    fn is_daemon_set(&self, id: WorkloadId) -> bool {
        matches!(self.cast.workloads[id].kind, WorkloadKind::DaemonSet(_))
    }
    fn workload_name(&self, id: WorkloadId) -> &str {
        self.history.cluster.symbols.text(self.cast.workloads[id].name)
    }
    /// One JSON object a line: `n`, `time`, `seconds`, `controller`, `decision`, `objects`, its numbers, `text`,
    /// and in `cause` the `n` of the record that led to it.
    pub fn json_lines(&self) -> String {
        let mut text = String::new();
        for (at, (time, occurrence)) in self.history.log.records().iter().enumerate() {
            let line = self.describe(occurrence);
            let mut row = Map::new();
            row.insert("n".into(), json!(at));
            row.insert("time".into(), json!(time.to_string()));
            row.insert("seconds".into(), json!(time.since(crate::units::SimTime::ZERO).as_secs_f64()));
            row.insert("controller".into(), json!(line.controller));
            row.insert("decision".into(), json!(line.decision));
            row.insert("objects".into(), json!(line.objects));
            row.extend(line.numbers.into_iter().map(|(key, value)| (key.to_owned(), value)));
            row.insert("text".into(), json!(line.text));
            row.extend(self.causes[at].map(|cause| ("cause".to_owned(), json!(cause))));
            let _ = writeln!(text, "{}", Value::Object(row));
        }
        text
    }
}

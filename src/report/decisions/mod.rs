//! The decision log: what each controller decided, when, about what, with which numbers, and what
//! caused it. As JSON Lines for programs, as sentences for people who ask why.
//!
//! Causes and reasons are in the records, put there by who decided; here they are looked up and put into words.
//!
//! Start reading at [`Decisions`]; `describe.rs` and `nodes.rs` word the records, `why.rs` answers questions about a [`Story`].

mod describe;
mod line;
mod nodes;
mod origin;
mod story;
mod why;
mod words;

pub use story::Story;
pub use why::{Question, why, why_written};

use crate::cluster::PodId;
use crate::id::Id;
use crate::intern::Symbol;
use crate::sim::log::Cause;
use crate::study::History;
use crate::units::SimTime;
use crate::world::{Cast, WorkloadId};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The records of a story, with names.
pub struct Decisions<'a> {
    cast: &'a Cast,
    history: &'a History,
    owners: FxHashMap<(Symbol, Symbol), WorkloadId>,
}

impl<'a> Decisions<'a> {
    /// The decisions of a story. Cost: one pass.
    pub fn new(cast: &'a Cast, history: &'a History) -> Self {
        let owners = cast.workloads.iter().map(|(id, row)| ((row.namespace, row.name), id)).collect();
        Decisions { cast, history, owners }
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
    fn workload_name(&self, id: WorkloadId) -> &str {
        self.history.cluster.symbols.text(self.cast.workloads[id].name)
    }
    /// One JSON object a line: `n`, `time`, `seconds` (exact to the nanosecond), `controller`, `decision`, `objects`, its
    /// numbers, `text`, and in `cause` the `n` of the record that led to it, or in `origin` what else it was.
    pub fn json_lines(&self) -> String {
        let mut text = String::new();
        for (id, record) in self.history.log.records().iter() {
            let line = self.describe(&record.what);
            let mut row = Map::new();
            row.insert("controller".into(), json!(line.controller));
            row.insert("decision".into(), json!(line.decision));
            row.insert("objects".into(), json!(line.objects));
            row.extend(line.numbers.into_iter().map(|(key, value)| (key.to_owned(), value)));
            row.insert("text".into(), json!(line.text));
            let (key, cause) = match record.because {
                Cause::Record(cause) => ("cause", json!(cause.index())),
                other => ("origin", json!(origin::origin(other).0)),
            };
            row.insert(key.into(), cause);
            let (time, rest) = (json!(record.at.to_string()), Value::Object(row).to_string());
            let rest = rest.trim_start_matches('{');
            let _ = writeln!(text, r#"{{"n":{},"time":{time},"seconds":{},{rest}"#, id.index(), exact(record.at));
        }
        text
    }
}

/// Seconds since the start, all nanoseconds of them: a float has them for the first hundred days only.
fn exact(at: SimTime) -> String {
    let nanos = at.since(SimTime::ZERO).as_nanos();
    let digits = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
    let short = digits.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimDuration;

    #[test]
    fn seconds_are_told_to_the_nanosecond() {
        let text = |nanos: i64| exact(SimTime::ZERO + SimDuration::from_nanos(nanos));
        assert_eq!(text(0), "0.0");
        assert_eq!(text(102_000_000), "0.102");
        assert_eq!(text(604_800_000_000_000), "604800.0");
        assert_eq!(text(31_535_999_123_456_789), "31535999.123456789");
    }
}

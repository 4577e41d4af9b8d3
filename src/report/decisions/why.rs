//! What happened around an instant, and what it goes back to.

use super::Decisions;
use crate::sim::log::{Occurrence, RecordId};
use crate::sim::outcome::Point;
use crate::study::History;
use crate::units::counted;
use crate::units::{SimDuration, SimTime};
use crate::world::Cast;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// At most this many sentences are printed; the rest are only counted.
const MOST: usize = 40;
/// How far back the traffic lies with which the present one is compared.
const BEFORE: SimDuration = SimDuration::from_mins(15);

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// About when.
    pub at: SimTime,
    /// How far before and after.
    pub window: SimDuration,
    /// A workload, pod, node or node group; everything if absent.
    pub object: Option<String>,
}

/// The answer in sentences. Errors: no record has the object's name; the names that records have.
pub fn why(cast: &Cast, history: &History, question: &Question) -> Result<String, Vec<String>> {
    let decisions = Decisions::new(cast, history);
    let about = decisions.about(question.object.as_deref())?;
    let (from, to) = (question.at - question.window, question.at + question.window);
    let records = history.log.records();
    let time = |id: &RecordId| records[*id].at;
    let here: Vec<RecordId> = about.iter().copied().filter(|at| time(at) >= from && time(at) <= to).collect();
    let mut text = format!("From {} to {}\n", from.max(SimTime::ZERO), to.min(history.end));
    traffic(history, question.at, &mut text);
    if here.is_empty() {
        text += "\nNobody decided anything";
        if let Some(object) = &question.object {
            let _ = write!(text, " about {object}");
        }
        text += " in that time.\n";
    } else {
        text += "\nWhat happened\n";
        here.iter().take(MOST).for_each(|at| decisions.sentence(*at, &mut text));
        if here.len() > MOST {
            let _ = writeln!(text, "  and {} more: narrow it with --object or --window", here.len() - MOST);
        }
    }
    // The last decision before the instant, or else the first after it.
    let before = about.iter().copied().rfind(|at| time(at) <= question.at);
    if let Some(start) = before.filter(|at| here.is_empty() || here.contains(at)).or(here.first().copied()) {
        decisions.chain(start, &mut text);
    }
    Ok(text)
}

/// Traffic then and a while before.
fn traffic(history: &History, at: SimTime, text: &mut String) {
    let points = &history.timeline.points;
    let point = |at: SimTime| points.iter().find(|point| point.at >= at).or(points.last());
    let (Some(then), Some(before)) = (point(at), point(at - BEFORE)) else { return };
    let nodes = |point: &Point| point.nodes.iter().map(|row| row.nodes).sum::<i32>();
    if then.requests_per_second > 0.0 || before.requests_per_second > 0.0 {
        let _ = writeln!(
            text,
            "{:.1} requests/s entered ({:.1} a quarter of an hour before); P95 of the slowest route {:.0} ms; {:.2} % failed.",
            then.requests_per_second,
            before.requests_per_second,
            then.latency_s_p95 * 1000.0,
            then.error_rate * 100.0
        );
    }
    let _ = writeln!(
        text,
        "{}, {:.1} pods without a node (mean of the step).",
        counted(nodes(then) as usize, "node"),
        then.pending
    );
}

impl Decisions<'_> {
    /// The records about an object, in order.
    fn about(&self, object: Option<&str>) -> Result<Vec<RecordId>, Vec<String>> {
        let records = self.history.log.records();
        let Some(object) = object else { return Ok(records.ids().collect()) };
        let name = object.rsplit('/').next().unwrap_or(object);
        let mut names: BTreeSet<String> = BTreeSet::new();
        let mut found = Vec::new();
        for (id, record) in records.iter() {
            let line = self.describe(&record.what);
            if line.objects.iter().any(|other| other == name) {
                found.push(id);
            }
            names.extend(line.objects);
        }
        let workloads = self.cast.workloads.ids().map(|id| self.workload_name(id).to_owned());
        let groups = self.cast.groups.values().map(|group| group.name.clone());
        names.extend(workloads.chain(groups));
        if names.contains(name) { Ok(found) } else { Err(names.into_iter().collect()) }
    }

    fn sentence(&self, id: RecordId, text: &mut String) {
        let record = &self.history.log.records()[id];
        let _ = writeln!(text, "  {}  {}", record.at, self.describe(&record.what).text);
    }

    /// From a record back to what started it all.
    fn chain(&self, start: RecordId, text: &mut String) {
        *text += "\nHow it came to that, backwards\n";
        let (mut next, mut root) = (Some(start), start);
        while let Some(here) = next {
            self.sentence(here, text);
            root = here;
            next = self.history.log.records()[here].because;
        }
        let what = &self.history.log.records()[root].what;
        *text += match what {
            Occurrence::Rescaled { saw, .. } if saw.milli_requests_per_second > 0 => "  That is the traffic's doing.\n",
            Occurrence::Rescaled { .. } => "  That is the load's doing.\n",
            Occurrence::JobStarted(_) => "  The clock says so.\n",
            Occurrence::FaultChanged(..) | Occurrence::DeployStarted(_) => "  The scenario says so.\n",
            Occurrence::SpotNotice(_) => "  The market did that: no decision of the cluster led to it.\n",
            Occurrence::OutOfMemory(_) => "  Requests in hand need memory: that is the traffic's doing.\n",
            Occurrence::ScaleDown { .. } | Occurrence::NodeUnneeded(_) => {
                "  No pod that somebody gave up made it so.\n"
            }
            _ => "  It belongs to what the scenario starts with.\n",
        };
    }
}

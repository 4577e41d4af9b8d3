//! What happened around an instant, and what it goes back to.

use super::story::{Because, Story, Told};
use crate::sim::outcome::Point;
use crate::study::History;
use crate::units::counted;
use crate::units::{SimDuration, SimTime, finite};
use crate::world::Cast;
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
    let story = Story::of(cast, history);
    story.answer(question, |text| traffic(history, question.at, text))
}

/// The same of a log that was written, which does not know the traffic.
pub fn why_written(story: &Story, question: &Question) -> Result<String, Vec<String>> {
    story.answer(question, |_| {})
}

impl Story {
    fn answer(&self, question: &Question, also: impl FnOnce(&mut String)) -> Result<String, Vec<String>> {
        let about = self.about(question.object.as_deref())?;
        let (from, to) = (question.at - question.window, question.at + question.window);
        let time = |row: &usize| self.rows[*row].at;
        let here: Vec<usize> = about.iter().copied().filter(|at| time(at) >= from && time(at) <= to).collect();
        let mut text = format!("From {} to {}\n", from.max(SimTime::ZERO), to.min(self.end));
        also(&mut text);
        if here.is_empty() {
            text += "\nNobody decided anything";
            if let Some(object) = &question.object {
                let _ = write!(text, " about {object}");
            }
            text += " in that time.\n";
        } else {
            text += "\nWhat happened\n";
            here.iter().take(MOST).for_each(|at| self.sentence(*at, &mut text));
            if here.len() > MOST {
                let _ = writeln!(text, "  and {} more: narrow it with --object or --window", here.len() - MOST);
            }
        }
        // The last decision before the instant, or else the first after it.
        let before = about.iter().copied().rfind(|at| time(at) <= question.at);
        if let Some(start) = before.filter(|at| here.is_empty() || here.contains(at)).or(here.first().copied()) {
            self.chain(start, &mut text);
        }
        Ok(text)
    }

    /// The decisions about an object, in order.
    fn about(&self, object: Option<&str>) -> Result<Vec<usize>, Vec<String>> {
        let Some(object) = object else { return Ok((0..self.rows.len()).collect()) };
        let name = object.rsplit('/').next().unwrap_or(object);
        if !self.names.contains(name) {
            return Err(self.names.iter().cloned().collect());
        }
        let is_about = |row: &usize| self.rows[*row].objects.iter().any(|other| other == name);
        Ok((0..self.rows.len()).filter(is_about).collect())
    }

    fn sentence(&self, row: usize, text: &mut String) {
        let Told { at, text: said, .. } = &self.rows[row];
        let _ = writeln!(text, "  {at}  {said}");
    }

    /// From a decision back to what started it all.
    fn chain(&self, start: usize, text: &mut String) {
        *text += "\nHow it came to that, backwards\n";
        let mut next = Because::Row(start);
        while let Because::Row(here) = next {
            self.sentence(here, text);
            next = self.rows[here].because;
        }
        if let Because::Origin(sentence) = next {
            let _ = writeln!(text, "  {sentence}");
        }
    }
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
            finite(then.requests_per_second),
            finite(before.requests_per_second),
            finite(then.latency_s_p95 * 1000.0),
            finite(then.error_rate * 100.0)
        );
    }
    let _ = writeln!(
        text,
        "{}, {:.1} pods without a node (mean of the step).",
        counted(nodes(then) as usize, "node"),
        finite(then.pending)
    );
}

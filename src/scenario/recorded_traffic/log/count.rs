//! The requests of a log, counted by step.

use super::line::{Form, json};
use super::paths::Paths;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::recorded_traffic::course::Window;
use crate::scenario::timed::WallClock;
use crate::units::{counted, grouped};
use std::collections::BTreeMap;

/// A log has at most so many steps with requests.
const MOST_STEPS: usize = 5_000_000;

/// What has been counted so far.
pub(super) struct Count<'a> {
    clock: &'a WallClock,
    window: &'a Window,
    step_s: f64,
    /// Requests by number of the step since 1970.
    pub(super) steps: BTreeMap<i64, u64>,
    pub(super) paths: Paths,
    /// The first and the last request.
    pub(super) ends_s: Option<(f64, f64)>,
    /// By the first digit of the status.
    statuses: [u64; 6],
    checks: u64,
    outside: u64,
    broken: u64,
    /// Where the first broken line is: a file and a line.
    first_broken: Option<(String, u32)>,
    /// The time that was read last, as it is written.
    last: (String, f64),
}

impl<'a> Count<'a> {
    pub(super) fn new((clock, window): (&'a WallClock, &'a Window), step_s: f64, prefixes: &[String]) -> Self {
        Count {
            clock,
            window,
            step_s,
            steps: BTreeMap::new(),
            paths: Paths::new(prefixes),
            ends_s: None,
            statuses: [0; 6],
            checks: 0,
            outside: 0,
            broken: 0,
            first_broken: None,
            last: (String::new(), 0.0),
        }
    }

    /// Counts a line of a file.
    pub(super) fn take(&mut self, form: &Form, line: &str, (file, number): (&str, u32)) {
        if line.trim().is_empty() || line.starts_with('#') {
            return;
        }
        let counted = match form {
            Form::Json => {
                json(line, self.clock).map(|(at_s, path, status, is_check)| self.add(at_s, &path, (status, is_check)))
            }
            _ => form.read(line).and_then(|hit| {
                let at_s = self.time(hit.time)?;
                self.add(at_s, hit.path, (hit.status, hit.is_check));
                Some(())
            }),
        };
        if counted.is_none() {
            self.broken += 1;
            self.first_broken.get_or_insert_with(|| (file.to_owned(), number));
        }
    }

    /// Seconds since 1970. Neighbours often have the same time.
    fn time(&mut self, text: &str) -> Option<f64> {
        if self.last.0 != text {
            let plain = text.replace('\t', " ");
            let reading = self.clock.single(&plain, None).ok().filter(|reading| reading.is_calendar)?;
            self.last = (text.to_owned(), reading.seconds);
        }
        Some(self.last.1)
    }

    fn add(&mut self, at_s: f64, path: &str, (status, is_check): (u16, bool)) {
        if !self.window.holds(at_s) {
            self.outside += 1;
            return;
        }
        if is_check {
            self.checks += 1;
            return;
        }
        self.statuses[usize::from(status / 100).min(5)] += 1;
        if !self.paths.count(path) {
            return;
        }
        *self.steps.entry((at_s / self.step_s).floor() as i64).or_default() += 1;
        let (first, last) = self.ends_s.unwrap_or((at_s, at_s));
        self.ends_s = Some((first.min(at_s), last.max(at_s)));
    }

    /// Whether more steps than anybody needs have been met.
    pub(super) fn is_too_fine(&self) -> bool {
        self.steps.len() > MOST_STEPS
    }

    /// Says what was left out, and how requests ended.
    pub(super) fn tell(&self, issues: &mut Issues) -> Result<(), Issue> {
        let requests: u64 = self.statuses.iter().sum();
        let all = requests + self.checks + self.outside + self.broken;
        if let Some((file, line)) = &self.first_broken {
            let of = format!("{} of {} lines are no requests", grouped(self.broken), grouped(all));
            let issue = if 2 * self.broken > all { Issue::error("", of) } else { Issue::note("", of + ": left out") };
            issues.push(issue.in_file(file.clone(), Some(*line)));
        }
        if self.checks > 0 {
            let checks = counted(usize::try_from(self.checks).unwrap_or(usize::MAX), "health check");
            issues.push(Issue::note("", format!("{checks} left out: probers send them, and no users")));
        }
        if self.outside > 0 {
            issues.push(Issue::note("", format!("{} lines are not within `from` and `to`", grouped(self.outside))));
        }
        if requests == 0 {
            return Err(Issue::error("", "the log holds no requests"));
        }
        let share = |count: u64| 100.0 * count as f64 / requests as f64;
        let [none, _, _, _, clients, servers] = self.statuses;
        if clients + servers + none > 0 {
            let unanswered = if none > 0 { format!(", {:.2} % without an answer", share(none)) } else { String::new() };
            let message = format!(
                "{:.2} % of the requests ended with 4xx, {:.2} % with 5xx{unanswered}: all are requests here",
                share(clients),
                share(servers)
            );
            issues.push(Issue::note("", message));
        }
        Ok(())
    }
}

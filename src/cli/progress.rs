//! How far the work is: a bar on a terminal, a line per tenth elsewhere. Always on stderr.

use super::streams::tell;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts finished replications, from any thread.
pub(super) struct Progress {
    bar: ProgressBar,
    what: &'static str,
    expected: u64,
    done: AtomicU64,
    lines: bool,
}

impl Progress {
    /// `expected` may be an estimate; nothing is shown if `quiet`.
    pub(super) fn new(what: &'static str, expected: u64, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target =
            if quiet || !terminal { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(8) };
        let bar = ProgressBar::with_draw_target(Some(expected), target);
        let template = "{prefix} {wide_bar} {pos}/{len} ({per_sec}, {eta} left)";
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(what);
        Progress { bar, what, expected, done: AtomicU64::new(0), lines: !quiet && !terminal }
    }
    /// One more is done.
    pub(super) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if done > self.expected {
            self.bar.set_length(done);
        }
        self.bar.inc(1);
        let tenth = |count: u64| count * 10 / self.expected.max(1);
        if self.lines && done <= self.expected && tenth(done) > tenth(done - 1) {
            tell(format!("{}: {done} of {}", self.what, self.expected));
        }
    }
    /// Takes the bar away.
    pub(super) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

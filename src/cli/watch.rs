//! What is shown while a study runs.

use super::progress::Progress;
use super::streams::tell;
use foresail::study::{Phase, Runs, Watch};
use foresail::units::SimDuration;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A bar per phase, and in the end how fast it was; all of that on stderr.
pub(super) struct Shown {
    quiet: bool,
    now: Mutex<Option<(Progress, Instant)>>,
}

impl Shown {
    /// Shows nothing if `quiet`.
    pub(super) fn new(quiet: bool) -> Self {
        Shown { quiet, now: Mutex::new(None) }
    }

    /// Takes the bar away; how many seconds it was there.
    fn finish(&self) -> f64 {
        let Some((bar, since)) = self.now.lock().unwrap_or_else(PoisonError::into_inner).take() else { return 0.0 };
        let took_s = since.elapsed().as_secs_f64();
        bar.finish();
        took_s
    }
}

impl Watch for Shown {
    fn begins(&self, phase: Phase, replications: u64) {
        let what = match phase {
            Phase::Simulating => "simulating",
            Phase::Forecasting => "forecasting by month",
        };
        let bar = Progress::new(what, replications, self.quiet);
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Some((bar, Instant::now()));
    }

    fn replicated(&self) {
        if let Some((bar, _)) = &*self.now.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.step();
        }
    }

    fn simulated(&self, runs: &Runs) {
        let took_s = self.finish().max(1e-9);
        if self.quiet {
            return;
        }
        let events: u64 = runs.figures().iter().map(|run| run.events).sum();
        let span_s = runs.figures().first().map_or(0.0, |run| run.span.as_secs_f64());
        let simulated_s = span_s * runs.len() as f64;
        tell(format!(
            "simulated {} x {} in {took_s:.2} s: {:.1} million times as fast, {:.2} million events/s",
            SimDuration::from_secs(span_s as i64),
            runs.len(),
            simulated_s / took_s / 1e6,
            events as f64 / took_s / 1e6
        ));
    }

    fn foreseen(&self) {
        self.finish();
    }
}

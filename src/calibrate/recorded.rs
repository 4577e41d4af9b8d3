//! A workload's past, instant by instant, as the fits want it.

use crate::past::{Past, ServicePast};

/// Instants of one hour are drawn together; see [`blocks`](super::blocks).
const BLOCK_S: f64 = 3600.0;
/// A short past has this many blocks at least.
const FEWEST_BLOCKS: f64 = 24.0;

/// A workload's past with the clock of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recorded<'a> {
    pub(super) service: &'a ServicePast,
    pub(super) steps: usize,
    /// Instants in a block; above 0.
    pub(super) block_steps: usize,
}

/// How many instants make a block of a past.
pub(super) fn block_steps(past: &Past) -> usize {
    let block_s = BLOCK_S.min(past.span_s() / FEWEST_BLOCKS);
    ((block_s / f64::from(past.step_s.max(1))).round() as usize).max(1)
}

impl<'a> Recorded<'a> {
    pub(super) fn new(past: &Past, service: &'a ServicePast) -> Self {
        Recorded { service, steps: past.steps, block_steps: block_steps(past) }
    }
    /// Blocks in all, the last one perhaps not full.
    pub(super) fn blocks(&self) -> usize {
        self.steps.div_ceil(self.block_steps)
    }
    pub(super) fn block(&self, step: usize) -> usize {
        step / self.block_steps
    }
    /// Ready pods, or pods where readiness was not recorded; none where there are none.
    pub(super) fn pods(&self, step: usize) -> Option<f64> {
        let pods = self.service.ready.at(step).or_else(|| self.service.replicas.at(step));
        pods.filter(|pods| *pods > 0.0)
    }
    /// Whether the pods are the same as before and after: whoever comes or goes uses cpu for other things than requests.
    pub(super) fn is_steady(&self, step: usize) -> bool {
        let same = |other: usize| self.pods(other).is_none_or(|pods| Some(pods) == self.pods(step));
        (step == 0 || same(step - 1)) && same(step + 1)
    }
    /// Requests per second.
    pub(super) fn rate(&self, step: usize) -> Option<f64> {
        self.service.requests.at(step).filter(|rate| *rate >= 0.0)
    }
    /// Requests in hand, by Little's law.
    pub(super) fn in_hand(&self, step: usize) -> Option<f64> {
        Some(self.rate(step)? * self.service.latency_s[0].at(step)?)
    }
    /// The mean of a value at both neighbours in time.
    pub(super) fn around(&self, step: usize, value: impl Fn(usize) -> Option<f64>) -> Option<f64> {
        Some((value(step.checked_sub(1)?)? + value(step + 1)?) / 2.0)
    }
}

//! The grid of numbers in pods that a population is followed on: fine where pods may be idle or full, as fine as the
//! spread needs where all of them are busy for a while.

use super::columns::Columns;
use super::pod::{MOST_STATES, NEGLIGIBLE, PodLaw};
use super::population::{Population, WINDOW_S};
use super::tagged::Tagged;
use super::young::OF_AGE_S;

/// So few pods do not matter for whether all are busy.
const FEW_PODS: f64 = 1e-4;
/// Between which numbers of states the deviation is while all pods are busy.
const DEVIATION: std::ops::Range<f64> = 4.0..8.0;
/// A grid on which the deviation is more states than this may be coarser.
const WIDE: f64 = 16.0;

impl Population {
    /// The number a state stands for: the middle of its numbers.
    pub(super) fn number_at(&self, at: usize) -> f64 {
        (self.unit * (self.first + at)) as f64 + (self.unit - 1) as f64 / 2.0
    }

    /// Makes room for what a window can reach, on a grid as fine as that allows. Where all pods are busy: by how many
    /// states a second all numbers move together.
    pub(super) fn fit(&mut self, arrivals: f64, span_s: f64, law: &PodLaw<'_>) -> Option<f64> {
        // Who starts is followed ahead of time.
        let ahead_s = if law.threads.is_finite() { span_s } else { span_s.max(1.5 * OF_AGE_S) };
        if !self.is_busy_for(ahead_s, arrivals, law) {
            self.fit_to_bounds(arrivals, span_s, law);
            return None;
        }
        self.fit_to_spread();
        let drift = self.drift(arrivals, law);
        let reach = 4.0 * libm::sqrt(law.variance(arrivals) * ahead_s);
        let end = self.first + self.number.states() + margin(reach + drift.max(0.0) * ahead_s, self.unit);
        self.cover(self.first.saturating_sub(margin(reach - drift.min(0.0) * ahead_s, self.unit)), end);
        // By whole states in a window; the rest is left to the rates.
        Some((drift * span_s / self.unit as f64).round() / span_s)
    }

    /// Requests a second by which the number in a busy pod grows.
    fn drift(&self, arrivals: f64, law: &PodLaw<'_>) -> f64 {
        let both = self.number.values().iter().zip(&self.relief);
        arrivals - law.capacity() * both.map(|(share, relief)| share * relief).sum::<f64>()
    }

    /// Whether no pod will be idle or full for a while.
    pub(super) fn is_busy_for(&self, span_s: f64, arrivals: f64, law: &PodLaw<'_>) -> bool {
        let reach = 3.0 * libm::sqrt(law.variance(arrivals) * span_s);
        let drift = self.drift(arrivals, law);
        self.hardly_below() + drift.min(0.0) * span_s - reach > law.full_from()
            && self.hardly_above() + drift.max(0.0) * span_s + reach < law.places.min(law.patience)
    }

    /// The number that hardly a pod is below.
    pub(super) fn hardly_below(&self) -> f64 {
        (self.first as f64 + few(self.number.values().iter())) * self.unit as f64
    }

    /// The number that hardly a pod is above.
    fn hardly_above(&self) -> f64 {
        let end = (self.first + self.number.states()) as f64;
        (end - few(self.number.values().iter().rev())) * self.unit as f64
    }

    /// The deviation of the numbers, in states.
    pub(super) fn deviation(&self) -> f64 {
        let (sum, square) = self.number.values().iter().enumerate().fold((0.0, 0.0), |(sum, square), (at, share)| {
            let at = at as f64;
            (sum + share * at, square + share * at * at)
        });
        libm::sqrt((square - sum * sum).max(0.0))
    }

    /// Makes the grid as coarse as the spread of the numbers allows.
    fn fit_to_spread(&mut self) {
        while self.deviation() > DEVIATION.end {
            self.merge();
        }
        while self.deviation() < DEVIATION.start && self.unit > 1 {
            self.split();
        }
    }

    /// A grid as fine as a drift towards idle or full pods needs, if there are not too many states.
    fn fit_to_bounds(&mut self, arrivals: f64, span_s: f64, law: &PodLaw<'_>) {
        let (flow, drift) = (arrivals + law.capacity(), arrivals - law.capacity());
        let work_scv = if law.threads.is_finite() { law.work_scv } else { 1.0 };
        // What spreads for longer than a drift needs to tell is drawn back, or has room already.
        let free_s = span_s.min(WINDOW_S.max(flow / (drift * drift).max(1e-9)));
        let reach = 4.0 * libm::sqrt(flow * law.arrival_scv.max(work_scv).clamp(1.0, 4.0) * free_s);
        let finest = flow / drift.abs().max(1e-9);
        let states = |pods: &Population| pods.number.states() + margin(reach + drift.max(0.0) * span_s, pods.unit);
        // A crowd that grows is soon far from idle.
        let is_wide = |pods: &Population| drift > 0.0 && 4.0 * pods.unit as f64 <= finest && pods.deviation() > WIDE;
        while is_wide(self)
            || states(self) > MOST_STATES && (2.0 * self.unit as f64 <= finest || states(self) > 4 * MOST_STATES)
        {
            self.merge();
        }
        while self.unit > 1
            && (drift <= 0.0 && states(self) < MOST_STATES / 3 || self.unit as f64 > finest)
            && states(self) < 2 * MOST_STATES
        {
            self.split();
        }
        let end = self.first + states(self);
        let highest = (law.places.min(law.patience) / self.unit as f64).min(1e12) as usize + 1;
        let first = self.first.saturating_sub(margin(reach + (-drift).max(0.0) * span_s, self.unit));
        self.cover(first, end.min(highest).max(self.first + self.number.states()));
    }

    pub(super) fn merge(&mut self) {
        let first = self.first;
        self.change_all(|columns| columns.merge(first));
        self.relief = (0..self.number.states())
            .map(|at| {
                let of = (2 * (first / 2 + at)).max(first) - first;
                self.relief[of.min(self.relief.len() - 1)]
            })
            .collect();
        self.first /= 2;
        self.unit *= 2;
    }

    pub(super) fn split(&mut self) {
        self.change_all(Columns::split);
        self.relief = self.relief.iter().flat_map(|relief| [*relief; 2]).collect();
        self.first *= 2;
        self.unit /= 2;
    }

    /// Brings the states to those from `first` to below `end`, at least the present ones.
    pub(super) fn cover(&mut self, first: usize, end: usize) {
        let (before, count) = (self.first - first, end - first);
        self.change_all(|columns| columns.cover(before, count));
        let (low, high) = (self.relief[0], self.relief[self.relief.len() - 1]);
        self.relief.splice(0..0, std::iter::repeat_n(low, before));
        self.relief.resize(count, high);
        self.first = first;
    }

    /// Leaves out the states at both ends in which hardly anybody is.
    pub(super) fn tidy(&mut self) {
        let total: f64 = self.number.values().iter().map(|p| p.max(0.0)).sum();
        self.number.values_mut().iter_mut().for_each(|p| *p = p.max(0.0) / total);
        let mut most = self.number.values().to_vec();
        for tagged in &self.tagged {
            for (most, row) in most.iter_mut().zip(tagged.shares().rows()) {
                *most = row.iter().fold(*most, |most, share| most.max(share.abs()));
            }
        }
        let below = most.iter().take_while(|most| **most < NEGLIGIBLE).count();
        let above = most.iter().rev().take_while(|most| **most < NEGLIGIBLE).count();
        let end = self.number.states() - above;
        self.change_all(|columns| columns.trim(below, end));
        self.relief.truncate(end);
        self.relief.drain(..below);
        self.first += below;
    }

    fn change_all(&mut self, mut change: impl FnMut(&mut Columns)) {
        change(&mut self.number);
        self.tagged.iter_mut().flat_map(Tagged::by_number).for_each(change);
    }
}

fn margin(numbers: f64, unit: usize) -> usize {
    (numbers / unit as f64) as usize + 2
}

/// How many shares, the last one in part, are few together.
fn few<'a>(shares: impl Iterator<Item = &'a f64>) -> f64 {
    let (mut count, mut left) = (0.0, FEW_PODS);
    for share in shares {
        if *share >= left {
            return count + left / share;
        }
        (count, left) = (count + 1.0, left - share);
    }
    count
}

//! How many wait while load is near capacity: a distribution that moves with time.
//!
//! The number waiting is a birth-death chain; its distribution follows the Kolmogorov forward
//! equation, solved by Crank-Nicolson steps. One state stands for "not all servers are busy". With
//! exponential work the stationary law is that of M/M/c; other work and other arrivals change the
//! size of a step of the chain, so that the stationary mean wait is the heavy-traffic one.
//!
//! Sources: Kolmogorov's forward equation as in any text on Markov chains; the step size is that of
//! the diffusion approximation (Kingman 1961; Kimura 1986).

use super::level_masses::{LevelMasses, NEGLIGIBLE};
use super::pace::{Pace, Rates, rates_between};
use super::solver::Solver;
use super::stride::{STEPS, Stride};
use super::work_ahead::{FINER, WorkAhead};

/// How the whole distribution is moved at once: drift and variance per second, in states, and for how long.
#[derive(Clone, Copy, Debug)]
struct FreeRun {
    drift: f64,
    variance: f64,
    span_s: f64,
}

/// The number waiting in one queue, as a distribution.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// Requests per state at the finest: half of the squared variations of arrivals and work.
    step: f64,
    /// Finest states that are taken together: a power of two.
    merged: u32,
    /// Level 0 is P(not all servers busy); level `k + 1` is P(all busy, `k` states waiting).
    levels: LevelMasses,
    /// Arrivals in requests since last taken, by the level they found.
    found: LevelMasses,
    solver: Solver,
}

/// More states than this are taken together two by two.
const MOST_STATES: usize = 1024;
/// A step moves the mean by at most this many states: longer ones blur the distribution.
const MOST_DRIFT: f64 = 4.0;
/// Births and deaths per step at most.
const MOST_MOVES: f64 = 200.0;
/// Steps in a row at most.
const MOST_PARTS: u32 = 4096;
/// Of so many parts the last are not walked through once nothing changes any more: floods settle long before a step ends.
const MANY_PARTS: f64 = 1024.0;
/// So often it is looked whether something does.
const GLANCE: usize = 16;
/// A probability that changes by less in a part does not change.
const SETTLED: f64 = 1e-13;
/// A probability that changes by less in a whole stretch does not change: a hundredth of what is left out at the ends.
const STAYS: f64 = 0.01 * NEGLIGIBLE;
/// The mean number waiting over the distance by which a whole queue may be moved at once: so finely its waits are told.
const FINE: f64 = 512.0;

impl Chain {
    /// The stationary law at `load` (below 1), of which `share` of the arrivals wait. `step` is in
    /// requests.
    pub(super) fn stationary(step: f64, load: f64, share: f64) -> Chain {
        let mut values = vec![1.0 - share];
        let mut mass = share * (1.0 - load);
        while mass > NEGLIGIBLE && values.len() < MOST_STATES {
            values.push(mass);
            mass *= load;
        }
        let levels = LevelMasses { first: 0, values };
        Chain { step, merged: 1, levels, found: LevelMasses::default(), solver: Solver::default() }
    }

    fn unit(&self) -> f64 {
        self.step * f64::from(self.merged)
    }

    /// The mean number waiting.
    pub(super) fn mean(&self) -> f64 {
        self.levels.busy().map(|(k, p)| p * self.requests_in(k)).sum()
    }

    /// Requests waiting in state `k` of those in which all servers are busy.
    fn requests_in(&self, k: usize) -> f64 {
        self.unit() * (k as f64 + 0.5) - 0.5 * self.step
    }

    /// Lets `span_s` pass. Arrivals are kept by what they found, see [`take_found`](Self::take_found).
    pub(super) fn advance(&mut self, pace: &Pace, span_s: f64) {
        let (mut left_s, mut stride) = (span_s, Stride::new());
        for _ in 0..MOST_PARTS {
            self.fit(pace, left_s);
            let part_s = match self.free_run(pace, left_s) {
                Some(run) => {
                    self.run_freely(pace, run);
                    run.span_s
                }
                None => {
                    let part_s = left_s.min(stride.longer() * self.stretch_s(pace));
                    let before = (part_s < left_s).then(|| self.levels.clone());
                    let steps = self.walk(pace, part_s, stride);
                    // A stretch is long enough to go through all states: what it leaves as it was stays so.
                    if before.as_ref().is_some_and(|before| before.is_near(&self.levels, STAYS)) {
                        self.found.add(&self.levels, pace.arrivals * (left_s - part_s));
                        return;
                    }
                    if let Some(before) = before.filter(|_| pace.places.min(pace.patience).is_finite()) {
                        stride.walked(steps, &before, &self.levels);
                    }
                    part_s
                }
            };
            left_s -= part_s;
            if left_s <= 1e-9 * span_s {
                return;
            }
        }
        self.walk(pace, left_s, stride);
    }

    /// How far one walk goes: what it moves must stay small against the states there are.
    fn stretch_s(&self, pace: &Pace) -> f64 {
        let states = self.levels.values.len().max(64) as f64;
        states * self.unit() / (pace.arrivals - pace.capacity).abs().max(1e-9)
    }

    /// Drift and variance per second, in states.
    fn motion(&self, pace: &Pace) -> (f64, f64) {
        let unit = self.unit();
        // Where states are taken together, both rates shrink so that the variance stays.
        ((pace.arrivals - pace.capacity) / unit, (pace.arrivals + pace.capacity) / (unit * f64::from(self.merged)))
    }

    /// Steps through all states that can be reached; how many.
    fn walk(&mut self, pace: &Pace, span_s: f64, stride: Stride) -> f64 {
        self.make_room(pace, span_s);
        let unit = self.unit();
        let (drift, variance) = self.motion(pace);
        let (birth, death) = rates_between(drift, variance);
        // Without servers all are busy.
        let entry = if pace.capacity > 0.0 { pace.capacity / unit * pace.entry } else { birth };
        let plain = Rates { birth, death, entry, last: 1.0, beyond: death };
        let Rates { birth, death, entry, last, beyond } =
            Rates::under_patience(pace, self.unit(), self.merged).unwrap_or(plain);
        let longest_s = (MOST_DRIFT / drift.abs().max(1e-12)).min(MOST_MOVES / (birth + death).max(1e-12));
        let is_long = stride.longer() > 1.0;
        let parts = if is_long { STEPS } else { (span_s / longest_s).ceil().clamp(1.0, f64::from(MOST_PARTS)) };
        let mut solver = std::mem::take(&mut self.solver);
        let first = self.levels.first;
        let up = |at: usize| match first + at {
            0 => entry,
            level => birth * self.taken(pace, level - 1) * if self.is_last(pace, level - 1) { last } else { 1.0 },
        };
        let down = |at: usize| match first + at {
            level if level > 0 && self.taken(pace, level - 1) == 0.0 => beyond,
            _ => death,
        };
        match is_long {
            true => solver.prepare_implicit(self.levels.values.len(), span_s / parts, up, down),
            false => solver.prepare(self.levels.values.len(), span_s / parts, up, down),
        }
        let weight = pace.arrivals * span_s / parts / 2.0;
        let mut left = parts as usize;
        while left > 0 {
            self.found.add(&self.levels, weight);
            let before = (parts >= MANY_PARTS && left.is_multiple_of(GLANCE)).then(|| self.levels.values.clone());
            solver.step_one(&mut self.levels.values);
            self.found.add(&self.levels, weight);
            left -= 1;
            if before.is_some_and(|before| is_settled(&before, &self.levels.values)) {
                self.found.add(&self.levels, 2.0 * weight * left as f64);
                left = 0;
            }
        }
        self.solver = solver;
        self.levels.tidy();
        parts
    }

    /// Whether whoever joins behind `k` states would wait too long.
    fn is_last(&self, pace: &Pace, k: usize) -> bool {
        self.unit() * (k as f64 + 1.0) >= pace.patience
    }

    /// How long the queue can neither become empty nor meet its bound, or not come back within patience: how far the whole distribution may
    /// simply be moved and widened.
    fn free_run(&self, pace: &Pace, span_s: f64) -> Option<FreeRun> {
        let deviation = self.levels.deviation();
        if self.levels.first == 0 || deviation < 8.0 {
            return None;
        }
        let behind = self.levels.first - 1;
        let is_beyond = self.taken(pace, behind) == 0.0 && !self.has_no_place(pace, behind);
        let (drift, variance) = match is_beyond {
            true => Rates::under_patience(pace, self.unit(), self.merged).map(|rates| (-rates.beyond, rates.beyond))?,
            false => self.motion(pace),
        };
        // Not much more than is there already, so that arrivals in between are seen right.
        let moves = (deviation / 4.0).max(self.levels.first as f64 / FINE);
        let smooth_s = (moves / drift.abs().max(1e-12)).min(deviation * deviation / 8.0 / variance.max(1e-12));
        let run_s = span_s.min(smooth_s);
        let margin = 6.0 * libm::sqrt(variance * run_s) + 2.0;
        let low = self.levels.first as f64 - (-drift).max(0.0) * run_s - margin;
        let high = (self.levels.end() as f64 + drift.max(0.0) * run_s + margin) * self.unit();
        let is_free = match is_beyond {
            true => (low - 1.0) * self.unit() >= pace.patience && high < pace.places,
            false => low > 1.0 && high < pace.places.min(pace.patience),
        };
        is_free.then_some(FreeRun { drift, variance, span_s: run_s })
    }

    /// Moves the whole distribution by the drift, and widens it.
    fn run_freely(&mut self, pace: &Pace, run: FreeRun) {
        let FreeRun { drift, variance, span_s } = run;
        let moved = (drift * span_s).round();
        let rest = drift - moved / span_s;
        let margin = (6.0 * libm::sqrt(variance * span_s)) as usize + 2;
        self.levels.widen(margin);
        let (birth, death) = ((variance + rest) / 2.0, (variance - rest) / 2.0);
        let mut solver = std::mem::take(&mut self.solver);
        solver.prepare(self.levels.values.len(), span_s, |_| birth.max(0.0), |_| death.max(0.0));
        self.found.add(&self.levels, pace.arrivals * span_s / 2.0);
        solver.step_one(&mut self.levels.values);
        self.levels.first = (self.levels.first as f64 + moved) as usize;
        self.found.add(&self.levels, pace.arrivals * span_s / 2.0);
        self.solver = solver;
        self.levels.tidy();
    }

    /// The share of arrivals taken in that find `k` states waiting.
    fn taken(&self, pace: &Pace, k: usize) -> f64 {
        if self.has_no_place(pace, k) {
            return 0.0;
        }
        ((pace.patience - self.unit() * k as f64) / self.unit()).clamp(0.0, 1.0)
    }

    fn has_no_place(&self, pace: &Pace, k: usize) -> bool {
        self.requests_in(k) + self.unit() > pace.places + 0.5 * self.step
    }

    /// Takes what arrived since last asked.
    pub(super) fn take_found(&mut self, pace: &Pace) -> Found {
        let band = std::mem::take(&mut self.found);
        let free = if band.first == 0 { band.values.first().copied().unwrap_or(0.0) } else { 0.0 };
        let rejected = band.busy().filter(|(k, _)| self.has_no_place(pace, *k)).map(|(_, requests)| requests).sum();
        let waiting = band.busy().filter(|(k, _)| !self.has_no_place(pace, *k));
        if pace.patience.is_infinite() {
            let ahead = WorkAhead::of(self.step, waiting.map(|(k, r)| (self.requests_in(k) + self.step, r)));
            return Found { free, rejected, abandoned: 0.0, ahead };
        }
        // Who leaves is told by the wait itself: the state is the wait.
        let (mut abandoned, mut ahead) = (0.0, WorkAhead::new(self.step, FINER));
        for (k, requests) in waiting {
            let taken = self.taken(pace, k);
            abandoned += requests * (1.0 - taken);
            ahead.add_even(self.unit() * k as f64, self.unit() * (k as f64 + taken), requests * taken);
        }
        Found { free, rejected, abandoned, ahead }
    }

    /// What an arrival now would find ahead, given that it must wait: total 1.
    pub(super) fn ahead_now(&self) -> WorkAhead {
        let ahead = WorkAhead::of(self.step, self.levels.busy().map(|(k, p)| (self.requests_in(k) + self.step, p)));
        let total = ahead.total();
        if total > 1e-12 {
            ahead.scaled(1.0 / total)
        } else {
            WorkAhead::of(self.step, std::iter::once((self.step, 1.0)))
        }
    }

    /// How many requests join (or, below 0, leave) the queue at once.
    pub(super) fn shift(&mut self, requests: f64) {
        let by = requests / self.unit();
        let (whole, part) = (by.floor(), by - by.floor());
        let end = (self.levels.end() as f64 + by.ceil() + 1.0).max(1.0) as usize;
        let first = (self.levels.first as f64 + whole).max(0.0) as usize;
        // Who joins where a server is free starts at once; little is lost by leaving them there.
        let first = if self.levels.first == 0 { 0 } else { first };
        let mut moved = LevelMasses { first, values: vec![0.0; end.saturating_sub(first).max(1)] };
        for (at, p) in self.levels.values.iter().enumerate() {
            let level = self.levels.first + at;
            for (by, share) in [(whole, 1.0 - part), (whole + 1.0, part)] {
                let to = if level == 0 && requests < self.unit() { 0.0 } else { (level as f64 + by).max(0.0) };
                let to = (to as usize).saturating_sub(first).min(moved.values.len() - 1);
                moved.values[to] += p * share;
            }
        }
        self.levels = moved;
        self.levels.tidy();
    }

    /// Of so many queues alike, the share `share` is replaced by empty ones.
    pub(super) fn mix_with_empty(&mut self, share: f64) {
        self.levels.values.iter_mut().for_each(|p| *p *= 1.0 - share);
        self.levels.cover(0, 1);
        self.levels.values[0] += share;
    }

    /// Takes states together where they are too many, as far as that does not widen the distribution.
    fn fit(&mut self, pace: &Pace, span_s: f64) {
        let spread = |chain: &Chain| {
            let variance = (pace.arrivals + pace.capacity) * chain.step * span_s.min(5.0);
            (chain.levels.values.len() as f64 + 6.0 * libm::sqrt(variance) / chain.unit()) as usize
        };
        let ratio = (pace.arrivals + pace.capacity) / (pace.arrivals - pace.capacity).abs().max(1e-9);
        while spread(self) > MOST_STATES && (f64::from(self.merged) * 2.0 <= ratio || spread(self) > 8 * MOST_STATES) {
            self.merge();
        }
        while self.merged > 1 && (spread(self) < MOST_STATES / 3 || f64::from(self.merged) > ratio) {
            if spread(self) > 4 * MOST_STATES {
                break;
            }
            self.split();
        }
    }

    /// As many states as the span can reach.
    fn make_room(&mut self, pace: &Pace, span_s: f64) {
        let growth = (pace.arrivals - pace.capacity) * span_s;
        let spread = 6.0 * libm::sqrt((pace.arrivals + pace.capacity) * self.step * span_s);
        let up = (growth.max(0.0) + spread) / self.unit() + 2.0;
        let down = ((-growth).max(0.0) + spread) / self.unit() + 2.0;
        let most = (pace.places.min(pace.patience) / self.unit()).min(1e9) as usize + 3;
        let end = (self.levels.end() + up as usize).min(most).max(self.levels.end());
        self.levels.cover(self.levels.first.saturating_sub(down as usize), end);
    }

    fn merge(&mut self) {
        self.levels.merge();
        self.found.merge();
        self.merged *= 2;
    }

    fn split(&mut self) {
        self.levels.split();
        self.found.split();
        self.merged /= 2;
    }
}

/// What arrivals found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Requests that found a free server.
    pub(super) free: f64,
    /// Requests that found no place.
    pub(super) rejected: f64,
    /// Requests that will lose patience.
    pub(super) abandoned: f64,
    /// The others.
    pub(super) ahead: WorkAhead,
}

/// Whether a part of a step has changed nothing.
fn is_settled(before: &[f64], after: &[f64]) -> bool {
    before.iter().zip(after).all(|(before, after)| (before - after).abs() < SETTLED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::latency::pace::LEAST_PACE_BEYOND;

    const OPEN: Pace =
        Pace { arrivals: 8.0, capacity: 10.0, entry: 0.8, places: f64::INFINITY, patience: f64::INFINITY };

    fn empty() -> Chain {
        Chain::stationary(1.0, 0.0, 0.0)
    }

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() <= tolerance, "{found}, not {wanted}");
    }

    fn advance(chain: &mut Chain, pace: &Pace, seconds: u32) -> Found {
        for _ in 0..seconds {
            chain.take_found(pace);
            chain.advance(pace, 1.0);
        }
        chain.take_found(pace)
    }

    #[test]
    fn one_server_becomes_stationary() {
        // M/M/1 at 0.8: all busy with 0.8, 3.2 waiting; one server enters busy at rate = load.
        let mut chain = empty();
        let found = advance(&mut chain, &OPEN, 300);
        check(chain.mean(), 3.2, 1e-3);
        check(found.free, 8.0 * 0.2, 1e-3);
        check(found.ahead.total(), 8.0 * 0.8, 1e-3);
        // It stays where it is.
        let calm = Chain::stationary(1.0, 0.8, 0.8);
        check(calm.mean(), 3.2, 1e-3);
    }

    #[test]
    fn overload_has_the_mean_and_the_variance_of_what_comes_and_goes() {
        let pace = Pace { arrivals: 140.0, capacity: 100.0, entry: 0.5, ..OPEN };
        let mut chain = empty();
        advance(&mut chain, &pace, 60);
        check(chain.mean() / 2400.0, 1.0, 0.01);
        let deviation = chain.levels.deviation() * chain.unit();
        check(deviation / libm::sqrt(240.0 * 60.0), 1.0, 0.05);
        // A thousand times as long a queue costs no more states.
        let pace = Pace { arrivals: 140_000.0, capacity: 100_000.0, ..pace };
        let mut long = empty();
        advance(&mut long, &pace, 60);
        check(long.mean() / 2.4e6, 1.0, 0.01);
        assert!(long.levels.values.len() < 20_000, "{}", long.levels.values.len());
    }

    #[test]
    fn a_bound_rejects_as_a_bounded_queue_does() {
        // M/M/1 with 4 places to wait at 0.8.
        let pace = Pace { places: 4.0, ..OPEN };
        let mut chain = empty();
        let found = advance(&mut chain, &pace, 200);
        check(found.rejected / 8.0, 0.088_819_5, 1e-5);
    }

    #[test]
    fn the_impatient_leave_as_erlang_a_with_constant_patience_says() {
        // M/M/1+D at load 1 with a patience of ten works: one in twelve leaves; 0.9 is checked
        // against the closed formula below.
        let share = |load: f64| {
            let pace = Pace { arrivals: 10.0 * load, entry: load, patience: 10.0, ..OPEN };
            let mut chain = empty();
            advance(&mut chain, &pace, 400).abandoned / pace.arrivals
        };
        check(share(1.0), 1.0 / 12.0, 1e-3);
        let growth = (1.0 - libm::exp(-1.0)) / 0.1;
        let leaving = 0.9 * libm::exp(-1.0);
        check(share(0.9), leaving / (1.0 + 0.9 * growth + leaving), 1e-3);
    }

    #[test]
    fn a_flood_settles_once() {
        // Walked through to its end this hour is minutes of work.
        let pace = Pace { arrivals: 1e5, capacity: 200.0, entry: 500.0, patience: 12_000.0, ..OPEN };
        let mut chain = empty();
        chain.advance(&pace, 600.0);
        chain.take_found(&pace);
        chain.advance(&pace, 3600.0);
        let found = chain.take_found(&pace);
        check(found.abandoned / 3600.0 / (1e5 - 200.0), 1.0, 1e-9);
        check(found.ahead.total() / 3600.0, 200.0, 1e-4);
        check(found.free, 0.0, 1e-6);
        check(chain.mean() / 12_000.0, 1.0, 1e-3);
    }

    /// The share of those beyond patience comes about in seconds, and the queue is full at once.
    #[test]
    fn a_flood_that_settles_slowly_is_walked_in_long_stretches() {
        let pace = Pace { arrivals: 5e4, capacity: 40.0, entry: 1000.0, places: 50.0, patience: 45.0 };
        let (mut long, mut fine) = (empty(), empty());
        long.advance(&pace, 0.5);
        // So short that none of them is walked in long ones.
        (0..250).for_each(|_| fine.advance(&pace, 0.002));
        let [long, fine] = [long, fine].map(|mut chain| (chain.take_found(&pace), chain));
        check(long.0.abandoned / fine.0.abandoned, 1.0, 1e-4);
        check(long.0.ahead.total() / fine.0.ahead.total(), 1.0, 1e-3);
        check(long.1.mean() / fine.1.mean(), 1.0, 1e-4);
    }

    /// Nobody waits behind a queue that is longer than patience: it moves as a whole, and stands still without servers.
    #[test]
    fn a_queue_beyond_patience_only_drains() {
        let long = Pace { arrivals: 20_000.0, capacity: 1000.0, entry: 20.0, patience: 9000.0, ..OPEN };
        let mut chain = empty();
        chain.advance(&long, 0.4);
        let before = chain.mean();
        let short = Pace { patience: 1000.0, ..long };
        let mut still = chain.clone();
        chain.advance(&short, 10.0);
        check(before - chain.mean(), 10.0 * LEAST_PACE_BEYOND * 1000.0, 5.0);
        still.advance(&Pace { capacity: 0.0, ..short }, 10.0);
        check(still.mean(), before, 1e-6 * before);
    }

    #[test]
    fn what_joins_at_once_waits_as_well() {
        let mut chain = Chain::stationary(1.0, 0.9, 0.9);
        let before = chain.mean();
        chain.shift(20.0);
        check(chain.mean(), before + 20.0 * 0.9 + 0.1 * 20.0, 0.2);
        chain.shift(-5.5);
        check(chain.mean(), before + 14.5, 0.5);
        chain.mix_with_empty(0.5);
        check(chain.mean(), (before + 14.5) / 2.0, 0.3);
    }
}

//! When requests enter: renewal and modulated processes along a rate that changes over time.

use crate::rng::Stream;
use crate::traffic::exact::work::gamma;
use crate::traffic::latency::ArrivalProcess;

/// A process under way.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    process: ArrivalProcess,
    stream: Stream,
    /// Requests per second before any modulation.
    rate: f64,
    /// Up to when `left` has been run down.
    at_s: f64,
    /// Operational time to the next arrival.
    left: f64,
    state: usize,
    switch_s: f64,
}

impl Arrivals {
    pub(super) fn new(process: ArrivalProcess, stream: Stream) -> Arrivals {
        let mut arrivals =
            Arrivals { process, stream, rate: 0.0, at_s: 0.0, left: 0.0, state: 0, switch_s: f64::INFINITY };
        if let ArrivalProcess::Bursty { mean_sojourn_s: [one, two], .. } = process {
            arrivals.state = usize::from(!arrivals.stream.chance(one / (one + two)));
            arrivals.switch_s = arrivals.stream.exponential([one, two][arrivals.state]);
        }
        arrivals.left = arrivals.gap();
        arrivals
    }

    /// Changes the rate from `now_s` on.
    pub(super) fn set_rate(&mut self, now_s: f64, rate: f64) {
        self.run_down(now_s);
        self.rate = if rate > 0.0 { rate } else { 0.0 };
    }

    /// The next arrival not after `until_s`, if any; the following gap begins there.
    pub(super) fn next_before(&mut self, until_s: f64) -> Option<f64> {
        let next_s = self.peek(until_s)?;
        self.at_s = next_s;
        self.left = self.gap();
        Some(next_s)
    }

    /// When the next arrival comes, if not after `until_s`.
    pub(super) fn peek(&mut self, until_s: f64) -> Option<f64> {
        loop {
            let next_s = self.at_s + self.left / self.current_rate();
            if self.switch_s > next_s.min(until_s) {
                return (next_s <= until_s).then_some(next_s);
            }
            self.switch();
        }
    }

    fn run_down(&mut self, now_s: f64) {
        while self.switch_s <= now_s {
            self.switch();
        }
        self.left = (self.left - self.current_rate() * (now_s - self.at_s)).max(0.0);
        self.at_s = now_s;
    }

    fn switch(&mut self) {
        let ArrivalProcess::Bursty { mean_sojourn_s, .. } = self.process else { return };
        let at_s = self.switch_s;
        self.left = (self.left - self.current_rate() * (at_s - self.at_s)).max(0.0);
        self.at_s = at_s;
        self.state = 1 - self.state;
        self.switch_s = at_s + self.stream.exponential(mean_sojourn_s[self.state]);
    }

    fn current_rate(&self) -> f64 {
        match self.process {
            ArrivalProcess::Bursty { levels, .. } => self.rate * levels[self.state],
            _ => self.rate,
        }
    }

    fn gap(&mut self) -> f64 {
        match self.process {
            ArrivalProcess::Poisson | ArrivalProcess::Bursty { .. } => self.stream.exponential(1.0),
            ArrivalProcess::Deterministic => 1.0,
            ArrivalProcess::Gamma { scv } => scv * gamma(&mut self.stream, 1.0 / scv),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    fn count(process: ArrivalProcess, pieces: &[(f64, f64)]) -> usize {
        let mut arrivals = Arrivals::new(process, Seed::new(3, 0).stream("arrivals", 0));
        let (mut now, mut seen) = (0.0, 0);
        for (span_s, rate) in pieces {
            arrivals.set_rate(now, *rate);
            now += span_s;
            let mut last = 0.0;
            while let Some(at) = arrivals.next_before(now) {
                assert!(at >= last && at <= now);
                (last, seen) = (at, seen + 1);
            }
        }
        seen
    }

    #[test]
    fn every_process_follows_the_rate() {
        let bursty = ArrivalProcess::Bursty { levels: [1.5, 0.5], mean_sojourn_s: [2.0, 2.0] };
        for process in [ArrivalProcess::Poisson, ArrivalProcess::Gamma { scv: 4.0 }, bursty] {
            let seen = count(process, &[(5000.0, 20.0), (1000.0, 0.0), (5000.0, 60.0)]) as f64;
            assert!((seen / 400_000.0 - 1.0).abs() < 0.04, "{process:?}: {seen}");
        }
        assert_eq!(count(ArrivalProcess::Deterministic, &[(0.35, 10.0), (0.1, 5.0), (10.0, 10.0)]), 104);
    }
}

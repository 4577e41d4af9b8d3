//! When Cluster Autoscaler's loop runs: by its timer, or at once (`--frequent-loops-enabled`).

use crate::autoscaler::LOOP_TAKES;
use crate::sim::event::Event;
use crate::sim::shared::Shared;
use crate::units::SimTime;

impl Shared {
    /// The first loop is at `at`.
    pub(crate) fn wind_autoscaler_up(&mut self, at: SimTime, is_frequent: bool) {
        self.autoscaler_clock.is_frequent = is_frequent;
        self.call_autoscaler(at);
    }

    /// Whether a loop is due now: others that were called for earlier ones came before it.
    pub(crate) fn autoscaler_is_due(&mut self, now: SimTime) -> bool {
        let clock = &mut self.autoscaler_clock;
        let is_due = clock.next == Some(now);
        if is_due {
            (clock.last, clock.next) = (Some(now), None);
        }
        is_due
    }

    /// A loop is over: the next one comes when the timer says, or as soon as it can after one that did something.
    ///
    /// Upstream: `loop.LoopTrigger.Wait`, 1.30.
    pub(crate) fn autoscaler_rests(&mut self, now: SimTime, was_productive: bool) {
        let at_once = was_productive && self.autoscaler_clock.is_frequent;
        self.call_autoscaler(now + if at_once { LOOP_TAKES } else { self.timing.autoscaler_scan });
    }

    /// A pod turned out to be unschedulable: that begins a loop, unless one is under way, which is followed by another.
    ///
    /// Upstream: `loop.UnschedulablePodObserver`, 1.30.
    pub(crate) fn autoscaler_hears_of_pod(&mut self, now: SimTime) {
        let clock = self.autoscaler_clock;
        let Some(next) = clock.next.filter(|_| clock.is_frequent) else { return };
        let at = clock.last.map_or(now, |last| now.max(last + LOOP_TAKES));
        if at < next {
            self.call_autoscaler(at);
        }
    }

    fn call_autoscaler(&mut self, at: SimTime) {
        if at <= self.end {
            self.autoscaler_clock.next = Some(at);
            self.queue.push(at, Event::AutoscalerLoop);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::fixture::{Small, at, run};

    /// The instants of loops, of which those in `productive` do something, with a pod that waits from 33 s on.
    fn loops(is_frequent: bool, productive: &[i64]) -> Vec<i64> {
        let mut shared = Small::new().group("base", 1, |_| {}).shared();
        shared.wind_autoscaler_up(at(5), is_frequent);
        shared.queue.push(at(33), Event::TrafficStep);
        let mut seen = Vec::new();
        run(&mut shared, at(60), |shared, now, event| match event {
            Event::TrafficStep => shared.autoscaler_hears_of_pod(now),
            Event::AutoscalerLoop if shared.autoscaler_is_due(now) => {
                let second = now.since(SimTime::ZERO).as_nanos() / 1_000_000_000;
                seen.push(second);
                shared.autoscaler_rests(now, productive.contains(&second));
            }
            _ => {}
        });
        seen
    }

    #[test]
    fn the_timer_alone_decides_where_loops_are_not_frequent() {
        assert_eq!(loops(false, &[15]), [5, 15, 25, 35, 45, 55]);
    }

    #[test]
    fn frequent_loops_follow_what_was_done_and_pods_that_wait() {
        assert_eq!(loops(true, &[15, 16]), [5, 15, 16, 17, 27, 33, 43, 53]);
        assert_eq!(loops(true, &[33]), [5, 15, 25, 33, 34, 44, 54]);
    }
}

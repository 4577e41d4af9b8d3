//! When a service is replayed request by request, and what is read from that.
//!
//! The third tier of the fast mode: where neither a formula nor a chain is good (see `trust`), the exact mode's
//! machinery follows this service for as long as that lasts, in so many copies that chance hardly shows.

use super::ServiceModel;
use super::backlog::Drained;
use super::model::LastLatency;
use super::outcome::{PodCohort, PodCohorts, StepOutcome};
use super::profile::ArrivalProcess;
use super::replay::{Before, Replay, Seen};
use super::table::RowBuckets;
use super::tally::Tally;

/// Requests per second that all copies of a service replay together, about: 3 ms of work per second of theirs.
const REQUESTS_PER_S: f64 = 2e4;
const FEWEST_COPIES: f64 = 8.0;
const MOST_COPIES: f64 = 100.0;
/// Requests that a service may replay in all; then it goes on in one copy.
const MOST_REQUESTS: f64 = 4e7;
/// Where more come in a second, chance is no matter, and single requests would never end.
const FLOOD: f64 = 5e4;
/// Requests in one copy, after those that a service may replay in several.
const MOST_IN_ONE_COPY: f64 = 5e7;
/// Requests of a copy before what it says counts.
const SETTLING_REQUESTS: f64 = 20_000.0;
/// Arrivals are told apart by so many seconds.
const CELL_S: f64 = 1.0;
/// So far below the load from which on it is replayed, a service may be left to formulas again,
const BACK: f64 = 0.05;
/// if not more requests are under way than they say by more than this part.
const AS_SAID: f64 = 0.15;

impl ServiceModel {
    /// Replays a step where that is needed; false where formulas do.
    pub(super) fn replay_step(
        &mut self,
        (arrivals, span_s): (f64, f64),
        pods: &PodCohorts,
        outcome: &mut StepOutcome,
    ) -> bool {
        if self.third_tier.from == f64::INFINITY {
            return false;
        }
        let load = self.load_of(arrivals, pods);
        let is_begun = self.third_tier.replay.is_some();
        if !is_begun && !self.is_replay_due(load, (arrivals, span_s), outcome) {
            self.third_tier.before = (arrivals, pods.into());
            return false;
        }
        let known = self.third_tier.replay.take().or_else(|| self.begin_replay(arrivals));
        let Some(mut replay) = known else { return false };
        (outcome.is_replayed, outcome.is_pooled) = (true, true);
        if let Some(tally) = self.third_tier.steady.known(arrivals, pods) {
            replay.stand_still(span_s);
            outcome.backlog = replay.open();
            self.answer_from_tally(&tally, arrivals * span_s, outcome);
            self.tell_steady(&tally, span_s, outcome.answered);
            self.count_replayed_cpu(self.third_tier.cpu_per_s * span_s, span_s, pods, outcome);
            self.third_tier.replay = Some(replay);
            return true;
        }
        if self.third_tier.spent > MOST_REQUESTS && replay.count() > 1 {
            replay.keep_one();
        }
        if self.third_tier.spent > MOST_REQUESTS + MOST_IN_ONE_COPY || is_flood(arrivals, span_s) {
            self.give_replay_up(replay);
            outcome.is_doubtful = true;
            (outcome.is_replayed, outcome.is_pooled) = (false, false);
            self.third_tier.before = (arrivals, pods.into());
            return false;
        }
        let count = f64::from(replay.count());
        if count * arrivals * span_s > MOST_REQUESTS {
            replay.keep_one();
        }
        let open_before = replay.open();
        let mut seen = replay.pass(arrivals, self.clock_s + span_s, pods);
        self.third_tier.spent += seen.entered as f64;
        let is_over = self.is_over(&replay, (load, arrivals), pods);
        if is_over {
            seen.join(replay.end());
        }
        outcome.backlog = replay.open();
        // As many end as came, whatever chance had in mind for so few copies.
        let ended = (arrivals * span_s + open_before - outcome.backlog).max(0.0);
        let tally = Tally::of(&seen);
        let steady = self.third_tier.steady.add(&tally, arrivals, pods);
        self.answer_from_tally(steady.as_ref().unwrap_or(&tally), ended, outcome);
        self.tell_replayed(&seen, outcome.answered / (seen.answered.len() as f64).max(1e-9));
        let cpu_s = seen.cpu_s / f64::from(replay.count());
        self.third_tier.cpu_per_s = cpu_s / span_s;
        self.count_replayed_cpu(cpu_s, span_s, pods, outcome);
        if is_over {
            self.third_tier.forget();
            self.third_tier.before = (arrivals, pods.into());
        } else {
            self.third_tier.replay = Some(replay);
        }
        true
    }

    /// Leaves a service to formulas because it has become too much: who is there finishes first.
    fn give_replay_up(&mut self, mut replay: Replay) {
        replay.keep_one();
        let seen = replay.end();
        self.third_tier.left = [seen.answered.len() as u64, seen.rejected, seen.timed_out].map(|count| count as f64);
        self.tell_replayed(&seen, 1.0);
        self.third_tier.forget();
    }

    /// Counts who was there when a service was left to formulas.
    pub(super) fn count_left(&mut self, outcome: &mut StepOutcome) {
        let [answered, rejected, timed_out] = std::mem::take(&mut self.third_tier.left);
        outcome.answered += answered;
        outcome.rejected += rejected;
        outcome.timed_out += timed_out;
    }

    /// Whether formulas cannot be trusted from this step on, and something is left to replay with.
    fn is_replay_due(&self, load: f64, (arrivals, span_s): (f64, f64), outcome: &mut StepOutcome) -> bool {
        // How long callees hold its threads changes all the time.
        let is_wanted = load >= self.third_tier.from && self.held_s() == 0.0;
        let is_affordable = self.third_tier.spent <= MOST_REQUESTS && !is_flood(arrivals, FEWEST_COPIES * span_s);
        outcome.is_doubtful = is_wanted && !is_affordable;
        is_wanted && !outcome.is_doubtful && self.is_quiet()
    }

    /// Whether formulas do again: load is low, and nothing has piled up.
    fn is_over(&mut self, replay: &Replay, (load, arrivals): (f64, f64), pods: &PodCohorts) -> bool {
        if load >= self.third_tier.from - BACK {
            self.third_tier.under_way.clear();
            return false;
        }
        let under_way = replay.under_way();
        self.third_tier.has_settled(under_way) || self.is_as_said(arrivals, under_way, pods)
    }

    /// Copies as they would be after the load of the step before, or empty ones where there was none.
    fn begin_replay(&self, arrivals: f64) -> Option<Replay> {
        let count = (REQUESTS_PER_S / arrivals.max(1e-9)).clamp(FEWEST_COPIES, MOST_COPIES) as u32;
        let (rate, pods) = &self.third_tier.before;
        let far = (1.0 - self.load_of(*rate, pods)).max(BACK);
        // The relaxation time of a queue (Morse 1958, M/M/1), several times over.
        let work_s = (1.0 + self.profile.shape.scv()) / 2.0 * self.profile.unloaded_s();
        let settling_s = 10.0 * work_s / (far * far) + self.arrivals_settle_s();
        let settling_s = settling_s.min(SETTLING_REQUESTS / rate.max(1e-9)).min(self.clock_s);
        let before = Before { now_s: self.clock_s, rate: *rate, settling_s };
        Replay::begin(&self.profile, pods, before, (count, self.third_tier.seed))
    }

    /// Whether nothing is followed and nothing waits: what the copies begin with is all there is.
    fn is_quiet(&self) -> bool {
        !self.second_tier.is_on && self.cohorts.iter().all(|cohort| cohort.requests() <= 0.0)
    }

    fn arrivals_settle_s(&self) -> f64 {
        match self.profile.arrivals {
            ArrivalProcess::Bursty { mean_sojourn_s: [one, other], .. } => 5.0 * one.max(other),
            _ => 0.0,
        }
    }

    /// Work offered over what can be done; infinite without pods.
    fn load_of(&self, arrivals: f64, pods: &PodCohorts) -> f64 {
        let speeds: f64 = pods.iter().map(PodCohort::power).sum();
        arrivals / (self.pod_capacity * speeds)
    }

    /// Whether no more requests are under way than formulas say.
    fn is_as_said(&mut self, arrivals: f64, under_way: f64, pods: &PodCohorts) -> bool {
        let ready: f64 = pods.iter().map(|cohort| cohort.ready).sum();
        let speed = pods.iter().map(PodCohort::power).sum::<f64>() / ready.max(1e-300);
        let in_use = self.table_for(ready, speed);
        let table = &self.in_use[in_use].table;
        let place = table.place(self.load_of(arrivals, pods));
        let said_s = table.between(place, |row| row.mean) * self.profile.cpu_s / speed;
        // Little's law.
        under_way <= arrivals * said_s * (1.0 + AS_SAID)
    }

    /// Tells who was answered, by arrival and latency.
    fn tell_replayed(&mut self, seen: &Seen, scale: f64) {
        let key = |(arrived_s, latency_s): &(f64, f64)| {
            let cell = (arrived_s / CELL_S).max(0.0) as u64;
            cell << 16 | RowBuckets::of(*latency_s) as u64
        };
        let mut keys: Vec<u64> = seen.answered.iter().map(key).collect();
        keys.sort_unstable();
        for alike in keys.chunk_by(|one, other| one == other) {
            let (cell, bucket) = ((alike[0] >> 16) as f64, (alike[0] & 0xffff) as usize);
            self.tell(cell * CELL_S, CELL_S, bucket, alike.len() as f64 * scale);
        }
    }

    /// Tells of requests that are as those before were.
    fn tell_steady(&mut self, tally: &Tally, span_s: f64, answered: f64) {
        let scale = answered / (tally.answered as f64).max(1e-9);
        for (bucket, requests) in tally.counts.iter().enumerate().filter(|(_, requests)| **requests > 0) {
            self.tell(self.clock_s, span_s, bucket, f64::from(*requests) * scale);
        }
    }

    /// Tells of requests that arrived within a time from `from_s` on, and whose latency is in a bucket.
    fn tell(&mut self, from_s: f64, span_s: f64, bucket: usize, requests: f64) {
        self.drained.push(Drained {
            arrived_from_s: from_s,
            arrived_to_s: from_s + span_s,
            first_wait_s: RowBuckets::edge(bucket),
            last_wait_s: RowBuckets::edge(bucket + 1),
            requests,
            is_whole: true,
        });
    }

    /// Latencies and failures of `ended` requests that are as those of the tally.
    fn answer_from_tally(&mut self, tally: &Tally, ended: f64, outcome: &mut StepOutcome) {
        let scale = ended / (tally.ended() as f64).max(1e-9);
        for (bucket, requests) in tally.counts.iter().enumerate().filter(|(_, requests)| **requests > 0) {
            let (from_s, to_s) = (RowBuckets::edge(bucket), RowBuckets::edge(bucket + 1));
            self.spread.add_even(from_s, to_s, f64::from(*requests) * scale);
        }
        outcome.answered = tally.answered as f64 * scale;
        outcome.rejected = tally.rejected as f64 * scale;
        outcome.timed_out = tally.timed_out as f64 * scale;
        self.spread.record(&mut self.histogram);
        self.last = LastLatency::Spread;
        outcome.latency = self.summary_of_spread(outcome.answered);
        outcome.latency.mean_s = tally.mean_s();
    }

    fn count_replayed_cpu(&mut self, cpu_s: f64, span_s: f64, pods: &PodCohorts, outcome: &mut StepOutcome) {
        let speeds: f64 = pods.iter().map(PodCohort::power).sum();
        let done = cpu_s / self.profile.cpu_s;
        self.worked = done;
        outcome.utilization = (done / (self.pod_capacity * speeds * span_s).max(1e-300)).min(1.0);
        self.passed.clear();
        self.count_cpu(span_s, done, pods, outcome);
    }
}

/// Whether so many come, in a second or in all, that they cannot be replayed.
fn is_flood(arrivals: f64, span_s: f64) -> bool {
    arrivals > FLOOD || arrivals * span_s > MOST_REQUESTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;
    use crate::traffic::latency::{Abandoned, Discipline, ServiceProfile, Timeout};
    use crate::units::SimDuration;

    const PODS: [PodCohort; 1] = [PodCohort { key: 0, ready: 4.0, speed: 1.0 }];

    /// 200 requests a second at four pods, in bursts.
    fn bursty() -> ServiceProfile {
        ServiceProfile {
            concurrency: Some(1),
            discipline: Discipline::PowerOfTwo,
            arrivals: ArrivalProcess::Bursty { levels: [1.5, 0.5], mean_sojourn_s: [2.0, 2.0] },
            ..ServiceProfile::default()
        }
    }

    fn through(profile: &ServiceProfile, seed: u64, loads: &[f64]) -> Vec<StepOutcome> {
        let model = ServiceModel::new(profile.clone()).expect("a profile");
        let mut model = model.with_seed(Seed::new(seed, 0));
        let step = |load: &f64| model.step(SimDuration::from_secs(5), load * 200.0, &PODS);
        loads.iter().map(step).collect()
    }

    #[test]
    fn whoever_comes_is_answered_fails_or_waits() {
        let timeout = |work| Some(Timeout { after_s: 0.5, work });
        let profiles = [
            bursty(),
            ServiceProfile { queue_bound: Some(3), ..bursty() },
            ServiceProfile { timeout: timeout(Abandoned::CancelAll), ..bursty() },
            ServiceProfile { timeout: timeout(Abandoned::Ignored), queue_bound: Some(20), ..bursty() },
        ];
        for profile in profiles {
            let steps = through(&profile, 1, &[0.2, 0.9, 1.3, 1.3, 0.6, 0.6, 0.2, 0.2, 0.2, 0.2]);
            assert!(steps[1..4].iter().all(|step| step.is_replayed && step.is_pooled), "{profile:?}");
            let sum = |of: &dyn Fn(&StepOutcome) -> f64| steps.iter().map(of).sum::<f64>();
            let ended = sum(&|step| step.answered + step.rejected + step.timed_out);
            let left = steps.last().expect("ten steps").backlog;
            assert!((sum(&|step| step.arrived) - ended - left).abs() < 1e-6, "{profile:?}: {ended} and {left}");
        }
    }

    #[test]
    fn formulas_do_again_when_nothing_has_piled_up() {
        let calm = through(&bursty(), 1, &[0.2]);
        let steps = through(&bursty(), 1, &[[0.2; 3], [1.2; 3], [0.2; 3], [0.2; 3]].concat());
        let last = steps.last().expect("twelve steps");
        assert!(!last.is_replayed && last.backlog == 0.0);
        assert_eq!(last.latency, calm[0].latency);
    }

    #[test]
    fn what_formulas_follow_is_not_replayed() {
        let usual = ServiceProfile { concurrency: Some(1), ..ServiceProfile::default() };
        assert!(through(&usual, 1, &[0.5, 0.95, 1.5, 1.5]).iter().all(|step| !step.is_replayed && !step.is_doubtful));
    }

    #[test]
    fn the_same_seed_says_the_same() {
        let loads = [0.5, 0.9, 1.2, 0.9];
        assert_eq!(through(&bursty(), 1, &loads), through(&bursty(), 1, &loads));
        assert_ne!(through(&bursty(), 1, &loads), through(&bursty(), 2, &loads));
    }

    #[test]
    fn a_service_is_not_replayed_for_ever() {
        let mut model = ServiceModel::new(bursty()).expect("a profile");
        let step = |model: &mut ServiceModel, load: f64| model.step(SimDuration::from_secs(5), load * 200.0, &PODS);
        step(&mut model, 1.2);
        assert_eq!(model.third_tier.replay.as_ref().map(Replay::count), Some((REQUESTS_PER_S / 240.0) as u32));
        model.third_tier.spent = 2.0 * MOST_REQUESTS;
        step(&mut model, 1.1);
        assert_eq!(model.third_tier.replay.as_ref().map(Replay::count), Some(1), "what it has begun it ends");
        let after: Vec<StepOutcome> = (0..40).map(|_| step(&mut model, 0.2)).collect();
        assert!(after.last().is_some_and(|step| !step.is_replayed));
        let again = step(&mut model, 0.9);
        assert!(!again.is_replayed && again.is_doubtful);
    }

    #[test]
    fn a_flood_is_left_to_formulas() {
        let mut model = ServiceModel::new(bursty()).expect("a profile");
        let mut step = |load: f64| model.step(SimDuration::from_secs(5), load * 200.0, &PODS);
        assert!(step(1.2).is_replayed);
        let flood: Vec<StepOutcome> = (0..20).map(|_| step(1e7)).collect();
        assert!(flood.iter().all(|step| !step.is_replayed && step.is_doubtful));
        let sum = |of: &dyn Fn(&StepOutcome) -> f64| flood.iter().map(of).sum::<f64>();
        assert!(sum(&|step| step.answered).is_finite() && flood[19].backlog.is_finite());
    }

    #[test]
    fn what_does_not_change_is_watched_until_it_is_known() {
        let mut model = ServiceModel::new(bursty()).expect("a profile");
        let mut steps = (0..200).map(|_| model.step(SimDuration::from_secs(15), 100.0, &PODS)).skip(100);
        let first = steps.next().expect("a hundred steps");
        assert!(first.is_replayed);
        assert!(steps.all(|step| step.latency == first.latency && step.arrived == step.answered));
        assert!(model.third_tier.spent < 1e7, "{}", model.third_tier.spent);
    }
}

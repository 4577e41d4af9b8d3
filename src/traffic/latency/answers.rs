//! What has passed in a step as latencies, errors and usage.

use super::model::{LastLatency, TableInUse};
use super::outcome::{LatencySummary, PodCohort, PodCohorts, StepOutcome};
use super::servers::HIGHEST_OPEN_LOAD;
use super::table::{self, QUANTILES, STRATA, Serving, Station, Table};
use super::{STRATA_COUNT, ServiceModel};
use std::sync::Arc;

impl ServiceModel {
    /// Turns what has passed into latencies, errors and usage; returns how many requests were worked on.
    pub(super) fn answer(&mut self, arrivals: f64, span_s: f64, pods: &PodCohorts, outcome: &mut StepOutcome) -> f64 {
        let speed = self.cohorts.first().map_or(1.0, |cohort| cohort.pods.speed);
        let plain = self.drained.is_empty()
            && self.passed.iter().all(|(_, passed)| passed.saturated == 0.0)
            && self.cohorts.iter().all(|cohort| cohort.pods.speed == speed);
        let ready: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let done = if self.second_tier.is_on && self.shared_work.is_none() {
            self.answer_from_distributions(outcome)
        } else if !plain || !self.answer_from_row(arrivals, span_s, (ready, speed), outcome) {
            self.answer_from_parts(ready, outcome)
        } else {
            self.last_done(arrivals * span_s)
        };
        let capacity: f64 = self.cohorts.iter().map(|c| c.pods.power()).sum::<f64>() * self.pod_capacity;
        outcome.utilization = (done / (capacity * span_s)).min(1.0);
        self.count_cpu(span_s, done, pods, outcome);
        done
    }

    /// The usual step: every request meets the same stationary queue, at so many pods of one speed. False where timeouts
    /// cut the distribution.
    fn answer_from_row(
        &mut self,
        arrivals: f64,
        span_s: f64,
        (ready, speed): (f64, f64),
        outcome: &mut StepOutcome,
    ) -> bool {
        let in_use = self.table_for(ready, speed);
        let (unit_s, held_s) = (self.profile.cpu_s / speed, self.held_s);
        let TableInUse { table, pending, .. } = &mut self.in_use[in_use];
        let place = table.place(arrivals / (self.pod_capacity * ready * speed));
        let figure = |read: &dyn Fn(&table::Row) -> f64| table.between(place, read);
        let quantiles: [f64; QUANTILES.len()] =
            std::array::from_fn(|index| figure(&|row| row.quantiles[index]) * unit_s);
        if self.profile.timeout.is_some_and(|timeout| quantiles[QUANTILES.len() - 1] > timeout.after_s + held_s) {
            return false;
        }
        let requests = arrivals * span_s;
        let (rejected, abandoned) = (figure(&|row| row.rejected), figure(&|row| row.abandoned));
        outcome.rejected = rejected * requests;
        outcome.timed_out = abandoned * requests;
        outcome.answered = (requests - outcome.rejected - outcome.timed_out).max(0.0);
        pending[place.row] += outcome.answered * (1.0 - place.share);
        pending[place.row + 1] += outcome.answered * place.share;
        self.last = LastLatency::Row { in_use, place };
        if outcome.answered > 0.0 {
            outcome.latency = LatencySummary {
                mean_s: table.between(place, |row| row.mean) * unit_s,
                p50_s: quantiles[0],
                p90_s: quantiles[1],
                p95_s: quantiles[2],
                p99_s: quantiles[3],
                max_s: largest_of(outcome.answered, &quantiles),
            };
        }
        true
    }

    /// Requests' worth of work done in a step answered from a row.
    fn last_done(&self, requests: f64) -> f64 {
        match self.last {
            LastLatency::Row { in_use, place } => self.in_use[in_use].table.between(place, |row| row.done) * requests,
            LastLatency::Spread => 0.0,
        }
    }

    /// A step of several kinds of requests; returns how many were worked on.
    fn answer_from_parts(&mut self, ready: f64, outcome: &mut StepOutcome) -> f64 {
        let in_use = self.table_for(ready, 1.0);
        let table = Arc::clone(&self.in_use[in_use].table);
        let mut done = 0.0;
        for (index, (rate, passed)) in self.passed.iter().enumerate() {
            let PodCohort { ready, speed, .. } = self.cohorts[index].pods;
            let place = table.place(rate / (self.pod_capacity * ready * speed));
            let unit_s = self.profile.cpu_s / speed;
            let requests = passed.calm + passed.saturated;
            if requests > 0.0 {
                let rejected = table.between(place, |row| row.rejected) * requests;
                let abandoned = table.between(place, |row| row.abandoned) * requests;
                let taken = (requests - rejected - abandoned).max(0.0);
                self.spread.add_row(table.row(place.row), unit_s, taken * (1.0 - place.share));
                self.spread.add_row(table.row(place.row + 1), unit_s, taken * place.share);
                outcome.rejected += rejected;
                outcome.timed_out += abandoned;
                done += table.between(place, |row| row.done) * requests;
            }
            done += passed.drained;
        }
        outcome.rejected += self.second_tier.sorted.rejected;
        outcome.timed_out += self.second_tier.sorted.abandoned;
        self.answer_drained(&table);
        let answered = self.spread.total();
        if let Some(timeout) = self.profile.timeout {
            outcome.timed_out += self.spread.cut_above(timeout.after_s + self.held_s);
        }
        outcome.answered = if self.profile.timeout.is_some() { self.spread.total() } else { answered };
        self.spread.record(&mut self.histogram);
        self.last = LastLatency::Spread;
        outcome.latency = self.summary_of_spread(outcome.answered);
        done
    }

    /// A step near capacity; returns how many requests were worked on.
    fn answer_from_distributions(&mut self, outcome: &mut StepOutcome) -> f64 {
        let ready: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let speed: f64 = self.cohorts.iter().map(|c| c.pods.power()).sum::<f64>() / ready.max(1e-300);
        let in_use = self.table_for(ready, 1.0);
        let table = Arc::clone(&self.in_use[in_use].table);
        let unit_s = self.profile.cpu_s / speed;
        self.spread.add_row(table.row(0), unit_s, self.second_tier.sorted.free);
        self.add_waits(&table.row(0).strata.map(|value| value * unit_s));
        let sorted = self.second_tier.sorted;
        outcome.rejected += sorted.rejected;
        outcome.timed_out += sorted.abandoned;
        if let Some(timeout) = self.profile.timeout {
            outcome.timed_out += self.spread.cut_above(timeout.after_s + self.held_s);
        }
        outcome.answered = self.spread.total();
        self.spread.record(&mut self.histogram);
        self.last = LastLatency::Spread;
        outcome.latency = self.summary_of_spread(outcome.answered);
        sorted.free + sorted.started + self.second_tier.late
    }

    /// Adds who waited to the step's latencies: each wait with a body of `body` strata.
    fn add_waits(&mut self, body: &[f64; STRATA_COUNT]) {
        let timeout_s = self.profile.timeout.map_or(f64::INFINITY, |timeout| timeout.after_s + self.held_s);
        let (least_s, most_s) = body.iter().fold((f64::INFINITY, 0.0), |(least, most), b| (b.min(least), b.max(most)));
        for drained in self.drained.iter().filter(|drained| !drained.is_whole && drained.last_wait_s > 0.0) {
            let (first_s, last_s) = (drained.first_wait_s, drained.last_wait_s);
            if first_s + least_s < timeout_s && last_s + most_s > timeout_s {
                // Much depends on a few milliseconds before the timeout.
                for (body_s, share) in body.iter().zip(STRATA) {
                    self.spread.add_even(first_s + body_s, last_s + body_s, drained.requests * share);
                }
            } else {
                self.second_tier.waits.add_later(first_s, last_s, drained.requests);
            }
        }
        self.second_tier.waits.settle();
        self.second_tier.waits.plus_strata(body, &mut self.spread);
    }

    /// Adds what left the backlog to the step's latencies.
    fn answer_drained(&mut self, table: &Table) {
        if self.drained.is_empty() {
            return;
        }
        let weight: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let speed: f64 = self.cohorts.iter().map(|c| c.pods.power()).sum::<f64>() / weight.max(1e-300);
        let rate: f64 = self.passed.iter().map(|(rate, _)| rate).sum();
        let load = rate / (self.pod_capacity * weight * speed).max(1e-300);
        let unit_s = self.profile.cpu_s / speed;
        let calm_row = table.row(table.place(load.min(HIGHEST_OPEN_LOAD)).row);
        let calm = calm_row.strata.map(|value| value * unit_s);
        for drained in self.drained.iter().filter(|drained| drained.is_whole) {
            self.spread.add_even(drained.first_wait_s, drained.last_wait_s, drained.requests);
        }
        if let Some(body) = self.second_tier.busy_strata {
            return self.add_waits(&body);
        }
        let slowdown = self.crowded_slowdown();
        let off_cpu_s = self.profile.off_cpu_s / speed;
        let body = table.row(0).strata.map(|value| (value * unit_s - off_cpu_s) * slowdown + off_cpu_s);
        for drained in self.drained.iter().filter(|drained| !drained.is_whole) {
            self.spread.add_waited((drained.first_wait_s, drained.last_wait_s), &body, &calm, drained.requests);
        }
    }

    /// How much slower a request runs when every thread of its pod is taken.
    fn crowded_slowdown(&self) -> f64 {
        match Station::new(&self.profile, 1).serving {
            Serving::Sharing { cores, threads: Some(threads) } => {
                (f64::from(threads) * cores.min(1.0) / cores).max(1.0)
            }
            _ => 1.0,
        }
    }

    pub(super) fn summary_of_spread(&self, requests: f64) -> LatencySummary {
        if requests <= 0.0 {
            return LatencySummary::default();
        }
        let mut reader = self.spread.reader();
        let [p50_s, p90_s, p95_s, p99_s] = [0.5, 0.9, 0.95, 0.99].map(|quantile| reader.quantile(quantile));
        let max_s = reader.quantile((1.0 - 0.5 / requests).max(0.99));
        LatencySummary { mean_s: self.spread.mean_s(), p50_s, p90_s, p95_s, p99_s, max_s }
    }

    /// CPU usage of the cohorts in this step.
    pub(super) fn count_cpu(&mut self, span_s: f64, done: f64, pods: &PodCohorts, outcome: &mut StepOutcome) {
        let limit_milli = self.profile.cpu_limit_cores.map_or(f64::INFINITY, |cores| cores * 1000.0);
        let idle_milli = self.profile.idle_cpu_milli;
        let ready: f64 = pods.iter().map(|cohort| cohort.ready).sum();
        // A core that is twice as fast does twice a core's work.
        let fastest = pods.iter().map(|cohort| cohort.speed).fold(1.0, f64::max);
        let usage = |requests: f64, pods: f64| {
            let busy = requests * self.profile.cpu_s / (pods * span_s).max(1e-300) * 1000.0;
            (idle_milli + busy).min(limit_milli * fastest)
        };
        outcome.cpu_milli_per_pod = usage(done, ready);
        self.pod_cpu_milli.clear();
        if self.cohorts.len() == pods.len() && self.passed.len() == pods.len() && pods.len() > 1 {
            let served: f64 = self.passed.iter().map(|(_, p)| p.calm + p.saturated + p.drained).sum();
            for ((_, passed), cohort) in self.passed.iter().zip(pods) {
                let share = (passed.calm + passed.saturated + passed.drained) / served.max(1e-300);
                self.pod_cpu_milli.push(usage(done * share, cohort.ready));
            }
        } else {
            self.pod_cpu_milli.resize(pods.len(), outcome.cpu_milli_per_pod);
        }
    }

    /// How many clients give up in a step that ends at `end_s` and in which `late` requests were answered too late.
    pub(super) fn count_given_up(&mut self, end_s: f64, late: f64) -> f64 {
        let Some(after_s) = self.given_up.after_s else { return late };
        let in_hand = self.cohorts.iter().map(|cohort| cohort.came_before(end_s - after_s)).sum();
        self.given_up.step(in_hand, late)
    }
}

/// The value that half a request of `requests` exceeds, from the quantiles of [`QUANTILES`]: straight
/// lines over the logarithm of the share that is slower, the last one drawn on.
fn largest_of(requests: f64, quantiles: &[f64; QUANTILES.len()]) -> f64 {
    let [_, _, _, p99, p999, p9999] = *quantiles;
    let decades = libm::log10(2.0 * requests.max(50.0));
    if decades < 3.0 { p99 + (decades - 2.0) * (p999 - p99) } else { p999 + (decades - 3.0) * (p9999 - p999) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::latency::{Abandoned, Discipline, ServiceProfile, Timeout, WorkShape};
    use crate::units::SimDuration;

    /// The share of a quarter of an hour's requests that failed, at a capacity of 10 a second.
    fn failed(profile: ServiceProfile, rate: f64) -> f64 {
        let profile = ServiceProfile { cpu_s: 0.1, cpu_limit_cores: Some(1.0), ..profile };
        let mut service = ServiceModel::new(profile).expect("a profile");
        let pods = [PodCohort { key: 0, ready: 1.0, speed: 1.0 }];
        let (mut failed, mut arrived) = (0.0, 0.0);
        for _ in 0..60 {
            let step = service.step(SimDuration::from_secs(15), rate, &pods);
            failed += step.rejected + step.timed_out;
            arrived += step.arrived;
        }
        failed / arrived
    }

    #[test]
    fn overload_fails_at_least_what_is_above_capacity() {
        let patience = |work| Some(Timeout { after_s: 60.0, work });
        let shared = ServiceProfile { timeout: patience(Abandoned::CancelQueued), ..ServiceProfile::default() };
        let even = ServiceProfile { shape: WorkShape::Deterministic, ..shared.clone() };
        let queue = ServiceProfile { concurrency: Some(1), ..shared.clone() };
        let threads = ServiceProfile { concurrency: Some(32), ..shared.clone() };
        let ignored = ServiceProfile { timeout: patience(Abandoned::Ignored), ..queue.clone() };
        let common = ServiceProfile { discipline: Discipline::SharedQueue, ..shared.clone() };
        for (name, profile) in [
            ("shared cpu", &shared),
            ("even work", &even),
            ("one thread", &queue),
            ("threads", &threads),
            ("one that works on", &ignored),
            ("one queue", &common),
        ] {
            let mut before = 0.0;
            for rate in [12.0, 50.0, 400.0] {
                let (share, least) = (failed(profile.clone(), rate), 1.0 - 10.0 / rate);
                // The last minute's clients still wait.
                assert!(share > least * 14.0 / 15.0 - 0.02 && share <= 1.0, "{name}: {share} at {rate}/s");
                assert!(share > before - 0.02, "{name}: {share} at {rate}/s, {before} at less");
                before = share;
            }
            assert!(failed(profile.clone(), 5.0) < 1e-3, "{name}");
        }
    }

    #[test]
    fn without_a_pod_clients_of_one_queue_give_up_too() {
        let timeout = Some(Timeout { after_s: 60.0, work: Abandoned::CancelQueued });
        for concurrency in [None, Some(4)] {
            let profile =
                ServiceProfile { timeout, concurrency, discipline: Discipline::SharedQueue, ..Default::default() };
            let mut service = ServiceModel::new(profile).expect("a profile");
            let steps = (0..40).map(|_| service.step(SimDuration::from_secs(15), 10.0, &[]));
            let failed: f64 = steps.map(|step| step.rejected + step.timed_out).sum();
            assert!((failed - 10.0 * (600.0 - 60.0)).abs() < 1.0, "{concurrency:?}: {failed}");
        }
    }
}

//! Processor sharing in overload: the fluid limit of a crowd on one CPU.
//!
//! Everybody present gets the same share of the CPU, so one number, the service attained since the
//! crowd began, says who has left: a request that came when it was `a` leaves when it is `a` plus its
//! work. Nobody waits in line, so the mean depends on the whole distribution of work: with a heavy tail
//! the small ones get through and the crowd grows slower than arrivals less capacity.
//!
//! Source: Gromoll, Puha, Williams, "The fluid limit of a heavily loaded processor sharing queue", 2002.

use super::backlog::{Drained, Flow, Passed, share_before};
use super::work::Survival;
use std::collections::VecDeque;

/// Requests that came evenly over a time.
#[derive(Clone, Copy, Debug)]
struct Batch {
    from_s: f64,
    to_s: f64,
    /// The crowd's attained service at the middle of that time.
    attained_s: f64,
    requests: f64,
    /// The share that is still here.
    here: f64,
}

/// The requests on the CPUs of a cohort of pods, while they are more than a stationary crowd.
#[derive(Clone, Debug, Default)]
pub(super) struct FluidCrowd {
    batches: VecDeque<Batch>,
    attained_s: f64,
    present: f64,
}

/// How a crowd is served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service<'a> {
    /// P(work > x), in multiples of the mean.
    pub(super) work: &'a Survival,
    pub(super) cpu_s: f64,
    pub(super) off_cpu_s: f64,
    /// Cores of all pods together.
    pub(super) cores: f64,
    /// The speed of a core.
    pub(super) speed: f64,
    pub(super) pods: f64,
}

/// The time within which rates count as constant, in seconds.
const LONGEST_PART_S: f64 = 0.5;
/// Longer histories are kept more coarsely.
const MOST_BATCHES: usize = 192;
/// What is left of a batch below this share has gone.
const NEGLIGIBLE: f64 = 1e-4;

impl FluidCrowd {
    /// Requests present beyond a stationary crowd; 0 while there is only that.
    pub(super) fn requests(&self) -> f64 {
        self.present
    }

    /// Those who are here and came before that.
    pub(super) fn came_before(&self, at_s: f64) -> f64 {
        let old = |batch: &Batch| batch.here * batch.requests * share_before(at_s, (batch.from_s, batch.to_s));
        self.batches.iter().map(old).sum()
    }

    /// Lets a step's flow pass; who leaves is added to `drained`.
    pub(super) fn pass(&mut self, flow: Flow, service: &Service<'_>, drained: &mut Vec<Drained>) -> Passed {
        let Flow { start_s, span_s, arrivals, capacity, .. } = flow;
        if self.batches.is_empty() && arrivals <= capacity {
            return Passed { calm: arrivals * span_s, ..Passed::default() };
        }
        let parts = (span_s / LONGEST_PART_S).ceil().max(1.0);
        let part_s = span_s / parts;
        let load = arrivals / capacity.max(1e-300);
        let mut passed = Passed::default();
        for part in 0..parts as usize {
            let now_s = start_s + part as f64 * part_s;
            if load < 1.0 && self.present <= stationary_crowd(load, service) {
                let left = std::mem::take(self);
                left.everybody_leaves(now_s, service, drained);
                passed.calm += arrivals * (start_s + span_s - now_s);
                break;
            }
            passed.drained +=
                self.part(&Flow { start_s: now_s, span_s: part_s, ..flow }, service, drained) / service.cpu_s;
        }
        passed
    }

    /// A part of a step; returns the CPU seconds done.
    fn part(&mut self, part: &Flow, service: &Service<'_>, drained: &mut Vec<Drained>) -> f64 {
        let Flow { start_s: now_s, span_s: part_s, arrivals, .. } = *part;
        let alone = (service.cores / service.pods).min(1.0);
        let rate_among = |sharing: f64| service.speed * (service.cores / sharing.max(1e-9)).min(alone);
        // How many share the CPU over the part depends on who leaves in it: one guess, then its mean.
        let guess_s = part_s * rate_among(self.present + 0.5 * arrivals * part_s);
        let sharing = 0.5 * (self.present + self.present_after(guess_s, arrivals * part_s, service));
        let rate = rate_among(sharing);
        let gained_s = rate * part_s;
        self.batches.push_back(Batch {
            from_s: now_s,
            to_s: now_s + part_s,
            attained_s: self.attained_s + 0.5 * gained_s,
            requests: arrivals * part_s,
            here: 1.0,
        });
        self.attained_s += gained_s;
        let end_s = now_s + part_s;
        self.present = 0.0;
        for batch in &mut self.batches {
            let here = service.work.at((self.attained_s - batch.attained_s).max(0.0) / service.cpu_s);
            let left = (batch.here - here) * batch.requests;
            if left > 1e-6 {
                // Who came in this very part has been here for some of it only.
                let (first_s, last_s) = ((now_s - batch.from_s).max(0.0), (end_s - batch.to_s).max(0.0));
                let fresh = batch.to_s >= end_s;
                let typical_s = service.cpu_s / rate.max(1e-9);
                let (first_wait_s, last_wait_s) = if fresh {
                    (0.0, part_s.min(2.0 * typical_s))
                } else {
                    (first_s.min(last_s), first_s.max(last_s) + part_s)
                };
                drained.push(Drained {
                    arrived_from_s: batch.from_s,
                    arrived_to_s: batch.to_s,
                    first_wait_s: first_wait_s + service.off_cpu_s,
                    last_wait_s: last_wait_s + service.off_cpu_s,
                    requests: left,
                    is_whole: true,
                });
            }
            batch.here = here;
            self.present += here * batch.requests;
        }
        self.batches.retain(|batch| batch.here > NEGLIGIBLE);
        if self.batches.len() > MOST_BATCHES {
            self.coarsen();
        }
        sharing * rate * part_s
    }

    /// How many would be here if everybody had gained this much CPU time and `more` had come evenly meanwhile.
    fn present_after(&self, gained_s: f64, more: f64, service: &Service<'_>) -> f64 {
        let attained_s = self.attained_s + gained_s;
        let here = |batch: &Batch| batch.requests * service.work.at((attained_s - batch.attained_s) / service.cpu_s);
        self.batches.iter().map(here).sum::<f64>() + more * service.work.at(0.5 * gained_s / service.cpu_s)
    }

    /// The crowd is no larger than a stationary one: who is left leaves as from that.
    pub(super) fn everybody_leaves(self, now_s: f64, service: &Service<'_>, drained: &mut Vec<Drained>) {
        let more_s = service.cpu_s * (self.present / service.cores.max(1e-9)).max(1.0);
        for batch in self.batches {
            let age_s = (now_s - (batch.from_s + batch.to_s) / 2.0).max(0.0) + service.off_cpu_s;
            drained.push(Drained {
                arrived_from_s: batch.from_s,
                arrived_to_s: batch.to_s,
                first_wait_s: age_s,
                last_wait_s: age_s + 2.0 * more_s,
                requests: batch.here * batch.requests,
                is_whole: true,
            });
        }
    }

    /// Joins the older half two by two.
    fn coarsen(&mut self) {
        let old: Vec<Batch> = self.batches.drain(..MOST_BATCHES / 2).collect();
        for pair in old.chunks(2).rev() {
            let joined = match pair {
                [one, two] => {
                    let requests = one.requests + two.requests;
                    let mean = |a: f64, b: f64| (a * one.requests + b * two.requests) / requests.max(1e-300);
                    Batch {
                        from_s: one.from_s,
                        to_s: two.to_s,
                        attained_s: mean(one.attained_s, two.attained_s),
                        requests,
                        here: mean(one.here, two.here),
                    }
                }
                _ => pair[0],
            };
            self.batches.push_front(joined);
        }
    }
}

/// The mean number in a stationary crowd.
fn stationary_crowd(load: f64, service: &Service<'_>) -> f64 {
    let per_pod = load / (1.0 - load).max(1e-9);
    let more_cores = (service.cores / service.pods.max(1e-9) - 1.0).max(0.0) * load;
    service.pods * (per_pod + more_cores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::latency::WorkShape;

    fn crowd_after(shape: WorkShape, seconds: usize) -> f64 {
        let work = Survival::tabulate(1.0 / 256.0, |x| shape.survival(x));
        let service = Service { work: &work, cpu_s: 0.05, off_cpu_s: 0.0, cores: 5.0, speed: 1.0, pods: 5.0 };
        let (mut crowd, mut drained) = (FluidCrowd::default(), Vec::new());
        for step in 0..seconds {
            let flow =
                Flow { start_s: step as f64, span_s: 1.0, arrivals: 140.0, capacity: 100.0, limit: f64::INFINITY };
            let passed = crowd.pass(flow, &service, &mut drained);
            assert!(step < 2 || (passed.drained - 100.0).abs() < 1e-6, "{passed:?}");
        }
        let left: f64 = drained.iter().map(|row| row.requests).sum();
        assert!((left + crowd.requests() - 140.0 * seconds as f64).abs() < 0.02 * 140.0 * seconds as f64);
        crowd.requests() / seconds as f64
    }

    #[test]
    fn a_crowd_grows_as_its_work_says() {
        // Memoryless work: by arrivals less capacity.
        let exponential = crowd_after(WorkShape::Exponential, 100);
        assert!((exponential / 40.0 - 1.0).abs() < 0.05, "{exponential}");
        // The reference simulation has 22.8 per second with SCV 4.
        let heavy = crowd_after(WorkShape::Lognormal { scv: 4.0 }, 100);
        assert!((heavy / 22.8 - 1.0).abs() < 0.1, "{heavy}");
        assert!(crowd_after(WorkShape::Deterministic, 100) > exponential);
    }

    #[test]
    fn a_crowd_dissolves() {
        let work = Survival::tabulate(1.0 / 256.0, |x| WorkShape::Exponential.survival(x));
        let service = Service { work: &work, cpu_s: 0.05, off_cpu_s: 0.0, cores: 5.0, speed: 1.0, pods: 5.0 };
        let (mut crowd, mut drained) = (FluidCrowd::default(), Vec::new());
        for step in 0..200 {
            let arrivals = if step < 60 { 140.0 } else { 50.0 };
            let flow = Flow { start_s: step as f64, span_s: 1.0, arrivals, capacity: 100.0, limit: f64::INFINITY };
            let passed = crowd.pass(flow, &service, &mut drained);
            if !(100..116).contains(&step) {
                assert_eq!(passed.calm, if step < 100 { 0.0 } else { 50.0 }, "{step}: {}", crowd.requests());
            }
        }
        assert_eq!(crowd.requests(), 0.0);
    }
}

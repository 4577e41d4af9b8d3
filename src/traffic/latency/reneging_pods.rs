//! The stationary latency of pods that share a CPU among clients who give up.

use super::arriving::{Arriving, renewal_root};
use super::offered_wait::OfferedWait;
use super::phases::Phases;
use super::profile::Discipline;
use super::reneging::{Reneged, Reneging, Stages};
use super::sharing::Sharing;
use super::waiting::Wait;
use super::work::Survival;

/// Nearly nobody waits for this many times as long as a mean stay.
const OUT_OF_REACH: f64 = 8.0;
/// At lower loads so many requests are at many pods, and hardly anybody gives up.
const MANY_BELOW: f64 = 0.98;
/// Times of a fluid's table.
const FLUID_TIMES: usize = 256;

/// When clients give up, and how many may be there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// After this multiple of the mean work.
    pub(super) patience: f64,
    /// Whether work in service stops then, too.
    pub(super) stops_work: bool,
    /// Places to wait in a pod.
    pub(super) bound: Option<u32>,
}

impl Sharing {
    /// P(latency > t) of those who are answered in time, and what becomes of the others; none where hardly anybody
    /// gives up.
    pub(super) fn reneging(&self, load: f64, off_cpu: f64, limits: Limits) -> Option<(Survival, Wait)> {
        let patience = (limits.patience - off_cpu).max(1e-3);
        // Who sees the shortest of all queues is served as by all pods together.
        let together = self.discipline == Discipline::SharedQueue || self.sees_all();
        let choices = if self.discipline == Discipline::PowerOfTwo && !together { 2 } else { 1 };
        let room = limits.bound.zip(self.threads).map(|(bound, threads)| bound + threads);
        let alone = self.cores.min(1.0);
        let fill = room.map_or(f64::INFINITY, |room| f64::from(room) / self.cores * (1.0 + self.shape.scv()).max(2.0));
        if load <= 0.0 || patience * alone * (1.0 - load) > OUT_OF_REACH || (patience > fill && choices == 1) {
            return None;
        }
        let pods = if together { self.pods } else { 1 };
        let work = self.stages();
        let pod = Reneging {
            rate: load * self.cores * f64::from(pods),
            arriving: self.arriving_at_a_pod(load),
            choices,
            cores: self.cores * f64::from(pods),
            alone,
            threads: self.threads.map(|threads| threads.saturating_mul(pods)),
            room: room.map(|room| room.saturating_mul(pods)),
            patience,
            stops_work: limits.stops_work,
            work: &work,
        };
        if let (Some(threads), true) = (pod.threads, load >= 1.0 && !pod.stops_work) {
            return Some(self.in_line(&pod, threads, off_cpu));
        }
        let known = match (pod.solve(), pod.threads) {
            (Some(known), _) => known,
            (None, _) if load < MANY_BELOW => return None,
            (None, threads) => match (self.fluid(&pod), threads) {
                ((number, _), Some(threads)) if number > f64::from(threads) => {
                    return Some(self.in_line(&pod, threads, off_cpu));
                }
                ((_, fluid), _) => fluid,
            },
        };
        let Reneged { there, late, rejected, done } = known;
        let wait = Wait { rejected, abandoned: late * (1.0 - rejected), done, ..Wait::nobody() };
        Some((in_time(&there, off_cpu), wait))
    }

    /// Whether an arrival gets the shortest queue of all.
    fn sees_all(&self) -> bool {
        self.discipline == Discipline::LeastOutstanding || (self.discipline == Discipline::PowerOfTwo && self.pods <= 2)
    }

    /// How often requests arrive at a pod with a free core, and at one without, over how often they do in all: what
    /// makes the number there that of GI/M/c, whose ratio of neighbours is the root.
    fn arriving_at_a_pod(&self, load: f64) -> [f64; 2] {
        let scv = match self.arriving {
            Arriving::Renewal { scv } => scv,
            _ if self.discipline == Discipline::RoundRobin => 1.0 / f64::from(self.pods),
            _ => 1.0,
        };
        if load >= 0.99 || scv == 1.0 {
            return [1.0; 2];
        }
        let root = renewal_root(self.cores.max(1.0), load, scv);
        [(1.0 - root) / (1.0 - load), root / load]
    }

    /// So many requests that all threads are taken: as servers that are slower by sharing.
    fn in_line(&self, pod: &Reneging<'_>, threads: u32, off_cpu: f64) -> (Survival, Wait) {
        let slower = f64::from(threads) / pod.cores;
        let work = Survival::tabulate(1.0 / 256.0, |x| self.shape.survival(x));
        let queue = OfferedWait {
            work: &work,
            servers: threads,
            rate: pod.rate * slower,
            patience: pod.patience / slower,
            stops_work: pod.stops_work,
            places: pod.room.map(|room| room - threads),
        };
        let mut wait = Wait::of(queue.solve(1.0), slower);
        let body = Survival::tabulate(1.0 / 256.0, |t| self.shape.survival((t - off_cpu) / slower));
        wait.done = wait.done.min(pod.cores / pod.rate);
        (body, wait)
    }

    fn stages(&self) -> Stages {
        let known = Phases::of(self.shape, &Survival::tabulate(1.0 / 256.0, |x| self.shape.survival(x)));
        match known {
            Some(phases) => Stages::at_once(phases),
            None => Stages::in_turn(self.shape.scv()),
        }
    }

    /// So many requests that their number hardly varies: everybody gets the same, so that as many come as leave.
    /// With the number there.
    fn fluid(&self, pod: &Reneging<'_>) -> (f64, Reneged) {
        let work = Survival::tabulate(1.0 / 256.0, |x| self.shape.survival(x));
        let room = pod.room.map_or(f64::INFINITY, f64::from);
        let speed_of = |number: f64| pod.alone.min(pod.cores / number.max(1e-9));
        let number_at = |speed: f64| pod.rate * work.integral(pod.patience * speed) / speed;
        let (mut few, mut many) = (0.0, pod.rate * pod.patience);
        for _ in 0..60 {
            let number = (few + many) / 2.0;
            *(if number_at(speed_of(number)) > number { &mut few } else { &mut many }) = number;
        }
        let rejected = if many > room { 1.0 - room / many } else { 0.0 };
        let speed = speed_of(many.min(room));
        let there = (0..=FLUID_TIMES).map(|at| {
            let time = pod.patience * at as f64 / FLUID_TIMES as f64;
            (time, work.at(time * speed))
        });
        let done = work.integral(pod.patience * speed) * (1.0 - rejected);
        let late = work.at(pod.patience * speed);
        (many, Reneged { there: there.collect(), late, rejected, done })
    }
}

/// P(latency > t) given that it is below the last time.
fn in_time(there: &[(f64, f64)], off_cpu: f64) -> Survival {
    let late = there.last().map_or(0.0, |last| last.1).clamp(0.0, 1.0);
    let answered = (1.0 - late).max(1e-12);
    let mut at = 0;
    Survival::tabulate_rising(1.0 / 256.0, |t| {
        let t = t - off_cpu;
        if t <= 0.0 {
            return 1.0;
        }
        while at + 2 < there.len() && there[at + 1].0 <= t {
            at += 1;
        }
        let ((from, above), (to, below)) = (there[at], there[at + 1]);
        if t >= to {
            return 0.0;
        }
        ((above + (below - above) * (t - from) / (to - from) - late) / answered).clamp(0.0, 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::super::profile::WorkShape;
    use super::*;

    fn pod(shape: WorkShape, threads: Option<u32>) -> Sharing {
        let arriving = Arriving::Poisson;
        Sharing { shape, cores: 1.0, threads, discipline: Discipline::Random, pods: 4, arriving }
    }

    fn limits(patience: f64) -> Limits {
        Limits { patience, stops_work: true, bound: None }
    }

    #[test]
    fn nearly_endless_patience_is_plain_sharing() {
        let (body, wait) = pod(WorkShape::Exponential, None).reneging(0.5, 0.0, limits(15.9)).expect("in reach");
        let mean = body.integral(1e3);
        // The slowest are left out.
        assert!((mean / 2.0 - 0.97).abs() < 0.03, "{mean}");
        assert!(wait.abandoned < 0.01 && (wait.done - 1.0).abs() < 0.01, "{wait:?}");
    }

    #[test]
    fn overload_of_exponential_work_leaves_no_core_idle_and_wastes_what_stops() {
        // Whoever gives up wastes what he got: with exponential work as much as anybody would have got answered for.
        for (threads, load) in [(None, 1.5), (None, 3.0), (Some(4), 1.5), (Some(4), 3.0)] {
            let (_, wait) = pod(WorkShape::Exponential, threads).reneging(load, 0.0, limits(12.0)).expect("in reach");
            assert!((wait.abandoned - (1.0 - 1.0 / load)).abs() < 0.02, "{threads:?} at {load}: {wait:?}");
            assert!((wait.done * load - 1.0).abs() < 0.01, "{threads:?} at {load}: {wait:?}");
        }
    }

    #[test]
    fn more_give_up_the_higher_the_load_and_the_shorter_the_patience() {
        for shape in [WorkShape::Gamma { scv: 0.5 }, WorkShape::Exponential, WorkShape::Lognormal { scv: 4.0 }] {
            let late = |load, patience| {
                pod(shape, None).reneging(load, 0.0, limits(patience)).map_or(0.0, |(_, wait)| wait.abandoned)
            };
            let mut before = 0.0;
            for load in [0.7, 0.9, 1.0, 1.2, 1.5, 3.0, 8.0, 16.0] {
                let (short, long) = (late(load, 5.0), late(load, 10.0));
                assert!(
                    short > long - 5e-3 && (short > before || short == 0.0) && short < 1.0,
                    "{shape:?} at {load}: {short} {long}"
                );
                before = short;
            }
        }
    }
}

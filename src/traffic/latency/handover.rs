//! What waits, handed over as the pods of a service come and go.

use super::ServiceModel;
use super::cohort::{Cohort, Followed};
use super::fluid_sharing;
use super::outcome::{PodCohort, PodCohorts};
use super::profile::Discipline;

/// Nearer to capacity nobody is idle, and all pods get what they can do.
const HIGHEST_SHARE: f64 = 0.999;

impl ServiceModel {
    /// Makes the cohorts those of this step. What waits in a pod that is gone is sent to the
    /// others; with one queue for all there is one cohort, whose new threads take from it at once.
    pub(super) fn align(&mut self, pods: &PodCohorts) {
        let pooled = self.profile.discipline == Discipline::SharedQueue;
        if pooled {
            let ready: f64 = pods.iter().map(|cohort| cohort.ready).sum();
            let speed: f64 = pods.iter().map(PodCohort::power).sum::<f64>() / ready.max(1e-300);
            let all = PodCohort { key: 0, ready, speed };
            match self.cohorts.first_mut() {
                Some(cohort) => {
                    let threads =
                        self.profile.concurrency.map_or(0.0, f64::from) * (ready - cohort.pods.ready).max(0.0);
                    cohort.backlog.take(threads, self.clock_s, 0.0, &mut self.drained);
                    if let Some(Followed::Queues(queue)) = cohort.followed.as_mut().filter(|_| threads > 0.0) {
                        self.second_tier.late += queue.take(threads, self.clock_s, &mut self.drained);
                    }
                    cohort.pods = all;
                }
                None => self.cohorts.push(Cohort::new(all)),
            }
            return;
        }
        let same = |cohort: &Cohort, given: &PodCohort| cohort.pods.key == given.key;
        if self.cohorts.len() != pods.len() || !self.cohorts.iter().zip(pods).all(|(c, p)| same(c, p)) {
            self.replace_cohorts(pods);
        }
        for (index, given) in pods.iter().enumerate() {
            let before = std::mem::replace(&mut self.cohorts[index].pods, *given);
            let cohort = &mut self.cohorts[index];
            if given.ready < before.ready && (cohort.backlog.requests() > 0.0 || cohort.followed.is_some()) {
                self.redispatch(index, 1.0 - given.ready / before.ready);
            } else if let Some(followed) = cohort.followed.as_mut().filter(|_| given.ready > before.ready) {
                followed.mix_with_empty(1.0 - before.ready / given.ready);
            }
        }
    }

    /// Brings the cohorts into the given order; those that are gone hand over all they have.
    fn replace_cohorts(&mut self, pods: &PodCohorts) {
        let mut old = std::mem::take(&mut self.cohorts);
        for given in pods {
            let known = old.iter().position(|cohort| cohort.pods.key == given.key);
            let fresh = || Cohort::new(*given);
            let cohort = known.map_or_else(fresh, |index| old.swap_remove(index));
            self.cohorts.push(cohort);
        }
        let ready: f64 = pods.iter().map(|cohort| cohort.ready).sum();
        for mut gone in old {
            if let Some(work) = self.crowd_work() {
                // They finish where they are.
                let PodCohort { ready: pods, speed, .. } = gone.pods;
                let cores = pods * self.profile.cpu_limit_cores.unwrap_or(1.0);
                let (cpu_s, off_cpu_s) = (self.profile.cpu_s, self.profile.off_cpu_s);
                let service = fluid_sharing::Service { work: &work.survival, cpu_s, off_cpu_s, cores, speed, pods };
                gone.crowd.everybody_leaves(self.clock_s, &service, &mut self.drained);
            }
            if let Some(mut followed) = gone.followed.take() {
                self.second_tier.receive(&followed.give(1.0), &mut self.cohorts);
                self.finish_where_they_are(followed, gone.pods);
            }
            if ready > 0.0 {
                let parts = self.cohorts.iter_mut().zip(pods).map(|(c, given)| (&mut c.backlog, given.ready / ready));
                gone.backlog.hand_over(1.0, parts);
            } else if let Some(first) = self.cohorts.first_mut() {
                gone.backlog.hand_over(1.0, std::iter::once((&mut first.backlog, 1.0)));
            }
        }
    }

    /// Sends a share of what waits in one cohort to all, by their pods.
    fn redispatch(&mut self, index: usize, share: f64) {
        let ready: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let others = ready - self.cohorts[index].pods.ready;
        if let Some(followed) = &mut self.cohorts[index].followed {
            let moved = followed.give(share);
            self.second_tier.receive(&moved, &mut self.cohorts);
            return;
        }
        if others <= 0.0 {
            return;
        }
        let share = share * others / ready;
        let mut moved = std::mem::take(&mut self.cohorts[index].backlog);
        let parts = self.cohorts.iter_mut().enumerate().filter(|(other, _)| *other != index);
        moved.hand_over(share, parts.map(|(_, c)| (&mut c.backlog, c.pods.ready / others)));
        self.cohorts[index].backlog = moved;
    }

    /// Where requests seek the shortest queue and some cohort has one: the wait in seconds that
    /// all cohorts which get requests have at the end of the step.
    pub(super) fn water_level(&self, arrivals: f64, span_s: f64) -> Option<f64> {
        if !self.profile.discipline.looks_at_pods()
            || self.cohorts.len() < 2
            || self.cohorts.iter().all(|c| c.requests() <= 0.0)
        {
            return None;
        }
        // Cohorts join in order of their own level; few enough to try each as the last.
        let capacity_of = |c: &Cohort| self.pod_capacity * c.pods.ready * c.pods.speed;
        let own_level = |c: &Cohort| c.requests() / capacity_of(c).max(1e-12) - span_s;
        let level_below = |highest: f64| {
            let joined = self.cohorts.iter().filter(|c| own_level(c) <= highest && capacity_of(c) > 0.0);
            let (capacity, room) = joined.fold((0.0, 0.0), |(capacity, room), c| {
                (capacity + capacity_of(c), room + own_level(c) * capacity_of(c))
            });
            (arrivals * span_s + room) / capacity.max(1e-12)
        };
        let levels = self.cohorts.iter().map(|c| level_below(own_level(c)));
        levels.fold(None, |least: Option<f64>, level| Some(least.map_or(level, |l| l.min(level))))
    }

    /// Where requests seek idle pods, and pods differ in speed: the rate at which a pod gets them while it is idle.
    ///
    /// Every arrival goes to one of the idle pods, all as likely (join the idle queue: Lu et al. 2011; with pods of
    /// different speeds: Stolyar 2015): a pod that can do `c` a second gets `r = idle_rate * (1 - r / c)`, so that slow pods
    /// get the less the more is to do, and never more than they can do. None where the pods are alike.
    pub(super) fn idle_rate(&self, arrivals: f64) -> Option<f64> {
        let first = self.cohorts.first()?.pods.speed;
        let seeking = self.profile.discipline.looks_at_pods();
        if !seeking || !self.pod_capacity.is_finite() || self.cohorts.iter().all(|c| c.pods.speed == first) {
            return None;
        }
        let given = |rate: f64| self.cohorts.iter().map(|c| self.rate_behind_a_seeker(c, rate)).sum::<f64>();
        let capacity: f64 = self.cohorts.iter().map(|c| self.pod_capacity * c.pods.ready * c.pods.speed).sum();
        if arrivals >= capacity * HIGHEST_SHARE {
            return None;
        }
        let (mut low, mut high) = (0.0, arrivals.max(1e-9));
        while given(high) < arrivals {
            high *= 2.0;
        }
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            *(if given(middle) < arrivals { &mut low } else { &mut high }) = middle;
        }
        Some(high)
    }

    /// Requests per second that a cohort gets where each of its pods gets so many while it is idle.
    pub(super) fn rate_behind_a_seeker(&self, cohort: &Cohort, idle_rate: f64) -> f64 {
        let capacity = self.pod_capacity * cohort.pods.speed;
        cohort.pods.ready * idle_rate * capacity / (capacity + idle_rate)
    }
}

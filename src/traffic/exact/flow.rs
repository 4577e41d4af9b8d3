//! What happens to a visit: arrival, queue, thread, CPU, callees, answer; and what goes wrong.

use crate::id::Id;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::traffic::exact::observer::{Ended, Ending, Observer, Visited};
use crate::traffic::exact::timers::Due;
use crate::traffic::exact::visit::{Errand, NOWHERE, ORPHAN, ROOT, State};
use crate::traffic::exact::{ExactModel, MOST_VISITS};
use crate::traffic::latency::Abandoned;

impl ExactModel {
    /// A new request enters by a route drawn by share.
    pub(super) fn enter<O: Observer>(&mut self, observer: &mut O) {
        let routes = &self.plan.routes;
        let route = if routes.len() == 1 {
            0
        } else {
            let at = self.calls.uniform();
            routes.as_slice().partition_point(|(sum, _)| *sum <= at).min(routes.len() - 1)
        };
        let route = RouteId::from_index(route);
        let errand = Errand { stop: routes[route].1, route, parent: ROOT, retries: 0, entered_s: self.now_s };
        observer.entered(self.now_s);
        self.call(errand, 0.0, observer);
    }

    /// Makes an attempt at a call after a delay.
    fn call<O: Observer>(&mut self, errand: Errand, delay_s: f64, observer: &mut O) {
        let stop = &self.plan.stops[errand.stop as usize];
        let (service, first_step) = (stop.service, stop.steps.start as u32);
        if errand.retries == 0 {
            self.services[service].earn();
        }
        if self.visits.count() >= MOST_VISITS {
            self.overflowed += 1;
            observer.failed(service, Ending::Rejected);
            self.report(Errand { retries: u32::MAX - 1, ..errand }, Ending::Rejected, observer);
            return;
        }
        let visit = self.visits.add(errand, first_step);
        if delay_s > 0.0 {
            let generation = self.visits[visit].generation;
            self.remind(delay_s, Due::Arrive { visit, generation });
        } else {
            self.arrive(visit, observer);
        }
    }

    /// A visit reaches its service.
    pub(super) fn arrive<O: Observer>(&mut self, visit: u32, observer: &mut O) {
        let stop = &self.plan.stops[self.visits[visit].errand.stop as usize];
        let id = stop.service;
        observer.arrived(id);
        let service = &mut self.services[id];
        let work_s = service.profile.cpu_s * stop.work * service.draw.draw(&mut self.work);
        let row = &mut self.visits[visit];
        (row.arrived_s, row.work_s) = (self.now_s, work_s);
        if let Some(timeout) = service.profile.timeout {
            service.patience.push_back((self.now_s + timeout.after_s, visit, row.generation));
            if service.patience.len() == 1 {
                self.agenda.set(1 + id.index(), self.now_s + timeout.after_s);
            }
        }
        self.dispatch(visit, observer);
    }

    /// Gives a visit to a pod, a queue, or nobody.
    fn dispatch<O: Observer>(&mut self, visit: u32, observer: &mut O) {
        let id = self.plan.stops[self.visits[visit].errand.stop as usize].service;
        let service = &mut self.services[id];
        let bound = service.profile.queue_bound.map_or(usize::MAX, |bound| bound as usize);
        if service.is_pooled() {
            let pod = if service.waiting.is_empty() { service.roomiest() } else { None };
            match pod {
                Some(pod) => self.begin(visit, pod, observer),
                None if service.waiting.len() >= bound.saturating_mul(service.pods.len()) && bound < usize::MAX => {
                    self.fail(visit, Ending::Rejected, observer);
                }
                None => {
                    service.waiting.push(visit, &self.visits);
                    self.visits[visit].state = State::Waiting;
                }
            }
            return;
        }
        let Some(pod) = service.choose(&mut self.choice) else {
            self.fail(visit, Ending::Rejected, observer);
            return;
        };
        let chosen = &mut self.pods[pod as usize];
        if chosen.has_free_thread() {
            self.begin(visit, pod, observer);
        } else if chosen.waiting.len() >= bound {
            self.fail(visit, Ending::Rejected, observer);
        } else {
            chosen.waiting.push(visit, &self.visits);
            let row = &mut self.visits[visit];
            (row.state, row.pod) = (State::Waiting, pod);
            self.touched(pod);
        }
    }

    fn begin<O: Observer>(&mut self, visit: u32, pod: u32, observer: &mut O) {
        let row = &mut self.visits[visit];
        (row.state, row.pod) = (State::Running, pod);
        let chosen = &mut self.pods[pod as usize];
        observer.started(Visited {
            service: chosen.service,
            entered_s: row.errand.entered_s,
            arrived_s: row.arrived_s,
            now_s: self.now_s,
        });
        chosen.start(self.now_s, visit, row.work_s);
        self.touched(pod);
    }

    /// The first of a pod's requests leaves its CPU.
    pub(super) fn leave_cpu<O: Observer>(&mut self, pod: u32, observer: &mut O) {
        let Some(visit) = self.pods[pod as usize].finish(self.now_s) else { return };
        let service = self.pods[pod as usize].service;
        let off_cpu_s = self.services[service].profile.off_cpu_s;
        if off_cpu_s > 0.0 {
            self.pods[pod as usize].held += 1;
            self.visits[visit].state = State::Holding;
            let generation = self.visits[visit].generation;
            self.remind(off_cpu_s, Due::DeviceDone { visit, generation });
            self.touched(pod);
            return;
        }
        self.own_work_done(visit, observer);
    }

    /// A visit that held its thread for a device goes on.
    pub(super) fn device_done<O: Observer>(&mut self, visit: u32, observer: &mut O) {
        let pod = self.visits[visit].pod;
        self.pods[pod as usize].held -= 1;
        self.own_work_done(visit, observer);
    }

    /// A visit is done with its own work; its thread is counted nowhere at the moment.
    fn own_work_done<O: Observer>(&mut self, visit: u32, observer: &mut O) {
        let row = &mut self.visits[visit];
        let pod = row.pod;
        let stop = &self.plan.stops[row.errand.stop as usize];
        observer.worked(Visited {
            service: stop.service,
            entered_s: row.errand.entered_s,
            arrived_s: row.arrived_s,
            now_s: self.now_s,
        });
        if stop.steps.is_empty() {
            self.release(pod, observer);
            self.visits[visit].state = State::Calling;
            self.end(visit, Ending::Answered, observer);
            return;
        }
        if stop.holds_thread {
            row.state = State::Holding;
            self.pods[pod as usize].held += 1;
            self.touched(pod);
        } else {
            row.state = State::Calling;
            self.release(pod, observer);
        }
        self.next_step(visit, observer);
    }

    /// Makes the calls of the next step that has any, or answers.
    fn next_step<O: Observer>(&mut self, visit: u32, observer: &mut O) {
        let row = &mut self.visits[visit];
        let (errand, step) = (row.errand, row.step as usize);
        if step >= self.plan.stops[errand.stop as usize].steps.end {
            self.end(visit, Ending::Answered, observer);
            return;
        }
        row.step += 1;
        // One more, so that a call that fails at once does not end the step before all are made.
        row.pending = 1;
        for at in 0..self.plan.steps[step].len() {
            let stop = self.plan.steps[step][at];
            let probability = self.plan.stops[stop as usize].probability;
            if probability >= 1.0 || self.calls.chance(probability) {
                self.visits[visit].pending += 1;
                self.call(Errand { stop, parent: visit, retries: 0, ..errand }, self.network_s, observer);
            }
        }
        self.returned(visit, Ending::Answered, observer);
    }

    /// One call of a visit has come back.
    fn returned<O: Observer>(&mut self, visit: u32, ending: Ending, observer: &mut O) {
        let row = &mut self.visits[visit];
        row.pending -= 1;
        if ending != Ending::Answered {
            row.trouble.get_or_insert(ending);
        }
        if row.pending == 0 {
            match row.trouble {
                Some(trouble) => self.end(visit, trouble, observer),
                None => self.next_step(visit, observer),
            }
        }
    }

    /// A visit that is in no queue and on no CPU is over.
    fn end<O: Observer>(&mut self, visit: u32, ending: Ending, observer: &mut O) {
        let row = self.visits[visit];
        let service = self.plan.stops[row.errand.stop as usize].service;
        if row.state == State::Holding {
            self.pods[row.pod as usize].held -= 1;
            self.release(row.pod, observer);
        }
        self.visits.remove(visit);
        if row.errand.parent == ORPHAN {
            return;
        }
        match ending {
            Ending::Answered => observer.answered(Visited {
                service,
                entered_s: row.errand.entered_s,
                arrived_s: row.arrived_s,
                now_s: self.now_s,
            }),
            // What failed further down is counted there.
            _ if row.trouble.is_some() => {}
            _ => observer.failed(service, ending),
        }
        self.report(row.errand, ending, observer);
    }

    /// A visit that holds no thread fails.
    fn fail<O: Observer>(&mut self, visit: u32, ending: Ending, observer: &mut O) {
        self.visits[visit].state = State::Calling;
        self.end(visit, ending, observer);
    }

    /// Tells the caller how a call ended, unless it tries again.
    fn report<O: Observer>(&mut self, errand: Errand, ending: Ending, observer: &mut O) {
        if ending != Ending::Answered {
            let service = self.plan.stops[errand.stop as usize].service;
            let number = errand.retries + 1;
            if let Some(longest_s) = self.services[service].spend(number) {
                let pause_s = self.calls.uniform() * longest_s;
                self.call(Errand { retries: number, ..errand }, pause_s.max(1e-9), observer);
                return;
            }
        }
        match errand.parent {
            ROOT => observer.ended(Ended {
                route: errand.route,
                entered_s: errand.entered_s,
                latency_s: self.now_s - errand.entered_s,
                ending,
            }),
            parent => self.returned(parent, ending, observer),
        }
    }

    /// A thread of the pod is free: the next in line gets it.
    pub(super) fn release<O: Observer>(&mut self, pod: u32, observer: &mut O) {
        loop {
            let row = &mut self.pods[pod as usize];
            if !row.open || !row.has_free_thread() {
                break;
            }
            let service = &mut self.services[row.service];
            let queue = if service.is_pooled() { &mut service.waiting } else { &mut row.waiting };
            match queue.pop(&self.visits) {
                Some(visit) => self.begin(visit, pod, observer),
                None => break,
            }
        }
        self.touched(pod);
    }

    /// The client of an attempt loses patience.
    pub(super) fn lose_patience<O: Observer>(&mut self, id: ServiceId, observer: &mut O) {
        let service = &mut self.services[id];
        let first = service.patience.pop_front();
        let next_s = service.patience.front().map_or(f64::INFINITY, |(when_s, ..)| *when_s);
        let work = service.profile.timeout.map_or(Abandoned::Ignored, |timeout| timeout.work);
        self.agenda.set(1 + id.index(), next_s);
        let Some((_, visit, generation)) = first else { return };
        if !self.visits.is_current(visit, generation) {
            return;
        }
        match (self.visits[visit].state, work) {
            (State::Waiting, Abandoned::CancelQueued | Abandoned::CancelAll) => {
                self.leave_queue(visit);
                self.fail(visit, Ending::TimedOut, observer);
            }
            (State::Running, Abandoned::CancelAll) => {
                let pod = self.visits[visit].pod;
                self.pods[pod as usize].stop(self.now_s, visit);
                self.release(pod, observer);
                self.fail(visit, Ending::TimedOut, observer);
            }
            _ => {
                let errand = self.visits[visit].errand;
                self.visits[visit].errand.parent = ORPHAN;
                if errand.parent != ORPHAN {
                    observer.failed(id, Ending::TimedOut);
                    self.report(errand, Ending::TimedOut, observer);
                }
            }
        }
    }

    /// A visit that waits is about to fail.
    fn leave_queue(&mut self, visit: u32) {
        let row = self.visits[visit];
        let service = self.plan.stops[row.errand.stop as usize].service;
        let queue = match row.pod {
            NOWHERE => &mut self.services[service].waiting,
            pod => &mut self.pods[pod as usize].waiting,
        };
        queue.leave(&self.visits);
        if row.pod != NOWHERE {
            self.touched(row.pod);
        }
    }

    /// What waits in a pod that takes no more requests finds another one.
    pub(super) fn send_elsewhere<O: Observer>(&mut self, pod: u32, observer: &mut O) {
        let waiting = self.pods[pod as usize].waiting.take(&self.visits);
        self.touched(pod);
        for visit in waiting {
            self.visits[visit].pod = NOWHERE;
            self.dispatch(visit, observer);
        }
    }

    /// Everything in a pod fails: it is gone.
    pub(super) fn break_all<O: Observer>(&mut self, pod: u32, observer: &mut O) {
        let running = self.pods[pod as usize].stop_all(self.now_s);
        let waiting = self.pods[pod as usize].waiting.take(&self.visits);
        let holding = self.visits.holding(pod);
        for visit in running.into_iter().chain(waiting) {
            self.fail(visit, Ending::Broken, observer);
        }
        for visit in holding {
            self.pods[pod as usize].held -= 1;
            // Its callees go on, for nobody; the last of them ends it.
            let errand = self.visits[visit].errand;
            self.visits[visit].errand.parent = ORPHAN;
            self.visits[visit].state = State::Calling;
            let service = self.plan.stops[errand.stop as usize].service;
            if self.visits[visit].pending == 0 {
                // It was at a device, which will not answer.
                self.visits.remove(visit);
            }
            if errand.parent != ORPHAN {
                observer.failed(service, Ending::Broken);
                self.report(errand, Ending::Broken, observer);
            }
        }
        self.touched(pod);
    }
}

//! The exact mode: every request followed from its arrival to its answer.
//!
//! Requests enter by routes and visit services as the call graph says; a service gives each visit to
//! a pod by its discipline; a pod has threads, a queue, and a CPU that its requests share equally
//! (processor sharing: the smooth limit of CFS quotas). Clients lose patience and try again within a
//! budget; pods start cold, leave in good order or break.
//!
//! Who watches is an [`Observer`]; the model itself counts nothing. Memory depends on the visits
//! under way, never on how many there were, and is bounded: above [`MOST_VISITS`] requests are
//! turned away, see [`ExactModel::overflowed`].
//!
//! It deliberately does not model the 100 ms periods of CFS, network bandwidth, or connection pools.
//! Time is seconds since the model's start as a double: exact to some nanoseconds over a year, and,
//! with `libm` for every function, the same on every machine.
//!
//! Start reading at [`ExactModel::run_until`]; what happens to a visit is in `flow`.

mod agenda;
mod arrivals;
mod balance;
mod flow;
mod observer;
mod plan;
mod pod;
mod queue;
#[cfg(test)]
mod tests;
mod timers;
mod visit;
mod work;

pub use crate::traffic::latency::{ArrivalProcess, WarmUp};
pub use observer::{Ended, Ending, Observer, Visited};

use crate::id::{Id, IdVec};
use crate::rng::{Seed, Stream};
use crate::traffic::calls::{CallGraph, ServiceId};
use crate::traffic::latency::{ProfileError, ServiceProfile};
use agenda::Agenda;
use arrivals::Arrivals;
use balance::Service;
use plan::Plan;
use pod::Pod;
use timers::{Due, Timers};
use visit::Visits;

/// Visits under way at once; more are turned away (about 100 bytes each).
pub const MOST_VISITS: usize = 1 << 21;

/// A warm-up is followed in this many equal parts.
const WARM_UP_PARTS: u32 = 10;

/// One pod of an [`ExactModel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodKey {
    index: u32,
    generation: u32,
}

/// Services, pods and requests under way.
#[derive(Clone, Debug)]
pub struct ExactModel {
    plan: Plan,
    services: IdVec<ServiceId, Service>,
    pods: Vec<Pod>,
    pod_generations: Vec<u32>,
    warmth: Vec<f64>,
    free_pods: Vec<u32>,
    visits: Visits,
    timers: Timers,
    /// Source 0: timers. 1..=services: patience. Then the pods.
    agenda: Agenda,
    arrivals: Arrivals,
    work: Stream,
    choice: Stream,
    calls: Stream,
    /// Delay of every call between services, in seconds.
    network_s: f64,
    now_s: f64,
    overflowed: u64,
}

impl ExactModel {
    /// Services without pods at time 0; `profiles` in the order of the graph's services, `cpu_s`
    /// being the mean over all visits.
    ///
    /// Errors: the first number of a profile that no service can have.
    pub fn new(
        profiles: &[ServiceProfile],
        graph: &CallGraph,
        process: ArrivalProcess,
        seed: Seed,
    ) -> Result<ExactModel, ProfileError> {
        profiles.iter().try_for_each(ServiceProfile::check)?;
        Ok(ExactModel {
            plan: Plan::new(graph),
            services: profiles.iter().cloned().map(Service::new).collect(),
            pods: Vec::new(),
            pod_generations: Vec::new(),
            warmth: Vec::new(),
            free_pods: Vec::new(),
            visits: Visits::default(),
            timers: Timers::default(),
            agenda: Agenda::default(),
            arrivals: Arrivals::new(process, seed.stream("exact arrivals", 0)),
            work: seed.stream("exact work", 0),
            choice: seed.stream("exact choice", 0),
            calls: seed.stream("exact calls", 0),
            network_s: 0.0,
            now_s: 0.0,
            overflowed: 0,
        })
    }

    /// Delays every call between services by this many seconds.
    pub fn with_network_delay(mut self, network_s: f64) -> Self {
        self.network_s = network_s.max(0.0);
        self
    }

    /// What a service is.
    pub fn profile(&self, service: ServiceId) -> &ServiceProfile {
        &self.services[service].profile
    }

    /// Seconds since the start.
    pub fn now_s(&self) -> f64 {
        self.now_s
    }

    /// From now on requests enter at this rate per second (below 0 counts as 0).
    pub fn set_rate(&mut self, requests_per_second: f64) {
        self.arrivals.set_rate(self.now_s, requests_per_second);
    }

    /// A pod becomes ready.
    pub fn add_pod<O: Observer>(&mut self, service: ServiceId, warm_up: Option<WarmUp>, observer: &mut O) -> PodKey {
        let profile = &self.services[service].profile;
        let pod = Pod::new(service, profile.cpu_limit_cores, profile.concurrency, self.now_s);
        let at = match self.free_pods.pop() {
            Some(at) => {
                self.pods[at as usize] = pod;
                at
            }
            None => {
                self.pods.push(pod);
                self.pod_generations.push(0);
                self.warmth.push(1.0);
                (self.pods.len() - 1) as u32
            }
        };
        let generation = self.pod_generations[at as usize];
        let service = &mut self.services[service];
        self.pods[at as usize].place = service.pods.len();
        service.pods.push(at);
        service.outstanding.push(0);
        service.room.push(0);
        self.warmth[at as usize] = 1.0;
        if let Some(WarmUp { speed, seconds }) = warm_up.filter(|warm_up| warm_up.seconds > 0.0) {
            // In the middle of each part it is as fast as the line says.
            let along = |parts: f64| parts / f64::from(WARM_UP_PARTS);
            self.warmth[at as usize] = speed + along(0.5) * (1.0 - speed);
            for part in (1..=WARM_UP_PARTS).map(f64::from) {
                let speed = (speed + along(part + 0.5) * (1.0 - speed)).min(1.0);
                self.remind(along(part) * seconds, Due::Warmer { pod: at, generation, speed });
            }
        }
        self.apply_speed(at);
        self.release(at, observer);
        PodKey { index: at, generation }
    }

    /// A pod takes no more requests: what waits in it goes elsewhere, what it works on it finishes.
    pub fn drain_pod<O: Observer>(&mut self, pod: PodKey, observer: &mut O) {
        if self.is_there(pod) && self.pods[pod.index as usize].open {
            self.close(pod.index);
            self.send_elsewhere(pod.index, observer);
        }
    }

    /// A pod is gone at once: everything in it fails.
    pub fn kill_pod<O: Observer>(&mut self, pod: PodKey, observer: &mut O) {
        if self.is_there(pod) {
            if self.pods[pod.index as usize].open {
                self.close(pod.index);
            }
            self.break_all(pod.index, observer);
        }
    }

    /// How fast the CPUs of a service's pods are: below 1 where their nodes are contended; above 0.
    pub fn set_node_speed(&mut self, service: ServiceId, speed: f64) {
        if self.services[service].node_speed != speed {
            self.services[service].node_speed = speed;
            for at in 0..self.pods.len() {
                if self.pods[at].is_of(service) {
                    self.apply_speed(at as u32);
                    self.touched(at as u32);
                }
            }
        }
    }

    /// How fast the CPU of one pod is, over that of its service's nodes; above 0.
    pub(crate) fn set_pod_speed(&mut self, pod: PodKey, speed: f64) {
        if self.is_there(pod) {
            self.warmth[pod.index as usize] = speed;
            self.apply_speed(pod.index);
            self.touched(pod.index);
        }
    }

    /// Lets time pass up to `until_s`, and with it everything that is due.
    pub fn run_until<O: Observer>(&mut self, until_s: f64, observer: &mut O) {
        let mut arrival_s = self.arrivals.peek(until_s).unwrap_or(f64::INFINITY);
        loop {
            let (source, due_s) = self.agenda.first();
            if arrival_s.min(due_s) > until_s {
                break;
            }
            if arrival_s <= due_s {
                self.now_s = arrival_s;
                self.arrivals.next_before(until_s);
                arrival_s = self.arrivals.peek(until_s).unwrap_or(f64::INFINITY);
                self.enter(observer);
            } else {
                self.now_s = due_s;
                self.handle(source, observer);
            }
        }
        self.now_s = until_s;
    }

    /// Requests turned away because [`MOST_VISITS`] were under way: a service that can never keep up.
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// Visits under way, those included that nobody waits for any more.
    pub(crate) fn under_way(&self) -> usize {
        self.visits.count()
    }

    /// Visits that wait for a thread.
    pub fn waiting(&self, service: ServiceId) -> usize {
        let here = self.pods.iter().filter(|pod| pod.is_of(service));
        self.services[service].waiting.len() + here.map(|pod| pod.waiting.len()).sum::<usize>()
    }

    /// Visits that wait or have a thread.
    #[cfg(test)]
    fn in_system(&self, service: ServiceId) -> usize {
        let here = self.pods.iter().filter(|pod| pod.is_of(service));
        self.services[service].waiting.len() + here.map(|pod| pod.outstanding() as usize).sum::<usize>()
    }

    /// CPU seconds done by a service's pods since last asked, those that leave included.
    pub fn take_cpu_s(&mut self, service: ServiceId) -> f64 {
        let here = self.pods.iter_mut().filter(|pod| pod.is_of(service));
        let mut work_s = here.map(|pod| pod.take_work(self.now_s)).sum::<f64>();
        // A contended CPU does less in its time, but is as busy.
        work_s += std::mem::take(&mut self.services[service].work_of_gone_s);
        work_s
    }

    fn handle<O: Observer>(&mut self, source: usize, observer: &mut O) {
        let first_pod = 1 + self.services.len();
        if source >= first_pod {
            self.leave_cpu((source - first_pod) as u32, observer);
        } else if source > 0 {
            self.lose_patience(ServiceId::from_index(source - 1), observer);
        } else {
            let due = self.timers.pop();
            self.agenda.set(0, self.timers.next_s());
            match due {
                Some(Due::Arrive { visit, generation }) if self.visits.is_current(visit, generation) => {
                    self.arrive(visit, observer);
                }
                Some(Due::DeviceDone { visit, generation }) if self.visits.is_current(visit, generation) => {
                    self.device_done(visit, observer);
                }
                Some(Due::Warmer { pod, generation, speed }) if self.pod_generations[pod as usize] == generation => {
                    self.warmth[pod as usize] = speed;
                    self.apply_speed(pod);
                    self.touched(pod);
                }
                _ => {}
            }
        }
    }

    fn remind(&mut self, delay_s: f64, due: Due) {
        self.timers.set(self.now_s + delay_s, due);
        self.agenda.set(0, self.timers.next_s());
    }

    fn is_there(&self, pod: PodKey) -> bool {
        self.pod_generations[pod.index as usize] == pod.generation
    }

    fn apply_speed(&mut self, pod: u32) {
        let row = &mut self.pods[pod as usize];
        let speed = self.warmth[pod as usize] * self.services[row.service].node_speed;
        row.set_speed(self.now_s, speed);
    }

    /// Takes a pod off its service's list.
    fn close(&mut self, pod: u32) {
        let row = &mut self.pods[pod as usize];
        row.open = false;
        let (service, place) = (row.service, row.place);
        let service = &mut self.services[service];
        service.pods.remove(place);
        service.outstanding.remove(place);
        service.room.remove(place);
        for later in place..service.pods.len() {
            self.pods[service.pods[later] as usize].place = later;
        }
    }

    /// Brings what others know of a pod up to date; a closed pod that is empty is forgotten.
    fn touched(&mut self, pod: u32) {
        let row = &mut self.pods[pod as usize];
        if row.gone {
            return;
        }
        self.agenda.set(1 + self.services.len() + pod as usize, row.next_s());
        let service = &mut self.services[row.service];
        if row.open {
            service.outstanding[row.place] = row.outstanding();
            service.room[row.place] = if row.has_free_thread() { row.running() } else { u32::MAX };
        } else if row.outstanding() == 0 {
            service.work_of_gone_s += row.take_work(self.now_s);
            row.gone = true;
            self.pod_generations[pod as usize] += 1;
            self.free_pods.push(pod);
        }
    }
}

//! Who is told what happens to requests.

use crate::traffic::calls::{RouteId, ServiceId};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Answered in time.
    Answered,
    /// Turned away somewhere on its way: a full queue, or no pod.
    Rejected,
    /// The client gave up.
    TimedOut,
    /// A pod went away in the middle.
    Broken,
}

/// A request that has ended, end to end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    /// Its route.
    pub route: RouteId,
    /// When it entered, in seconds on the model's clock.
    pub entered_s: f64,
    /// How long it took, retries included, in seconds.
    pub latency_s: f64,
    /// How it ended.
    pub ending: Ending,
}

/// A visit of a service; times in seconds on the model's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Visited {
    /// The service.
    pub service: ServiceId,
    /// When the request of which it is part entered.
    pub entered_s: f64,
    /// When the visit arrived at the service.
    pub arrived_s: f64,
    /// The time told of.
    pub now_s: f64,
}

/// Told what happens, as it happens. Every method may stay empty.
pub trait Observer {
    /// A request entered.
    fn entered(&mut self, _entered_s: f64) {}
    /// A request ended. Times of ending never go back; times of entering do.
    fn ended(&mut self, _ended: Ended) {}
    /// An attempt at a call reached a service.
    fn arrived(&mut self, _service: ServiceId) {}
    /// A visit got its thread.
    fn started(&mut self, _visit: Visited) {}
    /// A visit has done its own work.
    fn worked(&mut self, _visit: Visited) {}
    /// A visit was not served for the service's own reasons: no place, no pod, or its client gave up.
    fn failed(&mut self, _service: ServiceId, _ending: Ending) {}
    /// Everything a visit had to do is done, callees included, and somebody still wanted it.
    fn answered(&mut self, _visit: Visited) {}
}

/// Looks away.
impl Observer for () {}

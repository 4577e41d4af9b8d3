//! One pod: threads, a CPU shared equally by the requests on it, a queue.

use crate::traffic::calls::ServiceId;
use crate::traffic::exact::queue::Queue;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A request on the CPU ends when the pod's attained service reaches its target.
#[derive(Clone, Copy, Debug, PartialEq)]
struct OnCpu {
    target: f64,
    visit: u32,
}

impl Eq for OnCpu {}

impl PartialOrd for OnCpu {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OnCpu {
    /// The smallest target is the greatest: a `BinaryHeap` hands it out first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.target.total_cmp(&self.target).then(other.visit.cmp(&self.visit))
    }
}

/// Processor sharing in virtual time: `attained` is the CPU time that a request which has been on the
/// CPU all along has got, so that one number per request says when it ends.
#[derive(Clone, Debug)]
pub(super) struct Pod {
    pub(super) service: ServiceId,
    /// Closed and empty: its row waits for another pod.
    pub(super) gone: bool,
    /// Takes requests.
    pub(super) open: bool,
    /// Its place among the open pods of its service.
    pub(super) place: usize,
    /// Cores over all requests; infinite if never a limit.
    cores: f64,
    /// The speed of a core: 1 unless cold or on a contended node.
    speed: f64,
    threads: u32,
    /// Threads that wait for callees or devices.
    pub(super) held: u32,
    on_cpu: BinaryHeap<OnCpu>,
    pub(super) waiting: Queue,
    attained: f64,
    rate: f64,
    synced_s: f64,
    /// CPU seconds done since last asked.
    work_s: f64,
}

impl Pod {
    pub(super) fn new(service: ServiceId, cores: Option<f64>, threads: Option<u32>, now_s: f64) -> Pod {
        Pod {
            service,
            gone: false,
            open: true,
            place: 0,
            cores: cores.unwrap_or(f64::INFINITY),
            speed: 1.0,
            threads: threads.unwrap_or(u32::MAX),
            held: 0,
            on_cpu: BinaryHeap::new(),
            waiting: Queue::default(),
            attained: 0.0,
            rate: 1.0,
            synced_s: now_s,
            work_s: 0.0,
        }
    }

    /// Whether it is there and of this service.
    pub(super) fn is_of(&self, service: ServiceId) -> bool {
        self.service == service && !self.gone
    }

    /// Requests on the CPU.
    pub(super) fn running(&self) -> u32 {
        self.on_cpu.len() as u32
    }

    /// Requests with a thread.
    pub(super) fn in_service(&self) -> u32 {
        self.running() + self.held
    }

    /// Requests here in any state.
    pub(super) fn outstanding(&self) -> u32 {
        self.in_service() + self.waiting.len() as u32
    }

    pub(super) fn has_free_thread(&self) -> bool {
        self.in_service() < self.threads
    }

    /// When the next request leaves the CPU; infinity if none is on it.
    pub(super) fn next_s(&self) -> f64 {
        match self.on_cpu.peek() {
            Some(first) => self.synced_s + ((first.target - self.attained) / self.rate).max(0.0),
            None => f64::INFINITY,
        }
    }

    /// Puts a request on the CPU for `work_s` CPU seconds.
    pub(super) fn start(&mut self, now_s: f64, visit: u32, work_s: f64) {
        self.sync(now_s);
        self.on_cpu.push(OnCpu { target: self.attained + work_s, visit });
        self.set_rate();
    }

    /// Takes the request off the CPU whose work is done.
    pub(super) fn finish(&mut self, now_s: f64) -> Option<u32> {
        self.sync(now_s);
        let first = self.on_cpu.pop()?;
        if self.on_cpu.is_empty() {
            // A fresh start keeps the numbers small, hence exact.
            self.attained = 0.0;
        }
        self.set_rate();
        Some(first.visit)
    }

    /// Takes a request off the CPU whose client gave up.
    pub(super) fn stop(&mut self, now_s: f64, visit: u32) {
        self.sync(now_s);
        self.on_cpu.retain(|row| row.visit != visit);
        self.set_rate();
    }

    /// Everything on the CPU, which becomes empty, in order of what would have ended first.
    pub(super) fn stop_all(&mut self, now_s: f64) -> Vec<u32> {
        self.sync(now_s);
        let rows = std::mem::take(&mut self.on_cpu).into_sorted_vec();
        rows.into_iter().rev().map(|row| row.visit).collect()
    }

    pub(super) fn set_speed(&mut self, now_s: f64, speed: f64) {
        self.sync(now_s);
        self.speed = speed;
        self.set_rate();
    }

    /// CPU seconds done since last asked.
    pub(super) fn take_work(&mut self, now_s: f64) -> f64 {
        self.sync(now_s);
        std::mem::take(&mut self.work_s)
    }

    fn sync(&mut self, now_s: f64) {
        let gained = self.rate * (now_s - self.synced_s);
        if !self.on_cpu.is_empty() {
            self.attained += gained;
            self.work_s += gained * self.on_cpu.len() as f64;
        }
        self.synced_s = now_s;
    }

    fn set_rate(&mut self) {
        let running = self.on_cpu.len() as f64;
        self.rate = if running > self.cores { self.speed * self.cores / running } else { self.speed };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn a_cpu_is_shared_equally() {
        let mut pod = Pod::new(ServiceId::from_index(0), Some(1.0), None, 0.0);
        pod.start(0.0, 1, 1.0);
        pod.start(0.5, 2, 1.0);
        // Half of the first is left, at half the speed.
        assert_eq!(pod.next_s(), 1.5);
        assert_eq!(pod.finish(1.5), Some(1));
        assert_eq!(pod.next_s(), 2.0);
        pod.set_speed(1.5, 0.5);
        assert_eq!(pod.next_s(), 2.5);
        assert_eq!(pod.finish(2.5), Some(2));
        assert_eq!((pod.next_s(), pod.take_work(3.0)), (f64::INFINITY, 2.0));
    }

    #[test]
    fn nobody_gets_more_than_a_core() {
        let mut pod = Pod::new(ServiceId::from_index(0), Some(4.0), Some(2), 0.0);
        pod.start(0.0, 1, 1.0);
        assert_eq!((pod.next_s(), pod.has_free_thread()), (1.0, true));
        pod.start(0.0, 2, 2.0);
        assert_eq!((pod.next_s(), pod.has_free_thread()), (1.0, false));
        pod.stop(0.5, 1);
        assert_eq!((pod.next_s(), pod.running()), (2.0, 1));
    }
}

//! Which pod gets a request.

use crate::rng::Stream;
use crate::traffic::exact::queue::Queue;
use crate::traffic::exact::work::WorkDraw;
use crate::traffic::latency::{Discipline, Retries, ServiceProfile};
use std::collections::VecDeque;

/// A service: its pods in the order they came, its shared queue, its retry budget.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) profile: ServiceProfile,
    pub(super) draw: WorkDraw,
    /// The open pods.
    pub(super) pods: Vec<u32>,
    /// By open pod: requests there in any state.
    pub(super) outstanding: Vec<u32>,
    /// By open pod: requests on the CPU, or `u32::MAX` without a free thread.
    pub(super) room: Vec<u32>,
    /// The shared queue.
    pub(super) waiting: Queue,
    turn: usize,
    /// Retries that may be made at once.
    tokens: f64,
    /// The speed of its nodes' CPUs, 1 unless they are contended.
    pub(super) node_speed: f64,
    /// CPU seconds done by pods that are gone.
    pub(super) work_of_gone_s: f64,
    /// Attempts under way whose client may lose patience, in order: when, visit, generation.
    pub(super) patience: VecDeque<(f64, u32, u32)>,
}

impl Service {
    pub(super) fn new(profile: ServiceProfile) -> Service {
        Service {
            draw: WorkDraw::new(profile.shape),
            profile,
            pods: Vec::new(),
            outstanding: Vec::new(),
            room: Vec::new(),
            waiting: Queue::default(),
            turn: 0,
            tokens: Retries::FIRST_TOKENS,
            node_speed: 1.0,
            work_of_gone_s: 0.0,
            patience: VecDeque::new(),
        }
    }

    pub(super) fn is_pooled(&self) -> bool {
        self.profile.discipline == Discipline::SharedQueue
    }

    /// The pod for the next request, by the service's discipline; none when no pod is open, or, with
    /// a shared queue, when no thread is free.
    pub(super) fn choose(&mut self, stream: &mut Stream) -> Option<u32> {
        let count = self.pods.len();
        let place = match self.profile.discipline {
            _ if count == 0 => return None,
            Discipline::SharedQueue => return self.roomiest(),
            Discipline::Random => stream.below(count),
            Discipline::RoundRobin => {
                self.turn = (self.turn + 1) % count;
                self.turn
            }
            Discipline::PowerOfTwo if count == 1 => 0,
            Discipline::PowerOfTwo => {
                let (first, other) = (stream.below(count), stream.below(count - 1));
                let second = if other >= first { other + 1 } else { other };
                if self.outstanding[second] < self.outstanding[first] { second } else { first }
            }
            Discipline::LeastOutstanding => self.least_outstanding(stream),
        };
        Some(self.pods[place])
    }

    /// Of the pods with a free thread, the one with the fewest requests on its CPU.
    pub(super) fn roomiest(&self) -> Option<u32> {
        let mut best = (u32::MAX, 0);
        for (place, running) in self.room.iter().enumerate() {
            if *running < best.0 {
                best = (*running, place);
                if *running == 0 {
                    break;
                }
            }
        }
        (best.0 != u32::MAX).then(|| self.pods[best.1])
    }

    fn least_outstanding(&self, stream: &mut Stream) -> usize {
        if self.outstanding.len() > 64 {
            return self.least_of_many(stream);
        }
        // One look at each: the places of the fewest so far as bits.
        let (mut fewest, mut ties) = (u32::MAX, 0_u64);
        for (place, count) in self.outstanding.iter().enumerate() {
            let bit = 1 << place;
            ties = if *count < fewest { bit } else { ties | if *count == fewest { bit } else { 0 } };
            fewest = fewest.min(*count);
        }
        let count = ties.count_ones() as usize;
        for _ in 0..if count > 1 { stream.below(count) } else { 0 } {
            ties &= ties - 1;
        }
        ties.trailing_zeros() as usize
    }

    fn least_of_many(&self, stream: &mut Stream) -> usize {
        let fewest = self.outstanding.iter().copied().min().unwrap_or(0);
        let mut ties = self.outstanding.iter().enumerate().filter(|(_, count)| **count == fewest).map(|(at, _)| at);
        let count = self.outstanding.iter().filter(|count| **count == fewest).count();
        let chosen = if count > 1 { stream.below(count) } else { 0 };
        ties.nth(chosen).unwrap_or(0)
    }

    /// A first attempt earns its share of a retry.
    pub(super) fn earn(&mut self) {
        if let Some(retries) = self.profile.retries {
            self.tokens = (self.tokens + retries.budget_share).min(Retries::MOST_TOKENS);
        }
    }

    /// The longest pause in seconds before retry number `number` (from 1), if it may be made; Envoy's
    /// fully jittered back-off draws uniformly below it.
    pub(super) fn spend(&mut self, number: u32) -> Option<f64> {
        let retries = self.profile.retries.filter(|retries| number <= retries.most)?;
        if self.tokens < 1.0 {
            return None;
        }
        self.tokens -= 1.0;
        Some(retries.longest_pause_s(number))
    }
}

//! Who waits, in order of arrival. Leaving costs nothing: a place that was left goes when it comes to the front.

use super::visit::Visits;
use std::collections::VecDeque;

#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    /// Visits and their generations: one that is over by now has left.
    places: VecDeque<(u32, u32)>,
    /// How many have left.
    left: usize,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.left
    }
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub(super) fn push(&mut self, visit: u32, visits: &Visits) {
        self.places.push_back((visit, visits[visit].generation));
    }
    /// One of those that wait will be over before anybody looks at the queue again.
    pub(super) fn leave(&mut self, visits: &Visits) {
        // The one that has waited longest is usually the first to leave: places do not pile up.
        while self.places.pop_front_if(|(visit, generation)| !visits.is_current(*visit, *generation)).is_some() {
            self.left -= 1;
        }
        self.left += 1;
    }
    /// The first in line.
    pub(super) fn pop(&mut self, visits: &Visits) -> Option<u32> {
        while let Some((visit, generation)) = self.places.pop_front() {
            if visits.is_current(visit, generation) {
                return Some(visit);
            }
            self.left -= 1;
        }
        None
    }
    /// All that wait; the queue is empty then.
    pub(super) fn take(&mut self, visits: &Visits) -> Vec<u32> {
        let places = std::mem::take(self).places;
        places
            .into_iter()
            .filter(|(visit, generation)| visits.is_current(*visit, *generation))
            .map(|(visit, _)| visit)
            .collect()
    }
}

//! How many pods there are and how many are ready.

use super::Services;
use super::workloads::{Key, Workloads};
use crate::past::prometheus::answers::Answers;
use crate::past::prometheus::clock::{Clock, Sum};
use crate::past::prometheus::queries::What;
use std::collections::BTreeMap;

pub(super) fn read(answers: &Answers, clock: Clock, workloads: &Workloads, services: &mut Services) {
    for (key, sum) in sums(answers, clock, workloads, What::Replicas) {
        services.entry(key).or_default().replicas = sum.series();
    }
    for (key, sum) in sums(answers, clock, workloads, What::Ready) {
        services.entry(key).or_default().ready = sum.series();
    }
}

fn sums(answers: &Answers, clock: Clock, workloads: &Workloads, what: What) -> BTreeMap<Key, Sum> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for line in answers.lines(what) {
        if let Some(key) = workloads.of_object(line) {
            // Several kube-state-metrics tell the same: the largest counts, which `max by` has done already for a server.
            let sum = sums.entry(key).or_default();
            for (index, value) in clock.place(line) {
                let more = value - sum.at(index).unwrap_or(0.0);
                if more > 0.0 || sum.at(index).is_none() {
                    sum.add(clock, index, more);
                }
            }
        }
    }
    sums
}

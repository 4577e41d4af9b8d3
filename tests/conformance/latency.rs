//! Latency: the fast and the exact mode against independent queueing simulations.
//!
//! The exact mode is tallied per theme: a number is within when it lies inside the reference's 95 %
//! interval widened by the own one. The fast mode is an approximation: its errors are printed as a
//! table per group, and a case is within when all of them meet the goals.

mod case;
mod exact;
mod fast;

use crate::runner::{Measurement, Tally};
use std::path::Path;

/// Both modes against `latency/cases.json.gz`.
pub(crate) const LATENCY: Measurement = Measurement { name: "latency", replay, share_wanted: 0.95 };

fn replay(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Tally)> {
    let (mut cases, mut unreadable) = (Vec::new(), Tally::default());
    for case in case::read(folder) {
        match case {
            Ok(case) => cases.push(case),
            Err(why) => unreadable.count(Err(why)),
        }
    }
    let mut tallies = fast::judge(&cases, wanted);
    tallies.extend(exact::judge(&cases, wanted));
    if unreadable.total > 0 {
        tallies.push(("unreadable".to_owned(), unreadable));
    }
    tallies
}

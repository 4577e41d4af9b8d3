//! What knobs are made from.

use crate::id::WorkloadId;
use crate::scenario::{Scenario, Setting, Written};
use crate::study::advise::answer::Owner;
use crate::study::advise::keep::Floors;
use crate::study::advise::periods::Times;
use crate::world::{Cast, Hpa};

/// What knobs are made from.
pub(in crate::study::advise) struct Given<'a> {
    /// The scenario as it is written.
    pub(in crate::study::advise) written: &'a Written,
    /// What is set on top of it.
    pub(in crate::study::advise) sets: &'a [Setting],
    /// With that.
    pub(in crate::study::advise) base: &'a Scenario,
    /// The least that minimums may be.
    pub(in crate::study::advise) floors: &'a Floors,
    /// When the search looks.
    pub(in crate::study::advise) times: &'a Times,
}

/// An HPA that scales something, with its names.
pub(super) struct Scaler<'a> {
    /// Its place in the cast.
    pub(super) at: usize,
    pub(super) hpa: &'a Hpa,
    pub(super) name: &'a str,
    pub(super) owner: Owner,
    /// `HPA order/order-service`.
    pub(super) label: String,
}

/// The HPAs whose rules are followed: of two with one target neither is.
pub(super) fn scalers(cast: &Cast) -> impl Iterator<Item = Scaler<'_>> {
    let symbols = &cast.cluster.symbols;
    let of = move |(at, hpa): (usize, &'_ Hpa)| {
        (at, symbols.text(cast.workloads[hpa.workload].namespace), symbols.text(hpa.name))
    };
    cast.hpas.iter().enumerate().filter(|(_, hpa)| !hpa.is_ambiguous).map(move |row| {
        let (at, namespace, name) = of(row);
        let owner = Owner::Hpa { namespace: namespace.to_owned(), name: name.to_owned() };
        Scaler { at, hpa: row.1, name, owner, label: format!("HPA {namespace}/{name}") }
    })
}

/// What a pod of a workload requests, vCPUs.
pub(super) fn vcpus_of(cast: &Cast, workload: WorkloadId) -> f64 {
    cast.cluster.spec(cast.workloads[workload].template).requests.cpu_milli as f64 / 1000.0
}

//! How traffic feels: utilisation, backlog, latency and errors of a service, step by step.
//!
//! This is the fast mode. Per service and step it takes the arrival rate and the ready pods and
//! answers in about a microsecond: a *stationary* part, read from tables that queueing theory fills
//! once (`table::Row`), and a *fluid* part for requests that found more work than capacity
//! (`Backlog`), which wait until capacity comes. Every latency is counted when the request gets
//! its thread, as a server's own histogram would show it. Near capacity both are wrong, and a second
//! tier follows distributions instead (`tier`): of the queues for threads (`distribution`, `chain`), or of the
//! numbers in pods whose requests share a CPU (`population`, on a `grid`; `pod`, `tagged`). Where neither is good
//! (`trust`), a third replays single requests of this service, in several copies (`replaying`, `replay`).
//!
//! Stationary rows are made by what requests meet: one queue (`servers`, `waiting`), one server with any arrivals
//! (`one_server`, `fourier`), a balancer that looks at pods (`routed`, `choice`, `pod_levels`, `few_pods`), shared cores
//! (`sharing`, `pod_numbers`, `time_given_work`, `refined_mean_field`, `lyapunov`), bursts (`arriving`, `modulated_pod`), clients
//! that give up (`offered_wait`, `reneging`, `forgetting`). What callers see of each other is in `attempts`, `held`,
//! `callee`.
//!
//! Start reading at [`ServiceModel::step`]; the formulas are in `servers`, `waiting` and `sharing`.

mod answers;
mod arriving;
mod attempts;
mod backlog;
mod boxes;
mod callee;
mod chain;
mod choice;
mod cohort;
mod columns;
mod crowded_pod;
mod distribution;
mod empirical;
mod erlang;
mod few_pods;
mod fluid_sharing;
mod foreseen;
mod forgetting;
mod fourier;
mod given_up;
mod grid;
mod handover;
mod held;
mod histogram;
mod level_masses;
mod lyapunov;
mod mixture;
mod model;
mod modulated_pod;
mod offered_wait;
mod one_server;
mod outcome;
mod pace;
mod phases;
mod pod;
mod pod_levels;
mod pod_numbers;
mod pool;
mod population;
mod profile;
mod refined_mean_field;
mod reneging;
mod reneging_pods;
mod replay;
mod replaying;
mod routed;
mod routes;
mod second_tier;
mod servers;
mod shared_pod;
mod sharing;
mod solver;
mod step_latencies;
mod stride;
mod table;
mod tables;
mod tagged;
mod tally;
mod third_tier;
mod tier;
mod time_given_work;
mod tried;
mod trust;
mod two_choices;
mod uneven_arrivals;
mod waiting;
mod waiting_line;
mod work;
mod work_ahead;
mod young;

pub use attempts::Attempts;
pub use backlog::Drained;
pub use callee::Trying;
pub use empirical::EmpiricalWork;
pub use held::Threads;
pub use histogram::{FineHistogram, Histogram, LatencyHistogram};
pub use mixture::Mixture;
pub use model::ServiceModel;
pub use outcome::{LatencySummary, PodCohort, PodCohorts, StepOutcome};
pub use profile::{
    Abandoned, ArrivalProcess, Discipline, ProfileError, Retries, ServiceProfile, Timeout, WarmUp, WorkShape,
};
pub use routes::{Hop, RouteLatency, RouteOutcome, compose_call, quantile_of_strata, record_strata};
pub use tables::LatencyTables;
pub use tried::{Tried, Tries};

use table::STRATA;

/// How many values [`ServiceModel::strata_s`] has.
pub const STRATA_COUNT: usize = STRATA.len();

/// The share of requests each of [`ServiceModel::strata_s`] stands for, fastest first.
pub const STRATA_SHARES: [f64; STRATA_COUNT] = STRATA;

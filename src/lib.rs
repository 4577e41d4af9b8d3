//! Foresail replays traffic against a simulated Kubernetes cluster and says what it will cost, how
//! it will feel to users, and which min/max to set.
//!
//! # Example
//!
//! ```
//! use foresail::{Options, Report, scenario};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // The scenario inside the program; `scenario::load` reads one from the disk.
//!     let settings = ["duration=2h", "replications=3"].map(str::to_owned);
//!     let scenario = scenario::embedded(&settings)?;
//!
//!     let options = Options::default();
//!     let finished = foresail::run(&scenario, &options, &());
//!
//!     let report = Report::of(&finished);
//!     for metric in ["costUsdPerMonth", "latencyMsP95"] {
//!         if let Some(headline) = report.headline(metric) {
//!             println!("{}: {:.2}", headline.label, headline.value.mean);
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The feature `cli`, on by default, is the program; a library build does without it.
//!
//! # The rooms
//!
//! | room | what is in it |
//! |---|---|
//! | [`units`], [`id`], [`intern`], [`rng`] | integers with units, typed indices, symbols, random streams |
//! | [`release`] | versions of Kubernetes and their feature gates |
//! | [`whole`] | files that are there as a whole or not at all |
//! | [`cluster`] | nodes, pods, what they request; what-if trials |
//! | [`market`] | machine types, prices, spot markets, provider formulas |
//! | [`scheduler`] | kube-scheduler's filters, scores, preemption and queue |
//! | [`hpa`], [`vpa`] | the pod autoscalers |
//! | [`autoscaler`] | Cluster Autoscaler |
//! | [`controllers`] | Deployments, StatefulSets, DaemonSets, Jobs, CronJobs |
//! | [`traffic`] | demand, calls, latency |
//! | [`cost`] | the ledger |
//! | [`world`] | what a simulation is made of: the cast and its clockwork |
//! | [`sim`] | events, and the loop that hands them to the rooms above |
//! | [`scenario`] | files in |
//! | [`dry_run`] | one controller alone: on a dump, or over recorded metrics |
//! | [`study`] | a scenario run many times: figures, estimates, recommendations |
//! | [`calibrate`] | a scenario fitted to a recorded past, and held against the rest of it |
//! | [`past`] | what was recorded about a cluster: series on one clock |
//! | [`recorded`] | what a past says in a scenario: traffic, profiles |
//! | [`init`] | a first scenario for a cluster, with what it assumes |
//! | [`report`] | results out |
//!
//! Controllers decide, the simulation acts: a controller gets `&ClusterState` and returns decisions
//! with their reasons. `hpa`, `traffic`, `cost` and `autoscaler` meet only in `sim`.

pub mod autoscaler;
pub mod calibrate;
pub mod cluster;
pub mod controllers;
pub mod cost;
pub mod dry_run;
pub mod go_sort;
pub mod hpa;
pub mod id;
pub mod init;
pub mod intern;
pub mod limits;
pub mod market;
pub mod past;
pub mod recorded;
pub mod release;
pub mod report;
pub mod rng;
pub mod scenario;
pub mod scheduler;
pub mod sim;
pub mod study;
pub mod traffic;
pub mod units;
pub mod vpa;
pub mod whole;
pub mod world;

pub use report::Report;
pub use scenario::issue::Issues;
pub use scenario::{Scenario, Sources};
pub use study::{Estimate, Finished, Options, Watch, run};

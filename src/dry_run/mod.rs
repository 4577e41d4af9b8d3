//! One controller alone, without a simulation around it: what would it do with this cluster, or have done with
//! these metrics?
//!
//! | door | the controller | what it is shown |
//! |---|---|---|
//! | [`schedule`] | kube-scheduler | a cluster with pods that wait ([`scenario::snapshot`](crate::scenario::snapshot)) |
//! | [`autoscale`] | Cluster Autoscaler | a dump or a recording of a cluster, loop by loop |
//! | [`hpa`] | HorizontalPodAutoscaler | recorded metrics, sync by sync |
//! | [`vpa`] | VPA's recommender | recorded usage |
//!
//! The controllers are those of the simulation. Not here: reading files (the scenario room), words and tables (the
//! report room), traffic and time as they interact (the sim room).

pub mod autoscale;
pub mod hpa;
pub mod schedule;
pub mod vpa;

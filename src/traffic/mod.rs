//! Traffic: demand over time, and how it feels: utilisation, backlog, latency, errors.
//!
//! Start reading at [`demand::Demand`].

pub mod calls;
pub mod demand;

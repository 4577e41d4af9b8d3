//! Traffic: demand over time, and how it feels: utilisation, backlog, latency, errors.
//!
//! - `demand`: requests per second over time, with the noise that makes replications differ.
//! - [`calls`]: entry routes, and who calls whom how often.
//! - [`latency`]: the fast mode, service by service and step by step, and routes end to end.
//!
//! - [`exact`]: the exact mode, request by request, with the same inputs.
//!
//! - [`fit`]: a profile from recorded metrics.
//!
//! It knows nothing of nodes or controllers: the simulation tells each [`latency::ServiceModel`] the
//! arrival rate and the ready pods of a step, and hands the outcome's CPU usage to the autoscalers.
//!
//! Start reading at [`latency::ServiceModel::step`].

pub mod calls;
pub(crate) mod demand;
pub mod exact;
pub mod fit;
pub mod latency;

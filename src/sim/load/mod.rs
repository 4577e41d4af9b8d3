//! Traffic meets pods: each step's requests become usage, latency and errors, and what follows from them.

pub(crate) mod memory;
pub(crate) mod serving;
pub(crate) mod step;
pub(crate) mod under_way;
pub(crate) mod usage;

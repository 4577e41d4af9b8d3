//! The scheduler at work: pods without a node get one.

pub(crate) mod cycle;
pub(crate) mod turns;
pub(crate) mod wake;

//! How many new nodes of a group some pods need.

mod binpacking;
mod kinds;

pub(super) use binpacking::{Estimate, Limit, estimate};
pub(super) use kinds::{Kinds, refusals};

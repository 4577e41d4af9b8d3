//! How many new nodes of a group some pods need.

mod binpacking;
mod kinds;

pub(super) use binpacking::{Estimate, Limit, ToPlace, estimate};
pub(super) use kinds::{Kinds, refusals};

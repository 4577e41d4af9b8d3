//! Scale-down: which nodes are not needed, since when, and which go now.
//!
//! Start reading at `plan.rs`; `legacy.rs` is the planner before drains in parallel.

mod actuation;
mod eligibility;
mod legacy;
mod plan;
mod planner;
mod removal;
mod unneeded;
mod usage;

pub(super) use planner::Planner;

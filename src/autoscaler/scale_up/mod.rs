//! Scale-up: which group grows, and by how much.
//!
//! Start reading at `orchestrator.rs`.

mod limits;
mod option;
mod orchestrator;
mod similar;

pub(super) use option::{Round, ScaleUpOption};

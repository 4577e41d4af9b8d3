//! A scenario at many settings: what came out at each, and what that says together.
//!
//! Start reading at `model.rs`: a line of `study.jsonl` is a [`StudyHead`] or a [`StudyPoint`].

mod model;

pub use model::{AxisValues, FigureAtPoint, Sampling, ShardOf, StudyAxis, StudyHead, StudyPoint};

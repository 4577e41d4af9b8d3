//! A scenario at many settings: what came out at each, and what that says together.
//!
//! Start reading at `model.rs`: a line of `study.jsonl` is a [`StudyHead`] or a [`StudyPoint`]; then [`StudyFile`], which writes
//! them.

mod csv;
mod error;
mod lines;
mod merge;
mod model;
mod part;
mod point;
mod study_file;

pub use csv::{study_csv, write_csv};
pub use error::StudyError;
pub use merge::{merge_study, shard_files, shard_name};
pub use model::{AxisValues, FigureAtPoint, Sampling, ShardOf, StudyAxis, StudyHead, StudyPoint};
pub use study_file::StudyFile;

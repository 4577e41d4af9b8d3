//! A scenario at many settings: what came out at each, and what that says together.
//!
//! Start reading at `model.rs`: a line of `study.jsonl` is a [`StudyHead`] or a [`StudyPoint`]; then [`StudyFile`], which writes
//! them, and [`Findings`], which says what they say together.

mod best;
mod csv;
mod differences;
mod error;
mod files;
mod findings;
mod json;
mod lines;
mod merge;
mod model;
mod page;
mod part;
mod point;
mod study_file;
mod table;
mod words;

pub use best::{Best, best};
pub use csv::{points_csv, study_csv};
pub use error::StudyError;
pub use files::StudyFolder;
pub use findings::{
    AxisEffect, Collecting, FigureEffects, Findings, FrontOf, FrontPoint, KeptPoint, LevelEffect, Levels, NamedFigure,
    PairEffect, Shown,
};
pub use json::each_json;
pub use merge::{merge_study, shard_files, shard_name};
pub use model::{AxisValues, FigureAtPoint, Sampling, ShardOf, StudyAxis, StudyHead, StudyPoint, SweepPlan};
pub use page::{PointCommand, quoted, study_page};
pub use study_file::StudyFile;
pub use table::study_table;

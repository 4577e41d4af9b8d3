//! The gate: is a scenario worse than it was, beyond chance, and does it keep its thresholds.
//!
//! Start reading at [`CheckResult`].

mod model;

pub use model::{
    BaselineUsed, CheckResult, CheckVerdict, FigureChange, FigureVerdict, InputChange, Look, ThresholdOutcome,
    ThresholdResult, WhereWritten,
};

//! The gate: is a scenario worse than it was, beyond chance, and does it keep its thresholds.
//!
//! Start reading at [`check`]; [`CheckResult`] is what came out. [`parse`] and [`write_all`] are for whoever asks for
//! outputs, each of which is a file here.

mod baseline;
mod benchmark;
mod expression;
mod findings;
#[cfg(test)]
mod fixture;
mod gate;
mod github;
mod gitlab;
mod headline;
mod json;
mod judge;
mod junit;
mod margins;
mod markdown;
mod model;
mod outputs;
mod phrases;
mod plot;
mod sarif;
mod text;
mod thresholds;

pub use baseline::Baseline;
pub use benchmark::check_benchmark;
pub use findings::{Outcome, Refusal, Root};
pub use gate::{Base, CheckPlan, check};
pub use github::{check_commands, github_outputs, github_summary, github_summary_refused, problems_commands};
pub use gitlab::{check_code_quality, check_metrics};
pub use json::check_json;
pub use junit::check_junit;
pub use margins::Margins;
pub use markdown::check_markdown;
pub use model::{
    BaselineUsed, CheckResult, CheckVerdict, FigureChange, FigureValue, FigureVerdict, InputChange, Look,
    ThresholdOutcome, ThresholdResult, WhereWritten,
};
pub use outputs::{ReportAsked, ReportKind, ReportTarget, Unwritten, Written, parse, write_all, write_refused};
pub use sarif::{check_sarif, problems_sarif};
pub use text::check_table;

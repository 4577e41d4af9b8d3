//! Results out.
mod statistics;
pub use statistics::Estimate;

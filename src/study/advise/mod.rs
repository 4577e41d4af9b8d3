//! Which min and max to set: alternatives are simulated, not guessed.
//!
//! [`advise`] searches the cheapest [`Setting`] that meets the objective in enough replications. All
//! settings meet the same traffic and the same luck (common random numbers), so that their differences
//! are theirs; the winner is checked against the present setting on fresh seeds, and a saving smaller
//! than its interval is not called one.
//!
//! Not here: other knobs than min and max. Start reading at [`advise`].

pub mod answer;
mod patch;
mod search;
mod setting;
pub mod stress;

pub(crate) use patch::{hpa_patch, tfvars};
pub(crate) use search::{Advice, Budget, Row, Trial, advise, expected_replications};

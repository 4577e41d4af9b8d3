//! Which settings to choose: alternatives are simulated, not guessed.
//!
//! Not here: texts and patches (`report`). Start reading at [`recommend`](recommend::recommend).

mod also;
pub mod answer;
mod climb;
mod explain;
mod judge;
mod keep;
mod knob;
mod knobs;
mod patch;
mod periods;
mod point;
mod reasons;
mod recommend;
mod search;
mod setting;
pub mod stress;
mod stressed;
mod trial;
mod words;

pub(crate) use patch::{hpa_patch, tfvars};
pub use periods::{Part, Period};
pub use recommend::{Ask, random_settings, recommend};
pub(crate) use search::{Advice, Budget, Row, Trial, advise, expected_replications};
pub use trial::{Ends, Known, Outcome};

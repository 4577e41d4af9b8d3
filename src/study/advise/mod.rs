//! Which settings to choose: alternatives are simulated, not guessed.
//!
//! Not here: texts and patches (`report`). Start reading at [`recommend`](recommend::recommend).

mod also;
pub mod answer;
mod ask;
mod check;
mod climb;
mod explain;
mod judge;
mod keep;
mod knob;
mod knobs;
mod learnt;
mod others;
mod outcome;
mod periods;
mod point;
mod reasons;
mod recommend;
pub mod stress;
mod stressed;
mod trial;
mod words;

pub use ask::{Ask, Ends, Known};
pub use outcome::Outcome;
pub use periods::{Part, Period};
pub use recommend::{random_settings, recommend};

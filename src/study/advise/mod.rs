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
mod others;
mod periods;
mod point;
mod reasons;
mod recommend;
pub mod stress;
mod stressed;
mod trial;
mod words;

pub use periods::{Part, Period};
pub use recommend::{Ask, random_settings, recommend};
pub use trial::{Ends, Known, Outcome};

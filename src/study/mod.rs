//! A scenario run many times: replications, and what they say together.
//!
//! Deliberately not here: time that passes (`sim`), files in (`scenario`), text and pictures (`report`).
//!
//! Start reading at [`Study`].

pub mod audit;
mod estimate;
mod replicate;

pub use estimate::Estimate;
pub use replicate::Study;

//! Stresses: hard hours that a setting must get through.
//!
//! A week of ordinary traffic does not show what the loss of a node does to a service of a single pod. A stress is simulated by
//! itself: a short window around the busiest hour of the scenario, and for losses around the quietest too, where the fewest
//! pods run and a minimum is all that protects. Each window settles before the blow and is followed for an hour after it.
//!
//! Not here: which settings are tried, and what it means for them to fail. Start reading at [`Stresses`].

mod blow;
mod course;
mod crowd;
mod hours;
#[cfg(test)]
mod tests;
mod told;
mod victims;
mod window;

pub use blow::{Blow, Judged, Worst};
pub use course::{Stresses, Withstood};
pub use told::answers;

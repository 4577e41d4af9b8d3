//! Faults of the scenario: what goes wrong, and what becomes of it.

pub(crate) mod course;
pub(crate) mod hanging;
pub(crate) mod silence;

//! The simulation: one event queue, one handler, all controllers in virtual time.

pub mod event;

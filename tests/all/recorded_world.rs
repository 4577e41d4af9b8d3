//! The world of the closed-loop recordings, for cases that no recording has.

#[path = "../conformance/closed_loop/case.rs"]
#[allow(dead_code)]
pub(crate) mod case;
#[path = "../conformance/closed_loop/replay.rs"]
#[allow(dead_code)]
pub(crate) mod replay;
#[path = "../conformance/closed_loop/world.rs"]
pub(crate) mod world;

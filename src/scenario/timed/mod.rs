//! Recorded things in CSV, a time in each row: one clock, one notion of order, gaps and broken rows for all of them
//! (metrics of pods and of services, traffic, pods to come).
//!
//! Not here: what the other columns mean. Start reading at [`Clock::read`]; at [`Stamp`] and [`WallClock`] for times that people write.

mod clock;
mod gaps;
mod stamp;
mod table;
mod wall_clock;

pub(crate) use clock::{Clock, Order, Reading};
pub(crate) use gaps::{Gaps, usual_step};
pub(crate) use stamp::Stamp;
pub(crate) use table::{ENOUGH, Row, Table, at_line};
pub(crate) use wall_clock::{Instants, WallClock};

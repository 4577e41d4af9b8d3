//! A scenario at many settings: which points there are, and how they are worked through.
//!
//! Not here: what is written of a point, and what all of them say together (`report::sweep`).
//!
//! Start reading at [`Plan`]; `values.rs` reads what people write, `axes.rs` says where it is put, `draw.rs` which values a point
//! takes.

mod amount;
mod axes;
mod draw;
mod plan;
mod trial;
mod values;
mod work;

pub use axes::{Axis, asked};
pub use plan::{Plan, Wanted};
pub use trial::{at_point, tried};
pub use values::{Range, Values};
pub use work::at_all;

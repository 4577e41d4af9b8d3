//! Quantities with their units: time, Kubernetes quantities, money.
//!
//! Everything here is an integer. Floats appear only where upstream decides with floats, and
//! where a person reads a figure. Start reading at [`SimTime`].

mod counted;
mod finite;
mod money;
mod quantity;
mod time;
mod visible;

pub use counted::{counted, grouped};
pub use finite::{Finite, NONE, finite};
pub use money::{HOURS_PER_MONTH, Money, PricePerHour};
pub use quantity::{Quantity, QuantityError};
pub use time::{DurationError, SimDuration, SimTime};
pub use visible::{check_name, is_hidden, visible};

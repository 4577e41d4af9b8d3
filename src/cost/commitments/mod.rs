//! What was committed to in advance, and what it covers: hour by hour, in the providers' own order.
//!
//! EC2 Reserved Instances (zonal, and regional with size flexibility), EC2 Instance and Compute Savings Plans, Google's
//! resource-based and flexible committed use discounts, and sustained use discounts, which nobody has to buy.
//! Quantities are integers (millionths of a unit times nanoseconds), money is nano-USD: what is covered and what is not
//! add up to what was used, the used and the unused part of a fee to the fee.
//!
//! Every clock hour stands for itself: nothing is carried to the next; Google's resource-based commitments look at every
//! moment of it (`moments.rs`). Deliberately not here: files, tables of rates
//! ([`market`](crate::market) has them), Windows and dedicated tenancy, capacity reservations.
//!
//! Start reading at [`Arrangement`]; `order.rs` has the rules of who covers what first.

mod arrangement;
mod fee;
mod moments;
mod months;
mod offer;
mod order;
mod pledges;
mod resource;
mod size;
mod sustained;
mod tally;
mod terms;

pub use arrangement::{Arrangement, Cover, Held, Hour, HourCover};
pub use fee::Fee;
pub use moments::AtEveryMoment;
pub use months::Sustained;
pub use offer::Offer;
pub(super) use pledges::{Applied, Counts};
pub use pledges::{Pledge, Pledges};
pub use size::{family, is_size_flexible, size_factor};
pub use sustained::{Block, Tiers, at_full_price};
pub use tally::{CommitmentTally, Tally};
pub use terms::{Commitment, Sku, Spend, Terms, UNIT_HOUR, Usage};

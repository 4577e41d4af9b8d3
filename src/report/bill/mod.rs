//!
//! All are made of [`BillResult`](super::BillResult) and of nothing else; money is added as whole nano-USD, so a file's
//! rows add up to the bill to the last digit.
//!
//! Start reading at `rows.rs`: the lines by hour or by day, of which each file is a rendering.

mod csv;
mod error;
mod exact;
mod focus;
mod rows;
mod services;
mod sums;
#[cfg(feature = "xlsx")]
mod workbook;

#[cfg(test)]
pub(in crate::report) mod fixture;

pub use csv::bill_csv;
pub use error::BillError;
pub use focus::{FocusVersion, focus_csv};
pub use rows::Grain;
#[cfg(feature = "xlsx")]
pub use workbook::{comparison_workbook, workbook};

pub(super) use exact::nano;
pub(super) use sums::{BillSum, Money, by_service, money};

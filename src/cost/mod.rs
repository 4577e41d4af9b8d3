//! The ledger: what the cluster costs, by the hour, line by line, and who causes it.
//!
//! Before time starts every [`Item`] that may be paid for is declared: what it is, its unit, its price and where that is
//! from. The simulation tells the [`Ledger`] how much of it there is; the ledger keeps integer quantities by clock hour
//! and prices them once, when it is closed into a [`Bill`]. Every bill adds up to the nano-USD: the lines, and the same
//! money divided among workloads, `__idle__` and `__unallocated__`, as OpenCost v0.1 divides it.
//!
//! Not here: taxes; where prices come from (`market`); what a cluster's objects make the provider charge (`scenario`).
//!
//! Start reading at [`Ledger`] and [`Item`].

pub mod allocation;
mod bill;
mod bridge;
mod calendar;
mod closing;
pub mod commitments;
mod division;
mod held;
mod horizon;
mod hourly;
mod ids;
mod item;
mod kind;
mod ledger;
mod line;
mod meter;
mod pledged;
pub mod rules;
mod sharing;
mod support;
#[cfg(test)]
mod tests;

pub use crate::market::Tier;
pub use bill::{Bill, BillShare, Owner, ShareKind};
pub use bridge::{Bought, Bridge, BridgeSide, BridgeStepKind, Capacity, Paid};
pub use calendar::{Calendar, Month};
pub use division::BaseRates;
pub use held::{Held, Holder};
pub use horizon::{Horizon, MonthCost, Quantities, Timed};
pub use hourly::Hourly;
pub use ids::{BilledNode, ItemId, NamespaceId, PoolId};
pub use item::{Basis, Item, Payer, PriceType, Unit, UnitPrice};
pub use kind::ChargeKind;
pub use ledger::{Ledger, NodeBilling, Pool};
pub use line::{Amounts, Line, LineKey, Part, Prices};
pub use meter::MICRO;
pub use support::{OWN_CHARGES, Support};

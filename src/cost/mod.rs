//! The ledger: what the cluster costs, by day, by group, by kind of charge and by namespace.
//!
//! The simulation tells the [`Ledger`] what starts, what ends and what pods hold; the ledger keeps
//! integer spans and prices them once, when it is closed into a [`Bill`]. Every bill adds up to the
//! nano-USD: the lines, and the same money divided among namespaces, `__idle__` and
//! `__unallocated__`, as OpenCost v0.1 divides it.
//!
//! Not here: taxes, free tiers, tiered prices (a line has one price), GPUs as a
//! resource of their own (a GPU node's price is divided between its CPU and memory).
//!
//! Start reading at [`Ledger`].

mod allocation;
mod bill;
mod bridge;
mod closing;
pub mod commitments;
mod days;
mod ids;
mod item;
mod ledger;
pub mod rules;

pub use crate::market::Tier;
pub use allocation::BaseRates;
pub use bill::{Bill, BillLine, BillShare, ChargeKind, Owner, ShareKind};
pub use bridge::{Bought, Bridge, BridgeSide, BridgeStepKind, Capacity, Paid};
pub use ids::{BilledNode, ChargeId, NamespaceId, OfferId};
pub use item::{Basis, Item, Payer, PriceType, Unit, UnitPrice};
pub use ledger::{Charge, Held, Ledger, Offer};

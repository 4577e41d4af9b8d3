//! The cloud: instances are launched, boot, register, are reclaimed or deleted.

pub(crate) mod instances;
pub(crate) mod launch;
pub(crate) mod nodes;
pub(crate) mod pools;
pub(crate) mod rebalance;
pub(crate) mod shortages;
pub(crate) mod spot;
pub(crate) mod state;
pub(crate) mod zones;

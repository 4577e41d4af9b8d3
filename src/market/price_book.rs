//! What things cost where: the interface behind which the shipped tables are one answer among others.

use super::{FixedPrice, ManagedClass, MarketError, Rate};

/// Prices by name and region. [`Catalog`](super::Catalog) has the public list prices; a book of
/// negotiated ones may wrap it and change what it answers.
///
/// Only prices: which regions and machine types there are, and how often spot capacity is taken
/// back, are facts of the provider, and [`Catalog`](super::Catalog) knows them. Every answer says
/// from when it is and whether it was estimated. All prices are in US dollars.
///
/// Asked while a scenario is built, never while it runs: the cast holds the prices it found.
pub trait PriceBook {
    /// What `instance_type` costs in `region`.
    ///
    /// Errors: an unknown type, an unknown region, or no known price of the one in the other.
    fn offering(&self, instance_type: &str, region: &str) -> Result<Offering, MarketError>;

    /// The price of `item` (a name in `data/fixed_prices.csv`, such as `gp3_gb_month`) in `region`.
    ///
    /// Errors: [`MarketError::Item`], [`MarketError::Region`].
    fn fixed_price(&self, item: &str, region: &str) -> Result<FixedPrice, MarketError>;

    /// The hourly price of a managed service: one `db.m5.large` of `rds-postgres`, alone or with its standby.
    ///
    /// Errors: [`MarketError::Item`] for the service, [`MarketError::ManagedClass`], [`MarketError::Region`].
    fn managed_price(&self, wanted: &ManagedClass<'_>, region: &str) -> Result<Rate, MarketError>;
}

/// What one machine type costs in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offering {
    /// Linux, shared tenancy, no commitment.
    pub on_demand: Rate,
    /// The typical spot price, if there is a spot market.
    pub spot: Option<Rate>,
}

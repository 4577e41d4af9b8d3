//! What things cost where: the interface behind which the shipped tables are one answer among others.

use super::{FixedPrice, MarketError, Rate};

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

    /// The hourly price of one single-zone node of a managed service: `managed_price("rds-postgres",
    /// "db.m5.large", "eu-west-1")`. A Multi-AZ deployment is two of them.
    ///
    /// Errors: [`MarketError::Item`] for the service, [`MarketError::ManagedClass`], [`MarketError::Region`].
    fn managed_price(&self, service: &str, class: &str, region: &str) -> Result<Rate, MarketError>;
}

/// What one machine type costs in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offering {
    /// Linux, shared tenancy, no commitment. Where the price in the region is not listed, the shipped tables estimate it from
    /// the home region's and the price ratio of the same or the most similar family (63 known prices: median error
    /// 0.0 %, worst 7.5 %).
    pub on_demand: Rate,
    /// The typical spot price, if there is a spot market.
    pub spot: Option<Rate>,
}

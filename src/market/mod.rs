//! What the cloud sells: machine types, prices by region, spot markets, fixed prices, node formulas.
//!
//! Everything comes from the tables in `data/` (see `data/PROVENANCE.md`), embedded in the binary
//! and read on demand. A figure that was estimated, or is older than the rest, says so itself.
//!
//! Not here: Windows, dedicated tenancy, CPU
//! credits of burstable types, local zones. Nothing here draws random numbers by itself: the
//! distributions are parameters, the simulation owns the streams.
//!
//! Prices are asked through a [`PriceBook`], of which [`Catalog`] is the one that ships: a scenario
//! may be built with another.
//!
//! Start reading at [`PriceBook`] and [`Catalog`].

mod allocatable;
mod carbon;
mod catalog;
mod commitments;
mod cpu_speed;
mod error;
mod fixed;
mod instance_type;
mod latency;
mod managed;
mod negotiated;
mod origin;
mod price_book;
mod rate;
mod service;
mod sources;
mod spot;
mod spot_process;
mod spot_zones;
mod support;
mod support_plan;
mod table;

pub use allocatable::{NodeResources, NodeSettings, eks, gke};
pub use carbon::{GridIntensity, MEMORY_KW_PER_GB, MachineCarbon};
pub use catalog::{Catalog, region_of_zone};
pub use commitments::{Bargain, CommitmentRates, CommittedRate, PaymentOption, ResourcePrices, TermLength};
pub use cpu_speed::CpuScore;
pub use error::MarketError;
pub use fixed::{FixedPrice, Per};
pub use instance_type::{Architecture, CapacityType, EniLimits, InstanceType, Provider};
pub use latency::{Lognormal, container_start, image_pull, node_boot};
pub use managed::ManagedClass;
pub use negotiated::{Agreed, Negotiated, NegotiatedRate, Terms};
pub use origin::Origin;
pub use price_book::{Offering, PriceBook};
pub use rate::{Rate, Tier};
pub use service::{SERVICES, Service};
pub use spot::{InterruptionRate, ReclaimProcess, SpotPool};
pub use spot_process::{HourlyPrices, PriceProcess, ZoneProcess};
pub use spot_zones::SpotSpread;
pub use support::{SupportPhase, VersionSupport, eks_price};
pub use support_plan::SupportPlan;

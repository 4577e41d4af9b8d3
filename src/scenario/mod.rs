//! Files in: scenarios, Kubernetes objects, Terraform, traffic. All problems at once, with their place.
//!
//! Everything that reads text lives here, so the rooms behind it never meet a malformed value.
//! [`load`] reads a scenario and everything that it names, and builds what is simulated.
//!
//! Start reading at [`load`], then `file.rs` (what a scenario can say) and `build/`; at [`kubernetes`] for
//! API objects and at [`issue`] for what is said about bad ones.

pub mod aliases;
pub(crate) mod autoscaler_flags;
pub(crate) mod autoscaler_version;
mod build;
mod command_line;
pub(crate) mod declared;
mod describe;
mod digest;
pub(crate) mod documents;
mod eksctl;
pub(crate) mod encoding;
mod explain;
pub mod file;
pub mod hpas;
pub(crate) mod infrastructure;
mod inputs;
pub mod issue;
pub mod kubernetes;
mod lines;
mod loaded;
pub(crate) mod machine_node;
mod merge;
pub mod metrics;
mod origins;
pub mod pod_shape;
mod precision;
pub mod priorities;
mod private;
mod recorded_traffic;
pub mod release;
mod render;
pub(crate) mod scheduler_profiles;
mod schema;
mod service_metrics;
mod settings;
pub mod snapshot;
pub(crate) mod sources;
pub(crate) mod terraform;
mod timed;
mod unfit;
mod vpa_flags;
pub mod vpas;
pub mod wanted;
mod written;

pub use build::{Door, FoundNode, IngressPath, Inventory, Running, checked_replications, inventory};
pub use explain::{Field, explain};
pub use inputs::Inputs;
pub use loaded::{Account, Budget, BudgetOwner, Owners, PriceList, Scenario, ThresholdText};
pub use precision::{checked_precision, share_of};
pub use schema::schema;
pub use service_metrics::read_metrics;
pub use settings::Setting;
pub use sources::Sources;
pub use written::Written;

use crate::market::{Catalog, Negotiated, PriceBook};
use issue::Issues;
use std::path::Path;

/// Reads a scenario file and all that it names, with `path=value` settings on top, at list prices.
///
/// Errors: everything that is wrong, with its place.
pub fn load(sources: Sources, path: &Path, sets: &[String]) -> Result<Scenario, Issues> {
    load_priced(sources, path, sets, Catalog::shipped())
}

/// Reads a file of negotiated prices, as a scenario's `prices` name it, on top of the list prices; with what is to be said of it.
/// Names that are given no region are looked up in `region`.
///
/// Errors: everything that is wrong, with its place; a file without prices.
pub fn read_price_file(sources: Sources, path: &Path, region: &str) -> Result<(Negotiated<'static>, Issues), Issues> {
    build::read_price_file(sources, path, region)
}

/// As [`load`], at the prices of a book.
///
/// Errors: everything that is wrong, with its place.
pub fn load_priced(sources: Sources, path: &Path, sets: &[String], prices: &dyn PriceBook) -> Result<Scenario, Issues> {
    let mut wrong = Issues::new();
    let written = Written::read(sources, path);
    let settings: Vec<Setting> =
        sets.iter().filter_map(|set| Setting::parse(set).map_err(|issue| wrong.push(issue)).ok()).collect();
    let loaded = written.and_then(|written| written.priced(&settings, prices));
    match loaded {
        Ok(scenario) if wrong.is_empty() => Ok(scenario),
        Ok(_) => Err(wrong),
        Err(issues) => {
            wrong.absorb(issues, |_| ());
            Err(wrong)
        }
    }
}

/// The reference scenario, which is part of the program.
pub fn embedded(sets: &[String]) -> Result<Scenario, Issues> {
    load(Sources::Embedded, Path::new("scenario.yaml"), sets)
}

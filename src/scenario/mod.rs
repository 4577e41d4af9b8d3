//! Files in: scenarios, Kubernetes objects, Terraform, traffic. All problems at once, with their place.
//!
//! Everything that reads text lives here, so the rooms behind it never meet a malformed value.
//! [`load`] reads a scenario and everything that it names, and builds what is simulated.
//!
//! Start reading at [`load`], then `file.rs` (what a scenario can say) and `build/`; at [`kubernetes`] for
//! API objects and at [`issue`] for what is said about bad ones.

pub(crate) mod autoscaler_flags;
mod build;
mod command_line;
mod digest;
pub(crate) mod documents;
pub mod file;
pub mod hpas;
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
pub mod priorities;
pub(crate) mod scheduler_profiles;
mod service_metrics;
pub mod snapshot;
pub(crate) mod sources;
mod terraform;
mod timed;
mod vpa_flags;
pub mod vpas;

pub use build::checked_replications;
pub use inputs::Inputs;
pub use loaded::{PriceList, Scenario};
pub use service_metrics::read_metrics;
pub use sources::Sources;

use crate::market::{Catalog, PriceBook};
use issue::Issues;
use std::path::Path;

/// Reads a scenario file and all that it names, with `path=value` settings on top, at list prices.
///
/// Errors: everything that is wrong, with its place.
pub fn load(sources: Sources, path: &Path, sets: &[String]) -> Result<Scenario, Issues> {
    load_priced(sources, path, sets, Catalog::shipped())
}

/// As [`load`], at the prices of a book.
///
/// Errors: everything that is wrong, with its place.
pub fn load_priced(sources: Sources, path: &Path, sets: &[String], prices: &dyn PriceBook) -> Result<Scenario, Issues> {
    let mut issues = Issues::new();
    let merged = merge::load(sources, path, sets, &mut issues);
    let Some((file, value, origins)) = merged.filter(|_| !issues.has_errors()) else { return Err(issues) };
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut found = Issues::new();
    let files = digest::Recorder::new(sources, folder);
    let scenario = build::build(build::Inputs { files: &files, folder, prices }, &file, &mut found);
    issues.absorb(found, |place| origins.locate(place));
    match scenario {
        Some(mut scenario) if !issues.has_errors() => {
            scenario.caveats = issues;
            scenario.digest = files.digest(&value);
            scenario.inputs = files.into_inputs(&value);
            Ok(scenario)
        }
        _ => Err(issues),
    }
}

/// The reference scenario, which is part of the program.
pub fn embedded(sets: &[String]) -> Result<Scenario, Issues> {
    load(Sources::Embedded, Path::new("scenario.yaml"), sets)
}

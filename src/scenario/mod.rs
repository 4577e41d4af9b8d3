//! Files in: scenarios, Kubernetes objects, Terraform, traffic. All problems at once, with their place.
//!
//! Everything that reads text lives here, so the rooms behind it never meet a malformed value.
//! [`load`] reads a scenario and everything that it names, and builds what is simulated.
//!
//! Start reading at [`load`], then `file.rs` (what a scenario can say) and `build/`; at [`kubernetes`] for
//! API objects and at [`issue`] for what is said about bad ones.

mod build;
mod documents;
pub mod file;
pub mod issue;
pub mod kubernetes;
mod merge;
mod sources;
mod terraform;

pub use sources::Sources;

use crate::market::Provider;
use crate::sim::world::{Cast, Timing};
use crate::units::SimDuration;
use issue::Issues;
use std::path::Path;

/// A scenario ready to be simulated.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// What it asks.
    pub description: String,
    /// Whose cloud.
    pub provider: Provider,
    /// Where.
    pub region: String,
    /// What is simulated.
    pub cast: Cast,
    /// The clockwork.
    pub timing: Timing,
    /// How long.
    pub duration: SimDuration,
    /// How often.
    pub replications: u32,
    /// The seed.
    pub seed: u64,
    /// What is doubtful about it: shown above the numbers.
    pub caveats: Issues,
}

/// Reads a scenario file and all that it names, with `path=value` settings on top.
///
/// Errors: everything that is wrong, with its place.
pub fn load(sources: Sources, path: &Path, sets: &[String]) -> Result<Scenario, Issues> {
    let mut issues = Issues::new();
    let merged = merge::load(sources, path, sets, &mut issues);
    let Some(file) = merged.filter(|_| !issues.has_errors()) else { return Err(issues) };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let scenario = build::build(sources, &folder, &file, &mut issues);
    match scenario {
        Some(mut scenario) if !issues.has_errors() => {
            scenario.caveats = issues;
            Ok(scenario)
        }
        _ => Err(issues),
    }
}

/// The reference scenario, which is part of the program.
pub fn embedded(sets: &[String]) -> Result<Scenario, Issues> {
    load(Sources::Embedded, Path::new("scenario.yaml"), sets)
}

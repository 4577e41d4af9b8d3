//! The scenario that a command is about.

use super::Failure;
use foresail::scenario::{self, Scenario, Sources};
use std::path::Path;

/// The scenario in a file, or in a folder that holds a scenario.yaml; without a path the built-in one. A seed on the
/// command line replaces the file's.
pub(super) fn load(path: Option<&Path>, sets: &[String], seed: Option<u64>) -> Result<Scenario, Failure> {
    let loaded = match path {
        None => scenario::embedded(sets),
        Some(path) if path.is_dir() => scenario::load(Sources::Disk, &path.join("scenario.yaml"), sets),
        Some(path) => scenario::load(Sources::Disk, path, sets),
    };
    let mut scenario = loaded.map_err(Failure::Input)?;
    scenario.seed = seed.unwrap_or(scenario.seed);
    Ok(scenario)
}

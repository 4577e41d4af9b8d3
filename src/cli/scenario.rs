//! The scenario that a command is about.

use super::Failure;
use super::completing::settings;
use clap_complete::engine::ArgValueCompleter;
use foresail::scenario::issue::{Issue, Issues};
use foresail::scenario::{self, Scenario, Setting, Sources, Written};
use std::path::{Path, PathBuf};

/// Which scenario, and what is changed in it.
#[derive(clap::Args)]
pub(super) struct ScenarioArgs {
    /// The scenario file, or the folder that holds a scenario.yaml. Without one, the reference scenario
    /// that is built in: an e-commerce platform on EKS, for a week.
    scenario: Option<PathBuf>,
    /// The same, as kubectl has it.
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR", conflicts_with = "scenario")]
    file: Option<PathBuf>,
    /// Change a value of the scenario: `--set traffic.scale=2` (repeatable).
    #[arg(long = "set", value_name = "PATH=VALUE", add = ArgValueCompleter::new(settings))]
    pub(super) sets: Vec<String>,
    /// The seed of all chance: same input, same seed, same result.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl ScenarioArgs {
    /// The file or folder that was named; none means the built-in one.
    pub(super) fn path(&self) -> Option<&Path> {
        self.scenario.as_deref().or(self.file.as_deref())
    }

    /// Whether something of it is to be changed.
    pub(super) fn is_changed(&self) -> bool {
        !self.sets.is_empty() || self.seed.is_some()
    }

    /// Reads its files without building it, and what is set.
    ///
    /// Errors: what cannot be read, and settings that are none; everything at once.
    pub(super) fn written(&self) -> Result<(Written, Vec<Setting>), Failure> {
        written(self.path(), &self.sets).map_err(Failure::Input)
    }

    /// The seed, if one was given.
    pub(super) fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Reads it. A seed on the command line replaces the file's.
    pub(super) fn load(&self) -> Result<Scenario, Failure> {
        let mut scenario = load(self.path(), &self.sets).map_err(Failure::Input)?;
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        Ok(scenario)
    }
}

/// The scenario of a file, or of a folder that holds a scenario.yaml; without one the built-in one.
///
/// Errors: everything that is wrong with it.
pub(super) fn load(path: Option<&Path>, sets: &[String]) -> Result<Scenario, Issues> {
    let (sources, path) = place(path);
    scenario::load(sources, &path, sets)
}

/// The same, read but not built, and what is set.
///
/// Errors: what cannot be read, and settings that are none.
pub(super) fn written(path: Option<&Path>, sets: &[String]) -> Result<(Written, Vec<Setting>), Issues> {
    let (sources, path) = place(path);
    let mut issues = Issues::new();
    let mut note = |issue: Issue| issues.push(issue);
    let settings = sets.iter().filter_map(|set| Setting::parse(set).map_err(&mut note).ok()).collect();
    match Written::read(sources, &path) {
        Ok(written) if issues.is_empty() => return Ok((written, settings)),
        Ok(_) => {}
        Err(found) => issues.absorb(found, |_| ()),
    }
    Err(issues)
}

pub(super) fn place(path: Option<&Path>) -> (Sources, PathBuf) {
    match path {
        None => (Sources::Embedded, PathBuf::from("scenario.yaml")),
        Some(path) if path.is_dir() => (Sources::Disk, path.join("scenario.yaml")),
        Some(path) => (Sources::Disk, path.to_owned()),
    }
}

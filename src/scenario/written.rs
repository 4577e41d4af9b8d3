//! A scenario whose files have been read and merged, and of which any number of variants can be built.

use super::file::{ScenarioFile, Sweep};
use super::issue::Issues;
use super::loaded::Scenario;
use super::origins::Origins;
use super::settings::Setting;
use super::sources::Sources;
use super::{build, digest, merge, render};
use crate::market::{Catalog, PriceBook};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A scenario as it is written. Manifests and Terraform are read when the first variant is built, and then known.
pub struct Written {
    sources: Sources,
    path: PathBuf,
    merged: Value,
    origins: Origins,
    texts: build::KnownTexts,
}

impl Written {
    /// Reads a scenario file and those that it extends.
    ///
    /// Errors: what cannot be read, or is no scenario.
    pub fn read(sources: Sources, path: &Path) -> Result<Self, Issues> {
        let mut issues = Issues::new();
        match merge::merged(sources, path, &mut issues) {
            Some((merged, origins)) if !issues.has_errors() => {
                Ok(Written { sources, path: path.to_owned(), merged, origins, texts: build::KnownTexts::default() })
            }
            _ => Err(issues),
        }
    }

    /// Builds the scenario with some values set, at list prices.
    ///
    /// Errors: everything that is wrong, with its place.
    pub fn with(&self, settings: &[Setting]) -> Result<Scenario, Issues> {
        self.priced(settings, Catalog::shipped())
    }

    /// The same at the prices of a book.
    ///
    /// Errors: everything that is wrong, with its place.
    pub fn priced(&self, settings: &[Setting], prices: &dyn PriceBook) -> Result<Scenario, Issues> {
        let mut issues = Issues::new();
        let (mut value, mut origins) = (self.merged.clone(), self.origins.clone());
        let file = merge::changed(&mut value, settings, &mut origins, &mut issues);
        let Some(file) = file.filter(|_| !issues.has_errors()) else { return Err(issues) };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let mut found = Issues::new();
        let files = digest::Recorder::new(self.sources, folder);
        let scenario =
            build::build(build::Inputs { files: &files, folder, prices, texts: &self.texts }, &file, &mut found);
        issues.absorb(found, |place| origins.locate(place));
        match scenario {
            Some(mut scenario) if !issues.has_errors() => {
                scenario.caveats = issues;
                scenario.digest = files.digest(&value);
                scenario.thresholds.iter_mut().for_each(|threshold| origins.locate(&mut threshold.place));
                scenario.inputs = files.into_inputs(&value, origins);
                Ok(scenario)
            }
            _ => Err(issues),
        }
    }

    /// The scenario with some values set and nothing left to other files but objects and traces: a file that runs alike.
    ///
    /// Errors: everything that is wrong, with its place.
    pub fn resolved(&self, settings: &[Setting]) -> Result<(Value, Scenario), Issues> {
        let scenario = self.with(settings)?;
        let (mut value, mut origins, mut issues) = (self.merged.clone(), self.origins.clone(), Issues::new());
        merge::changed(&mut value, settings, &mut origins, &mut issues);
        Ok((render::resolved(value, &scenario, self.path.parent().unwrap_or(Path::new(""))), scenario))
    }

    /// Names that the scenario uses below a field: of `services`, `nodeGroups`, `hpas`, `jobs`.
    pub fn names(&self, field: &str) -> Vec<String> {
        self.merged[field].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    }

    /// What is written at a path, files that it extends included; none where nothing is.
    pub fn given(&self, path: &[String]) -> Option<&Value> {
        path.iter().try_fold(&self.merged, |value, key| value.get(key))
    }

    /// What the scenario with some values set wants to be varied.
    ///
    /// Errors: everything that is wrong with the scenario file.
    pub fn sweep(&self, settings: &[Setting]) -> Result<Sweep, Issues> {
        let mut issues = Issues::new();
        let (mut value, mut origins) = (self.merged.clone(), self.origins.clone());
        let file: Option<ScenarioFile> = merge::changed(&mut value, settings, &mut origins, &mut issues);
        file.filter(|_| !issues.has_errors()).map(|file| file.sweep).ok_or(issues)
    }
}

//! What the files say that a scenario names: read once, for any number of variants of it.

use super::objects::Objects;
use crate::scenario::declared::Declared;
use crate::scenario::digest::{Read, Recorder};
use crate::scenario::file::{FilePath, ScenarioFile};
use crate::scenario::issue::Issues;
use crate::scenario::{infrastructure, terraform};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Manifests and Terraform, as they were read.
pub(super) struct Texts {
    given: infrastructure::Given,
    manifests: Vec<PathBuf>,
    /// What Terraform, eksctl and the clouds' answers say.
    pub(super) declared: Declared,
    pub(super) objects: Objects,
    issues: Issues,
    /// For the digest.
    read: Read,
}

/// The texts of the first variant that was built; most others have the same.
#[derive(Default)]
pub(in crate::scenario) struct KnownTexts(Mutex<Option<Arc<Texts>>>);

impl KnownTexts {
    /// The texts that a scenario names, with what is wrong with them, and counted as read by `files`. Cost: they are read and
    /// parsed once, and again where a variant names others.
    pub(super) fn of(&self, file: &ScenarioFile, folder: &Path, files: &Recorder, issues: &mut Issues) -> Arc<Texts> {
        let below = |paths: &[FilePath]| paths.iter().map(|path| path.below(folder)).collect::<Vec<PathBuf>>();
        let terraform = terraform::Given {
            paths: below(&file.terraform),
            variables: file.terraform_vars.clone(),
            region: file.cluster.region.clone(),
        };
        let given = infrastructure::Given { terraform, eksctl: below(&file.eksctl), describe: below(&file.describe) };
        let texts = self.known_or_read(given, below(&file.manifests), files);
        files.absorb(&texts.read);
        issues.absorb(texts.issues.clone(), |_| ());
        texts
    }

    fn known_or_read(&self, given: infrastructure::Given, manifests: Vec<PathBuf>, files: &Recorder) -> Arc<Texts> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(texts) if (&texts.given, &texts.manifests) == (&given, &manifests) => texts.clone(),
            Some(_) => {
                drop(known);
                Arc::new(read(given, manifests, files))
            }
            None => known.insert(Arc::new(read(given, manifests, files))).clone(),
        }
    }
}

fn read(given: infrastructure::Given, manifests: Vec<PathBuf>, files: &Recorder) -> Texts {
    let (files, mut issues) = (files.beside(), Issues::new());
    let mut declared = infrastructure::read(&files, &given, &mut issues);
    let mut objects = Objects::read(&files, manifests.iter().cloned(), &mut issues);
    declared.absorb(std::mem::take(&mut objects.declared), &mut issues);
    Texts { given, manifests, declared, objects, issues, read: files.into_read() }
}

//! What the files say that a scenario names: read once, for any number of variants of it.

use super::objects::Objects;
use crate::scenario::digest::{Read, Recorder};
use crate::scenario::file::ScenarioFile;
use crate::scenario::issue::Issues;
use crate::scenario::terraform::{self, TerraformGroup};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Manifests and Terraform, as they were read.
pub(super) struct Texts {
    terraform: terraform::Given,
    manifests: Vec<PathBuf>,
    pub(super) declared: Vec<TerraformGroup>,
    /// NAT gateways of the Terraform, if any are declared.
    pub(super) nat_gateways: Option<u32>,
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
        let terraform = terraform::Given {
            paths: file.terraform.iter().map(|path| path.below(folder)).collect(),
            variables: file.terraform_vars.clone(),
            region: file.cluster.region.clone(),
        };
        let manifests: Vec<PathBuf> = file.manifests.iter().map(|path| path.below(folder)).collect();
        let texts = self.known_or_read(terraform, manifests, files);
        files.absorb(&texts.read);
        issues.absorb(texts.issues.clone(), |_| ());
        texts
    }

    fn known_or_read(&self, terraform: terraform::Given, manifests: Vec<PathBuf>, files: &Recorder) -> Arc<Texts> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(texts) if (&texts.terraform, &texts.manifests) == (&terraform, &manifests) => texts.clone(),
            Some(_) => {
                drop(known);
                Arc::new(read(terraform, manifests, files))
            }
            None => known.insert(Arc::new(read(terraform, manifests, files))).clone(),
        }
    }
}

fn read(terraform: terraform::Given, manifests: Vec<PathBuf>, files: &Recorder) -> Texts {
    let (files, mut issues) = (files.beside(), Issues::new());
    let terraform::Declared { groups: declared, nat_gateways } = terraform::read(&files, &terraform, &mut issues);
    let objects = Objects::read(&files, manifests.iter().cloned(), &mut issues);
    Texts { terraform, manifests, declared, nat_gateways, objects, issues, read: files.into_read() }
}

//! Everything that declares node groups besides the scenario: Terraform, eksctl, the clouds' own answers.

use super::declared::Declared;
use super::issue::Issues;
use super::sources::Files;
use super::{describe, eksctl, terraform};
use std::path::PathBuf;

/// What is to be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Given {
    pub(crate) terraform: terraform::Given,
    /// Files and folders with eksctl's ClusterConfigs.
    pub(crate) eksctl: Vec<PathBuf>,
    /// Files and folders with answers of `aws` and `gcloud`.
    pub(crate) describe: Vec<PathBuf>,
}

/// All that is declared; what is wrong goes to `issues`. Cost: each file is parsed once, evaluation is bounded.
pub(crate) fn read(files: impl Files, given: &Given, issues: &mut Issues) -> Declared {
    let mut declared = terraform::read(files, &given.terraform, issues);
    let more = eksctl::read(files, &given.eksctl, issues);
    declared.absorb(more, issues);
    let more = describe::read(files, &given.describe, issues);
    declared.absorb(more, issues);
    declared
}

//! What every part of the building looks at.

use super::billing::Start;
use super::objects::Objects;
use crate::id::IdVec;
use crate::market::{Catalog, PriceBook, Provider};
use crate::release::Release;
use crate::scenario::digest::Recorder;
use crate::scenario::file::ScenarioFile;
use crate::units::SimDuration;
use crate::world::{GroupId, NodeGroup};
use std::path::Path;

/// What was read, and where things are.
pub(super) struct Scene<'a> {
    pub(super) file: &'a ScenarioFile,
    pub(super) folder: &'a Path,
    pub(super) files: &'a Recorder,
    pub(super) objects: &'a Objects,
    pub(super) prices: &'a dyn PriceBook,
    pub(super) provider: Provider,
    pub(super) region: &'a str,
    pub(super) start: &'a Start,
    /// Whose rules apply.
    pub(super) release: &'a Release,
    /// How long is simulated.
    pub(super) span: SimDuration,
    /// NAT gateways of the Terraform, if any are declared.
    pub(super) declared_gateways: Option<u32>,
}

impl Scene<'_> {
    /// The machine type on which the services' profiles were measured.
    pub(super) fn cpu_reference(&self) -> &str {
        self.file.cluster.cpu_reference.as_deref().unwrap_or(self.provider.cpu_reference())
    }
    /// NAT gateways, as the scenario says, else Terraform.
    pub(super) fn nat_gateways(&self) -> u32 {
        self.file.cluster.nat_gateways.or(self.declared_gateways).unwrap_or(0)
    }
    /// How fast a type's cores are over the reference's, if both are known.
    pub(super) fn speed(&self, instance_type: &str) -> Option<f64> {
        let score = |name: &str| Catalog::shipped().cpu_score(name).map(|found| found.score);
        if instance_type == self.cpu_reference() {
            return Some(1.0);
        }
        Some(score(instance_type)? / score(self.cpu_reference())?)
    }
}

/// The names of groups, for suggestions.
pub(super) fn group_names(groups: &IdVec<GroupId, NodeGroup>) -> Vec<String> {
    groups.values().map(|group| group.name.clone()).collect()
}

/// A help that names what there is.
pub(super) fn there_are(names: &[&str]) -> String {
    match names {
        [] => "there is none".to_owned(),
        [only] => format!("there is {only}"),
        _ => format!("there are {}", names.join(", ")),
    }
}

//! HPAs of KEDA's ScaledObjects: those that a dump holds, or else those that KEDA would make.

use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::autoscaling::HorizontalPodAutoscaler;
use crate::scenario::kubernetes::keda::{CronTrigger, ScaledObject};
use crate::scenario::kubernetes::read_object;
use crate::scenario::kubernetes::reader::Provenance;
use serde_json::Value;
use std::collections::BTreeMap;

/// The ScaledObjects of a scenario, and what is by the clock in their HPAs.
#[derive(Default)]
pub(super) struct ScaledObjects {
    objects: Vec<(Provenance, ScaledObject)>,
    /// By namespace and name of the HPA.
    of_hpas: BTreeMap<(String, String), Scaled>,
}

/// What stands behind an HPA that is KEDA's.
pub(super) struct Scaled {
    /// The ScaledObject's name, and where it is.
    pub(super) name: String,
    pub(super) from: Provenance,
    /// Its triggers by the clock.
    pub(super) crons: Vec<CronTrigger>,
}

impl ScaledObjects {
    /// Reads one.
    pub(super) fn take(&mut self, from: &Provenance, value: &Value, issues: &mut Issues) {
        let object: ScaledObject = match read_object(value) {
            Ok(object) => object,
            Err(issue) => return issues.push(from.locate(issue)),
        };
        let key =
            |object: &ScaledObject| (object.metadata.namespace_or_default().to_owned(), object.metadata.name.clone());
        if object.metadata.name.is_empty() {
            return issues.push(from.locate(Issue::error("metadata.name", "the object has no name")));
        }
        if self.objects.iter().any(|(_, other)| key(other) == key(&object)) {
            let message = "an object of this kind and name was read before";
            return issues.push(from.locate(Issue::error("metadata.name", message)));
        }
        self.objects.push((from.clone(), object));
    }

    /// Adds the HPAs that KEDA would make to those that were read. One that was read is not made again: its metrics by the clock are
    /// those of the ScaledObject.
    pub(super) fn add_hpas(&mut self, hpas: &mut Vec<(Provenance, HorizontalPodAutoscaler)>, issues: &mut Issues) {
        for (from, object) in &self.objects {
            let mut part = Issues::new();
            let read =
                hpas.iter().map(|(_, hpa)| hpa).find(|hpa| is_of(hpa, object)).map(|hpa| hpa.metadata.name.clone());
            let (name, crons) = match read {
                Some(name) => (name, object.crons(&mut part)),
                None => {
                    let made = object.made(&mut part);
                    hpas.extend(made.hpa.map(|hpa| (from.clone(), hpa)));
                    (object.hpa_name(), made.crons)
                }
            };
            from.locate_all(part, issues);
            let key = (object.metadata.namespace_or_default().to_owned(), name);
            let scaled = Scaled { name: object.metadata.name.clone(), from: from.clone(), crons };
            self.of_hpas.insert(key, scaled);
        }
    }

    /// The ScaledObject of an HPA.
    pub(super) fn behind(&self, hpa: &HorizontalPodAutoscaler) -> Option<&Scaled> {
        let key = (hpa.metadata.namespace_or_default().to_owned(), hpa.metadata.name.clone());
        self.of_hpas.get(&key)
    }
}

/// Whether KEDA made it of that object: by its owner, or by its name where a dump has lost it.
fn is_of(hpa: &HorizontalPodAutoscaler, object: &ScaledObject) -> bool {
    let is_here = hpa.metadata.namespace_or_default() == object.metadata.namespace_or_default();
    let owner = hpa.metadata.controller().filter(|owner| owner.kind == "ScaledObject");
    is_here && owner.map_or(hpa.metadata.name == object.hpa_name(), |owner| owner.name == object.metadata.name)
}

//! The profiles of a KubeSchedulerConfiguration, from a file of its own or among other objects.

use super::issue::{Issue, Issues};
use super::kubernetes::reader::{Item, Provenance, Reader};
use super::kubernetes::{Converter, Kind, Object};
use super::sources::Files;
use crate::scheduler::Profiles;
use serde_json::Value;
use std::path::Path;

/// The kind of the object.
const KIND: &str = "KubeSchedulerConfiguration";

/// What a file says that should hold one KubeSchedulerConfiguration; `field` names the file in issues.
pub(crate) fn read(
    files: impl Files,
    path: &Path,
    field: &str,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> Profiles {
    let found = Reader::of(&[Kind::KubeSchedulerConfiguration]).collect(files, path, issues);
    let mut profiles = Profiles::default();
    if found.len() > 1 {
        let message = format!("expected one {KIND}, found {} objects", found.len());
        issues.push(Issue::error(field, message));
    }
    for item in found {
        if let Item::Other(from, value) = &item {
            let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
            issues.push(from.locate(Issue::error("kind", format!("expected a {KIND}, found `{kind}`"))));
        }
        if let Some(found) = item.object(issues)
            && let Object::KubeSchedulerConfiguration(api) = found.api
        {
            profiles = of(&api.value, &found.from, converter, issues);
        }
    }
    profiles
}

/// What a KubeSchedulerConfiguration says.
pub(crate) fn of(value: &Value, from: &Provenance, converter: &mut Converter<'_>, issues: &mut Issues) -> Profiles {
    let profiles = converter.scheduler_profiles(value);
    from.locate_all(std::mem::take(&mut converter.issues), issues);
    profiles
}

//! The profiles of a KubeSchedulerConfiguration, from a file of its own or among other objects.

use super::documents::{self, Document};
use super::issue::{Issue, Issues};
use super::kubernetes::Converter;
use super::sources::Files;
use crate::scheduler::Profiles;
use std::path::Path;

/// The kind of the object.
pub(crate) const KIND: &str = "KubeSchedulerConfiguration";

/// What a file says that should hold one KubeSchedulerConfiguration; `field` names the file in issues.
pub(crate) fn read(
    sources: impl Files,
    path: &Path,
    field: &str,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> Profiles {
    let found = documents::read(sources, path, issues);
    let mut profiles = Profiles::default();
    if found.len() > 1 {
        let message = format!("expected one {KIND}, found {} objects", found.len());
        issues.push(Issue::error(field, message));
    }
    for document in &found {
        let kind = document.text(&["kind"]);
        if kind == KIND {
            profiles = of(document, converter, issues);
        } else {
            let message = format!("expected a {KIND}, found `{kind}`");
            issues.push(document.locate(Issue::error("kind", message)));
        }
    }
    profiles
}

/// What a KubeSchedulerConfiguration says.
pub(crate) fn of(document: &Document, converter: &mut Converter<'_>, issues: &mut Issues) -> Profiles {
    let profiles = converter.scheduler_profiles(&document.value);
    for issue in std::mem::take(&mut converter.issues) {
        let mut issue = document.locate(issue);
        issue.place.object = Some(KIND.to_owned());
        issues.push(issue);
    }
    profiles
}
